"""The report: what it says, that it is sound HTML, and that texts cannot attack it."""

from __future__ import annotations

import json
import re
import sys
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from reports import ALERT, BREAD, HOSTILE, LAW, RAIN, RANSOM, attacking, tagged

from cyberthemes import Document, InputError, Summary, TaggedArticle, Tagger, TopicModel, render_report, summarise
from cyberthemes.cli import main
from cyberthemes.results import Evidence, Tag, TaggedParagraph, tagged_article

SEEDS = Path(__file__).parent.parent / "seeds"
STYLE = Path(render_report.__code__.co_filename).parent / "templates" / "report.css"
VOID = {"meta", "link", "input", "img", "br", "hr", "col"}
OURS = set(
    """
    a b bdi blockquote body button caption circle code col colgroup dd desc details div dl dt figcaption figure footer
    form h1 h2 h3 h4 h5 head header html i input label legend li link main mark meta nav optgroup option output p path
    polyline rect script section select span strong style summary svg table tbody td text th thead title tr ul
    """.split()  # noqa: SIM905 (a list of words is easier to read)
)


class Node:
    """An element: its tag, attributes, children and the texts between them."""

    def __init__(self, tag: str, attributes: dict[str, str]) -> None:
        self.tag, self.attributes = tag, attributes
        self.children: list[Node | str] = []

    def all(self, tag: str = "", **wanted: str) -> list[Node]:
        """Return the elements inside that have a tag, and classes or other attributes."""
        found = []
        for child in self.children:
            if isinstance(child, Node):
                fits = all(value in child.attributes.get(name.strip("_"), "").split() for name, value in wanted.items())
                found += [child] if fits and tag in ("", child.tag) else []
                found += child.all(tag, **wanted)
        return found

    @property
    def text(self) -> str:
        """All text inside."""
        return "".join(child if isinstance(child, str) else child.text for child in self.children)

    @property
    def words(self) -> str:
        """All text inside, white space folded."""
        return " ".join(self.text.split())


