"""`TopicModel`: planted topics are found, and nothing but the texts and the settings has a say in them."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joblib import parallel_config
from scipy.optimize import nnls
from sklearn.base import clone
from sklearn.decomposition import NMF
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import Normalizer
from sklearn.utils import get_tags

from cyberthemes import (
    InputError,
    ModelError,
    Taxonomy,
    Term,
    Theme,
    TopicModel,
    choose_n_topics,
    load_tagger,
    load_topics,
)
from cyberthemes.coherence import topic_coherence
from cyberthemes.storage import open_folder, save_folder

WORDS = {
    "space": ["rocket", "orbit", "satellite", "launch", "moon", "capsule", "astronaut", "comet"],
    "bread": ["oven", "flour", "yeast", "butter", "crust", "dough", "bakery", "rye"],
    "sport": ["goal", "referee", "stadium", "league", "keeper", "striker", "penalty", "whistle"],
}
THEMES = Taxonomy(
    "planted",
    "1",
    themes=(
        Theme(
            "sport", "Football", terms=(Term("handball"), *map(Term, WORDS["sport"][:4]), Term("penalty", weight=0.5))
        ),
        Theme("bread", "Baking", terms=tuple(map(Term, WORDS["bread"]))),
    ),
)


def planted(sizes: dict[str, int], n_words: int = 6, seed: int = 0) -> list[list[str]]:
    """Return token lists, so many for each theme in turn, of that theme's words."""
    rng = np.random.default_rng(seed)
    return [[str(word) for word in rng.choice(WORDS[theme], n_words)] for theme in sizes for _ in range(sizes[theme])]


SIZES = {"space": 30, "bread": 24, "sport": 18}
TRUE = [theme for theme in SIZES for _ in range(SIZES[theme])]
TOKENS = planted(SIZES)
SPLIT = [" ".join(tokens) for tokens in TOKENS]
RAW = ["The {} and a {} of the {}; {} with the {}, or a {}.".format(*tokens) for tokens in TOKENS]
STRANGE = [
    "",
    "zzz",
    "2024",
    "数据 \ud800 \x00",
    "Rocket-ROCKET rocket’s",
    "oven goal moon zzz",
    " \n",
    "rocket " * 500,
]


@pytest.fixture(scope="module")
def model() -> TopicModel:
    return TopicModel(n_topics=3).fit(SPLIT)


@pytest.fixture(scope="module")
def genre_texts() -> list[str]:
    lines = (Path(__file__).parent / "data" / "genre.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["text"] for line in lines]


@pytest.fixture(scope="module")
def genre_model(genre_texts: list[str]) -> TopicModel:
    return TopicModel(n_topics=8).fit(genre_texts)


def learned(model: TopicModel) -> list[bytes]:
    """Return all that a model learned and shows, to the last bit; scikit-learn's settings are not part of it."""
    space = model.space_
    arrays = (space.components, space.gram, space.cross, space.chance, space.index.idf, *space.first_terms)
    plain = (model.topics_, model.unexplained_, space.names, space.index.to_dict(), model.top_terms(99))
    return [*(np.ascontiguousarray(array).tobytes() for array in arrays), repr(plain).encode()]


def without_positions(model: TopicModel) -> list[dict[str, Any]]:
    records = [topic.to_dict() for topic in model.topics_]
    for record in records:
        for text in record["typical"]:
            del text["position"]
    return records


def ids(model: TopicModel) -> list[str]:
    return [topic.id for topic in model.topics_]


def names(terms: Iterable[tuple[str, float]]) -> list[str]:
    return [term for term, _ in terms]


def shares(model: TopicModel, texts: Sequence[str]) -> list[float]:
    assigned = model.assign(texts)
    return [assigned.count(topic_id) / len(texts) for topic_id in ids(model)]


# Finding topics -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "texts", [SPLIT, TOKENS, RAW, [tuple(tokens) for tokens in TOKENS]], ids=["split", "lists", "raw", "tuples"]
)
def test_finds_the_planted_topics_in_any_form_of_text(texts: list[Any]) -> None:
    model = TopicModel(n_topics=3).fit(texts)
    # Without seeds, topics come by weight in the collection.
    assert [sorted(names(terms)) for terms in model.top_terms(8)] == [sorted(words) for words in WORDS.values()]
    assigned = model.assign(texts)
    theme_of = dict(zip(ids(model), WORDS, strict=True))
    assert all(topic is None or theme_of[topic] == theme for topic, theme in zip(assigned, TRUE, strict=True))
    assert sum(topic is not None for topic in assigned) > 0.9 * len(texts)
    assert ids(model) == ["topic-1", "topic-2", "topic-3"]


def test_lists_of_tokens_are_strings_of_words_between_blanks(model: TopicModel) -> None:
    assert learned(TopicModel(n_topics=3).fit(TOKENS)) == learned(model)
    assert np.array_equal(model.transform(TOKENS), model.transform(SPLIT))
    assert model.assign(TOKENS) == model.assign(SPLIT)


def test_takes_the_words_of_split_text_as_they_are() -> None:
    texts = [["covid-19", "new_york", "rockets"], ["covid-19", "rocket"], ["laws"], ["law"]]
    assert TopicModel(1, max_df=1.0).fit(texts).index_.labels == (
        "covid-19",
        "law",
        "laws",
        "new_york",
        "rocket",
        "rockets",
    )


def test_reads_running_text_as_words_in_one_form_and_phrases() -> None:
    texts = ["The laws on data flow.", "A law of the data flows.", "Rockets!", "A rocket’s fuel"]
    labels = TopicModel(1, phrases=["data flow"]).fit(texts).index_.labels
    assert (
        {"data flow", "fuel", "law", "Rockets"} <= {*labels} <= {"data flow", "fuel", "law", "Rockets", "data", "flow"}
    )
    found = [f"The export controls on {word}." for word in WORDS["space"]] + [f"A {word}." for word in WORDS["bread"]]
    assert "export controls" in TopicModel(2).fit(found).index_.labels


def test_texts_may_come_from_an_iterator_or_an_array(model: TopicModel) -> None:
    assert learned(TopicModel(n_topics=3).fit(iter(SPLIT))) == learned(model)
    assert TopicModel(n_topics=3).fit(np.array(SPLIT)).topics_ == model.topics_
    weights = model.transform(SPLIT)
    for texts in (iter(SPLIT), np.array(SPLIT)):
        assert np.array_equal(model.transform(texts), weights)
    assert np.array_equal(TopicModel(n_topics=3).fit_transform(iter(SPLIT)), weights)


