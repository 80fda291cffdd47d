"""Folders of arrays and JSON under a manifest: saved whole or not at all, checked before use, never pickled.

A stored folder holds ``manifest.json`` and the files that it lists. A file's name carries the start of its
content's SHA-256, so a new version never overwrites an old one; the manifest, which carries its own checksum,
is replaced last and at once. A reader therefore sees the old version or the new one, whole.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import stat
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

import cyberthemes
from cyberthemes.errors import ModelError

if sys.platform != "win32":
    import fcntl

__all__ = ["FORMAT_VERSION", "StoredFolder", "open_folder", "save_folder"]

FORMAT_VERSION: Final = 1
_FORMAT: Final = "cyberthemes"
_MANIFEST: Final = "manifest.json"
_MAX_MANIFEST_BYTES: Final = 1_000_000
_MAX_ARRAY_BYTES: Final = 2_000_000_000
_MAX_JSON_BYTES: Final = 100_000_000  # which in memory may take twenty times as much
_MAX_DIMENSIONS: Final = 32
_OUR_NAME: Final = re.compile(r"[a-z0-9_]+")
_OUR_FILE: Final = re.compile(r"[a-z0-9_]+\.[0-9a-f]{16}\.(?:npy|json)")
_OUR_DTYPE: Final = re.compile(r"[|][biu]1|<[iuf][248]|[|]S[0-9]{1,4}")

_PREAMBLE: Final = 10  # bytes of an .npy file before its header
_ALIGNMENT: Final = 64  # so that a mapped array begins at a multiple of this

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class StoredFolder:
    """What a stored folder holds, verified.

    Attributes
    ----------
    kind : str
        What was stored, such as ``"tagger"``.
    hash : str
        The manifest's checksum, which identifies the content of every file.
    settings : dict
        Plain settings that were saved with it.
    arrays : dict of str to ndarray
        Read-only arrays, mapped from disk.
    documents : dict of str to object
        Decoded JSON.
    """

    kind: str
    hash: str
    settings: dict[str, Any]
    arrays: dict[str, Array]
    documents: dict[str, Any]


def save_folder(
    path: str | os.PathLike[str],
    *,
    kind: str,
    settings: Mapping[str, Any],
    arrays: Mapping[str, Array],
    documents: Mapping[str, Any],
) -> Path:
    """Write arrays and JSON documents as one folder, whole or not at all.

    Files that an earlier version or an interrupted save left behind are removed; files of other kinds, such as
    a model card, stay.

    Parameters
    ----------
    path : path-like
        The folder; made if missing.
    kind : str
        What is stored; `open_folder` asks for it.
    settings : mapping
        Plain values for the manifest.
    arrays : mapping of str to ndarray
        Arrays of numbers; object arrays are refused.
    documents : mapping of str to object
        Values that JSON can hold.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    ModelError
        If the folder cannot be written or a value cannot be stored.
    """
    folder = Path(path)
    _check_storable(settings, arrays, documents)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _only_writer(folder):
            return _write_folder(folder, kind, settings, arrays, documents)
    except ModelError:
        raise
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ModelError(f"{folder}: cannot save: {reason}; the version before is untouched") from error


def _write_folder(
    folder: Path, kind: str, settings: Mapping[str, Any], arrays: Mapping[str, Array], documents: Mapping[str, Any]
) -> Path:
    files: dict[str, dict[str, Any]] = {}
    for name, array in arrays.items():
        files[name] = _write(folder, name, "npy", _array_bytes(name, array)) | {
            "dtype": array.dtype.newbyteorder("<").str,
            "shape": list(array.shape),
        }
    for name, document in documents.items():
        files[name] = _write(folder, name, "json", _json_bytes(name, document))
    manifest: dict[str, Any] = {
        "format": _FORMAT,
        "format_version": FORMAT_VERSION,
        "kind": kind,
        "settings": dict(settings),
        "versions": {"cyberthemes": cyberthemes.__version__, "numpy": np.__version__},
        "files": files,
    }
    manifest["checksum"] = _checksum(manifest)
    _replace(folder / _MANIFEST, json.dumps(manifest, indent=1).encode() + b"\n")
    _sync_folder(folder)
    _sweep(folder, {entry["file"] for entry in files.values()})
    return folder


@contextmanager
def _only_writer(folder: Path) -> Iterator[None]:
    """Wait until no other process writes the folder; systems without file locks trust their users to take turns."""
    if sys.platform == "win32":
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def open_folder(path: str | os.PathLike[str], *, kind: str) -> StoredFolder:
    """Read a stored folder after checking every hash, shape and size against its manifest.

    Parameters
    ----------
    path : path-like
        The folder.
    kind : str
        The kind that is expected.

    Returns
    -------
    StoredFolder
        Arrays mapped read-only from disk, and decoded JSON.

    Raises
    ------
    ModelError
        If the folder is missing, damaged, of another kind or of an unknown format version.
    """
    try:
        return _open_latest(Path(path), kind)
    except OSError as error:
        raise ModelError(f"{error.filename or path}: cannot be read: {error.strerror or error}") from error


def _open_latest(folder: Path, kind: str) -> StoredFolder:
    manifest = _read_manifest(folder, kind)
    while True:
        try:
            return _open_files(folder, manifest)
        except FileNotFoundError as error:
            # A save may have replaced the version between the two reads, and another one that in turn.
            before, manifest = manifest, _read_manifest(folder, kind)
            if manifest == before:
                raise ModelError(
                    f"{error.filename}: missing, though {folder / _MANIFEST} lists it; save or copy the model again"
                ) from error


def _open_files(folder: Path, manifest: dict[str, Any]) -> StoredFolder:
    arrays: dict[str, Array] = {}
    documents: dict[str, Any] = {}
    for name, entry in manifest["files"].items():
        file = _checked_file(folder, name, entry)
        if file.suffix == ".npy":
            arrays[name] = _map_array(file, entry)
        else:
            documents[name] = _read_json(file)
    return StoredFolder(manifest["kind"], manifest["checksum"], manifest["settings"], arrays, documents)


def _read_manifest(folder: Path, kind: str) -> dict[str, Any]:
    file = folder / _MANIFEST
    if not os.path.isdir(folder):  # noqa: PTH112 (takes names that no file can have)
        raise ModelError(f"{folder}: no such model folder; expected a folder that holds {_MANIFEST}")
    if not file.is_file() or file.is_symlink():
        raise ModelError(f"{folder}: not a model: no {_MANIFEST} in it; expected a folder written by save()")
    if file.stat().st_size > _MAX_MANIFEST_BYTES:
        raise ModelError(f"{file}: larger than {_MAX_MANIFEST_BYTES:,} bytes; this is not a manifest of ours")
    manifest = _read_json(file)
    if not isinstance(manifest, dict) or manifest.get("format") != _FORMAT:
        raise ModelError(f"{file}: not a manifest of a {_FORMAT} model")
    version = manifest.get("format_version")
    if version != FORMAT_VERSION:
        raise ModelError(
            f"{file}: format version {version!r}; this release reads {FORMAT_VERSION}: upgrade cyberthemes"
        )
    if manifest.pop("checksum", None) != (checksum := _checksum(manifest)):
        raise ModelError(f"{file}: its checksum does not match its content; it is damaged: copy the model again")
    _check_fields(file, manifest)
    if manifest["kind"] != kind:
        raise ModelError(f"{folder}: holds a {manifest['kind']}; expected a {kind}")
    return manifest | {"checksum": checksum}


_MANIFEST_FIELDS: Final[dict[str, type]] = {"kind": str, "settings": dict, "files": dict}
_FILE_FIELDS: Final[dict[str, type]] = {"file": str, "sha256": str, "bytes": int}
_ARRAY_FIELDS: Final[dict[str, type]] = {"dtype": str, "shape": list}


def _check_fields(file: Path, manifest: dict[str, Any]) -> None:
    """Refuse a manifest whose fields are missing or of another type, so that the rest may rely on them."""
    checks: list[tuple[str, Any, dict[str, type]]] = [("manifest", manifest, _MANIFEST_FIELDS)]
    if isinstance(manifest.get("files"), dict):
        for name, entry in manifest["files"].items():
            is_array = isinstance(entry, dict) and str(entry.get("file")).endswith(".npy")
            checks.append((name, entry, {**_FILE_FIELDS, **_ARRAY_FIELDS} if is_array else _FILE_FIELDS))
    for name, fields, expected in checks:
        for field, kind in expected.items():
            if not isinstance(fields, dict) or type(fields.get(field)) is not kind:
                raise ModelError(
                    f"{file}: {name}: no {kind.__name__} in its field {field!r}; this is no manifest of ours"
                )


def _checked_file(folder: Path, name: str, entry: Mapping[str, Any]) -> Path:
    """Return the file of a manifest's entry once its name, type, size and hash are as declared."""
    beginning = f"{name}.{entry['sha256'][:16]}."
    if not (_OUR_FILE.fullmatch(entry["file"]) and entry["file"].startswith(beginning)):
        raise ModelError(f"{folder / _MANIFEST}: {name}: file name {entry['file']!r} is not one that save() writes")
    file = folder / str(entry["file"])
    status = file.lstat()  # once, since a save may remove the file at any time
    if not stat.S_ISREG(status.st_mode):
        raise ModelError(f"{file}: a symbolic link or a device; expected a plain file")
    size = status.st_size
    if size != entry["bytes"]:
        raise ModelError(
            f"{file}: {size:,} bytes, expected {entry['bytes']:,}; it is truncated or changed: copy it again"
        )
    _check_size(str(file), size)
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    if digest != entry["sha256"]:
        raise ModelError(f"{file}: its SHA-256 is not the one in the manifest; it is damaged: copy the model again")
    return file


