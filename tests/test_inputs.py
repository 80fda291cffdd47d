"""Any input, any fault: each file or record is read or named in an error, and nothing else is lost."""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cyberthemes import Document, InputError, Limits, read
from cyberthemes.cli import main
from cyberthemes.documents import read_stream
from cyberthemes.extraction import decode

BODY = "Ministers met to agree on safer networks, officials said."
LAW = "A new data security law restricts cross-border data flows, officials said."
PAGE = f"<!DOCTYPE html><html><body><article><p>{BODY}</p></article></body></html>"
SUFFIXES = (".txt", ".md", ".jsonl", ".csv", ".html", ".pdf", ".dat", "")
ODD = (
    "a\u200bb\u2060c",  # zero-width
    "\u202eright to left\u202c שלום",
    "😀👩‍👩‍👧 e\u0301 n\u0303\u0323",
    "one\r\ntwo\rthree\nfour\x0bfive\x85six\u2028seven",
    "\x1b[31mred\x1b[0m",
)


def found_in(source: Any, **options: Any) -> tuple[list[Document], list[str]]:
    """Return the documents of a source and the errors."""
    errors: list[str] = []
    return list(read(source, on_error=lambda error: errors.append(str(error)), **options)), errors


def texts_of(source: Any, **options: Any) -> list[str]:
    return [document.text for document in read(source, **options)]


# Batches --------------------------------------------------------------------------------------------------


