"""Phrases that a collection uses as one word, found by counting.

A phrase is two words or more that stand side by side far more often than their frequencies make likely, measured by
normalised pointwise mutual information (NPMI; Bouma, 2009). One function word may stand inside, as in "Belt and Road".
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from cyberthemes.terms import checked_texts
from cyberthemes.tokens import STOP_WORDS, inflection_key, tokenize

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
    counts: Counter[Words] = Counter()
    forms: dict[Words, Counter[str]] = {}
    n_words = 0
    for text in checked_texts(texts):
        for run in _runs(text):
            n_words += len(run)
            for first, last in _candidates(run):
                key = tuple(word[0] for word in run[first : last + 1])
                counts[key] += 1
                if last > first:
                    forms.setdefault(key, Counter())[" ".join(word[1] for word in run[first : last + 1])] += 1
    fewest = max(_FEWEST, n_words / _ONCE_IN)
    frequent = {key: count for key, count in counts.items() if len(key) > 1 and count >= fewest}
    phrases = _without_fragments([key for key in frequent if _is_phrase(key, counts, n_words)], counts)
    phrases.sort(key=lambda key: (-frequent[key], key))
    return [min(forms[key], key=lambda form: (-forms[key][form], form)) for key in phrases]


def _runs(text: str) -> Iterator[list[tuple[str, str]]]:
    """Yield the key and form of words that stand side by side, with nothing but a blank between."""
    run: list[tuple[str, str]] = []
    end = 0
    for token in tokenize(text):
        if run and not _BLANK.fullmatch(text, end, token.start):
            yield run
            run = []
        run.append((inflection_key(token.text), token.text))
        end = token.end
    if run:
        yield run


def _candidates(run: list[tuple[str, str]]) -> Iterator[tuple[int, int]]:
    """Yield the first and last position of words and of what may be a phrase: content words, one other inside."""
    fits = [_is_content(form) for _, form in run]
    for first in range(len(run)):
        if not fits[first]:
            continue
        others = 0
        for last in range(first, min(first + _LONGEST, len(run))):
            if fits[last]:
                yield first, last
            elif run[last][0] in _WITHIN and not others:
                others += 1
            else:
                break


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