def _map_array(file: Path, entry: Mapping[str, Any]) -> Array:
    """Map an array from disk if the file begins as an array of the declared type and shape would: nothing is parsed."""
    shape = tuple(entry["shape"])
    if not _OUR_DTYPE.fullmatch(entry["dtype"]) or not _can_be_mapped(shape):
        raise ModelError(f"{file}: declared as {entry['dtype']:.9} {shape!s:.60}, which save() does not write")
    dtype = np.dtype(entry["dtype"])
    header = _array_header(dtype, shape)
    with file.open("rb") as stream:
        found = stream.read(len(header))
    if found != header or entry["bytes"] != len(header) + math.prod(shape) * dtype.itemsize:
        raise ModelError(f"{file}: not what the manifest declares; expected an array of {dtype.str} {shape}")
    if math.prod(shape) == 0:
        return np.frombuffer(b"", dtype).reshape(shape)
    return np.memmap(file, dtype, mode="r", offset=len(header), shape=shape)


def _can_be_mapped(shape: tuple[Any, ...]) -> bool:
    """Return whether NumPy takes a shape; it refuses large ones even where a zero among them makes an array empty."""
    lengths = [length for length in shape if type(length) is int and length >= 0]
    return len(lengths) == len(shape) <= _MAX_DIMENSIONS and math.prod(filter(None, lengths)) <= _MAX_ARRAY_BYTES


