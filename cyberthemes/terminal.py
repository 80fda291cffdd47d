"""Results as pages of text for a terminal: lines that fit it, and styles if it shows them."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import IO, TYPE_CHECKING, Final, NamedTuple

from cyberthemes.cells import RESET, bar, beside, cells, filled, isolated, padded, shortened, visible, wrapped
from cyberthemes.evaluation import Evaluation
from cyberthemes.highlighting import segments_of
from cyberthemes.results import ArticleTheme, Evidence, Tag, TaggedArticle, TaggedParagraph
from cyberthemes.taxonomy import Theme

if TYPE_CHECKING:  # these import SciPy, which showing an article does not need
    from cyberthemes.topicrecords import Topic
    from cyberthemes.trends import TopicShare

__all__ = [
    "page_width",
    "render_article",
    "render_evaluation",
    "render_shares",
    "render_theme",
    "render_topics",
    "shows_styles",
]

_WIDEST: Final = 100
_NAME_CELLS: Final = 24
_EVIDENCE_NAMED: Final = 3
_LEAST_NAMED: Final = 0.05
_LEAST_RATIO_NAMED: Final = 0.1  # to the strongest; weaker words would seem to matter
_TERMS_SHOWN: Final = 12

# Parameters of escape sequences.
_BOLD, _DIM, _UNDERLINED = "1", "2", "4"
_COLOURS: Final = ("36", "35", "33", "32", "34", "31")  # the terminal's own, the most legible first


def page_width() -> int:
    """Return how many cells wide a page is: as wide as the terminal, but for lines too long to read."""
    return min(shutil.get_terminal_size((_WIDEST, 24)).columns, _WIDEST)


def shows_styles(stream: IO[str] | None) -> bool:
    """Return whether to style what is printed to a stream: NO_COLOR and FORCE_COLOR decide, else what the stream is."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    is_plain = os.environ.get("TERM") == "dumb" or (sys.platform == "win32" and "WT_SESSION" not in os.environ)
    return stream is not None and stream.isatty() and not is_plain


# Articles -------------------------------------------------------------------------------------------------


def render_article(article: TaggedArticle, *, width: int | None = None, is_styled: bool = False) -> str:
    """Return an article's themes, then each paragraph with its themes, probabilities and strongest evidence.

    Parameters
    ----------
    article : TaggedArticle
    width : int or None, default None
        Cells in a line; None takes `page_width`.
    is_styled : bool, default False
        Whether to underline the evidence that is named, in a colour for each theme, by escape sequences.

    Returns
    -------
    str

    Examples
    --------
    >>> from cyberthemes import load_tagger
    >>> print(render_article(load_tagger().tag("They share 5G."), width=52))  # doctest: +ELLIPSIS
    ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
    <BLANKLINE>
      5g ██████████ 100% of paragraphs (1), surest 1.00
    <BLANKLINE>
    [1] They share 5G.
        ▸ 5g █████ 1.00  5G +1...
    <BLANKLINE>
    """
    themes = tuple(theme.theme for theme in article.themes)
    page = _Page(width or page_width(), max([cells(visible(theme)) for theme in themes], default=0), themes, is_styled)
    about = [isolated(visible(part)) for part in (article.id, article.date, article.source) if part]
    lines = ["━" * page.width, *([" · ".join(about)] if about else [])]
    if article.title:
        lines += filled(page.styled(visible(article.title), _BOLD).split(" "), page.width)
    lines.append("")
    for theme in article.themes:
        lines += _article_theme(theme, page)
    lines += [] if article.themes else ["  none of these themes"]
    for number, paragraph in enumerate(article.paragraphs, start=1):
        lines += ["", *_paragraph(number, paragraph, page)]
    return "\n".join([*lines, ""])


class _Page(NamedTuple):
    """How wide a page and the names of its themes are, and whether it shows styles."""

    width: int
    name_width: int
    themes: tuple[str, ...]
    is_styled: bool

    def styled(self, text: str, *parameters: str) -> str:
        """Return visible text in a style."""
        style = ";".join(filter(None, parameters))
        return f"\x1b[{style}m{text}{RESET}" if style and text and self.is_styled else text

    def colours(self, tags: Iterable[Tag]) -> dict[str, str]:
        """Return the colour of each theme of a paragraph: its own in the article, unless another one has it."""
        colours: dict[str, str] = {}
        for number in sorted(self.themes.index(tag.theme) for tag in tags):
            own = _COLOURS[number % len(_COLOURS)]
            free = [colour for colour in _COLOURS if colour not in colours.values()]
            colours[self.themes[number]] = own if own in free or not free else free[0]
        return colours


