"""Which texts look English: script, function words and known words, each at its limit."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cyberthemes.language import EnglishTest
from cyberthemes.lexicon import ATOMS, TOKENS
from cyberthemes.terms import TermAnalyzer, TermIndex

KEYS = ("data", "chip", "the")  # "the" counts as a function word alone, whatever the vocabulary
TEST = EnglishTest(TermIndex(TermAnalyzer((1, 1), (), merge_inflections=True), KEYS, KEYS, [1.0] * len(KEYS)))
PARTS = ("the", "The", "le", "LA", "loi", "data", "chips", "quux", "5G", "14", "Сети", "网络", "naïve", "…", "-", "")
texts = st.one_of(st.lists(st.sampled_from(PARTS), max_size=30).map(" ".join), st.text(max_size=30))


def looks_english(*batch: str) -> list[bool]:
    is_english, _ = TEST(ATOMS.scan(batch))
    return list(is_english.tolist())


def has_letters(*batch: str) -> list[bool]:
    _, has_any = TEST(ATOMS.scan(batch))
    return list(has_any.tolist())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The law of the land.", True),
        ("La loi et le droit.", False),
        ("LA LOI ET LE DROIT", False),
        ("Loi", True),  # too little to tell
        ("le", False),
        ("the le", True),
        ("le, the, la", False),
        ("the la-loi-le", False),  # each part is a word
        ("the in a le", True),  # "in" and "a" tell nothing
        ("in a le", False),
    ],
)
def test_function_words_of_other_languages_are_no_more_than_those_of_english(text: str, expected: bool) -> None:
    assert looks_english(text) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Сети", False),
        ("Сети laws", True),  # half of the letters
        ("Сетин laws", False),
        ("数据安全 law", False),
        ("数据 law", True),
        ("Сети 5G4G3G2G", False),  # what is part number is no word
        ("…, 5G!", True),
    ],
)
def test_half_of_the_letters_are_in_latin_words(text: str, expected: bool) -> None:
    assert looks_english(text) == [expected]


@pytest.mark.parametrize(
    ("n_stop", "n_known", "n_words", "expected"),
    [
        (0, 0, 11, True),
        (0, 0, 12, False),
        (1, 0, 12, False),
        (2, 0, 12, True),
        (2, 0, 14, False),
        (2, 0, 20, False),
        (3, 0, 20, True),
        (0, 5, 12, False),
        (0, 6, 12, True),
        (1, 4, 12, False),
        (1, 5, 12, True),
        (0, 6, 13, False),
    ],
)
def test_from_twelve_words_on_some_are_function_words_or_known(
    n_stop: int, n_known: int, n_words: int, expected: bool
) -> None:
    for stop, known, unknown in (("the", "data", "quux"), ("THE", "Chips", "Quuxes")):
        words = [stop] * n_stop + [known] * n_known + [unknown] * (n_words - n_stop - n_known)
        assert looks_english(" ".join(words), " ".join(words[::-1])) == [expected] * 2


def test_numbers_are_no_words() -> None:
    assert looks_english("quux " * 11 + "5G 14 2,000") == [True]


def test_says_which_texts_hold_a_letter() -> None:
    batch = ("", "1914", "5G", "…", "x", "网", "🙂 2,000.5", " ", "_")
    assert has_letters(*batch) == [False, False, True, False, True, True, False, False, False]
    assert looks_english("", "1914", "…", "🙂") == [True] * 4


def test_no_texts_get_no_answers() -> None:
    assert looks_english() == has_letters() == []


def test_another_process_gets_the_same_answers() -> None:
    batch = ["The law of the land.", "La loi et le droit.", "数据", "1914", "quux " * 12]
    is_english, has_any = pickle.loads(pickle.dumps(TEST))(ATOMS.scan(batch))  # noqa: S301 (our own)
    assert (is_english.tolist(), has_any.tolist()) == (looks_english(*batch), has_letters(*batch))


@given(st.lists(texts, max_size=6))
def test_an_answer_does_not_depend_on_the_batch(batch: list[str]) -> None:
    assert looks_english(*batch) == [looks_english(text)[0] for text in batch]
    assert has_letters(*batch) == [any(map(str.isalpha, text)) for text in batch]


@given(texts)
@example("the la-loi-le")
def test_words_are_found_by_one_rule_however_the_text_was_read(text: str) -> None:
    is_english, has_any = TEST(TOKENS.scan([text]))
    assert (is_english.tolist(), has_any.tolist()) == (looks_english(text), has_letters(text))
