"""What an analyst asks of tagged articles: which themes, where, when, together with what, and in which words.

Paragraphs of one article go together in every interval and test. A reprint, which is a paragraph nearly the same as
another (see `cyberthemes.duplicates`), counts once, as the earliest.
"""

from __future__ import annotations

import math
import re
from bisect import bisect
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any, Final, Literal, get_args

import numpy as np
import numpy.typing as npt

from cyberthemes.errors import InputError
from cyberthemes.periods import period_name, period_number, periods_between
from cyberthemes.results import Evidence
from cyberthemes.themecounts import Articles, ThemeCounts, check_seed, corrected, count_themes, shares_of

__all__ = ["Keyword", "ThemePair", "ThemeShare", "co_occurrences", "keyword_in_context", "theme_shares"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
By = Literal["all", "source", "year", "quarter", "month"]
_RESAMPLES: Final = 1_000
_AT_ONCE: Final = 50
_INTERVAL: Final = (0.025, 0.975)
_WIDEST: Final = 10_000  # characters on each side


@dataclass(frozen=True, slots=True)
class ThemeShare:
    """How much of a source's or a period's paragraphs a theme has.

    Attributes
    ----------
    group : str
        The source, the period, such as "2022-03", or "all".
    theme, name : str
        The theme's id and name.
    n_paragraphs : int
        Paragraphs of the group but for boilerplate, whatever their themes, reprints counted once.
    count : int
        Those of them that have the theme.
    share : float or None
        ``count`` over ``n_paragraphs``; None where there is none.
    low, high : float or None
        A 95 % interval of the share, by resampling articles; None where there are fewer than two.
    """

    group: str
    theme: str
    name: str
    n_paragraphs: int
    count: int
    share: float | None
    low: float | None
    high: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dict of plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class ThemePair:
    """How often two themes are in one paragraph, and how often they would be if they were independent.

    Attributes
    ----------
    first, second : str
        The themes' ids, in the order of the alphabet.
    first_name, second_name : str
    count : int
        Paragraphs with both, reprints counted once.
    expected : float
        As many as there would be if the two were independent.
    lift : float
        ``count`` over ``expected``.
    p : float
        The probability of a count at least so far from what is expected, if they were independent: a score test with
        articles as units.
    q : float
        ``p`` corrected for the number of pairs (Benjamini and Hochberg, 1995).
    """

    first: str
    second: str
    first_name: str
    second_name: str
    count: int
    expected: float
    lift: float
    p: float
    q: float

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dict of plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Keyword:
    """A place that speaks for a theme, with what stands around it in its paragraph.

    Attributes
    ----------
    article : str
        The article's id.
    paragraph : int
        The paragraph's number in it, from 1.
    start, end : int
        The place: ``article.text[start:end] == keyword``.
    before, keyword, after : str
        Runs of white space around the keyword are one blank.
    contribution : float
        What the place adds to the theme's score, in log-odds.
    """

    article: str
    paragraph: int
    start: int
    end: int
    before: str
    keyword: str
    after: str
    contribution: float

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dict of plain values."""
        return asdict(self)


def theme_shares(articles: Articles, by: By = "all", *, random_state: int = 0) -> list[ThemeShare]:
    """Return each theme's share of the paragraphs of all articles, of each source, or of each period.

    Parameters
    ----------
    articles : iterable of TaggedArticle, or ThemeCounts
        See `cyberthemes.themecounts.count_themes`.
    by : {"all", "source", "year", "quarter", "month"}, default "all"
        What to compare. Articles without a source are left out, as are those whose date cannot be read as
        ``YYYY-MM-DD``, or as far as the period needs it. Within each group reprints count once.
    random_state : int, default 0
        Seed of the resampling.

    Returns
    -------
    list of ThemeShare
        A row for each group and each theme that any article has: the source with the most paragraphs first, or
        periods in order, empty ones between the first and the last included; then the theme with the most paragraphs.

    Raises
    ------
    InputError
        If something is no tagged article, or dates are so far apart that one must be wrong.

    Notes
    -----
    The interval is that of the percentile bootstrap, so it has no width where a theme is in no paragraph of a group,
    or in all, and is too narrow where there are few articles.

    Examples
    --------
    >>> from cyberthemes import load_tagger
    >>> texts = ["The new data security law restricts data flows.", "Rain fell on the hills."]
    >>> [(row.theme, row.count, row.n_paragraphs) for row in theme_shares(load_tagger().tag_batch(texts))]
    [('data-security', 1, 2), ('law-regulation', 1, 2)]
    """
    if by not in get_args(By):
        raise InputError(f"by={by!r}; expected one of {', '.join(get_args(By))}")
    check_seed(random_state)
    counts = count_themes(articles)
    groups = _groups(counts, by)
    overall = counts.tags[counts.kept(range(len(counts.tags)))].sum(axis=0)
    order = sorted(range(len(counts.themes)), key=lambda column: (-overall[column], counts.themes[column]))
    found = []
    for group, rows in groups.items():
        by_article = counts.by_article(rows)
        totals = by_article.sum(axis=0)
        n_paragraphs = int(totals[-1])
        ends = _intervals(by_article, random_state)
        for column in order:
            count = int(totals[column])
            share = count / n_paragraphs if n_paragraphs else None
            theme = counts.themes[column]
            found.append(ThemeShare(group, theme, counts.names[theme], n_paragraphs, count, share, *ends[column]))
    return found


def co_occurrences(articles: Articles) -> list[ThemePair]:
    """Return how often each two themes stand in one paragraph.

    Parameters
    ----------
    articles : iterable of TaggedArticle, or ThemeCounts
        See `cyberthemes.themecounts.count_themes`.

    Returns
    -------
    list of ThemePair
        One for each two themes that articles have, be it never together: first those of which it is surest that they
        attract one another, last those that avoid one another.

    Raises
    ------
    InputError
        If something is no tagged article.

    Examples
    --------
    >>> from cyberthemes import load_tagger
    >>> texts = ["The data security law restricts data flows.", "Hackers spread ransomware.", "Rain fell on the hills."]
    >>> pair = co_occurrences(load_tagger().tag_batch(texts))[0]
    >>> pair.first, pair.second, pair.count, pair.lift
    ('cybercrime', 'cybersecurity', 1, 3.0)
    """
    counts = count_themes(articles)
    rows = counts.kept(range(len(counts.cluster)))
    tags = counts.tags[rows].astype(np.float64)
    article = np.unique(counts.article[rows], return_inverse=True)[1]
    shares = tags.mean(axis=0) if len(tags) else np.zeros(len(counts.themes))
    beyond = tags - shares
    within = _covariances_within(beyond, article)
    ranked = []
    for one, other in combinations(np.flatnonzero(shares).tolist(), 2):
        joint = np.bincount(article, weights=beyond[:, one] * beyond[:, other])
        # A pair that is rare has hardly shown how much articles differ in it, so each theme of it is asked as well.
        variance = max(float(joint @ joint), float(within[:, one] @ within[:, other]))
        ranked.append((-float(joint.sum()) / math.sqrt(variance) if variance else 0.0, one, other))
    ranked.sort()
    p = [math.erfc(abs(z) / math.sqrt(2)) for z, _, _ in ranked]
    found = []
    for (_, one, other), p_value, q_value in zip(ranked, p, corrected(p), strict=True):
        count = int(tags[:, one] @ tags[:, other])
        expected = float(shares[one] * shares[other] * len(tags))
        first, second = counts.themes[one], counts.themes[other]
        names = counts.names[first], counts.names[second]
        found.append(ThemePair(first, second, *names, count, expected, count / expected, p_value, q_value))
    return found


def keyword_in_context(articles: Articles, theme: str, *, width: int = 60, most: int | None = 50) -> list[Keyword]:
    """Return the places that speak for a theme where it applies, the strongest first, each with its surroundings.

    Of places that overlap the strongest is returned, and of reprints the earliest.

    Parameters
    ----------
    articles : iterable of TaggedArticle, or ThemeCounts
        See `cyberthemes.themecounts.count_themes`.
    theme : str
        The theme's id; one that no article has is nowhere.
    width : int, default 60
        Characters to show on each side, at most.
    most : int or None, default 50
        How many places, at most; None is all.

    Returns
    -------
    list of Keyword

    Raises
    ------
    InputError
        If something is no tagged article, or ``width`` or ``most`` is negative.

    Examples
    --------
    >>> from cyberthemes import load_tagger
    >>> articles = load_tagger().tag_batch(["The new data security law restricts data flows."])
    >>> found = keyword_in_context(articles, "data-security", width=8, most=1)[0]
    >>> found.before, found.keyword, found.after
    ('The new ', 'data security law', ' restric')
    """
    if not isinstance(width, int | np.integer) or not 0 <= width <= _WIDEST:
        raise InputError(f"width={width!r}; expected a whole number from 0 to {_WIDEST:,}")
    if most is not None and (not isinstance(most, int | np.integer) or most < 0):
        raise InputError(f"most={most!r}; expected a whole number of at least 0, or None")
    counts = count_themes(articles)
    pieces = [
        (row, piece)
        for row in counts.kept(range(len(counts.paragraphs))).tolist()
        for tag in counts.paragraphs[row].tags
        if tag.theme == theme
        for piece in _apart(tag.evidence)
    ]
    pieces.sort(key=lambda item: (-item[1].contribution, item[0], item[1].start))
    return [_keyword(counts, row, piece, width) for row, piece in pieces[:most]]


# Parts ----------------------------------------------------------------------------------------------------


def _groups(counts: ThemeCounts, by: By) -> dict[str, list[int]]:
    """Return the rows of each group, in the order in which groups are shown."""
    if by == "all":
        return {"all": list(range(len(counts.article)))}
    if by == "source":
        sources = [article.source or None for article in counts.articles]
        found = _rows_of(counts, sources, sorted({source for source in sources if source}))
        n_kept = {source: len(counts.kept(rows)) for source, rows in found.items()}
        return {source: found[source] for source in sorted(found, key=lambda source: (-n_kept[source], source))}
    numbers = [period_number(article.date or "", by) for article in counts.articles]
    names = [None if number is None else period_name(number, by) for number in numbers]
    return _rows_of(counts, names, periods_between([number for number in numbers if number is not None], by))


def _rows_of(counts: ThemeCounts, group_of: Sequence[str | None], groups: Iterable[str]) -> dict[str, list[int]]:
    rows_of: dict[str, list[int]] = {group: [] for group in groups}
    for row, article in enumerate(counts.article.tolist()):
        group = group_of[article]
        if group is not None:
            rows_of[group].append(row)
    return rows_of


def _intervals(by_article: Integers, random_state: int) -> list[tuple[float, float] | tuple[None, None]]:
    """Return the ends of the interval of each theme's share, by the percentile bootstrap."""
    n_articles = len(by_article)
    if n_articles < 2:
        return [(None, None)] * (by_article.shape[1] - 1)
    rng = np.random.default_rng(random_state)  # afresh for each group, which then does not depend on the others
    even = np.full(n_articles, 1 / n_articles)
    draws = (rng.multinomial(n_articles, even, size=_AT_ONCE) for _ in range(_RESAMPLES // _AT_ONCE))
    resampled = np.concatenate([shares_of(drawn @ by_article) for drawn in draws])
    low, high = np.quantile(resampled, _INTERVAL, axis=0).tolist()
    return list(zip(low, high, strict=True))


def _covariances_within(beyond: Floats, article: Integers) -> Floats:
    """Return each theme's variance in all, and covariance between paragraphs of an article, shape (2, n_themes).

    The dot product of two themes' columns is the variance of how often they meet, if they are independent.
    """
    sizes = np.bincount(article).astype(np.float64)
    n_pairs = float(sizes @ (sizes - 1))
    variance = np.square(beyond).mean(axis=0) if len(beyond) else np.zeros(beyond.shape[1])
    sums = np.zeros((len(sizes), beyond.shape[1]))
    np.add.at(sums, article, beyond)
    between = (np.square(sums).sum(axis=0) - np.square(beyond).sum(axis=0)) / max(n_pairs, 1)
    return np.stack([math.sqrt(len(beyond)) * variance, math.sqrt(n_pairs) * np.maximum(between, 0)])


def _apart(pieces: Iterable[Evidence]) -> list[Evidence]:
    """Return the pieces that speak for a theme, without those that overlap a stronger one."""
    chosen: list[Evidence] = []
    places: list[tuple[int, int]] = []  # of those chosen, in order
    for piece in sorted(pieces, key=lambda piece: (-piece.contribution, piece.start, -piece.end)):
        at = bisect(places, (piece.start, piece.end))
        is_apart = (not at or places[at - 1][1] <= piece.start) and (at == len(places) or piece.end <= places[at][0])
        if piece.contribution > 0 and is_apart:
            chosen.append(piece)
            places.insert(at, (piece.start, piece.end))
    return chosen


def _keyword(counts: ThemeCounts, row: int, piece: Evidence, width: int) -> Keyword:
    paragraph, article = counts.paragraphs[row], counts.articles[counts.article[row]].id
    before = _folded(paragraph.text[: piece.start - paragraph.start])
    after = _folded(paragraph.text[piece.end - paragraph.start :])
    return Keyword(
        article,
        counts.numbers[row],
        piece.start,
        piece.end,
        before[max(0, len(before) - width) :],
        piece.text,
        after[:width],
        piece.contribution,
    )


def _folded(text: str) -> str:
    """Make every run of white space one blank, at the ends too."""
    return re.sub(r"\s+", " ", text)
