"""Files and bytes to text: which encoding, and what to say when there is none."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from cyberthemes.errors import InputError

__all__ = ["LINE_END", "decode", "read_lines", "read_text"]

_BYTE_ORDER_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


LINE_END: Final = re.compile("\r\n|\r|\n")
_CHUNK: Final = 1 << 20  # bytes
_ASCII: Final = bytes(range(128))
_FEW: Final = 0.1  # share of bytes beyond ASCII in English, even with names and typographic quotes
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


def read_lines(path: Path) -> Iterator[str]:
    """Yield the lines of a text file without their ends; of one in UTF-8, a line at a time is in memory.

    Raises
    ------
    InputError
        As `read_text` does, before the first line.
    """
    if not _is_utf8(path):
        yield from LINE_END.split(read_text(path))
        return
    try:
        with path.open(encoding="utf-8-sig") as stream:
            for line in stream:
                yield line.removesuffix("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read on: {error}; did it change while it was read?") from error


def _is_utf8(path: Path) -> bool:
    """Return whether a file can be read a second time and is strict UTF-8 without NUL, a byte-order mark or none."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        if not path.is_file():
            return False
        with path.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                decoder.decode(chunk)
                if b"\0" in chunk:
                    return False
        decoder.decode(b"", final=True)
    except (OSError, ValueError):
        return False
    return True


def decode(content: bytes, source: str) -> str:
    r"""Return the text of some bytes: by byte-order mark, as strict UTF-8, else by the likeliest encoding.

    Bytes that are nearly all ASCII are then Windows-1252, in which most such English is; others are guessed by
    charset-normalizer.

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
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding != "utf-8":
            raise InputError(
                f"{source}: begins as {encoding} but does not go on so ({error.reason} at byte {error.start})"
            ) from error
        text = _guess(content, source)
    if "\0" in text:
        raise InputError(f"{source}: holds NUL characters, so it is binary; convert it to plain text first")
    return text


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
