"""Tag paragraphs with the themes of digital policy, with evidence.

In the order in which data flows:

- `read` files, folders, records or text as `Document`, within `Limits`; `split_paragraphs` gives `Paragraph`
- `tokenize` gives `Token`; `PhraseMatcher` finds multiword terms; `TermVectorizer` learns TF-IDF terms, a `TermIndex`
- `Taxonomy` holds `Theme` and `Term`, read from one YAML file
- `to_skos` writes it as SKOS in Turtle, `read_skos` and `from_skos` read it back, or anyone's
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
- `theme_shares` says which themes stand where and when, each a `ThemeShare`; `co_occurrences` which stand together,
  each a `ThemePair`; `keyword_in_context` shows in which words, each a `Keyword`; `compare` finds how two sets of
  articles differ: a `Comparison` of `ThemeDifference` and `TermDifference`
- `summarise` puts what articles show together into a `Summary`, and `render_report` makes one HTML page of it
- `diff_themes` says as a `TaxonomyDiff` what a new version of a taxonomy or model changes, and in which texts;
  `suggest_terms` what a taxonomy lacks, as `TaxonomySuggestions`
- `tag_table`, `article_table`, `evidence_table` and `topic_table` give a `Table`, which pandas, Polars, Parquet and CSV
  are one call away from
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
    from cyberthemes.comparison import Comparison, TermDifference, ThemeDifference, compare
    from cyberthemes.documents import Document, read
    from cyberthemes.duplicates import near_duplicates
    from cyberthemes.errors import CyberthemesError, InputError, ModelError, TaxonomyError
    from cyberthemes.evaluation import Evaluation, evaluate
    from cyberthemes.gold import Gold, read_gold
    from cyberthemes.labelstudio import from_label_studio, label_config, to_label_studio
    from cyberthemes.limits import Limits
    from cyberthemes.paragraphs import Paragraph, split_paragraphs
    from cyberthemes.phrases import PhraseMatcher
    from cyberthemes.report import render_report
    from cyberthemes.results import ArticleTheme, Evidence, Tag, TaggedArticle, TaggedParagraph
    from cyberthemes.skos import from_skos, read_skos, to_skos
    from cyberthemes.suggestionrecords import TaxonomySuggestions
    from cyberthemes.summary import Summary, summarise
    from cyberthemes.tables import Table, article_table, evidence_table, tag_table, topic_table
    from cyberthemes.tagging import Tagger, load_tagger
    from cyberthemes.taxonomy import Taxonomy, Term, Theme
    from cyberthemes.taxonomychanges import TaxonomyDiff
    from cyberthemes.taxonomydiff import diff_themes
    from cyberthemes.terms import TermIndex
    from cyberthemes.termsuggestions import suggest_terms
    from cyberthemes.themes import ThemeTagger
    from cyberthemes.tokens import Token, tokenize
    from cyberthemes.topicrecords import Topic
    from cyberthemes.topics import TopicModel, choose_n_topics, load_topics
    from cyberthemes.trends import TopicShare, rising_terms, topics_by_source, topics_over_time
    from cyberthemes.vectorizer import TermVectorizer
    from cyberthemes.views import Keyword, ThemePair, ThemeShare, co_occurrences, keyword_in_context, theme_shares

__all__ = [
    "ArticleTheme",
    "Comparison",
    "CyberthemesError",
    "Document",
    "Evaluation",
    "Evidence",
    "Gold",
    "InputError",
    "Keyword",
    "Limits",
    "ModelError",
    "Paragraph",
    "PhraseMatcher",
    "Suggestion",
    "Summary",
    "Table",
    "Tag",
    "TaggedArticle",
    "TaggedParagraph",
    "Tagger",
    "Taxonomy",
    "TaxonomyDiff",
    "TaxonomyError",
    "TaxonomySuggestions",
    "Term",
    "TermDifference",
    "TermIndex",
    "TermVectorizer",
    "Theme",
    "ThemeDifference",
    "ThemePair",
    "ThemeShare",
    "ThemeTagger",
    "Token",
    "Topic",
    "TopicModel",
    "TopicShare",
    "add_terms",
    "add_theme",
    "article_table",
    "choose_n_topics",
    "co_occurrences",
    "compare",
    "diff_themes",
    "estimate_prevalence",
    "evaluate",
    "evidence_table",
    "from_label_studio",
    "from_skos",
    "keyword_in_context",
    "label_config",
    "load_tagger",
    "load_topics",
    "near_duplicates",
    "read",
    "read_gold",
    "read_skos",
    "render_report",
    "rising_terms",
    "split_paragraphs",
    "suggest",
    "suggest_terms",
    "summarise",
    "tag_table",
    "theme_shares",
    "to_label_studio",
    "to_skos",
    "tokenize",
    "topic_coherence",
    "topic_diversity",
    "topic_table",
    "topics_by_source",
    "topics_over_time",
    "with_prevalence",
]

_NAMES_BY_MODULE = {
    "activelearning": ("Suggestion", "suggest"),
    "adaptation": ("add_terms", "add_theme", "estimate_prevalence", "with_prevalence"),
    "coherence": ("topic_coherence", "topic_diversity"),
    "comparison": ("Comparison", "TermDifference", "ThemeDifference", "compare"),
    "documents": ("Document", "read"),
    "duplicates": ("near_duplicates",),
    "errors": ("CyberthemesError", "InputError", "ModelError", "TaxonomyError"),
    "evaluation": ("Evaluation", "evaluate"),
    "gold": ("Gold", "read_gold"),
    "labelstudio": ("from_label_studio", "label_config", "to_label_studio"),
    "limits": ("Limits",),
    "paragraphs": ("Paragraph", "split_paragraphs"),
    "phrases": ("PhraseMatcher",),
    "report": ("render_report",),
    "results": ("ArticleTheme", "Evidence", "Tag", "TaggedArticle", "TaggedParagraph"),
    "skos": ("from_skos", "read_skos", "to_skos"),
    "summary": ("Summary", "summarise"),
    "tables": ("Table", "article_table", "evidence_table", "tag_table", "topic_table"),
    "suggestionrecords": ("TaxonomySuggestions",),
    "tagging": ("Tagger", "load_tagger"),
    "taxonomy": ("Taxonomy", "Term", "Theme"),
    "taxonomychanges": ("TaxonomyDiff",),
    "taxonomydiff": ("diff_themes",),
    "terms": ("TermIndex",),
    "termsuggestions": ("suggest_terms",),
    "themes": ("ThemeTagger",),
    "tokens": ("Token", "tokenize"),
    "topicrecords": ("Topic",),
    "topics": ("TopicModel", "choose_n_topics", "load_topics"),
    "trends": ("TopicShare", "rising_terms", "topics_by_source", "topics_over_time"),
    "vectorizer": ("TermVectorizer",),
    "views": ("Keyword", "ThemePair", "ThemeShare", "co_occurrences", "keyword_in_context", "theme_shares"),
}
_MODULE_BY_NAME = {name: module for module, names in _NAMES_BY_MODULE.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _MODULE_BY_NAME:
        raise AttributeError(f"module 'cyberthemes' has no attribute {name!r}")
    return getattr(importlib.import_module(f"cyberthemes.{_MODULE_BY_NAME[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
