"""Learning from labels alone, without taxonomy terms, beside a linear support vector machine.

Run: python tests/benchmarks/labelled.py FOLDER [reuters21578 opp115] [--folds 5]

FOLDER holds reuters21578.jsonl.gz (ModApte split; the 90 categories with both training and test items) and
opp115.jsonl.gz (privacy-policy segments, 12 practices; validation items are trained on). A line has text, labels,
split and perhaps title. The other side is scikit-learn's TfidfVectorizer and OneVsRestClassifier(LinearSVC()), with
default settings and with sublinear counts and English stop words, each with words and with words and pairs. Of two
settings of ThemeTagger, the one with the better held-out score within the training items is tested.
"""

from __future__ import annotations

import argparse
import gzip
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import f1_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.svm import LinearSVC

from cyberthemes import Taxonomy, Theme, ThemeTagger

Labels = npt.NDArray[np.int8]
Part = tuple[list[str], Labels]
NAMES = ("reuters21578", "opp115")
BASELINES: dict[str, dict[str, Any]] = {
    "LinearSVC, words": {},
    "LinearSVC, words, stop words": {"sublinear_tf": True, "stop_words": "english"},
    "LinearSVC, pairs": {"ngram_range": (1, 2)},
    "LinearSVC, pairs, stop words": {"ngram_range": (1, 2), "sublinear_tf": True, "stop_words": "english"},
}


SETTINGS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "pairs, no stop words": {"ngram_range": (1, 2), "stop_words": ()},
}


def read_split(path: Path) -> tuple[list[str], Part, Part]:
    """Return the categories, and the texts and labels of training and test items."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        records = [json.loads(line) for line in file]
    train = [record for record in records if record["split"] in ("train", "validation")]
    test = [record for record in records if record["split"] == "test"]
    seen, asked = ({label for record in part for label in record.get("labels", [])} for part in (train, test))
    categories = sorted(seen & asked)
    return categories, part_of(train, categories), part_of(test, categories)


def part_of(records: list[dict[str, Any]], categories: list[str]) -> Part:
    texts = [f"{record.get('title', '')}\n{record.get('text', '')}".strip() for record in records]
    labels = [[category in record.get("labels", []) for category in categories] for record in records]
    return texts, np.array(labels, dtype=np.int8)


def baseline(train: Part, texts: list[str], settings: dict[str, Any]) -> Labels:
    vectorizer = TfidfVectorizer(**settings)
    model = OneVsRestClassifier(LinearSVC(random_state=0)).fit(vectorizer.fit_transform(train[0]), train[1])
    return np.asarray(model.predict(vectorizer.transform(texts)), dtype=np.int8)


def ours(train: Part, texts: list[str], categories: list[str], n_folds: int) -> Labels:
    """Return predictions with the settings that do best on held-out folds of the training items."""
    themes = tuple(Theme(f"c{number}", name) for number, name in enumerate(categories))
    taxonomy = Taxonomy("labelled", "1", themes=themes)
    fitted = {}
    for name, settings in SETTINGS.items():
        learner = ThemeTagger(taxonomy, n_folds=n_folds, **settings).fit(*train)
        held_out = f1_score(train[1], learner.held_out_ >= learner.tagger_.thresholds, average="micro")
        print(f"ThemeTagger, {name}: held out {held_out:.4f}, {len(learner.tagger_.index):,} terms", flush=True)
        fitted[held_out] = learner.tagger_
    return fitted[max(fitted)].predict(texts).astype(np.int8)


def row(name: str, predicted: Labels, labels: Labels, seconds: float) -> str:
    micro, macro = (f1_score(labels, predicted, average=average, zero_division=0) for average in ("micro", "macro"))
    return f"{name:32} {micro:8.4f} {macro:8.4f} {seconds:8.0f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", default=NAMES, help=f"of {', '.join(NAMES)}")
    parser.add_argument("--folds", type=int, default=5)
    options = parser.parse_args()
    for name in options.names:
        categories, train, (texts, labels) = read_split(options.folder / f"{name}.jsonl.gz")
        print(f"\n{name}: {len(train[0])} to learn from, {len(texts)} to test, {len(categories)} categories")
        print(f"{'':32} {'micro-F1':>8} {'macro-F1':>8} {'seconds':>8}")
        for title, settings in BASELINES.items():
            start = time.perf_counter()
            print(row(title, baseline(train, texts, settings), labels, time.perf_counter() - start), flush=True)
        start = time.perf_counter()
        predicted = ours(train, texts, categories, options.folds)
        print(row("ThemeTagger, the better", predicted, labels, time.perf_counter() - start), flush=True)


if __name__ == "__main__":
    main()
