"""Telling what is off topic."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cyberthemes import ModelError, Tagger, Term, Theme, ThemeTagger, add_terms, add_theme, load_tagger
from cyberthemes.relevance import Relevance
from cyberthemes.terms import TermRows

GOAL = "The striker scored twice and the coach praised the goalkeeper after the match at the stadium on Saturday."
LAW = "The new data security law restricts cross-border data flows."


def always_off_topic(tagger: Tagger) -> Tagger:
    weights = np.zeros(len(tagger.index), dtype=np.float32)
    return replace(tagger, relevance=Relevance(weights, -1.0, 0.0, len(tagger.theme_ids)))


def test_the_score_is_the_bias_and_the_weighted_terms() -> None:
    relevance = Relevance(np.array([2.0, -3.0, 1.0], dtype=np.float32), bias=0.5, threshold=0.25, n_themes=1)
    texts = TermRows(
        np.array([0.75, 0.5, 0.5, 0.5]), np.array([0, 1, 0, 1], dtype=np.int32), np.array([0, 2, 2, 4]), np.ones(4, int)
    )
    # 0.5 + 1.5 - 1.5 and the bias alone are above the threshold, 0.5 + 1.0 - 1.5 is below.
    assert relevance.are_off_topic(texts).tolist() == [False, False, True]


def test_sport_is_off_topic_and_says_so(tagger: Tagger) -> None:
    paragraph = tagger.tag(GOAL).paragraphs[0]
    assert (paragraph.themes, paragraph.reason) == ((), "off topic")
    assert tagger.tag(LAW).paragraphs[0].reason is None


def test_what_is_off_topic_gets_no_theme_but_keeps_its_probabilities(tagger: Tagger) -> None:
    closed = always_off_topic(tagger)
    assert not closed.predict([LAW]).any()
    assert np.array_equal(closed.predict_proba([LAW]), tagger.predict_proba([LAW]))
    assert replace(closed, relevance=None).predict([LAW]).any()


def test_relevance_does_not_judge_what_was_added_later(tagger: Tagger) -> None:
    grown = add_theme(always_off_topic(tagger), Theme("sport", "Sport", terms=(Term("striker"),)))
    assert grown.tag(GOAL).paragraphs[0].themes == ("sport",)
    grown = add_terms(always_off_topic(tagger), "ai", ["goalkeeper"])
    assert grown.tag(GOAL).paragraphs[0].themes == ("ai",)


def test_relevance_is_saved(tagger: Tagger, tmp_path: Path) -> None:
    again = load_tagger(tagger.save(tmp_path / "model"))
    assert tagger.relevance is not None
    assert again.relevance is not None
    assert np.array_equal(again.relevance.weights, tagger.relevance.weights)
    for name in ("bias", "threshold", "n_themes"):
        assert getattr(again.relevance, name) == getattr(tagger.relevance, name)
    assert load_tagger(replace(tagger, relevance=None).save(tmp_path / "none")).relevance is None


def test_damaged_relevance_is_refused(tagger: Tagger) -> None:
    with pytest.raises(ModelError, match="NaN"):
        Relevance(np.array([np.nan], dtype=np.float32), 0.0, 0.0, 1)
    with pytest.raises(ModelError, match="relevance"):
        replace(tagger, relevance=Relevance(np.zeros(3, dtype=np.float32), 0.0, 0.0, 1))


def test_relevance_is_learned_where_labels_show_both_kinds(tagger: Tagger) -> None:
    taxonomy = replace(tagger.taxonomy, themes=(Theme("talent", "Talent", terms=(Term("talent"),)),))
    generator = np.random.default_rng(0)
    skills, match = ("skills", "school", "engineers", "digital"), ("goal", "coach", "stadium", "league")
    texts = [" ".join([*generator.choice(words, 3), "talent"]) for words in (skills, match) * 80]
    tagger = ThemeTagger(taxonomy).fit(texts, [[1], [0]] * 80).tagger_
    assert tagger.relevance is not None
    on, off = tagger.tag("digital skills school talent"), tagger.tag("goal stadium league talent")
    assert (on.paragraphs[0].reason, off.paragraphs[0].reason) == (None, "off topic")
    assert ThemeTagger(taxonomy).fit(texts, [[1], [0]] * 10 + [[-1]] * 140).tagger_.relevance is None
