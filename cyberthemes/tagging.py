"""The frozen model at work: `Tagger` gives paragraphs their themes, with probability and evidence.

For each theme a unit of text has a score, linear in what stands in it: the theme's bias, plus the weight of each
term times its TF-IDF value, plus the weight of the theme's own taxonomy terms times how strongly they are present.
A probability is the logistic function of the score, which learning has calibrated; where themes exclude one another
it is the softmax of all scores. Every summand belongs to a place in the text, so evidence adds up to the score. Only
NumPy is imported here.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from cyberthemes.batches import Origin, map_stream, parts_of
from cyberthemes.calibration import probabilities_of
from cyberthemes.documents import Document
from cyberthemes.errors import InputError, ModelError
from cyberthemes.language import EnglishTest
from cyberthemes.paragraphs import Paragraph
from cyberthemes.relevance import Relevance
from cyberthemes.results import Tag, TaggedArticle, TaggedParagraph, tagged_article
from cyberthemes.scoring import ScoredTexts, Scorer
from cyberthemes.storage import open_folder, save_folder
from cyberthemes.taxonomy import Taxonomy
from cyberthemes.terms import TermIndex, checked_texts, in_batches

__all__ = ["BUNDLED_MODEL", "Tagger", "load_tagger"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
BUNDLED_MODEL: Final = "cyberspace-governance"
_KIND: Final = "tagger"


# The tagger -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False, repr=False)
class Tagger:
    """A learned model, frozen: the same text has the same answer alone, in a batch and in any thread.

    `load_tagger` opens a saved one; `cyberthemes.themes.ThemeTagger` learns one.

    Attributes
    ----------
    taxonomy : Taxonomy
        The themes, in column order, with their terms.
    index : TermIndex
        The vocabulary.
    term_weights : ndarray of float32, shape (n_terms, n_themes)
        What a TF-IDF value of 1 adds to each theme's score.
    presence_weights : ndarray of float32, shape (n_themes,)
        What the full presence of a theme's taxonomy terms adds to its score.
    bias, thresholds : ndarray of float64, shape (n_themes,)
        Scores of an empty text, and the probabilities from which themes count as applying.
    prevalence : ndarray of float64, shape (n_themes,)
        The share of texts to which each theme applies that the probabilities suppose.
    exclusive : bool
        Whether only the most probable theme can apply to a text.
    relevance : Relevance or None
        What tells texts to which any theme may apply from all others; None takes every text.
    added_terms : frozenset of tuple of str
        Theme id and text of each taxonomy term that was added after learning; see `cyberthemes.adaptation.add_terms`.
    hash : str
        What identifies the saved model; empty before it is saved.
    origin : Origin or None
        Where the model was opened, so that other processes can open it too; None if it was not.

    Examples
    --------
    >>> tagger = load_tagger()
    >>> article = tagger.tag("The new data security law restricts cross-border data flows.")
    >>> article.paragraphs[0].themes[0]
    'data-security'
    """

    taxonomy: Taxonomy
    index: TermIndex
    term_weights: npt.NDArray[np.float32]
    presence_weights: npt.NDArray[np.float32]
    bias: Floats
    thresholds: Floats
    prevalence: Floats
    exclusive: bool = False
    relevance: Relevance | None = None
    added_terms: frozenset[tuple[str, str]] = frozenset()
    hash: str = ""
    origin: Origin | None = None

    def __post_init__(self) -> None:
        n_terms, n_themes = len(self.index), len(self.taxonomy.themes)
        expected = {
            "term_weights": (n_terms, n_themes),
            "presence_weights": (n_themes,),
            "bias": (n_themes,),
            "thresholds": (n_themes,),
            "prevalence": (n_themes,),
        }
        for name, shape in expected.items():
            array = np.asarray(getattr(self, name))
            if array.shape != shape:
                raise ModelError(f"{name} has shape {array.shape}; expected {shape}")
            if not np.isfinite(array).all():
                raise ModelError(f"{name} holds NaN or infinite values; the model is damaged")
            frozen = array.view()
            frozen.flags.writeable = False
            object.__setattr__(self, name, frozen)
        if not ((self.prevalence >= 0) & (self.prevalence <= 1)).all() or not (self.thresholds >= 0).all():
            raise ModelError("prevalence outside 0 to 1, or thresholds below 0; the model is damaged")
        if self.relevance and (
            self.relevance.weights.shape != (n_terms,) or not 0 < self.relevance.n_themes <= n_themes
        ):
            raise ModelError(
                f"relevance has weights of shape {self.relevance.weights.shape} for {self.relevance.n_themes} themes; "
                f"expected ({n_terms},) for 1 to {n_themes}"
            )

    def __reduce__(self) -> tuple[Any, ...]:
        return Tagger, tuple(parts_of(self).values())  # whole, wherever it was opened

    def __repr__(self) -> str:
        taxonomy = self.taxonomy
        return f"<Tagger of {taxonomy.id} {taxonomy.version}: {len(taxonomy.themes)} themes, {len(self.index):,} terms>"

    @property
    def theme_ids(self) -> tuple[str, ...]:
        """The ids of the themes, in column order."""
        return self.taxonomy.theme_ids

    def scores(self, texts: Iterable[str]) -> Floats:
        """Return the score of each theme for each text, taken as one unit: calibrated log-odds.

        Parameters
        ----------
        texts : iterable of str
            Units of text, such as paragraphs; they are not split.

        Returns
        -------
        ndarray of float64, shape (n_texts, n_themes)
            Columns in the order of `theme_ids`.

        Raises
        ------
        InputError
            If ``texts`` is a lone str, or a text is not a str.
        """
        parts = [self._scorer.score(batch).scores for batch in in_batches(checked_texts(texts))]
        return np.concatenate([np.empty((0, len(self.theme_ids))), *parts])

    def predict_proba(self, texts: Iterable[str]) -> Floats:
        """Return the probability of each theme for each text, taken as one unit, be it off topic or not.

        Parameters
        ----------
        texts : iterable of str
            Units of text, such as paragraphs; they are not split.

        Returns
        -------
        ndarray of float64, shape (n_texts, n_themes)
            Columns in the order of `theme_ids`.

        Raises
        ------
        InputError
            If ``texts`` is a lone str, or a text is not a str.
        """
        return probabilities_of(self.scores(texts), self.exclusive)

    def predict(self, texts: Iterable[str]) -> npt.NDArray[np.bool_]:
        """Return which themes apply to each text, taken as one unit: probable enough, and the text on topic.

        Parameters
        ----------
        texts : iterable of str
            Units of text, such as paragraphs; they are not split.

        Returns
        -------
        ndarray of bool, shape (n_texts, n_themes)
            Columns in the order of `theme_ids`.

        Raises
        ------
        InputError
            If ``texts`` is a lone str, or a text is not a str.
        """
        parts = [self._judge(self._scorer.score(batch)).applies for batch in in_batches(checked_texts(texts))]
        return np.concatenate([np.empty((0, len(self.theme_ids)), dtype=np.bool_), *parts])

    def tag(self, text: str | Document) -> TaggedArticle:
        """Return an article with the themes of its paragraphs, and why.

        Parameters
        ----------
        text : str or Document
            A text is split into paragraphs; a document's given paragraphs are taken as they are.

        Returns
        -------
        TaggedArticle
        """
        return self.tag_documents([text if isinstance(text, Document) else Document(_checked(text))])[0]

    def tag_batch(self, texts: Iterable[str | Document], *, n_jobs: int | None = None) -> Iterator[TaggedArticle]:
        """Yield `tag` of each text, in order and without end if the texts have none, in bounded memory.

        Parameters
        ----------
        texts : iterable of str or Document
            Some are read ahead, few at first and more as they keep coming quickly, so a text may wait for the next;
            see `cyberthemes.batches`.
        n_jobs : int or None, default None
            How many processes tag, as joblib counts them; None is 1 unless a ``joblib.parallel_config`` says
            otherwise, which may also name a backend, such as a Dask cluster.

        Yields
        ------
        TaggedArticle

        Raises
        ------
        InputError
            If ``texts`` is a lone str, or one of them is neither str nor Document; results before it come first.
        """
        return map_stream(self, texts, _itself, n_jobs)

    def tag_documents(self, documents: Sequence[Document]) -> list[TaggedArticle]:
        """Return `tag` of each document; many are tagged faster together.

        Parameters
        ----------
        documents : sequence of Document

        Returns
        -------
        list of TaggedArticle
        """
        units = [
            (document, paragraph, document.text_of(paragraph))
            for document in documents
            for paragraph in document.paragraphs()
        ]
        verdicts = self._verdicts(
            [(text, paragraph.start) for _, paragraph, text in units if paragraph.kind != "boilerplate"]
        )
        tagged = iter([_tagged_paragraph(*unit, verdicts) for unit in units])
        return [tagged_article(document, tuple(islice(tagged, len(document.paragraphs())))) for document in documents]

    def explain(self, text: str) -> tuple[Tag, ...]:
        """Return what speaks for and against every theme in a text, taken as one unit.

        Parameters
        ----------
        text : str
            One unit of text.

        Returns
        -------
        tuple of Tag
            One per theme, applying or not, the most probable first.
        """
        scored = self._scorer.score([_checked(text)])
        themes = np.argsort(-scored.scores[0], kind="stable")
        return tuple(self._tags(scored, np.zeros(len(themes), dtype=np.int64), themes, [0]))

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the model as a folder, whole or not at all, and return its path.

        Raises
        ------
        ModelError
            If the folder cannot be written.
        """
        return save_folder(
            path,
            kind=_KIND,
            settings={
                "taxonomy": self.taxonomy.id,
                "taxonomy_version": self.taxonomy.version,
                "themes": list(self.theme_ids),
                "exclusive": self.exclusive,
                "added_terms": sorted(map(list, self.added_terms)),
            },
            arrays=(self.relevance.to_arrays() if self.relevance else {})
            | {
                "term_weights": self.term_weights,
                "presence_weights": self.presence_weights,
                "bias": self.bias,
                "thresholds": self.thresholds,
                "prevalence": self.prevalence,
                "idf": self.index.idf,
            },
            documents={"vocabulary": self.index.to_dict(), "taxonomy": self.taxonomy.to_dict()},
        )

    # Units of text ------------------------------------------------------------------------------------------

    def _verdicts(self, units: Sequence[tuple[str, int]]) -> Iterator[_Verdict]:
        """Yield the tags of each text, or why there are none, given where it begins in its article."""
        starts = iter([start for _, start in units])
        for batch in in_batches(text for text, _ in units):
            scored = self._scorer.score(batch)
            judged = self._judge(scored)
            numbers, themes = np.nonzero(judged.applies)
            order = np.lexsort((themes, -scored.scores[numbers, themes], numbers))
            tags = iter(self._tags(scored, numbers.take(order), themes.take(order), list(islice(starts, len(batch)))))
            n_tags = judged.applies.sum(axis=1).tolist()
            for n_own, reason in zip(n_tags, judged.reasons, strict=True):
                own = tuple(islice(tags, n_own))
                yield own, None if own else reason

    def _judge(self, scored: ScoredTexts) -> _Judgement:
        """Return which themes apply to which texts, and why none does."""
        applies = probabilities_of(scored.scores, self.exclusive) >= self.thresholds
        if self.exclusive:
            applies &= np.arange(len(self.theme_ids)) == scored.scores.argmax(axis=1)[:, None]
        else:
            applies &= scored.scores > self.bias
        reasons = np.full(len(applies), "none of these", dtype=object)
        if self.relevance:
            off_topic = self.relevance.are_off_topic(scored.rows)
            reasons[off_topic] = "off topic"
            excused = np.zeros_like(applies)
            excused[:, self.relevance.n_themes :] = True
            added = self._scorer.is_added.take(scored.hits.terms)
            excused[scored.hits.texts[added], scored.hits.themes[added]] = True
            applies &= excused | ~off_topic[:, None]
        is_english, has_letters = self._language(scored.texts)
        is_known = has_letters & scored.has_known_terms()
        reasons[~is_known] = "no known terms"
        reasons[has_letters & ~is_english] = "not English"
        applies &= (is_known & is_english)[:, None]
        return _Judgement(applies, reasons.tolist())

    def _tags(self, scored: ScoredTexts, texts: Integers, themes: Integers, starts: Sequence[int]) -> Iterator[Tag]:
        """Yield a tag for each of some pairs of text and theme, given where each text begins in its article."""
        probabilities = probabilities_of(scored.scores, self.exclusive)[texts, themes].tolist()
        scores = scored.scores[texts, themes].tolist()
        evidence = scored.evidence(texts, themes, [starts[text] for text in texts.tolist()])
        thresholds, bias = self.thresholds.tolist(), self.bias.tolist()
        for column, probability, score, pieces in zip(themes.tolist(), probabilities, scores, evidence, strict=True):
            theme = self.taxonomy.themes[column]
            yield Tag(theme.id, theme.name, probability, thresholds[column], score, bias[column], pieces)

    @cached_property
    def _scorer(self) -> Scorer:
        terms = [(theme.id, term.text) for theme, term in self.taxonomy.terms()]
        is_added = np.array([term in self.added_terms for term in terms], dtype=np.bool_)
        return Scorer(self.taxonomy, self.index, self.term_weights, self.presence_weights, self.bias, is_added)

    @cached_property
    def _language(self) -> EnglishTest:
        return EnglishTest(self.index)


