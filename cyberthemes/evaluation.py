"""How right a tagger is: F1, precision and recall per theme, Brier skill and calibration, with bootstrap intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from cyberthemes.errors import InputError
from cyberthemes.gold import UNKNOWN, Gold, Labels
from cyberthemes.tagging import Tagger

__all__ = ["Evaluation", "ReliabilityBin", "ThemeScore", "evaluate", "score_predictions"]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
_N_RESAMPLES: Final = 1000
_LEVEL: Final = 0.95
_N_BINS: Final = 5
_LEAST_PROBABILITY: Final = 0.05
_FEWEST_PER_BIN: Final = 5
_RELIABILITY_EDGES: Final = (0.0, 0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 1.0)


@dataclass(frozen=True, slots=True)
class ThemeScore:
    """How right a tagger is on one theme; ``support`` counts the units to which it applies."""

    theme: str
    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Pairs of unit and theme whose probability is from ``low`` up to ``high``: what was said, and how often it was so.

    ``probability`` is their mean, ``frequency`` the share of them in which the theme applies; 0 if ``n`` is 0.
    """

    low: float
    high: float
    n: int
    probability: float
    frequency: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How right a tagger is on labelled units; borderline labels are ignored throughout.

    Attributes
    ----------
    micro_f1 : float
        F1 over all pairs of unit and theme.
    macro_f1 : float
        Mean F1 of the themes that apply to at least one unit.
    brier_skill : float
        1 less the ratio of the Brier score to that of always giving a theme its frequency here, over all pairs
        (Murphy, 1973).
    calibration_error : float
        Per theme, over probabilities of 0.05 and more in five bins of equal size, the mean difference between mean
        probability and frequency; mean over the themes with at least 25 such probabilities, None if there are none.
    n : int
        Units.
    per_theme : tuple of ThemeScore
        In column order.
    reliability : tuple of ReliabilityBin
        All pairs of unit and theme, by probability.
    intervals : dict of str to tuple of float
        95 % intervals of the figures, by bootstrap over documents, shifted by the mean bias of its draws.
    """

    micro_f1: float
    macro_f1: float
    brier_skill: float
    calibration_error: float | None
    n: int
    per_theme: tuple[ThemeScore, ...]
    reliability: tuple[ReliabilityBin, ...]
    intervals: dict[str, tuple[float, float]]

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dict of plain values; ``per_theme`` is keyed by theme."""
        fields = asdict(self)
        per_theme = {score.pop("theme"): score for score in fields.pop("per_theme")}
        intervals = {name: list(interval) for name, interval in fields.pop("intervals").items()}
        return fields | {"intervals": intervals, "per_theme": per_theme, "reliability": list(fields["reliability"])}

    def _repr_html_(self) -> str:
        from cyberthemes.notebook import evaluation_html

        return evaluation_html(self.to_dict())


def evaluate(tagger: Tagger, gold: Gold) -> Evaluation:
    """Return how right a tagger is on labelled units, each taken whole.

    Parameters
    ----------
    tagger : Tagger
    gold : Gold
        Labels in the tagger's column order; see `cyberthemes.gold.read_gold`.

    Returns
    -------
    Evaluation
    """
    return score_predictions(
        tagger.predict(gold.texts),
        tagger.predict_proba(gold.texts),
        gold.labels,
        tagger.theme_ids,
        gold.groups,
    )


def score_predictions(
    predicted: Bools, probabilities: Floats, labels: Labels, theme_ids: Sequence[str], groups: Sequence[str]
) -> Evaluation:
    """Return how right predictions are.

    Parameters
    ----------
    predicted : ndarray of bool, shape (n_texts, n_themes)
    probabilities : ndarray of float64, shape (n_texts, n_themes)
    labels : ndarray of int8, shape (n_texts, n_themes)
        1, 0, or -1 to ignore.
    theme_ids : sequence of str
        In column order.
    groups : sequence of str
        The document of each unit, which is what the bootstrap draws.

    Returns
    -------
    Evaluation

    Raises
    ------
    InputError
        If there is no unit, or the shapes do not fit together.
    """
    if not len(labels) or len(groups) != len(labels):
        raise InputError(f"{len(labels)} units and {len(groups)} groups; expected at least one unit, a group for each")
    if not labels.shape == predicted.shape == probabilities.shape == (len(labels), len(theme_ids)):
        raise InputError(
            f"labels of shape {labels.shape}, predictions {predicted.shape}; expected {len(theme_ids)} columns"
        )
    counts = _counts(predicted, labels)
    right, wrong, missed = counts.sum(axis=0)
    per_theme = tuple(
        ThemeScore(
            theme,
            _ratio(hit, hit + false),
            _ratio(hit, hit + lost),
            _ratio(2 * hit, 2 * hit + false + lost),
            int(hit + lost),
        )
        for theme, hit, false, lost in zip(theme_ids, right, wrong, missed, strict=True)
    )
    figures = _figures(np.arange(len(labels)), counts, probabilities, labels)
    known = {name: figure for name, figure in figures.items() if not np.isnan(figure)}
    return Evaluation(
        micro_f1=figures["micro_f1"],
        macro_f1=figures["macro_f1"],
        brier_skill=figures["brier_skill"],
        calibration_error=known.get("calibration_error"),
        n=len(labels),
        per_theme=per_theme,
        reliability=_reliability(probabilities, labels),
        intervals=_intervals(known, counts, probabilities, labels, groups),
    )


