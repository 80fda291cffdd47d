"""Follow topics over time and by source, and see which terms rise within the largest.

Run: python examples/topics_over_time.py [PATH ...]     (without a path: the seed articles; records of a .jsonl or
.csv file bring their own date and source)
"""

import sys
from pathlib import Path

from cyberthemes import TopicModel, read, rising_terms, topics_by_source, topics_over_time

SEEDS = sorted((Path(__file__).parent.parent / "seeds").glob("*.txt"))


def main() -> None:
    texts, dates, sources, ids = [], [], [], []
    for path in sys.argv[1:] or SEEDS:
        for document in read(Path(path)):
            for paragraph in document.paragraphs():
                if paragraph.kind == "body":
                    texts.append(document.text_of(paragraph))
                    dates.append(document.date)
                    sources.append(document.source or Path(document.id).stem)
                    ids.append(document.id)
    model = TopicModel(n_topics=5, drop_duplicates=True).fit(texts)
    for share in topics_over_time(model, texts, dates, every="year", documents=ids):
        if share.share:
            print(f"{share.group} {share.share:4.0%} {share.label}: {', '.join(share.terms)}")
    for share in topics_by_source(model, texts, sources, documents=ids):
        if share.share:
            print(f"{share.group} {share.share:4.0%} {share.label}")
    largest = max(model.topics_, key=lambda topic: topic.share)
    rising = rising_terms(model, texts, dates, largest.id)
    print(f"Rising in {largest.label}:", ", ".join(term.term for term in rising) or "nothing")


if __name__ == "__main__":
    main()