_Verdict = tuple[tuple[Tag, ...], str | None]


@dataclass(frozen=True, slots=True)
class _Judgement:
    """Which themes apply to each text, and why none does if none does."""

    applies: npt.NDArray[np.bool_]
    reasons: list[str]


def _tagged_paragraph(
    document: Document, paragraph: Paragraph, text: str, verdicts: Iterator[_Verdict]
) -> TaggedParagraph:
    """Return a paragraph with the next verdict, or as boilerplate, which has none."""
    attribution = document.text[slice(*paragraph.attribution)] if paragraph.attribution else None
    tags, reason = ((), "boilerplate") if paragraph.kind == "boilerplate" else next(verdicts)
    return TaggedParagraph(text, paragraph.start, paragraph.end, paragraph.kind, attribution, tags, reason)


def _itself(article: TaggedArticle) -> TaggedArticle:
    return article


# Articles and models --------------------------------------------------------------------------------------


def load_tagger(path: str | os.PathLike[str] | None = None) -> Tagger:
    """Return a saved tagger, or the bundled one.

    Parameters
    ----------
    path : path-like or None, default None
        A model folder; None is the bundled model of cyberspace-governance themes.

    Returns
    -------
    Tagger

    Raises
    ------
    ModelError
        If the folder is missing, damaged, or not a tagger.
    """
    folder = _bundled_folder() if path is None else Path(path)
    stored = open_folder(folder, kind=_KIND)
    try:
        tagger = Tagger(
            Taxonomy.from_dict(stored.documents["taxonomy"], f"{folder}: taxonomy"),
            TermIndex.from_dict(stored.documents["vocabulary"], stored.arrays["idf"]),
            stored.arrays["term_weights"],
            stored.arrays["presence_weights"],
            stored.arrays["bias"],
            stored.arrays["thresholds"],
            stored.arrays["prevalence"],
            stored.settings["exclusive"] is True,
            Relevance.from_arrays(stored.arrays),
            frozenset((theme_id, term) for theme_id, term in stored.settings["added_terms"]),
            stored.hash,
        )
    except (KeyError, OverflowError, TypeError, ValueError) as error:
        raise ModelError(
            f"{folder}: its content does not make a tagger ({error}); save or copy the model again"
        ) from error
    return replace(tagger, origin=Origin(load_tagger, folder.resolve(), parts_of(tagger)))


def _bundled_folder() -> Path:
    package = Path(__file__).parent
    installed = package / "models" / BUNDLED_MODEL
    return installed if installed.is_dir() else package.parent / "models" / BUNDLED_MODEL


def _checked(text: str) -> str:
    if not isinstance(text, str):
        raise InputError(f"found {type(text).__name__}; expected a str or a Document")
    return text
