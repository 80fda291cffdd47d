"""`TermVectorizer` against scikit-learn's `TfidfVectorizer`, bit for bit, and the contract of an estimator."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.decomposition import NMF
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags

from cyberthemes import InputError, TermVectorizer
from cyberthemes.terms import TermAnalyzer
from cyberthemes.tokens import TOKEN_PATTERN

TEXTS = [
    "Data laws for e-commerce and AI: the data law of Examplia.",
    "The Belt and Road brings 5G; data flows along the “Belt-and-Road”.",
    "Data-flow rules, AI rules, 5G rules.",
    "数据 law – İstanbul's U.S. offices don’t use AI, ΟΔΟΣ's do.",
    "",
]
PHRASES = ["Belt and Road", "data flow", "AI", "U.S. law", "e-commerce law"]
WORDS = [
    "data",
    "Data",
    "flows",
    "flow",
    "AI",
    "ai",
    "Belt",
    "and",
    "Road",
    "5G",
    "e-commerce",
    "U.S.",
    "’s",
    ".",
    "\n",
]
written = st.lists(st.sampled_from(WORDS), max_size=15).map(" ".join)
# "İ" and "Σ" lower-case to other characters in a word than in its text: scikit-learn lower-cases the text, we the word.
plain = st.text(st.characters(exclude_characters="İΣ"))
arbitrary = st.one_of(st.text(), st.text("İΣσaA'’.\u0307 -"))


def can_fit(vectorizer: Any, texts: list[str]) -> bool:
    try:
        vectorizer.fit(texts)
    except ValueError:
        return False
    return True


def oracle(vectorizer: TermVectorizer) -> TfidfVectorizer:
    settings = vectorizer.get_params()
    names = ("ngram_range", "phrases", "merge_inflections", "stop_words", "already_split")
    analyzer = TermAnalyzer(**{name: settings[name] for name in names})
    shared = ("min_df", "max_df", "max_features", "sublinear_tf")
    return TfidfVectorizer(analyzer=analyzer, **{name: settings[name] for name in shared})


def assert_same_matrix(ours: Any, theirs: Any) -> None:
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype == np.float64
    for part in ("data", "indices", "indptr"):
        assert np.array_equal(getattr(ours, part), getattr(theirs, part))


def assert_equals(vectorizer: TermVectorizer, reference: TfidfVectorizer, texts: list[str]) -> None:
    is_fitted = can_fit(reference, texts)
    assert can_fit(vectorizer, texts) == is_fitted
    if is_fitted:
        assert list(vectorizer.index_.keys) == list(reference.get_feature_names_out())
        assert np.array_equal(vectorizer.idf_, reference.idf_)
        for batch in (texts, ["AI law", *reversed(texts), "nothing known: zzz"]):
            # Its `fit_transform` leaves the columns of a row unsorted, its `transform` does not.
            assert_same_matrix(vectorizer.transform(batch), reference.transform(batch))


@given(st.lists(st.one_of(plain, written), max_size=6), st.sampled_from([(1, 1), (1, 2), (2, 3)]), st.booleans())
def test_equals_scikit_learn_given_the_token_pattern(
    texts: list[str], ngram_range: tuple[int, int], dampen: bool
) -> None:
    reference = TfidfVectorizer(token_pattern=TOKEN_PATTERN, ngram_range=ngram_range, sublinear_tf=dampen)
    assert_equals(TermVectorizer(ngram_range=ngram_range, sublinear_tf=dampen), reference, texts)


@given(
    st.lists(st.one_of(arbitrary, written), max_size=6),
    st.builds(
        TermVectorizer,
        ngram_range=st.sampled_from([(1, 1), (1, 2), (2, 3)]),
        phrases=st.sampled_from([(), PHRASES]),
        merge_inflections=st.booleans(),
        stop_words=st.sampled_from([(), ["and", "s"]]),
        already_split=st.booleans(),
        min_df=st.sampled_from([1, 2, 0.3]),
        max_df=st.sampled_from([1.0, 3, 0.7]),
        sublinear_tf=st.booleans(),
    ),
)
def test_equals_scikit_learn_given_the_analyser(texts: list[str], vectorizer: TermVectorizer) -> None:
    assert_equals(vectorizer, oracle(vectorizer), texts)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"phrases": PHRASES},
        {"phrases": PHRASES, "merge_inflections": True},
        {"phrases": PHRASES, "already_split": True},
        {"ngram_range": (1, 3), "stop_words": ["the", "and"]},
        {"min_df": 2, "max_df": 0.6},
        {"min_df": 0.4, "max_df": 3, "sublinear_tf": False},
        {"ngram_range": (1, 1), "max_features": 1},
        {"ngram_range": (1, 1), "max_features": 2, "merge_inflections": True},
        {"ngram_range": (1, 1), "max_features": 10_000},
    ],
    ids=str,
)
def test_equals_scikit_learn_at_every_setting(settings: dict[str, Any]) -> None:
    # "data" and "rules" are the commonest words, so that max_features cuts no tie.
    texts = [*TEXTS, "data rules rule data"]
    vectorizer = TermVectorizer(**settings)
    assert_equals(vectorizer, oracle(vectorizer), texts)
    assert vectorizer.transform(texts).nnz > 0


def test_drops_stop_words_as_scikit_learn_does() -> None:
    stop_words = ["the", "and", "data"]
    reference = TfidfVectorizer(
        token_pattern=TOKEN_PATTERN, ngram_range=(1, 2), sublinear_tf=True, stop_words=stop_words
    )
    texts = [text for text in TEXTS if "İ" not in text]
    assert_equals(TermVectorizer(stop_words=stop_words), reference, texts)


@given(st.lists(st.one_of(arbitrary, written), max_size=6), st.sampled_from([(1, 1), (1, 2)]))
def test_splits_at_blanks_as_scikit_learn_does(texts: list[str], ngram_range: tuple[int, int]) -> None:
    reference = TfidfVectorizer(
        tokenizer=str.split, token_pattern=None, lowercase=False, ngram_range=ngram_range, sublinear_tf=True
    )
    assert_equals(TermVectorizer(ngram_range=ngram_range, already_split=True), reference, texts)


def test_split_words_are_shown_as_they_are_and_never_merged() -> None:
    vectorizer = TermVectorizer(ngram_range=(1, 1), merge_inflections=True, already_split=True, stop_words=["the"])
    names = vectorizer.fit(["the laws law_of 2025 Law", "law"]).get_feature_names_out()
    assert list(names) == ["2025", "Law", "law", "law_of", "laws", "the"]


def test_a_split_word_with_a_hash_is_no_phrase() -> None:
    texts = ["#AI and AI here", "#data law holds", "data law"]
    vectorizer = TermVectorizer(ngram_range=(1, 2), already_split=True, phrases=["AI", "data law"]).fit(texts)
    keys = vectorizer.index_.keys
    assert {"#AI", " AI", "#data law", " data law"} <= set(keys)
    assert_equals(vectorizer, oracle(vectorizer), texts)
    assert [key for key, _, _ in vectorizer.index_.analyzer.spans("#AI AI")] == ["#AI", "AI", "#AI AI", " AI", " AI"]


def test_a_text_lighter_than_min_norm_is_not_scaled_up_to_length_1() -> None:
    texts = ["data", "data law data law net"]
    plain_rows = TermVectorizer(ngram_range=(1, 1)).fit_transform(texts)
    damped = TermVectorizer(ngram_range=(1, 1), min_norm=2.0).fit(texts)
    assert damped.transform(texts)[1].toarray().tolist() == plain_rows[1].toarray().tolist()
    assert damped.transform(texts)[0].data.tolist() == [damped.idf_[0] / 2.0]


def test_lower_cases_word_by_word() -> None:
    vectorizer = TermVectorizer(ngram_range=(1, 1)).fit(["İSTANBUL'a ΟΔΟΣ's"])
    assert list(vectorizer.get_feature_names_out()) == ["i̇stanbul'a", "οδος"]


def test_of_equally_common_terms_keeps_the_first_in_the_alphabet() -> None:
    vectorizer = TermVectorizer(ngram_range=(1, 1), max_features=2).fit(["d c b a d"])
    assert vectorizer.index_.keys == ("a", "d")


def test_shows_merged_words_in_their_commonest_form() -> None:
    vectorizer = TermVectorizer(ngram_range=(1, 1), merge_inflections=True).fit(
        ["laws: a law", "Laws, Policy, policies, LAWS, laws", "5G chips; Pentagon Chips"]
    )
    assert list(vectorizer.get_feature_names_out()) == ["5G", "a", "Chips", "laws", "Pentagon", "Policy"]


def test_shows_several_merged_words_each_in_its_commonest_form() -> None:
    vectorizer = TermVectorizer(ngram_range=(2, 2), merge_inflections=True)
    vectorizer.fit(["Data\n  Laws", "data law Data\n  Laws"])
    assert list(vectorizer.get_feature_names_out()) == ["Data Laws", "Laws Data"]


def test_shows_a_word_in_lower_case_if_a_phrase_is_shown_as_it_is() -> None:
    vectorizer = TermVectorizer(ngram_range=(1, 1), phrases=["AI"], merge_inflections=True).fit(["AI Law: AI"])
    assert dict(zip(vectorizer.index_.keys, vectorizer.index_.labels, strict=True)) == {
        "#AI": "AI",
        "ai": "ai",
        "law": "Law",
    }


def test_shows_words_that_are_not_merged_in_lower_case() -> None:
    vectorizer = TermVectorizer(ngram_range=(1, 1)).fit(["Laws LAW"])
    assert list(vectorizer.get_feature_names_out()) == ["law", "laws"]


@pytest.mark.parametrize("settings", [{}, {"merge_inflections": True}, {"already_split": True}], ids=str)
def test_no_two_terms_have_one_name(settings: dict[str, Any]) -> None:
    phrases = ["e-commerce", "AI", "5G", "data flow", "Belt and Road"]
    vectorizer = TermVectorizer(phrases=phrases, **settings).fit(TEXTS)
    names = list(vectorizer.get_feature_names_out())
    assert sorted(set(names)) == sorted(names)


@pytest.mark.usefixtures("two_blas_threads")
@given(st.lists(st.one_of(arbitrary, written), min_size=1, max_size=6))
def test_a_row_does_not_depend_on_the_batch(batch: list[str]) -> None:
    vectorizer = TermVectorizer(phrases=PHRASES, merge_inflections=True).fit([*TEXTS, *batch])
    together, backwards = vectorizer.transform(batch), vectorizer.transform(batch[::-1])
    for number, text in enumerate(batch):
        alone = vectorizer.transform([text])
        assert_same_matrix(together[number], alone)
        assert_same_matrix(backwards[len(batch) - 1 - number], alone)


def test_fitting_does_not_depend_on_the_order_of_texts() -> None:
    forwards = TermVectorizer(phrases=PHRASES, merge_inflections=True).fit(TEXTS)
    backwards = clone(forwards).fit(TEXTS[::-1])
    assert forwards.index_.to_dict() == backwards.index_.to_dict()
    assert np.array_equal(forwards.idf_, backwards.idf_)


def test_the_index_gives_the_rows_of_the_estimator() -> None:
    vectorizer = TermVectorizer(phrases=PHRASES).fit(TEXTS)
    rows, matrix = vectorizer.index_.rows(TEXTS), vectorizer.transform(TEXTS)
    assert np.array_equal(rows.data, matrix.data)
    assert np.array_equal(rows.indices, matrix.indices)
    assert np.array_equal(rows.indptr, matrix.indptr)


def test_texts_may_come_from_an_iterator() -> None:
    expected = TermVectorizer().fit_transform(TEXTS)
    assert_same_matrix(TermVectorizer().fit(iter(TEXTS)).transform(iter(TEXTS)), expected)
    assert_same_matrix(TermVectorizer().fit_transform(iter(TEXTS)), expected)


def test_texts_may_come_in_an_array() -> None:
    assert_same_matrix(TermVectorizer().fit_transform(np.array(TEXTS)), TermVectorizer().fit_transform(TEXTS))


def test_changes_neither_its_settings_nor_the_texts() -> None:
    settings = {"phrases": ["data flow"], "stop_words": {"the"}, "ngram_range": [1, 2]}
    given_settings, texts = copy.deepcopy(settings), list(TEXTS)
    vectorizer = TermVectorizer(**settings)  # type: ignore[arg-type]
    vectorizer.fit(texts).transform(texts)
    assert (settings, texts) == (given_settings, TEXTS)
    assert all(vectorizer.get_params()[name] is setting for name, setting in settings.items())


def test_a_clone_has_the_settings_and_nothing_learned() -> None:
    vectorizer = TermVectorizer(phrases=PHRASES, stop_words=["the"], min_df=2).fit(TEXTS)
    cloned = clone(vectorizer)
    assert cloned.get_params() == vectorizer.get_params()
    assert not hasattr(cloned, "index_")
    assert not hasattr(cloned, "idf_")
    assert_same_matrix(cloned.fit_transform(TEXTS), vectorizer.transform(TEXTS))


def test_a_second_fit_forgets_the_first() -> None:
    vectorizer = TermVectorizer().fit(["old words"])
    assert vectorizer.set_params(ngram_range=(1, 1)).fit(["new texts"]) is vectorizer
    assert list(vectorizer.get_feature_names_out()) == ["new", "texts"]


def test_pickles_with_what_it_learned() -> None:
    vectorizer = TermVectorizer(phrases=PHRASES, merge_inflections=True).fit(TEXTS)
    assert_same_matrix(pickle.loads(pickle.dumps(vectorizer)).transform(TEXTS), vectorizer.transform(TEXTS))  # noqa: S301 (our own)


def test_tells_scikit_learn_that_it_takes_texts() -> None:
    tags = get_tags(TermVectorizer()).input_tags
    assert tags.string
    assert not tags.two_d_array


def test_works_in_a_pipeline() -> None:
    pipeline = Pipeline([("terms", TermVectorizer()), ("topics", NMF(2, init="nndsvda", max_iter=500, random_state=0))])
    pipeline.set_params(terms__ngram_range=(1, 1))
    weights = pipeline.fit_transform(TEXTS)
    assert weights.shape == (len(TEXTS), 2)
    assert weights[-1].tolist() == [0.0, 0.0]
    names = pipeline[:1].get_feature_names_out()
    assert names.dtype == object
    assert len(names) == pipeline["topics"].n_features_in_


@pytest.mark.parametrize(
    "use",
    [
        lambda vectorizer: vectorizer.transform(["data"]),
        lambda vectorizer: vectorizer.get_feature_names_out(),
        lambda vectorizer: vectorizer.idf_,
    ],
    ids=["transform", "get_feature_names_out", "idf_"],
)
def test_says_that_it_is_not_fitted(use: Callable[[TermVectorizer], object]) -> None:
    with pytest.raises(NotFittedError):
        use(TermVectorizer())


def broken_texts() -> Iterator[object]:
    yield from ["data", b"data"]


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ("data law", "found one str"),
        (["data", None], "text 1: found NoneType"),
        (broken_texts(), "text 1: found bytes"),
        ([["data"]], "text 0: found list"),
        (None, "NoneType"),
        (5, "int"),
    ],
    ids=["lone str", "None in list", "bytes in iterator", "nested", "None", "number"],
)
def test_refuses_what_is_no_list_of_texts(texts: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        TermVectorizer().fit(texts)


def test_transform_refuses_what_fit_refuses() -> None:
    vectorizer = TermVectorizer().fit(TEXTS)
    with pytest.raises(InputError, match="found one str"):
        vectorizer.transform("data")
    assert vectorizer.transform([]).shape == (0, len(vectorizer.index_))


@pytest.mark.parametrize(
    "settings",
    [
        {"ngram_range": (0, 1)},
        {"ngram_range": (2, 1)},
        {"ngram_range": (1, 2, 3)},
        {"ngram_range": 2},
        {"phrases": ["…"]},
        {"phrases": "data"},
        {"phrases": [5]},
        {"phrases": 5},
        {"phrases": "data", "already_split": True},
        {"stop_words": "english"},
        {"max_features": 0},
        {"max_features": -1},
        {"max_features": 2.0},
        {"min_df": 9},
        {"min_df": -1},
        {"min_df": "1"},
        {"max_df": 1.5},
        {"min_df": 3, "max_df": 2},
    ],
    ids=str,
)
def test_refuses_settings_that_cannot_be_meant(settings: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        TermVectorizer(**settings).fit(TEXTS)


@pytest.mark.parametrize(("texts", "message"), [([], "no texts"), ([""], "no terms"), (["— …"], "no terms")])
def test_refuses_to_learn_from_no_words(texts: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        TermVectorizer().fit(texts)
