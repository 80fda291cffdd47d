"""Dates to the periods they are in: years, quarters, months and days."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date as Date  # noqa: N812 (dates are parameters here)
from typing import Final, Literal

from cyberthemes.errors import InputError

__all__ = ["Every", "date_in", "period_name", "period_number", "periods_between"]

Every = Literal["year", "quarter", "month", "day"]
_DATE: Final = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?(?![\d-])", re.ASCII)
_PARTS_NEEDED: Final[dict[str, int]] = {"year": 1, "quarter": 2, "month": 2, "day": 3}
_MOST_PERIODS: Final = 5_000


def period_number(date: str, every: Every) -> int | None:
    """Return the number of a date's period, so that neighbouring periods have neighbouring numbers.

    Parameters
    ----------
    date : str
        ``YYYY-MM-DD`` and whatever follows, or ``YYYY-MM`` or ``YYYY`` where that is enough.
    every : {"year", "quarter", "month", "day"}
        The length of a period.

    Returns
    -------
    int or None
        None if the date cannot be read as far as the period needs it.

    Examples
    --------
    >>> period_number("2022-03-01", "year"), period_number("2022", "month")
    (2022, None)
    """
    match = _DATE.match(date)
    parts = [int(part) for part in match.groups() if part] if match else []
    if len(parts) < _PARTS_NEEDED[every]:
        return None
    try:
        day = Date(*parts, *[1] * (3 - len(parts)))
    except ValueError:
        return None
    numbers = {"year": day.year, "quarter": day.year * 4 + (day.month - 1) // 3, "month": day.year * 12 + day.month - 1}
    return numbers.get(every, day.toordinal())


def date_in(text: str) -> str | None:
    """Return the date that a text begins with, as far as it can be read, or None.

    Examples
    --------
    >>> date_in("2022-03-01T10:00"), date_in("2022 (approx.)"), date_in("soon")
    ('2022-03-01', '2022', None)
    """
    match = _DATE.match(text)
    return match[0] if match and period_number(text, "year") is not None else None


def period_name(number: int, every: Every) -> str:
    """Return how the period of a number is called.

    Examples
    --------
    >>> period_name(period_number("2022-03-01", "quarter"), "quarter")
    '2022-Q1'
    """
    if every == "year":
        return f"{number:04}"
    if every == "quarter":
        return f"{number // 4:04}-Q{number % 4 + 1}"
    if every == "month":
        return f"{number // 12:04}-{number % 12 + 1:02}"
    return Date.fromordinal(number).isoformat()


def periods_between(numbers: Iterable[int], every: Every) -> list[str]:
    """Return the names of all periods from the first to the last of some numbers.

    Raises
    ------
    InputError
        If that makes more than 5,000 periods, for then a date must be wrong.
    """
    known = sorted(set(numbers))
    if not known:
        return []
    first, last = known[0], known[-1]
    if last - first >= _MOST_PERIODS:
        raise InputError(
            f"dates from {period_name(first, every)} to {period_name(last, every)} make more than "
            f"{_MOST_PERIODS:,} periods of a {every}; mend the dates or take longer periods"
        )
    return [period_name(number, every) for number in range(first, last + 1)]
