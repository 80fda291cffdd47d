"""Two sets of articles compared: what is planted is found, chance is not, and one article's burst is no difference."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from cyberthemes import Comparison, InputError, Tag, TaggedArticle, TaggedParagraph, compare
from cyberthemes.themecounts import count_themes

WORDS = [
    *("river", "market", "harbour", "teacher", "engine", "garden", "window", "planet", "bottle", "candle", "forest"),
    *("bridge", "doctor", "singer", "camera", "mirror", "pocket", "ticket", "island", "museum", "kitchen", "hammer"),
]


def article(name: str, paragraphs: Sequence[tuple[Sequence[str], str]], kind: Any = "body") -> TaggedArticle:
    """Return an article of paragraphs, each of themes and a text."""
    tagged = tuple(
        TaggedParagraph(text, 0, len(text), kind, None, tuple(Tag(t, t, 0.9, 0.5, 2.0, -1.0, ()) for t in themes), None)
        for themes, text in paragraphs
    )
    return TaggedArticle(name, "", None, None, None, {}, (), None, tagged)


def sampled(n: int, rates: dict[str, float], seed: int, word: str = "", rate: float = 0.0) -> list[TaggedArticle]:
    """Return articles of three to eight paragraphs with themes at some rates; some articles hold a word."""
    rng = np.random.default_rng(seed)
    made = []
    for number in range(n):
        paragraphs = []
        for _ in range(rng.integers(3, 9)):
            themes = [theme for theme, share in rates.items() if rng.random() < share]
            paragraphs.append((themes, " ".join(rng.choice(WORDS, 8))))
        if rng.random() < rate:
            paragraphs[0] = (paragraphs[0][0], f"{paragraphs[0][1]} {word}")
        made.append(article(f"{seed}-{number}", paragraphs))
    return made


@pytest.fixture(scope="module")
def planted() -> Comparison:
    articles = sampled(40, {"law": 0.5, "5g": 0.2, "trade": 0.1}, seed=1, word="sanctions", rate=0.6)
    others = sampled(50, {"law": 0.2, "5g": 0.2, "trade": 0.1}, seed=2, word="sanctions", rate=0.05)
    return compare(articles, others)


def test_finds_the_theme_and_the_term_that_were_planted_and_no_other(planted: Comparison) -> None:
    law, *same = planted.themes
    assert (law.theme, law.name) == ("law", "law")
    assert law.q < 0.01
    assert law.low is not None
    assert law.high is not None
    assert 0 < law.low <= 0.3 <= law.high
    assert law.difference == law.share - law.other_share
    sanctions, *rest = planted.terms
    assert sanctions.term == "sanctions"
    assert sanctions.count > 20 > 5 > sanctions.other_count
    assert sanctions.z > 3
    assert sanctions.q < 1e-4
    assert min([row.q for row in same] + [row.q for row in rest]) > 0.05
    for theme in same:
        assert theme.low is not None
        assert theme.high is not None
        assert theme.low <= 0 <= theme.high


def test_the_sets_swapped_differ_the_other_way(planted: Comparison) -> None:
    articles = sampled(40, {"law": 0.5, "5g": 0.2, "trade": 0.1}, seed=1, word="sanctions", rate=0.6)
    others = sampled(50, {"law": 0.2, "5g": 0.2, "trade": 0.1}, seed=2, word="sanctions", rate=0.05)
    swapped = compare(iter(others[::-1]), iter(articles))
    assert (swapped.n_articles, swapped.n_other_articles) == (50, 40)
    assert (planted.n_articles, planted.n_other_articles) == (40, 50)
    differences = {row.theme: row.difference for row in planted.themes}
    assert {row.theme: -row.difference for row in swapped.themes} == differences
    terms = {row.term: row for row in swapped.terms}
    for row in planted.terms:
        same = terms.pop(row.term)
        assert (same.count, same.other_count) == (row.other_count, row.count)
        assert (same.z, same.p) == pytest.approx((-row.z, row.p))
    assert terms == {}


def test_says_the_same_again_and_in_any_order(planted: Comparison) -> None:
    articles = sampled(40, {"law": 0.5, "5g": 0.2, "trade": 0.1}, seed=1, word="sanctions", rate=0.6)
    others = sampled(50, {"law": 0.2, "5g": 0.2, "trade": 0.1}, seed=2, word="sanctions", rate=0.05)
    assert compare(articles[::-1], others[::-1]) == planted
    assert json.loads(json.dumps(planted.to_dict()))["themes"][0] == planted.themes[0].to_dict()
    assert planted.terms[0].to_dict()["term"] == "sanctions"


def test_chance_is_seldom_taken_for_a_difference() -> None:
    pool = sampled(80, {"law": 0.4, "5g": 0.2, "trade": 0.1}, seed=5, word="sanctions", rate=0.3)
    rng = np.random.default_rng(0)
    themes, terms, false = [], [], 0
    for _ in range(12):
        order = rng.permutation(len(pool))
        found = compare([pool[place] for place in order[:30]], [pool[place] for place in order[30:]])
        themes += [row.p for row in found.themes]
        terms += [row.p for row in found.terms]
        false += min([row.q for row in found.themes] + [row.q for row in found.terms]) < 0.05
    assert np.mean(np.array(themes) < 0.05) <= 0.12
    assert np.mean(np.array(terms) < 0.05) <= 0.06
    assert false <= 2


def test_a_small_set_of_articles_that_vary_much_is_tested_fairly() -> None:
    rng = np.random.default_rng(9)
    texts = [f"{first} {second} {third}" for first in WORDS for second in WORDS for third in WORDS[:3]]

    def law(name: str, counts: Sequence[int]) -> list[TaggedArticle]:
        """Return articles of three paragraphs, so many of which have the theme."""
        return [
            article(f"{name}{number}", [(["law"] * (place < n), texts.pop()) for place in range(3)])
            for number, n in enumerate(counts)
        ]

    others = count_themes(law("others", [1] * 200))  # all alike; the few have as much, but all or none
    found = [compare(law("few", rng.choice([0, 0, 3], 30).tolist()), others) for _ in range(8)]
    assert sum(row.p < 0.05 for comparison in found for row in comparison.themes) <= 1


def test_one_article_that_repeats_itself_is_no_difference() -> None:
    rng = np.random.default_rng(6)
    burst = article("burst", [(["law"], " ".join(["quantum", *rng.choice(WORDS, 9)])) for _ in range(24)])
    found = compare([burst, *sampled(20, {"5g": 0.3}, seed=7)], sampled(20, {"5g": 0.3}, seed=8))
    (law,) = [row for row in found.themes if row.theme == "law"]
    assert law.difference > 0.1
    assert law.p > 0.05
    assert [row for row in found.terms if row.term == "quantum"] == []  # one article's


def test_a_lone_article_has_no_interval_and_shows_nothing() -> None:
    found = compare(sampled(1, {"law": 1.0}, seed=1), sampled(1, {"5g": 1.0}, seed=2))
    assert [(row.theme, row.difference, row.low, row.high, row.p) for row in found.themes] == [
        ("5g", -1.0, None, None, 1.0),
        ("law", 1.0, None, None, 1.0),
    ]
    assert min((row.q for row in found.terms), default=1.0) == 1.0


def test_texts_without_words_have_no_terms() -> None:
    numbers = [article(str(number), [(["law"], str(number))]) for number in range(4)]
    found = compare(numbers[:2], numbers[2:])
    assert [row.p for row in found.themes] == [1.0]
    assert found.terms == ()
    assert compare(numbers, sampled(4, {"law": 0.0}, seed=1)).terms == ()


def test_refuses_a_set_of_nothing() -> None:
    some = sampled(2, {"law": 1.0}, seed=1)
    with pytest.raises(InputError, match="articles: no paragraph that is not boilerplate"):
        compare([], some)
    with pytest.raises(InputError, match="others: no paragraph"):
        compare(some, [article("x", [([], "Share this")], kind="boilerplate")])
    with pytest.raises(InputError, match="article 0: found str"):
        compare(some, ["text"])  # type: ignore[list-item]
    with pytest.raises(InputError, match="random_state="):
        compare(some, some, random_state=None)  # type: ignore[arg-type]
