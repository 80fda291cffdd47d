"""Topics over time and by source: shares with intervals, each period's own terms, and terms that rise within a topic.

The topics stay as they were learned, so that periods and sources compare; what differs is which texts they are in.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, get_args

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.utils.validation import check_is_fitted

from cyberthemes.collection import strings_of
from cyberthemes.errors import InputError
from cyberthemes.periods import Every, period_name, period_number, periods_between
from cyberthemes.topics import TopicModel
from cyberthemes.wording import without_pieces

__all__ = ["RisingTerm", "TopicShare", "rising_terms", "topics_by_source", "topics_over_time"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Text = str | Sequence[str]
_RESAMPLES: Final = 1_000
_RESAMPLES_AT_ONCE: Final = 50
_INTERVAL: Final = (0.025, 0.975)
_N_TERMS: Final = 5
_POOL: Final = 20  # terms to choose them from
_PULL: Final = 20.0  # texts' worth of the topic as it is overall, in the terms of a period or source


@dataclass(frozen=True, slots=True)
class TopicShare:
    """How much of a period's or a source's texts a topic has.

    Attributes
    ----------
    group : str
        The period, such as "2022-03", or the source.
    topic : str or None
        The topic's id; None stands for the texts that no topic explains.
    label : str
    n_texts : int
        Texts of the group, whatever their topic.
    share : float or None
        The share of them in which it is the strongest topic; None in an empty period.
    low, high : float or None
        A 95 % interval of the share, by resampling documents; None where there are fewer than two.
    terms : tuple of str
        The topic's heaviest terms in this group, with the texts' weights as they are.
    """

    group: str
    topic: str | None
    label: str
    n_texts: int
    share: float | None
    low: float | None
    high: float | None
    terms: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dict of plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class RisingTerm:
    """A term that stands more often in a topic's later texts than in its earlier ones.

    ``z`` is how many standard errors its log-odds rose; ``early`` and ``late`` are the shares of texts that hold it.
    """

    term: str
    z: float
    early: float
    late: float

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dict of plain values."""
        return asdict(self)


def topics_over_time(
    model: TopicModel,
    texts: Iterable[Text],
    dates: Iterable[str | None],
    every: Every = "month",
    *,
    documents: Iterable[Hashable] | None = None,
    random_state: int = 0,
) -> list[TopicShare]:
    """Return each topic's share of the texts of each period, empty periods between the first and the last included.

    Parameters
    ----------
    model : TopicModel
        Fitted.
    texts : iterable of str or of lists of str
    dates : iterable of str or None
        Each text's date, ``YYYY-MM-DD`` and whatever follows, or ``YYYY-MM`` or ``YYYY`` where that is enough; texts
        without a date are left out.
    every : {"year", "quarter", "month", "day"}, default "month"
        The length of a period.
    documents : iterable or None, default None
        What each text is part of, so that paragraphs of one article are drawn together; None takes each by itself.
    random_state : int, default 0
        Seed of the resampling.

    Returns
    -------
    list of TopicShare
        By period, then topic, those without topic last.

    Raises
    ------
    InputError
        If a date cannot be read, or the lengths differ.
    """
    texts, dates = strings_of(texts), _listed("dates", dates)
    if every not in get_args(Every):
        raise InputError(f"every={every!r}; expected one of {', '.join(get_args(Every))}")
    numbers = [_number(position, date, every) for position, date in enumerate(dates)]
    names = [None if number is None else period_name(number, every) for number in numbers]
    periods = periods_between([number for number in numbers if number is not None], every)
    return _shares(model, texts, names, periods, documents, random_state)


def topics_by_source(
    model: TopicModel,
    texts: Iterable[Text],
    sources: Iterable[str | None],
    *,
    documents: Iterable[Hashable] | None = None,
    random_state: int = 0,
) -> list[TopicShare]:
    """Return each topic's share of the texts of each source.

    Parameters
    ----------
    model : TopicModel
        Fitted.
    texts : iterable of str or of lists of str
    sources : iterable of str or None
        Each text's source; texts without one are left out.
    documents : iterable or None, default None
        As in `topics_over_time`.
    random_state : int, default 0
        Seed of the resampling.

    Returns
    -------
    list of TopicShare
        By source, the one with the most texts first, then topic.

    Raises
    ------
    InputError
        If the lengths differ.
    """
    texts, sources = strings_of(texts), [source or None for source in _listed("sources", sources)]
    for position, source in enumerate(sources):
        if not isinstance(source, str | None):
            raise InputError(f"source {position}: found {type(source).__name__}; expected str or None")
    counts = {source: sources.count(source) for source in set(sources) if source is not None}
    groups = sorted(counts, key=lambda source: (-counts[source], source))
    return _shares(model, texts, sources, groups, documents, random_state)


