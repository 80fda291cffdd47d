"""`ThemeTagger`: what it learns from labels of every kind, and its manners as a scikit-learn estimator."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from joblib import parallel_config
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics import f1_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from cyberthemes import CyberthemesError, InputError, Tagger, Taxonomy, Term, Theme, ThemeTagger, load_tagger
from cyberthemes.gold import read_gold

Labels = npt.NDArray[np.int8]
IDS = ("cybersecurity", "ai", "governance")


@dataclass(frozen=True)
class Data:
    taxonomy: Taxonomy
    texts: tuple[str, ...]
    labels: Labels
    groups: tuple[str, ...]

    def lists(self) -> list[list[str]]:
        """The labels as lists of theme ids, with borderline ones left out."""
        return [[theme for theme, label in zip(IDS, row, strict=True) if label == 1] for row in self.labels]

    def fit(self, labels: Any, n_jobs: int | None = None) -> ThemeTagger:
        return ThemeTagger(self.taxonomy, n_folds=3, n_jobs=n_jobs).fit(self.texts, labels, self.groups)


@pytest.fixture(scope="module")
def data(tagger: Tagger) -> Data:
    gold = read_gold([Path(__file__).parent / "data" / "genre.jsonl"], tagger.theme_ids)
    columns = [tagger.theme_ids.index(theme) for theme in IDS]
    taxonomy = Taxonomy("part", "1", themes=tuple(tagger.taxonomy.theme(theme) for theme in IDS))
    return Data(taxonomy, gold.texts[:70], gold.labels[:70, columns], gold.groups[:70])


@pytest.fixture(scope="module")
def fitted(data: Data) -> ThemeTagger:
    return data.fit(data.labels)


def content(estimator: ThemeTagger) -> list[bytes]:
    tagger = estimator.tagger_
    arrays = (tagger.term_weights, tagger.presence_weights, tagger.bias, tagger.thresholds, tagger.index.idf)
    return [array.tobytes() for array in (*arrays, estimator.held_out_)] + [repr(tagger.index.keys).encode()]


# A toy world in which words decide: "5G" and "data law" are terms, "mast" and "court" come with them.
TOY = Taxonomy(
    "toy",
    "1",
    themes=(Theme("5g", "5G", terms=(Term("5G"),)), Theme("law", "Law", terms=(Term("data law"),))),
)
SENTENCES = (
    "5G needs a mast",
    "data law in court",
    "rain in the park",
    "5G mast fell over",
    "court read data law",
    "park is quiet",
)
TEXTS = SENTENCES * 4
ROWS = [[1, 0], [0, 1], [0, 0], [1, 0], [0, 1], [0, 0]] * 4
PROBES = ["A 5G mast", "The data law in court", "A park in the rain"]
EXPECTED = [[True, False], [False, True], [False, False]]


@pytest.mark.parametrize(
    "labels",
    [
        ROWS,
        np.array(ROWS, dtype=np.float64),
        [[theme for theme, label in zip(("5g", "law"), row, strict=True) if label] for row in ROWS],
        [("5g",) if row[0] else {"law"} if row[1] else [] for row in ROWS],
        [[1, -1] if row[0] else [-1, 1] if row[1] else row for row in ROWS],
        [None if number % 4 == 1 else ["5g"] * row[0] + ["law"] * row[1] for number, row in enumerate(ROWS)],
        [[row[0], -1] for row in ROWS],
        None,
        [None] * len(ROWS),
    ],
    ids=["array", "floats", "lists", "tuples and sets", "-1", "part", "one unknown", "none", "all None"],
)  # fmt: skip
def test_learns_from_labels_of_every_kind(labels: Any) -> None:
    estimator = ThemeTagger(TOY)
    assert estimator.fit(TEXTS, labels) is estimator
    assert estimator.predict(PROBES).tolist() == EXPECTED
    assert estimator.theme_ids_ == ("5g", "law")
    assert np.isfinite(estimator.held_out_).all()


def test_lists_of_ids_mean_the_same_as_columns(data: Data) -> None:
    no_unknowns = np.maximum(data.labels, 0)
    assert content(data.fit(data.lists())) == content(data.fit(no_unknowns))


@pytest.mark.parametrize("sentence", ["5G needs a mast", "park is quiet"])  # with a term of the theme, and without
def test_unknown_labels_count_neither_for_nor_against(sentence: str) -> None:
    rows = [number for number, text in enumerate(TEXTS) if text == sentence]
    probabilities = {}
    for value in (1, -1, 0):
        labels = np.array(ROWS)
        labels[rows, 0] = [1, value, value, value]
        probabilities[value] = ThemeTagger(TOY).fit(TEXTS, labels).predict_proba([sentence])[0, 0]
    assert probabilities[0] + 0.1 < probabilities[-1] < probabilities[1] - 0.1


def test_texts_without_labels_weigh_as_much_as_they_are_told_to() -> None:
    # Labels say that masts are not of the theme; the unlabelled copies hold its term, which says that they are.
    labels: list[list[str] | None] = [
        None if text == "5G needs a mast" and row % 12 else [] for row, text in enumerate(TEXTS)
    ]
    texts, labels = [*TEXTS, *["new 5G phones"] * 6], [*labels, *[["5g"]] * 6]
    trusting, doubting = (
        ThemeTagger(TOY, weak_weight=weight).fit(texts, labels).predict_proba(["5G needs a mast"])[0, 0]
        for weight in (1.0, 0.01)
    )
    assert doubting + 0.01 < trusting


def test_a_theme_that_never_applies_is_never_predicted() -> None:
    estimator = ThemeTagger(TOY).fit(TEXTS, [[row[0], 0] for row in ROWS])
    assert not estimator.predict(PROBES)[:, 1].any()
    assert (estimator.predict_proba(PROBES)[:, 1] < 0.1).all()
    assert estimator.predict(PROBES)[:, 0].tolist() == [True, False, False]


@pytest.mark.usefixtures("two_blas_threads")
def test_fitting_twice_gives_the_same_bits(data: Data, fitted: ThemeTagger) -> None:
    assert content(data.fit(data.labels)) == content(fitted)


@pytest.mark.usefixtures("two_blas_threads")
def test_workers_change_no_bit(data: Data, fitted: ThemeTagger) -> None:
    with parallel_config(backend="threading"):
        assert content(data.fit(data.labels, n_jobs=2)) == content(fitted)


@pytest.mark.parametrize("grouped", [True, False])
def test_the_order_of_rows_does_not_matter(data: Data, grouped: bool) -> None:
    order = np.random.default_rng(0).permutation(len(data.texts))
    answers = []
    for rows in (np.arange(len(data.texts)), order):
        texts, groups = [data.texts[row] for row in rows], [data.groups[row] for row in rows]
        estimator = ThemeTagger(data.taxonomy, n_folds=3).fit(texts, data.labels[rows], groups if grouped else None)
        answers.append(np.vstack([estimator.predict_proba(data.texts), estimator.tagger_.thresholds]))
    np.testing.assert_allclose(answers[0], answers[1], rtol=0, atol=1e-5)


def test_no_group_is_in_two_folds() -> None:
    # Each group has a word of its own, which alone tells its label: held out, no text has a known word.
    groups = np.repeat(np.arange(20), 2)
    texts = [f"word{'abcdfghijklmnopqrtuv'[group]}" for group in groups]
    labels = np.random.default_rng(0).integers(0, 2, 20)[groups][:, None]
    taxonomy = Taxonomy("one", "1", themes=TOY.themes[:1])
    held_out = ThemeTagger(taxonomy, n_folds=4).fit(texts, labels, groups.tolist()).held_out_
    assert len(np.unique(held_out.round(9))) <= 4


def test_held_out_probabilities_are_calibrated_and_not_those_of_training(data: Data, fitted: ThemeTagger) -> None:
    known = data.labels != -1
    for theme in range(len(IDS)):
        rows = known[:, theme]
        mean, rate = fitted.held_out_[rows, theme].mean(), data.labels[rows, theme].mean()
        assert mean == pytest.approx(rate, abs=0.03)
    held_out = (fitted.held_out_ - data.labels)[known]
    trained = (fitted.predict_proba(data.texts) - data.labels)[known]
    rates = (data.labels == 1).sum(axis=0) / known.sum(axis=0)
    assert (trained**2).mean() < (held_out**2).mean() < ((rates - data.labels)[known] ** 2).mean()


def test_it_answers_as_its_tagger_does(data: Data, fitted: ThemeTagger) -> None:
    texts = data.texts[:20]
    assert fitted.predict(texts).tolist() == fitted.tagger_.predict(texts).tolist()
    assert fitted.predict_proba(texts).tolist() == fitted.tagger_.predict_proba(texts).tolist()
    assert fitted.tagger_.taxonomy == data.taxonomy


def test_score_is_the_micro_f1_of_what_is_known(data: Data, fitted: ThemeTagger) -> None:
    known = data.labels != -1
    expected = f1_score(data.labels[known], fitted.predict(data.texts)[known])
    assert fitted.score(data.texts, data.labels) == pytest.approx(expected)
    assert fitted.score(["rain"], [[]]) == 0


def test_fit_leaves_its_inputs_alone(data: Data) -> None:
    texts, labels, groups = list(data.texts), data.labels.copy(), list(data.groups)
    ThemeTagger(data.taxonomy, n_folds=2).fit(texts, labels, groups)
    assert (texts, groups) == (list(data.texts), list(data.groups))
    assert labels.tobytes() == data.labels.tobytes()


def test_a_clone_has_the_parameters_and_nothing_learned(fitted: ThemeTagger) -> None:
    copy = clone(fitted)
    assert copy.get_params() == fitted.get_params() == ThemeTagger(fitted.taxonomy, n_folds=3).get_params()
    assert set(copy.get_params()) == {
        "taxonomy", "C", "presence_scale", "min_df", "weak_weight", "exclusive", "ngram_range", "stop_words", "index",
        "n_folds", "n_jobs",
    }  # fmt: skip
    assert copy.set_params(C=0.5).C == 0.5
    for ask in (copy.predict, copy.predict_proba):
        with pytest.raises(NotFittedError):
            ask(PROBES)


def without_underscores(texts: list[str]) -> list[str]:
    return [text.replace("_", " ") for text in texts]


def test_works_at_the_end_of_a_pipeline() -> None:
    pipeline = Pipeline([("clean", FunctionTransformer(without_underscores)), ("tag", ThemeTagger(TOY))])
    pipeline.fit([text.replace(" ", "_") for text in TEXTS], ROWS)
    assert pipeline.predict([text.replace(" ", "_") for text in PROBES]).tolist() == EXPECTED
    assert pipeline.score(TEXTS, ROWS) == 1


def test_can_be_searched_over() -> None:
    search = GridSearchCV(ThemeTagger(TOY, n_folds=2), {"C": [1e-6, 10.0]}, cv=2).fit(TEXTS, np.array(ROWS))
    assert search.best_params_ == {"C": 10.0}
    assert search.predict(PROBES).tolist() == EXPECTED


N = len(TEXTS)


@pytest.mark.parametrize(
    ("texts", "labels", "groups"),
    [
        ([], None, None),
        (["5G"], None, None),
        ("5G in one str", None, None),
        (["5G", None], None, None),
        (["", ""], None, None),
        (TEXTS, ROWS[1:], None),
        (TEXTS, [[1, 0, 0]] * N, None),
        (TEXTS, [[1, 0], [1]] * (N // 2), None),
        (TEXTS, [[2, 0]] * N, None),
        (TEXTS, np.full((N, 2), np.nan), None),
        (TEXTS, [["6g"]] * N, None),
        (TEXTS, ["5g"] * N, None),
        (TEXTS, ROWS, ["a"]),
        (TEXTS, ROWS, ["a"] * N),
    ],
    ids=[
        "no texts", "one text", "a str", "not a str", "no terms", "too few labels", "wide", "ragged", "two",
        "NaN", "unknown theme", "bare ids", "too few groups", "one group",
    ],
)  # fmt: skip
def test_what_does_not_fit_together_is_an_input_error(texts: Any, labels: Any, groups: Any) -> None:
    with pytest.raises(InputError):
        ThemeTagger(TOY).fit(texts, labels, groups)


@pytest.mark.parametrize("groups", [[("doc", row % 6) for row in range(N)], [None, *["a", "b"] * N][:N]])
def test_groups_may_be_any_values(groups: list[Any]) -> None:
    assert ThemeTagger(TOY, n_folds=2).fit(TEXTS, ROWS, groups).predict(PROBES).tolist() == EXPECTED


@pytest.mark.parametrize("themes", [(), (TOY.themes[0], TOY.themes[0])], ids=["none", "one id twice"])
def test_a_taxonomy_without_columns_of_its_own_is_refused(themes: tuple[Theme, ...]) -> None:
    with pytest.raises(CyberthemesError):
        ThemeTagger(replace(TOY, themes=themes)).fit(TEXTS)


@pytest.mark.parametrize(
    "settings", [{"n_folds": 1}, {"n_folds": 0}, {"n_jobs": 0}, {"C": 0.0}, {"C": -1.0}, {"min_df": 99}]
)
def test_settings_that_cannot_be_are_a_value_error(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        ThemeTagger(TOY, **settings).fit(TEXTS[:12], ROWS[:12])


# Exclusive themes, and none but weak labels -------------------------------------------------------------

WORLDS = Taxonomy(
    "worlds",
    "1",
    themes=(
        Theme("sports", "Sports", terms=(Term("sports"),)),
        Theme("music", "Music", terms=(Term("music"),)),
        Theme("farms", "Farms", terms=(Term("farm"),)),
    ),
)
WORDS = (
    ["team", "goal", "coach", "match", "league"],
    ["song", "album", "band", "guitar", "tour"],
    ["cow", "milk", "barn", "wheat", "plough"],
)


def world_texts(n: int, seed: int = 0) -> tuple[list[str], npt.NDArray[np.intp]]:
    """Texts of four of their world's words, each fifth with the name of its theme."""
    generator = np.random.default_rng(seed)
    worlds = generator.integers(3, size=n)
    names = ("sports", "music", "farms")
    texts = [
        " ".join([*generator.choice(WORDS[world], 4), *[names[world]] * (number % 5 == 0)])
        for number, world in enumerate(worlds)
    ]
    return texts, worlds


