"""Two versions of a taxonomy or model compared: what changed in it, and which paragraphs change their themes by that.

Taxonomies judge a paragraph by their terms alone: a theme applies if its terms' presence (see `cyberthemes.presence`)
reaches one half. Two models judge it as they tag.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from cyberthemes.duplicates import near_duplicates
from cyberthemes.errors import InputError
from cyberthemes.lexicon import ATOMS
from cyberthemes.phrases import phrase_keys
from cyberthemes.presence import TERMS_SAY_YES, presence
from cyberthemes.tagging import Tagger
from cyberthemes.taxonomy import Taxonomy, Term, Theme
from cyberthemes.taxonomychanges import ParagraphChange, TagChange, TaxonomyDiff, TermChange, ThemeChange, ThemeCount
from cyberthemes.terms import checked_texts, in_batches

__all__ = ["diff_themes", "taxonomy_of"]

Bools = npt.NDArray[np.bool_]
_SAME_THEME: Final = 0.5  # of all terms of two themes, in both: one theme under another id
_TERMS_NAMED: Final = 4
_QUOTES: Final = 10
_HARDLY: Final = 1e-9
_READABLE: Final = 300  # characters: of two that show the same, the one nearer to this is quoted


def diff_themes(
    old: Taxonomy | Tagger, new: Taxonomy | Tagger, texts: Iterable[str] = (), *, n_quoted: int = _QUOTES
) -> TaxonomyDiff:
    """Return what changed from one version of a taxonomy to another, and which texts change their themes by it.

    Parameters
    ----------
    old, new : Taxonomy or Tagger
        Two taggers judge texts as they tag; otherwise terms do, those of a tagger's taxonomy if one is a tagger.
    texts : iterable of str, default ()
        Paragraphs; read once, and only those that change are kept.
    n_quoted : int, default 10
        How many to pick for reading.

    Returns
    -------
    TaxonomyDiff

    Raises
    ------
    InputError
        If `old` or `new` is neither, ``texts`` is a lone str, a text is not a str, or `n_quoted` is not a number of at
        least 0.

    Notes
    -----
    A theme is taken for the same under another id if the name is the same, or at least half of all terms of the two
    are in both; its paragraphs then count as unchanged.

    Examples
    --------
    >>> old = Taxonomy("demo", "1", themes=(Theme("5g", "5G", terms=(Term("5G"),)),))
    >>> new = Taxonomy("demo", "2", themes=(Theme("5g", "5G and 6G", terms=(Term("5G"), Term("6G", 0.9))),))
    >>> diff = diff_themes(old, new, ["A 6G trial.", "A 5G and 6G trial."])
    >>> [(change.theme, change.fields) for change in diff.themes]
    [('5g', ('name',))]
    >>> [(paragraph.text, paragraph.changes[0].terms) for paragraph in diff.paragraphs]
    [('A 6G trial.', ('6G',))]
    """
    if not isinstance(n_quoted, int | np.integer) or n_quoted < 0:
        raise InputError(f"n_quoted={n_quoted!r}; expected a number of at least 0")
    first, second = taxonomy_of(old), taxonomy_of(new)
    partners = _partners(first, second)
    now_called = {old_id: new_id for new_id, old_id in partners.items()}
    names = [now_called.get(theme_id, theme_id) for theme_id in first.theme_ids]
    if by_models := isinstance(old, Tagger) and isinstance(new, Tagger):
        before: _Judge = _ModelJudge(old, names)
        after: _Judge = _ModelJudge(new, second.theme_ids)
    else:
        before, after = _TermJudge(first, names), _TermJudge(second, second.theme_ids)
    n_texts, counts, paragraphs = _changed(before, after, texts)
    return TaxonomyDiff(
        old=f"{first.id} {first.version}",
        new=f"{second.id} {second.version}",
        by="models" if by_models else "terms",
        themes=tuple(_theme_changes(first, second, partners)),
        terms=tuple(
            change
            for theme in second.themes
            if theme.id in partners
            for change in _term_changes(theme.id, first.theme(partners[theme.id]).terms, theme.terms)
        ),
        n_texts=n_texts,
        counts=counts,
        paragraphs=paragraphs,
        quoted=tuple(_varied(paragraphs, int(n_quoted))),
    )


def taxonomy_of(themes: Taxonomy | Tagger) -> Taxonomy:
    """Return a taxonomy as it is, or that of a tagger.

    Raises
    ------
    InputError
        If it is neither.
    """
    if not isinstance(themes, Taxonomy | Tagger):
        raise InputError(f"found {type(themes).__name__}; expected a Taxonomy or Tagger")
    return themes if isinstance(themes, Taxonomy) else themes.taxonomy


# What changed in the taxonomy -------------------------------------------------------------------------------


def _partners(old: Taxonomy, new: Taxonomy) -> dict[str, str]:
    """Return the old id of each theme that was there before, by its new id."""
    partners = {theme_id: theme_id for theme_id in new.theme_ids if theme_id in old.theme_ids}
    gone = [theme for theme in old.themes if theme.id not in partners]
    come = [theme for theme in new.themes if theme.id not in partners]
    alike = sorted(((-_likeness(was, now), now.id, was.id) for was in gone for now in come), key=lambda pair: pair)
    for likeness, now_id, was_id in alike:
        if -likeness >= _SAME_THEME and now_id not in partners and was_id not in partners.values():
            partners[now_id] = was_id
    return partners


def _likeness(old: Theme, new: Theme) -> float:
    if old.name.casefold() == new.name.casefold():
        return 1.0
    first, second = ({phrase_keys(term.text) for term in theme.terms} for theme in (old, new))
    return len(first & second) / max(len(first | second), 1)


def _theme_changes(old: Taxonomy, new: Taxonomy, partners: Mapping[str, str]) -> Iterable[ThemeChange]:
    for theme in new.themes:
        was = partners.get(theme.id)
        if was is None:
            yield ThemeChange(theme.id, "added", None, ())
        elif fields := _differing(old.theme(was), theme):
            yield ThemeChange(theme.id, "changed" if was == theme.id else "renamed", was, fields)
    for theme in old.themes:
        if theme.id not in partners.values():
            yield ThemeChange(theme.id, "removed", theme.id, ())


def _differing(old: Theme, new: Theme) -> tuple[str, ...]:
    names = ("id", "name", "group", "definition", "include", "exclude", "match", "no_match")
    return tuple(name for name in names if getattr(old, name) != getattr(new, name))


def _term_changes(theme_id: str, old: Sequence[Term], new: Sequence[Term]) -> Iterable[TermChange]:
    before, after = ({phrase_keys(term.text): term for term in terms} for terms in (old, new))
    for keys in dict.fromkeys([*after, *before]):
        was, now = before.get(keys), after.get(keys)
        if now and not was:
            yield TermChange(theme_id, now.text, "added", None, now)
        elif was and not now:
            yield TermChange(theme_id, was.text, "removed", was, None)
        elif was and now and was != now:
            yield TermChange(theme_id, now.text, "changed", was, now)


# Which texts change ----------------------------------------------------------------------------------------

_Amounts = dict[str, float]  # by term


class _TermJudge:
    """Judges texts by a taxonomy's terms; ``names`` says what its themes are called here."""

    def __init__(self, taxonomy: Taxonomy, names: Sequence[str]) -> None:
        self.names = names
        self._taxonomy = taxonomy
        self._terms = [term.text for _, term in taxonomy.terms()]

    def applies(self, batch: Sequence[str]) -> Bools:
        """Return which themes apply to which of some texts, and keep what was found for `amounts`."""
        self._hits = self._taxonomy.find_in(ATOMS.scan(batch))
        says_yes: Bools = presence(self._hits, len(batch), len(self.names)) >= TERMS_SAY_YES
        return says_yes

    def amounts(self, row: int, text: str) -> dict[str, _Amounts]:  # noqa: ARG002 (a model reads the text)
        """Return, for each theme, what each term found in a text of the last batch weighs in all."""
        hits = self._hits.take(np.arange(*np.searchsorted(self._hits.texts, [row, row + 1])))
        found: dict[str, _Amounts] = {}
        for theme, term, weight in zip(hits.themes.tolist(), hits.terms.tolist(), hits.weights.tolist(), strict=True):
            _add(found, self.names[theme], self._terms[term], weight)
        return found