def rising_terms(
    model: TopicModel, texts: Iterable[Text], dates: Iterable[str | None], topic_id: str, n: int = 10
) -> list[RisingTerm]:
    """Return the terms that rise within a topic, from the earlier to the later half of its texts.

    Log-odds of each half are compared under a prior of all the topic's texts (Monroe, Colaresi and Quinn, 2008), so
    that rare terms do not rise by accident.

    Parameters
    ----------
    model : TopicModel
        Fitted.
    texts : iterable of str or of lists of str
    dates : iterable of str or None
        Each text's date; texts without one are left out.
    topic_id : str
    n : int, default 10
        How many terms, at most; only those that rise by two standard errors or more.

    Returns
    -------
    list of RisingTerm
        The steepest first.

    Raises
    ------
    InputError
        If the topic is unknown, a date cannot be read, or the lengths differ.
    """
    if not isinstance(n, int | np.integer) or n < 0:
        raise InputError(f"n={n!r}; expected a whole number of at least 0")
    check_is_fitted(model, "space_")
    texts, dates = strings_of(texts), _listed("dates", dates)
    _check_lengths(len(texts), dates=dates)
    (column,) = model.space_.columns([topic_id])
    days = [_number(position, date, "day") for position, date in enumerate(dates)]
    X = model.space_.rows(texts)
    own = model.space_.strongest(X, model.space_.weigh(X)) == column
    dated = sorted((day, row) for row, day in enumerate(days) if own[row] and day is not None)
    rows = [row for _, row in dated]
    half = _nearest_change(dated)
    early, late = (np.bincount(X[part].indices, minlength=X.shape[1]) for part in (rows[:half], rows[half:]))
    z = _log_odds_rise(early, late)
    pool = np.argsort(-z, kind="stable")[: np.count_nonzero(z >= _TWO_ERRORS)]
    steepest = without_pieces(pool, z, model.space_.index.labels)[:n]
    return [
        RisingTerm(
            model.space_.index.labels[term],
            float(z[term]),
            float(early[term] / max(half, 1)),
            float(late[term] / max(len(rows) - half, 1)),
        )
        for term in steepest
    ]


def _number(position: int, date: Any, every: Every) -> int | None:
    """Return the number of a date's period, None if there is no date."""
    if not date:
        return None
    number = period_number(date, every) if isinstance(date, str) else None
    if number is None:
        raise InputError(f"date {position}: {date!r}; expected YYYY-MM-DD, as far as a {every} needs it")
    return number


def _nearest_change(dated: Sequence[tuple[int, int]]) -> int:
    """Return where to part texts sorted by day into two: near the middle, those of one day together."""
    changes = [place for place in range(1, len(dated)) if dated[place][0] != dated[place - 1][0]]
    return min(changes, key=lambda place: abs(2 * place - len(dated)), default=0)


_TWO_ERRORS: Final = 2.0
_TINY: Final = 1e-9
_PRIOR_WEIGHT: Final = 0.1  # of the counts of both halves together


def _log_odds_rise(early: Integers, late: Integers) -> Floats:
    prior = _PRIOR_WEIGHT * (early + late) + 0.01
    odds = []
    for counts in (early, late):
        smoothed = counts + prior
        odds.append(np.log(smoothed / (smoothed.sum() - smoothed + _TINY)))
    error = np.sqrt(1 / (early + prior) + 1 / (late + prior))
    z: Floats = (odds[1] - odds[0]) / error
    return z


# Groups of texts ------------------------------------------------------------------------------------------


