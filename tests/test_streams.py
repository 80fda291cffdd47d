"""Results that take long: nothing is lost, doubled or torn, whenever the process ends."""

from __future__ import annotations

import fcntl
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from cyberthemes import Document, InputError
from cyberthemes.streams import complain, terminated_as_interrupted, write_lines_of

MADE_BY = {"model": "m1", "--themes": ["ai"]}
DOCUMENTS = [Document(f"text {number}", id=f"d{number}") for number in range(9)]


class Interrupted:
    """Gives lines, counts the documents asked for, and fails before a certain one."""

    def __init__(self, before: int = 99, error: BaseException | None = None) -> None:
        self.asked: list[str] = []
        self.before = before
        self.error = error or KeyboardInterrupt()

    def __call__(self, documents: Iterable[Document]) -> Iterator[str]:
        for document in documents:
            if document.id == f"d{self.before}":
                raise self.error
            self.asked.append(document.id)
            yield json.dumps({"id": document.id, "text": document.text})


def is_of(record: Mapping[str, Any], document: Document) -> bool:
    return (record["id"], record["text"]) == (document.id, document.text)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "new" / "out.jsonl"


def write(path: Path, lines_of: Interrupted, documents: Iterable[Document] = DOCUMENTS, **made_by: Any) -> None:
    write_lines_of(path, documents, lines_of, is_of, MADE_BY | made_by)


def stopped(path: Path, before: int, error: type[BaseException] = KeyboardInterrupt) -> None:
    """Leave what an interrupted run leaves."""
    with pytest.raises(error):
        write(path, Interrupted(before, error()))


def partial(path: Path) -> Path:
    return path.with_name("out.jsonl.partial")


def names(path: Path) -> list[str]:
    return sorted(file.name for file in path.parent.iterdir())


def whole(documents: Iterable[Document] = DOCUMENTS) -> str:
    return "".join(line + "\n" for line in Interrupted()(documents))


# In this process ------------------------------------------------------------------------------------------


def test_a_file_appears_whole_and_alone(target: Path) -> None:
    write(target, Interrupted())
    assert target.read_text(encoding="utf-8") == whole()
    assert names(target) == ["out.jsonl"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError, MemoryError])
def test_a_run_goes_on_where_the_last_stopped(
    target: Path, error: type[BaseException], capsys: pytest.CaptureFixture[str]
) -> None:
    stopped(target, 4, error)
    assert names(target) == ["out.jsonl.partial", "out.jsonl.partial.json"]
    assert capsys.readouterr().err == (
        f"cyberthemes: {partial(target)}: holds what is done; the same command goes on from there\n"
    )
    stopped(target, 4, error)
    stopped(target, 7, error)
    last = Interrupted()
    write(target, last)
    assert last.asked == ["d7", "d8"]
    assert target.read_text(encoding="utf-8") == whole()
    assert names(target) == ["out.jsonl"]


def test_an_older_file_stays_until_all_is_done(target: Path) -> None:
    target.parent.mkdir()
    target.write_text("the version before", encoding="utf-8")
    stopped(target, 4)
    assert target.read_text(encoding="utf-8") == "the version before"
    write(target, Interrupted())
    assert target.read_text(encoding="utf-8") == whole()


@pytest.mark.parametrize("before", [0, 99])
def test_nothing_to_write_leaves_nothing_and_an_older_file_as_it_is(target: Path, before: int) -> None:
    target.parent.mkdir()
    target.write_text("the version before", encoding="utf-8")
    if before == 0:
        stopped(target, before)
    else:
        write(target, Interrupted(), [])
    assert target.read_text(encoding="utf-8") == "the version before"
    assert names(target) == ["out.jsonl"]


@pytest.mark.parametrize(
    "rest", [b"{", b'{"id": "d4", "text"', b'{"id": "d4", "text": "text 4"}', b"\0\0\0\n{}\n", b"[]\n"]
)
def test_a_torn_line_is_written_again(target: Path, rest: bytes) -> None:
    stopped(target, 4)
    with partial(target).open("ab") as stream:
        stream.write(rest)
    last = Interrupted()
    write(target, last)
    assert last.asked == ["d4", "d5", "d6", "d7", "d8"]
    assert target.read_text(encoding="utf-8") == whole()


def test_all_lines_but_the_name_were_written(target: Path) -> None:
    stopped(target, 4)
    partial(target).write_text(whole(), encoding="utf-8")
    last = Interrupted()
    write(target, last)
    assert (last.asked, names(target)) == ([], ["out.jsonl"])


