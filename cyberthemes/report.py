"""A summary as one HTML page that needs nothing else: no network, no other file, and no script to be read.

Texts may be anything: every value is escaped, control characters are shown, and the page's own policy lets no script
run but its own.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.resources
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import cyberthemes
from cyberthemes.errors import InputError
from cyberthemes.highlighting import segments_of
from cyberthemes.results import Evidence, Tag, TaggedParagraph
from cyberthemes.summary import Source, SourceShare, Summary, go_together
from cyberthemes.views import ThemeShare

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["check_renderer", "render_report"]

_LEAST_SHOWN: Final = 0.3  # of log-odds, for evidence to be shown by itself
_MOST_SHOWN: Final = 8  # pieces of evidence for a tag
_STRENGTHS: Final = (0.8, 1.6, 3.2)  # contributions from which evidence is drawn stronger
_N_COLOURS: Final = 8


def render_report(summary: Summary) -> str:
    r"""Return a summary as an HTML page.

    Parameters
    ----------
    summary : Summary

    Returns
    -------
    str
        The page, which can be saved and sent as it is. For each tag it shows the strongest pieces of evidence and what
        the others add together.

    Raises
    ------
    InputError
        If Jinja2 is not there.

    Examples
    --------
    >>> from cyberthemes import load_tagger, summarise
    >>> page = render_report(summarise([load_tagger().tag("A data <b>security</b> law passed.")]))
    >>> page.startswith("<!doctype html>"), "<b>security" in page
    (True, False)
    """
    environment = _environment()
    folder = importlib.resources.files("cyberthemes") / "templates"
    style, script = ((folder / name).read_text(encoding="utf-8") for name in ("report.css", "report.js"))
    number_of = {theme.theme: number for number, theme in enumerate(summary.themes)}
    colour_of = _colours(summary)
    return environment.get_template("report.html").render(
        summary=summary,
        version=cyberthemes.__version__,
        style=style,
        script=script,
        policy=_policy(style, script),
        number_of=number_of,
        colour_of=colour_of,
        number_of_source={source.name: number for number, source in enumerate(summary.sources, start=1)},
        groups=_grouped(summary),
        main_sources=[source for source in summary.sources if source.name is not None][:_SOURCES_I_N_CARDS],
        scales=_scales(summary),
        n_cards=_N_CARDS,
        end_of=_end,
        least=_least_probability(summary),
        drawn=lambda paragraph: _drawn(paragraph, colour_of, number_of),
        chart=_chart,
        go_together=go_together,
        name_of_source=_name_of_source,
        of_sources=_of_sources,
        **_FORMATS,
    )


def check_renderer() -> None:
    """Do nothing if pages can be rendered.

    Raises
    ------
    InputError
        If Jinja2 is not there.
    """
    _environment()


def _environment() -> Environment:
    try:
        from jinja2 import Environment, PackageLoader, StrictUndefined
    except ImportError as error:
        raise InputError("reports need Jinja2; pip install 'cyberthemes[report]'") from error
    return Environment(
        loader=PackageLoader("cyberthemes"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _policy(style: str, script: str) -> str:
    """Return the page's content security policy: it loads nothing, and runs only what it came with."""
    style_hash, script_hash = (
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (style, script)
    )
    return (
        f"default-src 'none'; style-src 'sha256-{style_hash}'; script-src 'sha256-{script_hash}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


# Texts ----------------------------------------------------------------------------------------------------

# Control characters, lone surrogates, changes of the direction of text, and what is no character.
_UNSHOWN: Final = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u206f\ufff9-\ufffb\ufffe\uffff\ud800-\udfff]"
)


def _visible(value: object) -> object:
    """Return a value as it is shown: in texts, what has no shape or would move other text has a mark in its place."""
    return _UNSHOWN.sub("\ufffd", value) if type(value) is str else value  # markup of our own is no plain str


def _percent(share: float | None) -> str:
    if share is None:
        return "–"
    if 0 < share < 0.0095:
        return f"{share:.1%}" if share >= 0.0005 else "<0.1%"
    return f"{share:.0%}"


def _interval(share: ThemeShare) -> str:
    if share.low is None or share.high is None:
        return "one article" if share.n_paragraphs else "no paragraphs"
    if share.low == share.high:  # resampling says nothing where no paragraph has the theme, or every one
        return ""
    return f"{_percent(share.low).removesuffix('%')}–{_percent(share.high)}"


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")


