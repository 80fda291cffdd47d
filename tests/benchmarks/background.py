"""Texts about other things altogether, as labelled lines without themes: they teach a model what is off topic.

Run: python tests/benchmarks/background.py FOLDER > background.jsonl

FOLDER holds newsgroups20.jsonl.gz and reuters21578.jsonl.gz, whose lines have "text" and "labels". Taken are the first
ninety words of posts on sport, cars, motorcycles, religion, atheism and medicine, and of wire reports on commodities
and earnings, but for those in which a term of the bundled taxonomy is found whose weight is 0.9 or more.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
from pathlib import Path

from cyberthemes import load_tagger

SUBJECTS = {
    "newsgroups20": (
        "rec.sport.hockey rec.sport.baseball rec.motorcycles rec.autos soc.religion.christian alt.atheism sci.med"
    ),
    "reuters21578": (
        "grain wheat corn crude gold coffee sugar earn livestock cocoa oilseed veg-oil nat-gas cpi gnp jobs housing"
    ),
}
EACH = 300
LONGEST = 90
SHORTEST = 20


def off_topic(folder: Path, name: str, subjects: set[str]) -> list[dict[str, object]]:
    taxonomy = load_tagger().taxonomy
    lines: list[dict[str, object]] = []
    with gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as records:
        for record in map(json.loads, records):
            words = (record.get("text") or "").split()[:LONGEST]
            labels, text = set(record.get("labels") or ()), " ".join(words)
            if len(words) < SHORTEST or not labels or not labels <= subjects:
                continue
            if all(hit.weight < 0.9 for hit in taxonomy.find(text)):
                lines.append({"text": text, "themes": [], "doc": f"{name}-{record['id']}"})
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    generator = random.Random(0)  # noqa: S311 (a sample, not a secret)
    for name, subjects in SUBJECTS.items():
        lines = off_topic(options.folder, name, set(subjects.split()))
        for line in generator.sample(lines, min(EACH, len(lines))):
            print(json.dumps(line, ensure_ascii=False))


if __name__ == "__main__":
    main()
