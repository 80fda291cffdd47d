"""How good topics are: coherence, diversity, exclusivity and stability of their words.

Coherence is normalised pointwise mutual information (NPMI; Bouma, 2009) averaged over the pairs of a topic's words,
counted in whole documents or, as C_NPMI, in windows that slide over them (Röder, Both and Hinneburg, 2015).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_matrix

from cyberthemes.errors import InputError

__all__ = [
    "Cooccurrence",
    "count_cooccurrence",
    "count_pairs",
    "exclusivity",
    "mean_npmi",
    "npmi",
    "topic_coherence",
    "topic_diversity",
    "topic_stability",
]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
_EPSILON: Final = 1e-12  # as gensim has it: a pair that never meets has an NPMI just above -1
_TOKENS_AT_ONCE: Final = 200_000


@dataclass(frozen=True, slots=True)
class Cooccurrence:
    """In how many places, documents or windows, each word and each pair of words stands.

    Attributes
    ----------
    words : tuple of str
        Each once; a word's position is its row and column.
    total : int
        How many places there are.
    pairs : ndarray of int64, shape (n_words, n_words)
        Places that hold both; on the diagonal, places that hold the word.
    """

    words: tuple[str, ...]
    total: int
    pairs: Integers

    def npmi(self) -> Floats:
        """Return the NPMI of each pair of words, symmetric, shape (n_words, n_words).

        Below 0, seldom or never together, over 0, independent, to 1, only together; a word that stands nowhere has 0
        with every other.
        """
        return npmi(self.pairs, self.total)


def npmi(pairs: npt.ArrayLike, total: int) -> Floats:
    """Return the NPMI of each pair of words from the places that hold both.

    Parameters
    ----------
    pairs : array-like of int, shape (n_words, n_words)
        As `Cooccurrence.pairs`.
    total : int
        How many places there are.

    Returns
    -------
    ndarray of float64, shape (n_words, n_words)
        As `Cooccurrence.npmi`.
    """
    together = np.asarray(pairs, dtype=np.float64) / max(total, 1)  # as probabilities
    alone = np.diagonal(together)
    expected = np.outer(alone, alone)
    occurs = expected > 0
    met = np.where(together > 0, together, np.minimum(_EPSILON, expected))
    ratio = np.where(occurs, met, 1.0) / np.where(occurs, expected, 1.0)
    # Where both words stand in every place they say nothing of each other, and the logarithm below would be 0.
    information = -np.log(np.minimum(together + _EPSILON, 1 - _EPSILON))
    return np.where(occurs, np.clip(np.log(ratio) / information, -1.0, 1.0), 0.0)


def count_cooccurrence(texts: Iterable[Sequence[str]], words: Iterable[str], window: int | None = None) -> Cooccurrence:
    """Return how often words stand together in documents, or in windows that slide over them word by word.

    Parameters
    ----------
    texts : iterable of sequence of str
        Tokenized documents; what is not among the words still takes its place in a window.
    words : iterable of str
        The words to count; repeats are dropped.
    window : int or None, default None
        Tokens in a window. A shorter document is one window. None counts whole documents.

    Returns
    -------
    Cooccurrence

    Raises
    ------
    InputError
        If a text is a str, or the window is not a whole number above 0.

    Examples
    --------
    >>> texts = [["data", "law", "data"], ["data", "chip"], ["rain"]]
    >>> count_cooccurrence(texts, ["data", "law"]).pairs.tolist()
    [[2, 1], [1, 1]]
    >>> count_cooccurrence(texts, ["data", "law"], window=2).total
    4
    """
    if window is not None and (isinstance(window, bool) or not isinstance(window, int | np.integer) or window < 1):
        raise InputError(f"window={window!r}; expected a whole number above 0, or None for whole documents")
    rows = {word: row for row, word in enumerate(dict.fromkeys(words))}
    pairs, total = np.zeros((len(rows), len(rows)), dtype=np.int64), 0
    for tokens, lengths in _chunks(texts, rows):
        counted = count_pairs(tokens, lengths, len(rows), window)
        pairs, total = pairs + counted[0], total + counted[1]
    return Cooccurrence(tuple(rows), total, pairs)


def _chunks(texts: Iterable[Sequence[str]], rows: Mapping[str, int]) -> Iterator[tuple[Integers, Integers]]:
    """Yield some documents at a time as their tokens' rows, -1 for other tokens, and the documents' lengths."""
    tokens: list[int] = []
    lengths: list[int] = []
    if isinstance(texts, str) or not isinstance(texts, Iterable):
        raise InputError(f"texts: found {type(texts).__name__}; expected an iterable of lists of tokens")
    for position, text in enumerate(texts):
        if isinstance(text, str) or not isinstance(text, Sequence | np.ndarray):
            raise InputError(f"text {position}: found {type(text).__name__}; expected its tokens in a list")
        try:
            tokens += [rows.get(token, -1) for token in text]
        except TypeError as error:
            raise InputError(f"text {position}: {error}; expected its tokens as str") from error
        lengths.append(len(text))
        if len(tokens) >= _TOKENS_AT_ONCE:
            yield np.array(tokens, dtype=np.int64), np.array(lengths, dtype=np.int64)
            tokens, lengths = [], []
    if lengths:
        yield np.array(tokens, dtype=np.int64), np.array(lengths, dtype=np.int64)


def count_pairs(tokens: Integers, lengths: Integers, n_words: int, window: int | None) -> tuple[Integers, int]:
    """Return in how many places each pair of words stands, as `Cooccurrence.pairs`, and how many places there are.

    Parameters
    ----------
    tokens : ndarray of int64, shape (n_tokens,)
        The documents' tokens one after the other, as numbers of words; -1 is a token that is not counted.
    lengths : ndarray of int64, shape (n_documents,)
        How many tokens each document has.
    n_words : int
    window : int or None
        As in `count_cooccurrence`.

    Returns
    -------
    pairs : ndarray of int64, shape (n_words, n_words)
    total : int
    """
    document = np.repeat(np.arange(len(lengths)), lengths)
    place = np.arange(len(tokens)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    counted = tokens >= 0
    words, document, place = tokens[counted], document[counted], place[counted]
    n_windows = np.ones(len(lengths), dtype=np.int64) if window is None else np.maximum(lengths - window + 1, 1)
    first_window = np.cumsum(n_windows) - n_windows
    # The word at a place is in the windows that begin from `earliest` to `latest`.
    latest = np.minimum(place, n_windows[document] - 1)
    earliest = np.zeros_like(place) if window is None else np.maximum(place - window + 1, 0)
    spread = latest - earliest + 1
    offsets = np.arange(spread.sum()) - np.repeat(np.cumsum(spread) - spread, spread)
    holders = np.repeat(first_window[document] + earliest, spread) + offsets
    total = int(n_windows.sum())
    ones = np.ones(len(holders), dtype=np.int64)
    incidence = csr_matrix((ones, (holders, np.repeat(words, spread))), shape=(total, n_words))
    incidence.data[:] = 1  # a window that holds a word twice holds it
    pairs: Integers = csr_matrix(incidence.T @ incidence).toarray()
    return pairs, total


def topic_coherence(
    topics: Sequence[Sequence[str]], texts: Iterable[Sequence[str]], window: int | None = None
) -> Floats:
    """Return each topic's coherence: the mean NPMI of all pairs of its words.

    Parameters
    ----------
    topics : sequence of sequence of str
        Each topic's words; the field takes the first ten.
    texts : iterable of sequence of str
        Tokenized documents in which to count.
    window : int or None, default None
        None counts whole documents; 10 gives C_NPMI as gensim and the OCTIS benchmark compute it.

    Returns
    -------
    ndarray of float64, shape (n_topics,)
        From -1 to 1; 0 for a topic of fewer than two words. Its mean is the coherence of the whole.

    Raises
    ------
    InputError
        As `count_cooccurrence`.

    Examples
    --------
    >>> texts = [["data", "law"], ["data", "law"], ["rain", "wind"], ["rain", "law"]]
    >>> topic_coherence([["data", "law"], ["data", "rain"]], texts).round(2).tolist()
    [0.42, -0.95]
    """
    _check_topics(topics)
    counted = count_cooccurrence(texts, (word for topic in topics for word in topic), window)
    rows = {word: row for row, word in enumerate(counted.words)}
    matrix = counted.npmi()
    return np.array([mean_npmi(matrix, [rows[word] for word in topic]) for topic in topics], dtype=np.float64)


def _check_topics(topics: Any) -> None:
    if isinstance(topics, str) or not isinstance(topics, Iterable):
        raise InputError(f"topics: found {type(topics).__name__}; expected a list of lists of words")
    for number, topic in enumerate(topics):
        if isinstance(topic, str) or not isinstance(topic, Sequence | np.ndarray):
            raise InputError(f"topic {number}: found {type(topic).__name__}; expected its words in a list")
        if not all(isinstance(word, Hashable) for word in topic):
            raise InputError(f"topic {number}: a list stands where a word should")


def mean_npmi(matrix: Floats, rows: Sequence[int]) -> float:
    """Return the mean of a matrix over the pairs of some distinct rows; 0 for fewer than two."""
    rows = list(dict.fromkeys(rows))
    if len(rows) < 2:
        return 0.0
    return float(matrix[np.ix_(rows, rows)][np.triu_indices(len(rows), 1)].mean())


def topic_diversity(topics: Sequence[Sequence[Hashable]]) -> float:
    """Return the share of distinct words among all words of all topics (Dieng, Ruiz and Blei, 2020).

    Parameters
    ----------
    topics : sequence of sequence of str
        Or of anything else that can be told apart, such as columns.

    Returns
    -------
    float
        From just above 0, all topics alike, to 1, no word in two topics; 0 if there are no words.

    Examples
    --------
    >>> topic_diversity([["data", "law"], ["data", "rain"]])
    0.75
    """
    _check_topics(topics)
    words = [word for topic in topics for word in topic]
    return len(set(words)) / len(words) if words else 0.0


def exclusivity(components: npt.ArrayLike, n_terms: int = 10) -> Floats:
    """Return how far each topic's heaviest terms are its own (Bischof and Airoldi, 2012, without frequencies).

    Parameters
    ----------
    components : array-like, shape (n_topics, n_terms_in_all)
        Term weights, not negative.
    n_terms : int, default 10
        How many of the heaviest to look at.

    Returns
    -------
    ndarray of float64, shape (n_topics,)
        The mean share that the topic has in its terms' weight over all topics, each topic's weights first scaled to
        sum 1. From 0 to 1; 0 for a topic without terms.

    Examples
    --------
    >>> exclusivity([[3, 1, 0], [0, 1, 3]], n_terms=2).tolist()
    [0.75, 0.75]
    """
    weights = np.asarray(components, dtype=np.float64)
    sums = weights.sum(axis=1, keepdims=True)
    scaled = weights / np.where(sums > 0, sums, 1.0)
    totals = scaled.sum(axis=0)
    shares = scaled / np.where(totals > 0, totals, 1.0)
    heaviest = np.argsort(-scaled, axis=1, kind="stable")[:, :n_terms]
    chosen = np.take_along_axis(shares, heaviest, axis=1)
    present = np.take_along_axis(scaled, heaviest, axis=1) > 0
    found: Floats = np.where(present, chosen, 0).sum(axis=1) / np.maximum(present.sum(axis=1), 1)
    return found


def topic_stability(topics: Sequence[Sequence[Hashable]], others: Sequence[Sequence[Hashable]]) -> float:
    """Return how alike two sets of topics are: the mean Jaccard index of the best pairing (Greene and others, 2014).

    Parameters
    ----------
    topics, others : sequence of sequence of str
        Each topic's words, as two fits found them, for instance on two resamples of a collection.

    Returns
    -------
    float
        From 0, no word in common, to 1, the same topics in any order. A topic left without partner counts as 0;
        two empty sets have 1.

    Examples
    --------
    >>> topic_stability([["data", "law"], ["rain", "wind"]], [["wind", "rain"], ["data", "chip"]])
    0.6666666666666666
    """
    if not topics and not others:
        return 1.0
    alike = np.array([[_jaccard(set(a), set(b)) for b in others] for a in topics]).reshape(len(topics), len(others))
    return float(alike[linear_sum_assignment(-alike)].sum() / max(alike.shape))


def _jaccard(a: set[Hashable], b: set[Hashable]) -> float:
    return len(a & b) / len(a | b) if a | b else 1.0