_FORMATS: Final = {
    "percent": _percent,
    "interval": _interval,
    "signed": _signed,
    "decimal": lambda value: f"{round(value, 2) + 0.0:.2f}".replace("-", "−"),  # 0.0 makes -0.0 positive
    "number": lambda value: f"{value:,}",
    "plural": lambda count, word: f"{count:,} {word}" if count == 1 else f"{count:,} {word}s",
}


def _name_of_source(source: Source) -> str:
    return "no source named" if source.name is None else source.name


def _of_sources(sources: Iterable[SourceShare]) -> dict[str, ThemeShare]:
    return {source.share.group: source.share for source in sources}


# Colours --------------------------------------------------------------------------------------------------


def _colours(summary: Summary) -> dict[str, int]:
    """Return the number of each theme's colour: that of its group, or without groups its own."""
    groups = summary.groups if len(summary.groups) > 1 else ()
    return {
        theme.theme: (groups.index(theme.group) if theme.group in groups else number) % _N_COLOURS
        for number, theme in enumerate(summary.themes)
    }


def _grouped(summary: Summary) -> list[tuple[str, list[Any]]]:
    """Return the themes by group, in the taxonomy's order."""
    order = dict.fromkeys([*summary.groups, *(theme.group for theme in summary.themes)])
    found = [(group, [theme for theme in summary.themes if theme.group == group]) for group in order]
    return [(group, themes) for group, themes in found if themes]


# Paragraphs -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Chip:
    """A tag as it is drawn: what the pieces shown add, wording by wording, and what all others add together."""

    tag: Tag
    number: int
    colour: int
    words: tuple[tuple[str, int, float], ...]
    n_others: int
    others: float


def _drawn(
    paragraph: TaggedParagraph, colour_of: Mapping[str, int], number_of: Mapping[str, int]
) -> tuple[list[tuple[str, str, str]], list[_Chip]]:
    """Return a paragraph's text in segments, each with its mark's classes and what it adds to which tag; its chips."""
    shown = [_shown(tag) for tag in paragraph.tags]
    chips = [
        _Chip(
            tag,
            number_of[tag.theme],
            colour_of[tag.theme],
            _worded(pieces),
            len(tag.evidence) - len(pieces),
            tag.score - tag.bias - sum(piece.contribution for piece in pieces),
        )
        for tag, pieces in zip(paragraph.tags, shown, strict=True)
    ]
    owner = {id(piece): number for number, pieces in enumerate(shown) for piece in pieces}
    favourable = [piece for pieces in shown for piece in pieces if piece.contribution > 0]
    segments = []
    for text, covering in segments_of(paragraph.text, paragraph.start, favourable):
        added: dict[int, float] = {}
        for piece in covering:
            added[owner[id(piece)]] = added.get(owner[id(piece)], 0.0) + piece.contribution
        segments.append((text, *_mark(added, chips)))
    return segments, chips


def _shown(tag: Tag) -> list[Evidence]:
    """Return the pieces of evidence that are shown by themselves, the strongest first."""
    pieces = tag.evidence[:_MOST_SHOWN]
    return [piece for piece in pieces if abs(piece.contribution) >= _LEAST_SHOWN]


def _worded(pieces: Iterable[Evidence]) -> tuple[tuple[str, int, float], ...]:
    """Return each wording with how often it stands there and what it adds, the strongest first."""
    found: dict[str, list[Evidence]] = {}
    for piece in pieces:
        found.setdefault(" ".join(piece.text.casefold().split()), []).append(piece)
    words = [
        (" ".join(same[0].text.split()), len(same), sum(piece.contribution for piece in same))
        for same in found.values()
    ]
    return tuple(sorted(words, key=lambda word: -abs(word[2])))


def _mark(added: Mapping[int, float], chips: Sequence[_Chip]) -> tuple[str, str]:
    """Return a mark's classes, coloured for the tag to which it adds most, and what it adds to each tag."""
    if not added:
        return "", ""
    strongest = max(added, key=lambda number: added[number])
    strength = 1 + sum(added[strongest] >= least for least in _STRENGTHS)
    classes = [f"g{chips[strongest].colour}", f"s{strength}", *(f"t{number}" for number in sorted(added))]
    return " ".join(classes), " ".join(f"{number}:{value:.2f}" for number, value in sorted(added.items()))


