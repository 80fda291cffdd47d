"""What ``speed.py`` measures on and against: texts, phrases, and other libraries put to the same work."""

from __future__ import annotations

import gzip
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
from scipy.special import expit
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MultiLabelBinarizer

from cyberthemes.phrases import phrase_keys
from cyberthemes.tokens import TOKEN_PATTERN, inflection_key

NGRAMS: Final = (1, 2)
UNMEASURED: Final = 15  # megabytes
Word = tuple[str, int, int]
Match = tuple[int, int, int]  # the phrase's number, start and end
TOKEN: Final = re.compile(TOKEN_PATTERN)
HYPHENS: Final = re.compile("[-‐‑]")
ATOM: Final = re.compile("[^-‐‑]+")
# What may stand between two words of a phrase.
GAP: Final = re.compile(r"(?:['’][sS]\b)?[\"“”'‘’«»]*+(?:\s+|\s*[-‐‑–/]\s*)?[\"“”'‘’«»]*")


# Texts ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Texts:
    articles: list[list[str]]

    @property
    def paragraphs(self) -> list[str]:
        return [paragraph for article in self.articles for paragraph in article]

    @property
    def documents(self) -> list[str]:
        return ["\n\n".join(article) for article in self.articles]

    @property
    def megabytes(self) -> float:
        return sum(map(size, self.articles)) / 1e6

    def first(self, megabytes: float) -> Texts:
        taken, total = [], 0.0
        for article in self.articles:
            if total >= megabytes * 1e6:
                break
            taken.append(article)
            total += size(article)
        return Texts(taken)


def size(article: list[str]) -> int:
    return sum(len(paragraph.encode()) for paragraph in article)


