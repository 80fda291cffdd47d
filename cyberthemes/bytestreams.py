"""Files and pipes as streams of bytes: opened, unpacked, known by their first bytes, and read within limits."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, Literal

from cyberthemes.errors import InputError
from cyberthemes.extraction import encoding_marked

__all__ = [
    "JSON_SUFFIXES", "PACKED", "PAGE_SUFFIXES", "ByteStream", "Format", "chunks_of", "format_of", "open_file",
    "read_within", "refuse_binary", "suffix_of", "unpacked",
]  # fmt: skip

Format = Literal["text", "html", "pdf", "json lines", "csv"]
PACKED: Final = ".gz"
PAGE_SUFFIXES: Final = (".html", ".htm", ".xhtml")
JSON_SUFFIXES: Final = (".jsonl", ".ndjson")
_CHUNK: Final = 1 << 17  # bytes
_HEAD: Final = 4096  # bytes
_GZIP: Final = b"\x1f\x8b"
_HTML: Final = re.compile(
    r"\s*+(?:<\?xml[^>]*+>\s*+)?+(?:<!--(?>.*?-->)\s*+)*+<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL
)
_JSON_LINES: Final = re.compile(r"\s*+\{\s*+\"")


class ByteStream(io.BufferedReader):
    """A stream of bytes whose beginning, ``head``, is known; it need not be a file that can be read twice."""

    def __init__(self, stream: BinaryIO) -> None:
        self.head = stream.read(_HEAD)
        is_all = len(self.head) < _HEAD  # and a terminal would ask for more
        super().__init__(_Rejoined(self.head, io.BytesIO() if is_all else stream), _CHUNK)


class _Rejoined(io.RawIOBase):
    """A stream from its beginning again, after that was read."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head, self._rest = head, rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        content = self._head or self._rest.read(len(buffer))
        content, self._head = content[: len(buffer)], content[len(buffer) :]
        buffer[: len(content)] = content
        return len(content)


@contextmanager
def open_file(path: Path) -> Iterator[ByteStream]:
    """Open a file or named pipe, and unpack it if it is packed.

    Raises
    ------
    InputError
        If it is missing, cannot be opened, or cannot be read to its end.
    """
    try:
        stream = path.open("rb")
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file or folder") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{str(path)!r}: cannot be read: {reason}") from error
    with stream, unpacked(stream, str(path)) as content:
        yield content


@contextmanager
def unpacked(stream: BinaryIO, name: str) -> Iterator[ByteStream]:
    """Give a stream, unpacked if it is gzip by its first bytes.

    Raises
    ------
    InputError
        If it cannot be read to its end.
    """
    is_packed = False
    try:
        content = ByteStream(stream)
        if is_packed := content.head.startswith(_GZIP):
            import gzip

            content = ByteStream(gzip.GzipFile(fileobj=content))  # type: ignore[arg-type]
            if content.head.startswith(_GZIP):
                raise InputError(f"{name}: packed with gzip twice; unpack it once")
        yield content
    except (EOFError, OSError, UnicodeDecodeError, zlib.error) as error:
        if is_packed and not isinstance(error, UnicodeDecodeError):
            raise InputError(f"{name}: a damaged gzip file ({error}); what follows was not read") from error
        raise InputError(f"{name}: cannot be read on: {error}; did it change while it was read?") from error


def chunks_of(stream: BinaryIO) -> Iterator[bytes]:
    """Yield all bytes of a stream, some at a time."""
    while chunk := stream.read(_CHUNK):
        yield chunk


def read_within(stream: BinaryIO, most: int) -> bytes | None:
    """Return all bytes of a stream, or None as soon as they are more than the most."""
    chunks, size = [], 0
    for chunk in chunks_of(stream):
        chunks.append(chunk)
        size += len(chunk)
        if size > most:
            return None
    return b"".join(chunks)


def format_of(head: bytes, suffix: str) -> Format:
    """Return what a file holds by its first bytes, and where these leave it open by its suffix.

    Examples
    --------
    >>> format_of(b"<!DOCTYPE html><p>", ".txt"), format_of(b"text,id", ".csv"), format_of(b"5G", "")
    ('html', 'csv', 'text')
    """
    beginning = head.decode(encoding_marked(head) or "utf-8", "ignore")
    if head.startswith(b"%PDF-"):
        return "pdf"
    if suffix in JSON_SUFFIXES or (not suffix and _JSON_LINES.match(beginning)):
        return "json lines"
    if suffix == ".csv":
        return "csv"
    if suffix in PAGE_SUFFIXES or _HTML.match(beginning):
        return "html"
    return "pdf" if suffix == ".pdf" else "text"


def suffix_of(path: Path) -> str:
    """Return the suffix that says what a file holds, in small letters and without that of the packing."""
    name = path.name.lower().removesuffix(PACKED)
    return Path(name).suffix


def refuse_binary(content: ByteStream, name: str) -> None:
    """Refuse what holds NUL in its first bytes and has no byte-order mark that explains it."""
    if b"\0" in content.head and not encoding_marked(content.head):
        raise InputError(f"{name}: holds NUL characters, so it is binary; convert it to plain text first")
