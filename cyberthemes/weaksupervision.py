"""Weak supervision: how probable each theme is in each of many texts, from a taxonomy's terms and few labels or none.

The road, in `soft_labels`:

1. Each text's taxonomy terms vote for their themes, and are struck out, or a theme would only learn its own terms.
2. Texts become TF-IDF weights of words; in the closed world also which words, and which pairs, they hold.
3. The words around the terms of a theme say what its other words are: a multinomial naive Bayes model for each view.
4. Expectation-maximisation (Nigam and others, 2000) takes in the texts without votes. It is annealed, bounds how many
   texts a theme may take, and keeps the voted texts' words as an anchor, so that a theme does not drift away.
5. Closed world: each text has one theme, and themes compete. Open world: each theme competes with a background, a few
   clusters of what it left over, so that themes may overlap and a text may have none; votes are the prior odds.
6. Known labels vote like terms, and hold throughout.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from scipy.special import logit, softmax

from cyberthemes.errors import InputError
from cyberthemes.gold import UNKNOWN, Labels, check_exclusive, label_matrix
from cyberthemes.nmf import factorize
from cyberthemes.presence import presence_in
from cyberthemes.taxonomy import Taxonomy, TermHit
from cyberthemes.terms import checked_texts
from cyberthemes.tokens import STOP_WORDS
from cyberthemes.vectorizer import TermVectorizer

__all__ = ["soft_labels"]

Floats = npt.NDArray[np.float64]
_TRUST: Final = 0.25  # of a hit's say, as votes are often wrong: a term of full weight makes even odds
_ROUNDS: Final = 25
_BY_WEIGHT: Final = (0.1, 1.5, 0.3)  # smoothing, first and last temperature: TF-IDF weights keep long texts modest
_BY_PRESENCE: Final = (0.3, 10.0, 3.0)
_BY_WEIGHT_IN_OPEN_WORLD: Final = (0.1, 1.4, 1.1)
_SLACK: Final = 3.0  # how many times more or fewer texts a theme may have than votes say
_FINAL_SLACK: Final = 2.0  # open world: the same, of the probabilities returned
_BACKGROUND_CLUSTERS: Final = 3
_OPEN_ANCHOR: Final = 1.0
_BALANCING_STEPS: Final = 20


def soft_labels(
    texts: Sequence[str], taxonomy: Taxonomy, *, known: Any = None, exclusive: bool = False
) -> npt.NDArray[np.float64]:
    """Return how probable each theme is in each text of a collection.

    Texts inform each other, so a text's row depends on the collection, which had better have a thousand texts or more.

    Parameters
    ----------
    texts : sequence of str
        Units of text, such as paragraphs.
    taxonomy : Taxonomy
        The themes and the terms that vote for them.
    known : array-like of shape (n_texts, n_themes), sequence of lists of theme ids, or None
        In an array 1 applies, 0 does not and -1 is unknown. Among lists, None is an unlabelled text.
    exclusive : bool, default False
        Whether each text has exactly one of the themes. If not, it may have any number of them, or none.

    Returns
    -------
    ndarray of float64, shape (n_texts, n_themes)
        From 0 to 1, and 1 or 0 where it is known. Rows sum to one if themes are exclusive.

    Raises
    ------
    InputError
        If a text is not a str, or the labels do not fit the texts, or leave an exclusive text other than one theme.

    Examples
    --------
    >>> from cyberthemes import Taxonomy, Term, Theme
    >>> themes = (Theme("sports", "Sports", terms=(Term("sports"),)), Theme("music", "Music", terms=(Term("music"),)))
    >>> texts = ["Sports: the team won", "Music: a new song", "The team lost", "Her song is old"]
    >>> soft_labels(texts, Taxonomy("demo", "1", themes=themes), exclusive=True).round().tolist()
    [[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.0, 1.0]]
    """
    texts = list(checked_texts(texts))
    labels, _ = label_matrix(known, taxonomy.theme_ids, len(texts)) if texts else (_no_labels(taxonomy), None)
    if exclusive:
        check_exclusive(labels)
    # From here on rows are in one order, whatever order they came in, so that it changes nothing.
    order = np.array(sorted(range(len(texts)), key=lambda row: (texts[row], labels[row].tobytes())), dtype=np.intp)
    evidence = _gather([texts[row] for row in order], taxonomy, labels[order], exclusive)
    learned = _closed_world(evidence) if exclusive else _open_world(evidence)
    return learned[np.argsort(order)]


def _no_labels(taxonomy: Taxonomy) -> Labels:
    return np.empty((0, len(taxonomy.themes)), dtype=np.int8)


# Evidence -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _View:
    """Texts as counts of words: all of them, and those around taxonomy terms; and how naive Bayes is to take them."""

    words: csr_matrix
    context: csr_matrix
    smoothing: float
    temperatures: Floats


@dataclass(frozen=True)
class _Evidence:
    """What texts say: their views, votes of the taxonomy's terms from 0 to 1, and labels."""

    views: tuple[_View, ...]
    votes: Floats
    labels: Labels


