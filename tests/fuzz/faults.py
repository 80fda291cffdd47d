"""Inject faults and count what comes of them, for the table in SECURITY.md.

Run, in the folder ``tests``: python -m fuzz.faults [--minutes 5] [--fuzz SECONDS] [--write ../SECURITY.md]

The minutes are shared between the rows that have no natural end; ``--fuzz`` adds a row a target of `fuzz.run`, each for
so many seconds. Exits with 1 if anything crashed, hung, was run or was lost.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from test_models_untrusted import LOADERS, MODELS, use, variants
from test_saving import KILLED, no_file_longer_than
from test_storage import save, value_of

from cyberthemes import CyberthemesError, Taxonomy, load_tagger
from cyberthemes.storage import open_folder, save_folder
from cyberthemes.tagging import BUNDLED_MODEL
from fuzz.run import TARGETS
from fuzz.watch import nothing_is_run

TESTS = Path(__file__).parent.parent
KINDS = {"tagger": "tagger", "exclusive": "tagger", "topics": "topics"}
OUTCOMES = ("crashes", "hangs", "code run", "lost")
HANG = 10  # seconds
BEGIN, END = "<!-- made by tests/fuzz/faults.py -->\n", "<!-- end -->\n"
DRAW = random.Random(11)  # noqa: S311 (no secret)


class Hang(BaseException):
    """Raised when a trial takes too long."""


class Row:
    """One kind of fault: how many were tried, and what came of them."""

    def __init__(self, name: str) -> None:
        self.name, self.tried, self.note = name, 0, ""
        self.outcomes: Counter[str] = Counter()

    @contextmanager
    def trial(self, what: object) -> Iterator[None]:
        """Count a trial; whatever is raised in it but the library's own errors is a crash, and told."""
        self.tried += 1
        signal.setitimer(signal.ITIMER_REAL, HANG)
        try:
            with nothing_is_run(), warnings.catch_warnings():
                warnings.simplefilter("error")
                yield
        except CyberthemesError:
            self.outcomes["refused"] += 1
        except Hang:
            self.found("hangs", what)
        except AssertionError as error:
            self.found("lost" if str(error) == "lost" else "code run" if "[" in str(error) else "crashes", what)
        except Exception as error:  # noqa: BLE001 (is what is counted)
            self.found("crashes", f"{what}: {error!r}")
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def found(self, outcome: str, what: object) -> None:
        self.outcomes[outcome] += 1
        print(f"{self.name}: {outcome}: {what!s:.300}", file=sys.stderr)

    def __str__(self) -> str:
        counts = " | ".join(f"{self.outcomes[outcome]:,}" for outcome in OUTCOMES)
        return f"| {self.name} | {self.tried:,}{self.note} | {counts} |"


def raise_hang(*_: object) -> None:
    raise Hang


# Models ---------------------------------------------------------------------------------------------------


def same_or_refused(row: Row, what: object, folder: Path, name: str, known: str) -> None:
    """Try a damaged model, which may be opened only if it is still the same."""
    with row.trial(what):
        assert getattr(LOADERS[KINDS[name]](folder), "hash", known) == known, "lost"


