"""Themes of paragraphs counted article by article, reprints once, and what such counts tell for sure.

Articles are the units that differ by chance, so paragraphs of one article go together in every interval and test.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cyberthemes.duplicates import near_duplicates
from cyberthemes.errors import InputError
from cyberthemes.results import TaggedArticle, TaggedParagraph

__all__ = ["Articles", "ThemeCounts", "check_seed", "checked_articles", "corrected", "count_themes", "shares_of"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class ThemeCounts:
    """The paragraphs of some articles that are no boilerplate: the earliest first, in an order not that of the input.

    Attributes
    ----------
    articles : list of TaggedArticle
    paragraphs : list of TaggedParagraph
    numbers : list of int
        Each paragraph's number in its article, from 1.
    article : ndarray of int64, shape (n_paragraphs,)
        Which article each is from.
    cluster : ndarray of int64, shape (n_paragraphs,)
        The same for paragraphs that are nearly the same.
    themes : list of str
        The themes that any of them has, in the order of the alphabet.
    names : dict of str to str
        Their names.
    tags : ndarray of bool, shape (n_paragraphs, n_themes)
        Which paragraph has which theme.
    """

    articles: list[TaggedArticle]
    paragraphs: list[TaggedParagraph]
    numbers: list[int]
    article: Integers
    cluster: Integers
    themes: list[str]
    names: dict[str, str]
    tags: npt.NDArray[np.bool_]

    def kept(self, rows: Iterable[int]) -> Integers:
        """Return those of some rows, ascending, that no earlier one of them is nearly the same as."""
        chosen = np.fromiter(rows, dtype=np.int64)
        return chosen[np.sort(np.unique(self.cluster[chosen], return_index=True)[1])]

    def by_article(self, rows: Iterable[int]) -> Integers:
        """Return how many paragraphs of each article have each theme, and how many there are: the last column.

        Reprints count once, and an article of nothing else has no row.
        """
        rows = self.kept(rows)
        article = np.unique(self.article[rows], return_inverse=True)[1]
        counts = np.zeros((article.max(initial=-1) + 1, len(self.themes) + 1), dtype=np.int64)
        np.add.at(counts[:, :-1], article, self.tags[rows])
        counts[:, -1] = np.bincount(article, minlength=len(counts))
        return counts


Articles = Iterable[TaggedArticle] | ThemeCounts


def count_themes(articles: Articles) -> ThemeCounts:
    """Return the paragraphs of some articles with their themes.

    Every view begins with this, and takes its result in place of articles: finding reprints is most of the work, and
    for several views of the same articles it need be done but once.

    Parameters
    ----------
    articles : iterable of TaggedArticle, or ThemeCounts
        Counts come back as they are.

    Returns
    -------
    ThemeCounts

    Raises
    ------
    InputError
        If something is no tagged article.
    """
    if isinstance(articles, ThemeCounts):
        return articles
    ordered = sorted(checked_articles(articles), key=lambda article: (_or_last(article.date), article.id, article.text))
    units = [
        (position, number, paragraph)
        for position, article in enumerate(ordered)
        for number, paragraph in enumerate(article.paragraphs, start=1)
        if paragraph.kind != "boilerplate"
    ]
    names: dict[str, str] = {}
    for _, _, paragraph in units:
        for tag in paragraph.tags:
            names.setdefault(tag.theme, tag.name)
    themes = sorted(names)
    column = {theme: position for position, theme in enumerate(themes)}
    tags = np.zeros((len(units), len(themes)), dtype=np.bool_)
    for row, (_, _, paragraph) in enumerate(units):
        tags[row, [column[theme] for theme in paragraph.themes]] = True
    paragraphs = [paragraph for _, _, paragraph in units]
    return ThemeCounts(
        ordered,
        paragraphs,
        [number for _, number, _ in units],
        np.array([position for position, _, _ in units], dtype=np.int64),
        near_duplicates([paragraph.text for paragraph in paragraphs]),
        themes,
        names,
        tags,
    )


def checked_articles(articles: Iterable[TaggedArticle]) -> Iterator[TaggedArticle]:
    """Yield articles one by one.

    Raises
    ------
    InputError
        If something is no tagged article.
    """
    if not isinstance(articles, Iterable):
        raise InputError(f"found {type(articles).__name__}; expected a list of tagged articles")
    for position, article in enumerate(articles):
        if not isinstance(article, TaggedArticle):
            raise InputError(f"article {position}: found {type(article).__name__}; expected TaggedArticle")
        yield article


def _or_last(date: str | None) -> tuple[bool, str]:
    return not date, date or ""


# What is sure ---------------------------------------------------------------------------------------------


def check_seed(random_state: int) -> None:
    """Refuse what is no seed."""
    if not isinstance(random_state, int | np.integer) or random_state < 0:
        raise InputError(f"random_state={random_state!r}; expected a whole number of at least 0")


def shares_of(sums: npt.NDArray[Any]) -> Floats:
    """Return each theme's share from sums of counts, whose last column is the number of paragraphs."""
    shares: Floats = sums[..., :-1] / sums[..., -1:]
    return shares


def corrected(p: Sequence[float]) -> list[float]:
    """Return p-values corrected for how many there are (Benjamini and Hochberg, 1995).

    Examples
    --------
    >>> corrected([0.01, 0.5, 0.02])
    [0.03, 0.5, 0.03]
    """
    order = np.argsort(-np.asarray(p, dtype=np.float64), kind="stable")
    q, least = [1.0] * len(p), 1.0
    for above, position in enumerate(order.tolist()):
        least = min(least, p[position] * len(p) / (len(p) - above))
        q[position] = least
    return q