class _Named(NamedTuple):
    """Evidence of the same words, which are named once."""

    words: str
    contribution: float
    pieces: list[Evidence]


class _Mark(NamedTuple):
    """A place to underline, and the theme that it speaks for."""

    start: int
    end: int
    theme: str
    contribution: float


def _article_theme(theme: ArticleTheme, page: _Page) -> list[str]:
    head = f"  {padded(visible(theme.theme), page.name_width)} {bar(theme.share)} {theme.share:4.0%} "
    return beside(head, f"of paragraphs ({theme.paragraphs}), surest {theme.probability:.2f}".split(" "), page.width)


def _paragraph(number: int, paragraph: TaggedParagraph, page: _Page) -> list[str]:
    if paragraph.kind == "boilerplate":
        head = f"[{number}] ({paragraph.kind}) "
        return [page.styled(head + shortened(paragraph.text, page.width - len(head)), _DIM)]
    named = {tag.theme: _named(tag) for tag in paragraph.tags}
    colours = page.colours(paragraph.tags)
    words = [] if paragraph.kind == "body" else [page.styled(f"({paragraph.kind})", _DIM)]
    words += _underlined(paragraph, named, colours, page).split(" ")
    lines = filled(words, page.width, first=page.styled(f"[{number}]", _DIM) + " ", indent="    ")
    if paragraph.attribution:
        lines += wrapped(paragraph.attribution, page.width, first="    ", indent="    ")
    for tag in paragraph.tags:
        lines += _tag(tag, named[tag.theme], colours[tag.theme], page)
    return lines if paragraph.tags else [*lines, page.styled(f"    ▸ {paragraph.reason}", _DIM)]


def _tag(tag: Tag, named: Sequence[_Named], colour: str, page: _Page) -> list[str]:
    words: list[str] = []
    for spelling, contribution, pieces in named:
        *before, last = isolated(spelling).split(" ")
        times = f" ×{len(pieces)}" if len(pieces) > 1 else ""
        words += [*before, f"{last}{times} {contribution:+.1f},"]
    words[-1:] = [word.removesuffix(",") for word in words[-1:]]
    name = padded(page.styled(visible(tag.theme), colour), page.name_width)
    head = f"    ▸ {name} {bar(tag.probability, 5)} {tag.probability:.2f}  "
    return beside(head, words, page.width)


def _named(tag: Tag) -> list[_Named]:
    """Return the words that add most, equal ones together."""
    found: dict[str, list[Evidence]] = {}
    for piece in tag.evidence:
        found.setdefault(" ".join(piece.text.lower().split()), []).append(piece)
    sums = [(sum(piece.contribution for piece in pieces), pieces) for pieces in found.values()]
    strongest = sorted(sums, key=lambda summed: -summed[0])[:_EVIDENCE_NAMED]
    least = max([_LEAST_NAMED, *(_LEAST_RATIO_NAMED * contribution for contribution, _ in strongest[:1])])
    return [_Named(visible(pieces[0].text), total, pieces) for total, pieces in strongest if total >= least]


def _underlined(
    paragraph: TaggedParagraph, named: Mapping[str, Sequence[_Named]], colours: Mapping[str, str], page: _Page
) -> str:
    """Return a paragraph's text made visible, and the evidence that is named underlined in its theme's colour.

    Where evidence for several themes overlaps, the colour is that of the theme for which it adds most.
    """
    marks = [
        _Mark(piece.start, piece.end, theme, piece.contribution)
        for theme, words in named.items()
        for same in words
        for piece in same.pieces
    ]
    weight = _BOLD if paragraph.kind == "heading" else ""
    text = ""
    for theme, segments in groupby(segments_of(paragraph.text, paragraph.start, marks), key=_strongest_theme):
        stretch = "".join(segment for segment, _ in segments)
        before, after = (" " if end.isspace() else "" for end in (stretch[0], stretch[-1]))
        style = (weight, _UNDERLINED, colours[theme]) if theme else (weight,)
        text += f"{before}{page.styled(visible(stretch), *style)}{after}"
    return text