def _least_probability(summary: Summary) -> float:
    """Return a round number below which no tag's probability lies."""
    lowest = min((tag.probability for a in summary.articles for p in a.paragraphs for tag in p.tags), default=0.0)
    return int(lowest * 20) / 20


# Charts ---------------------------------------------------------------------------------------------------

_SOURCES_I_N_CARDS: Final = 8
_N_CARDS: Final = 9  # themes drawn side by side
_WIDTH, _HEIGHT = 320.0, 118.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 34.0, 14.0, 20.0, 22.0
_SHARE_WIDTH, _LETTER_WIDTH = 32.0, 6.2  # of what is written, with some air
_ROUND_ENDS: Final = (0.02, 0.05, 0.1, 0.2, 0.25, 0.4, 0.5, 0.6, 0.8, 1.0)


def _scales(summary: Summary) -> dict[str, float]:
    """Return the share at which each kind of chart ends: one for all themes shown together, so that they compare."""
    shown = summary.themes[:_N_CARDS]
    return {
        "overall": _end([theme.overall for theme in summary.themes]),
        "source": _end(source.share for theme in shown for source in theme.by_source),
        "period": _end(share for theme in shown for share in theme.by_period),
    }


def _end(shares: Iterable[ThemeShare]) -> float:
    """Return the round share at which charts of some shares end."""
    highest = max((share.high or share.share or 0.0 for share in shares), default=0.0)
    return next((end for end in _ROUND_ENDS if highest <= end), 1.0)


@dataclass(frozen=True, slots=True)
class _Point:
    """A period in a chart: where its share and the ends of its whisker are, and whether its share is written there."""

    share: ThemeShare
    x: float
    y: float
    low: float | None
    high: float | None
    is_labelled: bool


@dataclass(frozen=True, slots=True)
class _Chart:
    """Shares over time as drawn: points, the lines between neighbours, and the periods named below."""

    width: float
    height: float
    left: float
    right: float
    floor: float
    top: float
    end: float
    points: list[_Point]
    lines: list[str]
    named: list[tuple[float, str]]


def _chart(shares: Sequence[ThemeShare], end: float) -> _Chart:
    """Return where the shares of periods are drawn: at least one; a period without paragraphs leaves a gap.

    The last share is written, then the highest that there is room for.
    """
    floor, step = _HEIGHT - _BOTTOM, (_WIDTH - _LEFT - _RIGHT) / max(1, len(shares))
    xs = [_LEFT + step * (position + 0.5) for position in range(len(shares))]

    def y(share: float) -> float:
        return floor - (floor - _TOP) * min(1.0, share / end)

    known = [(x, share, share.share) for x, share in zip(xs, shares, strict=True) if share.share is not None]
    labelled = _apart([x for x, _, _ in sorted(known, key=lambda one: (one[0] < known[-1][0], -one[2]))])
    points = [
        _Point(
            share,
            x,
            y(height),
            None if share.low is None else y(share.low),
            None if share.high is None else y(share.high),
            x in labelled,
        )
        for x, share, height in known
    ]
    every = math.ceil((len(shares[0].group) + 1) * _LETTER_WIDTH / step)
    named = [(x, share.group) for x, share in list(zip(xs, shares, strict=True))[::every]]
    return _Chart(_WIDTH, _HEIGHT, _LEFT, _WIDTH - _RIGHT, floor, _TOP, end, points, list(_lines(points, step)), named)


def _apart(xs: Iterable[float]) -> set[float]:
    """Return the places at which a share can be written without running into one written for an earlier of them."""
    chosen: set[float] = set()
    for x in xs:
        if all(abs(x - other) >= _SHARE_WIDTH for other in chosen):
            chosen.add(x)
    return chosen


def _lines(points: Sequence[_Point], step: float) -> Iterator[str]:
    """Yield the points of each line through neighbouring periods."""
    run: list[_Point] = []
    for point in points:
        if run and point.x - run[-1].x > 1.5 * step:
            yield " ".join(f"{one.x:.1f},{one.y:.1f}" for one in run)
            run = []
        run.append(point)
    yield " ".join(f"{one.x:.1f},{one.y:.1f}" for one in run)
