"""The scores of texts, and what they are made of: which place in a text adds how much to which theme.

Many texts are scored at once, in the arithmetic that each would have alone: a text's terms are added up in an order
that depends on these terms alone, and nothing of another text takes part.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from cyberthemes.calibration import log_odds
from cyberthemes.lexicon import ATOMS, ScannedTexts
from cyberthemes.numbering import ranges
from cyberthemes.phrases import SharedPhrases
from cyberthemes.presence import SUREST, presence, shared_among
from cyberthemes.results import EvidencePieces
from cyberthemes.taxonomy import Taxonomy, TermHits
from cyberthemes.terms import TermIndex, TermPlaces, TermRows

__all__ = ["ScoredTexts", "Scorer"]

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
_ROWS_AT_ONCE: Final = 2048  # terms' weights for all themes, which then stay in a processor's cache


@dataclass(frozen=True, eq=False)
class Scorer:
    """What a tagger has learned, put to work on texts.

    Attributes
    ----------
    taxonomy : Taxonomy
    index : TermIndex
    term_weights : ndarray of float32, shape (n_terms, n_themes)
    presence_weights : ndarray of float32, shape (n_themes,)
    bias : ndarray of float64, shape (n_themes,)
        See `cyberthemes.tagging.Tagger`.
    is_added : ndarray of bool, shape (n_taxonomy_terms,)
        Whether each term of the taxonomy was added after learning.
    """

    taxonomy: Taxonomy
    index: TermIndex
    term_weights: npt.NDArray[np.float32]
    presence_weights: npt.NDArray[np.float32]
    bias: Floats
    is_added: Bools

    def score(self, texts: Sequence[str]) -> ScoredTexts:
        """Return the scores of some texts, each taken as one unit."""
        scanned = ATOMS.scan(texts)
        phrases_of_index, phrases_of_taxonomy = self._phrases.find_in(scanned)
        places = self.index.places(scanned, phrases_of_index)
        rows = self.index.weigh(places.texts, places.terms, len(texts))
        scores = self.bias + self._gains_of_terms(rows)
        found = self.taxonomy.find_in(scanned, phrases_of_taxonomy)
        added = self.is_added.take(found.terms)
        hits, gains = found, np.zeros(len(found))
        for these, amounts_of in ((~added, self._gains_of_presence), (added, self._gains_of_added)):
            if these.any():
                hits = found.take(np.flatnonzero(these))
                amounts = amounts_of(presence(hits, *scores.shape))
                gains[these] = shared_among(hits, amounts)
                scores += amounts
        return ScoredTexts(scanned, places, rows, found, gains, scores, self.term_weights)

    @cached_property
    def _phrases(self) -> SharedPhrases:
        return SharedPhrases(self.index.analyzer.matcher, self.taxonomy.matcher)

    def _gains_of_terms(self, rows: TermRows) -> Floats:
        """Return what the terms of each text add to each theme's score, shape (n_texts, n_themes)."""
        gains = np.zeros((len(rows.indptr) - 1, len(self.bias)))
        filled = np.flatnonzero(np.diff(rows.indptr))
        firsts = rows.indptr.take(filled)
        for block in np.split(filled, np.flatnonzero(np.diff(firsts // _ROWS_AT_ONCE)) + 1) if len(filled) else ():
            first, end = rows.indptr[block[0]], rows.indptr[block[-1] + 1]
            weights = self.term_weights.take(rows.indices[first:end], axis=0) * rows.data[first:end, None]
            gains[block] = np.add.reduceat(weights, rows.indptr.take(block) - first, axis=0)
        return gains

    def _gains_of_presence(self, present: Floats) -> Floats:
        gains: Floats = present * self.presence_weights
        return gains

    def _gains_of_added(self, present: Floats) -> Floats:
        """Return what makes each theme, in a text with nothing else, as probable as its added terms are present."""
        is_there = present > 0
        gains = np.maximum(log_odds(np.minimum(np.where(is_there, present, 0.5), SUREST)) - self.bias, 0.0)
        return np.where(is_there, gains, 0.0)


@dataclass(frozen=True, eq=False)
class ScoredTexts:
    """Texts with their scores and all that adds to them.

    Attributes
    ----------
    texts : ScannedTexts
    places : TermPlaces
    rows : TermRows
    hits : TermHits
    gains : ndarray of float64, shape (n_hits,)
        What each hit adds to its theme's score.
    scores : ndarray of float64, shape (n_texts, n_themes)
    term_weights : ndarray of float32, shape (n_terms, n_themes)
    """

    texts: ScannedTexts
    places: TermPlaces
    rows: TermRows
    hits: TermHits
    gains: Floats
    scores: Floats
    term_weights: npt.NDArray[np.float32]

    def has_known_terms(self) -> Bools:
        """Return which texts hold a term of the vocabulary or of the taxonomy."""
        known = np.diff(self.rows.indptr) > 0
        known[self.hits.texts] = True
        return known

    def evidence(self, texts: Integers, themes: Integers, offsets: Sequence[int]) -> Iterator[EvidencePieces]:
        """Yield what each place adds to the score of some themes of some texts.

        Parameters
        ----------
        texts, themes : ndarray of int64, shape (n_tags,)
            The number of the text, and the theme's column.
        offsets : sequence of int
            What to add to places in each text.

        Yields
        ------
        EvidencePieces
            One a tag.
        """
        parts = self._shares_of_terms(texts, themes), self._shares_of_hits(texts, themes)
        lengths = [np.bincount(tags, minlength=len(texts)) for tags, *_ in parts]
        bounds = np.concatenate([[0], np.cumsum(sum(lengths))])
        starts, ends = np.empty((2, bounds[-1]), dtype=np.int64)
        gains = np.empty(bounds[-1])
        first = bounds[:-1]
        for (tags, *places), length in zip(parts, lengths, strict=True):
            at = np.arange(len(tags)) + (first - np.cumsum(length) + length).take(tags)
            starts[at], ends[at], gains[at] = places
            first = first + length
        shifts = np.repeat(np.array(offsets, dtype=np.int64) - self.texts.text_starts.take(texts), np.diff(bounds))
        starts += shifts
        ends += shifts
        cuts = bounds.tolist()
        for number, (text, offset) in enumerate(zip(texts.tolist(), offsets, strict=True)):
            own = [array[cuts[number] : cuts[number + 1]].tobytes() for array in (starts, ends, gains)]
            yield EvidencePieces(self.texts.texts[text], offset, *own)

    def _shares_of_terms(self, texts: Integers, themes: Integers) -> tuple[Integers, Integers, Integers, Floats]:
        """Return the tag, place and gain of each term that stands in the text of a tag."""
        by_term = (self.places.texts * len(self.term_weights) + self.places.terms).argsort(kind="stable")
        shares = np.repeat(self.rows.data / self.rows.counts, self.rows.counts)
        n_places = np.bincount(self.places.texts, minlength=len(self.texts))
        tags, place = ranges((np.cumsum(n_places) - n_places).take(texts), n_places.take(texts))
        shares, place = shares.take(place), by_term.take(place)
        gains = shares * self.term_weights[self.places.terms.take(place), themes.take(tags)]
        return tags, self.places.starts.take(place), self.places.ends.take(place), gains

    def _shares_of_hits(self, texts: Integers, themes: Integers) -> tuple[Integers, Integers, Integers, Floats]:
        """Return the tag, place and gain of each of the theme's own terms that stands in the text of a tag."""
        n_themes = self.scores.shape[1]
        cells = self.hits.texts * n_themes + self.hits.themes
        by_cell = cells.argsort(kind="stable")
        cells, wanted = cells.take(by_cell), texts * n_themes + themes
        first = cells.searchsorted(wanted)
        tags, hit = ranges(first, cells.searchsorted(wanted, side="right") - first)
        hit = by_cell.take(hit)
        return tags, self.hits.starts.take(hit), self.hits.ends.take(hit), self.gains.take(hit)
