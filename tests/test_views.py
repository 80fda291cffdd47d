"""Views of tagged articles: shares counted by hand, reprints once, intervals by article, planted pairs, keywords."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from itertools import count, pairwise
from typing import Any

import numpy as np
import pytest

from cyberthemes import (
    Document,
    InputError,
    Tag,
    TaggedArticle,
    TaggedParagraph,
    Tagger,
    ThemePair,
    ThemeShare,
    co_occurrences,
    keyword_in_context,
    theme_shares,
)
from cyberthemes.themecounts import corrected, count_themes

_serial = count()


def paragraph(*themes: str, text: str | None = None, kind: Any = "body") -> TaggedParagraph:
    text = text or " ".join(f"w{next(_serial)}" for _ in range(4))
    tags = tuple(Tag(theme, theme.title(), 0.9, 0.5, 2.0, -1.0, ()) for theme in themes)
    return TaggedParagraph(text, 0, len(text), kind, None, tags, None if tags else "none of these")


def article(
    *paragraphs: TaggedParagraph | Sequence[str], source: str | None = None, date: str | None = None
) -> TaggedArticle:
    own = tuple(item if isinstance(item, TaggedParagraph) else paragraph(*item) for item in paragraphs)
    return TaggedArticle(f"a{next(_serial)}", "", None, date, source, {}, (), None, own)


def table(rows: Sequence[ThemeShare]) -> dict[str, list[tuple[str, int, int]]]:
    """Return theme, count and paragraphs of each row, by group."""
    found: dict[str, list[tuple[str, int, int]]] = {}
    for row in rows:
        found.setdefault(row.group, []).append((row.theme, row.count, row.n_paragraphs))
    return found


# Shares ---------------------------------------------------------------------------------------------------


def test_shares_are_those_counted_by_hand() -> None:
    articles = [article(["law"], ["law", "5g"], []), article(["law"], paragraph("5g", kind="boilerplate"))]
    rows = theme_shares(articles)
    assert table(rows) == {"all": [("law", 3, 4), ("5g", 1, 4)]}
    assert [(row.name, row.share) for row in rows] == [("Law", 0.75), ("5G", 0.25)]
    assert theme_shares([]) == []


def test_every_theme_has_a_row_in_every_source_the_largest_first() -> None:
    articles = [
        article(["5g"], [], source="Weekly"),
        article(["law"], [], [], source="Daily"),
        article(["trade"]),
        article(["law"], source=""),
        article([], source="Annual"),
        article(paragraph(kind="boilerplate"), source="Empty"),
    ]
    assert table(theme_shares(articles, "source")) == {
        "Daily": [("law", 1, 3), ("5g", 0, 3), ("trade", 0, 3)],
        "Weekly": [("law", 0, 2), ("5g", 1, 2), ("trade", 0, 2)],
        "Annual": [("law", 0, 1), ("5g", 0, 1), ("trade", 0, 1)],
        "Empty": [("law", 0, 0), ("5g", 0, 0), ("trade", 0, 0)],
    }


@pytest.mark.parametrize(
    ("by", "dates", "periods"),
    [
        ("year", ["2020", "2022-05-06"], ["2020", "2021", "2022"]),
        ("quarter", ["2021-12", "2022-04-30"], ["2021-Q4", "2022-Q1", "2022-Q2"]),
        ("month", ["2021-12-31", "2022-02-01T10:00"], ["2021-12", "2022-01", "2022-02"]),
        ("month", ["2022-03-01", "2022", None, "", "March 2022", "2022-13", "05/03/2022"], ["2022-03"]),
    ],
)
def test_no_period_between_the_first_and_the_last_is_left_out(by: Any, dates: list[str], periods: list[str]) -> None:
    rows = theme_shares([article(["law"], date=date) for date in dates], by)
    assert [row.group for row in rows] == periods
    for row in rows[1:-1]:
        assert (row.n_paragraphs, row.count, row.share, row.low, row.high) == (0, 0, None, None, None)
    assert rows[0].share == rows[-1].share == 1.0


def test_reprints_count_once_in_each_group_as_the_earliest() -> None:
    story = "China has passed a new data security law that takes effect in the coming autumn"
    first = article(paragraph("law", text=story), [], date="2021-06-10", source="Daily")
    others = [
        article(paragraph(text=f"{story} - {name}"), date=date, source=name)
        for name, date in (("Weekly", "2021-06-11"), ("Weekly", "2021-07-02"))
    ]
    for articles in ([first, *others], [*others, first]):
        assert table(theme_shares(articles)) == {"all": [("law", 1, 2)]}
        assert table(theme_shares(articles, "source")) == {"Daily": [("law", 1, 2)], "Weekly": [("law", 0, 1)]}
        assert table(theme_shares(articles, "month")) == {"2021-06": [("law", 1, 2)], "2021-07": [("law", 0, 1)]}


def test_intervals_resample_articles_not_paragraphs() -> None:
    by_article = theme_shares([article(*[["law"] * (number % 2)] * 10) for number in range(20)])[0]
    assert (by_article.count, by_article.share) == (100, 0.5)
    assert by_article.low == pytest.approx(0.3, abs=0.051)  # as of 10 in 20, not of 100 in 200
    assert by_article.high == pytest.approx(0.7, abs=0.051)
    lone = theme_shares([article(["law"], [], []), article(paragraph(kind="boilerplate"))])[0]
    assert (lone.share, lone.low, lone.high) == (1 / 3, None, None)


def test_the_seed_decides_the_interval_and_each_group_draws_afresh() -> None:
    rng = np.random.default_rng(0)
    articles = [article(*[["law"] * int(rng.integers(2)) for _ in range(5)], source="Daily") for _ in range(9)]
    assert theme_shares(articles, random_state=1) == theme_shares(articles, random_state=1)
    assert theme_shares(articles, random_state=1) != theme_shares(articles, random_state=2)
    more = [*articles, *(article(["law"], [], source="Weekly") for _ in range(30))]
    assert theme_shares(more, "source")[-1:] == theme_shares(articles, "source")


# Pairs ----------------------------------------------------------------------------------------------------


def test_pairs_are_those_counted_by_hand() -> None:
    pairs = co_occurrences([article(["a", "b"], ["a"], []), article(["b", "a"], ["c"], ["c"], [], [])])
    assert {(pair.first, pair.second): pair.count for pair in pairs} == {("a", "b"): 2, ("a", "c"): 0, ("b", "c"): 0}
    expected = {f"{pair.first} {pair.second}": pair.expected for pair in pairs}
    assert expected == pytest.approx({"a b": 0.75, "a c": 0.75, "b c": 0.5})
    assert [pair.lift for pair in pairs] == pytest.approx([8 / 3, 0, 0])
    assert (pairs[0].first, pairs[0].first_name, pairs[0].second_name) == ("a", "A", "B")
    assert co_occurrences([]) == co_occurrences([article(["a"])]) == []


def planted(n_articles: int, seed: int) -> list[TaggedArticle]:
    """Return articles in which b mostly comes with a, and c whenever it likes."""
    draws = np.random.default_rng(seed).random((n_articles, 6, 3))
    has_a, has_c = draws[..., 0] < 0.3, draws[..., 2] < 0.3
    has_b = draws[..., 1] < np.where(has_a, 0.6, 0.05)
    return [
        article(*[[theme for theme, has in zip("abc", own, strict=True) if has] for own in paragraphs])
        for paragraphs in np.stack([has_a, has_b, has_c], axis=-1).tolist()
    ]


def test_a_planted_pair_comes_first_and_independent_ones_are_not_significant() -> None:
    pairs = co_occurrences(planted(60, seed=1))
    assert (pairs[0].first, pairs[0].second) == ("a", "b")
    assert pairs[0].lift > 2
    assert pairs[0].q < 0.001
    assert min(pair.q for pair in pairs[1:]) > 0.1
    assert all(pair.p <= pair.q <= 1 for pair in pairs)


def test_one_article_that_always_joins_two_themes_proves_nothing() -> None:
    pair = co_occurrences([article(*[["a", "b"]] * 20), *(article(["a"], ["b"], [], []) for _ in range(20))])[0]
    assert pair.count > pair.expected
    assert pair.p > 0.05


def test_a_pair_of_one_article_proves_nothing_even_if_its_themes_are_everywhere() -> None:
    rng = np.random.default_rng(4)
    spread = []
    for _ in range(40):  # a and b are in three paragraphs of ten each, whichever
        has = [set(rng.choice(10, 3, replace=False).tolist()) for _ in "ab"]
        spread.append(article(*[[theme for theme, own in zip("ab", has, strict=True) if n in own] for n in range(10)]))
    long = article(*[["a", "b"]] * 30, *[[]] * 70)
    (pair,) = co_occurrences([*spread, long])
    assert pair.count > 1.3 * pair.expected
    assert pair.p > 0.05
    assert co_occurrences([*spread, *(article(*[["a", "b"]] * 3, *[[]] * 7) for _ in range(10))])[0].p < 0.01


def test_a_theme_of_nothing_but_a_reprint_is_in_no_pair() -> None:
    story = "China has passed a new data security law that takes effect in the coming autumn"
    articles = [article(paragraph("a", text=story), date="2020"), article(paragraph("b", text=story), ["c"])]
    assert [(pair.first, pair.second) for pair in co_occurrences(articles)] == [("a", "c")]


def test_corrects_for_many_tests_as_the_book_says() -> None:
    # Benjamini and Hochberg's own example: of these fifteen, four are significant at 0.05.
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344]
    p += [0.0459, 0.324, 0.4262, 0.5719, 0.6528, 0.759, 1.0]
    assert [position for position, q in enumerate(corrected(p)) if q < 0.05] == [0, 1, 2, 3]
    assert corrected(p[::-1]) == corrected(p)[::-1]
    assert corrected([0.03, 0.04]) == [0.04, 0.04]  # never more than that of a larger p-value
    assert corrected([]) == []


# Keywords -------------------------------------------------------------------------------------------------

TEXT = (
    "Ministers met on Monday.\n\nThe new  data security law restricts cross-border\ndata flows, and the Cyberspace "
    "Administration will enforce the data security law.\n\nRain fell on the hills."
)


def test_keywords_stand_where_they_say(tagger: Tagger) -> None:
    tagged = tagger.tag(Document(TEXT, "one"))
    found = keyword_in_context([tagged], "data-security", width=12, most=None)
    assert len(found) > 2
    for keyword in found:
        assert (keyword.article, keyword.paragraph) == ("one", 2)
        assert TEXT[keyword.start : keyword.end] == keyword.keyword
        here = " ".join(TEXT.split("\n\n")[1].split())
        assert f"{keyword.before}{' '.join(keyword.keyword.split())}{keyword.after}" in here
        assert max(len(keyword.before), len(keyword.after)) <= 12
        assert keyword.contribution > 0
    contributions = [keyword.contribution for keyword in found]
    assert contributions == sorted(contributions, reverse=True)
    places = sorted((keyword.start, keyword.end) for keyword in found)
    assert all(end <= start for (_, end), (start, _) in pairwise(places))
    assert any("data" in keyword.keyword.lower() for keyword in found)


def test_of_keywords_the_strongest_are_given_and_of_reprints_one(tagger: Tagger) -> None:
    twice = [tagger.tag(Document(TEXT, name)) for name in ("two", "one")]
    every = keyword_in_context(twice, "data-security", most=None)
    assert {keyword.article for keyword in every} == {"one"}
    assert keyword_in_context(twice, "data-security", most=2) == every[:2]
    assert keyword_in_context(twice, "data-security", most=0) == []
    assert keyword_in_context(twice, "no-such-theme") == []
    other = tagger.tag(Document("A draft regulation on data security was published in May.", "other"))
    assert {keyword.article for keyword in keyword_in_context([*twice, other], "data-security")} == {"one", "other"}
    (bare,) = keyword_in_context(twice, "data-security", width=0, most=1)
    assert (bare.before, bare.after) == ("", "")


# All ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "view",
    [
        theme_shares,
        lambda articles: theme_shares(articles, "source"),
        lambda articles: theme_shares(articles, "month"),
        co_occurrences,
    ],
)
def test_the_order_of_articles_makes_no_difference(view: Callable[[Any], list[ThemeShare | ThemePair]]) -> None:
    rng = np.random.default_rng(3)
    articles = [
        article(*own.paragraphs, source="xyz"[rng.integers(3)], date=f"2022-{rng.integers(1, 9):02}")
        for own in planted(20, seed=2)
    ]
    expected = view(articles)
    assert len(expected) > 2
    assert view(iter(articles[::-1])) == expected
    assert view(count_themes(articles)) == expected
    assert json.loads(json.dumps([row.to_dict() for row in expected]))[0] == expected[0].to_dict()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: theme_shares(5), "found int; expected a list of tagged articles"),  # type: ignore[arg-type]
        (lambda: co_occurrences(["text"]), "article 0: found str; expected TaggedArticle"),  # type: ignore[list-item]
        (lambda: theme_shares([], "week"), "by='week'; expected one of all, source, year"),  # type: ignore[arg-type]
        (lambda: theme_shares([], random_state=-1), "random_state=-1"),
        (lambda: keyword_in_context([], "law", width=-1), "width=-1; expected a whole number from 0 to 10,000"),
        (lambda: keyword_in_context([], "law", most=-1), "most=-1"),
        (
            lambda: theme_shares([article(["law"], date=date) for date in ("0022-03", "2022-03")], "month"),
            "from 0022-03 to 2022-03 make more than 5,000 periods of a month",
        ),
    ],
)
def test_refuses_what_it_cannot_count(call: Callable[[], object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        call()
