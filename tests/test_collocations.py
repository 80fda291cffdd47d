"""Phrases found by counting: thresholds computed by hand, and what may be a phrase at all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cyberthemes import InputError, PhraseMatcher
from cyberthemes.collocations import learn_phrases

# Each sentence has its own words, so that only what is repeated on purpose can be a phrase.
FRAMES = ["Some saw {} there.", "We like {}!", "({})", "Was {} built?", "They sold {}, once.", "{}; over.", "For {}:"]
WORDS = ["data", "Data", "flow", "flows", "and", "of", "the", "5G", "2025", ".", "x", "Chip", "-", "İ"]
written = st.lists(st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join), max_size=8)


def around(phrase: str, times: int = 7) -> list[str]:
    return [FRAMES[number % len(FRAMES)].format(phrase) for number in range(times)]


@pytest.mark.parametrize(
    "phrase",
    [
        "supply chain",
        "open source software",
        "critical information infrastructure rules",
        "Belt and Road",
        "Ministry of Foreign Affairs",
        "rules for robots",
        "5G network",
        "e-commerce platform",
        "Örsted Åland",
    ],
)
def test_finds_words_that_stand_together_with_one_function_word_at_most(phrase: str) -> None:
    assert learn_phrases(around(phrase)) == [phrase]


@pytest.mark.parametrize(
    "words",
    [
        "solitary",
        "of ministry",
        "ministry of",
        "laws of the sea",
        "chips with data",
        "2025 2030",
        "law 19",
        "x y",
        "é ü",
        "The Ministry",
        "law, chips",
        "law/chips",
        "law – chips",
        "law's chips",
        "law-chips",
        "_law _chips",
    ],
)
def test_finds_no_phrase_where_words_do_not_make_one(words: str) -> None:
    assert learn_phrases(around(words)) == []


def test_words_of_a_phrase_may_stand_on_two_lines() -> None:
    assert learn_phrases([*around("supply\nchain", 5), *around("supply \t chain", 2)]) == ["supply chain"]


def test_a_word_that_looks_like_the_inflected_form_of_a_small_one_is_in_no_phrase() -> None:
    found = learn_phrases(f"They crossed high Andes mountains {word}." for word in "abcdefgh")
    assert not any("Andes" in phrase for phrase in found)


def test_a_phrase_is_shown_in_its_commonest_form() -> None:
    texts = [f"{word} data flow." for word in "abc"] + [f"{word} Data flows." for word in "de"]
    assert learn_phrases(texts) == ["data flow"]


def test_a_thing_may_be_part_of_a_phrase() -> None:
    assert learn_phrases(around("Internet of Things")) == ["Internet of Things"]


def test_a_phrase_has_four_words_at_most() -> None:
    assert all(len(phrase.split()) <= 4 for phrase in learn_phrases(around("one big red wooden toy house")))
    assert learn_phrases(around("big red wooden toy house"))


def test_a_phrase_stands_five_times() -> None:
    assert learn_phrases(around("supply chain", 4)) == []
    assert learn_phrases(around("supply chain", 5)) == ["supply chain"]


def test_in_a_large_collection_a_phrase_stands_once_in_50_000_words() -> None:
    texts = [*around("supply chain", 5), *around("open source", 6), "the " * 255_000]
    assert learn_phrases(texts) == ["open source"]


def filled(words: Iterable[str], n_words: int) -> list[str]:
    """Return each as a run of its own, and as many more words that are no part of a phrase as make n_words."""
    texts = list(words)
    return [*texts, "the " * (n_words - sum(len(text.split()) for text in texts))]


@pytest.mark.parametrize(("n_words", "phrases"), [(50, []), (51, ["supply chain"])])
def test_words_stand_together_far_more_often_than_by_chance(n_words: int, phrases: list[str]) -> None:
    # NPMI = ln(5 n / (10 * 10)) / ln(n / 5): 0.398 with n = 50 words, 0.403 with 51
    words = ["supply chain"] * 5 + ["supply"] * 5 + ["chain"] * 5
    assert learn_phrases(filled(words, n_words)) == phrases


@pytest.mark.parametrize(("n_words", "phrases"), [(40, []), (41, ["Tom and Jerry"])])
def test_words_around_and_stand_together_more_often_still(n_words: int, phrases: list[str]) -> None:
    # NPMI = ln(5 n / (8 * 8)) / ln(n / 5): 0.548 with n = 40 words, 0.553 with 41
    words = ["Tom and Jerry"] * 5 + ["Tom"] * 3 + ["Jerry"] * 3
    assert learn_phrases(filled(words, n_words)) == phrases


def test_each_way_to_part_a_phrase_has_parts_that_belong_together() -> None:
    # "new" stands before anything, so that it is no part of what follows.
    texts = [
        *around("new supply chain", 6),
        *(f"new {word}" for word in ["alpha", "beta", "gamma", "delta", "omega", "zeta"] * 9),
    ]
    assert learn_phrases(texts) == ["supply chain"]


def test_leaves_out_a_piece_of_a_longer_phrase() -> None:
    whole = around("open source software", 7)
    assert learn_phrases([*whole, *around("open source", 3)]) == ["open source software"]
    assert set(learn_phrases([*whole, *around("open source", 4)])) == {"open source software", "open source"}


def test_inflected_forms_count_as_one_and_the_commonest_is_shown() -> None:
    assert learn_phrases([*around("data flow", 2), *around("Data flows", 3)]) == ["Data flows"]


def test_of_equally_common_forms_the_first_in_the_alphabet_is_shown() -> None:
    texts = [*around("data flows", 3), *around("Data flow", 3)]
    assert learn_phrases(texts) == learn_phrases(texts[::-1]) == ["Data flow"]


def test_the_most_frequent_comes_first_and_of_equals_the_first_in_the_alphabet() -> None:
    texts = [*around("supply chain", 5), *around("open source", 6), *around("belt road", 5)]
    assert learn_phrases(texts) == ["open source", "belt road", "supply chain"]


@given(written)
@settings(max_examples=25)
def test_the_order_of_texts_changes_nothing(texts: list[str]) -> None:
    assert learn_phrases(texts * 3) == learn_phrases((texts * 3)[::-1])


@given(st.one_of(written, st.lists(st.text(), max_size=5)))
@settings(max_examples=25)
def test_whatever_it_finds_can_be_looked_for_in_the_texts(texts: list[str]) -> None:
    phrases = learn_phrases(texts * 5)
    assert len(set(phrases)) == len(phrases)
    for phrase in phrases:
        assert 2 <= len(phrase.split()) <= 4
        matcher = PhraseMatcher([phrase])
        assert sum(len(matcher.find_all(text)) for text in texts * 5) >= 5


@pytest.mark.parametrize("texts", [[], [""], ["…"] * 9, ["data data data data data data"], ["one text alone"]])
def test_finds_nothing_in_next_to_nothing(texts: list[str]) -> None:
    assert learn_phrases(texts) == []


def test_texts_may_come_from_an_iterator() -> None:
    assert learn_phrases(iter(around("supply chain"))) == ["supply chain"]


@pytest.mark.parametrize(
    "texts", ["supply chain", None, 5, ["law", None], [b"law"], [["law"]], [float("nan")]], ids=str
)
def test_refuses_what_is_no_list_of_texts(texts: Any) -> None:
    with pytest.raises(InputError):
        learn_phrases(texts)
