"""What tagging gives back: articles, their paragraphs, the themes of each, and the evidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, NamedTuple, overload

from cyberthemes.documents import Document
from cyberthemes.paragraphs import Kind

__all__ = ["ArticleTheme", "Evidence", "EvidencePieces", "Tag", "TaggedArticle", "TaggedParagraph", "tagged_article"]


class Evidence(NamedTuple):  # there are a hundred of these in an article, and a tuple is made soonest
    """What one place in the text adds to a theme's score: ``article.text[start:end] == text``.

    ``contribution`` is in log-odds; a negative one speaks against the theme.
    """

    text: str
    start: int
    end: int
    contribution: float

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dict of plain values."""
        return self._asdict()


class EvidencePieces(Sequence[Evidence]):
    """The evidence for a theme, the strongest first: made into records when it is looked at.

    It equals a tuple of the same pieces; `tuple` makes one of it.

    Parameters
    ----------
    text : str
        The unit of text.
    offset : int
        Where it begins in the article.
    starts, ends, contributions : bytes
        Arrays of int64, int64 and float64: places in the article and what each adds, in any order; what stands twice
        counts as one. Bytes are the smallest to keep and the soonest sent to another process.
    """

    __slots__ = ("_offset", "_pieces", "_places", "_text")

    def __init__(self, text: str, offset: int, starts: bytes, ends: bytes, contributions: bytes) -> None:
        self._text, self._offset = text, offset
        self._places = starts, ends, contributions
        self._pieces: tuple[Evidence, ...] | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        return EvidencePieces, (self._text, self._offset, *self._places)

    def _ranked(self) -> Iterator[tuple[str, int, int, float]]:
        """Yield the fields of each piece, the strongest first."""
        starts, ends = (memoryview(places).cast("q") for places in self._places[:2])
        contributions = memoryview(self._places[2]).cast("d")
        summed: dict[tuple[int, int], float] = {}
        for start, end, contribution in zip(starts, ends, contributions, strict=True):
            summed[start, end] = summed.get((start, end), 0.0) + contribution
        ranked = sorted([(-abs(value), place, value) for place, value in summed.items() if value])
        text, offset = self._text, self._offset
        return ((text[start - offset : end - offset], start, end, value) for _, (start, end), value in ranked)

    def _looked_at(self) -> tuple[Evidence, ...]:
        if self._pieces is None:
            self._pieces = tuple(map(Evidence._make, self._ranked()))
        return self._pieces

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return ``to_dict()`` of each piece, without making records of them."""
        return [
            {"text": text, "start": start, "end": end, "contribution": contribution}
            for text, start, end, contribution in self._ranked()
        ]

    @overload
    def __getitem__(self, index: int) -> Evidence: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Evidence, ...]: ...

    def __getitem__(self, index: int | slice) -> Evidence | tuple[Evidence, ...]:
        return self._looked_at()[index]

    def __len__(self) -> int:
        return len(self._looked_at())

    def __iter__(self) -> Iterator[Evidence]:
        return iter(self._looked_at())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, EvidencePieces | tuple) and self._looked_at() == tuple(other)

    def __hash__(self) -> int:
        return hash(self._looked_at())

    def __repr__(self) -> str:
        return repr(self._looked_at())


@dataclass(frozen=True, slots=True)
class Tag:
    """A theme of a paragraph, and why.

    Attributes
    ----------
    theme, name : str
        The theme's id and name.
    probability : float
        How likely it is that the theme applies: the logistic function of ``score``, or the softmax of the scores of all
        themes where they exclude one another.
    threshold : float
        The probability from which the theme counts as applying.
    score, bias : float
        Log-odds; ``score`` is ``bias`` plus the contributions of all ``evidence``.
    evidence : sequence of Evidence
        Every place that contributes, the strongest first.
    """

    theme: str
    name: str
    probability: float
    threshold: float
    score: float
    bias: float
    evidence: Sequence[Evidence]

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dict of plain values."""
        plain: dict[str, Any] = {item.name: getattr(self, item.name) for item in fields(self)}
        own = self.evidence
        as_dicts = own.to_dicts() if isinstance(own, EvidencePieces) else [piece.to_dict() for piece in own]
        plain["evidence"] = as_dicts
        return plain

    def _repr_html_(self) -> str:
        from cyberthemes.notebook import tag_html

        return tag_html(self.to_dict())


