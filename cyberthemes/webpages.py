"""Web pages to their articles, with trafilatura, which the extra ``html`` brings: no network, one block a paragraph."""

from __future__ import annotations

import codecs
import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from cyberthemes.errors import InputError
from cyberthemes.extraction import decode, encoding_marked
from cyberthemes.paragraphs import Kind

__all__ = ["Block", "WebPage", "decode_page", "read_page"]


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, heading, list item, quotation or table row; ``kind`` is None where only its words can say.

    Its lines are those that the page breaks; within them, all white space is one space.
    """

    text: str
    kind: Kind | None = None


@dataclass(frozen=True, slots=True)
class WebPage:
    """The article of a page: its blocks in order, at least one, and what the page says of it."""

    blocks: tuple[Block, ...]
    title: str | None = None
    date: str | None = None
    source: str | None = None


def read_page(content: bytes, name: str) -> WebPage:
    """Return the article of a web page, without navigation, scripts, advertisements and readers' comments.

    Parameters
    ----------
    content : bytes
        HTML.
    name : str
        What to call it in an error.

    Returns
    -------
    WebPage

    Raises
    ------
    InputError
        If trafilatura is not installed, or finds no article, or elements stand too deep in one another.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import trafilatura
    except ImportError as error:
        raise InputError(
            f"{name}: reading web pages needs trafilatura ({error}); pip install 'cyberthemes[html]'"
        ) from error
    for library in ("trafilatura", "htmldate", "courlan"):
        _silence(library)
    tree = _tree(decode_page(content, name), name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found: Any = trafilatura.bare_extraction(
                tree,
                include_comments=False,
                with_metadata=True,
                date_extraction_params={"original_date": True, "extensive_search": False},
            )
    except Exception as error:
        raise InputError(f"{name}: cannot be read as a web page ({type(error).__name__}: {error})") from error
    blocks = tuple(_blocks(found.body)) if found else ()
    if not blocks:
        raise InputError(f"{name}: no article text found in this page; expected a page with paragraphs of text")
    return WebPage(blocks, found.title or None, found.date or None, found.sitename or found.hostname or None)


def _silence(library: str) -> None:
    """Let a library log nothing unless somebody has set otherwise: what it finds amiss, our errors say."""
    logger = logging.getLogger(library)
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.CRITICAL + 1)


def _tree(text: str, name: str) -> Any:
    from lxml import etree, html

    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)
    try:
        tree = html.document_fromstring(text.encode("utf-8", "replace"), parser)
    except (etree.LxmlError, ValueError, AssertionError) as error:
        raise InputError(f"{name}: no article text found in this page ({error})") from error
    if fatal := [entry.message for entry in parser.error_log if entry.level == etree.ErrorLevels.FATAL]:
        raise InputError(f"{name}: cannot be read to its end as a web page ({fatal[0].partition(', use')[0]})")
    return tree


# Encoding -------------------------------------------------------------------------------------------------

_DECLARED: Final = re.compile(rb"<(?:meta|\?xml)[^>]*?(?:charset|encoding)\s*=\s*[\"']?\s*([\w:.-]+)", re.IGNORECASE)
_WHERE_DECLARED: Final = 4096  # bytes
# Encodings of characters: Python knows codecs that do other things, such as unpacking.
_OF_PAGES: Final = re.compile(
    r"utf-8|cp\d+|iso8859-\d+|koi8-\w|mac-\w+|gb\w+|big5\w*|shift_jis\w*|euc_\w+|iso2022_\w+|hz|tis-620|johab"
)

# All browsers read the older encoding as the later one, which has more characters.
_READ_AS: Final = {
    "iso8859-1": "cp1252", "iso8859-9": "cp1254", "gb2312": "gb18030", "gbk": "gb18030", "big5": "big5hkscs",
    "shift_jis": "cp932", "euc_kr": "cp949",
}  # fmt: skip


def decode_page(content: bytes, name: str) -> str:
    """Return the text of a page: by byte-order mark, as UTF-8, as the page declares, else by the likeliest encoding.

    What is UTF-8 beyond ASCII is UTF-8 whatever the page declares: servers override that, and a saved page keeps it.

    Raises
    ------
    InputError
        If the bytes are binary, or fit no encoding.

    Examples
    --------
    >>> decode_page('<meta charset="windows-1251"><p>Данные'.encode("cp1251"), "a.html")[-6:]
    'Данные'
    """
    declared = _DECLARED.search(content, 0, _WHERE_DECLARED)
    if not declared or encoding_marked(content):
        return decode(content, name)
    with suppress(UnicodeDecodeError):
        content.decode()
        if not content.isascii():
            return decode(content, name)
    with suppress(LookupError, UnicodeError):
        encoding = codecs.lookup(declared.group(1).decode("ascii")).name
        if _OF_PAGES.fullmatch(encoding) and b"\0" not in content:
            return content.decode(_READ_AS.get(encoding, encoding))
    return decode(content, name)


# Blocks ---------------------------------------------------------------------------------------------------

_BLOCKS: Final = frozenset({"body", "p", "head", "list", "item", "quote", "code", "table", "row", "div", "ab", "fw"})
_KINDS: Final[dict[str, Kind]] = {"head": "heading", "row": "body"}
_SPACE: Final = re.compile(r"\s+")


def _blocks(body: Any) -> Iterator[Block]:
    """Yield the blocks of an article, parted where an element begins or ends; a break in one is a newline."""
    from lxml import etree

    parts: list[str] = []
    kinds: list[Kind | None] = []
    for event, element in etree.iterwalk(body, events=("start", "end")):
        is_block = element.tag in _BLOCKS
        if is_block:
            if text := _trimmed("".join(parts)):
                yield Block(text, kinds[-1] if kinds else None)
            parts = []
            if event == "start":
                kinds.append(_KINDS.get(element.tag))
            else:
                kinds.pop()
        elif event == "end":
            parts.append({"lb": "\n", "cell": " | "}.get(element.tag, ""))
        parts.append(_SPACE.sub(" ", (element.text if event == "start" else element.tail) or ""))


def _trimmed(text: str) -> str:
    lines = (" ".join(line.split()).removesuffix(" |") for line in text.split("\n"))
    return "\n".join(line for line in lines if line)
