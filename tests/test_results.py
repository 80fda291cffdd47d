"""Evidence kept as arrays behaves as a tuple of records does, and results roll up and turn into plain data."""

from __future__ import annotations

import json
import pickle
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyberthemes import ArticleTheme, Document, Evidence, Tag, TaggedParagraph
from cyberthemes.paragraphs import Kind
from cyberthemes.results import EvidencePieces, tagged_article

UNIT = "5G masts, by law"
ARTICLE = 7  # where the unit begins in its article
Row = tuple[int, int, float]
rows = st.lists(
    st.tuples(st.integers(0, 8), st.integers(9, 12), st.sampled_from([-2.0, -0.5, 0.0, 0.1, 0.2, 0.5, 2.0])), max_size=8
)


def pieces_of(*own: Row) -> EvidencePieces:
    """Return evidence for `UNIT` of places in it."""
    starts, ends = (np.array([row[place] + ARTICLE for row in own], dtype=np.int64) for place in range(2))
    gains = np.array([gain for _, _, gain in own], dtype=np.float64)
    return EvidencePieces(UNIT, ARTICLE, starts.tobytes(), ends.tobytes(), gains.tobytes())


def records_of(own: Sequence[Row]) -> tuple[Evidence, ...]:
    """Return the same as plain records."""
    gains: dict[tuple[int, int], float] = {}
    for start, end, gain in own:
        gains[start, end] = gains.get((start, end), 0.0) + gain
    records = [
        Evidence(UNIT[start:end], start + ARTICLE, end + ARTICLE, gain) for (start, end), gain in gains.items() if gain
    ]
    return tuple(sorted(records, key=lambda piece: (-abs(piece.contribution), piece.start, piece.end)))


def test_the_strongest_comes_first_and_of_equals_the_first_in_the_text() -> None:
    found = pieces_of((3, 8, 0.5), (13, 16, -2.0), (0, 8, -0.5), (0, 2, 0.5))
    assert list(found) == [
        Evidence("law", 20, 23, -2.0),
        Evidence("5G", 7, 9, 0.5),
        Evidence("5G masts", 7, 15, -0.5),
        Evidence("masts", 10, 15, 0.5),
    ]


def test_what_stands_in_one_place_counts_as_one_and_nothing_is_left_out() -> None:
    assert pieces_of((0, 2, 1.0), (3, 8, 1.5), (0, 2, 0.75)) == (
        Evidence("5G", 7, 9, 1.75),
        Evidence("masts", 10, 15, 1.5),
    )
    assert pieces_of((0, 2, 1.5), (3, 8, 0.0), (0, 2, -1.5)) == ()
    assert pieces_of() == ()


@given(rows)
def test_behaves_as_a_tuple_of_records_does(own: list[Row]) -> None:
    found, expected = pieces_of(*own), records_of(own)
    assert found.to_dicts() == [piece.to_dict() for piece in expected]  # before any record is made
    assert tuple(found) == expected
    assert (len(found), bool(found), hash(found), repr(found)) == (
        len(expected),
        bool(expected),
        hash(expected),
        repr(expected),
    )
    assert found == expected
    assert expected == found
    assert list(reversed(found)) == list(reversed(expected))
    assert found.to_dicts() == [piece.to_dict() for piece in found]
    for part in (slice(None), slice(1, 3), slice(None, None, -1), slice(-2, None)):
        assert found[part] == expected[part]
    for place in range(-len(expected), len(expected)):
        assert found[place] == expected[place]
        assert expected[place] in found


def test_a_place_beyond_the_last_is_refused() -> None:
    with pytest.raises(IndexError):
        pieces_of((0, 2, 1.0))[1]


def test_equals_what_has_the_same_records_and_nothing_else() -> None:
    found = pieces_of((0, 2, 1.0), (3, 8, 0.5))
    assert found == pieces_of((3, 8, 0.25), (0, 2, 1.0), (3, 8, 0.25))
    assert found != pieces_of((0, 2, 1.0), (3, 8, 0.25))
    assert found != pieces_of((0, 2, 1.0))
    assert found != tuple(found)[::-1]
    assert found != list(found)
    assert pieces_of() != 0
    assert len({found, pieces_of((3, 8, 0.5), (0, 2, 1.0)), tuple(found)}) == 1


@given(rows)
def test_comes_back_from_a_pickle(own: list[Row]) -> None:
    for found in (pieces_of(*own), pieces_of(*own)):
        for _ in range(2):  # before it is looked at, and after
            back = pickle.loads(pickle.dumps(found))  # noqa: S301 (our own)
            assert isinstance(back, EvidencePieces)
            assert back == found
            assert back.to_dicts() == found.to_dicts()


