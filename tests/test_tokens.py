"""Tokens, atoms, word forms and sentences, against `re` and NLTK."""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nltk.stem.snowball import SnowballStemmer
from nltk.tokenize import RegexpTokenizer

from cyberthemes import Token, tokenize
from cyberthemes.tokens import STOP_WORDS, TOKEN_PATTERN, atoms, inflection_key, sentence_spans, stem

REFERENCE = RegexpTokenizer(TOKEN_PATTERN)
WORD_CHARACTER = RegexpTokenizer(r"\w")


def is_common_ground(character: str) -> bool:
    """NLTK compiles with the `regex` package, which counts marks as word characters and "²" not; `re` the reverse."""
    return bool(WORD_CHARACTER.tokenize(character)) == bool(re.match(r"\w", character))


# Arbitrary text alone seldom holds the joints that the pattern is about.
joints = st.text(alphabet="aBsÉ5中_.,'’&-‐‑ \n")


@given(st.one_of(st.text(), joints))
def test_tokens_are_the_matches_of_the_pattern_in_place(text: str) -> None:
    tokens = tokenize(text)
    assert [token.text for token in tokens] == re.findall(TOKEN_PATTERN, text)
    assert all(text[token.start : token.end] == token.text for token in tokens)
    assert all(first.end <= second.start for first, second in pairwise(tokens))


@given(st.one_of(st.text(alphabet=st.characters().filter(is_common_ground)), joints))
def test_tokens_equal_those_of_nltk(text: str) -> None:
    tokens = tokenize(text)
    assert [token.text for token in tokens] == REFERENCE.tokenize(text)
    assert [(token.start, token.end) for token in tokens] == list(REFERENCE.span_tokenize(text))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("B&R, 5G & e-commerce", ["B&R", "5G", "e-commerce"]),
        ("Qi‑Anxin of the U.S.", ["Qi‑Anxin", "of", "the", "U.S."]),
        ("22,000 firms paid 14.13.", ["22,000", "firms", "paid", "14.13"]),
        ("China's rock'n'roll don’t stop", ["China", "rock'n'roll", "don’t", "stop"]),
        ("the U.S.'s plan", ["the", "U.S.", "plan"]),
        ("firms' data - 'quoted'", ["firms", "data", "quoted"]),
        ("", []),
        ("— … !", []),
    ],
)
def test_keeps_whole_what_readers_see_as_one_word(text: str, words: list[str]) -> None:
    assert [token.text for token in tokenize(text)] == words


def test_a_token_gives_its_fields_as_plain_values() -> None:
    assert Token("5G", 3, 5).to_dict() == {"text": "5G", "start": 3, "end": 5}


@given(st.one_of(st.text(), joints))
def test_atoms_are_the_tokens_without_their_hyphens(text: str) -> None:
    parts = list(atoms(text))
    tokens = tokenize(text)
    assert all(text[start:end] == part for part, start, end in parts)
    assert "".join(part for part, _, _ in parts) == re.sub("[-‐‑]", "", "".join(token.text for token in tokens))
    assert all(any(token.start <= start < end <= token.end for token in tokens) for _, start, end in parts)


@pytest.mark.parametrize(
    "forms",
    [
        "regulate Regulates REGULATED regulating",
        "policy policies",
        "breach breaches breached breaching",
        "tax taxes taxed taxing",
        "ban bans banned banning",
        "focus focuses focused focusing",
        "access accesses accessed accessing",
        "tie ties tied",
        "apply applies applied applying",
        "law laws",
        "speed speeds speeding",
        "guarantee guarantees guaranteed guaranteeing",
        "agree agrees agreed agreeing",
        "proceed proceeds proceeded proceeding",
        "add adds added adding",
        "control controls controlled controlling",
    ],
)
def test_inflected_forms_of_a_word_have_one_key(forms: str) -> None:
    assert len({inflection_key(form) for form in forms.split()}) == 1


@pytest.mark.parametrize(
    "words",
    [
        "regulate regulator regulation",
        "govern government governance",
        "new news",
        "mean means",
        "be being",
        "th thing",
        "us used",
        "str string",
    ],
)
def test_derived_and_unlike_words_have_keys_of_their_own(words: str) -> None:
    assert len({inflection_key(word) for word in words.split()}) == len(words.split())


@pytest.mark.parametrize("word", ["5G", "B&R", "is", "U.S.", "4s", "news", "speed"])
def test_words_that_do_not_inflect_are_only_lower_cased(word: str) -> None:
    assert inflection_key(word) == word.lower()


@given(st.one_of(st.text(), st.from_regex(r"[a-z]{1,8}(s|es|ies|ed|ing|eed)?", fullmatch=True)))
def test_a_key_is_never_lost_and_ignores_case(word: str) -> None:
    assert bool(inflection_key(word)) == bool(word)
    assert inflection_key(word.lower()) == inflection_key(word)


@given(st.one_of(st.text(), st.from_regex(r"[A-Za-z]{1,10}(ational|ization|ing|ness)?", fullmatch=True)))
def test_stems_are_those_of_nltk(word: str) -> None:
    assert stem(word) == SnowballStemmer("english").stem(word)


@pytest.mark.parametrize(
    "sentences",
    [
        ["Mr. Li met Sen. Smith of the U.S. on Monday.", "They agreed on data."],
        ["It cost 3.5 billion yuan.", "Was it worth it?", '"No."', "(Yes!)"],
        ["One line\nbroken in two.", "The next."],
        ["No stop at the end"],
        [],
    ],
)
def test_splits_sentences_after_full_stops_but_not_after_abbreviations(sentences: list[str]) -> None:
    text = "  ".join(sentences)
    assert [text[start:end] for start, end in sentence_spans(text)] == sentences


@given(st.one_of(st.text(), st.text(alphabet="aA.!?…\" \n)'5")))
def test_every_visible_character_is_in_one_sentence(text: str) -> None:
    spans = sentence_spans(text)
    covered = [place for start, end in spans for place in range(start, end)]
    assert covered == sorted(set(covered))
    assert {place for place in range(len(text)) if not text[place].isspace()} <= set(covered)


def test_each_stop_word_is_one_lower_case_token() -> None:
    assert {"the", "of", "don't", "said"} <= STOP_WORDS
    assert not STOP_WORDS & {"china", "data", "internet", "security"}
    assert [word for word in STOP_WORDS if re.findall(TOKEN_PATTERN, word.lower()) != [word]] == []


def test_tokenizing_imports_neither_nltk_nor_numpy() -> None:
    code = (
        "import sys; from cyberthemes.tokens import inflection_key, tokenize; tokenize('5G'); inflection_key('laws');"
        "assert not {'nltk', 'numpy', 'sklearn', 'scipy'} & set(sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
