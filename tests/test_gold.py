"""Labelled units: what lines and labels become, and errors that say where."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyberthemes import InputError, Tagger
from cyberthemes.gold import label_matrix, read_gold

SEED_GOLD = Path(__file__).parent.parent / "seeds" / "gold.jsonl"
IDS = ("5g", "ai", "law")


def write(path: Path, *records: Any) -> Path:
    path.write_text("\n".join(json.dumps(record) for record in records), encoding="utf-8")
    return path


def test_reads_texts_labels_and_groups_of_several_files(tmp_path: Path) -> None:
    first = write(
        tmp_path / "a.jsonl",
        {"text": "5G and a bill", "themes": ["law", "5g"], "doc": 7},
        {"text": "maybe a robot", "themes": [], "borderline": ["ai"], "file": "news.txt"},
    )
    second = write(tmp_path / "b.jsonl", {"text": "AI law", "themes": ["ai", "law"], "borderline": ["ai"]})
    gold = read_gold([first, str(second)], IDS)
    assert gold.texts == ("5G and a bill", "maybe a robot", "AI law")
    assert gold.labels.tolist() == [[1, 0, 1], [0, -1, 0], [0, 1, 1]]
    assert gold.labels.dtype == np.int8
    assert gold.groups == ("7", "news.txt", f"{second}, line 1")


def test_reads_the_gold_labels_of_the_seeds(tagger: Tagger) -> None:
    gold = read_gold([SEED_GOLD], tagger.theme_ids)
    articles = {file.name: file.read_text(encoding="utf-8") for file in SEED_GOLD.parent.glob("*.txt")}
    assert set(gold.groups) == set(articles)
    assert all(text in articles[group] for text, group in zip(gold.texts, gold.groups, strict=True))
    assert gold.labels.shape == (len(gold.texts), 27)


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"themes": ["ai"]}, "no string in the field 'text'"),
        ({"text": ["x"], "themes": ["ai"]}, "no string in the field 'text'"),
        ({"text": "x"}, "field 'themes' is None; expected a list"),
        ({"text": "x", "themes": "ai"}, "field 'themes' is 'ai'; expected a list"),
        ({"text": "x", "themes": [1]}, r"field 'themes' is \[1\]"),
        ({"text": "x", "themes": [], "borderline": "ai"}, "field 'borderline' is 'ai'"),
        ({"text": "x", "themes": ["AI"]}, "unknown theme 'AI'; expected one of 5g, ai, law"),
        ({"text": "x", "themes": [], "borderline": ["robots"]}, "unknown theme 'robots'"),
        (["x"], "found list; expected a JSON object"),
    ],
)
def test_an_error_names_the_line(tmp_path: Path, record: Any, message: str) -> None:
    path = write(tmp_path / "gold.jsonl", {"text": "x", "themes": []}, record)
    with pytest.raises(InputError, match=rf"gold\.jsonl, line 2: {message}"):
        read_gold([path], IDS)


@pytest.mark.parametrize(
    ("content", "message"), [("", "no labelled lines"), ("\n\n", "no labelled lines"), ("{", "line 1")]
)
def test_refuses_files_without_labels(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "gold.jsonl").write_text(content)
    with pytest.raises(InputError, match=rf"gold\.jsonl.*{message}"):
        read_gold([tmp_path / "gold.jsonl"], IDS)


def test_names_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"missing\.jsonl: no such file"):
        read_gold([tmp_path / "missing.jsonl"], IDS)


@given(st.lists(st.sets(st.sampled_from(IDS)) | st.none(), min_size=1))
def test_lists_of_ids_say_the_same_as_a_matrix(rows: list[set[str] | None]) -> None:
    expected = [[-1] * 3 if row is None else [int(theme in row) for theme in IDS] for row in rows]
    lists = [row if row is None else sorted(row) for row in rows]
    labels, is_labelled = label_matrix(lists, IDS, len(rows))
    assert labels.tolist() == expected
    assert is_labelled.tolist() == [row is not None for row in rows]
    again, all_labelled = label_matrix(expected, IDS, len(rows))
    assert again.tolist() == expected
    assert all_labelled.all()


@pytest.mark.parametrize(
    "matrix", [[[1, 0, -1], [0, 0, 1]], np.array([[1, 0, -1], [0, 0, 1]], dtype=float), ((1, 0, -1), (0, 0, 1))]
)
def test_takes_a_matrix_of_any_number_type(matrix: Any) -> None:
    labels, is_labelled = label_matrix(matrix, IDS, 2)
    assert labels.tolist() == [[1, 0, -1], [0, 0, 1]]
    assert labels.dtype == np.int8
    assert is_labelled.all()


def test_takes_no_labels_and_leaves_its_input_alone() -> None:
    labels, is_labelled = label_matrix(None, IDS, 2)
    assert labels.tolist() == [[-1, -1, -1]] * 2
    assert not is_labelled.any()
    given_labels = np.zeros((1, 3), dtype=np.int8)
    label_matrix(given_labels, IDS, 1)[0][:] = 1
    assert not given_labels.any()


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([["ai"]], "1 labels for 2 texts"),
        ([["ai"], ["robots"]], "labels of text 1: unknown theme 'robots'"),
        ([["ai"], [["ai"]]], "labels of text 1: unknown theme"),
        ([[1, 0, 2], [0, 0, 0]], "other values than 1"),
        ([[1, 0, 0.5], [0, 0, 0]], "other values than 1"),
        ([[1, 0, float("nan")], [0, 0, 0]], "other values than 1"),
        (np.full((2, 3), 255, dtype=np.uint8), "other values than 1"),
        (np.full((2, 3), "ai"), "other values than 1"),
        ([[1, 0], [0, 1]], r"shape \(2, 2\); expected \(2, 3\)"),
        (["ai", "law"], r"shape \(2,\); expected \(2, 3\)"),
        ([[1, 0, 0], [1, 0]], "shape"),
    ],
)
def test_refuses_labels_that_do_not_fit(labels: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        label_matrix(labels, IDS, 2)


def test_a_line_may_say_how_much_it_counts(tmp_path: Path) -> None:
    file = tmp_path / "gold.jsonl"
    file.write_text('{"text": "a", "themes": []}\n{"text": "b", "themes": [], "weight": 0.5}\n', encoding="utf-8")
    assert read_gold(file, ["5g"]).weights.tolist() == [1.0, 0.5]


@pytest.mark.parametrize("weight", ["0", "-1", "2", "true", '"1"', "null", "NaN"])
def test_a_weight_is_a_number_above_0_and_up_to_1(tmp_path: Path, weight: str) -> None:
    file = tmp_path / "gold.jsonl"
    file.write_text(f'{{"text": "a", "themes": [], "weight": {weight}}}\n', encoding="utf-8")
    with pytest.raises(InputError, match="line 1"):
        read_gold(file, ["5g"])