class Page(HTMLParser):
    """A page as a tree; an element that is not closed, or closed twice, fails."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("", {})
        self.open = [self.root]
        self.feed(html)
        self.close()
        assert [node.tag for node in self.open] == [""], "an element is not closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"{tag} has an attribute twice: {names}"
        node = Node(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(node)
        if tag not in VOID:
            self.open.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


@pytest.fixture(scope="module")
def articles(tagger: Tagger) -> list[TaggedArticle]:
    return tagged(tagger)


@pytest.fixture(scope="module")
def summary(tagger: Tagger, articles: list[TaggedArticle]) -> Summary:
    texts = [paragraph.text for article in articles for paragraph in article.paragraphs]
    topics = TopicModel(2, min_df=1, random_state=0).fit(texts)
    return summarise(articles, title="Six articles", taxonomy=tagger.taxonomy, topics=topics, model="f00d")


@pytest.fixture(scope="module")
def html(summary: Summary) -> str:
    return render_report(summary)


@pytest.fixture(scope="module")
def page(html: str) -> Node:
    return Page(html).root


@pytest.fixture(scope="module")
def hostile(tagger: Tagger) -> list[TaggedArticle]:
    return attacking(tagger)


@pytest.fixture(scope="module")
def hostile_html(tagger: Tagger, hostile: list[TaggedArticle]) -> str:
    return render_report(summarise(hostile, title=HOSTILE[1], taxonomy=tagger.taxonomy, model=HOSTILE[2]))


# The summary ------------------------------------------------------------------------------------------------


def test_a_summary_counts_what_there_is(summary: Summary) -> None:
    assert (summary.first_date, summary.last_date, summary.every) == ("2020-05-01", "2022-09-01", "quarter")
    assert [(source.name, source.n_articles) for source in summary.sources] == [
        ("The Beagle", 3),
        ("Daily Planet", 2),
        (None, 1),
    ]
    assert summary.n_paragraphs == 12
    without = sum(found.n_paragraphs for found in summary.unthemed if found.reason != "boilerplate")
    assert without == summary.n_paragraphs - summary.n_with_theme == 6


def test_what_got_no_theme_is_told_by_reason(tagger: Tagger) -> None:
    texts = (f"{BREAD}\n\n{RAIN}", "12 34", "56 78", f"{LAW}\n\nSource: Xinhua", RAIN.replace("hills", "dunes"))
    found = summarise(tagger.tag_batch([Document(text, str(number)) for number, text in enumerate(texts)])).unthemed
    assert [(reason.reason, reason.n_paragraphs) for reason in found] == [
        ("off topic", 3),
        ("no known terms", 2),
        ("boilerplate", 1),
    ]
    assert [(place.article, place.paragraph) for place in found[0].examples] == [(1, 1), (5, 1), (1, 2)]


def test_a_theme_says_who_speaks_most_of_it_and_since_when(summary: Summary) -> None:
    (theme,) = [theme for theme in summary.themes if theme.theme == "governance"]
    assert (theme.n_articles, theme.overall.count, theme.overall.n_paragraphs) == (3, 3, 12)
    assert [(row.share.group, row.share.count, row.first.date) for row in theme.by_source if row.first] == [
        ("Daily Planet", 2, "2020-05-01"),
        ("The Beagle", 1, "2022-09-01"),
    ]
    assert theme.first is not None
    assert (theme.first.article, theme.first.date) == (2, "2020-05-01")
    assert [leader.share.group for leader in theme.leaders] == ["Daily Planet", "The Beagle"]
    assert theme.terms[0].contribution > 0
    assert "governance" in {term.term.lower() for term in theme.terms}


def test_reprints_do_not_make_a_theme_common(tagger: Tagger) -> None:
    documents = [Document(RANSOM, str(number)) for number in range(5)]
    documents += [Document(text, text[:9]) for text in (LAW, "A bill protects the security of data that banks hold.")]
    theme = summarise(tagger.tag_batch(documents)).themes[0]
    assert (theme.theme, theme.overall.count) == ("data-security", 2)


def test_a_source_whose_interval_lies_above_leads_alone(tagger: Tagger) -> None:
    other_law = "Parliament voted on a bill to protect the security of data held by hospitals and banks."
    texts = {"Law Gazette": (LAW, other_law), "Rain": (RAIN, "Snow lay on the field.")}
    documents = [Document(text, text[:9], source=source) for source, own in texts.items() for text in own]
    summary = summarise(tagger.tag_batch(documents))
    (theme,) = [theme for theme in summary.themes if theme.theme == "data-security"]
    assert [(leader.share.group, leader.share.share) for leader in theme.leaders] == [("Law Gazette", 1.0)]
    assert (theme.first, theme.group, theme.definition) == (None, "", "")
    assert "<strong><bdi>Law Gazette</bdi></strong> speaks most of it: 100%" in render_report(summary)


@pytest.mark.parametrize(
    ("dates", "every"),
    [
        (["2020-01-31", "2020-03-01"], "month"),
        (["2020-01-31", "2022-03-01"], "quarter"),
        (["2020-01-31", "2021"], "year"),
        (["2000-01-31", "2021-01-01"], "year"),
        (["2020-01-31", "2020-01-01"], None),
        (["1066-10-14", "2021-01-01"], None),
        (["soon", "2021-01-01"], None),
        (["soon", "2020-01-31", "2020-03-01"], "month"),
        (["2020-01-31", "2020-03-01", "2021"], "year"),
        ([None, None], None),
    ],
)
def test_the_length_of_a_period_follows_the_dates(tagger: Tagger, dates: list[str | None], every: str | None) -> None:
    found = summarise(tagger.tag_batch([Document(LAW + " " * n, str(n), None, date) for n, date in enumerate(dates)]))
    assert found.every == every
    assert render_report(found).count('class="timeline') == (2 * len(found.themes) if every else 0)


def test_a_day_is_what_of_a_date_can_be_read(tagger: Tagger) -> None:
    dates = ["2021-03-01T10:00", "2020 (approx.)", "2020-13-01", "soon"]
    found = summarise(tagger.tag_batch([Document(LAW, str(n), None, date) for n, date in enumerate(dates)]))
    assert (found.first_date, found.last_date) == ("2020", "2021-03-01")


def written(number: int, *themes_of: str, date: str | None = None, source: str | None = None) -> TaggedArticle:
    """Return an article whose paragraphs, of words of their own, have the themes of these letters."""
    paragraphs = []
    for position, themes in enumerate(themes_of):
        text = " ".join(f"{word}{number}{position}" for word in "abcdefgh")
        tags = tuple(
            Tag(theme, theme.upper(), 0.9, 0.5, 2.0, 1.5, (Evidence(text[:3], 0, 3, 0.5),)) for theme in themes
        )
        reason = None if tags else "none of these"
        paragraphs.append(TaggedParagraph(text, 0, len(text), "body", None, tags, reason))
    return tagged_article(Document(str(number), str(number), None, date, source), tuple(paragraphs))


def test_pairs_that_go_together_come_first() -> None:
    articles = [written(number, "ab", "xy" if number % 4 else "ab", "x", "y", "xy") for number in range(16)]
    pairs = [(pair.first + pair.second, pair.count) for pair in summarise(articles).pairs]
    assert pairs == [("ab", 20), ("xy", 28)]
    root = Page(render_report(summarise(articles))).root
    rows = root.all("table", class_="pairs")[0].all("tr")[1:]
    assert ["more than chance" in row.text for row in rows] == [True, False]


def test_topics_map_to_themes(summary: Summary) -> None:
    assert sum(topic.n_paragraphs for topic in summary.topics) / 12 + (summary.unexplained or 0) == pytest.approx(1)
    for topic in summary.topics:
        assert [share for _, _, share in topic.themes] == sorted((share for _, _, share in topic.themes), reverse=True)
        assert [place.text for place in topic.typical] == [text.text for text in topic.topic.typical]
        for place in topic.typical:
            assert summary.articles[place.article - 1].paragraphs[place.paragraph - 1].text == place.text


def test_a_summary_is_plain_data(summary: Summary) -> None:
    plain = json.loads(json.dumps(summary.to_dict()))
    assert plain["themes"][0]["overall"]["group"] == "all"
    assert len(plain["articles"]) == 6


def test_no_articles_are_an_error() -> None:
    with pytest.raises(InputError, match="no articles"):
        summarise([])


# The page ---------------------------------------------------------------------------------------------------


def test_the_page_answers_who_speaks_most_of_a_theme_and_since_when(page: Node) -> None:
    (view,) = [view for view in page.all("details", class_="theme") if "Global internet" in view.all("summary")[0].text]
    finding = view.all("p", class_="finding")[0].words
    assert finding.startswith("Daily Planet has the highest share: 40% of its 5 paragraphs (33–50%), since 2020-05-01.")
    assert "The interval of The Beagle overlaps with that, so the order is not sure." in finding
    assert finding.endswith("Here it first appears on 2020-05-01, in Rain and rules (Daily Planet).")
    row = view.all("table", class_="sources")[0].all("tbody")[0].all("tr")[0]
    assert [cell.words for cell in row.all("td")] == ["", "40%", "33–50%", "2 of 5", "2020-05-01"]


def test_the_page_is_sound_html(html: str, page: Node) -> None:
    assert html.startswith("<!doctype html>\n<html lang=")
    ids = [node.attributes["id"] for node in page.all() if "id" in node.attributes]
    assert len(ids) == len(set(ids))
    pointed = [node.attributes["href"][1:] for node in page.all("a")]
    named = "aria-labelledby aria-describedby for"
    pointed += [one for node in page.all() for name in named.split() for one in node.attributes.get(name, "").split()]
    assert set(pointed) <= set(ids)
    levels = [int(node.tag[1]) for node in page.all() if re.fullmatch("h[1-6]", node.tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert [len(page.all(tag)) for tag in ("main", "nav", "header")] == [1, 1, 1]


def test_the_page_needs_nothing_else(page: Node) -> None:
    assert not page.all("img")
    assert not [
        node for node in page.all() if {"src", "srcset", "style", "action", "xlink:href"} & set(node.attributes)
    ]
    assert all(node.attributes["href"].startswith("#") for node in page.all("a"))
    assert [node.attributes["href"] for node in page.all("link")] == ["data:,"]
    policy = page.all("meta")[1].attributes["content"]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert not re.search(
        r"url\(|@import|https?:|fetch|innerHTML|eval\(", page.all("style")[0].text + page.all("script")[0].text
    )


def test_texts_stand_on_the_page_as_they_are(page: Node, summary: Summary) -> None:
    shown = [node.text for node in page.all("p", class_="text")]
    assert shown == [paragraph.text for article in summary.articles for paragraph in article.paragraphs]


def test_what_a_chip_says_adds_up(page: Node, summary: Summary) -> None:
    tags = [tag for article in summary.articles for paragraph in article.paragraphs for tag in paragraph.tags]
    whys = page.all("div", class_="why")
    assert len(whys) == len(tags)
    for tag, why in zip(tags, whys, strict=True):
        lines = why.all("li")
        values = [float(line.all("b")[0].text.replace("−", "-")) for line in lines]
        assert values[-1] == pytest.approx(tag.score, abs=0.006)
        assert sum(values[:-1]) == pytest.approx(tag.score, abs=0.006 * len(values))
        assert any(tag.evidence[0].text in line.text for line in lines)
        words = [abs(value) for value, line in zip(values, lines, strict=True) if "class" not in line.attributes]
        assert words == sorted(words, reverse=True)


def test_marks_cover_the_evidence(page: Node, summary: Summary) -> None:
    paragraph = summary.articles[0].paragraphs[1]
    marks = page.all("div", id="a1-2")[0].all("mark")
    strongest = paragraph.tags[0].evidence[0]
    marked = [mark for mark in marks if "t0" in mark.attributes["class"].split()]
    assert any(mark.text in strongest.text for mark in marked)
    assert any("s4" in mark.attributes["class"].split() for mark in marked)
    for mark in marks:
        assert {f"t{pair.split(':')[0]}" for pair in mark.attributes["data-w"].split()} <= set(
            mark.attributes["class"].split()
        )


def test_overlapping_evidence_is_cut_into_segments_in_the_colour_of_what_it_adds_most_to(
    articles: list[TaggedArticle],
) -> None:
    paragraph = Page(render_report(summarise(articles))).root.all("div", id="a1-1")[0]
    shared = [mark for mark in paragraph.all("mark") if " " in mark.attributes["data-w"]]
    assert shared
    assert not any(mark.all("mark") for mark in shared)
    for mark in shared:
        added = {number: float(value) for number, value in (p.split(":") for p in mark.attributes["data-w"].split())}
        chip = paragraph.all("button", class_=f"c{max(added, key=lambda number: added[number])}")[0]
        assert mark.attributes["class"].split()[0] in chip.attributes["class"].split()


def test_charts_have_a_title_a_description_and_a_table(page: Node, summary: Summary) -> None:
    charts = page.all("svg", class_="timeline")
    assert len(charts) == min(9, len(summary.themes)) + len(summary.themes)
    assert all(chart.attributes["role"] == "img" and chart.all("title") and chart.all("desc") for chart in charts)
    assert charts[0].all("desc")[0].text.startswith("2020-Q2: ")
    assert len(page.all("details", class_="figures")) == 1 + len(summary.themes)


def test_a_chart_draws_shares_where_they_are() -> None:
    dates = {"2020-01": ("a", "a"), "2020-02": ("a", ""), "2020-05": ("", "")}
    articles = [written(number, *themes, date=date) for number, (date, themes) in enumerate(dates.items())]
    chart = Page(render_report(summarise(articles))).root.all("svg", class_="timeline")[0]
    circles = [(float(node.attributes["cx"]), float(node.attributes["cy"])) for node in chart.all("circle")]
    assert [y for _, y in circles] == [20.0, 58.0, 96.0]  # all, half and none of the height from 96 up to 20
    assert circles[2][0] - circles[1][0] == pytest.approx(3 * (circles[1][0] - circles[0][0]), abs=0.2)
    assert [len(line.attributes["points"].split()) for line in chart.all("polyline")] == [2, 1]
    assert [node.text for node in chart.all("text", class_="value")] == ["100%", "50%", "0%"]
    assert [node.text for node in chart.all("text", class_="tick")][1] == "100%"


def test_what_is_written_in_a_chart_does_not_run_into_one_another() -> None:
    articles = [written(number, "a" * (number % 2), date=f"20{number:02}") for number in range(40)]
    chart = Page(render_report(summarise(articles))).root.all("svg", class_="timeline")[0]
    for kind, room in (("value", 30), ("tick", 24)):
        places = sorted(
            float(node.attributes["x"]) for node in chart.all("text", class_=kind) if "%" not in node.text[:1]
        )
        assert len(places) > 2
        named = [place for place in places if place > 30]
        assert all(after - before >= room for before, after in pairwise(named))


def test_figures_are_written_with_as_many_digits_as_they_bear() -> None:
    articles = [written(0, *["a", "ab", *[""] * 198], source="s"), written(1, *[""] * 2100, source="t")]
    root = Page(render_report(summarise(articles))).root
    rows = root.all("table", class_="bars")[0].all("tr")[1:]
    assert [row.all("b")[0].text for row in rows] == ["0.1%", "<0.1%"]
    cards = root.all("table", class_="small")[0].all("tr")
    assert [row.all("b")[0].text for row in cards] == ["0%", "1%"]
    assert "one article" in cards[0].text


def test_an_interval_that_resampling_cannot_tell_is_not_shown() -> None:
    articles = [written(number, "a", "ab" * (number % 2), source="s" if number < 4 else "t") for number in range(8)]
    root = Page(render_report(summarise(articles))).root
    some_have_it = root.all("table", class_="bars")[0].all("tr")[2]
    assert "–" in some_have_it.text
    for row in root.all("table", class_="sources")[0].all("tr")[1:]:
        assert bool(row.all("path", class_="whisker")) == ("–" in row.all("td")[2].text)
    everywhere = [written(number, "a", source="st"[number % 2]) for number in range(4)]
    row = Page(render_report(summarise(everywhere))).root.all("table", class_="bars")[0].all("tr")[1]
    assert [cell.text for cell in row.all("td")][1:3] == ["100%", ""]
    assert not row.all("path", class_="whisker")


def test_the_probability_filter_begins_below_the_least_probability(page: Node, summary: Summary) -> None:
    least = min(tag.probability for a in summary.articles for p in a.paragraphs for tag in p.tags)
    begin = float(page.all("input", id="f-p")[0].attributes["min"])
    assert begin <= least < begin + 0.05


# Texts that attack ------------------------------------------------------------------------------------------


def test_hostile_texts_stay_text(hostile_html: str, hostile: list[TaggedArticle]) -> None:
    page = Page(hostile_html).root
    assert {node.tag for node in page.all()} <= OURS
    assert not [name for node in page.all() for name in node.attributes if name.startswith("on")]
    assert len(page.all("script")) == len(page.all("style")) == 1
    assert ALERT not in page.all("script")[0].text
    shown = [node.text for node in page.all("p", class_="text")]
    given = [paragraph.text for article in hostile for paragraph in article.paragraphs]
    for one, other in zip(shown, given, strict=True):
        assert len(one) == len(other)
        assert {a for a, b in zip(one, other, strict=True) if a != b} <= {"\ufffd"}


def test_what_cannot_be_seen_is_shown(hostile_html: str) -> None:
    assert not set(hostile_html) & set("\x00\x07\x1b\x7f\x9b\u202a\u202e\u202d\u2066\u2069\uffff\ud83d")
    hostile_html.encode()
    assert "\ufffdover\ufffd" in hostile_html
    assert "{{ 7 * 7 }}" in hostile_html


# Edges ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["Rain fell.", "12 34", "Source: Xinhua", LAW])
def test_a_page_of_one_text(tagger: Tagger, text: str) -> None:
    root = Page(render_report(summarise([tagger.tag(text)], taxonomy=tagger.taxonomy))).root
    assert root.all("h1")[0].text == "Themes of 1 article"
    assert bool(root.all("details", class_="theme")) == (text == LAW)


def test_without_a_taxonomy_each_theme_has_a_colour_of_its_own(articles: list[TaggedArticle]) -> None:
    root = Page(render_report(summarise(articles))).root
    colours = [row.all("i")[0].attributes["class"] for row in root.all("table", class_="bars")[0].all("tr")[1:]]
    assert len(set(colours)) == min(8, len(colours))


def test_colours_stand_out_in_both_schemes() -> None:
    style = STYLE.read_text(encoding="utf-8")
    light, dark = (dict(re.findall(r"--([\w-]+): (#\w{6})", part)) for part in style.split(".g0 {")[0].split("@media"))
    for scheme in (light, dark):
        for name in ("ink", "quiet", "accent", *(f"g{number}" for number in range(8))):
            assert min(contrast(scheme[name], scheme[ground]) for ground in ("paper", "card")) >= 4.5, name


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours as the Web Content Accessibility Guidelines define it."""
    lights = []
    for colour in (one, other):
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        lights.append(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)
    return max(lights) / min(lights)


