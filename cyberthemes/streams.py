"""What the command line reads and writes: documents from paths, results to standard output or a whole file.

A file appears only when it is whole. Results that take long are written line by line beside it, to ``FILE.partial``,
so that the same command goes on from there after any interruption. Progress and errors go to standard error.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from cyberthemes.errors import CyberthemesError, InputError

if sys.platform != "win32":
    import fcntl

if TYPE_CHECKING:
    from cyberthemes.documents import Document
    from cyberthemes.limits import Limits

__all__ = [
    "complain",
    "print_all",
    "read_documents",
    "show_steps",
    "terminated_as_interrupted",
    "whole_file",
    "with_progress",
    "write_lines_of",
    "write_whole",
]


def read_documents(
    paths: Sequence[str], failures: list[CyberthemesError], *, limits: Limits, is_strict: bool
) -> Iterator[Document]:
    """Yield the documents of all paths; what cannot be read is reported and the rest goes on, unless strict."""
    from cyberthemes.documents import read, read_stream

    def report(error: InputError) -> None:
        if is_strict:
            raise error
        complain(error)
        failures.append(error)

    for path in paths:
        if path != "-":
            yield from read(Path(path), limits=limits, on_error=report)
        elif sys.stdin is None:
            report(InputError("standard input: closed; expected some text"))
        else:
            yield from read_stream(sys.stdin.buffer, "standard input", limits=limits, on_error=report)


def print_all(texts: Iterable[str]) -> None:
    """Print texts to standard output; what its encoding cannot hold goes out as escapes."""
    if sys.stdout is None:
        raise InputError("standard output: closed; give a file with --output")
    if reconfigure := getattr(sys.stdout, "reconfigure", None):
        reconfigure(errors="backslashreplace")
    for text in texts:
        print(text)


def complain(error: CyberthemesError | str) -> None:
    """Report an error on standard error; what could do harm on a terminal is written as an escape."""
    from cyberthemes.cells import harmless  # for errors alone

    print("\n".join(map(harmless, f"cyberthemes: {error}".split("\n"))), file=sys.stderr)


def with_progress(documents: Iterable[Document]) -> Iterable[Document]:
    """Count documents on standard error if a person is watching and results go elsewhere."""
    if not sys.stderr.isatty() or sys.stdout.isatty():
        return documents
    from tqdm import tqdm

    counted: Iterable[Any] = tqdm(documents, unit=" texts", file=sys.stderr)
    return counted


def write_whole(path: Path, lines: Iterable[str]) -> None:
    """Write lines to a file, which appears only when all are written, and only if there are any."""
    with whole_file(path) as unfinished, unfinished.open("w", encoding="utf-8", errors="backslashreplace") as stream:
        stream.writelines(line.rstrip("\n") + "\n" for line in lines)


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give the path of an empty file that takes the place of another once it is written, if anything is written to it.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    temporary = path.parent / f".{path.name}.{os.getpid()}.writing"
    try:
        _refuse_folder(path)
        _make_empty(temporary)
        yield temporary
        if temporary.stat().st_size:  # nothing to write leaves an older file as it is
            temporary.replace(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from error
    finally:
        with suppress(OSError, ValueError):
            temporary.unlink()


def _make_empty(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    except ValueError as error:  # of a name that no file can have
        raise OSError(str(error)) from error


def _refuse_folder(path: Path) -> None:
    if not path.name or path.is_dir():
        raise InputError(f"{path}: a folder; expected the name of a file")


# Results that take long ------------------------------------------------------------------------------------


def write_lines_of(
    path: Path,
    documents: Iterable[Document],
    lines_of: Callable[[Iterator[Document]], Iterable[str]],
    is_of: Callable[[Mapping[str, Any], Document], bool],
    made_by: Mapping[str, Any],
) -> None:
    """Write a line of JSON for each document to a file, going on from where an interrupted run of the same stopped.

    The file appears, or replaces an older one, when all lines are written; until then they stand in ``FILE.partial``,
    and what made them in ``FILE.partial.json``. Nothing to write leaves an older file as it is.

    Parameters
    ----------
    path : Path
        The file.
    documents : iterable of Document
        All of them, also those whose lines are written.
    lines_of : callable
        Takes an iterator of documents and gives the line of each, in order.
    is_of : callable
        Whether a line, as a JSON object, is that of a document.
    made_by : mapping of str to object
        The model and options, as plain values; lines that others made are not mixed in.

    Raises
    ------
    InputError
        If the file cannot be written, another process is writing it, or what is there is no beginning of the result.
    """
    try:
        _refuse_folder(path)
        unfinished, maker = path.with_name(f"{path.name}.partial"), path.with_name(f"{path.name}.partial.json")
        path.parent.mkdir(parents=True, exist_ok=True)
        with _only_writer(unfinished) as stream:
            try:
                _check_maker(stream, maker, made_by)
                rest = iter(documents)
                _skip_written(stream, rest, is_of)
                _append(stream, lines_of(rest))
            finally:
                is_empty = _is_empty(stream)
                if sys.platform == "win32":
                    stream.close()  # no open file is removed or renamed there
                if is_empty:
                    unfinished.unlink()
                    maker.unlink(missing_ok=True)
            if not is_empty:
                unfinished.replace(path)
                maker.unlink()
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from error


@contextmanager
def _only_writer(path: Path) -> Iterator[BinaryIO]:
    """Open a file to read and append to, unless another process does; systems without file locks cannot know."""
    with path.open("a+b") as stream:
        if sys.platform != "win32":
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                is_there = os.path.samestat(os.fstat(stream.fileno()), path.stat())
            except (BlockingIOError, FileNotFoundError):
                is_there = False
            if not is_there:  # or is by now the whole file, finished between opening and locking it
                raise InputError(f"{path}: another process is writing it; wait for it, or give another --output")
        yield stream


def _is_empty(stream: BinaryIO) -> bool:
    return os.fstat(stream.fileno()).st_size == 0


def _check_maker(stream: BinaryIO, maker: Path, made_by: Mapping[str, Any]) -> None:
    """Say what makes the lines, or check that those there were made by the same."""
    if _is_empty(stream):
        maker.write_text(json.dumps(made_by, indent=1) + "\n", encoding="utf-8")
        return
    try:
        found = json.loads(maker.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(
            f"{stream.name}: in the way, and {maker.name} does not say what made it; delete or rename it"
        ) from error
    for name, value in made_by.items():
        if not isinstance(found, dict) or found.get(name) != value:
            raise InputError(
                f"{stream.name}: begun with another {name}; give the same to go on, or delete it to begin afresh"
            )


def _skip_written(
    stream: BinaryIO, documents: Iterator[Document], is_of: Callable[[Mapping[str, Any], Document], bool]
) -> None:
    """Read past the documents that have a whole line, and cut off what is after the last of these."""
    stream.seek(0)
    end = 0
    for number, line in enumerate(stream, start=1):
        record = _whole_record(line)
        if record is None:
            break
        document = next(documents, None)
        if document is None or not is_of(record, document):
            found = f"have {document.id!r}, or another text of it," if document else "end"
            raise InputError(
                f"{stream.name}, line {number}: made from {record.get('id')!r}, where the inputs now {found}; give the "
                "same inputs to go on, or delete it to begin afresh"
            )
        end += len(line)
    stream.truncate(end)


def _whole_record(line: bytes) -> dict[str, Any] | None:
    """Return the object that a line holds, None if it was cut off."""
    record: Any = None
    if line.endswith(b"\n"):
        with suppress(ValueError):
            record = json.loads(line)
    return record if isinstance(record, dict) else None


def _append(stream: BinaryIO, lines: Iterable[str]) -> None:
    """Write each line at once, so that it outlives the process."""
    try:
        for line in lines:
            stream.write(line.encode() + b"\n")
            stream.flush()
        os.fsync(stream.fileno())
    except BaseException:
        if not _is_empty(stream):
            complain(f"{stream.name}: holds what is done; the same command goes on from there")
        raise


@contextmanager
def terminated_as_interrupted() -> Iterator[None]:
    """Let SIGTERM raise KeyboardInterrupt, so that workers end with this process."""
    try:
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    except ValueError:  # no main thread, which alone hears signals
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def show_steps() -> None:
    """Show the steps of long work on standard error if a person is watching."""
    if sys.stderr is not None and sys.stderr.isatty():
        import logging

        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(message)s …"))
        logger = logging.getLogger("cyberthemes")
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
