"""`ThemeTagger`, the scikit-learn estimator that learns a `Tagger` from a taxonomy, texts and labels.

Per theme it fits a linear support vector machine on TF-IDF terms and on the presence of the theme's taxonomy terms;
scores of held-out folds then calibrate it and set its threshold. Where labels are missing,
`cyberthemes.weaksupervision` says from the taxonomy's terms how probable each theme is, and the machine learns that.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence, Sized
from dataclasses import dataclass
from numbers import Real
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from joblib import Parallel, delayed
from scipy.sparse import csr_matrix, hstack
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import GroupKFold
from sklearn.svm import LinearSVC
from sklearn.utils.validation import check_is_fitted

from cyberthemes.calibration import calibrate_each, calibrate_exclusive, probabilities_of, thresholds_of
from cyberthemes.errors import InputError
from cyberthemes.gold import UNKNOWN, Labels, check_exclusive, full_weight, label_matrix
from cyberthemes.lessons import Lesson, with_relevance
from cyberthemes.presence import presence_in
from cyberthemes.relevance import Relevance
from cyberthemes.tagging import Tagger
from cyberthemes.taxonomy import Taxonomy
from cyberthemes.terms import TermIndex, checked_texts
from cyberthemes.tokens import STOP_WORDS
from cyberthemes.vectorizer import TermVectorizer
from cyberthemes.weaksupervision import soft_labels

__all__ = ["ThemeTagger"]

Floats = npt.NDArray[np.float64]
_WEAK_PRESENCE_SCALE: Final = 1.0  # where terms are the only teacher, they are trusted
_FEWEST_LABELS: Final = 5  # of each kind, below which a theme's terms teach and calibrate beside its labels
_MISTAKEN_FOR_OFF_TOPIC: Final = 0.005  # of held-out texts with a theme
_LARGEST: Final = 1e6  # with more, the solver may never end
_MIN_NORM: Final = 15.0  # some four rare words: a heading of two says less than a paragraph


class ThemeTagger(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """Learn to tag texts with the themes of a taxonomy.

    Parameters
    ----------
    taxonomy : Taxonomy
        The themes; their order is the order of columns.
    C : float, default 0.5
        Inverse strength of the regularisation.
    presence_scale : float, default 0.15
        The size of full presence of a theme's taxonomy terms, beside a TF-IDF vector of length 1; a larger value
        trusts the terms more. Themes without any label take 1.
    min_df : int or float, default 2
        In how many texts a term must stand; see `TermVectorizer`.
    weak_weight : float, default 0.2
        How much a text without labels counts beside one with labels.
    exclusive : bool, default False
        Whether exactly one theme applies to each text; a text without known terms gets none all the same.
    ngram_range : tuple of int, default (1, 1)
        Smallest and largest number of words in a term, beside the taxonomy's phrases; (1, 2) makes a model several
        times as large, which is worth it where there are many labels and few terms.
    stop_words : collection of str
        Words that are no terms; none are worth dropping where "you", "may" and "not" matter, as in contracts.
    index : TermIndex or None, default None
        The vocabulary and its weighting; None learns them from the texts.
    n_folds : int, default 5
        Folds whose held-out scores calibrate; at least 2.
    n_jobs : int or None, default None
        Folds fitted at once; the result does not depend on it.

    Attributes
    ----------
    tagger_ : Tagger
        The learned model, which works without scikit-learn.
    theme_ids_ : tuple of str
        The themes, in column order.
    held_out_ : ndarray of float64, shape (n_texts, n_themes)
        The calibrated probability of each text from the fold that did not train on it.
    held_out_predictions_ : ndarray of bool, shape (n_texts, n_themes)
        Which themes that fold gives each text: probable enough, and the text on topic.
    transduction_ : ndarray of float64, shape (n_texts, n_themes)
        What was learned from: 1 or 0 where a label is known, the probability from terms where a text has none. Without
        labels these are the best answers for the fitted texts; `tagger_` is what of them is linear in the words.

    Examples
    --------
    >>> from cyberthemes import Taxonomy, Term, Theme
    >>> themes = (Theme("5g", "5G", terms=(Term("5G"),)), Theme("ai", "AI", terms=(Term("AI"),)))
    >>> texts = ["5G base stations", "AI models", "Rain in May", "New 5G masts", "AI chatbots", "Quiet streets"] * 3
    >>> estimator = ThemeTagger(Taxonomy("demo", "1", themes=themes)).fit(texts)
    >>> estimator.predict(["Masts for 5G", "Rain on quiet streets"]).tolist()
    [[True, False], [False, False]]
    """

    def __init__(
        self,
        taxonomy: Taxonomy,
        *,
        C: float = 0.5,
        presence_scale: float = 0.15,
        min_df: float = 2,
        weak_weight: float = 0.2,
        exclusive: bool = False,
        ngram_range: tuple[int, int] = (1, 1),
        stop_words: Collection[str] = STOP_WORDS,
        index: TermIndex | None = None,
        n_folds: int = 5,
        n_jobs: int | None = None,
    ) -> None:
        self.taxonomy = taxonomy
        self.C = C
        self.presence_scale = presence_scale
        self.min_df = min_df
        self.weak_weight = weak_weight
        self.exclusive = exclusive
        self.ngram_range = ngram_range
        self.stop_words = stop_words
        self.index = index
        self.n_folds = n_folds
        self.n_jobs = n_jobs

    def fit(
        self,
        texts: Sequence[str],
        labels: Any = None,
        groups: Sequence[Any] | None = None,
        sample_weight: npt.ArrayLike | None = None,
    ) -> ThemeTagger:
        """Learn from units of text, such as paragraphs.

        Parameters
        ----------
        texts : sequence of str
            Units of text; they are not split.
        labels : array-like of shape (n_texts, n_themes), sequence of lists of theme ids, or None
            In an array 1 applies, 0 does not and -1 is unknown or borderline and left out. Among lists, None
            is an unlabelled text. None throughout, or a theme without a known label: the taxonomy's terms supervise.
        groups : sequence or None
            The document of each unit, so that no document is in two folds.
        sample_weight : array-like of shape (n_texts,) or None
            How much each unit counts, above 0; None is 1. Units of less than 1 teach words, but calibration and
            thresholds go by the others, if there are any.

        Returns
        -------
        self

        Raises
        ------
        InputError
            If texts, labels, groups and weights do not fit together, or there are too few texts.
        """
        self._check_settings()
        texts = list(checked_texts(texts))
        if len(texts) < 2 or self.n_folds < 2:
            raise InputError(f"{len(texts)} texts to learn from in {self.n_folds} folds; expected at least 2 of each")
        known, is_labelled = label_matrix(labels, self.taxonomy.theme_ids, len(texts))
        if self.exclusive:
            check_exclusive(known)
        members = self._members(len(texts), groups)
        # From here on rows are in one order, whatever order they came in, so that it changes nothing.
        counts = _checked_weights(sample_weight, len(texts))
        order = np.array(
            sorted(range(len(texts)), key=lambda row: (texts[row], known[row].tobytes(), members[row], counts[row]))
        )
        known, counts = known[order], counts[order]
        lesson = self._lesson([texts[row] for row in order], known, is_labelled[order], counts)
        scores = self._held_out_scores(lesson, self._folds([members[row] for row in order]))
        back = np.argsort(order)
        self.theme_ids_ = self.taxonomy.theme_ids
        self.transduction_: Floats = lesson.targets[back, : len(self.theme_ids_)]
        model = _fit_model(self, lesson, np.arange(len(texts)))
        self.tagger_, log_odds = self._calibrated(model, scores, lesson, known, full_weight(counts))
        self.held_out_: Floats = probabilities_of(log_odds, self.exclusive)[back]
        self.held_out_predictions_: npt.NDArray[np.bool_] = _predictions(self.tagger_, scores, log_odds)[back]
        return self

    def predict_proba(self, texts: Sequence[str]) -> Floats:
        """Return `Tagger.predict_proba`: ndarray of float64, shape (n_texts, n_themes)."""
        check_is_fitted(self, "tagger_")
        return self.tagger_.predict_proba(texts)

    def predict(self, texts: Sequence[str]) -> npt.NDArray[np.bool_]:
        """Return `Tagger.predict`: ndarray of bool, shape (n_texts, n_themes)."""
        check_is_fitted(self, "tagger_")
        return self.tagger_.predict(texts)

    def score(self, texts: Sequence[str], labels: Any) -> float:
        """Return the micro-F1 of `predict` against labels, with -1 ignored.

        Parameters
        ----------
        texts : sequence of str
            Units of text.
        labels : as for `fit`

        Returns
        -------
        float
            From 0 to 1; 0 if nothing applies and nothing is predicted.
        """
        known, _ = label_matrix(labels, self.taxonomy.theme_ids, len(texts))
        predicted = self.predict(texts)
        right = int((predicted & (known == 1)).sum())
        wrong = int((predicted & (known == 0)).sum()) + int((~predicted & (known == 1)).sum())
        return 2 * right / (2 * right + wrong) if right or wrong else 0.0

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.classifier_tags.multi_label = True
        return tags

    def _check_settings(self) -> None:
        if not isinstance(self.taxonomy, Taxonomy):
            raise InputError(f"taxonomy={self.taxonomy!r:.60}; expected a Taxonomy, such as Taxonomy.read gives")
        if not (self.index is None or isinstance(self.index, TermIndex)):
            raise InputError(f"index={self.index!r:.60}; expected a TermIndex or None")
        if not isinstance(self.n_folds, int | np.integer):
            raise InputError(f"n_folds={self.n_folds!r:.60}; expected a whole number of at least 2")
        if not isinstance(self.min_df, Real | float):
            raise InputError(f"min_df={self.min_df!r:.60}; expected a number of texts or a share of them")
        for name in ("C", "presence_scale", "weak_weight"):
            value = getattr(self, name)
            if not isinstance(value, Real) or not 0 <= float(value) <= _LARGEST or (name == "C" and not value):
                raise InputError(f"{name}={value!r:.60}; expected a number above 0 and up to {_LARGEST:,.0f}")

    def _lesson(self, texts: list[str], known: Labels, is_labelled: npt.NDArray[np.bool_], counts: Floats) -> Lesson:
        """Return what each text teaches: its labels, or else what the taxonomy's terms say of it."""
        present = presence_in(texts, self.taxonomy)
        targets, weights = np.maximum(known, 0).astype(np.float64), (known != UNKNOWN).astype(np.float64)
        trust, scales = weights.copy(), np.full(known.shape[1], self.presence_scale)
        untaught = np.minimum((known == 1).sum(axis=0), (known == 0).sum(axis=0)) < _FEWEST_LABELS
        if self.exclusive:
            untaught |= untaught.any()
        has_open_rows = not is_labelled.all() or (self.exclusive and not (known == 1).any(axis=1).all())
        if has_open_rows or not (known != UNKNOWN).any(axis=0).all():
            targets = soft_labels(texts, self.taxonomy, known=known, exclusive=self.exclusive)
            weights[~is_labelled] = self.weak_weight
            left_to_terms = untaught & (~is_labelled[:, None] | (known == UNKNOWN).all(axis=0))
            weights[left_to_terms] = trust[left_to_terms] = 1.0
            scales[untaught] = _WEAK_PRESENCE_SCALE
        lesson = Lesson(texts, present, targets, weights * counts[:, None], trust, scales)
        return lesson if self.exclusive else with_relevance(lesson, known)

    def _held_out_scores(self, lesson: Lesson, folds: Sequence[npt.NDArray[np.intp]]) -> Floats:
        """Return the scores of each text from a model that learned from the other folds."""
        scores = np.empty(lesson.targets.shape)
        tasks = (delayed(_scores_of_fold)(self, lesson, fold) for fold in folds)
        for fold, held_out in zip(folds, Parallel(n_jobs=self.n_jobs)(tasks), strict=True):
            scores[fold] = held_out
        return scores

    def _calibrated(
        self, model: _Model, scores: Floats, lesson: Lesson, known: Labels, typical: npt.NDArray[np.intp]
    ) -> tuple[Tagger, Floats]:
        """Return the tagger of a model whose held-out scores are known, and these scores as calibrated log-odds."""
        n_themes = len(self.taxonomy.themes)
        themes = lesson if len(typical) == len(known) else lesson.part(typical)
        calibrate = calibrate_exclusive if self.exclusive else calibrate_each
        slopes, offsets = calibrate(
            scores[typical, :n_themes], themes.targets[:, :n_themes], themes.trust[:, :n_themes]
        )
        log_odds = slopes * scores[:, :n_themes] + offsets
        tagger = Tagger(
            self.taxonomy,
            model.index,
            (model.term_weights[:, :n_themes] * slopes).astype(np.float32),
            (model.presence_weights[:n_themes] * slopes).astype(np.float32),
            model.bias[:n_themes] * slopes + offsets,
            np.zeros(n_themes) if self.exclusive else thresholds_of(log_odds[typical], known[typical]),
            themes.prevalence(n_themes, self.exclusive),
            self.exclusive,
            _relevance(model, scores[typical], known[typical]),
        )
        return tagger, log_odds

    def _members(self, n_texts: int, groups: Sequence[Any] | None) -> list[str]:
        """Return the name of each text's group; without groups each text is one."""
        if groups is None:
            return [""] * n_texts
        if not isinstance(groups, Sized):
            raise InputError(f"groups: found {type(groups).__name__}; expected one for each text")
        if len(groups) != n_texts:
            raise InputError(f"{len(groups)} groups for {n_texts} texts; expected as many of each")
        return [repr(group) for group in groups]

    def _folds(self, members: Sequence[str]) -> list[npt.NDArray[np.intp]]:
        """Return the rows of each fold, no group in two of them."""
        numbers: dict[str | int, int] = {}
        grouped = [numbers.setdefault(name or row, len(numbers)) for row, name in enumerate(members)]
        n_folds = min(self.n_folds, len(numbers))
        if n_folds < 2:
            raise InputError("all texts are of one group; expected at least 2, so that some can be held out")
        return [held_out for _, held_out in GroupKFold(n_folds).split(members, groups=grouped)]


