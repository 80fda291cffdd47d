"""Web pages: the article in blocks, with title, date and source, and a clear error where there is none."""

from __future__ import annotations

import logging
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cyberthemes import Document, InputError, Limits, read

HEAD = """<title>Safer networks agreed | Cyber Review</title><meta property="og:site_name" content="Cyber Review">
<meta property="article:published_time" content="2021-03-04T08:00:00Z"><script>var secret = 1;</script>
<style>p { color: red }</style>"""
BODY = """<nav><ul><li><a href="/">Home</a></li><li><a href="/b">News</a></li></ul></nav><article>
<h1>Safer networks agreed</h1><p>By Li Wei</p>
<p>Ministers met on <b>Thursday</b> to agree on safer
networks, officials said.<br>They spoke <a href="x">for hours</a> about – and “data”.</p>
<h2>What comes next</h2>
<p>A new data security law restricts cross-border data flows, officials said in a statement on the matter.</p>
<ul><li>First, the rules on data.</li><li>Second, the rules on 5G.</li></ul>
<blockquote><p>We protect the network.</p></blockquote>
<table><tr><td>2020</td><td>The data law</td></tr></table></article>
<div id="comments"><p>I hate it, says a reader under the article.</p></div>
<script>document.write("secret")</script><footer>Copyright 2021 Cyber Review</footer>"""
BREAK = (
    "Ministers met on Thursday to agree on safer networks, officials said.\nThey spoke for hours about – and “data”."
)
BLOCKS = [
    ("heading", "Safer networks agreed"),
    ("boilerplate", "By Li Wei"),
    *(("body", line) for line in BREAK.split("\n")),
    ("heading", "What comes next"),
    ("body", "A new data security law restricts cross-border data flows, officials said in a statement on the matter."),
    ("body", "First, the rules on data."),
    ("body", "Second, the rules on 5G."),
    ("body", "We protect the network."),
    ("body", "2020 | The data law"),
]  # fmt: skip


def page(body: str = BODY, head: str = HEAD) -> str:
    return f"<!DOCTYPE html><html lang=en><head>{head}</head><body>{body}</body></html>"


def blocks_of(document: Document) -> list[tuple[str, str]]:
    return [(span.kind, document.text_of(span)) for span in document.paragraphs()]


def read_page(path: Path, content: bytes | str, limits: Limits | None = None) -> Document:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    (document,) = read(path, limits=limits or Limits())
    return document


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "page.html"


@pytest.mark.parametrize("name", ["a.html", "a.HTM", "a.xhtml", "a.txt", "a", "a.pdf"])
def test_an_article_is_its_blocks_with_title_date_and_source(tmp_path: Path, name: str) -> None:
    document = read_page(tmp_path / name, page())
    assert blocks_of(document) == BLOCKS
    assert BREAK in document.text
    assert document.text.split() == " ".join(text for _, text in BLOCKS).split()
    assert (document.id, document.title, document.date, document.source) == (
        str(tmp_path / name), "Safer networks agreed", "2021-03-04", "Cyber Review",
    )  # fmt: skip


def test_a_quotation_keeps_its_attribution(path: Path) -> None:
    quotation = f"<p>First.</p><blockquote><p>“{'We protect the network of all. ' * 6}”<br>— Li Wei</p></blockquote>"
    document = read_page(path, page(f"<article><h1>Safer networks agreed</h1>{quotation}</article>"))
    spans = [span.attribution for span in document.paragraphs() if span.attribution]
    assert [document.text[start:end] for start, end in spans] == ["— Li Wei"]


def test_what_a_page_does_not_say_is_recognised_or_unknown(path: Path) -> None:
    document = read_page(path, page(BODY.replace("By Li Wei", "Updated: 2020-01-02"), head=""))
    assert (document.title, document.date, document.source) == ("Safer networks agreed", "2020-01-02", None)


def test_sentences_with_breaks_between_are_paragraphs(path: Path) -> None:
    sentences = [
        "Ministers met on Thursday to agree on networks.",
        "They spoke for hours about data.",
        "Then they left.",
    ]
    document = read_page(path, page(f"<article><p>{'<br><br>'.join(sentences)}</p></article>"))
    assert [text for _, text in blocks_of(document)] == sentences