@given(rows)
def test_survives_a_pickle_looked_at_or_not(own: list[Row]) -> None:
    found = pieces_of(*own)
    for _ in range(2):
        arrived = pickle.loads(pickle.dumps(found))  # noqa: S301 (our own)
        assert arrived == found


# Results ----------------------------------------------------------------------------------------------------


def tag_of(theme: str, probability: float, evidence: Sequence[Evidence] = ()) -> Tag:
    return Tag(theme, theme.upper(), probability, 0.25, 0.5, -1.5, evidence)


def paragraph_of(*tags: Tag, kind: Kind = "body", reason: str | None = None) -> TaggedParagraph:
    return TaggedParagraph(UNIT, 7, 23, kind, None, tags, reason)


def test_a_tag_is_plain_data_whether_its_evidence_is_arrays_or_records() -> None:
    found = pieces_of((0, 2, 1.0), (13, 16, -2.0))
    for evidence in (found, tuple(found), list(found)):
        assert json.loads(json.dumps(tag_of("law", 0.75, evidence).to_dict())) == {
            "theme": "law",
            "name": "LAW",
            "probability": 0.75,
            "threshold": 0.25,
            "score": 0.5,
            "bias": -1.5,
            "evidence": [
                {"text": "law", "start": 20, "end": 23, "contribution": -2.0},
                {"text": "5G", "start": 7, "end": 9, "contribution": 1.0},
            ],
        }
    assert tag_of("law", 0.75, found) == tag_of("law", 0.75, tuple(found))


def test_a_paragraph_is_plain_data_with_its_tags() -> None:
    tags = tag_of("law", 0.75, pieces_of((0, 2, 1.0))), tag_of("5g", 0.5)
    paragraph = TaggedParagraph(UNIT, 7, 23, "body", "Ministry", tags, None)
    assert paragraph.themes == ("law", "5g")
    assert json.loads(json.dumps(paragraph.to_dict())) == {
        "text": UNIT,
        "start": 7,
        "end": 23,
        "kind": "body",
        "attribution": "Ministry",
        "tags": [tag.to_dict() for tag in tags],
        "reason": None,
    }


def test_an_article_has_the_themes_of_any_paragraph_by_share_then_probability() -> None:
    paragraphs = (
        paragraph_of(tag_of("law", 0.5), tag_of("b", 0.4)),
        paragraph_of(kind="boilerplate", reason="boilerplate"),
        paragraph_of(tag_of("ai", 0.9), tag_of("law", 0.7)),
        paragraph_of(tag_of("law", 0.6), tag_of("5g", 0.4)),
        paragraph_of(reason="off topic"),
    )
    article = tagged_article(Document("text"), paragraphs)
    assert article.themes == (
        ArticleTheme("law", "LAW", 0.7, 3, 0.75),
        ArticleTheme("ai", "AI", 0.9, 1, 0.25),
        ArticleTheme("5g", "5G", 0.4, 1, 0.25),
        ArticleTheme("b", "B", 0.4, 1, 0.25),
    )
    assert (article.reason, article.paragraphs) == (None, paragraphs)


@pytest.mark.parametrize(
    ("reasons", "expected"),
    [
        ([], "empty"),
        (["boilerplate"], "boilerplate"),
        (["boilerplate", "boilerplate"], "boilerplate"),
        (["off topic"], "off topic"),
        (["boilerplate", "off topic", "off topic"], "off topic"),
        (["not English", "off topic"], "none of these"),
        (["none of these"], "none of these"),
    ],
)
def test_an_article_without_themes_says_why(reasons: list[str], expected: str) -> None:
    paragraphs = (
        paragraph_of(kind="boilerplate" if reason == "boilerplate" else "body", reason=reason) for reason in reasons
    )
    article = tagged_article(Document("text"), tuple(paragraphs))
    assert (article.themes, article.reason) == ((), expected)


def test_an_article_is_plain_data() -> None:
    document = Document("text", id="a1", title="T", date="2024-05-06", source="S", metadata={"page": 3})
    paragraph = paragraph_of(tag_of("law", 0.5, pieces_of((0, 2, 1.0))))
    assert json.loads(json.dumps(tagged_article(document, (paragraph,)).to_dict())) == {
        "id": "a1",
        "text": "text",
        "title": "T",
        "date": "2024-05-06",
        "source": "S",
        "metadata": {"page": 3},
        "themes": [{"theme": "law", "name": "LAW", "probability": 0.5, "paragraphs": 1, "share": 1.0}],
        "reason": None,
        "paragraphs": [paragraph.to_dict()],
    }
