"""How strongly terms are present, against the formula."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyberthemes.presence import presence, shared_among
from cyberthemes.taxonomy import TermHit

COLUMNS = {"a": 0, "b": 1, "c": 2}


def test_presence_is_the_chance_that_one_term_is_right() -> None:
    hits = [TermHit("a", "x", 0.5, 0, 1), TermHit("a", "y", 0.8, 2, 3), TermHit("b", "z", 1.0, 4, 5)]
    assert presence(hits, COLUMNS) == pytest.approx([1 - 0.5 * 0.2, 0.95, 0])


hits_of = st.lists(
    st.builds(TermHit, st.sampled_from("abc"), st.just("x"), st.floats(0.01, 1.0), st.just(0), st.just(1))
)


@given(hits_of)
def test_shares_of_each_theme_add_up_to_its_presence(hits: list[TermHit]) -> None:
    present = presence(hits, COLUMNS)
    shares = shared_among(hits, present, COLUMNS)
    assert len(shares) == len(hits)
    assert all(share > 0 for share in shares)
    for theme, column in COLUMNS.items():
        mine = [share for hit, share in zip(hits, shares, strict=True) if hit.theme == theme]
        assert sum(mine) == pytest.approx(present[column])
        assert present[column] <= 1.0


def test_the_surer_of_two_terms_has_the_larger_share() -> None:
    hits = [TermHit("b", "x", 0.9, 0, 1), TermHit("b", "y", 0.2, 2, 3)]
    first, second = shared_among(hits, presence(hits, COLUMNS), COLUMNS)
    assert first > second > 0
