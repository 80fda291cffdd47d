"""Texts as a topic model sees them: what is a text, what is a term, and counts that are `topic_coherence`'s."""

from __future__ import annotations

import math
from typing import Any

import joblib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfTransformer

from cyberthemes import InputError, TermIndex, TermVectorizer
from cyberthemes.coherence import count_pairs, npmi, topic_coherence
from cyberthemes.collection import Collection, Vocabulary, is_already_split, learn_index, read_collection, strings_of

EVERY = Vocabulary(max_df=1.0)
TEXTS = [
    "The Belt and Road brings data laws; data flows along the Belt-and-Road.",
    "Data laws, AI rules and chip rules.",
    "",
    "Chips for AI: no chip law, no AI law.",
    "数据 İstanbul's laws",
    "nothing of what the others have",
]
tokens = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=4).filter(
    lambda token: len(token.split()) == 1 and token == token.strip()
)
words = st.sampled_from(["data", "law", "chip", "net", "laws", "road", "rare", "zzz"])
split_texts = st.lists(st.lists(words, max_size=25).map(" ".join), min_size=1, max_size=6)


def index_of(*keys: str) -> TermIndex:
    """Return an index of words between blanks."""
    vectorizer = TermVectorizer(ngram_range=(1, 1), already_split=True)
    return vectorizer.fit([" ".join(keys)]).index_


def read(index: TermIndex, texts: list[str], **settings: Any) -> Collection:
    return read_collection(index, texts, range(len(texts)), **settings)


def assert_same(first: Collection, second: Collection) -> None:
    assert first.texts == second.texts
    for a, b in (
        (first.positions, second.positions),
        (first.terms, second.terms),
        (first.lengths, second.lengths),
        (first.X.data, second.X.data),
        (first.X.indices, second.X.indices),
        (first.X.indptr, second.X.indptr),
    ):
        assert a.dtype == b.dtype
        assert np.array_equal(a, b)


# What is a text -------------------------------------------------------------------------------------------


@given(st.lists(st.lists(tokens, max_size=6), max_size=6))
@settings(max_examples=25)
def test_lists_of_tokens_become_words_between_blanks(texts: list[list[str]]) -> None:
    strings = strings_of(texts)
    assert [text.split() for text in strings] == texts
    assert strings_of(tuple(map(tuple, texts))) == strings


@given(st.lists(st.text(), max_size=6))
@settings(max_examples=25)
def test_strings_stay_as_they_are(texts: list[str]) -> None:
    assert strings_of(texts) == strings_of(iter(texts)) == texts


