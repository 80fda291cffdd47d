"""`Lesson`: what texts teach a `ThemeTagger`, as arrays: which theme how likely, how much it counts, and for what."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from cyberthemes.gold import Labels

__all__ = ["Lesson", "with_relevance"]

Floats = npt.NDArray[np.float64]
_FEWEST_FOR_RELEVANCE: Final = 50  # texts with a theme, and without, that it takes to tell what is off topic


@dataclass(frozen=True)
class Lesson:
    """Texts, and what they say of each theme; columns are themes, and perhaps relevance as the last.

    Attributes
    ----------
    texts : list of str
    present : ndarray of float64, shape (n_texts, n_columns)
        How strongly each theme's taxonomy terms are present.
    targets : ndarray of float64, shape (n_texts, n_columns)
        The chance that each theme applies.
    weights, trust : ndarray of float64, shape (n_texts, n_columns)
        How much to learn from that chance, and how much to calibrate by it.
    scales : ndarray of float64, shape (n_columns,)
        How large full presence is beside a TF-IDF vector of length 1.
    """

    texts: list[str]
    present: Floats
    targets: Floats
    weights: Floats
    trust: Floats
    scales: Floats

    def part(self, rows: npt.NDArray[np.intp]) -> Lesson:
        """Return the lesson of some rows."""
        texts = [self.texts[row] for row in rows]
        return Lesson(texts, self.present[rows], self.targets[rows], self.weights[rows], self.trust[rows], self.scales)

    def prevalence(self, n_themes: int, exclusive: bool) -> Floats:
        """Return the share of texts to which each of the first themes applies, kept off 0 and 1."""
        trust, targets = self.trust[:, :n_themes], self.targets[:, :n_themes]
        shares: Floats = (0.5 + (trust * targets).sum(axis=0)) / (1.0 + trust.sum(axis=0))
        return shares / shares.sum() if exclusive and n_themes > 1 else shares


def with_relevance(lesson: Lesson, known: Labels) -> Lesson:
    """Return the lesson with one column more: whether any theme at all applies, if labels tell texts of both kinds.

    Parameters
    ----------
    lesson : Lesson
        Without such a column.
    known : ndarray of int8, shape (n_texts, n_themes)
        1, 0, or -1 for unknown.

    Returns
    -------
    Lesson
        The lesson itself if there are fewer than fifty texts with a theme, or without.
    """
    any_applies, none_applies = (known == 1).any(axis=1), (known == 0).all(axis=1)
    if min(any_applies.sum(), none_applies.sum()) < _FEWEST_FOR_RELEVANCE:
        return lesson
    weights = lesson.weights.max(axis=1) * (any_applies | none_applies)
    for rows in (any_applies, none_applies):  # so that both kinds count alike
        weights[rows] *= len(weights) / 2 / weights[rows].sum()
    return replace(
        lesson,
        present=np.column_stack([lesson.present, np.zeros(len(weights))]),
        targets=np.column_stack([lesson.targets, any_applies]),
        weights=np.column_stack([lesson.weights, weights]),
        trust=np.column_stack([lesson.trust, any_applies | none_applies]),
        scales=np.append(lesson.scales, 0.0),
    )
