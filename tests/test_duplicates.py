"""Near-duplicates: what is one text, by hand and by brute force, on the way of small collections and of large ones."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterable
from itertools import combinations
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyberthemes import InputError, duplicates
from cyberthemes.duplicates import near_duplicates
from cyberthemes.tokens import tokenize

WORDS = ["a", "b", "B", "c", "data", "İ", "U.S.", "e-law", "!", "…"]
texts = st.one_of(st.text(max_size=12), st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join))
collections = st.lists(texts, max_size=14)
thresholds = st.one_of(st.sampled_from([0.2, 1 / 3, 0.5, 0.6, 1.0]), st.floats(1e-9, 1))
Hashed = Callable[[Iterable[str], float], list[int]]


def shingles(text: str) -> frozenset[tuple[str, ...]]:
    """Return a text's shingles by the definition."""
    words = [token.text.lower() for token in tokenize(text)]
    if not words:
        return frozenset({("no token", text.strip())})
    return frozenset(tuple(words[start : start + 3]) for start in range(max(1, len(words) - 2)))


def brute_force(collection: list[str], threshold: float) -> list[int]:
    """Return the groups by comparing all pairs, one by one."""
    sets = [shingles(text) for text in collection]
    group = list(range(len(sets)))
    for one, other in combinations(range(len(sets)), 2):
        if len(sets[one] & sets[other]) / len(sets[one] | sets[other]) >= threshold:
            joined = sorted((group[one], group[other]))
            group = [joined[0] if label == joined[1] else label for label in group]
    return group


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> Hashed:
    """The way that large collections go, for collections of any size."""

    def run(collection: Iterable[str], threshold: float) -> list[int]:
        with monkeypatch.context() as patch:
            patch.setattr(duplicates, "_EXACT_UP_TO", 0)
            patch.setattr(duplicates, "_EXACT_WORK", 0)
            return list(near_duplicates(collection, threshold))

    return run


def stories(
    seed: int, n_stories: int, n_reprints: int, n_words: int = 40, n_edits: int = 1, vocabulary: int = 5000
) -> list[str]:
    """Return stories of random words, and reprints of some with a few words changed, shuffled."""
    random = Random(seed)  # noqa: S311 (no secret)
    made = [[f"w{random.randrange(vocabulary)}" for _ in range(n_words)] for _ in range(n_stories)]
    for _ in range(n_reprints):
        reprint = list(random.choice(made[:n_stories]))
        for _ in range(n_edits):
            reprint[random.randrange(n_words)] = f"w{random.randrange(vocabulary)}"
        made.append(reprint)
    random.shuffle(made)
    return [" ".join(words) for words in made]


def just_alike(n_pairs: int) -> list[str]:
    """Return pairs with an index of exactly 3/5: of five shingles, two have one more each.

    The first halves of the pairs come first.
    """
    firsts = [f"a{n} b{n} c{n} d{n} e{n} f{n}" for n in range(n_pairs)]
    return firsts + [f"b{n} c{n} d{n} e{n} f{n} g{n}" for n in range(n_pairs)]


@pytest.mark.parametrize(
    ("collection", "threshold", "groups"),
    [
        ([], 0.6, []),
        (["a b c d"], 0.6, [0]),
        (just_alike(1), 0.6, [0, 0]),  # abc bcd cde def | bcd cde def efg: 3 of 5
        (just_alike(1), 0.61, [0, 1]),
        (["A b, c", "a B c!", "a c b"], 1.0, [0, 0, 2]),
        (["a a a a a", "a a a"], 1.0, [0, 0]),  # sets, so repeats count once
        (["a a a a a b c d", "a a a b c"], 0.75, [0, 0]),
        (["a a a a a b c d", "a a a b c"], 0.76, [0, 1]),
        (["a b c", "a b c d"], 0.5, [0, 0]),
        (["a b c", "a b c d"], 0.51, [0, 1]),
        (["a b", "A B", "b a", "a b c", "a", "a!"], 0.01, [0, 0, 2, 3, 4, 4]),
        (["…", "!", " … \n", "", " ", "a"], 0.01, [0, 1, 0, 3, 3, 5]),
        (["x", "a b c d", "b c d e", "c d e f"], 1 / 3, [0, 1, 1, 1]),  # the ends share 0 of 4, but are connected
        (["x y z", "b c d e", "x y z", "a b c d"], np.float64(1 / 3), [0, 1, 0, 1]),
        (["\ud800", "\ud800 ", "\ud801", "\0"], 1, [0, 0, 2, 3]),
    ],
)
def test_gives_the_first_of_each_group(collection: list[str], threshold: float, groups: list[int]) -> None:
    found = near_duplicates(collection, threshold)
    assert found.tolist() == groups
    assert found.dtype == np.int64


def test_the_default_joins_a_reprint_and_leaves_another_story_apart() -> None:
    story = "The regulator fined two ride-hailing firms on Monday for sending customer data abroad without a review. "
    story += "Both have thirty days to appeal, a spokesman said."
    reprint = "UPDATE: " + story.replace("on Monday ", "")
    other = "The regulator fined two delivery firms on Friday for selling customer data without asking for consent."
    assert near_duplicates([story, other, reprint]).tolist() == [0, 1, 0]


@given(collections, thresholds)
def test_is_what_brute_force_finds(collection: list[str], threshold: float) -> None:
    assert near_duplicates(iter(collection), threshold).tolist() == brute_force(collection, threshold)


def members(groups: list[int], names: list[int]) -> set[frozenset[int]]:
    return {frozenset(name for name, label in zip(names, groups, strict=True) if label == group) for group in groups}