def test_leaves_no_more_than_scikit_learn_does(genre_texts: list[str], genre_model: TopicModel) -> None:
    X = genre_model.space_.rows(genre_texts)
    theirs = NMF(8, init="nndsvda", random_state=0, max_iter=2_000).fit(X)
    assert genre_model.reconstruction_err_ == pytest.approx(theirs.reconstruction_err_, rel=0.005)
    W, H = genre_model.transform(genre_texts), genre_model.components_
    assert np.linalg.norm(X - W @ H) == pytest.approx(genre_model.reconstruction_err_, rel=0.005)
    assert genre_model.n_iter_ >= 1


def test_components_have_length_1_and_are_not_negative(genre_model: TopicModel) -> None:
    assert genre_model.components_.dtype == np.float32
    assert genre_model.components_.shape == (8, len(genre_model.index_))
    assert (genre_model.components_ >= 0).all()
    assert np.linalg.norm(genre_model.components_, axis=1) == pytest.approx(np.ones(8), abs=1e-6)


def test_settings_decide_what_counts_as_a_term() -> None:
    texts = [["comet", "rocket"], ["moon", "rocket"], ["moon", "rocket", "orbit", "orbit", "orbit"], ["rye"]]

    def labels(**settings: Any) -> tuple[str, ...]:
        return TopicModel(1, **settings).fit(texts).index_.labels

    assert labels() == ("comet", "moon", "orbit", "rye")
    assert labels(max_df=1.0) == ("comet", "moon", "orbit", "rocket", "rye")
    assert labels(min_df=2) == ("moon",)
    assert labels(max_features=1) == ("orbit",)
    plain, steep = (TopicModel(1, idf_power=power).fit(texts).index_.idf for power in (1.0, 2.0))
    assert plain.tolist() == pytest.approx(np.log([5 / 2, 5 / 3, 5 / 2, 5 / 2]).tolist())
    assert steep.tolist() == pytest.approx((plain**2).tolist())
    running = ["The moon!", "The rocket.", "An orbit.", "Rye."]
    assert TopicModel(1, stop_words=["an", "rye"]).fit(running).index_.labels == ("moon", "orbit", "rocket", "The")


# What has no say ------------------------------------------------------------------------------------------


@settings(max_examples=4)
@given(st.permutations(range(len(RAW))))
def test_the_order_of_texts_changes_nothing(order: list[int]) -> None:
    expected, shuffled = [RAW[row] for row in range(len(RAW))], [RAW[row] for row in order]
    one, other = TopicModel(n_topics=3).fit(expected), TopicModel(n_topics=3).fit(shuffled)
    assert learned(one)[:-1] == learned(other)[:-1]
    assert without_positions(one) == without_positions(other)
    assert one.top_terms(99) == other.top_terms(99)
    assert (one.reconstruction_err_, one.unexplained_) == (other.reconstruction_err_, other.unexplained_)
    assert all(shuffled[text.position] == text.text for topic in other.topics_ for text in topic.typical)


def test_the_order_of_texts_changes_nothing_with_every_setting_on() -> None:
    texts = [*RAW, *RAW[:9], RAW[0] + " Reprint"]
    settings: dict[str, Any] = {"seeds": THEMES, "drop_duplicates": True, "taxonomy": THEMES}
    one, other = (TopicModel("auto", **settings).fit(each) for each in (texts, texts[::-1]))
    assert learned(one)[:-1] == learned(other)[:-1]
    assert without_positions(one) == without_positions(other)
    assert one.topic_counts_ == other.topic_counts_


@pytest.mark.usefixtures("two_blas_threads")
def test_the_same_seed_gives_the_same_bits(genre_texts: list[str], genre_model: TopicModel) -> None:
    assert learned(TopicModel(n_topics=8).fit(genre_texts)) == learned(genre_model)
    other = TopicModel(n_topics=8, random_state=1).fit(genre_texts)
    assert not np.array_equal(other.components_, genre_model.components_)
    assert not np.array_equal(other.space_.chance, genre_model.space_.chance)
    assert np.array_equal(other.drop([]).space_.chance, other.space_.chance)


@pytest.mark.usefixtures("two_blas_threads")
def test_neither_workers_nor_chunks_change_a_bit() -> None:
    texts = [" ".join(tokens) for tokens in planted({"space": 900, "bread": 700, "sport": 405}, 2, seed=1)]
    one = TopicModel(n_topics=3).fit(texts)
    with parallel_config(backend="threading"):  # processes take seconds to start
        other = TopicModel(n_topics=3, n_jobs=2).fit(texts)
    assert learned(one) == learned(other)
    # `assign` reads texts in one piece, `fit` in chunks.
    assert shares(one, texts) == [topic.share for topic in one.topics_]


@pytest.mark.usefixtures("two_blas_threads")
@settings(max_examples=25)
@given(st.lists(st.sampled_from([*SPLIT[::9], *RAW[::9], *STRANGE]) | st.text(), max_size=5))
def test_a_text_alone_has_the_weights_it_has_in_a_batch(genre_model: TopicModel, texts: list[str]) -> None:
    batch = genre_model.transform(texts)
    assert batch.shape == (len(texts), 8)
    assert batch.dtype == np.float64
    alone = [genre_model.transform([text])[0] for text in texts]
    assert all(np.array_equal(row, expected) for row, expected in zip(batch, alone, strict=True))
    assert genre_model.assign(texts) == [genre_model.assign([text])[0] for text in texts]


@pytest.mark.usefixtures("two_blas_threads")
def test_a_real_text_alone_has_the_weights_it_has_in_a_batch(genre_texts: list[str], genre_model: TopicModel) -> None:
    assert genre_model.unexplained_ > 0
    batch, assigned = genre_model.transform(genre_texts), genre_model.assign(genre_texts)
    for row, text in [*enumerate(genre_texts)][::3]:
        assert np.array_equal(genre_model.transform([text])[0], batch[row])
        assert genre_model.assign([text]) == [assigned[row]]


