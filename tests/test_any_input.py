"""Whatever is given to a public function or class, it gives an answer or a `CyberthemesError`, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cyberthemes import (
    CyberthemesError,
    Document,
    Limits,
    PhraseMatcher,
    Tagger,
    Taxonomy,
    Term,
    TermVectorizer,
    Theme,
    ThemeTagger,
    TopicModel,
    add_terms,
    add_theme,
    choose_n_topics,
    estimate_prevalence,
    from_label_studio,
    label_config,
    near_duplicates,
    read,
    read_gold,
    rising_terms,
    suggest,
    to_label_studio,
    topic_coherence,
    topic_diversity,
    topics_by_source,
    topics_over_time,
    with_prevalence,
)
from cyberthemes.collocations import learn_phrases

STRANGE = [
    "", " ", "\n\n", "\0", "\ud800", "\udfff\ud800", "שלום \u202e5G\u202c", "da\u200bta\u00adlaw",
    "👨\u200d👩\u200d👧 5\ufe0f\u20e3", "e\u0301" * 20, "law" * 3000, "data-" * 500, "İi\u0307ﬁß", "\u2028\x85\x1c",
    "'’“”--..//", "data law " * 50, "5G",
]  # fmt: skip
TEXT = st.text(max_size=20) | st.sampled_from(STRANGE)
TEXTS = st.lists(
    TEXT | st.lists(st.sampled_from([*STRANGE, "data", "law", "the"]), max_size=4).map(" ".join), max_size=6
)
KNOWN = ["the data law", "a 5G mast", "rain in May", "a data law on 5G", "quiet streets", "5G and rain"] * 2
DATES = ["2020-01-01", "2021-01-01"] * 6
TAXONOMY = Taxonomy(
    "t", "1", themes=(Theme("law", "Law", terms=(Term("data law"),)), Theme("5g", "5G", terms=(Term("5G"),)))
)
RAIN = Theme("rain", "Rain", terms=(Term("rain"),))
TAGGER = ThemeTagger(TAXONOMY, min_df=1, n_folds=2).fit(KNOWN).tagger_
TOPICS = TopicModel(2, max_df=1.0, min_df=1).fit(KNOWN)
NUMBERS = [None, True, 0, -1, 3, 10**30, 1.5, float("nan"), float("inf"), 1e300, 1j]
ITEMS: list[Any] = [
    0, -1.0, float("nan"), float("inf"), "law", "", "x y", ["law"], ["zz"], [5], {"law"}, {}, None,
]  # fmt: skip
VALUES: list[Any] = [
    *NUMBERS, *STRANGE[:6], b"", b"ab", [], [1], [None], [[]], [b"a"], ["\ud800"] * 12, {}, {"a": 1}, {1: 2},
    {"law": None}, {"law": float("nan")}, (), ("a", None), object(), iter([]), range(12), [0, 1] * 6, ["law", None] * 6,
    *([item] * 12 for item in ITEMS),
]  # fmt: skip
ARRAYS = [
    np.array([]), np.array([1.0, np.nan]), np.zeros((12, 2)), np.full((12, 2), np.nan), np.full((12, 2), 7),
    np.zeros((2, 2, 2)), np.array(["a", None], dtype=object), np.zeros(12, dtype="<M8[s]"),
]  # fmt: skip


def with_setting(make: Callable[..., Any], name: str, **others: Any) -> Callable[[Any], object]:
    """Return what fits an estimator with a setting."""
    return lambda value: make(**{**others, name: value}).fit(KNOWN)


# Each takes data: any value, or an array.
TAKES_DATA: dict[str, Callable[[Any], object]] = {
    "read": lambda value: list(read(value)),
    "Document": Document,
    "Document.from_text": Document.from_text,
    "Document.from_paragraphs": Document.from_paragraphs,
    "PhraseMatcher": PhraseMatcher,
    "PhraseMatcher.find": PhraseMatcher(["data"]).find,
    "learn_phrases": learn_phrases,
    "TermVectorizer.fit": TermVectorizer().fit,
    "TermVectorizer.transform": TermVectorizer().fit(KNOWN).transform,
    "Taxonomy.from_dict": Taxonomy.from_dict,
    "Taxonomy.find": TAXONOMY.find,
    "Tagger.tag": TAGGER.tag,
    "Tagger.tag_batch": lambda value: list(TAGGER.tag_batch(value)),
    "Tagger.scores": TAGGER.scores,
    "Tagger.predict": TAGGER.predict,
    "Tagger.explain": TAGGER.explain,
    "ThemeTagger.fit": ThemeTagger(TAXONOMY).fit,
    "ThemeTagger.fit, labels": lambda value: ThemeTagger(TAXONOMY, min_df=1, n_folds=2).fit(KNOWN, value),
    "ThemeTagger.fit, groups": lambda value: ThemeTagger(TAXONOMY, min_df=1, n_folds=2).fit(KNOWN, None, value),
    "ThemeTagger.fit, weights": lambda value: ThemeTagger(TAXONOMY, min_df=1, n_folds=2).fit(KNOWN, None, None, value),
    "add_theme": lambda value: add_theme(TAGGER, value),
    "add_theme, texts": lambda value: add_theme(TAGGER, RAIN, value),
    "add_terms": lambda value: add_terms(TAGGER, "law", value),
    "estimate_prevalence": lambda value: estimate_prevalence(TAGGER, value),
    "with_prevalence": lambda value: with_prevalence(TAGGER, value),
    "read_gold": lambda value: read_gold(value, TAXONOMY.theme_ids),
    "suggest": lambda value: suggest(TAGGER, value),
    "suggest, labelled": lambda value: suggest(TAGGER, KNOWN, labelled=value),
    "to_label_studio": to_label_studio,
    "from_label_studio": from_label_studio,
    "label_config": label_config,
    "TopicModel.fit": TopicModel(2).fit,
    "TopicModel.transform": TOPICS.transform,
    "TopicModel.assign": TOPICS.assign,
    "TopicModel, seeds": lambda value: TopicModel(2, max_df=1.0, seeds=value).fit(KNOWN),
    "choose_n_topics": choose_n_topics,
    "topics_over_time": lambda value: topics_over_time(TOPICS, value, DATES),
    "topics_over_time, dates": lambda value: topics_over_time(TOPICS, KNOWN, value),
    "topics_over_time, documents": lambda value: topics_over_time(TOPICS, KNOWN, DATES, documents=value),
    "topics_by_source": lambda value: topics_by_source(TOPICS, KNOWN, value),
    "rising_terms": lambda value: rising_terms(TOPICS, value, DATES, TOPICS.topics_[0].id),
    "near_duplicates": near_duplicates,
    "topic_coherence, texts": lambda value: topic_coherence([["data", "law"]], value),
    "topic_diversity": topic_diversity,
}
# Each takes a setting: any value but an array.
TAKES_A_SETTING: dict[str, Callable[[Any], object]] = {
    "Limits": lambda value: Limits(megabytes=value),
    "Limits, pages": lambda value: Limits(pdf_pages=value),
    "add_theme, labels": lambda value: add_theme(TAGGER, RAIN, KNOWN, value),
    "with_prevalence, share": lambda value: with_prevalence(TAGGER, {"law": value}),
    "suggest, n": lambda value: suggest(TAGGER, KNOWN, value),
    "near_duplicates, threshold": lambda value: near_duplicates(KNOWN, value),
    "topic_coherence, topics": lambda value: topic_coherence(value, [["data", "law"]]),
    "choose_n_topics, candidates": lambda value: choose_n_topics(KNOWN, value),
    "topics_over_time, every": lambda value: topics_over_time(TOPICS, KNOWN, DATES, value),
    "topics_over_time, random_state": lambda value: topics_over_time(TOPICS, KNOWN, DATES, random_state=value),
    **{
        f"TermVectorizer, {name}": with_setting(TermVectorizer, name)
        for name in ("ngram_range", "phrases", "stop_words", "min_df", "max_df", "max_features", "min_norm")
    },
    **{
        f"ThemeTagger, {name}": with_setting(ThemeTagger, name, taxonomy=TAXONOMY, min_df=1, n_folds=2)
        for name in ("taxonomy", "C", "presence_scale", "min_df", "weak_weight", "index", "n_folds")
    },
    **{
        f"TopicModel, {name}": with_setting(TopicModel, name, n_topics=2, max_df=1.0)
        for name in ("n_topics", "max_df", "min_df", "random_state")
    },
}


def refused(call: Callable[[Any], object], value: Any) -> bool:
    """Return whether a value is refused as the library refuses; any other error is raised."""
    try:
        call(value)
    except CyberthemesError as error:
        return bool(str(error))
    return False


@pytest.mark.parametrize("name", TAKES_DATA)
def test_any_value_as_data_gives_an_answer_or_our_error(name: str) -> None:
    answers = [refused(TAKES_DATA[name], value) for value in [*VALUES, *ARRAYS]]
    assert any(answers)


@pytest.mark.parametrize("name", TAKES_A_SETTING)
def test_any_value_as_a_setting_gives_an_answer_or_our_error(name: str) -> None:
    answers = [refused(TAKES_A_SETTING[name], value) for value in VALUES]
    assert any(answers)


@given(TEXT)
@settings(max_examples=40)
@example("\ud800\udfff")
def test_any_text_is_tagged_and_explained_with_places_in_it(text: str) -> None:
    assert TAGGER.tag(text).text == text
    for tag in TAGGER.explain(text):
        assert all(text[piece.start : piece.end] == piece.text for piece in tag.evidence)


@given(TEXTS)
@settings(max_examples=25)
def test_any_texts_teach_terms_or_are_refused(texts: list[str]) -> None:
    try:
        vectorizer = TermVectorizer(merge_inflections=True, phrases=["data law"]).fit(texts)
    except CyberthemesError:
        return
    X = vectorizer.transform(texts)
    norms = np.sqrt(X.multiply(X).sum(axis=1))
    assert np.all((norms < 1e-12) | (abs(norms - 1) < 1e-9))
    assert len(set(vectorizer.get_feature_names_out())) == X.shape[1]


@given(TEXTS, st.booleans(), st.data())
@settings(max_examples=25)
def test_any_texts_and_labels_teach_a_tagger_or_are_refused(
    texts: list[str], exclusive: bool, data: st.DataObject
) -> None:
    rows = st.none() | st.lists(st.sampled_from(TAXONOMY.theme_ids), max_size=1 if exclusive else 2, unique=True)
    labels = data.draw(st.none() | st.lists(rows, min_size=len(texts), max_size=len(texts)))
    try:
        tagger = ThemeTagger(TAXONOMY, exclusive=exclusive, n_folds=2, min_df=1).fit(texts, labels).tagger_
    except CyberthemesError:
        return
    assert isinstance(tagger, Tagger)
    probabilities = tagger.predict_proba([*texts, *STRANGE])
    assert ((probabilities >= 0) & (probabilities <= 1)).all()
    assert [tagger.tag(text).text for text in texts] == texts


@given(TEXTS)
@settings(max_examples=25)
def test_any_texts_give_prevalences_suggestions_and_groups(texts: list[str]) -> None:
    assert len(near_duplicates(texts)) == len(texts)
    assert {texts[found.position] == found.text for found in suggest(TAGGER, texts)} <= {True}
    if texts:
        assert all(0 < share < 1 for share in estimate_prevalence(TAGGER, texts).values())


@given(st.text(max_size=8), TEXT)
@settings(max_examples=40)
def test_any_term_makes_a_sound_taxonomy_or_is_refused(term: str, text: str) -> None:
    try:
        grown = add_terms(TAGGER, "law", [term])
    except CyberthemesError:
        return
    assert Taxonomy.from_dict(grown.taxonomy.to_dict()) == grown.taxonomy
    assert grown.tag(f"{text} {term}").text == f"{text} {term}"