@given(collections, thresholds, st.randoms(use_true_random=False))
def test_groups_do_not_depend_on_order(collection: list[str], threshold: float, random: Random) -> None:
    order = random.sample(range(len(collection)), len(collection))
    shuffled = near_duplicates([collection[place] for place in order], threshold).tolist()
    groups = near_duplicates(collection, threshold).tolist()
    assert members(shuffled, order) == members(groups, list(range(len(collection))))
    for found in (groups, shuffled):
        assert all(found[group] == group <= place for place, group in enumerate(found))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("threshold", [0.3, 0.6, 0.7, 0.99, 1.0])
def test_hashing_finds_what_comparing_all_pairs_does(seed: int, threshold: float, hashed: Hashed) -> None:
    collection = [*stories(seed, 150, 150), "", "!", " ", "a b", "A, b"]
    exact = near_duplicates(collection, threshold).tolist()
    assert (len(set(exact)) < 200) == (threshold < 0.9)
    assert hashed(collection, threshold) == exact


@pytest.mark.parametrize("threshold", [1e-300, 1e-9, 0.2, 0.6, 0.9999999999999999, 1])
@pytest.mark.parametrize("collection", [[], ["a b c"], ["", "!"], just_alike(3), ["a b c"] * 5])
def test_hashing_takes_any_collection_and_links_no_false_pair(
    hashed: Hashed, collection: list[str], threshold: float
) -> None:
    assert hashed(collection, threshold) == brute_force(collection, threshold)


def test_hashing_misses_hardly_a_pair_just_at_the_threshold(hashed: Hashed) -> None:
    n_pairs = 1000
    found = hashed(just_alike(n_pairs), 0.6)
    assert found[:n_pairs] == list(range(n_pairs))
    assert set(found[n_pairs:]) <= set(range(2 * n_pairs))
    assert sum(one == other for one, other in zip(found[n_pairs:], range(n_pairs), strict=True)) >= 990
    assert hashed(just_alike(n_pairs), 0.61) == list(range(2 * n_pairs))


def test_many_texts_that_share_little_are_compared_without_a_miss() -> None:
    n_pairs = 3000
    assert near_duplicates(just_alike(n_pairs)).tolist() == list(range(n_pairs)) * 2


def under_boilerplate(n_shared: int, n_stories: int, n_words: int, n_edits: int) -> list[str]:
    """Return stories and reprints that all open with the same words, so that buckets hold most of them."""
    shared = " ".join(f"b{n}" for n in range(n_shared))
    return [f"{shared} {text}" for text in stories(0, n_stories, n_stories // 2, n_words, n_edits)]


def test_hashing_tells_stories_apart_by_what_follows_boilerplate(hashed: Hashed) -> None:
    # Boilerplate brings all 600 texts to some 0.8, so few bands tell the 200 reprints from the rest.
    collection = under_boilerplate(100, n_stories=400, n_words=12, n_edits=3)
    groups, exact = hashed(collection, 0.84), near_duplicates(collection, 0.84)
    assert all(exact[group] == exact[place] for place, group in enumerate(groups))
    assert 0 <= len(set(groups)) - len(set(exact.tolist())) <= 7


def test_hashing_finds_reprints_among_texts_of_the_same_few_words(hashed: Hashed) -> None:
    collection = stories(0, 300, 200, vocabulary=12)
    assert hashed(collection, 0.6) == near_duplicates(collection, 0.6).tolist()


def test_hashing_does_not_depend_on_order_even_among_equal_signatures(hashed: Hashed) -> None:
    collection = under_boilerplate(400, n_stories=200, n_words=8, n_edits=1)
    order = Random(1).sample(range(300), 300)  # noqa: S311 (no secret)
    groups, shuffled = hashed(collection, 0.972), hashed([collection[place] for place in order], 0.972)
    assert 200 <= len(set(groups)) < 300
    assert members(shuffled, order) == members(groups, list(range(300)))


@pytest.mark.parametrize("all_pairs", [True, False])
def test_works_in_pieces_that_bound_memory(all_pairs: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    collection = under_boilerplate(40, n_stories=300, n_words=20, n_edits=1)
    monkeypatch.setattr(duplicates, "_EXACT_UP_TO", 2000 * all_pairs)

    def run(cells: int) -> tuple[list[int], int]:
        monkeypatch.setattr(duplicates, "_CELLS_AT_ONCE", cells)
        tracemalloc.start()
        groups = near_duplicates(collection).tolist()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return groups, peak

    (whole, most), (pieces, least) = run(10**12), run(10**4)
    assert pieces == whole
    assert least < most * (0.5 if all_pairs else 1)


def test_a_crowd_of_copies_and_of_boilerplate_takes_little_memory_and_time() -> None:
    # As dense rows or as all pairs these would take gigabytes.
    boilerplate = " ".join(f"b{n}" for n in range(40))
    copies = ["One story, printed over and over again."] * 20_000
    found = near_duplicates([f"{boilerplate} end{n}" for n in range(6_000)] + copies)
    assert found.tolist() == [0] * 6_000 + [6_000] * 20_000


@pytest.mark.parametrize(
    ("collection", "threshold", "message"),
    [
        ("one text", 0.6, "one str"),
        (["a", b"b"], 0.6, "text 1: found bytes"),
        ([None], 0.6, "text 0: found NoneType"),
        (7, 0.6, "found int"),
        ([], 0, "threshold=0"),
        ([], -0.5, "threshold=-0.5"),
        ([], 1.01, "threshold=1.01"),
        ([], float("nan"), "threshold=nan"),
        ([], "0.6", "threshold='0.6'"),
        ([], None, "threshold=None"),
        ([], np.array([0.6, 0.6]), "threshold=array"),
    ],
)
def test_refuses_what_it_cannot_use(collection: Any, threshold: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        near_duplicates(collection, threshold)
