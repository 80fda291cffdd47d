"""Reading: files, folders, JSON lines, CSV, lists of paragraphs or plain text, all to `Document`."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date as Date  # noqa: N812 (the record has a field called date)
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from cyberthemes.errors import InputError
from cyberthemes.extraction import LINE_END, read_lines, read_text
from cyberthemes.paragraphs import DATE, Paragraph, split_paragraphs

__all__ = ["Document", "files_of", "read", "read_json_lines"]

_TEXT_SUFFIXES: Final = (".txt", ".md", ".text")
_SUFFIXES: Final = (*_TEXT_SUFFIXES, ".jsonl", ".ndjson", ".csv")
_MARKED_UP: Final = (".html", ".htm", ".xhtml", ".xml", ".pdf", ".docx")
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
    metadata: Mapping[str, Any] = field(default_factory=dict, hash=False)
    given_paragraphs: tuple[Paragraph, ...] | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.text, str):
            raise InputError(f"text: found {type(self.text).__name__}; expected str")
        for paragraph in self.given_paragraphs or ():
            if not 0 <= paragraph.start <= paragraph.end <= len(self.text):
                raise InputError(f"{paragraph} is outside the text, which has {len(self.text)} characters")

    @classmethod
    def from_text(cls, text: str, id: str = "") -> Document:  # noqa: A002 (the record has a field called id)
        """Return the document of an article's text, with the title and date that it carries itself.

        Raises
        ------
        InputError
            If the text is empty or not a str.
        """
        return _recognised(cls(_checked(text, id or "text"), id=id))

    @classmethod
    def from_paragraphs(cls, paragraphs: Sequence[str], **known: Any) -> Document:
        """Return a document of paragraphs that are already split; its text joins them with blank lines.

        ``known`` are other fields of the document, such as its title.

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
        return cls("\n\n".join(paragraphs), given_paragraphs=tuple(spans), **known)

    def paragraphs(self) -> tuple[Paragraph, ...]:
        """Return the paragraphs, as given or else as `split_paragraphs` finds them."""
        return self._split if self.given_paragraphs is None else self.given_paragraphs

    def text_of(self, paragraph: Paragraph) -> str:
        """Return the text of one of the paragraphs."""
        return self.text[paragraph.start : paragraph.end]

    @cached_property
    def _split(self) -> tuple[Paragraph, ...]:
        return split_paragraphs(self.text)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dict of plain values."""
        plain: dict[str, Any] = {item.name: getattr(self, item.name) for item in fields(self)}
        plain["metadata"] = dict(self.metadata)
        if self.given_paragraphs is not None:
            plain["given_paragraphs"] = [paragraph.to_dict() for paragraph in self.given_paragraphs]
        return plain


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
        if not source:
            raise InputError("no paragraphs; expected at least one")
        yield Document.from_paragraphs(source)
    elif isinstance(source, str) and not _is_path(source):
        yield Document.from_text(source, id="text")
    elif isinstance(source, str | os.PathLike):
        for file in files_of(Path(source)):
            yield from _read_file(file)
    else:
        raise InputError(f"cannot read {type(source).__name__}; expected a path, a text or a list of paragraphs")


def read_json_lines(text: str, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the line number, from 1, and the object of every line that is not blank.

    Raises
    ------
    InputError
        If a line is not a JSON object; the message names the line.
    """
    return _json_objects(LINE_END.split(text), name)


