"""Theme quality beside a baseline, on labelled files and on outlets that training has not seen.

Run: python tests/benchmarks/themes.py TRAIN.jsonl [TRAIN.jsonl ...] --test TEST.jsonl [TEST.jsonl ...]

The baseline is scikit-learn's word 1-2-gram TF-IDF with logistic regression per theme, thresholds at each theme's
best F1 under cross-validation grouped by document. Both learn from the same files. Leave-one-outlet-out
trains on all outlets (the field "corpus" of the lines) but one and tests on that one; units of no outlet or of less
than full weight are always trained on.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from joblib import Parallel, delayed
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from cyberthemes import Evaluation, ThemeTagger, load_tagger
from cyberthemes.evaluation import score_predictions
from cyberthemes.gold import Gold, read_gold

Floats = npt.NDArray[np.float64]


def baseline_scores(texts: list[str], labels: Any, weights: Floats, tests: list[str]) -> Floats:
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2)
    train, test = vectorizer.fit_transform(texts), vectorizer.transform(tests)
    scores = np.full((len(tests), labels.shape[1]), -9.0)
    for theme in range(labels.shape[1]):
        known = np.flatnonzero(labels[:, theme] >= 0)
        if labels[known, theme].any():
            model = LogisticRegression(C=10, solver="liblinear")
            model.fit(train[known], labels[known, theme], sample_weight=weights[known])
            scores[:, theme] = model.decision_function(test)
    return scores


def best_thresholds(scores: Floats, labels: Any) -> Floats:
    thresholds = np.zeros(labels.shape[1])
    for theme in range(labels.shape[1]):
        known = labels[:, theme] >= 0
        score, label = scores[known, theme], labels[known, theme]
        order = np.argsort(-score)
        f1 = 2 * np.cumsum(label[order]) / (np.arange(1, len(order) + 1) + label.sum())
        thresholds[theme] = score[order][f1.argmax()]
    return thresholds


def baseline(train: Gold, tests: list[Gold]) -> list[Evaluation]:
    texts, held_out = list(train.texts), np.zeros(train.labels.shape)
    for rows, fold in GroupKFold(5).split(texts, groups=train.groups):
        seen = part(train, rows)
        held_out[fold] = baseline_scores(list(seen.texts), seen.labels, seen.weights, [texts[row] for row in fold])
    thresholds = best_thresholds(held_out, train.labels)
    results = []
    for test in tests:
        scores = baseline_scores(texts, train.labels, train.weights, list(test.texts))
        probabilities = 1 / (1 + np.exp(-scores))
        results.append(score_predictions(scores >= thresholds, probabilities, test.labels, THEMES, test.groups))
    return results


def ours(train: Gold, tests: list[Gold]) -> list[Evaluation]:
    tagger = ThemeTagger(TAXONOMY).fit(train.texts, train.labels, train.groups, train.weights).tagger_
    return [
        score_predictions(
            tagger.predict(test.texts), tagger.predict_proba(test.texts), test.labels, THEMES, test.groups
        )
        for test in tests
    ]


def row(name: str, results: dict[str, Evaluation]) -> str:
    cells = [f"{e.micro_f1:.3f}/{e.macro_f1:.3f}  {e.brier_skill:6.3f}" for e in results.values()]
    return f"{name:28} " + "   ".join(cells)


def part(gold: Gold, rows: npt.NDArray[np.intp]) -> Gold:
    texts, groups = ([values[row] for row in rows] for values in (gold.texts, gold.groups))
    return Gold(tuple(texts), gold.labels[rows], tuple(groups), gold.weights[rows])


def outlets(paths: list[Path]) -> npt.NDArray[np.str_]:
    lines = [line for path in paths for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return np.array([json.loads(line).get("corpus", "") for line in lines])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("train", nargs="+", type=Path)
    parser.add_argument("--test", nargs="+", type=Path, required=True)
    options = parser.parse_args()
    train = read_gold(options.train, THEMES)
    tests = [read_gold([path], THEMES) for path in options.test]
    print(f"micro-F1/macro-F1  Brier skill   {'baseline':>22}   {'cyberthemes':>20}")
    for path, base, own in zip(options.test, baseline(train, tests), ours(train, tests), strict=True):
        print(row(path.name, {"baseline": base, "cyberthemes": own}))
    names = np.where(train.weights == train.weights.max(), outlets(options.train), "")

    left_out = sorted(set(names) - {""})

    def leave_out(name: str) -> tuple[Evaluation, Evaluation]:
        seen, unseen = part(train, np.flatnonzero(names != name)), part(train, np.flatnonzero(names == name))
        return baseline(seen, [unseen])[0], ours(seen, [unseen])[0]

    pairs = Parallel(n_jobs=2)(delayed(leave_out)(name) for name in left_out)
    for name, (base, own) in zip(left_out, pairs, strict=True):
        print(row(f"without {name}", {"baseline": base, "cyberthemes": own}))
    for which, name in enumerate(("baseline", "cyberthemes")):
        micro = np.mean([pair[which].micro_f1 for pair in pairs])
        macro = np.mean([pair[which].macro_f1 for pair in pairs])
        print(f"mean of outlets left out, {name}: {micro:.3f}/{macro:.3f}")


TAXONOMY = load_tagger().taxonomy
THEMES = TAXONOMY.theme_ids

if __name__ == "__main__":
    main()
