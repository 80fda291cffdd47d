"""`Relevance`: tells texts to which any theme may apply from those about something else altogether, such as sport.

A theme sees one ambiguous word, "talent" or "attack"; relevance sees the rest of the text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cyberthemes.errors import ModelError
from cyberthemes.terms import TermRows

__all__ = ["Relevance"]


@dataclass(frozen=True, slots=True, eq=False)
class Relevance:
    """A linear score of a text's terms, below whose threshold it is off topic.

    Attributes
    ----------
    weights : ndarray of float32, shape (n_terms,)
        What a TF-IDF value of 1 adds to the score.
    bias : float
        The score of an empty text.
    threshold : float
        The score below which a text is off topic.
    n_themes : int
        How many themes, from the first, were learned with it; it says nothing of those added later.

    Examples
    --------
    >>> relevance = Relevance(np.array([2.0, -3.0], dtype=np.float32), bias=0.5, threshold=0.0, n_themes=4)
    >>> texts = TermRows(np.array([0.6, 0.6]), np.array([0, 1]), np.array([0, 1, 2]), np.array([1, 1]))
    >>> relevance.are_off_topic(texts).tolist()
    [False, True]
    """

    weights: npt.NDArray[np.float32]
    bias: float
    threshold: float
    n_themes: int

    def __post_init__(self) -> None:
        if not (np.isfinite(self.weights).all() and np.isfinite([self.bias, self.threshold]).all()):
            raise ModelError("relevance holds NaN or infinite values; the model is damaged")
        frozen = self.weights.view()
        frozen.flags.writeable = False
        object.__setattr__(self, "weights", frozen)

    def are_off_topic(self, rows: TermRows) -> npt.NDArray[np.bool_]:
        """Return which texts are off topic, given their terms.

        Parameters
        ----------
        rows : TermRows

        Returns
        -------
        ndarray of bool, shape (n_texts,)
        """
        gains = np.bincount(rows.texts(), rows.data * self.weights.take(rows.indices), len(rows.indptr) - 1)
        off_topic: npt.NDArray[np.bool_] = self.bias + gains < self.threshold
        return off_topic

    def to_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return everything as arrays, for storage."""
        numbers = np.array([self.bias, self.threshold, self.n_themes], dtype=np.float64)
        return {"relevance_weights": self.weights, "relevance": numbers}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> Relevance | None:
        """Return the relevance among a model's arrays, as `to_arrays` gives them, or None if it has none."""
        if "relevance" not in arrays:
            return None
        bias, threshold, n_themes = arrays["relevance"].tolist()
        return cls(arrays["relevance_weights"], bias, threshold, int(n_themes))
