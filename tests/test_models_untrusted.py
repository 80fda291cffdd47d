"""Models from anybody: whatever a folder holds, it is refused before anything is allocated or run, or it works."""

from __future__ import annotations

import copy
import gzip
import hashlib
import io
import itertools
import json
import math
import os
import resource
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_storage import change_manifest, plant, save, value_of

from cyberthemes import CyberthemesError, Document, ModelError, load_tagger, load_topics
from cyberthemes.storage import StoredFolder, _array_header, open_folder, save_folder

MODELS = Path(__file__).parent / "data" / "models" / "format-1"
TEXTS = ["A data law for 5G base stations, said the CAC, a regulator.", "", "x", "Quiet rain."]
LOADERS: dict[str, Callable[[Path], Any]] = {"tagger": load_tagger, "topics": load_topics}


@contextmanager
def megabytes(most: int) -> Iterator[None]:
    """Let this process ask for so much more memory and no more."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + most * 1_000_000, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return save(tmp_path / "model")


# Arrays and JSON that are not what they are said to be -------------------------------------------------------------


def declare(folder: Path, shape: list[Any], dtype: str = "<f8", data: bytes = b"") -> None:
    """Sign an array whose header and manifest agree on what it holds."""
    text = repr({"descr": dtype, "fortran_order": False, "shape": tuple(shape)})
    header = b"\x93NUMPY\x01\x00" + (-(-(11 + len(text)) // 64) * 64 - 10).to_bytes(2, "little")
    plant(folder, "weights", header + text.ljust(int.from_bytes(header[8:], "little") - 1).encode() + b"\n" + data)
    change_manifest(folder, lambda manifest: manifest["files"]["weights"].update(shape=shape, dtype=dtype))


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="this system does not show how much memory is used")
@pytest.mark.parametrize(
    "shape",
    [[10**12], [2**62, 2**62], [0, 2**62], [0, 2**63], [0, 10**400], [2**31, 2**31, 0], [1] * 100, [0] * 100, [-1, 0]],
    ids=lambda shape: f"{shape!s:.20}",
)
def test_refuses_an_impossible_shape_without_making_room_for_it(folder: Path, shape: list[int]) -> None:
    declare(folder, shape)
    with megabytes(100), pytest.raises(ModelError, match="weights"):
        open_folder(folder, kind="demo")


@pytest.mark.parametrize("dtype", ["<f3", "<u9", "<b2", "|S0x", "<f16", "<c16", "|O", "|V8", "<U4", "<M8[ns]", "<f8\n"])
def test_refuses_a_type_of_numbers_that_save_does_not_write(folder: Path, dtype: str) -> None:
    declare(folder, [2, 3], dtype, bytes(96))
    with pytest.raises(ModelError, match="weights"):
        open_folder(folder, kind="demo")


def bomb_of_zeros() -> bytes:
    np.savez_compressed(stream := io.BytesIO(), weights=np.zeros(3_000_000))
    assert len(stream.getvalue()) < 40_000
    return stream.getvalue()


@pytest.mark.parametrize(
    "content",
    [bomb_of_zeros(), gzip.compress(_array_header(np.dtype("<f8"), (2, 3)) + bytes(48)), b"\x80\x04K\x05."],
    ids=["zip", "gzip", "pickle"],
)
def test_unpacks_nothing(folder: Path, content: bytes) -> None:
    plant(folder, "weights", content)
    with pytest.raises(ModelError, match="weights"):
        open_folder(folder, kind="demo")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"NaN", "NaN is no finite number"),
        (b"[-Infinity]", "-Infinity is no finite number"),
        (b'{"a": 1e999}', "1e999 is no finite number"),
        (b'{"a": 1, "a": 2}', "a field is there twice"),
        (b"1" * 5000, "digits"),
        (b"[" * 100_000 + b"]" * 100_000, "recursion"),
        (b"[]\0", "Extra data"),
        (b"'a'", "Expecting value"),
    ],
    ids=lambda value: f"{value!s:.12}",
)
def test_refuses_json_that_says_no_one_thing(folder: Path, content: bytes, problem: str) -> None:
    plant(folder, "words", content)
    with pytest.raises(ModelError, match=rf"words.*{problem}"):
        open_folder(folder, kind="demo")


def test_refuses_a_manifest_in_which_a_field_stands_twice(folder: Path) -> None:
    file = folder / "manifest.json"
    file.write_text(file.read_text().replace('"kind": "demo",', '"kind": "other", "kind": "demo",'))
    with pytest.raises(ModelError, match="a field is there twice"):
        open_folder(folder, kind="demo")


@pytest.mark.parametrize(("name", "other"), [("again", "weights"), ("../up", "weights"), ("words", "weights")])
def test_refuses_a_file_under_another_name(folder: Path, name: str, other: str) -> None:
    change_manifest(folder, lambda manifest: manifest["files"].update({name: dict(manifest["files"][other])}))
    with pytest.raises(ModelError, match="is not one that save"):
        open_folder(folder, kind="demo")


@pytest.mark.parametrize("pattern", ["*.npy", "words.*.json"])
def test_refuses_an_oversized_file_before_it_reads_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, pattern: str
) -> None:
    (file,) = folder.glob(pattern)
    os.truncate(file, 3 << 30)  # a hole, which takes no room
    change_manifest(folder, lambda manifest: manifest["files"][file.name.split(".")[0]].update(bytes=3 << 30))
    digest = hashlib.file_digest

    def read(stream: Any, name: str) -> Any:
        assert stream.name != str(file)
        return digest(stream, name)

    monkeypatch.setattr(hashlib, "file_digest", read)
    with pytest.raises(ModelError, match=r"3,221,225,472 bytes; a model's files are of at most"):
        open_folder(folder, kind="demo")


@pytest.mark.parametrize(("limit", "name"), [("ARRAY", "weights.npy"), ("JSON", "words.json")])
def test_does_not_save_what_it_would_not_open(
    folder: Path, monkeypatch: pytest.MonkeyPatch, limit: str, name: str
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(f"cyberthemes.storage._MAX_{limit}_BYTES", 9)
        with pytest.raises(ModelError, match=f"{name}: .* bytes; a model's files are of at most 9"):
            save(folder, 2.0)
    assert value_of(folder) == 1.0
    with pytest.raises(ModelError, match="cannot be stored as JSON"):
        save(folder, math.nan)
    assert value_of(folder) == 1.0


# Things that are no plain files ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["manifest.json", "weights", "words"])
@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: path.symlink_to("/dev/zero")])
def test_refuses_pipes_folders_and_devices_without_waiting(
    folder: Path, name: str, make: Callable[[Path], None]
) -> None:
    (file,) = folder.glob(f"{name}*")
    file.unlink()
    make(file)
    with pytest.raises(ModelError, match=r"symbolic link or a device|not a model"):
        open_folder(folder, kind="demo")


def test_saving_over_hard_links_changes_no_other_folder(folder: Path) -> None:
    twin = folder.parent / "twin"
    shutil.copytree(folder, twin, copy_function=os.link)
    save(folder, 2.0)
    assert (value_of(folder), value_of(twin)) == (2.0, 1.0)


def test_saving_through_a_symbolic_link_to_a_file_leaves_that_file(folder: Path) -> None:
    outside = folder.parent / "outside"
    manifest = folder / "manifest.json"
    manifest.rename(outside)
    manifest.symlink_to(outside)
    before = outside.read_bytes()
    save(folder, 2.0)
    assert (value_of(folder), outside.read_bytes()) == (2.0, before)


# Signed models of every kind with any part wrong --------------------------------------------------------------

DEEP: Any = 5
for _ in range(500):
    DEEP = [DEEP]
WRONG: dict[str, Any] = {
    "null": None,
    "yes": True,
    "-1": -1,
    "10**30": 10**30,
    "0.5": 0.5,
    "empty": "",
    "NUL": "\0",
    "half": "\ud800",
}
WRONG |= {"[]": [], "{}": {}, "[null]": [None], "[[x]]": [["x"]], "{x: 1}": {"x": 1}, "deep": DEEP, "1e300": 1e300}


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield where values stand, the first two of each list."""
    if path:
        yield path
    if isinstance(value, dict):
        for name, item in value.items():
            yield from places(item, (*path, name))
    if isinstance(value, list):
        for number, item in enumerate(value[:2]):
            yield from places(item, (*path, number))


