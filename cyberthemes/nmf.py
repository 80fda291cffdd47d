"""Non-negative matrix factorisation: a sparse matrix as few additive parts, ``X`` as ``weights @ components``.

`factorize` learns both factors by hierarchical alternating least squares (HALS; Cichocki and Phan, 2009) with
extrapolation (Ang and Gillis, 2019), from an NNDSVD start (Boutsidis and Gallopoulos, 2008). `solve_weights` finds the
weights of new rows under fixed components, each row by itself. Only products with ``X`` touch its data, so it is never
made dense, and each iteration's error comes from matrices of ``n_components`` rows and columns.
"""

from __future__ import annotations

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
_TINY: Final = 1e-10
_OVERSAMPLING: Final = 10
_POWER_ITERATIONS: Final = 7


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
        What to hold the first components near.
    tol : float, default 1e-4
        Stops once ten iterations lower the error by less than this share of it.
    max_iter : int, default 200
        Iterations at most.
    random_state : int, default 0
        Seed of the random projection in `nndsvd`.

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
    if start is None:
        start = nndsvd(X, n_components, leading_singular_vectors(X, n_components, random_state))
    state = _Descent(X, *start, anchors)
    errors, n_iter = [state.objective], 0
    for n_iter in range(1, max_iter + 1):
        state.step()
        errors.append(state.objective)
        if n_iter >= 10 and errors[-11] - errors[-1] <= tol * errors[-1]:
            break
    return Factorization(np.ascontiguousarray(state.W.T), state.H, state.error, n_iter)


class _Descent:
    """Alternate sweeps over both factors, carried on by momentum; a step that raises the objective is taken back.

    Factors are kept with one component a row, ``W`` of shape (n_components, n_rows), so that each is contiguous.
    """

    def __init__(self, X: csr_matrix, W: Singles, H: Singles, anchors: Anchors | None) -> None:
        self._X, self._X_transposed = X, X.T
        self._squared_norm = _sum_of_squares(X.data)
        self._anchors = _Penalty(anchors, W) if anchors else None
        self.W, self.H = W, H
        self._W_ahead, self._H_ahead = W, H
        self._momentum, self._highest_momentum = 0.5, 1.0
        self.objective, self._squared_objective = np.inf, np.inf
        self.error = np.inf

    def step(self) -> None:
        gram, cross = self._H_ahead @ self._H_ahead.T, _product(self._X, self._H_ahead)
        W = _sweep(self._W_ahead, gram, cross)
        W = np.maximum(W + np.float32(self._momentum) * (W - self.W), 0)
        gram, cross = W @ W.T, _product(self._X_transposed, W)
        H = _sweep(self._H_ahead, *(self._anchors.added_to(gram, cross) if self._anchors else (gram, cross)))
        # The error of (W, H) needs no further pass over X.
        squared_error = self._squared_norm - 2 * _inner(cross, H) + _inner(gram, H @ H.T)
        squared_objective = squared_error + (self._anchors.value(H) if self._anchors else 0.0)
        if squared_objective > self._squared_objective:
            self._highest_momentum, self._momentum = self._momentum, self._momentum / 1.5
            self._W_ahead, self._H_ahead = self.W, self.H
            return
        self._W_ahead, self._H_ahead = W, np.maximum(H + np.float32(self._momentum) * (H - self.H), 0)
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
        return float(self._weight) * _sum_of_squares(H[: len(self._targets)] - self._targets)


def _sweep(F: Singles, gram: Singles, cross: Singles) -> Singles:
    """Return F after one exact update of each row in ``min ||A F - X||``, with ``gram = A'A, cross = A'X``."""
    F = F.copy()
    for j in range(len(F)):
        F[j] += (cross[j] - gram[j] @ F) / max(gram[j, j], np.float32(_TINY))
        np.maximum(F[j], 0, out=F[j])
    return F


def _product(X: Any, F: Singles) -> Singles:
    """Return ``(X @ F.T).T``, contiguous."""
    return np.ascontiguousarray((X @ np.ascontiguousarray(F.T)).T)


def _inner(A: Singles, B: Singles) -> float:
    return float(np.einsum("ij,ij->", A, B, dtype=np.float64))