def _gather(texts: Sequence[str], taxonomy: Taxonomy, labels: Labels, exclusive: bool) -> _Evidence:
    """Let terms vote and strike them out; otherwise each theme would only learn its own terms again."""
    present = presence_in(texts, taxonomy)
    struck = [_strike_out(text, taxonomy.find(text)) for text in texts]
    by_weight = _counts(texts, struck, 1, min_df=2)
    if exclusive:
        views = [_view(by_weight, _BY_WEIGHT)]
        views += [_view(map(_is_present, _counts(texts, struck, n, min_df=3)), _BY_PRESENCE) for n in (1, 2)]
    else:
        views = [_view(by_weight, _BY_WEIGHT_IN_OPEN_WORLD)]
    return _Evidence(tuple(views), 1.0 - (1.0 - present) ** _TRUST, labels)


def _strike_out(text: str, hits: Sequence[TermHit]) -> str:
    """Return a text without its terms; hits come by place, and may overlap."""
    kept, end = [], 0
    for hit in hits:
        kept.append(text[end : max(hit.start, end)])
        end = max(end, hit.end)
    return " ".join([*kept, text[end:]])


def _counts(texts: Sequence[str], struck: Sequence[str], longest: int, min_df: int) -> tuple[csr_matrix, csr_matrix]:
    """Return TF-IDF weights of words, or also of pairs, in both; without columns if none is in enough texts."""
    min_df = min(min_df, len(texts))
    vectorizer = TermVectorizer(ngram_range=(1, longest), merge_inflections=True, stop_words=STOP_WORDS, min_df=min_df)
    try:
        return vectorizer.fit_transform(texts), vectorizer.transform(struck)
    except InputError:
        return csr_matrix((len(texts), 0)), csr_matrix((len(texts), 0))


def _is_present(weights: csr_matrix) -> csr_matrix:
    return (weights > 0).astype(np.float64)


def _view(counts: Iterable[csr_matrix], way: tuple[float, float, float]) -> _View:
    words, context = counts
    smoothing, first, last = way
    return _View(words, context, smoothing, np.geomspace(first, last, _ROUNDS))


# Expectation-maximisation ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Problem:
    """Texts to divide among classes.

    ``log_prior`` holds log-odds of each text and class, -inf where a label forbids it; ``anchors`` are, per view,
    distributions of words that count for so many times a class's own; ``lowest`` and ``highest`` bound the share of
    texts of a class.
    """

    views: tuple[_View, ...]
    log_prior: Floats
    anchors: list[Floats]
    lowest: Floats
    highest: Floats


def _learn(problem: _Problem, start: Floats) -> Floats:
    """Return the log-score of each text and class that annealed expectation-maximisation arrives at.

    High temperatures come first: decisions that are soft until all words have been heard find better optima
    (Ueda and Nakano, 1998). Views decide together in each round, which keeps any one of them from running away
    (Blum and Mitchell, 1998).
    """
    shares, scores = start, start
    for step in range(_ROUNDS):
        heard = [
            view.words @ _word_log_probabilities(shares, view.words, view.smoothing, anchors) / view.temperatures[step]
            for view, anchors in zip(problem.views, problem.anchors, strict=True)
        ]
        scores = sum(heard) / len(heard) + problem.log_prior
        shares = _balanced(scores, problem.lowest, problem.highest)
    return scores


def _word_log_probabilities(
    shares: Floats, words: csr_matrix, smoothing: float, anchors: Floats | float = 0.0
) -> Floats:
    """Return the logarithm of how probable each word is in each class, shape (n_words, n_classes)."""
    counts = shares.T @ words
    counts = counts + anchors * counts.sum(axis=1, keepdims=True) + smoothing
    probabilities: Floats = np.log(counts / counts.sum(axis=1, keepdims=True)).T
    return probabilities


def _balanced(scores: Floats, lowest: Floats, highest: Floats) -> Floats:
    """Return probabilities of classes, each class's mean held between bounds by a weight of its own.

    Without bounds a theme with few votes starves, and one with common words takes all.
    """
    log_weights = np.zeros(scores.shape[1])
    for _ in range(_BALANCING_STEPS):
        mass = softmax(scores + log_weights, axis=1).mean(axis=0)
        wanted = np.clip(mass, lowest, highest)
        if np.allclose(mass, wanted, rtol=1e-6, atol=0.0):
            break
        log_weights += np.log(np.maximum(wanted, 1e-12) / np.maximum(mass, 1e-12))
    probabilities: Floats = softmax(scores + log_weights, axis=1)
    return probabilities


