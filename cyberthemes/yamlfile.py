"""YAML files as plain values with the line of each, under stricter rules than YAML's own.

Duplicate keys, anchors, aliases and tags are refused, so that what stands in a file is what a reader sees.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import yaml

from cyberthemes.errors import TaxonomyError
from cyberthemes.extraction import read_text
from cyberthemes.fields import FieldPath

__all__ = ["read_yaml", "write_yaml"]

_MAX_BYTES: Final = 5_000_000


def read_yaml(path: Path) -> tuple[Any, dict[FieldPath, int]]:
    """Return a file's values, and the line (from 1) at which each path into them begins.

    Raises
    ------
    InputError
        If the file is missing or is not text.
    TaxonomyError
        If it is not YAML, or uses what we refuse.
    """
    if path.is_file() and path.stat().st_size > _MAX_BYTES:
        raise TaxonomyError(str(path), [f"larger than {_MAX_BYTES:,} bytes; this is no taxonomy"])
    text = read_text(path)
    walker = _Walker()
    try:
        _refuse_anchors_and_tags(text)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        data = walker.value(node, ()) if node is not None else None
    except yaml.YAMLError as error:
        raise TaxonomyError(str(path), [_describe(error)]) from error
    except RecursionError as error:
        raise TaxonomyError(str(path), ["nested too deeply"]) from error
    if walker.problems:
        raise TaxonomyError(str(path), walker.problems)
    return data, walker.lines


def write_yaml(path: Path, data: Any) -> Path:
    """Write plain values as YAML in their own order, a mapping with a term on one line, and return the path."""
    text = yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
    path.write_text(text, encoding="utf-8")
    return path


class _Dumper(yaml.SafeDumper):
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002 (lists are indented)
        super().increase_indent(flow, False)


def _represent_mapping(dumper: yaml.SafeDumper, data: dict[str, Any]) -> yaml.MappingNode:
    return dumper.represent_mapping("tag:yaml.org,2002:map", data.items(), flow_style="term" in data)


_Dumper.add_representer(dict, _represent_mapping)


class _Walker:
    def __init__(self) -> None:
        self.lines: dict[FieldPath, int] = {}
        self.problems: list[str] = []

    def value(self, node: yaml.Node, path: FieldPath) -> Any:
        self.lines[path] = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, number)) for number, item in enumerate(node.value)]
        return yaml.SafeLoader("").construct_object(node)

    def _mapping(self, node: yaml.MappingNode, path: FieldPath) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            if key in fields:
                self.problems.append(f"line {key_node.start_mark.line + 1}: field {key!r} is there twice")
            fields[key] = self.value(value_node, (*path, key))
            self.lines[(*path, key)] = key_node.start_mark.line + 1
        return fields


def _refuse_anchors_and_tags(text: str) -> None:
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) or getattr(event, "tag", None):
            problem = "anchors, aliases and tags (&, *, !) are not allowed; put text that begins so in quotes"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=event.start_mark)  # type: ignore[arg-type]


def _describe(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    return f"line {mark.line + 1}: {problem}" if mark else f"not YAML: {problem}"
