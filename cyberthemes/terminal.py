"""Results as plain text for a terminal."""

from __future__ import annotations

import re
import shutil
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cyberthemes.evaluation import Evaluation
from cyberthemes.results import Tag, TaggedArticle, TaggedParagraph
from cyberthemes.taxonomy import Theme

if TYPE_CHECKING:  # these import SciPy, which showing an article does not need
    from cyberthemes.topicrecords import Topic
    from cyberthemes.trends import TopicShare

__all__ = ["render_article", "render_evaluation", "render_shares", "render_theme", "render_topics"]

_NARROWEST, _WIDEST = 40, 100
_EVIDENCE_SHOWN = 3
_LEAST_SHOWN = 0.05
_TERMS_SHOWN = 12


def render_article(article: TaggedArticle) -> str:
    """Return an article's themes, then each paragraph with its themes, probabilities and strongest evidence."""
    columns = min(shutil.get_terminal_size((_WIDEST, 24)).columns, _WIDEST)
    width = max(_NARROWEST, columns)
    about = _one_line(" · ".join(part for part in (article.id, article.date, article.source) if part))
    lines = ["━" * columns, about]
    if article.title:
        lines += _wrapped(article.title, width, "")
    lines.append("")
    lines += [
        f"  {theme.theme:24} {_bar(theme.share)} {theme.share:4.0%} of paragraphs ({theme.paragraphs}), "
        f"surest {theme.probability:.2f}"
        for theme in article.themes
    ] or ["  none of these themes"]
    for number, paragraph in enumerate(article.paragraphs, start=1):
        lines += ["", *_paragraph(number, paragraph, width)]
    return "\n".join([*lines, ""])


def _paragraph(number: int, paragraph: TaggedParagraph, width: int) -> list[str]:
    if paragraph.kind == "boilerplate":
        beginning = textwrap.shorten(_one_line(paragraph.text), width - 22, placeholder=" …")
        return [f"[{number}] ({paragraph.kind}) {beginning}"]
    kind = "" if paragraph.kind == "body" else f"({paragraph.kind}) "
    lines = _wrapped(f"[{number}] {kind}{paragraph.text}", width, "    ")
    if paragraph.attribution:
        lines += _wrapped(paragraph.attribution, width, "    ", first="    ")
    for tag in paragraph.tags:
        lines.append(f"    ▸ {tag.theme:24} {tag.probability:.2f}  {_strongest(tag)}")
    return lines if paragraph.tags else [*lines, f"    ▸ {paragraph.reason}"]


def _strongest(tag: Tag) -> str:
    """Return the words that add most, equal ones together."""
    found: dict[str, list[float]] = {}
    for piece in tag.evidence:
        found.setdefault(_one_line(piece.text).lower(), []).append(piece.contribution)
    ranked = sorted(found.items(), key=lambda words: -sum(words[1]))[:_EVIDENCE_SHOWN]
    spelling = {_one_line(piece.text).lower(): _one_line(piece.text) for piece in reversed(tag.evidence)}
    return ", ".join(
        f"{spelling[words]}{f' ×{len(values)}' if len(values) > 1 else ''} {sum(values):+.1f}"
        for words, values in ranked
        if sum(values) >= _LEAST_SHOWN
    )


def render_theme(theme: Theme) -> str:
    """Return a theme's definition, notes, terms and example sentences."""
    lines = [f"{theme.id} · {theme.name} · {theme.group}", "", *_wrapped(theme.definition, _WIDEST, "")]
    sections: list[tuple[str, Sequence[str]]] = [
        ("Counts", theme.include),
        ("Does not count", theme.exclude),
        ("Must match", theme.match),
        ("Must not match", theme.no_match),
    ]
    for heading, notes in sections:
        if notes:
            lines += ["", heading]
            lines += [line for note in notes for line in _wrapped(f"- {note}", _WIDEST, "    ", first="  ")]
    lines += ["", f"{len(theme.terms)} terms, with weight and guards"]
    for term in theme.terms:
        guards = [
            f"{name} {', '.join(words)}" for name, words in (("needs", term.needs), ("unless", term.unless)) if words
        ]
        lines.append("  " + "; ".join([f"{term.text} ({term.weight:g})", *guards]))
    return "\n".join(lines)


def render_evaluation(evaluation: Evaluation) -> str:
    """Return the figures with their intervals, then a row per theme."""
    lines = [f"{evaluation.n} units"]
    for name, (low, high) in evaluation.intervals.items():
        lines.append(f"{name:18} {getattr(evaluation, name):.3f}   95% interval {low:.3f} to {high:.3f}")
    if evaluation.calibration_error is None:
        lines.append("calibration_error  too few probabilities to say")
    lines += ["", f"{'theme':24} precision  recall      F1  support"]
    for score in evaluation.per_theme:
        figures = (
            f"{score.precision:9.2f} {score.recall:7.2f} {score.f1:7.2f}"
            if score.support
            else f"{'–':>9}{'–':>8}{'–':>8}"
        )
        lines.append(f"{score.theme:24} {figures} {score.support:8}")
    return "\n".join(lines)


def render_topics(topics: Sequence[Topic], unexplained: float, n_texts: int) -> str:
    """Return the topics with share, coherence, terms and the most typical text of each."""
    width = max(_NARROWEST, min(shutil.get_terminal_size((_WIDEST, 24)).columns, _WIDEST))
    lines = [f"{len(topics)} topics in {n_texts:,} paragraphs; no topic explains {unexplained:.0%} of them"]
    for topic in topics:
        lines += ["", f"{topic.id:12} {_bar(topic.share)} {topic.share:4.0%}  {topic.label}"]
        terms = ", ".join(term for term, _ in topic.terms[:_TERMS_SHOWN])
        lines += _wrapped(terms, width, "    ", first="    ")
        if topic.typical:
            text = textwrap.shorten(_one_line(topic.typical[0].text), 2 * (width - 10), placeholder=" …")
            lines += _wrapped(f"“{text}”", width, "      ", first="    ")
        lines.append(f"    coherence {topic.coherence:.2f}")
    return "\n".join([*lines, ""])


def render_shares(shares: Sequence[TopicShare]) -> str:
    """Return each topic's share by period or source, with its interval and the terms that it has there."""
    lines = []
    by_topic: dict[str | None, list[TopicShare]] = {}
    for share in shares:
        by_topic.setdefault(share.topic, []).append(share)
    for topic, rows in by_topic.items():
        lines.append(f"{topic or 'none'}: {_one_line(rows[0].label)}")
        for row in rows:
            if row.share is None:
                lines.append(f"  {row.group:12} no paragraphs")
            else:
                known = row.low is not None and row.high is not None
                interval = f"{row.share:4.0%}" + (f" ({row.low:.0%} to {row.high:.0%})" if known else "")
                terms = f"  {', '.join(row.terms)}" if row.share else ""
                lines.append(f"  {row.group:12} {_bar(row.share)} {interval:18} of {row.n_texts:6,}{terms}")
        lines.append("")
    return "\n".join(lines)


def _bar(share: float, cells: int = 10) -> str:
    full = round(share * cells)
    return "█" * full + "░" * (cells - full)


def _wrapped(text: str, width: int, indent: str, first: str = "") -> list[str]:
    return textwrap.wrap(_one_line(text), width, initial_indent=first, subsequent_indent=indent)


_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def _one_line(text: str) -> str:
    """Fold white space, and show control characters, which could move a terminal's cursor, as a replacement mark."""
    return _CONTROL.sub("\ufffd", " ".join(text.split()))