def test_exclusive_themes_are_learned_from_their_names_alone() -> None:
    texts, worlds = world_texts(200)
    estimator = ThemeTagger(WORLDS, exclusive=True).fit(texts)
    assert (estimator.transduction_.argmax(axis=1) == worlds).mean() > 0.95
    np.testing.assert_allclose(estimator.transduction_.sum(axis=1), 1.0)
    unseen, truth = world_texts(60, seed=1)
    tagger = estimator.tagger_
    assert tagger.exclusive
    assert (tagger.predict(unseen).argmax(axis=1) == truth).mean() > 0.95
    assert (tagger.predict(unseen).sum(axis=1) == 1).all()
    np.testing.assert_allclose(tagger.predict_proba(unseen).sum(axis=1), 1.0)
    assert not tagger.predict(["", "zzz qqq"]).any()
    for tag in tagger.explain("team goal song sports"):
        assert tag.score == pytest.approx(tag.bias + sum(piece.contribution for piece in tag.evidence))


def test_exclusive_themes_are_learned_from_labels(tmp_path: Path) -> None:
    texts, worlds = world_texts(120)
    estimator = ThemeTagger(WORLDS, exclusive=True).fit(texts, np.eye(3, dtype=int)[worlds])
    tagger = load_tagger(estimator.tagger_.save(tmp_path / "worlds"))
    unseen, truth = world_texts(60, seed=1)
    assert (tagger.predict(unseen).argmax(axis=1) == truth).mean() > 0.95
    assert np.array_equal(tagger.predict_proba(unseen), estimator.predict_proba(unseen))
    probabilities = estimator.held_out_
    right = probabilities.argmax(axis=1) == worlds
    assert probabilities.max(axis=1).mean() == pytest.approx(right.mean(), abs=0.06)


