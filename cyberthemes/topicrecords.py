"""What is said of a topic: `Topic`, its terms, share, coherence and typical texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from cyberthemes.collection import Collection

__all__ = ["Topic", "TypicalText", "typical_texts"]

N_TYPICAL: Final = 3
_BEGINNING: Final = 60  # characters; texts that begin alike are one story
_ENOUGH_TERMS: Final = 12  # a text of fewer is less of an example


@dataclass(frozen=True, slots=True)
class TypicalText:
    """A text that is mostly about one topic: its position in what was fitted, and the topic's weight in it."""

    position: int
    text: str
    weight: float

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dict of plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of a collection.

    Attributes
    ----------
    id : str
        Stays the same whatever other topics become of; a theme's topic has the theme's id.
    label : str
        What a person may call it.
    terms : tuple of tuple of str, float
        The terms that are shown, with their weights in the topic, whose squares sum to 1 over all terms.
    share : float
        The share of texts in which it is the strongest topic.
    coherence : float
        The mean NPMI of its first ten terms within windows of ten, from -1 to 1.
    typical : tuple of TypicalText
        Texts that are mostly about it, the most typical first.
    """

    id: str
    label: str
    terms: tuple[tuple[str, float], ...]
    share: float
    coherence: float
    typical: tuple[TypicalText, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dict of plain values."""
        return asdict(self)

    def _repr_html_(self) -> str:
        from cyberthemes.notebook import topic_html

        return topic_html(self.to_dict())

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Topic:
        """Return the topic of plain values, as `to_dict` gives them."""
        for item, name in [(data, "id"), (data, "label"), *((text, "text") for text in data["typical"])]:
            if not isinstance(item.get(name), str):
                raise TypeError(f"{name} {item.get(name)!r:.40} is no str")
        return cls(
            data["id"],
            data["label"],
            tuple((str(term), float(weight)) for term, weight in data["terms"]),
            float(data["share"]),
            float(data["coherence"]),
            tuple(TypicalText(int(text["position"]), text["text"], float(text["weight"])) for text in data["typical"]),
        )


def typical_texts(collection: Collection, weights: npt.NDArray[np.float64]) -> tuple[TypicalText, ...]:
    """Return the texts in which a topic weighs most, short texts counting less and reprints once.

    Parameters
    ----------
    collection : Collection
    weights : ndarray of float64, shape (n_texts,)
        The topic's weight in each text; 0 leaves a text out.

    Returns
    -------
    tuple of TypicalText
        At most three, the most typical first.
    """
    typicality = weights * np.sqrt(np.minimum(collection.lengths / _ENOUGH_TERMS, 1))
    found: dict[str, TypicalText] = {}
    for row in np.argsort(-typicality, kind="stable"):
        if typicality[row] <= 0 or len(found) == N_TYPICAL:
            break
        text = collection.texts[row]
        beginning = " ".join(text.casefold().split())[:_BEGINNING]
        found.setdefault(beginning, TypicalText(int(collection.positions[row]), text, float(weights[row])))
    return tuple(found.values())
