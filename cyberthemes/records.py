"""Records, a text each: JSON lines and CSV, one in memory at a time; a bad record is an error, the next are read."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final, TextIO

from cyberthemes.errors import InputError
from cyberthemes.extraction import LINE_END
from cyberthemes.limits import Limits

__all__ = ["csv_records", "json_records", "read_json_lines"]

Record = tuple[int, dict[str, Any]]
_DEEPEST: Final = 100  # far less than what can be pickled for a worker


def read_json_lines(text: str, name: str) -> Iterator[Record]:
    """Yield the line number, from 1, and the object of every line that is not blank.

    Raises
    ------
    InputError
        If a line is not a JSON object; the message names the line.
    """
    for number, line in enumerate(LINE_END.split(text), start=1):
        if line.strip():
            yield number, _object(line, f"{name}, line {number}")


def json_records(stream: TextIO, name: str, limits: Limits) -> Iterator[Record | InputError]:
    """Yield the line number and the object of every line that is not blank, or what is wrong with it."""
    is_empty = True
    for number, line in enumerate(_lines(stream, limits.size), start=1):
        if not line.strip():
            continue
        is_empty = False
        where = f"{name}, line {number}"
        try:
            if len(line) > limits.size:
                raise limits.too_large(where)
            yield number, _object(line.rstrip("\r\n"), where)
        except InputError as error:
            yield error
    if is_empty:
        raise InputError(f"{name}: empty; expected some text")


def _lines(stream: TextIO, most: int) -> Iterator[str]:
    """Yield lines with their ends; of one that is longer than the most, only the beginning."""
    while line := stream.readline(most + 1):
        yield line
        while len(line) > most and not line.endswith(("\n", "\r")):
            line = stream.readline(most + 1)


def _object(line: str, where: str) -> dict[str, Any]:
    try:
        record = json.loads(line, parse_constant=_refuse_constant, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else error
        raise InputError(f"{where}: not valid JSON ({reason})") from error
    if not isinstance(record, dict):
        raise InputError(f"{where}: found {type(record).__name__}; expected a JSON object with a field 'text'")
    if _depth(record) > _DEEPEST:
        raise InputError(f"{where}: values nested more than {_DEEPEST} deep")
    return record


def _depth(value: Any) -> int:
    """Return how deep lists and objects stand in one another."""
    depth, level = 0, [value]
    while level := [item for item in level if isinstance(item, dict | list)]:
        level = [child for item in level for child in (item.values() if isinstance(item, dict) else item)]
        depth += 1
    return depth


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"{digits} is too large a number")
    return number


# CSV ------------------------------------------------------------------------------------------------------


def csv_records(stream: TextIO, name: str, limits: Limits) -> Iterator[Record | InputError]:
    """Yield the line number and the fields of every record, or what is wrong with it."""
    rows = _rows(stream, name, limits)
    first = next(rows, None)
    if isinstance(first, InputError):
        raise first
    columns = first[1] if first else []
    if first and "text" not in columns:
        raise InputError(f"{name}: columns {', '.join(columns)}; expected one called 'text'")
    if repeated := [column for column, times in Counter(filter(None, columns)).items() if times > 1]:
        raise InputError(f"{name}: more than one column called {repeated[0]!r}; expected each name once")
    is_empty = True
    for row in rows:
        is_empty = False
        if isinstance(row, InputError):
            yield row
        elif len(row[1]) > len(columns):
            yield InputError(f"{name}, line {row[0]}: more fields than columns; put text with commas in quotes")
        else:
            yield row[0], dict.fromkeys(columns) | dict(zip(columns, row[1], strict=False))
    if is_empty:
        raise InputError(f"{name}: empty; expected a line of column names, then a line a text")


def _rows(stream: TextIO, name: str, limits: Limits) -> Iterator[tuple[int, list[str]] | InputError]:
    """Yield the last line and the fields of every row that is not blank, or what is wrong with it.

    What follows a row whose quotes may not have closed is not read: it could be taken for what it is not.
    """
    import csv

    of_row = _RowLines(name, limits)
    reader = csv.reader(of_row.counted(_lines(stream, limits.size)), strict=True)
    while True:
        begin = reader.line_num + 1
        of_row.n_lines = of_row.size = of_row.n_quotes = 0
        try:
            row = _next_row(reader, limits.size)
        except csv.Error as error:
            where = f"{name}, line {begin}"
            is_closed = of_row.n_lines == 1 and of_row.n_quotes % 2 == 0
            yield InputError(f"{where}: not valid CSV ({error}){'' if is_closed else '; what follows was not read'}")
            if not is_closed:
                return
            continue
        if row is None:
            return
        if row:
            yield reader.line_num, row


class _RowLines:
    """Counts the lines of the row that is being read, and their characters and quotes."""

    def __init__(self, name: str, limits: Limits) -> None:
        self.name, self.limits = name, limits
        self.n_lines = self.size = self.n_quotes = 0

    def counted(self, lines: Iterable[str]) -> Iterator[str]:
        for number, line in enumerate(lines, start=1):
            self.n_lines += 1
            self.size += len(line)
            self.n_quotes += line.count('"')
            if self.size > self.limits.size:
                found = "not read from here on, as the row is larger (a quote that does not close?)"
                raise self.limits.too_large(f"{self.name}, line {number}", found)
            yield line


def _next_row(reader: Any, most: int) -> list[str] | None:
    """Return the next row, None at the end, under a limit on its fields that lasts as long as this call."""
    import csv

    before = csv.field_size_limit(most)
    try:
        row: list[str] | None = next(reader, None)
    finally:
        csv.field_size_limit(before)
    return row
