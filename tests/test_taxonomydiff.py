"""Two versions of a taxonomy or model: what changed, which texts change by it, and which are picked to be read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyberthemes import InputError, Tagger, Taxonomy, TaxonomyDiff, Term, Theme, add_terms, diff_themes
from cyberthemes.taxonomychanges import TagChange, TermChange, ThemeChange, ThemeCount, render_diff


def demo(*themes: Theme, version: str = "1") -> Taxonomy:
    return Taxonomy("demo", version, themes=themes)


LAW = Theme("law", "Law", terms=(Term("statute"), Term("court", unless=("tennis",))))
NET = Theme("net", "Networks", terms=(Term("5G"), Term("base station", 0.8), Term("mast", 0.4)))
TEXTS = ["A 5G trial.", "A mast.", "The court sat.", "A tennis court.", "A new statute on 5G.", "Rain."]


def changes(diff: TaxonomyDiff) -> dict[int, list[tuple[str, str, tuple[str, ...]]]]:
    return {
        paragraph.position: [(change.theme, change.change, change.terms) for change in paragraph.changes]
        for paragraph in diff.paragraphs
    }


def test_a_taxonomy_does_not_differ_from_itself() -> None:
    diff = diff_themes(demo(LAW, NET), demo(NET, LAW), TEXTS)
    assert (diff.themes, diff.terms, diff.paragraphs, diff.quoted) == ((), (), (), ())
    assert diff.counts == (ThemeCount("net", 2, 2, 0, 0), ThemeCount("law", 2, 2, 0, 0))
    assert "nothing changed" in render_diff(diff)


def test_says_which_themes_came_went_were_renamed_or_described_otherwise() -> None:
    mobile = replace(NET, id="mobile", name="Mobile networks")
    new = demo(replace(LAW, definition="Statutes.", group="governance"), mobile, Theme("sea", "Sea"), version="2")
    diff = diff_themes(demo(LAW, NET, Theme("air", "Air")), new, TEXTS)
    assert diff.themes == (
        ThemeChange("law", "changed", "law", ("group", "definition")),
        ThemeChange("mobile", "renamed", "net", ("id", "name")),
        ThemeChange("sea", "added", None, ()),
        ThemeChange("air", "removed", "air", ()),
    )
    assert diff.paragraphs == ()  # another id changes no paragraph
    assert [count.theme for count in diff.counts] == ["law", "mobile", "sea", "air"]


def test_a_theme_of_other_terms_under_another_id_and_name_is_another() -> None:
    diff = diff_themes(demo(NET), demo(replace(NET, id="mobile", name="Mobile", terms=(Term("5G"), Term("6G")))))
    assert [change.change for change in diff.themes] == ["added", "removed"]


def test_a_theme_of_the_same_name_under_another_id_is_the_same() -> None:
    diff = diff_themes(demo(NET), demo(Theme("mobile", "networks", terms=(Term("6G"),))), ["A 5G trial."])
    assert [(change.change, change.was) for change in diff.themes] == [("renamed", "net")]
    assert diff.counts == (ThemeCount("mobile", 1, 0, 0, 1),)


def test_says_which_terms_came_went_or_changed() -> None:
    court, mast = Term("courts", unless=("tennis",)), Term("mast", 0.6, needs=("radio",))
    new = demo(replace(LAW, terms=(Term("statute"), court)), replace(NET, terms=(Term("5G"), mast, Term("6G", 0.9))))
    assert diff_themes(demo(LAW, NET), new).terms == (
        TermChange("law", "courts", "changed", LAW.terms[1], court),
        TermChange("net", "mast", "changed", NET.terms[2], mast),
        TermChange("net", "6G", "added", None, Term("6G", 0.9)),
        TermChange("net", "base station", "removed", NET.terms[1], None),
    )


def test_says_which_texts_change_and_which_terms_did_it() -> None:
    new = demo(
        replace(LAW, terms=(Term("court"),)),
        replace(NET, terms=(Term("5G", 0.4), Term("mast", 0.6))),
    )
    diff = diff_themes(demo(LAW, NET), new, iter(TEXTS))
    assert changes(diff) == {
        0: [("net", "lost", ("5G",))],
        1: [("net", "gained", ("mast",))],
        3: [("law", "gained", ("court",))],
        4: [("law", "lost", ("statute",)), ("net", "lost", ("5G",))],
    }
    assert (diff.n_texts, diff.by) == (6, "terms")
    assert diff.counts == (ThemeCount("law", 2, 2, 1, 1), ThemeCount("net", 2, 1, 1, 2))
    assert [paragraph.text for paragraph in diff.paragraphs] == [TEXTS[position] for position in (0, 1, 3, 4)]


def test_two_models_judge_as_they_tag(tagger: Tagger) -> None:
    texts = ["Rain in May.", "The Digital Fairness Act is a new law of the parliament on platforms."]
    diff = diff_themes(tagger, add_terms(tagger, "5g", ["Digital Fairness Act"]), texts)
    assert diff.by == "models"
    assert [change.term for change in diff.terms] == ["Digital Fairness Act"]
    assert changes(diff) == {1: [("5g", "gained", ("Digital Fairness Act",))]}


def test_a_threshold_alone_is_no_term(tagger: Tagger) -> None:
    strict = replace(tagger, thresholds=np.full(len(tagger.theme_ids), 1.0))
    diff = diff_themes(tagger, strict, ["A new 5G base station."])
    assert TagChange("5g", "lost", ()) in diff.paragraphs[0].changes


def test_a_model_and_a_taxonomy_are_judged_by_terms(tagger: Tagger) -> None:
    diff = diff_themes(tagger, tagger.taxonomy, ["A new 5G base station.", "Rain."])
    assert (diff.by, diff.paragraphs) == ("terms", ())


def test_quotes_one_of_each_kind_before_a_second_of_any_and_reprints_once() -> None:
    words = ["statute", "court", "5G", "base station"]
    same = [f"A {words[0]} on {subject} passed." for subject in ("milk", "roads", "bees", "coal", "wool", "salt")]
    texts = [*same, same[3], "The court sat in the morning.", "They put up 5G.", "One base station is silent."]
    diff = diff_themes(demo(LAW, NET), demo(Theme("sea", "Sea", terms=(Term("ship"),))), texts, n_quoted=4)
    terms = {paragraph.changes[0].terms[0] for paragraph in diff.quoted}
    assert terms == set(words)
    every = diff_themes(demo(LAW, NET), demo(Theme("sea", "Sea")), texts, n_quoted=99).quoted
    assert len({paragraph.text for paragraph in every}) == len(every) < len(diff.paragraphs)


@given(st.permutations(range(12)))
def test_the_order_of_texts_changes_nothing_but_positions(order: list[int]) -> None:
    texts = [f"{word} number {number} is here" for number in range(3) for word in ("statute", "court", "5G", "mast")]
    new = demo(Theme("sea", "Sea"))
    first, second = (diff_themes(demo(LAW, NET), new, some) for some in (texts, [texts[row] for row in order]))
    assert first.counts == second.counts
    assert [paragraph.text for paragraph in first.quoted] == [paragraph.text for paragraph in second.quoted]


def test_gives_plain_values_and_text() -> None:
    new = demo(replace(LAW, terms=(Term("court", 0.9),)), NET, version="2")
    diff = diff_themes(demo(LAW, NET), new, TEXTS)
    plain: dict[str, Any] = diff.to_dict()
    assert (plain["old"], plain["new"], plain["n_texts"], plain["quoted"]) == ("demo 1", "demo 2", 6, [4, 3])
    assert plain["terms"][0]["new"] == {"term": "court", "weight": 0.9}
    assert plain["paragraphs"][0]["changes"] == [{"theme": "law", "change": "gained", "terms": ["court"]}]
    lines = render_diff(diff, [f"doc\x1b{number}" for number in range(6)]).splitlines()
    assert lines[:4] == ["demo 1 → demo 2", "law", "  ~ court (1); unless tennis → court (0.9)", "  - statute (1)"]
    assert "2 of 6 paragraphs change their themes by the terms" in lines
    assert lines[-3:] == ["doc\\x1b3", "  A tennis court.", "    + law                     court"]


def test_refuses_a_lone_text_and_a_bad_number() -> None:
    with pytest.raises(InputError, match="str"):
        diff_themes(demo(LAW), demo(NET), "a text")
    with pytest.raises(InputError, match="n_quoted"):
        diff_themes(demo(LAW), demo(NET), [], n_quoted=-1)
    with pytest.raises(InputError, match="found str; expected a Taxonomy or Tagger"):
        diff_themes("old.yaml", demo(NET))  # type: ignore[arg-type]


def test_text_is_harmless_on_a_terminal_and_without_texts_says_nothing_of_them() -> None:
    new = demo(replace(LAW, terms=(Term("court\u202e"),)), replace(NET, id="n\x1b[31m"), version="\x9b2\n")
    shown = render_diff(diff_themes(demo(LAW, NET), new))
    assert shown.isprintable() or set(filter(lambda character: not character.isprintable(), shown)) == {"\n"}
    assert shown.startswith(r"demo 1 → demo \x9b2\n" + "\n")
    assert "paragraphs" not in shown
