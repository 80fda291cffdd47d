"""Scores against sums by hand, the evidence that makes them up, and the same bits in any company."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyberthemes.presence import presence_in
from cyberthemes.results import EvidencePieces
from cyberthemes.scoring import ScoredTexts, Scorer
from cyberthemes.taxonomy import Taxonomy, Term, Theme
from cyberthemes.terms import TermAnalyzer, TermIndex

TERMS = (Term("5G", 0.5), Term("mast", 0.8), Term("law", 0.5), Term("court"), Term("data law", 0.6))
TAXONOMY = Taxonomy("toy", "1", themes=(Theme("5g", "5G", terms=TERMS[:2]), Theme("law", "Law", terms=TERMS[2:])))
KEYS = ("5g", "law", "data", "#data law")  # "mast" and "court" are of the taxonomy alone
INDEX = TermIndex(TermAnalyzer((1, 1), ["data law"]), KEYS, KEYS, [3.0, 4.0, 12.0, 2.0])
WEIGHTS = np.array([[10.0, 0.0], [-5.0, 1.0], [0.1, 0.3], [2.5, -7.0]], dtype=np.float32)
PRESENCE_WEIGHTS, BIAS = np.array([2.0, 4.0], dtype=np.float32), np.array([-1.0, -2.0])
WORDS = ("5G", "law", "Laws", "data", "data law", "mast", "masts", "court", "naïve", "rain", "…")
texts = st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join)


def toy(*added: str) -> Scorer:
    """Return a scorer to which some terms of the taxonomy were added after learning."""
    is_added = np.array([term.text in added for term in TERMS])
    return Scorer(TAXONOMY, INDEX, WEIGHTS, PRESENCE_WEIGHTS, BIAS, is_added)


def log_odds(probability: float) -> float:
    return math.log(probability / (1 - probability))


def evidence_of(scored: ScoredTexts, text: int, theme: int, offset: int = 0) -> EvidencePieces:
    (pieces,) = scored.evidence(np.array([text]), np.array([theme]), [offset])
    return pieces


def summed_by_hand(scorer: Scorer, text: str) -> list[float]:
    """Return the scores of a text, each term and theme for itself."""
    rows, (present,) = scorer.index.rows([text]), presence_in([text], scorer.taxonomy)
    scores = []
    for theme, bias in enumerate(scorer.bias):
        gains = [
            float(scorer.term_weights[term, theme]) * weight
            for weight, term in zip(rows.data, rows.indices, strict=True)
        ]
        scores.append(bias + math.fsum(gains) + present[theme] * float(scorer.presence_weights[theme]))
    return scores


def test_a_score_is_bias_and_terms_and_presence() -> None:
    scores = toy().score(["5G law", "masts", "law, law and data", "5G mast"]).scores
    long = 4 * (1 + math.log(2))
    norm = math.hypot(long, 12)
    assert scores == pytest.approx(
        np.array(
            [
                [-1 + 0.6 * 10 - 0.8 * 5 + 2 * 0.5, -2 + 0.8 * 1 + 4 * 0.5],
                [-1 + 2 * 0.8, -2],
                [-1 + (-5 * long + 0.1 * 12) / norm, -2 + (long + 0.3 * 12) / norm + 4 * (1 - 0.5 * 0.5)],
                [-1 + 10 + 2 * (1 - 0.5 * 0.2), -2],
            ]
        )
    )


def test_a_phrase_counts_as_one_term_of_index_and_taxonomy() -> None:
    (score,) = toy().score(["data law"]).scores
    norm = math.sqrt(4**2 + 12**2 + 2**2)
    by_terms = [(4 * -5 + 12 * 0.1 + 2 * 2.5) / norm, (4 * 1 + 12 * 0.3 + 2 * -7) / norm]
    assert score == pytest.approx(np.array([-1 + by_terms[0], -2 + by_terms[1] + 4 * 0.6]))


def test_evidence_of_a_term_is_shared_by_its_places_with_presence_on_top() -> None:
    scored = toy().score(["rain", "5G law 5G"])
    both = 3 * (1 + math.log(2))
    norm = math.hypot(both, 4)
    pieces = evidence_of(scored, 1, 0, offset=100)
    assert [(piece.text, piece.start, piece.end) for piece in pieces] == [
        ("5G", 100, 102),
        ("5G", 107, 109),
        ("law", 103, 106),
    ]
    each = both / norm * 10 / 2 + 2 * 0.75 / 2
    assert [piece.contribution for piece in pieces] == pytest.approx([each, each, -5 * 4 / norm])


def test_the_surer_term_has_the_larger_share_of_presence() -> None:
    pieces = evidence_of(toy().score(["masts, 5G"]), 0, 0)
    shares = [math.log(1 - 0.8) / math.log(0.2 * 0.5), math.log(1 - 0.5) / math.log(0.2 * 0.5)]
    assert {piece.text: piece.contribution for piece in pieces} == pytest.approx(
        {"masts": 2 * 0.9 * shares[0], "5G": 10 + 2 * 0.9 * shares[1]}
    )


@given(st.lists(texts, max_size=4), st.sets(st.sampled_from([term.text for term in TERMS])), st.integers(0, 99))
def test_evidence_adds_up_to_the_score(batch: list[str], added: set[str], offset: int) -> None:
    scored = toy(*added).score(batch)
    numbers, themes = np.indices(scored.scores.shape).reshape(2, -1)
    order = np.random.default_rng(offset).permutation(len(numbers)).repeat(2)
    numbers, themes = numbers[order], themes[order]
    found = list(scored.evidence(numbers, themes, [offset + number for number in numbers.tolist()]))
    assert len(found) == len(numbers)
    for number, theme, pieces in zip(numbers.tolist(), themes.tolist(), found, strict=True):
        total = BIAS[theme] + math.fsum(piece.contribution for piece in pieces)
        assert total == pytest.approx(scored.scores[number, theme], abs=1e-12)
        for piece in pieces:
            first = offset + number
            assert batch[number][piece.start - first : piece.end - first] == piece.text != ""


def test_an_added_term_makes_its_theme_as_probable_as_it_is_present() -> None:
    scores = toy("mast", "court").score(["masts", "a court", "rain"]).scores
    expected = [[log_odds(0.8), -2], [-1, log_odds(0.95)], [-1, -2]]
    assert scores == pytest.approx(np.array(expected))


def test_added_terms_together_are_no_surer_than_one_can_be() -> None:
    scored = toy("court", "law").score(["the court", "courts, law"])
    assert scored.scores[:, 1] == pytest.approx(np.array([log_odds(0.95), log_odds(0.95) + 1]))  # "law" is learned too


def test_an_added_term_comes_on_top_of_what_was_learned() -> None:
    scored = toy("court").score(["law court"])
    gain = log_odds(0.95) + 2
    assert scored.scores[0] == pytest.approx(np.array([-1 - 5, -2 + 1 + 4 * 0.5 + gain]))
    contributions = {piece.text: piece.contribution for piece in evidence_of(scored, 0, 1)}
    assert contributions == pytest.approx({"court": gain, "law": 1 + 4 * 0.5})


def test_an_added_term_never_speaks_against_its_theme() -> None:
    scorer = Scorer(TAXONOMY, INDEX, WEIGHTS, PRESENCE_WEIGHTS, np.array([3.0, -2.0]), np.ones(5, dtype=np.bool_))
    scored = scorer.score(["masts"])
    assert scored.scores.tolist() == [[3.0, -2.0]]
    assert evidence_of(scored, 0, 0) == ()


def test_texts_without_terms_have_the_bias_and_no_evidence() -> None:
    batch = ["", "rain", "…", "law", ""]
    scored = toy().score(batch)
    for text in (0, 1, 2, 4):
        assert scored.scores[text].tolist() == BIAS.tolist()
        assert evidence_of(scored, text, 1) == ()
    assert [piece.text for piece in evidence_of(scored, 3, 1)] == ["law"]


def test_known_terms_are_those_of_the_vocabulary_and_of_the_taxonomy() -> None:
    scored = toy().score(["data", "court", "", "rain", "law", "naïve court"])
    assert scored.has_known_terms().tolist() == [True, True, False, False, True, True]


def test_no_texts_have_no_scores() -> None:
    scored = toy().score([])
    assert scored.scores.shape == (0, 2)
    assert scored.has_known_terms().tolist() == []
    nothing = np.array([], dtype=np.int64)
    assert list(scored.evidence(nothing, nothing, [])) == []


@pytest.mark.usefixtures("two_blas_threads")
@given(st.lists(texts, max_size=5).flatmap(lambda batch: st.tuples(st.just(batch), st.permutations(batch))))
def test_scores_are_the_same_to_the_last_bit_in_any_company(lists: tuple[list[str], list[str]]) -> None:
    scorer = toy("court")
    alone = {text: scorer.score([text]) for text in lists[0]}
    for batch in lists:
        scored = scorer.score(batch)
        for number, text in enumerate(batch):
            assert scored.scores[number].tobytes() == alone[text].scores[0].tobytes()
            for theme in range(2):
                assert evidence_of(scored, number, theme) == evidence_of(alone[text], 0, theme)


def large_scorer(n_terms: int, n_themes: int) -> Scorer:
    rng = np.random.default_rng(0)
    keys = [f"word{number}" for number in range(n_terms)]
    return Scorer(
        Taxonomy("large", "1", themes=tuple(Theme(f"t{number}", "T", terms=TERMS[:1]) for number in range(n_themes))),
        TermIndex(TermAnalyzer((1, 1)), keys, keys, 1 + rng.random(n_terms)),
        rng.standard_normal((n_terms, n_themes)).astype(np.float32),
        rng.random(n_themes).astype(np.float32),
        rng.standard_normal(n_themes),
        np.zeros(n_themes, dtype=np.bool_),
    )


def texts_of(keys: Sequence[str], lengths: Sequence[int]) -> list[str]:
    rng = np.random.default_rng(1)
    return [" ".join(rng.choice(keys, length, replace=False)) for length in lengths]


@pytest.mark.usefixtures("two_blas_threads")
@pytest.mark.parametrize("n_themes", [1, 2, 9])
def test_long_texts_and_many_are_scored_as_each_alone(n_themes: int) -> None:
    # In all four times as many terms as are weighed at once; one text alone has more than these.
    scorer = large_scorer(6_000, n_themes)
    batch = texts_of(scorer.index.keys, [1, 700, 0, 2_047, 1, 1_300, 5_000, 3, 0, 40, 2_048, 300])
    scores = scorer.score(batch).scores
    assert scores == pytest.approx(np.array([summed_by_hand(scorer, text) for text in batch]), abs=1e-12)
    assert scorer.score(batch[::-1]).scores[::-1].tobytes() == scores.tobytes()
    for text, row in zip(batch, scores, strict=True):
        assert scorer.score([text]).scores.tobytes() == row.tobytes()
