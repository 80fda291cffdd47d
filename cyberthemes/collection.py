"""A collection of texts as a topic model sees it: a vocabulary, rows of TF-IDF weights, and which terms meet.

`strings_of` takes texts in; `learn_index` learns their vocabulary; `read_collection` puts texts into its terms.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from joblib import Parallel, delayed
from scipy.sparse import csr_matrix

from cyberthemes.coherence import count_pairs, npmi
from cyberthemes.collocations import learn_phrases
from cyberthemes.errors import InputError
from cyberthemes.phrases import checked_words
from cyberthemes.terms import TermIndex, TermRows, checked_texts, joined_rows
from cyberthemes.tokens import STOP_WORDS
from cyberthemes.vectorizer import TermVectorizer

__all__ = [
    "TOPIC_STOP_WORDS",
    "Collection",
    "Vocabulary",
    "is_already_split",
    "learn_index",
    "read_collection",
    "strings_of",
]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
WINDOW: Final = 10  # terms; as the field counts C_NPMI for topics
# Words that report speech stand in every news text and say nothing of what it is about.
TOPIC_STOP_WORDS: Final = STOP_WORDS | {
    *("according", "add", "added", "adds", "note", "noted", "notes", "said", "say", "saying", "says"),
    *("stress", "stressed", "stresses", "tell", "telling", "tells", "told"),
}
_TEXTS_AT_ONCE: Final = 2_000
_TOKENS_ENOUGH: Final = 2_000_000  # to say which terms meet; more would only take longer
_TOKENS_AT_ONCE: Final = 200_000
_STOP_WORDS_OF_SPLIT_TEXT: Final = 0.05  # running English has some 40 in 100
_ONCE_IN: Final = 1_000  # texts; a rarer term cannot hold a topic together
_STEEPEST: Final = 10
_FEW_TEXTS: Final = 50
_ENOUGH_TEXTS: Final = 10  # for any term


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What counts as a term; the attributes are those of `cyberthemes.topics.TopicModel`."""

    phrases: Sequence[str] | None = None
    stop_words: Iterable[str] = TOPIC_STOP_WORDS
    min_df: float | None = None
    max_df: float = 0.5
    max_features: int | None = 20_000
    idf_power: float = 1.5


