"""`TermVectorizer`, the scikit-learn estimator that learns a `TermIndex` from texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from cyberthemes.errors import InputError
from cyberthemes.lexicon import ATOMS, WordValues
from cyberthemes.numbering import Keys, NumberTable, joined_keys
from cyberthemes.phrases import longest_of
from cyberthemes.terms import TermAnalyzer, TermIndex, checked_texts, counted, in_batches

__all__ = ["TermVectorizer"]

Integers = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.int32]


class TermVectorizer(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """Learn the terms of some texts and weigh them by TF-IDF.

    The matrix equals that of scikit-learn's ``TfidfVectorizer`` with the same analyser: smooth idf, rows of Euclidean
    length 1. With the default settings that analyser is ``token_pattern=cyberthemes.tokens.TOKEN_PATTERN`` and
    ``ngram_range=(1, 2)``.

    Parameters
    ----------
    ngram_range : tuple of int, default (1, 2)
        Smallest and largest number of words in an n-gram.
    phrases : sequence of str, default ()
        Multiword terms found by longest match.
    merge_inflections : bool, default False
        Whether inflected forms count as one word, the parts of a hyphenated word as several, and numbers as none.
    stop_words : collection of str, default ()
        Words in lower case that are dropped before n-grams are formed.
    already_split : bool, default False
        Whether words are what stands between blanks, as it is.
    min_df, max_df : int or float, default 1 and 1.0
        A term is kept if so many texts hold it: an int counts texts, a float is a share of them.
    max_features : int or None, default None
        If given, only the terms with the most occurrences are kept.
    sublinear_tf : bool, default True
        Whether ``1 + ln(count)`` takes the place of the count.
    min_norm : float, default 0.0
        Texts whose weights are shorter than this are not scaled up to length 1, but divided by this; 0 is
        scikit-learn's way.

    Attributes
    ----------
    index_ : TermIndex
        The learned vocabulary, which works without scikit-learn.
    idf_ : ndarray of float64, shape (n_terms,)
        Inverse document frequencies.

    Examples
    --------
    >>> vectorizer = TermVectorizer(ngram_range=(1, 1), phrases=["data security"])
    >>> matrix = vectorizer.fit_transform(["Data security rules", "Rules for 5G"])
    >>> matrix.shape
    (2, 6)
    >>> list(vectorizer.get_feature_names_out())
    ['data security', '5g', 'data', 'for', 'rules', 'security']
    """

    def __init__(
        self,
        *,
        ngram_range: tuple[int, int] = (1, 2),
        phrases: Sequence[str] = (),
        merge_inflections: bool = False,
        stop_words: Iterable[str] = (),
        already_split: bool = False,
        min_df: float = 1,
        max_df: float = 1.0,
        max_features: int | None = None,
        sublinear_tf: bool = True,
        min_norm: float = 0.0,
    ) -> None:
        self.ngram_range = ngram_range
        self.phrases = phrases
        self.merge_inflections = merge_inflections
        self.stop_words = stop_words
        self.already_split = already_split
        self.min_df = min_df
        self.max_df = max_df
        self.max_features = max_features
        self.sublinear_tf = sublinear_tf
        self.min_norm = min_norm

    def fit(self, texts: Iterable[str], y: object = None) -> TermVectorizer:  # noqa: ARG002 (scikit-learn passes y)
        """Learn the vocabulary and the document frequencies.

        Parameters
        ----------
        texts : iterable of str
            The texts to learn from.
        y : ignored

        Returns
        -------
        self

        Raises
        ------
        InputError
            If there is no text, a text is not a str, or no term is left.
        """
        self._check_limits()
        analyzer = TermAnalyzer(
            self.ngram_range,
            self.phrases,
            self.merge_inflections,
            self.stop_words,
            self.already_split,
        )
        counter = _TermCounter(analyzer)
        for batch in in_batches(checked_texts(texts)):
            counter.add(batch)
        terms = self._select(counter)
        idf = np.log((1.0 + counter.n_texts) / (1.0 + np.array([term.n_texts for term in terms]))) + 1.0
        keys = [term.key for term in terms]
        forms = counter.commonest_forms() if self.merge_inflections and not self.already_split else {}
        labels = _distinct([analyzer.label(key, forms) for key in keys])
        self.index_ = TermIndex(analyzer, keys, labels, idf, self.sublinear_tf, self.min_norm)
        return self

    def fit_transform(self, texts: Iterable[str], y: object = None) -> Any:  # noqa: ARG002 (scikit-learn passes y)
        """Return the TF-IDF weights of the texts that are learned from: `fit`, then `transform`."""
        texts = list(checked_texts(texts))
        return self.fit(texts).transform(texts)

    def transform(self, texts: Iterable[str]) -> Any:
        """Return the TF-IDF weights of some texts.

        Parameters
        ----------
        texts : iterable of str
            Any texts.

        Returns
        -------
        scipy.sparse.csr_matrix of float64, shape (n_texts, n_terms)

        Raises
        ------
        NotFittedError
            If `fit` has not been called.
        InputError
            If a text is not a str.
        """
        check_is_fitted(self, "index_")
        rows = self.index_.rows(checked_texts(texts))
        return csr_matrix((rows.data, rows.indices, rows.indptr), shape=(len(rows.indptr) - 1, len(self.index_)))

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:  # noqa: ARG002 (scikit-learn passes it)
        """Return the terms as they are shown, in column order.

        Parameters
        ----------
        input_features : ignored

        Returns
        -------
        ndarray of str, shape (n_terms,)
        """
        check_is_fitted(self, "index_")
        return np.array(self.index_.labels, dtype=object)

    @property
    def idf_(self) -> npt.NDArray[np.float64]:
        """Inverse document frequencies, shape (n_terms,)."""
        check_is_fitted(self, "index_")
        return self.index_.idf

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        return tags

    def _check_limits(self) -> None:
        for name, limit in (("min_df", self.min_df), ("max_df", self.max_df)):
            if not (_is_count(limit) or (isinstance(limit, float | np.floating) and 0.0 <= limit <= 1.0)):
                raise InputError(f"{name}={limit!r}; expected a whole number of texts or a share from 0.0 to 1.0")
        if self.max_features is not None and not (_is_count(self.max_features) and self.max_features):
            raise InputError(f"max_features={self.max_features!r}; expected a whole number above 0, or None")

    def _select(self, counter: _TermCounter) -> list[_CountedTerm]:
        """Return the terms to keep, by key."""
        n_texts = counter.n_texts
        if not n_texts:
            raise InputError("no texts; expected at least one to learn terms from")
        terms = counter.terms(_document_limit(self.min_df, n_texts), _document_limit(self.max_df, n_texts))
        if not terms:
            raise InputError(
                f"no terms left in {n_texts} texts with min_df={self.min_df}, max_df={self.max_df}; relax them"
            )
        if self.max_features is not None:
            terms = sorted(terms, key=lambda term: (-term.count, term.key))[: self.max_features]
        return sorted(terms, key=lambda term: term.key)


@dataclass(frozen=True, slots=True)
class _CountedTerm:
    """A term, how often it occurs, and in how many texts."""

    key: str
    count: int
    n_texts: int


class _TermCounter:
    """Counts the terms of texts in numbers: n-grams by length, each as the n-gram one word shorter and its last word.

    Parameters
    ----------
    analyzer : TermAnalyzer

    Attributes
    ----------
    n_texts : int
    """

    def __init__(self, analyzer: TermAnalyzer) -> None:
        self.n_texts = 0
        self._analyzer = analyzer
        self._words: dict[str, int] = {}
        self._forms: dict[str, int] = {}
        self._values = WordValues(self._word_and_form, 2)
        self._longer = [NumberTable() for _ in range(2, analyzer.ngram_range[1] + 1)]
        self._counts = [_Counts() for _ in range(analyzer.ngram_range[1])]
        self._form_counts, self._phrase_counts = _Counts(), _Counts()

    def _word_and_form(self, word: str) -> tuple[int, int]:
        key = self._analyzer.word_key(word)
        if not key:
            return -1, -1
        return self._words.setdefault(key, len(self._words)), self._forms.setdefault(word, len(self._forms))

    def add(self, batch: Sequence[str]) -> None:
        """Count the terms of some more texts."""
        self.n_texts += len(batch)
        texts = self._analyzer.rule.scan(batch)
        values = self._values.of(texts.words, texts.distinct)
        kept = np.flatnonzero(values[:, 0] >= 0)
        words, numbers = values[:, 0].take(kept), texts.text_numbers().take(kept)
        self._form_counts.add(numbers, values[:, 1].take(kept), len(self._forms))
        first, ngrams = np.arange(len(words)), words
        self._counts[0].add(numbers, ngrams, len(self._words))
        for length, (table, counts) in enumerate(zip(self._longer, self._counts[1:], strict=True), start=2):
            has_next = first + length - 1 < len(words)
            first, ngrams = first[has_next], ngrams[has_next]
            last = first + length - 1
            inside = np.flatnonzero(numbers.take(first) == numbers.take(last))
            first, last = first.take(inside), last.take(inside)
            ngrams = table.find_or_add(joined_keys(ngrams.take(inside), words.take(last)))
            counts.add(numbers.take(first), ngrams, len(table))
        if self._analyzer.matcher.phrases:
            texts = texts.under(ATOMS)
            found = longest_of(self._analyzer.matcher.find_in(texts))
            self._phrase_counts.add(texts.text_of(found.first), found.phrases, len(self._analyzer.matcher.phrases))

    def terms(self, least: float, most: float) -> list[_CountedTerm]:
        """Return the terms that stand in so many texts, in any order."""
        words = list(self._words)
        keys_of: list[Callable[[int], str]] = [words.__getitem__]
        for table in self._longer:
            keys_of.append(partial(_longer_key, table.keys(), keys_of[-1], words))
        shortest = self._analyzer.ngram_range[0]
        parts = [*zip(self._counts[shortest - 1 :], keys_of[shortest - 1 :], strict=True)]
        parts.append((self._phrase_counts, self._analyzer.phrase_key))
        return [
            _CountedTerm(key, count, n_texts)
            for counts, key_of in parts
            for number, count, n_texts in counts.within(least, most)
            if (key := key_of(number)) not in self._analyzer.replaced
        ]

    def commonest_forms(self) -> dict[str, str]:
        """Return how each word is most often written, by its key."""
        counts = self._form_counts.occurrences.tolist()
        forms = sorted(self._forms, key=lambda form: (-counts[self._forms[form]], form), reverse=True)
        return {self._analyzer.word_key(form): form for form in forms}


def _longer_key(keys: Keys, key_of: Callable[[int], str], words: Sequence[str], number: int) -> str:
    """Return the key of an n-gram of two words or more."""
    shorter, last = divmod(int(keys[number]), 1 << 32)
    return f"{key_of(shorter)} {words[last]}"


class _Counts:
    """How often each number occurs, and in how many texts."""

    def __init__(self) -> None:
        self.occurrences, self.texts = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)

    def add(self, texts: Integers, numbers: Numbers, n_numbers: int) -> None:
        """Count numbers below ``n_numbers``, each found in a text that was not counted before."""
        if n_numbers > len(self.texts):
            room = np.zeros(2 * n_numbers - len(self.texts), dtype=np.int64)
            self.occurrences, self.texts = np.append(self.occurrences, room), np.append(self.texts, room)
        _, distinct, counts = counted(texts, numbers, n_numbers)
        np.add.at(self.occurrences, distinct, counts)
        np.add.at(self.texts, distinct, 1)

    def within(self, least: float, most: float) -> Iterator[tuple[int, int, int]]:
        """Yield each number that is in so many texts with its occurrences and texts."""
        kept = np.flatnonzero((self.texts >= max(least, 1)) & (self.texts <= most))
        return zip(kept.tolist(), self.occurrences[kept].tolist(), self.texts[kept].tolist(), strict=True)


def _is_count(value: object) -> bool:
    return isinstance(value, int | np.integer) and bool(value >= 0)


def _document_limit(limit: float, n_texts: int) -> float:
    return limit if _is_count(limit) else limit * n_texts


def _distinct(labels: list[str]) -> list[str]:
    """Return labels of which none stands for two terms: the word "AI" gives way to the acronym and is "ai"."""
    counts = Counter(labels)
    first = {label: position for position, label in reversed(list(enumerate(labels)))}
    return [
        label if counts[label] == 1 or first[label] == position else label.lower()
        for position, label in enumerate(labels)
    ]