def changed(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """Return a copy with another value at a place."""
    result = copy.deepcopy(value)
    holder = result
    for part in path[:-1]:
        holder = holder[part]
    holder[path[-1]] = new
    return result


def spoiled_arrays(array: Any) -> dict[str, Any]:
    return {
        "nan": array * np.nan if array.dtype.kind == "f" else np.full(array.shape, np.nan),
        "infinite": np.full(array.shape, -np.inf),
        "huge": np.full(array.shape, 1e308),
        "negative": -np.abs(array) - 1,
        "cut": array[:-1],
        "none": array[:0],
        "deeper": array[None],
        "flat": array.ravel()[1:],
        "lone": np.array(1.0),
        "texts": np.full(array.shape, b"abc"),
        "small": array.astype(np.int64).astype(np.uint8),
        "large": np.full(array.shape, 2**62),
    }


def variants(stored: StoredFolder) -> Iterator[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]]]:
    """Yield what was changed, and the settings, arrays and documents of a model with one wrong part."""
    settings, arrays, documents = stored.settings, stored.arrays, stored.documents
    for part in (settings, documents):
        for path, (name, wrong) in itertools.product(places(part), WRONG.items()):
            after = changed(part, path, wrong)
            yield f"{path} {name}", *((after, arrays, documents) if part is settings else (settings, arrays, after))
    for array in arrays:
        for name, spoiled in spoiled_arrays(arrays[array]).items():
            yield f"{array} {name}", settings, {**arrays, array: spoiled}, documents
        yield f"no {array}", settings, {key: value for key, value in arrays.items() if key != array}, documents