@dataclass(frozen=True, slots=True)
class Collection:
    """Texts in the terms of an index.

    Attributes
    ----------
    texts : tuple of str
    positions : ndarray of int64, shape (n_texts,)
        Where each text stood in what was given.
    X : scipy.sparse.csr_matrix of float64, shape (n_texts, n_terms)
        TF-IDF weights, each row of Euclidean length 1 or 0.
    terms : ndarray of int32, shape (n_tokens,)
        The columns of the texts' terms in the order in which they stand, one text after the other.
    lengths : ndarray of int64, shape (n_texts,)
        How many terms stand in each text.
    """

    texts: tuple[str, ...]
    positions: Integers
    X: csr_matrix
    terms: npt.NDArray[np.int32]
    lengths: Integers

    def npmi(self, columns: Integers) -> Floats:
        """Return how far some terms stand together within windows of ten, see `cyberthemes.coherence.npmi`.

        Parameters
        ----------
        columns : ndarray of int64, shape (n_chosen,)

        Returns
        -------
        ndarray of float64, shape (n_chosen, n_chosen)
        """
        step = 1 + int(self.lengths.sum()) // _TOKENS_ENOUGH
        number = np.full(self.X.shape[1], -1, dtype=np.int64)
        number[columns] = np.arange(len(columns))
        ends = np.cumsum(self.lengths)
        pairs, total = np.zeros((len(columns), len(columns)), dtype=np.int64), 0
        sampled = np.arange(0, len(ends), step)
        for rows in np.split(sampled, np.flatnonzero(np.diff(np.cumsum(self.lengths[sampled]) // _TOKENS_AT_ONCE)) + 1):
            tokens = [number[self.terms[ends[row] - self.lengths[row] : ends[row]]] for row in rows]
            counted = count_pairs(
                np.concatenate([np.empty(0, dtype=np.int64), *tokens]), self.lengths[rows], len(columns), WINDOW
            )
            pairs, total = pairs + counted[0], total + counted[1]
        return npmi(pairs, total)


def strings_of(texts: Iterable[str | Sequence[str]]) -> list[str]:
    """Return texts as strings; those that come as lists of tokens are joined with blanks.

    Raises
    ------
    InputError
        If there is a lone str, a text is neither str nor list of str, or a token is empty or holds a blank.
    """
    if isinstance(texts, str) or not isinstance(texts, Iterable):
        return list(checked_texts(texts))
    return list(checked_texts(_joined(texts)))


def _joined(texts: Iterable[str | Sequence[str]]) -> Iterator[str]:
    for number, text in enumerate(texts):
        if isinstance(text, list | tuple):
            text = _join(number, text)
        yield text  # type: ignore[misc]  # what is no str is refused by whoever reads on


def _join(number: int, tokens: Sequence[str]) -> str:
    for token in tokens:
        if not isinstance(token, str) or len(token.split()) != 1:
            raise InputError(
                f"text {number}: token {token!r}; expected str of one word: join the words of a phrase by _"
            )
    return " ".join(tokens)


def is_already_split(texts: Iterable[str | Sequence[str]]) -> bool:
    """Return whether texts have been split before: lists, or lower-case words between blanks, hardly a stop word."""
    n_words = n_stop_words = 0
    has_letters = False
    for text in texts:
        if not isinstance(text, str):
            return True
        words = text.split()
        if text != text.lower() or any(not word[-1].isalnum() for word in words):
            return False
        has_letters = has_letters or any(map(str.isalpha, words))
        n_words += len(words)
        n_stop_words += sum(word in STOP_WORDS for word in words)
    return has_letters and n_stop_words <= _STOP_WORDS_OF_SPLIT_TEXT * n_words


def learn_index(
    texts: Sequence[str], vocabulary: Vocabulary, already_split: bool, further_phrases: Sequence[str] = ()
) -> TermIndex:
    """Return the vocabulary of a collection, words in one form and phrases as one, with inverse document frequencies.

    The inverse document frequency is ``ln((1 + n_texts) / (1 + n_texts_with_term)) ** idf_power``: 0 for a term of
    every text, and steeper than usual, so that topics gather around telling terms.

    Parameters
    ----------
    texts : sequence of str
    vocabulary : Vocabulary
    already_split : bool
        Whether terms are what stands between blanks.
    further_phrases : sequence of str, default ()
        Phrases to look for beside those of the vocabulary.

    Returns
    -------
    TermIndex

    Raises
    ------
    InputError
        If a setting cannot be used, or no term is left.
    """
    power = vocabulary.idf_power
    if not isinstance(power, int | float | np.floating) or not 0 <= power <= _STEEPEST:
        raise InputError(f"idf_power={power!r}; expected a number from 0 to {_STEEPEST}")
    if vocabulary.phrases is None:
        phrases: Sequence[str] = () if already_split else learn_phrases(texts)
    else:
        phrases = checked_words("phrases", vocabulary.phrases)
    vectorizer = TermVectorizer(
        ngram_range=(1, 1),
        phrases=[*phrases, *further_phrases],
        merge_inflections=True,
        stop_words=vocabulary.stop_words,
        already_split=already_split,
        min_df=_fewest_texts(len(texts)) if vocabulary.min_df is None else vocabulary.min_df,
        max_df=vocabulary.max_df,
        max_features=vocabulary.max_features,
    ).fit(texts)
    learned = vectorizer.index_
    return TermIndex(learned.analyzer, learned.keys, learned.labels, (learned.idf - 1) ** power, sublinear_tf=True)


def _fewest_texts(n_texts: int) -> int:
    return 1 if n_texts < _FEW_TEXTS else min(max(2, round(n_texts / _ONCE_IN)), _ENOUGH_TEXTS)


def read_collection(
    index: TermIndex, texts: Sequence[str], positions: npt.ArrayLike, n_jobs: int | None = None
) -> Collection:
    """Return texts in the terms of an index; the result does not depend on the number of workers.

    Parameters
    ----------
    index : TermIndex
    texts : sequence of str
    positions : array-like of int, shape (n_texts,)
        Where each stood in what was given.
    n_jobs : int or None, default None
        Processes at work, as joblib counts them.

    Returns
    -------
    Collection
    """
    chunks = [texts[first : first + _TEXTS_AT_ONCE] for first in range(0, max(len(texts), 1), _TEXTS_AT_ONCE)]
    parts = Parallel(n_jobs=n_jobs)(delayed(_read_chunk)(index, chunk) for chunk in chunks)
    rows = joined_rows([part for part, _, _ in parts])
    terms, lengths = (np.concatenate([part[place] for part in parts]) for place in (1, 2))
    X = csr_matrix((rows.data, rows.indices, rows.indptr), shape=(len(texts), len(index)))
    return Collection(tuple(texts), np.asarray(positions, dtype=np.int64), X, terms, lengths)


def _read_chunk(index: TermIndex, texts: Sequence[str]) -> tuple[TermRows, npt.NDArray[np.int32], Any]:
    """Return the rows of some texts; their terms in order, and how many each has."""
    places = index.places(index.analyzer.rule.scan(texts))
    in_order = places.starts.argsort(kind="stable")
    rows = index.weigh(places.texts, places.terms, len(texts))
    return rows, places.terms.take(in_order), np.bincount(places.texts, minlength=len(texts))
