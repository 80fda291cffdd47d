"""Stored folders: whole or not at all, and refused with a ModelError when anything is wrong."""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cyberthemes import ModelError
from cyberthemes.storage import FORMAT_VERSION, StoredFolder, open_folder, save_folder

Array = npt.NDArray[Any]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(), values, max_size=3),
    max_leaves=8,
)
ARRAYS = hnp.arrays(
    hnp.boolean_dtypes() | hnp.integer_dtypes() | hnp.floating_dtypes() | hnp.byte_string_dtypes(max_len=4),
    hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
)


def save(folder: Path, value: float = 1.0) -> Path:
    """Save one array and one document that hold a value."""
    return save_folder(
        folder,
        kind="demo",
        settings={"value": value},
        arrays={"weights": np.full((2, 3), value)},
        documents={"words": [value, "5G"]},
    )


def value_of(folder: Path) -> float:
    """Return the value of a folder that `save` wrote, having seen that all its parts agree."""
    stored = open_folder(folder, kind="demo")
    value = float(stored.settings["value"])
    assert stored.documents["words"] == [value, "5G"]
    assert (stored.arrays["weights"] == value).all()
    return value


def change_manifest(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change a manifest as somebody would who knows how to sign it anew."""
    file = folder / "manifest.json"
    manifest = json.loads(file.read_bytes())
    del manifest["checksum"]
    change(manifest)
    canonical = json.dumps(manifest, sort_keys=True, separators=(",", ":"))
    manifest["checksum"] = hashlib.sha256(canonical.encode()).hexdigest()
    file.write_text(json.dumps(manifest), encoding="utf-8")


def plant(folder: Path, name: str, content: bytes) -> None:
    """Replace a file's content and sign it as if it had been saved so."""

    def change(manifest: dict[str, Any]) -> None:
        entry = manifest["files"][name]
        digest = hashlib.sha256(content).hexdigest()
        file = f"{name}.{digest[:16]}{Path(entry['file']).suffix}"
        (folder / file).write_bytes(content)
        entry.update(file=file, sha256=digest, bytes=len(content))

    change_manifest(folder, change)


def npy(header: str, data: bytes = bytes(48)) -> bytes:
    return b"\x93NUMPY\x01\x00\x76\x00" + header.ljust(117).encode() + b"\n" + data


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return save(tmp_path / "model")


# Round trips ----------------------------------------------------------------------------------------------


@given(array=ARRAYS, document=JSON, setting=JSON)
def test_gives_back_what_was_saved(
    tmp_path_factory: pytest.TempPathFactory, array: Array, document: Any, setting: Any
) -> None:
    folder = tmp_path_factory.mktemp("model")
    save_folder(folder, kind="k", settings={"s": setting}, arrays={"a": array}, documents={"d": document})
    stored = open_folder(folder, kind="k")
    loaded = stored.arrays["a"]
    assert (stored.kind, stored.settings, stored.documents) == ("k", {"s": setting}, {"d": document})
    assert (loaded.dtype, loaded.shape) == (array.dtype.newbyteorder("<"), array.shape)
    assert loaded.tobytes() == array.astype(loaded.dtype).tobytes()


@pytest.mark.parametrize("array", [np.arange(6).reshape(2, 3).T, np.arange(10)[::2], np.arange(3, dtype=">i4")])
def test_arrays_of_any_memory_layout_come_back_contiguous_and_read_only(tmp_path: Path, array: Array) -> None:
    save_folder(tmp_path, kind="k", settings={}, arrays={"a": array}, documents={})
    loaded = open_folder(tmp_path, kind="k").arrays["a"]
    assert loaded.tolist() == array.tolist()
    assert loaded.flags.c_contiguous
    assert not loaded.flags.writeable


def test_same_content_has_the_same_hash_and_other_content_another(tmp_path: Path) -> None:
    hashes = [open_folder(save(tmp_path / str(n), value), kind="demo").hash for n, value in enumerate((1.0, 1.0, 2.0))]
    assert hashes[0] == hashes[1] != hashes[2]


def test_saving_makes_the_folder_and_its_parents(tmp_path: Path) -> None:
    assert value_of(save(tmp_path / "a" / "b", 3.0)) == 3.0


# What cannot be saved -------------------------------------------------------------------------------------


class Bomb:
    """Makes a folder when it is unpickled."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, (str(self.target),)


@pytest.mark.parametrize("array", [np.array([{}]), np.array(["text"]), np.zeros(2, dtype=[("x", "f4")])])
def test_refuses_to_save_arrays_that_are_not_numbers_or_bytes(folder: Path, array: Array) -> None:
    with pytest.raises(ModelError, match=r"'bad'.*expected numbers or bytes"):
        save_folder(folder, kind="demo", settings={}, arrays={"bad": array}, documents={})
    assert value_of(folder) == 1.0


@pytest.mark.parametrize("value", [{1}, object(), "\ud800", np.float32(1)], ids=["set", "object", "half", "float32"])
@pytest.mark.parametrize("place", ["settings", "documents"])
def test_refuses_to_save_values_that_json_cannot_hold(folder: Path, place: str, value: Any) -> None:
    contents: dict[str, Mapping[str, Any]] = {"settings": {}, "documents": {}}
    contents[place] = {"bad": value}
    with pytest.raises(ModelError):
        save_folder(folder, kind="demo", arrays={}, **contents)
    assert value_of(folder) == 1.0


def test_refuses_settings_whose_keys_json_cannot_hold(folder: Path) -> None:
    with pytest.raises(ModelError):
        save_folder(folder, kind="demo", settings={"s": {1: 2, "a": 3}}, arrays={}, documents={})
    assert value_of(folder) == 1.0


@pytest.mark.parametrize("name", ["../outside", "a/b", "Upper", "two words", ""])
def test_refuses_to_save_under_names_that_it_would_not_open(folder: Path, name: str) -> None:
    with pytest.raises(ModelError):
        save_folder(folder, kind="demo", settings={}, arrays={name: np.zeros(2)}, documents={})
    assert value_of(folder) == 1.0
    assert list(folder.parent.iterdir()) == [folder]


def test_refuses_an_array_and_a_document_of_one_name(folder: Path) -> None:
    with pytest.raises(ModelError, match="twin"):
        save_folder(folder, kind="demo", settings={}, arrays={"twin": np.zeros(2)}, documents={"twin": 1})
    assert value_of(folder) == 1.0


# Interrupted and concurrent saves -------------------------------------------------------------------------


@pytest.mark.parametrize("writes_that_succeed", [0, 1, 2])
def test_a_failed_save_leaves_the_old_version(
    folder: Path, monkeypatch: pytest.MonkeyPatch, writes_that_succeed: int
) -> None:
    budget = iter(range(writes_that_succeed))

    def full_disk(_: int) -> None:
        if next(budget, None) is None:
            raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full_disk)
        with pytest.raises(ModelError, match="cannot save: No space left on device; the version before is untouched"):
            save(folder, 2.0)
    assert value_of(folder) == 1.0
    assert not list(folder.glob(".writing-*"))


def test_a_save_sweeps_leftovers_and_keeps_other_files(folder: Path) -> None:
    leftovers = [folder / ".writing-abc", folder / "weights.0123456789abcdef.npy"]
    others = [folder / "MODEL_CARD.md", folder / "notes.npy"]
    for file in (*leftovers, *others):
        file.write_text("x")
    save(folder, 2.0)
    assert value_of(folder) == 2.0
    assert not any(file.exists() for file in leftovers)
    assert all(file.exists() for file in others)
    assert len(list(folder.glob("*.????????????????.*"))) == 2


def test_a_reader_whom_a_save_overtakes_gets_the_new_version_whole(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file_digest, saves = hashlib.file_digest, iter([2.0])

    def overtaken(stream: io.BufferedReader, name: str) -> Any:
        for value in saves:
            save(folder, value)
        return file_digest(stream, name)

    monkeypatch.setattr(hashlib, "file_digest", overtaken)
    assert value_of(folder) == 2.0


def test_saving_over_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model").write_text("a file")
    with pytest.raises(ModelError, match="cannot save"):
        save(tmp_path / "model")


# Damage ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(tmp_path_factory.mktemp("flips") / "model")


@given(data=st.data())
def test_refuses_a_flip_of_any_bit_of_any_file(model: Path, data: st.DataObject) -> None:
    file = data.draw(st.sampled_from(sorted(model.iterdir())))
    content = file.read_bytes()
    place, bit = data.draw(st.integers(0, len(content) - 1)), data.draw(st.integers(0, 7))
    file.write_bytes(content[:place] + bytes([content[place] ^ 1 << bit]) + content[place + 1 :])
    try:
        with pytest.raises(ModelError, match=str(model)):
            open_folder(model, kind="demo")
    finally:
        file.write_bytes(content)
    assert value_of(model) == 1.0


@pytest.mark.parametrize("pattern", ["manifest.json", "*.npy", "words.*.json"])
@pytest.mark.parametrize("kept", [0.0, 0.5, 0.99])
def test_refuses_a_truncated_file(folder: Path, pattern: str, kept: float) -> None:
    (file,) = folder.glob(pattern)
    os.truncate(file, int(file.stat().st_size * kept))
    with pytest.raises(ModelError, match=r"it is truncated|not valid JSON"):
        open_folder(folder, kind="demo")


@pytest.mark.parametrize("pattern", ["*.npy", "words.*.json"])
def test_names_a_file_that_is_missing(folder: Path, pattern: str) -> None:
    (file,) = folder.glob(pattern)
    file.unlink()
    with pytest.raises(ModelError, match=rf"{file.name}: missing"):
        open_folder(folder, kind="demo")


def test_refuses_what_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such model folder"):
        open_folder(tmp_path / "missing", kind="demo")
    with pytest.raises(ModelError, match="not a model"):
        open_folder(tmp_path, kind="demo")
    with pytest.raises(ModelError):
        open_folder("x" * 300, kind="demo")


def test_refuses_another_kind_and_says_which(folder: Path) -> None:
    with pytest.raises(ModelError, match="holds a demo; expected a tagger"):
        open_folder(folder, kind="tagger")


@pytest.mark.parametrize(
    "content",
    [b"[]", b"{}", b'{"format": "other"}', b"\xff\xfe", b"[" * 100_000, b'{"a": %s}' % (b"1" * 5000)],
    ids=["list", "empty", "other", "not UTF-8", "deep", "long number"],
)
def test_refuses_a_manifest_that_is_not_ours(folder: Path, content: bytes) -> None:
    (folder / "manifest.json").write_bytes(content)
    with pytest.raises(ModelError, match=r"manifest\.json"):
        open_folder(folder, kind="demo")


def test_refuses_a_manifest_that_is_too_large(folder: Path) -> None:
    change_manifest(folder, lambda manifest: manifest["settings"].update(padding="x" * 1_000_000))
    with pytest.raises(ModelError, match="larger than 1,000,000 bytes"):
        open_folder(folder, kind="demo")


def test_refuses_a_manifest_with_half_a_character(folder: Path) -> None:
    file = folder / "manifest.json"
    file.write_text(file.read_text().replace('"demo"', r'"\ud800"'))
    with pytest.raises(ModelError, match="checksum"):
        open_folder(folder, kind="demo")


# Malice: manifests that are signed, and wrong -----------------------------------------------------------------


@pytest.mark.parametrize("version", [FORMAT_VERSION + 1, 0, None, "1"])
def test_refuses_an_unknown_format_version_and_says_what_to_do(folder: Path, version: Any) -> None:
    change_manifest(folder, lambda manifest: manifest.update(format_version=version))
    with pytest.raises(ModelError, match=rf"format version {version!r}.*upgrade"):
        open_folder(folder, kind="demo")


@pytest.mark.parametrize(
    "name",
    [
        "../secret.0123456789abcdef.npy",
        "/etc/passwd",
        "a/b.0123456789abcdef.npy",
        "x.0123456789abcdef.pkl",
        "x.npy",
        "",
    ],
)
def test_refuses_file_names_that_save_does_not_write(folder: Path, name: str) -> None:
    change_manifest(folder, lambda manifest: manifest["files"]["weights"].update(file=name))
    with pytest.raises(ModelError, match="is not one that save"):
        open_folder(folder, kind="demo")


@pytest.mark.parametrize("pattern", ["manifest.json", "*.npy", "words.*.json"])
def test_refuses_symbolic_links(folder: Path, pattern: str) -> None:
    (file,) = folder.glob(pattern)
    file.symlink_to(file.rename(folder.parent / "elsewhere"))
    with pytest.raises(ModelError, match=r"symbolic link|not a model"):
        open_folder(folder, kind="demo")


FIELDS = [("kind",), ("files",), ("settings",)] + [
    ("files", "weights", name) for name in ("file", "sha256", "bytes", "dtype", "shape")
]


@pytest.mark.parametrize("path", FIELDS, ids=".".join)
@pytest.mark.parametrize("blank", [True, False], ids=["null", "missing"])
def test_refuses_a_manifest_in_which_a_field_is_null_or_missing(
    folder: Path, path: tuple[str, ...], blank: bool
) -> None:
    def change(manifest: dict[str, Any]) -> None:
        for name in path[:-1]:
            manifest = manifest[name]
        del manifest[path[-1]]
        manifest.update({path[-1]: None} if blank else {})

    change_manifest(folder, change)
    with pytest.raises(ModelError):
        open_folder(folder, kind="demo")


@pytest.mark.parametrize("wrong", [[], "text", {"weights": None}, {"weights": "text"}], ids=repr)
def test_refuses_a_manifest_whose_files_are_no_table(folder: Path, wrong: Any) -> None:
    change_manifest(folder, lambda manifest: manifest.update(files=wrong))
    with pytest.raises(ModelError):
        open_folder(folder, kind="demo")


@pytest.mark.parametrize(
    "field", [{"dtype": "<f4"}, {"dtype": "|O"}, {"dtype": "x"}, {"shape": [3, 2]}, {"shape": [-6]}], ids=repr
)
def test_refuses_an_array_that_is_not_as_declared(folder: Path, field: dict[str, Any]) -> None:
    change_manifest(folder, lambda manifest: manifest["files"]["weights"].update(field))
    with pytest.raises(ModelError, match=r"weights.*(?:declare|expected)"):
        open_folder(folder, kind="demo")


def zipped() -> bytes:
    np.savez(stream := io.BytesIO(), weights=np.ones((2, 3)))
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("weights", b""),
        ("weights", b"\x93NUMPY\x01\x00"),
        ("weights", npy("{'descr': [[[[[[")),
        ("weights", npy("{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999,)}")),
        ("weights", npy("{'descr': '<f8', 'fortran_order': False, 'shape': (9999999999, 9999999999)}")),
        ("weights", zipped()),
        ("words", b""),
        ("words", b"{"),
        ("words", b"\xff"),
        ("words", b"[" * 100_000),
    ],
    ids=["empty", "cut", "unbalanced", "oversized", "overflowing", "zip", "empty", "cut", "not UTF-8", "deep"],
)
def test_refuses_signed_files_that_are_no_array_or_json(folder: Path, name: str, content: bytes) -> None:
    plant(folder, name, content)
    with pytest.raises(ModelError, match=name):
        open_folder(folder, kind="demo")


def test_never_unpickles(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "unpickled"
    np.save(objects := io.BytesIO(), np.array([Bomb(target)]), allow_pickle=True)
    plain_pickle = f"cos\nmkdir\n(S'{target}'\ntR.".encode()
    for content in (objects.getvalue(), plain_pickle):
        plant(folder, "weights", content)
        with pytest.raises(ModelError, match="weights"):
            open_folder(folder, kind="demo")
    assert not target.exists()


def test_a_stored_folder_is_frozen(folder: Path) -> None:
    stored: StoredFolder = open_folder(folder, kind="demo")
    with pytest.raises(AttributeError):
        stored.kind = "other"  # type: ignore[misc]
