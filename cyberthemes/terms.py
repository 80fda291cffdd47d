"""Text to terms: which terms stand where, how often, and with what TF-IDF weight.

`TermAnalyzer` says what the terms of a text are; `TermIndex` is a learned vocabulary at work, which finds its terms in
many texts at once and in numbers alone: words are numbered (see `cyberthemes.lexicon`), n-grams are nodes of a trie of
such numbers, and a term's count is the length of a run in a sorted array. Both need NumPy alone.
`cyberthemes.vectorizer.TermVectorizer` learns an index.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from numbers import Integral, Real
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from cyberthemes.errors import InputError
from cyberthemes.lexicon import ATOMS, SPLIT, TOKENS, ScannedTexts, WordValues
from cyberthemes.numbering import Trie
from cyberthemes.phrases import PhraseMatcher, PhraseMatches, checked_words, longest_of, phrase_keys
from cyberthemes.tokens import inflection_key

__all__ = [
    "TermAnalyzer",
    "TermIndex",
    "TermOccurrence",
    "TermPlaces",
    "TermRows",
    "checked_texts",
    "counted",
    "in_batches",
    "joined_rows",
]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.int32]
_DROPPED: Final = -2
_LONGEST_NGRAM: Final = 100  # words; each length is a pass over the texts
_LARGEST: Final = 1e100  # whose square is still a number
_CHARACTERS_AT_ONCE: Final = 1 << 19  # more would gain little and take more memory
_TEXTS_AT_ONCE: Final = 1 << 12
_PHRASE_MARK: Final = "#"  # no token contains it, so a phrase's key is never an n-gram's
_PHRASE_MARK_IN_SPLIT_TEXTS: Final = " "  # before a word as it stands, which may be "#AI"


@dataclass(frozen=True, slots=True)
class TermOccurrence:
    """A term of an index as it stands in a text: its column, and ``text[start:end]``."""

    term: int
    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class _FoundTerms:
    """Terms found in scanned texts: the text and the column of each, and its first and last word."""

    scanned: ScannedTexts
    texts: Integers
    terms: Numbers
    first: Integers
    last: Integers


@dataclass(frozen=True, eq=False)
class TermPlaces:
    """Where the terms of an index stand in scanned texts: n-grams by length, text and place, then phrases."""

    _found: tuple[_FoundTerms, ...]

    @cached_property
    def texts(self) -> Integers:
        """The number of the text, shape (n_places,)."""
        return np.concatenate([found.texts for found in self._found])

    @cached_property
    def terms(self) -> Numbers:
        """Columns, shape (n_places,)."""
        return np.concatenate([found.terms for found in self._found])

    @cached_property
    def starts(self) -> Integers:
        """Beginnings in the joined texts, shape (n_places,); in each text, less its ``text_starts``."""
        return np.concatenate([found.scanned.starts.take(found.first) for found in self._found])

    @cached_property
    def ends(self) -> Integers:
        """Ends in the joined texts, shape (n_places,)."""
        return np.concatenate([found.scanned.ends.take(found.last) for found in self._found])


@dataclass(frozen=True, slots=True, eq=False)
class TermRows:
    """Texts as rows of term weights, in the three arrays of a compressed sparse row matrix, with counts.

    Attributes
    ----------
    data : ndarray of float64, shape (n_stored,)
    indices : ndarray of int32, shape (n_stored,)
        Columns, ascending within a row.
    indptr : ndarray of int64, shape (n_texts + 1,)
    counts : ndarray of int64, shape (n_stored,)
        How often each term stands in the text.
    """

    data: Floats
    indices: Numbers
    indptr: Integers
    counts: Integers

    def texts(self) -> Integers:
        """Return the row of each stored value."""
        return np.repeat(np.arange(len(self.indptr) - 1), np.diff(self.indptr))


class TermAnalyzer:
    """Says what the terms of a text are, by their keys: word n-grams, and phrases by longest match.

    This is the definition, in plain Python, a text at a time; `TermIndex` finds the same terms in many texts at once.

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

    Attributes
    ----------
    mark : str
        What the key of a phrase begins with.
    rule : WordRule
        What a word is.
    matcher : PhraseMatcher
        What finds the phrases of texts.

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
            and 1 <= ngram_range[0] <= ngram_range[1] <= _LONGEST_NGRAM
        ):
            raise InputError(
                f"ngram_range={ngram_range!r}; expected two whole numbers from 1 to {_LONGEST_NGRAM}, in order"
            )
        self.ngram_range = ngram_range
        self.phrases = checked_words("phrases", phrases)
        self.merge_inflections = merge_inflections
        self.stop_words = frozenset(checked_words("stop_words", stop_words))
        self.already_split = bool(already_split)
        self.mark = _PHRASE_MARK_IN_SPLIT_TEXTS if already_split else _PHRASE_MARK
        self.rule = SPLIT if already_split else ATOMS if merge_inflections else TOKENS
        self.matcher = PhraseMatcher([phrase for phrase in self.phrases if not _is_plain_word(phrase)])

    @cached_property
    def replaced(self) -> frozenset[str]:
        """Keys of n-grams that phrases stand in for."""
        several = (
            phrase for phrase, keys in zip(self.matcher.phrases, self.matcher.keys, strict=True) if len(keys) > 1
        )
        return frozenset(map(self._ngram_key, several))

    def __call__(self, text: str) -> list[str]:
        """Return the keys of the terms of a text, repeats included."""
        return [key for key, _, _ in self.spans(text)]

    def spans(self, text: str) -> list[tuple[str, int, int]]:
        """Return each term of a text as its key, start and end: n-grams by length and place, then phrases."""
        words = [(key, start, end) for word, start, end in self.rule.words_of(text) if (key := self.word_key(word))]
        matches = self.matcher.find(text) if self.matcher.phrases else []
        found = []
        for length in range(self.ngram_range[0], self.ngram_range[1] + 1):
            for first in range(len(words) - length + 1):
                key = " ".join(word[0] for word in words[first : first + length])
                if key not in self.replaced:
                    found.append((key, words[first][1], words[first + length - 1][2]))
        found += [(self.phrase_key(match.phrase), match.start, match.end) for match in matches]
        return found

    def label(self, key: str, forms: Mapping[str, str]) -> str:
        """Return how a term is shown, given its key and the form in which each word is shown, if not by its key."""
        if key.startswith(self.mark):
            return key.removeprefix(self.mark)
        return " ".join(forms.get(word, word) for word in key.split(" "))

    def phrase_key(self, phrase: int) -> str:
        """Return the key of one of the phrases of `matcher`."""
        return self.mark + self.matcher.phrases[phrase]

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as a dict of plain values."""
        return {
            "ngram_range": list(self.ngram_range),
            "phrases": list(self.phrases),
            "merge_inflections": self.merge_inflections,
            "stop_words": sorted(self.stop_words),
            "already_split": self.already_split,
        }

    def word_key(self, word: str) -> str:
        """Return the key of a word as `rule` finds it, an empty string if it is dropped."""
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
        words = [word for word, _, _ in self.rule.words_of(phrase)]
        keys = [key for word in words if (key := self.word_key(word))]
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
        self.keys = checked_words("keys", keys)
        self.labels = checked_words("labels", labels)
        self.idf: Floats = np.array(idf, dtype=np.float64)
        self.idf.flags.writeable = False
        self.sublinear_tf = bool(sublinear_tf)
        if not isinstance(min_norm, Real | float) or not 0 <= min_norm <= _LARGEST:
            raise InputError(f"min_norm={min_norm!r:.60}; expected a finite number of at least 0")
        self.min_norm = float(min_norm)
        if not len(self.keys) == len(self.labels) == self.idf.size:
            raise InputError(
                f"{len(self.keys)} keys, {len(self.labels)} labels, {self.idf.size} idf values; expected equal numbers"
            )
        self._columns = {key: column for column, key in enumerate(self.keys)}
        if len(self._columns) < len(self.keys):
            raise InputError("a key stands twice; expected each once")
        if self.idf.ndim != 1 or not (np.abs(self.idf) <= _LARGEST).all():
            raise InputError("idf holds NaN, infinite or huge values; expected one finite number a term")
        self._ngrams = _Ngrams(self._columns, analyzer)
        phrase_keys = map(analyzer.phrase_key, range(len(analyzer.matcher.phrases)))
        self._columns_of_phrases = np.array([self._columns.get(key, -1) for key in phrase_keys], dtype=np.int32)

    def __len__(self) -> int:
        return len(self.keys)

    def __contains__(self, key: object) -> bool:
        return key in self._columns

    def places(self, texts: ScannedTexts, phrases: PhraseMatches | None = None) -> TermPlaces:
        """Return where the index's terms stand in many texts.

        Parameters
        ----------
        texts : ScannedTexts
            Such as ``index.analyzer.rule.scan(list_of_texts)``, best in lists that `in_batches` gives.
        phrases : PhraseMatches or None, default None
            What the analyser's matcher finds in them; None looks.

        Returns
        -------
        TermPlaces
        """
        found = self._ngrams.find_in(texts.under(self.analyzer.rule))
        if len(self._columns_of_phrases):
            texts = texts.under(ATOMS)
            found.append(self._find_phrases(texts, phrases or self.analyzer.matcher.find_in(texts)))
        return TermPlaces(tuple(found))

    def _find_phrases(self, texts: ScannedTexts, phrases: PhraseMatches) -> _FoundTerms:
        matches = longest_of(phrases)
        columns = self._columns_of_phrases.take(matches.phrases)
        known = np.flatnonzero(columns >= 0)
        first, last = matches.first.take(known), matches.last.take(known)
        return _FoundTerms(texts, texts.text_of(first), columns.take(known), first, last)

    def occurrences(self, text: str) -> list[TermOccurrence]:
        """Return every occurrence of the index's terms in a text, with its place.

        Parameters
        ----------
        text : str
            Any text.

        Returns
        -------
        list of TermOccurrence
            N-grams by length and place, then phrases.
        """
        places = self.places(self.analyzer.rule.scan([text]))
        return list(map(TermOccurrence, places.terms.tolist(), places.starts.tolist(), places.ends.tolist()))

    def weigh(self, texts: npt.ArrayLike, terms: npt.ArrayLike, n_texts: int) -> TermRows:
        """Return the TF-IDF rows of texts, given the text and the column of each term found in them.

        Parameters
        ----------
        texts, terms : array-like of int, shape (n_places,)
            As `places` gives them.
        n_texts : int

        Returns
        -------
        TermRows
        """
        rows, columns, counts = counted(np.asarray(texts), np.asarray(terms), len(self))
        weights = self.idf.take(columns)
        repeated = np.flatnonzero(counts > 1)
        times = counts.take(repeated)
        weights[repeated] *= 1.0 + np.log(times) if self.sublinear_tf else times
        # bincount adds in order, as scikit-learn does, so that the last bit agrees.
        norms = np.sqrt(np.bincount(rows, weights * weights, n_texts))
        norms = np.where(norms > 0, np.maximum(norms, self.min_norm), 1.0)
        n_stored = np.bincount(rows, minlength=n_texts)
        weights /= np.repeat(norms, n_stored)
        return TermRows(weights, columns, np.concatenate([[0], np.cumsum(n_stored)]), counts)

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
        parts = []
        for batch in in_batches(checked_texts(texts)):
            places = self.places(self.analyzer.rule.scan(batch))
            parts.append(self.weigh(places.texts, places.terms, len(batch)))
        return joined_rows(parts)

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
        keys = data["keys"]
        if analyzer.already_split and not any(key.startswith(analyzer.mark) for key in keys):
            # Older than the mark of split texts.
            marked = {_PHRASE_MARK + phrase: analyzer.mark + phrase for phrase in analyzer.matcher.phrases}
            keys = [marked.get(key, key) for key in keys]
        return cls(analyzer, keys, data["labels"], idf, data["sublinear_tf"], data["min_norm"])


class _Ngrams:
    """Finds the n-grams of an index."""

    def __init__(self, columns: Mapping[str, int], analyzer: TermAnalyzer) -> None:
        self._analyzer = analyzer
        ngrams = {key: column for key, column in columns.items() if _can_be_found(key, analyzer)}
        self._trie = Trie(key.split(" ") for key in ngrams)
        self._column_at = np.array([*ngrams.values(), -1], dtype=np.int32).take(self._trie.sequence_at)
        self._ways = WordValues(self._node_and_key, 2)

    def _node_and_key(self, word: str) -> tuple[int, int]:
        """Return where a word leads from the root, and its number in the trie."""
        key = self._analyzer.word_key(word)
        return (self._trie.node(key), self._trie.number(key)) if key else (_DROPPED, _DROPPED)

    def find_in(self, texts: ScannedTexts) -> list[_FoundTerms]:
        """Return the n-grams of each length that are found in texts, by place."""
        nodes, keys = self._ways.of(texts.words, texts.distinct).T.copy()
        numbers, kept = texts.text_numbers(), np.arange(len(nodes))
        if nodes.min(initial=0) == _DROPPED:  # then n-grams skip words
            kept = (nodes != _DROPPED).nonzero()[0]
            nodes, keys, numbers = nodes.take(kept), keys.take(kept), numbers.take(kept)
        shortest, longest = self._analyzer.ngram_range
        first = (nodes >= 0).nonzero()[0]
        last, nodes = first, nodes.take(first)
        found = []
        for length in range(1, longest + 1):
            if length > 1:
                place = (last + 1 < len(keys)).nonzero()[0]
                place = place.compress(numbers.take(last.take(place)) == numbers.take(last.take(place) + 1))
                last = last.take(place) + 1
                nodes = self._trie.step(nodes.take(place), keys.take(last))
                known = (nodes >= 0).nonzero()[0]
                first, last, nodes = first.take(place.take(known)), last.take(known), nodes.take(known)
            if length >= shortest:
                columns = self._column_at.take(nodes)
                rows = (columns >= 0).nonzero()[0]
                at = first.take(rows)
                words = kept.take(at), kept.take(last.take(rows))
                found.append(_FoundTerms(texts, numbers.take(at), columns.take(rows), *words))
        return found


def _can_be_found(key: str, analyzer: TermAnalyzer) -> bool:
    """Return whether a key is that of an n-gram which no phrase stands in for."""
    length = key.count(" ") + 1
    if length > analyzer.ngram_range[1] or key.startswith(analyzer.mark):
        return False
    # No phrase stands in for a single merged word: "e-laws" is two of these.
    return (length == 1 and analyzer.merge_inflections) or key not in analyzer.replaced


def counted(texts: Integers, terms: npt.NDArray[Any], n_terms: int) -> tuple[Integers, Numbers, Integers]:
    """Return the distinct pairs of text and term in order, and how often each occurs."""
    bits = max(1, (n_terms - 1).bit_length())
    most = int(texts.max(initial=0))
    kind = np.int32 if bits + most.bit_length() <= 31 else np.int64  # sorting is faster on fewer bytes
    keys: npt.NDArray[Any] = texts.astype(kind)
    keys <<= bits
    keys |= terms.astype(kind, copy=False)
    keys.sort(kind="stable")  # which takes advantage of what comes in order of its text
    ends = np.flatnonzero(np.concatenate([keys[1:] != keys[:-1], np.ones(min(len(keys), 1), dtype=np.bool_)]))
    keys = keys.take(ends)
    columns = (keys & ((1 << bits) - 1)).astype(np.int32, copy=False)
    return (keys >> bits).astype(np.int64), columns, np.diff(ends, prepend=-1)


def joined_rows(parts: Sequence[TermRows]) -> TermRows:
    """Return the rows of all parts as one."""
    lengths = [np.zeros(1, dtype=np.int64), *(np.diff(part.indptr) for part in parts)]
    empty = np.empty(0)
    return TermRows(
        np.concatenate([empty, *(part.data for part in parts)]),
        np.concatenate([empty.astype(np.int32), *(part.indices for part in parts)]),
        np.cumsum(np.concatenate(lengths)),
        np.concatenate([empty.astype(np.int64), *(part.counts for part in parts)]),
    )


def in_batches(texts: Iterable[str]) -> Iterator[list[str]]:
    """Yield texts in lists of as many as are best worked on at once."""
    batch: list[str] = []
    size = 0
    for text in texts:
        batch.append(text)
        size += len(text)
        if size >= _CHARACTERS_AT_ONCE or len(batch) == _TEXTS_AT_ONCE:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


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
