"""Models that older releases wrote: every format version is read, and says what it said."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

import pytest

from cyberthemes.storage import FORMAT_VERSION

MODELS = Path(__file__).parent / "data" / "models"
sys.path.insert(0, str(MODELS))

from write import answers  # type: ignore[import-not-found,unused-ignore]  # noqa: E402 (lies beside what it wrote)


def is_same(found: Any, expected: Any) -> bool:
    """Return whether plain values are equal, floats but for what another machine's arithmetic may change."""
    if isinstance(expected, dict):
        return set(expected) <= set(found) and all(is_same(found[name], value) for name, value in expected.items())
    if isinstance(expected, list):
        return len(found) == len(expected) and all(map(is_same, found, expected))
    if isinstance(expected, float):
        return math.isclose(found, expected, rel_tol=1e-5, abs_tol=1e-6)
    return bool(found == expected)


@pytest.mark.parametrize("version", range(1, FORMAT_VERSION + 1))
@pytest.mark.parametrize("kind", ["tagger", "exclusive", "topics"])
def test_a_model_of_any_format_version_says_what_it_said(version: int, kind: str) -> None:
    folder = MODELS / f"format-{version}"
    expected = json.loads((folder / "answers.json").read_bytes())[kind]
    found = answers(folder)[kind]
    for part in expected:
        assert is_same(found[part], expected[part]), (part, found[part])