def test_without_jinja_it_says_what_to_install(
    summary: Summary, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(InputError, match=r"pip install 'cyberthemes\[report\]'"):
        render_report(summary)
    assert main(["report", "-", "-o", "report.html"]) == 1
    assert "pip install 'cyberthemes[report]'" in capsys.readouterr().err


# The command ------------------------------------------------------------------------------------------------


def test_the_command_writes_a_light_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "new" / "report.html"
    assert main(["report", *map(str, sorted(SEEDS.glob("*.txt"))), "-o", str(out), "--title", "Seeds"]) == 0
    assert re.match(
        r".*report\.html: 5 articles, 105 paragraphs, \d+ themes, 10 topics; \d+ kB\n", capsys.readouterr().out
    )
    assert out.stat().st_size < 1_000_000
    root = Page(out.read_text(encoding="utf-8")).root
    assert root.all("h1")[0].text == "Seeds"
    assert len(root.all("details", class_="topic")) == 10


def test_the_command_goes_on_where_an_input_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.txt").write_text(LAW, encoding="utf-8")
    out = tmp_path / "report.html"
    assert main(["report", str(tmp_path / "a.txt"), str(tmp_path / "no.txt"), "-o", str(out), "--no-topics"]) == 1
    shown = capsys.readouterr()
    assert "1 article, 1 paragraph, 2 themes, 0 topics" in shown.out
    assert "no.txt" in shown.err
    assert main(["report", str(tmp_path / "no.txt"), "-o", str(tmp_path / "none.html")]) == 1
    assert not (tmp_path / "none.html").exists()


def test_a_name_too_long_for_a_file_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.txt").write_text(LAW, encoding="utf-8")
    out = tmp_path / f"{'z' * 245}.html"
    assert main(["report", str(tmp_path / "a.txt"), "-o", str(out), "--no-topics"]) == 1
    assert f"{out}: cannot be written: " in capsys.readouterr().err


def test_too_few_words_for_topics_are_no_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.txt").write_text("Hello law.", encoding="utf-8")
    assert main(["report", str(tmp_path / "a.txt"), "-o", str(tmp_path / "report.html")]) == 0
    assert "no topics: " in capsys.readouterr().err