class _ModelJudge:
    """Judges texts as a model tags them; ``names`` says what its themes are called here."""

    def __init__(self, tagger: Tagger, names: Sequence[str]) -> None:
        self.names = names
        self._tagger = tagger

    def applies(self, batch: Sequence[str]) -> Bools:
        """Return which themes apply to which of some texts."""
        return self._tagger.predict(batch)

    def amounts(self, row: int, text: str) -> dict[str, _Amounts]:  # noqa: ARG002 (terms need the row)
        """Return, for each theme, what each word or phrase of a text contributes in all."""
        name_of = dict(zip(self._tagger.theme_ids, self.names, strict=True))
        found: dict[str, _Amounts] = {}
        for tag in self._tagger.explain(text):
            for piece in tag.evidence:
                _add(found, name_of[tag.theme], " ".join(piece.text.split()), piece.contribution)
        return found


_Judge = _TermJudge | _ModelJudge


def _add(found: dict[str, _Amounts], theme: str, term: str, amount: float) -> None:
    amounts = found.setdefault(theme, {})
    amounts[term] = amounts.get(term, 0.0) + amount


def _changed(
    old: _Judge, new: _Judge, texts: Iterable[str]
) -> tuple[int, tuple[ThemeCount, ...], tuple[ParagraphChange, ...]]:
    """Return the number of texts, the counts of each theme, and the texts that change."""
    ids = list(dict.fromkeys([*new.names, *old.names]))
    n_texts, totals = 0, np.zeros((len(ids), 4), dtype=np.int64)
    changed: list[ParagraphChange] = []
    for batch in in_batches(checked_texts(texts)):
        before, after = (_in_columns(judge, ids, batch) for judge in (old, new))
        gained, lost = after & ~before, before & ~after
        totals += np.stack([cells.sum(axis=0) for cells in (before, after, gained, lost)], axis=1)
        for row in np.flatnonzero((gained | lost).any(axis=1)).tolist():
            was, now = old.amounts(row, batch[row]), new.amounts(row, batch[row])
            changes = [
                TagChange(ids[column], "gained" if gain else "lost", _movers(was, now, ids[column], 1 if gain else -1))
                for cells, gain in ((gained, True), (lost, False))
                for column in np.flatnonzero(cells[row]).tolist()
            ]
            changed.append(ParagraphChange(n_texts + row, batch[row], tuple(changes)))
        n_texts += len(batch)
    counts = tuple(ThemeCount(theme_id, *row) for theme_id, row in zip(ids, totals.tolist(), strict=True))
    return n_texts, counts, tuple(changed)


