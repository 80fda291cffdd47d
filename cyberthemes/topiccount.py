"""How many topics: fits of several sizes compared by coherence and stability, without labels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from cyberthemes.coherence import topic_diversity, topic_stability
from cyberthemes.collection import Collection
from cyberthemes.errors import InputError
from cyberthemes.nmf import factorize, leading_singular_vectors, nndsvd
from cyberthemes.wording import order_terms

__all__ = ["TopicCount", "TopicCounts", "compare_topic_counts"]

CANDIDATES: Final = (5, 10, 15, 20, 25, 30, 40, 50)
_TEXTS_FOR_A_TOPIC: Final = 10  # fewer do not hold one together
_N_WORDS: Final = 10
_RESAMPLES: Final = 2
_RESAMPLED_SHARE: Final = 0.8
_TOLERANCE: Final = 1e-3  # a comparison needs no last digit


@dataclass(frozen=True, slots=True)
class TopicCount:
    """How good a number of topics is.

    Attributes
    ----------
    n_topics : int
    coherence, coherence_error : float
        The mean over topics of the C_NPMI of their first ten terms, and its standard error.
    stability : float
        How alike topics of random 80 % of the texts are to these, from 0 to 1.
    diversity : float
        The share of distinct terms among the ten heaviest of all topics.
    """

    n_topics: int
    coherence: float
    coherence_error: float
    stability: float
    diversity: float

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dict of plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class TopicCounts:
    """The numbers of topics compared, smallest first, and which is best.

    The best has the highest stability among those whose coherence is within one standard error of the highest.
    """

    rows: tuple[TopicCount, ...]

    @property
    def best(self) -> int:
        """The number of topics to take."""
        highest = max(self.rows, key=lambda row: row.coherence)
        close = [row for row in self.rows if row.coherence >= highest.coherence - highest.coherence_error]
        return max(close, key=lambda row: row.stability).n_topics

    def __str__(self) -> str:
        best = self.best
        lines = ["n_topics  coherence  stability  diversity"]
        for row in self.rows:
            mark = "  best" if row.n_topics == best else ""
            figures = f"{row.coherence:9.3f}  {row.stability:9.3f}  {row.diversity:9.3f}"
            lines.append(f"{row.n_topics:8}  {figures}{mark}")
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dict of plain values, enough to draw them."""
        return {"best": self.best, "rows": [row.to_dict() for row in self.rows]}


def compare_topic_counts(
    collection: Collection, labels: Sequence[str], candidates: Iterable[int] | None = None, random_state: int = 0
) -> TopicCounts:
    """Return how good topics are, number by number; all share one singular value decomposition for each sample.

    Parameters
    ----------
    collection : Collection
    labels : sequence of str
        How each term is shown.
    candidates : iterable of int or None, default None
        Numbers of topics; None takes 5 to 50, as far as the texts allow.
    random_state : int, default 0
        Seed of the start and of the samples.

    Returns
    -------
    TopicCounts

    Raises
    ------
    InputError
        If there is no candidate, or one is not a whole number above 0.
    """
    n_texts = collection.X.shape[0]
    sizes = _checked(candidates, n_texts)
    rng = np.random.default_rng(random_state)
    samples = [rng.permutation(n_texts)[: max(1, int(_RESAMPLED_SHARE * n_texts))] for _ in range(_RESAMPLES)]
    whole = _components(collection.X, sizes, random_state)
    resampled = [_components(collection.X[np.sort(rows)], sizes, random_state) for rows in samples]
    rows = []
    for place, n_topics in enumerate(sizes):
        _, coherence = order_terms(whole[place], labels, collection.npmi)
        heaviest = _heaviest(whole[place])
        stability = [topic_stability(heaviest, _heaviest(components[place])) for components in resampled]
        rows.append(
            TopicCount(
                n_topics,
                float(coherence.mean()),
                float(coherence.std() / np.sqrt(n_topics)),
                float(np.mean(stability)),
                topic_diversity(heaviest),
            )
        )
    return TopicCounts(tuple(rows))


def _checked(candidates: Iterable[int] | None, n_texts: int) -> list[int]:
    if candidates is None:
        most = min(max(2, n_texts // _TEXTS_FOR_A_TOPIC), n_texts)
        return [size for size in CANDIDATES if size <= most] or [most]
    sizes = list(candidates) if isinstance(candidates, Iterable) else []
    whole = [isinstance(size, int | np.integer) and not isinstance(size, bool) for size in sizes]
    if not sizes or not all(whole) or not all(1 <= size <= n_texts for size in sizes):
        raise InputError(f"numbers of topics {candidates!r}; expected whole numbers from 1 to the {n_texts} texts")
    return sorted({int(size) for size in sizes})


def _components(X: csr_matrix, sizes: list[int], random_state: int) -> list[npt.NDArray[np.float32]]:
    X = csr_matrix(X, dtype=np.float32)
    vectors = leading_singular_vectors(X, sizes[-1], random_state)
    return [factorize(X, size, start=nndsvd(X, size, vectors), tol=_TOLERANCE).components for size in sizes]


def _heaviest(components: npt.NDArray[np.float32]) -> list[list[int]]:
    return [np.argsort(-row, kind="stable")[: min(_N_WORDS, np.count_nonzero(row))].tolist() for row in components]
