"""Active learning: which texts a person should label next, and why.

A theme of a text is in doubt as far as two views of it disagree: the classifier, which learned from labels, and the
taxonomy's terms, which did not. Labels settle most where these differ (query by committee; Seung, Opper and
Sompolinsky, 1992), rare themes first, and no two suggestions are nearly the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cyberthemes.duplicates import near_duplicates
from cyberthemes.errors import InputError
from cyberthemes.presence import TERMS_SAY_YES, presence_in
from cyberthemes.results import Tag
from cyberthemes.tagging import Tagger
from cyberthemes.terms import checked_texts

__all__ = ["Reason", "Suggestion", "suggest"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Reason:
    """A theme of a text that is in doubt.

    Attributes
    ----------
    theme : str
        The theme's id.
    terms : float
        How strongly the taxonomy's terms say that it applies, from 0 to 1; see `cyberthemes.presence.presence`.
    probability : float
        What the classifier says.
    applies : bool
        Whether that makes it say yes; it may hold the whole text for off topic.
    """

    theme: str
    terms: float
    probability: float
    applies: bool

    def __str__(self) -> str:
        terms, classifier = (
            f"{'yes' if says_yes else 'no'} ({value:.2f})"
            for value, says_yes in ((self.terms, self.terms >= TERMS_SAY_YES), (self.probability, self.applies))
        )
        return f"{self.theme}: terms say {terms}, classifier says {classifier}"

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dict of plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A text to label next.

    Attributes
    ----------
    position : int
        Which of the texts it is, from 0.
    text : str
    tags : tuple of Tag
        What the tagger says now, the most probable theme first: to correct rather than to begin from nothing.
    score : float
        How much is in doubt that no earlier suggestion settles; it falls from one suggestion to the next.
    reasons : tuple of Reason
        The themes most in doubt, the strongest doubt first.
    """

    position: int
    text: str
    tags: tuple[Tag, ...]
    score: float
    reasons: tuple[Reason, ...]

    @property
    def themes(self) -> tuple[str, ...]:
        """The ids of the themes that apply, as the tagger says now."""
        return tuple(tag.theme for tag in self.tags)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values that `read_gold` reads once ``themes`` are corrected."""
        return {
            "position": self.position,
            "text": self.text,
            "themes": list(self.themes),
            "score": self.score,
            "reasons": [reason.to_dict() for reason in self.reasons],
        }


def suggest(tagger: Tagger, texts: Iterable[str], n: int = 20, *, labelled: Iterable[str] = ()) -> list[Suggestion]:
    """Return the texts to label next, those that teach most first.

    Parameters
    ----------
    tagger : Tagger
        What has been learned so far.
    texts : iterable of str
        Units of text, such as paragraphs; they are not split.
    n : int, default 20
        How many to return at most.
    labelled : iterable of str
        Texts that have labels: they and what is nearly the same are not suggested.

    Returns
    -------
    list of Suggestion
        By falling score; fewer than `n` if there are no more different texts.

    Raises
    ------
    InputError
        If `texts` or `labelled` is one str or holds something else than str, or `n` is not a number of at least 1.

    Notes
    -----
    A theme's doubt is the difference of the two views, divided by the square root of how many of the texts have it by
    the classifier's probabilities, plus one. Texts are picked one after another by the sum of their doubts; each pick
    lowers what further doubt of its themes counts.

    Examples
    --------
    >>> from cyberthemes import load_tagger
    >>> texts = ["Quiet streets in May.", "No base station in sight.", "Data security law.", "Data security law!"]
    >>> sorted(suggestion.position for suggestion in suggest(load_tagger(), texts, n=2))
    [1, 2]
    """
    if not isinstance(n, int | np.integer) or n < 1:
        raise InputError(f"n={n!r}; expected a number of at least 1")
    texts, labelled = list(checked_texts(texts)), list(checked_texts(labelled))
    terms = presence_in(texts, tagger.taxonomy) + 0.0  # which makes 0 of -0
    probabilities = tagger.predict_proba(texts)
    doubts = np.abs(probabilities - terms) / np.sqrt(1.0 + probabilities.sum(axis=0))
    group = near_duplicates([*labelled, *texts])[len(labelled) :] - len(labelled)
    return [
        _suggestion(tagger, row, texts[row], score, doubts[row], terms[row])
        for row, score in _picks(doubts, group, int(n))
    ]


def _picks(doubts: Floats, group: npt.NDArray[np.int64], n: int) -> Iterator[tuple[int, float]]:
    """Yield rows and their scores, one of each group; those of a negative group are known already."""
    is_open = group >= 0
    spent = np.ones(doubts.shape[1])
    for _ in range(min(n, len(np.unique(group[is_open])))):
        scores = np.where(is_open, (doubts / spent).sum(axis=1), -1.0)
        row = int(np.argmax(scores))
        yield row, float(scores[row])
        is_open &= group != group[row]
        spent += doubts[row] / max(doubts[row].sum(), 1e-12)


def _suggestion(tagger: Tagger, row: int, text: str, score: float, doubt: Floats, terms: Floats) -> Suggestion:
    tags = {tag.theme: tag for tag in tagger.explain(text)}
    applies = dict(zip(tagger.theme_ids, tagger.predict([text])[0], strict=True))
    reasons = [
        Reason(theme, float(terms[column]), tags[theme].probability, bool(applies[theme]))
        for column in np.argsort(-doubt, kind="stable")
        if doubt[column] >= doubt.max() / 2
        for theme in [tagger.theme_ids[column]]
    ]
    return Suggestion(row, text, tuple(tag for tag in tags.values() if applies[tag.theme]), score, tuple(reasons))
