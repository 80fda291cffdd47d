"""Bytes to text: byte-order marks, UTF-8, older encodings, and what is not text."""

from __future__ import annotations

import codecs
import re
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cyberthemes import InputError
from cyberthemes.extraction import decode, read_text

MARKS = {
    "utf-8": codecs.BOM_UTF8,
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
    "utf-32-le": codecs.BOM_UTF32_LE,
    "utf-32-be": codecs.BOM_UTF32_BE,
}
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufeff"))


@given(text=texts, encoding=st.sampled_from(sorted(MARKS)))
def test_a_byte_order_mark_decides_and_is_not_part_of_the_text(text: str, encoding: str) -> None:
    assert decode(MARKS[encoding] + text.encode(encoding), "x") == text


@given(text=texts)
def test_utf_8_without_a_mark_is_read_as_it_is(text: str) -> None:
    assert decode(text.encode(), "x") == text


@given(content=st.binary())
@example(bytes(range(1, 256)))
@example(b"+AGEAYg-\xff")
def test_any_bytes_give_text_or_an_input_error(content: bytes) -> None:
    with suppress(InputError):
        assert "\0" not in decode(content, "odd.bin")


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1252", "“We protect people’s data – and the network,” she said. It’s the first law of its kind."),
        ("cp1252", "It’s a data law."),
        ("cp1252", "Huawei – 5G"),
        ("cp1252", "Prices rose to £5m in the data market – a record"),
        ("cp1252", "Müller spoke"),
        ("latin-1", "données protégées"),
        ("latin-1", "Les données personnelles sont mieux protégées à Genève, a déclaré la présidente."),
        ("cp1251", "Министры договорились о защите данных в сети и о новых правилах."),
        ("gb18030", "各国就数据安全与网络治理达成一致，并将继续推进国际合作。"),
        ("shift_jis", "各国はデータの安全とインターネットの統治について合意した。"),
        ("euc_kr", "각국은 데이터 보안과 인터넷 거버넌스에 대해 합의했다."),
    ],
)
def test_recognises_older_encodings(encoding: str, text: str) -> None:
    assert decode(text.encode(encoding), "x") == text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xef\xbb\xbf\xff", "begins as utf-8.*at byte"),
        (b"\xff\xfea", "begins as utf-16.*truncated"),
        (b"\x7fELF\0\1", "NUL.*convert it to plain text"),
        ("data".encode("utf-16-le"), "NUL"),
        ("données".encode("utf-16-be"), "neither UTF-8 nor any other"),
        (b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\nstream\x9c\x02\xff\xfe", "neither UTF-8 nor any other"),
    ],
)
def test_refuses_what_is_not_text_and_says_why(content: bytes, message: str) -> None:
    with pytest.raises(InputError, match=f"^note.txt: .*{message}"):
        decode(content, "note.txt")


def test_leaves_newlines_as_they_are(tmp_path: Path) -> None:
    file = tmp_path / "note.txt"
    file.write_bytes(b"one\r\ntwo\rthree\n")
    assert read_text(file) == "one\r\ntwo\rthree\n"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing.txt", "no such file"),
        (".", "cannot be read"),
        ("x" * 300, "cannot be read"),
        ("a\0b", "cannot be read"),
        ("\ud800", "cannot be read"),
    ],
    ids=["missing", "folder", "long", "NUL", "half a character"],
)
def test_a_path_that_cannot_be_read_is_an_input_error(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_text(tmp_path / name)


def test_an_error_names_the_file(tmp_path: Path) -> None:
    file = tmp_path / "note.txt"
    file.write_bytes(b"\0")
    with pytest.raises(InputError, match=re.escape(str(file))):
        read_text(file)
