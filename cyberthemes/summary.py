"""A collection at a glance, as plain data: what a report shows, before anything is drawn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from cyberthemes.errors import InputError
from cyberthemes.periods import Every, date_in, period_number
from cyberthemes.results import TaggedArticle, TaggedParagraph
from cyberthemes.taxonomy import Taxonomy, Theme
from cyberthemes.themecounts import ThemeCounts, count_themes
from cyberthemes.views import By, ThemePair, ThemeShare, co_occurrences, theme_shares

if TYPE_CHECKING:  # these import SciPy
    from cyberthemes.topicrecords import Topic
    from cyberthemes.topics import TopicModel

__all__ = [
    "Appearance",
    "Place",
    "Source",
    "SourceShare",
    "SpeakingTerm",
    "Summary",
    "ThemeSummary",
    "TopicSummary",
    "Unthemed",
    "go_together",
    "summarise",
]

_MOST_PERIODS: Final = 16  # of the shortest period that makes no more of them
_MOST_YEARS: Final = 60  # with more of them, a date is likely to be wrong
_TERMS_SHOWN: Final = 10
_EXAMPLES_SHOWN: Final = 5
_LARGEST_Q: Final = 0.05  # the share of pairs said to go together that may do so by chance


@dataclass(frozen=True, slots=True)
class Place:
    """A paragraph: the numbers of its article and of itself, from 1, and its text."""

    article: int
    paragraph: int
    text: str

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dict of plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Appearance:
    """A dated article in which a theme appears: its number, from 1, title or id, date and source."""

    article: int
    title: str
    date: str
    source: str | None

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dict of plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Source:
    """A source, or None for the articles without one, and how much there is of it."""

    name: str | None
    n_articles: int
    n_paragraphs: int

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dict of plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class SourceShare:
    """How much of a source's paragraphs a theme has, and the first dated article of the source that has it."""

    share: ThemeShare
    first: Appearance | None

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dict of plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class SpeakingTerm:
    """A wording that speaks for a theme: in how many of its paragraphs, and how much it adds to each on average."""

    term: str
    n_paragraphs: int
    contribution: float

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dict of plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class ThemeSummary:
    """A theme that the collection has.

    Attributes
    ----------
    theme, name, group, definition : str
        As the taxonomy has them; group and definition are empty without one.
    n_articles : int
        Articles of which at least one paragraph has the theme.
    overall : ThemeShare
    by_source : tuple of SourceShare
        The one with the highest share first; those without an interval come last.
    by_period : tuple of ThemeShare
        In order of time.
    first : Appearance or None
        The first dated article that has it.
    terms : tuple of SpeakingTerm
        Those that add most in total, the strongest first.
    """

    theme: str
    name: str
    group: str
    definition: str
    n_articles: int
    overall: ThemeShare
    by_source: tuple[SourceShare, ...]
    by_period: tuple[ThemeShare, ...]
    first: Appearance | None
    terms: tuple[SpeakingTerm, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dict of plain values."""
        return asdict(self)

    @property
    def leaders(self) -> tuple[SourceShare, ...]:
        """The source with the highest share, then those that have the theme and whose intervals overlap with its.

        Empty where sources do not compare: fewer than two have an interval, or none of those has the theme.
        """
        known = [source.share for source in self.by_source if source.share.low is not None]
        if len(known) < 2 or not known[0].count:
            return ()
        least = known[0].low or 0.0
        overlapping = {share.group for share in known[1:] if share.count and (share.high or 0.0) >= least}
        return tuple(source for source in self.by_source if source.share.group in {known[0].group, *overlapping})


@dataclass(frozen=True, slots=True)
class TopicSummary:
    """A topic of the collection, and how it maps to themes.

    Attributes
    ----------
    topic : Topic
    n_paragraphs : int
        Paragraphs of which it is the strongest topic.
    themes : tuple of tuple of str, str, float
        Id and name of each theme that those paragraphs have, and the share of them that has it, the commonest first.
    without_theme : float
        The share of them that has none.
    typical : tuple of Place
    """

    topic: Topic
    n_paragraphs: int
    themes: tuple[tuple[str, str, float], ...]
    without_theme: float
    typical: tuple[Place, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dict of plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Unthemed:
    """Paragraphs that got no theme for one reason: how many, and some of them."""

    reason: str
    n_paragraphs: int
    examples: tuple[Place, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dict of plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Summary:
    """Tagged articles at a glance.

    Attributes
    ----------
    title : str
    model : str
        What identifies the model that tagged them.
    taxonomy : str
        Id and version of its taxonomy.
    groups : tuple of str
        The groups of themes, in the taxonomy's order.
    n_paragraphs, n_with_theme : int
        Paragraphs but for boilerplate, and those of them with a theme; reprints counted each time.
    first_date, last_date : str or None
        Of the articles whose date can be read.
    sources : tuple of Source
        The one with the most paragraphs first, then what has none.
    every : {"year", "quarter", "month"} or None
        The length of a period; None where there are not two of them.
    themes : tuple of ThemeSummary
        The one with the most paragraphs first.
    pairs : tuple of ThemePair
        Themes that occur together: first those that do so more often than by chance, then by how often they do.
    topics : tuple of TopicSummary
    unexplained : float or None
        The share of paragraphs that no topic explains; None without topics.
    unthemed : tuple of Unthemed
        The commonest reason first.
    articles : tuple of TaggedArticle
    """

    title: str
    model: str
    taxonomy: str
    groups: tuple[str, ...]
    n_paragraphs: int
    n_with_theme: int
    first_date: str | None
    last_date: str | None
    sources: tuple[Source, ...]
    every: Every | None
    themes: tuple[ThemeSummary, ...]
    pairs: tuple[ThemePair, ...]
    topics: tuple[TopicSummary, ...]
    unexplained: float | None
    unthemed: tuple[Unthemed, ...]
    articles: tuple[TaggedArticle, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dict of plain values."""
        plain = asdict(replace(self, articles=()))
        return plain | {"articles": [article.to_dict() for article in self.articles]}


def summarise(
    articles: Iterable[TaggedArticle],
    *,
    title: str = "",
    taxonomy: Taxonomy | None = None,
    topics: TopicModel | None = None,
    model: str = "",
) -> Summary:
    r"""Return what tagged articles show together.

    Parameters
    ----------
    articles : iterable of TaggedArticle
    title : str, default ""
        What to call them; by default, how many there are.
    taxonomy : Taxonomy or None, default None
        The one they were tagged with, for the themes' groups and definitions.
    topics : TopicModel or None, default None
        Topics to show beside the themes.
    model : str, default ""
        What identifies the model that tagged them.

    Returns
    -------
    Summary

    Raises
    ------
    InputError
        If there is no article, or something is no tagged article.

    Examples
    --------
    >>> from cyberthemes import load_tagger
    >>> tagger = load_tagger()
    >>> summary = summarise([tagger.tag("A data security law passed.\n\nRain fell on the hills.")])
    >>> [(theme.name, theme.overall.share) for theme in summary.themes]
    [('Data security', 0.5), ('Law and regulation', 0.5)]
    """
    listed = tuple(articles)
    counts = count_themes(listed)
    if not listed:
        raise InputError("no articles; expected at least one")
    every = _period_length([article.date for article in listed if article.date])
    sources = _sources(listed)
    n_named = sum(source.name is not None for source in sources)
    by_source = _by_theme(counts, "source") if n_named > 1 else {}
    by_period = _by_theme(counts, every) if every else {}
    known = {theme.id: theme for theme in taxonomy.themes} if taxonomy else {}
    readable = [paragraph for article in listed for paragraph in article.paragraphs if paragraph.kind != "boilerplate"]
    dates = sorted(date for article in listed if (date := _day(article)))
    topic_summaries, unexplained = _topics(listed, topics) if topics and readable else ((), None)
    return Summary(
        title=title or f"Themes of {len(listed):,} article{'s' * (len(listed) > 1)}",
        model=model,
        taxonomy=f"{taxonomy.id} {taxonomy.version}" if taxonomy else "",
        groups=tuple(dict.fromkeys(theme.group for theme in known.values())),
        n_paragraphs=len(readable),
        n_with_theme=sum(bool(paragraph.tags) for paragraph in readable),
        first_date=dates[0] if dates else None,
        last_date=dates[-1] if dates else None,
        sources=sources,
        every=every,
        themes=tuple(
            _theme(row, known.get(row.theme), listed, by_source.get(row.theme, ()), by_period.get(row.theme, ()))
            for row in theme_shares(counts)
        ),
        pairs=tuple(sorted((pair for pair in co_occurrences(counts) if pair.count), key=_most_together)),
        topics=topic_summaries,
        unexplained=unexplained,
        unthemed=_unthemed(listed),
        articles=listed,
    )


def go_together(pair: ThemePair) -> bool:
    """Return whether two themes occur together more often than by chance, corrected for the number of pairs."""
    return pair.count > pair.expected and pair.q <= _LARGEST_Q


# The whole ------------------------------------------------------------------------------------------------


def _day(article: TaggedArticle) -> str | None:
    """Return an article's date without what follows it, or None if it has none that can be read."""
    return date_in(article.date) if article.date else None


def _period_length(dates: Sequence[str]) -> Every | None:
    """Return the shortest period that all readable dates have and that makes few enough of them, if at least two."""
    years = [date for date in dates if period_number(date, "year") is not None]
    lengths: tuple[Every, ...] = ("month", "quarter", "year")
    for every in lengths:
        numbers = {period_number(date, every) for date in years}
        known = [number for number in numbers if number is not None]
        most = _MOST_YEARS if every == "year" else _MOST_PERIODS
        if len(known) == len(numbers) > 1 and max(known) - min(known) < most:
            return every
    return None


def _sources(articles: Sequence[TaggedArticle]) -> tuple[Source, ...]:
    n_articles = Counter(article.source or None for article in articles)
    n_paragraphs: Counter[str | None] = Counter()
    for article in articles:
        n_paragraphs[article.source or None] += sum(paragraph.kind != "boilerplate" for paragraph in article.paragraphs)
    order = sorted(n_articles, key=lambda name: (name is None, -n_paragraphs[name], name or ""))
    return tuple(Source(name, n_articles[name], n_paragraphs[name]) for name in order)


def _most_together(pair: ThemePair) -> tuple[bool, int, str, str]:
    return not go_together(pair), -pair.count, pair.first, pair.second


def _by_theme(counts: ThemeCounts, by: By | Every) -> dict[str, list[ThemeShare]]:
    found: dict[str, list[ThemeShare]] = {}
    for share in theme_shares(counts, by):  # type: ignore[arg-type]  # never by day
        found.setdefault(share.theme, []).append(share)
    return found


def _unthemed(articles: Sequence[TaggedArticle]) -> tuple[Unthemed, ...]:
    places: dict[str, list[Place]] = {}
    for number, article in enumerate(articles, start=1):
        for position, paragraph in enumerate(article.paragraphs, start=1):
            if paragraph.reason:
                places.setdefault(paragraph.reason, []).append(Place(number, position, paragraph.text))
    order = sorted(places, key=lambda reason: (reason == "boilerplate", -len(places[reason]), reason))
    return tuple(
        Unthemed(reason, len(places[reason]), _spread(places[reason], lambda place: place.article)) for reason in order
    )


def _spread(places: Sequence[Place], article_of: Callable[[Place], int]) -> tuple[Place, ...]:
    """Return the first few places, from different articles as far as there are."""
    firsts = list({article_of(place): place for place in reversed(places)}.values())[::-1]
    others = [place for place in places if place not in firsts]
    return tuple([*firsts, *others][:_EXAMPLES_SHOWN])


# A theme --------------------------------------------------------------------------------------------------


def _theme(
    overall: ThemeShare,
    theme: Theme | None,
    articles: Sequence[TaggedArticle],
    by_source: Iterable[ThemeShare],
    by_period: Iterable[ThemeShare],
) -> ThemeSummary:
    having = [
        (number, article)
        for number, article in enumerate(articles, start=1)
        if any(own.theme == overall.theme for own in article.themes)
    ]
    dated = sorted(
        (
            Appearance(number, article.title or article.id, date, article.source)
            for number, article in having
            if (date := _day(article))
        ),
        key=lambda appearance: (appearance.date, appearance.article),
    )
    first_of: dict[str | None, Appearance] = {appearance.source: appearance for appearance in reversed(dated)}
    sources = [SourceShare(share, first_of.get(share.group)) for share in by_source]
    return ThemeSummary(
        theme=overall.theme,
        name=overall.name,
        group=theme.group if theme else "",
        definition=theme.definition if theme else "",
        n_articles=len(having),
        overall=overall,
        by_source=tuple(sorted(sources, key=_highest)),
        by_period=tuple(by_period),
        first=dated[0] if dated else None,
        terms=_speaking_terms(overall.theme, [article for _, article in having]),
    )


def _highest(source: SourceShare) -> tuple[bool, float, int, str]:
    share = source.share
    return share.low is None, -(share.share or 0.0), -share.count, share.group


def _speaking_terms(theme: str, articles: Iterable[TaggedArticle]) -> tuple[SpeakingTerm, ...]:
    totals: dict[str, float] = {}
    n_paragraphs: Counter[str] = Counter()
    spellings: dict[str, Counter[str]] = {}
    for evidence in (tag.evidence for a in articles for p in a.paragraphs for tag in p.tags if tag.theme == theme):
        own = set()
        for piece in evidence:
            spelling = " ".join(piece.text.split())
            term = spelling.casefold()
            totals[term] = totals.get(term, 0.0) + piece.contribution
            spellings.setdefault(term, Counter())[spelling] += 1
            own.add(term)
        n_paragraphs.update(own)
    best = sorted((term for term in totals if totals[term] > 0), key=lambda term: (-totals[term], term))
    return tuple(
        SpeakingTerm(spellings[term].most_common(1)[0][0], n_paragraphs[term], totals[term] / n_paragraphs[term])
        for term in best[:_TERMS_SHOWN]
    )


# Topics ---------------------------------------------------------------------------------------------------


def _topics(articles: Sequence[TaggedArticle], model: TopicModel) -> tuple[tuple[TopicSummary, ...], float]:
    """Return what the topics are in these articles, the commonest first, and the share that they leave unexplained."""
    placed = [
        (Place(number, position, paragraph.text), paragraph)
        for number, article in enumerate(articles, start=1)
        for position, paragraph in enumerate(article.paragraphs, start=1)
        if paragraph.kind != "boilerplate"
    ]
    texts = [place.text for place, _ in placed]
    described = model.describe(texts)
    own: dict[str | None, list[TaggedParagraph]] = {}
    for topic_id, (_, paragraph) in zip(described.assign(texts), placed, strict=True):
        own.setdefault(topic_id, []).append(paragraph)
    found = [
        _topic(topic, own.get(topic.id, []), [placed[text.position][0] for text in topic.typical])
        for topic in described.topics_
    ]
    unexplained = len(own.get(None, ())) / len(texts)
    return tuple(sorted(found, key=lambda summary: -summary.n_paragraphs)), unexplained


def _topic(topic: Topic, paragraphs: Sequence[TaggedParagraph], typical: Iterable[Place]) -> TopicSummary:
    names: Mapping[str, str] = {tag.theme: tag.name for paragraph in paragraphs for tag in paragraph.tags}
    counts = Counter(theme for paragraph in paragraphs for theme in paragraph.themes)
    themes = [(theme, names[theme], count / len(paragraphs)) for theme, count in counts.items()]
    without = sum(not paragraph.tags for paragraph in paragraphs) / len(paragraphs) if paragraphs else 0.0
    ranked = sorted(themes, key=lambda theme: (-theme[2], theme[0]))
    return TopicSummary(topic, len(paragraphs), tuple(ranked), without, tuple(typical))
