"""Saves that are killed, starved of room or watched: a reader finds the old version or the new one, whole."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import io
import itertools
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from test_storage import save, value_of

from cyberthemes import ModelError

TESTS = Path(__file__).parent

# Saves one version after the other in a child, kills it within some milliseconds, and begins again.
KILLED = """
import os, random, signal, sys, time
from pathlib import Path
from test_storage import save, value_of
folder, kills = Path(sys.argv[1]), int(sys.argv[2])
draw = random.Random(5)
for _ in range(kills):
    if not (child := os.fork()):
        value = value_of(folder)
        while True:
            save(folder, value := value + 1)
    time.sleep(draw.uniform(0.001, 0.05))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
"""


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return save(tmp_path / "model")


def test_a_reader_beside_saves_that_are_killed_sees_whole_versions_in_order(folder: Path) -> None:
    command = [sys.executable, "-c", KILLED, str(folder), "40"]
    seen = [value_of(folder)]
    with subprocess.Popen(command, cwd=TESTS, stderr=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            seen.append(value_of(folder))
        assert process.stderr
        assert (process.returncode, process.stderr.read()) == (0, "")
    assert seen == sorted(seen)
    assert len(set(seen)) > 20  # or nothing was tried
    save(folder, 0.5)
    assert value_of(folder) == 0.5
    assert len(names(folder)) == 3  # what the killed ones left is swept


def test_a_reader_whom_many_saves_overtake_goes_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file_digest, saves = hashlib.file_digest, iter(range(2, 7))

    def overtaken(stream: io.BufferedReader, name: str) -> object:
        if value := next(saves, None):
            save(folder, value)
        return file_digest(stream, name)

    monkeypatch.setattr(hashlib, "file_digest", overtaken)
    assert value_of(folder) == 6.0


def test_a_file_that_goes_while_it_is_looked_at_is_looked_for_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look, saves = os.stat, iter(range(2, 40))

    def overtaken(path: Path, **options: bool) -> os.stat_result:
        if str(path).endswith(".npy") and (value := next(saves, None)):
            monkeypatch.setattr(os, "stat", look)
            save(folder, value)
            monkeypatch.setattr(os, "stat", overtaken)
        return look(path, **options)

    monkeypatch.setattr(os, "stat", overtaken)
    assert value_of(folder) == 39.0


# No room ------------------------------------------------------------------------------------------------------


@contextmanager
def no_file_longer_than(size: int) -> Iterator[None]:
    """Let writes fail beyond a size, as on a full disk, in the middle of a file."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("size", [0, 1, 10, 20, 175, 176, 500])
def test_a_save_that_runs_out_of_room_leaves_the_version_before(folder: Path, size: int) -> None:
    before = names(folder)
    with no_file_longer_than(size), pytest.raises(ModelError, match=r"cannot save: .*the version before is untouched"):
        save(folder, 2.0)
    assert value_of(folder) == 1.0
    assert set(before) <= set(names(folder))
    assert not list(folder.glob(".writing-*"))
    save(folder, 2.0)
    assert (value_of(folder), len(names(folder))) == (2.0, 3)


CALLS = (
    "tempfile.mkstemp",
    "os.fdopen",
    "os.fsync",
    "pathlib.Path.chmod",
    "pathlib.Path.replace",
    "pathlib.Path.mkdir",
)


@pytest.mark.parametrize("call", CALLS)
def test_whichever_call_fails_and_whenever_the_version_is_whole(
    folder: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    kept = 1.0
    for succeed in range(5):
        countdown = itertools.count(-succeed)
        holder, _, name = call.rpartition(".")
        module, _, kind = holder.partition(".")
        owner = getattr(sys.modules[module], kind) if kind else sys.modules[module]
        real = getattr(owner, name)

        def fail(*args: object, real: object = real, countdown: Iterator[int] = countdown, **options: object) -> object:
            if next(countdown) >= 0:
                raise OSError(errno.EIO, "Input/output error")
            return real(*args, **options)  # type: ignore[operator]

        with monkeypatch.context() as patch:
            patch.setattr(owner, name, fail)
            with suppress(ModelError):
                save(folder, kept + 1)
                kept += 1
        assert value_of(folder) == kept
        assert not list(folder.glob(".writing-*"))
    assert kept > 1.0  # with enough calls that succeed, it is saved


@contextmanager
def somebody_else() -> Iterator[None]:
    """Give up the rights of root, to whom every folder is open."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_folder_that_may_not_be_written_is_as_it_was_and_can_be_read() -> None:
    with tempfile.TemporaryDirectory() as open_to_all:
        folder = save(Path(open_to_all) / "model")
        for path, mode in ((Path(open_to_all), 0o755), (folder, 0o555)):
            path.chmod(mode)
        with somebody_else(), pytest.raises(ModelError, match="cannot save: Permission denied"):
            save(folder, 2.0)
        with somebody_else():
            assert value_of(folder) == 1.0
            (file,) = folder.glob("*.npy")
        folder.chmod(0o755)
        file.chmod(0)
        with somebody_else(), pytest.raises(ModelError, match="npy: cannot be read: Permission denied"):
            value_of(folder)


def test_a_save_waits_for_another_that_is_under_way(folder: Path) -> None:
    other = os.open(folder, os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)
    saver = threading.Thread(target=save, args=(folder, 2.0))
    saver.start()
    saver.join(0.3)
    assert (saver.is_alive(), value_of(folder)) == (True, 1.0)
    os.close(other)
    saver.join(60)
    assert value_of(folder) == 2.0


def test_savers_do_not_disturb_one_another(folder: Path) -> None:
    code = "import sys\nfrom pathlib import Path\nfrom test_storage import save\n"
    code += "for number in range(10): save(Path(sys.argv[1]), float(sys.argv[2]) + number)"
    commands = [[sys.executable, "-c", code, str(folder), first] for first in ("100", "200", "300")]
    processes = [subprocess.Popen(command, cwd=TESTS) for command in commands]
    begun = time.monotonic()
    while any(process.poll() is None for process in processes) and time.monotonic() - begun < 60:
        value_of(folder)
    assert [process.wait(1) for process in processes] == [0, 0, 0]
    assert value_of(folder) in (109.0, 209.0, 309.0)
    assert len(names(folder)) == 3
