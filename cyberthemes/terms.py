"""Text to terms: which terms stand where, how often, and with what TF-IDF weight.

`TermAnalyzer` says what the terms of a text are; `TermIndex` is a learned vocabulary at work. Both need NumPy alone.
`cyberthemes.vectorizer.TermVectorizer` learns an index.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from cyberthemes.errors import InputError
from cyberthemes.phrases import PhraseMatcher, checked_words, phrase_keys
from cyberthemes.tokens import atoms, inflection_key, tokenize

__all__ = ["TermAnalyzer", "TermIndex", "TermOccurrence", "TermRows", "checked_texts"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
_BETWEEN_BLANKS: Final = re.compile(r"\S+")
_PHRASE_MARK: Final = "#"  # no token contains it, so a phrase's key is never an n-gram's


@dataclass(frozen=True, slots=True)
class TermOccurrence:
    """A term of an index as it stands in a text: its column, and ``text[start:end]``."""

    term: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class TermRows:
    """Texts as rows of term weights, in the three arrays of a compressed sparse row matrix.

    Attributes
    ----------
    data : ndarray of float64, shape (n_stored,)
    indices : ndarray of int64, shape (n_stored,)
        Columns, ascending within a row.
    indptr : ndarray of int64, shape (n_texts + 1,)
    """

    data: Floats
    indices: Integers
    indptr: Integers


class TermAnalyzer:
    """Turns a text into the keys of its terms: word n-grams, and phrases by longest match.

    A phrase of several words stands in for the n-gram of the same words; a phrase of one word is left to
    the words, unless it is an acronym in capitals, which they do not tell from "it" or "us".

    Parameters
    ----------
    ngram_range : tuple of int
        Smallest and largest number of words in an n-gram.
    phrases : sequence of str
        Multiword terms; see `cyberthemes.phrases`.
    merge_inflections : bool
        Whether the inflected forms of a word count as one word, the parts of a hyphenated word as several, and
        numbers as none (see `cyberthemes.tokens.inflection_key`). If not, a word is a lower-cased token.
    stop_words : collection of str
        Words in lower case that are dropped before n-grams are formed.
    already_split : bool
        Whether words are what stands between blanks, as it is.

    Examples
    --------
    >>> analyzer = TermAnalyzer((1, 2), phrases=["Belt and Road"])
    >>> analyzer("Belt-and-Road data")
    ['belt-and-road', 'data', 'belt-and-road data', '#Belt and Road']
    """

    def __init__(
        self,
        ngram_range: tuple[int, int] = (1, 2),
        phrases: Sequence[str] = (),
        merge_inflections: bool = False,
        stop_words: Iterable[str] = (),
        already_split: bool = False,
    ) -> None:
        if not (
            isinstance(ngram_range, Sequence)
            and len(ngram_range) == 2
            and all(isinstance(length, Integral) for length in ngram_range)
            and 1 <= ngram_range[0] <= ngram_range[1]
        ):
            raise InputError(f"ngram_range={ngram_range!r}; expected two whole numbers of at least 1, in order")
        self.ngram_range = ngram_range
        self.phrases = checked_words("phrases", phrases)
        self.merge_inflections = merge_inflections
        self.stop_words = frozenset(checked_words("stop_words", stop_words))
        self.already_split = bool(already_split)
        self._matcher = PhraseMatcher([phrase for phrase in self.phrases if not _is_plain_word(phrase)])
        self._replaced = {self._ngram_key(phrase) for phrase in self._matcher.phrases if len(phrase_keys(phrase)) > 1}

    def __call__(self, text: str) -> list[str]:
        """Return the keys of the terms of a text, repeats included."""
        return [key for key, _, _ in self.spans(text)]

    def spans(self, text: str) -> list[tuple[str, int, int]]:
        """Return each term of a text as its key, start and end: n-grams by length and place, then phrases."""
        words = [(key, start, end) for word, start, end in self._words(text) if (key := self._key(word))]
        matches = self._matcher.find(text) if self._matcher.phrases else []
        found = []
        for length in range(self.ngram_range[0], self.ngram_range[1] + 1):
            for first in range(len(words) - length + 1):
                key = " ".join(word[0] for word in words[first : first + length])
                if key not in self._replaced:
                    found.append((key, words[first][1], words[first + length - 1][2]))
        names = self._matcher.phrases
        found += [(_PHRASE_MARK + names[match.phrase], match.start, match.end) for match in matches]
        return found

    def label(self, key: str, surface: str) -> str:
        """Return how a term is shown, given its key and its commonest form in text."""
        if key.startswith(_PHRASE_MARK):
            return key[1:]
        return " ".join(surface.split()) if surface else key

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as a dict of plain values."""
        return {
            "ngram_range": list(self.ngram_range),
            "phrases": list(self.phrases),
            "merge_inflections": self.merge_inflections,
            "stop_words": sorted(self.stop_words),
            "already_split": self.already_split,
        }

    def _words(self, text: str) -> Iterable[tuple[str, int, int]]:
        if self.already_split:
            return ((word.group(), word.start(), word.end()) for word in _BETWEEN_BLANKS.finditer(text))
        return (
            atoms(text)
            if self.merge_inflections
            else ((token.text, token.start, token.end) for token in tokenize(text))
        )

    def _key(self, word: str) -> str:
        if self.already_split:
            return word
        lower = word.lower()
        if lower.replace("’", "'") in self.stop_words:
            return ""
        if not self.merge_inflections:
            return lower
        return inflection_key(word) if any(map(str.isalpha, word)) else ""

    def _ngram_key(self, phrase: str) -> str:
        """Return the n-gram that a phrase stands in for: none if numbers and stop words leave but one of its words."""
        words = [word for word, _, _ in self._words(phrase)]
        keys = [key for word in words if (key := self._key(word))]
        return " ".join(keys) if len(keys) > 1 or len(words) == 1 else ""