def test_a_few_labels_correct_what_terms_say() -> None:
    texts, worlds = world_texts(200)
    # Farms go by a name that misleads: it stands in texts on music.
    misnamed = replace(WORLDS, themes=(*WORLDS.themes[:2], Theme("farms", "Farms", terms=(Term("band"),))))
    few: list[list[str] | None] = [
        [("sports", "music", "farms")[world]] if number < 30 else None for number, world in enumerate(worlds)
    ]
    without, with_few = (
        ThemeTagger(misnamed, exclusive=True).fit(texts, labels).transduction_[30:] for labels in (None, few)
    )
    assert (with_few.argmax(axis=1) == worlds[30:]).mean() > (without.argmax(axis=1) == worlds[30:]).mean()


def test_what_was_learned_from_is_kept(data: Data, fitted: ThemeTagger) -> None:
    known = data.labels >= 0
    assert (fitted.transduction_[known] == data.labels[known]).all()
    texts, _ = world_texts(60)
    weak = ThemeTagger(WORLDS).fit(texts)
    assert weak.transduction_.shape == (60, 3)
    assert ((weak.transduction_ >= 0) & (weak.transduction_ <= 1)).all()
    np.testing.assert_allclose(weak.tagger_.prevalence, weak.transduction_.mean(axis=0), atol=0.01)


