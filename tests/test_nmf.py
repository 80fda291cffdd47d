"""Factorisation against scikit-learn's, weights against SciPy's `nnls`, and what must hold of any matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import nnls
from scipy.sparse import csr_matrix, random
from sklearn.decomposition import NMF
from sklearn.decomposition._nmf import _initialize_nmf

from cyberthemes.nmf import (
    Anchors,
    Factorization,
    factorize,
    leading_singular_vectors,
    nndsvd,
    solve_weights,
    update_components,
)

Floats = npt.NDArray[np.float64]


def tfidf_like(seed: int, n_rows: int = 200, n_columns: int = 300, n_topics: int = 8) -> csr_matrix:
    """Rows of length 1, sparse, mixed from a few topics."""
    rng = np.random.default_rng(seed)
    topics = rng.dirichlet(np.full(n_columns, 0.05), n_topics)
    mixed = rng.dirichlet(np.full(n_topics, 0.2), n_rows) @ topics
    counts = np.array([rng.multinomial(rng.integers(5, 60), row) for row in mixed])
    weights = np.log1p(counts) * np.log((1 + n_rows) / (1 + np.count_nonzero(counts, axis=0)))
    return csr_matrix(weights / np.maximum(np.linalg.norm(weights, axis=1, keepdims=True), 1e-9))


def sparse(seed: int, shape: tuple[int, int], density: float = 0.2) -> csr_matrix:
    return csr_matrix(random(*shape, density=density, random_state=np.random.default_rng(seed)))


def true_error(X: csr_matrix, found: Factorization) -> float:
    product = found.weights.astype(np.float64) @ found.components.astype(np.float64)
    return float(np.linalg.norm(X.toarray() - product))


matrices = st.builds(
    sparse,
    st.integers(0, 999),
    st.tuples(st.integers(1, 12), st.integers(1, 12)),
    st.sampled_from([0.0, 0.1, 0.4, 1.0]),
)


# factorize ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n_components", [1, 4, 8, 12])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_is_as_near_as_scikit_learn(n_components: int, seed: int) -> None:
    X = tfidf_like(seed)
    reference = NMF(n_components, init="nndsvda", tol=1e-6, max_iter=2000, random_state=seed).fit(X)
    close = factorize(X, n_components, tol=1e-6, max_iter=1000, random_state=seed)
    # More components than there are topics fit noise, each way another.
    tolerance = 1e-5 if n_components <= 8 else 2e-3
    assert close.error == pytest.approx(reference.reconstruction_err_, rel=tolerance)
    assert factorize(X, n_components).error == pytest.approx(reference.reconstruction_err_, rel=tolerance)


def test_finds_the_components_that_scikit_learn_finds() -> None:
    X = tfidf_like(0)
    reference = NMF(8, init="nndsvda", tol=1e-7, max_iter=2000, random_state=0).fit(X).components_
    found = factorize(X, 8, tol=1e-7, max_iter=1000).components
    lengths = np.linalg.norm(reference, axis=1)[:, None] * np.linalg.norm(found, axis=1)
    assert np.all(np.max(reference @ found.T / lengths, axis=1) > 0.999)


@settings(max_examples=25)
@given(matrices, st.integers(1, 15))
def test_both_factors_are_finite_not_negative_and_of_their_shapes(X: csr_matrix, n_components: int) -> None:
    found = factorize(X, n_components, max_iter=30)
    assert found.weights.shape == (X.shape[0], n_components)
    assert found.components.shape == (n_components, X.shape[1])
    for factor in (found.weights, found.components):
        assert factor.dtype == np.float32
        assert factor.flags.c_contiguous
        assert np.isfinite(factor).all()
        assert (factor >= 0).all()
    length = float(np.linalg.norm(X.data))
    assert 0 <= found.error <= length * (1 + 1e-6)
    assert found.error == pytest.approx(true_error(X, found), abs=2e-3 * length)


def test_the_error_is_the_norm_of_what_is_left() -> None:
    X = tfidf_like(1)
    found = factorize(X, 5)
    assert found.error == pytest.approx(true_error(X, found), rel=1e-5)


def test_the_error_never_rises() -> None:
    X = tfidf_like(2)
    errors = [factorize(X, 12, tol=0, max_iter=n_iter).error for n_iter in range(1, 60, 2)]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < errors[0]


def test_momentum_outruns_plain_sweeps() -> None:
    X = tfidf_like(0)
    W, H = nndsvd(X, 20, leading_singular_vectors(csr_matrix(X, dtype=np.float32), 20))
    for _ in range(20):
        W = update_components(W, H @ H.T, (X @ H.T).T.astype(np.float32), n_sweeps=1)
        H = update_components(H, W @ W.T, (X.T @ W.T).T.astype(np.float32), n_sweeps=1)
    assert factorize(X, 20, tol=0, max_iter=20).error < 0.99999 * np.linalg.norm(X.toarray() - W.T @ H)


def test_stops_by_tolerance_or_count() -> None:
    X = tfidf_like(0)
    loose, strict = factorize(X, 8, tol=1e-2), factorize(X, 8, tol=1e-6)
    assert 5 < loose.n_iter < strict.n_iter < 200
    assert strict.error < loose.error
    assert factorize(X, 8, tol=0, max_iter=7).n_iter == 7


@pytest.mark.parametrize("n_components", [8, 20])
def test_few_iterations_on_the_matrix_itself_remain_after_the_rehearsal(n_components: int) -> None:
    X = tfidf_like(0)
    final = factorize(X, n_components, tol=1e-7, max_iter=1000).error
    assert factorize(X, n_components).n_iter < 25
    assert factorize(X, n_components, tol=0, max_iter=4).error < 1.002 * final


def test_no_iterations_leave_the_rehearsed_start() -> None:
    X = tfidf_like(0)
    found = factorize(X, 8, max_iter=0)
    assert found.n_iter == 0
    assert true_error(X, found) < 1.01 * factorize(X, 8).error


@pytest.mark.parametrize("n_components", [3, 8])
def test_what_should_be_zero_is_zero(n_components: int) -> None:
    """Three blocks: no word of one is in a component of another, not by a trace that only rounding leaves."""
    rng = np.random.default_rng(0)
    blocks = np.kron(np.eye(3), np.ones((20, 8))) * rng.integers(0, 3, (60, 24))
    for factor in (found := factorize(csr_matrix(blocks), n_components)).components, found.weights.T:
        assert (factor[factor > 0] > 1e-8 * factor.max()).all()
    assert n_components > 3 or (np.count_nonzero(found.components, axis=1) == 8).all()


def test_one_column_each_is_found_exactly() -> None:
    X = csr_matrix([[2.0, 0.0, 0.0], [4.0, 0.0, 0.0], [0.0, 0.0, 3.0]])
    found = factorize(X, 2, tol=1e-9)
    assert np.allclose(found.weights @ found.components, X.toarray(), atol=1e-4)


@pytest.mark.parametrize(("rank", "n_components"), [(1, 1), (1, 4), (2, 2), (3, 3), (3, 6)])
def test_reaches_the_rank_of_the_matrix(rank: int, n_components: int) -> None:
    rng = np.random.default_rng(rank)
    X = csr_matrix(rng.random((30, rank)) @ rng.random((rank, 20)))
    found = factorize(X, n_components, tol=1e-9, max_iter=2000)
    assert true_error(X, found) < 2e-3 * np.linalg.norm(X.data)


@pytest.mark.parametrize("shape", [(0, 4), (3, 0), (0, 0), (3, 4)])
def test_a_matrix_of_nothing_has_factors_of_nothing(shape: tuple[int, int]) -> None:
    found = factorize(csr_matrix(shape), 2)
    assert found.weights.shape == (shape[0], 2)
    assert found.components.shape == (2, shape[1])
    assert not found.weights.any()
    assert not found.components.any()
    assert found.error == 0


def test_empty_rows_and_columns_have_no_weight() -> None:
    dense = tfidf_like(0).toarray()
    dense[[0, 50]] = 0
    dense[:, [3, 40]] = 0
    found = factorize(csr_matrix(dense), 5, tol=1e-6)
    assert np.abs(found.weights[[0, 50]]).max() < 1e-4
    assert np.abs(found.components[:, [3, 40]]).max() < 1e-4


@pytest.mark.parametrize("scale", [1e-6, 1e-3, 1e3, 1e6])
def test_scale_does_not_matter(scale: float) -> None:
    X = sparse(0, (60, 40))
    plain = factorize(X, 4, tol=1e-6, max_iter=1000).error
    assert factorize(X * scale, 4, tol=1e-6, max_iter=1000).error == pytest.approx(scale * plain, rel=2e-3)


def test_the_type_of_numbers_does_not_matter() -> None:
    X = csr_matrix(np.random.default_rng(0).integers(0, 3, (20, 10)))
    whole, double = factorize(X, 3), factorize(X.astype(np.float64), 3)
    assert np.array_equal(whole.weights, double.weights)


@pytest.mark.usefixtures("two_blas_threads")
def test_same_input_same_factors() -> None:
    X = tfidf_like(0)
    first, again = factorize(X, 12, random_state=3), factorize(X.copy(), 12, random_state=3)
    assert np.array_equal(first.weights, again.weights)
    assert np.array_equal(first.components, again.components)
    assert (first.error, first.n_iter) == (again.error, again.n_iter)
    # Where the matrix has so many large singular values that the projection matters, the seed does too.
    assert not np.array_equal(factorize(X, 12, random_state=4).components, first.components)


def test_starts_where_it_is_told_and_leaves_the_start_alone() -> None:
    X = tfidf_like(0)
    singles = csr_matrix(X, dtype=np.float32)
    W, H = nndsvd(singles, 6, leading_singular_vectors(singles, 6))
    kept = W.copy(), H.copy()
    told, itself = factorize(X, 6, start=(W, H)), factorize(X, 6)
    assert np.allclose(told.components, itself.components, atol=1e-3 * itself.components.max())
    assert np.array_equal(W, kept[0])
    assert np.array_equal(H, kept[1])
    # Zeros stay zeros, so the start decides what is found.
    H[0, :200] = 0
    W[1:], H[1:] = 0, 0
    alone = factorize(X, 6, start=(W, H), max_iter=3)
    assert not alone.weights[:, 1:].any()
    assert np.linalg.norm(X.data) > alone.error >= factorize(X, 1).error * 0.999


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_does_not_change_the_matrix(dtype: Any) -> None:
    X = csr_matrix(tfidf_like(0), dtype=dtype)[:, ::-1]
    assert not X.has_sorted_indices
    kept = [part.copy() for part in (X.data, X.indices, X.indptr)]
    found = factorize(X, 4)
    assert all(map(np.array_equal, (X.data, X.indices, X.indptr), kept))
    assert found.error == pytest.approx(true_error(X, found), rel=1e-5)
    solve_weights(X, found.components)
    assert all(map(np.array_equal, (X.data, X.indices, X.indptr), kept))


# Anchors --------------------------------------------------------------------------------------------------


def cosine(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> float:
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))


def anchored(strength: float, **settings: Any) -> tuple[Factorization, npt.NDArray[np.float32], float]:
    """Return factors with two components held, where they are held, and what a squared difference costs."""
    X = csr_matrix(tfidf_like(0), dtype=np.float32)
    W, H = nndsvd(X, 6, leading_singular_vectors(X, 6))
    targets = np.zeros((2, X.shape[1]), dtype=np.float32)
    targets[0, :5] = targets[1, 10:15] = 0.45
    settings = {"tol": 1e-6, "max_iter": 500, **settings}
    found = factorize(X, 6, start=(W, H), anchors=Anchors(targets, strength), **settings)
    return found, targets, strength * float(np.mean(np.sum(W**2, axis=1)))


def test_anchors_hold_components_the_nearer_the_stronger() -> None:
    runs = [anchored(strength) for strength in (0, 1, 10, 1000)]
    for column in (0, 1):
        distances = [np.linalg.norm(found.components[column] - targets[column]) for found, targets, _ in runs]
        assert distances == sorted(distances, reverse=True)
        strongest, targets, _ = runs[-1]
        assert cosine(strongest.components[column], targets[column]) > 0.99
    assert max(runs, key=lambda run: run[0].error) is runs[-1]


def test_the_error_of_anchored_components_leaves_the_penalty_out() -> None:
    found, _, _ = anchored(10)
    assert found.error == pytest.approx(true_error(tfidf_like(0), found), rel=1e-5)


def test_anchored_components_are_the_penalised_least_squares() -> None:
    found, targets, cost = anchored(3, tol=1e-9, max_iter=1000)
    data = np.vstack([found.weights.astype(np.float64), cost**0.5 * np.eye(2, 6)])
    wanted = np.vstack([tfidf_like(0).toarray(), cost**0.5 * targets])
    exact = np.array([nnls(data, column)[0] for column in wanted.T]).T
    assert np.allclose(found.components, exact, atol=2e-3 * exact.max())


def test_the_penalised_error_never_rises() -> None:
    objectives = []
    for n_iter in range(1, 40, 2):
        found, targets, cost = anchored(1, tol=0, max_iter=n_iter)
        objectives.append(found.error**2 + cost * np.sum((found.components[:2] - targets) ** 2))
    assert np.diff(objectives).max() < 1e-6 * objectives[-1]
    assert objectives[-1] < 0.99 * objectives[0]


def test_anchors_of_no_strength_and_no_anchors_change_nothing() -> None:
    X = csr_matrix(tfidf_like(0), dtype=np.float32)
    no_strength, no_rows = Anchors(np.ones((2, X.shape[1]), np.float32), 0), Anchors(np.empty((0, 300), np.float32), 5)
    loose = [factorize(X, 6, anchors=anchors, tol=1e-6) for anchors in (no_strength, no_rows)]
    assert np.array_equal(loose[0].components, loose[1].components)
    # Without anchors there is a rehearsal, which does not change what is found.
    free, held = (found.weights @ found.components for found in (factorize(X, 6, tol=1e-6), loose[0]))
    assert np.allclose(held, free, atol=1e-2 * free.max())


# The start ------------------------------------------------------------------------------------------------


def test_singular_vectors_are_those_of_the_dense_decomposition() -> None:
    X = csr_matrix(tfidf_like(0), dtype=np.float32)
    U, sigma, V = leading_singular_vectors(X, 6)
    left, values, right = np.linalg.svd(X.toarray().astype(np.float64), full_matrices=False)
    assert np.allclose(sigma, values[:6], rtol=1e-4)
    for found, expected in ((U, left.T), (V, right)):
        assert found.shape == (6, expected.shape[1])
        assert np.allclose(np.abs(np.sum(found * expected[:6], axis=1)), 1, atol=1e-3)


@settings(max_examples=25)
@given(matrices, st.integers(1, 15))
def test_singular_vectors_give_the_matrix_back(X: csr_matrix, n_components: int) -> None:
    X = csr_matrix(X, dtype=np.float32)
    U, sigma, V = leading_singular_vectors(X, n_components)
    assert (U.shape, sigma.shape, V.shape) == (
        (n_components, X.shape[0]),
        (n_components,),
        (n_components, X.shape[1]),
    )
    assert (sigma >= 0).all()
    assert (np.diff(sigma) <= 0).all()
    values = np.linalg.svd(X.toarray().astype(np.float64), compute_uv=False)[:n_components]
    largest = values.max(initial=0)
    assert np.allclose(sigma[: len(values)], values, atol=2e-3 * largest)
    assert not sigma[len(values) :].any()
    assert not U[len(values) :].any()
    if n_components >= min(X.shape):
        assert np.allclose(U.T @ (sigma[:, None] * V), X.toarray(), atol=5e-3 * largest)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_start_is_close_to_scikit_learns(seed: int) -> None:
    X = csr_matrix(tfidf_like(seed), dtype=np.float32)
    W, H = nndsvd(X, 6, leading_singular_vectors(X, 6))
    for ours, theirs in zip((W.T, H), _initialize_nmf(X, 6, init="nndsvda", random_state=seed), strict=True):
        # Up to the fill: entries around 0 are the mean of X in one and something yet smaller in the other.
        assert np.allclose(ours, theirs, atol=2 * X.mean())
        large = theirs > 0.05 * theirs.max()
        assert np.allclose(ours[large], theirs[large], rtol=0.05)


def test_the_start_fills_zeros_with_the_mean() -> None:
    X = csr_matrix([[1.0, 1.0, 0.0], [2.0, 2.0, 0.0], [0.0, 0.0, 3.0]], dtype=np.float32)
    W, H = nndsvd(X, 3, leading_singular_vectors(X, 3))
    # Singular values are sqrt(10), 3 and 0; each vector has one sign.
    assert np.allclose(H[0], [5**0.25 / 2**0.25, 5**0.25 / 2**0.25, 1], atol=1e-3)
    assert np.allclose(W[0], np.array([1, 2, 0]) * 10**0.25 / 5**0.5 + [0, 0, 1], atol=1e-3)
    assert np.allclose(W[1], [1, 1, 3**0.5], atol=1e-3)
    assert np.allclose(H[1], [1, 1, 3**0.5], atol=1e-3)
    assert np.allclose(W[2], 1)
    assert np.allclose(H[2], 1)


def test_the_start_takes_the_sign_pattern_that_explains_more() -> None:
    half = np.float32(0.5)
    u, v = np.array([[0.6, -0.8]], np.float32), np.array([[half, -half, -half, -half]], np.float32)
    for sign in (1, -1):
        W, H = nndsvd(csr_matrix((2, 4)), 1, (sign * u, np.array([2], np.float32), sign * v))
        explained = 2 * 0.8 * 0.75**0.5
        assert np.allclose(W, [[0, explained**0.5]], atol=1e-6)
        assert np.allclose(H, [[0, *[(explained / 3) ** 0.5] * 3]], atol=1e-6)


def test_a_longer_list_of_vectors_starts_fewer_components_alike() -> None:
    X = csr_matrix(tfidf_like(0), dtype=np.float32)
    vectors = leading_singular_vectors(X, 10)
    most, few = nndsvd(X, 10, vectors), nndsvd(X, 4, vectors)
    assert np.array_equal(most[0][:4], few[0])
    assert np.array_equal(most[1][:4], few[1])


# update_components ----------------------------------------------------------------------------------------


def test_components_move_to_the_least_squares_solution() -> None:
    X = tfidf_like(0, 80, 40, 4)
    found = factorize(X, 4)
    W, H = found.weights.astype(np.float64), np.full(found.components.shape, 0.1, dtype=np.float32)
    gram, cross = (W.T @ W).astype(np.float32), np.asarray((X.T @ W).T, dtype=np.float32)
    moved = update_components(H, gram, cross, n_sweeps=300)
    exact = np.array([nnls(W, column)[0] for column in X.toarray().T]).T
    assert np.allclose(moved, exact, atol=1e-4 * exact.max())
    assert np.array_equal(update_components(H, gram, cross, n_sweeps=0), H)
    assert np.unique(H).tolist() == [np.float32(0.1)]


def test_a_component_without_weights_stays_where_it_is() -> None:
    H = np.array([[1, 2], [3, 4]], dtype=np.float32)
    gram, cross = np.diag([2, 0]).astype(np.float32), np.array([[6, 0], [0, 0]], dtype=np.float32)
    assert update_components(H, gram, cross).tolist() == [[3, 0], [3, 4]]


# solve_weights --------------------------------------------------------------------------------------------


def topics_and_rows(seed: int, n_topics: int, n_rows: int) -> tuple[csr_matrix, Floats]:
    rng = np.random.default_rng(seed)
    components = rng.dirichlet(np.full(30, 0.1), n_topics)
    X = rng.dirichlet(np.full(n_topics, 0.3), n_rows) @ components * (rng.random((n_rows, 30)) < 0.7)
    return csr_matrix(X), components


@settings(max_examples=40)
@given(st.builds(topics_and_rows, st.integers(0, 9999), st.integers(1, 8), st.integers(0, 6)))
def test_weights_are_those_of_nnls(problem: tuple[csr_matrix, Floats]) -> None:
    X, components = problem
    weights = solve_weights(X, components)
    assert weights.shape == (X.shape[0], len(components))
    assert weights.dtype == np.float64
    assert (weights >= 0).all()
    for row, found in zip(X.toarray(), weights, strict=True):
        assert np.allclose(found, nnls(components.T, row)[0], rtol=0, atol=1e-5)


@pytest.mark.usefixtures("two_blas_threads")
@settings(max_examples=15)
@given(st.integers(0, 9999), st.integers(1, 20), st.randoms(use_true_random=False))
def test_a_rows_weights_do_not_depend_on_the_batch(seed: int, n_topics: int, random: Any) -> None:
    X, components = topics_and_rows(seed, n_topics, 30)
    together = solve_weights(X, components)
    order = random.sample(range(30), 30)
    assert np.array_equal(solve_weights(X[order], components), together[order])
    for row in order[:5]:
        assert np.array_equal(solve_weights(X[row], components)[0], together[row])


@pytest.mark.usefixtures("two_blas_threads")
def test_a_rows_weights_do_not_depend_on_a_large_batch() -> None:
    X, components = topics_and_rows(0, 12, 1300)
    together = solve_weights(X, components)
    order = np.random.default_rng(0).permutation(1300)
    assert np.array_equal(solve_weights(X[order], components), together[order])
    for row in (0, 511, 512, 1023, 1024, 1299):
        assert np.array_equal(solve_weights(X[row], components)[0], together[row])


def test_weights_under_components_that_are_almost_alike_are_those_of_nnls() -> None:
    components = np.array([[1, 1, 0], [1, 1, 0.1]])
    row = np.array([1, 1, 0.05])
    assert np.allclose(solve_weights(csr_matrix(row[None]), components)[0], nnls(components.T, row)[0], atol=1e-4)


def test_weights_under_almost_alike_components_explain_as_much_as_nnls() -> None:
    components = np.array([[1, 1, 0], [1, 1, 0.01], [1, 1, 0.01]])
    row = np.array([1, 1, 0.005])
    left = np.linalg.norm(solve_weights(csr_matrix(row[None]), components)[0] @ components - row)
    assert left == pytest.approx(nnls(components.T, row)[1], abs=0.01)


@pytest.mark.parametrize(
    ("rows", "components", "expected"),
    [
        ([[0, 0, 0]], [[1, 0, 0], [0, 1, 1]], [[0, 0]]),
        ([[1, 2, 4]], [[0, 0, 0], [0, 1, 1]], [[0, 3]]),
        ([[1, 2, 4]], np.zeros((2, 3)), [[0, 0]]),
        ([[1, 2, 4]], np.empty((0, 3)), np.empty((1, 0))),
        (np.empty((0, 3)), [[1, 0, 0]], np.empty((0, 1))),
        ([[-1, -1, 0]], [[1, 0, 0]], [[0]]),
        ([[2, 2, 2]], [[1, 1, 1], [1, 1, 1]], [[2, 0]]),
        ([[1e-9, 0, 0], [1e9, 0, 0]], [[0.5, 0, 0]], [[2e-9], [2e9]]),
        ([[0.1, 0, 0]], [[0.1, 0, 0]], [[1]]),
    ],
    ids=["zero row", "zero component", "zeros", "no component", "no row", "negative", "twins", "scales", "doubles"],
)
def test_weights_at_the_edges(rows: Any, components: Any, expected: Any) -> None:
    found = solve_weights(csr_matrix(rows), components)
    assert found.shape == np.shape(expected)
    assert np.allclose(found, expected, rtol=1e-12, atol=0)


@pytest.mark.parametrize("difference", [0, 1e-7, 1e-4, 1e-2])
def test_weights_under_many_almost_alike_components_explain_as_much_as_nnls(difference: float) -> None:
    X, components = topics_and_rows(0, 6, 40)
    noise = np.random.default_rng(0).random((6, 30))
    alike = np.vstack([components, components * (1 + difference * noise), np.zeros((1, 30)), 1e-8 * components[:1]])
    weights = solve_weights(X, alike)
    left = np.linalg.norm(X.toarray() - weights @ alike, axis=1)
    assert np.allclose(left, [nnls(alike.T, row)[1] for row in X.toarray()], atol=1e-6)
    assert (weights >= 0).all()
    for row in (0, 7, 39):
        assert np.array_equal(solve_weights(X[row], alike)[0], weights[row])


def test_weights_are_found_where_active_sets_go_round_in_circles(monkeypatch: pytest.MonkeyPatch) -> None:
    def never_done(*_: object) -> None:
        raise RuntimeError

    components, row = np.array([[1, 1, 0], [1, 1, 0.01]]), csr_matrix([[1, 1, 0.005]])
    exact = solve_weights(row, components)
    monkeypatch.setattr("scipy.optimize.nnls", never_done)
    reached = solve_weights(row, components)
    assert not np.array_equal(reached, exact)
    assert np.allclose(reached @ components, exact @ components, atol=0.01)


@pytest.mark.parametrize("scale", [1e-9, 1e9])
def test_weights_grow_with_the_row(scale: float) -> None:
    X, components = topics_and_rows(0, 8, 20)
    weights = solve_weights(X, components)
    assert np.allclose(solve_weights(X * scale, components), scale * weights, rtol=0, atol=1e-6 * scale)


def test_weights_take_components_of_any_type_and_change_nothing() -> None:
    X, components = topics_and_rows(0, 5, 4)
    kept = X.copy(), components.copy()
    singles = components.astype(np.float32)
    expected = solve_weights(X, singles.astype(np.float64))
    assert np.array_equal(solve_weights(X, singles), expected)
    assert np.array_equal(solve_weights(X, singles.tolist()), expected)
    solve_weights(X, components)
    assert np.array_equal(X.toarray(), kept[0].toarray())
    assert np.array_equal(components, kept[1])


def test_fitted_weights_are_near_those_solved() -> None:
    X = tfidf_like(0)
    found = factorize(X, 8, tol=1e-7, max_iter=1000)
    assert np.allclose(solve_weights(X, found.components), found.weights, atol=0.01 * found.weights.max())
