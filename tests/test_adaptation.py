"""A learned tagger adapted: what is new works, and everything else stays as it was, to the bit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cyberthemes import (
    InputError,
    Tagger,
    TaxonomyError,
    Term,
    Theme,
    add_terms,
    add_theme,
    estimate_prevalence,
    load_tagger,
    with_prevalence,
)

QUANTUM = Theme("quantum", "Quantum technology", terms=(Term("quantum"), Term("qubit", weight=0.6)))
TEXTS = (
    "Regulators fined the platform over personal data.",
    "Quantum sensors and quantum clocks were shown in Hefei.",
    "The two countries signed an agreement on 5G and quantum communication.",
    "It rained all day in the park.",
    "",
)


def answers(tagger: Tagger) -> Any:
    return tagger.scores(TEXTS)


def adds_up(tagger: Tagger, text: str) -> None:
    for tag in tagger.explain(text):
        assert tag.score == pytest.approx(tag.bias + sum(piece.contribution for piece in tag.evidence))


@pytest.mark.usefixtures("two_blas_threads")
def test_a_new_theme_comes_last_and_leaves_the_others_alone(tagger: Tagger) -> None:
    grown = add_theme(tagger, QUANTUM)
    assert grown.theme_ids == (*tagger.theme_ids, "quantum")
    assert np.array_equal(answers(grown)[:, :-1], answers(tagger))
    assert "quantum" not in tagger.theme_ids
    assert grown.predict(TEXTS)[:, -1].tolist() == [False, True, True, False, False]
    adds_up(grown, TEXTS[1])


def test_without_texts_a_theme_is_as_probable_as_its_terms(tagger: Tagger) -> None:
    grown = add_theme(tagger, QUANTUM)
    probabilities = grown.predict_proba(["quantum", "A qubit", "Rain", "quantum qubits"])[:, -1]
    assert probabilities == pytest.approx([0.95, 0.6, 0.01, 0.95])


def test_texts_teach_a_new_theme_words_that_its_terms_do_not_say(tagger: Tagger) -> None:
    about = [f"The laboratory cooled its superconducting {word} qubits near zero." for word in ("new", "old", "small")]
    other = [f"The regulator published a {word} rule on platforms." for word in ("new", "old", "strict")]
    texts = (about + other) * 6
    probe = ["A superconducting laboratory, cooled near zero."]
    labels = [True] * 3 + [False] * 2 + [None]
    unlabelled = add_theme(tagger, QUANTUM, texts)
    labelled = add_theme(tagger, QUANTUM, texts, labels * 6)
    for grown in (unlabelled, labelled):
        assert grown.predict_proba(probe)[0, -1] > 2 * add_theme(tagger, QUANTUM).predict_proba(probe)[0, -1]
        assert np.array_equal(answers(grown)[:, :-1], answers(tagger))
    assert labelled.predict([about[0], other[0]])[:, -1].tolist() == [True, False]


def test_unknown_labels_may_be_none_or_minus_1(tagger: Tagger) -> None:
    texts = ["Quantum clocks tick.", "Rain fell.", "A qubit decayed.", "The band went home."] * 5
    first, second = (
        add_theme(tagger, QUANTUM, texts, [True, 0, unknown, unknown] * 5).scores(texts) for unknown in (None, -1)
    )
    assert np.array_equal(first, second)


def test_a_grown_taxonomy_has_a_version_of_its_own(tagger: Tagger) -> None:
    once = add_theme(tagger, QUANTUM)
    assert once.taxonomy.version == f"{tagger.taxonomy.version}+grown"
    assert add_terms(once, "ai", ["Zuchongzhi"]).taxonomy.version == once.taxonomy.version


@pytest.mark.usefixtures("two_blas_threads")
def test_new_terms_make_their_theme_as_probable_as_their_weight(tagger: Tagger) -> None:
    added: list[Term | str] = [Term("Zorbal Act", weight=0.9), "zorbing rule"]
    grown = add_terms(tagger, "law-regulation", added)
    column = tagger.theme_ids.index("law-regulation")
    assert np.array_equal(answers(grown), answers(tagger))
    texts = ["Zorbal Act", "zorbing rules"]
    before, after = tagger.predict_proba(texts), grown.predict_proba(texts)
    assert (after[:, column] > [0.85, 0.9]).all()
    assert (np.delete(after, column, axis=1) == np.delete(before, column, axis=1)).all()
    assert grown.predict(texts)[:, column].all()
    adds_up(grown, "The Zorbal Act is a data law.")


def test_grown_taggers_are_saved_and_grow_on(tagger: Tagger, tmp_path: Path) -> None:
    grown = add_terms(add_theme(tagger, QUANTUM), "quantum", ["Zuchongzhi"])
    grown = add_terms(grown, "ai", ["Zuchongzhi"])
    again = load_tagger(grown.save(tmp_path / "grown"))
    texts = [*TEXTS, "Zuchongzhi"]
    assert np.array_equal(again.scores(texts), grown.scores(texts))
    assert again.added_terms == grown.added_terms >= {("quantum", "Zuchongzhi"), ("ai", "Zuchongzhi")}
    assert set(again.tag("Zuchongzhi").paragraphs[0].themes) == {"quantum", "ai"}
    assert again.hash
    assert not grown.hash


def test_prevalence_moves_log_odds_by_one_amount_a_theme(tagger: Tagger) -> None:
    rare = with_prevalence(tagger, {"5g": 0.001})
    column = tagger.theme_ids.index("5g")
    moved = answers(rare) - answers(tagger)
    assert (moved[:, column] < -1).all()
    assert np.ptp(moved[:, column]) == pytest.approx(0, abs=1e-12)
    assert not np.delete(moved, column, axis=1).any()
    back = with_prevalence(rare, {"5g": float(tagger.prevalence[column])})
    np.testing.assert_allclose(answers(back), answers(tagger))
    adds_up(rare, "5G masts")


def test_estimated_prevalence_tells_collections_apart(tagger: Tagger) -> None:
    laws = ["The new data protection law fines firms that sell personal data."] * 300
    rain = ["It rained all day in the park and the band went home."] * 300
    in_laws, in_rain = (estimate_prevalence(tagger, texts)["law-regulation"] for texts in (laws, rain))
    assert in_rain < tagger.prevalence[tagger.theme_ids.index("law-regulation")] < in_laws
    assert estimate_prevalence(tagger, laws).keys() == set(tagger.theme_ids)
    lawful = with_prevalence(tagger, estimate_prevalence(tagger, rain))
    assert (lawful.predict_proba(laws[:1]) <= tagger.predict_proba(laws[:1])).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda tagger: add_theme(tagger, QUANTUM, labels=[True]), "labels without texts"),
        (lambda tagger: add_theme(tagger, QUANTUM, ["one text"]), "at least 2"),
        (lambda tagger: add_theme(tagger, QUANTUM, "text"), "one str"),
        (lambda tagger: add_theme(replace(tagger, exclusive=True), QUANTUM), "exclude one another"),
        (lambda tagger: add_theme(tagger, replace(QUANTUM, terms=())), "no terms"),
        (lambda tagger: add_theme(tagger, QUANTUM, ["a", "b"], ["yes", "no"]), "label 'yes'"),
        (lambda tagger: add_theme(tagger, QUANTUM, ["a", "b"], [2, 0]), "label 2"),
        (lambda tagger: add_terms(tagger, "5-g", ["NR"]), "5g"),
        (lambda tagger: add_terms(tagger, "5g", "NR"), "one term"),
        (lambda tagger: estimate_prevalence(tagger, []), "no texts"),
        (lambda tagger: with_prevalence(tagger, {"5-g": 0.1}), "5g"),
        (lambda tagger: with_prevalence(tagger, {"5g": 0.0}), "above 0 and below 1"),
    ],
)
def test_what_cannot_be_done_is_said(tagger: Tagger, change: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        change(tagger)


def test_a_theme_or_term_that_is_there_or_not_valid_is_refused(tagger: Tagger) -> None:
    with pytest.raises(TaxonomyError, match="Bad Id"):
        add_theme(tagger, replace(QUANTUM, id="Bad Id"))
    with pytest.raises(TaxonomyError, match="there twice"):
        add_theme(tagger, replace(QUANTUM, id="5g"))
    with pytest.raises(TaxonomyError, match="5G"):
        add_terms(tagger, "5g", ["5G"])


def test_exclusive_shares_add_up_to_1(tagger: Tagger) -> None:
    exclusive = replace(tagger, exclusive=True, prevalence=np.full(27, 1 / 27))
    told = with_prevalence(exclusive, {"5g": 0.5})
    assert told.prevalence.sum() == pytest.approx(1.0)
    assert told.prevalence[tagger.theme_ids.index("5g")] == 0.5
    for wrong in ({"5g": 0.6, "ai": 0.5}, dict.fromkeys(tagger.theme_ids, 0.5)):
        with pytest.raises(InputError, match="add up to"):
            with_prevalence(exclusive, wrong)
