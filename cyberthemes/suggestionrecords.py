"""What is said of the terms that a taxonomy may lack: `TaxonomySuggestions`, and how they are written for a person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from cyberthemes.cells import harmless, visible
from cyberthemes.taxonomy import Taxonomy, Term, Theme

__all__ = ["Quote", "TaxonomySuggestions", "TermSuggestion", "TopicSuggestion"]


@dataclass(frozen=True, slots=True)
class Quote:
    """A term as it stands in a text: the piece around it, and which of the texts it is, from 0."""

    position: int
    text: str

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dict of plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class TermSuggestion:
    """A term that a theme may lack.

    Attributes
    ----------
    theme : str
        The theme's id, or that of a topic.
    term : str
    weight : float
        How likely a paragraph with the term is about the theme, were one ordinary paragraph in twenty about it.
    z : float
        How many standard errors the term's log-odds lie above no difference.
    documents, others : int
        In how many documents it stands in a paragraph with the theme, and in how many in one without.
    quotes : tuple of Quote
        Two of the paragraphs with both.
    """

    theme: str
    term: str
    weight: float
    z: float
    documents: int
    others: int
    quotes: tuple[Quote, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dict of plain values."""
        return asdict(self) | {"quotes": [quote.to_dict() for quote in self.quotes]}


@dataclass(frozen=True, slots=True)
class TopicSuggestion:
    """A topic most of whose paragraphs have no theme.

    Attributes
    ----------
    id, label : str
        An id that no theme has, and what a person may call the topic.
    share, covered : float
        The share of paragraphs in which it is the strongest topic, and the share of those that have some theme.
    terms : tuple of TermSuggestion
    """

    id: str
    label: str
    share: float
    covered: float
    terms: tuple[TermSuggestion, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dict of plain values."""
        return asdict(self) | {"terms": [term.to_dict() for term in self.terms]}


@dataclass(frozen=True, slots=True)
class TaxonomySuggestions:
    """What a taxonomy may lack.

    Attributes
    ----------
    taxonomy : Taxonomy
        What the suggestions are for.
    terms : tuple of TermSuggestion
        For its themes, the surest first.
    topics : tuple of TopicSuggestion
        That no theme covers, the largest first.
    """

    taxonomy: Taxonomy
    terms: tuple[TermSuggestion, ...]
    topics: tuple[TopicSuggestion, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return {name: [record.to_dict() for record in getattr(self, name)] for name in ("terms", "topics")}

    def to_yaml(self, origins: Sequence[str] = ()) -> str:
        """Return the suggestions as a taxonomy file of the new terms alone, with the reasons as comments.

        Parameters
        ----------
        origins : sequence of str, default ()
            Where each text is from, by position.

        Returns
        -------
        str
            `Taxonomy.read` reads it, if there is any suggestion; a line of a term can be pasted into the file of the
            taxonomy that it is for.
        """
        return "\n".join(_patch(self, origins)) + "\n"


# As a file --------------------------------------------------------------------------------------------------


def _patch(suggestions: TaxonomySuggestions, origins: Sequence[str]) -> Iterator[str]:
    taxonomy = suggestions.taxonomy
    yield f"# Terms suggested for {_comment(f'{taxonomy.id} {taxonomy.version}')}. Delete what you do not want, then"
    yield "# paste the lines that are left under the terms of their themes; new themes are yours to name and define."
    if not suggestions.terms and not suggestions.topics:
        yield "# There are none."
        return
    yield f"id: {_scalar(taxonomy.id)}"
    yield f"version: {_scalar(taxonomy.version + ' with suggestions alone')}"
    yield "themes:"
    for theme in taxonomy.themes:
        own = [suggestion for suggestion in suggestions.terms if suggestion.theme == theme.id]
        if own:
            yield from _theme_lines(theme, own, origins)
    for topic in suggestions.topics:
        yield f"  # A topic of {topic.share:.1%} of the paragraphs; {topic.covered:.0%} of them have a theme."
        yield from _theme_lines(Theme(topic.id, topic.label), topic.terms, origins)


def _theme_lines(theme: Theme, suggestions: Iterable[TermSuggestion], origins: Sequence[str]) -> Iterator[str]:
    yield f"  - id: {_scalar(theme.id)}"
    yield f"    name: {_scalar(theme.name)}"
    yield "    terms:"
    for suggestion in suggestions:
        total = f"{suggestion.documents} documents with the theme, {suggestion.others} without"
        yield f"      # in {total}; z {suggestion.z:.1f}"
        for quote in suggestion.quotes:
            origin = f" ({_comment(origins[quote.position])})" if origins else ""
            yield f"      # “{_comment(quote.text)}”{origin}"
        yield f"      - {_scalar(Term(suggestion.term, suggestion.weight).to_dict())}"


def _scalar(value: Any) -> str:
    """Return a value as YAML on one line."""
    import yaml

    style = '"' if isinstance(value, str) else None
    written: str = yaml.safe_dump(
        value, default_style=style, default_flow_style=True, sort_keys=False, allow_unicode=True, width=1_000_000
    )
    return harmless(written.strip()) if style else written.strip()  # the same escapes are YAML's, between quotes


def _comment(text: str) -> str:
    return visible(text).translate({0xFFFE: " ", 0xFFFF: " "})  # which YAML refuses everywhere