def test_two_exclusive_themes_in_one_text_are_refused() -> None:
    texts, worlds = world_texts(20)
    labels = np.eye(3, dtype=int)[worlds]
    labels[3] = 1
    with pytest.raises(InputError, match="one theme"):
        ThemeTagger(WORLDS, exclusive=True).fit(texts, labels)


def test_a_vocabulary_that_is_given_is_used(data: Data, tagger: Tagger) -> None:
    estimator = ThemeTagger(data.taxonomy, index=tagger.index, n_folds=3).fit(data.texts, data.labels, data.groups)
    assert estimator.tagger_.index is tagger.index


def test_pairs_of_words_and_stop_words_are_as_told() -> None:
    keys = ThemeTagger(TOY, ngram_range=(1, 2), stop_words=()).fit(TEXTS, ROWS).tagger_.index.keys
    assert {"needs", "need", "a", "in court", "in the"} & set(keys) >= {"a", "in court", "in the"}
    assert "a" not in ThemeTagger(TOY).fit(TEXTS, ROWS).tagger_.index.keys


def test_a_text_counts_as_much_as_its_weight() -> None:
    contradicted = [*TEXTS, *["5G needs a mast"] * 4]
    labels = [*ROWS, *[[0, 0]] * 4]
    light, heavy = (
        ThemeTagger(TOY)
        .fit(contradicted, labels, sample_weight=[1.0] * len(TEXTS) + [weight] * 4)
        .predict_proba(["5G needs a mast"])[0, 0]
        for weight in (0.05, 1.0)
    )
    assert heavy + 0.1 < light


