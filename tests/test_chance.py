"""Explained shares against dense least squares, and chance levels against texts shuffled here, independently."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import nnls
from scipy.sparse import csr_matrix, vstack

from cyberthemes.chance import chance_levels, explained_share, is_explained
from cyberthemes.nmf import solve_weights

Floats = npt.NDArray[np.float64]
N_TERMS = 24


def unit(rows: Floats) -> Floats:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(lengths > 0, lengths, 1)


def planted(seed: int, n_rows: int, n_topics: int = 3, longest: int = 8) -> tuple[Floats, Floats, Floats]:
    """Rows of terms from one topic each, their inverse document frequencies, and the topics."""
    rng = np.random.default_rng(seed)
    idf = rng.uniform(0.5, 3, N_TERMS)
    own = np.arange(N_TERMS) % n_topics
    components = unit(np.array([(own == topic) * rng.uniform(0.5, 1, N_TERMS) for topic in range(n_topics)]))
    rows = np.zeros((n_rows, N_TERMS))
    for row in rows:
        terms = np.flatnonzero(own == rng.integers(n_topics))
        row[rng.permutation(terms)[: rng.integers(1, longest + 1)]] = rng.uniform(1, 2)
    return unit(rows * idf), idf, components


def shuffled_shares(X: Floats, idf: Floats, components: Floats, seed: int) -> tuple[npt.NDArray[np.int64], Floats]:
    """Return how many distinct terms shuffled texts have, and the shares of them that topics explain."""
    rng = np.random.default_rng(seed)
    row, column = np.nonzero(X)
    shuffled = np.zeros_like(X)
    drawn = rng.permutation(column)
    np.add.at(shuffled, (row, drawn), X[row, column] / idf[column] * idf[drawn])
    shuffled = unit(shuffled)
    left = np.array([nnls(components.T, text)[1] for text in shuffled])
    return np.count_nonzero(shuffled, axis=1), 1 - left**2


# explained_share ------------------------------------------------------------------------------------------


@settings(max_examples=25)
@given(st.integers(0, 9999), st.integers(1, 8), st.integers(0, 6))
def test_the_share_is_what_the_residual_leaves(seed: int, n_topics: int, n_rows: int) -> None:
    rng = np.random.default_rng(seed)
    components = rng.dirichlet(np.full(N_TERMS, 0.2), n_topics)
    X = unit(rng.random((n_rows, N_TERMS)) * (rng.random((n_rows, N_TERMS)) < 0.3))
    shares = explained_share(solve_weights(csr_matrix(X), components), components @ components.T)
    expected = [1 - nnls(components.T, row)[1] ** 2 if row.any() else 0 for row in X]
    assert shares.shape == (n_rows,)
    assert np.allclose(shares, expected, atol=1e-5)
    assert ((shares >= 0) & (shares <= 1 + 1e-6)).all()


def test_shares_by_hand() -> None:
    components = np.array([[1, 0, 0], [0, 0.6, 0.8]])
    X = csr_matrix([[1, 0, 0], [0, 0.6, 0.8], [0.6, 0.8, 0], [0, 1, 0], [0, 0, 0]])
    shares = explained_share(solve_weights(X, components), components @ components.T)
    assert shares == pytest.approx([1, 1, 0.36 + 0.8**2 * 0.36, 0.36, 0])
    # Topics that overlap: 2a + b explains 4aa + 4ab + bb.
    assert explained_share(np.array([[2.0, 1.0]]), np.array([[1, 0.5], [0.5, 3]])) == pytest.approx([4 + 2 + 3])
    assert explained_share(np.empty((2, 0)), np.empty((0, 0))).tolist() == [0, 0]


def batch_of_weights(n_topics: int) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(n_topics)
    components = rng.random((n_topics, 50))
    return rng.random((300, n_topics)), components @ components.T


@pytest.mark.usefixtures("two_blas_threads")
@pytest.mark.parametrize("n_topics", [1, 3, 9, 40, 200])
def test_a_rows_share_does_not_depend_on_the_batch(n_topics: int) -> None:
    weights, gram = batch_of_weights(n_topics)
    together = explained_share(weights, gram)
    assert np.array_equal(explained_share(weights[::-1], gram), together[::-1])
    assert np.array_equal([explained_share(row[None], gram)[0] for row in weights], together)


@pytest.mark.usefixtures("two_blas_threads")
def test_a_rows_share_does_not_depend_on_the_layout_in_memory() -> None:
    weights, gram = batch_of_weights(40)
    assert np.array_equal(explained_share(np.asfortranarray(weights), gram), explained_share(weights, gram))


# chance_levels --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [0, 1])
def test_levels_are_the_medians_of_shuffled_texts(seed: int) -> None:
    X, idf, components = planted(seed, 1500)
    found = chance_levels(csr_matrix(X), idf, components, random_state=seed)
    n_distinct, shares = shuffled_shares(X, idf, components, seed + 100)
    assert found.shape == (4,)
    for level in (0, 1, 2):
        medians = np.quantile(shares[(n_distinct >= 2**level) & (n_distinct < 2 ** (level + 1))], [0.46, 0.54])
        assert medians[0] - 0.01 <= found[level] <= medians[1] + 0.01


def test_texts_of_a_topic_are_explained_and_half_of_the_shuffled_ones() -> None:
    X, idf, components = planted(0, 1500)
    levels = chance_levels(csr_matrix(X), idf, components, random_state=0)
    n_distinct, shares = shuffled_shares(X, idf, components, 1)
    assert 0.4 < is_explained(shares, n_distinct, levels).mean() < 0.6
    shares = explained_share(solve_weights(csr_matrix(X), components), components @ components.T)
    n_distinct = np.count_nonzero(X, axis=1)
    explained = is_explained(shares, n_distinct, levels)
    assert explained[n_distinct >= 4].mean() > 0.95


def test_a_term_drawn_twice_is_one_distinct_term() -> None:
    # Texts "a b" become "a a", "b b" or "a b", of which a topic of both explains a half or all.
    X, components = csr_matrix(np.full((400, 2), 0.5**0.5)), np.array([[0.5**0.5, 0.5**0.5]])
    assert chance_levels(X, np.ones(2), components, random_state=0) == pytest.approx([0.5, 1])


def test_lengths_that_do_not_occur_take_the_next_longer() -> None:
    # Topics know half of the terms. Twelve terms drawn from so many hardly ever coincide: level 3, of 8 to 15.
    rng, components = np.random.default_rng(0), np.eye(1000)[:500]
    long = np.zeros((40, 1000))
    for row in long:
        row[rng.permutation(1000)[:12]] = 1
    X = csr_matrix(unit(np.vstack([np.eye(1000)[:31], long])))
    levels = chance_levels(X, np.ones(1000), components, random_state=0)
    assert levels[0] in (0, 1)
    assert levels[1] == levels[2] == levels[3]
    assert 0.3 < levels[3] < 0.7
    levels = chance_levels(csr_matrix(unit(long)), np.ones(1000), components, random_state=0)
    assert len(levels) == 4
    assert len(set(levels.tolist())) == 1


@pytest.mark.usefixtures("two_blas_threads")
def test_same_input_same_levels_and_the_input_stays() -> None:
    X, idf, components = planted(0, 300)
    rows = csr_matrix(X)
    first, again = (chance_levels(rows, idf, components, random_state=5) for _ in range(2))
    assert np.array_equal(first, again)
    assert not np.array_equal(chance_levels(rows, idf, components, random_state=6), first)
    assert np.array_equal(rows.toarray(), X)
    assert np.array_equal(chance_levels(rows, idf, components.astype(np.float32).tolist(), 5).round(4), first.round(4))


def test_a_sample_of_many_texts_gives_the_levels_of_all() -> None:
    X, idf, components = planted(0, 600)
    few = chance_levels(csr_matrix(X), idf, components, random_state=0)
    many = chance_levels(vstack([csr_matrix(X)] * 11, format="csr"), idf, components, random_state=0)
    assert np.allclose(few, many, atol=0.1)


def test_the_sample_is_drawn_from_all_texts() -> None:
    # Texts that topics know come last.
    X = csr_matrix(np.eye(2)[[0] * 5000 + [1] * 15000])
    assert chance_levels(X, np.ones(2), np.array([[0.0, 1.0]]), random_state=0).tolist() == pytest.approx([1])


@pytest.mark.parametrize(
    ("X", "idf", "components"),
    [
        (csr_matrix((0, 3)), np.ones(3), np.eye(3)),
        (csr_matrix((4, 3)), np.ones(3), np.eye(3)),
        (csr_matrix(np.eye(3)), np.zeros(3), np.eye(3)),
        (csr_matrix(np.eye(3)), np.ones(3), np.zeros((2, 3))),
        (csr_matrix(np.eye(3)), np.ones(3), np.empty((0, 3))),
    ],
    ids=["no texts", "texts of no terms", "terms of no weight", "empty topics", "no topics"],
)
def test_nothing_is_explained_by_chance_in_nothing(X: csr_matrix, idf: Floats, components: Floats) -> None:
    assert chance_levels(X, idf, components, random_state=0).tolist() == [0]


def test_texts_without_terms_do_not_lower_the_level_of_texts_of_one() -> None:
    X = csr_matrix(np.eye(3)[[0, 0, 1, 1, 1]])
    with_empty = vstack([X, csr_matrix((9, 3))], format="csr")
    components = np.eye(3)[:2]
    assert chance_levels(X, np.ones(3), components, 0).tolist() == [1]
    assert chance_levels(with_empty, np.ones(3), components, 0).tolist() == [1]


# is_explained ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n_distinct", "level"),
    [(1, 0.1), (2, 0.2), (3, 0.2), (4, 0.3), (7, 0.3), (8, 0.3), (10**6, 0.3)],
)
def test_a_row_is_explained_above_the_level_of_its_length(n_distinct: int, level: float) -> None:
    levels = np.array([0.1, 0.2, 0.3])
    shares = np.array([np.nextafter(level, 0), level, np.nextafter(level, 1), 1])
    assert is_explained(shares, np.full(4, n_distinct), levels).tolist() == [False, False, True, True]


@pytest.mark.parametrize(
    ("shares", "n_distinct", "expected"),
    [
        ([1.0, 1.0, 0.0], [0, 1, 1], [False, True, False]),
        ([], [], []),
        ([np.nan], [3], [False]),
    ],
    ids=["no terms", "no rows", "NaN"],
)
def test_rows_that_cannot_be_explained(shares: list[float], n_distinct: list[int], expected: Any) -> None:
    found = is_explained(np.array(shares), np.array(n_distinct, dtype=np.int64), np.array([0.0]))
    assert found.dtype == bool
    assert found.tolist() == expected
