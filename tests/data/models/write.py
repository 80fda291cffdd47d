"""Write one small model of each kind, and what it says of some texts, as ``tests/test_formats.py`` expects them.

Run once for each new ``FORMAT_VERSION``, before its release: ``python tests/data/models/write.py``. What an older
release wrote stays as it is: later releases must read it.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from cyberthemes import Tag, Tagger, Taxonomy, Term, Theme, ThemeTagger, TopicModel, add_terms, load_tagger, load_topics
from cyberthemes.relevance import Relevance
from cyberthemes.storage import FORMAT_VERSION

TAXONOMY = Taxonomy(
    "small",
    "1",
    "Two themes, with guards; names beyond ASCII: “é”.",
    (
        Theme("law", "Law", "rules", "Data.", terms=(Term("data law"), Term("CAC", 0.5, ("regulator",), ("index",)))),
        Theme("5g", "5G", terms=(Term("5G"), Term("base station", 0.8)), match=("A 5G mast.",), no_match=("A mast.",)),
    ),
)  # fmt: skip
LAW = ("The data law binds every firm.", "Regulators drafted a data law.", "A court upheld the data law today.")
NETWORKS = ("5G masts cover the coast.", "The operator opened a 5G network.", "A base station serves the village.")
OTHER = ("The bakery sells warm bread.", "Rain fell on quiet streets.", "The café’s team won the cup.")
TEXTS = [f"{text} Part {part}." for part in range(4) for text in LAW + NETWORKS + OTHER]
LABELS = [labels for _ in range(4) for labels in [["law"]] * 3 + [["5g"]] * 3 + [[]] * 3]
ASKED = [
    *TEXTS[:9],
    "",
    "The CAC, a regulator, speaks of 5G.",
    "Ein Gesetz über Daten.",
    "Fibre Act and data law\n\nbread",
]


def taggers() -> dict[str, Tagger]:
    """Return a tagger with all that one may have, and one whose themes exclude one another."""
    tagger = ThemeTagger(TAXONOMY).fit(TEXTS, LABELS).tagger_
    weights = np.linspace(-1, 1, len(tagger.index), dtype=np.float32)
    exclusive = [["law"] if labels == ["law"] else ["5g"] for labels in LABELS]
    return {
        "tagger": add_terms(replace(tagger, relevance=Relevance(weights, 0.1, -0.2, 2)), "law", ["Fibre Act"]),
        "exclusive": ThemeTagger(TAXONOMY, exclusive=True).fit(TEXTS, exclusive).tagger_,
    }


def said_of(tag: Tag) -> list[Any]:
    pieces = [[piece.text, piece.start, piece.end, piece.contribution] for piece in tag.evidence]
    return [tag.theme, tag.name, tag.probability, tag.threshold, tag.score, tag.bias, pieces]


def answers(folder: Path) -> dict[str, Any]:
    """Return what the models of a folder say."""
    found: dict[str, Any] = {}
    for kind in ("tagger", "exclusive"):
        tagger = load_tagger(folder / kind)
        paragraphs = [paragraph for text in ASKED for paragraph in tagger.tag(text).paragraphs]
        found[kind] = {
            "probabilities": tagger.predict_proba(ASKED).tolist(),
            "reasons": [paragraph.reason for paragraph in paragraphs],
            "tags": [[said_of(tag) for tag in paragraph.tags] for paragraph in paragraphs],
        }
    topics = load_topics(folder / "topics")
    assert topics.taxonomy
    found["topics"] = {
        "weights": topics.transform(ASKED).tolist(),
        "assigned": topics.assign(ASKED),
        "topics": [topic.to_dict() for topic in topics.topics_],
        "parameters": topics.get_params() | {"taxonomy": topics.taxonomy.to_dict()},
    }
    return dict(json.loads(json.dumps(found)))


def main() -> None:
    folder = Path(__file__).parent / f"format-{FORMAT_VERSION}"
    for name, tagger in taggers().items():
        tagger.save(folder / name)
    TopicModel(2, taxonomy=TAXONOMY, seeds={"law": ["data", "law"]}, stop_words=["the"]).fit(TEXTS).save(
        folder / "topics"
    )
    text = json.dumps(answers(folder))
    (folder / "answers.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
