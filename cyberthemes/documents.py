"""Reading: files of all formats, folders, patterns, lists of paragraphs or plain text, all to `Document`."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date as Date  # noqa: N812 (the record has a field called date)
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, TextIO

from cyberthemes.bytestreams import (
    JSON_SUFFIXES,
    PACKED,
    PAGE_SUFFIXES,
    ByteStream,
    Format,
    chunks_of,
    format_of,
    open_file,
    read_within,
    refuse_binary,
    suffix_of,
    unpacked,
)
from cyberthemes.errors import InputError
from cyberthemes.extraction import LINE_END, Damage, damage_of, decode, encoding_marked
from cyberthemes.limits import DEFAULT_LIMITS, Limits
from cyberthemes.paragraphs import DATE, Kind, Paragraph, split_paragraphs
from cyberthemes.records import csv_records, json_records, read_json_lines

if TYPE_CHECKING:
    from cyberthemes.pdffiles import PdfText
    from cyberthemes.webpages import WebPage

__all__ = ["Document", "read", "read_json_lines", "read_stream"]

_PLAIN_SUFFIXES: Final = (".txt", ".md", ".text", *JSON_SUFFIXES, ".csv", *PAGE_SUFFIXES, ".pdf")
_SUFFIXES: Final = (*_PLAIN_SUFFIXES, *(suffix + PACKED for suffix in _PLAIN_SUFFIXES))
_JSON_SUFFIX: Final = ".json"
_OTHER_SUFFIXES: Final = (".xml", ".doc", ".docx", ".odt", ".rtf", ".epub")
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
            If a paragraph is not a str, or they come as one.
        """
        if isinstance(paragraphs, str) or not isinstance(paragraphs, Iterable):
            raise InputError(f"found {type(paragraphs).__name__}; expected a list of paragraphs")
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


def read(
    source: str | os.PathLike[str] | Sequence[str],
    *,
    limits: Limits = DEFAULT_LIMITS,
    on_error: Callable[[InputError], object] | None = None,
) -> Iterator[Document]:
    r"""Yield the documents of a file, a folder, a pattern, a list of paragraphs or a text.

    A path may be a text file, a web page (``.html``; extra ``html``) or a PDF (extra ``pdf``), one document each; a
    ``.jsonl`` file or a ``.csv`` file (one document a record: ``text``, and if present ``id``, ``title``, ``date`` and
    ``source``; every other field becomes metadata); any of these packed with gzip; a folder (what in it ends like
    these, in order of name, subfolders included but for hidden ones, links to folders not followed); or a pattern of
    such paths with ``*``, ``?``, ``[...]`` or ``**``. Web pages, PDF and gzip files are known by their first bytes,
    whatever their names. A str is a path if something stands there or if it looks like one; any other str is a text. A
    list holds the paragraphs of one document.

    Parameters
    ----------
    source : str, path-like or sequence of str
        What to read.
    limits : Limits, default Limits()
        How large inputs may be.
    on_error : callable or None, default None
        Takes the InputError of each file or record that cannot be read, and the rest is read; None raises the first.

    Yields
    ------
    Document

    Raises
    ------
    InputError
        If something is missing, empty, not text, too large, or a record is broken; the message names file and line.

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
        yield from _sound(_of_path(Path(source), limits), on_error)
    else:
        raise InputError(f"cannot read {type(source).__name__}; expected a path, a text or a list of paragraphs")


def read_stream(
    stream: BinaryIO,
    name: str,
    *,
    limits: Limits = DEFAULT_LIMITS,
    on_error: Callable[[InputError], object] | None = None,
) -> Iterator[Document]:
    """Yield the documents of a stream of bytes that has no name of a file, such as standard input.

    It may hold a text, a web page, a PDF or JSON lines, packed with gzip or not; see `read`.
    """
    yield from _sound(_of_stream(stream, name, limits), on_error)


def _sound(
    found: Iterator[Document | InputError], on_error: Callable[[InputError], object] | None
) -> Iterator[Document]:
    for item in found:
        if isinstance(item, Document):
            yield item
        elif on_error is None:
            raise item
        else:
            on_error(item)


# Paths ----------------------------------------------------------------------------------------------------

_LONGEST_NAME: Final = 255
_PATTERN: Final = re.compile(r"[*?\[]")


def _is_path(source: str) -> bool:
    if not source or "\n" in source or max(map(len, Path(source).parts)) > _LONGEST_NAME:
        return False
    looks_like_one = source.lower().endswith(_SUFFIXES) or (os.sep in source and len(source.split()) == 1)
    return looks_like_one or os.path.exists(source)  # noqa: PTH110 (takes names that no file can have)


def _of_path(path: Path, limits: Limits) -> Iterator[Document | InputError]:
    for file in _files_of(path):
        if isinstance(file, InputError):
            yield file
            continue
        try:
            with open_file(file) as stream:
                yield from _of_file(stream, file, limits)
        except InputError as error:
            yield error


def _files_of(path: Path) -> list[Path | InputError]:
    """Return what a path stands for: itself, a folder's texts or what a pattern matches, in order of name."""
    if os.path.isdir(path):  # noqa: PTH112 (takes names that no file can have)
        missing = f"{path}: no texts in this folder; expected files that end in {', '.join(_SUFFIXES)}"
        return _files_in(path) or [InputError(missing)]
    if not _PATTERN.search(str(path)) or os.path.lexists(path):
        return [path]
    found = (file for match in _matches(path) for file in (_files_in(match) if match.is_dir() else [_regular(match)]))
    files = {str(file): file for file in found}  # ** matches folders and what is in them
    missing = f"{path}: no such file or folder, and nothing matches it as a pattern"
    return [files[name] for name in sorted(files)] or [InputError(missing)]