@pytest.mark.parametrize(
    ("documents", "message"),
    [
        (DOCUMENTS[1:], r"line 1: made from 'd0', where the inputs now have 'd1'"),
        ([DOCUMENTS[0], Document("another text", id="d1"), *DOCUMENTS[2:]], r"line 2: .* have 'd1', or another text"),
        (DOCUMENTS[:3], r"line 4: made from 'd3', where the inputs now end"),
    ],
)
def test_other_inputs_are_refused_and_what_is_done_is_kept(
    target: Path, documents: list[Document], message: str
) -> None:
    stopped(target, 4)
    before = partial(target).read_bytes()
    with pytest.raises(InputError, match=rf"partial, {message}.* delete it to begin afresh"):
        write(target, Interrupted(), documents)
    assert partial(target).read_bytes() == before
    write(target, Interrupted())
    assert target.read_text(encoding="utf-8") == whole()


def test_more_inputs_after_those_that_were_are_no_other_inputs(target: Path) -> None:
    stopped(target, 4)
    more = [*DOCUMENTS, Document("text 9", id="d9")]
    write(target, Interrupted(), more)
    assert target.read_text(encoding="utf-8") == whole(more)


def test_another_model_or_option_is_refused(target: Path) -> None:
    stopped(target, 4)
    with pytest.raises(InputError, match=r"begun with another model; .* delete it"):
        write(target, Interrupted(), DOCUMENTS, **{"model": "m2", "--themes": None})
    with pytest.raises(InputError, match=r"begun with another --themes; .* delete it"):
        write(target, Interrupted(), DOCUMENTS, **{"--themes": None})
    assert len(partial(target).read_text(encoding="utf-8").splitlines()) == 4


@pytest.mark.parametrize("made_by", [None, b"", b"{", b"[]"])
def test_lines_of_unknown_making_are_refused(target: Path, made_by: bytes | None) -> None:
    stopped(target, 4)
    maker = partial(target).with_name("out.jsonl.partial.json")
    maker.unlink() if made_by is None else maker.write_bytes(made_by)
    with pytest.raises(InputError, match="delete"):
        write(target, Interrupted())
    assert len(partial(target).read_text(encoding="utf-8").splitlines()) == 4


def test_two_writers_do_not_mix(target: Path) -> None:
    stopped(target, 4)
    with partial(target).open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(InputError, match="another process is writing it"):
            write(target, Interrupted())
    write(target, Interrupted())
    assert target.read_text(encoding="utf-8") == whole()


def test_a_file_finished_between_opening_and_locking_is_not_written_to(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped(target, 4)
    lock = fcntl.flock

    def finish_first(stream: Any, how: int) -> None:
        monkeypatch.setattr(fcntl, "flock", lock)
        write(target, Interrupted())
        lock(stream, how)

    monkeypatch.setattr(fcntl, "flock", finish_first)
    with pytest.raises(InputError, match="another process is writing it"):
        write(target, Interrupted())
    assert target.read_text(encoding="utf-8") == whole()


def test_a_full_disk_keeps_what_is_done(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(InputError, match=r"out.jsonl: cannot be written: No space left on device"):
            write(target, Interrupted())
    last = Interrupted()
    write(target, last)
    assert (last.asked, target.read_text(encoding="utf-8")) == ([], whole())


def test_a_name_too_long_for_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be written: File name too long"):
        write(tmp_path / ("z" * 300), Interrupted())


def test_errors_are_harmless_on_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    complain("a\x1b[31m\u202e\n  b\x9b")
    assert capsys.readouterr().err == "cyberthemes: a\\x1b[31m\\u202e\n  b\\x9b\n"


def test_to_be_terminated_is_to_be_interrupted_but_only_for_a_while() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt), terminated_as_interrupted():
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) == before


def test_other_threads_than_the_first_hear_no_signals_and_may_write(target: Path) -> None:
    def write_all() -> None:
        with terminated_as_interrupted():
            write(target, Interrupted())

    thread = threading.Thread(target=write_all)
    thread.start()
    thread.join()
    assert target.read_text(encoding="utf-8") == whole()


# Processes that are ended -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with 400 texts of different lengths and a file that cannot be read, in the middle."""
    folder = tmp_path_factory.mktemp("corpus")
    draw = random.Random(7)  # noqa: S311 (no secret)
    sentences = (
        "A new data security law restricts cross-border data flows, officials said.",
        "Ransomware hit the networks of two hospitals, and cyber police were called.",
        "The bakery on the corner sells warm bread to the children of the street.",
        "Ministers agreed on 5G standards and on the Belt and Road Initiative.",
    )
    for name in ("a.jsonl", "c.jsonl"):
        texts = ["\n\n".join(draw.choices(sentences, k=draw.randint(1, 6))) + f" {number}." for number in range(200)]
        lines = [json.dumps({"text": text, "page": number}) for number, text in enumerate(texts)]
        (folder / name).write_text("\n".join(lines), encoding="utf-8")
    (folder / "b.txt").write_bytes(b"\0\1\2")
    return folder


