"""Tag articles and print, for each paragraph with a theme, the words that say so.

Run: python examples/tag_articles.py [PATH ...]     (without a path: the seed articles)
"""

import sys
from pathlib import Path

from cyberthemes import load_tagger, read

SEEDS = Path(__file__).parent.parent / "seeds"


def main() -> None:
    tagger = load_tagger()
    for path in sys.argv[1:] or map(str, sorted(SEEDS.glob("*.txt"))):
        for article in tagger.tag_batch(read(Path(path))):
            print(f"\n{article.title or article.id} ({article.date or 'no date'})")
            for paragraph in article.paragraphs:
                for tag in paragraph.tags:
                    strongest = tag.evidence[0]
                    where = f"{strongest.start}-{strongest.end}"
                    print(f"  {tag.probability:.2f} {tag.theme:24} {strongest.text!r} at {where}")


if __name__ == "__main__":
    main()
