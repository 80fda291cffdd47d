"""PDF files to text, with pypdf, which the extra ``pdf`` brings: lines become paragraphs by where they stand."""

from __future__ import annotations

import io
import logging
import re
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from cyberthemes.errors import InputError
from cyberthemes.limits import Limits

__all__ = ["PdfText", "read_pdf"]


@dataclass(frozen=True, slots=True)
class PdfText:
    """The text of all pages, a line a paragraph with blank lines between, and what the file says of itself."""

    text: str
    title: str | None = None
    created: str | None = None


def read_pdf(content: bytes, name: str, limits: Limits) -> PdfText:
    """Return the text of a PDF file.

    Parameters
    ----------
    content : bytes
        The file.
    name : str
        What to call it in an error.
    limits : Limits
        How many pages it may have, and how much these may unpack to.

    Returns
    -------
    PdfText

    Raises
    ------
    InputError
        If pypdf is not installed, or the file is no PDF, cut off, broken, protected by a password, without pages,
        without text, or beyond the limits.
    """
    try:
        import pypdf
    except ImportError as error:
        raise InputError(f"{name}: reading PDF files needs pypdf ({error}); pip install 'cyberthemes[pdf]'") from error
    logger = logging.getLogger("pypdf")
    if logger.level == logging.NOTSET:  # what it finds amiss, our errors say
        logger.setLevel(logging.CRITICAL + 1)
    if b"%%EOF" not in content[-_END_WITHIN:]:
        cut = content.startswith(b"%PDF-")
        raise InputError(f"{name}: {'a PDF file that was cut off: it has no end' if cut else 'not a PDF file'}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            reader = _opened(pypdf.PdfReader(io.BytesIO(content)), name)
            lines = _lines(reader, name, limits)
            title, created = _title(reader), _created(reader)
    except InputError:
        raise
    except pypdf.errors.DependencyError as error:
        raise InputError(f"{name}: encrypted ({error}); install that, or save a copy without encryption") from error
    except pypdf.errors.LimitReachedError as error:
        raise InputError(f"{name}: beyond what pypdf takes ({error})") from error
    except Exception as error:
        raise InputError(f"{name}: a broken PDF file ({type(error).__name__}: {error})") from error
    if not lines:
        raise InputError(f"{name}: no text in its {len(reader.pages)} pages, perhaps only images; run OCR on it first")
    return PdfText("\n\n".join(_paragraphs(lines)), title, created)


_END_WITHIN: Final = 2048  # bytes


def _opened(reader: Any, name: str) -> Any:
    """Open what needs no password."""
    if reader.is_encrypted and not reader.decrypt(""):
        raise InputError(f"{name}: protected by a password; save a copy without one")
    return reader


# Lines ----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Line:
    text: str
    x: float
    y: float


_DIGITS: Final = re.compile(r"\d+")
_PAGE_NUMBER: Final = re.compile(r"\W*(?:page\s+)?0(?:\s*(?:/|of)\s*0)?\W*", re.IGNORECASE)
_FEWEST_RUNNING: Final = 3  # pages


def _lines(reader: Any, name: str, limits: Limits) -> list[list[_Line]]:
    """Return the lines of each page that has any, without running titles."""
    n_pages = len(reader.pages)
    if not n_pages:
        raise InputError(f"{name}: a PDF file without pages")
    if n_pages > limits.pdf_pages:
        raise limits.too_many_pages(name, n_pages)
    unpacked = _Unpacked(name, limits)
    pages = [_lines_of_page(page, unpacked) for page in reader.pages]
    _drop_running_titles(pages)
    return [lines for lines in pages if lines]


def _drop_running_titles(pages: Sequence[list[_Line]]) -> None:
    """Drop page numbers, and what most pages begin or end with but for the number."""
    for end in (0, -1):
        edges = [_DIGITS.sub("0", lines[end].text) if lines else "" for lines in pages]
        times = Counter(edges)
        for lines, edge in zip(pages, edges, strict=True):
            runs = times[edge] >= _FEWEST_RUNNING and times[edge] > len(pages) / 2
            if lines and (runs or _PAGE_NUMBER.fullmatch(edge)):
                del lines[end]


class _Unpacked:
    """Counts what pages unpack to: what draws them, a form each time that it is drawn, and their text."""

    def __init__(self, name: str, limits: Limits) -> None:
        self.name, self.limits = name, limits
        self.size = 0

    def add(self, size: int) -> None:
        """Refuse what is beyond the limit, and then whatever follows: pypdf reads on after an error in a form."""
        self.size += size
        if self.size > self.limits.size:
            raise self.limits.too_large(self.name, "larger once unpacked")

    def add_forms_of(self, page: Any) -> None:
        """Count each form that the page draws, also one within another, before its text is extracted."""
        extract = page.extract_xform_text

        def counted(form: Any, *args: Any, **options: Any) -> Any:
            self.add(_FORM + len(form.get_data()))
            return extract(form, *args, **options)

        page.extract_xform_text = counted


_FORM: Final = 5_000  # bytes of a page that take as long as drawing an empty form


def _lines_of_page(page: Any, unpacked: _Unpacked) -> list[_Line]:
    lines: list[_Line] = []
    pieces: list[list[str]] = []
    begins = True

    def see(text: str, page_matrix: Any, text_matrix: Any, *_: Any) -> None:
        nonlocal begins
        unpacked.add(len(text))
        for number, piece in enumerate(text.split("\n")):
            begins = begins or number > 0
            if begins and piece.strip():
                x, y = text_matrix[4], text_matrix[5]
                (a, b, c, d, e, f) = page_matrix
                lines.append(_Line("", a * x + c * y + e, b * x + d * y + f))
                pieces.append([])
                begins = False
            if not begins:
                pieces[-1].append(piece)

    contents = page.get_contents()
    unpacked.add(len(contents.get_data()) if contents is not None else 0)
    unpacked.add_forms_of(page)
    page.extract_text(visitor_text=see)
    unpacked.add(0)
    for line, parts in zip(lines, pieces, strict=True):
        line.text = " ".join("".join(parts).split())
    return lines


# Paragraphs -----------------------------------------------------------------------------------------------

_WIDER: Final = 1.25  # than the usual distance of lines: a paragraph ends
_INDENT: Final = 4.0  # points
_SHORT: Final = 0.8  # of the usual length: a last line, or one of a heading or byline
_ENDS: Final = re.compile(r"[.!?:…][\"'”’)\]]*$")
_BULLET: Final = re.compile(r"[•●▪‣◦*]\s*\w")
_HYPHENATED: Final = re.compile(r"([^\W\d_]+)-$")
_WORD: Final = re.compile(r"[^\W\d_]+")


def _paragraphs(pages: Sequence[Sequence[_Line]]) -> Iterator[str]:
    """Yield paragraphs: a wider distance, an indent or a short last line parts them, and each page begins one."""
    lines = [line for page in pages for line in page]
    gaps = sorted(gap for page in pages for above, below in pairwise(page) if (gap := above.y - below.y) > 0)
    usual_gap = gaps[len(gaps) // 4] if gaps else 0.0
    usual_length = sorted(len(line.text) for line in lines)[len(lines) * 3 // 4]
    words = {word for line in lines for word in _WORD.findall(line.text)}
    for page in pages:
        paragraph = page[0].text
        for above, below in pairwise(page):
            if _begins(above, below, usual_gap, usual_length):
                yield paragraph
                paragraph = below.text
            else:
                paragraph = _joined(paragraph, below.text, words)
        yield paragraph


def _begins(above: _Line, below: _Line, usual_gap: float, usual_length: int) -> bool:
    if above.y - below.y > _WIDER * usual_gap or _BULLET.match(below.text):
        return True
    is_short = len(above.text) < _SHORT * usual_length
    if _ENDS.search(above.text):
        return is_short or below.x > above.x + _INDENT
    return is_short and not below.text[0].islower()


def _joined(above: str, below: str, words: set[str]) -> str:
    """Join two lines, and the word that a hyphen parts if the text has it whole elsewhere."""
    hyphenated = above.endswith("-") and _HYPHENATED.search(above)
    if not hyphenated:
        return f"{above} {below}"
    second = _WORD.match(below)
    is_one_word = second is not None and hyphenated.group(1) + second.group() in words
    return (above[:-1] if is_one_word else above) + below


# What it says of itself -----------------------------------------------------------------------------------

_NO_TITLE: Final = re.compile(r"microsoft \w+ - .*|untitled\b.*|\S+\.\w{2,5}|\W*", re.IGNORECASE)


def _title(reader: Any) -> str | None:
    """Return the title, unless it is a program's or a file's name."""
    with suppress(Exception):
        title = " ".join(str(reader.metadata.title or "").split())
        return None if _NO_TITLE.fullmatch(title) else title
    return None


def _created(reader: Any) -> str | None:
    with suppress(Exception):
        return str(reader.metadata.creation_date.date().isoformat())
    return None