LINES = [
    json.dumps({"text": LAW, "id": "a"}),
    '{"text": "cut',
    '{"text": 5, "id": "b"}',
    json.dumps({"text": BODY, "id": "c"}),
    "[1]",
    json.dumps({"text": BODY, "deep": json.loads("[" * 200 + "]" * 200)}),
    '{"text": "x", "n": 1e999}',
    '{"text": "a\x01b"}',
    json.dumps({"text": LAW}),
]


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_bad_line_is_reported_and_the_next_are_read(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "news.jsonl"
    path.write_bytes(pack("\n".join(LINES).encode()))
    documents, errors = found_in(path)
    assert [document.id for document in documents] == ["a", "c", f"{path}:9"]
    assert [error.removeprefix(f"{path}, line ")[:25] for error in errors] == [
        "2: not valid JSON (Unterm", "3: 'text' is int in the r", "5: found list; expected a",
        "6: values nested more tha", "7: not valid JSON (1e999 ", "8: not valid JSON (Invali",
    ]  # fmt: skip
    with pytest.raises(InputError, match="line 2: not valid JSON"):
        list(read(path))


def test_nul_at_the_beginning_of_records_is_no_text(tmp_path: Path) -> None:
    for suffix in (".jsonl", ".csv"):
        path = tmp_path / f"a{suffix}"
        path.write_bytes(b"\0" + BODY.encode())
        assert [error.partition(": ")[2][:9] for error in found_in(path)[1]] == ["holds NUL"]


def test_a_bad_csv_record_is_reported_and_the_next_are_read(tmp_path: Path) -> None:
    path = tmp_path / "news.csv"
    path.write_text(f'id,text\n1,"{LAW}"\n2,"x"y\n3,a,b\n4\n\n5,"{BODY}\nMore."\n', encoding="utf-8")
    documents, errors = found_in(path)
    assert [(document.id, document.text) for document in documents] == [("1", LAW), ("5", f"{BODY}\nMore.")]
    assert [error.removeprefix(f"{path}, line ")[:20] for error in errors] == [
        "3: not valid CSV (',", "4: more fields than ", "5: no field 'text' i",
    ]  # fmt: skip


@pytest.mark.parametrize("broken", ['"x\n1,two\n', '"x"y,"\n1,two\n', '"one\nline"y\n1,two\n'])
def test_a_csv_quote_that_may_be_open_makes_no_records_of_what_follows(tmp_path: Path, broken: str) -> None:
    path = tmp_path / "news.csv"
    path.write_text(f"text,id\n{LAW.replace(',', ';')},1\n{broken}", encoding="utf-8")
    documents, errors = found_in(path)
    assert len(documents) == 1
    assert [error.partition(":")[0] for error in errors] == [f"{path}, line 3"]
    assert errors[0].endswith("what follows was not read")


def test_a_quote_that_never_closes_is_refused_in_time(tmp_path: Path) -> None:
    path = tmp_path / "news.csv"
    path.write_text('text\n"a"\n"b\n' + "c\n" * 100_000, encoding="utf-8")
    assert [texts(found_in(path, limits=limits)) for limits in (Limits(), Limits(megabytes=0.1))] == [
        (["a"], "line 3: not valid CSV"), (["a"], "line 50002: not read from"),
    ]  # fmt: skip


def texts(found: tuple[list[Document], list[str]]) -> tuple[list[str], str]:
    (error,) = found[1]
    return [document.text for document in found[0]], " ".join(error.partition("news.csv, ")[2].split()[:5])


@pytest.fixture
def batch(tmp_path: Path) -> Path:
    folder = tmp_path / "batch"
    folder.mkdir()
    (folder / "a.txt").write_text(LAW, encoding="utf-8")
    (folder / "b.jsonl").write_text("\n".join(LINES[:4]), encoding="utf-8")
    (folder / "c.html").write_text("<html></html>", encoding="utf-8")
    (folder / "d.pdf").write_text("no PDF", encoding="utf-8")
    (folder / "e.txt.gz").write_bytes(gzip.compress(BODY.encode()))
    return folder


def test_the_command_line_reports_all_and_goes_on(batch: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tag", str(batch)]) == 1
    out, err = capsys.readouterr()
    assert [json.loads(line)["id"] for line in out.splitlines()] == [f"{batch}/a.txt", "a", "c", f"{batch}/e.txt.gz"]
    assert [line.split(": ")[1] for line in err.splitlines()] == [
        f"{batch}/b.jsonl, line 2", f"{batch}/b.jsonl, line 3", f"{batch}/c.html", f"{batch}/d.pdf",
    ]  # fmt: skip


@pytest.mark.parametrize("command", [["tag"], ["themes", "check"], ["suggest"], ["topics", "-k", "1"]])
def test_strict_stops_at_the_first(batch: Path, command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command, str(batch), "--strict"]) == 1
    out, err = capsys.readouterr()
    assert err.splitlines() == [
        f"cyberthemes: {batch}/b.jsonl, line 2: not valid JSON (Unterminated string starting at)"
    ]
    assert len(out.splitlines()) == (2 if command == ["tag"] else 0)


def test_a_run_that_strict_stopped_goes_on_without_it(batch: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = batch.parent / "tags.jsonl"
    assert main(["tag", str(batch), "-o", str(target), "--strict"]) == 1
    assert target.with_name("tags.jsonl.partial").read_bytes().count(b"\n") == 2
    assert main(["tag", str(batch), "-o", str(target)]) == 1
    capsys.readouterr()
    assert main(["tag", str(batch)]) == 1
    assert capsys.readouterr().out == target.read_text(encoding="utf-8")


@pytest.mark.parametrize("option", [["--max-megabytes", "0"], ["--max-megabytes", "x"], ["--max-pages", "1.5"]])
def test_a_limit_that_is_none_is_wrong_usage(option: list[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["tag", "a.txt", *option])
    assert left.value.code == 2


@pytest.mark.parametrize("name", ["id", "title", "date", "source"])
@pytest.mark.parametrize("value", [["x"], {"a": 1}, [], True])
def test_a_field_that_is_no_string_or_number_is_reported_and_the_next_are_read(
    tmp_path: Path, name: str, value: Any
) -> None:
    path = tmp_path / "news.jsonl"
    records = [{"text": LAW, name: value}, {"text": LAW, name: 2.5}, {"text": LAW, "other": value}]
    path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    documents, errors = found_in(path)
    assert errors == [f"{path}, line 1: {name!r} is {type(value).__name__}; expected a string or a number"]
    assert [getattr(documents[0], name), documents[1].metadata] == ["2.5", {"other": value}]


# Formats and packing --------------------------------------------------------------------------------------

CONTENTS = {
    "a.txt": BODY,
    "a.jsonl": json.dumps({"text": BODY}),
    "a.csv": f'text\n"{BODY}"\n',
    "a.html": PAGE,
    "a.txt.html": PAGE,
}


@pytest.mark.parametrize("name", CONTENTS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("packed", [False, True])
def test_every_format_is_read_packed_or_not(tmp_path: Path, name: str, encoding: str, packed: bool) -> None:
    content = CONTENTS[name].encode(encoding)
    (tmp_path / f"{name}.gz").write_bytes(gzip.compress(content) if packed else content)
    assert texts_of(tmp_path / f"{name}.gz") == [BODY]
    assert texts_of(tmp_path) == [BODY]


@pytest.mark.parametrize(
    "content",
    [
        json.dumps([{"text": BODY}]),
        json.dumps([{"text": BODY}], indent=1),
        json.dumps({"text": BODY}, indent=1),
        f'{{"id": 1,\n"text": "{BODY}"}}',
        json.dumps(BODY),
        BODY,
        "",
    ],
)
@pytest.mark.parametrize("pack", [str.encode, lambda content: gzip.compress(content.encode())])
def test_a_json_file_without_json_lines_is_refused(tmp_path: Path, content: str, pack: Callable[[str], bytes]) -> None:
    path = tmp_path / "news.JSON"
    path.write_bytes(pack(content))
    with pytest.raises(InputError, match=r"news\.JSON: .*expected JSON lines: one object a line"):
        list(read(path))


@pytest.mark.parametrize("text", [BODY, BODY * 200])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_json_file_of_json_lines_is_read(tmp_path: Path, text: str, encoding: str) -> None:
    path = tmp_path / "news.json"
    path.write_text("\n" + json.dumps({"text": text}) + "\r\n" + json.dumps({"text": LAW}), encoding=encoding)
    assert texts_of(path) == [text, LAW]
    path.write_text(PAGE, encoding=encoding)
    assert texts_of(path) == [BODY]


@pytest.mark.parametrize("content", [BODY, PAGE, json.dumps({"text": BODY}), f' {{ "id": 1, "text": "{BODY}"}}'])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_standard_input_is_known_by_its_first_bytes(
    content: str, pack: Callable[[bytes], bytes], encoding: str
) -> None:
    stream = io.BytesIO(pack(content.encode(encoding)))
    documents = list(
        read_stream(stream, "standard input", limits=Limits(), on_error=lambda error: pytest.fail(str(error)))
    )
    assert [document.text for document in documents] == [BODY]
    assert documents[0].id in ("-", "-:1", "1")


def test_json_lines_on_standard_input_are_read_past_a_bad_one() -> None:
    command = [sys.executable, "-m", "cyberthemes", "tag", "-"]
    content = b'{"text": "a"}\n{\n{"text": "b"}'
    done = subprocess.run(command, input=content, capture_output=True, check=False)
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == ["-:1", "-:3"]
    assert done.stderr.startswith(b"cyberthemes: standard input, line 2: not valid JSON")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (gzip.compress(BODY.encode())[:30], "damaged gzip"),
        (gzip.compress(BODY.encode())[:-8] + bytes(8), "damaged gzip"),
        (gzip.compress(BODY.encode()) + b"x", "damaged gzip"),
        (gzip.compress(BODY.encode())[:14] + b"\xff" * 60, "damaged gzip"),
        (gzip.compress(gzip.compress(BODY.encode())), "twice"),
        (gzip.compress(b""), "empty"),
        (gzip.compress(b"\0"), "binary"),
    ],
    ids=["cut", "checksum", "rest", "damaged", "twice", "empty", "binary"],
)  # fmt: skip
@pytest.mark.parametrize("suffix", [".txt.gz", ".jsonl.gz", ".csv.gz"])
def test_damaged_gzip_is_a_clear_error(tmp_path: Path, content: bytes, message: str, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(content)
    documents, errors = found_in(path)
    assert documents == []
    assert any(message in error and str(path) in error for error in errors)


# Limits ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields", [{"megabytes": 0}, {"webpage_megabytes": -1}, {"pdf_pages": 0}, {"megabytes": float("nan")}]
)
def test_limits_are_above_0(fields: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=next(iter(fields))):
        Limits(**fields)


@pytest.mark.parametrize("suffix", [".txt", ".html", ".jsonl", ".csv"])
@pytest.mark.parametrize("packing", ["", ".gz"])
def test_what_unpacks_to_more_than_the_limit_is_refused_in_little_memory(
    tmp_path: Path, suffix: str, packing: str
) -> None:
    path = tmp_path / f"a{suffix}{packing}"
    content = b"text" + b"\n" * (suffix == ".csv") + b"x" * 6_000_000
    path.write_bytes(gzip.compress(content, 1) if packing else content)
    del content
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match=r"than 0\.2 MB, the limit for .*--max-megabytes.*megabytes=") as caught:
            list(read(path, limits=Limits(megabytes=0.2)))
        assert tracemalloc.get_traced_memory()[1] < 3_000_000
    finally:
        tracemalloc.stop()
    assert str(path) in str(caught.value)


def test_a_record_beyond_the_limit_is_skipped_and_the_next_are_read(tmp_path: Path) -> None:
    path = tmp_path / "news.jsonl"
    records = [{"text": "x" * 500}, {"text": "y" * 5000}, {"text": "z" * 500}]
    for end in ("\n", "\r\n", "\r"):
        path.write_text(end.join(map(json.dumps, records)), encoding="utf-8", newline="")
        documents, errors = found_in(path, limits=Limits(megabytes=0.001))
        assert [document.text[0] for document in documents] == ["x", "z"]
        assert [document.id for document in documents] == [f"{path}:1", f"{path}:3"]
        assert [error.partition(",")[0] for error in errors] == [str(path)]
        assert errors[0].endswith(
            ", line 2: larger than 0.001 MB, the limit for one text or record; to raise it, give --max-megabytes, in "
            "Python Limits(megabytes=...)"
        )


def test_many_records_may_be_larger_than_the_limit(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "5G"}\n' * 200, encoding="utf-8")
    (tmp_path / "b.csv").write_text("text\n" + "5G\n" * 1000, encoding="utf-8")
    assert len(texts_of(tmp_path, limits=Limits(megabytes=0.001))) == 1200


def test_the_command_line_sets_the_limits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.txt").write_text(LAW * 100, encoding="utf-8")
    assert main(["tag", str(tmp_path), "--max-megabytes", "0.001"]) == 1
    assert "a.txt: larger than 0.001 MB" in capsys.readouterr().err
    assert main(["tag", str(tmp_path), "--max-megabytes", "0.1"]) == 0


@pytest.mark.parametrize("suffix", [".txt", ".jsonl", ".csv"])
def test_empty_lines_and_long_lines_are_read(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    text = f"{LAW} " * 15_000
    content = {".txt": text, ".jsonl": json.dumps({"text": text}), ".csv": f'text\n"{text}"'}[suffix]
    path.write_text("\n" * 100_000 + content, encoding="utf-8")
    assert texts_of(path)[0].strip() == text.strip()
    path.write_text("\n" * 100_000, encoding="utf-8")
    with pytest.raises(InputError, match="empty"):
        texts_of(path)


# Paths ----------------------------------------------------------------------------------------------------


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("a.txt", "b.txt", "sub/c.txt", "sub/deep/d.txt", "sub/e.md", "sub/[1].txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"This is {name}.", encoding="utf-8")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "f.txt").write_text(BODY, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("*.txt", ["a.txt", "b.txt"]),
        ("**/*.txt", ["a.txt", "b.txt", "sub/[1].txt", "sub/c.txt", "sub/deep/d.txt"]),
        ("**/[cd].txt", ["sub/c.txt", "sub/deep/d.txt"]),
        ("s?b", ["sub/[1].txt", "sub/c.txt", "sub/deep/d.txt", "sub/e.md"]),
        ("sub/**", ["sub/[1].txt", "sub/c.txt", "sub/deep/d.txt", "sub/e.md"]),
        ("sub/[1].txt", ["sub/[1].txt"]),
    ],
)
@pytest.mark.parametrize("absolute", [False, True])
def test_a_pattern_gives_what_matches_once_and_by_name(
    tree: Path, pattern: str, names: list[str], absolute: bool
) -> None:
    source = tree / pattern if absolute else Path(pattern)
    assert [Path(document.id).relative_to(tree if absolute else ".").as_posix() for document in read(source)] == names
    if "/" in pattern or "." in pattern:
        assert texts_of(str(source)) == texts_of(source)


@pytest.mark.parametrize("pattern", ["*.jsonl", "none/*.txt", "**/a\0*", "[a"])
def test_a_pattern_without_a_match_is_a_clear_error(tree: Path, pattern: str) -> None:
    with pytest.raises(InputError, match="nothing matches"):
        list(read(tree / pattern))


def test_hidden_folders_are_read_only_if_named(tree: Path) -> None:
    (tree / "sub" / ".git" / "deep").mkdir(parents=True)
    (tree / "sub" / ".git" / "deep" / "g.txt").write_text(BODY, encoding="utf-8")
    assert sorted(Path(document.id).name for document in read(tree / "sub")) == ["[1].txt", "c.txt", "d.txt", "e.md"]
    assert texts_of(tree / ".hidden") == texts_of(tree / "sub" / ".git") == [BODY]


def test_what_is_no_file_in_a_folder_is_named_and_never_waited_for(tree: Path) -> None:
    os.mkfifo(tree / "sub" / "p.txt")
    (tree / "sub" / "pictures").mkdir()
    (tree / "sub" / "loop.txt").symlink_to("loop.txt")
    (tree / "sub" / "gone.txt").symlink_to("nothing.txt")
    (tree / "sub" / "up").symlink_to(tree)
    documents, errors = found_in(tree)
    assert len(documents) == 6
    assert sorted(error.removeprefix(f"{tree}/sub/")[:30] for error in errors) == [
        f"'{tree}/sub/loop.txt': cannot be read"[:30],
        "gone.txt: no such file or folder"[:30],
        "p.txt: no file but a pipe or device"[:30],
    ]
    by_pattern, errors = found_in(tree / "s*" / "**")
    assert ({document.id for document in by_pattern}, len(errors)) == (
        {document.id for document in documents if "sub" in document.id[len(str(tree)) :]}, 3,
    )  # fmt: skip


def test_a_named_pipe_is_read_if_it_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with subprocess.Popen(["bash", "-c", f"printf '%s' '{LINES[0]}' > {path}"]):
        assert texts_of(path) == [LAW]


def test_a_folder_that_cannot_be_read_is_named_and_the_others_go_on(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan = os.scandir

    def refuse(folder: str) -> Any:
        if Path(folder).name == "sub":
            raise PermissionError(13, "Permission denied", folder)
        return scan(folder)

    monkeypatch.setattr(os, "scandir", refuse)
    documents, errors = found_in(tree)
    assert [Path(document.id).name for document in documents] == ["a.txt", "b.txt"]
    assert errors == [f"{tree}/sub: cannot be read: Permission denied"]
    with pytest.raises(InputError, match="Permission denied"):
        list(read(tree))


def test_a_name_that_is_not_utf_8_is_printed_and_written(tmp_path: Path) -> None:
    for name in (b"good-\xff.txt", b"bad-\xff.txt"):
        with open(os.path.join(os.fsencode(tmp_path), name), "wb") as stream:  # noqa: PTH118, PTH123
            stream.write(LAW.encode() if b"good" in name else b"\0")
    for shape in ("jsonl", "table"):
        command = [sys.executable, "-m", "cyberthemes", "tag", str(tmp_path), "--format", shape]
        done = subprocess.run(command, capture_output=True, check=False)
        assert (done.returncode, done.stderr.count(b"\n"), b"bad-\\udcff.txt" in done.stderr) == (1, 1, True)
        assert b"good-\\udcff.txt" in done.stdout
    assert json.loads(run_lines(tmp_path)[0])["id"].encode(errors="surrogateescape").endswith(b"good-\xff.txt")


def run_lines(folder: Path) -> list[str]:
    target = folder / "tags.out"
    assert main(["tag", str(folder), "-o", str(target)]) == 1
    return target.read_text(encoding="utf-8").splitlines()


def test_a_file_that_vanishes_is_named_and_the_others_go_on(tree: Path) -> None:
    errors: list[InputError] = []
    documents = read(tree, on_error=errors.append)
    next(documents)
    (tree / "b.txt").unlink()
    assert len(list(documents)) == 4
    assert [str(error) for error in errors] == [f"{tree}/b.txt: no such file or folder"]


# Characters -----------------------------------------------------------------------------------------------


def test_odd_characters_come_through_as_they_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    odd = (*ODD, "\ud800 alone", "NUL \0 within")
    texts = [f"{LAW} {characters}\n\n{BODY}" for characters in odd]
    lines = [json.dumps({"text": text, "id": some, "title": some}) for text, some in zip(texts, odd, strict=True)]
    (tmp_path / "a.jsonl").write_text("\n".join(lines), encoding="utf-8")
    assert texts_of(tmp_path) == texts
    assert main(["tag", str(tmp_path)]) == 0
    for line, text, some in zip(capsys.readouterr().out.splitlines(), texts, odd, strict=True):
        record = json.loads(line)
        assert (record["id"], record["title"]) == (some, some)
        for paragraph in record["paragraphs"]:
            assert paragraph["text"] == text[paragraph["start"] : paragraph["end"]]
            for tag in paragraph["tags"]:
                assert all(text[part["start"] : part["end"]] == part["text"] for part in tag["evidence"])
    assert main(["tag", str(tmp_path), "--format", "table"]) == 0


@pytest.mark.parametrize("odd", ODD, ids=ascii)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_odd_characters_of_a_text_file_come_through(tmp_path: Path, odd: str, encoding: str) -> None:
    (tmp_path / "a.txt").write_bytes(f"{BODY} {odd}".encode(encoding))
    assert texts_of(tmp_path) == [f"{BODY} {odd}"]


CHINESE = "各国就数据安全与网络治理达成一致。"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("“a” – “b” é".encode()[:-1], "“a” – “b” \ufffd"),
        (b"\xef\xbb\xbf" + CHINESE.encode()[:-1], CHINESE[:-1] + "\ufffd"),
        ("Müller und ".encode() + "Müller met on data".encode("latin-1"), "MÃ¼ller und Müller met on data"),
        (CHINESE.encode("gb18030"), CHINESE),
    ],
)
def test_utf_8_with_little_damage_stays_utf_8(content: bytes, text: str) -> None:
    assert decode(content, "x") == text


