"""Find eight topics in the seed articles, and print their terms and paragraphs.

Run: python examples/inspect_topics.py
"""

from pathlib import Path

from cyberthemes import Document, Paragraph, TopicModel, read

SEEDS = Path(__file__).parent.parent / "seeds"


def main() -> None:
    places: list[tuple[Document, Paragraph]] = [
        (document, paragraph)
        for path in sorted(SEEDS.glob("*.txt"))
        for document in read(path)
        for paragraph in document.paragraphs()
        if paragraph.kind == "body"
    ]
    texts = [document.text_of(paragraph) for document, paragraph in places]
    model = TopicModel(n_topics=8).fit(texts)
    assigned = model.assign(texts)
    for topic in model.topics_:
        print(f"\n{topic.label}   {topic.share:.0%} of paragraphs, coherence {topic.coherence:.2f}")
        print("  " + ", ".join(f"{term} {weight:.2f}" for term, weight in topic.terms[:10]))
        for (document, paragraph), topic_id in zip(places, assigned, strict=True):
            if topic_id == topic.id:
                beginning = " ".join(document.text_of(paragraph).split())[:80]
                print(f"    {Path(document.id).stem} {paragraph.start}-{paragraph.end}: {beginning}")
    print(f"\nNo topic explains {model.unexplained_:.0%} of paragraphs.")


if __name__ == "__main__":
    main()
