"""Themes and the terms that speak of them: one YAML file, read, validated and written.

`Taxonomy.read` reports every fault of a file at once, each with its line. `Taxonomy.find` says which
themes' terms stand where in a text. YAML is parsed only when a YAML file is read; a model carries its
taxonomy as JSON.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from cyberthemes.errors import InputError, TaxonomyError
from cyberthemes.fields import FieldPath, FieldReader, Lines, nearest
from cyberthemes.lexicon import ATOMS, ScannedTexts
from cyberthemes.numbering import ranges
from cyberthemes.phrases import PhraseMatcher, PhraseMatches, longest_rows, phrase_keys

__all__ = ["Taxonomy", "Term", "TermHit", "TermHits", "Theme"]

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Term:
    """A word or phrase that speaks of a theme.

    Attributes
    ----------
    text : str
        The word or phrase; see `cyberthemes.phrases` for what it matches.
    weight : float
        How likely a paragraph with the term is about the theme, above 0 and up to 1.
    needs : tuple of str
        If any are given, at least one must stand in the same paragraph.
    unless : tuple of str
        None of these may stand in the same paragraph.
    """

    text: str
    weight: float = 1.0
    needs: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the term as its taxonomy file writes it, without what is default."""
        fields: dict[str, Any] = {"term": self.text}
        if self.weight != 1.0:
            fields["weight"] = self.weight
        return fields | {name: list(words) for name in ("needs", "unless") if (words := getattr(self, name))}


@dataclass(frozen=True, slots=True)
class Theme:
    """One theme: what it is, the terms that speak of it, and sentences that test them.

    Attributes
    ----------
    id, name, group, definition : str
        The id never changes; the others are for people.
    include, exclude : tuple of str
        Notes on what counts and what does not.
    terms : tuple of Term
        None if labels alone are to teach the theme.
    match, no_match : tuple of str
        Sentences in which a term must be found, and must not.
    """

    id: str
    name: str
    group: str = ""
    definition: str = ""
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    terms: tuple[Term, ...] = ()
    match: tuple[str, ...] = ()
    no_match: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the theme as its taxonomy file writes it."""
        return {
            "id": self.id,
            "name": self.name,
            "group": self.group,
            "definition": self.definition,
            "include": list(self.include),
            "exclude": list(self.exclude),
            "terms": [term.to_dict() if term != Term(term.text) else term.text for term in self.terms],
            "examples": {"match": list(self.match), "no_match": list(self.no_match)},
        }


@dataclass(frozen=True, slots=True)
class TermHit:
    """A theme's term as found in a text: ``text[start:end]``."""

    theme: str
    term: str
    weight: float
    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class TermHits:
    """Themes' terms as found in scanned texts, as arrays with one entry a hit.

    Attributes
    ----------
    texts : ndarray of int64, shape (n_hits,)
        The number of the text.
    themes, terms : ndarray of int64, shape (n_hits,)
        The theme's column, and the term's place among all terms of the taxonomy.
    weights : ndarray of float64, shape (n_hits,)
        The term's weight.
    starts, ends : ndarray of int64, shape (n_hits,)
        Places in the joined text.
    """

    texts: Integers
    themes: Integers
    terms: Integers
    weights: Floats
    starts: Integers
    ends: Integers

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, rows: Integers) -> TermHits:
        """Return some of the hits."""
        return TermHits(*(getattr(self, name).take(rows) for name in self.__slots__))