@dataclass(frozen=True, slots=True)
class TaggedParagraph:
    """A paragraph with its themes, most probable first.

    ``reason`` says why there are none: "boilerplate", "no known terms", "not English", "off topic" (about something
    else altogether) or "none of these"; it is None where there are some. ``attribution`` is the text of the line that
    says where a quotation is from.
    """

    text: str
    start: int
    end: int
    kind: Kind
    attribution: str | None
    tags: tuple[Tag, ...]
    reason: str | None

    @property
    def themes(self) -> tuple[str, ...]:
        """The ids of the themes that apply."""
        return tuple(tag.theme for tag in self.tags)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dict of plain values."""
        plain: dict[str, Any] = {item.name: getattr(self, item.name) for item in fields(self)}
        plain["tags"] = [tag.to_dict() for tag in self.tags]
        return plain

    def _repr_html_(self) -> str:
        from cyberthemes.notebook import paragraph_html

        return paragraph_html(self.to_dict())


@dataclass(frozen=True, slots=True)
class ArticleTheme:
    """A theme of a whole article: the probability of its surest paragraph, and how many paragraphs have it.

    ``share`` is ``paragraphs`` over all paragraphs that are not boilerplate.
    """

    theme: str
    name: str
    probability: float
    paragraphs: int
    share: float

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dict of plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class TaggedArticle:
    """A document with its paragraphs' themes, and its own by the any-paragraph rule.

    The any-paragraph rule: a theme is the article's if it is that of at least one paragraph; its probability is the
    largest of its paragraphs', and themes are listed by their share of paragraphs, then by probability. ``reason`` says
    why there are none, as for a paragraph, or "empty"; it is None where there are some.
    """

    id: str
    text: str
    title: str | None
    date: str | None
    source: str | None
    metadata: Mapping[str, Any]
    themes: tuple[ArticleTheme, ...]
    reason: str | None
    paragraphs: tuple[TaggedParagraph, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dict of plain values."""
        return {
            "id": self.id,
            "text": self.text,
            "title": self.title,
            "date": self.date,
            "source": self.source,
            "metadata": dict(self.metadata),
            "themes": [theme.to_dict() for theme in self.themes],
            "reason": self.reason,
            "paragraphs": [paragraph.to_dict() for paragraph in self.paragraphs],
        }

    def _repr_html_(self) -> str:
        from cyberthemes.notebook import article_html

        paragraphs = map(TaggedParagraph.to_dict, self.paragraphs)  # one at a time, and no more than are shown
        return article_html(replace(self, paragraphs=()).to_dict(), paragraphs, len(self.paragraphs))


def tagged_article(document: Document, paragraphs: tuple[TaggedParagraph, ...]) -> TaggedArticle:
    """Return a document with its tagged paragraphs, and its own themes by the any-paragraph rule."""
    themes = _article_themes(paragraphs)
    reasons = [paragraph.reason for paragraph in paragraphs if paragraph.kind != "boilerplate"]
    reason = reasons[0] if len(set(reasons)) == 1 else "none of these" if reasons else "boilerplate"
    return TaggedArticle(
        document.id,
        document.text,
        document.title,
        document.date,
        document.source,
        document.metadata,
        themes,
        None if themes else reason if paragraphs else "empty",
        paragraphs,
    )


def _article_themes(paragraphs: Sequence[TaggedParagraph]) -> tuple[ArticleTheme, ...]:
    """Apply the any-paragraph rule; see `TaggedArticle`."""
    n_readable = sum(paragraph.kind != "boilerplate" for paragraph in paragraphs)
    tags: dict[str, list[Tag]] = {}
    for paragraph in paragraphs:
        for tag in paragraph.tags:
            tags.setdefault(tag.theme, []).append(tag)
    themes = [
        ArticleTheme(theme, found[0].name, max(tag.probability for tag in found), len(found), len(found) / n_readable)
        for theme, found in tags.items()
    ]
    return tuple(sorted(themes, key=lambda theme: (-theme.share, -theme.probability, theme.theme)))
