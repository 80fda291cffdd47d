"""Calibration, thresholds and base rates, against formulas, brute force and planted truths."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import expit, logit, softmax

from cyberthemes.calibration import (
    calibrate_each,
    calibrate_exclusive,
    log_odds,
    prevalence_of,
    prior_shift,
    probabilities_of,
    thresholds_of,
)

Floats = npt.NDArray[np.float64]
scores_of = arrays(np.float64, (4, 3), elements=st.floats(-700, 700))


@given(scores_of)
def test_probabilities_are_those_of_scipy_and_never_overflow(scores: Floats) -> None:
    np.testing.assert_allclose(probabilities_of(scores, exclusive=False), expit(scores), atol=1e-12)
    np.testing.assert_allclose(probabilities_of(scores, exclusive=True), softmax(scores, axis=1), atol=1e-12)


@given(arrays(np.float64, 5, elements=st.floats(1e-6, 1 - 1e-6)))
def test_log_odds_undo_the_logistic_function(probabilities: Floats) -> None:
    np.testing.assert_allclose(log_odds(probabilities), logit(probabilities))
    np.testing.assert_allclose(probabilities_of(log_odds(probabilities), exclusive=False), probabilities)


def draw(n: int, slope: float, offset: float, seed: int = 0) -> tuple[Floats, Floats]:
    """Scores, and labels drawn with the probability that a line through the scores gives."""
    generator = np.random.default_rng(seed)
    scores = generator.normal(0.0, 1.5, (n, 1))
    return scores, (generator.random((n, 1)) < expit(slope * scores + offset)).astype(np.float64)


def test_calibration_finds_the_line_that_labels_were_drawn_from() -> None:
    scores, targets = draw(20_000, 3.0, -1.0)
    slopes, offsets = calibrate_each(scores, targets, np.ones_like(targets))
    assert slopes[0] == pytest.approx(3.0, abs=0.15)
    assert offsets[0] == pytest.approx(-1.0, abs=0.1)


def test_a_theme_with_few_labels_is_calibrated_like_all_others() -> None:
    scores, targets = draw(4000, 3.0, -1.0)
    scores, targets = np.column_stack([scores, scores]), np.column_stack([targets, 1.0 - targets])
    weights = np.ones_like(targets)
    weights[4:, 1] = 0.0  # four labels say nothing
    slopes, offsets = calibrate_each(scores, targets, weights)
    assert slopes[1] == pytest.approx(slopes[0], abs=0.1)
    assert offsets[1] == pytest.approx(offsets[0], abs=0.1)


def test_scores_that_mislead_do_not_turn_round() -> None:
    scores, targets = draw(500, -3.0, 0.0)
    slopes, _ = calibrate_each(scores, targets, np.ones_like(targets))
    assert slopes[0] > 0


def test_without_labels_scores_are_taken_as_margins() -> None:
    slopes, offsets = calibrate_each(np.zeros((3, 2)), np.zeros((3, 2)), np.zeros((3, 2)))
    assert slopes.tolist() == [2.0, 2.0]
    assert offsets.tolist() == [0.0, 0.0]


def test_exclusive_calibration_finds_temperature_and_offsets() -> None:
    generator = np.random.default_rng(0)
    scores = generator.normal(0.0, 1.0, (20_000, 3))
    chances = softmax(2.5 * scores + [0.0, 1.0, -1.0], axis=1)
    targets = np.eye(3)[[generator.choice(3, p=row) for row in chances]]
    slopes, offsets = calibrate_exclusive(scores, targets, np.ones_like(targets))
    assert slopes == pytest.approx([2.5] * 3, abs=0.1)
    assert offsets - offsets[0] == pytest.approx([0.0, 1.0, -1.0], abs=0.1)


def test_thresholds_are_half_the_best_f1() -> None:
    # The best cut of theme 0 finds 300 of 300, so F1 is 1; of theme 1 it takes all 600 to find 300, so F1 is 2 / 3.
    log_odds_ = np.column_stack([np.linspace(3, -3, 600), np.zeros(600)])
    known = np.zeros((600, 2), dtype=np.int8)
    known[:300, 0] = 1
    known[300:, 1] = 1
    first, second = thresholds_of(log_odds_, known)
    assert 0.45 < first < 0.5
    assert 1 / 3 - 0.01 < second < 0.38


def test_the_fewer_positives_the_nearer_the_common_threshold() -> None:
    generator = np.random.default_rng(1)
    scores = generator.normal(size=(2000, 2))
    known = np.column_stack([scores[:, 0] > 0, generator.random(2000) < 0.5]).astype(np.int8)
    far = thresholds_of(scores, known)
    known[50:, 1] = -1
    near = thresholds_of(scores, known)
    common = thresholds_of(scores.reshape(-1, 1)[known.reshape(-1) >= 0], known.reshape(-1, 1)[known.reshape(-1) >= 0])
    assert abs(near[1] - common[0]) < abs(far[1] - common[0])


def test_themes_without_labels_have_the_threshold_one_half() -> None:
    known = np.full((30, 2), -1, dtype=np.int8)
    assert thresholds_of(np.zeros((30, 2)), known).tolist() == [0.5, 0.5]
    known[:, 0] = np.arange(30) % 2
    assert thresholds_of(np.zeros((30, 2)), known)[1] == 0.5


@pytest.mark.parametrize("truth", [0.02, 0.1, 0.5])
def test_prevalence_is_found_again_in_texts_where_it_differs(truth: float) -> None:
    generator = np.random.default_rng(2)
    applies = generator.random(8000) < truth
    # Two normal distributions a distance of 3 apart: the log-odds of a score x is 3 x, for even base rates.
    scores = 3.0 * (generator.normal(size=8000) + np.where(applies, 1.5, -1.5))
    supposed = np.array([0.2])
    calibrated = scores[:, None] + prior_shift(supposed, np.array([0.5]), exclusive=False)
    assert prevalence_of(calibrated, supposed, exclusive=False)[0] == pytest.approx(applies.mean(), abs=0.02)


def test_a_few_texts_hardly_change_the_supposed_prevalence() -> None:
    assert 0.2 < prevalence_of(np.full((5, 1), 9.0), np.array([0.2]), exclusive=False)[0] < 0.3


@given(arrays(np.float64, (6, 3), elements=st.floats(-20, 20)))
def test_exclusive_prevalence_adds_up_to_one(scores: Floats) -> None:
    supposed = np.array([0.2, 0.3, 0.5])
    found = prevalence_of(scores, supposed, exclusive=True)
    assert found.sum() == pytest.approx(1.0)
    assert ((found > 0) & (found < 1)).all()


def test_a_shift_of_prior_is_bayes_rule() -> None:
    supposed, wanted = np.array([0.3, 0.7]), np.array([0.1, 0.9])
    scores = np.array([[0.4, -1.0], [2.0, 0.1]])
    for exclusive in (False, True):
        before = probabilities_of(scores, exclusive)
        after = probabilities_of(scores + prior_shift(wanted, supposed, exclusive), exclusive)
        yes = before * wanted / supposed
        no = yes.sum(axis=1, keepdims=True) - yes if exclusive else (1 - before) * (1 - wanted) / (1 - supposed)
        np.testing.assert_allclose(after, yes / (yes + no))