class TermIndex:
    """A frozen vocabulary: finds its terms in texts and weighs them by TF-IDF.

    The weight of a term is ``tf * idf``, with ``tf = 1 + ln(count)`` if sublinear and the count if not, and each
    text's weights are scaled to Euclidean length 1, as scikit-learn's ``TfidfVectorizer`` defines it.

    Parameters
    ----------
    analyzer : TermAnalyzer
        What the terms of a text are.
    keys : sequence of str
        The terms' keys; a term's position is its column.
    labels : sequence of str
        How each is shown.
    idf : array-like of float, shape (n_terms,)
        Inverse document frequencies.
    sublinear_tf : bool
        Whether counts are dampened.
    min_norm : float
        A text whose weights are shorter than this before scaling is divided by this instead of by their length,
        so that one word alone does not count as much as a whole paragraph.
    """

    def __init__(
        self,
        analyzer: TermAnalyzer,
        keys: Sequence[str],
        labels: Sequence[str],
        idf: npt.ArrayLike,
        sublinear_tf: bool = True,
        min_norm: float = 0.0,
    ) -> None:
        self.analyzer = analyzer
        self.keys = tuple(keys)
        self.labels = tuple(labels)
        self.idf: Floats = np.array(idf, dtype=np.float64)
        self.idf.flags.writeable = False
        self.sublinear_tf = bool(sublinear_tf)
        self.min_norm = float(min_norm)
        if not len(self.keys) == len(self.labels) == len(self.idf):
            raise InputError(
                f"{len(self.keys)} keys, {len(self.labels)} labels, {len(self.idf)} idf values; expected equal numbers"
            )
        self._columns = {key: column for column, key in enumerate(self.keys)}
        if len(self._columns) < len(self.keys):
            raise InputError("a key stands twice; expected each once")
        if self.idf.ndim != 1 or not np.isfinite(self.idf).all():
            raise InputError("idf holds NaN or infinite values; expected one finite number a term")

    def __len__(self) -> int:
        return len(self.keys)

    def __contains__(self, key: object) -> bool:
        return key in self._columns

    def occurrences(self, text: str) -> list[TermOccurrence]:
        """Return every occurrence of the index's terms in a text, with its place.

        Parameters
        ----------
        text : str
            Any text.

        Returns
        -------
        list of TermOccurrence
        """
        columns = self._columns
        return [
            TermOccurrence(columns[key], start, end) for key, start, end in self.analyzer.spans(text) if key in columns
        ]

    def weigh(self, terms: Iterable[int]) -> tuple[Integers, Integers, Floats]:
        """Return the distinct terms of one text, their counts and their TF-IDF weights.

        Parameters
        ----------
        terms : iterable of int
            The column of each occurrence.

        Returns
        -------
        columns, counts : ndarray of int64, shape (n_distinct,)
            Columns ascend.
        weights : ndarray of float64, shape (n_distinct,)
        """
        columns, counts = np.unique(np.fromiter(terms, dtype=np.int64), return_counts=True)
        weights = 1.0 + np.log(counts) if self.sublinear_tf else counts.astype(np.float64)
        weights *= self.idf[columns]
        # bincount adds in order, as scikit-learn does, so that the last bit agrees.
        norm = np.sqrt(np.bincount(np.zeros(len(columns), dtype=np.int64), weights * weights, 1))[0]
        return columns, counts.astype(np.int64), weights / max(norm, self.min_norm) if norm else weights

    def rows(self, texts: Iterable[str]) -> TermRows:
        """Return the TF-IDF rows of some texts; a text's row does not depend on the others.

        Parameters
        ----------
        texts : iterable of str
            Any texts.

        Returns
        -------
        TermRows
        """
        columns, data = [np.empty(0, dtype=np.int64)], [np.empty(0)]
        for text in checked_texts(texts):
            row_columns, _, weights = self.weigh(
                self._columns[key] for key in self.analyzer(text) if key in self._columns
            )
            columns.append(row_columns)
            data.append(weights)
        indptr = np.cumsum([len(row) for row in columns], dtype=np.int64)
        return TermRows(np.concatenate(data), np.concatenate(columns), indptr)

    def to_dict(self) -> dict[str, Any]:
        """Return everything but `idf` as plain values, for storage."""
        return {
            **self.analyzer.to_dict(),
            "sublinear_tf": self.sublinear_tf,
            "min_norm": self.min_norm,
            "keys": list(self.keys),
            "labels": list(self.labels),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], idf: npt.ArrayLike) -> TermIndex:
        """Return the index of plain values, as `to_dict` gives them, and its `idf`."""
        smallest, largest = data["ngram_range"]
        analyzer = TermAnalyzer(
            (smallest, largest),
            data["phrases"],
            data["merge_inflections"],
            data["stop_words"],
            data.get("already_split", False),  # younger than the format
        )
        return cls(analyzer, data["keys"], data["labels"], idf, data["sublinear_tf"], data["min_norm"])


def checked_texts(texts: Iterable[str]) -> Iterable[str]:
    """Yield the texts, refusing a lone str and whatever is no str.

    Raises
    ------
    InputError
        With the position of the first item that is not a str.
    """
    if not isinstance(texts, Iterable):
        raise InputError(f"found {type(texts).__name__}; expected a list of texts")
    if isinstance(texts, str):
        raise InputError("found one str; expected a list or other iterable of texts: put it in a list")
    for position, text in enumerate(texts):
        if not isinstance(text, str):
            raise InputError(f"text {position}: found {type(text).__name__}; expected str")
        yield text


def _is_plain_word(phrase: str) -> bool:
    keys = phrase_keys(phrase)
    return len(keys) == 1 and not keys[0].startswith("=")
