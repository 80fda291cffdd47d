"""What `suggest` picks to label next against random picks and against plain uncertainty.

Run: python tests/benchmarks/suggesting.py GOLD.jsonl [GOLD.jsonl ...] [--seeds 3]

A fifth of the documents is held out. A tagger of the bundled taxonomy learns from 300 random units of the others; then,
four times, a way of picking chooses 100 more, whose labels are looked up. Uncertainty picks the units whose least sure
theme is nearest to its threshold, each theme's distance in log-odds. Printed: mean micro- and macro-F1 on the held-out
documents over all seeds, after each round. The terms of the taxonomy may have been chosen with these units in view.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cyberthemes import Tagger, ThemeTagger, load_tagger, read_gold, suggest
from cyberthemes.calibration import log_odds
from cyberthemes.evaluation import score_predictions
from cyberthemes.gold import Gold

Rows = npt.NDArray[np.intp]
START, BATCH, ROUNDS = 300, 100, 4


def learn(gold: Gold, rows: Rows) -> Tagger:
    texts, groups = ([values[row] for row in rows] for values in (gold.texts, gold.groups))
    return ThemeTagger(load_tagger().taxonomy, n_folds=3).fit(texts, gold.labels[rows], groups).tagger_


def by_chance(_: Tagger, texts: list[str]) -> Rows:
    return np.arange(len(texts))[:BATCH]  # the pool is in random order


def by_uncertainty(tagger: Tagger, texts: list[str]) -> Rows:
    distance = np.abs(tagger.scores(texts) - log_odds(tagger.thresholds)).min(axis=1)
    return np.argsort(distance, kind="stable")[:BATCH]


def by_suggestion(tagger: Tagger, texts: list[str]) -> Rows:
    return np.array([suggestion.position for suggestion in suggest(tagger, texts, BATCH)], dtype=np.intp)


def simulate(gold: Gold, pick: Callable[[Tagger, list[str]], Rows], seed: int) -> list[tuple[float, float]]:
    """Return micro- and macro-F1 on held-out documents after each round."""
    generator = np.random.default_rng(seed)
    documents = np.unique(gold.groups)
    held_out = np.isin(gold.groups, generator.permutation(documents)[: len(documents) // 5])
    pool = generator.permutation(np.flatnonzero(~held_out))
    labelled, pool = pool[:START], pool[START:]
    test = np.flatnonzero(held_out)
    texts, groups = ([values[row] for row in test] for values in (gold.texts, gold.groups))
    results = []
    for number in range(ROUNDS + 1):
        tagger = learn(gold, labelled)
        predicted, probabilities = tagger.predict(texts), tagger.predict_proba(texts)
        scores = score_predictions(predicted, probabilities, gold.labels[test], tagger.theme_ids, groups)
        results.append((scores.micro_f1, scores.macro_f1))
        if number < ROUNDS:
            picked = pick(tagger, [gold.texts[row] for row in pool])
            labelled, pool = np.concatenate([labelled, pool[picked]]), np.delete(pool, picked)
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gold", nargs="+", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    gold = read_gold(options.gold, load_tagger().theme_ids)
    print(f"{'micro/macro-F1 after labels:':28}" + "".join(f"{START + BATCH * i:14}" for i in range(ROUNDS + 1)))
    for name, pick in (("random", by_chance), ("uncertainty", by_uncertainty), ("suggest", by_suggestion)):
        mean = np.mean([simulate(gold, pick, seed) for seed in range(options.seeds)], axis=0)
        print(f"{name:28}" + "".join(f"   {micro:.3f}/{macro:.3f}" for micro, macro in mean), flush=True)


if __name__ == "__main__":
    main()