def _counts(predicted: Bools, labels: Labels) -> npt.NDArray[np.int64]:
    """Return, per unit and theme, whether a prediction is right, wrong or missed; shape (n_texts, 3, n_themes)."""
    return np.stack([predicted & (labels == 1), predicted & (labels == 0), ~predicted & (labels == 1)], axis=1).astype(
        np.int64
    )


def _figures(
    rows: npt.NDArray[np.intp], counts: npt.NDArray[np.int64], probabilities: Floats, labels: Labels
) -> dict[str, float]:
    right, wrong, missed = counts[rows].sum(axis=0)
    has_positive = right + missed > 0
    f1 = 2 * right / np.maximum(2 * right + wrong + missed, 1)
    return {
        "micro_f1": _ratio(2 * right.sum(), 2 * right.sum() + wrong.sum() + missed.sum()),
        "macro_f1": float(f1[has_positive].mean()) if has_positive.any() else 0.0,
        "brier_skill": _brier_skill(probabilities[rows], labels[rows]),
        "calibration_error": _calibration_error(probabilities[rows], labels[rows]),
    }


def _brier_skill(probabilities: Floats, labels: Labels) -> float:
    known = labels != UNKNOWN
    rates = (labels == 1).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    error = ((probabilities - labels) ** 2)[known].sum()
    baseline = ((rates - labels) ** 2)[known].sum()
    return float(1.0 - error / baseline) if baseline else 0.0


def _calibration_error(probabilities: Floats, labels: Labels) -> float:
    errors = []
    for theme in range(labels.shape[1]):
        counted = (labels[:, theme] != UNKNOWN) & (probabilities[:, theme] >= _LEAST_PROBABILITY)
        order = np.argsort(probabilities[counted, theme], kind="stable")
        if len(order) >= _N_BINS * _FEWEST_PER_BIN:
            bins = np.array_split(order, _N_BINS)
            probability, label = probabilities[counted, theme], labels[counted, theme]
            errors.append(np.mean([abs(probability[members].mean() - label[members].mean()) for members in bins]))
    return float(np.mean(errors)) if errors else np.nan


def _reliability(probabilities: Floats, labels: Labels) -> tuple[ReliabilityBin, ...]:
    known = labels != UNKNOWN
    probability, label = probabilities[known], labels[known]
    numbers = np.digitize(probability, _RELIABILITY_EDGES[1:-1])
    bins = []
    for number, (low, high) in enumerate(pairwise(_RELIABILITY_EDGES)):
        members = numbers == number
        n = int(members.sum())
        bins.append(
            ReliabilityBin(low, high, n, _ratio(probability[members].sum(), n), _ratio(label[members].sum(), n))
        )
    return tuple(bins)


def _intervals(
    figures: dict[str, float],
    counts: npt.NDArray[np.int64],
    probabilities: Floats,
    labels: Labels,
    groups: Sequence[str],
) -> dict[str, tuple[float, float]]:
    """Return intervals over resampled documents (Efron, 1979); the draws are the same each time.

    Drawing with repeats inflates the calibration error, so percentiles are shifted by the draws' mean bias.
    """
    generator = np.random.default_rng(0)
    numbers = np.unique(np.asarray(groups), return_inverse=True)[1]
    members = [np.flatnonzero(numbers == number) for number in range(numbers.max() + 1)]
    if len(members) < 2:
        members = [np.array([row]) for row in range(len(labels))]
    draws = []
    for _ in range(_N_RESAMPLES):
        rows = np.concatenate([members[number] for number in generator.integers(len(members), size=len(members))])
        draws.append(_figures(rows, counts, probabilities, labels))
    return {name: _interval(name, figure, np.array([draw[name] for draw in draws])) for name, figure in figures.items()}


def _interval(name: str, figure: float, draws: Floats) -> tuple[float, float]:
    tail = 50 * (1 - _LEVEL)
    lowest = -np.inf if name == "brier_skill" else 0.0
    draws = draws[~np.isnan(draws)]
    low, high = np.clip(np.percentile(draws, [tail, 100 - tail]) + figure - draws.mean(), lowest, 1.0)
    return float(low), float(high)


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else 0.0
