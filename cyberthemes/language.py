"""Whether a text is English: its script, its function words, and the words that a vocabulary knows."""

from __future__ import annotations

from typing import Final

from cyberthemes.terms import TermIndex
from cyberthemes.tokens import STOP_WORDS, atoms, package_data

__all__ = ["looks_english"]

# Function words of English, and of other languages; each list leaves out what the other side uses too, such as "in".
_FUNCTION_WORDS: Final[dict[str, list[str]]] = package_data("function_words.json")
_ENGLISH: Final = frozenset(_FUNCTION_WORDS["english"])
_FOREIGN: Final = frozenset(_FUNCTION_WORDS["foreign"])
_ENOUGH_WORDS: Final = 12
_FEWEST_STOP_WORDS: Final = 0.15
_FEWEST_KNOWN_WORDS: Final = 0.5


def looks_english(text: str, index: TermIndex) -> bool:
    """Return whether a text looks English: by its script, its function words, and the words that an index knows.

    Parameters
    ----------
    text : str
        One unit of text.
    index : TermIndex
        An English vocabulary.

    Returns
    -------
    bool
        False only on evidence: another script, more function words of other languages than of English, or, from twelve
        words on, few function words and few known ones.
    """
    words = [word for word, _, _ in atoms(text) if word.isalpha()]
    lower = [word.lower() for word in words]
    letters = sum(map(len, words))
    if sum(len(word) for word in words if word.isascii()) < 0.5 * letters:
        return False
    if sum(word in _FOREIGN for word in lower) > sum(word in _ENGLISH for word in lower):
        return False
    n_stop = sum(word in STOP_WORDS for word in lower)
    if len(words) < _ENOUGH_WORDS or n_stop >= _FEWEST_STOP_WORDS * len(words):
        return True
    n_known = sum(any(key in index for key in index.analyzer(word)) for word in lower if word not in STOP_WORDS)
    return n_known + n_stop >= _FEWEST_KNOWN_WORDS * len(words)
