"""Numbers of topics compared: planted topics are counted, and the best number follows its rule."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from cyberthemes.coherence import topic_coherence, topic_diversity
from cyberthemes.collection import Collection, Vocabulary, learn_index, read_collection
from cyberthemes.errors import InputError
from cyberthemes.topiccount import TopicCount, TopicCounts, compare_topic_counts

Read = tuple[Collection, tuple[str, ...]]
CANDIDATES = (2, 3, 4, 5, 6, 7, 8, 10, 12)


def collect(texts: list[str], **settings: Any) -> Read:
    """Return texts of words between blanks as a collection, and how its terms are shown."""
    index = learn_index(texts, Vocabulary(phrases=(), **settings), already_split=True)
    return read_collection(index, texts, range(len(texts))), index.labels


def planted(n_topics: int, seed: int = 0, n_texts: int = 0, n_words: int = 12, n_common: int = 4) -> Read:
    """Texts of one topic each, two thirds of its words in any order, and a few that all share."""
    rng = np.random.default_rng(seed)
    texts = []
    for number in range(n_texts or 30 * n_topics):
        own = rng.permutation(n_words)[: 2 * n_words // 3]
        words = [f"{chr(97 + number % n_topics)}word{chr(97 + word)}" for word in own]
        texts.append(" ".join([*words, *(f"common{chr(97 + word)}" for word in rng.integers(0, 20, n_common))]))
    return collect(texts)


# compare_topic_counts -------------------------------------------------------------------------------------


@pytest.mark.parametrize("n_topics", [3, 5, 8])
@pytest.mark.parametrize("seed", [0, 1])
def test_finds_about_as_many_topics_as_were_planted(n_topics: int, seed: int) -> None:
    counts = compare_topic_counts(*planted(n_topics, seed), CANDIDATES, seed)
    assert abs(counts.best - n_topics) <= 2
    stability = {row.n_topics: row.stability for row in counts.rows}
    diversity = {row.n_topics: row.diversity for row in counts.rows}
    values = {row.n_topics: row.coherence for row in counts.rows}
    # Fewer topics mix what was planted, more split it.
    assert stability[n_topics] > max(0.76, stability[2])
    assert stability[n_topics] > stability[12]
    assert diversity[n_topics] == 1 > diversity[12]
    assert values[n_topics] > values[12]


def test_every_figure_is_in_its_range() -> None:
    for row in compare_topic_counts(*planted(4), CANDIDATES).rows:
        assert -1 <= row.coherence <= 1
        assert 0 <= row.coherence_error <= 1
        assert 0 <= row.stability <= 1
        assert 0 < row.diversity <= 1


def test_one_topic_has_the_coherence_of_its_words_and_no_error() -> None:
    texts = ["data law chip", "data law rain", "data chip law wind", "wind rain", "rain law"] * 4
    collection = collect(texts, max_df=1.0)
    row = compare_topic_counts(*collection, [1]).rows[0]
    words = sorted({word for text in texts for word in text.split()})
    assert row.coherence == pytest.approx(topic_coherence([words], [text.split() for text in texts], 10)[0])
    assert row.coherence_error == 0


def test_the_error_is_that_of_a_mean() -> None:
    # Two topics: one of words that always meet, one of words that meet at times; nothing in common.
    rng = np.random.default_rng(0)
    pairs = [" ".join(f"b{chr(97 + word)}" for word in rng.permutation(6)[:2]) for _ in range(40)]
    texts = ["aa ab ac ad"] * 30 + pairs
    row = compare_topic_counts(*collect(texts), [2]).rows[0]
    split = [text.split() for text in texts]
    values = topic_coherence([["aa", "ab", "ac", "ad"], [f"b{chr(97 + word)}" for word in range(6)]], split, 10)
    assert row.coherence == pytest.approx(values.mean(), abs=1e-6)
    assert row.coherence_error == pytest.approx(values.std() / 2**0.5, abs=1e-6)


def test_stability_is_the_mean_of_several_samples_which_the_seed_draws() -> None:
    collection = planted(1, n_texts=40)
    found = {compare_topic_counts(*collection, [1], seed).rows[0].stability for seed in range(5)}
    assert len(found) > 1
    # Ten words of which some are shared have one of these Jaccard indices.
    assert not all(any(value == pytest.approx(n / (20 - n)) for n in range(11)) for value in found)


def test_topics_of_few_words_share_none() -> None:
    texts = [" ".join(f"{topic}{word}" for word in "abcd") for topic in "abc" for _ in range(20)]
    assert compare_topic_counts(*collect(texts), [3]).rows[0].diversity == topic_diversity([["a"], ["b"], ["c"]])


def test_same_input_same_figures() -> None:
    collection = planted(4)
    first = compare_topic_counts(*collection, CANDIDATES, 7)
    assert compare_topic_counts(*planted(4), CANDIDATES, 7) == first
    assert compare_topic_counts(*collection, CANDIDATES, 8) != first


def test_does_not_change_the_collection() -> None:
    collection, labels = planted(3)
    kept = collection.X.copy()
    compare_topic_counts(collection, labels, [2, 3])
    assert np.array_equal(collection.X.toarray(), kept.toarray())
    assert collection.X.dtype == kept.dtype


@pytest.mark.parametrize(
    ("n_texts", "expected"),
    [
        (20, [2]),
        (49, [4]),
        (50, [5]),
        (99, [5]),
        (100, [5, 10]),
        (160, [5, 10, 15]),
    ],
)
def test_compares_as_many_as_the_texts_allow(n_texts: int, expected: list[int]) -> None:
    counts = compare_topic_counts(*planted(3, n_texts=n_texts))
    assert [row.n_topics for row in counts.rows] == expected
    assert counts.best in expected


def test_never_offers_more_topics_than_texts() -> None:
    assert compare_topic_counts(*collect(["data law chip"], max_df=1.0)).best == 1


@pytest.mark.parametrize("candidates", [[6, 2, 4, 2], (2, 4, 6), iter([2, 4, 6]), range(2, 7, 2), np.array([6, 4, 2])])
def test_candidates_come_in_any_form_and_order(candidates: Any) -> None:
    counts = compare_topic_counts(*planted(3), candidates)
    assert [row.n_topics for row in counts.rows] == [2, 4, 6]
    assert all(type(row.n_topics) is int for row in counts.rows)


def test_a_row_does_not_depend_much_on_the_other_candidates() -> None:
    collection = planted(4)
    alone = compare_topic_counts(*collection, [4]).rows[0]
    together = compare_topic_counts(*collection, CANDIDATES).rows[2]
    assert together.coherence == pytest.approx(alone.coherence, abs=0.02)
    assert together.diversity == pytest.approx(alone.diversity, abs=0.05)


@pytest.mark.parametrize(
    "candidates",
    [[], (), [0], [-3, 5], [2.0], [2.5, 3], [float("nan")], ["3"], "35", [None, 3], ["a", 3], [[2]], [True], 5, [2, 9]],
    ids=repr,
)
def test_refuses_what_are_no_numbers_of_topics(candidates: Any) -> None:
    with pytest.raises(InputError, match="from 1 to the 8 texts"):
        compare_topic_counts(*planted(2, n_texts=8), candidates)


def test_as_many_topics_as_texts_and_more_than_terms_are_no_error() -> None:
    row = compare_topic_counts(*collect(["data law", "chip rain", "data rain"] * 4), [12]).rows[0]
    assert np.isfinite([row.coherence, row.coherence_error, row.stability, row.diversity]).all()


@pytest.mark.parametrize("n_texts", [1, 30])
def test_identical_texts_hold_no_topics(n_texts: int) -> None:
    counts = compare_topic_counts(*collect(["data law"] * n_texts, max_df=1.0), {1, n_texts})
    assert {(row.coherence, row.coherence_error, row.diversity) for row in counts.rows} == {(0, 0, 0)}
    assert counts.best == 1


# TopicCounts ----------------------------------------------------------------------------------------------


def counts_of(*rows: tuple[int, float, float, float]) -> TopicCounts:
    return TopicCounts(tuple(TopicCount(n, value, error, stability, 0.5) for n, value, error, stability in rows))


@pytest.mark.parametrize(
    ("rows", "best"),
    [
        ([(5, 0.5, 0.1, 0.2)], 5),
        ([(5, 0.5, 0.0, 0.2), (10, 0.4, 0.9, 0.9)], 5),
        ([(5, 0.5, 0.2, 0.2), (10, 0.4, 0.0, 0.9)], 10),
        ([(5, 0.4, 0.0, 0.9), (10, 0.5, 0.05, 0.2), (15, 0.47, 0.0, 0.3)], 15),
        ([(5, 0.25, 0.0, 0.9), (10, 0.5, 0.25, 0.2)], 5),
        ([(5, 0.5, 0.1, 0.4), (10, 0.5, 0.1, 0.4)], 5),
        ([(5, -0.5, 0.1, 0.4), (10, -0.55, 0.0, 0.5), (20, -0.7, 0.0, 1.0)], 10),
    ],
    ids=["one", "far", "within", "of three", "at the edge", "tie", "negative"],
)
def test_best_is_the_stablest_of_the_most_coherent(rows: list[tuple[int, float, float, float]], best: int) -> None:
    assert counts_of(*rows).best == best
    assert counts_of(*rows).to_dict()["best"] == best


def test_prints_a_table_that_marks_the_best() -> None:
    counts = counts_of((5, 0.12345, 0.1, 0.5), (10, -0.05, 0.01, 1.0))
    assert str(counts).splitlines() == [
        "n_topics  coherence  stability  diversity",
        "       5      0.123      0.500      0.500  best",
        "      10     -0.050      1.000      0.500",
    ]


def test_is_plain_data() -> None:
    counts = compare_topic_counts(*planted(2, n_texts=8), np.array([1, 2]))
    written = json.loads(json.dumps(counts.to_dict()))
    assert written == counts.to_dict()
    assert written["best"] == counts.best
    assert [TopicCount(**row) for row in written["rows"]] == list(counts.rows)
