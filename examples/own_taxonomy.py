"""Write a taxonomy, learn from texts without labels, and tag a new paragraph.

Run: python examples/own_taxonomy.py
"""

from cyberthemes import Taxonomy, Term, Theme, ThemeTagger

TAXONOMY = Taxonomy(
    id="energy",
    version="1",
    themes=(
        Theme("solar", "Solar power", terms=(Term("solar panel"), Term("photovoltaic"), Term("sunlight", weight=0.6))),
        Theme("wind", "Wind power", terms=(Term("wind farm"), Term("turbine", weight=0.8, unless=("gas turbine",)))),
    ),
)

# Words such as "rooftop" and "offshore" are in no theme; what they go with is learned.
TEXTS = [
    "The school put solar panels on its rooftop, and the rooftop pays for itself.",
    "Rooftop installers say photovoltaic modules got cheaper again.",
    "A cheap rooftop array turns sunlight into money.",
    "Two offshore wind farms will feed the coastal grid.",
    "The offshore turbine stood still for want of wind.",
    "Fishermen watched as another offshore wind farm rose from the waves.",
    "The council met on Tuesday and spoke of schools.",
    "Rain is expected in the north.",
    "The museum opens at nine.",
] * 4


def main() -> None:
    tagger = ThemeTagger(TAXONOMY).fit(TEXTS).tagger_
    article = tagger.tag("The new offshore turbines are taller than the church.")
    for tag in article.paragraphs[0].tags:
        print(f"{tag.theme}: {tag.probability:.2f}")
        for piece in tag.evidence:
            print(f"  {piece.contribution:+.2f} {piece.text!r}")


if __name__ == "__main__":
    main()
