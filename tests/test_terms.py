"""Terms: what an analyser finds where, and what an index makes of it; weights computed by hand."""

from __future__ import annotations

import json
import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyberthemes import InputError, TermIndex
from cyberthemes.terms import TermAnalyzer, TermOccurrence

PHRASES = ["Belt and Road", "data flow", "AI", "e-commerce"]
WORDS = ["Belt", "and", "Road", "data", "flows", "AI", "ai", "e-commerce", "laws", "law", "U.S.", "İ", "’s", ",", "\n"]
texts = st.one_of(st.text(), st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join))
analyzers = st.builds(
    TermAnalyzer,
    st.sampled_from([(1, 1), (1, 2), (2, 3)]),
    st.sampled_from([[], PHRASES]),
    st.booleans(),
    st.sampled_from([[], ["and", "law"]]),
    st.booleans(),
)


def index_of(
    analyzer: TermAnalyzer, *keys: str, idf: list[float] | None = None, sublinear_tf: bool = True
) -> TermIndex:
    return TermIndex(analyzer, keys, [key.upper() for key in keys], idf or [1.0] * len(keys), sublinear_tf)


@pytest.mark.parametrize(
    ("analyzer", "text", "keys"),
    [
        (TermAnalyzer((1, 1)), "New laws, new Law", ["new", "laws", "new", "law"]),
        (TermAnalyzer((1, 2)), "New e-laws", ["new", "e-laws", "new e-laws"]),
        (TermAnalyzer((2, 3)), "a b. C", ["a b", "b c", "a b c"]),
        (TermAnalyzer((1, 2), stop_words=["of"]), "Rule OF law", ["rule", "law", "rule law"]),
        (TermAnalyzer((1, 1), merge_inflections=True), "5G-led laws", ["5g", "led", "law"]),
        (TermAnalyzer((2, 2), ["data flow"]), "data flow law", ["flow law", "#data flow"]),
        (TermAnalyzer((1, 1), ["AI"]), "AI or ai", ["ai", "or", "ai", "#AI"]),
        (TermAnalyzer((1, 1), ["law"]), "laws", ["laws"]),
        (
            TermAnalyzer((1, 2), already_split=True),
            "E-laws,  law.\nThe",
            ["E-laws,", "law.", "The", "E-laws, law.", "law. The"],
        ),
        (
            TermAnalyzer((1, 1), (), True, ["the"], already_split=True),
            "the laws 2025 Laws",
            ["the", "laws", "2025", "Laws"],
        ),
        (
            TermAnalyzer((1, 1), ["data flow"], already_split=True),
            "data flow data",
            ["data", "flow", "data", " data flow"],
        ),
        (TermAnalyzer((1, 1), ["e-law"]), "e-law law", ["law", "#e-law"]),
        (TermAnalyzer((1, 1), ["e-law"], True, (), True), "e-law law", ["law", " e-law"]),
        (TermAnalyzer((1, 2), ["law of data"], True, ["of"]), "law of data", ["law", "data", "#law of data"]),
        (TermAnalyzer((2, 2), ["data flow"], already_split=True), "data flow law", ["flow law", " data flow"]),
        (TermAnalyzer((1, 1), already_split=True), " \n\u3000", []),
        (TermAnalyzer((1, 3)), "", []),
        (TermAnalyzer((2, 2)), "one", []),
    ],
)
def test_gives_ngrams_by_length_and_place_then_phrases(analyzer: TermAnalyzer, text: str, keys: list[str]) -> None:
    assert analyzer(text) == keys


@pytest.mark.parametrize("apostrophe", ["'", "’"])
def test_drops_a_stop_word_with_either_apostrophe(apostrophe: str) -> None:
    assert TermAnalyzer((1, 1), stop_words=["don't"])(f"Don{apostrophe}t stop") == ["stop"]


@pytest.mark.parametrize("phrase", ["Web 3.0", "the web", "web 3"])
def test_a_phrase_takes_the_place_of_no_single_word(phrase: str) -> None:
    analyzer = TermAnalyzer((1, 1), [phrase], merge_inflections=True, stop_words=["the"])
    assert analyzer("web law") == ["web", "law"]


