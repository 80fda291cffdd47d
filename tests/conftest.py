"""What several test modules share."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

from cyberthemes import Tagger, Taxonomy, Term, Theme, load_tagger

ROOT = Path(__file__).parent.parent

# One profile for all: the same examples each run, and no deadline, since a first call may load a model.
settings.register_profile("cyberthemes", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("cyberthemes")


@pytest.fixture(scope="session")
def tagger() -> Tagger:
    """The bundled model."""
    return load_tagger()


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
