"""Two sets of articles compared: in which themes and terms they differ more than chance would make them.

Articles are the units. Themes are tested by permutation: as often as articles, dealt out afresh to the two sets, differ
at least as much. Terms are counted once an article, so that one that repeats itself does not stand out, compared by
log-odds under an informative prior (Monroe, Colaresi and Quinn, 2008), which rare terms do not move by accident, and
tested by the exact binomial test. What is significant is corrected for many tests (Benjamini and Hochberg, 1995).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from cyberthemes.errors import InputError
from cyberthemes.themecounts import (
    Articles,
    ThemeCounts,
    check_seed,
    corrected,
    count_themes,
    shares_of,
)

__all__ = ["Comparison", "TermDifference", "ThemeDifference", "compare"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
_PERMUTATIONS: Final = 5_000
_AT_ONCE: Final = 100
_CONFIDENCE: Final = 0.95
_LEAST_VARIANCE: Final = 1e-9  # where no two articles of a set differ
_TIE: Final = 1 - 1e-6
_TINY: Final = 1e-9
_FEWEST_ARTICLES: Final = 3  # that hold a term: fewer show nothing
_PRIOR_WEIGHT: Final = 0.1  # of the counts of both sets, were they as large as the smaller


@dataclass(frozen=True, slots=True)
class ThemeDifference:
    """How much more of the paragraphs of some articles a theme has than of others.

    Attributes
    ----------
    theme, name : str
        The theme's id and name.
    share, other_share : float
        The theme's share of the paragraphs of the articles and of the others, reprints counted once.
    difference : float
        ``share - other_share``.
    low, high : float or None
        A 95 % interval of the difference, by the same permutations as ``p``, so that it holds 0 where ``p`` is above
        0.05; None where either set has fewer than two articles.
    p : float
        The probability of a difference at least as large, in standard errors, if the articles were dealt out by chance.
    q : float
        ``p`` corrected for the number of themes.
    """

    theme: str
    name: str
    share: float
    other_share: float
    difference: float
    low: float | None
    high: float | None
    p: float
    q: float

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dict of plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class TermDifference:
    """How much more often a term stands in some articles than in others.

    Attributes
    ----------
    term : str
    count, other_count : int
        How many of the articles, and of the others, hold it.
    z : float
        By how many standard errors its log-odds differ; negative where the others have more of it.
    p : float
        The probability of counts at least so uneven, if each article that holds it were of either set by chance.
    q : float
        ``p`` corrected for the number of terms.
    """

    term: str
    count: int
    other_count: int
    z: float
    p: float
    q: float

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dict of plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Comparison:
    """How two sets of articles differ.

    Attributes
    ----------
    n_articles, n_other_articles : int
        Articles of either set with paragraphs of their own: neither boilerplate nor reprints of another in the set.
    themes : tuple of ThemeDifference
        All themes that any article has, the surest difference first.
    terms : tuple of TermDifference
        All terms of at least three articles, the surest difference first.
    """

    n_articles: int
    n_other_articles: int
    themes: tuple[ThemeDifference, ...]
    terms: tuple[TermDifference, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dict of plain values."""
        return asdict(self)


def compare(articles: Articles, others: Articles, *, random_state: int = 0) -> Comparison:
    """Return in which themes and terms some articles differ from others.

    Parameters
    ----------
    articles, others : iterable of TaggedArticle, or ThemeCounts
        Two sets, such as those of two sources or of two periods; see `cyberthemes.themecounts.count_themes`.
    random_state : int, default 0
        Seed of the permutations.

    Returns
    -------
    Comparison

    Raises
    ------
    InputError
        If something is no tagged article, or a set has no paragraph.

    Examples
    --------
    >>> from cyberthemes import load_tagger
    >>> cities = ["Rome", "Oslo", "Lima", "Bonn", "Cairo"]
    >>> crimes = [f"In {city} hackers steal passwords; {city} police hunt {city} hackers." for city in cities]
    >>> networks = [f"In {city} firms build 5G masts; {city} people use {city} 5G." for city in cities]
    >>> tagger = load_tagger()
    >>> found = compare(tagger.tag_batch(crimes), tagger.tag_batch(networks))
    >>> [(row.theme, row.difference, row.q < 0.05) for row in found.themes[:2]]
    [('5g', -1.0, True), ('cybersecurity', 1.0, True)]
    """
    check_seed(random_state)
    both = [count_themes(articles), count_themes(others)]
    kept = [counts.kept(range(len(counts.paragraphs))) for counts in both]
    for name, rows in zip(("articles", "others"), kept, strict=True):
        if not len(rows):
            raise InputError(f"{name}: no paragraph that is not boilerplate; expected some to compare")
    texts = [_texts(counts, rows) for counts, rows in zip(both, kept, strict=True)]
    themes, terms = _theme_differences(both, random_state), _term_differences(*texts)
    return Comparison(len(texts[0]), len(texts[1]), tuple(themes), tuple(terms))


# Themes ---------------------------------------------------------------------------------------------------


def _theme_differences(both: Sequence[ThemeCounts], random_state: int) -> list[ThemeDifference]:
    """Return how the sets differ in each theme, the surest difference first."""
    names = both[1].names | both[0].names
    themes = sorted(names)
    one, other = (_aligned(counts, themes) for counts in both)
    differences, reach, p = _permuted(one, other, np.random.default_rng(random_state))
    low, high = np.maximum(differences - reach, -1.0).tolist(), np.minimum(differences + reach, 1.0).tolist()
    if min(len(one), len(other)) < 2:
        low = high = [None] * len(themes)
    shares, other_shares = (shares_of(counts.sum(axis=0)).tolist() for counts in (one, other))
    figures = zip(shares, other_shares, differences.tolist(), low, high, p.tolist(), corrected(p.tolist()), strict=True)
    found = [ThemeDifference(theme, names[theme], *row) for theme, row in zip(themes, figures, strict=True)]
    return sorted(found, key=lambda row: (row.p, -abs(row.difference), row.theme))