@pytest.mark.parametrize("weights", [[1.0], [0.0] * 24, [float("nan")] * 24])
def test_weights_are_positive_and_one_a_text(weights: list[float]) -> None:
    with pytest.raises(InputError, match="sample_weight"):
        ThemeTagger(TOY).fit(TEXTS, ROWS, sample_weight=weights)


@pytest.mark.parametrize("n_labels", [1, 3, 5, 40])
def test_a_few_labels_of_one_class_do_not_take_over_the_others(n_labels: int) -> None:
    texts, worlds = world_texts(150)
    of_first = np.flatnonzero(worlds == 0)[:n_labels]
    labels: list[list[str] | None] = [["sports"] if row in of_first else None for row in range(len(texts))]
    tagger = ThemeTagger(WORLDS, exclusive=True).fit(texts, labels).tagger_
    assert (tagger.predict(texts).argmax(axis=1) == worlds).mean() > 0.95
    np.testing.assert_allclose(tagger.prevalence, np.bincount(worlds) / len(worlds), atol=0.05)


def test_weights_below_1_throughout_change_what_is_learned_but_not_what_calibrates(data: Data) -> None:
    light = ThemeTagger(data.taxonomy, n_folds=3).fit(data.texts, data.labels, data.groups, np.linspace(0.2, 0.9, 70))
    full = data.fit(data.labels)
    np.testing.assert_allclose(light.tagger_.prevalence, full.tagger_.prevalence)


def test_exclusive_rows_that_leave_several_themes_open_add_up_to_1() -> None:
    texts, worlds = world_texts(60)
    labels = np.eye(3, dtype=int)[worlds]
    labels[::7] = [0, -1, -1]
    labels[::7, 0] = np.where(worlds[::7] == 0, 1, 0)
    estimator = ThemeTagger(WORLDS, exclusive=True).fit(texts, labels)
    np.testing.assert_allclose(estimator.transduction_.sum(axis=1), 1.0)


def test_a_path_is_no_taxonomy() -> None:
    path: Any = "themes.yaml"
    with pytest.raises(InputError, match=r"Taxonomy\.read"):
        ThemeTagger(path).fit(TEXTS, ROWS)
