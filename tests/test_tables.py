"""Tables of results: rows by hand, the same columns without any row, round trips, formulas and files that fail."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cyberthemes import (
    Document,
    Evidence,
    InputError,
    Table,
    Tag,
    TaggedArticle,
    TaggedParagraph,
    Tagger,
    Topic,
    article_table,
    evidence_table,
    tag_table,
    topic_table,
)
from cyberthemes.results import tagged_article

pandas = pytest.importorskip("pandas")
polars = pytest.importorskip("polars")
pytest.importorskip("pyarrow")

TABLES: list[Callable[[Iterable[Any]], Table]] = [tag_table, article_table, evidence_table, topic_table]


def tagged(
    text: str = "Data law.", *, article: str = "one", title: str | None = None, metadata: dict[str, Any] | None = None
) -> TaggedArticle:
    """Return an article of two paragraphs and a line of boilerplate; the first has two themes."""
    pieces = (Evidence(text[:4], 0, 4, 1.5), Evidence(text, 0, len(text), -0.25))
    tags = (Tag("law", "Law", 0.9, 0.5, 2.0, 0.75, pieces), Tag("5g", "5G", 0.6, 0.5, 0.5, 0.5, ()))
    paragraphs = (
        TaggedParagraph(text, 0, len(text), "body", None, tags, None),
        TaggedParagraph("Rain.", 20, 25, "heading", None, (), "off topic"),
        TaggedParagraph("Share", 27, 32, "boilerplate", None, (), "boilerplate"),
    )
    document = Document(text, article, title, "2022-03-01", "Daily", metadata or {})
    return tagged_article(document, paragraphs)


def topic(terms: tuple[tuple[str, float], ...] = (("law", 0.9), ("data law", 0.3))) -> Topic:
    return Topic("topic-1", "law, data", terms, 0.25, 0.1, ())


# Rows -----------------------------------------------------------------------------------------------------


def rows(table: Table) -> list[dict[str, Any]]:
    return [dict(zip(table.columns, row, strict=True)) for row in zip(*table.columns.values(), strict=True)]


def test_tags_have_a_row_for_each_theme_of_a_paragraph_or_for_why_it_has_none() -> None:
    law, fiveg, rain, share = rows(tag_table([tagged(title="Title")]))
    about = {"article": "one", "title": "Title", "date": "2022-03-01", "source": "Daily"}
    place = {"paragraph": 1, "start": 0, "end": 9, "kind": "body", "text": "Data law."}
    figures = {"theme": "law", "name": "Law", "probability": 0.9, "threshold": 0.5, "score": 2.0, "reason": None}
    assert law == about | place | figures
    assert (fiveg["paragraph"], fiveg["theme"]) == (1, "5g")
    assert (rain["paragraph"], rain["theme"], rain["probability"], rain["reason"]) == (2, None, None, "off topic")
    assert (share["paragraph"], share["kind"], share["reason"]) == (3, "boilerplate", "boilerplate")


def test_articles_have_a_row_each() -> None:
    plain = tagged_article(Document("Rain.", "two"), ())
    one, two = rows(article_table([tagged(metadata={"author": "Li", "pages": [1, 2]}), plain]))
    assert (one["n_paragraphs"], one["n_tagged"]) == (2, 1)
    assert (one["theme"], one["share"], one["probability"], one["themes"]) == ("law", 0.5, 0.9, "law; 5g")
    assert json.loads(one["metadata"]) == {"author": "Li", "pages": [1, 2]}
    assert (two["article"], two["theme"], two["share"], two["themes"]) == ("two", None, None, None)
    assert two["reason"] == "empty"


def test_evidence_and_topics_have_a_row_each() -> None:
    first, second = rows(evidence_table([tagged()]))
    assert first == {
        "article": "one", "paragraph": 1, "theme": "law", "start": 0, "end": 4, "text": "Data", "contribution": 1.5,
    }  # fmt: skip
    assert second["contribution"] == -0.25
    (row,) = rows(topic_table([topic()]))
    assert (row["topic"], row["label"], row["share"], row["terms"]) == ("topic-1", "law, data", 0.25, "law; data law")
    assert row["typical"] is None


def test_tables_join_and_places_are_those_of_the_text(tagger: Tagger) -> None:
    text = "Ministers met.\n\nThe new data security law restricts data flows."
    articles = [tagger.tag(Document(text, "one"))]
    tags = {(row["article"], row["paragraph"], row["theme"]) for row in rows(tag_table(articles))}
    found = rows(evidence_table(iter(articles)))
    assert found
    for row in found:
        assert (row["article"], row["paragraph"], row["theme"]) in tags
        assert text[row["start"] : row["end"]] == row["text"]


# Frames and files -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("table_of", TABLES)
def test_columns_and_types_are_the_same_without_any_row(table_of: Any, tmp_path: Path) -> None:
    records = [topic()] if table_of is topic_table else [tagged(), tagged(article="two", title="Title")]
    full, empty = table_of(records), table_of([])
    assert (len(full) > 0, len(empty)) == (True, 0)
    assert full.types == empty.types
    assert list(full.types) == list(full.columns)
    assert empty.to_pandas().dtypes.to_dict() == full.to_pandas().dtypes.to_dict()
    assert empty.to_polars().schema == full.to_polars().schema
    for table in (full, empty):
        path = table.to_parquet(tmp_path / "table.parquet")
        assert polars.read_parquet(path).equals(table.to_polars())
        assert polars.read_parquet(path).schema == table.to_polars().schema
        path = table.to_csv(tmp_path / "table.csv")
        assert polars.read_csv(path, schema=table.to_polars().schema).equals(table.to_polars())
        read = pandas.read_csv(path, keep_default_na=False, na_values=[""]).astype(table.to_pandas().dtypes)
        pandas.testing.assert_frame_equal(read, table.to_pandas())


@example(["\ud800 alone"], False)
@given(st.lists(st.text(max_size=8), min_size=1, max_size=4), st.booleans())
def test_any_text_survives_and_no_cell_is_a_formula(tmp_path_factory: Any, texts: list[str], is_hostile: bool) -> None:
    texts = [f"={text}" for text in texts] if is_hostile else texts
    table = tag_table([tagged(text, title=text) for text in texts])
    path = tmp_path_factory.mktemp("tables") / "table"
    written = [text.encode("utf-8", "backslashreplace").decode() for text in texts]
    assert table.to_pandas()["title"].tolist()[::4] == written
    assert polars.read_parquet(table.to_parquet(path))["title"].to_list()[::4] == written
    with table.to_csv(path).open(encoding="utf-8", newline="") as stream:
        cells = list(csv.DictReader(stream))
    for row, text in zip(cells[::4], written, strict=True):
        assert row["title"] in {text, f"'{text}"}
        assert not row["title"].startswith(("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠"))


def test_numbers_stay_numbers_and_only_formulas_are_marked(tmp_path: Path) -> None:
    pieces = ("+1", "-2", "@x", "=1+1", "\tx", "a=b", "'x", "1,5", 'say "x"')
    terms = tuple((piece, 1.0) for piece in pieces)
    topics = [Topic(piece, "x", terms, -0.5, 1e-9, ()) for piece in pieces]
    found = polars.read_csv(topic_table(topics).to_csv(tmp_path / "table.csv"))
    assert found["topic"].to_list() == ["'+1", "'-2", "'@x", "'=1+1", "'\tx", *pieces[5:]]
    assert found["share"].to_list() == [-0.5] * len(pieces)
    assert found["coherence"].to_list() == [1e-9] * len(pieces)


@pytest.mark.parametrize("name", ["to_csv", "to_parquet"])
def test_a_file_is_written_whole_or_not_at_all(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "new" / "table"
    write = getattr(tag_table([tagged()]), name)
    assert write(str(path)) == path
    before = path.read_bytes()

    def fail(_: Path, __: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(InputError, match="table: cannot be written: No space left on device"):
        write(path)
    assert [file.name for file in path.parent.iterdir()] == ["table"]
    assert path.read_bytes() == before
    with pytest.raises(InputError, match="new: "):
        write(path.parent)


@pytest.mark.parametrize("name", [".", "..", "a\0b", "x" * 250, "x" * 300, "file/below", "\ud800\udcff"])
@pytest.mark.parametrize("writer", [Table.to_csv, Table.to_parquet])
def test_a_name_that_no_file_can_have_is_refused(
    writer: Callable[[Table, str], Path], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"expected the name of a file|cannot be written"):
        writer(tag_table([tagged()]), name)
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("table_of", [tag_table, article_table, evidence_table])
def test_refuses_what_is_no_tagged_article(table_of: Callable[[Any], Table]) -> None:
    with pytest.raises(InputError, match="found TaggedArticle; expected a list"):
        table_of(tagged())
    with pytest.raises(InputError, match="article 1: found str; expected TaggedArticle"):
        table_of([tagged(), "abc"])


@pytest.mark.parametrize(
    ("module", "call"),
    [
        ("pandas", Table.to_pandas),
        ("polars", Table.to_polars),
        ("pyarrow", lambda table: table.to_parquet("table.parquet")),
    ],
)
def test_says_what_to_install(module: str, call: Callable[[Table], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(InputError, match=rf"tables need {module} .*; pip install 'cyberthemes\[tables\]'"):
        call(tag_table([]))
