"""Label Studio: tasks with pre-labels out, gold records back, places exact on both ways."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyberthemes import Document, Evidence, InputError, Tag, TaggedParagraph, Tagger, Taxonomy, Theme
from cyberthemes.activelearning import suggest
from cyberthemes.gold import read_gold
from cyberthemes.labelstudio import from_label_studio, label_config, to_label_studio

TEXT = "🛰️ 5G and 6G 🛰️ for all"
# Emoji are two UTF-16 code units; blanks and line breaks are what Label Studio saves differently.
ALPHABET = st.sampled_from("ab 🛰😀𝔾é中\n\r\t\\n")


def spans_in(text: str) -> st.SearchStrategy[tuple[int, int]]:
    offsets = st.integers(0, len(text))
    return st.tuples(offsets, offsets).filter(lambda place: place[0] < place[1])


TEXTS_WITH_SPANS = (
    st.text(ALPHABET, min_size=1, max_size=12)
    .flatmap(lambda text: st.tuples(st.just(text), st.lists(spans_in(text), max_size=4)))
)  # fmt: skip


def paragraph(text: str, places: list[tuple[int, int]], offset: int = 0) -> TaggedParagraph:
    """A paragraph at an offset in its article, with a theme for each place."""
    tags = tuple(
        Tag(
            f"t{number}",
            f"T{number}",
            0.9,
            0.5,
            2.0,
            0.0,
            (Evidence(text[start:end], start + offset, end + offset, 2.0),),
        )
        for number, (start, end) in enumerate(places)
    )
    return TaggedParagraph(text, offset, offset + len(text), "body", None, tags, None)


def annotation(*values: dict[str, Any], **fields: Any) -> dict[str, Any]:
    kinds = ["choices" if "choices" in value else "labels" for value in values]
    return {"result": [{"type": kind, "value": value} for kind, value in zip(kinds, values, strict=True)], **fields}


def task(*annotations: dict[str, Any], text: str = TEXT) -> dict[str, Any]:
    return {"id": 7, "data": {"text": text}, "annotations": list(annotations)}


def marked(start: int, end: int, text: str | None = None, theme: str = "5g") -> dict[str, Any]:
    return {"start": start, "end": end, "labels": [theme]} | ({} if text is None else {"text": text})


def spans(record: dict[str, Any]) -> list[tuple[int, int]]:
    return [(span["start"], span["end"]) for span in record["spans"]]


def accepted(exported: dict[str, Any]) -> dict[str, Any]:
    """The task as Label Studio exports it when a person submits the pre-labels as they are."""
    result = copy.deepcopy(exported["predictions"][0]["result"])
    for item in result:
        if item["type"] == "labels":
            item["value"]["text"] = item["value"]["text"].replace("\n", "\\n").replace("\r", "\\n")
    return {"id": 1, "data": exported["data"], "annotations": [{"result": result, "was_cancelled": False}]}


# There and back -------------------------------------------------------------------------------------------


@given(TEXTS_WITH_SPANS, st.integers(0, 50))
def test_what_is_accepted_as_it_is_comes_back_exactly(drawn: tuple[str, list[tuple[int, int]]], offset: int) -> None:
    text, places = drawn
    exported = json.loads(json.dumps(to_label_studio([paragraph(text, places, offset)])))
    [record] = from_label_studio([accepted(exported[0])])
    assert record["text"] == text
    assert record["themes"] == [f"t{number}" for number in range(len(places))]
    assert {(span["start"], span["end"], span["theme"]) for span in record["spans"]} == {
        (*place, f"t{number}") for number, place in enumerate(places)
    }
    assert all(text[span["start"] : span["end"]] == span["text"] for span in record["spans"])


@given(TEXTS_WITH_SPANS)
def test_places_in_code_units_are_read_wherever_the_saved_text_tells(drawn: tuple[str, list[tuple[int, int]]]) -> None:
    text, places = drawn
    units = [tuple(len(text[:offset].encode("utf-16-le")) // 2 for offset in place) for place in places]
    values = [marked(start, end, text[slice(*place)]) for (start, end), place in zip(units, places, strict=True)]
    [record] = from_label_studio([task(annotation(*values), text=text)])
    found = [text[slice(*place)].split() for place in spans(record)]
    assert all(text[slice(*place)].split() in found for place in places)


def test_an_emoji_is_one_code_point_and_two_code_units() -> None:
    [now] = from_label_studio([task(annotation(marked(3, 5, "5G"), marked(10, 12, "6G")))])
    [once] = from_label_studio([task(annotation(marked(4, 6, "5G"), marked(11, 13, "6G")))])
    assert [span["text"] for span in now["spans"]] == ["5G", "6G"]
    assert now == once


def test_offsets_alone_are_code_points() -> None:
    [record] = from_label_studio([task(annotation(marked(3, 5)))])
    assert record["spans"] == [{"start": 3, "end": 5, "text": "5G", "theme": "5g"}]


def test_an_article_goes_out_as_its_paragraphs(tagger: Tagger, tmp_path: Path) -> None:
    text = "The Data Law 🛰️\n\nThe data security law restricts cross-border data flows.\n\nShare this page\n"
    article = tagger.tag(Document.from_text(text, id="a1"))
    tasks = to_label_studio([article], model_version="m1")
    readable = [paragraph for paragraph in article.paragraphs if paragraph.kind != "boilerplate"]
    assert len(readable) == len(tasks)
    for paragraph, exported in zip(readable, tasks, strict=True):
        assert exported["data"]["text"] == paragraph.text
        assert exported["data"]["id"] == f"a1#{paragraph.start}"
        prediction = exported["predictions"][0]
        assert prediction["model_version"] == "m1"
        assert prediction.get("score") == min((tag.probability for tag in paragraph.tags), default=None)
    ids = [item["id"] for exported in tasks for item in exported["predictions"][0]["result"]]
    assert len(set(ids)) == len(ids)
    records = from_label_studio([accepted(exported) for exported in tasks])
    (tmp_path / "gold.jsonl").write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    gold = read_gold(tmp_path / "gold.jsonl", tagger.theme_ids)
    assert gold.texts == tuple(paragraph.text for paragraph in readable)
    assert set(gold.groups) == {"a1"}
    assert [set(record["themes"]) for record in records] == [set(paragraph.themes) for paragraph in readable]


def test_a_suggestion_goes_out_with_its_pre_labels_and_why(tagger: Tagger) -> None:
    [suggestion] = suggest(tagger, ["The data security law restricts cross-border data flows."])
    [exported] = to_label_studio([suggestion])
    assert exported["data"]["why"] == "; ".join(map(str, suggestion.reasons))
    [record] = from_label_studio([accepted(exported)])
    assert record["themes"] == sorted(suggestion.themes)
    assert (record["id"], record["text"]) == ("0", suggestion.text)


def test_evidence_is_the_strongest_for_each_theme_and_one_place_may_be_of_several() -> None:
    text = "a b c d e"
    evidence = tuple(
        Evidence(text[at], at, at + 1, value) for at, value in ((4, 3.0), (2, -2.0), (0, 1.0), (6, 0.5), (8, 0.1))
    )
    tags = tuple(Tag(theme, theme, 0.8, 0.5, 1.0, 0.0, evidence) for theme in ("x", "y"))
    [exported] = to_label_studio([TaggedParagraph(text, 0, 9, "body", None, tags, None)])
    values = [item["value"] for item in exported["predictions"][0]["result"] if item["type"] == "labels"]
    assert [(value["text"], value["labels"]) for value in values] == [(word, ["x", "y"]) for word in "acd"]


def test_no_themes_give_an_empty_prediction_without_a_score() -> None:
    [exported] = to_label_studio([paragraph("Rain.", [])], model_version="m")
    assert exported["predictions"] == [{"model_version": "m", "result": []}]


# Annotators -----------------------------------------------------------------------------------------------


def test_what_all_chose_applies_and_what_some_chose_is_borderline() -> None:
    both, one = annotation({"choices": ["law", "5g"]}), annotation({"choices": ["5g"]})
    [record] = from_label_studio([task(both, one)])
    assert (record["themes"], record["borderline"]) == (["5g"], ["law"])
    assert (record["id"], record["doc"], record["text"]) == ("7", "7", TEXT)


def test_spans_are_those_of_any_annotator_once_each() -> None:
    one, other = annotation(marked(3, 5, "5G")), annotation(marked(3, 5, "5G"), marked(10, 12, "6G", "law"))
    [record] = from_label_studio([task(one, other)])
    assert [(span["text"], span["theme"]) for span in record["spans"]] == [("5G", "5g"), ("6G", "law")]


def test_skipped_annotations_are_left_out_and_so_are_tasks_without_others() -> None:
    skipped, done = annotation({"choices": ["law"]}, was_cancelled=True), annotation({"choices": ["5g"]})
    records = from_label_studio([task(skipped, done), task(skipped), task()])
    assert [(record["themes"], record["borderline"]) for record in records] == [(["5g"], [])]


def test_nothing_chosen_is_an_answer() -> None:
    [record] = from_label_studio([task(annotation())])
    assert (record["themes"], record["borderline"], record["spans"]) == ([], [], [])


def test_other_controls_are_passed_over() -> None:
    other = {"result": [{"type": "textarea", "value": {"text": ["hm"]}}, {"type": "relation", "from_id": "a"}]}
    assert from_label_studio([task(other)])[0]["themes"] == []


def test_ids_and_documents_of_the_data_are_kept() -> None:
    done = task(annotation())
    done["data"] |= {"id": "a#3", "doc": "a"}
    [record] = from_label_studio([done])
    assert (record["id"], record["doc"]) == ("a#3", "a")


@pytest.mark.parametrize(
    ("tasks", "message"),
    [
        ({"data": {}}, "found dict; expected the list of tasks"),
        (["task"], "task 0, field 'data': found None; expected an object"),
        ([{"id": 1, "text": "JSON-MIN"}], "task 0, field 'data': found None"),
        ([{"data": {"html": "x"}}], "task 0, data, field 'text': found None; expected text"),
        ([{"data": {"text": "x"}}], "task 0, field 'annotations': found None; expected a list"),
        ([task(annotation()), task({"result": None})], "task 1, annotation 0, field 'result': found None"),
        ([task({"result": ["x"]})], "task 0, annotation 0, result 0, field 'type': found None; expected text"),
        ([task({"result": [{"type": "choices"}]})], "result 0, field 'value': found None; expected an object"),
        ([task(annotation({"choices": "law"}))], "result 0, field 'choices': found 'law'; expected a list"),
        ([task(annotation({"choices": [1]}))], r"field 'choices': found \[1\]; expected a list of theme ids"),
        ([task(annotation({"start": "3", "end": 5, "labels": []}))], "'start': found '3'; expected a whole number"),
        ([task(annotation(marked(True, 5)))], "'start': found True"),
        ([task(annotation(marked(3, 5, "6G")))], "do not hold what is saved with them"),
        ([task(annotation(marked(3, 99)))], "expected places in its text"),
        ([task(annotation(marked(-1, 2)))], "expected places in its text"),
        ([task(annotation(marked(5, 3)))], "expected places in its text"),
    ],
)
def test_a_task_of_another_form_is_an_input_error_that_says_where(tasks: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        from_label_studio(tasks)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["data", "text", "annotations", "result", "type", "value", "choices", "labels", "start", "end"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.lists(json_values, max_size=3))
def test_any_json_gives_records_or_an_input_error(tasks: list[Any]) -> None:
    try:
        records = from_label_studio(tasks)
    except InputError as error:
        assert "expected" in str(error)  # noqa: PT017 (either way is right)
    else:
        assert all(isinstance(record["text"], str) for record in records)


# The interface --------------------------------------------------------------------------------------------


@given(st.text(st.characters(codec="utf-8", categories=("L", "P", "S", "N", "Zs")), min_size=1, max_size=20))
def test_the_interface_is_xml_that_holds_every_theme(name: str) -> None:
    themes = (Theme("5g", name, definition=f'<{name}> & "more"'), Theme("law", "Law"))
    view = ElementTree.fromstring(label_config(Taxonomy("toy", "1", themes=themes)))  # noqa: S314 (it is our own)
    assert view.findtext("Style") == ".htx-text { white-space: pre-wrap; }"
    for kind, item in (("Labels", "Label"), ("Choices", "Choice")):
        [control] = view.findall(kind)
        found = [(child.get("value"), child.get("hint")) for child in control.findall(item)]
        assert found == [("5g", f'{name}: <{name}> & "more"'), ("law", "Law")]
        assert (control.get("toName"), control.get("choice")) == ("text", "multiple")


def test_pre_labels_are_of_controls_of_the_interface(tagger: Tagger) -> None:
    view = ElementTree.fromstring(label_config(tagger.taxonomy))  # noqa: S314 (it is our own)
    names = {element.get("name") for element in view}
    [exported] = to_label_studio(tagger.tag("A data security law.").paragraphs)
    result = exported["predictions"][0]["result"]
    assert {item["type"] for item in result} == {"choices", "labels"}
    assert {item[key] for item in result for key in ("from_name", "to_name")} <= names
