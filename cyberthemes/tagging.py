"""The frozen model at work: `Tagger` gives paragraphs their themes, with probability and evidence.

For each theme a unit of text has a score, linear in what stands in it: the theme's bias, plus the weight of each
term times its TF-IDF value, plus the weight of the theme's own taxonomy terms times how strongly they are present.
A probability is the logistic function of the score, which learning has calibrated; where themes exclude one another
it is the softmax of all scores. Every summand belongs to a place in the text, so evidence adds up to the score. Only
NumPy is imported here.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from cyberthemes.calibration import log_odds, probabilities_of
from cyberthemes.documents import Document
from cyberthemes.errors import InputError, ModelError
from cyberthemes.language import looks_english
from cyberthemes.paragraphs import Paragraph
from cyberthemes.presence import SUREST, presence, shared_among
from cyberthemes.relevance import Relevance
from cyberthemes.results import Evidence, Tag, TaggedArticle, TaggedParagraph, tagged_article
from cyberthemes.storage import open_folder, save_folder
from cyberthemes.taxonomy import Taxonomy, TermHit
from cyberthemes.terms import TermIndex, checked_texts

__all__ = ["BUNDLED_MODEL", "Tagger", "load_tagger"]

Floats = npt.NDArray[np.float64]
BUNDLED_MODEL: Final = "cyberspace-governance"
_KIND: Final = "tagger"


# The tagger -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False, repr=False)
class Tagger:
    """A learned model, frozen: the same text has the same answer alone, in a batch and in any thread.

    `load_tagger` opens a saved one; `cyberthemes.themes.ThemeTagger` learns one.

    Attributes
    ----------
    taxonomy : Taxonomy
        The themes, in column order, with their terms.
    index : TermIndex
        The vocabulary.
    term_weights : ndarray of float32, shape (n_terms, n_themes)
        What a TF-IDF value of 1 adds to each theme's score.
    presence_weights : ndarray of float32, shape (n_themes,)
        What the full presence of a theme's taxonomy terms adds to its score.
    bias, thresholds : ndarray of float64, shape (n_themes,)
        Scores of an empty text, and the probabilities from which themes count as applying.
    prevalence : ndarray of float64, shape (n_themes,)
        The share of texts to which each theme applies that the probabilities suppose.
    exclusive : bool
        Whether only the most probable theme can apply to a text.
    relevance : Relevance or None
        What tells texts to which any theme may apply from all others; None takes every text.
    added_terms : frozenset of tuple of str
        Theme id and text of each taxonomy term that was added after learning; see `cyberthemes.adaptation.add_terms`.
    hash : str
        What identifies the saved model; empty before it is saved.

    Examples
    --------
    >>> tagger = load_tagger()
    >>> article = tagger.tag("The new data security law restricts cross-border data flows.")
    >>> article.paragraphs[0].themes[0]
    'data-security'
    """

    taxonomy: Taxonomy
    index: TermIndex
    term_weights: npt.NDArray[np.float32]
    presence_weights: npt.NDArray[np.float32]
    bias: Floats
    thresholds: Floats
    prevalence: Floats
    exclusive: bool = False
    relevance: Relevance | None = None
    added_terms: frozenset[tuple[str, str]] = frozenset()
    hash: str = ""

    def __post_init__(self) -> None:
        n_terms, n_themes = len(self.index), len(self.taxonomy.themes)
        expected = {
            "term_weights": (n_terms, n_themes),
            "presence_weights": (n_themes,),
            "bias": (n_themes,),
            "thresholds": (n_themes,),
            "prevalence": (n_themes,),
        }
        for name, shape in expected.items():
            array = np.asarray(getattr(self, name))
            if array.shape != shape:
                raise ModelError(f"{name} has shape {array.shape}; expected {shape}")
            if not np.isfinite(array).all():
                raise ModelError(f"{name} holds NaN or infinite values; the model is damaged")
            frozen = array.view()
            frozen.flags.writeable = False
            object.__setattr__(self, name, frozen)
        if self.relevance and (
            self.relevance.weights.shape != (n_terms,) or not 0 < self.relevance.n_themes <= n_themes
        ):
            raise ModelError(
                f"relevance has weights of shape {self.relevance.weights.shape} for {self.relevance.n_themes} themes; "
                f"expected ({n_terms},) for 1 to {n_themes}"
            )

    def __repr__(self) -> str:
        taxonomy = self.taxonomy
        return f"<Tagger of {taxonomy.id} {taxonomy.version}: {len(taxonomy.themes)} themes, {len(self.index):,} terms>"

    @property
    def theme_ids(self) -> tuple[str, ...]:
        """The ids of the themes, in column order."""
        return self.taxonomy.theme_ids

    def scores(self, texts: Iterable[str]) -> Floats:
        """Return the score of each theme for each text, taken as one unit: calibrated log-odds.

        Parameters
        ----------
        texts : iterable of str
            Units of text, such as paragraphs; they are not split.

        Returns
        -------
        ndarray of float64, shape (n_texts, n_themes)
            Columns in the order of `theme_ids`.

        Raises
        ------
        InputError
            If ``texts`` is a lone str, or a text is not a str.
        """
        rows = [self._analyse(text).score for text in checked_texts(texts)]
        return np.array(rows, dtype=np.float64).reshape(-1, len(self.theme_ids))

    def predict_proba(self, texts: Iterable[str]) -> Floats:
        """Return the probability of each theme for each text, taken as one unit, be it off topic or not.

        Parameters
        ----------
        texts : iterable of str
            Units of text, such as paragraphs; they are not split.

        Returns
        -------
        ndarray of float64, shape (n_texts, n_themes)
            Columns in the order of `theme_ids`.

        Raises
        ------
        InputError
            If ``texts`` is a lone str, or a text is not a str.
        """
        return probabilities_of(self.scores(texts), self.exclusive)

    def predict(self, texts: Iterable[str]) -> npt.NDArray[np.bool_]:
        """Return which themes apply to each text, taken as one unit: probable enough, and the text on topic.

        Parameters
        ----------
        texts : iterable of str
            Units of text, such as paragraphs; they are not split.

        Returns
        -------
        ndarray of bool, shape (n_texts, n_themes)
            Columns in the order of `theme_ids`.

        Raises
        ------
        InputError
            If ``texts`` is a lone str, or a text is not a str.
        """
        rows = [self._applies(self._analyse(text)) for text in checked_texts(texts)]
        return np.array(rows, dtype=np.bool_).reshape(-1, len(self.theme_ids))

    def tag(self, text: str | Document) -> TaggedArticle:
        """Return an article with the themes of its paragraphs, and why.

        Parameters
        ----------
        text : str or Document
            A text is split into paragraphs; a document's given paragraphs are taken as they are.

        Returns
        -------
        TaggedArticle
        """
        document = text if isinstance(text, Document) else Document(_checked(text))
        paragraphs = tuple(self._tag_paragraph(document.text, paragraph) for paragraph in document.paragraphs())
        return tagged_article(document, paragraphs)

    def tag_batch(self, texts: Iterable[str | Document]) -> Iterator[TaggedArticle]:
        """Yield `tag` of each text, in order, one at a time.

        Parameters
        ----------
        texts : iterable of str or Document

        Yields
        ------
        TaggedArticle
        """
        if isinstance(texts, str):
            raise InputError("found one str; expected a list or other iterable of texts: put it in a list")
        return (self.tag(text) for text in texts)

    def explain(self, text: str) -> tuple[Tag, ...]:
        """Return what speaks for and against every theme in a text, taken as one unit.

        Parameters
        ----------
        text : str
            One unit of text.

        Returns
        -------
        tuple of Tag
            One per theme, applying or not, the most probable first.
        """
        unit = self._analyse(_checked(text))
        order = np.argsort(-unit.score, kind="stable")
        return tuple(self._tag(unit, int(column), 0) for column in order)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the model as a folder, whole or not at all, and return its path.

        Raises
        ------
        ModelError
            If the folder cannot be written.
        """
        return save_folder(
            path,
            kind=_KIND,
            settings={
                "taxonomy": self.taxonomy.id,
                "taxonomy_version": self.taxonomy.version,
                "themes": list(self.theme_ids),
                "exclusive": self.exclusive,
                "added_terms": sorted(map(list, self.added_terms)),
            },
            arrays=(self.relevance.to_arrays() if self.relevance else {})
            | {
                "term_weights": self.term_weights,
                "presence_weights": self.presence_weights,
                "bias": self.bias,
                "thresholds": self.thresholds,
                "prevalence": self.prevalence,
                "idf": self.index.idf,
            },
            documents={"vocabulary": self.index.to_dict(), "taxonomy": self.taxonomy.to_dict()},
        )

    # One unit of text ---------------------------------------------------------------------------------------

    def _analyse(self, text: str) -> _Unit:
        occurrences = self.index.occurrences(text)
        columns, counts, values = self.index.weigh(occurrence.term for occurrence in occurrences)
        # Sums run along axis 0, row after row, so that they do not depend on anything but this text.
        score = self.bias + (values[:, None] * self.term_weights[columns]).sum(axis=0)
        is_off_topic = self.relevance is not None and self.relevance.is_off_topic(columns, values)
        shares = dict(zip(columns.tolist(), (values / counts).tolist(), strict=True))
        places = [
            (occurrence.start, occurrence.end, occurrence.term, shares[occurrence.term]) for occurrence in occurrences
        ]
        found = self.taxonomy.find(text)
        added = [hit for hit in found if (hit.theme, hit.term) in self.added_terms]
        learned = [hit for hit in found if (hit.theme, hit.term) not in self.added_terms] if added else found
        gains = presence(learned, self._columns) * self.presence_weights
        hits = list(zip(learned, shared_among(learned, gains, self._columns), strict=True))
        score = score + gains
        if added:
            gains = self._gains_of_added_terms(presence(added, self._columns))
            hits += zip(added, shared_among(added, gains, self._columns), strict=True)
            score = score + gains
        return _Unit(text, places, hits, score, is_off_topic)

    def _applies(self, unit: _Unit) -> npt.NDArray[np.bool_]:
        if unit.unreadable(self.index):
            return np.zeros(len(self.theme_ids), dtype=np.bool_)
        applies: npt.NDArray[np.bool_] = probabilities_of(unit.score, self.exclusive) >= self.thresholds
        best = np.arange(len(self.theme_ids)) == unit.score.argmax()
        applies &= best if self.exclusive else unit.score > self.bias
        if self.relevance and unit.is_off_topic:
            judged = self.theme_ids[: self.relevance.n_themes]
            added = {hit.theme for hit, _ in unit.hits if (hit.theme, hit.term) in self.added_terms}
            applies &= [theme_id not in judged or theme_id in added for theme_id in self.theme_ids]
        return applies

    def _tag_paragraph(self, text: str, paragraph: Paragraph) -> TaggedParagraph:
        content = text[paragraph.start : paragraph.end]
        attribution = text[slice(*paragraph.attribution)] if paragraph.attribution else None
        tags: tuple[Tag, ...] = ()
        reason: str | None = "boilerplate"
        if paragraph.kind != "boilerplate":
            unit = self._analyse(content)
            columns = np.flatnonzero(self._applies(unit))
            ranked = columns[np.argsort(-unit.score[columns], kind="stable")]
            tags = tuple(self._tag(unit, int(column), paragraph.start) for column in ranked)
            none = "off topic" if unit.is_off_topic else "none of these"
            reason = None if tags else unit.unreadable(self.index) or none
        return TaggedParagraph(content, paragraph.start, paragraph.end, paragraph.kind, attribution, tags, reason)

    def _tag(self, unit: _Unit, column: int, offset: int) -> Tag:
        theme = self.taxonomy.themes[column]
        return Tag(
            theme.id,
            theme.name,
            float(probabilities_of(unit.score, self.exclusive)[column]),
            float(self.thresholds[column]),
            float(unit.score[column]),
            float(self.bias[column]),
            self._evidence(unit, column, offset),
        )

    def _evidence(self, unit: _Unit, column: int, offset: int) -> tuple[Evidence, ...]:
        """Return what each place adds to a theme's score: its terms' shares and its taxonomy terms' shares."""
        summed: dict[tuple[int, int], float] = {}
        for start, end, term, share in unit.places:
            summed[start, end] = summed.get((start, end), 0.0) + share * float(self.term_weights[term, column])
        for hit, gain in unit.hits:
            if self._columns[hit.theme] == column:
                summed[hit.start, hit.end] = summed.get((hit.start, hit.end), 0.0) + gain
        ranked = sorted((place for place in summed.items() if place[1]), key=lambda place: (-abs(place[1]), place[0]))
        return tuple(
            Evidence(unit.text[start:end], start + offset, end + offset, value) for (start, end), value in ranked
        )

    @cached_property
    def _columns(self) -> dict[str, int]:
        return {theme_id: column for column, theme_id in enumerate(self.theme_ids)}

    def _gains_of_added_terms(self, present: Floats) -> Floats:
        """Return what makes each theme, in a text with nothing else, as probable as its added terms are present."""
        gains = np.zeros(len(present))
        there = present > 0
        gains[there] = np.maximum(log_odds(np.minimum(present[there], SUREST)) - self.bias[there], 0.0)
        return gains


