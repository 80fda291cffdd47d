"""Text to paragraphs: where each begins and ends in the text as given, and what kind it is.

Three steps, each over the step before: lines (`_lines`); units, by joining what a page layout broke
(`_join_wrapped`, `_join_cut`, `_attach_attributions`); and the kind of each unit (`_kind`). Nothing is
rewritten or dropped: every visible character of the text lies in a paragraph or in its attribution.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from typing import Any, Final, Literal

__all__ = ["DATE", "Paragraph", "split_paragraphs"]

Kind = Literal["body", "heading", "caption", "boilerplate"]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph: ``text[start:end]``, in code points of the text as given.

    Attributes
    ----------
    start, end : int
        Half-open span; one that `split_paragraphs` finds has no white space at either end.
    kind : {"body", "heading", "caption", "boilerplate"}
        ``boilerplate`` is a publication's own matter: bylines, sources, navigation, copyright, bare credits.
    attribution : tuple of int or None
        Span of the line below that says where a quotation is from, if there is one.
    """

    start: int
    end: int
    kind: Kind = "body"
    attribution: tuple[int, int] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dict of plain values."""
        return asdict(self)


def split_paragraphs(text: str) -> tuple[Paragraph, ...]:
    r"""Return the paragraphs of a text, in order, without overlap.

    One newline or several may part paragraphs. Lines of a hard-wrapped text are joined, and so are the two
    halves of a paragraph that a page layout cut.

    Parameters
    ----------
    text : str
        Any text; an empty one has no paragraphs.

    Returns
    -------
    tuple of Paragraph
        Spans into ``text`` with their kinds.

    Examples
    --------
    >>> text = "Joint efforts\n\nBy Li Wei\n\nData moved between the states along the Belt and\n\nRoad last year."
    >>> for paragraph in split_paragraphs(text):
    ...     print(paragraph.kind, repr(text[paragraph.start : paragraph.end]))
    heading 'Joint efforts'
    boilerplate 'By Li Wei'
    body 'Data moved between the states along the Belt and\n\nRoad last year.'
    """
    units = _join_cut(text, _join_wrapped(list(_lines(text))))
    navigation = _navigation(text, units)
    paragraphs = [
        Paragraph(unit.start, unit.end, "boilerplate" if unit in navigation else _kind(text[unit.start : unit.end]))
        for unit in units
    ]
    return tuple(_attach_attributions(text, paragraphs))


# Lines and units ------------------------------------------------------------------------------------------

_BREAK: Final = re.compile("\r\n|[\n\r\v\f\x85\u2028\u2029]")
_LINE: Final = re.compile(r"[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")


@dataclass(frozen=True, slots=True)
class _Unit:
    """One or more lines that belong together; ``block`` counts the runs of lines without a blank between."""

    start: int
    end: int
    block: int


def _lines(text: str) -> Iterator[_Unit]:
    block, last = 0, 0
    for match in _LINE.finditer(text):
        line = match.group()
        left = len(line) - len(line.lstrip())
        end = match.start() + len(line.rstrip())
        if left == len(line):
            continue
        breaks = text[last : match.start() + left]
        block += last > 0 and _has_blank_line(breaks)
        yield _Unit(match.start() + left, end, block)
        last = end


@lru_cache(maxsize=1 << 8)
def _has_blank_line(breaks: str) -> bool:
    return len(_BREAK.findall(breaks)) > 1


_WRAP_WIDTHS: Final = range(40, 101)


def _join_wrapped(lines: Sequence[_Unit]) -> list[_Unit]:
    """Make one unit of each block if the text looks hard-wrapped: inner lines of one width, few of them shorter."""
    blocks: list[list[_Unit]] = []
    for line in lines:
        if blocks and blocks[-1][0].block == line.block:
            blocks[-1].append(line)
        else:
            blocks.append([line])
    inner = sorted(line.end - line.start for block in blocks for line in block[:-1])
    if len(inner) < 3 or inner[-1] not in _WRAP_WIDTHS or inner[len(inner) // 4] < 0.75 * inner[-1]:
        return list(lines)
    return [_Unit(block[0].start, block[-1].end, block[0].block) for block in blocks]


_SENTENCE_END: Final = re.compile(r"[.!?:;…。！？：；][\"'”’»)\]]*$|[\"”’»)\]]$")
_LONGEST_SENTENCE_END: Final = 20
_OPEN_END: Final = re.compile(
    r"\b(?:a|an|and|as|at|but|by|for|from|in|into|its|of|on|or|our|that|the|their|to|which|with)$|[,-]$"
)
_CUT_LENGTH: Final = 40


def _join_cut(text: str, units: Sequence[_Unit]) -> list[_Unit]:
    """Join a unit that stops in mid-sentence with the one that goes on."""
    joined: list[_Unit] = []
    for unit in units:
        if joined and _is_cut(text, joined[-1], unit):
            joined[-1] = replace(joined[-1], end=unit.end, block=unit.block)
        else:
            joined.append(unit)
    return joined


def _is_cut(text: str, first: _Unit, second: _Unit) -> bool:
    ending = text[max(first.start, first.end - 80) : first.end]
    goes_on_small = text[second.start].islower()
    if first.end - first.start < _CUT_LENGTH or _ends_sentence(ending):
        return False
    beginning = text[first.start : min(first.end, first.start + 4 * _HEADING_LENGTH)]
    if _is_boilerplate(beginning) or _is_boilerplate(text[second.start : second.end]):
        return False
    return goes_on_small or (_OPEN_END.search(ending) is not None and text[second.start].isalnum())


_ATTRIBUTION: Final = re.compile(r"(?:[—―–]|--)\s*\w")


def _attach_attributions(text: str, paragraphs: Sequence[Paragraph]) -> list[Paragraph]:
    """Give a quotation the line below it that begins with a dash and says where it is from."""
    attached: list[Paragraph] = []
    for paragraph in paragraphs:
        if attached and _is_attribution(text, attached[-1], paragraph):
            attached[-1] = replace(attached[-1], attribution=(paragraph.start, paragraph.end))
        else:
            attached.append(paragraph)
    return attached


def _is_attribution(text: str, above: Paragraph, paragraph: Paragraph) -> bool:
    if above.kind != "body" or above.attribution or paragraph.end - paragraph.start > _HEADING_LENGTH:
        return False
    line = text[paragraph.start : paragraph.end]
    return _ATTRIBUTION.match(line) is not None and not _ends_sentence(line)


def _ends_sentence(text: str) -> bool:
    return _SENTENCE_END.search(text, max(0, len(text) - _LONGEST_SENTENCE_END)) is not None


# Kinds ----------------------------------------------------------------------------------------------------

_HEADING_LENGTH: Final = 150
_HEADING_WORDS: Final = 20
_MONTH: Final = (
    r"(?:Jan(?:uary|\.)?|Feb(?:ruary|\.)?|Mar(?:ch|\.)?|Apr(?:il|\.)?|May|June?\.?|July?\.?|Aug(?:ust|\.)?"
    r"|Sept?(?:ember|\.)?|Oct(?:ober|\.)?|Nov(?:ember|\.)?|Dec(?:ember|\.)?)"
)
# Year first or last; groups: year, month, day in one of three orders.
DATE: Final = re.compile(
    rf"(?<![\d/-])(?:(?P<y1>\d{{4}})[-/.](?P<m1>\d{{1,2}})[-/.](?P<d1>\d{{1,2}})"
    rf"|(?P<m2>{_MONTH})\s+(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y2>\d{{4}})"
    rf"|(?P<d3>\d{{1,2}})(?:st|nd|rd|th)?\s+(?P<m3>{_MONTH}),?\s+(?P<y3>\d{{4}}))(?!\d)",
    re.IGNORECASE,
)
_AGENCIES: Final = (
    r"xinhua(?: news agency)?|ap|associated press|afp|reuters|getty(?: images)?|bloomberg|epa|vcg|cns|cnsphoto|cfp|ic"
    r"|china news service|ians|ani|pti|tass|anadolu|kyodo|yonhap|bernama|antara"
)
_OUTLETS: Final = (
    _AGENCIES + r"|china daily(?: global)?|china economic net|china\.org\.cn|cgtn|cctv|global times|beijing review"
    r"|people['’]s daily(?: online)?|qiushi(?: journal)?|south china morning post|scmp|bbc(?: news)?|cnn|the guardian"
    r"|financial times|the new york times|the wall street journal|the economist|the diplomat|politico|voa"
)
_NAME: Final = r"[A-Z][\w.'’-]*"
_CREDIT_LINES: Final = (
    r"(?:source|editors?|web editor|authors?|reporters?|updated|last (?:updated|modified))\s*[:|].*",
    r"(?:published(?: on| at)?|posted(?: on)?|photos?(?: by)?|image|photo credit|credit)\s*[:|/].*",
    r"(?:copy-?edited|edited|reported|reporting|written|compiled|translated|photographs?|photos?) by (?-i:[A-Z]).*",
    rf"(?-i:By {_NAME}(?: (?:and |de |van |bin )?{_NAME}){{0,5}})\s*(?:[,·|(/—–-].*)?",  # By Li Wei · 2020-10-16
    r"(?-i:[A-Z][A-Z.'’ -]+ / [A-Z][A-Z.'’ -]+)",  # LI WEI / FOR THE DAILY
    r"\S+@\S+\.\w+",
    r"\(print edition title.*",
    rf"(?:date:?\s+)?{DATE.pattern}(?:[\s|,·-]+\d\d?:\d\d(?::\d\d)?)?(?:\s*[(\[][^)\]]*[)\]])?",
    rf"[(\[]?\s*(?:{_OUTLETS})\s*[)\]]?",
)
_CREDIT: Final = re.compile("|".join(f"(?:{line})" for line in _CREDIT_LINES), re.IGNORECASE)
_NAVIGATION_LINES: Final = (
    r"(?:about|contact|advertise with|join|follow) us\b.{0,40}",
    r"(?:print|e-?mail|comments?(?: to)?|tags?|menu|search|next|previous|online|advertisement|home(?:page)?|sitemap)",
    r"(?:special reports?|log ?in|sign (?:in|up).{0,40}|(?:subscribe|newsletters?)\b.{0,60})",
    r"(?:share(?: (?:this|on)\b.{0,40})?|(?:read|see|view|show|learn) more\b.{0,60}|\d+ min(?:ute)?s? read)",
    r"(?:related|recommended|most (?:read|popular)|top|more|latest) (?:news|articles?|stories|reads?|posts|topics)",
    r"(?:back to top|skip to .{0,40}|click here\b.{0,60}|scan\b.{0,40}\bcode\b.{0,40}|video player.{0,20})",
    r"(?:privacy policy|cookie policy|terms (?:of (?:use|service)|and conditions)\b.{0,20}|partners\s*:.*)",
    r"(?:(?:©|\(c\) \d{4}|copyright\s*(?:©|\(c\)|\d{4}|[:|–—-])).*|.*\ball rights reserved\b.*|.*ICP备.*)",
)
_NAVIGATION: Final = re.compile("|".join(_NAVIGATION_LINES), re.IGNORECASE)
_MENU_SEPARATOR: Final = re.compile(r"\s[|·•»]\s")
_PHOTO_CREDIT: Final = re.compile(
    r"\s*(?:[(\[](?:(?:file\s+|courtesy\s+)?(?:photo|image|picture|graphic)s?\b[^)\]]*"
    rf"|(?:{_AGENCIES})(?:[/ ][^)\]]*)?)[)\]]|(?:photo|image)\s*:\s*\S.{{0,60}})$",
    re.IGNORECASE,
)
_CAPTION_OPENING: Final = re.compile(
    r"(?:file\s+)?(?:photo|picture|image|graphic)s?\s*"
    r"(?:[:|]|(?:taken|shows?|dated|released|provided|illustration)\b)|caption\s*:|(?-i:FILE)\s*[-–—]",
    re.IGNORECASE,
)


def _kind(unit: str) -> Kind:
    if _is_boilerplate(unit):
        return "boilerplate"
    ending = unit[-120:]
    credit = _PHOTO_CREDIT.search(ending) if ending[-1] in ")]" or ":" in ending else None  # most have none: tell soon
    if credit or _CAPTION_OPENING.match(unit):
        words_left = len(unit[: len(unit) - len(credit.group())].split()) if credit else len(unit.split())
        return "caption" if words_left >= 3 else "boilerplate"
    return "heading" if _is_heading(unit) else "body"


def _is_heading(unit: str) -> bool:
    if len(unit) > _HEADING_LENGTH or len(unit.split()) > _HEADING_WORDS or unit[0] in "•●▪*":
        return False
    ends_open = _OPEN_END.search(unit) is not None
    ends_sentence = _ends_sentence(unit) and not unit.endswith(("?", ")", '"', "”", "’"))
    return not ends_open and not ends_sentence


def _is_boilerplate(unit: str) -> bool:
    if len(unit) > 3 * _HEADING_LENGTH:
        return False
    pieces = _MENU_SEPARATOR.split(unit) if any(map(unit.__contains__, "|·•»")) else ()
    if len(pieces) >= 4 and max(len(piece.split()) for piece in pieces) <= 5:
        return True
    is_sentence = len(unit.split()) > _HEADING_WORDS and _ends_sentence(unit)
    return not is_sentence and (_CREDIT.fullmatch(unit) or _NAVIGATION.fullmatch(unit.rstrip(" .!:"))) is not None


def _navigation(text: str, units: Sequence[_Unit]) -> set[_Unit]:
    """Find lists of short lines of which one is known navigation: the rest are links beside it."""
    blocks: dict[int, list[_Unit]] = {}
    for unit in units:
        blocks.setdefault(unit.block, []).append(unit)
    found: set[_Unit] = set()
    for block in blocks.values():
        short = [
            unit for unit in block if unit.end - unit.start <= 40 and len(text[unit.start : unit.end].split()) <= 4
        ]
        if len(short) >= 3 and any(_NAVIGATION.fullmatch(text[unit.start : unit.end]) for unit in short):
            found.update(short)
    return found