def every_bit(scratch: Path, _: float) -> Row:
    row, folder = Row("a small folder: every bit of every file flipped"), save(scratch / "model")
    for file in sorted(folder.iterdir()):
        content = file.read_bytes()
        for place in range(8 * len(content)):
            flipped = bytearray(content)
            flipped[place // 8] ^= 1 << place % 8
            file.write_bytes(flipped)
            with row.trial((file, place)):
                assert value_of(folder) == 1.0, "lost"
        file.write_bytes(content)
    return row


def every_length(scratch: Path, _: float) -> Row:
    row, folder = Row("a small folder: every file cut to every length"), save(scratch / "model")
    for file in sorted(folder.iterdir()):
        content = file.read_bytes()
        for length in range(len(content)):
            file.write_bytes(content[:length])
            with row.trial((file, length)):
                assert value_of(folder) == 1.0, "lost"
        file.write_bytes(content)
    return row


def small_models_bits(scratch: Path, seconds: float) -> Row:
    row = Row("small models of every kind: a random bit flipped")
    hashes = {name: LOADERS[kind](shutil.copytree(MODELS / name, scratch / name)) for name, kind in KINDS.items()}
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        name = DRAW.choice(list(KINDS))
        flip_a_bit(row, scratch / name, name, getattr(hashes[name], "hash", ""))
    return row


def flip_a_bit(row: Row, folder: Path, name: str, known: str) -> None:
    file = DRAW.choice([path for path in sorted(folder.iterdir()) if path.suffix in (".npy", ".json")])
    content = bytearray(file.read_bytes())
    place, bit = DRAW.randrange(len(content)), 1 << DRAW.randrange(8)
    content[place] ^= bit
    file.write_bytes(content)
    same_or_refused(row, (file, place), folder, name, known)
    content[place] ^= bit
    file.write_bytes(content)


def bundled_bits(scratch: Path, seconds: float) -> Row:
    row, tagger = Row("the bundled model: a random bit flipped"), load_tagger()
    assert tagger.origin
    folder = Path(shutil.copytree(tagger.origin.folder, scratch / "bundled"))
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        flip_a_bit(row, folder, "tagger", tagger.hash)
    return row


def signed_and_wrong(scratch: Path, seconds: float) -> Row:
    row = Row("small models: one part wrong, signed again, and used if opened")
    for name in ("tagger", "topics"):
        wrong = list(variants(open_folder(MODELS / name, kind=name)))
        DRAW.shuffle(wrong)
        until = time.monotonic() + seconds / 2
        for what, settings, arrays, documents in wrong:
            if time.monotonic() > until:
                break
            with row.trial(what):
                save_folder(scratch / name, kind=name, settings=settings, arrays=arrays, documents=documents)
                use(LOADERS[name](scratch / name), scratch / "again")
    return row


# Saves ------------------------------------------------------------------------------------------------------


def saves_killed(scratch: Path, seconds: float) -> Row:
    row, folder, n_reads = Row("saves killed (SIGKILL), read all the while"), save(scratch / "model"), 0
    until, last = time.monotonic() + seconds, 0.0
    while time.monotonic() < until:
        command = [sys.executable, "-c", KILLED, str(folder), "100"]
        with subprocess.Popen(command, cwd=TESTS) as process:
            while process.poll() is None:
                value, n_reads = value_of(folder), n_reads + 1
                if value < last:
                    row.found("lost", f"{value} after {last}")
                last = value
        row.tried += 100
        if process.returncode:
            row.found("crashes", process.returncode)
    row.note = f" kills, {n_reads:,} reads"
    return row


def saves_without_room(scratch: Path, _: float) -> Row:
    row, folder = Row("saves that run out of room at every seventh byte"), save(scratch / "model")
    largest = max(path.stat().st_size for path in folder.iterdir())
    for size in range(0, largest, 7):
        with row.trial(size):
            try:
                with no_file_longer_than(size):
                    save(folder, 2.0)
            finally:
                assert value_of(folder) == 1.0, "lost"
                assert not list(folder.glob(".writing-*")), "lost"
    return row


# Runs -------------------------------------------------------------------------------------------------------


def runs_killed(scratch: Path, seconds: float) -> Row:
    row = Row("runs of `cyberthemes tag` killed, and gone on with")
    sentences = ("A data security law passed. ", "5G networks grow in the port. ", "Rain fell on quiet streets. ")
    texts = [" ".join(DRAW.choices(sentences, k=DRAW.randint(1, 30))) for _ in range(1500)]
    source = scratch / "texts.jsonl"
    source.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
    expected, n_lines = run_to_its_end(source, scratch / "whole.jsonl", 1), 0
    until, target = time.monotonic() + seconds, scratch / "out.jsonl"
    while time.monotonic() < until:
        partial = target.with_name("out.jsonl.partial")
        for _ in range(3):
            with started(source, target, DRAW.choice((1, 2))) as process:
                enough = (partial.stat().st_size if partial.exists() else 0) + DRAW.randrange(len(expected) // 6)
                while process.poll() is None and not (partial.exists() and partial.stat().st_size > enough):
                    time.sleep(0.002)
                row.tried += process.poll() is None
                process.kill()
        if run_to_its_end(source, target, DRAW.choice((1, 2))) != expected:
            row.found("lost", target)
        target.unlink()
        n_lines += len(texts)
    row.note = f" kills, {n_lines:,} lines"
    return row


def started(source: Path, target: Path, jobs: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "cyberthemes", "tag", str(source), "-o", str(target), "--jobs", str(jobs)]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL)


def run_to_its_end(source: Path, target: Path, jobs: int) -> bytes:
    with started(source, target, jobs) as process:
        process.wait(300)
    return target.read_bytes() if target.exists() else b""


# Inputs -----------------------------------------------------------------------------------------------------


def texts_of_any_characters(_: Path, seconds: float) -> Row:
    row, tagger = Row("texts of random characters, tagged"), load_tagger()
    known = (
        "data security",
        "5G",
        "Belt and Road",
        "AI",
        "\n\n",
        "\r",
        "“",
        "’s",
        "-",
        "\0",
        "\ud800",
        "\u202e",
        "e\u0301",
    )
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        text = "".join(DRAW.choice(known) if DRAW.random() < 0.5 else chr(DRAW.randrange(0x3000)) for _ in range(60))
        with row.trial(ascii(text)):
            json.dumps(tagger.tag(text).to_dict(), allow_nan=False)
    return row


def taxonomies_changed(scratch: Path, seconds: float) -> Row:
    row, file = Row("taxonomies of which random pieces were changed"), scratch / "taxonomy.yaml"
    path = Taxonomy.read(MODELS.parent.parent.parent.parent / "models" / BUNDLED_MODEL / "taxonomy.yaml").write(file)
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)[:60]
    odd = (
        "&a ",
        "*a",
        "!!python/object/apply:os.system [x]",
        "\t",
        "- ",
        ": ",
        "{",
        "[" * 40,
        "'",
        "\0",
        "? ",
        "1e999",
    )
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        text = "".join(lines)
        for _ in range(DRAW.randint(1, 4)):
            place = DRAW.randrange(len(text))
            text = text[:place] + DRAW.choice(odd) + text[place + DRAW.choice((0, 1, 20)) :]
        file.write_text(text, encoding="utf-8")
        with row.trial(ascii(text)):
            Taxonomy.read(file)
    return row


