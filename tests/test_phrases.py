"""Phrases: the longest match, whatever stands between the words, with NLTK's `MWETokenizer` as reference."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nltk.tokenize import MWETokenizer

from cyberthemes import InputError, PhraseMatcher
from cyberthemes.lexicon import TOKENS
from cyberthemes.phrases import PhraseMatch, longest_rows, phrase_keys

letters = st.lists(st.sampled_from("ab"), min_size=1, max_size=4).map(tuple)
spans = st.tuples(st.integers(0, 2), st.integers(0, 20), st.integers(0, 5))  # group, first word, further words


def found(phrases: list[str], text: str) -> list[str]:
    return [text[match.start : match.end] for match in PhraseMatcher(phrases).find(text)]


@given(st.lists(letters, min_size=1, max_size=5), st.lists(st.sampled_from("aabbc"), max_size=12))
def test_finds_what_nltk_finds(phrases: list[tuple[str, ...]], words: list[str]) -> None:
    text = " ".join(words)
    segments, place = [], 0
    for match in PhraseMatcher([" ".join(phrase) for phrase in phrases]).find(text):
        segments += [*text[place : match.start].split(), text[match.start : match.end].replace(" ", "_")]
        place = match.end
    assert [*segments, *text[place:].split()] == MWETokenizer(phrases).tokenize(words)


@given(st.lists(letters, min_size=1, max_size=5), st.lists(st.sampled_from("aabbc"), max_size=12))
def test_finds_every_match_among_all_runs_of_words(phrases: list[tuple[str, ...]], words: list[str]) -> None:
    ids = {phrase: phrases.index(phrase) for phrase in phrases}
    runs = [(first, last) for first in range(len(words)) for last in range(first + 1, len(words) + 1)]
    expected = [
        PhraseMatch(ids[tuple(words[first:last])], 2 * first, 2 * last - 1)
        for first, last in runs
        if tuple(words[first:last]) in ids
    ]
    assert PhraseMatcher([" ".join(phrase) for phrase in phrases]).find_all(" ".join(words)) == expected


@given(st.lists(spans, max_size=12))
def test_keeps_of_overlapping_spans_the_leftmost_and_longest(found_spans: list[tuple[int, int, int]]) -> None:
    expected = []
    ends: dict[int, int] = {}
    for group, first, further in sorted(found_spans, key=lambda span: (span[0], span[1], -span[2])):
        if first > ends.get(group, -1):
            expected.append((group, first, further))
            ends[group] = first + further
    columns = np.array(found_spans, dtype=np.int64).reshape(-1, 3).T
    rows = longest_rows(columns[1], columns[1] + columns[2], columns[0])
    assert [found_spans[row] for row in rows] == expected


@pytest.mark.parametrize(
    "text",
    [
        "data security",
        "DATA SECURITIES",
        "data \n\n security",
        "data\u00a0security",
        "data-security",
        "data‑security",
        "data – security",
        "data/security",
        "data’s security",
        "data “security",
        "“data” security",
    ],
)
def test_finds_a_phrase_whatever_its_case_inflection_and_gap(text: str) -> None:
    assert found(["data security"], f"On {text}, they met.") == [text.removeprefix("“")]


@pytest.mark.parametrize(
    "text",
    ["data, security", "data. Security", "data (security", "data -- security", "data_security", "metadata security"],
)
def test_finds_no_phrase_across_punctuation_or_inside_a_word(text: str) -> None:
    assert found(["data security"], text) == []


@pytest.mark.parametrize(
    ("phrases", "text", "expected"),
    [
        (["Belt and Road"], "the “Belt and\nRoad” of Examplia", ["Belt and\nRoad"]),
        (["Free and Open Net Forum"], "the free and open net forums", ["free and open net forums"]),
        (["B&R", "5G"], "B&R with 5g, 5-G and R&B", ["B&R", "5g"]),
        (["e-commerce"], "e commerce, E-Commerce and ecommerce", ["e commerce", "E-Commerce"]),
        (["U.S. law"], "US law and U.S. laws help us law firms", ["US law", "U.S. laws"]),
        (["AI"], "AI, AIs, ai, A.I. and AI-led aid", ["AI", "AIs", "A.I.", "AI"]),
        (["ai"], "AI or ai", ["AI", "ai"]),
        (["it law"], "IT law", ["IT law"]),
        (["security", "data security"], "data security and security", ["data security", "security"]),
        (["data flow", "data"], "data, data flown, data flows", ["data", "data", "data flows"]),
        (["数据 安全"], "数据 安全", ["数据 安全"]),
    ],
)
def test_tells_acronyms_from_words_and_long_phrases_from_short(
    phrases: list[str], text: str, expected: list[str]
) -> None:
    assert found(phrases, text) == expected


def test_phrases_with_equal_keys_are_one_with_the_first_id() -> None:
    matcher = PhraseMatcher(["5G", "data flow", "Data Flows"])
    assert matcher.phrases == ("5G", "data flow", "Data Flows")
    assert matcher.find("data flows") == [PhraseMatch(1, 0, 10)]


def test_gives_nested_matches_by_start_and_then_end() -> None:
    matcher = PhraseMatcher(["data security law", "data security", "security"])
    assert matcher.find_all("data security law") == [
        PhraseMatch(1, 0, 13),
        PhraseMatch(0, 0, 17),
        PhraseMatch(2, 5, 13),
    ]


@given(st.text(min_size=1).filter(str.isalnum), st.text())
def test_finds_a_phrase_in_itself_and_stays_within_any_text(phrase: str, text: str) -> None:
    matcher = PhraseMatcher([phrase])
    assert [(match.start, match.end) for match in matcher.find(phrase)] == [(0, len(phrase))]
    for match in matcher.find_all(text + " " + phrase + "\n" + text):
        assert 0 <= match.start < match.end <= 2 * len(text) + len(phrase) + 2


@pytest.mark.parametrize(
    ("phrase", "keys"),
    [
        ("AI-driven chips", ("=AI", "driven", "chip")),
        ("U.S. firms", ("=US", "firm")),
        ("Belt and Road", ("belt", "and", "road")),
        ("IPs", ("=IP",)),
        ("B&R", ("b&r",)),
    ],
)
def test_a_phrase_is_known_by_one_key_per_atom(phrase: str, keys: tuple[str, ...]) -> None:
    assert phrase_keys(phrase) == keys


def test_texts_read_by_another_rule_are_refused() -> None:
    with pytest.raises(InputError, match="TOKENS"):
        PhraseMatcher(["data law"]).find_in(TOKENS.scan(["cross-border data law"]))


@pytest.mark.parametrize("phrase", ["", " ", "…", "-"])
def test_refuses_a_phrase_without_a_word(phrase: str) -> None:
    with pytest.raises(InputError, match="no word"):
        PhraseMatcher(["data", phrase])


def test_refuses_a_lone_str_whose_letters_would_be_phrases() -> None:
    with pytest.raises(InputError):
        PhraseMatcher("data security")
    with pytest.raises(InputError):
        PhraseMatcher("data")


def test_without_phrases_finds_nothing() -> None:
    assert PhraseMatcher([]).find("data security") == []