def _checked_weights(weights: npt.ArrayLike | None, n_texts: int) -> Floats:
    if weights is None:
        return np.ones(n_texts)
    try:
        checked = np.asarray(weights, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"sample_weight: {error}; expected {n_texts} numbers above 0") from error
    if checked.shape != (n_texts,) or not (np.isfinite(checked) & (checked > 0)).all():
        raise InputError(f"sample_weight of shape {checked.shape}; expected {n_texts} numbers above 0")
    return checked


def _relevance(model: _Model, scores: Floats, known: Labels) -> Relevance | None:
    """Return what tells texts that are off topic, if it was learned; it may err on few of those that have a theme."""
    n_themes = known.shape[1]
    on_topic = (known == 1).any(axis=1)
    if scores.shape[1] == n_themes or not on_topic.any():
        return None
    threshold = np.quantile(scores[on_topic, n_themes], _MISTAKEN_FOR_OFF_TOPIC)
    weights = model.term_weights[:, n_themes].astype(np.float32)
    return Relevance(weights, float(model.bias[n_themes]), float(threshold), n_themes)


def _predictions(tagger: Tagger, scores: Floats, log_odds: Floats) -> npt.NDArray[np.bool_]:
    """Return which themes a tagger gives texts, from their scores, the last of which may be that of relevance."""
    if tagger.exclusive:
        best: npt.NDArray[np.bool_] = np.arange(log_odds.shape[1]) == log_odds.argmax(axis=1)[:, None]
        return best
    applies = probabilities_of(log_odds, exclusive=False) >= tagger.thresholds
    if tagger.relevance:
        applies &= scores[:, -1:] >= tagger.relevance.threshold
    return np.asarray(applies, dtype=np.bool_)


