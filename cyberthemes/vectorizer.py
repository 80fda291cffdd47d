"""`TermVectorizer`, the scikit-learn estimator that learns a `TermIndex` from texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from cyberthemes.errors import InputError
from cyberthemes.terms import TermAnalyzer, TermIndex, checked_texts

__all__ = ["TermVectorizer"]


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
        document_counts: Counter[str] = Counter()
        counts: Counter[str] = Counter()
        surfaces: dict[str, Counter[str]] = {}
        n_texts = 0
        for text in checked_texts(texts):
            n_texts += 1
            spans = analyzer.spans(text)
            keys = Counter(key for key, _, _ in spans)
            counts.update(keys)
            document_counts.update(keys.keys())
            if self.merge_inflections and not self.already_split:
                for key, start, end in spans:
                    surfaces.setdefault(key, Counter())[text[start:end]] += 1
        keys_kept = self._select(counts, document_counts, n_texts)
        labels = _distinct([analyzer.label(key, _commonest(surfaces.get(key))) for key in keys_kept])
        frequencies = np.array([document_counts[key] for key in keys_kept], dtype=np.float64)
        idf = np.log((1.0 + n_texts) / (1.0 + frequencies)) + 1.0
        self.index_ = TermIndex(analyzer, keys_kept, labels, idf, self.sublinear_tf, self.min_norm)
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

    def _select(self, counts: Counter[str], document_counts: Counter[str], n_texts: int) -> list[str]:
        """Return the keys to keep, sorted."""
        if not n_texts:
            raise InputError("no texts; expected at least one to learn terms from")
        least, most = _document_limit(self.min_df, n_texts), _document_limit(self.max_df, n_texts)
        kept = sorted(key for key, count in document_counts.items() if least <= count <= most)
        if self.max_features is not None:
            kept = sorted(sorted(kept, key=lambda key: -counts[key])[: self.max_features])
        if not kept:
            raise InputError(
                f"no terms left in {n_texts} texts with min_df={self.min_df}, max_df={self.max_df}; relax them"
            )
        return kept


def _is_count(value: object) -> bool:
    return isinstance(value, int | np.integer) and bool(value >= 0)


def _document_limit(limit: float, n_texts: int) -> float:
    return limit if _is_count(limit) else limit * n_texts


def _commonest(surfaces: Counter[str] | None) -> str:
    return min(surfaces, key=lambda form: (-surfaces[form], form)) if surfaces else ""


def _distinct(labels: list[str]) -> list[str]:
    """Return labels of which none stands for two terms: the word "AI" gives way to the acronym and is "ai"."""
    counts = Counter(labels)
    first = {label: position for position, label in reversed(list(enumerate(labels)))}
    return [
        label if counts[label] == 1 or first[label] == position else label.lower()
        for position, label in enumerate(labels)
    ]
