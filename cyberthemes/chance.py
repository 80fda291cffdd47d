"""How well topics would explain a text by chance, so that a text that they explain no better can be told apart."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from cyberthemes.nmf import solve_weights

__all__ = ["chance_levels", "explained_share", "is_explained"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
_MOST_ROWS: Final = 5_000  # shuffled texts; more would not change the levels
_QUANTILE: Final = 0.5


def explained_share(weights: Floats, gram: Floats) -> Floats:
    """Return the share of each row's squared length that its topics explain.

    Parameters
    ----------
    weights : ndarray of float64, shape (n_rows, n_topics)
        As `cyberthemes.nmf.solve_weights` finds them for rows of length 1.
    gram : ndarray of float64, shape (n_topics, n_topics)
        The components' inner products.

    Returns
    -------
    ndarray of float64, shape (n_rows,)
        From 0 to 1.
    """
    # At the least-squares solution the residual is orthogonal to what is explained.
    # A matrix product would round a row differently alone and in a batch.
    weights = np.ascontiguousarray(weights)
    shares = np.zeros(len(weights))
    for weight, products in zip(weights.T, gram, strict=True):
        shares += weight * (weights * products).sum(axis=1)
    return shares


def chance_levels(X: csr_matrix, idf: Floats, components: npt.ArrayLike, random_state: int) -> Floats:
    """Return the explained share that half of shuffled texts stay below, by number of distinct terms.

    A shuffled text has as many terms as a real one, drawn from the whole collection: terms keep their frequencies and
    lose their company.

    Parameters
    ----------
    X : scipy.sparse.csr_matrix, shape (n_texts, n_terms)
        TF-IDF weights.
    idf : ndarray of float64, shape (n_terms,)
    components : array-like, shape (n_topics, n_terms)
    random_state : int

    Returns
    -------
    ndarray of float64, shape (n_levels,)
        The level of texts of 1 distinct term, 2 to 3, 4 to 7 and so on.
    """
    rng = np.random.default_rng(random_state)
    X = X[np.flatnonzero(np.diff(X.indptr))]
    X = X[:_MOST_ROWS] if X.shape[0] <= _MOST_ROWS else X[np.sort(rng.permutation(X.shape[0])[:_MOST_ROWS])]
    frequency = np.divide(X.data, idf[X.indices], out=np.zeros_like(X.data), where=idf[X.indices] > 0)
    columns = rng.permutation(X.indices)
    shuffled = csr_matrix((frequency * idf[columns], columns, X.indptr.copy()), shape=X.shape)
    shuffled.sum_duplicates()
    norms = np.sqrt(np.asarray(shuffled.multiply(shuffled).sum(axis=1)).ravel())
    shuffled.data /= np.repeat(np.where(norms > 0, norms, 1), np.diff(shuffled.indptr))
    H = np.asarray(components, dtype=np.float64)
    shares = explained_share(solve_weights(shuffled, H), H @ H.T)
    level = _level(np.diff(shuffled.indptr))
    found = [
        float(np.quantile(shares[level == number], _QUANTILE)) if (level == number).any() else np.nan
        for number in range(int(level.max(initial=0)) + 1)
    ]
    return _filled(np.array(found))


def is_explained(shares: Floats, n_distinct: Integers, levels: Floats) -> npt.NDArray[np.bool_]:
    """Return which rows are explained better than by chance.

    Parameters
    ----------
    shares : ndarray of float64, shape (n_rows,)
        As `explained_share` gives them.
    n_distinct : ndarray of int64, shape (n_rows,)
        Distinct terms in each row; a row without any is never explained.
    levels : ndarray of float64, shape (n_levels,)
        As `chance_levels` gives them; longer rows take the last.

    Returns
    -------
    ndarray of bool, shape (n_rows,)
    """
    chance = levels[np.minimum(_level(n_distinct), len(levels) - 1)]
    explained: npt.NDArray[np.bool_] = (n_distinct > 0) & (shares > chance)
    return explained


def _level(n_distinct: Integers) -> Integers:
    return np.floor(np.log2(np.maximum(n_distinct, 1))).astype(np.int64)


def _filled(levels: Floats) -> Floats:
    """Give lengths that did not occur the level of the next longer, or else the next shorter."""
    known = np.flatnonzero(~np.isnan(levels))
    if not len(known):
        return np.zeros_like(levels)
    nearest = known[np.minimum(np.searchsorted(known, np.arange(len(levels))), len(known) - 1)]
    filled: Floats = levels[nearest]
    return filled
