"""Themes from a taxonomy's terms without a label: closed and open world, on public collections.

Run: python tests/benchmarks/weak_supervision.py FOLDER [--gold GOLD.jsonl] [--only NAME ...]

FOLDER holds agnews_test, newsgroups20, bbc_raw and opp115, each a .jsonl.gz file whose lines have "text", "labels" and
perhaps "title" ("coarse5" for newsgroups20). All texts are given without labels; labels only score.

Closed world: each text has one class; accuracy (micro-F1) and macro-F1, of the texts themselves and, in brackets, of
unseen texts: a tagger learned from every other text and scored on the rest. Open world:
themes for one class or two of AG News, the others are background; mean average precision, beside that of term
presence. Multi-label: the same with micro-F1 at 0.5 and the Brier score.

Class names of AG News are those that WeSTClass (Meng and others, 2018) published, and with them the names that the data
itself has for the first and last class; "WeSTClass words" are its three keywords a class. Five words a class are our
own, written before anything was measured; those for newsgroups borrow from the groups' names. Practices of OPP-115 go
by the words of their names, and a phrase or two like them.

Settings of the module were chosen with the labels of these collections in sight: the figures are no held-out test.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score, f1_score

from cyberthemes import Taxonomy, Term, Theme, ThemeTagger, load_tagger, read_gold
from cyberthemes.presence import presence_in
from cyberthemes.weaksupervision import soft_labels

Floats = npt.NDArray[np.float64]

AG_NAMES = {"World": "world politics", "Sports": "sports", "Business": "business", "Sci/Tech": "technology science"}
AG_PUBLISHED_NAMES = {"World": "politics", "Sports": "sports", "Business": "business", "Sci/Tech": "technology"}
AG_WESTCLASS = {
    "World": "government military war",
    "Sports": "basketball football athletes",
    "Business": "stocks markets industries",
    "Sci/Tech": "computer telescope software",
}
AG_FIVE = {
    "World": "president government war election minister",
    "Sports": "team game coach season cup",
    "Business": "company market stock profit oil",
    "Sci/Tech": "software computer internet microsoft space",
}
NEWSGROUPS_NAMES = {name: name for name in ("computer", "sports", "science", "politics", "religion")}
NEWSGROUPS_FIVE = {
    "computer": "computer windows software disk graphics",
    "sports": "game team hockey baseball motorcycle",
    "science": "science space medical encryption circuit",
    "politics": "politics government president gun israel",
    "religion": "religion god jesus bible church",
}
BBC_NAMES = {name: name for name in ("sport", "business", "politics", "entertainment")} | {"tech": "technology"}
OPP_TERMS = {
    "First Party Collection/Use": ("we collect", "collect information", "we use"),
    "Third Party Sharing/Collection": ("third party", "share"),
    "User Choice/Control": ("opt out", "choice", "control"),
    "Data Security": ("data security", "security"),
    "International and Specific Audiences": ("international", "children", "California"),
    "User Access, Edit and Deletion": ("access", "edit", "delete"),
    "Policy Change": ("policy change", "change"),
    "Data Retention": ("data retention", "retain"),
    "Do Not Track": ("do not track",),
    "Privacy contact information": ("contact",),
}


def taxonomy_of(terms: Mapping[str, Iterable[str]]) -> Taxonomy:
    themes = (Theme(name, name, terms=tuple(Term(term) for term in words)) for name, words in terms.items())
    return Taxonomy("benchmark", "1", themes=tuple(themes))


def words_of(classes: Mapping[str, str]) -> Taxonomy:
    return taxonomy_of({name: words.split() for name, words in classes.items()})


def records(folder: Path, name: str) -> list[dict[str, Any]]:
    with gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [record for record in map(json.loads, lines) if record.get("text")]


def newsgroup_text(record: Mapping[str, Any]) -> str:
    """Return subject and body, without quotes, who is quoted, and signature."""
    lines = [
        line
        for line in record["text"].split("\n")
        if not line.lstrip().startswith((">", "|", ":"))
        and not re.search(r"writes:|wrote:|writes in|^In article", line)
    ]
    body = "\n".join(lines)
    first = re.split(r"\n--\s*\n|\n-{5,}", body)[0]
    return (
        re.sub(r"(?i)^(re:\s*)+", "", record.get("title") or "")
        + "\n"
        + (first if 3 * len(first) > len(body) else body)
    )


def collection(folder: Path, name: str) -> tuple[list[str], list[str]]:
    """Return texts and their classes, one each."""
    found = records(folder, name)
    if name == "newsgroups20":
        found = [record for record in found if record.get("coarse5")]
        return [newsgroup_text(record) for record in found], [record["coarse5"] for record in found]
    texts = [". ".join(filter(None, (record.get("title"), record["text"]))) for record in found]
    return texts, [record["labels"][0] for record in found]


def unseen_half(texts: Sequence[str], taxonomy: Taxonomy, exclusive: bool) -> Floats:
    """Return probabilities of themes in every other text, from a tagger learned from the rest."""
    return ThemeTagger(taxonomy, exclusive=exclusive).fit(texts[::2]).predict_proba(texts[1::2])


def closed_world(folder: Path, name: str, seeds: str, taxonomy: Taxonomy) -> None:
    texts, classes = collection(folder, name)
    truth = np.array([taxonomy.theme_ids.index(label) for label in classes])
    start = time.perf_counter()
    predicted = soft_labels(texts, taxonomy, exclusive=True).argmax(axis=1)
    seconds = time.perf_counter() - start
    inductive = unseen_half(texts, taxonomy, exclusive=True).argmax(axis=1)
    scores = f"{f1(truth, predicted)}  ({f1(truth[1::2], inductive)})"
    print(f"{name:14} {seeds:20} {len(texts):6}  {scores}  {seconds:5.1f} s", flush=True)


def f1(truth: Any, predicted: Any) -> str:
    return "/".join(f"{f1_score(truth, predicted, average=average):.3f}" for average in ("micro", "macro"))


def average_precision(labels: Any, scores: Floats) -> float:
    """Return the mean over themes that any text has, -1 left out."""
    pairs = [(label[label >= 0], score[label >= 0]) for label, score in zip(labels.T, scores.T, strict=True)]
    return float(np.mean([average_precision_score(label, score) for label, score in pairs if label.any()]))


def open_world(folder: Path) -> None:
    """Print mean average precision over each class of AG News alone, and each pair, among all texts."""
    texts, classes = collection(folder, "agnews_test")
    for size in (1, 2):
        results = []
        for names in combinations(AG_FIVE, size):
            taxonomy = words_of({name: AG_FIVE[name] for name in names})
            labels = np.array([[label == name for name in names] for label in classes], dtype=int)
            weak = soft_labels(texts, taxonomy)
            results.append([average_precision(labels, scores) for scores in (presence_in(texts, taxonomy), weak)])
        print(f"agnews_test, {size} of 4 themes, {len(results)} ways  ", *np.mean(results, axis=0).round(3), flush=True)


def multi_label(name: str, texts: Sequence[str], labels: Any, taxonomy: Taxonomy) -> None:
    unseen = list(texts[1::2])
    rows = {
        "term presence": (labels, presence_in(texts, taxonomy)),
        "soft labels": (labels, soft_labels(texts, taxonomy)),
        "unseen half, presence": (labels[1::2], presence_in(unseen, taxonomy)),
        "unseen half, tagger": (labels[1::2], unseen_half(texts, taxonomy, exclusive=False)),
    }
    for way, (truth, scores) in rows.items():
        known = truth >= 0
        micro = f1_score(truth[known] == 1, scores[known] >= 0.5)
        brier = np.mean((scores - truth)[known] ** 2)
        print(f"{name:12} {way:24} {average_precision(truth, scores):.3f}  {micro:.3f}  {brier:.4f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--gold", type=Path, help="labelled units under the bundled taxonomy")
    parser.add_argument("--only", nargs="+", choices=("closed", "open", "multi-label"))
    options = parser.parse_args()
    parts = options.only or ("closed", "open", "multi-label")
    if "closed" in parts:
        print("closed world                         texts  micro/macro-F1  (unseen half)")
        for name, seeds, classes in (
            ("agnews_test", "names", AG_NAMES),
            ("agnews_test", "names of WeSTClass", AG_PUBLISHED_NAMES),
            ("agnews_test", "WeSTClass words", AG_WESTCLASS),
            ("agnews_test", "five words", AG_FIVE),
            ("newsgroups20", "names", NEWSGROUPS_NAMES),
            ("newsgroups20", "five words", NEWSGROUPS_FIVE),
            ("bbc_raw", "names", BBC_NAMES),
        ):
            closed_world(options.folder, name, seeds, words_of(classes))
    if "open" in parts:
        print("open world, five words              presence  soft labels: mean average precision")
        open_world(options.folder)
    if "multi-label" in parts:
        print("multi-label                           mAP    micro-F1  Brier")
        found = records(options.folder, "opp115")
        labels = np.array([[name in record["labels"] for name in OPP_TERMS] for record in found], dtype=int)
        multi_label("opp115", [record["text"] for record in found], labels, taxonomy_of(OPP_TERMS))
        if options.gold:
            taxonomy = load_tagger().taxonomy
            gold = read_gold(options.gold, taxonomy.theme_ids)
            multi_label(options.gold.stem, gold.texts, gold.labels, taxonomy)


if __name__ == "__main__":
    main()