def _anchors(votes: Floats, words: csr_matrix, strength: float) -> Floats:
    """Return, per class, the words of voted texts as shares, times a strength; zeros for a class without any."""
    counts = votes.T @ words
    anchors: Floats = strength * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1e-12)
    return anchors


# Worlds ---------------------------------------------------------------------------------------------------


def _closed_world(evidence: _Evidence) -> Floats:
    """Return probabilities of themes of which each text has one."""
    n_texts, n_themes = evidence.labels.shape
    if not n_texts:
        return np.empty((0, n_themes))
    voted = _sole_winners(evidence)
    coverage = voted.any(axis=1).mean()
    # Texts without a vote are taken to be of any theme: ten votes alone do not make a theme rare.
    share = voted.mean(axis=0) + (1.0 - coverage) / n_themes
    certain = (evidence.labels == 1).any(axis=1, keepdims=True) & (evidence.labels != 1)
    forbidden = (evidence.labels == 0) | certain
    # The more texts have votes, the better they stand for their theme.
    anchors = [_anchors(voted, view.words, 2.0 * coverage**2) for view in evidence.views]
    lowest, highest = share / _SLACK, np.minimum(_SLACK * share, 1.0)
    problem = _Problem(evidence.views, np.where(forbidden, -np.inf, 0.0), anchors, lowest, highest)
    heard = [
        view.context @ _word_log_probabilities(voted, view.context, view.smoothing) / view.temperatures[0]
        for view in evidence.views
    ]
    start = softmax(sum(heard) / len(heard) + problem.log_prior, axis=1)
    return _balanced(_learn(problem, start), lowest, highest)


def _sole_winners(evidence: _Evidence) -> Floats:
    """Return 1 for the theme with the most votes in a text, if there is just one; a label outvotes all."""
    votes = np.where(evidence.labels == UNKNOWN, evidence.votes, 2.0 * evidence.labels)
    best = (votes > 0) & (votes == votes.max(axis=1, keepdims=True))
    return np.where(best.sum(axis=1, keepdims=True) == 1, best, False).astype(np.float64)


def _open_world(evidence: _Evidence) -> Floats:
    """Return probabilities of themes that may overlap, and of which most texts may have none."""
    themes = zip(evidence.votes.T, evidence.labels.T, strict=True)
    view = replace(evidence.views[0], words=evidence.views[0].context)
    return np.column_stack([_theme_in_open_world(view, votes, labels) for votes, labels in themes])


def _theme_in_open_world(view: _View, votes: Floats, labels: Labels) -> Floats:
    """Return one theme's probabilities: it is learned against the rest as a whole, then against clusters of the rest.

    Clusters of all other texts at once would take the theme's own texts in.
    """
    votes = np.where(labels == UNKNOWN, votes, labels)
    words = view.words
    if not votes.any() or not words.shape[1]:
        return votes
    anchor = _anchors(votes[:, None], words, _OPEN_ANCHOR)
    share, shares = votes.mean(), votes
    for n_clusters in (1, _BACKGROUND_CLUSTERS):
        problem = _Problem(
            (view,),
            _open_log_prior(votes, labels, n_clusters),
            [np.pad(anchor, ((0, n_clusters), (0, 0)))],
            np.append(share / _SLACK, np.zeros(n_clusters)),
            np.append(min(_SLACK * share, 1.0), np.ones(n_clusters)),
        )
        start = np.column_stack([shares, _clusters(words, 1.0 - shares, n_clusters)])
        scores = _learn(problem, start)
        shares = _balanced(scores, problem.lowest, problem.highest)[:, 0]
    highest = np.append(min(_FINAL_SLACK * share, 1.0), problem.highest[1:])
    probabilities: Floats = _balanced(scores, problem.lowest, highest)[:, 0]
    return probabilities


def _open_log_prior(votes: Floats, labels: Labels, n_clusters: int) -> Floats:
    """Return log-odds of the theme, by how far a text's vote exceeds the mean one, and zeros for the background."""
    prior = np.zeros((len(votes), 1 + n_clusters))
    odds = logit(np.clip(np.append(votes, votes.mean()), 1e-4, 1.0 - 1e-4))
    prior[:, 0] = np.maximum(odds[:-1] - odds[-1], 0.0)
    prior[labels == 0, 0] = -np.inf
    prior[labels == 1, 1:] = -np.inf
    return prior


def _clusters(words: csr_matrix, weights: Floats, n_clusters: int) -> Floats:
    """Return weighted texts divided among clusters, by the largest component of a non-negative factorisation."""
    if n_clusters == 1:
        return weights[:, None]
    found = factorize(csr_matrix(words.multiply(weights[:, None]), dtype=np.float32), n_clusters)
    nearest = (found.weights * np.linalg.norm(found.components, axis=1)).argmax(axis=1)
    divided: Floats = np.eye(n_clusters)[nearest] * weights[:, None]
    return divided