def _json_objects(lines: Iterable[str], name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line, parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            reason = error.msg if isinstance(error, json.JSONDecodeError) else error
            raise InputError(f"{name}, line {number}: not valid JSON ({reason}); what follows was not read") from error
        if not isinstance(record, dict):
            raise InputError(
                f"{name}, line {number}: found {type(record).__name__}; expected a JSON object with a field 'text'"
            )
        yield number, record


_LONGEST_NAME: Final = 255


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _is_path(source: str) -> bool:
    if not source or "\n" in source or max(map(len, Path(source).parts)) > _LONGEST_NAME:
        return False
    looks_like_one = source.lower().endswith(_SUFFIXES) or (os.sep in source and len(source.split()) == 1)
    return looks_like_one or os.path.exists(source)  # noqa: PTH110 (takes names that no file can have)


def files_of(path: Path) -> list[Path]:
    """Return the files that reading a path would read: itself, or a folder's texts in order of name.

    Raises
    ------
    InputError
        If a folder holds no text, or a folder in it cannot be read.
    """
    if not os.path.isdir(path):  # noqa: PTH112 (takes names that no file can have)
        return [path]
    files = []
    for folder, subfolders, names in os.walk(path, onerror=_refuse_folder):
        subfolders.sort()
        files += [Path(folder, name) for name in names if name.lower().endswith(_SUFFIXES)]
    if not files:
        raise InputError(f"{path}: no texts in this folder; expected files that end in {', '.join(_SUFFIXES)}")
    return sorted(files)


def _refuse_folder(error: OSError) -> None:
    raise InputError(f"{error.filename}: cannot be read: {error.strerror}") from error


def _read_file(path: Path) -> Iterator[Document]:
    name = str(path)
    suffix = path.suffix.lower()
    if suffix in _MARKED_UP:
        raise InputError(f"{name}: {suffix} files cannot be read yet; convert it to plain text first")
    if suffix in (".jsonl", ".ndjson"):
        yield from _read_json(path, name)
    elif suffix == ".csv":
        yield from _read_csv(_checked(read_text(path), name), name)
    else:
        yield Document.from_text(read_text(path), id=name)


def _read_json(path: Path, name: str) -> Iterator[Document]:
    number = 0
    for number, record in _json_objects(read_lines(path), name):
        yield _from_record(f"{name}, line {number}", f"{name}:{number}", record)
    if not number:
        raise InputError(f"{name}: empty; expected some text")


def _checked(text: str, name: str) -> str:
    if not isinstance(text, str):
        raise InputError(f"{name}: found {type(text).__name__}; expected str")
    if not text.strip():
        raise InputError(f"{name}: empty; expected some text")
    return text


def _read_csv(text: str, name: str) -> Iterator[Document]:
    records = _csv_records(text, name)
    if not records:
        raise InputError(f"{name}: empty; expected a line of column names, then a line a text")
    for line, record in records:
        if None in record:
            raise InputError(f"{name}, line {line}: more fields than columns; put text with commas in quotes")
        yield _from_record(f"{name}, line {line}", f"{name}:{line}", dict(record))


def _csv_records(text: str, name: str) -> list[tuple[int, dict[str, Any]]]:
    """Return the line and the fields of each record, under a limit on their length that lasts as long as this call."""
    limit = csv.field_size_limit(max(len(text), csv.field_size_limit()))
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        if "text" not in (reader.fieldnames or ()):
            raise InputError(f"{name}: columns {', '.join(reader.fieldnames or ())}; expected one called 'text'")
        return [(reader.line_num, record) for record in reader]
    except csv.Error as error:
        raise InputError(f"{name}, line {reader.line_num}: not valid CSV ({error})") from error
    finally:
        csv.field_size_limit(limit)


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
_SMALL_LETTER: Final = re.compile(r"[a-z]")


def _recognised(document: Document) -> Document:
    """Fill in a title and a date that the article itself carries, where none was given."""
    if document.title is not None and document.date is not None:
        return document
    paragraphs = document.paragraphs()
    title = document.title if document.title is not None else _title(document.text, paragraphs)
    date = document.date if document.date is not None else _date(document.text, paragraphs)
    return replace(document, title=title, date=date)


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
    return next((heading for heading in headings if _SMALL_LETTER.search(heading)), headings[0] if headings else None)


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
    number = int(month) if month.isdigit() else _MONTHS.index(month[:3].casefold()) + 1
    try:
        return Date(int(parts[f"y{order}"]), number, int(parts[f"d{order}"])).isoformat()
    except ValueError:
        return None
