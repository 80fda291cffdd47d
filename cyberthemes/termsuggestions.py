"""Terms that a taxonomy may lack: those that rise with a theme, and those of topics that no theme covers.

A term rises with a theme if it stands in more documents where the theme is than where it is not, by log-odds with an
informative Dirichlet prior (Monroe, Colaresi and Quinn, 2008). It is counted only where none of the theme's own terms
stands, so that what is suggested is new. What comes out can be written as a taxonomy file of the new terms alone, for
a person to edit: its lines can be pasted into the taxonomy that they were found for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from cyberthemes.duplicates import near_duplicates
from cyberthemes.errors import InputError
from cyberthemes.presence import TERMS_SAY_YES, presence_in
from cyberthemes.suggestionrecords import Quote, TaxonomySuggestions, TermSuggestion, TopicSuggestion
from cyberthemes.tagging import Tagger
from cyberthemes.taxonomy import Taxonomy, Term
from cyberthemes.taxonomydiff import taxonomy_of
from cyberthemes.terms import TermIndex, checked_texts, in_batches
from cyberthemes.tokens import inflection_key, tokenize
from cyberthemes.topicrecords import Topic
from cyberthemes.topics import TopicModel
from cyberthemes.wording import matching_theme, without_pieces

__all__ = ["log_odds_z", "suggest_terms"]

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
_FEWEST_DOCUMENTS: Final = 3
_LEAST_Z: Final = 2.58  # chance alone reaches it once in a hundred
_LEAST_WEIGHT: Final = 0.4
_LEAST_WEIGHT_OF_WORDS: Final = 0.6  # a plain word has other senses, which a name or phrase has not
_ORDINARY: Final = 0.05  # the share of ordinary paragraphs that have a theme, which weights suppose
_COVERED: Final = 0.5  # of a topic's paragraphs have some theme
_FEWEST_TERMS: Final = 3  # fewer make no theme of a topic
_QUOTES: Final = 2


def suggest_terms(
    themes: Taxonomy | Tagger,
    texts: Iterable[str],
    *,
    documents: Iterable[Hashable] | None = None,
    ignore: Iterable[str] = (),
    n: int = 10,
    n_topics: int | None = None,
) -> TaxonomySuggestions:
    """Return terms that rise with a theme in some texts but are not in the taxonomy, and topics that no theme covers.

    Parameters
    ----------
    themes : Taxonomy or Tagger
        A tagger says which texts have a theme, and better than terms alone, which do if it is a taxonomy.
    texts : iterable of str
        Paragraphs; those nearly the same count once.
    documents : iterable of hashable or None, default None
        The document of each text; None takes each for its own.
    ignore : iterable of str, default ()
        Names, such as those of the texts' sources: they and their parts are not suggested.
    n : int, default 10
        How many terms to return at most, for each theme and topic.
    n_topics : int or None, default None
        How many topics to look for; None is one for ten texts, up to 20.

    Returns
    -------
    TaxonomySuggestions

    Raises
    ------
    InputError
        If ``themes`` is neither, ``texts`` or ``ignore`` is a lone str, a text is not a str, fewer than three texts
        differ or none holds a word, there is not one hashable document for each text, or `n` or `n_topics` is not a
        number of at least 1.

    Notes
    -----
    A term stands in at least three documents with the theme, and is suggested for one theme alone. Not suggested are
    terms with a term of any theme in them, words that are mostly a part of something longer, and names of persons,
    places and days as far as the words beside them tell: "Mr", "said", "in".
    """
    if not isinstance(n, int | np.integer) or n < 1:
        raise InputError(f"n={n!r}; expected a number of at least 1")
    taxonomy = taxonomy_of(themes)
    given = list(checked_texts(texts))
    owners = _owners(documents, len(given))
    first = np.flatnonzero(near_duplicates(given) == np.arange(len(given)))
    kept = [given[position] for position in first.tolist()]
    if len(kept) < _FEWEST_DOCUMENTS:
        raise InputError(f"too few texts: {len(kept)} that differ; expected at least {_FEWEST_DOCUMENTS}")
    applies = themes.predict(kept) if isinstance(themes, Tagger) else presence_in(kept, themes) >= TERMS_SAY_YES
    n_topics = min(20, max(1, len(kept) // 10)) if n_topics is None else n_topics
    model = TopicModel(n_topics, taxonomy=taxonomy).fit(kept)
    corpus = _Corpus(model.index_, kept, first, [owners[position] for position in first.tolist()], taxonomy)
    ignored = [frozenset(map(inflection_key, _words(name))) for name in checked_texts(ignore)]
    finder = _Finder(corpus, ignored, int(n))
    found = [
        suggestion
        for column, theme in enumerate(taxonomy.themes)
        for suggestion in finder.rising(theme.id, applies[:, column], corpus.is_free_of(column))
    ]
    found.sort(key=lambda suggestion: (-suggestion.weight * suggestion.z, suggestion.theme, suggestion.term))
    best = {suggestion.term: suggestion for suggestion in reversed(found)}
    found = [suggestion for suggestion in found if best[suggestion.term] is suggestion]
    topics = _uncovered(model, corpus, taxonomy, applies, finder)
    return TaxonomySuggestions(taxonomy, tuple(found), tuple(topics))


def _owners(documents: Iterable[Hashable] | None, n_texts: int) -> list[Hashable]:
    """Return the document of each text."""
    if documents is None:
        return list(range(n_texts))
    owners = list(documents)
    if len(owners) != n_texts:
        raise InputError(f"{n_texts} texts, but {len(owners)} documents; expected one for each text")
    for position, owner in enumerate(owners):
        try:
            hash(owner)
        except TypeError as error:
            raise InputError(f"document {position}: {error}; expected an id, such as a str") from error
    return owners


def _words(text: str) -> list[str]:
    return [token.text for token in tokenize(text)]


# The texts --------------------------------------------------------------------------------------------------


class _Corpus:
    """Where the terms of an index stand in some texts, and where the terms of each theme do."""

    def __init__(
        self,
        index: TermIndex,
        texts: Sequence[str],
        positions: Integers,
        owners: Sequence[Hashable],
        taxonomy: Taxonomy,
    ) -> None:
        self.index, self.texts, self.positions = index, texts, positions
        number: dict[Hashable, int] = {}
        self.documents = np.array([number.setdefault(owner, len(number)) for owner in owners], dtype=np.int64)
        themes = [replace(theme, terms=tuple(Term(term.text) for term in theme.terms)) for theme in taxonomy.themes]
        self.unguarded = replace(taxonomy, themes=tuple(themes))
        places, own = [], []
        n_texts = n_characters = 0
        for batch in in_batches(texts):
            scanned = index.analyzer.rule.scan(batch)
            found, hits = index.places(scanned), self.unguarded.find_in(scanned)
            starts = found.starts - scanned.text_starts.take(found.texts)
            row = found.texts + n_texts, found.terms, starts, found.starts + n_characters, found.ends + n_characters
            places.append(np.array(row, dtype=np.int64))
            own.append(np.array([hits.themes, hits.starts + n_characters, hits.ends + n_characters], dtype=np.int64))
            n_texts += len(batch)
            n_characters += int(scanned.text_starts[-1])
        self.rows, self.terms, self.starts, self._from, self._to = np.concatenate(places, axis=1)
        self._own = np.concatenate(own, axis=1)

    def is_free_of(self, column: int) -> Bools:
        """Return which places no term of a theme touches, guards aside."""
        _, starts, ends = self._own[:, self._own[0] == column]
        if not len(starts):
            return np.ones(len(self.terms), dtype=np.bool_)
        order = np.argsort(starts)
        before = np.searchsorted(starts[order], self._to) - 1  # a theme's own terms never overlap one another
        is_free: Bools = (before < 0) | (ends[order].take(before) <= self._from)
        return is_free

    def around(self, place: int) -> tuple[str, str]:
        """Return what stands just before a place and just after it in its text."""
        text, start = self.texts[self.rows[place]], int(self.starts[place])
        end = start + int(self._to[place] - self._from[place])
        return text[max(0, start - _BESIDE) : start], text[end : end + _BESIDE]

    def quote(self, place: int) -> Quote:
        """Return a piece of the text around a place, of whole words."""
        text, start = self.texts[self.rows[place]], int(self.starts[place])
        end = start + int(self._to[place] - self._from[place])
        first = text.rfind(" ", 0, max(0, start - _QUOTED)) + 1 if start > _QUOTED else 0
        last = text.find(" ", end + _QUOTED)
        last = len(text) if last < 0 else last
        piece = f"{'… ' * (first > 0)}{text[first:last]}{' …' * (last < len(text))}"
        return Quote(int(self.positions[self.rows[place]]), " ".join(piece.split()))


_BESIDE: Final = 24  # characters
_QUOTED: Final = 70


# Terms that rise --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class _Rise:
    """How far each term rises with something that texts have or not."""

    documents: Integers
    others: Integers
    weights: Floats
    z: Floats


class _Finder:
    """Finds the terms to suggest."""

    def __init__(self, corpus: _Corpus, ignored: Sequence[frozenset[str]], n: int) -> None:
        self._corpus = corpus
        self._ignored = ignored
        self._n = n
        self._labels = corpus.index.labels
        self._order = np.argsort(corpus.terms, kind="stable")
        self._bounds = np.searchsorted(corpus.terms[self._order], np.arange(len(corpus.index) + 1))
        self._is_known: dict[int, bool] = {}
        # Each place belongs to a pair of term and text, and each pair to a cell of term and document.
        n_texts, n_documents = len(corpus.texts), int(corpus.documents.max()) + 1
        pairs, self._pairs = np.unique(corpus.terms * n_texts + corpus.rows, return_inverse=True)
        terms, self._rows_of_pairs = np.divmod(pairs, n_texts)
        cells = terms * n_documents + corpus.documents.take(self._rows_of_pairs)
        cells, self._cells = np.unique(cells, return_inverse=True)
        self._terms_of_cells = cells // n_documents

    def rising(
        self, theme: str, applies: Bools, is_free: Bools, among: Iterable[str] | None = None
    ) -> Iterator[TermSuggestion]:
        """Yield the terms that rise most with a theme, given where to count and, if so, among which terms."""
        if applies.all() or not applies.any():
            return
        rise = self._rise(applies, is_free)
        columns = np.flatnonzero((rise.documents >= _FEWEST_DOCUMENTS) & (rise.z >= _LEAST_Z))
        if among is not None:
            wanted = set(among)
            columns = columns[[self._labels[column] in wanted for column in columns.tolist()]]
        columns = columns[np.lexsort((columns, -rise.z[columns]))]
        columns = without_pieces(columns, rise.z, self._labels)
        ranked = columns[np.argsort(-(rise.weights * rise.z)[columns], kind="stable")]
        found = 0
        for column in ranked.tolist():
            if found < self._n and rise.weights[column] >= self._least(column) and self._is_term(column):
                found += 1
                yield self._suggestion(theme, column, rise, applies, is_free)

    def _rise(self, applies: Bools, is_free: Bools) -> _Rise:
        n_cells, n_terms = len(self._terms_of_cells), len(self._labels)
        pairs = np.flatnonzero(np.bincount(self._pairs, is_free))  # of term and text, where it may be counted
        cells = self._cells.take(pairs)
        has = applies.take(self._rows_of_pairs.take(pairs))
        documents, others = (
            np.bincount(self._terms_of_cells[np.bincount(cells[own], minlength=n_cells) > 0], minlength=n_terms)
            for own in (has, ~has)
        )
        votes = 1 / np.bincount(cells, minlength=n_cells).take(cells)  # a document's texts with the term share one
        terms, base = self._terms_of_cells.take(cells), float(applies.mean())
        inside = np.bincount(terms, votes * has, n_terms) + _PRIOR_VOTES * base
        outside = np.bincount(terms, votes * ~has, n_terms) + _PRIOR_VOTES * (1 - base)
        usual = min(base, _ORDINARY)
        odds = inside / outside * (1 - base) / base * usual / (1 - usual)
        return _Rise(documents, others, odds / (1 + odds), log_odds_z(documents, others))

    def _least(self, column: int) -> float:
        label = self._labels[column]
        return _LEAST_WEIGHT_OF_WORDS if label.islower() and " " not in label else _LEAST_WEIGHT

    def _suggestion(self, theme: str, column: int, rise: _Rise, applies: Bools, is_free: Bools) -> TermSuggestion:
        corpus = self._corpus
        places = [place for place in self._places(column) if is_free[place] and applies[corpus.rows[place]]]
        of_documents: dict[int, int] = {}
        for place in places:
            of_documents.setdefault(int(corpus.documents[corpus.rows[place]]), place)
        quotes = tuple(corpus.quote(place) for place in list(of_documents.values())[:_QUOTES])
        weight = min(max(round(float(rise.weights[column]) * 20) / 20, 0.05), _MOST_WEIGHT)
        counts = int(rise.documents[column]), int(rise.others[column])
        return TermSuggestion(theme, self._labels[column], weight, float(rise.z[column]), *counts, quotes)

    def _places(self, column: int) -> list[int]:
        places = self._order[self._bounds[column] : self._bounds[column + 1]]
        in_order: list[int] = places[np.argsort(self._corpus.rows[places], kind="stable")].tolist()
        return in_order

    def _is_term(self, column: int) -> bool:
        """Return whether a term is no fragment, and no name of a person, place, day or outlet, so far as it shows."""
        if column not in self._is_known:
            label = self._labels[column]
            keys = frozenset(map(inflection_key, _words(label)))
            beside = [self._corpus.around(place) for place in self._places(column)[:_LOOKED_AT]]
            refused: list[tuple[float, Callable[[str, str], bool]]] = [(_MOSTLY, _is_piece)]
            is_name = label != label.lower()
            if is_name:
                refused += [(_OFTEN, _is_person), (_OFTEN, _is_place)]
                refused += [(_MOSTLY, _is_in_name)] if " " not in label else []
            is_new = not any(keys <= name for name in self._ignored) and not self._corpus.unguarded.find(label)
            is_new &= not (is_name and _TITLE.match(f"{label.split()[0]} "))
            self._is_known[column] = is_new and all(
                sum(test(*sides) for sides in beside) < share * len(beside) for share, test in refused
            )
        return self._is_known[column]


_PRIOR_VOTES: Final = 2.0  # of documents, at the theme's own share
_MOST_WEIGHT: Final = 0.95
_LOOKED_AT: Final = 200
_MOSTLY: Final = 0.5
_OFTEN: Final = 0.2


def log_odds_z(documents: Integers, others: Integers) -> Floats:
    """Return each term's log-odds of standing in one group rather than the other, in standard errors.

    The prior is the two groups together, scaled to a tenth of them (Monroe, Colaresi and Quinn, 2008), so that a term
    must rise beyond what chance among few documents explains.

    Parameters
    ----------
    documents, others : ndarray of int64, shape (n_terms,)
        How many documents of each group have each term.

    Returns
    -------
    ndarray of float64, shape (n_terms,)

    Examples
    --------
    >>> log_odds_z(np.array([40, 10, 50]), np.array([10, 10, 80])).round(1).tolist()
    [4.8, 0.0, -7.0]
    """
    prior = _PRIOR_SHARE * (documents + others) + _TINY
    first, second = documents + prior, others + prior
    delta = np.log(first / (first.sum() - first + _TINY)) - np.log(second / (second.sum() - second + _TINY))
    z: Floats = delta / np.sqrt(1 / first + 1 / second)
    return z


_PRIOR_SHARE: Final = 0.1
_TINY: Final = 1e-2

# What stands beside a name says whose it is.
_JOINED_BEFORE: Final = re.compile(r"[-‑–&]$|\d[\d.,]* ?$")
_JOINED_AFTER: Final = re.compile(r"[-‑–]")
_TITLE: Final = re.compile(
    r"\b(?:Mr|Mrs|Ms|Dr|Prof|Sen|Rep|Gov|President|Minister|Secretary|Chairman|Director|Professor|Senator|CEO|CISO"
    r"|Ambassador|Chancellor|Premier|General|Attorney|analyst|researcher|spokesman|spokeswoman|spokesperson)\.? $"
)
_SAYS: Final = re.compile(r",? (?:said|says|told|tells|added|adds|noted|wrote|writes|tweeted|explained)\b")
_WHERE_OR_WHEN: Final = re.compile(r"\b(?:in|from|near|on|at|last|next|since) $", re.IGNORECASE)
_NAME_BEFORE: Final = re.compile(r"[A-Z][\w.]* $")
_NAME_AFTER: Final = re.compile(r" [A-Z]\w")


def _is_piece(before: str, after: str) -> bool:
    """Say whether what stands between is a part of a compound, a unit after its number, or an entity of HTML."""
    return bool(_JOINED_BEFORE.search(before) or _JOINED_AFTER.match(after))


def _is_person(before: str, after: str) -> bool:
    return bool(_TITLE.search(before) or _SAYS.match(after))


def _is_place(before: str, after: str) -> bool:  # noqa: ARG001 (all tests see both sides)
    return bool(_WHERE_OR_WHEN.search(before))


def _is_in_name(before: str, after: str) -> bool:
    return bool(_NAME_BEFORE.search(before) or _NAME_AFTER.match(after))


# Topics that no theme covers --------------------------------------------------------------------------------


def _uncovered(
    model: TopicModel, corpus: _Corpus, taxonomy: Taxonomy, applies: Bools, finder: _Finder
) -> Iterator[TopicSuggestion]:
    """Yield the topics most of whose texts have no theme, with terms to suggest, the largest first."""
    assigned = np.array(model.assign(corpus.texts), dtype=object)
    everywhere = np.ones(len(corpus.terms), dtype=np.bool_)
    taken = set(taxonomy.theme_ids)
    for topic in sorted(model.topics_, key=lambda topic: -topic.share):
        own = assigned == topic.id
        if not own.any() or matching_theme(topic.terms, taxonomy):
            continue
        covered = float(applies[own].any(axis=1).mean())
        topic_id = _new_id(topic, taken)
        among = [term for term, _ in topic.terms]
        terms = tuple(finder.rising(topic_id, own, everywhere, among)) if covered < _COVERED else ()
        if len(terms) >= _FEWEST_TERMS:
            taken.add(topic_id)
            yield TopicSuggestion(topic_id, topic.label, float(own.mean()), covered, terms)


def _new_id(topic: Topic, taken: set[str]) -> str:
    wanted = "new-" + (re.sub(r"[^a-z0-9]+", "-", topic.label.lower()).strip("-") or topic.id)
    return wanted if wanted not in taken else f"{wanted}-{topic.id}"
