"""`suggest`: texts on which two views disagree come first, rare themes count more, and no two are nearly the same."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cyberthemes import InputError, Tagger, Taxonomy, Term, TermVectorizer, Theme
from cyberthemes.activelearning import Reason, Suggestion, suggest
from cyberthemes.gold import read_gold
from cyberthemes.presence import presence_in

TAXONOMY = Taxonomy(
    "toy",
    "1",
    themes=(Theme("5g", "5G", terms=(Term("5G"), Term("mast", weight=0.6))), Theme("law", "Law", terms=(Term("law"),))),
)
WORDS = ("court", "quiet", "rain", "the", "of", "in", "and", "to", "is", "a")


def toy(weights: dict[str, tuple[float, float]], bias: tuple[float, float] = (-3.0, -3.0)) -> Tagger:
    """A tagger whose classifier knows single words only, whatever the taxonomy's terms say."""
    index = TermVectorizer(min_df=1).fit([" ".join([*WORDS, *weights])]).index_
    term_weights = np.array([weights.get(label, (0.0, 0.0)) for label in index.labels], dtype=np.float32)
    nothing, half = np.zeros(2, dtype=np.float32), np.array([0.5, 0.5])
    return Tagger(TAXONOMY, index, term_weights, nothing, np.array(bias), half, half)


# The classifier knows "5G" and takes "court" for law; it has never seen "mast" nor "law".
TAGGER = toy({"5g": (20.0, 0.0), "court": (0.0, 20.0)})


def positions(suggestions: Sequence[Suggestion]) -> list[int]:
    return [suggestion.position for suggestion in suggestions]


def test_the_texts_on_which_terms_and_classifier_disagree_come_first() -> None:
    texts = ["quiet rain in the street", "a 5G test is quiet", "the new law and rain", "the court is quiet"]
    first, second = suggest(TAGGER, texts, n=2)
    assert {first.position, second.position} == {2, 3}
    reasons = {str(reason) for suggestion in (first, second) for reason in suggestion.reasons}
    assert reasons == {
        "law: terms say yes (0.95), classifier says no (0.05)",
        "law: terms say no (0.00), classifier says yes (1.00)",
    }


def test_a_suggestion_holds_what_the_tagger_says_now() -> None:
    [suggestion] = suggest(TAGGER, ["the court and 5G"])
    assert suggestion.themes == tuple(tag.theme for tag in suggestion.tags) == ("5g", "law")
    assert suggestion.tags[0].evidence[0].text == "5G"
    assert [reason.theme for reason in suggestion.reasons] == ["law"]
    assert TAGGER.predict([suggestion.text]).all()


def test_the_themes_most_in_doubt_come_first_among_reasons() -> None:
    [suggestion] = suggest(TAGGER, ["a law for a mast"])
    assert [reason.theme for reason in suggestion.reasons] == ["law", "5g"]
    terms, probability = (presence_in(["law"], TAXONOMY)[0, 1], TAGGER.predict_proba(["law"])[0, 1])
    assert suggestion.reasons[0] == Reason("law", terms, probability, False)


def test_a_rare_theme_goes_before_a_common_one() -> None:
    common = ["the court is quiet", "in the court", "rain and a court", "to the court"]
    for column, theme in enumerate(TAGGER.theme_ids):
        weights = {"court": (20.0, 0.0) if column else (0.0, 20.0)}
        rare = "a 5G test" if theme == "5g" else "the law of rain"
        assert positions(suggest(toy(weights), [*common, rare], n=1)) == [4]


def test_suggestions_are_spread_over_themes() -> None:
    texts = ["the new law", "a law of rain", "quiet is the law", "the mast in rain"]
    assert 3 in positions(suggest(TAGGER, texts, n=2))


def test_no_two_suggestions_are_nearly_the_same() -> None:
    texts = ["The new law of the court is quiet today.", "the new law of the court is quiet today", "a mast"]
    assert sorted(positions(suggest(TAGGER, texts, n=3))) == [0, 2]


def test_what_is_labelled_is_not_suggested_again() -> None:
    texts = ["the new law of the land", "a mast in the rain", "quiet"]
    found = suggest(TAGGER, texts, labelled=["The new law of the land!", "something else"])
    assert sorted(positions(found)) == [1, 2]
    assert found[0].text == "a mast in the rain"
    assert suggest(TAGGER, texts, labelled=texts) == []


def test_no_texts_give_no_suggestions() -> None:
    assert suggest(TAGGER, []) == []


@given(st.lists(st.lists(st.sampled_from([*WORDS, "law", "mast", "5G"]), max_size=6).map(" ".join), max_size=8))
@settings(max_examples=40)
def test_suggestions_are_different_texts_by_falling_score(texts: list[str]) -> None:
    found = suggest(TAGGER, iter(texts), n=5)
    assert len(found) <= 5
    assert len({suggestion.text for suggestion in found}) == len(found)
    assert all(texts[suggestion.position] == suggestion.text for suggestion in found)
    scores = [suggestion.score for suggestion in found]
    assert scores == sorted(scores, reverse=True)
    assert found[:2] == suggest(TAGGER, texts, n=2)


@given(st.permutations(["the new law", "a mast in the rain", "the court is quiet", "5G to rain", "rain"]))
@settings(max_examples=20)
def test_the_order_of_texts_changes_nothing(texts: list[str]) -> None:
    in_order = [suggestion.text for suggestion in suggest(TAGGER, sorted(texts), n=3)]
    assert [suggestion.text for suggestion in suggest(TAGGER, texts, n=3)] == in_order


@pytest.mark.parametrize(
    ("texts", "arguments"),
    [("one text", {}), ([1], {}), ([], {"n": 0}), ([], {"n": 1.5}), ([], {"labelled": "one text"})],
)
def test_wrong_arguments_are_input_errors(texts: Any, arguments: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="expected"):
        suggest(TAGGER, texts, **arguments)


def test_a_suggestion_written_as_a_line_of_json_is_read_as_gold(tmp_path: Path) -> None:
    suggestions = suggest(TAGGER, ["the court and 5G", "rain"])
    lines = [json.dumps(suggestion.to_dict()) for suggestion in suggestions]
    (tmp_path / "gold.jsonl").write_text("\n".join(lines), encoding="utf-8")
    gold = read_gold(tmp_path / "gold.jsonl", TAGGER.theme_ids)
    assert gold.texts == ("the court and 5G", "rain")
    assert gold.labels.tolist() == [[1, 1], [0, 0]]
    assert suggestions[0].reasons[0].to_dict().keys() == {"theme", "terms", "probability", "applies"}
