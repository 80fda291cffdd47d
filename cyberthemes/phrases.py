"""Multiword terms found in text by longest match, whatever their case, inflection, hyphens, quotes or line breaks.

A phrase is compiled to a sequence of keys, one per atom (see `cyberthemes.tokens.atoms`), and the sequences form a
trie. A word written in capitals, such as "AI" or "U.S.", is an acronym: its key matches only capitals, so that "IT"
does not find "it". Every other key is an `inflection_key`. Keys and nodes of the trie are numbers, and all words of
many texts walk down it together, so that thousands of phrases cost little more than a few.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from cyberthemes.errors import InputError
from cyberthemes.lexicon import ATOMS, ScannedTexts, WordValues
from cyberthemes.numbering import Trie
from cyberthemes.tokens import atoms, inflection_key

__all__ = [
    "PhraseMatch",
    "PhraseMatcher",
    "PhraseMatches",
    "SharedPhrases",
    "checked_words",
    "longest_of",
    "longest_rows",
    "phrase_keys",
]

Integers = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.int32]
# What may stand between two words of a phrase: a possessive ending, quotes, then white space or one hyphen.
_GAP: Final = re.compile(r"(?:['’][sS]\b)?[\"“”'‘’«»]*+(?:\s+|\s*[-‐‑–/]\s*)?[\"“”'‘’«»]*")
_ROUNDS: Final = 3  # after which hardly any match is undecided
_ACRONYM: Final = re.compile(r"([A-Z]{2,})s?|((?:[A-Z]\.){2,})")


@dataclass(frozen=True, slots=True)
class PhraseMatch:
    """A phrase as found: its place in the list of phrases, and ``text[start:end]``."""

    phrase: int
    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class PhraseMatches:
    """Phrases as found in scanned texts.

    Attributes
    ----------
    phrases : ndarray of int32, shape (n_matches,)
        The place of each in the list of phrases.
    first, last : ndarray of int64, shape (n_matches,)
        Its first and last word among all words of the texts: ``texts.text_of(first)`` says in which text it stands, and
        ``texts.starts[first]`` and ``texts.ends[last]`` where in the joined texts.
    """

    phrases: Numbers
    first: Integers
    last: Integers

    def take(self, rows: Integers) -> PhraseMatches:
        """Return some of the matches."""
        return PhraseMatches(self.phrases.take(rows), self.first.take(rows), self.last.take(rows))


class PhraseMatcher:
    r"""Finds phrases of a fixed list.

    Parameters
    ----------
    phrases : sequence of str
        Phrases of one or more words; a phrase's position is its id. Two that have the same keys
        ("data flow", "Data Flows") are one phrase, with the first one's id.

    Attributes
    ----------
    phrases : tuple of str
    keys : list of tuple of str
        The `phrase_keys` of each.

    Raises
    ------
    InputError
        If a phrase has no word.

    Examples
    --------
    >>> matcher = PhraseMatcher(["Belt and Road", "data flow", "AI"])
    >>> text = "Cross-border data flows along the “Belt and\nRoad”; no aid for AI."
    >>> [text[match.start : match.end] for match in matcher.find(text)]
    ['data flows', 'Belt and\nRoad', 'AI']
    """

    def __init__(self, phrases: Sequence[str]) -> None:
        self.phrases = checked_words("phrases", phrases)
        self.keys = [phrase_keys(phrase) for phrase in self.phrases]
        self._begins = WordValues(self._begins_phrase)
        self._ways = WordValues(self._nodes_and_keys, 4)

    @cached_property
    def _trie(self) -> Trie:
        return Trie(self.keys)

    def _nodes_and_keys(self, word: str) -> tuple[int, int, int, int]:
        """Return where a word leads from the root, and its keys: as an acronym, then in any case."""
        acronym, plain, trie = _acronym_key(word), inflection_key(word), self._trie
        return trie.node(acronym), trie.node(plain), trie.number(acronym), trie.number(plain)

    def _begins_phrase(self, word: str) -> bool:
        return max(self._nodes_and_keys(word)[:2]) >= 0

    def find_in(self, texts: ScannedTexts) -> PhraseMatches:
        """Return every match in many texts, overlapping and nested ones too, in any order.

        Parameters
        ----------
        texts : ScannedTexts
            By `cyberthemes.lexicon.ATOMS`.

        Returns
        -------
        PhraseMatches

        Raises
        ------
        InputError
            If the texts were scanned by another rule.
        """
        if texts.rule is not ATOMS:
            raise InputError(f"texts scanned by {texts.rule.name}; expected ATOMS, the words that phrases are made of")
        first = self._begins.of(texts.words, texts.distinct).nonzero()[0]
        begun = self._ways.of(texts.words.take(first), texts.distinct)[:, :2]
        place, node = _known(begun)
        first = first.take(place)
        last, found = first, [(node[:0], first[:0], first[:0])]
        while len(first):
            phrase = self._trie.sequence_at.take(node)
            complete = (phrase >= 0).nonzero()[0]
            found.append((phrase.take(complete), first.take(complete), last.take(complete)))
            going_on = (self._trie.goes_on.take(node) & (last + 1 < len(texts.words))).nonzero()[0]
            first, last, node = first.take(going_on), last.take(going_on) + 1, node.take(going_on)
            keys = self._ways.of(texts.words.take(last), texts.distinct)[:, 2:]
            place, key = _known(keys)
            node = self._trie.step(node.take(place), key)
            place, node = place.compress(node >= 0), node.compress(node >= 0)
            follows = texts.are_parted_by(_GAP, last.take(place)).nonzero()[0]
            place, node = place.take(follows), node.take(follows)
            first, last = first.take(place), last.take(place)
        return PhraseMatches(*map(np.concatenate, zip(*found, strict=True)))

    def find_all(self, text: str) -> list[PhraseMatch]:
        """Return every match, overlapping and nested ones too, by start and then end.

        Parameters
        ----------
        text : str
            Any text.

        Returns
        -------
        list of PhraseMatch
        """
        texts = _scanned(text)
        found = self.find_in(texts)
        return _records(texts, found.take(np.lexsort((found.last, found.first))))

    def find(self, text: str) -> list[PhraseMatch]:
        """Return the longest match at each place, from left to right, without overlap.

        Parameters
        ----------
        text : str
            Any text.

        Returns
        -------
        list of PhraseMatch
        """
        texts = _scanned(text)
        return _records(texts, longest_of(self.find_in(texts)))


def _scanned(text: str) -> ScannedTexts:
    if not isinstance(text, str):
        raise InputError(f"found {type(text).__name__}; expected str")
    return ATOMS.scan([text])


def _known(ways: Numbers) -> tuple[Integers, Numbers]:
    """Return the row and the value of all numbers from 0 up, those of the first column first."""
    rows = [(column >= 0).nonzero()[0] for column in ways.T]
    values = [column.take(known) for column, known in zip(ways.T, rows, strict=True)]
    return np.concatenate(rows), np.concatenate(values)


def _records(texts: ScannedTexts, found: PhraseMatches) -> list[PhraseMatch]:
    starts, ends = texts.starts.take(found.first), texts.ends.take(found.last)
    return list(map(PhraseMatch, found.phrases.tolist(), starts.tolist(), ends.tolist()))


class SharedPhrases:
    """The phrases of several matchers, which are looked for in one go.

    Parameters
    ----------
    *matchers : PhraseMatcher

    Examples
    --------
    >>> shared = SharedPhrases(PhraseMatcher(["data law"]), PhraseMatcher(["law", "data law"]))
    >>> [sorted(found.phrases.tolist()) for found in shared.find_in(ATOMS.scan(["The data law."]))]
    [[0], [0, 1]]
    """

    def __init__(self, *matchers: PhraseMatcher) -> None:
        self._all = PhraseMatcher([phrase for matcher in matchers for phrase in matcher.phrases])
        ids = {keys: number for number, keys in reversed(list(enumerate(self._all.keys)))}
        self._own = [np.full(len(self._all.keys), -1, dtype=np.int32) for _ in matchers]
        for matcher, own in zip(matchers, self._own, strict=True):
            for number, keys in reversed(list(enumerate(matcher.keys))):
                own[ids[keys]] = number

    def find_in(self, texts: ScannedTexts) -> list[PhraseMatches]:
        """Return what each matcher's `PhraseMatcher.find_in` would."""
        found = self._all.find_in(texts)
        matches = []
        for own in self._own:
            numbers = own.take(found.phrases)
            rows = (numbers >= 0).nonzero()[0]
            matches.append(PhraseMatches(numbers.take(rows), found.first.take(rows), found.last.take(rows)))
        return matches


