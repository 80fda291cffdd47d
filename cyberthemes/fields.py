"""Plain values from a file, checked field by field: every fault is noted with its line, and reading goes on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

__all__ = ["FieldPath", "FieldReader", "Lines", "nearest"]

FieldPath = tuple[str | int, ...]
Lines = Mapping[FieldPath, int]
_MOST_PROBLEMS: Final = 1000  # nobody reads more
_SLUG: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class FieldReader:
    """Gives back each value in the type that is expected, or an empty one after noting what is wrong.

    Parameters
    ----------
    lines : mapping of path to int
        The line at which each path into the values begins; empty if unknown.
    problems : iterable of tuple of int, str
        Faults already known, each with its line.
    """

    def __init__(self, lines: Lines, problems: Iterable[tuple[int, str]] = ()) -> None:
        self._lines = lines
        self._problems = [(line, f"line {line}: {text}") for line, text in problems]

    def problems(self) -> list[str]:
        """Return what was noted, in the order of lines; of very many faults the first."""
        found = [text for _, text in sorted(self._problems, key=lambda problem: problem[0])]
        n_more = len(found) - _MOST_PROBLEMS
        return [*found[:_MOST_PROBLEMS], f"and {n_more:,} more"] if n_more > 0 else found

    def mapping(self, data: Any, path: FieldPath, known: Sequence[str]) -> Mapping[str, Any]:
        """Return a mapping; unknown fields are faults."""
        if not isinstance(data, Mapping):
            self.problem(path, f"found {_name(data)}; expected the fields {', '.join(known)}")
            return {}
        for name in data:
            if name not in known:
                self.problem((*path, name), f"unknown field {name!r}{nearest(str(name), known)}")
        return data

    def sequence(self, data: Any, path: FieldPath) -> Sequence[Any]:
        """Return a list; nothing at all is an empty one."""
        if isinstance(data, list | tuple):
            return data
        if data is not None:
            self.problem(path, f"{path[-1]}: found {_name(data)}; expected a list")
        return ()

    def texts(self, data: Any, path: FieldPath) -> tuple[str, ...]:
        """Return a list of texts."""
        return tuple(self.text(item, (*path, number)) for number, item in enumerate(self.sequence(data, path)))

    def text(self, data: Any, path: FieldPath, *, empty: bool = False) -> str:
        """Return a text, which may be empty only if ``empty``."""
        if isinstance(data, str) and (empty or data.strip()):
            return data
        shown = f" {data!r:.40}" if isinstance(data, str | int | float) else ""
        found = "nothing" if data is None or data == "" else _name(data) + shown
        self.problem(
            path,
            f"{_field(path)}: found {found}; expected text{' in quotes' if data not in (None, '') else ''}",
        )
        return ""

    def slug(self, data: Any, path: FieldPath) -> str:
        """Return an id: lower-case letters and digits, parted by hyphens."""
        text = self.text(data, path)
        if text and not _SLUG.fullmatch(text):
            self.problem(path, f"id {text!r}; expected lower-case letters and digits, parted by hyphens")
        return text

    def unique(self, what: str, values: Iterable[tuple[Any, str, FieldPath]]) -> None:
        """Note every value, given by what makes it equal, its name and its place, that stands there before."""
        first: dict[Any, FieldPath] = {}
        for value, name, path in values:
            if name and value in first:
                line = self._line(first[value])
                self.problem(path, f"{what} {name!r} is there twice" + (f"; first on line {line}" if line else ""))
            first.setdefault(value, path)

    def _line(self, path: FieldPath) -> int:
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path, 0)

    def problem(self, path: FieldPath, text: str) -> None:
        """Note a fault at a path."""
        line = self._line(path)
        place = f"line {line}: " if line else f"{_field(path)}: " if path and not text.startswith(_field(path)) else ""
        self._problems.append((line, place + text))


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a hint at the known word that is most like another, or nothing."""
    import difflib  # for faults alone

    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean {close[0]!r}?" if close else ""


def _field(path: FieldPath) -> str:
    return ".".join(str(part) for part in path[-2:] if not isinstance(part, int)) or "taxonomy"


def _name(data: Any) -> str:
    names = {
        dict: "a mapping",
        list: "a list",
        str: "text",
        bool: "a yes/no value",
        int: "a number",
        float: "a number",
    }
    return "nothing" if data is None else names.get(type(data), f"a {type(data).__name__}")