@dataclass(frozen=True)
class Taxonomy:
    """Themes in a fixed order: a theme's position is its column wherever themes have columns.

    Raises
    ------
    TaxonomyError
        If there is no theme, an id is there twice, or a weight is not above 0 and up to 1.

    Examples
    --------
    >>> taxonomy = Taxonomy("demo", "1", themes=(Theme("5g", "5G", terms=(Term("5G"), Term("base station"))),))
    >>> [(hit.theme, hit.term, hit.start, hit.end) for hit in taxonomy.find("New base stations for 5G.")]
    [('5g', 'base station', 4, 17), ('5g', '5G', 22, 24)]
    """

    id: str
    version: str
    description: str = ""
    themes: tuple[Theme, ...] = field(default=())

    def __post_init__(self) -> None:
        ids = self.theme_ids
        problems = [] if ids else ["no themes; expected at least one"]
        problems += [f"theme id {theme_id!r} is there twice" for theme_id, times in Counter(ids).items() if times > 1]
        problems += [
            f"theme {theme.id!r}: term {term!r:.60}; expected a Term"
            for theme in self.themes
            for term in theme.terms
            if not isinstance(term, Term)
        ]
        problems += [
            f"theme {theme.id!r}, term {term.text!r}: weight {term.weight!r}; expected a number above 0 and up to 1"
            for theme in self.themes
            for term in theme.terms
            if isinstance(term, Term) and not 0 < term.weight <= 1
        ]
        if problems:
            raise TaxonomyError(self.id, problems)

    @property
    def theme_ids(self) -> tuple[str, ...]:
        """The ids of the themes, in column order."""
        return tuple(theme.id for theme in self.themes)

    def theme(self, theme_id: str) -> Theme:
        """Return the theme of an id.

        Raises
        ------
        InputError
            If there is no such theme; the message names the nearest id.
        """
        for theme in self.themes:
            if theme.id == theme_id:
                return theme
        raise InputError(f"no theme {theme_id!r} in taxonomy {self.id!r}{nearest(theme_id, self.theme_ids)}")

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Taxonomy:
        """Return the taxonomy of a YAML file.

        Raises
        ------
        InputError
            If the file is missing or is not text.
        TaxonomyError
            If it is not valid; the error lists every fault, each with its line.
        """
        from cyberthemes.yamlfile import read_yaml

        data, lines, problems = read_yaml(Path(path))
        return _build(str(path), data, _Reader(lines, problems))

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], source: str = "taxonomy") -> Taxonomy:
        """Return the taxonomy of plain values, as `to_dict` gives them.

        Raises
        ------
        TaxonomyError
            If the values are not valid.
        """
        return _build(source, data, _Reader({}))

    def to_dict(self) -> dict[str, Any]:
        """Return the taxonomy as plain values, in the shape of its file."""
        return {
            "id": self.id,
            "version": self.version,
            "description": self.description,
            "themes": [theme.to_dict() for theme in self.themes],
        }

    def _repr_html_(self) -> str:
        from cyberthemes.notebook import taxonomy_html

        return taxonomy_html(self.to_dict())

    def write(self, path: str | os.PathLike[str]) -> Path:
        """Write the taxonomy as YAML that `read` gives back unchanged, and return the path."""
        from cyberthemes.yamlfile import write_yaml

        return write_yaml(Path(path), self.to_dict())

    def find(self, text: str) -> list[TermHit]:
        """Return the terms found in a text whose guards are satisfied, by place and then theme.

        Within a theme the longest match at each place counts, without overlap; terms of different
        themes may overlap. Guards look at the whole text, so give one paragraph at a time.

        Parameters
        ----------
        text : str
            One paragraph.

        Returns
        -------
        list of TermHit
        """
        if not isinstance(text, str):
            raise InputError(f"found {type(text).__name__}; expected str")
        hits = self.find_in(ATOMS.scan([text]))
        found = zip(hits.terms.tolist(), hits.starts.tolist(), hits.ends.tolist(), strict=True)
        return [
            TermHit(theme.id, term.text, term.weight, start, end)
            for number, start, end in found
            for theme, term in [self._finder.terms[number]]
        ]

    def find_in(self, texts: ScannedTexts, phrases: PhraseMatches | None = None) -> TermHits:
        """Return the terms found in many texts, as `find` finds them in each.

        Parameters
        ----------
        texts : ScannedTexts
            Each is one paragraph.
        phrases : PhraseMatches or None, default None
            What `matcher` finds in them; None looks.

        Returns
        -------
        TermHits
            By text, then as `find` orders them.
        """
        texts = texts.under(ATOMS)
        return self._finder.find_in(texts, phrases or self.matcher.find_in(texts))

    def terms(self) -> list[tuple[Theme, Term]]:
        """Return the terms of all themes in order, each with its theme."""
        return [(theme, term) for theme in self.themes for term in theme.terms]

    @property
    def matcher(self) -> PhraseMatcher:
        """What finds the terms and guards, whatever their theme."""
        return self._finder.matcher

    @cached_property
    def _finder(self) -> _TermFinder:
        return _TermFinder(self.themes, self.terms())


