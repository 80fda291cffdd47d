"""Reading: files, folders, JSON lines, CSV, lists of paragraphs or plain text, all to `Document`."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date as Date  # noqa: N812 (the record has a field called date)
from pathlib import Path
from typing import Any, Final

from cyberthemes.errors import InputError
from cyberthemes.extraction import read_text
from cyberthemes.paragraphs import DATE, Paragraph, split_paragraphs

__all__ = ["Document", "read", "read_json_lines"]

_TEXT_SUFFIXES: Final = (".txt", ".md", ".text")
_SUFFIXES: Final = (*_TEXT_SUFFIXES, ".jsonl", ".ndjson", ".csv")
_RECORD_FIELDS: Final = ("text", "id", "title", "date", "source")


@dataclass(frozen=True)
class Document:
    r"""A text with what is known of it.

    Attributes
    ----------
    text : str
        The text as given; every offset of a result points into it.
    id : str
        What results call it: a file's path, or a record's id or place.
    title, date, source : str or None
        As given, else as recognised where the article carries them; a recognised date is ``YYYY-MM-DD``.
    metadata : mapping
        Every other field that came with the text.
    given_paragraphs : tuple of Paragraph or None
        Paragraphs that came already split; otherwise `paragraphs` splits the text.

    Examples
    --------
    >>> document = Document("Safer networks\n\nStates met on data security, officials said.", id="a1")
    >>> [paragraph.kind for paragraph in document.paragraphs()]
    ['heading', 'body']
    """

    text: str
    id: str = ""
    title: str | None = None
    date: str | None = None
    source: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    given_paragraphs: tuple[Paragraph, ...] | None = None

    @classmethod
    def from_paragraphs(cls, paragraphs: Sequence[str], **fields: Any) -> Document:
        """Return a document of paragraphs that are already split; its text joins them with blank lines.

        Raises
        ------
        InputError
            If a paragraph is not a str.
        """
        spans: list[Paragraph] = []
        start = 0
        for number, paragraph in enumerate(paragraphs):
            if not isinstance(paragraph, str):
                raise InputError(f"paragraph {number}: found {type(paragraph).__name__}; expected str")
            spans.append(Paragraph(start, start + len(paragraph)))
            start += len(paragraph) + 2
        return cls("\n\n".join(paragraphs), given_paragraphs=tuple(spans), **fields)

    def paragraphs(self) -> tuple[Paragraph, ...]:
        """Return the paragraphs, as given or else as `split_paragraphs` finds them."""
        return split_paragraphs(self.text) if self.given_paragraphs is None else self.given_paragraphs

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dict of plain values."""
        return asdict(self)


def read(source: str | os.PathLike[str] | Sequence[str]) -> Iterator[Document]:
    r"""Yield the documents of a file, a folder, a list of paragraphs or a text.

    A path may be a text file (one document), a folder (its text, JSON-lines and CSV files, in order of name,
    subfolders included), a ``.jsonl`` file or a ``.csv`` file (one document a record: ``text``, and if present
    ``id``, ``title``, ``date`` and ``source``; every other field becomes metadata). A str is a path if something
    stands there or if it looks like one; any other str is a text. A list holds the paragraphs of one document.

    Parameters
    ----------
    source : str, path-like or sequence of str
        What to read.

    Yields
    ------
    Document

    Raises
    ------
    InputError
        If something is missing, empty, not text, or a record is broken; the message names file and line.

    Examples
    --------
    >>> next(read(["Data security law", "New rules for 5G"])).text
    'Data security law\n\nNew rules for 5G'
    """
    if isinstance(source, list | tuple):
        yield Document.from_paragraphs(source)
    elif isinstance(source, str) and not _is_path(source):
        yield _recognised(Document(_checked(source, "text"), id="text"))
    elif isinstance(source, str | os.PathLike):
        yield from _read_path(Path(source))
    else:
        raise InputError(f"cannot read {type(source).__name__}; expected a path, a text or a list of paragraphs")


