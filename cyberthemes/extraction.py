"""Files and bytes to text: which encoding, and what to say when there is none."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Final, Literal

from cyberthemes.errors import InputError

__all__ = ["LINE_END", "Damage", "damage_of", "decode", "encoding_marked", "read_text"]

_BYTE_ORDER_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

Damage = Literal["none", "some", "all"]
LINE_END: Final = re.compile("\r\n|\r|\n")
_ASCII: Final = bytes(range(128))
_FEW: Final = 0.1  # share of bytes beyond ASCII in English, even with names and typographic quotes
_BROKEN: Final = re.compile("[\udc80-\udcff]")  # what surrogateescape makes of bytes that are not UTF-8
_FEW_BROKEN: Final = 0.3  # of the characters beyond ASCII that are sound
_CONTROL: Final = bytes([*range(9), *range(14, 32), 127])
_FEW_CONTROLS: Final = 0.02  # share of bytes; a stray escape does not make a text binary


def read_text(path: Path) -> str:
    """Return the text of a file; see `decode`.

    Raises
    ------
    InputError
        If the file is missing, cannot be read, or is not text.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file or folder") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{str(path)!r}: cannot be read: {reason}") from error
    return decode(content, str(path))


def decode(content: bytes, source: str) -> str:
    r"""Return the text of some bytes: by byte-order mark, as UTF-8, else by the likeliest encoding.

    UTF-8 with a few broken bytes is still UTF-8, and has U+FFFD for them. Other bytes that are nearly all ASCII are
    Windows-1252, in which most such English is; the rest is guessed by charset-normalizer.

    Parameters
    ----------
    content : bytes
        A whole file.
    source : str
        What to call it in an error.

    Returns
    -------
    str
        The text, without a byte-order mark; newlines are left as they are.

    Raises
    ------
    InputError
        If the bytes are binary, or fit no encoding.

    Examples
    --------
    >>> decode(b"\xef\xbb\xbf5G", "note.txt")
    '5G'
    >>> decode("données personnelles protégées à Genève".encode("latin-1"), "note.txt")
    'données personnelles protégées à Genève'
    """
    encoding = encoding_marked(content) or "utf-8"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding.startswith("utf-8") and damage_of([content]) == "some":
            text = content.decode(encoding, "replace")
        elif encoding != "utf-8":
            raise InputError(
                f"{source}: begins as {encoding} but does not go on so ({error.reason} at byte {error.start})"
            ) from error
        else:
            text = _guess(content, source)
    if "\0" in text:
        raise InputError(f"{source}: holds NUL characters, so it is binary; convert it to plain text first")
    return text


def encoding_marked(content: bytes) -> str | None:
    """Return the encoding that a byte-order mark at the beginning says, None without one."""
    return next((name for mark, name in _BYTE_ORDER_MARKS if content.startswith(mark)), None)


def damage_of(chunks: Iterable[bytes]) -> Damage:
    """Return how much of some bytes is not UTF-8: nothing; far less than is, so that they are damaged; or too much.

    Examples
    --------
    >>> damage_of([b"data"]), damage_of(["données protégées à G".encode(), bytes([195])]), damage_of([bytes([233])])
    ('none', 'some', 'all')
    """
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    n_sound = n_broken = 0
    for chunk in chain(chunks, [b""]):
        text = decoder.decode(chunk, final=not chunk)
        if not text.isascii():
            n_sound += len(text) - len(text.encode("ascii", "ignore"))
            n_broken += len(text) - len(_BROKEN.sub("", text))
    n_sound -= n_broken
    return "none" if not n_broken else "some" if n_broken <= _FEW_BROKEN * n_sound else "all"


def _guess(content: bytes, source: str) -> str:
    from charset_normalizer import from_bytes

    is_binary = len(content) - len(content.translate(None, _CONTROL)) > _FEW_CONTROLS * len(content)
    if not is_binary and len(content.translate(None, _ASCII)) <= _FEW * len(content):
        with suppress(UnicodeDecodeError):
            return content.decode("cp1252")
    matches = [] if is_binary else list(from_bytes(content))
    if not matches:
        raise InputError(
            f"{source}: neither UTF-8 nor any other known text encoding; expected text: convert it to UTF-8 first"
        )
    # Matches come best first; among equals the commonest one is the likeliest.
    equals = [match for match in matches if (match.chaos, match.coherence) == (matches[0].chaos, matches[0].coherence)]
    return str(next((match for match in equals if match.encoding == "cp1252"), matches[0]))
