"""From scores to probabilities that mean what they say, thresholds, and other base rates than those of learning.

Scores are log-odds of held-out texts, or of texts not learned from. Calibration and prevalence scale and shift them, so
that they stay sums of contributions.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from cyberthemes.gold import Labels

__all__ = [
    "calibrate_each",
    "calibrate_exclusive",
    "log_odds",
    "prevalence_of",
    "prior_shift",
    "probabilities_of",
    "thresholds_of",
]

Floats = npt.NDArray[np.float64]
_FEWEST: Final = 5  # positives, and negatives, that a theme needs before held-out scores say anything
_FROM_MARGIN: Final = np.array([2.0, 0.0])  # squared hinge loss aims at 2p - 1, near 0 half the log-odds of p
_SMALLEST_SLOPE: Final = 0.1
_COMMON_POSITIVES: Final = 50  # with as many positives, a theme's own best F1 counts as much as that of all themes
_LOWEST_THRESHOLD: Final = 0.15  # a theme that is hardly learned would otherwise be seen everywhere
_PRIOR_TEXTS: Final = 100  # how many texts the supposed prevalence counts for, lest a few texts overturn it
_MOST_ROUNDS: Final = 1000
_SETTLED: Final = 1e-7
_TINY: Final = 1e-300


def probabilities_of(scores: Floats, exclusive: bool) -> Floats:
    """Return the probabilities of scores: their logistic function, or the softmax of each row if exclusive.

    Parameters
    ----------
    scores : ndarray of float64, shape (..., n_themes)
    exclusive : bool
        Whether exactly one theme applies to each text.

    Returns
    -------
    ndarray of float64, of the same shape
    """
    if exclusive:
        powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
        softmax: Floats = powers / powers.sum(axis=-1, keepdims=True)
        return softmax
    logistic: Floats = 0.5 * (1.0 + np.tanh(0.5 * scores))
    return logistic


def log_odds(probabilities: npt.ArrayLike) -> Floats:
    """Return the logarithm of the odds of probabilities above 0 and below 1."""
    probabilities = np.asarray(probabilities, dtype=np.float64)
    odds: Floats = np.log(probabilities) - np.log1p(-probabilities)
    return odds


def calibrate_each(scores: Floats, targets: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Return per theme the slope and offset that turn scores into calibrated log-odds.

    Platt scaling (Platt, 1999) with a ridge towards the slope and offset of all themes at once, which hold where labels
    are few.

    Parameters
    ----------
    scores, targets, weights : ndarray of float64, shape (n_texts, n_themes)
        Held-out scores, the chance that each theme applies, and how much each counts.

    Returns
    -------
    slopes, offsets : ndarray of float64, shape (n_themes,)
    """
    common = _platt(scores.ravel(), targets.ravel(), weights.ravel(), _FROM_MARGIN)
    fitted = [_platt(*columns, common) for columns in zip(scores.T, targets.T, weights.T, strict=True)]
    slopes, offsets = np.array(fitted).T
    return slopes, offsets


def _platt(score: Floats, target: Floats, weight: Floats, prior: Floats) -> Floats:
    """Return the slope and offset of best likelihood near a prior, or the prior where labels are too few."""
    if min(weight @ target, weight @ (1.0 - target)) < _FEWEST:
        return prior
    return _minimum(partial(_logistic_loss, score, target, weight), prior)


