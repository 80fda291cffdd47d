"""How topics are put into words: which terms are shown, in which order, and the label.

A topic's heaviest terms are often a mixed bag. Those shown are chosen one by one, each for its weight in the topic and
for how far it stands together with those chosen before; a term is shown in the topic where it weighs most.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from cyberthemes.coherence import mean_npmi
from cyberthemes.taxonomy import Taxonomy, Theme
from cyberthemes.tokens import inflection_key

__all__ = ["label_from_terms", "matching_theme", "order_terms", "without_pieces"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

N_SHOWN: Final = 10
N_CHOSEN: Final = 30  # terms chosen for mutual support; any further ones follow by weight
_POOL: Final = 20  # each is chosen among so many that weigh most
_PHRASE_WEIGHS: Final = 0.5  # of its heaviest piece, for a phrase to stand for its pieces
_WEIGHT_COUNTS: Final = 0.4  # and mutual support the rest


def order_terms(
    components: npt.ArrayLike, labels: Sequence[str], npmi_of: Callable[[Integers], Floats]
) -> tuple[list[Integers], npt.NDArray[np.float64]]:
    """Return the terms that each topic shows first, in order, and how coherent the first ten are.

    Parameters
    ----------
    components : array-like, shape (n_topics, n_terms)
        Term weights, not negative.
    labels : sequence of str
        How each term is shown.
    npmi_of : callable
        Gives the NPMI matrix of some columns, as `cyberthemes.collection.Collection.npmi`.

    Returns
    -------
    orders : list of ndarray of int64
        Columns, at most `N_CHOSEN` a topic, of terms that weigh anything.
    coherence : ndarray of float64, shape (n_topics,)
        The mean NPMI of the first ten.
    """
    weights = np.asarray(components, dtype=np.float64)
    owned = _owned(weights)
    pools = [
        without_pieces(_ranked(row, own)[: N_CHOSEN + _POOL], row, labels)
        for row, own in zip(weights, owned, strict=True)
    ]
    columns = np.unique(np.concatenate([np.empty(0, dtype=np.int64), *pools]))
    support = npmi_of(columns)
    orders: list[Integers] = []
    coherence: list[float] = []
    for row, own, pool in zip(weights, owned, pools, strict=True):
        places = np.searchsorted(columns, pool)
        chosen = _choose(row[pool], own[pool], support[np.ix_(places, places)])
        orders.append(pool[chosen])
        coherence.append(mean_npmi(support, places[chosen[:N_SHOWN]].tolist()))
    return orders, np.array(coherence, dtype=np.float64)


def _owned(weights: Floats) -> npt.NDArray[np.bool_]:
    """Return which terms weigh most in which topic, each topic's weights scaled to sum 1."""
    sums = weights.sum(axis=1, keepdims=True)
    shares = weights / np.where(sums > 0, sums, 1.0)
    owned: npt.NDArray[np.bool_] = (shares >= shares.max(axis=0, initial=0)) & (weights > 0)
    return owned


def _ranked(weights: Floats, owned: npt.NDArray[np.bool_]) -> Integers:
    """Return a topic's columns by weight, its own before those that weigh more in another topic."""
    return np.lexsort((-weights, ~owned))[: np.count_nonzero(weights)]


def without_pieces(pool: Integers, weights: Floats, labels: Sequence[str]) -> Integers:
    """Return some terms without those that are a piece of another: the longer stays if it weighs enough.

    Parameters
    ----------
    pool : ndarray of int64, shape (n_pool,)
        Columns.
    weights : ndarray of float64, shape (n_terms,)
        What each term of the vocabulary weighs.
    labels : sequence of str
        How each term of the vocabulary is shown.

    Returns
    -------
    ndarray of int64
        In the order given: a phrase of at least half the weight of its heaviest piece without its pieces, other pieces
        without the phrase.
    """
    words = {term: frozenset(inflection_key(word) for word in labels[term].split()) for term in pool.tolist()}
    phrases = [term for term in words if len(words[term]) > 1]
    dropped: set[int] = set()
    for phrase in sorted(phrases, key=lambda term: -len(words[term])):
        pieces = [term for term in words if words[term] < words[phrase] and term not in dropped]
        if phrase not in dropped and pieces:
            enough = weights[phrase] >= _PHRASE_WEIGHS * max(weights[term] for term in pieces)
            dropped.update(pieces if enough else [phrase])
    return np.array([term for term in pool.tolist() if term not in dropped], dtype=np.int64)