def checked_words(name: str, words: Iterable[str]) -> tuple[str, ...]:
    """Return a setting that lists words, refusing a lone str, whose letters would be taken for words.

    Raises
    ------
    InputError
        If ``words`` is no list of str; the message calls it ``name``.
    """
    if isinstance(words, str) or not isinstance(words, Iterable):
        raise InputError(f"{name}={words!r}; expected a list of str: put it in a list")
    found = tuple(words)
    for word in found:
        if not isinstance(word, str):
            raise InputError(f"{name}: found {type(word).__name__}; expected str")
    return found


def longest_of(matches: PhraseMatches) -> PhraseMatches:
    """Return the leftmost longest matches among some, without overlap and in order."""
    return matches.take(longest_rows(matches.first, matches.last, np.zeros_like(matches.first)))


def longest_rows(first: Integers, last: Integers, groups: Integers) -> Integers:
    """Return the leftmost longest of some spans of words, without overlap within each group.

    Parameters
    ----------
    first, last : ndarray of int64, shape (n_spans,)
        The first and the last word.
    groups : ndarray of int64, shape (n_spans,)
        From 0 up.

    Returns
    -------
    ndarray of int64
        Which spans are kept, by group and place.
    """
    width, lengths = last.max(initial=0) + 1, last - first
    starts, ends = groups * width + first, groups * width + last
    order = (starts * (lengths.max(initial=0) + 1) - lengths).argsort(kind="stable")
    starts, ends = starts.take(order), ends.take(order)
    is_kept = np.zeros(len(order), dtype=np.bool_)
    rest = np.arange(len(order))
    for _ in range(_ROUNDS):
        # What overlaps none before is kept, and what overlaps it is dropped.
        rest_starts, rest_ends = starts.take(rest), ends.take(rest)
        leads = np.append(True, rest_starts[1:] > np.maximum.accumulate(rest_ends)[:-1])[: len(rest)]
        is_kept[rest.compress(leads)] = True
        rest = rest.compress(rest_starts > rest_ends.compress(leads).take(np.cumsum(leads) - 1))
    end = -1
    for row, start, row_end in zip(rest.tolist(), starts[rest].tolist(), ends[rest].tolist(), strict=True):
        is_kept[row] = start > end
        end = row_end if start > end else end
    longest: Integers = order[is_kept]
    return longest


@lru_cache(maxsize=1 << 14)
def phrase_keys(phrase: str) -> tuple[str, ...]:
    """Return the keys by which a phrase is known; phrases with equal keys are one phrase.

    Parameters
    ----------
    phrase : str
        One word or more.

    Returns
    -------
    tuple of str
        One key per atom.

    Raises
    ------
    InputError
        If the phrase has no word.

    Examples
    --------
    >>> phrase_keys("AI-driven chips")
    ('=AI', 'driven', 'chip')
    """
    if phrase.islower() and phrase.isascii() and phrase.replace(" ", "").isalpha():  # as most are: tell soon
        return tuple(map(inflection_key, phrase.split()))
    keys = tuple(_acronym_key(word) or inflection_key(word) for word, _, _ in atoms(phrase))
    if not keys:
        raise InputError(f"phrase {phrase!r} has no word; expected letters or digits")
    return keys


def _acronym_key(word: str) -> str:
    """Return the key of a word in capitals, such as "AI", "AIs" or "A.I.", and an empty string for any other word."""
    acronym = _ACRONYM.fullmatch(word)
    return "=" + (acronym[1] or acronym[2].replace(".", "")) if acronym else ""