@pytest.mark.parametrize(
    "start", ["\ufeff", "  \n", "<?xml version='1.0' encoding='utf-8'?>\n", "<!-- a --><!-- b -->\n"]
)
def test_a_page_is_known_by_its_first_characters(tmp_path: Path, start: str) -> None:
    assert blocks_of(read_page(tmp_path / "page.txt", start + page())) == BLOCKS


def test_a_text_about_html_is_a_text(tmp_path: Path) -> None:
    text = "<!-- a -->" * 300 + "The tag <html> begins a page."
    assert read_page(tmp_path / "note.txt", text).text == text


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [
        ("utf-8", ""),
        ("utf-8", "iso-8859-1"),
        ("utf-16", "utf-8"),
        ("utf-8-sig", "ascii"),
        ("cp1252", "iso-8859-1"),
        ("cp1252", "no-such-encoding"),
        ("cp1252", "utf-8"),
        ("cp1252", "bz2"),
        ("cp1252", "idna"),
        ("cp1252", ""),
        ("gb18030", "gb2312"),
        ("iso2022_jp_2004", "iso-2022-jp-2004"),
    ],
)
def test_the_encoding_is_marked_or_declared_or_guessed(path: Path, encoding: str, declared: str) -> None:
    head = f'<meta charset="{declared}">{HEAD}' if declared else HEAD
    assert blocks_of(read_page(path, page(head=head).encode(encoding))) == BLOCKS


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "no article text"),
        ("<html></html>", "no article text"),
        (page("<script>var data = 'law';</script><style>p {}</style>", ""), "no article text"),
        (page("<div>" * 100_000 + "<p>Ministers met.</p>"), "to its end.*[Dd]epth"),
        (b"\x00\x01<html>", "binary"),
    ],
    ids=["empty", "no body", "scripts", "deep", "binary"],
)
def test_a_page_without_an_article_is_a_clear_error(path: Path, content: str | bytes, message: str) -> None:
    with pytest.raises(InputError, match=rf"page\.html: .*{message}"):
        read_page(path, content)


def test_deep_elements_lose_no_text(path: Path) -> None:
    sentence = "Ministers met on Thursday to agree on safer networks, officials said after the talks."
    document = read_page(path, page("<div>" * 1500 + f"<p>{sentence}</p>" + "</div>" * 1500 + "<p>Then they left.</p>"))
    assert [text for _, text in blocks_of(document)] == [sentence, "Then they left."]


def test_a_large_page_is_read_in_time_and_a_larger_one_refused(path: Path) -> None:
    paragraphs = [f"Ministers met {number} times to agree on safer networks, officials said." for number in range(2000)]
    large = page(f"<article>{''.join(f'<p>{text}</p>' for text in paragraphs)}</article>")
    begun = time.monotonic()
    assert [text for _, text in blocks_of(read_page(path, large))] == paragraphs
    assert time.monotonic() - begun < 10
    with pytest.raises(InputError, match=r"larger than 0\.1 MB, the limit for a web page.*webpage_megabytes"):
        read_page(path, large, Limits(webpage_megabytes=0.1))


def test_reading_opens_no_socket_and_logs_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("socket")

    for name in ("socket", "create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, name, refuse)
    assert blocks_of(read_page(path, page())) == BLOCKS
    with suppress(InputError):
        read_page(path, "<p>")
    assert capfd.readouterr() == ("", "")
    assert not logging.getLogger("trafilatura.core").isEnabledFor(logging.ERROR)


def test_without_trafilatura_the_error_says_what_to_install(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trafilatura", None)
    with pytest.raises(InputError, match=r"pip install 'cyberthemes\[html\]'"):
        read_page(path, page())


TAGS = st.sampled_from(
    ["<p>", "</p>", "<div>", "<table>", "<tr>", "<td>", "<li>", "<br>", "<h1>", "<script>", "</script>", "<!--", "-->",
     "<pre>", "<a href=", "&amp;", "&#0;", "&#xD800;", "<![CDATA[", "<svg>", "<body>", "</html>", "Ministers met. "]
)  # fmt: skip


@given(st.lists(TAGS | st.text(max_size=5)).map("".join))
@example("<p>\x0c\x1c\x85\u2028</p>")
def test_any_markup_gives_a_document_or_an_input_error(tmp_path_factory: pytest.TempPathFactory, markup: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any.html"
    with suppress(InputError):
        document = read_page(path, (f"<html>{markup}").encode("utf-8", "replace"))
        assert all(text == text.strip() != "" for _, text in blocks_of(document))