def _check_size(name: str, size: int) -> None:
    most = _MAX_JSON_BYTES if name.endswith(".json") else _MAX_ARRAY_BYTES
    if size > most:
        raise ModelError(f"{name}: {size:,} bytes; a model's files are of at most {most:,}")


def _read_json(file: Path) -> Any:
    try:
        return json.loads(file.read_bytes(), object_pairs_hook=_distinct, parse_constant=_finite, parse_float=_finite)
    except (MemoryError, RecursionError, ValueError) as error:
        raise ModelError(f"{file}: not valid JSON ({error}); it is damaged: copy the model again") from error


def _distinct(fields: list[tuple[str, Any]]) -> dict[str, Any]:
    distinct = dict(fields)
    if len(distinct) < len(fields):
        raise ValueError("a field is there twice")
    return distinct


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text:.20} is no finite number")
    return value


def _array_bytes(name: str, array: Array) -> bytes:
    if not _OUR_DTYPE.fullmatch(array.dtype.newbyteorder("<").str):
        raise ModelError(f"array {name!r}: dtype {array.dtype} cannot be stored; expected numbers or bytes")
    little_endian = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False).reshape(array.shape)
    return _array_header(little_endian.dtype, array.shape) + little_endian.tobytes()


def _array_header(dtype: np.dtype[Any], shape: tuple[int, ...]) -> bytes:
    """Return how an ``.npy`` file of an array begins, in version 1.0 of NumPy's format, whatever NumPy is at work."""
    text = repr({"descr": dtype.str, "fortran_order": False, "shape": shape})
    length = -(-(_PREAMBLE + len(text) + 1) // _ALIGNMENT) * _ALIGNMENT - _PREAMBLE
    return b"\x93NUMPY\x01\x00" + length.to_bytes(2, "little") + text.ljust(length - 1).encode("ascii") + b"\n"


def _json_bytes(name: str, document: Any) -> bytes:
    try:
        return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise ModelError(f"{name!r} cannot be stored as JSON ({error}); expected plain values") from error


def _checksum(manifest: Mapping[str, Any]) -> str:
    canonical = json.dumps(manifest, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _write(folder: Path, name: str, suffix: str, content: bytes) -> dict[str, Any]:
    _check_size(f"{name}.{suffix}", len(content))
    digest = hashlib.sha256(content).hexdigest()
    file = folder / f"{name}.{digest[:16]}.{suffix}"
    if not (file.is_file() and file.read_bytes() == content):
        _replace(file, content)
    return {"file": file.name, "sha256": digest, "bytes": len(content)}


def _replace(file: Path, content: bytes) -> None:
    """Write beside the file, flush to disk, then rename over it."""
    import tempfile

    handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=".writing-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(file)
    except BaseException:  # an interrupt too leaves nothing behind
        Path(temporary).unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    """Ask for the new names to be on disk; where a system cannot, the manifest is in place all the same."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _check_storable(settings: Mapping[str, Any], arrays: Mapping[str, Array], documents: Mapping[str, Any]) -> None:
    """Refuse what could not be read back, before anything is written."""
    for name in [*arrays, *documents]:
        if not _OUR_NAME.fullmatch(name) or (name in arrays and name in documents):
            raise ModelError(f"name {name!r}; expected lower-case letters, digits and underscores, each name once")
    for name, value in {"settings": dict(settings), **documents}.items():
        _json_bytes(name, value)
    try:
        _checksum(settings)
    except TypeError as error:
        raise ModelError(f"settings cannot be stored ({error}); expected names that are str") from error


def _sweep(folder: Path, current: set[str]) -> None:
    for file in folder.iterdir():
        stale = _OUR_FILE.fullmatch(file.name) or file.name.startswith(".writing-")
        if stale and file.name not in current:
            try:
                file.unlink()
            except OSError:
                # Some systems keep a file that is mapped; the next save removes it.
                continue
