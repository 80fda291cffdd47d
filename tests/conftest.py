"""What several test modules share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

# Before NumPy loads, here and in the processes that tests start: two pytest workers whose BLAS has two threads each
# wait for one another most of the time.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from cyberthemes import Tagger, Taxonomy, Term, Theme, load_tagger

ROOT = Path(__file__).parent.parent

# One profile for all: the same examples each run, and no deadline, since a first call may load a model.
settings.register_profile("cyberthemes", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("cyberthemes")


@pytest.fixture(scope="session")
def tagger() -> Tagger:
    """The bundled model."""
    return load_tagger()


@pytest.fixture(scope="class")  # which for a lone function is that function, and Hypothesis takes it
def two_blas_threads() -> Iterator[None]:
    """For tests of bits, which must not depend on how BLAS shares out its work."""
    with threadpool_limits(2, user_api="blas"):
        yield


@pytest.fixture
def small_taxonomy() -> Taxonomy:
    """Two themes, with a weight and both guards."""
    return Taxonomy(
        "small",
        "1",
        themes=(
            Theme("5g", "5G", terms=(Term("5G"), Term("base station", weight=0.8))),
            Theme(
                "law",
                "Law",
                terms=(Term("data law"), Term("CAC", needs=("regulator",), unless=("stock index",))),
            ),
        ),
    )