def calibrate_exclusive(scores: Floats, targets: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Return the slope, one for all themes, and the offset of each that turn rows of scores into calibrated log-odds.

    Temperature scaling with a bias for each class (Guo et al., 2017), with a ridge towards those of a margin.

    Parameters
    ----------
    scores, targets, weights : ndarray of float64, shape (n_texts, n_themes)
        As for `calibrate_each`; the targets of a text add up to 1.

    Returns
    -------
    slopes, offsets : ndarray of float64, shape (n_themes,)
    """
    prior = np.append(_FROM_MARGIN, np.zeros(scores.shape[1] - 1))
    found = _minimum(partial(_softmax_loss, scores, targets, weights.max(axis=1)), prior)
    return np.full(scores.shape[1], found[0]), found[1:]


def thresholds_of(log_odds: Floats, known: Labels) -> Floats:
    """Return per theme the probability from which to say that it applies: half the best F1, but at least 0.15.

    That is the optimum for F1 when probabilities are calibrated (Lipton, Elkan and Narayanaswamy, 2014), and steadier
    than the best cut on few labels. The fewer positives a theme has, the nearer it is to that of all themes at once.

    Parameters
    ----------
    log_odds : ndarray of float64, shape (n_texts, n_themes)
        Calibrated scores of held-out texts.
    known : ndarray of int8, shape (n_texts, n_themes)
        1, 0, or -1 for unknown.

    Returns
    -------
    ndarray of float64, shape (n_themes,)
        0.5 for a theme without known labels, and for all if there are too few positives.
    """
    thresholds = np.full(known.shape[1], 0.5)
    from cyberthemes.gold import UNKNOWN  # which tagging does without

    is_known = known != UNKNOWN
    if (known == 1).sum() < _FEWEST:
        return thresholds
    common = _best_f1(log_odds[is_known], known[is_known])
    for theme in np.flatnonzero(is_known.any(axis=0)):
        rows = is_known[:, theme]
        label = known[rows, theme]
        share = label.sum() / (label.sum() + _COMMON_POSITIVES)
        best = share * _best_f1(log_odds[rows, theme], label) + (1.0 - share) * common
        thresholds[theme] = max(best / 2, _LOWEST_THRESHOLD)
    return thresholds


def _best_f1(log_odds: Floats, label: Labels) -> float:
    right = np.cumsum(label[np.argsort(-log_odds, kind="stable")], dtype=np.int64)
    return float(np.max(2 * right / (np.arange(1, len(right) + 1) + right[-1])))


def prevalence_of(scores: Floats, supposed: Floats, exclusive: bool) -> Floats:
    """Return the share of texts to which each theme applies, estimated from their scores.

    Expectation maximisation over the prior (Saerens, Latinne and Decaestecker, 2002): what texts of each theme look
    like is taken to be as in learning, only how common they are differs. The supposed prevalence counts for a hundred
    texts more.

    Parameters
    ----------
    scores : ndarray of float64, shape (n_texts, n_themes)
        Calibrated for the supposed prevalence.
    supposed : ndarray of float64, shape (n_themes,)
        The prevalence in learning.
    exclusive : bool
        Whether exactly one theme applies to each text.

    Returns
    -------
    ndarray of float64, shape (n_themes,)
        Above 0 and below 1.
    """
    prevalence = supposed
    for _ in range(_MOST_ROUNDS):
        shifted = scores + prior_shift(prevalence, supposed, exclusive)
        expected = probabilities_of(shifted, exclusive).sum(axis=0)
        found = (expected + _PRIOR_TEXTS * supposed) / (len(scores) + _PRIOR_TEXTS)
        settled = np.abs(found - prevalence).max() < _SETTLED
        prevalence = found
        if settled:
            break
    return prevalence


def prior_shift(prevalence: Floats, supposed: Floats, exclusive: bool) -> Floats:
    """Return what to add to scores that suppose one prevalence, so that they suppose another.

    Parameters
    ----------
    prevalence, supposed : ndarray of float64, shape (n_themes,)
        Above 0 and below 1.
    exclusive : bool
        Whether exactly one theme applies to each text.

    Returns
    -------
    ndarray of float64, shape (n_themes,)
    """
    if exclusive:
        ratio: Floats = np.log(prevalence) - np.log(supposed)
        return ratio
    return log_odds(prevalence) - log_odds(supposed)


def _logistic_loss(score: Floats, target: Floats, weight: Floats, parameters: Floats) -> tuple[float, Floats]:
    """Return the weighted cross-entropy of one theme's scaled scores, and its gradient."""
    logit = parameters[0] * score + parameters[1]
    error = weight * (probabilities_of(logit, exclusive=False) - target)
    return float(weight @ (np.logaddexp(0.0, logit) - target * logit)), np.array([error @ score, error.sum()])


def _softmax_loss(scores: Floats, targets: Floats, weight: Floats, parameters: Floats) -> tuple[float, Floats]:
    """Return the weighted cross-entropy of rows of scaled scores, and its gradient."""
    probabilities = probabilities_of(parameters[0] * scores + parameters[1:], exclusive=True)
    errors = weight[:, None] * (probabilities - targets)
    loss = -weight @ (targets * np.log(np.maximum(probabilities, _TINY))).sum(axis=1)
    return float(loss), np.concatenate([[(errors * scores).sum()], errors.sum(axis=0)])


def _minimum(loss: Callable[[Floats], tuple[float, Floats]], prior: Floats) -> Floats:
    """Return the slope and offsets of least loss, with a ridge towards a prior."""
    from scipy.optimize import minimize

    def with_ridge(parameters: Floats) -> tuple[float, Floats]:
        value, gradient = loss(parameters)
        away = parameters - prior
        return float(value + 0.5 * away @ away), gradient + away

    bounds = [(_SMALLEST_SLOPE, None)] + [(None, None)] * (len(prior) - 1)
    found: Floats = minimize(with_ridge, prior, jac=True, method="L-BFGS-B", bounds=bounds).x
    return found