def read_json_lines(text: str, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the line number, from 1, and the object of every line that is not blank.

    Raises
    ------
    InputError
        If a line is not a JSON object; the message names the line.
    """
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            reason = error.msg if isinstance(error, json.JSONDecodeError) else error
            raise InputError(
                f"{name}, line {number}: not valid JSON ({reason}); expected one object a line: mend or remove the line"
            ) from error
        if not isinstance(record, dict):
            raise InputError(
                f"{name}, line {number}: found {type(record).__name__}; expected a JSON object with a field 'text'"
            )
        yield number, record


def _is_path(source: str) -> bool:
    if "\n" in source or "\0" in source or len(source) > 4096:
        return False
    try:
        exists = Path(source).exists()
    except (OSError, ValueError):
        exists = False
    return (
        exists or source.lower().endswith(_SUFFIXES) or (bool(source) and len(source.split()) == 1 and os.sep in source)
    )


def _read_path(path: Path) -> Iterator[Document]:
    if path.is_dir():
        yield from _read_folder(path)
        return
    text = _checked(read_text(path), str(path))
    suffix = path.suffix.lower()
    if suffix in (".jsonl", ".ndjson"):
        records = (
            (f"{path}, line {number}", f"{path}:{number}", record)
            for number, record in read_json_lines(text, str(path))
        )
        yield from (_from_record(*record) for record in records)
    elif suffix == ".csv":
        yield from _read_csv(text, path)
    else:
        yield _recognised(Document(text, id=str(path)))


def _read_folder(folder: Path) -> Iterator[Document]:
    files = sorted(file for file in folder.rglob("*") if file.suffix.lower() in _SUFFIXES and file.is_file())
    if not files:
        raise InputError(f"{folder}: no texts in this folder; expected files that end in {', '.join(_SUFFIXES)}")
    for file in files:
        yield from _read_path(file)


def _checked(text: str, name: str) -> str:
    if not text.strip():
        raise InputError(f"{name}: empty; expected some text")
    return text


def _read_csv(text: str, path: Path) -> Iterator[Document]:
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        if "text" not in (reader.fieldnames or ()):
            raise InputError(
                f"{path}: columns {', '.join(map(str, reader.fieldnames or ()))}; expected one called 'text'"
            )
        for record in reader:
            yield _from_record(f"{path}, line {reader.line_num}", f"{path}:{reader.line_num}", dict(record))
    except csv.Error as error:
        raise InputError(f"{path}, line {reader.line_num}: not valid CSV ({error})") from error


def _from_record(where: str, default_id: str, record: dict[str, Any]) -> Document:
    text = record.get("text")
    if not isinstance(text, str):
        found = "no field 'text'" if text is None else f"'text' is {type(text).__name__}"
        raise InputError(f"{where}: {found}; expected a string in the field 'text'")
    given = {name: str(record[name]) for name in _RECORD_FIELDS[1:] if record.get(name) not in (None, "")}
    metadata = {str(name): value for name, value in record.items() if name not in _RECORD_FIELDS}
    document = Document(
        text, given.get("id", default_id), given.get("title"), given.get("date"), given.get("source"), metadata
    )
    return _recognised(document)


# Title and date -------------------------------------------------------------------------------------------

_NEAR_AN_END: Final = 8
_HEAD: Final = re.compile(r"[a-z]")


def _recognised(document: Document) -> Document:
    """Fill in a title and a date that the article itself carries, where none was given."""
    if document.title is not None and document.date is not None:
        return document
    paragraphs = document.paragraphs()
    title = document.title if document.title is not None else _title(document.text, paragraphs)
    date = document.date if document.date is not None else _date(document.text, paragraphs)
    return Document(
        document.text, document.id, title, date, document.source, document.metadata, document.given_paragraphs
    )


def _title(text: str, paragraphs: Sequence[Paragraph]) -> str | None:
    """Return the first heading above the first body paragraph, one in mixed case before one in capitals."""
    headings: list[str] = []
    for paragraph in paragraphs:
        if paragraph.kind == "body":
            break
        if paragraph.kind == "heading":
            headings.append(" ".join(text[paragraph.start : paragraph.end].split()))
    else:
        return None
    return next((heading for heading in headings if _HEAD.search(heading)), headings[0] if headings else None)


def _date(text: str, paragraphs: Sequence[Paragraph]) -> str | None:
    """Return the first full date in the matter around the article: bylines, sources and credits."""
    around = [*paragraphs[:_NEAR_AN_END], *paragraphs[_NEAR_AN_END:][-_NEAR_AN_END:]]
    for paragraph in around:
        if paragraph.kind == "boilerplate":
            for match in DATE.finditer(text, paragraph.start, paragraph.end):
                if date := _iso(match):
                    return date
    return None


_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def _iso(match: re.Match[str]) -> str | None:
    parts = match.groupdict()
    order = next(number for number in "123" if parts[f"y{number}"])
    month = parts[f"m{order}"]
    number = int(month) if month.isdigit() else _MONTHS.index(month[:3].lower()) + 1
    try:
        return Date(int(parts[f"y{order}"]), number, int(parts[f"d{order}"])).isoformat()
    except ValueError:
        return None
