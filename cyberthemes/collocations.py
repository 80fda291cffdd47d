"""Phrases that a collection uses as one word, found by counting.

A phrase is two words or more that stand side by side far more often than their frequencies make likely, measured by
normalised pointwise mutual information (NPMI; Bouma, 2009). One function word may stand inside, as in "Belt and Road".
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from cyberthemes.lexicon import TOKENS, WordValues
from cyberthemes.numbering import NumberTable, joined_keys
from cyberthemes.terms import checked_texts, in_batches
from cyberthemes.tokens import STOP_WORDS, inflection_key

__all__ = ["learn_phrases"]

_FEWEST: Final = 5
_ONCE_IN: Final = 50_000  # words; in a large collection a phrase must stand more often
_LEAST_NPMI: Final = 0.4
_LEAST_NPMI_AROUND_AND: Final = 0.55  # "China and Russia" meet often without being one thing
_FRAGMENT: Final = 0.7  # a phrase that stands so often within one longer phrase is a piece of it
_FUNCTION_WORDS: Final = STOP_WORDS - {"thing", "things"}  # the Internet of Things
_WITHIN: Final = frozenset({"and", "of", "for", "on", "in", "the"})
_LONGEST: Final = 4
_BLANK: Final = re.compile(r"\s+")

Integers = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.int32]
Words = tuple[str, ...]


def learn_phrases(texts: Iterable[str]) -> list[str]:
    """Return the phrases of a collection, in their commonest form, the most frequent first.

    Parameters
    ----------
    texts : iterable of str
        Running text.

    Returns
    -------
    list of str
        Of two to four words. Inflected forms count as one; a phrase stands at least five times, and once in 50,000
        words.

    Examples
    --------
    >>> verbs = ["spans", "reaches", "joins", "links", "serves", "spread", "opened"]
    >>> learn_phrases(f"The Belt and Road {verb} states." for verb in verbs)
    ['Belt and Road']
    """
    reader = _Reader()
    batches = [reader.read(batch) for batch in in_batches(checked_texts(texts))]
    n_words = sum(len(batch.keys) for batch in batches)
    fewest = max(_FEWEST, n_words / _ONCE_IN)
    counts, sequences = _count_sequences(batches, list(reader.keys), fewest)
    frequent = [key for key, count in counts.items() if len(key) > 1 and count >= fewest]
    phrases = _without_fragments([key for key in frequent if _is_phrase(key, counts, n_words)], counts)
    phrases.sort(key=lambda key: (-counts[key], key))
    forms = _forms_of(set(phrases), batches, sequences, list(reader.forms))
    return [min(forms[key], key=lambda form: (-forms[key][form], form)) for key in phrases]


# Words as numbers -------------------------------------------------------------------------------------------

_OTHER, _WITHIN_ONE, _CONTENT = range(3)


@dataclass(frozen=True, slots=True, eq=False)
class _Words:
    """The words of some texts: numbers of key and form, what each may be in a phrase, and whether it follows on."""

    keys: Numbers
    forms: Numbers
    roles: Numbers
    follows: npt.NDArray[np.bool_]


class _Reader:
    """Numbers the keys and forms of words."""

    def __init__(self) -> None:
        self.keys: dict[str, int] = {}
        self.forms: dict[str, int] = {}
        self._values = WordValues(self._numbers_and_role, 3)

    def _numbers_and_role(self, word: str) -> tuple[int, int, int]:
        key = inflection_key(word)
        is_small, is_content = key in _WITHIN, _is_content(word)  # "Andes" is both, and so may be in no phrase
        role = _OTHER if is_small == is_content else _CONTENT if is_content else _WITHIN_ONE
        return self.keys.setdefault(key, len(self.keys)), self.forms.setdefault(word, len(self.forms)), role

    def read(self, batch: Sequence[str]) -> _Words:
        texts = TOKENS.scan(batch)
        keys, forms, roles = self._values.of(texts.words, texts.distinct).T.copy()
        follows = np.zeros(len(keys), dtype=np.bool_)
        follows[1:] = texts.are_parted_by(_BLANK, np.arange(1, len(keys)))
        return _Words(keys, forms, roles, follows)


@dataclass(frozen=True, slots=True, eq=False)
class _Sequences:
    """Sequences of as many words in some texts: where each ends, its number, and whether one is `_WITHIN`."""

    last: Integers
    numbers: Numbers
    has_other: npt.NDArray[np.bool_]

    def take(self, rows: Integers) -> _Sequences:
        return _Sequences(self.last.take(rows), self.numbers.take(rows), self.has_other.take(rows))


def _count_sequences(
    batches: Sequence[_Words], keys: Sequence[str], fewest: float
) -> tuple[Counter[Words], list[tuple[list[Words], list[_Sequences]]]]:
    """Return how often what may be a phrase or a part of one stands, and the frequent sequences of each length.

    A sequence is no more frequent than its beginning, so only frequent ones are looked at with one word more.
    """
    names: list[Words] = [(key,) for key in keys]
    found = []
    for batch in batches:
        content = (batch.roles == _CONTENT).nonzero()[0]
        found.append(_Sequences(content, batch.keys.take(content), np.zeros(len(content), dtype=np.bool_)))
    counts = _counts_of(names, batches, found)
    kept = [(names, found)]
    for _ in range(1, _LONGEST):
        table = NumberTable()
        longer = [_one_word_longer(batch, own, table) for batch, own in zip(batches, found, strict=True)]
        seen = sum((np.bincount(own.numbers, minlength=len(table)) for own in longer), np.zeros(len(table), np.int64))
        frequent = (seen >= fewest).nonzero()[0]
        renumbered = np.full(len(table), -1, dtype=np.int32)
        renumbered[frequent] = np.arange(len(frequent))
        names = [(*names[key >> 32], keys[key & 0xFFFFFFFF]) for key in table.keys()[frequent].tolist()]
        found = []
        for own in longer:
            own = own.take((renumbered.take(own.numbers) >= 0).nonzero()[0])
            found.append(_Sequences(own.last, renumbered.take(own.numbers), own.has_other))
        counts += _counts_of(names, batches, found)
        kept.append((names, found))
    return counts, kept


def _counts_of(names: Sequence[Words], batches: Sequence[_Words], found: Sequence[_Sequences]) -> Counter[Words]:
    """Return how often each sequence ends in a content word."""
    counts = np.zeros(len(names), dtype=np.int64)
    for batch, own in zip(batches, found, strict=True):
        complete = (batch.roles.take(own.last) == _CONTENT).nonzero()[0]
        counts += np.bincount(own.numbers.take(complete), minlength=len(names))
    return Counter(dict(zip(names, counts.tolist(), strict=True)))


def _one_word_longer(batch: _Words, sequences: _Sequences, table: NumberTable) -> _Sequences:
    """Return the sequences that go on with a content word, or with the one other that may stand inside."""
    sequences = sequences.take((sequences.last + 1 < len(batch.keys)).nonzero()[0])
    last = sequences.last + 1
    role = batch.roles.take(last)
    fits = (role == _CONTENT) | ((role == _WITHIN_ONE) & ~sequences.has_other)
    rows = (fits & batch.follows.take(last)).nonzero()[0]
    last = last.take(rows)
    numbers = table.find_or_add(joined_keys(sequences.numbers.take(rows), batch.keys.take(last)))
    return _Sequences(last, numbers, sequences.has_other.take(rows) | (role.take(rows) != _CONTENT))


def _forms_of(
    phrases: set[Words],
    batches: Sequence[_Words],
    sequences: Sequence[tuple[list[Words], list[_Sequences]]],
    forms: Sequence[str],
) -> dict[Words, Counter[str]]:
    """Return how often each phrase is written in which form."""
    counts: dict[Words, Counter[str]] = {phrase: Counter() for phrase in phrases}
    for length, (names, found) in enumerate(sequences, start=1):
        is_phrase = np.array([name in phrases for name in names], dtype=np.bool_)
        for batch, own in zip(batches, found, strict=True):
            rows = is_phrase.take(own.numbers).nonzero()[0]
            words = batch.forms.take(own.last.take(rows)[:, None] + np.arange(1 - length, 1))
            for number, written in zip(own.numbers.take(rows).tolist(), words.tolist(), strict=True):
                counts[names[number]][" ".join(map(forms.__getitem__, written))] += 1
    return counts


# What a phrase is -------------------------------------------------------------------------------------------


def _is_content(form: str) -> bool:
    is_word = len(form) > 1 and form[0].isalnum() and any(map(str.isalpha, form))
    return is_word and form.lower() not in _FUNCTION_WORDS


def _is_phrase(key: Words, counts: Counter[Words], n_words: int) -> bool:
    """Say whether each way to part a phrase in two has parts that belong together."""
    parts = [
        (key[:cut], key[cut + (key[cut] in _WITHIN) :]) for cut in range(1, len(key)) if key[cut - 1] not in _WITHIN
    ]
    least = _LEAST_NPMI_AROUND_AND if _WITHIN.intersection(key) else _LEAST_NPMI
    return all(_npmi(counts[key], counts[left], counts[right], n_words) >= least for left, right in parts)


def _without_fragments(phrases: list[Words], counts: Counter[Words]) -> list[Words]:
    pieces = {
        piece
        for phrase in phrases
        for length in range(2, len(phrase))
        for first in range(len(phrase) - length + 1)
        if counts[phrase] >= _FRAGMENT * counts[piece := phrase[first : first + length]]
    }
    return [phrase for phrase in phrases if phrase not in pieces]


def _npmi(together: int, left: int, right: int, n_words: int) -> float:
    if together == n_words:
        return 1.0
    return math.log(together * n_words / (left * right)) / math.log(n_words / together)