def load(data: Path, megabytes: float) -> tuple[Texts, Texts]:
    """Return so many megabytes of whole articles, and others to learn phrases from."""
    with gzip.open(data / "corpus" / "paragraphs.jsonl.gz", "rt", encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    by_article = groupby(records, key=lambda record: [record.get(name) for name in ("corpus", "source", "title")])
    articles = [[record["text"] for record in article] for _, article in by_article]
    corpus = Texts([article for article in articles if not {"İ", "Σ"} & set("".join(article))])
    random.Random(0).shuffle(corpus.articles)  # noqa: S311 (no secret)
    measured = corpus.first(min(megabytes, corpus.megabytes - UNMEASURED))
    return measured, Texts(corpus.articles[len(measured.articles) :]).first(UNMEASURED)


RUN_OF_WORDS = re.compile(r"(?<![\w'’])[^\W\d_]+(?: [^\W\d_]+)+(?![\w'’])")


def frequent_phrases(texts: Texts, count: int) -> list[str]:
    """Return the most frequent sequences of two or three words; of those with the same keys, the most frequent."""
    counts: Counter[str] = Counter()
    for paragraph in texts.paragraphs:
        for run in RUN_OF_WORDS.findall(paragraph.lower()):
            words = run.split(" ")
            for length in (2, 3):
                counts.update(" ".join(words[at : at + length]) for at in range(len(words) - length + 1))
    ranked = sorted(counts, key=lambda phrase: (-counts[phrase], phrase))
    distinct: dict[tuple[str, ...], str] = {}
    for phrase in ranked[: 2 * count]:
        distinct.setdefault(phrase_keys(phrase), phrase)
    return list(distinct.values())[:count]


# scikit-learn: features ---------------------------------------------------------------------------------------


def vectorizer(least: int, phrases: Sequence[str] = ()) -> TfidfVectorizer:
    """Return a vectorizer of the features that ``TermVectorizer(phrases=phrases, min_df=least)`` has."""
    settings = {"sublinear_tf": True, "min_df": least}
    if phrases:
        return TfidfVectorizer(analyzer=PhraseAnalyzer(phrases), **settings)
    return TfidfVectorizer(token_pattern=TOKEN_PATTERN, ngram_range=NGRAMS, **settings)


def vectorizer_by_default_tokens(least: int) -> TfidfVectorizer:
    return TfidfVectorizer(ngram_range=NGRAMS, sublinear_tf=True, min_df=least)


def analyzer() -> Callable[[str], list[str]]:
    """Return scikit-learn's own analyzer, which gives n-grams without their places."""
    analyze: Callable[[str], list[str]] = CountVectorizer(
        token_pattern=TOKEN_PATTERN, ngram_range=NGRAMS
    ).build_analyzer()
    return analyze


def analyze_with_offsets(text: str) -> list[Word]:
    """Return the n-grams of scikit-learn's analyzer with their places, which it does not give."""
    words = [(match.group().lower(), *match.span()) for match in TOKEN.finditer(text)]
    pairs = [(f"{first} {second}", start, end) for (first, start, _), (second, _, end) in pairwise(words)]
    return words + pairs


class PhraseAnalyzer:
    """An ``analyzer=`` for scikit-learn: its own word n-grams, and phrases by longest match in their stead.

    Phrases have two words or more, in lower case, no two the same keys. For speed one pass finds the words for both,
    and phrases are looked for only where one can begin.
    """

    def __init__(self, phrases: Sequence[str]) -> None:
        self._ngrams = CountVectorizer(
            preprocessor=list, tokenizer=list, token_pattern=None, ngram_range=NGRAMS
        ).build_analyzer()
        self._replaced = {" ".join(TOKEN.findall(phrase)) for phrase in phrases}
        trie: dict[str, Any] = {}
        for phrase in phrases:
            node = trie
            for key in phrase_keys(phrase):
                node = node.setdefault(key, {})
            node[""] = phrase
        self._starts = Starts(trie)

    def __call__(self, text: str) -> list[str]:
        words = [(match.group(), *match.span()) for match in TOKEN.finditer(text)]
        ngrams = self._ngrams([word.lower() for word, _, _ in words])
        return [ngram for ngram in ngrams if ngram not in self._replaced] + self._phrases(text, words)

    def _phrases(self, text: str, words: Sequence[Word]) -> list[str]:
        parts = words
        if HYPHENS.search(text):
            parts = [part for word in words for part in (split(word) if HYPHENS.search(word[0]) else (word,))]
        found = []
        following = 0
        for first in [first for first, part in enumerate(parts) if self._starts[part[0]]]:
            if first >= following:
                phrase, following = self._longest(text, parts, first)
                if phrase:
                    found.append(phrase)
        return found

    def _longest(self, text: str, parts: Sequence[Word], first: int) -> tuple[str, int]:
        """Return the longest phrase that begins with a part, and where to look on."""
        phrase, following = "", first + 1
        node = self._starts[parts[first][0]]
        for position in range(first + 1, len(parts)):
            node = node.get(inflection_key(parts[position][0]))
            if not node or not GAP.fullmatch(text, parts[position - 1][2], parts[position][1]):
                break
            if "" in node:
                phrase, following = node[""], position + 1
        return phrase, following


class Starts(dict[str, Any]):
    """What follows in the trie of phrases for each word, as it stands, that a phrase can begin with."""

    def __init__(self, trie: dict[str, Any]) -> None:
        self._trie = trie

    def __missing__(self, word: str) -> Any:
        self[word] = self._trie.get(inflection_key(word))
        return self[word]


def split(word: Word) -> list[Word]:
    return [(part.group(), word[1] + part.start(), word[1] + part.end()) for part in ATOM.finditer(word[0])]


# scikit-learn: themes -------------------------------------------------------------------------------------------


def theme_pipeline(train: Path, phrases: Sequence[str] = ()) -> Pipeline:
    """Return TF-IDF of 1-2-grams and phrases, and one logistic regression a theme, learned from labelled text."""
    records = [json.loads(line) for line in train.read_text(encoding="utf-8").splitlines()]
    themes = MultiLabelBinarizer().fit_transform([record["themes"] for record in records])
    pipeline = make_pipeline(vectorizer(1, phrases), OneVsRestClassifier(LogisticRegression()))
    return pipeline.fit([record["text"] for record in records], themes)


def in_one_product(pipeline: Pipeline) -> Callable[[Sequence[str]], Any]:
    """Return what gives the probabilities of a pipeline at less cost: one matrix product for all themes."""
    features, models = pipeline[0], pipeline[1].estimators_
    weights = np.ascontiguousarray(np.vstack([model.coef_ for model in models]).T)
    bias = np.concatenate([model.intercept_ for model in models])
    return lambda texts: expit(features.transform(texts) @ weights + bias)


# Run by ``python -c`` with a pipeline's file and a text's: prints the probabilities of each line of the text.
TAG_WITH_PIPELINE: Final = """
import json, sys
import joblib
pipeline = joblib.load(sys.argv[1])
with open(sys.argv[2], encoding="utf-8") as stream:
    paragraphs = [line for line in stream.read().splitlines() if line.strip()]
for paragraph, row in zip(paragraphs, pipeline.predict_proba(paragraphs)):
    print(json.dumps({"text": paragraph, "probabilities": row.tolist()}))
"""


# Phrase matchers --------------------------------------------------------------------------------------------------


def spacy_matcher(phrases: Sequence[str]) -> Callable[[str], list[Match]]:
    """Return spaCy's PhraseMatcher on a blank pipeline: all matches in any case, overlapping ones too."""
    import spacy  # type: ignore[import-not-found]
    from spacy.matcher import PhraseMatcher  # type: ignore[import-not-found]

    pipeline = spacy.blank("en")
    matcher = PhraseMatcher(pipeline.vocab, attr="LOWER")
    numbers = {pipeline.vocab.strings.add(phrase): number for number, phrase in enumerate(phrases)}
    for phrase in phrases:
        matcher.add(phrase, [pipeline.make_doc(phrase)])

    def find(text: str) -> list[Match]:
        document = pipeline.make_doc(text)
        spans = [(numbers[key], document[first:last]) for key, first, last in matcher(document)]
        return [(number, span.start_char, span.end_char) for number, span in spans]

    return find


def ahocorasick_matcher(phrases: Sequence[str]) -> Callable[[str], list[Match]]:
    """Return pyahocorasick between word boundaries: all matches in any case, overlapping ones too."""
    import ahocorasick  # type: ignore[import-not-found]

    automaton = ahocorasick.Automaton()
    for number, phrase in enumerate(phrases):
        automaton.add_word(phrase, (number, len(phrase)))
    automaton.make_automaton()

    def find(text: str) -> list[Match]:
        lower = f" {text.lower()} "
        return [
            (number, last - length, last)
            for last, (number, length) in automaton.iter(lower)
            if not lower[last + 1].isalnum() and not lower[last - length].isalnum()
        ]

    return find
