"""Records in a notebook: well-formed HTML, in which a text does nothing and stands in its place."""

from __future__ import annotations

import subprocess
import sys
from html.parser import HTMLParser
from typing import Any, Protocol

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyberthemes import Document, Evaluation, Evidence, Tag, TaggedArticle, TaggedParagraph, Tagger, Taxonomy, Topic
from cyberthemes.evaluation import ThemeScore
from cyberthemes.results import tagged_article
from cyberthemes.topicrecords import TypicalText

ALLOWED = {
    "bdi", "div", "mark", "p", "span", "strong", "style", "table", "tbody", "td", "tfoot", "th", "thead", "tr",
}  # fmt: skip
HOSTILE = "</mark></div><script>alert(1)</script> <img src=x onerror='alert(2)'> \" ' & &lt; "
HOSTILE += "\u202exe\u2069 \x00\x1b[1m \ud800"


class Shown(Protocol):
    def _repr_html_(self) -> str: ...


class Page(HTMLParser):
    """What a browser would make of some HTML: its elements, its text, and its marks with their titles."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.titles: list[str] = []
        self.marks: list[tuple[str, str]] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        title = dict(attrs).get("title")
        if title:
            self.titles.append(title)
        if tag == "mark":
            self.marks.append((title or "", ""))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "mark" in self.open:
            title, text = self.marks[-1]
            self.marks[-1] = title, text + data
        if "style" not in self.open:
            self.text += data


def page_of(record: Any) -> Page:
    html = record._repr_html_()
    html.encode("utf-8")
    page = Page(html)
    assert page.tags <= ALLOWED
    assert page.attributes <= {"class", "dir", "style", "title"}
    return page


def paragraph_of(text: str, *tags: Tag, start: int = 0, **fields: Any) -> TaggedParagraph:
    about = {"kind": "body", "attribution": None, "reason": None if tags else "none of these"} | fields
    return TaggedParagraph(text, start, start + len(text), tags=tags, **about)


def tag_of(text: str, *places: tuple[int, int, float], theme: str = "law") -> Tag:
    pieces = tuple(Evidence(text[start:end], start, end, value) for start, end, value in places)
    return Tag(theme, theme.title(), 0.75, 0.4, 1.1, -1.9, pieces)


def test_an_article_shows_its_themes_and_their_evidence_in_place(tagger: Tagger) -> None:
    text = "A data security law passed.\n\nBy Li Wei\n\nThe bakery on the corner sells warm bread."
    article = tagger.tag(Document(text, id="a1", title="Talks", date="2024-05-06", source="Review"))
    page = page_of(article)
    assert page.text.startswith("Talksa1 · 2024-05-06 · Review")
    assert all(f"{theme.name} {theme.probability:.2f}" in page.text for theme in article.themes)
    assert "1 A data security law passed." in page.text
    assert "2 (boilerplate) By Li Wei3 The bakery" in page.text  # which needs no reason
    assert page.text.endswith("bread.off topic")
    assert "data" in {words for _, words in page.marks}


def test_marks_say_what_each_piece_adds_and_for_which_theme() -> None:
    text = "A data law for data."
    law = tag_of(text, (2, 10, 4.0), (7, 10, 2.5), (11, 14, 0.2), (0, 1, -2.0))
    data = tag_of(text, (2, 6, 5.0), theme="data")
    page = page_of(paragraph_of(text, law, data))
    assert [words for _, words in page.marks] == ["data", " ", "law"]
    assert [title for title, _ in page.marks] == [
        "Data: data +5.00; Law: data law +4.00", "Law: data law +4.00", "Law: data law +4.00; Law: law +2.50",
    ]  # fmt: skip
    assert page.text == f"{text}Law 0.75 Data 0.75 "


@given(text=st.text(min_size=1, max_size=30), places=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30))))
def test_a_text_is_shown_whole_and_marked_where_its_evidence_stands(text: str, places: list[tuple[int, int]]) -> None:
    text = "".join(character if character.isprintable() else "." for character in text)
    inside = [(100 + start, 100 + end, 1.0) for start, end in places if start < end <= len(text)]
    paragraph = paragraph_of(text, tag_of(" " * 100 + text, *inside), start=100)
    page = page_of(paragraph)
    assert page.text == f"{text}Law 0.75 "
    covered = {place - 100 for start, end, _ in inside for place in range(start, end)}
    assert "".join(words for _, words in page.marks) == "".join(text[place] for place in sorted(covered))


def hostile_records() -> list[Shown]:
    tag = Tag(HOSTILE, HOSTILE, 0.75, 0.4, 1.1, -1.9, (Evidence(HOSTILE, 0, len(HOSTILE), 3.0),))
    tagged = paragraph_of(HOSTILE, tag, attribution=HOSTILE)
    about = Document(HOSTILE, id=HOSTILE, title=HOSTILE, date=HOSTILE, source=HOSTILE, metadata={"x": HOSTILE})
    score = ThemeScore(HOSTILE, 0.5, 1.0, 0.67, 4)
    return [
        tag,
        tagged,
        tagged_article(about, (tagged, paragraph_of(HOSTILE, reason=HOSTILE))),
        Topic(HOSTILE, HOSTILE, ((HOSTILE, 0.5),), 0.25, 0.1, (TypicalText(0, HOSTILE, 0.9),)),
        Evaluation(0.6, 0.5, 0.1, 0.0, 9, (score,), (), {"micro_f1": (0.5, 0.75)}),
    ]


@pytest.mark.parametrize("record", hostile_records(), ids=lambda record: type(record).__name__)
def test_hostile_text_is_inert(record: Shown) -> None:
    html = record._repr_html_()
    page = page_of(record)
    assert "<script>alert(1)</script> <img src=x" in page.text
    assert not set("\x00\x1b\u202e\u2069\ud800") & set(html)
    assert "\\u202exe\\u2069 \\x00\\x1b[1m \\ud800" in page.text
    assert all("\\x1b" in title for title in page.titles if "script" in title)


def test_a_tag_shows_how_its_score_comes_about() -> None:
    text = "abcdefghijklmnopqrstuvwxyz"
    tag = tag_of(text, *((place, place + 1, 0.1) for place in range(26)))
    page = page_of(tag)
    assert (
        page.text
        == "Law 0.75 evidencecontribution" + "".join(f"{c}+0.10" for c in text[:20]) + "6 more+0.60bias-1.90score+1.10"
    )
    assert page.titles == ["law, shown from 0.40 on"]


def test_a_book_is_cut_and_says_so() -> None:
    text = "law " * 5_000
    tag = tag_of(text, *((place, place + 3, 1.0) for place in range(0, len(text), 4)))
    page = page_of(paragraph_of(text, tag))
    assert len(page.marks) == 2_500
    assert "… 10,000 more characters are not shown here." in page.text
    short = paragraph_of("Talks.")
    article: TaggedArticle = tagged_article(Document(""), (short,) * 50_000)
    html = article._repr_html_()
    assert len(html) < 200_000
    assert "more paragraphs are not shown here." in html


def test_themes_near_one_another_differ_in_hue(tagger: Tagger) -> None:
    tags = [tag_of("law", (0, 3, 1.0), theme=theme) for theme in tagger.theme_ids[:12]]
    html = paragraph_of("law", *tags)._repr_html_()
    assert len({part.split("'")[0] for part in html.split("class='chip' style='--hue:")[1:]}) == 12


def test_other_records_are_tables(small_taxonomy: Taxonomy) -> None:
    assert page_of(small_taxonomy).text == "small version 1themenamegroupdefinitionterms5g5G2lawLaw2"
    topic = Topic("t1", "data, law", (("data", 0.5), ("law", 0.25)), 0.25, 0.125, (TypicalText(0, "A law.", 0.9),))
    assert page_of(topic).text == "data, law t1, 25% of texts, coherence 0.12termweightdata0.50law0.25“A law.”"
    scores = (ThemeScore("5g", 0.5, 1.0, 0.67, 4), ThemeScore("law", 0.0, 0.0, 0.0, 0))
    evaluation = Evaluation(0.625, 0.5, 0.1, 0.0, 9, scores, (), {"micro_f1": (0.5, 0.75)})
    shown = "9 units figurevalue95 % intervalmicro f10.6250.500 to 0.750"
    assert page_of(evaluation).text == shown + "themeprecisionrecallf1support5g0.501.000.674law–––0"


def test_nothing_of_this_is_imported_before_it_is_shown() -> None:
    code = "import sys, cyberthemes; article = cyberthemes.load_tagger().tag('A data security law for 5G passed.')\n"
    code += "ours = {'cyberthemes.notebook', 'cyberthemes.cells', 'cyberthemes.highlighting', 'html'}\n"
    code += "print(ours & set(sys.modules)); article._repr_html_(); print(ours <= set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["set()", "True"]
