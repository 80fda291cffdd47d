"""How strongly each theme's taxonomy terms are present in texts, and what part each occurrence has in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from cyberthemes.lexicon import ATOMS
from cyberthemes.taxonomy import Taxonomy, TermHits
from cyberthemes.terms import in_batches

__all__ = ["SUREST", "TERMS_SAY_YES", "presence", "presence_in", "shared_among"]

Floats = npt.NDArray[np.float64]
TERMS_SAY_YES: Final = 0.5  # the presence from which terms alone say that a theme applies
SUREST: Final = 0.95  # one term never settles a matter alone, so that a second one still counts


def presence_in(texts: Iterable[str], taxonomy: Taxonomy) -> Floats:
    """Return how strongly each theme's taxonomy terms are present in each text; see `presence`.

    Parameters
    ----------
    texts : iterable of str
        Each is one paragraph.
    taxonomy : Taxonomy

    Returns
    -------
    ndarray of float64, shape (n_texts, n_themes)
        From 0 to 1.
    """
    n_themes = len(taxonomy.themes)
    parts = [presence(taxonomy.find_in(ATOMS.scan(batch)), len(batch), n_themes) for batch in in_batches(texts)]
    return np.concatenate([np.empty((0, n_themes)), *parts])


def presence(hits: TermHits, n_texts: int, n_themes: int) -> Floats:
    """Return how strongly each theme's taxonomy terms are present: the noisy-or of their weights.

    Were each hit right with the chance that its weight says, independently, this would be the chance that at least
    one is (Pearl, 1988).

    Parameters
    ----------
    hits : TermHits
    n_texts, n_themes : int

    Returns
    -------
    ndarray of float64, shape (n_texts, n_themes)
        From 0 to 1.
    """
    return -np.expm1(-_summed(hits, n_texts, n_themes))


def shared_among(hits: TermHits, amounts: Floats) -> Floats:
    """Return each hit's share of what its theme's hits amount to, by the logarithm that it adds to their presence.

    Parameters
    ----------
    hits : TermHits
    amounts : ndarray of float64, shape (n_texts, n_themes)
        What the hits of each theme amount to, such as their `presence`.

    Returns
    -------
    ndarray of float64, shape (n_hits,)
        Those of a theme in a text add up to its amount.
    """
    totals = _summed(hits, *amounts.shape)
    return amounts[hits.texts, hits.themes] * _surprise(hits) / totals[hits.texts, hits.themes]


def _summed(hits: TermHits, n_texts: int, n_themes: int) -> Floats:
    """Return the surprise of each theme's hits in each text: how unlikely it is that all are wrong, as a logarithm."""
    cells = hits.texts * n_themes + hits.themes
    summed: Any = np.bincount(cells, _surprise(hits), n_texts * n_themes)
    return np.asarray(summed, dtype=np.float64).reshape(n_texts, n_themes)


def _surprise(hits: TermHits) -> Floats:
    surprise: Floats = -np.log1p(-np.minimum(hits.weights, SUREST))
    return surprise
