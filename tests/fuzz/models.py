"""A saved model with any damage, signed again or not: a Tagger that works, or a ModelError.

The first byte says whether the damaged files get checksums that are right, and arrays headers that are, so that what
is behind these checks is reached. Each line after it is one edit: ``file place value`` replaces what stands in a JSON
file at a place, counted from its root, by the JSON value, or takes it out if there is none; in an array, the bytes from
the place on by the bytes of the value.

Run, in the folder ``tests``: python -m fuzz.run models --seconds 180
"""

from __future__ import annotations

import hashlib
import json
import math
import operator
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from cyberthemes import InputError, ModelError, Tagger, Taxonomy, Term, TermIndex, Theme, load_tagger
from cyberthemes.relevance import Relevance
from cyberthemes.storage import _array_header, _checksum
from cyberthemes.terms import TermAnalyzer
from fuzz.watch import nothing_is_run

FOLDER = tempfile.TemporaryDirectory(prefix="fuzz-")
TEXTS = ("The new data law asks for 5G base stations.", "AI rules", "", "Rain in May: no law at all, the law said.")
MANIFEST = "manifest.json"
LARGEST = 100_000  # bytes of an array that is made to fit its header
SIGNED, FITTED = 1, 2


def small_tagger() -> Tagger:
    """Return a tagger of every kind of part, with round figures."""
    terms = (Term("5G"), Term("base station", needs=("new",), unless=("space station",)))
    themes = (Theme("5g", "5G", terms=terms), Theme("law", "Law", terms=(Term("data law", weight=0.5),)))
    analyzer = TermAnalyzer((1, 2), ["data law"])
    keys = sorted({key for text in TEXTS for key in analyzer(text)})
    n = len(keys)
    index = TermIndex(analyzer, keys, [analyzer.label(key, {}) for key in keys], np.linspace(1, 3, n))
    return Tagger(
        Taxonomy("small", "1", themes=themes),
        index,
        np.linspace(-1, 2, 2 * n, dtype=np.float32).reshape(n, 2),
        np.ones(2, dtype=np.float32),
        np.array([-1.0, 0.5]),
        np.array([0.3, 0.5]),
        np.array([0.2, 0.4]),
        relevance=Relevance(np.ones(n, dtype=np.float32), 0.1, 0.0, 2),
        added_terms=frozenset({("law", "data law")}),
    )


def saved(tagger: Tagger) -> dict[str, bytes]:
    """Return the files of a saved model by name, the manifest first."""
    with tempfile.TemporaryDirectory() as folder:
        tagger.save(folder)
        files = {path.name: path.read_bytes() for path in sorted(Path(folder).iterdir())}
    return {MANIFEST: files.pop(MANIFEST), **files}


FILES = saved(small_tagger())
NAMES = [name.split(".")[0] for name in FILES]
SEEDS = (
    b"\x03",
    b"\x00",
    b"\x01manifest 0 {}",
    b"\x03manifest 9 [4]\nbias 0 \xff\xff\xff\xff\xff\xff\xff\x7f",
    b'\x03vocabulary 2 "2"\ntaxonomy 7 -1\ntaxonomy 8',
    b'\x03manifest 12 "<f2"\nidf 128 \x00\x00\x00\x00\x00\x00\xf0\x7f',
    b'\x01idf 0 \x93NUMPY\x01\x00v\x00{"descr": "|O", "fortran_order": False, "shape": (1,)}',
)
WORDS = (
    *NAMES, "\x03", "\n", " 0 ", "null", "true", "NaN", "1e999", "-1", "[]", "{}", '"<f8"', '"|S9999"', '"|O"',
    '"../x"', "1000000000", "[1000000000]", "[0]", "[0, 4]", '"keys"', '["a", "a"]', "\x80\x04", "cos\nsystem\n",
    '"\\ud800"', '""', "9" * 400,
)  # fmt: skip


def check(data: bytes) -> None:
    folder = Path(FOLDER.name)
    for path in folder.iterdir():
        path.unlink()
    for name, content in damaged(data).items():
        (folder / name).write_bytes(content)
    with nothing_is_run(), warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            tagger = load_tagger(folder)
        except ModelError:
            return
        check_tagger(tagger)


