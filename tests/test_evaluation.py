"""Scores of predictions, against figures computed by hand and by scikit-learn."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import precision_recall_fscore_support

from cyberthemes import Evaluation, InputError, Taxonomy, ThemeTagger, evaluate
from cyberthemes.evaluation import score_predictions
from cyberthemes.gold import Gold

FIGURES = ("micro_f1", "macro_f1", "brier_skill", "calibration_error")


def scored(predicted: Any, probabilities: Any, labels: Any, groups: list[str] | None = None) -> Evaluation:
    labels = np.asarray(labels, dtype=np.int8)
    theme_ids = [f"theme-{column}" for column in range(labels.shape[1])]
    groups = [f"doc-{row}" for row in range(len(labels))] if groups is None else groups
    return score_predictions(
        np.asarray(predicted, dtype=np.bool_),
        np.asarray(probabilities, dtype=float),
        labels,
        theme_ids,
        groups,
    )


def random_case(seed: int, n: int = 120) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float64], npt.NDArray[np.int8]]:
    random = np.random.default_rng(seed)
    probabilities = random.random((n, 2)) ** 2
    labels = (random.random((n, 2)) < probabilities).astype(np.int8)
    labels[random.random((n, 2)) < 0.1] = -1
    return probabilities > 0.4, probabilities, labels


def figures(evaluation: Evaluation) -> Iterator[float]:
    for name in FIGURES:
        yield getattr(evaluation, name)
        yield from evaluation.intervals[name]
    for score in evaluation.per_theme:
        yield from (score.precision, score.recall, score.f1)


def test_f1_by_hand_with_borderline_ignored() -> None:
    labels = [[1, 0, 0], [1, 1, 0], [0, -1, 0], [-1, 1, 0]]
    predicted = [[1, 0, 0], [0, 1, 0], [1, 1, 0], [1, 0, 1]]
    result = scored(predicted, np.full((4, 3), 0.5), labels)
    # theme 0: 1 right, 1 wrong, 1 missed; theme 1: 1 right, 1 missed; theme 2: 1 wrong and no positive.
    assert result.micro_f1 == pytest.approx(2 * 2 / (2 * 2 + 2 + 2))
    assert result.macro_f1 == pytest.approx((1 / 2 + 2 / 3) / 2)
    scores = [(score.theme, score.precision, score.recall, score.support) for score in result.per_theme]
    assert scores == [("theme-0", 0.5, 0.5, 2), ("theme-1", 1.0, 0.5, 2), ("theme-2", 0.0, 0.0, 0)]
    assert result.n == 4


@pytest.mark.parametrize("seed", range(2))
def test_agrees_with_scikit_learn(seed: int) -> None:
    predicted, probabilities, labels = random_case(seed)
    known = labels != -1
    result = scored(predicted, probabilities, labels)
    expected = [
        precision_recall_fscore_support(labels[rows, theme], predicted[rows, theme], average="binary")[:3]
        for theme, rows in enumerate(known.T)
    ]
    found = [(score.precision, score.recall, score.f1) for score in result.per_theme]
    np.testing.assert_allclose(found, expected)
    assert result.macro_f1 == pytest.approx(np.mean([f1 for _, _, f1 in expected]))
    micro = precision_recall_fscore_support(labels[known], predicted[known], average="binary")[2]
    assert result.micro_f1 == pytest.approx(micro)


def test_brier_skill_by_hand() -> None:
    # Squared errors 0.04 + 0.09 + 0.16; the frequency 1/3 gives 4/9 + 1/9 + 1/9; -1 counts nowhere.
    result = scored([[1], [0], [0], [1]], [[0.8], [0.3], [0.4], [0.9]], [[1], [0], [0], [-1]])
    assert result.brier_skill == pytest.approx(1 - 0.29 / (6 / 9))


def test_brier_skill_is_1_when_sure_and_right_and_0_at_the_base_rate() -> None:
    labels = np.array([[1, 0], [0, 0], [0, 1], [0, 0]])
    assert scored(labels, labels, labels).brier_skill == 1
    assert scored(labels, np.full((4, 2), 0.25), labels).brier_skill == pytest.approx(0)
    assert scored(labels, 1 - labels, labels).brier_skill < 0


def test_calibration_error_by_hand() -> None:
    # Five bins of five: means 0.1, 0.3, 0.5, 0.7, 0.9; frequencies 0, 0, 0.4, 1, 1. 0.04 is not counted.
    probabilities = np.repeat([0.1, 0.3, 0.5, 0.7, 0.9, 0.04], 5)[:, None]
    labels = np.array([0] * 10 + [1, 1, 0, 0, 0] + [1] * 10 + [1] * 5)[:, None]
    order = np.random.default_rng(0).permutation(30)
    result = scored(probabilities[order] > 0.5, probabilities[order], labels[order])
    assert result.calibration_error == pytest.approx(np.mean([0.1, 0.3, 0.1, 0.3, 0.1]))


def test_calibration_error_needs_enough_probabilities() -> None:
    enough, labels = np.full((25, 1), 0.5), np.zeros((25, 1))
    assert scored(enough > 1, enough, labels).calibration_error == pytest.approx(0.5)
    assert scored(enough[1:] > 1, enough[1:], labels[1:]).calibration_error is None


def test_intervals_hold_their_figure_and_stay_where_figures_can_be() -> None:
    held = []
    for seed in range(3):
        result = scored(*random_case(seed))
        held += [low <= getattr(result, name) <= high for name, (low, high) in result.intervals.items()]
        assert set(result.intervals) == set(FIGURES)
        assert all(low < high for low, high in result.intervals.values())
    assert sum(held) >= len(held) - 1


def test_no_interval_leaves_the_range_of_its_figure() -> None:
    random = np.random.default_rng(1)
    labels = (random.random((60, 3)) < 0.5).astype(np.int8)
    probabilities = np.where(labels == 1, 0.95, 0.05)
    predicted = labels == 1
    predicted[0, 0] = not predicted[0, 0]
    for name, (low, high) in scored(predicted, probabilities, labels).intervals.items():
        assert high <= 1, name
        assert low >= 0, name


def test_intervals_are_the_same_each_time_and_draw_documents_not_units() -> None:
    predicted, probabilities, labels = random_case(0, 40)
    twice = np.tile(np.arange(40), 2)
    doubled = scored(predicted[twice], probabilities[twice], labels[twice], [f"doc-{row}" for row in twice])
    once = scored(predicted, probabilities, labels)
    assert once == scored(predicted, probabilities, labels)
    assert doubled.intervals["micro_f1"] == pytest.approx(once.intervals["micro_f1"])


def test_one_document_is_resampled_by_unit() -> None:
    low, high = scored(*random_case(0, 40), groups=["doc"] * 40).intervals["micro_f1"]
    assert low < high


@settings(max_examples=10)
@given(st.integers(1, 6), st.integers(1, 3), st.data())
def test_no_figure_is_nan_and_all_are_in_range(n: int, n_themes: int, data: st.DataObject) -> None:
    def matrix(values: st.SearchStrategy[Any]) -> Any:
        return np.array(data.draw(st.lists(values, min_size=n * n_themes, max_size=n * n_themes))).reshape(n, n_themes)

    labels, probabilities = (
        matrix(st.sampled_from([-1, 0, 1])),
        matrix(st.sampled_from([0.0, 0.04, 0.5, 1.0])),
    )
    result = scored(matrix(st.booleans()), probabilities, labels, ["doc"] * n if n % 2 else None)
    known = {name: getattr(result, name) for name in FIGURES if getattr(result, name) is not None}
    assert known.keys() == result.intervals.keys() >= set(FIGURES) - {"calibration_error"}
    assert all(math.isfinite(figure) for figure in known.values())
    assert all(0 <= figure <= 1 for name, figure in known.items() if name != "brier_skill")
    assert result.brier_skill <= 1


def test_no_units_are_an_input_error() -> None:
    with pytest.raises(InputError):
        scored(np.zeros((0, 2)), np.zeros((0, 2)), np.zeros((0, 2)))


@pytest.mark.parametrize("n_groups", [2, 4])
def test_groups_must_be_as_many_as_units(n_groups: int) -> None:
    with pytest.raises(InputError):
        scored(np.zeros((3, 1)), np.zeros((3, 1)), np.zeros((3, 1)), list("abcd")[:n_groups])


def test_evaluates_a_tagger_on_whole_units(small_taxonomy: Taxonomy) -> None:
    texts = ("A new 5G network", "Rain in the park.\n\nA base station for 5G.", "Quiet streets", "A data law in court")
    labels = np.array([[1, 0], [1, 0], [0, 0], [0, 1]], dtype=np.int8)
    tagger = ThemeTagger(small_taxonomy, n_folds=2, min_df=1).fit(texts * 3, np.tile(labels, (3, 1))).tagger_
    gold = Gold(texts, labels, ("a", "a", "b", "c"), np.ones(4))
    result = evaluate(tagger, gold)
    predicted, probabilities = tagger.predict(texts), tagger.predict_proba(texts)
    assert result == score_predictions(predicted, probabilities, labels, ("5g", "law"), gold.groups)
    assert (result.n, result.micro_f1) == (4, 1)


def test_to_dict_is_keyed_by_theme_and_plain() -> None:
    result = scored(*random_case(0, 30))
    fields = json.loads(json.dumps(result.to_dict()))
    assert set(fields) == {*FIGURES, "n", "per_theme", "reliability", "intervals"}
    assert fields["per_theme"]["theme-0"]["f1"] == result.per_theme[0].f1
    assert set(fields["per_theme"]["theme-0"]) == {"precision", "recall", "f1", "support"}
    assert fields["intervals"]["micro_f1"] == list(result.intervals["micro_f1"])


def test_reliability_compares_what_was_said_with_how_often_it_was_so() -> None:
    probabilities = np.array([[0.9, 0.3], [0.9, 0.1], [0.7, 0.3], [0.85, 0.05]])
    labels = np.array([[1, 0], [0, -1], [1, 1], [-1, 0]], dtype=np.int8)
    result = scored(probabilities >= 0.5, probabilities, labels)
    bins = {bin_.low: bin_ for bin_ in result.reliability}
    assert sum(bin_.n for bin_ in result.reliability) == 6
    for low, probability in ((0.8, 0.9), (0.2, 0.3)):
        assert (bins[low].n, bins[low].frequency) == (2, 0.5)
        assert bins[low].probability == pytest.approx(probability)
    assert (bins[0.05].n, bins[0.05].frequency, bins[0.0].n, bins[0.95].n) == (1, 0.0, 0, 0)
    assert bins[0.95].high == 1.0