class _TermFinder:
    """The terms and guards of all themes, compiled to one matcher.

    A term is known by its number among all terms of all themes, and belongs to one phrase of the matcher; a phrase
    may be a term of several themes, a guard, or both.
    """

    def __init__(self, themes: Sequence[Theme], terms: Sequence[tuple[Theme, Term]]) -> None:
        self.terms = terms
        self._numbers: dict[tuple[str, ...], int] = {}
        phrases: list[str] = []
        phrases_of_terms = [self._number(term.text, phrases) for _, term in terms]

        @cache  # terms share their guards
        def numbers(guards: tuple[str, ...]) -> list[int]:
            return sorted({self._number(guard, phrases) for guard in guards})

        self._needs = _Lists([numbers(term.needs) for _, term in terms])
        self._unless = _Lists([numbers(term.unless) for _, term in terms])
        users: list[list[int]] = [[] for _ in phrases]
        for number, phrase_number in enumerate(phrases_of_terms):
            users[phrase_number].append(number)
        self._terms_of_phrases = _Lists(users)
        self._themes = np.repeat(np.arange(len(themes)), [len(theme.terms) for theme in themes])
        self._weights = np.array([term.weight for _, term in terms], dtype=np.float64)
        guards = np.array(sorted({*self._needs.numbers.tolist(), *self._unless.numbers.tolist()}), dtype=np.int64)
        self._guard_numbers = np.full(len(phrases), -1, dtype=np.int32)
        self._guard_numbers[guards] = np.arange(len(guards))
        self.matcher = PhraseMatcher(phrases)

    def _number(self, phrase: str, phrases: list[str]) -> int:
        keys = phrase_keys(phrase)
        if keys not in self._numbers:
            self._numbers[keys] = len(phrases)
            phrases.append(phrase)
        return self._numbers[keys]

    def find_in(self, texts: ScannedTexts, matches: PhraseMatches) -> TermHits:
        text_of = texts.text_of(matches.first)
        match, term = self._terms_of_phrases.of(matches.phrases)
        allowed = self._guards_allow(matches, text_of, match, term)
        match, term = match[allowed], term[allowed]
        first, last, theme = matches.first.take(match), matches.last.take(match), self._themes.take(term)
        kept = longest_rows(first, last, theme)
        kept = kept.take(np.lexsort((theme.take(kept), last.take(kept), first.take(kept))))
        match, term = match.take(kept), term.take(kept)
        return TermHits(
            text_of.take(match),
            self._themes.take(term),
            term,
            self._weights.take(term),
            texts.starts.take(matches.first.take(match)),
            texts.ends.take(matches.last.take(match)),
        )

    def _guards_allow(self, matches: PhraseMatches, texts: Integers, match: Integers, term: Integers) -> Bools:
        """Return which terms are allowed where they matched, given all matches and their texts."""
        guards = self._guard_numbers.take(matches.phrases)
        found = (guards >= 0).nonzero()[0]
        is_present = np.zeros((texts.max(initial=-1) + 1, self._guard_numbers.max(initial=-1) + 1), dtype=np.bool_)
        is_present[texts.take(found), guards.take(found)] = True
        allowed = np.ones(len(term), dtype=np.bool_)
        for lists, is_wanted in ((self._needs, True), (self._unless, False)):
            guarded = lists.lengths.take(term).nonzero()[0]
            use, phrase = lists.of(term.take(guarded))
            there = is_present[texts.take(match.take(guarded)).take(use), self._guard_numbers.take(phrase)]
            allowed[guarded] &= (np.bincount(use, there, len(guarded)) > 0) == is_wanted
        return allowed


class _Lists:
    """Lists of numbers, one after the other in one array."""

    def __init__(self, lists: Sequence[Sequence[int]]) -> None:
        self.lengths = np.array(list(map(len, lists)), dtype=np.int64)
        self._starts = np.cumsum(self.lengths) - self.lengths
        self.numbers = np.array([number for numbers in lists for number in numbers], dtype=np.int64)

    def of(self, which: npt.NDArray[Any]) -> tuple[Integers, Integers]:
        """Return the numbers of some lists one after the other, each with the place of its list in ``which``."""
        place, numbers = ranges(self._starts.take(which), self.lengths.take(which))
        return place, self.numbers.take(numbers)


# Validation -----------------------------------------------------------------------------------------------

# What matching passes over, but a person who writes it in a term means.
_UNSEEN: Final = re.compile(r"[^\w\s'’‘“”\"&.,/()‐‑–-]")
_TAXONOMY_FIELDS: Final = ("id", "version", "description", "themes")
_THEME_FIELDS: Final = ("id", "name", "group", "definition", "include", "exclude", "terms", "examples")
_TERM_FIELDS: Final = ("term", "weight", "needs", "unless")
_EXAMPLE_FIELDS: Final = ("match", "no_match")