def _sum_of_squares(values: Singles) -> float:
    flat = values.astype(np.float64).ravel()
    return float(flat @ flat)


SingularVectors = tuple[Singles, Singles, Singles]


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
    n_directions = min(n_components + _OVERSAMPLING, *X.shape)
    X_transposed = X.T
    Q = np.random.default_rng(random_state).standard_normal((X.shape[1], n_directions)).astype(np.float32)
    for _ in range(_POWER_ITERATIONS):
        Q, _, _ = _principal_axes(X_transposed @ (X @ Q))
    U, sigma, rotation = _principal_axes(X @ Q)
    U, sigma, V = U.T[:n_components], sigma[:n_components], (Q @ rotation).T[:n_components]
    missing = max(0, n_components - n_directions)
    return (
        np.pad(U, ((0, missing), (0, 0))),
        np.pad(sigma, (0, missing)),
        np.pad(V, ((0, missing), (0, 0))),
    )


def _principal_axes(Y: Singles) -> tuple[Singles, Singles, Singles]:
    """Return the thin singular value decomposition ``Y @ rotation = axes * sigma`` of a tall matrix.

    It goes by way of the small Gram matrix, in double precision; a decomposition of all rows would take far longer.
    """
    squares, rotation = np.linalg.eigh(Y.astype(np.float64).T @ Y)
    order = np.argsort(-squares, kind="stable")
    sigma = np.sqrt(np.maximum(squares[order], 0)).astype(np.float32)
    rotation = rotation[:, order].astype(np.float32)
    negligible = sigma <= np.float32(1e-6) * sigma.max(initial=0)
    axes = (Y @ rotation) / np.where(negligible, np.inf, sigma)
    return axes, np.where(negligible, np.float32(0), sigma), rotation


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
    W : ndarray of float32, shape (n_components, n_rows)
        Weights, one component a row.
    H : ndarray of float32, shape (n_components, n_columns)
        Components. In both, zeros are filled with the mean of ``X``, so that no entry is left out of account.
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
    mean = np.float32(X.sum() / max(X.shape[0] * X.shape[1], 1))
    W[W <= _TINY], H[H <= _TINY] = mean, mean
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


_ROWS_AT_ONCE: Final = 512
_SWEEPS_AT_MOST: Final = 5_000


def solve_weights(X: csr_matrix, components: npt.ArrayLike, tol: float = 1e-7) -> Floats:
    """Return the weights, not negative, with which components add up nearest to each row.

    Each row is solved by coordinate descent until it has converged, in operations that no other row takes part in:
    a row's weights are the same, to the last bit, alone and in any batch.

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
    gram = H @ H.T
    cross = np.ascontiguousarray((csr_matrix(X, dtype=np.float64) @ np.ascontiguousarray(H.T)).T)
    blocks = [
        _descend(gram, cross[:, first : first + _ROWS_AT_ONCE], tol) for first in range(0, X.shape[0], _ROWS_AT_ONCE)
    ]
    return np.ascontiguousarray(np.concatenate([np.empty((0, len(H))), *(block.T for block in blocks)]))


def _descend(gram: Floats, cross: Floats, tol: float) -> Floats:
    """Solve each column of ``min ||A f - x||`` with f not negative, given ``gram = A'A`` and ``cross = A'x``."""
    solved = np.zeros(cross.shape)
    active = np.arange(cross.shape[1])
    F, gradient = solved.copy(), -cross
    for _ in range(_SWEEPS_AT_MOST):
        largest_step = np.zeros(len(active))
        for j in range(len(F)):
            if gram[j, j] > _TINY:
                updated = np.maximum(F[j] - gradient[j] / gram[j, j], 0)
                step = updated - F[j]
                gradient += gram[:, j, None] * step
                F[j] = updated
                np.maximum(largest_step, np.abs(step), out=largest_step)
        moving = largest_step > tol * F.max(axis=0, initial=0)
        if not moving.all():
            solved[:, active[~moving]] = F[:, ~moving]
            active, F, gradient = active[moving], F[:, moving], gradient[:, moving]
        if not len(active):
            return solved
    solved[:, active] = F
    return solved