def _choose(weights: Floats, owned: npt.NDArray[np.bool_], support: Floats) -> list[int]:
    """Return positions in the order chosen: each time the best, by weight and support, of the first `_POOL` left.

    The topic's own terms stand first, and while one is left no other is taken.
    """
    relative = weights / weights.max(initial=1e-12)
    left = list(range(len(weights)))
    chosen: list[int] = []
    while left and len(chosen) < N_CHOSEN:
        pool = [place for place in left[:_POOL] if owned[place]] or left[:_POOL]
        mutual = support[np.ix_(pool, chosen)].mean(axis=1) if chosen else np.zeros(len(pool))
        best = pool[int(np.argmax(_WEIGHT_COUNTS * relative[pool] + (1 - _WEIGHT_COUNTS) * mutual))]
        chosen.append(best)
        left.remove(best)
    return chosen


# Labels ---------------------------------------------------------------------------------------------------

_TERMS_IN_LABEL: Final = 3
_TELLING: Final = 0.35  # of the heaviest term's weight: enough for a phrase to lead a label


def label_from_terms(terms: Sequence[tuple[str, float]]) -> str:
    """Return a topic's label: a phrase of its own if one weighs enough, then its first terms, each word once.

    Parameters
    ----------
    terms : sequence of tuple of str, float
        Terms and weights, in the order in which they are shown.

    Returns
    -------
    str

    Examples
    --------
    >>> label_from_terms([("balloon", 0.5), ("spy balloon", 0.4), ("Pentagon", 0.3), ("airspace", 0.2)])
    'spy balloon, Pentagon, airspace'
    """
    first = terms[:N_SHOWN]
    heaviest = max((weight for _, weight in first), default=0.0)
    phrases = [term for term, weight in first if " " in term and weight >= _TELLING * heaviest]
    words: set[str] = set()
    label: list[str] = []
    for term in [*phrases[:1], *(term for term, _ in first)]:
        new = set(term.lower().split())
        if not new & words and len(label) < _TERMS_IN_LABEL:
            label.append(term)
            words |= new
    return ", ".join(label)


_LEAST_MATCH: Final = 0.3
_CLEAR_LEAD: Final = 1.5


def matching_theme(terms: Sequence[tuple[str, float]], taxonomy: Taxonomy) -> Theme | None:
    """Return the theme that a topic is clearly about, if there is one.

    Parameters
    ----------
    terms : sequence of tuple of str, float
        Terms and weights, in the order in which they are shown.
    taxonomy : Taxonomy
        Whose terms to look for in the topic's.

    Returns
    -------
    Theme or None
        The theme whose terms hold at least 0.3 of the weight of the first ten, and half again as much as the next.
    """
    first = terms[:N_SHOWN]
    total = sum(weight for _, weight in first)
    matched = dict.fromkeys(taxonomy.theme_ids, 0.0)
    for term, weight in first:
        strongest: dict[str, float] = {}
        for hit in taxonomy.find(term):
            strongest[hit.theme] = max(strongest.get(hit.theme, 0.0), hit.weight)
        for theme_id, hit_weight in strongest.items():
            matched[theme_id] += weight * hit_weight
    best, *others = sorted(matched.items(), key=lambda item: -item[1])
    lead = best[1] >= _CLEAR_LEAD * max((weight for _, weight in others), default=0.0)
    return taxonomy.theme(best[0]) if total and lead and best[1] >= _LEAST_MATCH * total else None
