"""Errors: their tree, what a taxonomy's faults look like, and copies of them."""

from __future__ import annotations

import copy

import pytest

from cyberthemes import CyberthemesError, InputError, ModelError, TaxonomyError


@pytest.mark.parametrize("kind", [InputError, TaxonomyError, ModelError])
def test_every_error_is_both_ours_and_a_value_error(kind: type[Exception]) -> None:
    assert issubclass(kind, CyberthemesError)
    assert issubclass(kind, ValueError)


@pytest.mark.parametrize(
    ("problems", "message"),
    [
        ([], "t.yaml: 0 problems"),
        (["line 3: no id"], "t.yaml: 1 problem\n  line 3: no id"),
        (["line 3: no id", "line 7: no name"], "t.yaml: 2 problems\n  line 3: no id\n  line 7: no name"),
    ],
)
def test_taxonomy_error_counts_and_lists_its_problems(problems: list[str], message: str) -> None:
    error = TaxonomyError("t.yaml", problems)
    assert str(error) == message
    assert (error.source, error.problems) == ("t.yaml", tuple(problems))


@pytest.mark.parametrize(
    "error", [InputError("no such file"), ModelError("damaged"), TaxonomyError("t.yaml", ["line 3: no id", "x"])]
)
def test_errors_survive_the_copying_between_worker_processes(error: CyberthemesError) -> None:
    twin = copy.copy(error)  # by __reduce__, as pickle does it
    assert (type(twin), str(twin), vars(twin)) == (type(error), str(error), vars(error))
