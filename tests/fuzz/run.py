"""Drive a target with atheris, which mutates what reaches new lines of code.

Run, in the folder ``tests``: python -m fuzz.run TARGET [--seconds 60] [--corpus FOLDER]

TARGET is one of text, files, pages, taxonomies and models. An input that breaks a promise, takes longer than ten
seconds or fills the memory is saved in ``corpus/TARGET/``, and the search goes on. ``--corpus`` keeps what reached new
code, so that a later run begins there. Exits with 1 if anything failed.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from fuzz import as_bytes

HERE = Path(__file__).parent
TARGETS = ("text", "files", "pages", "taxonomies", "models")
HANG = 10  # seconds
MOST_RESIDENT, MOST_ASKED_FOR = 1_500, 6_000  # megabytes
EXECUTIONS = re.compile(r"^(?:#|stat::number_of_executed_units: )(\d+)", re.MULTILINE)
PLACES = re.compile(r" cov: (\d+)")
FAILURE = re.compile(r"Test unit written to (.+)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--corpus", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        found = search(options.target, options.seconds, options.corpus, Path(scratch))
    n_hangs = sum(failure.name.startswith("timeout-") for failure in found.failures)
    print(f"{options.target}: {found.n_executions} executions in {found.seconds:.0f} seconds, ", end="")
    print(f"{len(found.failures) - n_hangs} crashes, {n_hangs} hangs, {found.n_places} places of the code reached")
    print("".join(f"  {failure}\n" for failure in found.failures), end="")
    sys.exit(bool(found.failures))


class Found(NamedTuple):
    """How often a target was tried and for how long, how many places of the code were reached, and what failed."""

    n_executions: int
    seconds: float
    n_places: int
    failures: list[Path]


def search(target: str, most_seconds: int, corpus: Path | None, scratch: Path) -> Found:
    """Try a target for some time; each failure ends a process, and the next goes on."""
    kept, failed = (corpus or scratch / "corpus").resolve(), HERE / "corpus" / target
    for folder in (kept, failed):
        folder.mkdir(parents=True, exist_ok=True)
    n_executions, n_places, failures = 0, 0, list[Path]()
    begun = time.monotonic()
    while (left := round(most_seconds - (time.monotonic() - begun))) > 0:
        command = [sys.executable, "-c", "from fuzz.run import fuzz; fuzz()", target, str(kept), str(scratch)]
        command += [f"-artifact_prefix={failed}{os.sep}", f"-timeout={HANG}", f"-rss_limit_mb={MOST_RESIDENT}"]
        command += [f"-max_total_time={left}", "-print_final_stats=1", f"-dict={scratch / 'words'}"]
        environment = os.environ | {"TMPDIR": str(scratch)}
        done = subprocess.run(command, cwd=HERE.parent, env=environment, capture_output=True, check=False)
        log = (done.stderr + done.stdout).decode("utf-8", "replace")
        n_executions += max([0, *map(int, EXECUTIONS.findall(log))])
        n_places = max([n_places, *map(int, PLACES.findall(log))])
        found = list(map(Path, FAILURE.findall(log)))
        failures += found
        if done.returncode and not found:
            sys.exit(f"{target}: the search itself failed\n{log[-2000:]}")
        print(log[-3000:] if found else "", end="")
        for path in kept.iterdir():  # what fails at once would end the next search too
            if any(path.read_bytes() == failure.read_bytes() for failure in found):
                path.unlink()
    return Found(n_executions, time.monotonic() - begun, n_places, failures)


def fuzz() -> None:
    """Search until something fails or time is up; to ask for memory beyond reason is a failure too."""
    import resource

    import atheris  # type: ignore[import-not-found,import-untyped,unused-ignore]

    name, kept, scratch, *options = sys.argv[1:]
    with atheris.instrument_imports(include=["cyberthemes", "fuzz", "yaml"]):
        target: Any = importlib.import_module(f"fuzz.{name}")
    if not (words := Path(scratch, "words")).exists():
        as_hex = ("".join(f"\\x{byte:02x}" for byte in as_bytes(word)) for word in target.WORDS)
        words.write_text("".join(f'"{word}"\n' for word in as_hex), encoding="ascii")
        known = (path.read_bytes() for path in (HERE / "corpus" / name).iterdir())
        for seed in [*map(as_bytes, target.SEEDS), *known]:
            Path(kept, hashlib.sha1(seed, usedforsecurity=False).hexdigest()).write_bytes(seed)
    resource.setrlimit(resource.RLIMIT_AS, (MOST_ASKED_FOR * 1_000_000,) * 2)
    atheris.Setup([sys.argv[0], kept, *options], target.check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
