"""Use the vectorizer in a scikit-learn pipeline and search for the best setting of the theme tagger.

Run: python examples/scikit_learn_pipeline.py
"""

from pathlib import Path

from sklearn.decomposition import TruncatedSVD
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from cyberthemes import Taxonomy, TermVectorizer, ThemeTagger, load_tagger
from cyberthemes.gold import read_gold

GOLD = Path(__file__).parent.parent / "tests" / "data" / "genre.jsonl"


def main() -> None:
    bundled = load_tagger().taxonomy
    taxonomy = Taxonomy("two-themes", "1", themes=(bundled.theme("5g"), bundled.theme("governance")))
    everything = read_gold([GOLD], bundled.theme_ids)
    labels = everything.labels[:, [bundled.theme_ids.index(theme_id) for theme_id in taxonomy.theme_ids]]

    pipeline = make_pipeline(TermVectorizer(min_df=2), TruncatedSVD(n_components=8, random_state=0))
    print("Paragraphs as", pipeline.fit_transform(everything.texts).shape, "numbers")

    search = GridSearchCV(ThemeTagger(taxonomy, n_folds=3), {"C": [1.0, 10.0]}, cv=3)
    search.fit(list(everything.texts), labels)
    print("Best:", search.best_params_, f"micro-F1 {search.best_score_:.2f}")


if __name__ == "__main__":
    main()
