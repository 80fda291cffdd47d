"""Whether texts are English: their script, their function words, and the words that a vocabulary knows."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from cyberthemes.lexicon import ATOMS, ScannedTexts, WordValues
from cyberthemes.terms import TermIndex
from cyberthemes.tokens import STOP_WORDS, package_data

__all__ = ["EnglishTest"]

Bools = npt.NDArray[np.bool_]
# Function words of English, and of other languages; each list leaves out what the other side uses too, such as "in".
_FUNCTION_WORDS: Final[dict[str, list[str]]] = package_data("function_words.json")
_ENGLISH: Final = frozenset(_FUNCTION_WORDS["english"])
_FOREIGN: Final = frozenset(_FUNCTION_WORDS["foreign"])
_ENOUGH_WORDS: Final = 12
_FEWEST_STOP_WORDS: Final = 0.15
_FEWEST_KNOWN_WORDS: Final = 0.5


class EnglishTest:
    """Tells whether texts look English: by script, by function words, and by the words that an index knows.

    Parameters
    ----------
    index : TermIndex
        An English vocabulary.

    Examples
    --------
    >>> from cyberthemes import load_tagger
    >>> test = EnglishTest(load_tagger().index)
    >>> is_english, has_letters = test(ATOMS.scan(["The law of the land.", "La loi et le droit.", "1914"]))
    >>> is_english.tolist(), has_letters.tolist()
    ([True, False, True], [True, True, False])
    """

    def __init__(self, index: TermIndex) -> None:
        self._index = index
        self._values = WordValues(self._traits, 8)

    def _traits(self, word: str) -> tuple[int, ...]:
        """Return whether it has letters, has nothing else, how many, how many ASCII ones, and what lists it is in."""
        if not word.isalpha():
            return any(map(str.isalpha, word)), *(0,) * 7
        lower = word.lower()
        is_stop_word = lower in STOP_WORDS
        n_ascii = sum(map(str.isascii, word))
        is_known = not is_stop_word and self._index.analyzer.word_key(lower) in self._index
        return 1, 1, len(word), n_ascii, lower in _ENGLISH, lower in _FOREIGN, is_stop_word, is_known

    def __call__(self, texts: ScannedTexts) -> tuple[Bools, Bools]:
        """Return which texts look English, and which hold a letter at all.

        Parameters
        ----------
        texts : ScannedTexts

        Returns
        -------
        is_english : ndarray of bool, shape (n_texts,)
            False only on evidence: another script, more function words of other languages than of English, or, from
            twelve words on, few function words and few known ones.
        has_letters : ndarray of bool, shape (n_texts,)
        """
        texts = texts.under(ATOMS)
        traits = self._values.of(texts.words, texts.distinct)
        filled = np.flatnonzero(np.diff(texts.first))
        sums = np.zeros((len(texts), traits.shape[1]), dtype=np.int64)
        sums[filled] = np.add.reduceat(traits, texts.first.take(filled), axis=0, dtype=np.int64) if len(filled) else 0
        n_lettered, n_words, n_letters, n_ascii, n_english, n_foreign, n_stop, n_known = sums.T
        in_latin_script = n_ascii >= 0.5 * n_letters
        usual = (n_words < _ENOUGH_WORDS) | (n_stop >= _FEWEST_STOP_WORDS * n_words)
        known = n_known + n_stop >= _FEWEST_KNOWN_WORDS * n_words
        return in_latin_script & (n_foreign <= n_english) & (usual | known), n_lettered > 0