def _aligned(counts: ThemeCounts, themes: Sequence[str]) -> Integers:
    """Return counts by article, as `ThemeCounts.by_article`, with a column for each of some themes."""
    own = counts.by_article(range(len(counts.paragraphs)))
    aligned = np.zeros((len(own), len(themes) + 1), dtype=np.int64)
    aligned[:, [*(themes.index(theme) for theme in counts.themes), -1]] = own
    return aligned


def _permuted(one: Integers, other: Integers, rng: np.random.Generator) -> tuple[Floats, Floats, Floats]:
    """Return each theme's difference, how far chance takes it in 95 of 100 cases, and its p-value.

    Articles are dealt out afresh, and differences measured in standard errors, so that sets that vary to different
    degrees are tested fairly too (Janssen, 1997).
    """
    counts = np.concatenate([one, other]).astype(np.float64)
    # All that shares and their errors need are sums over a set: of counts, and of counts times counts.
    parts = np.concatenate([counts, counts[:, :-1] ** 2, counts * counts[:, -1:]], axis=1)
    total, is_one = parts.sum(axis=0), np.arange(len(counts)) < len(one)
    (difference,), (error,) = _differences(parts[is_one].sum(axis=0)[None], total)
    permuted = []
    dealt = np.tile(is_one, (_AT_ONCE, 1))
    for _ in range(_PERMUTATIONS // _AT_ONCE):
        dealt = rng.permuted(dealt, axis=1)
        differences, errors = _differences(dealt.astype(np.float64) @ parts, total)
        permuted.append(np.abs(differences / errors))
    by_chance = np.concatenate(permuted)
    as_large = (by_chance >= np.abs(difference / error) * _TIE).sum(axis=0)
    return difference, error * np.quantile(by_chance, _CONFIDENCE, axis=0), (1 + as_large) / (1 + _PERMUTATIONS)


def _differences(sums: Floats, total: Floats) -> tuple[Floats, Floats]:
    """Return differences and their standard errors, given sums over one set and over both; see `_permuted`."""
    shares, variances = zip(*map(_shares_and_variances, (sums, total - sums)), strict=True)
    return shares[0] - shares[1], np.sqrt(variances[0] + variances[1] + _LEAST_VARIANCE)


def _shares_and_variances(sums: Floats) -> tuple[Floats, Floats]:
    """Return each theme's share of some articles' paragraphs, and its variance as a ratio; see `_permuted`."""
    n_themes = sums.shape[1] // 3
    counts, squares, products = np.split(sums, [n_themes + 1, 2 * n_themes + 1], axis=1)
    shares = shares_of(counts)
    errors = squares - 2 * shares * products[:, :-1] + shares**2 * products[:, -1:]
    return shares, np.maximum(errors, 0) / counts[:, -1:] ** 2


# Terms ----------------------------------------------------------------------------------------------------


def _texts(counts: ThemeCounts, rows: Integers) -> list[str]:
    """Return the text of each article, of those paragraphs that are in some rows."""
    texts: dict[int, list[str]] = {}
    for row in rows.tolist():
        texts.setdefault(int(counts.article[row]), []).append(counts.paragraphs[row].text)
    return ["\n\n".join(paragraphs) for paragraphs in texts.values()]


def _term_differences(texts: Sequence[str], others: Sequence[str]) -> list[TermDifference]:
    """Return how the sets differ in each term, the surest difference first."""
    # Learning a vocabulary imports scikit-learn, which the other views do without.
    from cyberthemes.collection import Vocabulary, learn_index

    both = [*texts, *others]
    vocabulary = Vocabulary(min_df=min(_FEWEST_ARTICLES, len(both)), max_df=1.0, idf_power=0.0)
    try:
        index = learn_index(both, vocabulary, already_split=False)
    except InputError:  # no term is in so many
        return []
    counts, other_counts = (np.bincount(index.rows(part).indices, minlength=len(index)) for part in (texts, others))
    if not (counts.any() and other_counts.any()):
        return []
    z, p = _log_odds_differences(counts, other_counts).tolist(), _binomial_p(counts, other_counts).tolist()
    rows = zip(index.labels, counts.tolist(), other_counts.tolist(), z, p, corrected(p), strict=True)
    return sorted((TermDifference(*row) for row in rows), key=lambda row: (row.p, -abs(row.z), row.term))


def _binomial_p(counts: Integers, other_counts: Integers) -> Floats:
    """Return how probable counts at least as uneven are, if either set gets its part of all terms by chance."""
    from scipy.special import bdtr

    both, expected = counts + other_counts, counts.sum() / (counts.sum() + other_counts.sum())
    as_few = bdtr(counts, both, expected)
    as_many = bdtr(other_counts, both, 1 - expected)
    p: Floats = np.minimum(2 * np.minimum(as_few, as_many), 1)
    return p


def _log_odds_differences(counts: Integers, other_counts: Integers) -> Floats:
    """Return the difference of each term's log-odds, in standard errors, under a prior of what both sets hold."""
    totals = int(counts.sum()), int(other_counts.sum())
    # A prior of a share of both would outweigh what a small set itself holds.
    prior = _PRIOR_WEIGHT * 2 * min(totals) / sum(totals) * (counts + other_counts)
    odds = [
        np.log((own + prior) / (total + prior.sum() - own - prior + _TINY))
        for own, total in zip((counts, other_counts), totals, strict=True)
    ]
    z: Floats = (odds[0] - odds[1]) / np.sqrt(1 / (counts + prior) + 1 / (other_counts + prior))
    return z
