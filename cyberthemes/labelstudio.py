"""Label Studio: tasks for a person to correct, and what they correct back as gold records.

Places are in code points on both sides, as Label Studio counts them in plain text. Early versions counted UTF-16
code units, in which an emoji is two; the text that an annotation saves beside a span tells which it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import Any, Final, TypeVar
from xml.etree import ElementTree

from cyberthemes.activelearning import Suggestion
from cyberthemes.errors import InputError
from cyberthemes.results import TaggedArticle, TaggedParagraph
from cyberthemes.taxonomy import Taxonomy

__all__ = ["from_label_studio", "label_config", "to_label_studio"]

T = TypeVar("T")
Json = dict[str, Any]
Unit = TaggedParagraph | Suggestion
_TEXT: Final = "text"  # what the labelling interface calls the text, and its controls
_CONTROLS: Final = {"choices": "themes", "labels": "evidence"}
_MOST_PLACES: Final = 3  # of evidence shown for a theme
_NOT_SHOWN: Final = re.compile(r"\\n|\s")  # line breaks are saved as backslash and n, and blanks may be trimmed
_NAMES: Final = {str: "text", list: "a list", int: "a whole number", dict: "an object"}


def label_config(taxonomy: Taxonomy) -> str:
    """Return the labelling interface for a taxonomy's themes, as the XML that a Label Studio project is set up with.

    Examples
    --------
    >>> from cyberthemes import Taxonomy, Theme
    >>> taxonomy = Taxonomy("demo", "1", themes=(Theme("r-d", "R&D", definition="Research."),))
    >>> print(label_config(taxonomy).splitlines()[4].strip())
    <Choice value="r-d" hint="R&amp;D: Research." />
    """
    if not isinstance(taxonomy, Taxonomy):
        raise InputError(f"found {type(taxonomy).__name__}; expected a Taxonomy")
    view = ElementTree.Element("View")
    ElementTree.SubElement(view, "Style").text = ".htx-text { white-space: pre-wrap; }"  # shows every blank
    ElementTree.SubElement(view, "Text", name=_TEXT, value="$text")
    for kind, name in _CONTROLS.items():
        tag = kind.capitalize()
        control = ElementTree.SubElement(view, tag, name=name, toName=_TEXT, choice="multiple")
        for theme in taxonomy.themes:
            hint = f"{theme.name}: {theme.definition}" if theme.definition else theme.name
            ElementTree.SubElement(control, tag.removesuffix("s"), value=theme.id, hint=hint)
    ElementTree.indent(view)
    return ElementTree.tostring(view, encoding="unicode")


def to_label_studio(tagged: Iterable[TaggedArticle | Unit], *, model_version: str = "cyberthemes") -> list[Json]:
    """Return tasks for Label Studio, pre-labelled with themes and the strongest evidence for each.

    Parameters
    ----------
    tagged : iterable of TaggedArticle, TaggedParagraph or Suggestion
        An article gives a task for each paragraph that is not boilerplate, anything else gives one.
    model_version : str, default "cyberthemes"
        What the pre-labels are said to be from, such as `Tagger.hash`.

    Returns
    -------
    list of dict
        Ready for JSON, in the order given. A prediction's score is the probability of its least sure theme.

    Examples
    --------
    >>> from cyberthemes import load_tagger
    >>> article = load_tagger().tag("The new data security law restricts cross-border data flows.")
    >>> task, = to_label_studio([article])
    >>> task["predictions"][0]["result"][0]["value"]["choices"][0]
    'data-security'
    """
    if not isinstance(tagged, Iterable):
        raise InputError(f"found {type(tagged).__name__}; expected a list of tagged articles, or of suggestions")
    tasks = []
    for number, unit in enumerate(tagged):
        if isinstance(unit, TaggedArticle):
            parts = [part for part in unit.paragraphs if part.kind != "boilerplate"]
            tasks += [_task(part, model_version, id=f"{unit.id}#{part.start}", doc=unit.id) for part in parts]
        elif isinstance(unit, TaggedParagraph):
            tasks.append(_task(unit, model_version, id=f"{number}#{unit.start}"))
        elif not isinstance(unit, Suggestion):
            raise InputError(f"item {number}: found {type(unit).__name__}; expected a tagged article, or a suggestion")
        else:
            tasks.append(_task(unit, model_version, id=str(unit.position), why="; ".join(map(str, unit.reasons))))
    return tasks


def _task(unit: Unit, model_version: str, **known: str) -> Json:
    offset = unit.start if isinstance(unit, TaggedParagraph) else 0
    places: dict[tuple[int, int], list[str]] = {}
    for tag in unit.tags:
        for item in [item for item in tag.evidence if item.contribution > 0][:_MOST_PLACES]:
            places.setdefault((item.start - offset, item.end - offset), []).append(tag.theme)
    values: list[Json] = [{"choices": list(unit.themes)}] if unit.tags else []
    for (start, end), themes in sorted(places.items()):
        values.append({"start": start, "end": end, "text": unit.text[start:end], "labels": themes})
    result = [
        {"id": f"{known['id']}:{number}", "to_name": _TEXT, "from_name": name, "type": kind, "value": value}
        for number, value in enumerate(values)
        for kind, name in _CONTROLS.items()
        if kind in value
    ]
    prediction = {"model_version": model_version, "result": result}
    score = {"score": min(tag.probability for tag in unit.tags)} if unit.tags else {}
    return {"data": {"text": unit.text, **known}, "predictions": [prediction | score]}


def from_label_studio(tasks: Iterable[Json]) -> list[Json]:
    """Return gold records of the tasks of a Label Studio project, exported as JSON.

    Parameters
    ----------
    tasks : iterable of dict
        What `json.load` gives of the export. Skipped annotations, and tasks without any other, are left out.

    Returns
    -------
    list of dict
        Each with ``id``, ``text``, ``themes``, ``borderline``, ``doc`` and ``spans``: the form that `read_gold` reads
        from lines of JSON. A theme that all annotators chose applies, one that only some chose is borderline. A span
        has ``start``, ``end``, ``text`` and ``theme``, whoever marked it.

    Raises
    ------
    InputError
        If a task is not as Label Studio exports it; the message says which, and where in it.

    Examples
    --------
    >>> result = [{"type": "choices", "value": {"choices": ["5g"]}}]
    >>> task = {"id": 7, "data": {"text": "A 5G mast"}, "annotations": [{"result": result}, {"result": []}]}
    >>> from_label_studio([task])
    [{'id': '7', 'text': 'A 5G mast', 'themes': [], 'borderline': ['5g'], 'doc': '7', 'spans': []}]
    """
    if isinstance(tasks, dict | str) or not isinstance(tasks, Iterable):
        raise InputError(f"found {type(tasks).__name__}; expected the list of tasks of an export")
    return [gold for number, task in enumerate(tasks) if (gold := _gold(task, f"task {number}"))]


def _gold(task: Json, where: str) -> Json:
    """Return the record of a task, empty if nobody has labelled it."""
    data = _field(task, "data", dict, where)
    text = _field(data, "text", str, f"{where}, data")
    chosen: list[set[str]] = []
    spans: set[tuple[int, int, str]] = set()
    for number, annotation in enumerate(_field(task, "annotations", list, where)):
        place = f"{where}, annotation {number}"
        results = _field(annotation, "result", list, place)
        if not annotation.get("was_cancelled"):
            chosen.append({theme for value in _values(results, "choices", place) for theme in value["choices"]})
            spans |= _spans(list(_values(results, "labels", place)), text, place)
    if not chosen:
        return {}
    applies, seen = set.intersection(*chosen), set.union(*chosen)
    name = str(data.get("id", task.get("id", where)))
    return {
        "id": name,
        "text": text,
        "themes": sorted(applies),
        "borderline": sorted(seen - applies),
        "doc": str(data.get("doc") or name),
        "spans": [{"start": a, "end": z, "text": text[a:z], "theme": theme} for a, z, theme in sorted(spans)],
    }


def _values(results: list[Any], kind: str, where: str) -> Iterator[Json]:
    """Yield the values of one kind of control, whose field of the same name lists themes."""
    for number, result in enumerate(results):
        place = f"{where}, result {number}"
        if _field(result, "type", str, place) == kind:
            value = _field(result, "value", dict, place)
            themes = _field(value, kind, list, place)
            if not all(isinstance(theme, str) for theme in themes):
                raise InputError(f"{place}, field {kind!r}: found {themes!r:.60}; expected a list of theme ids")
            yield value


def _spans(values: list[Json], text: str, where: str) -> set[tuple[int, int, str]]:
    """Return the start, end and theme of all that an annotator marked, which is counted in one of two ways."""
    counted = [(_field(value, "start", int, where), _field(value, "end", int, where)) for value in values]
    for width in (1, 2):  # of a character that is two UTF-16 code units
        offsets = accumulate((width if character > "\uffff" else 1 for character in text), initial=0)
        points = {offset: point for point, offset in enumerate(offsets)}
        places = [(points.get(start, -1), points.get(end, -1)) for start, end in counted]
        if all(_is_at(place, text, value) for place, value in zip(places, values, strict=True)):
            return {(*place, theme) for place, value in zip(places, values, strict=True) for theme in value["labels"]}
    raise InputError(f"{where}: spans {counted!r:.60} do not hold what is saved with them; expected places in its text")


def _is_at(place: tuple[int, int], text: str, value: Json) -> bool:
    found, saved = (_NOT_SHOWN.sub("", str(shown)) for shown in (text[slice(*place)], value.get("text")))
    return 0 <= place[0] < place[1] and (value.get("text") is None or found == saved)


def _field(holder: Any, name: str, kind: type[T], where: str) -> T:
    value = holder.get(name) if isinstance(holder, dict) else None
    if not isinstance(value, kind) or isinstance(value, bool):
        raise InputError(f"{where}, field {name!r}: found {value!r:.60}; expected {_NAMES[kind]}")
    return value
