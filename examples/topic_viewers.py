"""Hand a fitted topic model to pyLDAvis and topicwizard, where they are installed.

Run: python examples/topic_viewers.py     (pip install pyldavis topic-wizard)
"""

import importlib.util
from pathlib import Path

import numpy as np

from cyberthemes import TopicModel, read

TEXTS = [document.text for document in read(Path(__file__).parent.parent / "tests" / "data" / "genre.jsonl")]


def show_in_pyldavis(model: TopicModel, texts: list[str]) -> None:
    import pyLDAvis

    shown = model.prepare_topic_data(texts)
    topics = shown["topic_term_matrix"] + 1e-12
    documents = shown["document_topic_matrix"] + 1e-12
    weights = shown["document_term_matrix"]
    prepared = pyLDAvis.prepare(
        topic_term_dists=topics / topics.sum(axis=1, keepdims=True),
        doc_topic_dists=documents / documents.sum(axis=1, keepdims=True),
        doc_lengths=np.diff(weights.indptr) + 1,
        vocab=shown["vocab"],
        term_frequency=np.asarray(weights.sum(axis=0)).ravel(),
        n_jobs=1,
    )
    print("pyLDAvis:", len(pyLDAvis.prepared_data_to_html(prepared)) > 0)


def show_in_topicwizard(model: TopicModel, texts: list[str]) -> None:
    from topicwizard.figures import topic_barcharts

    figure = topic_barcharts(model.prepare_topic_data(texts))
    print("topicwizard:", len(figure.data) > 0)


def main() -> None:
    model = TopicModel(n_topics=6).fit(TEXTS)
    for topic in model.topics_:
        print(f"{topic.share:4.0%} {topic.label}")
    for package, show in (("pyLDAvis", show_in_pyldavis), ("topicwizard", show_in_topicwizard)):
        if importlib.util.find_spec(package):
            show(model, TEXTS)
        else:
            print(f"{package} is not installed")


if __name__ == "__main__":
    main()
