"""Any bytes in a file of any format: documents that hold what they say, or an InputError, and nothing else.

The first letter says what the file is called (``t``, ``j``, ``c``, ``p`` for text, JSON lines, CSV and PDF, a capital
for one that is packed with gzip), the rest is what it holds.

Run, in the folder ``tests``: python -m fuzz.run files --seconds 180
"""

from __future__ import annotations

import gzip
import io
import json
import tempfile
from pathlib import Path

from cyberthemes import Document, InputError, Limits, read
from cyberthemes.documents import read_stream
from fuzz.watch import nothing_is_run

LIMITS = Limits(megabytes=1, webpage_megabytes=0.1, pdf_pages=20)
SUFFIXES = {"t": ".txt", "j": ".jsonl", "c": ".csv", "p": ".pdf"}
FOLDER = tempfile.TemporaryDirectory(prefix="fuzz-")
PDF = (
    b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages /Count 1 /Kids [3 0 R] >>"
    b"\nendobj\n3 0 obj\n<< /Type /Page /Parent 2 0 R /Contents 4 0 R /MediaBox [0 0 612 792] /Resources << /Font << "
    b"/F1 5 0 R >> >> >>\nendobj\n4 0 obj\n<< /Length 62 >>\nstream\nBT /F1 11 Tf 1 0 0 1 72 700 Tm (Ministers met on "
    b"data law.) Tj ET\nendstream\nendobj\n5 0 obj\n<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>\nendobj\n"
    b"trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n9\n%%EOF\n"
)
SEEDS = (
    "tMinisters met on data law.\n\nBy Anna Lind, May 4, 2021\n",
    'j{"text": "Data law", "id": 1, "title": "T", "n": [1, {"a": null}]}\n\n{"text": 5}\n{"id": "x"}\n[1e999]\n',
    'ctext,id,date\n"Data, ""law""\nand more",1,2021-05-04\nplain,2\n',
    b"p" + PDF,
    "TPacked text.",
    'J{"text": "a"}\n{"text": "\ud83d"}\n',
    b"t" + gzip.compress(b"Packed text under another name.", mtime=0),
    b"t\xff\xfeD\x00a\x00t\x00a\x00",
    b'j{"text": "d\xe9j\xe0 vu, \x93law\x94"}',
)
WORDS = (
    "text", '{"text": "', "id", "title", "date", "source", '",', '"', "\n", "\r", "\ufeff", "NaN", "1e999", "\\ud800",
    "[[[[[[[[", "obj", "endobj", "stream", "endstream", "/FlateDecode", "/Filter", "/Kids", "/Count", "/Length",
    "/Prev", "/XRef", "/ObjStm", "trailer", "startxref", "%%EOF", "<html>", "Tj", "Td", "BT", "ET",
)  # fmt: skip


def check(data: bytes) -> None:
    name, content = chr(data[0]) if data else "t", data[1:]
    suffix = SUFFIXES.get(name.lower(), ".txt")
    check_file(gzip.compress(content, 1, mtime=0) if name.isupper() else content, suffix + ".gz" * name.isupper())


def check_file(content: bytes, suffix: str) -> None:
    """Raise if a file gives neither documents nor an InputError that names it, or documents that do not hold."""
    path = Path(FOLDER.name, f"any{suffix}")
    path.write_bytes(content)
    errors: list[InputError] = []
    with nothing_is_run():
        documents = list(read(path, limits=LIMITS, on_error=errors.append))
        assert documents or errors
        assert all(isinstance(error, InputError) and path.name in str(error) for error in errors)
        for document in documents:
            check_document(document)
        streamed = list(read_stream(io.BytesIO(content), "here", limits=LIMITS, on_error=errors.append))
        assert streamed or errors


def check_document(document: Document) -> None:
    """Raise if a paragraph is out of place or a field is no plain value."""
    plain = document.to_dict()
    assert json.loads(json.dumps(plain, allow_nan=False, ensure_ascii=False)) == plain
    places = [(paragraph.start, paragraph.end) for paragraph in document.paragraphs()]
    assert places == sorted(places)
    assert all(0 <= start < end <= len(document.text) for start, end in places)