@given(texts)
def test_of_split_texts_the_words_are_what_stands_between_blanks(text: str) -> None:
    spans = TermAnalyzer((1, 1), (), True, ["and"], already_split=True).spans(text)
    assert [key for key, _, _ in spans] == text.split()
    assert all(text[start:end] == key for key, start, end in spans)


@given(analyzers, texts)
def test_spans_are_places_in_the_text_as_given(analyzer: TermAnalyzer, text: str) -> None:
    spans = analyzer.spans(text)
    assert analyzer(text) == [key for key, _, _ in spans]
    for key, start, end in spans:
        found = text[start:end]
        assert found
        assert found == found.strip()
        assert key in analyzer(found)


def test_shows_a_phrase_as_given_and_each_word_in_its_form() -> None:
    analyzer = TermAnalyzer(phrases=["Belt and Road"])
    assert analyzer.label("#Belt and Road", {"Belt": "no"}) == "Belt and Road"
    assert analyzer.label("data law", {"law": "Laws"}) == "data Laws"


@pytest.mark.parametrize(
    "make",
    [
        lambda: TermAnalyzer(phrases="data"),
        lambda: TermAnalyzer(stop_words="english"),
        lambda: TermAnalyzer(phrases=["…"]),
        lambda: TermAnalyzer((0, 1)),
        lambda: TermAnalyzer((2, 1)),
    ],
    ids=["phrases str", "stop words str", "phrase without word", "n-grams of 0 words", "no lengths"],
)
def test_refuses_an_analyser_that_could_not_work(make: Callable[[], TermAnalyzer]) -> None:
    with pytest.raises(InputError):
        make()


def test_weighs_by_hand_computed_tf_idf() -> None:
    index = index_of(TermAnalyzer((1, 1)), "data", "law", "net", idf=[1.0, 2.0, 5.0])
    rows = index.weigh([2, 0, 0, 0], [2, 1, 0, 1], 3)
    dampened = 2.0 * (1.0 + math.log(2.0))
    assert (rows.indices.tolist(), rows.counts.tolist(), rows.indptr.tolist()) == ([0, 1, 2], [1, 2, 1], [0, 2, 2, 3])
    norm = math.hypot(1, dampened)
    np.testing.assert_allclose(rows.data, [1 / norm, dampened / norm, 1.0], rtol=1e-15)
    assert rows.texts().tolist() == [0, 0, 2]


def test_weighs_by_plain_counts_if_not_sublinear() -> None:
    index = index_of(TermAnalyzer((1, 1)), "data", "law", idf=[3.0, 2.0], sublinear_tf=False)
    np.testing.assert_allclose(index.rows(["law data law"]).data, [3 / 5, 4 / 5], rtol=1e-15)


def test_divides_by_the_length_or_by_min_norm_if_that_is_more() -> None:
    index = TermIndex(TermAnalyzer((1, 1)), ["data", "law"], ["data", "law"], [3.0, 4.0], min_norm=4.0)
    assert index.rows(["data", "data law"]).data.tolist() == [0.75, 0.6, 0.8]


def test_text_without_known_terms_has_an_empty_row() -> None:
    index = index_of(TermAnalyzer((1, 1)), "data")
    rows = index.rows(["Law.", "data", ""])
    assert (rows.data.tolist(), rows.indices.tolist(), rows.indptr.tolist()) == ([1.0], [0], [0, 0, 1, 1])
    assert index.rows([]).indptr.tolist() == [0]


def test_terms_that_weigh_nothing_are_no_division_by_zero() -> None:
    assert index_of(TermAnalyzer(), "data", idf=[0.0]).rows(["data"]).data.tolist() == [0.0]


def test_rows_do_not_depend_on_how_many_texts_are_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = ["data law data", "", "law net", "Belt and Road data flows"] * 3
    index = index_of(TermAnalyzer((1, 2), ["Belt and Road"]), "data", "data law", "law", "#Belt and Road")
    together = index.rows(batch)
    monkeypatch.setattr("cyberthemes.terms._CHARACTERS_AT_ONCE", 20)
    apart = index.rows(iter(batch))
    for name in ("data", "indices", "indptr", "counts"):
        assert np.array_equal(getattr(together, name), getattr(apart, name))


