"""What the command line reads and writes: documents from paths, results to standard output or a whole file.

Progress and errors go to standard error.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cyberthemes.errors import CyberthemesError, InputError

if TYPE_CHECKING:
    from cyberthemes.documents import Document

__all__ = ["complain", "print_all", "read_documents", "show_steps", "with_progress", "write_whole"]


def read_documents(paths: Sequence[str], failures: list[CyberthemesError]) -> Iterator[Document]:
    """Yield the documents of all paths; a file that cannot be read, or read on, is reported and the rest goes on."""
    for path in paths:
        for read_one in _readers(path, failures):
            try:
                yield from read_one()
            except InputError as error:
                complain(error)
                failures.append(error)


def _readers(path: str, failures: list[CyberthemesError]) -> list[Callable[[], Iterator[Document]]]:
    """Return what reads each file of a path."""
    from cyberthemes.documents import files_of, read

    if path == "-":
        return [_standard_input]
    try:
        return [partial(read, file) for file in files_of(Path(path))]
    except InputError as error:
        complain(error)
        failures.append(error)
        return []


def _standard_input() -> Iterator[Document]:
    from cyberthemes.documents import Document
    from cyberthemes.extraction import decode

    if sys.stdin is None:
        raise InputError("standard input: closed; expected some text")
    yield Document.from_text(decode(sys.stdin.buffer.read(), "standard input"), id="-")


def print_all(texts: Iterable[str]) -> None:
    """Print texts to standard output; what its encoding cannot hold goes out as escapes."""
    if sys.stdout is None:
        raise InputError("standard output: closed; give a file with --output")
    if reconfigure := getattr(sys.stdout, "reconfigure", None):
        reconfigure(errors="backslashreplace")
    for text in texts:
        print(text)


def complain(error: CyberthemesError | str) -> None:
    """Report an error on standard error."""
    print(f"cyberthemes: {error}", file=sys.stderr)


def with_progress(documents: Iterable[Document]) -> Iterable[Document]:
    """Count documents on standard error if a person is watching and results go elsewhere."""
    if not sys.stderr.isatty() or sys.stdout.isatty():
        return documents
    from tqdm import tqdm

    counted: Iterable[Any] = tqdm(documents, unit=" texts", file=sys.stderr)
    return counted


def write_whole(path: Path, lines: Iterable[str]) -> None:
    """Write lines to a file, which appears only when all are written, and only if there are any."""
    if not path.name or path.is_dir():
        raise InputError(f"{path}: a folder; expected the name of a file")
    temporary = path.parent / f".{path.name}.{os.getpid()}.writing"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("w", encoding="utf-8", errors="backslashreplace") as stream:
            stream.writelines(line.rstrip("\n") + "\n" for line in lines)
        if temporary.stat().st_size:  # nothing to write leaves an older file as it is
            temporary.replace(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from error
    finally:
        if temporary.exists():
            temporary.unlink()


def show_steps() -> None:
    """Show the steps of long work on standard error if a person is watching."""
    if sys.stderr is not None and sys.stderr.isatty():
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(message)s …"))
        logger = logging.getLogger("cyberthemes")
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
