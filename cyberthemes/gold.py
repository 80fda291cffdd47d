"""Labelled units: texts with the themes that apply, as JSON lines or as arrays."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from cyberthemes.documents import read_json_lines
from cyberthemes.errors import InputError
from cyberthemes.extraction import read_text

__all__ = ["Gold", "check_exclusive", "full_weight", "label_matrix", "read_gold"]

Labels = npt.NDArray[np.int8]
UNKNOWN: Final = -1


@dataclass(frozen=True)
class Gold:
    """Labelled units.

    Attributes
    ----------
    texts : tuple of str
    labels : ndarray of int8, shape (n_texts, n_themes)
        1 where a theme applies, 0 where it does not, -1 where it is borderline.
    groups : tuple of str
        The document that each unit is from; units of one document belong in one fold.
    weights : ndarray of float64, shape (n_texts,)
        How much each counts in learning; 1 unless the line says otherwise.
    """

    texts: tuple[str, ...]
    labels: Labels
    groups: tuple[str, ...]
    weights: npt.NDArray[np.float64]


def read_gold(paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]], theme_ids: Sequence[str]) -> Gold:
    """Return the labelled units of JSON-lines files.

    A line has ``text``, ``themes`` and optionally ``borderline`` (lists of theme ids), ``doc`` (the document that
    the unit is from) and ``weight`` (how much it counts in learning).

    Parameters
    ----------
    paths : path-like or sequence of path-like
        One file or several.
    theme_ids : sequence of str
        The themes, in column order.

    Returns
    -------
    Gold

    Raises
    ------
    InputError
        If a file is missing or empty, a line is broken, or a theme is unknown; the message names the line.
    """
    if isinstance(paths, str | os.PathLike):
        paths = [paths]
    if not isinstance(paths, Sequence) or not all(isinstance(path, str | os.PathLike) for path in paths):
        raise InputError(f"found {paths!r:.60}; expected one path or a list of paths")
    texts: list[str] = []
    labels: list[Labels] = []
    groups: list[str] = []
    weights: list[float] = []
    for path in paths:
        for number, record in read_json_lines(read_text(Path(path)), str(path)):
            where = f"{path}, line {number}"
            if not isinstance(record.get("text"), str):
                raise InputError(f"{where}: no string in the field 'text'")
            texts.append(record["text"])
            labels.append(_row(_ids(record, "themes", where), _ids(record, "borderline", where), theme_ids, where))
            weights.append(_weight(record, where))
            groups.append(str(record.get("doc") or record.get("file") or where))
    if not texts:
        raise InputError(
            f"{', '.join(map(str, paths))}: no labelled lines; expected one JSON object a line with 'text' and 'themes'"
        )
    return Gold(tuple(texts), np.stack(labels), tuple(groups), np.array(weights))


def label_matrix(labels: Any, theme_ids: Sequence[str], n_texts: int) -> tuple[Labels, npt.NDArray[np.bool_]]:
    """Return labels as an array, and which texts are labelled.

    Parameters
    ----------
    labels : array-like of shape (n_texts, n_themes), sequence, or None
        1, 0 and -1; or per text a list of theme ids, or None for an unlabelled text; or None if no text is labelled.
    theme_ids : sequence of str
        The themes, in column order.
    n_texts : int
        How many texts there are.

    Returns
    -------
    labels : ndarray of int8, shape (n_texts, n_themes)
        -1 throughout the row of an unlabelled text.
    is_labelled : ndarray of bool, shape (n_texts,)

    Raises
    ------
    InputError
        If the shape is wrong, a value is not 1, 0 or -1, or a theme is unknown.
    """
    if labels is None:
        labels = [None] * n_texts
    if hasattr(labels, "toarray"):  # a SciPy sparse matrix
        labels = labels.toarray()
    if not hasattr(labels, "__len__"):
        raise InputError(f"labels: found {type(labels).__name__}; expected an array, a list or None")
    if len(labels) != n_texts:
        raise InputError(f"{len(labels)} labels for {n_texts} texts; expected as many of each")
    if any(
        row is None or (isinstance(row, list | tuple | set | frozenset) and not _all_numbers(row)) for row in labels
    ):
        rows = [
            np.full(len(theme_ids), UNKNOWN, dtype=np.int8)
            if row is None
            else _row(row, (), theme_ids, f"labels of text {number}")
            for number, row in enumerate(labels)
        ]
        return np.stack(rows), np.array([row is not None for row in labels])
    try:
        array = np.asarray(labels)
    except ValueError as error:
        raise InputError(f"labels are not a table ({error}); expected one column a theme in every row") from error
    if array.shape != (n_texts, len(theme_ids)):
        raise InputError(f"labels of shape {array.shape}; expected ({n_texts}, {len(theme_ids)}): one column a theme")
    if not np.isin(array, (-1, 0, 1)).all():
        raise InputError("labels hold other values than 1 (applies), 0 (does not) and -1 (unknown)")
    return array.astype(np.int8), np.ones(n_texts, dtype=np.bool_)


def check_exclusive(labels: Labels) -> None:
    """Refuse labels that do not leave each text exactly one theme.

    Raises
    ------
    InputError
        With the position of the first such text.
    """
    wrong = ((labels == 1).sum(axis=1) > 1) | (labels == 0).all(axis=1)
    if wrong.any():
        raise InputError(f"labels of text {int(wrong.argmax())} do not leave it exactly one theme; exclusive=True")


def full_weight(weights: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
    """Return the rows that count in full, at least 1, by which models are calibrated and judged; all if none do."""
    full = np.flatnonzero(weights >= 1)
    return full if len(full) else np.arange(len(weights))


def _all_numbers(row: Any) -> bool:
    return len(row) > 0 and not any(isinstance(value, str) for value in row)


def _row(themes: Any, borderline: Any, theme_ids: Sequence[str], where: str) -> Labels:
    row = np.zeros(len(theme_ids), dtype=np.int8)
    for ids, value in ((borderline, UNKNOWN), (themes, 1)):
        for theme_id in ids:
            if theme_id not in theme_ids:
                raise InputError(f"{where}: unknown theme {theme_id!r}; expected one of {', '.join(theme_ids)}")
            row[theme_ids.index(theme_id)] = value
    return row


def _ids(record: dict[str, Any], name: str, where: str) -> list[str]:
    ids = record.get(name, [] if name == "borderline" else None)
    if not isinstance(ids, list) or not all(isinstance(item, str) for item in ids):
        raise InputError(f"{where}: field {name!r} is {ids!r:.60}; expected a list of theme ids")
    return ids


def _weight(record: dict[str, Any], where: str) -> float:
    weight = record.get("weight", 1.0)
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 < weight <= 1:
        raise InputError(f"{where}: field 'weight' is {weight!r:.60}; expected a number above 0 and up to 1")
    return float(weight)
