"""The targets of fuzzing: what once failed holds, a short search finds nothing, and a planted bug is caught."""

from __future__ import annotations

import importlib
import importlib.util
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fuzz import as_bytes
from fuzz.run import HERE, TARGETS
from fuzz.watch import nothing_is_run

from cyberthemes.paragraphs import Paragraph

TRIED = [path for target in TARGETS for path in sorted((HERE / "corpus" / target).iterdir())]


def check_of(target: str) -> Callable[[bytes], None]:
    check: Callable[[bytes], None] = importlib.import_module(f"fuzz.{target}").check
    return check


def inputs_of(target: str) -> Iterator[bytes]:
    yield from map(as_bytes, importlib.import_module(f"fuzz.{target}").SEEDS)
    yield from (path.read_bytes() for path in sorted((HERE / "corpus" / target).iterdir()))


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_holds_for_its_seeds(target: str) -> None:
    for seed in importlib.import_module(f"fuzz.{target}").SEEDS:
        check_of(target)(as_bytes(seed))


@pytest.mark.parametrize("path", TRIED, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_once_failed_or_might_have_holds(path: Path) -> None:
    check_of(path.parent.name)(path.read_bytes())


@pytest.mark.skipif(not importlib.util.find_spec("atheris"), reason="needs atheris: pip install atheris, on Linux")
@pytest.mark.parametrize("target", TARGETS)
def test_a_short_search_finds_nothing(target: str) -> None:
    command = [sys.executable, "-m", "fuzz.run", target, "--seconds", "1"]
    done = subprocess.run(command, cwd=HERE.parent, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    assert " 0 crashes, 0 hangs" in done.stdout
    assert int(done.stdout.split()[1]) > 0


def moved_one_character(span: Paragraph, by: int, kind: Any) -> Paragraph:
    return Paragraph(span.start + by + 1, span.end + by, kind or span.kind)


def without_the_first(pieces: Any) -> Iterator[Any]:
    return iter(list(ranked(pieces))[1:])


def unpickled(file: Path, _: Any) -> Any:
    return np.load(file, allow_pickle=True)


ranked = importlib.import_module("cyberthemes.results").EvidencePieces._ranked
PLANTED: dict[str, list[tuple[str, Any]]] = {
    "text": [("cyberthemes.results.EvidencePieces._ranked", without_the_first)],
    "files": [("cyberthemes.records._finite", float)],
    "pages": [("cyberthemes.documents._moved", moved_one_character)],
    "taxonomies": [("cyberthemes.fields.FieldReader.problems", lambda _: [])],
    "models": [("cyberthemes.storage._map_array", unpickled)],
}


@pytest.mark.parametrize("target", TARGETS)
def test_a_planted_bug_is_caught(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    check = check_of(target)
    for name, bug in PLANTED[target]:
        monkeypatch.setattr(name, bug)
    failures = 0
    for data in inputs_of(target):
        try:
            check(data)
        except Exception:  # noqa: BLE001 (whatever it is, it is a failure)
            failures += 1
    assert failures


def test_code_that_is_run_is_seen_even_if_its_error_is_caught() -> None:
    with pytest.raises(AssertionError, match=r"subprocess\.Popen"), nothing_is_run():
        subprocess.run([sys.executable, "-c", ""], check=True)
