"""Reading: every source becomes documents, with what is known of them, or an error that says where."""

from __future__ import annotations

import csv
import json
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyberthemes import Document, InputError, Paragraph, read
from cyberthemes.documents import read_json_lines

SEEDS = Path(__file__).parent.parent / "seeds"
BODY = "Ministers met to agree on safer networks, officials said."


def records(path: Path, content: str | bytes) -> list[Document]:
    """Write a file and read it."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(read(path))


# Sources --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [str, Path])
@pytest.mark.parametrize("suffix", [".txt", ".md", ".text", ".TXT", ".dat", ""])
def test_a_file_is_one_document_with_its_path_as_id(tmp_path: Path, suffix: str, kind: Callable[[Path], Any]) -> None:
    path = tmp_path / f"note{suffix}"
    path.write_text(BODY)
    assert list(read(kind(path))) == [Document(BODY, id=str(path))]


def test_a_folder_gives_its_texts_by_name_with_subfolders(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    for name in ("c.txt", "a.md", "b/x.text", "picture.png", "page.xml"):
        (tmp_path / name).write_text(f"This is {name}, and no more.")
    (tmp_path / "d.csv").write_text("text\nOne.\nTwo.\n")
    assert [document.id.removeprefix(f"{tmp_path}/") for document in read(tmp_path)] == [
        "a.md",
        "b/x.text",
        "c.txt",
        "d.csv:2",
        "d.csv:3",
    ]


@pytest.mark.parametrize("text", [BODY, "5G", f"Safer networks\n\n{BODY}", "a.txt\nb.txt", "x" * 5000])
def test_a_str_that_is_no_path_is_a_text(text: str) -> None:
    (document,) = read(text)
    assert (document.text, document.id) == (text, "text")


def test_a_list_holds_the_paragraphs_of_one_document() -> None:
    (document,) = read(["First one.", "Then another"])
    assert document.text == "First one.\n\nThen another"
    assert document.paragraphs() == (Paragraph(0, 10), Paragraph(12, 24))


@given(st.lists(st.text()))
def test_given_paragraphs_keep_their_spans(paragraphs: list[str]) -> None:
    document = Document.from_paragraphs(paragraphs, id="a", title="T")
    assert [document.text[span.start : span.end] for span in document.paragraphs()] == paragraphs
    assert (document.id, document.title) == ("a", "T")


JSON_LINES = (
    '{"text": "One.", "id": 7, "title": "T", "date": "1999", "source": "S", "lang": "en", "n": [1]}\n\n{"text": ""}'
)


@pytest.mark.parametrize("suffix", [".jsonl", ".ndjson", ".JSONL"])
def test_json_lines_are_one_document_a_line_with_metadata(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"news{suffix}"
    assert records(path, JSON_LINES) == [
        Document("One.", "7", "T", "1999", "S", {"lang": "en", "n": [1]}),
        Document("", f"{path}:3"),
    ]


def test_a_csv_file_is_one_document_a_record_with_metadata(tmp_path: Path) -> None:
    path = tmp_path / "news.csv"
    assert records(path, 'id,text,title,lang\n7,"One,\ntwo.",T,en\n,Three.,,\n') == [
        Document("One,\ntwo.", "7", "T", metadata={"lang": "en"}),
        Document("Three.", f"{path}:4", metadata={"lang": ""}),
    ]


def test_columns_without_a_name_may_be_many(tmp_path: Path) -> None:
    assert [document.text for document in records(tmp_path / "news.csv", "text,id,,\nOne.,1,,\n")] == ["One."]


def test_a_long_csv_field_is_read_without_changing_the_limit_of_the_process(tmp_path: Path) -> None:
    text = "data " * 30_000
    before = csv.field_size_limit(100_000)
    try:
        assert [document.text for document in records(tmp_path / "news.csv", f"text\n{text}\n")] == [text]
        assert csv.field_size_limit() == 100_000
    finally:
        csv.field_size_limit(before)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("suffix", [".txt", ".csv", ".jsonl"])
def test_files_are_read_whatever_their_encoding(tmp_path: Path, suffix: str, encoding: str) -> None:
    text = "“We protect people’s data – and the network,” said the minister in Genève."
    content = {
        ".txt": text,
        ".csv": f"text\n{text.replace(',', ';')}\n",
        ".jsonl": json.dumps({"text": text}, ensure_ascii=False),
    }[suffix]
    (document,) = records(tmp_path / f"news{suffix}", content.encode(encoding))
    assert document.text == text.replace(",", ";" if suffix == ".csv" else ",")


def test_a_file_in_deep_folders_is_read_by_its_name_too(tmp_path: Path) -> None:
    folder = tmp_path.joinpath(*["folder" * 10] * 5)
    folder.mkdir(parents=True)
    (folder / "note.txt").write_text(BODY)
    assert [document.text for document in read(str(folder / "note.txt"))] == [BODY]
    assert [document.text for document in read(str(folder))] == [BODY]


# Title and date -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "title", "date"),
    [
        ("000_33ac4f5cf325b114.txt", None, "2020-09-11"),
        (
            "001_b652dcd5a69fc392.txt",
            "China Focus: Experts call for joint efforts to build a safer cyberspace",
            "2019-10-24",
        ),
        (
            "002_e67a581566775dd5.txt",
            "Chinese initiative calls for peace, security, openness, cooperation and order in the Web world",
            "2020-10-16",
        ),
        ("003_5579c1d2ab6f9191.txt", "Xi: Create new paradigm for cybersecurity", None),
        ("004_f51e464d7cf6a9c4.txt", "China to step up cyberspace cooperation", None),
    ],
)
def test_recognises_title_and_date_of_the_seeds(name: str, title: str | None, date: str | None) -> None:
    (document,) = read(SEEDS / name)
    assert (document.title, document.date) == (title, date)


@pytest.mark.parametrize(
    ("byline", "date"),
    [
        ("By Li Wei · 2021-03-04", "2021-03-04"),
        ("Source: Xinhua | 3 March 2021", "2021-03-03"),
        ("Updated: Sept. 9th, 2021", "2021-09-09"),
        ("Updated: 2021.12.1 / 2022.1.1", "2021-12-01"),
        ("Updated: 2021-02-31", None),
        ("Updated: April 31, 2021 | 2021-05-01", "2021-05-01"),
        ("Updated: ſep 24, 2019", "2019-09-24"),
    ],
)
def test_recognises_a_full_date_in_a_byline(byline: str, date: str | None) -> None:
    (document,) = read(f"Safer networks\n\n{byline}\n\n{BODY}")
    assert (document.title, document.date) == ("Safer networks", date)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (f"WORLD NEWS\n\nSafer networks\n\n{BODY}", "Safer networks"),
        (f"WORLD NEWS\n\n{BODY}", "WORLD NEWS"),
        (f"{BODY}\n\nSafer networks\n\n{BODY}", None),
        ("Safer networks", None),
    ],
)
def test_a_title_is_a_heading_above_the_body(text: str, title: str | None) -> None:
    assert next(read(text)).title == title


def test_a_date_in_the_body_is_not_the_date_of_the_article() -> None:
    assert next(read(f"{BODY} They will meet again on May 4, 2031, in Oslo.")).date is None


def test_what_is_given_is_kept_over_what_is_recognised(tmp_path: Path) -> None:
    text = f"Safer networks\n\nUpdated: 2021-03-04\n\n{BODY}"
    content = json.dumps({"text": text, "title": "Given", "date": "spring"}) + "\n" + json.dumps({"text": text})
    content += "\n" + json.dumps({"text": text, "date": "spring"})
    given_both, given_none, given_date = records(tmp_path / "news.jsonl", content)
    assert (given_both.title, given_both.date) == ("Given", "spring")
    assert (given_none.title, given_none.date) == ("Safer networks", "2021-03-04")
    assert (given_date.title, given_date.date) == ("Safer networks", "spring")


def test_to_dict_gives_plain_values() -> None:
    fields = Document.from_paragraphs(["One."], id="a", metadata={"n": 1}).to_dict()
    assert json.loads(json.dumps(fields))["metadata"] == {"n": 1}
    assert fields["given_paragraphs"] == [{"start": 0, "end": 4, "kind": "body", "attribution": None}]


def test_from_text_recognises_what_the_article_carries() -> None:
    document = Document.from_text(f"Safer networks\n\nUpdated: 2021-03-04\n\n{BODY}", id="a1")
    assert (document.id, document.title, document.date) == ("a1", "Safer networks", "2021-03-04")


# Errors ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", "", "empty"),
        ("a.txt", " \n\t", "empty"),
        ("a.txt", b"\0\1", "binary"),
        ("a.jsonl", "\n", "empty"),
        ("a.jsonl", '{"text": "x"}\n{"text"', "line 2: not valid JSON"),
        ("a.jsonl", '{"text": "x"}\n\n["x"]', "line 3: found list"),
        ("a.jsonl", '{"body": "x"}', "line 1: no field 'text'"),
        ("a.jsonl", '{"text": 5}', "line 1: 'text' is int"),
        ("a.jsonl", "[" * 100_000, "line 1: not valid JSON"),
        ("a.jsonl", "1" * 5000, "line 1: not valid JSON"),
        ("a.jsonl", '{"text": "x", "n": NaN}', "line 1: not valid JSON"),
        ("a.docx", "PK", "docx files cannot be read; convert it to plain text"),
        ("a.csv", "body,id\nx,1\n", "columns body, id; expected one called 'text'"),
        ("a.csv", "text,id,text\nx,1,y\n", "more than one column called 'text'"),
        ("a.csv", "id,text\n1,x\n2\n", "line 3: no field 'text'"),
        ("a.csv", 'text\n"x"y\n', "not valid CSV"),
        ("a.csv", 'text\n"x\n', "not valid CSV"),
        ("a.csv", "text,id\nx,1\nMinisters met, and agreed,2\n", "line 3"),
        ("a.csv", "text,id\n", "empty"),
    ],
)
def test_an_error_names_the_file_and_the_line(tmp_path: Path, name: str, content: str | bytes, message: str) -> None:
    with pytest.raises(InputError, match=rf"{name}.*{message}"):
        records(tmp_path / name, content)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("", "empty"),
        (" \n", "empty"),
        (5, "cannot read int"),
        (None, "cannot read NoneType"),
        (b"text", "cannot read bytes"),
        (["a", 5], "paragraph 1: found int"),
        ("missing.txt", "no such file"),
        ("missing/folder", "no such file"),
        (Path("x" * 300), "cannot be read"),
        (Path("a\0b"), "cannot be read"),
        (Path("\ud800"), "cannot be read"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_refuses_a_source_that_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: Any, message: str
) -> None:
    (tmp_path / "note.txt").write_text(BODY)  # what "" must not find
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=message):
        list(read(source))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Document(5), "text: found int"),  # type: ignore[arg-type]
        (lambda: Document("x", given_paragraphs=(Paragraph(0, 9),)), "outside the text"),
        (lambda: Document.from_text(" "), "empty"),
        (lambda: Document.from_text(None), "found NoneType"),  # type: ignore[arg-type]
    ],
)
def test_a_document_that_cannot_be_is_an_input_error(make: Callable[[], Document], message: str) -> None:
    with pytest.raises(InputError, match=message):
        make()


def test_a_text_too_long_for_a_file_name_is_a_text_though_it_ends_like_one() -> None:
    text = f"{BODY} " * 10 + "All figures are in data.csv"
    assert [document.text for document in read(text)] == [text]


def test_a_folder_without_texts_says_what_was_expected(tmp_path: Path) -> None:
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    with pytest.raises(InputError, match=r"no texts in this folder; expected files that end in \.txt"):
        list(read(tmp_path))


@given(
    content=st.binary()
    | st.text(alphabet='text,id"\r\n\ufeffé\u2028 ').map(lambda text: b"text,id\n" + text.encode())
    | st.text(alphabet='{}[]":,text1\n').map(lambda text: b'{"text": "x"}\n' + text.encode()),
    suffix=st.sampled_from([".txt", ".jsonl", ".csv"]),
)
def test_any_bytes_give_documents_or_an_input_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, suffix: str
) -> None:
    path = tmp_path_factory.getbasetemp() / f"any{suffix}"
    path.write_bytes(content)
    with suppress(InputError):
        documents = list(read(path))
        assert documents
        assert all(span.end <= len(document.text) for document in documents for span in document.paragraphs())


LINES = st.lists(
    st.sampled_from(['{"text": "“a”\u2028b"}', '{"text": ""}', '{"text": "x', "5", " ", "\ufeff", "\0", "\x0b", "\x85"])
    | st.text()
)


@given(lines=LINES, end=st.sampled_from(["\n", "\r", "\r\n", "\n\r\n"]), suffix=st.sampled_from([".jsonl", ".csv"]))
def test_records_are_read_one_by_one_as_they_are_at_once(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], end: str, suffix: str
) -> None:
    path = tmp_path_factory.getbasetemp() / f"lines{suffix}"
    content = end.join(["text" if suffix == ".csv" else '{"text": "a"}', *lines]).encode("utf-8", "replace")
    path.write_bytes(content)
    one_by_one = documents_and_errors(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cyberthemes.documents.damage_of", lambda _: "all")
        at_once = documents_and_errors(path)
    assert one_by_one == at_once or "NUL" in str(at_once[0])


def documents_and_errors(path: Path) -> list[Document | str]:
    errors: list[Document | str] = []
    return [*read(path, on_error=lambda error: errors.append(str(error))), *errors]


def test_a_long_file_of_json_lines_is_read_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "long.jsonl"
    with path.open("w", encoding="utf-8") as stream:
        stream.writelines(
            json.dumps({"text": f"{BODY} {number}", "title": "T", "date": "D"}) + "\n" for number in range(50_000)
        )
    tracemalloc.start()
    try:
        assert sum(1 for _ in read(path)) == 50_000
        assert tracemalloc.get_traced_memory()[1] < path.stat().st_size / 2
    finally:
        tracemalloc.stop()


def test_a_file_that_changes_while_it_is_read_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "news.jsonl"
    path.write_text(json.dumps({"text": BODY}) + "\n" + '{"text": "x"}\n' * 10_000, encoding="utf-8")
    documents = read(path)
    assert next(documents).text == BODY
    path.write_bytes(path.read_bytes().replace(b"x", b"\xff"))
    with pytest.raises(InputError, match=r"news\.jsonl: cannot be read on.*change"):
        list(documents)


@given(st.lists(st.dictionaries(st.text(), st.text() | st.integers() | st.none())))
def test_json_lines_come_back_with_their_line_numbers(rows: list[dict[str, Any]]) -> None:
    text = "\n\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    assert list(read_json_lines(text, "x")) == [(2 * number + 1, row) for number, row in enumerate(rows)]
