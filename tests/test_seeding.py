"""Seeds: what they are read from, and where in a vocabulary they anchor a topic."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cyberthemes import InputError, Taxonomy, TermIndex
from cyberthemes.seeding import Seed, read_seeds, seed_targets
from cyberthemes.terms import TermAnalyzer

ANALYZER = TermAnalyzer((1, 1), ["Belt and Road", "AI", "data flow"], merge_inflections=True)
KEYS = ["#AI", "#Belt and Road", "chip", "data", "law"]
INDEX = TermIndex(ANALYZER, KEYS, KEYS, [1.0, 2.0, 3.0, 0.5, 0.0])


def targets_of(*words: str | tuple[str, float]) -> list[float]:
    weighed = tuple((word, 1.0) if isinstance(word, str) else word for word in words)
    targets, _ = seed_targets([Seed("one", "One", weighed)], INDEX)
    assert targets.dtype == np.float32
    return [round(float(value), 6) for value in targets[0]]


def missing_of(*words: str) -> tuple[str, ...]:
    return seed_targets([Seed("one", "One", tuple((word, 1.0) for word in words))], INDEX)[1].get("one", ())


def test_reads_lists_of_words_in_their_order() -> None:
    assert read_seeds({"b": ["data law", "AI"], "a": ("chip",)}) == (
        Seed("b", "b", (("data law", 1.0), ("AI", 1.0))),
        Seed("a", "a", (("chip", 1.0),)),
    )


def test_reads_the_themes_of_a_taxonomy_with_their_names_and_weights(small_taxonomy: Taxonomy) -> None:
    assert read_seeds(small_taxonomy) == (
        Seed("5g", "5G", (("5G", 1.0), ("base station", 0.8))),
        Seed("law", "Law", (("data law", 1.0), ("CAC", 1.0))),
    )


def test_no_seeds_are_no_seeds() -> None:
    assert read_seeds(None) == read_seeds({}) == ()


@pytest.mark.parametrize(
    "seeds",
    [
        ["law"],
        "law",
        5,
        {"law"},
        {"law": []},
        {"law": "data"},
        {"law": None},
        {"law": 5},
        {"law": {"data law"}},
        {"law": b"data"},
        {"law": ["data", 5]},
        {"law": [None]},
        {"law": [float("nan")]},
        {"law": ["data", ""]},
        {"law": [" \n"]},
        {"": ["law"]},
        {5: ["law"]},
        {None: ["law"]},
        {"fine": ["law"], "bad": []},
    ],
    ids=str,
)
def test_refuses_seeds_that_could_anchor_nothing(seeds: Any) -> None:
    with pytest.raises(InputError, match=r"^seeds: "):
        read_seeds(seeds)


def test_says_which_topic_is_at_fault() -> None:
    with pytest.raises(InputError, match="'bad'"):
        read_seeds({"fine": ["law"], "bad": ["law", 5]})  # type: ignore[list-item]


def test_anchors_words_by_weight_times_idf_at_length_1() -> None:
    # 1.0 * 3.0 and 0.5 * 0.5 before scaling
    length = np.hypot(3.0, 0.25)
    assert targets_of("chip", ("data", 0.5)) == pytest.approx([0, 0, 3 / length, 0.25 / length, 0], abs=1e-6)


@pytest.mark.parametrize(
    ("word", "column"),
    [("chips", 2), ("CHIP", 2), ("Belt-and-Road", 1), ("belt  and\nroads", 1), ("AI", 0), (" data\n", 3)],
)
def test_finds_a_word_in_any_form(word: str, column: int) -> None:
    assert targets_of(word) == np.eye(5)[column].tolist()
    assert missing_of(word) == ()


@pytest.mark.parametrize("words", [[("chip", 0.2), ("chips", 0.9)], [("chips", 0.9), ("chip", 0.2)]])
def test_of_two_forms_of_a_word_the_heavier_counts(words: list[tuple[str, float]]) -> None:
    length = np.hypot(0.9 * 3.0, 2.0)
    assert targets_of(*words, "Belt and Road") == pytest.approx([0, 2 / length, 2.7 / length, 0, 0], abs=1e-6)


@pytest.mark.parametrize(
    "word", ["net", "data flow", "data law", "chip Belt and Road", "ai", "İ…", "belt", "", "chip chips"], ids=repr
)
def test_a_word_that_is_no_term_of_its_own_is_missing_and_anchors_nothing(word: str) -> None:
    assert missing_of(word) == (word,)
    assert targets_of(word) == [0.0] * 5
    assert targets_of(word, "chip") == targets_of("chip")


def test_an_acronym_is_not_the_word_of_the_same_letters() -> None:
    analyzer = TermAnalyzer((1, 1), ["ICE"], merge_inflections=True)
    index = TermIndex(analyzer, ["#ICE", "ice"], ["ICE", "ice"], [1.0, 1.0])
    assert seed_targets(read_seeds({"a": ["ICE"], "b": ["ice"]}), index)[0].tolist() == [[1.0, 0.0], [0.0, 1.0]]


def test_a_word_of_every_text_is_known_but_anchors_nothing() -> None:
    assert missing_of("law") == ()
    assert targets_of("law") == [0.0] * 5


def test_lists_what_is_missing_by_topic_in_order() -> None:
    seeds = read_seeds({"a": ["net", "chip", "web"], "b": ["law"], "c": ["web"]})
    targets, missing = seed_targets(seeds, INDEX)
    assert missing == {"a": ("net", "web"), "c": ("web",)}
    assert targets.shape == (3, 5)
    assert targets[0].tolist() == [0, 0, 1, 0, 0]
    assert not targets[1:].any()


def test_no_seeds_have_no_targets() -> None:
    targets, missing = seed_targets([], INDEX)
    assert targets.shape == (0, 5)
    assert missing == {}


@given(
    st.lists(
        st.lists(st.sampled_from(["chips", "law", "data", "AI", "net", "Belt and Road"]), min_size=1, max_size=4),
        max_size=4,
    )
)
@settings(max_examples=25)
def test_a_seed_does_not_depend_on_the_others(words: list[list[str]]) -> None:
    seeds = read_seeds({f"topic {number}": some for number, some in enumerate(words)})
    targets, missing = seed_targets(seeds, INDEX)
    assert (targets >= 0).all()
    for seed, target in zip(seeds, targets, strict=True):
        alone, lacking = seed_targets([seed], INDEX)
        assert np.array_equal(alone[0], target)
        assert missing.get(seed.id) == lacking.get(seed.id)
        assert not target.any() or np.linalg.norm(target) == pytest.approx(1.0, abs=1e-6)
