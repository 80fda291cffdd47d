"""Text cut where evidence begins and ends."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from cyberthemes.highlighting import segments_of


class Piece(NamedTuple):
    start: int
    end: int


PIECES = st.lists(st.builds(Piece, st.integers(-3, 30), st.integers(-3, 30)), max_size=8)


@given(text=st.text(max_size=20), offset=st.integers(0, 9), pieces=PIECES)
def test_segments_are_the_text_and_know_what_covers_them(text: str, offset: int, pieces: list[Piece]) -> None:
    segments = segments_of(text, offset, pieces)
    assert "".join(segment for segment, _ in segments) == text
    assert all(segment for segment, _ in segments)
    covering_by_place = [covering for segment, covering in segments for _ in segment]
    for place, covering in enumerate(covering_by_place, start=offset):
        assert covering == tuple(piece for piece in pieces if piece.start <= place < piece.end)


def test_a_text_without_evidence_is_one_segment() -> None:
    assert segments_of("quiet", 5, []) == [("quiet", ())]
    assert segments_of("", 5, [Piece(5, 9)]) == []
