"""Seeds: words that anchor named topics, from a taxonomy's themes or from plain lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cyberthemes.errors import InputError
from cyberthemes.taxonomy import Taxonomy
from cyberthemes.terms import TermIndex

__all__ = ["Seed", "read_seeds", "seed_targets"]


@dataclass(frozen=True, slots=True)
class Seed:
    """What anchors one topic: an id that stays, a label, and words with weights above 0 and up to 1."""

    id: str
    label: str
    words: tuple[tuple[str, float], ...]


def read_seeds(seeds: Taxonomy | Mapping[str, Sequence[str]] | None) -> tuple[Seed, ...]:
    """Return the seeds of a taxonomy, one a theme, or of lists of words by topic id.

    Parameters
    ----------
    seeds : Taxonomy, mapping of str to sequence of str, or None

    Returns
    -------
    tuple of Seed
        In the order given; none for None.

    Raises
    ------
    InputError
        If it is neither, or a topic has no words.
    """
    if seeds is None:
        return ()
    if isinstance(seeds, Taxonomy):
        return tuple(
            Seed(theme.id, theme.name, tuple((term.text, term.weight) for term in theme.terms))
            for theme in seeds.themes
        )
    if not isinstance(seeds, Mapping):
        raise InputError(f"seeds: found {type(seeds).__name__}; expected a Taxonomy or a dict of topic id to words")
    return tuple(Seed(_checked_id(topic), str(topic), _checked_words(topic, words)) for topic, words in seeds.items())


def _checked_id(topic: Any) -> str:
    if not isinstance(topic, str) or not topic:
        raise InputError(f"seeds: topic id {topic!r}; expected a str")
    return topic


def _checked_words(topic: str, words: Any) -> tuple[tuple[str, float], ...]:
    if isinstance(words, str) or not isinstance(words, Sequence) or not words:
        raise InputError(f"seeds: topic {topic!r} has {words!r}; expected a list of one word or more")
    for word in words:
        if not isinstance(word, str) or not word.strip():
            raise InputError(f"seeds: topic {topic!r} has the word {word!r}; expected a str that is not blank")
    return tuple((word, 1.0) for word in words)


def seed_targets(seeds: Sequence[Seed], index: TermIndex) -> tuple[npt.NDArray[np.float32], dict[str, tuple[str, ...]]]:
    """Return where each seed's topic is anchored, and which of its words the vocabulary lacks.

    Parameters
    ----------
    seeds : sequence of Seed
    index : TermIndex

    Returns
    -------
    targets : ndarray of float32, shape (n_seeds, n_terms)
        The words' weights times their inverse document frequencies, each row of Euclidean length 1; zeros for a seed
        with no known word.
    missing : dict of str to tuple of str
        Words without a term, by topic id; only topics that lack any.
    """
    targets = np.zeros((len(seeds), len(index)), dtype=np.float32)
    missing: dict[str, tuple[str, ...]] = {}
    for row, seed in enumerate(seeds):
        lacking = []
        for word, weight in seed.words:
            column = _column(word.strip(), index)
            if column is None:
                lacking.append(word)
            else:
                targets[row, column] = max(targets[row, column], weight * index.idf[column])
        if lacking:
            missing[seed.id] = tuple(lacking)
    lengths = np.linalg.norm(targets, axis=1, keepdims=True)
    targets /= np.where(lengths > 0, lengths, 1)
    return targets, missing


def _column(word: str, index: TermIndex) -> int | None:
    """Return the term that a whole word or phrase is; the words of an unknown phrase would mean something else."""
    whole = (found.term for found in index.occurrences(word) if (found.start, found.end) == (0, len(word)))
    return min(whole, default=None)  # a phrase's key sorts first: the acronym AI before the word
