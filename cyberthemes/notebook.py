"""Records as small pieces of HTML, which show them in a notebook.

Each function takes a record's plain values, as ``to_dict()`` gives them. All text is escaped; nothing is loaded and no
script runs. Colours are tints, so that they suit dark and light notebooks alike.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any, Final, NamedTuple

from cyberthemes.cells import harmless
from cyberthemes.highlighting import segments_of

__all__ = ["article_html", "evaluation_html", "paragraph_html", "tag_html", "taxonomy_html", "topic_html"]

Fields = Mapping[str, Any]
Hues = Mapping[str, int]

_MOST_CHARACTERS: Final = 50_000  # of an article's text
_MOST_OF_A_PARAGRAPH: Final = 10_000
_ROOM_FOR_A_PARAGRAPH: Final = 200  # beside its text
_MOST_ROWS: Final = 20  # of evidence
_MOST_OF_A_SAMPLE: Final = 300
_MOST_OF_A_PIECE: Final = 80
_MOST_IN_A_TITLE: Final = 6  # pieces of evidence
_LEAST_MARKED: Final = 0.05
_LEAST_RATIO_MARKED: Final = 0.1  # to the strongest evidence for the same theme
_HUES: Final = tuple(range(0, 360, 30))
_SCORES: Final = ("precision", "recall", "f1")
_WHITE_SPACE: Final = re.compile(r"\s")

_STYLE: Final = """<style>
.cyberthemes{max-width:52em;line-height:1.5}
.cyberthemes p{margin:.2em 0}
.cyberthemes .of{margin:.9em 0}
.cyberthemes .dim{opacity:.7;font-size:.9em}
.cyberthemes mark{color:inherit;border-radius:.2em;background:hsl(var(--hue) 90% 50%/var(--strength));
border-bottom:2px solid hsl(var(--hue) 80% 55%/calc(.1 + 2*var(--strength)))}
.cyberthemes .chip{display:inline-block;margin:.15em .4em .15em 0;padding:0 .6em;border-radius:1em;font-size:.9em;
border:1px solid hsl(var(--hue) 80% 55%);background:hsl(var(--hue) 90% 50%/.15)}
.cyberthemes table{border-collapse:collapse}
.cyberthemes th,.cyberthemes td{text-align:left;padding:.1em .8em .1em 0;vertical-align:top}
.cyberthemes tfoot{border-top:1px solid}
.cyberthemes .number{text-align:right;font-variant-numeric:tabular-nums}
</style>"""


class _Mark(NamedTuple):
    """Evidence in its place, and the theme that it speaks for."""

    start: int
    end: int
    text: str
    contribution: float
    theme: str
    name: str


def article_html(article: Fields, paragraphs: Iterable[Fields], n_paragraphs: int) -> str:
    """Return an article with its themes, then its paragraphs, as many as make a page that a notebook can hold.

    Parameters
    ----------
    article : mapping
        The fields of a `TaggedArticle`, of which ``paragraphs`` is not looked at.
    paragraphs : iterable of mapping
        Those of its paragraphs; no more are taken than are shown.
    n_paragraphs : int
        How many there are.

    Returns
    -------
    str
    """
    hues = _hues(article["themes"])
    about = " · ".join(f"<bdi>{_text(article[name])}</bdi>" for name in ("id", "date", "source") if article[name])
    title = (
        f"<p dir='auto'><strong>{_text(article['title'][:_MOST_OF_A_SAMPLE])}</strong></p>" if article["title"] else ""
    )
    chips = "".join(
        _chip(theme, hues, f"{theme['share']:.0%} of paragraphs ({theme['paragraphs']:,})")
        for theme in article["themes"]
    )
    parts, n_shown, n_characters = [], 0, 0
    for paragraph in paragraphs:
        n_shown += 1
        parts.append(_paragraph(paragraph, hues, f"{n_shown} "))
        n_characters += len(paragraph["text"]) + _ROOM_FOR_A_PARAGRAPH
        if n_characters >= _MOST_CHARACTERS:
            break
    if n_more := n_paragraphs - n_shown:
        parts.append(_dim(f"… {n_more:,} more paragraphs are not shown here."))
    below = f"<p>{chips or _dim(_text(article['reason'] or ''))}</p>"
    return _whole(f"{title}<p class='dim'>{about}</p>{below}", *parts)


def paragraph_html(paragraph: Fields) -> str:
    """Return a tagged paragraph with its themes as chips, and their evidence marked."""
    return _whole(_paragraph(paragraph, _hues(paragraph["tags"])))


def tag_html(tag: Fields) -> str:
    """Return a tag with how its score comes about: the bias and all evidence, the strongest in rows."""
    evidence = tag["evidence"]
    shown, rest = evidence[:_MOST_ROWS], evidence[_MOST_ROWS:]
    rows = [(piece["text"][:_MOST_OF_A_PIECE], f"{piece['contribution']:+.2f}") for piece in shown]
    sums = [("bias", f"{tag['bias']:+.2f}"), ("score", f"{tag['score']:+.2f}")]
    if rest:
        sums.insert(0, (f"{len(rest):,} more", f"{sum(piece['contribution'] for piece in rest):+.2f}"))
    chip = _chip(tag, _hues([tag]), f"shown from {tag['threshold']:.2f} on")
    return _whole(f"<p>{chip}</p>", _table(("evidence", "contribution"), rows, foot=sums))


def topic_html(topic: Fields) -> str:
    """Return a topic with its terms, and the beginning of the texts that are most about it."""
    about = f"{topic['share']:.0%} of texts, coherence {topic['coherence']:.2f}"
    terms = [(term, f"{weight:.2f}") for term, weight in topic["terms"][:_MOST_ROWS]]
    typical = [f"<p dir='auto'>“{_text(text['text'][:_MOST_OF_A_SAMPLE])}”</p>" for text in topic["typical"]]
    return _whole(_heading(topic["label"], f"{topic['id']}, {about}"), _table(("term", "weight"), terms), *typical)


def evaluation_html(evaluation: Fields) -> str:
    """Return the figures of an evaluation with their intervals, and those of each theme."""
    figures = [
        (name.replace("_", " "), f"{evaluation[name]:.3f}", f"{low:.3f} to {high:.3f}")
        for name, (low, high) in evaluation["intervals"].items()
    ]
    scores = [
        (theme, *(f"{score[name]:.2f}" if score["support"] else "–" for name in _SCORES), f"{score['support']:,}")
        for theme, score in evaluation["per_theme"].items()
    ]
    return _whole(
        _heading(f"{evaluation['n']:,} units", ""),
        _table(("figure", "value", "95 % interval"), figures),
        _table(("theme", *_SCORES, "support"), scores),
    )


def taxonomy_html(taxonomy: Fields) -> str:
    """Return the themes of a taxonomy, a row each."""
    rows = [
        (theme["id"], theme["name"], theme["group"], theme["definition"], f"{len(theme['terms']):,}")
        for theme in taxonomy["themes"]
    ]
    header = ("theme", "name", "group", "definition", "terms")
    return _whole(_heading(taxonomy["id"], f"version {taxonomy['version']}"), _table(header, rows, n_of_words=4))


# Parts ----------------------------------------------------------------------------------------------------


def _whole(*parts: str) -> str:
    return f"<div class='cyberthemes'>{_STYLE}{''.join(parts)}</div>"


def _text(text: str) -> str:
    """Return a text escaped, with each of its characters or an escape of it."""
    return escape(harmless(_WHITE_SPACE.sub(" ", text)))


def _hues(themes: Iterable[Fields]) -> Hues:
    """Return a hue for each theme: the same wherever it stands, unless another theme that stands there has it."""
    hues: dict[str, int] = {}
    for theme in themes:
        own = zlib.crc32(theme["theme"].encode("utf-8", "replace")) % len(_HUES)
        free = [hue for hue in _HUES[own:] + _HUES[:own] if hue not in hues.values()]
        hues[theme["theme"]] = free[0] if free else _HUES[own]
    return hues


def _chip(theme: Fields, hues: Hues, figure: str) -> str:
    label = f"<bdi>{_text(theme['name'])}</bdi> <strong>{theme['probability']:.2f}</strong>"
    title = f"{_text(theme['theme'])}, {figure}"
    return f"<span class='chip' style='--hue:{hues[theme['theme']]}' title='{title}'>{label}</span> "


def _dim(html: str) -> str:
    return f"<span class='dim'>{html}</span>"


def _heading(name: str, about: str) -> str:
    return f"<p><strong><bdi>{_text(name)}</bdi></strong> {_dim(_text(about))}</p>"


def _table(
    header: Sequence[str], rows: Iterable[Sequence[str]], *, n_of_words: int = 1, foot: Iterable[Sequence[str]] = ()
) -> str:
    """Return a table of texts: words in the first columns, then numbers."""

    def row(texts: Sequence[str], tag: str) -> str:
        kinds = [" dir='auto'"] * n_of_words + [" class='number'"] * (len(texts) - n_of_words)
        return "".join(f"<{tag}{kind}>{_text(text)}</{tag}>" for kind, text in zip(kinds, texts, strict=True))

    head = f"<thead><tr>{row(header, 'th')}</tr></thead>"
    body, below = ("".join(f"<tr>{row(texts, 'td')}</tr>" for texts in part) for part in (rows, foot))
    return f"<table>{head}<tbody>{body}</tbody><tfoot>{below}</tfoot></table>"


def _paragraph(paragraph: Fields, hues: Hues, number: str = "") -> str:
    kind = "" if paragraph["kind"] == "body" else f"({_text(paragraph['kind'])}) "
    text, n_more = paragraph["text"][:_MOST_OF_A_PARAGRAPH], len(paragraph["text"]) - _MOST_OF_A_PARAGRAPH
    marked = "".join(_marked(text, paragraph["start"], paragraph["tags"], hues))
    more = _dim(f"… {n_more:,} more characters are not shown here.") if n_more > 0 else ""
    html = f"<p dir='auto'>{_dim(number + kind) if number or kind else ''}{marked}{more}</p>"
    if paragraph["attribution"]:
        html += f"<p class='dim' dir='auto'>{_text(paragraph['attribution'][:_MOST_OF_A_SAMPLE])}</p>"
    chips = "".join(_chip(tag, hues, f"shown from {tag['threshold']:.2f} on") for tag in paragraph["tags"])
    if chips or paragraph["kind"] != "boilerplate":
        html += f"<p>{chips or _dim(_text(paragraph['reason'] or ''))}</p>"
    return f"<div class='of'>{html}</div>"


def _marked(text: str, offset: int, tags: Iterable[Fields], hues: Hues) -> Iterator[str]:
    """Yield a text with the evidence for its tags marked, and what it adds in a title."""
    for segment, covering in segments_of(text, offset, _marks(tags)):
        if not covering:
            yield _text(segment)
            continue
        strongest = sorted(covering, key=lambda mark: -mark.contribution)
        strength = min(0.45, 0.1 + 0.05 * sum(mark.contribution for mark in covering))
        title = "; ".join(
            f"{mark.name}: {mark.text[:_MOST_OF_A_PIECE]} {mark.contribution:+.2f}"
            for mark in strongest[:_MOST_IN_A_TITLE]
        )
        tint = f"--hue:{hues[strongest[0].theme]};--strength:{strength:.2f}"
        yield f"<mark style='{tint}' title='{_text(title)}'>{_text(segment)}</mark>"


def _marks(tags: Iterable[Fields]) -> Iterator[_Mark]:
    """Yield the evidence worth marking: what speaks for a theme, and adds at least a tenth of what is strongest."""
    for tag in tags:
        strongest = max((piece["contribution"] for piece in tag["evidence"]), default=0.0)
        for piece in tag["evidence"]:
            if piece["contribution"] >= max(_LEAST_MARKED, _LEAST_RATIO_MARKED * strongest):
                yield _Mark(
                    piece["start"], piece["end"], piece["text"], piece["contribution"], tag["theme"], tag["name"]
                )