def use(model: Any, folder: Path) -> None:
    """Do all that a model is for; what it gives must be plain, and finite."""
    if hasattr(model, "tag"):
        for text in TEXTS:
            json.dumps(model.tag(text).to_dict(), allow_nan=False)
        assert np.isfinite(model.predict_proba(TEXTS)).all()
        model.explain(TEXTS[0])
        model.tag_documents([Document(text) for text in TEXTS])
    else:
        assert np.isfinite(model.transform(TEXTS)).all()
        model.assign(TEXTS)
        assert repr(model.topics_)
        model.describe(TEXTS * 3)
    model.save(folder)


@pytest.mark.parametrize("kind", LOADERS)
@pytest.mark.parametrize("share", range(2))
def test_a_signed_model_with_any_part_wrong_is_refused_or_works(
    kind: str, share: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)
    results = {"refused": 0, "works": 0}
    for what, *parts in itertools.islice(variants(open_folder(MODELS / kind, kind=kind)), share, None, 16):
        settings, arrays, documents = parts
        stage = "save"
        try:
            save_folder(tmp_path, kind=kind, settings=settings, arrays=arrays, documents=documents)
            stage = "load"
            model = LOADERS[kind](tmp_path)
            stage = "use"
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                use(model, tmp_path / "again")
            results["works"] += 1
        except ModelError:
            results["refused"] += stage == "load"
        except Exception as error:
            if not (stage == "use" and isinstance(error, CyberthemesError)):
                raise AssertionError(f"{stage} of a model with {what}") from error
    assert results["refused"] > 50
    assert results["works"] > 0


# Code ------------------------------------------------------------------------------------------------------

LOAD = """
import sys
ran = []
sys.addaudithook(lambda event, values: ran.append(event) if event in ("exec", "compile", "pickle.find_class") else None)
from cyberthemes import ModelError, load_tagger, load_topics
for folder in sys.argv[1:]:
    for load in (load_tagger, load_topics):
        try:
            load(folder)
        except ModelError:
            pass
ran.clear()
for folder in sys.argv[1:]:
    for load in (load_tagger, load_topics):
        try:
            load(folder)
        except ModelError as error:
            print(type(error).__name__)
print(ran)
"""


def test_loading_compiles_runs_and_unpickles_nothing(tmp_path: Path) -> None:
    target = tmp_path / "ran"
    for kind in ("tagger", "topics"):
        shutil.copytree(MODELS / kind, tmp_path / kind)
        for name in ("__init__.py", "model.pkl", "conftest.py", "taxonomy.yaml", "sitecustomize.py"):
            (tmp_path / kind / name).write_text(f"open({str(target)!r}, 'w')\n")
    plant(tmp_path / "tagger", "bias", f"cposix\nmkdir\n(S'{target}'\ntR.".encode())
    command = [sys.executable, "-c", LOAD, str(tmp_path / "tagger"), str(tmp_path / "topics")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path / "topics")
    assert done.stdout.splitlines() == ["ModelError"] * 3 + ["[]"], done.stderr
    assert not target.exists()
