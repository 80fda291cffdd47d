"""How often texts about something else altogether get a theme of the bundled model, and which.

Run: python tests/benchmarks/abstaining.py FOLDER [--list]

FOLDER holds bbc_raw.jsonl.gz and agnews_test.jsonl.gz, whose lines have "text" and "labels": all items on sport are
tagged as articles, and every item with a theme in any paragraph counts.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections import Counter
from pathlib import Path

from cyberthemes import load_tagger


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--list", action="store_true", help="print each item that got a theme, with its evidence")
    options = parser.parse_args()
    tagger = load_tagger()
    for name, label in (("bbc_raw", "sport"), ("agnews_test", "Sports")):
        with gzip.open(options.folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            records = [record for record in map(json.loads, lines) if label in record["labels"]]
        articles = [tagger.tag(record["text"]) for record in records]
        tagged = [article for article in articles if article.themes]
        reasons = Counter(paragraph.reason for article in articles for paragraph in article.paragraphs)
        print(f"{name} {label}: {len(tagged)} of {len(records)} items get a theme ({len(tagged) / len(records):.2%})")
        print(f"  themes: {dict(Counter(theme.theme for article in tagged for theme in article.themes))}")
        print(f"  paragraphs by reason: {dict(reasons)}")
        for article in tagged if options.list else ():
            for tag in (tag for paragraph in article.paragraphs for tag in paragraph.tags):
                evidence = ", ".join(f"{piece.text} {piece.contribution:+.1f}" for piece in tag.evidence[:4])
                print(f"  {tag.theme} {tag.probability:.2f} ({evidence}): {article.text[:70]!r}")


if __name__ == "__main__":
    main()