def test_changes_neither_its_settings_nor_the_texts() -> None:
    given_settings: dict[str, Any] = {
        "seeds": {"a": ["rocket", "none"]},
        "phrases": ["moon orbit"],
        "stop_words": ["the"],
        "taxonomy": THEMES,
    }
    texts = copy.deepcopy(TOKENS)
    settings = copy.deepcopy(given_settings)
    model = TopicModel(3, **given_settings).fit(texts)
    model.partial_fit(texts).transform(texts)
    model.describe(texts).merge(["a", "topic-1"]).split("topic-2").rename({"a": "A"})
    assert texts == TOKENS
    assert given_settings == settings
    assert all(model.get_params()[name] is value for name, value in given_settings.items())


# Scikit-learn's contract ----------------------------------------------------------------------------------


def test_a_clone_has_the_settings_and_nothing_learned(model: TopicModel) -> None:
    original = TopicModel(
        3, seeds={"a": ["rocket"]}, taxonomy=THEMES, min_df=2, max_df=0.4, max_features=9, random_state=3, n_jobs=1
    )
    assert clone(original).get_params() == original.get_params()
    cloned = clone(model)
    assert cloned.get_params() == model.get_params()
    assert not any(name.endswith("_") for name in vars(cloned))
    with pytest.raises(NotFittedError):
        cloned.transform(SPLIT)
    assert learned(cloned.fit(SPLIT)) == learned(model)


def test_a_second_fit_forgets_the_first(model: TopicModel) -> None:
    again = TopicModel(n_topics=2, seeds={"a": ["zzz"]}).fit(RAW)
    assert again.set_params(n_topics=3, seeds=None).fit(SPLIT) is again
    assert learned(again) == learned(model)
    assert again.missing_seeds_ == {}


@pytest.mark.parametrize("texts", [SPLIT, RAW, TOKENS], ids=["split", "raw", "tokens"])
def test_fit_transform_equals_transform(texts: list[Any]) -> None:
    model = TopicModel(n_topics=3)
    assert np.array_equal(model.fit_transform(texts, y=None), model.transform(texts))


def test_works_in_a_pipeline(model: TopicModel) -> None:
    pipeline = Pipeline([("topics", TopicModel()), ("norm", Normalizer("l1"))]).set_params(topics__n_topics=3)
    weights = pipeline.fit_transform(SPLIT)
    assert weights.sum(axis=1) == pytest.approx(np.ones(len(SPLIT)))
    assert np.array_equal(pipeline["topics"].transform(SPLIT), model.transform(SPLIT))
    assert list(model.get_feature_names_out()) == ids(model)
    assert model.get_feature_names_out().dtype == object


def test_pickles_with_what_it_learned(model: TopicModel) -> None:
    assert learned(pickle.loads(pickle.dumps(model))) == learned(model)  # noqa: S301 (our own)


@pytest.mark.parametrize(
    "use",
    [
        lambda model: model.transform(SPLIT),
        lambda model: model.assign(SPLIT),
        lambda model: model.top_terms(),
        lambda model: model.describe(SPLIT),
        lambda model: model.get_feature_names_out(),
        lambda model: model.topics_,
        lambda model: model.components_,
        lambda model: model.index_,
        lambda model: model.unexplained_,
        lambda model: model.rename({}),
        lambda model: model.drop([]),
        lambda model: model.merge(["a", "b"]),
        lambda model: model.split("a"),
        lambda model: model.save("unused"),
    ],
)
def test_says_that_it_is_not_fitted(use: Callable[[TopicModel], object]) -> None:
    with pytest.raises(NotFittedError):
        use(TopicModel())


def test_tells_scikit_learn_that_it_takes_texts() -> None:
    tags = get_tags(TopicModel()).input_tags
    assert tags.string
    assert not tags.two_d_array


# Weights --------------------------------------------------------------------------------------------------


def test_weights_are_those_of_least_squares(genre_texts: list[str], genre_model: TopicModel) -> None:
    X = genre_model.space_.rows(genre_texts[:60]).toarray()
    H = genre_model.components_.astype(np.float64)
    expected = np.array([nnls(H.T, row)[0] for row in X])
    assert np.allclose(genre_model.transform(genre_texts[:60]), expected, atol=1e-5)


def test_a_text_of_unknown_words_is_about_nothing(model: TopicModel) -> None:
    unknown = ["", "zzz", "12", "\ud800", " "]
    assert not model.transform(unknown).any()
    assert model.assign(unknown) == [None] * 5
    assert model.transform([]).shape == (0, 3)
    assert model.assign([]) == []
    assert model.assign([[], ["rocket", "moon", "orbit"]]) == [None, "topic-1"]


def test_a_text_that_topics_explain_no_better_than_chance_has_none(model: TopicModel) -> None:
    mixed = [" ".join(words) for words in zip(*WORDS.values(), strict=True)]
    assert model.assign(mixed) == [None] * len(mixed)
    assert (model.transform(mixed) > 0).all()


def test_assigns_the_topic_that_weighs_most(genre_texts: list[str], genre_model: TopicModel) -> None:
    weights, assigned = genre_model.transform(genre_texts), genre_model.assign(genre_texts)
    strongest = [ids(genre_model)[column] for column in weights.argmax(axis=1)]
    assert all(topic in (None, best) for topic, best in zip(assigned, strongest, strict=True))
    assert 0 < assigned.count(None) < len(assigned)


# Terms and records ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["support", "weight"])
def test_a_shorter_list_of_terms_is_the_start_of_a_longer_one(genre_model: TopicModel, by: Any) -> None:
    longest = genre_model.top_terms(10_000, by)
    for n in (0, 1, 5, 10, 29, 30, 31, 50, 200):
        assert genre_model.top_terms(n, by) == [terms[:n] for terms in longest]
    assert genre_model.top_terms(by=by) == genre_model.top_terms(10, by)
    for row, terms in zip(genre_model.components_, longest, strict=True):
        weights = {genre_model.index_.labels[column]: float(row[column]) for column in np.flatnonzero(row)}
        assert dict(terms) == weights
        assert len(terms) == len(weights)


def test_terms_by_weight_fall_in_weight(genre_model: TopicModel) -> None:
    for terms in genre_model.top_terms(10_000, "weight"):
        weights = [weight for _, weight in terms]
        assert weights == sorted(weights, reverse=True)


def test_terms_by_support_are_shown_in_the_topic_where_they_weigh_most(genre_model: TopicModel) -> None:
    first = [names(terms) for terms in genre_model.top_terms(10)]
    assert len({term for terms in first for term in terms}) > 0.95 * sum(map(len, first))


