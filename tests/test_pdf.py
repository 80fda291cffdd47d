"""PDF files: their text in paragraphs, what they say of themselves, and a clear error for each that has none."""

from __future__ import annotations

import io
import logging
import random
import sys
import zlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pypdf
import pytest

from cyberthemes import Document, InputError, Limits, read
from cyberthemes.cli import main

FIRST = (
    (760, "Safer networks agreed"),
    (732, "Ministers met on Thursday to agree on safer networks and on the"),
    (718, "new data law, officials said after the talks. The secu-"),
    (704, "rity of data and cross-"),
    (690, "border flows comes first."),
    (676, "A new law on the security of data has been passed by all of them, they"),
    (662, "said, and it is to take effect in the coming year, after talks with the"),
    (40, "1"),
)
SECOND = (
    (760, "regulators of the region."),
    (732, "Ransomware hit the networks of two hospitals."),
    (40, "Page 2 of 2"),
)
LEADING = (
    "Ministers met on Thursday to agree on safer networks and on the new data law, officials said after the talks. The "
    "security of data and cross-border flows comes first."
)
LAW = (
    "A new law on the security of data has been passed by all of them, they said, and it is to take effect in the "
    "coming year, after talks with the regulators of the region."
)
PARAGRAPHS = [
    ("heading", "Safer networks agreed"),
    ("body", LEADING),
    ("body", LAW),
    ("body", "Ransomware hit the networks of two hospitals."),
]
INFO = b"<< /Title (Safer networks) /CreationDate (D:20210304080000+01'00') >>"