@dataclass(frozen=True)
class _Model:
    """Uncalibrated weights: a text's scores are ``bias + tfidf @ term_weights + presence * presence_weights``."""

    index: TermIndex
    term_weights: Floats
    presence_weights: Floats
    bias: Floats


def _fit_model(settings: ThemeTagger, lesson: Lesson, rows: npt.NDArray[np.intp]) -> _Model:
    """Return what some rows teach; of their columns only one at a time is copied, since there may be a million rows."""
    texts = [lesson.texts[row] for row in rows]
    index = settings.index or _learned_index(settings, texts)
    tfidf = _matrix(index, texts)
    fitted = [
        _support_vector_machine(
            tfidf,
            lesson.present[rows, column] * lesson.scales[column],
            lesson.targets[rows, column],
            lesson.weights[rows, column],
            settings.C,
        )
        for column in range(len(lesson.scales))
    ]
    coefficients = np.stack([weights for weights, _ in fitted], axis=1)
    bias = np.array([intercept for _, intercept in fitted])
    return _Model(index, coefficients[:-1], coefficients[-1] * lesson.scales, bias)


def _learned_index(settings: ThemeTagger, texts: Sequence[str]) -> TermIndex:
    phrases = dict.fromkeys(term.text for theme in settings.taxonomy.themes for term in theme.terms)
    vectorizer = TermVectorizer(
        ngram_range=settings.ngram_range,
        phrases=tuple(phrases),
        merge_inflections=True,
        stop_words=settings.stop_words,
        min_df=min(settings.min_df, len(texts)),
        min_norm=_MIN_NORM,
    )
    return vectorizer.fit(texts).index_


