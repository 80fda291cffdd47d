"""Ask tables of the seed articles: which themes each article has, and which stand together most.

Run: python examples/tables.py     (needs pandas)
"""

from pathlib import Path

from cyberthemes import article_table, co_occurrences, load_tagger, read, tag_table

SEEDS = Path(__file__).parent.parent / "seeds"


def main() -> None:
    articles = list(load_tagger().tag_batch(read(SEEDS / "*.txt")))

    tags = tag_table(articles).to_pandas()
    print("Paragraphs of each theme, and the probability of the surest")
    print(tags.dropna(subset=["theme"]).groupby("theme")["probability"].agg(["size", "max"]).nlargest(5, "size"))

    print("\nArticles")
    print(article_table(articles).to_pandas()[["title", "date"]])

    print("\nThemes that stand together")
    for pair in co_occurrences(articles)[:3]:
        print(f"  {pair.first_name} and {pair.second_name}: {pair.count}, expected {pair.expected:.1f}")


if __name__ == "__main__":
    main()
