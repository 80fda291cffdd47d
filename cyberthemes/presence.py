"""How strongly a theme's taxonomy terms are present in a text, and what part each occurrence has in it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from cyberthemes.taxonomy import TermHit

__all__ = ["SUREST", "presence", "shared_among"]

Floats = npt.NDArray[np.float64]
SUREST: Final = 0.95  # one term never settles a matter alone, so that a second one still counts


def presence(hits: Sequence[TermHit], columns: Mapping[str, int]) -> Floats:
    """Return how strongly each theme's taxonomy terms are present: the noisy-or of their weights.

    Were each hit right with the chance that its weight says, independently, this would be the chance that at least
    one is (Pearl, 1988).

    Parameters
    ----------
    hits : sequence of TermHit
        As `Taxonomy.find` returns them.
    columns : mapping of str to int
        Each theme's column.

    Returns
    -------
    ndarray of float64, shape (n_themes,)
        From 0 to 1.
    """
    log_absence = np.zeros(len(columns))
    for hit in hits:
        log_absence[columns[hit.theme]] -= _surprise(hit)
    return -np.expm1(log_absence)


def shared_among(hits: Sequence[TermHit], amounts: Floats, columns: Mapping[str, int]) -> list[float]:
    """Return each hit's share of what its theme's hits amount to, by the logarithm that it adds to their presence.

    Parameters
    ----------
    hits : sequence of TermHit
    amounts : ndarray of float64, shape (n_themes,)
        What the hits of each theme amount to, such as their `presence`.
    columns : mapping of str to int
        Each theme's column.

    Returns
    -------
    list of float
        One a hit; those of a theme add up to its amount.
    """
    totals = np.zeros(len(columns))
    for hit in hits:
        totals[columns[hit.theme]] += _surprise(hit)
    return [float(amounts[columns[hit.theme]]) * _surprise(hit) / float(totals[columns[hit.theme]]) for hit in hits]


def _surprise(hit: TermHit) -> float:
    return -math.log1p(-min(hit.weight, SUREST))