def start(corpus: Path, output: Path, jobs: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "cyberthemes", "tag", str(corpus), "-o", str(output), "--jobs", str(jobs)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)


def finish(corpus: Path, output: Path, jobs: int) -> bytes:
    with start(corpus, output, jobs) as process:
        _, errors = process.communicate()
    assert (process.returncode, errors.count("\n"), "b.txt" in errors) == (1, 1, True), errors
    assert names(output) == [output.name]
    return output.read_bytes()


@pytest.fixture(scope="module")
def uninterrupted(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    content = finish(corpus, tmp_path_factory.mktemp("whole") / "out.jsonl", 1)
    assert content.count(b"\n") == 400
    return content


def wait_until(is_so: Callable[[], bool]) -> None:
    begun = time.monotonic()
    while not is_so() and time.monotonic() - begun < 60:
        time.sleep(0.002)


@pytest.mark.parametrize(("jobs", "seed", "n_kills"), [(1, 1, 4), (2, 2, 3)])
def test_whenever_it_is_killed_nothing_is_lost_doubled_or_torn(
    corpus: Path, uninterrupted: bytes, target: Path, jobs: int, seed: int, n_kills: int
) -> None:
    draw = random.Random(seed)  # noqa: S311 (no secret)
    for _ in range(n_kills):
        enough = size(partial(target)) + draw.randint(0, len(uninterrupted) // 8)
        with start(corpus, target, jobs) as process:
            wait_until(lambda: size(partial(target)) > enough or process.poll() is not None)  # noqa: B023
            with suppress(ProcessLookupError):  # it may have come to its end
                os.killpg(process.pid, signal.SIGKILL)
        for file in (target, partial(target)):
            assert not file.exists() or uninterrupted.startswith(file.read_bytes())
    assert finish(corpus, target, 3 - jobs) == uninterrupted


def size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("jobs", [1, 2])
def test_an_interrupt_says_how_to_go_on_and_leaves_no_process(
    corpus: Path, uninterrupted: bytes, target: Path, jobs: int, ending: signal.Signals
) -> None:
    with start(corpus, target, jobs) as process:
        wait_until(lambda: size(partial(target)) > 0)
        if ending == signal.SIGINT:  # which a terminal sends to all
            os.killpg(process.pid, ending)
        else:
            process.send_signal(ending)
        errors = process.communicate()[1].splitlines()
    assert process.returncode == 130
    assert errors[-2:] == [
        f"cyberthemes: {partial(target)}: holds what is done; the same command goes on from there",
        "cyberthemes: interrupted",
    ]
    assert "KeyboardInterrupt" not in errors  # of a worker
    wait_until(lambda: not alive(process.pid))
    assert alive(process.pid) == {}
    assert finish(corpus, target, 1) == uninterrupted


def test_a_killed_worker_is_named_and_what_is_done_is_kept(corpus: Path, uninterrupted: bytes, target: Path) -> None:
    with start(corpus, target, 2) as process:
        wait_until(lambda: size(partial(target)) > 0 or process.poll() is not None)
        os.killpg(process.pid, signal.SIGSTOP)
        workers = [number for number, command in alive(process.pid).items() if "LokyProcess" in command]
        for worker in workers:
            os.kill(worker, signal.SIGKILL)
        os.killpg(process.pid, signal.SIGCONT)
        errors = process.communicate()[1].splitlines()
    if not workers:
        pytest.skip("no worker to kill: the system does not show processes in /proc, or the run ended too soon")
    assert process.returncode == 1
    assert [line for line in errors if "b.txt" not in line] == [
        f"cyberthemes: {partial(target)}: holds what is done; the same command goes on from there",
        "cyberthemes: one of the --jobs was killed, perhaps for want of memory; try fewer of them",
    ]
    assert finish(corpus, target, 1) == uninterrupted


def alive(group: int) -> dict[int, str]:
    """Return the numbers and commands of a group's processes, where a system shows them in ``/proc``."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, _, its_group = (folder / "stat").read_text().rpartition(")")[2].split()[:3]
            if its_group == str(group) and state != "Z":
                found[int(folder.name)] = (folder / "cmdline").read_text()
        except OSError:  # it has just ended
            continue
    return found
