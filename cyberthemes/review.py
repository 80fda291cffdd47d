"""A taxonomy put to work: how often its terms are found, whether its examples hold, and guards that guard nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from cyberthemes.lexicon import ATOMS
from cyberthemes.phrases import phrase_keys
from cyberthemes.taxonomy import Taxonomy
from cyberthemes.terms import checked_texts, counted, in_batches

__all__ = ["ExampleFailure", "IdleGuard", "TermUse", "check_examples", "check_guards", "check_terms"]


@dataclass(frozen=True, slots=True)
class TermUse:
    """In how many texts a theme's term was found, with its guards satisfied."""

    theme: str
    term: str
    texts: int

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dict of plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class ExampleFailure:
    """An example sentence that does not hold.

    ``expected`` is "match" or "no match"; ``found`` lists the theme's terms found in the sentence.
    """

    theme: str
    sentence: str
    expected: Literal["match", "no match"]
    found: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dict of plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class IdleGuard:
    """A guard that is found wherever its term is: a need that always holds, or an exception that always applies.

    Inflected forms count as one word, so "acting" is found in "act".
    """

    theme: str
    term: str
    guard: str
    effect: Literal["always holds", "never lets the term count"]

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dict of plain values."""
        return asdict(self)


def check_terms(taxonomy: Taxonomy, texts: Iterable[str]) -> list[TermUse]:
    """Return how many texts hold each term of a taxonomy; a term that is never found has 0.

    Parameters
    ----------
    taxonomy : Taxonomy
    texts : iterable of str
        Paragraphs, since guards look at one paragraph.

    Returns
    -------
    list of TermUse
        Themes in column order, terms by falling count.
    """
    terms = taxonomy.terms()
    counts = np.zeros(len(terms), dtype=np.int64)
    for batch in in_batches(checked_texts(texts)):
        hits = taxonomy.find_in(ATOMS.scan(batch))
        _, found, _ = counted(hits.texts, hits.terms, len(terms))
        counts += np.bincount(found, minlength=len(terms))
    columns = np.array([taxonomy.theme_ids.index(theme.id) for theme, _ in terms])
    order = np.lexsort((-counts, columns))
    return [TermUse(terms[row][0].id, terms[row][1].text, int(counts[row])) for row in order]


def check_examples(taxonomy: Taxonomy) -> list[ExampleFailure]:
    """Return the example sentences of a taxonomy that do not hold: no term in a ``match``, or one in a ``no_match``.

    Parameters
    ----------
    taxonomy : Taxonomy

    Returns
    -------
    list of ExampleFailure
        Empty if all hold.
    """
    examples = [(theme.id, sentence, True) for theme in taxonomy.themes for sentence in theme.match]
    examples += [(theme.id, sentence, False) for theme in taxonomy.themes for sentence in theme.no_match]
    tried = (
        (theme_id, sentence, should_match, _found(taxonomy, theme_id, sentence))
        for theme_id, sentence, should_match in examples
    )
    return [
        ExampleFailure(theme_id, sentence, "match" if should_match else "no match", found)
        for theme_id, sentence, should_match, found in tried
        if bool(found) != should_match
    ]


def check_guards(taxonomy: Taxonomy) -> list[IdleGuard]:
    """Return the guards of a taxonomy that are found in their own term, and so do nothing or too much.

    Parameters
    ----------
    taxonomy : Taxonomy

    Returns
    -------
    list of IdleGuard
        Empty if there are none.
    """
    terms = taxonomy.terms()
    texts = ATOMS.scan([term.text for _, term in terms])
    matches = taxonomy.matcher.find_in(texts)
    found = zip(texts.text_of(matches.first).tolist(), matches.phrases.tolist(), strict=True)
    keys_in_terms = {(number, taxonomy.matcher.keys[phrase]) for number, phrase in found}
    return [
        IdleGuard(theme.id, term.text, guard, "always holds" if guard in term.needs else "never lets the term count")
        for number, (theme, term) in enumerate(terms)
        for guard in term.needs + term.unless
        if (number, phrase_keys(guard)) in keys_in_terms
    ]


def _found(taxonomy: Taxonomy, theme_id: str, sentence: str) -> tuple[str, ...]:
    return tuple(hit.term for hit in taxonomy.find(sentence) if hit.theme == theme_id)