@pytest.mark.parametrize("suffix", [".jsonl", ".csv"])
def test_one_damaged_record_leaves_the_others_whole(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    lines = [f'"“{number}” – é"' for number in range(3)]
    lines = ["text", *lines] if suffix == ".csv" else [f'{{"text": {line}}}' for line in lines]
    path.write_bytes("\n".join(lines).encode().replace("“1”".encode(), b"\xe2\x80"))
    assert texts_of(path) == ["“0” – é", "\ufffd – é", "“2” – é"]


@given(
    content=st.binary()
    | st.binary().map(lambda rest: gzip.compress(rest)[: 10 + len(rest)])
    | st.binary().map(lambda rest: b"\x1f\x8b" + rest)
    | st.binary().map(lambda rest: b"%PDF-1.4\n" + rest + b"%%EOF")
    | st.binary().map(lambda rest: b"<html>" + rest)
    | st.binary().map(lambda rest: b'{"text": "a"}\n{"' + rest)
    | st.text().map(lambda rest: f'text,id\n"a",1\n"{rest}'.encode("utf-8", "surrogatepass")),
    suffix=st.sampled_from(SUFFIXES),
    packing=st.sampled_from(["", ".gz"]),
)
@example(b"\x1f\x8b\x08\x04" + bytes(6) + b"\xff\xff", ".txt", ".gz")
def test_any_bytes_give_documents_and_input_errors_for_every_suffix(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, suffix: str, packing: str
) -> None:
    path = tmp_path_factory.getbasetemp() / f"any{suffix}{packing}"
    path.write_bytes(content)
    documents, errors = found_in(path)
    assert documents or errors
    assert all(path.name in error for error in errors)
    assert all(span.end <= len(document.text) for document in documents for span in document.paragraphs())
    streamed: list[InputError] = []
    documents = list(read_stream(io.BytesIO(content), "here", limits=Limits(), on_error=streamed.append))
    assert documents or streamed


def test_reading_texts_and_records_imports_no_reader_of_other_formats(tmp_path: Path) -> None:
    for name in ("a.txt", "a.jsonl", "a.csv"):
        (tmp_path / name).write_text(CONTENTS[name], encoding="utf-8")
    others = ("trafilatura", "lxml", "pypdf", "charset_normalizer", "numpy")
    code = f"import sys; from cyberthemes import read; print(len(list(read({str(tmp_path)!r})))"
    code += f", sorted(set({others}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "3 []"
