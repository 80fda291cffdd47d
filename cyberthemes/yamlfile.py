"""YAML files as plain values with the line of each, under stricter rules than YAML's own.

Duplicate keys, anchors, aliases and tags are refused, so that what stands in a file is what a reader sees.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import yaml

from cyberthemes.errors import InputError, TaxonomyError
from cyberthemes.extraction import read_text
from cyberthemes.fields import FieldPath

__all__ = ["read_yaml", "write_yaml"]

_MAX_CHARACTERS: Final = 1_000_000
_MAX_DEPTH: Final = 20
_PLAIN: Final = "anchors, aliases and tags (&, *, !) are not allowed; put text that begins so in quotes"


def read_yaml(path: Path) -> tuple[Any, dict[FieldPath, int], list[tuple[int, str]]]:
    """Return a file's values, the line (from 1) at which each path into them begins, and faults with their lines.

    Raises
    ------
    InputError
        If the file is missing or is not text.
    TaxonomyError
        If it is not YAML, or uses what we refuse.
    """
    text = read_text(path)
    if len(text) > _MAX_CHARACTERS:
        raise TaxonomyError(str(path), [f"longer than {_MAX_CHARACTERS:,} characters; this is no taxonomy"])
    walker = _Walker()
    try:
        loader = _Loader(text, walker.problems)
        node = loader.get_single_node()
        data = walker.value(node, ()) if node is not None else None
    except yaml.YAMLError as error:
        raise TaxonomyError(str(path), [_describe(error)]) from error
    return data, walker.lines, walker.problems


def write_yaml(path: Path, data: Any) -> Path:
    """Write plain values as YAML in their own order, a mapping with a term on one line, and return the path.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    text = yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from error
    return path


class _Dumper(yaml.SafeDumper):
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002 (lists are indented)
        super().increase_indent(flow, False)


def _represent_mapping(dumper: yaml.SafeDumper, data: dict[str, Any]) -> yaml.MappingNode:
    return dumper.represent_mapping("tag:yaml.org,2002:map", data.items(), flow_style="term" in data)


def _represent_text(dumper: yaml.SafeDumper, data: str) -> yaml.ScalarNode:
    # YAML reads NEL as a line break unless it is escaped.
    return dumper.represent_scalar("tag:yaml.org,2002:str", data, style='"' if "\x85" in data else None)


_Dumper.add_representer(dict, _represent_mapping)
_Dumper.add_representer(str, _represent_text)


class _Loader(yaml.SafeLoader):
    """Composes nodes as if they had no anchors and tags, and an alias were its name; notes each with its line."""

    def __init__(self, text: str, problems: list[tuple[int, str]]) -> None:
        super().__init__(text)
        self._problems = problems
        self._depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        parser: Any = super()  # the stubs leave types out
        event = parser.peek_event()
        start: Any = event.start_mark
        if event.anchor or getattr(event, "tag", None):
            self._problems.append((start.line + 1, _PLAIN))
        if isinstance(event, yaml.AliasEvent):
            parser.get_event()
            return yaml.ScalarNode("tag:yaml.org,2002:str", f"*{event.anchor}", start, start)
        event.anchor = event.tag = None
        if self._depth >= _MAX_DEPTH and isinstance(event, yaml.CollectionStartEvent):
            raise yaml.MarkedYAMLError(problem="nested too deeply", problem_mark=start)
        self._depth += 1
        node = parser.compose_node(parent, index)
        self._depth -= 1
        return node


class _Walker:
    def __init__(self) -> None:
        self._loader = yaml.SafeLoader("")
        self.lines: dict[FieldPath, int] = {}
        self.problems: list[tuple[int, str]] = []

    def value(self, node: yaml.Node, path: FieldPath) -> Any:
        self.lines[path] = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, number)) for number, item in enumerate(node.value)]
        try:
            return self._loader.construct_object(node)
        except ValueError as error:
            self.problems.append((node.start_mark.line + 1, f"{node.value!r:.40}: {error}; put text in quotes"))
            return None

    def _mapping(self, node: yaml.MappingNode, path: FieldPath) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            if key in fields:
                self.problems.append((key_node.start_mark.line + 1, f"field {key!r} is there twice"))
            fields[key] = self.value(value_node, (*path, key))
            self.lines[(*path, key)] = key_node.start_mark.line + 1
        return fields


def _describe(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    return f"line {mark.line + 1}: {problem}" if mark else f"not YAML: {problem}"
