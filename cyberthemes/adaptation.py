"""A learned tagger made to fit: another theme, more terms, or the base rates of other texts.

The texts that a model was learned from are seldom at hand. What is returned is a new tagger; unless themes exclude one
another, those not spoken of give the very same scores as before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from numbers import Real
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from cyberthemes.calibration import log_odds, prevalence_of, prior_shift
from cyberthemes.errors import InputError
from cyberthemes.fields import nearest
from cyberthemes.gold import UNKNOWN
from cyberthemes.tagging import Tagger
from cyberthemes.taxonomy import Taxonomy, Term, Theme
from cyberthemes.terms import checked_texts

__all__ = ["add_terms", "add_theme", "estimate_prevalence", "with_prevalence"]

Floats = npt.NDArray[np.float64]
_GROWN: Final = "+grown"  # after the version of a taxonomy that is no longer as its file has it
_ROUNDING: Final = 1e-6
_RARE: Final = 0.01  # how probable a theme is without any of its terms, if nothing else is known


def add_theme(tagger: Tagger, theme: Theme, texts: Iterable[str] | None = None, labels: Any = None) -> Tagger:
    """Return a tagger with one more theme, in the last column.

    Parameters
    ----------
    tagger : Tagger
    theme : Theme
    texts : iterable of str or None, default None
        Units of text to learn the theme's words from, with the tagger's vocabulary. Without any, the theme is as
        probable as the presence of its terms says, and rare where there are none of them.
    labels : sequence or None, default None
        Per text 1 or True if the theme applies, 0 or False if not, None or -1 if unknown; without any, terms teach.

    Returns
    -------
    Tagger

    Raises
    ------
    InputError
        If the tagger's themes exclude one another, labels are not as above, or there is nothing to learn from.
    TaxonomyError
        If the theme is not valid, or the tagger has one of that id.

    Examples
    --------
    >>> from cyberthemes import Term, Theme, load_tagger
    >>> quantum = Theme("quantum", "Quantum technology", terms=(Term("quantum computing"), Term("qubit")))
    >>> "quantum" in add_theme(load_tagger(), quantum).tag("It has a thousand qubits.").paragraphs[0].themes
    True
    """
    if not isinstance(theme, Theme):
        raise InputError(f"theme: found {type(theme).__name__}; expected a Theme")
    if tagger.exclusive:
        raise InputError("this tagger's themes exclude one another, so one more changes them all; fit a new one")
    taxonomy = _grown(tagger.taxonomy, (*tagger.taxonomy.themes, theme))
    if texts is None:
        if labels is not None:
            raise InputError("labels without texts; expected the texts that they are of")
        if not theme.terms:
            raise InputError(
                f"theme {theme.id!r} has no terms, and there are no texts; expected terms or labelled texts"
            )
        new = _from_terms(tagger, theme)
    else:
        new = _from_texts(tagger, theme, list(checked_texts(texts)), labels)
    return replace(
        tagger,
        taxonomy=taxonomy,
        term_weights=np.concatenate([tagger.term_weights, new.term_weights], axis=1),
        presence_weights=np.concatenate([tagger.presence_weights, new.presence_weights]),
        bias=np.concatenate([tagger.bias, new.bias]),
        thresholds=np.concatenate([tagger.thresholds, new.thresholds]),
        prevalence=np.concatenate([tagger.prevalence, new.prevalence]),
        added_terms=tagger.added_terms | new.added_terms,
        hash="",
    )


def add_terms(tagger: Tagger, theme_id: str, terms: Sequence[Term | str]) -> Tagger:
    """Return a tagger with more terms for one theme; new terms alone make it as probable as their presence says.

    That is the noisy-or of their weights, up to 0.95 for each; whatever prevalence is supposed. As within a file, a
    longer term hides a shorter one of the theme at the same place.

    Parameters
    ----------
    tagger : Tagger
    theme_id : str
        The theme.
    terms : sequence of Term or str

    Returns
    -------
    Tagger

    Raises
    ------
    InputError
        If there is no such theme.
    TaxonomyError
        If a term is not valid, or the theme has it.

    Examples
    --------
    >>> from cyberthemes import load_tagger
    >>> tagger = add_terms(load_tagger(), "content-governance", ["chilling effect"])
    >>> tagger.tag("Editors warn of a chilling effect.").paragraphs[0].themes
    ('content-governance',)
    """
    if isinstance(terms, str | Term):
        raise InputError("found one term; expected a list of terms: put it in a list")
    if not isinstance(terms, Iterable):
        raise InputError(f"found {type(terms).__name__}; expected a list of terms")
    terms = list(terms)
    theme = tagger.taxonomy.theme(theme_id)
    if wrong := [term for term in terms if not isinstance(term, Term | str)]:
        raise InputError(f"term {wrong[0]!r:.60}; expected a Term or a str")
    added = tuple(Term(term) if isinstance(term, str) else term for term in terms)
    grown = replace(theme, terms=theme.terms + added)
    taxonomy = _grown(tagger.taxonomy, tuple(grown if each is theme else each for each in tagger.taxonomy.themes))
    return replace(
        tagger,
        taxonomy=taxonomy,
        added_terms=tagger.added_terms | {(theme_id, term.text) for term in added},
        hash="",
    )


def estimate_prevalence(tagger: Tagger, texts: Iterable[str]) -> dict[str, float]:
    """Return the share of texts to which each theme applies, estimated without labels.

    Expectation maximisation over the scores (Saerens, Latinne and Decaestecker, 2002), with the tagger's own
    prevalence counted for a hundred texts, so that it takes some hundreds to tell another.

    Parameters
    ----------
    tagger : Tagger
    texts : iterable of str
        Units of text, such as paragraphs drawn at random from those to be tagged.

    Returns
    -------
    dict of str to float
        By theme id.

    Raises
    ------
    InputError
        If there are no texts.
    """
    scores = tagger.scores(texts)
    if not len(scores):
        raise InputError("no texts; expected some from which to estimate how common themes are")
    shares = prevalence_of(scores, tagger.prevalence, tagger.exclusive)
    return dict(zip(tagger.theme_ids, shares.tolist(), strict=True))


def with_prevalence(tagger: Tagger, prevalence: Mapping[str, Any]) -> Tagger:
    """Return a tagger whose probabilities suppose that themes are as common as told; thresholds stay.

    Parameters
    ----------
    tagger : Tagger
    prevalence : mapping of str to float
        By theme id, the share of texts to which it applies, above 0 and below 1. Other themes stay as they are, or
        share what is left if themes exclude one another.

    Returns
    -------
    Tagger

    Raises
    ------
    InputError
        If a theme is unknown or a share is not above 0 and below 1.

    Examples
    --------
    >>> from cyberthemes import load_tagger
    >>> tagger, text = load_tagger(), ["Phones, masts and mobile networks."]
    >>> rarer = with_prevalence(tagger, {"5g": 0.001})
    >>> bool(rarer.predict_proba(text)[0, 13] < tagger.predict_proba(text)[0, 13]), tagger.theme_ids[13]
    (True, '5g')
    """
    if not isinstance(prevalence, Mapping):
        raise InputError(f"found {type(prevalence).__name__}; expected a mapping of theme ids to shares")
    wanted = tagger.prevalence.copy()
    for theme_id, share in prevalence.items():
        if theme_id not in tagger.theme_ids:
            raise InputError(f"no theme {theme_id!r:.60}{nearest(str(theme_id), tagger.theme_ids)}")
        if not isinstance(share, Real) or not 0.0 < float(share) < 1.0:
            raise InputError(f"prevalence of {theme_id!r} is {share!r}; expected a share above 0 and below 1")
        wanted[tagger.theme_ids.index(theme_id)] = share
    if tagger.exclusive:
        wanted = _adding_up_to_1(wanted, [theme_id in prevalence for theme_id in tagger.theme_ids])
    shift = prior_shift(wanted, tagger.prevalence, tagger.exclusive)
    return replace(tagger, bias=tagger.bias + shift, prevalence=wanted, hash="")


def _adding_up_to_1(shares: Floats, told: Sequence[bool]) -> Floats:
    """Return shares in which those not told share what those told leave."""
    fixed = np.array(told)
    left = 1.0 - shares[fixed].sum()
    if fixed.all() and abs(left) < _ROUNDING:
        return shares
    if fixed.all() or left <= 0.0:
        raise InputError(
            f"shares told add up to {1.0 - left:g}; expected 1 in all, and less while other themes are left"
        )
    filled: Floats = np.where(fixed, shares, shares * left / shares[~fixed].sum())
    return filled


def _grown(taxonomy: Taxonomy, themes: tuple[Theme, ...]) -> Taxonomy:
    """Return the taxonomy with other themes, checked as those of a file are, under a version of its own."""
    version = f"{taxonomy.version.removesuffix(_GROWN)}{_GROWN}"
    return Taxonomy.from_dict(replace(taxonomy, version=version, themes=themes).to_dict(), f"{taxonomy.id}, grown")


def _from_terms(tagger: Tagger, theme: Theme) -> Tagger:
    """Return a tagger of one theme that knows nothing but its terms."""
    bias = log_odds([_RARE])
    return replace(
        tagger,
        taxonomy=replace(tagger.taxonomy, themes=(theme,)),
        term_weights=np.zeros((len(tagger.index), 1), dtype=np.float32),
        presence_weights=np.zeros(1, dtype=np.float32),
        bias=bias,
        thresholds=np.array([0.5]),
        prevalence=np.array([_RARE]),
        relevance=None,
        added_terms=frozenset((theme.id, term.text) for term in theme.terms),
    )


def _from_texts(tagger: Tagger, theme: Theme, texts: list[str], labels: Any) -> Tagger:
    """Return a tagger of one theme that knows its terms and the words that go with them, or with the labels."""
    from cyberthemes.themes import ThemeTagger

    if labels is not None:
        if isinstance(labels, str) or not isinstance(labels, Iterable):
            raise InputError(f"labels: found {type(labels).__name__}; expected a list of one for each text")
        labels = [_label(label, theme.id) for label in labels]
    taxonomy = replace(tagger.taxonomy, themes=(theme,))
    return ThemeTagger(taxonomy, index=tagger.index).fit(texts, labels).tagger_


def _label(label: Any, theme_id: str) -> list[str] | None:
    if label is None:
        return None
    if isinstance(label, Real) and label == UNKNOWN:
        return None
    if not isinstance(label, Real | np.bool_) or label not in (0, 1):
        raise InputError(f"label {label!r}; expected 1 or True, 0 or False, and None or -1 where it is unknown")
    return [theme_id] if label else []