def check_tagger(tagger: Tagger) -> None:
    """Raise if a tagger that could be opened gives what is no answer."""
    probabilities = tagger.predict_proba(TEXTS)
    assert probabilities.shape == (len(TEXTS), len(tagger.theme_ids))
    assert ((probabilities >= 0) & (probabilities <= 1)).all()
    assert tagger.predict(TEXTS).shape == probabilities.shape
    for article in tagger.tag_batch(TEXTS):
        plain = article.to_dict()
        assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    for tag in tagger.explain(TEXTS[0]):
        total = tag.bias + math.fsum(piece.contribution for piece in tag.evidence)
        assert math.isclose(total, tag.score, rel_tol=1e-9, abs_tol=1e-9 * max(1, abs(tag.bias)))
    assert repr(tagger)
    try:
        tagger.taxonomy.find(TEXTS[0])
    except InputError:
        raise AssertionError("a taxonomy that was opened cannot be searched for") from None


# Damage ---------------------------------------------------------------------------------------------------


def damaged(data: bytes) -> dict[str, bytes]:
    """Return the model's files after the edits that some bytes say."""
    files = dict(FILES)
    how = data[0] if data else 0
    for line in data[1:].split(b"\n"):
        name, _, rest = line.partition(b" ")
        place, _, value = rest.partition(b" ")
        chosen = next((file for file in files if file.split(".")[0].encode() == name), None)
        if chosen and place.isdigit() and len(place) < 6:
            edit = edited_json if chosen.endswith(".json") else edited_bytes
            files[chosen] = edit(files[chosen], int(place), value)
    return signed(files, bool(how & FITTED)) if how & SIGNED else files


def edited_bytes(content: bytes, place: int, value: bytes) -> bytes:
    return content[:place] + value + content[place + len(value) :]


def edited_json(content: bytes, place: int, value: bytes) -> bytes:
    """Replace or take out the value at a place of a JSON text; what is no JSON goes in as text."""
    root = json.loads(content)
    places: list[tuple[Any, Any]] = [([root], 0)]
    for holder, key in places:
        item = holder[key]
        if isinstance(item, dict | list):
            places += [(item, key) for key in (item if isinstance(item, dict) else range(len(item)))]
    holder, key = places[place % len(places)]
    if not value:
        del holder[key]
    else:
        try:
            holder[key] = json.loads(value)
        except (ValueError, RecursionError):
            holder[key] = value.decode("utf-8", "replace")
    return json.dumps(places[0][0][0] if places[0][0] else None).encode()


def signed(files: dict[str, bytes], fitted: bool) -> dict[str, bytes]:
    """Return the files under a manifest whose names, sizes and checksums are theirs, as far as it still is one."""
    manifest = json.loads(files[MANIFEST])
    entries = manifest.get("files") if isinstance(manifest, dict) else None
    for entry in entries.values() if isinstance(entries, dict) else ():
        name = str(entry.get("file")) if isinstance(entry, dict) else ""
        if name in files and name != MANIFEST:
            content = files.pop(name)
            if fitted and name.endswith(".npy"):
                content = fitted_array(content, entry)
            digest = hashlib.sha256(content).hexdigest()
            name = f"{name.split('.')[0]}.{digest[:16]}{Path(name).suffix}"
            entry |= {"file": name, "bytes": len(content), "sha256": digest}
            files[name] = content
    if isinstance(manifest, dict):
        manifest.pop("checksum", None)
        manifest["checksum"] = _checksum(manifest)
    return files | {MANIFEST: json.dumps(manifest).encode()}


def fitted_array(content: bytes, entry: dict[str, Any]) -> bytes:
    """Return an array's file with the header that its entry declares, cut or filled to its size, if it can have one."""
    try:
        dtype, shape = np.dtype(entry["dtype"]), tuple(map(operator.index, entry["shape"]))
        header, size = _array_header(dtype, shape), math.prod(shape) * dtype.itemsize
    except (KeyError, TypeError, ValueError):
        return content
    body = content[len(_array_header(dtype, (1,))) :]
    return header + (body * (size // max(len(body), 1) + 1))[:size] if 0 <= size <= LARGEST else content
