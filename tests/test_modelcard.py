"""The model card."""

from __future__ import annotations

import re

import numpy as np
import pytest

import cyberthemes
from cyberthemes import Tagger, evaluate
from cyberthemes.gold import Gold
from cyberthemes.modelcard import model_card


@pytest.fixture(scope="module")
def card(tagger: Tagger) -> str:
    labels = np.zeros((3, len(tagger.theme_ids)), dtype=np.int8)
    labels[0, 0], labels[1, 1] = 1, -1
    texts = ("Hackers spread ransomware.", "Rain fell in the park.", "Streets were quiet.")
    gold = Gold(texts, labels, ("a", "a", "b"), np.array([1.0, 1.0, 0.5]))
    return model_card(tagger, gold, ["first {gold}.jsonl", "second.jsonl"], evaluate(tagger, gold))


def test_says_what_the_model_was_learned_from(card: str, tagger: Tagger) -> None:
    text = " ".join(card.split())
    assert re.search(r"\b3 labelled paragraphs of 2 documents \(2 \D*without a theme\)", text)
    assert "`first {gold}.jsonl`, `second.jsonl`" in text
    assert f"cyberthemes {cyberthemes.__version__}" in text
    assert f"version {tagger.taxonomy.version} of the taxonomy `{tagger.taxonomy.id}`" in text
    assert f" {len(tagger.index):,} words" in text
    assert f" {sum(len(theme.terms) for theme in tagger.taxonomy.themes):,} taxonomy terms" in text


def test_has_a_row_for_each_figure_and_theme(card: str, tagger: Tagger) -> None:
    figures = re.findall(r"^\| ([\w -]+) \| -?\d\.\d{3} \(-?\d\.\d{3} to -?\d\.\d{3}\) \|$", card, re.MULTILINE)
    assert figures == ["micro-F1", "macro-F1", "Brier skill over base rates"]
    assert "| calibration error | too few probabilities to say |" in card
    rows = re.findall(r"^\| `([\w-]+)` \| (\d+) \| (?:\d\.\d\d \| ){3}(\d\.\d\d) \|$", card, re.MULTILINE)
    assert tuple(theme for theme, _, _ in rows) == tagger.theme_ids
    assert [int(support) for _, support, _ in rows] == [1] + [0] * (len(rows) - 1)
    assert [float(threshold) for _, _, threshold in rows] == pytest.approx(tagger.thresholds, abs=0.006)


def test_leaves_no_field_unfilled_and_holds_no_text(card: str) -> None:
    assert re.findall(r"\{\w+\}", card.replace("{gold}", "")) == []
    assert "ransomware" not in card