@pytest.mark.parametrize(
    "arguments", [("3",), (-1,), (2.0,), (True,), (None,), (3, "x"), (3, None)], ids=lambda arguments: str(arguments)
)
def test_refuses_a_number_or_an_order_of_terms_that_cannot_be(model: TopicModel, arguments: Any) -> None:
    with pytest.raises(InputError, match="expected"):
        model.top_terms(*arguments)


@pytest.mark.parametrize("texts", [SPLIT, RAW, [*SPLIT, *STRANGE], SPLIT[:31] * 2], ids=range(4))
def test_shares_and_what_is_unexplained_sum_to_1(texts: list[str]) -> None:
    model = TopicModel(n_topics=4).fit(texts)
    assert [topic.share for topic in model.topics_] == shares(model, texts)
    assert model.unexplained_ == model.assign(texts).count(None) / len(texts)
    assert sum(topic.share for topic in model.topics_) + model.unexplained_ == pytest.approx(1)


def test_records_say_what_a_topic_is(model: TopicModel) -> None:
    terms, weights = model.top_terms(20), model.transform(SPLIT)
    assigned = model.assign(SPLIT)
    counted = topic_coherence([names(shown[:10]) for shown in terms], TOKENS, window=10)
    for column, topic in enumerate(model.topics_):
        assert list(topic.terms) == terms[column]
        assert topic.label == ", ".join(names(topic.terms[:3]))
        assert topic.coherence == pytest.approx(counted[column])
        own = [row for row, topic_id in enumerate(assigned) if topic_id == topic.id]
        # All texts have six words, so that weight alone decides.
        best = sorted({SPLIT[row]: weights[row, column] for row in own}.items(), key=lambda item: -item[1])[:3]
        assert [text.weight for text in topic.typical] == [weight for _, weight in best]
        for text in topic.typical:
            assert SPLIT[text.position] == text.text
            assert text.weight == weights[text.position, column]


def test_is_named_after_the_theme_that_its_terms_match() -> None:
    model = TopicModel(n_topics=3, taxonomy=THEMES).fit(RAW)
    assert [topic.label for topic in model.topics_][1:] == ["Baking", "Football"]
    assert model.topics_[0].label == ", ".join(names(model.topics_[0].terms[:3]))
    assert ids(model) == ["topic-1", "topic-2", "topic-3"]
    parts = model.split("topic-2").topics_[1:3]
    assert {part.label.split(":")[0] for part in parts} == {"Baking"}
    assert parts[0].label != parts[1].label


# Seeds ----------------------------------------------------------------------------------------------------


def test_seeds_from_a_dict_keep_their_ids_and_places() -> None:
    seeds = {"Football": ["referee", "handball", "penalty"], "baking": ("flour",)}
    model = TopicModel(n_topics=1, seeds=seeds).fit(RAW)
    assert ids(model) == ["Football", "baking", "topic-1"]
    assert [topic.label for topic in model.topics_] == ["Football", "baking", ", ".join(names(model.top_terms(3)[2]))]
    assert model.missing_seeds_ == {"Football": ("handball",)}
    for terms, theme in zip(model.top_terms(8), ("sport", "bread", "space"), strict=True):
        assert sorted(names(terms)) == sorted(WORDS[theme])


def test_seeds_from_a_taxonomy_are_its_themes() -> None:
    model = TopicModel(n_topics=1, seeds=THEMES).fit(SPLIT)
    assert ids(model) == ["sport", "bread", "topic-1"]
    assert [topic.label for topic in model.topics_[:2]] == ["Football", "Baking"]
    assert model.missing_seeds_ == {"sport": ("handball",)}
    target = dict(zip(model.index_.labels, model.space_.anchors["sport"].tolist(), strict=True))
    idf = dict(zip(model.index_.labels, model.index_.idf.tolist(), strict=True))
    assert {word for word in target if target[word]} == {*WORDS["sport"][:4], "penalty"}
    assert target["referee"] / target["penalty"] == pytest.approx(idf["referee"] / (0.5 * idf["penalty"]), rel=1e-5)


def test_a_seed_draws_its_words_to_its_topic(model: TopicModel) -> None:
    seeded = TopicModel(n_topics=3, seeds={"a": ["rocket"], "b": ["moon"]}).fit(SPLIT)
    weights = {name: dict(terms) for name, terms in zip(ids(seeded), seeded.top_terms(99, "weight"), strict=True)}
    assert weights["a"]["rocket"] == max(weights["a"].values()) > dict(model.top_terms(99)[0])["rocket"]
    assert weights["b"]["moon"] == max(weights["b"].values())
    assert weights["b"].get("rocket", 0) < 0.1 * weights["a"]["rocket"]


def test_seeds_may_be_all_topics_there_are() -> None:
    model = TopicModel(n_topics=0, seeds={theme: words[:2] for theme, words in WORDS.items()}).fit(SPLIT)
    assert ids(model) == list(WORDS)
    assert all(topic in (None, theme) for topic, theme in zip(model.assign(SPLIT), TRUE, strict=True))


def test_seed_phrases_are_looked_for_in_running_text() -> None:
    model = TopicModel(n_topics=1, phrases=(), seeds={"s": ["moon launch", "deep sea"]}).fit(
        [*RAW, "The moon launch failed.", "A moon launch?"]
    )
    assert "moon launch" in model.index_.labels
    assert model.missing_seeds_ == {"s": ("deep sea",)}
    assert names(model.top_terms(1, "weight")[0]) == ["moon launch"]


def test_a_seed_without_a_known_word_is_a_topic_like_any_other() -> None:
    model = TopicModel(n_topics=2, seeds={"lost": ["zzz", "zzzz"]}).fit(SPLIT)
    assert ids(model) == ["lost", "topic-1", "topic-2"]
    assert model.missing_seeds_ == {"lost": ("zzz", "zzzz")}
    assert sum(topic.share for topic in model.topics_) + model.unexplained_ == pytest.approx(1)


def test_a_seed_may_be_called_as_a_free_topic_would_be() -> None:
    model = TopicModel(n_topics=2, seeds={"topic-1": ["flour", "oven"]}).fit(SPLIT)
    assert ids(model) == ["topic-1", "topic-2", "topic-3"]
    assert set(names(model.top_terms(8)[0])) == set(WORDS["bread"])


