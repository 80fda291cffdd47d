"""Tag paragraphs with the themes of digital policy, with evidence.

In the order in which data flows:

- `read` files, folders, records or text as `Document`, within `Limits`; `split_paragraphs` gives `Paragraph`
- `tokenize` gives `Token`; `PhraseMatcher` finds multiword terms; `TermVectorizer` learns TF-IDF terms, a `TermIndex`
- `Taxonomy` holds `Theme` and `Term`, read from one YAML file
- `load_tagger` opens a `Tagger`: ``tag`` gives a `TaggedArticle` of `ArticleTheme` and `TaggedParagraph`, each
  with `Tag` and `Evidence`
- `ThemeTagger` learns a `Tagger` from a taxonomy, texts and labels, or no labels; `add_theme` and `add_terms` grow one,
  `estimate_prevalence` and `with_prevalence` fit its probabilities to other texts
- `read_gold` reads labelled units as `Gold`; `evaluate` scores a tagger on them as an `Evaluation`
- `suggest` picks what a person should label next, each a `Suggestion`; `to_label_studio`, `label_config` and
  `from_label_studio` take it there and back
- `TopicModel` finds topics in texts, each a `Topic`; `choose_n_topics` says how many; `load_topics` opens a saved
  model; `topics_over_time` and `topics_by_source` give a `TopicShare` each, `rising_terms` what is new in a topic;
  `near_duplicates` groups reprints; `topic_coherence` and `topic_diversity` say how good topics are
- every error is a `CyberthemesError`: `InputError`, `TaxonomyError` or `ModelError`

Names are imported when first used, so that ``import cyberthemes`` costs almost nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from cyberthemes.activelearning import Suggestion, suggest
    from cyberthemes.adaptation import add_terms, add_theme, estimate_prevalence, with_prevalence
    from cyberthemes.coherence import topic_coherence, topic_diversity
    from cyberthemes.documents import Document, read
    from cyberthemes.duplicates import near_duplicates
    from cyberthemes.errors import CyberthemesError, InputError, ModelError, TaxonomyError
    from cyberthemes.evaluation import Evaluation, evaluate
    from cyberthemes.gold import Gold, read_gold
    from cyberthemes.labelstudio import from_label_studio, label_config, to_label_studio
    from cyberthemes.limits import Limits
    from cyberthemes.paragraphs import Paragraph, split_paragraphs
    from cyberthemes.phrases import PhraseMatcher
    from cyberthemes.results import ArticleTheme, Evidence, Tag, TaggedArticle, TaggedParagraph
    from cyberthemes.tagging import Tagger, load_tagger
    from cyberthemes.taxonomy import Taxonomy, Term, Theme
    from cyberthemes.terms import TermIndex
    from cyberthemes.themes import ThemeTagger
    from cyberthemes.tokens import Token, tokenize
    from cyberthemes.topicrecords import Topic
    from cyberthemes.topics import TopicModel, choose_n_topics, load_topics
    from cyberthemes.trends import TopicShare, rising_terms, topics_by_source, topics_over_time
    from cyberthemes.vectorizer import TermVectorizer

__all__ = [
    "ArticleTheme",
    "CyberthemesError",
    "Document",
    "Evaluation",
    "Evidence",
    "Gold",
    "InputError",
    "Limits",
    "ModelError",
    "Paragraph",
    "PhraseMatcher",
    "Suggestion",
    "Tag",
    "TaggedArticle",
    "TaggedParagraph",
    "Tagger",
    "Taxonomy",
    "TaxonomyError",
    "Term",
    "TermIndex",
    "TermVectorizer",
    "Theme",
    "ThemeTagger",
    "Token",
    "Topic",
    "TopicModel",
    "TopicShare",
    "add_terms",
    "add_theme",
    "choose_n_topics",
    "estimate_prevalence",
    "evaluate",
    "from_label_studio",
    "label_config",
    "load_tagger",
    "load_topics",
    "near_duplicates",
    "read",
    "read_gold",
    "rising_terms",
    "split_paragraphs",
    "suggest",
    "to_label_studio",
    "tokenize",
    "topic_coherence",
    "topic_diversity",
    "topics_by_source",
    "topics_over_time",
    "with_prevalence",
]

_NAMES_BY_MODULE = {
    "activelearning": ("Suggestion", "suggest"),
    "adaptation": ("add_terms", "add_theme", "estimate_prevalence", "with_prevalence"),
    "coherence": ("topic_coherence", "topic_diversity"),
    "documents": ("Document", "read"),
    "duplicates": ("near_duplicates",),
    "errors": ("CyberthemesError", "InputError", "ModelError", "TaxonomyError"),
    "evaluation": ("Evaluation", "evaluate"),
    "gold": ("Gold", "read_gold"),
    "labelstudio": ("from_label_studio", "label_config", "to_label_studio"),
    "limits": ("Limits",),
    "paragraphs": ("Paragraph", "split_paragraphs"),
    "phrases": ("PhraseMatcher",),
    "results": ("ArticleTheme", "Evidence", "Tag", "TaggedArticle", "TaggedParagraph"),
    "tagging": ("Tagger", "load_tagger"),
    "taxonomy": ("Taxonomy", "Term", "Theme"),
    "terms": ("TermIndex",),
    "themes": ("ThemeTagger",),
    "tokens": ("Token", "tokenize"),
    "topicrecords": ("Topic",),
    "topics": ("TopicModel", "choose_n_topics", "load_topics"),
    "trends": ("TopicShare", "rising_terms", "topics_by_source", "topics_over_time"),
    "vectorizer": ("TermVectorizer",),
}
_MODULE_BY_NAME = {name: module for module, names in _NAMES_BY_MODULE.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _MODULE_BY_NAME:
        raise AttributeError(f"module 'cyberthemes' has no attribute {name!r}")
    return getattr(importlib.import_module(f"cyberthemes.{_MODULE_BY_NAME[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