@given(analyzers, st.lists(texts, min_size=1, max_size=5))
def test_a_row_does_not_depend_on_the_other_texts(analyzer: TermAnalyzer, batch: list[str]) -> None:
    keys = sorted({key for text in batch for key in analyzer(text)})[1:]
    index = index_of(analyzer, *keys, idf=[1.0 + 0.1 * column for column in range(len(keys))])
    rows = index.rows(batch)
    for number, text in enumerate(batch):
        alone, own = index.rows([text]), slice(rows.indptr[number], rows.indptr[number + 1])
        assert np.array_equal(rows.data[own], alone.data)
        assert np.array_equal(rows.indices[own], alone.indices)
        assert np.all(np.diff(alone.indices) > 0)
        assert not len(alone.data) or np.linalg.norm(alone.data) == pytest.approx(1.0, abs=1e-12)


@given(analyzers, texts)
def test_occurrences_say_where_each_known_term_stands(analyzer: TermAnalyzer, text: str) -> None:
    known = sorted(set(analyzer(text)))[::2]
    index = index_of(analyzer, *known)
    found = [(index.keys[place.term], place.start, place.end) for place in index.occurrences(text)]
    assert found == [span for span in analyzer.spans(text) if span[0] in known]


def test_occurrences_are_in_code_points() -> None:
    index = index_of(TermAnalyzer((1, 1), ["data flow"]), "law", "#data flow")
    assert index.occurrences("🌐 data\nflows, 法 law") == [TermOccurrence(0, 16, 19), TermOccurrence(1, 2, 12)]


def test_knows_its_terms_and_their_number() -> None:
    index = index_of(TermAnalyzer(), "data", "law")
    assert len(index) == 2
    assert "law" in index
    assert "net" not in index
    assert 0 not in index


@given(analyzers, texts)
def test_survives_storage_as_plain_values(analyzer: TermAnalyzer, text: str) -> None:
    keys = sorted(set(analyzer(text)))
    index = TermIndex(analyzer, keys, [key.upper() for key in keys], [1.5] * len(keys), False, 2.5)
    copy = TermIndex.from_dict(json.loads(json.dumps(index.to_dict())), index.idf)
    assert copy.to_dict() == index.to_dict()
    assert copy.labels == index.labels
    assert copy.analyzer(text) == index.analyzer(text)
    assert copy.occurrences(text) == index.occurrences(text)
    assert np.array_equal(copy.rows([text]).data, index.rows([text]).data)


def test_a_model_older_than_split_texts_loads_with_what_it_meant() -> None:
    stored = index_of(TermAnalyzer((1, 1), ["data flow"]), "data", "#data flow").to_dict()
    assert stored.pop("already_split") is False
    analyzer = TermIndex.from_dict(stored, [1.0, 1.0]).analyzer
    assert analyzer.already_split is False
    assert analyzer("Data flow.") == ["data", "flow", "#data flow"]


def test_an_index_of_split_texts_older_than_their_mark_of_phrases_finds_them() -> None:
    stored = index_of(TermAnalyzer((1, 1), ["data flow"], already_split=True), "data", " data flow").to_dict()
    index = TermIndex.from_dict(stored | {"keys": ["data", "#data flow"]}, [1.0, 1.0])
    assert [place.term for place in index.occurrences("data flow")] == [0, 1]


def test_storage_says_that_texts_are_split() -> None:
    stored = json.loads(json.dumps(index_of(TermAnalyzer((1, 1), already_split=True), "data").to_dict()))
    assert stored["already_split"] is True
    assert TermIndex.from_dict(stored, [1.0]).analyzer("Data flow.") == ["Data", "flow."]


@pytest.mark.parametrize(
    ("keys", "labels", "idf"),
    [
        (["data"], ["data", "law"], [1.0]),
        (["data"], ["data"], [1.0, 1.0]),
        (["data", "data"], ["data", "data"], [1.0, 1.0]),
    ],
    ids=["labels", "idf", "repeated key"],
)
def test_refuses_parts_that_do_not_fit_together(keys: list[str], labels: list[str], idf: list[float]) -> None:
    with pytest.raises(InputError):
        TermIndex(TermAnalyzer(), keys, labels, idf)


def test_refuses_a_lone_str_whose_letters_would_be_texts() -> None:
    with pytest.raises(InputError):
        index_of(TermAnalyzer(), "data").rows("data")