def _in_columns(judge: _Judge, ids: Sequence[str], batch: Sequence[str]) -> Bools:
    applies = np.zeros((len(batch), len(ids)), dtype=np.bool_)
    applies[:, [ids.index(name) for name in judge.names]] = judge.applies(batch)
    return applies


def _movers(old: Mapping[str, _Amounts], new: Mapping[str, _Amounts], theme: str, sign: int) -> tuple[str, ...]:
    """Return the terms that weigh more in one version than in the other, those that differ most first."""
    before, after = old.get(theme, {}), new.get(theme, {})
    moved = {term: sign * (after.get(term, 0.0) - before.get(term, 0.0)) for term in [*after, *before]}
    ranked = sorted((-amount, term) for term, amount in moved.items() if amount > _HARDLY)
    return tuple(term for _, term in ranked[:_TERMS_NAMED])


def _varied(paragraphs: Sequence[ParagraphChange], n: int) -> list[ParagraphChange]:
    """Return some paragraphs, one after another the one whose changes were shown least so far; reprints count once.

    A change is a theme gained or lost by its first term, so that each kind is shown before a second of any.
    """
    ordered = sorted(paragraphs, key=_readability)
    group = near_duplicates([paragraph.text for paragraph in ordered])
    left = [paragraph for row, paragraph in enumerate(ordered) if group[row] == row]
    shown: Counter[tuple[str, ...]] = Counter()
    picked: list[ParagraphChange] = []
    while left and len(picked) < n:
        scores = [sum(1 / (1 + shown[aspect]) ** 2 for aspect in _aspects(paragraph)) for paragraph in left]
        best = left.pop(int(np.argmax(scores)))
        picked.append(best)
        shown.update(_aspects(best))
    return picked


def _readability(paragraph: ParagraphChange) -> tuple[int, str, int]:
    return abs(len(paragraph.text) - _READABLE) // 100, paragraph.text, paragraph.position


def _aspects(paragraph: ParagraphChange) -> list[tuple[str, ...]]:
    """Return what a paragraph shows: the first of its changes and the term that made it, alone and together."""
    change = paragraph.changes[0]
    return [(change.theme, change.change), (change.theme, change.change, *change.terms[:1])]