def _strongest_theme(segment: tuple[str, Sequence[_Mark]]) -> str | None:
    sums: dict[str, float] = {}
    for mark in segment[1]:
        sums[mark.theme] = sums.get(mark.theme, 0.0) + mark.contribution
    return max(sums, key=sums.__getitem__, default=None)


# Taxonomies, evaluations, topics --------------------------------------------------------------------------


def render_theme(theme: Theme) -> str:
    """Return a theme's definition, notes, terms and example sentences."""
    width = page_width()
    heading = " · ".join(isolated(visible(part)) for part in (theme.id, theme.name, theme.group))
    lines = [heading, "", *wrapped(theme.definition, width)]
    sections: list[tuple[str, Sequence[str]]] = [
        ("Counts", theme.include),
        ("Does not count", theme.exclude),
        ("Must match", theme.match),
        ("Must not match", theme.no_match),
    ]
    for heading, notes in sections:
        if notes:
            lines += ["", heading]
            lines += [line for note in notes for line in wrapped(note, width, first="  - ", indent="    ")]
    lines += ["", f"{len(theme.terms)} terms, with weight and guards"]
    for term in theme.terms:
        guards = [
            f"{name} {', '.join(words)}" for name, words in (("needs", term.needs), ("unless", term.unless)) if words
        ]
        lines += wrapped("; ".join([f"{term.text} ({term.weight:g})", *guards]), width, first="  ", indent="      ")
    return "\n".join(lines)


def render_evaluation(evaluation: Evaluation) -> str:
    """Return the figures with their intervals, then a row per theme."""
    lines = [f"{evaluation.n} units"]
    for name, (low, high) in evaluation.intervals.items():
        lines.append(f"{name:18} {getattr(evaluation, name):.3f}   95% interval {low:.3f} to {high:.3f}")
    if evaluation.calibration_error is None:
        lines.append("calibration_error  too few probabilities to say")
    lines += ["", f"{'theme':{_NAME_CELLS}} precision  recall      F1  support"]
    for score in evaluation.per_theme:
        figures = (
            f"{score.precision:9.2f} {score.recall:7.2f} {score.f1:7.2f}"
            if score.support
            else f"{'–':>9}{'–':>8}{'–':>8}"
        )
        lines.append(f"{padded(visible(score.theme), _NAME_CELLS)} {figures} {score.support:8}")
    return "\n".join(lines)


def render_topics(topics: Sequence[Topic], unexplained: float, n_texts: int) -> str:
    """Return the topics with share, coherence, terms and the most typical text of each."""
    width = page_width()
    lines = [f"{len(topics)} topics in {n_texts:,} paragraphs; no topic explains {unexplained:.0%} of them"]
    for topic in topics:
        head = f"{padded(visible(topic.id), 12)} {bar(topic.share)} {topic.share:4.0%}  "
        lines += ["", *beside(head, isolated(visible(topic.label)).split(" "), width)]
        lines += wrapped(", ".join(term for term, _ in topic.terms[:_TERMS_SHOWN]), width, first="    ", indent="    ")
        if topic.typical:
            text = shortened(topic.typical[0].text, 2 * (width - 10))
            lines += filled(f"“{text}”".split(" "), width, first="    ", indent="      ")
        lines.append(f"    coherence {topic.coherence:.2f}")
    return "\n".join([*lines, ""])


def render_shares(shares: Sequence[TopicShare]) -> str:
    """Return each topic's share by period or source, with its interval and the terms that it has there."""
    lines = []
    width = page_width()
    by_topic: dict[str | None, list[TopicShare]] = {}
    for share in shares:
        by_topic.setdefault(share.topic, []).append(share)
    for topic, rows in by_topic.items():
        lines.append(visible(f"{topic or 'none'}: {rows[0].label}"))
        lines += [line for row in rows for line in _share(row, width)]
        lines.append("")
    return "\n".join(lines)


def _share(row: TopicShare, width: int) -> list[str]:
    group = padded(isolated(visible(row.group)), 12)
    if row.share is None:
        return [f"  {group} no paragraphs"]
    interval = "" if row.low is None or row.high is None else f" ({row.low:.0%} to {row.high:.0%})"
    head = f"  {group} {bar(row.share)} {f'{row.share:4.0%}{interval}':18} of {row.n_texts:6,}  "
    return beside(head, visible(", ".join(row.terms)).split(" ") if row.share else [], width)
