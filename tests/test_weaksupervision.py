"""Soft labels from terms: what must hold of any texts, and that words around terms carry themes on."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from cyberthemes import InputError, Taxonomy, Term, Theme
from cyberthemes.weaksupervision import _balanced, _strike_out, _word_log_probabilities, soft_labels

SPORTS = ["team", "goal", "match", "coach", "league", "player", "striker", "keeper", "referee", "stadium"]
MUSIC = ["song", "guitar", "album", "singer", "concert", "melody", "piano", "drummer", "chorus", "violin"]
COOKING = ["oven", "butter", "flour", "recipe", "onion", "sauce", "garlic", "kitchen", "baking", "pepper"]


def taxonomy(**terms: str) -> Taxonomy:
    themes = (Theme(name, name, terms=tuple(Term(term) for term in words.split())) for name, words in terms.items())
    return Taxonomy("synthetic", "1", themes=tuple(themes))


TWO = taxonomy(sports="sports", music="music")


def collection(*subjects: list[str], seeds: tuple[str, ...], n_texts: int = 60) -> tuple[list[str], Any]:
    """Texts of five words of one subject in turn, one in five of them with the subject's seed, and their subjects."""
    rng = np.random.default_rng(0)
    truth = np.arange(n_texts) % len(subjects)
    texts = []
    for row, subject in enumerate(truth):
        words = list(rng.choice(subjects[subject], 5, replace=False))
        if row // len(subjects) % 5 == 0 and subject < len(seeds):
            words.append(seeds[subject])
        texts.append(" ".join(words))
    return texts, truth


# Learning -------------------------------------------------------------------------------------------------


def test_closed_world_reaches_texts_without_terms() -> None:
    texts, truth = collection(SPORTS, MUSIC, seeds=("sports", "music"))
    labels = soft_labels(texts, TWO, exclusive=True)
    assert (labels.argmax(axis=1) == truth).mean() >= 0.95


def test_open_world_leaves_other_texts_alone_and_reaches_texts_without_terms() -> None:
    texts, truth = collection(SPORTS, MUSIC, COOKING, seeds=("sports",), n_texts=150)
    labels = soft_labels(texts, taxonomy(sports="sports"))[:, 0]
    without = np.array(["sports" not in text for text in texts])
    assert labels[without & (truth == 0)].min() > labels[truth != 0].max()
    assert labels[truth != 0].mean() < 0.1


def test_themes_of_an_open_world_may_overlap() -> None:
    texts, _ = collection(SPORTS, MUSIC, COOKING, COOKING, seeds=("sports", "music"), n_texts=200)
    both = "sports team goal match coach music song guitar album singer"
    labels = soft_labels([*texts, both], TWO)
    assert (labels[-1] > 0.5).all()


def test_a_known_label_is_returned_and_teaches() -> None:
    texts, truth = collection(SPORTS, MUSIC, COOKING, seeds=("sports", "music"), n_texts=90)
    three = taxonomy(sports="sports", music="music", cooking="cookery")
    known = np.full((len(texts), 3), -1)
    known[2], known[5] = (0, 0, 1), (0, 0, 1)
    labels = soft_labels(texts, three, known=known, exclusive=True)
    np.testing.assert_array_equal(labels[[2, 5]], [[0, 0, 1], [0, 0, 1]])
    assert (labels.argmax(axis=1) == truth).mean() >= 0.9
    known[0] = (0, -1, -1)
    labels = soft_labels(texts, three, known=known)
    assert labels[0, 0] == 0.0
    assert labels[2, 2] == labels[5, 2] == 1.0


def test_labels_may_be_lists_of_theme_ids() -> None:
    texts, _ = collection(SPORTS, MUSIC, seeds=("sports", "music"))
    as_lists = soft_labels(texts, TWO, known=[["music"], *[None] * (len(texts) - 1)])
    as_array = soft_labels(texts, TWO, known=np.array([[0, 1], *[[-1, -1]] * (len(texts) - 1)]))
    np.testing.assert_array_equal(as_lists, as_array)


# Edges ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("exclusive", [True, False])
def test_without_any_term_nothing_is_known(exclusive: bool) -> None:
    texts, _ = collection(SPORTS, COOKING, seeds=())
    np.testing.assert_allclose(soft_labels(texts, TWO, exclusive=exclusive), 0.5 if exclusive else 0.0)


def test_a_theme_whose_terms_never_occur_stays_out_of_an_open_world() -> None:
    texts, _ = collection(SPORTS, COOKING, seeds=("sports",))
    labels = soft_labels(texts, TWO)
    assert labels[:, 0].max() > 0.5
    assert not labels[:, 1].any()


def test_one_theme_of_a_closed_world_is_everywhere() -> None:
    texts, _ = collection(SPORTS, COOKING, seeds=())
    np.testing.assert_array_equal(soft_labels(texts, taxonomy(sports="sports"), exclusive=True), 1.0)