@dataclass(frozen=True, slots=True)
class _Unit:
    """A unit of text analysed: places of its terms with shares of TF-IDF, taxonomy terms with gains, and its scores."""

    text: str
    places: list[tuple[int, int, int, float]]
    hits: list[tuple[TermHit, float]]
    score: Floats
    is_off_topic: bool

    def unreadable(self, index: TermIndex) -> str | None:
        """Return why nothing can be said of the text, None if something can."""
        if not any(map(str.isalpha, self.text)):
            return "no known terms"
        if not looks_english(self.text, index):
            return "not English"
        return None if self.places or self.hits else "no known terms"


# Articles and models --------------------------------------------------------------------------------------


def load_tagger(path: str | os.PathLike[str] | None = None) -> Tagger:
    """Return a saved tagger, or the bundled one.

    Parameters
    ----------
    path : path-like or None, default None
        A model folder; None is the bundled model of cyberspace-governance themes.

    Returns
    -------
    Tagger

    Raises
    ------
    ModelError
        If the folder is missing, damaged, or not a tagger.
    """
    folder = _bundled_folder() if path is None else Path(path)
    stored = open_folder(folder, kind=_KIND)
    try:
        return Tagger(
            Taxonomy.from_dict(stored.documents["taxonomy"], f"{folder}: taxonomy"),
            TermIndex.from_dict(stored.documents["vocabulary"], stored.arrays["idf"]),
            stored.arrays["term_weights"],
            stored.arrays["presence_weights"],
            stored.arrays["bias"],
            stored.arrays["thresholds"],
            stored.arrays["prevalence"],
            stored.settings["exclusive"] is True,
            Relevance.from_arrays(stored.arrays),
            frozenset((theme_id, term) for theme_id, term in stored.settings["added_terms"]),
            stored.hash,
        )
    except (KeyError, OverflowError, TypeError, ValueError) as error:
        raise ModelError(
            f"{folder}: its content does not make a tagger ({error}); save or copy the model again"
        ) from error


def _bundled_folder() -> Path:
    package = Path(__file__).parent
    installed = package / "models" / BUNDLED_MODEL
    return installed if installed.is_dir() else package.parent / "models" / BUNDLED_MODEL


def _checked(text: str) -> str:
    if not isinstance(text, str):
        raise InputError(f"found {type(text).__name__}; expected a str or a Document")
    return text
