"""Text cut where evidence begins and ends, so that overlapping evidence can be shown in place."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Protocol, TypeVar

__all__ = ["Placed", "segments_of"]


class Placed(Protocol):
    """What has a place in an article, such as `cyberthemes.results.Evidence`."""

    @property
    def start(self) -> int:
        """Where it begins."""

    @property
    def end(self) -> int:
        """Where it has ended."""


PlacedT = TypeVar("PlacedT", bound=Placed)


def segments_of(text: str, offset: int, pieces: Iterable[PlacedT]) -> list[tuple[str, tuple[PlacedT, ...]]]:
    """Return a text cut where pieces begin and end, each segment with all the pieces that cover it.

    Parameters
    ----------
    text : str
        A paragraph, or any stretch of an article.
    offset : int
        Where it begins in the article.
    pieces : iterable of Placed
        Places in the article, which may overlap, nest and repeat; what lies outside the text is left out.

    Returns
    -------
    list of tuple of str, tuple
        The segments in order, none of them empty: joined, they are the text. The pieces of each are in the order given.

    Examples
    --------
    >>> from cyberthemes import Evidence
    >>> pieces = [Evidence("data law", 106, 114, 2.0), Evidence("law", 111, 114, 0.5)]
    >>> for segment, covering in segments_of("A new data law.", 100, pieces):
    ...     print(repr(segment), [piece.text for piece in covering])
    'A new ' []
    'data ' ['data law']
    'law' ['data law', 'law']
    '.' []
    """
    end = offset + len(text)
    clipped = [(max(piece.start, offset), min(piece.end, end), piece) for piece in pieces]
    inside = [place for place in clipped if place[0] < place[1]]
    begins: dict[int, list[int]] = {}
    for number, (start, _, _) in enumerate(inside):
        begins.setdefault(start, []).append(number)
    cuts = sorted({offset, end, *begins, *(stop for _, stop, _ in inside)})
    segments = []
    covering: list[int] = []
    for start, stop in pairwise(cuts):
        covering = sorted([number for number in covering if inside[number][1] > start] + begins.get(start, []))
        segments.append((text[start - offset : stop - offset], tuple(inside[number][2] for number in covering)))
    return segments
