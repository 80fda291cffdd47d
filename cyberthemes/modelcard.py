"""A model card: what a model was learned from, how right it is on held-out folds, and where it ends, as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

import cyberthemes
from cyberthemes.evaluation import Evaluation
from cyberthemes.gold import Gold, full_weight
from cyberthemes.tagging import Tagger

__all__ = ["model_card"]


def model_card(tagger: Tagger, gold: Gold, sources: Sequence[str], held_out: Evaluation) -> str:
    """Return the card of a learned tagger.

    Parameters
    ----------
    tagger : Tagger
        The learned model.
    gold : Gold
        What it was learned from.
    sources : sequence of str
        What to call the gold files.
    held_out : Evaluation
        Scores on the folds that did not train.

    Returns
    -------
    str
        Markdown.
    """
    taxonomy = tagger.taxonomy
    rows = [
        f"| `{score.theme}` | {score.support} | {score.precision:.2f} | {score.recall:.2f} | {score.f1:.2f} "
        f"| {threshold:.2f} |"
        for score, threshold in zip(held_out.per_theme, tagger.thresholds, strict=True)
    ]
    return _CARD.format(
        taxonomy=taxonomy.id,
        version=taxonomy.version,
        library=cyberthemes.__version__,
        n_themes=len(taxonomy.themes),
        n_taxonomy_terms=sum(len(theme.terms) for theme in taxonomy.themes),
        n_terms=len(tagger.index),
        n_units=len(gold.texts),
        n_documents=len(set(gold.groups)),
        n_none=int((gold.labels != 1).all(axis=1).sum()),
        off_topic=" and one score more tells texts that are off topic, which get none" if tagger.relevance else "",
        n_scored=held_out.n,
        n_helpers=len(gold.weights) - len(full_weight(gold.weights)),
        sources=", ".join(f"`{source}`" for source in sources),
        micro=_figure(held_out, "micro_f1"),
        macro=_figure(held_out, "macro_f1"),
        brier=_figure(held_out, "brier_skill"),
        calibration=_figure(held_out, "calibration_error"),
        rows="\n".join(rows),
        reliability="\n".join(
            f"| {bin_.low:.2f} to {bin_.high:.2f} | {bin_.n:,} | {bin_.probability:.3f} | {bin_.frequency:.3f} |"
            for bin_ in held_out.reliability
        ),
    )


def _figure(evaluation: Evaluation, name: str) -> str:
    if name not in evaluation.intervals:
        return "too few probabilities to say"
    low, high = evaluation.intervals[name]
    return f"{getattr(evaluation, name):.3f} ({low:.3f} to {high:.3f})"


_CARD = """# Model card: {taxonomy}

A tagger of {n_themes} themes, version {version} of the taxonomy `{taxonomy}`, learned by cyberthemes {library}.

## What it does
It takes a paragraph of English text and gives each theme a probability, with the places in the text whose
contributions add up to the theme's score. It is linear: a support vector machine per theme on the TF-IDF of {n_terms:,}
words and phrases and on the presence of {n_taxonomy_terms:,} taxonomy terms, calibrated on held-out folds.
No theme at all is a common answer{off_topic}.

## What it was learned from
{n_units:,} labelled paragraphs of {n_documents:,} documents ({n_none:,} paragraphs without a theme), from {sources};
{n_helpers:,} of them count less than the others. The texts are not part of the model: it holds single words, the
taxonomy's own terms, and numbers.

## How right it is
On {n_scored:,} paragraphs that count in full, each scored by a fold that did not learn from its document, borderline
labels ignored, with 95 % bootstrap intervals:

| figure | value |
|---|---|
| micro-F1 | {micro} |
| macro-F1 | {macro} |
| Brier skill over base rates | {brier} |
| calibration error | {calibration} |

Calibration and thresholds were set on these same folds, so the last two figures, and slightly the first two, are kind
to the model. If the taxonomy's terms or weights were chosen with these texts in view, as those of the bundled model
were, all four are: quote figures from texts that neither has seen.

How often a theme applies that is given a probability, over all pairs of paragraph and theme:

| probability | pairs | mean probability | share that apply |
|---|---|---|---|
{reliability}

| theme | paragraphs | precision | recall | F1 | threshold |
|---|---|---|---|---|---|
{rows}

## Where it ends
- Labels follow one codebook and one way of reading it; careful readers differ on some of them.
- If paragraphs were chosen to cover rare themes, themes are rarer in ordinary text and probabilities there run high:
  `estimate_prevalence` and `with_prevalence` make up for that, given some hundred texts.
- Outlets, years and subjects unlike those above are tagged less well. Text in other languages gets no themes.
- A paragraph is judged by its own words: "the initiative" is not resolved from the paragraph before.
- The model reports what a text speaks of, not whether it is true or what its author holds.
"""