def _shares(
    model: TopicModel,
    texts: list[str],
    group_of: Sequence[str | None],
    groups: Sequence[str],
    documents: Iterable[Hashable] | None,
    random_state: int,
) -> list[TopicShare]:
    check_is_fitted(model, "space_")
    if not isinstance(random_state, int | np.integer) or random_state < 0:
        raise InputError(f"random_state={random_state!r}; expected a whole number of at least 0")
    documents = range(len(texts)) if documents is None else _listed("documents", documents)
    _check_lengths(len(texts), dates_or_sources=group_of, documents=documents)
    space = model.space_
    X = space.rows(texts)
    W = space.weigh(X)
    strongest = space.strongest(X, W)
    mean_square = np.mean(W * W, axis=0) if len(W) else np.zeros(len(space.topics))
    rng = np.random.default_rng(random_state)
    rows_of: dict[str, list[int]] = {group: [] for group in groups}
    for row, group in enumerate(group_of):
        if group is not None:
            rows_of[group].append(row)
    found = []
    for group, rows in rows_of.items():
        counts = _counts_by_document(strongest[rows], [documents[row] for row in rows], len(space.topics))
        shares, low, high = _interval(counts, rng)
        terms = _terms_of(model, X[rows], W[rows], _PULL * mean_square + _TINY)
        for column, (topic_id, label) in enumerate([*((topic.id, topic.label) for topic in space.topics), _NONE]):
            share = float(shares[column]) if rows else None
            least, most = (float(low[column]), float(high[column])) if len(counts) > 1 else (None, None)
            found.append(TopicShare(group, topic_id, label, len(rows), share, least, most, terms[column]))
    return found


_NONE: Final = (None, "none")


def _listed(name: str, values: Iterable[Any]) -> list[Any]:
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise InputError(f"{name}: found {type(values).__name__}; expected one for each text")
    listed = list(values)
    for position, value in enumerate(listed):
        if not isinstance(value, Hashable):
            raise InputError(f"{name}, text {position}: found {type(value).__name__}; expected a str, number or None")
    return listed


def _check_lengths(n_texts: int, **others: Sequence[Any]) -> None:
    for name, values in others.items():
        if len(values) != n_texts:
            raise InputError(f"{n_texts} texts, but {len(values)} {name.replace('_', ' ')}; expected one for each text")


def _counts_by_document(strongest: Integers, documents: Sequence[Hashable], n_topics: int) -> Integers:
    """Return how many texts of each document each topic has, those without topic last."""
    number: dict[Hashable, int] = {}
    document = np.array([number.setdefault(name, len(number)) for name in documents], dtype=np.int64)
    counts = np.zeros((len(number), n_topics + 1), dtype=np.int64)
    np.add.at(counts, (document, strongest), 1)  # -1, no topic, is the last column
    return counts


def _interval(counts: Integers, rng: np.random.Generator) -> tuple[Floats, Floats, Floats]:
    """Return each column's share of all counts, and the ends of its interval over resampled documents."""
    n_documents = len(counts)
    if not n_documents:
        nothing = np.zeros(counts.shape[1])
        return nothing, nothing, nothing
    resampled = []
    for _ in range(_RESAMPLES // _RESAMPLES_AT_ONCE):
        drawn = rng.multinomial(n_documents, np.full(n_documents, 1 / n_documents), size=_RESAMPLES_AT_ONCE) @ counts
        resampled.append(drawn / drawn.sum(axis=1, keepdims=True))
    low, high = np.quantile(np.concatenate(resampled), _INTERVAL, axis=0)
    return counts.sum(axis=0) / counts.sum(), low, high


def _terms_of(model: TopicModel, X: csr_matrix, W: Floats, pull: Floats) -> list[tuple[str, ...]]:
    """Return each topic's heaviest terms in some texts: one multiplicative update of it, with the texts' weights fixed.

    The update (Lee and Seung, 2001) raises what these texts hold more of than the topic makes likely. The topic itself
    stands among them as some more texts, so that a handful do not redraw it.
    """
    H = model.components_.astype(np.float64)
    pulled = pull[:, None] * H
    expected = (W.T @ W) @ H + pulled
    updated = H * ((X.T @ W).T + pulled) / np.where(expected > 0, expected, 1)
    labels = model.space_.index.labels
    pools = (np.argsort(-row, kind="stable")[: min(_POOL, np.count_nonzero(row))] for row in updated)
    orders = [without_pieces(pool, row, labels)[:_N_TERMS] for pool, row in zip(pools, updated, strict=True)]
    return [*(tuple(labels[term] for term in order) for order in orders), ()]
