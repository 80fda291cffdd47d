r"""Text laid out in the cells of a terminal: how many it takes, where lines break, and nothing that does harm.

A character takes no cell, one or two. Several may make one that a person sees: an accented letter, a flag, a family.
Styles are the escape sequences ``\x1b[…m``, which take none; `visible` leaves no other control character in a text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from typing import Final

__all__ = [
    "RESET",
    "bar",
    "beside",
    "cells",
    "filled",
    "harmless",
    "isolated",
    "padded",
    "shortened",
    "visible",
    "wrapped",
]

RESET: Final = "\x1b[0m"
_STYLE: Final = re.compile(r"\x1b\[[0-9;]*m")
_STYLE_OR_CHARACTER: Final = re.compile(rf"{_STYLE.pattern}|.", re.DOTALL)
# Controls, which could move a cursor or worse; what turns the direction of text after it; halves of characters.
_HARMFUL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u206f\ufff9-\ufffb\ud800-\udfff]")
# Most of what is read.
_ONE_CELL_EACH: Final = re.compile("[ -~\xa0-\xac\xae-\u02ff\u2010-\u2015\u2018-\u201f\u2026\u2580-\u259f\u25b8]*")
_FEWEST_CELLS: Final = 10  # in a line, whatever its indent
_FEWEST_BESIDE: Final = 20  # cells; with fewer left beside a head, words go below it

_FIRST_STRONG, _LEFT_TO_RIGHT, _RIGHT_TO_LEFT, _POP = "\u2068", "\u2066", "\u2067", "\u2069"  # isolates
_ISOLATED: Final = re.compile("[\u2066-\u2068][^\u2066-\u2069]*\u2069")
_FROM_THE_RIGHT: Final = re.compile(
    "[\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)

_FORMATS_OF_ONE_CELL: Final = frozenset(
    "\xad\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd\u0600\u0601\u0602\u0603\u0604\u0605"
)
_EMOJI_STYLE, _JOINER = "\ufe0f", "\u200d"
_SKIN_TONES: Final = frozenset("🏻🏼🏽🏾🏿")
_KEYS: Final = frozenset("#*0123456789‼⁉ℹ")  # which an emoji style widens, as it does symbols

# Where lines may break without a space: beside a Chinese or Japanese character, but not before what closes or
# continues it, nor after what opens.
_HAN_OR_KANA: Final = (
    "\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_OPENS: Final = r"（〔［｛〈《「『【〖“‘\"'(\[\-"
_CLOSES: Final = r"、。，．・：；！？）〕］｝〉》」』】〗”’\"'),.:;!?%\]…—ーぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ々"
_CONTINUES: Final = "\u0300-\u036f\u3099\u309a\ufe00-\ufe0f\u200d\U000e0100-\U000e01ef\x1b"


def visible(text: str) -> str:
    r"""Return a text in one line: white space folded, and what could do harm on a terminal written as an escape.

    Examples
    --------
    >>> print(visible("red:\n\x1b[31m"))
    red: \x1b[31m
    """
    return harmless(" ".join(text.split()))


def harmless(text: str) -> str:
    """Return a text in which controls, changes of direction and halves of characters are written as escapes."""
    return _HARMFUL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def cells(text: str) -> int:
    """Return how many cells a text takes.

    Examples
    --------
    >>> [cells(text) for text in ("5G", "网络", "👩‍👩‍👧", "🇩🇪")]
    [2, 4, 2, 2]
    """
    plain = _STYLE.sub("", text)
    return len(plain) if _ONE_CELL_EACH.fullmatch(plain) else sum(taken for _, taken in _characters(plain))


def padded(text: str, width: int) -> str:
    """Return a text with spaces after it, so that it takes at least ``width`` cells."""
    return text + " " * (width - cells(text))


def isolated(text: str) -> str:
    """Return a text such that words from right to left in it do not move what stands around it."""
    return f"{_FIRST_STRONG}{text}{_POP}" if _FROM_THE_RIGHT.search(text) else text


def wrapped(text: str, width: int, *, first: str = "", indent: str = "") -> list[str]:
    """Return the lines of a text made visible, the first one after ``first``, the others after ``indent``."""
    return filled(visible(text).split(" "), width, first=first, indent=indent)


def shortened(text: str, width: int) -> str:
    """Return a text made visible, cut after a word where it takes more than ``width`` cells."""
    lines = wrapped(text, width)
    return "".join(lines) if len(lines) < 2 else wrapped(text, width - 2)[0] + " …"


def filled(words: Iterable[str], width: int, *, first: str = "", indent: str = "") -> list[str]:
    """Return lines filled with visible words, the first one after ``first``, the others after ``indent``.

    Lines break between words, between Chinese or Japanese characters, and in words that are too long for a line. Styles
    end with a line and begin again on the next. Lines with words from right to left are isolated.
    """
    words = [word for word in words if word]
    rooms = [max(_FEWEST_CELLS, width - cells(prefix)) for prefix in (first, indent)]
    lines, used = [""], 0
    for word in words:
        gap = " " if lines[-1] else ""
        for part, taken in _parts(word, min(rooms)):
            if lines[-1] and used + len(gap) + taken > rooms[len(lines) > 1]:
                lines.append("")
                gap, used = "", 0
            lines[-1] += gap + part
            gap, used = "", used + len(gap) + taken
    opening = _direction(words)
    styled = [f"{opening}{line}{_POP}" if opening else line for line in _restyled(lines)]
    return (
        [(indent if number else first) + line for number, line in enumerate(styled)] if words or first.strip() else []
    )


def beside(head: str, words: Iterable[str], width: int) -> list[str]:
    """Return lines filled with visible words beside a head, or below it where little room is left."""
    taken = cells(head)
    if width - taken >= _FEWEST_BESIDE:
        return [line.rstrip() for line in filled(words, width, first=head, indent=" " * taken)]
    return [head.rstrip(), *filled(words, width, first=" " * 6, indent=" " * 6)]


def bar(share: float, length: int = 10) -> str:
    """Return a bar of ``length`` cells, of which a share from 0 to 1 is full."""
    full = round(share * length)
    return "█" * full + "░" * (length - full)


def _parts(word: str, most: int) -> Iterator[tuple[str, int]]:
    """Yield the parts of a word between which a line may break, with the cells they take."""
    for part in [word] if _ONE_CELL_EACH.fullmatch(_STYLE.sub("", word)) else _break().split(word):
        taken = cells(part)
        if taken <= most:
            yield part, taken
        else:
            yield from _characters(part)


@cache
def _break() -> re.Pattern[str]:
    """Return where lines may break in words; for few texts, and slow to compile."""
    closed = "[、。，；：！？）」』》]"
    near = f"(?:(?<=[{_HAN_OR_KANA}])|(?<={closed})|(?=[{_HAN_OR_KANA}]))"
    return re.compile(f"(?<![{_OPENS}]){near}(?![{_CLOSES}{_CONTINUES}])")


def _restyled(lines: Sequence[str]) -> Iterator[str]:
    """Yield lines that end the style which is on at their end, and begin with the one that was on before."""
    style = ""
    for line in lines:
        styles = _STYLE.findall(line)
        before, style = style, styles[-1] if styles else style
        style = "" if style == RESET else style
        yield f"{before}{line}{RESET if style else ''}"


def _direction(words: Sequence[str]) -> str:
    """Return the isolate for a text's direction, which is its first letter's; none if no word is from the right."""
    if not any(map(_FROM_THE_RIGHT.search, words)):
        return ""
    classes = map(unicodedata.bidirectional, _ISOLATED.sub("", _STYLE.sub("", " ".join(words))))
    return (
        _RIGHT_TO_LEFT if next((kind for kind in classes if kind in ("L", "R", "AL")), "L") != "L" else _LEFT_TO_RIGHT
    )


# Characters as a person sees them -------------------------------------------------------------------------


def _characters(text: str) -> Iterator[tuple[str, int]]:
    """Yield what a person sees as one character, with the cells it takes: several code points, with styles in it."""
    start, width = 0, 0
    for found in _STYLE_OR_CHARACTER.finditer(text):
        place, piece = found.start(), found[0]
        joint = _joint_cells(text, start, place, width, piece) if place else None
        if joint is None and place:
            yield text[start:place], width
            start = place
        width = _code_point_cells(piece) if joint is None else joint
    if text:
        yield text[start:], width


def _joint_cells(text: str, start: int, place: int, width: int, piece: str) -> int | None:
    """Return the cells of the character ``text[start:place]`` with the next piece, or None if that begins another."""
    base, own = text[start], _code_point_cells(piece)
    if piece == _EMOJI_STYLE:
        return 2 if base in _KEYS or _is_symbol(base) else width
    if not own:
        return width
    if unicodedata.category(piece) == "Mc":
        return min(2, width + 1)
    if piece in _SKIN_TONES or (text[place - 1] == _JOINER and _is_symbol(piece)):
        return max(width, own) if _is_symbol(base) else None
    return width if place - start == 1 and _is_half_flag(base) and _is_half_flag(piece) else None


@lru_cache(maxsize=4096)
def _code_point_cells(piece: str) -> int:
    """Return the cells of a code point alone, as the Unicode Character Database has it, or of a style."""
    if len(piece) > 1:
        return 0
    category = unicodedata.category(piece)
    if category == "Cn":  # in a later Unicode, likely an emoji or a rare ideograph
        return 2 if "\U0001f6d0" <= piece <= "\U0001faff" or "\U00020000" <= piece <= "\U0003ffff" else 1
    is_later_jamo = "\u1160" <= piece <= "\u11ff" or "\ud7b0" <= piece <= "\ud7ff"
    if category in ("Mn", "Me") or is_later_jamo or (category == "Cf" and piece not in _FORMATS_OF_ONE_CELL):
        return 0
    return 2 if unicodedata.east_asian_width(piece) in "WF" or _is_half_flag(piece) else 1


def _is_half_flag(piece: str) -> bool:
    return "\U0001f1e6" <= piece <= "\U0001f1ff"


def _is_symbol(piece: str) -> bool:
    return unicodedata.category(piece) in ("So", "Sm", "Cn")
