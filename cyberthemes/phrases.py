"""Multiword terms found in text by longest match, whatever their case, inflection, hyphens, quotes or line breaks.

A phrase is compiled to a sequence of keys, one per atom (see `cyberthemes.tokens.atoms`), and the sequences form a
trie. A word written in capitals, such as "AI" or "U.S.", is an acronym: its key matches only capitals, so that "IT"
does not find "it". Every other key is an `inflection_key`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from cyberthemes.errors import InputError
from cyberthemes.tokens import atoms, inflection_key

__all__ = ["PhraseMatch", "PhraseMatcher", "checked_words", "keep_longest", "phrase_keys"]

# What may stand between two words of a phrase: a possessive ending, quotes, then white space or one hyphen.
_GAP: Final = re.compile(r"(?:['’][sS]\b)?[\"“”'‘’«»]*+(?:\s+|\s*[-‐‑–/]\s*)?[\"“”'‘’«»]*")
_ACRONYM: Final = re.compile(r"([A-Z]{2,})s?|((?:[A-Z]\.){2,})")
_END: Final = ""


@dataclass(frozen=True, slots=True)
class PhraseMatch:
    """A phrase as found: its place in the list of phrases, and ``text[start:end]``."""

    phrase: int
    start: int
    end: int


class PhraseMatcher:
    r"""Finds phrases of a fixed list.

    Parameters
    ----------
    phrases : sequence of str
        Phrases of one or more words; a phrase's position is its id. Two that have the same keys
        ("data flow", "Data Flows") are one phrase, with the first one's id.

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
        self._trie: dict[str, Any] = {}
        for number, phrase in enumerate(self.phrases):
            node = self._trie
            for key in phrase_keys(phrase):
                node = node.setdefault(key, {})
            node.setdefault(_END, number)

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
        parts = [(_text_keys(word), start, end) for word, start, end in atoms(text)]
        found: list[PhraseMatch] = []
        for first, (keys, start, _) in enumerate(parts):
            nodes = [self._trie[key] for key in keys if key in self._trie]
            position = first
            while nodes:
                found += [PhraseMatch(node[_END], start, parts[position][2]) for node in nodes if _END in node]
                position += 1
                if position == len(parts) or not _GAP.fullmatch(text, parts[position - 1][2], parts[position][1]):
                    break
                nodes = [node[key] for node in nodes for key in parts[position][0] if key in node]
        return found

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
        return keep_longest(self.find_all(text))


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


def keep_longest(matches: Iterable[PhraseMatch]) -> list[PhraseMatch]:
    """Return the leftmost longest matches among some, without overlap.

    Parameters
    ----------
    matches : iterable of PhraseMatch
        In any order.

    Returns
    -------
    list of PhraseMatch
        In the order of the text.
    """
    kept: list[PhraseMatch] = []
    for match in sorted(matches, key=lambda match: (match.start, -match.end)):
        if not kept or match.start >= kept[-1].end:
            kept.append(match)
    return kept


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
    keys = tuple(_text_keys(word)[0] for word, _, _ in atoms(phrase))
    if not keys:
        raise InputError(f"phrase {phrase!r} has no word; expected letters or digits")
    return keys


@lru_cache(maxsize=1 << 17)
def _text_keys(word: str) -> tuple[str, ...]:
    """Return the keys that a word of a text can match: as an acronym first, then in any case."""
    acronym = _ACRONYM.fullmatch(word)
    if acronym is None:
        return (inflection_key(word),)
    return ("=" + (acronym[1] or acronym[2].replace(".", "")), inflection_key(word))