@pytest.mark.parametrize("texts", [[], ["sports"], ["", ""], ["Sports and a team"], ["123 ???", "of the"]])
@pytest.mark.parametrize("exclusive", [True, False])
def test_few_and_empty_texts(texts: list[str], exclusive: bool) -> None:
    labels = soft_labels(texts, TWO, exclusive=exclusive)
    assert labels.shape == (len(texts), 2)
    assert labels.dtype == np.float64
    assert np.isfinite(labels).all()


@pytest.mark.parametrize(
    ("known", "exclusive"), [([[1, 1]], True), ([[0, 0]], True), ([[1, 0], [0, 1]], False), ([[2, 0]], False)]
)
def test_labels_that_do_not_fit_are_refused(known: Any, exclusive: bool) -> None:
    with pytest.raises(InputError):
        soft_labels(["A text"], TWO, known=known, exclusive=exclusive)


def test_texts_must_be_str() -> None:
    with pytest.raises(InputError):
        soft_labels([b"sports"], TWO)  # type: ignore[list-item]


# Invariants -----------------------------------------------------------------------------------------------

WORDS = st.sampled_from(["sports", "music", *SPORTS[:4], *MUSIC[:4], "the", "7"])
TEXTS = st.lists(st.lists(WORDS, max_size=8).map(" ".join), min_size=1, max_size=12)


@given(TEXTS, st.booleans(), st.data())
@settings(max_examples=25)
def test_probabilities_hold_for_any_texts_in_any_order(texts: list[str], exclusive: bool, data: st.DataObject) -> None:
    values = st.sampled_from([(-1, -1), (1, 0), (0, -1)] if exclusive else [(-1, -1), (1, 1), (0, -1), (0, 0)])
    known = np.array([data.draw(values) for _ in texts])
    labels = soft_labels(texts, TWO, known=known, exclusive=exclusive)
    assert np.isfinite(labels).all()
    assert ((labels >= 0) & (labels <= 1 + 1e-12)).all()
    np.testing.assert_array_equal(labels[known == 1], 1.0)
    np.testing.assert_array_equal(labels[known == 0], 0.0)
    if exclusive:
        np.testing.assert_allclose(labels.sum(axis=1), 1.0)
    order = data.draw(st.permutations(range(len(texts))))
    shuffled = soft_labels([texts[row] for row in order], TWO, known=known[order], exclusive=exclusive)
    np.testing.assert_allclose(shuffled, labels[order], atol=1e-9)


def test_input_is_left_alone() -> None:
    texts, _ = collection(SPORTS, MUSIC, seeds=("sports", "music"))
    known = np.full((len(texts), 2), -1, dtype=np.int8)
    before = known.copy()
    first, second = (soft_labels(texts, TWO, known=known) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(known, before)


# Steps, by hand -------------------------------------------------------------------------------------------


def test_word_probabilities_by_hand() -> None:
    words = csr_matrix([[2.0, 0.0], [1.0, 3.0]])
    shares = np.array([[1.0, 0.0], [0.5, 0.5]])
    anchors = np.array([[0.0, 0.5], [0.0, 0.0]])
    # Class 0 counts (2.5, 1.5), of sum 4, and its anchor adds (0, 2); class 1 counts (0.5, 1.5). Each word adds 0.1.
    expected = np.array([[2.6 / 6.2, 0.6 / 2.2], [3.6 / 6.2, 1.6 / 2.2]])
    np.testing.assert_allclose(np.exp(_word_log_probabilities(shares, words, 0.1, anchors)), expected)


def test_balance_moves_odds_by_one_factor_a_class_and_only_as_far_as_bounds() -> None:
    probabilities = np.array([[0.9, 0.1], [0.5, 0.5], [0.8, 0.2]])
    free = _balanced(np.log(probabilities), np.zeros(2), np.ones(2))
    np.testing.assert_allclose(free, probabilities)
    bound = _balanced(np.log(probabilities), np.array([0.0, 0.0]), np.array([0.5, 1.0]))
    np.testing.assert_allclose(bound.mean(axis=0), 0.5, rtol=1e-3)
    factors: npt.NDArray[np.float64] = (bound[:, 0] / bound[:, 1]) / (probabilities[:, 0] / probabilities[:, 1])
    np.testing.assert_allclose(factors, factors[0])


def test_terms_are_struck_out_where_they_overlap_too() -> None:
    overlapping = Taxonomy(
        "o", "1", themes=(Theme("a", "A", terms=(Term("data law"),)), Theme("b", "B", terms=(Term("law of the sea"),)))
    )
    text = "The data law of the sea, says a law of the sea lawyer."
    assert _strike_out(text, overlapping.find(text)).split() == ["The", ",", "says", "a", "lawyer."]
