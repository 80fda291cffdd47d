"""What is said of how two versions of a taxonomy or model differ: `TaxonomyDiff`, and how it is shown as text."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from cyberthemes.cells import harmless, visible
from cyberthemes.taxonomy import Term

__all__ = ["ParagraphChange", "TagChange", "TaxonomyDiff", "TermChange", "ThemeChange", "ThemeCount", "render_diff"]

_SIGN: Final = {"added": "+", "gained": "+", "removed": "-", "lost": "-", "renamed": "~", "changed": "~"}


@dataclass(frozen=True, slots=True)
class ThemeChange:
    """A theme that is new, gone, under another id, or described otherwise.

    ``theme`` is its id, the new one if there is one; ``was`` the old one, if there is one; ``fields`` names what
    differs, terms aside.
    """

    theme: str
    change: Literal["added", "removed", "renamed", "changed"]
    was: str | None
    fields: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dict of plain values."""
        return asdict(self) | {"fields": list(self.fields)}


@dataclass(frozen=True, slots=True)
class TermChange:
    """A term that a theme of both versions gained, lost or has with other spelling, weight or guards."""

    theme: str
    term: str
    change: Literal["added", "removed", "changed"]
    old: Term | None
    new: Term | None

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, terms as taxonomy files write them."""
        old, new = (term.to_dict() if term else None for term in (self.old, self.new))
        return {"theme": self.theme, "term": self.term, "change": self.change, "old": old, "new": new}


@dataclass(frozen=True, slots=True)
class TagChange:
    """A theme that a paragraph gained or lost, and the terms that made the change, if terms did."""

    theme: str
    change: Literal["gained", "lost"]
    terms: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dict of plain values."""
        return asdict(self) | {"terms": list(self.terms)}


@dataclass(frozen=True, slots=True)
class ParagraphChange:
    """A paragraph whose themes change; ``position`` says which of the texts it is, from 0."""

    position: int
    text: str
    changes: tuple[TagChange, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dict of plain values."""
        changes = [change.to_dict() for change in self.changes]
        return {"position": self.position, "text": self.text, "changes": changes}


@dataclass(frozen=True, slots=True)
class ThemeCount:
    """How many paragraphs have a theme by the old version and by the new, and how many gained and lost it."""

    theme: str
    before: int
    after: int
    gained: int
    lost: int

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dict of plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class TaxonomyDiff:
    """What differs between two versions.

    Attributes
    ----------
    old, new : str
        Id and version of each.
    by : {"terms", "models"}
        What judged the paragraphs.
    themes : tuple of ThemeChange
        In the order of the new version, then those removed.
    terms : tuple of TermChange
        Those of themes in both versions, by theme.
    n_texts : int
    counts : tuple of ThemeCount
        One for each theme of either version, in the order of the new one.
    paragraphs : tuple of ParagraphChange
        All that change, in their order.
    quoted : tuple of ParagraphChange
        Some of them to read, as different from one another as may be.
    """

    old: str
    new: str
    by: Literal["terms", "models"]
    themes: tuple[ThemeChange, ...]
    terms: tuple[TermChange, ...]
    n_texts: int
    counts: tuple[ThemeCount, ...]
    paragraphs: tuple[ParagraphChange, ...]
    quoted: tuple[ParagraphChange, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values; what is quoted is given by position."""
        plain: dict[str, Any] = {"old": self.old, "new": self.new, "by": self.by, "n_texts": self.n_texts}
        for name in ("themes", "terms", "counts", "paragraphs"):
            plain[name] = [record.to_dict() for record in getattr(self, name)]
        return plain | {"quoted": [paragraph.position for paragraph in self.quoted]}


def render_diff(diff: TaxonomyDiff, origins: Sequence[str] = (), width: int = 100) -> str:
    """Return a diff as plain text: what changed in the taxonomy, the counts of themes, the paragraphs to read.

    What could do harm on a terminal is written as an escape; without texts nothing is said of paragraphs.

    Parameters
    ----------
    diff : TaxonomyDiff
    origins : sequence of str, default ()
        Where each text is from, by position.
    width : int, default 100
        Of a line, in characters.

    Returns
    -------
    str
    """
    lines = [f"{diff.old} → {diff.new}", *map(_theme_line, diff.themes)]
    theme = None
    for change in diff.terms:
        lines += [change.theme] if change.theme != theme else []
        theme = change.theme
        lines.append(f"  {_SIGN[change.change]} {_term_line(change)}")
    lines += [] if diff.themes or diff.terms else ["nothing changed in themes and terms"]
    if diff.n_texts:
        lines += ["", f"{len(diff.paragraphs):,} of {diff.n_texts:,} paragraphs change their themes by the {diff.by}"]
    moved = [count for count in diff.counts if count.gained or count.lost]
    lines += [f"{'theme':24}  before  gained    lost   after"] if moved else []
    lines += [f"{row.theme:24} {row.before:7,} {row.gained:7,} {row.lost:7,} {row.after:7,}" for row in moved]
    for paragraph in diff.quoted:
        lines += ["", *([visible(origins[paragraph.position])] if origins else [])]
        lines += textwrap.wrap(visible(paragraph.text), width, initial_indent="  ", subsequent_indent="  ")
        lines += [
            f"    {_SIGN[change.change]} {change.theme:22}  {', '.join(change.terms)}" for change in paragraph.changes
        ]
    return "\n".join(map(harmless, lines))


def _theme_line(change: ThemeChange) -> str:
    was = f" (was {change.was})" if change.change == "renamed" else ""
    fields = ": " + ", ".join(change.fields) if change.fields else ""
    return f"{_SIGN[change.change]} {change.theme} {change.change}{was}{fields}"


def _term_line(change: TermChange) -> str:
    return " → ".join(_worded(term) for term in (change.old, change.new) if term)


def _worded(term: Term) -> str:
    guards = [f"{name} {', '.join(words)}" for name, words in (("needs", term.needs), ("unless", term.unless)) if words]
    return "; ".join([f"{term.text} ({term.weight:g})", *guards])