def _matches(path: Path) -> list[Path]:
    """Return what a pattern matches, but for hidden files; ``**`` follows no links."""
    first = next(number for number, part in enumerate(path.parts) if _PATTERN.search(part))
    base = Path(*path.parts[:first])
    try:
        matches = list(base.glob("/".join(path.parts[first:])))
    except ValueError:  # ** beside other characters; NUL, which no name holds
        return []
    return [match for match in matches if not any(part[0] == "." for part in match.relative_to(base).parts)]


def _files_in(folder: Path) -> list[Path | InputError]:
    faults: list[Path | InputError] = []

    def complain(error: OSError) -> None:
        faults.append(InputError(f"{error.filename}: cannot be read: {error.strerror}"))

    files = []
    for place, folders, names in os.walk(folder, onerror=complain):
        folders[:] = [name for name in folders if not name.startswith(".")]
        files += [Path(place, name) for name in names if name.lower().endswith(_SUFFIXES)]
    return [*faults, *map(_regular, sorted(files))]


def _regular(file: Path) -> Path | InputError:
    """Return a file, or an error for a pipe or device that nobody may ever write to."""
    if file.is_file() or not file.exists():
        return file
    return InputError(f"{file}: no file but a pipe or device; give its own name to read from it")


# Formats --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Input:
    """Bytes to read: what errors call them, the id of their document, and what bounds them."""

    stream: ByteStream
    name: str
    id: str
    limits: Limits

    def content(self, format: Format = "text", found: str = "larger") -> bytes:  # noqa: A002 (what it is)
        """Return all bytes if they are within the limits."""
        is_page = format == "html"
        content = read_within(self.stream, self.limits.webpage_size if is_page else self.limits.size)
        if content is None:
            raise self.limits.webpage_too_large(self.name) if is_page else self.limits.too_large(self.name, found)
        return content


def _of_file(stream: ByteStream, path: Path, limits: Limits) -> Iterator[Document | InputError]:
    given = _Input(stream, str(path), str(path), limits)
    suffix = suffix_of(path)
    if suffix in _OTHER_SUFFIXES:
        raise InputError(f"{path}: {suffix} files cannot be read; convert it to plain text first")
    form = format_of(stream.head, "" if suffix == _JSON_SUFFIX else suffix)
    if suffix == _JSON_SUFFIX and (form == "text" or (form == "json lines" and not _ends_in_line(stream.head))):
        raise InputError(f"{path}: a {suffix} file; expected JSON lines: one object a line")
    if form not in ("json lines", "csv"):
        yield _one_document(given, form)
        return
    damage: Damage = "some"  # what can be read but once is taken to be UTF-8
    if path.is_file():
        with open_file(path) as beforehand:
            damage = damage_of(chunks_of(beforehand))
    yield from _records(given, form, damage)


