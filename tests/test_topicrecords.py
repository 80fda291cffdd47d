"""What is said of a topic: records as plain values, and which texts are typical."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from cyberthemes import Topic
from cyberthemes.collection import Collection
from cyberthemes.topicrecords import TypicalText, typical_texts

numbers = st.floats(0, 1)
topics = st.builds(
    Topic,
    st.text(),
    st.text(),
    st.lists(st.tuples(st.text(), numbers), max_size=3).map(tuple),
    numbers,
    st.floats(-1, 1),
    st.lists(st.builds(TypicalText, st.integers(0), st.text(), numbers), max_size=3).map(tuple),
)


def collection(texts: list[str], lengths: list[int] | None = None, positions: list[int] | None = None) -> Collection:
    n_terms = np.array([20] * len(texts) if lengths is None else lengths, dtype=np.int64)
    places = np.array(range(len(texts)) if positions is None else positions, dtype=np.int64)
    return Collection(tuple(texts), places, csr_matrix((len(texts), 1)), np.empty(0, dtype=np.int32), n_terms)


def positions(found: tuple[TypicalText, ...]) -> list[int]:
    return [text.position for text in found]


@given(topics)
@settings(max_examples=25)
def test_a_topic_survives_storage_as_plain_values(topic: Topic) -> None:
    assert Topic.from_dict(json.loads(json.dumps(topic.to_dict()))) == topic
    assert Topic.from_dict(topic.to_dict()) == topic


def test_gives_every_field_as_a_plain_value() -> None:
    text = TypicalText(7, "Data laws.", 0.5)
    topic = Topic("topic-1", "laws", (("laws", 0.75),), 0.25, -0.5, (text,))
    assert text.to_dict() == {"position": 7, "text": "Data laws.", "weight": 0.5}
    assert topic.to_dict() == {
        "id": "topic-1",
        "label": "laws",
        "terms": (("laws", 0.75),),
        "share": 0.25,
        "coherence": -0.5,
        "typical": (text.to_dict(),),
    }


def test_reads_terms_that_came_as_lists_and_whole_numbers() -> None:
    plain = {"id": "a", "label": "A", "terms": [["law", 1]], "share": 1.0, "coherence": 0.0, "typical": []}
    topic = Topic.from_dict(plain)
    assert topic.terms == (("law", 1.0),)
    assert type(topic.terms[0][1]) is float
    assert topic.typical == ()


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": 5},
        {"label": None},
        {"terms": [["law"]]},
        {"terms": 5},
        {"share": "much"},
        {"coherence": None},
        {"typical": [{"position": 1}]},
    ],
    ids=str,
)
def test_refuses_plain_values_that_are_no_topic(wrong: dict[str, Any]) -> None:
    plain = Topic("a", "A", (("law", 1.0),), 1.0, 0.0, ()).to_dict()
    with pytest.raises((TypeError, ValueError)):
        Topic.from_dict(plain | wrong)


def test_the_heaviest_three_are_typical_the_heaviest_first() -> None:
    texts = ["one", "two", "three", "four", "five"]
    found = typical_texts(collection(texts, positions=[40, 30, 20, 10, 0]), np.array([0.1, 0.5, 0.3, 0.0, 0.4]))
    assert found == (TypicalText(30, "two", 0.5), TypicalText(0, "five", 0.4), TypicalText(20, "three", 0.3))
    assert all(type(text.position) is int and type(text.weight) is float for text in found)


def test_of_equal_weights_the_first_row_is_more_typical() -> None:
    texts = [f"text {number}" for number in range(200)]
    assert positions(typical_texts(collection(texts), np.tile([0.5, 1.0], 100))) == [1, 3, 5]


@pytest.mark.parametrize(
    ("long", "expected"), [(0.39, ["enough", "short", "long"]), (0.41, ["enough", "long", "short"])]
)
def test_short_texts_count_less(long: float, expected: list[str]) -> None:
    # 3 of 12 terms halve a weight: 0.8 * sqrt(3 / 12) = 0.4; twelve terms or more change nothing
    found = typical_texts(collection(["short", "enough", "long"], [3, 12, 1_000]), np.array([0.8, 0.42, long]))
    assert [text.text for text in found] == expected
    assert {text.text: text.weight for text in found} == {"short": 0.8, "enough": 0.42, "long": long}


def test_leaves_out_texts_of_weight_zero_or_without_terms() -> None:
    assert positions(typical_texts(collection(["a", "b", "c"], [20, 0, 20]), np.array([0.0, 1.0, 0.2]))) == [2]
    assert typical_texts(collection(["a"]), np.zeros(1)) == ()
    assert typical_texts(collection([]), np.zeros(0)) == ()


def test_a_reprint_counts_once_in_its_most_typical_version() -> None:
    story = "A story that is printed again and again begins as it began before: "
    texts = [f"{story} one end", f"{story.upper()}\n another", "Something else", f"  {story.replace(' ', '  ')}"]
    found = typical_texts(collection(texts), np.array([0.3, 0.9, 0.5, 0.4]))
    assert positions(found) == [1, 2]


def test_texts_that_differ_within_the_first_60_characters_are_two() -> None:
    assert len(typical_texts(collection(["x" * 59 + "a", "x" * 59 + "b"]), np.ones(2))) == 2
    assert len(typical_texts(collection(["x" * 60 + "a", "x" * 60 + "b"]), np.ones(2))) == 1


def test_reprints_take_no_place_from_others() -> None:
    texts = ["same"] * 5 + ["b", "c", "d"]
    assert positions(typical_texts(collection(texts), np.array([9, 8, 7, 6, 5, 4, 3, 2.0]))) == [0, 5, 6]


@given(st.lists(st.tuples(st.text(max_size=3), st.integers(0, 30), numbers), max_size=8))
@settings(max_examples=25)
def test_typical_texts_are_texts_of_the_collection_by_typicality(rows: list[tuple[str, int, float]]) -> None:
    texts, lengths, weights = [row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows]
    found = typical_texts(collection(texts, lengths), np.array(weights, dtype=np.float64))
    assert len(found) <= 3
    assert all(text == TypicalText(text.position, texts[text.position], weights[text.position]) for text in found)
    typicality = [weights[place] * min(lengths[place] / 12, 1.0) ** 0.5 for place in positions(found)]
    assert typicality == sorted(typicality, reverse=True)


def test_a_topic_is_frozen() -> None:
    with pytest.raises(AttributeError):
        Topic("a", "A", (), 0.0, 0.0, ()).label = "B"  # type: ignore[misc]