def pdf(*pages: tuple[tuple[int, str], ...], info: bytes = b"", packed: bool = False) -> bytes:
    """Return a PDF file whose pages have lines at heights."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"", b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    kids = []
    for lines in pages:
        shown = [b"1 0 0 1 72 %d Tm (%s) Tj" % (height, line.encode("latin-1")) for height, line in lines]
        content = b"\n".join([b"BT /F1 11 Tf", *shown, b"ET"])
        content = zlib.compress(content) if packed else content
        how = b"/Filter /FlateDecode " if packed else b""
        objects.append(b"<< %s/Length %d >>\nstream\n%s\nendstream" % (how, len(content), content))
        box = b"/MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >>"
        objects.append(b"<< /Type /Page /Parent 2 0 R /Contents %d 0 R %s >>" % (len(objects), box))
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids), b" ".join(kids))
    objects += [info] if info else []
    return file_of(objects, about=b"/Info %d 0 R " % len(objects) if info else b"")


def file_of(objects: Sequence[bytes], about: bytes = b"") -> bytes:
    """Return a PDF file of objects that are numbered from 1, the first its catalog."""
    content = b"%PDF-1.4\n"
    places = []
    for number, value in enumerate(objects, start=1):
        places.append(b"%010d 00000 n \n" % len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, value)
    table = b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, b"".join(places))
    trailer = b"trailer\n<< /Size %d /Root 1 0 R %s>>" % (len(objects) + 1, about)
    return b"%s%s%s\nstartxref\n%d\n%%%%EOF\n" % (content, table, trailer, len(content))


def with_forms(*forms: bytes, n_pages: int = 1, letter: bytes = b"<0041>") -> bytes:
    """Return a PDF file whose pages draw the first form, X, in which X is the next, and so on."""
    codes = b"1 begincodespacerange <00> <FF> endcodespacerange 1 beginbfchar <41> %s endbfchar" % letter
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count %d /Kids [%s] >>" % (n_pages, b"5 0 R " * n_pages),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 4 0 R >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(codes), codes),
        b"<< /Type /Page /Parent 2 0 R /Contents 6 0 R /Resources << /XObject << /X 7 0 R >> >> >>",
        b"<< /Length 5 >>\nstream\n/X Do\nendstream",
    ]
    for number, form in enumerate(forms, start=8):
        inner = b"/XObject << /X %d 0 R >>" % number if number < 7 + len(forms) else b""
        about = b"/Subtype /Form /Resources << /Font << /F1 3 0 R >> %s >> /Length %d" % (inner, len(form))
        objects.append(b"<< %s >>\nstream\n%s\nendstream" % (about, form))
    return file_of(objects)


def read_pdf(path: Path, content: bytes, limits: Limits | None = None) -> Document:
    path.write_bytes(content)
    (document,) = read(path, limits=limits or Limits())
    return document


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "report.pdf"


@pytest.mark.parametrize("packed", [False, True])
def test_lines_become_paragraphs_across_pages(path: Path, packed: bool) -> None:
    document = read_pdf(path, pdf(FIRST, SECOND, info=INFO, packed=packed))
    assert [(span.kind, " ".join(document.text_of(span).split())) for span in document.paragraphs()] == PARAGRAPHS


def test_title_and_date_are_those_that_the_file_gives(path: Path) -> None:
    document = read_pdf(path, pdf(FIRST, info=INFO))
    assert (document.id, document.title, document.date) == (str(path), "Safer networks", "2021-03-04")


@pytest.mark.parametrize(
    "info",
    [b"", b"<< /Title (report.docx) /CreationDate (soon) >>", b"<< /Title (Microsoft Word - a b.doc) >>", b"[1]"],
)
def test_a_title_that_names_a_file_is_none(path: Path, info: bytes) -> None:
    document = read_pdf(path, pdf(FIRST, info=info))
    assert (document.title, document.date) == ("Safer networks agreed", None)


def test_a_date_in_the_article_comes_before_that_of_the_file(path: Path) -> None:
    page = ((774, "Safer networks agreed"), (760, "Updated: 2020-01-02"), *FIRST[1:])
    assert read_pdf(path, pdf(page, info=INFO)).date == "2020-01-02"


def test_indents_and_short_lines_part_paragraphs(path: Path) -> None:
    lines = ["A first paragraph that goes over two full lines of", "text.", "A second one as long as that goes on for"]
    lines += ["all of this line.", "And here is the third one of the paragraphs."]
    page = tuple((760 - 14 * number, line) for number, line in enumerate(lines))
    document = read_pdf(path, pdf(page))
    assert [document.text_of(span)[:14] for span in document.paragraphs()] == [
        "A first paragr", "A second one a", "And here is th",
    ]  # fmt: skip


def test_distances_and_bullets_part_paragraphs(path: Path) -> None:
    lines = ["A first paragraph that goes over two full lines", "and ends as wide as all the other lines are it:"]
    lines += ["* data security that is wide enough for a line,", "* and networks, which are as wide as that again"]
    page = tuple((760 - 14 * number, line) for number, line in enumerate(lines))
    document = read_pdf(path, pdf((*page, (690, "a wider distance begins the last paragraph here"), (676, "it ends."))))
    assert document.text.split("\n\n") == [
        f"{lines[0]} {lines[1]}", *lines[2:], "a wider distance begins the last paragraph here it ends.",
    ]  # fmt: skip


def test_an_indent_parts_paragraphs(path: Path) -> None:
    lines = [f"The line {number} of this text is a full one and ends." for number in range(4)]
    shown = b"BT /F1 11 Tf " + b" ".join(
        b"1 0 0 1 %d %d Tm (%s) Tj" % (90 if number == 2 else 72, 760 - 14 * number, line.encode())
        for number, line in enumerate(lines)
    )
    simple = pdf(((700, "x"),))
    begin, end = simple.index(b"BT /F1"), simple.index(b"\nET")
    content = simple[:begin] + shown + simple[end:]
    assert read_pdf(path, content).text.split("\n\n") == [" ".join(lines[:2]), " ".join(lines[2:])]


def test_a_pdf_file_is_known_by_its_first_bytes(tmp_path: Path) -> None:
    for name in ("a.txt", "a.jsonl", "a"):
        assert read_pdf(tmp_path / name, WHOLE).title == "Safer networks"


def test_the_command_line_sets_the_most_pages(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path.write_bytes(WHOLE)
    assert main(["tag", str(path), "--max-pages", "1"]) == 1
    assert "2 pages, more than 1" in capsys.readouterr().err
    assert main(["tag", str(path), "--max-pages", "2"]) == 0


def test_running_titles_are_dropped(path: Path) -> None:
    pages = [
        ((760, f"Chapter 1: Data {number}"), (700, f"{number} is a line of text."), (40, "Review"))
        for number in range(4)
    ]
    document = read_pdf(path, pdf(*pages))
    assert document.text == "\n\n".join(f"{number} is a line of text." for number in range(4))


def encrypted(password: str) -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf(FIRST)))
    writer.encrypt(password, owner_password=password[::-1], algorithm="RC4-128")
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


WHOLE = pdf(FIRST, SECOND, info=INFO, packed=True)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a PDF file"),
        (b"Some text.", "not a PDF file"),
        (WHOLE[:600], "cut off"),
        (WHOLE.replace(b"/Catalog", b"/Catalo<"), "broken PDF file"),
        (WHOLE.replace(b"/Kids", b"/Kid%"), "without pages|broken PDF file"),
        (pdf(), "without pages"),
        (pdf((), ()), "no text in its 2 pages"),
        (encrypted("secret"), "protected by a password"),
    ],
    ids=["empty", "text", "cut", "broken", "no kids", "no pages", "images", "encrypted"],
)
def test_what_has_no_text_is_a_clear_error(path: Path, content: bytes, message: str) -> None:
    with pytest.raises(InputError, match=rf"report\.pdf: .*({message})"):
        read_pdf(path, content)


def test_what_only_restricts_printing_needs_no_password(path: Path) -> None:
    assert read_pdf(path, encrypted("")).text == read_pdf(path, pdf(FIRST)).text


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (Limits(pdf_pages=1), "2 pages, more than 1, the limit.*--max-pages.*pdf_pages"),
        (Limits(megabytes=0.02), "larger once unpacked than 0.02 MB.*--max-megabytes.*megabytes"),
        (Limits(megabytes=0.0001), "larger than 0.0001 MB"),
    ],
)
def test_limits_are_named_with_how_to_raise_them(path: Path, limits: Limits, message: str) -> None:
    page = tuple((700, "Data law. " * 10) for _ in range(200))
    with pytest.raises(InputError, match=message):
        read_pdf(path, pdf(page, page, packed=True), limits)


SHOWN = b"BT /F1 11 Tf 72 700 Td (%s) Tj ET"


def test_the_text_of_forms_is_read(path: Path) -> None:
    shown = SHOWN % b"Data law."
    assert read_pdf(path, with_forms(b"/X Do", shown), Limits(megabytes=0.02)).text == "Data law."


@pytest.mark.parametrize(
    "content",
    [
        with_forms(*[b"/X Do " * 10] * 9, SHOWN % b"law"),
        with_forms(*[b"/X Do " * 10] * 9, b""),
        with_forms(b"/X Do", b"% " + b"x" * 30_000, n_pages=10),
        with_forms(b"", n_pages=100),
        with_forms(SHOWN % (b"A" * 2_000), letter=b"<%s>" % (b"0042" * 100)),
    ],
    ids=["nested", "nested without text", "large", "many pages", "letters that stand for many"],
)
def test_what_a_pdf_draws_again_and_again_is_counted_each_time(path: Path, content: bytes) -> None:
    with pytest.raises(InputError, match=r"report\.pdf: larger once unpacked than 0\.1 MB.*--max-megabytes"):
        read_pdf(path, content, Limits(megabytes=0.1))


def test_without_pypdf_the_error_says_what_to_install(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypdf", None)
    with pytest.raises(InputError, match=r"pip install 'cyberthemes\[pdf\]'"):
        read_pdf(path, WHOLE)


def test_any_damage_gives_a_document_or_an_input_error_and_no_log(
    path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    draw = random.Random(5)  # noqa: S311 (no secret)
    plain = pdf(FIRST, SECOND, info=INFO)
    damaged = [WHOLE[:end] + b"%%EOF" for end in range(0, len(WHOLE), 50)]
    for _ in range(300):
        changed = bytearray(draw.choice([plain, WHOLE]))
        for _ in range(draw.choice([1, 2, 20])):
            changed[draw.randrange(len(changed))] = draw.randrange(256)
        damaged.append(bytes(changed))
    read_pdf(path, WHOLE)
    assert not logging.getLogger("pypdf._reader").isEnabledFor(logging.ERROR)
    for content in damaged:
        with suppress(InputError):
            assert read_pdf(path, content).text
    assert capfd.readouterr() == ("", "")