def fuzzed(target: str, seconds: int) -> Row:
    row = Row(f"fuzzing: {target}, guided by coverage")
    command = [sys.executable, "-m", "fuzz.run", target, "--seconds", str(seconds)]
    done = subprocess.run(command, cwd=TESTS, capture_output=True, text=True, check=False)
    found = re.search(r"([\d,]+) executions in (\d+) seconds, (\d+) crashes, (\d+) hangs", done.stdout)
    if not found:
        sys.exit(f"{target}: {done.stdout[-500:]}{done.stderr[-500:]}")
    row.tried, row.note = int(found[1].replace(",", "")), f" in {int(found[2]) / 60:.1f} minutes"
    row.outcomes.update({"crashes": int(found[3]), "hangs": int(found[4])})
    return row


ROWS: dict[Callable[[Path, float], Row], float] = {  # with the share of the time
    every_bit: 0,
    every_length: 0,
    small_models_bits: 0.1,
    bundled_bits: 0.1,
    signed_and_wrong: 0.2,
    saves_killed: 0.1,
    saves_without_room: 0,
    runs_killed: 0.3,
    texts_of_any_characters: 0.1,
    taxonomies_changed: 0.1,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--fuzz", type=int, default=0, metavar="SECONDS")
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    signal.signal(signal.SIGALRM, raise_hang)
    resource.setrlimit(resource.RLIMIT_AS, (6_000_000_000, resource.RLIM_INFINITY))  # more is a crash
    lines = [f"| what was tried | times | {' | '.join(OUTCOMES)} |", f"|---|{'---:|' * (1 + len(OUTCOMES))}"]
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        for make_row, share in ROWS.items():
            (folder := Path(scratch, make_row.__name__)).mkdir()
            rows.append(make_row(folder, 60 * share * options.minutes))
            print(rows[-1], flush=True)
    for target in TARGETS if options.fuzz else ():
        rows.append(fuzzed(target, options.fuzz))
        print(rows[-1], flush=True)
    if options.write:
        text = options.write.read_text(encoding="utf-8")
        before, after = text.split(BEGIN)[0], text.split(END)[1]
        table = "\n".join([*lines, *map(str, rows)]) + "\n"
        options.write.write_text(before + BEGIN + table + END + after, encoding="utf-8")
    sys.exit(any(row.outcomes[outcome] for row in rows for outcome in OUTCOMES))


if __name__ == "__main__":
    main()
