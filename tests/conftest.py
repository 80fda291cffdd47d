"""What several test modules share."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

# Before NumPy loads, here and in the processes that tests start: two pytest workers whose BLAS has two threads each
# wait for one another most of the time.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from cyberthemes import Tagger, Taxonomy, Term, Theme, load_tagger

collect_ignore = ["benchmarks"]  # scripts, one of which takes a single processor for itself as soon as it is imported

_OF_THIS_MACHINE = ("127.", "::1", "localhost", "0.0.0.0")  # noqa: S104 (asked for, not opened to all)


def _refuse_the_network(event: str, values: tuple[object, ...]) -> None:
    """Let tests reach this machine alone, where Dask and pytest-xdist have their workers."""
    if event in ("socket.connect", "socket.sendto"):
        if values[0].family in (socket.AF_INET, socket.AF_INET6):  # type: ignore[attr-defined]
            host = values[1][0]  # type: ignore[index]
            assert str(host).startswith(_OF_THIS_MACHINE), f"a test reaches for the network: {values[1]}"
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        assert str(values[0] or "localhost").startswith((*_OF_THIS_MACHINE, socket.gethostname())), (
            f"a test reaches for the network: {values}"
        )


sys.addaudithook(_refuse_the_network)  # for good, in this process

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