def _build(source: str, data: Any, reader: _Reader) -> Taxonomy:
    fields = reader.taxonomy(data)
    if problems := reader.problems():
        raise TaxonomyError(source, problems)
    return Taxonomy(**fields)


class _Reader(FieldReader):
    """Turns plain values into records and notes every fault on the way, so that all are reported at once."""

    def __init__(self, lines: Lines, problems: Iterable[tuple[int, str]] = ()) -> None:
        super().__init__(lines, problems)
        self._sound_phrases: set[str] = set()  # many are guards of many terms

    def taxonomy(self, data: Any) -> dict[str, Any]:
        fields = self.mapping(data, (), _TAXONOMY_FIELDS)
        items = self.sequence(fields.get("themes"), ("themes",))
        if not items:
            self.problem(("themes",), "no themes; expected a list of at least one theme")
        themes = tuple(self._theme(item, ("themes", number)) for number, item in enumerate(items))
        self.unique("theme id", [(theme.id, theme.id, ("themes", number)) for number, theme in enumerate(themes)])
        return {
            "id": self.slug(fields.get("id"), ("id",)),
            "version": self.text(fields.get("version"), ("version",)),
            "description": self.text(fields.get("description", ""), ("description",), empty=True),
            "themes": themes,
        }

    def _theme(self, data: Any, path: FieldPath) -> Theme:
        fields = self.mapping(data, path, _THEME_FIELDS)
        items = self.sequence(fields.get("terms"), (*path, "terms"))
        if fields and fields.get("terms") is None:
            self.problem((*path, "terms"), f"theme {fields.get('id')!r} has no terms; expected a list of them")
        terms = tuple(self._term(item, (*path, "terms", number)) for number, item in enumerate(items))
        named = [(term.text, (*path, "terms", number)) for number, term in enumerate(terms) if term.text]
        self.unique("term", [(phrase_keys(text), text, where) for text, where in named])
        examples = self.mapping(fields.get("examples", {}), (*path, "examples"), _EXAMPLE_FIELDS)
        return Theme(
            id=self.slug(fields.get("id"), (*path, "id")),
            name=self.text(fields.get("name"), (*path, "name")),
            group=self.text(fields.get("group", ""), (*path, "group"), empty=True),
            definition=self.text(fields.get("definition", ""), (*path, "definition"), empty=True),
            include=self.texts(fields.get("include", []), (*path, "include")),
            exclude=self.texts(fields.get("exclude", []), (*path, "exclude")),
            terms=terms,
            match=self.texts(examples.get("match", []), (*path, "examples", "match")),
            no_match=self.texts(examples.get("no_match", []), (*path, "examples", "no_match")),
        )

    def _term(self, data: Any, path: FieldPath) -> Term:
        fields = {"term": data} if not isinstance(data, Mapping) else self.mapping(data, path, _TERM_FIELDS)
        weight = fields.get("weight", 1.0)
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 < weight <= 1:
            self.problem((*path, "weight"), f"weight {weight!r}; expected a number above 0 and up to 1")
            weight = 1.0
        return Term(
            text=self._phrase(fields.get("term"), path),
            weight=float(weight),
            needs=self._phrases(fields.get("needs", []), (*path, "needs")),
            unless=self._phrases(fields.get("unless", []), (*path, "unless")),
        )

    def _phrases(self, data: Any, path: FieldPath) -> tuple[str, ...]:
        items = self.sequence(data, path)
        if set(map(type, items)) <= {str} and self._sound_phrases.issuperset(items):
            return tuple(items)
        phrases = [self._phrase(item, (*path, number)) for number, item in enumerate(items)]
        return tuple(phrase for phrase in phrases if phrase)

    def _phrase(self, data: Any, path: FieldPath) -> str:
        """Return a phrase with at least one word, or an empty string after noting the fault."""
        if isinstance(data, str) and data in self._sound_phrases:
            return data
        if isinstance(data, int | float) and not isinstance(data, bool):
            self.problem(path, f"{data!r} is a number; write it in quotes")
            return ""
        text = self.text(data, path)
        if unseen := sorted(set(_UNSEEN.findall(text))):
            self.problem(path, f"term {text!r}: texts are not searched for {' '.join(unseen)}; spell it out")
            return ""
        try:
            if text:
                phrase_keys(text)
        except InputError as error:
            self.problem(path, str(error))
            return ""
        self._sound_phrases.add(text)
        return text
