"""Non-negative matrix factorisation: a sparse matrix as few additive parts, ``X`` as ``weights @ components``.

`factorize` learns both factors by hierarchical alternating least squares (HALS; Cichocki and Phan, 2009) with
extrapolation (Ang and Gillis, 2019), from an NNDSVD start (Boutsidis and Gallopoulos, 2008). It rehearses on what the
leading singular vectors hold of ``X``, so that few iterations on ``X`` itself remain. `solve_weights` finds the weights
of new rows under fixed components, each row by itself. Only products with ``X`` touch its data, so it is never made
dense, and each iteration's error comes from matrices of ``n_components`` rows and columns.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

__all__ = [
    "Anchors",
    "Factorization",
    "factorize",
    "leading_singular_vectors",
    "nndsvd",
    "solve_weights",
    "update_components",
]

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
SingularVectors = tuple[Singles, Singles, Singles]
_TINY: Final = 1e-10
_POWER_ITERATIONS: Final = 5
_SPARE_VECTORS: Final = 10
_REHEARSED_STEPS: Final = 10
_STEPS_JUDGED: Final = 5
_ROWS_AT_ONCE: Final = 2048
_SWEEPS_AT_MOST: Final = 100


@dataclass(frozen=True, slots=True)
class Factorization:
    """A learned factorisation.

    Attributes
    ----------
    weights : ndarray of float32, shape (n_rows, n_components)
    components : ndarray of float32, shape (n_components, n_columns)
    error : float
        The Frobenius norm of what is left, ``X - weights @ components``.
    n_iter : int
        Iterations run.
    """

    weights: Singles
    components: Singles
    error: float
    n_iter: int


@dataclass(frozen=True, slots=True)
class Anchors:
    """Rows that the first components are held near: a ridge penalty of the given strength on the difference.

    Attributes
    ----------
    targets : ndarray of float32, shape (n_anchored, n_columns)
        Where the first ``n_anchored`` components should stay.
    strength : float
        The penalty, in units of the rows that a component explains; 1 weighs the target as much as the data.
    """

    targets: Singles
    strength: float


def factorize(
    X: csr_matrix,
    n_components: int,
    *,
    start: tuple[Singles, Singles] | None = None,
    anchors: Anchors | None = None,
    tol: float = 1e-4,
    max_iter: int = 200,
    random_state: int = 0,
) -> Factorization:
    """Return weights and components that are not negative and whose product is near a sparse matrix.

    Parameters
    ----------
    X : scipy.sparse.csr_matrix, shape (n_rows, n_columns)
        Not negative.
    n_components : int
        At least 1.
    start : tuple of ndarray of float32 or None, default None
        Weights and components to start from, as `nndsvd` returns them; None starts from `nndsvd`.
    anchors : Anchors or None, default None
        What to hold the first components near. With anchors there is no rehearsal.
    tol : float, default 1e-4
        Stops once ten iterations, at the pace of the last five, lower the error by less than this share of it.
    max_iter : int, default 200
        Iterations at most, the rehearsal not counted.
    random_state : int, default 0
        Seed of `leading_singular_vectors`.

    Returns
    -------
    Factorization

    Examples
    --------
    >>> X = csr_matrix([[1.0, 1.0, 0.0], [2.0, 2.0, 0.0], [0.0, 0.0, 3.0]])
    >>> found = factorize(X, 2)
    >>> np.round(found.weights @ found.components, 3) + 0.0
    array([[1., 1., 0.],
           [2., 2., 0.],
           [0., 0., 3.]], dtype=float32)
    """
    X = csr_matrix(X, dtype=np.float32)
    squared_norm = _inner(X.data, X.data)
    if start is None or anchors is None:
        vectors = leading_singular_vectors(X, n_components + _SPARE_VECTORS, random_state)
        start = start or nndsvd(X, n_components, vectors)
    if anchors is None:
        start = _rehearsed(*start, vectors, squared_norm)
    state = _Descent([X], squared_norm, *start, anchors)
    objectives = [np.inf] * _STEPS_JUDGED
    for _ in range(max_iter):
        state.step()
        objectives.append(state.objective)
        pace = (objectives[-1 - _STEPS_JUDGED] - objectives[-1]) / _STEPS_JUDGED
        if 10 * pace <= tol * objectives[-1]:
            break
    weights = np.ascontiguousarray(_without_traces(state.W).T)
    return Factorization(weights, _without_traces(state.H), state.error, len(objectives) - _STEPS_JUDGED)


def _rehearsed(W: Singles, H: Singles, vectors: SingularVectors, squared_norm: float) -> tuple[Singles, Singles]:
    """Return factors after steps on the product of singular vectors, which is cheap and has less noise than the matrix.

    They go far: most often to where the error is as low or lower, but away from anchors.
    """
    U, sigma, V = vectors
    state = _Descent([U.T, sigma[:, None] * V], squared_norm, W, H, anchors=None)
    for _ in range(_REHEARSED_STEPS):
        state.step()
    return state.W, state.H


def _without_traces(F: Singles) -> Singles:
    """Return a factor with zeros for what only rounding has kept from 0."""
    least = np.finfo(np.float32).eps * F.max(axis=1, keepdims=True, initial=0)
    return np.where(least < F, F, np.float32(0))


class _Descent:
    """Alternate sweeps over both factors, carried on by momentum; a step that raises the objective is taken back.

    ``X`` comes as matrices whose product it is; each component is a row of ``W`` and ``H``, so that it is contiguous.
    """

    def __init__(self, X: list[Any], squared_norm: float, W: Singles, H: Singles, anchors: Anchors | None) -> None:
        self._X, self._X_transposed = X, [factor.T for factor in reversed(X)]
        self._squared_norm, self._penalty = squared_norm, _Penalty(anchors, W) if anchors else None
        self.W, self.H = W, H
        self._W_ahead, self._H_ahead = W, H
        self._momentum, self._highest_momentum = 0.5, 1.0
        self.objective = self._squared_objective = self.error = np.inf

    def step(self) -> None:
        W = _sweep(self._W_ahead, self._H_ahead @ self._H_ahead.T, _product(self._H_ahead, self._X_transposed))
        W = _extrapolated(W, self.W, self._momentum)
        gram, cross = W @ W.T, _product(W, self._X)
        H = _sweep(self._H_ahead, *(self._penalty.added_to(gram, cross) if self._penalty else (gram, cross)))
        # The error of (W, H) needs no further pass over X.
        squared_error = self._squared_norm - 2 * _inner(cross, H) + _inner(gram, H @ H.T)
        squared_objective = squared_error + (self._penalty.value(H) if self._penalty else 0.0)
        if squared_objective > self._squared_objective:
            self._highest_momentum, self._momentum = self._momentum, self._momentum / 1.5
            self._W_ahead, self._H_ahead = self.W, self.H
            return
        self._W_ahead, self._H_ahead = W, _extrapolated(H, self.H, self._momentum)
        self.W, self.H = W, H
        self._momentum = min(self._highest_momentum, 1.05 * self._momentum)
        self._highest_momentum = min(1.0, 1.01 * self._highest_momentum)
        self._squared_objective = squared_objective
        self.objective, self.error = np.sqrt(max(squared_objective, 0.0)), np.sqrt(max(squared_error, 0.0))


class _Penalty:
    """What `Anchors` add to the least-squares problem of the components."""

    def __init__(self, anchors: Anchors, W: Singles) -> None:
        self._targets = anchors.targets
        self._weight = np.float32(anchors.strength * np.mean(np.einsum("ij,ij->i", W, W)))

    def added_to(self, gram: Singles, cross: Singles) -> tuple[Singles, Singles]:
        n_anchored = len(self._targets)
        gram, cross = gram.copy(), cross.copy()
        gram[range(n_anchored), range(n_anchored)] += self._weight
        cross[:n_anchored] += self._weight * self._targets
        return gram, cross

    def value(self, H: Singles) -> float:
        difference = H[: len(self._targets)] - self._targets
        return float(self._weight) * _inner(difference, difference)


def _sweep(F: Singles, gram: Singles, cross: Singles) -> Singles:
    """Return F after one exact update of each row in ``min ||A F - X||``, with ``gram = A'A, cross = A'X``."""
    F = F.copy()
    for j in range(len(F)):
        F[j] += (cross[j] - gram[j] @ F) / max(gram[j, j], np.float32(_TINY))
        np.maximum(F[j], 0, out=F[j])
    return F


def _product(F: Singles, factors: list[Any]) -> Singles:
    for factor in factors:
        F = F @ factor
    return np.ascontiguousarray(F)


def _extrapolated(F: Singles, previous: Singles, momentum: float) -> Singles:
    ahead: Singles = np.maximum(F + np.float32(momentum) * (F - previous), 0)
    return ahead


def _inner(A: Singles, B: Singles) -> float:
    return float(np.einsum("i,i->", A.ravel(), B.ravel(), dtype=np.float64))


def leading_singular_vectors(X: csr_matrix, n_components: int, random_state: int = 0) -> SingularVectors:
    """Return singular vectors and values by random projection with power iterations (Halko and others, 2011).

    Parameters
    ----------
    X : scipy.sparse.csr_matrix of float32, shape (n_rows, n_columns)
    n_components : int
    random_state : int, default 0
        Seed of the projection.

    Returns
    -------
    U : ndarray of float32, shape (n_components, n_rows)
        Left singular vectors as rows; zeros where the matrix has fewer.
    sigma : ndarray of float32, shape (n_components,)
        Falling.
    V : ndarray of float32, shape (n_components, n_columns)
    """
    n_directions = min(n_components + _SPARE_VECTORS, *X.shape)
    Q = np.random.default_rng(random_state).standard_normal((X.shape[1], n_directions), np.float32)
    Q, shift = _principal_axes(Q)[0], 0.0
    for _ in range(_POWER_ITERATIONS):
        # Half of the smallest square is taken off all, so that the largest stand out sooner (Feng and others, 2022).
        Q, squares, _ = _principal_axes(X.T @ (X @ Q) - np.float32(shift) * Q)
        shift = max(shift, (shift + float(squares.min(initial=np.inf))) / 2)
    U, sigma, rotation = _principal_axes(X @ Q)
    U, sigma, V = U.T[:n_components], sigma[:n_components], (Q @ rotation).T[:n_components]
    missing = ((0, max(0, n_components - n_directions)), (0, 0))
    return np.pad(U, missing), np.pad(sigma, missing[0]), np.pad(V, missing)


def _principal_axes(Y: Singles) -> tuple[Singles, Singles, Singles]:
    """Return the singular value decomposition ``Y @ rotation = axes * sigma``, by way of the small Gram matrix."""
    squares, rotation = np.linalg.eigh(Y.astype(np.float64).T @ Y)
    order = np.argsort(-squares, kind="stable")
    sigma = np.sqrt(np.maximum(squares[order], 0)).astype(np.float32)
    rotation = rotation[:, order].astype(np.float32)
    sigma[sigma <= np.float32(1e-6) * sigma.max(initial=0)] = 0
    axes: Singles = Y @ np.divide(rotation, sigma, out=np.zeros_like(rotation), where=sigma > 0)
    return axes, sigma, rotation


def nndsvd(X: csr_matrix, n_components: int, vectors: SingularVectors) -> tuple[Singles, Singles]:
    """Return the start that singular vectors suggest: of each pair, the sign pattern that explains more.

    Parameters
    ----------
    X : scipy.sparse.csr_matrix of float32, shape (n_rows, n_columns)
    n_components : int
    vectors : tuple of ndarray
        At least so many, as `leading_singular_vectors` returns them.

    Returns
    -------
    W, H : ndarray of float32, shapes (n_components, n_rows) and (n_components, n_columns)
        Weights and components. Zeros are filled with the mean of ``X``, so that no entry is left out of account.
    """
    W, H = np.zeros((n_components, X.shape[0]), np.float32), np.zeros((n_components, X.shape[1]), np.float32)
    for j, (u, value, v) in enumerate(zip(*(part[:n_components] for part in vectors), strict=True)):
        pairs = [(np.maximum(sign * u, 0), np.maximum(sign * v, 0)) for sign in (1, -1)]
        sizes = [float(np.linalg.norm(a) * np.linalg.norm(b)) for a, b in pairs]
        best = int(sizes[1] > sizes[0])
        if sizes[best] > 0:
            a, b = pairs[best]
            scale = np.sqrt(value * sizes[best])
            W[j], H[j] = scale * a / np.linalg.norm(a), scale * b / np.linalg.norm(b)
    # Not `X.sum()`, which sorts the indices in place, though other matrices may share them.
    W[W <= _TINY] = H[H <= _TINY] = X.data.sum(dtype=np.float64) / max(X.shape[0] * X.shape[1], 1)
    return W, H


def update_components(H: Singles, gram: Singles, cross: Singles, n_sweeps: int = 20) -> Singles:
    """Return components nearer to what the weights of many rows ask for, of which only two products are kept.

    Parameters
    ----------
    H : ndarray of float32, shape (n_components, n_columns)
        Components to start from.
    gram : ndarray of float32, shape (n_components, n_components)
        ``W.T @ W``, summed over all rows.
    cross : ndarray of float32, shape (n_components, n_columns)
        ``W.T @ X``, summed over all rows.
    n_sweeps : int, default 20

    Returns
    -------
    ndarray of float32, shape (n_components, n_columns)
    """
    for _ in range(n_sweeps):
        H = _sweep(H, gram, cross)
    return H


def solve_weights(X: csr_matrix, components: npt.ArrayLike, tol: float = 1e-7) -> Floats:
    """Return the weights, not negative, with which components add up nearest to each row.

    Each row is solved by coordinate descent until it has converged, or by active sets (Lawson and Hanson, 1974) where
    components are so alike that this would take long. No other row takes part: a row's weights are the same, to the
    last bit, alone and in any batch.

    Parameters
    ----------
    X : scipy.sparse.csr_matrix, shape (n_rows, n_columns)
    components : array-like, shape (n_components, n_columns)
    tol : float, default 1e-7
        A row has converged once no weight moves by more than this share of its largest.

    Returns
    -------
    ndarray of float64, shape (n_rows, n_components)

    Examples
    --------
    >>> X = csr_matrix([[2.0, 2.0, 0.0], [1.0, 1.0, 3.0]])
    >>> solve_weights(X, [[1, 1, 0], [0, 0, 1]]).round(6)
    array([[2., 0.],
           [1., 3.]])
    """
    H = np.asarray(components, dtype=np.float64)
    used = np.flatnonzero(np.einsum("ij,ij->i", H, H) > _TINY)
    weights, H = np.zeros((X.shape[0], len(H))), H[used]
    gram, cross = H @ H.T, csr_matrix(X, dtype=np.float64) @ np.ascontiguousarray(H.T)
    for first in range(0, len(weights), _ROWS_AT_ONCE):
        rows = slice(first, first + _ROWS_AT_ONCE)
        weights[rows, used] = _descend(gram, np.ascontiguousarray(cross[rows].T), tol).T
    return weights


def _descend(gram: Floats, cross: Floats, tol: float) -> Floats:
    """Solve each column of ``min ||A f - x||`` with f not negative, given ``gram = A'A`` and ``cross = A'x``."""
    diagonal = gram.diagonal()[:, None]
    others = gram / diagonal
    np.fill_diagonal(others, 0)
    # `einsum` sums a column alone in another order than one of many: one of zeros stays beside it to the end.
    alone = np.pad(cross / diagonal, ((0, 0), (0, 1)))
    solved, active = np.zeros(alone.shape), np.arange(alone.shape[1])
    for _ in range(_SWEEPS_AT_MOST):
        before, targets = solved.take(active, axis=1), alone.take(active, axis=1)
        F = before.copy()
        for j in range(len(F)):
            # `@` would be faster, but what it makes of a column depends on the number of columns.
            explained = np.einsum("i,ij->j", others[j], F)
            np.maximum(targets[j] - explained, 0, out=F[j])
        solved[:, active] = F
        moving = np.abs(F - before).max(axis=0, initial=0) > tol * F.max(axis=0, initial=0)
        moving[-1] = True
        active = active[moving]
        if len(active) == 1:
            break
    unsettled = active[:-1]
    solved[:, unsettled] = _by_active_sets(gram, cross[:, unsettled], solved[:, unsettled])
    return solved[:, :-1]


def _by_active_sets(gram: Floats, cross: Floats, reached: Floats) -> Floats:
    """Solve what `_descend` solves, with a square root of ``gram`` in the place of ``A``."""
    from scipy.optimize import nnls

    squares, axes = np.linalg.eigh(gram)
    kept = squares > 1e-12 * squares.max(initial=0)
    root, axes = np.sqrt(squares[kept]), axes[:, kept].T
    solved = reached.copy()
    for column, x in enumerate(cross.T.copy()):
        with suppress(RuntimeError):  # It goes round in circles: rare, and what is reached is near.
            solved[:, column] = nnls(root[:, None] * axes, axes @ (x / np.abs(x).max()) / root)[0] * np.abs(x).max()
    return solved
