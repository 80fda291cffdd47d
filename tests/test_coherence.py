"""Coherence against sets counted one by one and figures worked out by hand; diversity, exclusivity and stability."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import log
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cyberthemes
from cyberthemes.coherence import (
    Cooccurrence,
    count_cooccurrence,
    count_pairs,
    exclusivity,
    mean_npmi,
    npmi,
    topic_coherence,
    topic_diversity,
    topic_stability,
)
from cyberthemes.errors import InputError

WORDS = ["data", "law", "chip", "数据", "ı", ""]
tokens = st.lists(st.sampled_from([*WORDS, "other", "rest"]), max_size=12)
collections = st.lists(tokens, max_size=6)
windows = st.one_of(st.none(), st.integers(1, 15))
topic_sets = st.lists(st.lists(st.sampled_from([*WORDS, "unknown"]), max_size=6), max_size=4)


def places(texts: Sequence[Sequence[str]], window: int | None) -> list[set[str]]:
    """Every document, or every window of every document, as the set of its words."""
    if window is None:
        return [set(text) for text in texts]
    return [set(text[first : first + window]) for text in texts for first in range(max(1, len(text) - window + 1))]


def mean_npmi_by_hand(topic: Sequence[str], found: Sequence[set[str]]) -> float:
    total, values = len(found), []
    for one, other in combinations(dict.fromkeys(topic), 2):
        p, q, both = (sum(s <= place for place in found) / total for s in ({one}, {other}, {one, other}))
        if both == 1:
            values.append(0.0)  # they say nothing of each other
        else:
            values.append(log((both + 1e-12) / (p * q)) / -log(both + 1e-12) if p * q else 0.0)
    return sum(values) / len(values) if values else 0.0


# Counting -------------------------------------------------------------------------------------------------


@given(collections, windows)
def test_counts_the_places_that_hold_both(texts: list[list[str]], window: int | None) -> None:
    counted = count_cooccurrence(texts, WORDS, window)
    found = places(texts, window)
    assert counted.words == tuple(WORDS)
    assert counted.total == len(found)
    assert counted.pairs.dtype == np.int64
    expected = [[sum({one, other} <= place for place in found) for other in WORDS] for one in WORDS]
    assert counted.pairs.tolist() == expected


@pytest.mark.parametrize(
    ("window", "total", "pairs"),
    [
        (None, 2, [[2, 1], [1, 1]]),
        (1, 5, [[3, 0], [0, 1]]),
        (2, 3, [[3, 1], [1, 1]]),
        (3, 2, [[2, 1], [1, 1]]),
        (4, 2, [[2, 1], [1, 1]]),
        (10**9, 2, [[2, 1], [1, 1]]),
        (np.int64(2), 3, [[3, 1], [1, 1]]),
    ],
    ids=str,
)
def test_counts_windows_that_slide_word_by_word(window: int | None, total: int, pairs: list[list[int]]) -> None:
    counted = count_cooccurrence([["law", "data", "x"], ("data", "data")], ["data", "law"], window)
    assert (counted.total, counted.pairs.tolist()) == (total, pairs)


def test_a_word_that_is_not_counted_keeps_its_place() -> None:
    for filler, together in ((0, 1), (1, 1), (2, 0)):
        text = ["data", *["x"] * filler, "law", "y", "y", "y"]
        assert bool(count_cooccurrence([text], ["data", "law"], 3).pairs[0, 1]) == bool(together)


def test_counts_texts_of_any_number_and_length() -> None:
    long = ["x"] * 150_000
    texts = [["data", "law", *long], ["law", *long], [], ["data", *long, "law"], ["data", "law"]]
    counted = count_cooccurrence(iter(texts), ["data", "law"])
    assert (counted.total, counted.pairs.tolist()) == (5, [[3, 3], [3, 4]])
    counted = count_cooccurrence(iter(texts), ["data", "law"], 2)
    assert counted.total == 150_001 + 150_000 + 1 + 150_001 + 1
    assert counted.pairs.tolist() == [[3, 2], [2, 5]]


def test_repeated_words_are_counted_once() -> None:
    counted = count_cooccurrence([["b", "a"]], (word for word in "abba"))
    assert counted.words == ("a", "b")
    assert counted.pairs.tolist() == [[1, 1], [1, 1]]


def test_a_text_of_nothing_is_one_place() -> None:
    for window in (None, 1, 5):
        counted = count_cooccurrence([[], []], ["data"], window)
        assert (counted.total, counted.pairs.tolist()) == (2, [[0]])


@pytest.mark.parametrize("window", [None, 3])
def test_counts_nothing_in_nothing(window: int | None) -> None:
    counted = count_cooccurrence([], ["data", "law"], window)
    assert (counted.total, counted.pairs.tolist()) == (0, [[0, 0], [0, 0]])
    assert counted.npmi().tolist() == [[0, 0], [0, 0]]
    assert count_cooccurrence([["data"]], [], window).pairs.shape == (0, 0)
    assert count_cooccurrence([["data"]], [], window).npmi().shape == (0, 0)


def test_counts_numbers_of_words() -> None:
    pairs, total = count_pairs(np.array([0, -1, 1, 1, 2, 0]), np.array([4, 0, 2]), 3, None)
    assert (pairs.tolist(), total) == ([[2, 1, 1], [1, 1, 0], [1, 0, 1]], 3)
    pairs, total = count_pairs(np.array([0, -1, 1, 1, 2, 0]), np.array([4, 0, 2]), 3, 2)
    assert (pairs.tolist(), total) == ([[2, 0, 1], [0, 2, 0], [1, 0, 1]], 5)


@pytest.mark.parametrize("window", [0, -1, 1.0, 2.5, "2", float("nan"), [2], True], ids=repr)
def test_refuses_what_is_no_window(window: Any) -> None:
    with pytest.raises(InputError, match="window="):
        count_cooccurrence([["data"]], ["data"], window)
    with pytest.raises(InputError, match="window="):
        topic_coherence([["data"]], [["data"]], window)


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ("data law", "found str"),
        (None, "found NoneType"),
        (5, "found int"),
        ([["data"], "law"], "text 1: found str"),
        ([["data"], None], "text 1: found NoneType"),
        ([3], "text 0: found int"),
        ([{"data"}], "text 0: found set"),
    ],
    ids=str,
)
def test_refuses_what_are_no_texts_split_into_words(texts: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        topic_coherence([["data", "law"]], texts)
    with pytest.raises(InputError, match=message):
        count_cooccurrence(texts, ["data", "law"])


@pytest.mark.parametrize("topics", ["law", ["data", "law"], [None], [5]], ids=str)
def test_refuses_what_are_no_topics(topics: Any) -> None:
    with pytest.raises(InputError):
        topic_coherence(topics, [["data", "law"]])


@pytest.mark.parametrize(
    ("topics", "texts"),
    [(None, [["data"]]), (5, [["data"]]), ([["data"]], [[["data"]]])],
    ids=str,
)
def test_refuses_words_in_lists_and_topics_of_no_list(topics: Any, texts: Any) -> None:
    with pytest.raises(InputError):
        topic_coherence(topics, texts)


@pytest.mark.parametrize("topics", ["law", ["data", "law"], None, [None], 5, [[["data"]]]], ids=str)
def test_diversity_refuses_what_are_no_topics(topics: Any) -> None:
    with pytest.raises(InputError):
        topic_diversity(topics)


# NPMI -----------------------------------------------------------------------------------------------------


def test_npmi_by_hand() -> None:
    # Of 8 places "a" is in 4, "b" in 2, both in 1 or 2.
    matrix = npmi([[4, 1, 2, 0], [1, 2, 1, 0], [2, 1, 2, 0], [0, 0, 0, 0]], 8)
    assert matrix[0, 1] == pytest.approx(0, abs=1e-9)  # 1/8 is 4/8 times 2/8
    assert matrix[0, 2] == pytest.approx(log(2) / log(4))
    assert matrix[1, 2] == pytest.approx(log(2) / log(8))
    assert matrix[[0, 1, 2], [0, 1, 2]] == pytest.approx(1)
    assert not matrix[3].any()
    assert not matrix[:, 3].any()


def test_npmi_of_words_that_never_meet_or_stand_everywhere() -> None:
    never = -1 + log(1 / 4) / log(1e-12)
    assert npmi([[2, 0], [0, 2]], 4)[0, 1] == pytest.approx(never)
    # One word everywhere says nothing of the other.
    assert npmi([[4, 1], [1, 1]], 4)[0, 1] == pytest.approx(0, abs=1e-9)
    assert npmi([[4, 4], [4, 4]], 4).tolist() == [[0, 0], [0, 0]]


@given(collections, windows)
def test_npmi_is_finite_symmetric_and_at_most_1(texts: list[list[str]], window: int | None) -> None:
    matrix = count_cooccurrence(texts, WORDS, window).npmi()
    assert matrix.shape == (len(WORDS), len(WORDS))
    assert np.isfinite(matrix).all()
    assert np.array_equal(matrix, matrix.T)
    assert (np.abs(matrix) <= 1).all()


@pytest.mark.parametrize(("together", "total"), [(1, 10), (5, 10), (1, 10**6), (3, 3)])
def test_npmi_is_never_above_1(together: int, total: int) -> None:
    assert npmi([[together, together], [together, together]], total).max() <= 1


def test_npmi_of_words_that_never_meet_is_not_above_0() -> None:
    assert npmi([[1, 0], [0, 1]], 10**7)[0, 1] <= 0


def test_npmi_is_that_of_the_counts() -> None:
    counted = Cooccurrence(("a", "b"), 8, np.array([[4, 1], [1, 2]]))
    assert np.array_equal(counted.npmi(), npmi([[4, 1], [1, 2]], 8))


# Coherence ------------------------------------------------------------------------------------------------


@given(topic_sets, collections, windows)
def test_coherence_is_that_of_sets_counted_one_by_one(
    topics: list[list[str]], texts: list[list[str]], window: int | None
) -> None:
    found = topic_coherence(topics, texts, window)
    assert found.shape == (len(topics),)
    assert found.dtype == np.float64
    assert np.isfinite(found).all()
    assert (np.abs(found) <= 1).all()
    held = places(texts, window)
    for topic, value in zip(topics, found, strict=True):
        assert value == pytest.approx(mean_npmi_by_hand(topic, held) if held else 0, abs=1e-6)


def test_coherence_by_hand() -> None:
    texts = [["data", "law"], ["data", "law"], ["rain", "wind"], ["rain", "law"]]
    never = -1 + log(1 / 4) / log(1e-12)
    together = log((2 / 4) / (2 / 4 * 3 / 4)) / log(2)
    half = log((1 / 4) / (2 / 4 * 3 / 4)) / log(4)
    found = topic_coherence([["data", "law"], ["data", "rain"], ["data", "law", "rain"]], texts)
    assert found == pytest.approx([together, never, (together + never + half) / 3])


def test_windowed_coherence_by_hand() -> None:
    # Windows of two: "a b", "b x", "x a", "a c".
    found = topic_coherence([["a", "b"], ["b", "c"]], [["a", "b", "x", "a"], ["a", "c"]], window=2)
    assert found == pytest.approx([log((1 / 4) / (3 / 4 * 2 / 4)) / log(4), -1 + log(2 / 4 * 1 / 4) / log(1e-12)])


def test_repeats_unknown_words_and_order() -> None:
    texts = [["data", "law"], ["data", "law"], ["rain", "law"], ["chip"]]
    plain, repeated, backwards, unknown = topic_coherence(
        [["data", "law"], ["data", "law", "data"], ["law", "data"], ["data", "law", "zzz"]], texts
    )
    assert plain == repeated == backwards
    assert unknown == pytest.approx(plain / 3)
    assert topic_coherence([[], ["data"], ["data", "data"], ["zzz", "yyy"]], texts).tolist() == [0, 0, 0, 0]


def test_coherence_of_nothing() -> None:
    assert topic_coherence([], [["data"]]).shape == (0,)
    assert topic_coherence([["data", "law"]], []).tolist() == [0]
    assert topic_coherence([["data", "law"]], [[], []], window=10).tolist() == [0]


def test_topics_and_texts_may_be_tuples_and_texts_an_iterator() -> None:
    texts = [["data", "law"], ["law"], ["rain"]]
    expected = topic_coherence([["data", "law"]], texts)
    assert np.array_equal(topic_coherence((("data", "law"),), (tuple(text) for text in texts)), expected)


def test_a_long_window_counts_documents() -> None:
    texts = [["data", "law", "law"], ["rain"], ["data", "rain"], []]
    topics = [["data", "law"], ["data", "rain"]]
    assert np.array_equal(topic_coherence(topics, texts, 3), topic_coherence(topics, texts))
    assert not np.array_equal(topic_coherence(topics, texts, 2), topic_coherence(topics, texts))


def test_mean_of_pairs() -> None:
    matrix = np.array([[9, 1, 2], [1, 9, 6], [2, 6, 9]], dtype=np.float64)
    assert mean_npmi(matrix, [0, 1, 2]) == 3
    assert mean_npmi(matrix, [2, 1]) == 6
    assert mean_npmi(matrix, [0, 0, 2]) == 2
    assert mean_npmi(matrix, [1]) == mean_npmi(matrix, []) == 0


def test_the_package_gives_the_function() -> None:
    assert cyberthemes.topic_coherence is topic_coherence


# Diversity, exclusivity, stability ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("topics", "expected"),
    [
        ([], 0),
        ([[], []], 0),
        ([["a"]], 1),
        ([["a", "b"], ["c"]], 1),
        ([["a", "b"], ["a", "b"]], 0.5),
        ([["a", "a"]], 0.5),
        ([["a", "b", "c"], ["a"]], 0.75),
        ([[1, 2], [2, 3]], 0.75),
    ],
)
def test_diversity(topics: Any, expected: float) -> None:
    assert topic_diversity(topics) == expected


@pytest.mark.parametrize(
    ("components", "n_terms", "expected"),
    [
        ([[3, 1, 0], [0, 1, 3]], 2, [0.75, 0.75]),
        ([[3, 1, 0], [0, 1, 3]], 1, [1, 1]),
        ([[3, 1, 0], [0, 1, 3]], 99, [0.75, 0.75]),
        ([[1, 1], [1, 1]], 2, [0.5, 0.5]),
        ([[30, 10, 0], [0, 1, 3]], 2, [0.75, 0.75]),
        ([[3, 1], [1, 1]], 1, [0.6, 0.4]),
        ([[1, 0, 0], [0, 0, 0]], 10, [1, 0]),
        ([[2, 5]], 2, [1]),
        (np.empty((0, 5)), 10, []),
        (np.empty((2, 0)), 10, [0, 0]),
    ],
)
def test_exclusivity(components: Any, n_terms: int, expected: list[float]) -> None:
    assert exclusivity(components, n_terms).tolist() == pytest.approx(expected)


def test_exclusivity_looks_at_ten_terms() -> None:
    components = np.array([[*range(20, 8, -1)], [0.0] * 10 + [5, 5]])
    assert exclusivity(components)[0] == 1
    assert exclusivity(components, 11)[0] < 1


@settings(max_examples=25)
@given(st.lists(st.lists(st.floats(0, 1e6), min_size=4, max_size=4), min_size=1, max_size=5), st.integers(1, 6))
def test_exclusivity_is_a_share_whatever_the_scale(rows: list[list[float]], n_terms: int) -> None:
    found = exclusivity(rows, n_terms)
    assert ((found >= 0) & (found <= 1 + 1e-12)).all()
    assert np.allclose(exclusivity(4.0 * np.array(rows), n_terms), found)


@pytest.mark.parametrize(
    ("topics", "others", "expected"),
    [
        ([], [], 1),
        ([["a"]], [], 0),
        ([], [["a"]], 0),
        ([["a", "b"], ["c"]], [["c"], ["b", "a"]], 1),
        ([["a", "b"]], [["a", "b"], ["c"]], 0.5),
        ([["a", "b"], ["c"]], [["a", "b"]], 0.5),
        ([["a", "b"]], [["b", "c"]], 1 / 3),
        ([["a", "a"]], [["a"]], 1),
        ([["a"]], [["b"]], 0),
        ([[1, 2], [3]], [[3], [2]], 0.75),
        # Taking the nearest first, "ab" with "abc", would leave 2/3 and 0.
        ([["a", "b", "c"], ["a", "b"]], [["a", "b"], ["a", "b", "c"]], 1),
        ([["a", "b", "c", "d"], ["a", "b"]], [["a", "b", "c"], ["c", "d"]], (0.5 + 2 / 3) / 2),
    ],
)
def test_stability(topics: Any, others: Any, expected: float) -> None:
    assert topic_stability(topics, others) == pytest.approx(expected)


@settings(max_examples=25)
@given(topic_sets, topic_sets, st.randoms(use_true_random=False))
def test_stability_knows_no_order(topics: list[list[str]], others: list[list[str]], random: Any) -> None:
    found = topic_stability(topics, others)
    assert 0 <= found <= 1
    assert topic_stability(others, topics) == pytest.approx(found)
    shuffled = random.sample(others, len(others))
    assert topic_stability(topics, [random.sample(topic, len(topic)) for topic in shuffled]) == pytest.approx(found)
    assert topic_stability(topics, random.sample(topics, len(topics))) == pytest.approx(1)