# How many topics ------------------------------------------------------------------------------------------


def test_auto_takes_the_best_number() -> None:
    model = TopicModel(n_topics="auto").fit(SPLIT)
    assert model.topic_counts_ == choose_n_topics(SPLIT)
    assert model.topic_counts_ is not None
    assert [row.n_topics for row in model.topic_counts_.rows] == [5]
    assert len(model.topics_) == model.topic_counts_.best
    assert ids(model)[-1] == f"topic-{model.topic_counts_.best}"
    assert len(TopicModel(n_topics="auto").fit(SPLIT[::2]).topics_) == choose_n_topics(SPLIT[::2]).best == 3


def test_auto_comes_beside_seeds() -> None:
    model = TopicModel(n_topics="auto", seeds={"a": ["flour"]}).fit(RAW)
    assert model.topic_counts_ is not None
    assert len(model.topics_) == 1 + model.topic_counts_.best
    assert TopicModel(n_topics=2).fit(SPLIT).topic_counts_ is None


def test_the_planted_number_is_the_best() -> None:
    counts = choose_n_topics(SPLIT, [2, 3, 6], TopicModel(random_state=1))
    assert counts.best == 3
    assert [row.n_topics for row in counts.rows] == [2, 3, 6]


def test_choosing_reads_texts_as_the_model_would() -> None:
    assert choose_n_topics(RAW, [3], TopicModel(phrases=())) != choose_n_topics(
        RAW, [3], TopicModel(phrases=(), stop_words=["rocket", "oven", "goal"])
    )
    assert choose_n_topics([*SPLIT, *SPLIT], [3], TopicModel(drop_duplicates=True)) == choose_n_topics(
        SPLIT, [3], TopicModel(drop_duplicates=True)
    )


def test_choosing_refuses_a_model_that_could_not_be_fitted() -> None:
    with pytest.raises(InputError):
        choose_n_topics(SPLIT, [2], TopicModel(random_state=-1))


# Editing --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "edit",
    [
        lambda model: model.rename({"topic-1": "Space"}),
        lambda model: model.drop(["topic-1"]),
        lambda model: model.merge(["topic-3", "topic-1"]),
        lambda model: model.split("topic-1"),
        lambda model: model.describe(SPLIT[:9]),
    ],
    ids=["rename", "drop", "merge", "split", "describe"],
)
def test_an_edit_leaves_the_model_as_it_was(edit: Callable[[TopicModel], TopicModel]) -> None:
    model = TopicModel(n_topics=3).fit(SPLIT)
    before = learned(model)
    edited = edit(model)
    assert edited is not model
    assert edited.get_params() == model.get_params()
    assert learned(model) == before
    once = learned(edited)
    assert once != before
    edited.partial_fit(RAW)
    assert learned(model) == before
    assert learned(edit(model)) == once


def test_renames_topics_for_good(model: TopicModel) -> None:
    renamed = model.rename({"topic-2": "Baking"})
    assert [topic.label for topic in renamed.topics_] == [model.topics_[0].label, "Baking", model.topics_[2].label]
    assert ids(renamed) == ids(model)
    assert np.array_equal(renamed.transform(SPLIT), model.transform(SPLIT))
    kept = renamed.rename({"topic-1": "Space"}).drop(["topic-3"]).describe(SPLIT[:50])
    assert [topic.label for topic in kept.topics_] == ["Space", "Baking"]


def test_drops_topics_and_gives_their_texts_to_others_or_none(model: TopicModel) -> None:
    dropped = model.drop(["topic-2"])
    assert ids(dropped) == ["topic-1", "topic-3"]
    assert np.array_equal(dropped.components_, model.components_[[0, 2]])
    assert [topic.share for topic in dropped.topics_] == shares(dropped, SPLIT)
    assert dropped.unexplained_ > 0.3
    assert learned(model.drop([])) == learned(model)
    assert ids(dropped.drop(["topic-1", "topic-1"])) == ["topic-3"]


def test_merges_topics_into_the_first_that_is_named(model: TopicModel) -> None:
    merged = model.merge(["topic-3", "topic-1"])
    assert ids(merged) == ["topic-2", "topic-3"]
    weights = model.transform(SPLIT).sum(axis=0)
    expected = weights[0] * model.components_[0] + weights[2] * model.components_[2]
    assert merged.components_[1] == pytest.approx(expected / np.linalg.norm(expected), abs=1e-6)
    assert np.array_equal(merged.components_[0], model.components_[1])
    assert ids(model.merge(["topic-1", "topic-3", "topic-2"])) == ["topic-1"]
    assert [topic.share for topic in merged.topics_] == shares(merged, SPLIT)


def test_splits_a_topic_in_its_own_texts() -> None:
    rng = np.random.default_rng(0)
    halves = [(WORDS["space"][:4], ["sky", "star"]), (WORDS["space"][4:], ["sky", "star"]), (WORDS["bread"], [])]
    texts = [
        [*map(str, rng.choice(words, 3, replace=False)), *shared]
        for words, shared in [*halves[:2] * 20, *halves[2:] * 42]
    ]
    model = TopicModel(n_topics=2).fit(texts)
    parts = model.split("topic-2")
    assert ids(parts) == ["topic-1", "topic-2.1", "topic-2.2"]
    found = [set(names(terms)) for terms in parts.top_terms(6)[1:]]
    assert sorted(map(sorted, found)) == sorted(sorted([*words, *shared]) for words, shared in halves[:2])
    weights = parts.transform(texts).sum(axis=0)
    assert weights[1] > weights[2]
    assert np.array_equal(parts.components_[0], model.components_[0])
    assert [topic.share for topic in parts.topics_] == [42 / 82, 20 / 82, 20 / 82]
    again = parts.split("topic-2.1", 3).split("topic-1")
    assert ids(again) == ["topic-1.1", "topic-1.2", "topic-2.1.1", "topic-2.1.2", "topic-2.1.3", "topic-2.2"]
    assert sum(topic.share for topic in again.topics_) + again.unexplained_ == pytest.approx(1)