def _ends_in_line(head: bytes) -> bool:
    """Return whether the object that a file begins with may end in its first line, however long."""
    first, *others = LINE_END.split(head.decode(encoding_marked(head) or "utf-8", "ignore").lstrip())
    return not others or first.rstrip().endswith("}")


def _of_stream(stream: BinaryIO, name: str, limits: Limits) -> Iterator[Document | InputError]:
    try:
        with unpacked(stream, name) as content:
            given = _Input(content, name, "-", limits)
            form = format_of(content.head, "")
            if form == "json lines":
                yield from _records(given, form, "some")
            else:
                yield _one_document(given, form)
    except InputError as error:
        yield error


def _one_document(given: _Input, form: Format) -> Document:
    content = given.content(form)
    if form == "html":
        from cyberthemes.webpages import read_page

        return _of_page(read_page(content, given.name), given.id)
    if form == "pdf":
        from cyberthemes.pdffiles import read_pdf

        return _of_pdf(read_pdf(content, given.name, given.limits), given.id)
    return Document.from_text(_checked(decode(content, given.name), given.name), id=given.id)


def _records(given: _Input, form: Format, damage: Damage) -> Iterator[Document | InputError]:
    refuse_binary(given.stream, given.name)
    lines = _lines_of(given, damage)
    for record in (json_records if form == "json lines" else csv_records)(lines, given.name, given.limits):
        if isinstance(record, InputError):
            yield record
            continue
        number, known = record
        try:
            yield _from_record(f"{given.name}, line {number}", f"{given.id}:{number}", known)
        except InputError as error:
            yield error


def _lines_of(given: _Input, damage: Damage) -> TextIO:
    """Return lines that are decoded as they are read, or all at once where the encoding must be guessed."""
    if damage == "all" or encoding_marked(given.stream.head) not in (None, "utf-8-sig"):
        content = given.content(found="not UTF-8, so to be read at once, and larger")
        return io.StringIO(decode(content, given.name), newline="")
    return io.TextIOWrapper(given.stream, "utf-8-sig", "strict" if damage == "none" else "replace", newline="")


def _of_page(page: WebPage, id: str) -> Document:  # noqa: A002 (the record has a field called id)
    spans: list[Paragraph] = []
    start = 0
    for block in page.blocks:
        spans += (_moved(span, start, block.kind) for span in split_paragraphs(block.text))
        start += len(block.text) + 2
    text = "\n\n".join(block.text for block in page.blocks)
    return _recognised(Document(text, id, page.title, page.date, page.source, given_paragraphs=tuple(spans)))


def _moved(span: Paragraph, by: int, kind: Kind | None) -> Paragraph:
    attribution = span.attribution and (span.attribution[0] + by, span.attribution[1] + by)
    return Paragraph(span.start + by, span.end + by, kind or span.kind, attribution)


def _of_pdf(pdf: PdfText, id: str) -> Document:  # noqa: A002 (the record has a field called id)
    document = Document.from_text(pdf.text, id)
    return replace(document, title=pdf.title or document.title, date=document.date or pdf.created)


def _checked(text: str, name: str) -> str:
    if not isinstance(text, str):
        raise InputError(f"{name}: found {type(text).__name__}; expected str")
    if not text.strip():
        raise InputError(f"{name}: empty; expected some text")
    return text


def _from_record(where: str, default_id: str, record: dict[str, Any]) -> Document:
    text = record.get("text")
    if not isinstance(text, str):
        found = "no field 'text'" if text is None else f"'text' is {type(text).__name__}"
        found += f" in the record with id {record['id']!r}" if record.get("id") not in (None, "") else ""
        raise InputError(f"{where}: {found}; expected a string in the field 'text'")
    given = {name: _known(where, record, name) for name in _RECORD_FIELDS[1:] if record.get(name) not in (None, "")}
    metadata = {str(name): value for name, value in record.items() if name not in _RECORD_FIELDS}
    document = Document(
        text, given.get("id", default_id), given.get("title"), given.get("date"), given.get("source"), metadata
    )
    return _recognised(document)


def _known(where: str, record: dict[str, Any], name: str) -> str:
    value = record[name]
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        raise InputError(f"{where}: {name!r} is {type(value).__name__}; expected a string or a number")
    return str(value)


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
