"""Pages for a terminal: what is underlined, when, and that every line fits."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from cyberthemes import (
    Document,
    Evaluation,
    Evidence,
    Tag,
    TaggedArticle,
    TaggedParagraph,
    Tagger,
    Theme,
    Topic,
    TopicShare,
)
from cyberthemes.cells import cells
from cyberthemes.evaluation import ThemeScore
from cyberthemes.results import tagged_article
from cyberthemes.terminal import (
    render_article,
    render_evaluation,
    render_shares,
    render_theme,
    render_topics,
    shows_styles,
)
from cyberthemes.topicrecords import TypicalText

STYLE = re.compile(r"\x1b\[[0-9;]*m")
UNDERLINED = re.compile(r"\x1b\[(?:1;)?4;(\d+)m(.*?)\x1b\[0m", re.DOTALL)
HOSTILE = (
    "Talks \x1b]0;owned\x07\n\n\x1b[2J\x1b[31mA data security law \u202eexe.txt\u202c for 5G \x9b5n\x00 passed.\n\n"
    "قانون data security law passed, and 5G (networks) in the law of the land, officials said.\n\n"
    "数据安全法 data security law 👩‍👩‍👧 5G 🇩🇪" + "网" * 60
)


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")


def article_of(text: str, **evidence: list[tuple[str, float]]) -> TaggedArticle:
    """Return an article of one paragraph, with themes for which the first places of words speak."""
    tags = []
    for theme, words in evidence.items():
        pieces = tuple(Evidence(word, text.index(word), text.index(word) + len(word), value) for word, value in words)
        tags.append(Tag(theme, theme.title(), 0.75, 0.5, 1.1, -1.0, pieces))
    paragraph = TaggedParagraph(text, 0, len(text), "body", None, tuple(tags), None)
    return tagged_article(Document(text, id="a1"), (paragraph,))


def underlined(article: TaggedArticle) -> list[tuple[str, str]]:
    """Return what is underlined, with its colour."""
    return [(words, colour) for colour, words in UNDERLINED.findall(render_article(article, width=80, is_styled=True))]


def test_the_evidence_that_is_named_is_underlined_where_it_stands() -> None:
    article = article_of("A data law for data.", law=[("data law", 4.0), ("data", 1.0), ("for", 0.3), ("A", -2.0)])
    assert underlined(article) == [("data law", "36")]
    assert "law █" in (page := render_article(article, width=80))
    assert "0.75  data law +4.0, data +1.0\n" in page


def test_equal_words_are_underlined_at_all_their_places() -> None:
    text = "Data here, data there."
    pieces = (Evidence("Data", 0, 4, 2.0), Evidence("data", 11, 15, 1.5))
    tag = Tag("law", "Law", 0.75, 0.5, 1.1, -1.0, pieces)
    article = tagged_article(Document(text), (TaggedParagraph(text, 0, len(text), "body", None, (tag,), None),))
    assert [words for words, _ in underlined(article)] == ["Data", "data"]
    assert "0.75  Data ×2 +3.5\n" in render_article(article, width=80)


def test_where_evidence_overlaps_the_colour_is_that_of_the_stronger() -> None:
    article = article_of("A data security law.", data=[("data security", 4.0)], law=[("security law", 3.0)])
    assert underlined(article) == [("data security", "36"), ("law", "35")]
    stronger = article_of("A data security law.", data=[("data security", 2.0)], law=[("security law", 3.0)])
    assert [words for words, _ in underlined(stronger)] == ["data", "security law"]


def test_themes_of_a_paragraph_have_colours_of_their_own_up_to_six() -> None:
    themes = {name: [(name, 3.0)] for name in ("ab", "cd", "ef", "gh", "ij", "kl", "mn")}
    colours = [colour for _, colour in underlined(article_of("ab cd ef gh ij kl mn", **themes))]
    assert len(set(colours)) == 6


def test_styles_change_nothing_but_the_look(tagger: Tagger) -> None:
    for text, width in ((HOSTILE, 80), (HOSTILE, 31)):
        article = tagger.tag(Document(text, title="قانون \x07", source="\x1b[5mReview"))
        styled = render_article(article, width=width, is_styled=True)
        assert STYLE.sub("", styled) == render_article(article, width=width)
        assert UNDERLINED.search(styled)
        assert {STYLE.findall(line)[-1] for line in styled.splitlines() if STYLE.search(line)} == {"\x1b[0m"}


@pytest.mark.parametrize("is_styled", [False, True])
def test_no_escape_sequence_of_a_text_reaches_the_terminal(tagger: Tagger, is_styled: bool) -> None:
    about = Document(HOSTILE, id="\x1bc", title="\x1b[2Jtitle", date="\x1b[1m", source="\u202esource")
    page = render_article(tagger.tag(about), width=60, is_styled=is_styled)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", STYLE.sub("", page))
    assert set(STYLE.findall(page)) <= {"\x1b[0m", "\x1b[1m", "\x1b[2m"} | {
        f"\x1b[{weight}{colour}m" for weight in ("", "4;", "1;4;") for colour in range(31, 37)
    }
    assert "\\x1b[2J\\x1b[31mA" in STYLE.sub("", page).replace("\n", "")


@pytest.mark.parametrize("width", [30, 46, 72, 100])
def test_every_line_fits(tagger: Tagger, width: int) -> None:
    article = tagger.tag(Document(f"By Li Wei\n\n{HOSTILE}\n\nCopyright 2020 Cyber Review of all things digital"))
    heads = re.compile(r"^(?:  |    ▸ )[a-z0-9-]+ +[█░]+ +[\d.]+%?$")  # which no page is too narrow for
    lines = [line for line in render_article(article, width=width).splitlines() if not heads.match(line)]
    assert max(map(cells, lines)) <= width


@pytest.mark.parametrize(
    ("environment", "is_terminal", "expected"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),  # as no-color.org has it
        ({"TERM": "dumb"}, True, False),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, False, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="old consoles of Windows show no styles")
def test_what_is_printed_to_is_styled_or_not(
    environment: dict[str, str], is_terminal: bool, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    stream = io.StringIO()
    monkeypatch.setattr(stream, "isatty", lambda: is_terminal)
    assert shows_styles(stream) is expected
    assert shows_styles(None) is ("FORCE_COLOR" in environment and "NO_COLOR" not in environment)


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are of POSIX")
def test_tag_underlines_on_a_terminal_and_only_there() -> None:
    command = [sys.executable, "-m", "cyberthemes", "tag", "-", "--format", "table"]
    text = b"A data security law passed."
    ours, theirs = os.openpty()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=theirs) as process:
        os.close(theirs)
        process.communicate(text)
        shown = b"".join(read_all(ours))
    assert b"\x1b[4;36mdata security" in shown
    piped = subprocess.run(command, input=text, capture_output=True, check=True).stdout
    assert b"\x1b" not in piped


def read_all(descriptor: int) -> Iterator[bytes]:
    """Yield what a terminal was sent, until its other side is closed."""
    try:
        while part := os.read(descriptor, 4096):
            yield part
    except OSError:  # how Linux says that it is closed
        return
    finally:
        os.close(descriptor)


# Other pages ----------------------------------------------------------------------------------------------

WIDE = "数据安全法草案，要求企业加强网络安全。" * 6


def test_other_pages_fit_and_send_no_escape_sequences(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "64")
    terms = tuple((f"{WIDE[:5]}{number}", 0.2) for number in range(12))
    topic = Topic("t\x1b1", f"法\x07 {WIDE}", terms, 0.25, 0.1, (TypicalText(0, WIDE, 0.9),))
    words = tuple(term for term, _ in terms)
    shares = [TopicShare("源\x1b[1m", "t1", f"法\x07{WIDE[:9]}", 1000, 0.5, 0.25, 0.75, words)]
    scores = (ThemeScore("网络\x1b", 0.5, 1.0, 0.67, 4),)
    pages = [
        render_topics([topic], 0.1, 1000),
        render_shares(shares),
        render_theme(Theme("5g", f"网\x1b[1m{WIDE[:5]}", definition=WIDE, include=(WIDE,), match=(WIDE,))),
        render_evaluation(Evaluation(0.6, 0.5, 0.1, 0.0, 9, scores, (), {"micro_f1": (0.5, 0.75)})),
    ]
    for page in pages:
        assert max(map(cells, page.splitlines())) <= 64
        assert not re.search("[\x00-\x09\x0b-\x1f]", page)
        assert "\\x1b" in page
    assert "\n  源\\x1b[1m    █████░░░░░  50% (25% to 75%)" in pages[1]
    assert "\n网络\\x1b                      0.50    1.00    0.67        4" in pages[3]