def test_editing_keeps_the_anchors_of_the_seeds_that_are_left() -> None:
    model = TopicModel(n_topics=1, seeds=THEMES).fit(SPLIT)
    dropped = model.drop(["topic-1"])
    assert list(dropped.space_.anchors) == ["sport", "bread"]
    assert [topic.label for topic in dropped.topics_] == ["Football", "Baking"]
    split = model.split("bread")
    assert ids(split) == ["sport", "bread.1", "bread.2", "topic-1"]
    assert list(split.space_.anchors) == ["sport"]


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda model: model.rename({"topic-9": "x"}), "no topic 'topic-9'; expected one of topic-1, topic-2, topic-3"),
        (lambda model: model.drop(["topic-1", "nope"]), "no topic 'nope'"),
        (lambda model: model.drop("topic-1"), "expected a list"),
        (lambda model: model.drop([f"topic-{number}" for number in (1, 2, 3)]), "no topic would be left"),
        (lambda model: model.merge(["topic-1", "nope"]), "no topic 'nope'"),
        (lambda model: model.merge("topic-1"), "expected a list"),
        (lambda model: model.merge(["topic-1"]), "at least two"),
        (lambda model: model.merge(["topic-1", "topic-1"]), "at least two"),
        (lambda model: model.merge([]), "at least two"),
        (lambda model: model.split("nope"), "no topic 'nope'"),
        (lambda model: model.split("topic-1", 1), "from 2"),
        (lambda model: model.split("topic-1", 40), "from 2 to the topic's"),
        (lambda model: model.split("topic-1", 2.0), "whole number"),
        (lambda model: model.split("topic-1", True), "whole number"),
    ],
)
def test_refuses_an_edit_that_cannot_be(
    model: TopicModel, edit: Callable[[TopicModel], TopicModel], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        edit(model)


def test_parts_are_not_called_as_another_topic_is() -> None:
    model = TopicModel(n_topics=1, seeds={"a": ["flour", "oven"], "a.1": ["rocket"]}).fit(SPLIT)
    parts = model.split("a")
    assert ids(parts) == ["a.2", "a.3", "a.1", "topic-1"]
    assert np.array_equal(parts.components_[2:], model.components_[1:])


@pytest.mark.parametrize("label", ["", " ", 5, None])
def test_refuses_a_label_that_is_none(model: TopicModel, label: Any) -> None:
    with pytest.raises(InputError, match="label of 'topic-2'"):
        model.rename({"topic-1": "Space", "topic-2": label})


# Streams, reprints, other texts ---------------------------------------------------------------------------


def test_the_first_partial_fit_is_fit(model: TopicModel) -> None:
    assert learned(TopicModel(n_topics=3).partial_fit(SPLIT)) == learned(model)


def test_a_stream_comes_near_the_whole(model: TopicModel) -> None:
    order = np.random.default_rng(2).permutation(len(SPLIT))
    stream = TopicModel(n_topics=3)
    for rows in np.split(order, [36, 48, 60]):
        assert stream.partial_fit([SPLIT[row] for row in rows], y=None) is stream
    assert stream.index_.labels == model.index_.labels
    alike = stream.components_ @ model.components_.T
    assert alike.max(axis=1).min() > 0.98
    assert sorted(alike.argmax(axis=1).tolist()) == [0, 1, 2]
    assert np.linalg.norm(stream.components_, axis=1) == pytest.approx(np.ones(3), abs=1e-6)


def test_a_stream_moves_topics_and_keeps_ids_and_vocabulary() -> None:
    model = TopicModel(n_topics=2, seeds={"s": ["goal"]}).fit(SPLIT)
    before, components, index = ids(model), model.components_.copy(), model.index_
    further = [["goal", "rocket", "moon"], ["rocket", "goal"], ["zzz"]] * 40
    model.partial_fit(further)
    assert ids(model) == before
    assert model.index_ is index
    assert components.shape == model.components_.shape
    column = index.keys.index("rocket")
    assert model.components_[0, column] > components[0, column]
    # The records describe the latest texts.
    assert [topic.share for topic in model.topics_] == shares(model, [" ".join(text) for text in further])
    assert model.unexplained_ >= 1 / 3


def test_in_a_stream_each_text_counts_alike() -> None:
    further = [["goal", "rocket", "moon"]] * 20
    few, many = (TopicModel(n_topics=3).fit(SPLIT * times).partial_fit(further) for times in (1, 20))
    change = [
        np.abs(moved.components_ - TopicModel(n_topics=3).fit(SPLIT * times).components_).max()
        for moved, times in ((few, 1), (many, 20))
    ]
    assert change[1] < 0.2 * change[0]


def test_the_order_within_a_call_changes_nothing() -> None:
    one, other = (TopicModel(n_topics=3).fit(SPLIT[::2]).partial_fit(texts) for texts in (SPLIT, SPLIT[::-1]))
    assert learned(one)[:-1] == learned(other)[:-1]
    assert without_positions(one) == without_positions(other)


def test_reprints_count_once_if_asked_to() -> None:
    texts = [*RAW, *RAW[:20], *(f"{text} Reprint" for text in RAW[:20])]
    once, every = (TopicModel(n_topics=3, drop_duplicates=drop).fit(texts) for drop in (True, False))
    alone = TopicModel(n_topics=3, drop_duplicates=True).fit(RAW)
    assert [topic.share for topic in once.topics_] == [topic.share for topic in alone.topics_]
    assert once.index_.keys == alone.index_.keys
    assert np.array_equal(once.components_, alone.components_)
    assert every.topics_[0].share > once.topics_[0].share
    assert "Reprint" in every.index_.labels
    assert all(texts[text.position] == text.text for topic in once.topics_ for text in topic.typical)
    # Whatever texts are described or learned from later.
    assert [topic.share for topic in once.describe(texts).topics_] == [topic.share for topic in alone.topics_]
    assert np.array_equal(once.partial_fit(texts).components_, alone.partial_fit(RAW).components_)


def test_describes_other_texts_by_the_same_topics(model: TopicModel) -> None:
    others = [" ".join(tokens) for tokens in planted({"sport": 9, "bread": 1}, seed=5)] + ["zzz"]
    described = model.describe(others)
    assert described is not model
    assert np.array_equal(described.components_, model.components_)
    assert np.array_equal(described.transform(SPLIT), model.transform(SPLIT))
    assert ids(described) == ids(model)
    assert [topic.share for topic in described.topics_] == shares(model, others) == [0, 1 / 11, 9 / 11]
    assert described.unexplained_ == 1 / 11
    assert described.topics_[0].typical == ()
    assert all(others[text.position] == text.text for topic in described.topics_ for text in topic.typical)
    counted = topic_coherence([names(terms) for terms in described.top_terms(8)], [text.split() for text in others], 10)
    assert [topic.coherence for topic in described.topics_] == pytest.approx(counted.tolist())


# Saving ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"seeds": {"a": ("rocket", "nope"), "b": ["flour"]}, "phrases": ["moon launch"], "stop_words": {"the", "a"}},
        {"seeds": THEMES, "taxonomy": THEMES, "min_df": 2, "max_df": 0.4, "max_features": 20, "random_state": 5},
        {"n_topics": "auto", "drop_duplicates": True, "idf_power": 1.0},
    ],
    ids=range(4),
)
def test_a_saved_model_is_the_same(settings: dict[str, Any], tmp_path: Path) -> None:
    texts = RAW if "phrases" in settings else SPLIT
    model = TopicModel(**{"n_topics": 3, **settings}).fit(texts).rename({"topic-1": "Космос"})
    assert model.save(tmp_path / "model") == tmp_path / "model"
    loaded = load_topics(tmp_path / "model")
    assert learned(loaded) == learned(model)
    batch = [*texts, *STRANGE]
    assert np.array_equal(loaded.transform(batch), model.transform(batch))
    assert loaded.assign(batch) == model.assign(batch)
    for by in ("support", "weight"):
        assert loaded.top_terms(50, by) == model.top_terms(50, by)
    assert loaded.missing_seeds_ == model.missing_seeds_
    assert loaded.reconstruction_err_ == model.reconstruction_err_
    assert loaded.n_iter_ == model.n_iter_
    assert learned(loaded.describe(texts).split("topic-1")) == learned(model.describe(texts).split("topic-1"))
    assert learned(loaded.partial_fit(texts)) == learned(model.partial_fit(texts))
    assert learned(clone(loaded).fit(texts)) == learned(clone(model).fit(texts))
    loaded.save(tmp_path / "again")
    assert learned(load_topics(tmp_path / "again")) == learned(loaded)


