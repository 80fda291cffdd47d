"""Results as tables for pandas, Polars, Parquet and spreadsheets: names and types of columns are always the same.

Two answer most questions: `tag_table` has a row for each theme of each paragraph, `article_table` one for each article.
They join by ``article``, ``paragraph`` and ``theme``.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cyberthemes.errors import InputError
from cyberthemes.results import TaggedArticle
from cyberthemes.streams import whole_file, write_whole
from cyberthemes.themecounts import checked_articles

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

    from cyberthemes.topicrecords import Topic

__all__ = ["Table", "article_table", "evidence_table", "tag_table", "topic_table"]

_SEPARATOR: Final = "; "
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")


@dataclass(frozen=True, slots=True)
class Table:
    """Columns of equal length.

    Attributes
    ----------
    columns : mapping of str to list
        The values by column, None where there is none.
    types : mapping of str to type
        What the values of each column are: str, int or float.

    Examples
    --------
    >>> from cyberthemes import load_tagger
    >>> table = tag_table(load_tagger().tag_batch(["The new data security law restricts data flows."]))
    >>> table.columns["theme"]
    ['data-security', 'law-regulation']
    """

    columns: Mapping[str, list[Any]]
    types: Mapping[str, type]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), []))

    def to_pandas(self) -> pd.DataFrame:
        """Return the table as a pandas data frame, of ``string``, ``int64`` and ``float64``.

        Raises
        ------
        InputError
            If pandas is not installed.
        """
        pandas = _imported("pandas")
        names = {str: "string", int: "int64", float: "float64"}
        columns = {name: pandas.Series(self.columns[name], dtype=names[kind]) for name, kind in self.types.items()}
        frame: pd.DataFrame = pandas.DataFrame(columns)
        return frame

    def to_polars(self) -> pl.DataFrame:
        """Return the table as a Polars data frame, of ``String``, ``Int64`` and ``Float64``.

        Raises
        ------
        InputError
            If Polars is not installed.
        """
        polars = _imported("polars")
        names = {str: polars.String, int: polars.Int64, float: polars.Float64}
        schema = {name: names[kind] for name, kind in self.types.items()}
        frame: pl.DataFrame = polars.DataFrame(dict(self.columns), schema=schema)
        return frame

    def to_csv(self, path: str | os.PathLike[str]) -> Path:
        """Write the table as comma-separated values in UTF-8, whole or not at all, and return the path.

        A text that a spreadsheet would take for a formula, since it begins with ``=``, ``+``, ``-``, ``@``, a tab or a
        line end, gets an apostrophe before it, as OWASP recommends. Numbers stay numbers; None is an empty cell.

        Raises
        ------
        InputError
            If the file cannot be written.
        """
        path = Path(path)
        write_whole(path, map(_csv_line, chain([tuple(self.columns)], zip(*self.columns.values(), strict=True))))
        return path

    def to_parquet(self, path: str | os.PathLike[str]) -> Path:
        """Write the table as a Parquet file, whole or not at all, and return the path.

        Raises
        ------
        InputError
            If the file cannot be written, or PyArrow is not installed.
        """
        arrow, parquet = _imported("pyarrow"), _imported("pyarrow.parquet")
        names = {str: arrow.string(), int: arrow.int64(), float: arrow.float64()}
        schema = arrow.schema([(name, names[kind]) for name, kind in self.types.items()])
        path = Path(path)
        with whole_file(path) as temporary:
            parquet.write_table(arrow.table(dict(self.columns), schema=schema), temporary)
        return path


# Tables of results ----------------------------------------------------------------------------------------


def tag_table(articles: Iterable[TaggedArticle]) -> Table:
    """Return a row for each theme of each paragraph, and one for each paragraph without: why it has none.

    Parameters
    ----------
    articles : iterable of TaggedArticle

    Returns
    -------
    Table
        ``article``, its id; its ``title``, ``date`` and ``source``; ``paragraph``, its number in the article, from 1;
        ``start`` and ``end`` of it there; its ``kind`` and ``text``; the ``theme``, its ``name``, ``probability``,
        ``threshold`` and ``score``; or the ``reason`` why there is none.
    """
    types = {
        **_ARTICLE,
        "paragraph": int,
        "start": int,
        "end": int,
        "kind": str,
        "text": str,
        "theme": str,
        "name": str,
        "probability": float,
        "threshold": float,
        "score": float,
        "reason": str,
    }
    return _table(types, _tag_rows(articles))


def _tag_rows(articles: Iterable[TaggedArticle]) -> Iterator[tuple[Any, ...]]:
    for article in checked_articles(articles):
        for number, paragraph in enumerate(article.paragraphs, start=1):
            place = (number, paragraph.start, paragraph.end, paragraph.kind, paragraph.text)
            for tag in paragraph.tags:
                yield *_about(article), *place, tag.theme, tag.name, tag.probability, tag.threshold, tag.score, None
            if not paragraph.tags:
                yield *_about(article), *place, None, None, None, None, None, paragraph.reason


def article_table(articles: Iterable[TaggedArticle]) -> Table:
    """Return a row for each article.

    Parameters
    ----------
    articles : iterable of TaggedArticle

    Returns
    -------
    Table
        ``article``, its id; its ``title``, ``date`` and ``source``; ``n_paragraphs``, those that are not boilerplate,
        and ``n_tagged``, those of them with a theme; its ``theme`` with the largest ``share`` of them, and the
        ``probability`` of the surest; all its ``themes``, parted by "; "; or the ``reason`` why there is none;
        and its ``metadata`` as JSON.
    """
    types = {
        **_ARTICLE,
        "n_paragraphs": int,
        "n_tagged": int,
        "theme": str,
        "share": float,
        "probability": float,
        "themes": str,
        "reason": str,
        "metadata": str,
    }
    return _table(types, map(_article_row, checked_articles(articles)))


def _article_row(article: TaggedArticle) -> tuple[Any, ...]:
    readable = [paragraph for paragraph in article.paragraphs if paragraph.kind != "boilerplate"]
    first = article.themes[0] if article.themes else None
    return (
        *_about(article),
        len(readable),
        sum(bool(paragraph.tags) for paragraph in readable),
        *((first.theme, first.share, first.probability) if first else (None, None, None)),
        _SEPARATOR.join(theme.theme for theme in article.themes) or None,
        article.reason,
        json.dumps(dict(article.metadata), ensure_ascii=False, default=str),
    )


def evidence_table(articles: Iterable[TaggedArticle]) -> Table:
    """Return a row for each place that speaks for or against a theme of its paragraph, the strongest first.

    Parameters
    ----------
    articles : iterable of TaggedArticle

    Returns
    -------
    Table
        ``article``, its id; ``paragraph``, its number in the article, from 1; the ``theme``; ``start`` and ``end`` in
        the article, the ``text`` between them, and its ``contribution`` to the theme's score, in log-odds.
    """
    types = {"article": str, "paragraph": int, "theme": str, "start": int, "end": int, "text": str}
    return _table(
        types | {"contribution": float},
        (
            (article.id, number, tag.theme, piece.start, piece.end, piece.text, piece.contribution)
            for article in checked_articles(articles)
            for number, paragraph in enumerate(article.paragraphs, start=1)
            for tag in paragraph.tags
            for piece in tag.evidence
        ),
    )


def topic_table(topics: Iterable[Topic]) -> Table:
    """Return a row for each topic.

    Parameters
    ----------
    topics : iterable of Topic

    Returns
    -------
    Table
        ``topic``, its id; its ``label``; its ``share`` of texts and its ``coherence``; its ``terms``, parted by "; ",
        the heaviest first; and the most ``typical`` text.
    """
    types = {"topic": str, "label": str, "share": float, "coherence": float, "terms": str, "typical": str}
    rows = (
        (
            topic.id,
            topic.label,
            topic.share,
            topic.coherence,
            _SEPARATOR.join(term for term, _ in topic.terms),
            topic.typical[0].text if topic.typical else None,
        )
        for topic in topics
    )
    return _table(types, rows)


_ARTICLE: Final = {"article": str, "title": str, "date": str, "source": str}


def _about(article: TaggedArticle) -> tuple[str | None, ...]:
    return article.id, article.title, article.date, article.source


def _table(types: Mapping[str, type], rows: Iterable[Sequence[Any]]) -> Table:
    columns: dict[str, list[Any]] = {name: [] for name in types}
    for row in rows:
        for column, value in zip(columns.values(), row, strict=True):
            column.append(_in_unicode(value) if isinstance(value, str) else value)
    return Table(columns, dict(types))


def _in_unicode(text: str) -> str:
    """Write out lone surrogates, which no table can hold, as escapes."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


# Writing --------------------------------------------------------------------------------------------------


def _imported(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise InputError(f"tables need {name} ({error}); pip install 'cyberthemes[tables]'") from error


def _csv_line(values: Iterable[Any]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(map(_cell, values))
    return line.getvalue()


def _cell(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value