def test_strings_and_lists_of_tokens_may_be_mixed() -> None:
    assert strings_of(["Data law.", ["data", "flow_of"], [], ""]) == ["Data law.", "data flow_of", "", ""]


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ("data law", "found one str"),
        (None, "NoneType"),
        (5, "int"),
        ([5], "text 0: found int"),
        (["data", None], "text 1: found NoneType"),
        ([float("nan")], "text 0: found float"),
        ([b"data"], "text 0: found bytes"),
        ([{"data"}], "text 0: found set"),
        ([["data"], ["law", ""]], "text 1: token ''"),
        ([["data law"]], "text 0: token 'data law'.*_"),
        ([[" data"], ["data\u3000law"]], "text 1: token"),
        ([["data", None]], "text 0: token None"),
        ([[["data"]]], "text 0: token"),
        ([[5]], "text 0: token 5"),
    ],
    ids=repr,
)
def test_refuses_what_is_no_text(texts: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        strings_of(texts)


@pytest.mark.parametrize(
    ("texts", "is_split"),
    [
        (["data law chip", "rain wind"], True),
        (["data_law e-commerce 5g 2025", "chips"], True),
        ([" data \n law "], True),
        (["data law", ""], True),
        (["数据 安全"], True),
        (["Data law"], False),
        (["data law", "wind Rain"], False),
        (["data law."], False),
        (["data, law"], False),
        (["data law", "law of the data"], False),
        (["2025 10 2024"], False),
        ([""], False),
        ([], False),
    ],
)
def test_knows_texts_that_were_split_and_cleaned(texts: list[str], is_split: bool) -> None:
    assert is_already_split(texts) is is_split
    assert is_already_split(iter(texts)) is is_split


@pytest.mark.parametrize(("n_words", "is_split"), [(19, True), (18, False)])
def test_split_texts_have_one_stop_word_in_twenty_at_most_taken_together(n_words: int, is_split: bool) -> None:
    assert is_already_split(["the", "data " * n_words]) is is_split


# What is a term -------------------------------------------------------------------------------------------


def test_idf_is_a_power_of_the_logarithm() -> None:
    texts = ["data law", "data chip", "data law", "data"]
    for power in (0.5, 1, 1.5, 2.0, np.float64(1.5)):
        index = learn_index(texts, Vocabulary(max_df=1.0, idf_power=power), already_split=True)
        assert index.keys == ("chip", "data", "law")
        by_hand = [math.log(5 / 2) ** power, 0.0, math.log(5 / 3) ** power]
        np.testing.assert_allclose(index.idf, by_hand, rtol=1e-12)


def test_terms_count_alike_with_a_power_of_zero() -> None:
    index = learn_index(["data law", "data chip", "law"], Vocabulary(max_df=1.0, idf_power=0), already_split=True)
    assert index.idf.tolist() == [1.0, 1.0, 1.0]


def test_the_usual_power_is_one_and_a_half() -> None:
    assert learn_index(["data", "law"], EVERY, True).idf[0] == pytest.approx(math.log(3 / 2) ** 1.5, rel=1e-12)


@pytest.mark.parametrize("power", [-1, -0.5, math.nan, math.inf, "1", None, [1.5]], ids=repr)
def test_refuses_a_power_that_is_none(power: Any) -> None:
    with pytest.raises(InputError, match="idf_power"):
        learn_index(["data law", "chip"], Vocabulary(idf_power=power), already_split=False)


@pytest.mark.parametrize(
    ("n_texts", "fewest"),
    [(10, 1), (49, 1), (50, 2), (1_000, 2), (2_600, 3), (5_400, 5), (10_000, 10), (11_000, 10)],
)
def test_a_term_stands_in_one_text_of_a_thousand_and_in_2_to_10(n_texts: int, fewest: int) -> None:
    texts = ["enough"] * fewest + ["few"] * (fewest - 1) + ["", "filler"] * n_texts
    index = learn_index(texts[:n_texts], Vocabulary(), already_split=True)
    assert set(index.keys) - {"filler"} == {"enough"}


def test_takes_the_limits_that_are_given() -> None:
    texts = ["data law law", "data chip chip chip", "data law", "net"] * 20
    limits = Vocabulary(min_df=25, max_df=50, max_features=1)
    assert learn_index(texts, limits, already_split=True).keys == ("law",)
    assert learn_index(texts, Vocabulary(min_df=1, max_df=1.0, max_features=None), True).keys == (
        "chip",
        "data",
        "law",
        "net",
    )


def test_by_default_a_term_stands_in_half_of_the_texts_at_most() -> None:
    assert learn_index(["data law", "data law", "data", "chip"], Vocabulary(), True).keys == ("chip", "law")


def test_finds_phrases_by_counting_beside_their_words() -> None:
    verbs = ["spans", "reaches", "joins", "links", "serves", "spread", "opened"]
    index = learn_index([f"The Belt and Road {verb} states." for verb in verbs], EVERY, False)
    assert {"#Belt and Road", "belt", "road", "stat"} < set(index.keys)
    assert "and" not in index


def test_takes_the_phrases_that_are_given_and_further_ones() -> None:
    vocabulary = Vocabulary(phrases=["data flow"], max_df=1.0)
    index = learn_index(["Data flows and chip laws"] * 7, vocabulary, False, ["chip law", "no such"])
    assert dict(zip(index.keys, index.labels, strict=True)) == {
        "#chip law": "chip law",
        "#data flow": "data flow",
        "chip": "chip",
        "data": "Data",
        "flow": "flows",
        "law": "laws",
    }


def test_finds_further_phrases_in_split_texts_too() -> None:
    index = learn_index(["data flow law"] * 7, EVERY, True, ["data flow"])
    assert index.keys == (" data flow", "data", "flow", "law")


def test_counts_no_phrases_in_split_texts() -> None:
    texts = [f"word{number}x supply chain" for number in range(9)]
    assert "#supply chain" in learn_index(texts, EVERY, already_split=False)
    assert " supply chain" not in learn_index(texts, EVERY, already_split=True)


def test_words_that_report_speech_are_no_terms_by_default() -> None:
    index = learn_index(["Officials said the law, according to notes, adds"], EVERY, already_split=False)
    assert index.keys == ("law", "official")


def test_words_in_one_form_without_stop_words_and_numbers() -> None:
    index = learn_index(["The laws of 2025, a Law", "laws"], EVERY, already_split=False)
    assert index.keys == ("law",)
    assert index.labels == ("laws",)
    own = learn_index(["The law of data"], Vocabulary(stop_words=["law", "data"], max_df=1.0), False)
    assert own.keys == ("of", "the")


def test_split_words_are_terms_as_they_are() -> None:
    assert learn_index(["laws law 2025 the x"], EVERY, True).keys == ("2025", "law", "laws", "the", "x")


@pytest.mark.parametrize("phrase", ["data law", "Belt and Road", "AI"])
def test_no_two_terms_have_one_name(phrase: str) -> None:
    index = learn_index([*TEXTS, "data laws", "Data law"], EVERY, False, [phrase])
    assert "#" + phrase in index
    assert len(set(index.labels)) == len(index.labels)


@pytest.mark.parametrize("phrase", ["Web 3.0", "the web", "IT web"])
def test_a_phrase_of_a_word_and_a_number_or_stop_word_leaves_the_word_alone(phrase: str) -> None:
    index = learn_index(["Web chips", f"{phrase} and the law"], EVERY, False, [phrase])
    assert "web" in index


@pytest.mark.parametrize(
    "phrases",
    ["data", 5, [5], [None], ["…"]],
    ids=repr,
)
def test_refuses_phrases_that_are_no_list_of_words(phrases: Any) -> None:
    with pytest.raises(InputError):
        learn_index(["data law", "chip"], Vocabulary(phrases=phrases), already_split=False)


@pytest.mark.parametrize(
    "settings",
    [{"stop_words": "the"}, {"stop_words": 5}, {"min_df": -1}, {"max_df": 2.5}, {"max_features": 0}, {"min_df": "1"}],
    ids=str,
)
def test_refuses_settings_that_cannot_be_meant(settings: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        learn_index(["data law", "chip"], Vocabulary(**settings), already_split=False)


@pytest.mark.parametrize("texts", [[], [""], ["…", "the"], ["data", "data"]], ids=repr)
def test_refuses_to_learn_from_no_terms(texts: list[str]) -> None:
    with pytest.raises(InputError):
        learn_index(texts, Vocabulary(), already_split=False)


# Texts in the terms of an index ---------------------------------------------------------------------------


def test_weighs_as_scikit_learn_does_with_the_power_of_idf() -> None:
    index = learn_index(TEXTS, EVERY, already_split=False, further_phrases=["Belt and Road"])
    collection = read(index, TEXTS)
    counts = np.zeros(collection.X.shape)
    np.add.at(counts, (np.repeat(np.arange(len(TEXTS)), collection.lengths), collection.terms), 1)
    reference = TfidfTransformer(sublinear_tf=True).fit(counts)
    reference.idf_ = index.idf
    np.testing.assert_allclose(collection.X.toarray(), reference.transform(counts).toarray(), rtol=1e-12)


def test_has_the_terms_of_each_text_in_their_order() -> None:
    index = learn_index(TEXTS, EVERY, already_split=False, further_phrases=["Belt and Road"])
    collection = read(index, TEXTS)
    starts = np.cumsum(collection.lengths) - collection.lengths
    in_order = [
        [index.keys[term] for term in collection.terms[start : start + length]]
        for start, length in zip(starts, collection.lengths, strict=True)
    ]
    belt = ["belt", "#Belt and Road", "road"]
    assert in_order[:3] == [
        [*belt, "bring", "data", "law", "data", "flow", *belt],
        ["data", "law", "ai", "rul", "chip", "rul"],
        [],
    ]
    assert collection.terms.dtype == np.int32
    assert collection.lengths.dtype == collection.positions.dtype == np.int64


def test_keeps_texts_and_where_they_stood() -> None:
    collection = read_collection(index_of("data"), ["law", "data data"], [7, 3])
    assert collection.texts == ("law", "data data")
    assert collection.positions.tolist() == [7, 3]
    assert collection.X.toarray().tolist() == [[0.0], [1.0]]
    assert collection.lengths.tolist() == [0, 2]


@given(st.lists(st.one_of(st.text(), st.sampled_from(TEXTS)), max_size=5))
@settings(max_examples=25)
def test_a_row_has_length_1_or_0_and_does_not_depend_on_the_others(texts: list[str]) -> None:
    index = learn_index(TEXTS, EVERY, already_split=False)
    collection = read(index, texts)
    assert collection.X.shape == (len(texts), len(index))
    assert collection.X.has_sorted_indices
    for row, text in enumerate(texts):
        alone = read(index, [text])
        assert np.array_equal(collection.X[row].toarray(), alone.X.toarray())
        length = np.linalg.norm(alone.X.data)
        assert length == pytest.approx(1.0, abs=1e-12) if alone.X.nnz else length == 0.0
        assert collection.lengths[row] == alone.lengths[0]


def test_reads_no_texts() -> None:
    collection = read(index_of("data", "law"), [])
    assert collection.X.shape == (0, 2)
    assert len(collection.terms) == len(collection.lengths) == len(collection.positions) == 0
    assert collection.npmi(np.array([0, 1])).tolist() == [[0.0, 0.0], [0.0, 0.0]]


@pytest.mark.usefixtures("two_blas_threads")
def test_the_number_of_workers_changes_no_bit() -> None:
    texts = [f"word{n % 17} word{n % 13} {'data ' * (n % 5)}" for n in range(4_500)]
    index = learn_index(texts, Vocabulary(), already_split=True)
    alone = read(index, texts)
    with joblib.parallel_config("threading"):  # processes take a second to start
        assert_same(read(index, texts, n_jobs=2), alone)
    # Texts are read some at a time, and put together in their order.
    few = [0, 1_999, 2_000, 3_999, 4_000, 4_499]
    expected = read(index, [texts[row] for row in few])
    assert np.array_equal(alone.X[few].toarray(), expected.X.toarray())
    assert alone.lengths[few].tolist() == expected.lengths.tolist()


# Which terms meet -----------------------------------------------------------------------------------------


@given(split_texts, st.lists(st.integers(0, 7), unique=True, max_size=8))
@settings(max_examples=25)
def test_npmi_is_that_of_coherence_on_the_same_tokens(texts: list[str], chosen: list[int]) -> None:
    index = index_of("chip", "data", "law", "laws", "net", "rare", "road", "zzz")
    columns = np.array(chosen, dtype=np.int64)
    matrix = read(index, texts).npmi(columns)
    pairs = [(a, b) for a in range(len(columns)) for b in range(len(columns)) if a != b]
    topics = [[index.keys[columns[a]], index.keys[columns[b]]] for a, b in pairs]
    expected = topic_coherence(topics, [text.split() for text in texts], window=10)
    assert matrix.shape == (len(columns), len(columns))
    np.testing.assert_allclose([matrix[pair] for pair in pairs], expected, rtol=1e-12)


def test_windows_are_of_terms_not_of_the_words_between() -> None:
    index = index_of("data", "law", "net")
    texts = ["data" + " unknown" * 20 + " law", "net", "data" + " net" * 20 + " law"]
    known = [["data", "law"], ["net"], ["data", *["net"] * 20, "law"]]
    matrix = read(index, texts).npmi(np.array([0, 1]))
    assert matrix[0, 1] == pytest.approx(topic_coherence([["data", "law"]], known, window=10)[0], rel=1e-12)


def numbered(terms: np.ndarray[Any, Any], lengths: list[int], n_terms: int) -> Collection:
    """Return a collection of texts of whose terms only the numbers are known."""
    n_texts = len(lengths)
    X = csr_matrix((n_texts, n_terms))
    return Collection(("",) * n_texts, np.arange(n_texts), X, terms.astype(np.int32), np.array(lengths, dtype=np.int64))


def test_counts_all_texts_some_at_a_time() -> None:
    lengths = [150_000, 0, 90_000, 250_000, 3, 120_000, 0]
    terms = np.random.default_rng(0).integers(0, 1_000, sum(lengths))
    columns = np.array([5, 500, 3])
    number = np.full(1_000, -1)
    number[columns] = [0, 1, 2]
    pairs, total = count_pairs(number[terms], np.array(lengths), 3, 10)
    assert np.array_equal(numbered(terms, lengths, 1_000).npmi(columns), npmi(pairs, total))


@pytest.mark.parametrize(
    ("n_tokens", "looked_at"), [(1_999_999, {1, 2, 3, 4, 5, 6}), (2_000_000, {1, 3, 5}), (4_000_000, {1, 4})]
)
def test_of_a_large_collection_looks_at_texts_at_even_distances(n_tokens: int, looked_at: set[int]) -> None:
    # Text 1 begins with terms 0 and 1, text 2 with 0 and 2, and so on; term 7 fills them up.
    lengths = [n_tokens // 6] * 5 + [n_tokens - 5 * (n_tokens // 6)]
    terms = np.full(n_tokens, 7)
    for number in range(6):
        first = number * lengths[0]
        terms[first : first + 2] = 0, number + 1
    together = numbered(terms, lengths, 8).npmi(np.arange(7))[0]
    assert {column for column in range(1, 7) if together[column] > 0} == looked_at


def test_a_sample_says_nearly_what_all_texts_say() -> None:
    rng = np.random.default_rng(1)
    lengths, weights = [500] * 4_400, 1 / np.arange(1, 2_001)
    terms = rng.choice(2_000, sum(lengths), p=weights / weights.sum())
    columns = np.array([40, 60, 80])
    number = np.full(2_000, -1)
    number[columns] = [0, 1, 2]
    pairs, total = count_pairs(number[terms], np.array(lengths), 3, 10)
    np.testing.assert_allclose(numbered(terms, lengths, 2_000).npmi(columns), npmi(pairs, total), atol=0.02)