def test_an_edited_model_is_saved_as_it_is(model: TopicModel, tmp_path: Path) -> None:
    edited = model.split("topic-2").merge(["topic-2.2", "topic-1"])
    assert learned(load_topics(edited.save(tmp_path))) == learned(edited)


def test_a_loaded_model_holds_no_texts(model: TopicModel, tmp_path: Path) -> None:
    loaded = load_topics(model.save(tmp_path))
    assert loaded.rename({"topic-1": "Space"}).topics_[0].label == "Space"
    edits: list[Callable[[TopicModel], object]] = [
        lambda model: model.drop(["topic-1"]),
        lambda model: model.merge(["topic-1", "topic-2"]),
        lambda model: model.split("topic-1"),
    ]
    for edit in edits:
        with pytest.raises(InputError, match="describe"):
            edit(loaded)
    assert ids(loaded.describe(SPLIT).drop(["topic-1"])) == ["topic-2", "topic-3"]


def test_refuses_a_damaged_folder(model: TopicModel, tmp_path: Path) -> None:
    folder = model.save(tmp_path / "model")
    for file in folder.iterdir():
        content = file.read_bytes()
        for damaged in (b"", content[:-1], content[:-2] + bytes([content[-2] ^ 1]) + content[-1:], content + b" "):
            if file.name == "manifest.json" and damaged.strip() == content.strip():
                continue  # JSON all the same
            file.write_bytes(damaged)
            with pytest.raises(ModelError):
                load_topics(folder)
        file.unlink()
        with pytest.raises(ModelError):
            load_topics(folder)
        file.write_bytes(content)
    assert learned(load_topics(folder)) == learned(model)


def test_refuses_what_is_no_topic_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such model folder"):
        load_topics(tmp_path / "none")
    with pytest.raises(ModelError, match="not a model"):
        load_topics(tmp_path)
    tagger = load_tagger().save(tmp_path / "tagger")
    with pytest.raises(ModelError, match="expected a topics"):
        load_topics(tagger)


Change = Callable[[dict[str, Any], dict[str, Any]], None]


def load_changed(model: TopicModel, folder: Path, change: Change) -> TopicModel:
    """Return what is loaded after a change to the arrays and documents of a saved model, checksums and all."""
    stored = open_folder(model.save(folder / "model"), kind="topics")
    arrays = dict(stored.arrays)
    documents = copy.deepcopy(stored.documents)
    change(arrays, documents)
    return load_topics(save_folder(folder / "other", kind="topics", settings={}, arrays=arrays, documents=documents))


@pytest.mark.parametrize(
    "change",
    [
        lambda arrays, _: arrays.pop("components"),
        lambda arrays, _: arrays.update(components=arrays["components"][:1]),
        lambda arrays, _: arrays.update(components=arrays["components"] * np.float32(np.nan)),
        lambda arrays, _: arrays.update(gram=arrays["gram"][:, :2]),
        lambda arrays, _: arrays.update(cross=arrays["cross"][:, 1:]),
        lambda arrays, _: arrays.update(cross=arrays["cross"] + np.float32(np.inf)),
        lambda arrays, _: arrays.update(idf=arrays["idf"][1:]),
        lambda arrays, _: arrays.update(idf=arrays["idf"] * np.nan),
        lambda arrays, _: arrays.update(chance=np.empty(0)),
        lambda arrays, _: arrays.update(first_terms=arrays["first_terms"] + 1_000),
        lambda arrays, _: arrays.update(anchors=np.zeros((1, 24), np.float32)),
        lambda _, documents: documents.pop("parameters"),
        lambda _, documents: documents["parameters"].update(colour="red"),
        lambda _, documents: documents["parameters"].update(taxonomy={"\0taxonomy": {"id": "x"}}),
        lambda _, documents: documents["parameters"].pop("seeds"),
        lambda _, documents: documents.pop("fitted"),
        lambda _, documents: documents["fitted"].pop("n_iter"),
        lambda _, documents: documents.update(topics=5),
        lambda _, documents: documents["topics"].pop(),
        lambda _, documents: documents["topics"][0].pop("share"),
        lambda _, documents: documents["topics"][0].update(typical=[{"text": "x"}]),
        lambda _, documents: documents["topics"][0].update(terms=[["rocket"]]),
        lambda _, documents: documents.update(vocabulary=[]),
        lambda _, documents: documents["vocabulary"]["keys"].pop(),
        lambda _, documents: documents.update(names=5),
        lambda _, documents: documents.update(anchored=["x"]),
        lambda _, documents: documents["fitted"].update(missing_seeds=[]),
        lambda arrays, _: arrays.update(chance=arrays["chance"] * np.nan),
        lambda arrays, _: arrays.update(chance=np.zeros((2, 2))),
        lambda arrays, _: arrays.update(components=-arrays["components"]),
        lambda _, documents: documents["topics"][1].update(id="topic-1"),
        lambda _, documents: documents["topics"][1].update(id=5),
        lambda _, documents: documents["topics"][1].update(share="much"),
        lambda _, documents: documents["parameters"].update(n_topics=-5),
        lambda _, documents: documents.update(unexplained="much"),
    ],
)
def test_refuses_a_folder_whose_parts_do_not_fit_together(model: TopicModel, tmp_path: Path, change: Change) -> None:
    with pytest.raises(ModelError):
        load_changed(model, tmp_path, change)


