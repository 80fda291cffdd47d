"""Fuzzing: one module a target, each with ``check(data)``, which raises only if a promise of the library is broken.

A module's ``SEEDS`` are inputs to begin with, and ``WORDS`` what mutations may put in. Run: see `fuzz.run`. What once
failed lies in ``corpus/`` and is tried again by ``tests/test_fuzz.py``.
"""

from __future__ import annotations


def as_bytes(text: str | bytes) -> bytes:
    """Return text as UTF-8, lone surrogates included."""
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
