"""How strongly terms are present, against the formula."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyberthemes.presence import presence, presence_in, shared_among
from cyberthemes.taxonomy import Taxonomy, Term, TermHits, Theme

SHAPE = (2, 3)  # texts, themes


def hits_of(*hits: tuple[int, int, float]) -> TermHits:
    texts, themes, weights = (np.array([hit[place] for hit in hits]) for place in range(3))
    return TermHits(texts.astype(int), themes.astype(int), *(np.arange(len(hits)), weights.astype(float), texts, texts))


def test_presence_is_the_chance_that_one_term_is_right() -> None:
    found = presence(hits_of((0, 0, 0.5), (0, 0, 0.8), (0, 1, 1.0), (1, 2, 0.25)), *SHAPE)
    assert found == pytest.approx(np.array([[1 - 0.5 * 0.2, 0.95, 0], [0, 0, 0.25]]))


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 2), st.floats(0.01, 1.0))))
def test_shares_of_each_theme_add_up_to_its_presence(hits: list[tuple[int, int, float]]) -> None:
    found = hits_of(*hits)
    present = presence(found, *SHAPE)
    shares = shared_among(found, present)
    assert len(shares) == len(hits)
    assert (shares > 0).all()
    assert (present <= 1.0).all()
    summed = np.zeros(SHAPE)
    np.add.at(summed, (found.texts, found.themes), shares)
    assert summed == pytest.approx(present)


def test_the_surer_of_two_terms_has_the_larger_share() -> None:
    hits = hits_of((1, 1, 0.9), (1, 1, 0.2))
    first, second = shared_among(hits, presence(hits, *SHAPE))
    assert first > second > 0


def test_texts_are_looked_through_one_by_one() -> None:
    terms = (Term("5G", 0.5), Term("mast", 0.8))
    taxonomy = Taxonomy("demo", "1", themes=(Theme("5g", "5G", terms=terms), Theme("law", "Law", terms=(Term("law"),))))
    found = presence_in(iter(["5G masts", "", "laws, 5G"]), taxonomy)
    assert found == pytest.approx(np.array([[1 - 0.5 * 0.2, 0], [0, 0], [0.5, 0.95]]))
    assert presence_in([], taxonomy).shape == (0, 2)