@pytest.mark.parametrize(
    "settings", [{"n_topics": np.int64(2)}, {"random_state": np.int64(2)}, {"min_df": np.int64(1)}]
)
def test_saves_settings_that_are_numpy_numbers(settings: dict[str, Any], tmp_path: Path) -> None:
    model = TopicModel(**{"n_topics": 2, **settings}).fit(SPLIT)
    assert load_topics(model.save(tmp_path)).top_terms() == model.top_terms()


# What cannot be used --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "settings",
    [
        {"n_topics": 0},
        {"n_topics": -1},
        {"n_topics": 2.0},
        {"n_topics": True},
        {"n_topics": "all"},
        {"n_topics": None},
        {"n_topics": -1, "seeds": {"a": ["rocket"]}},
        {"n_topics": 0, "seeds": {}},
        {"random_state": -1},
        {"random_state": None},
        {"random_state": 1.5},
        {"seeds": ["rocket"]},
        {"seeds": "rocket"},
        {"seeds": {"a": "rocket"}},
        {"seeds": {"a": []}},
        {"seeds": {"a": [" "]}},
        {"seeds": {"a": [5]}},
        {"seeds": {5: ["rocket"]}},
        {"seeds": {"": ["rocket"]}},
        {"phrases": [""]},
        {"phrases": [5]},
        {"stop_words": "the"},
        {"stop_words": None},
        {"min_df": "1"},
        {"min_df": -1},
        {"min_df": float("nan")},
        {"min_df": 10_000},
        {"max_df": 1.5},
        {"max_df": 0},
        {"max_features": 0},
        {"idf_power": -1},
        {"idf_power": float("nan")},
        {"idf_power": float("inf")},
        {"idf_power": "2"},
        {"n_jobs": 0},
        {"n_jobs": "2"},
        {"taxonomy": "themes.yaml"},
        {"phrases": "data"},
    ],
    ids=str,
)
def test_refuses_settings_that_cannot_be_meant(settings: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        TopicModel(**settings).fit(SPLIT)


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ("rocket moon", "found one str"),
        (None, "NoneType"),
        (5, "int"),
        ("abcd", "found one str"),
        (["rocket", None], "text 1: found NoneType"),
        (["rocket", b"moon"], "text 1: found bytes"),
        (["rocket", float("nan")], "text 1: found float"),
        ([["rocket"], ["new york"]], "text 1: token 'new york'"),
        ([["rocket", ""]], "text 0: token ''"),
        ([["rocket", 5]], "text 0: token 5"),
    ],
    ids=str,
)
@pytest.mark.parametrize("method", ["fit", "fit_transform", "partial_fit", "transform", "assign", "describe"])
def test_refuses_what_is_no_list_of_texts(model: TopicModel, method: str, texts: Any, message: str) -> None:
    fitted = method in ("transform", "assign", "describe")
    with pytest.raises(InputError, match=message):
        getattr(model if fitted else TopicModel(2), method)(texts)


@pytest.mark.parametrize("texts", [[], [""], ["", "  "], ["the of"], ["2024 — …", "12"], ["rocket"], ["moon"] * 5])
def test_refuses_to_learn_from_no_words(texts: list[str]) -> None:
    with pytest.raises(InputError, match="no te"):
        TopicModel(2).fit(texts)


def test_refuses_to_go_on_with_no_texts(model: TopicModel) -> None:
    with pytest.raises(InputError, match="no texts"):
        model.describe([])
    with pytest.raises(InputError, match="no texts"):
        copy.deepcopy(model).partial_fit([])
    with pytest.raises(InputError, match="no texts"):
        choose_n_topics([])


@pytest.mark.parametrize("n_texts", [1, 9])
def test_terms_of_every_text_say_nothing(n_texts: int) -> None:
    texts = ["rocket moon"] * n_texts
    model = TopicModel(1, max_df=1.0, seeds={"s": ["moon"]}).fit(texts)
    assert model.unexplained_ == 1.0
    assert model.assign(texts) == [None] * n_texts
    assert [(topic.share, topic.coherence, topic.typical) for topic in model.topics_] == [(0.0, 0.0, ())] * 2


def test_refuses_more_topics_than_texts() -> None:
    texts = ["rocket moon", "flour oven"]
    assert len(TopicModel(2, seeds={"s": ["zzz"]}).fit(texts).topics_) == 3
    with pytest.raises(InputError, match="3 topics in 2 texts"):
        TopicModel(3).fit(texts)


@settings(max_examples=25)
@given(
    st.lists(st.lists(st.sampled_from([*"abcde", "The", "数据", "\ud800", "5"]), max_size=4).map(" ".join), max_size=9),
    st.integers(1, 4),
    st.booleans(),
)
def test_any_texts_make_a_sound_model_or_an_input_error(texts: list[str], n_topics: int, drop: bool) -> None:
    try:
        model = TopicModel(n_topics, max_df=1.0, drop_duplicates=drop, seeds={"s": ["b"]}).fit(texts)
    except InputError:
        return
    assert len(model.topics_) == n_topics + 1
    assert np.isfinite(model.components_).all()
    assert sum(topic.share for topic in model.topics_) + model.unexplained_ == pytest.approx(1)
    assert np.isfinite(model.transform(texts)).all()
    assert np.isfinite(model.partial_fit(texts).components_).all()