def _matrix(index: TermIndex, texts: Sequence[str]) -> csr_matrix:
    rows = index.rows(texts)
    return csr_matrix((rows.data, rows.indices, rows.indptr), shape=(len(texts), len(index)))


def _scores_of_fold(settings: ThemeTagger, lesson: Lesson, held_out: npt.NDArray[np.intp]) -> Floats:
    model = _fit_model(settings, lesson, np.setdiff1d(np.arange(len(lesson.texts)), held_out))
    unseen = lesson.part(held_out)
    scores: Floats = (
        _matrix(model.index, unseen.texts) @ model.term_weights + unseen.present * model.presence_weights + model.bias
    )
    return scores


def _support_vector_machine(
    tfidf: csr_matrix, presence: Floats, targets: Floats, weights: Floats, C: float
) -> tuple[Floats, float]:
    """Return weights and bias of a linear support vector machine; a target between 0 and 1 counts in part as each."""
    positive, negative = np.flatnonzero(weights * targets), np.flatnonzero(weights * (1.0 - targets))
    share = (0.5 + (weights * targets).sum()) / (1.0 + weights.sum())
    if not len(positive) or not len(negative):
        return np.zeros(tfidf.shape[1] + 1), float(np.log(share / (1.0 - share)))
    rows = np.concatenate([positive, negative])
    features = hstack([tfidf[rows], csr_matrix(presence[rows, None])], format="csr")
    classes = np.repeat([1, 0], [len(positive), len(negative)])
    trust = np.concatenate([(weights * targets)[positive], (weights * (1.0 - targets))[negative]])
    # The dual solver draws from a generator that threads share.
    fitted = LinearSVC(C=C, dual=False).fit(features, classes, sample_weight=trust)
    return fitted.coef_[0], float(fitted.intercept_[0])
