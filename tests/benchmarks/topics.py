"""Topics beside those of other libraries, on labelled collections and on collections that no recipe was chosen on.

Run: OMP_NUM_THREADS=1 python tests/benchmarks/topics.py DATA COLLECTION [COLLECTION ...] [--k 10 20] [--seeds 0 1]
     python tests/benchmarks/topics.py DATA --topics 20

DATA is the folder with ``benchmarks/*.jsonl.gz`` and ``corpus/*.jsonl.gz``. The tables need gensim and tomotopy, which
are no dependencies of the project: ``pip install gensim tomotopy``. One OMP thread makes the times of libraries
comparable: gensim, tomotopy and reading the texts use one process each, and linear algebra would use all there are.

All models get the same tokens, and figures are means over all k and seeds, of ten words per topic:

- C_NPMI: coherence in windows of ten tokens, on the texts that topics are learned from. gensim, and figures published
  with it, come out some 0.01 lower on the same topics; the last line of a collection shows by how much, and why.
- diversity: distinct words among all words of all topics.
- held-out: C_NPMI on a random half of the texts; topics and their words are learned from the other half.
- NMI (by the arithmetic mean), purity: of each text's strongest topic against its label, the first if it has several.
- covered: texts that hold at least two of the ten words of their strongest topic.
- seconds: wall time of a fit, from tokens to topics, without the topics of each text.

Texts:

- bbc_news_octis comes preprocessed: tokens are what stands between blanks.
- newsgroups20: title and text; the file holds the texts of 7,517 of its 18,846 records. Lines that begin with >, | or :
  or contain "writes:", "wrote:" or "In article" are dropped, and so is all after a line break and --, a signature.
- reuters21578: title and text of records with a text and exactly one label.
- opp115: the text. news_2022_2023: title and, where there is one, text; no labels, near-duplicates left in.

In all but the first, words are runs of three or more letters a-z in lower case that are not among
``cyberthemes.tokens.STOP_WORDS``; inflected forms (``cyberthemes.tokens.inflection_key``) count as their commonest
form; words of 0.5 % (newsgroups20), 0.2 % (reuters21578, opp115) or 0.1 % (news_2022_2023) to 50 % of the texts are
kept, then texts of at least five words. The recipe of cyberthemes was chosen on bbc_news_octis and newsgroups20, not on
the others.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import numpy.typing as npt
from sklearn.decomposition import NMF
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import normalized_mutual_info_score

from cyberthemes import TopicModel
from cyberthemes.coherence import topic_coherence, topic_diversity
from cyberthemes.tokens import STOP_WORDS, inflection_key

Floats = npt.NDArray[np.float64]
Documents = list[list[str]]
Words = list[list[str]]  # of each topic
Weights = Callable[[], Any]  # of topics in documents, when asked for
N_WORDS = 10
WINDOW = 10


# Texts ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Collection:
    name: str
    documents: Documents
    labels: npt.NDArray[np.str_] | None


LEAST_SHARE = {"newsgroups20": 0.005, "reuters21578": 0.002, "opp115": 0.002, "news_2022_2023": 0.001}
COLLECTIONS = ("bbc_news_octis", *LEAST_SHARE)
QUOTED = re.compile(r"^\s*[>|:]|(?:writes|wrote):|In article")


def read(data: Path, name: str) -> list[dict[str, Any]]:
    folder = "corpus" if name in ("news_2022_2023", "headlines_2022") else "benchmarks"
    with gzip.open(data / folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    if name == "newsgroups20":
        return [record | {"text": own_words(record["text"])} for record in records if record.get("text")]
    if name == "reuters21578":
        return [record for record in records if record.get("text") and len(record.get("labels", ())) == 1]
    return records


def own_words(post: str) -> str:
    return "\n".join(line for line in post.split("\n") if not QUOTED.search(line)).split("\n--")[0]


def load(data: Path, name: str) -> Collection:
    records = read(data, name)
    if name == "bbc_news_octis":
        documents = [record["text"].split() for record in records]
    else:
        texts = [record.get("title", "") + "\n" + record.get("text", "") for record in records]
        documents = frequent_words(in_one_form(texts), LEAST_SHARE[name])
    kept = [row for row, words in enumerate(documents) if len(words) >= 5]
    labels = np.array([records[row]["labels"][0] for row in kept]) if "labels" in records[0] else None
    return Collection(name, [documents[row] for row in kept], labels)


def in_one_form(texts: list[str]) -> Documents:
    documents = [[w for w in re.findall(r"[a-z]{3,}", text.lower()) if w not in STOP_WORDS] for text in texts]
    forms: dict[str, Counter[str]] = {}
    for words in documents:
        for word in words:
            forms.setdefault(inflection_key(word), Counter())[word] += 1
    commonest = {key: min(counts, key=lambda word: (-counts[word], word)) for key, counts in forms.items()}
    return [[commonest[inflection_key(word)] for word in words] for words in documents]


def frequent_words(documents: Documents, least: float, most: float = 0.5) -> Documents:
    counts = Counter(word for words in documents for word in set(words))
    kept = {word for word, count in counts.items() if least <= count / len(documents) <= most}
    return [[word for word in words if word in kept] for words in documents]


# Models: each gives the words of its topics, in one or more ways, and the weights of topics in the documents -----


def cyberthemes(documents: Documents, k: int, seed: int) -> tuple[list[Words], Weights]:
    model = TopicModel(k, random_state=seed).fit(documents)
    ways = model.top_terms(N_WORDS, by="weight"), model.top_terms(N_WORDS)
    return [[[word for word, _ in topic] for topic in way] for way in ways], lambda: model.transform(documents)


def scikit_learn(documents: Documents, k: int, seed: int) -> tuple[list[Words], Weights]:
    vectorizer = TfidfVectorizer(analyzer=list, sublinear_tf=True)
    X = vectorizer.fit_transform(documents)
    model = NMF(k, init="nndsvda", random_state=seed)
    W = model.fit_transform(X)
    words = vectorizer.get_feature_names_out()
    return [[[str(words[column]) for column in np.argsort(-row)[:N_WORDS]] for row in model.components_]], lambda: W


def gensim_nmf(documents: Documents, k: int, seed: int) -> tuple[list[Words], Weights]:
    from gensim.models.nmf import Nmf  # type: ignore[import-not-found]

    model, counts = gensim_fit(Nmf, documents, k, seed)

    def weights() -> Floats:
        W = np.zeros((len(documents), k))
        for row, words in enumerate(counts):
            for topic, weight in model.get_document_topics(words, minimum_probability=0):
                W[row, topic] = weight
        return W

    return [gensim_words(model, k)], weights


def gensim_lda(documents: Documents, k: int, seed: int) -> tuple[list[Words], Weights]:
    from gensim.models.ldamodel import LdaModel  # type: ignore[import-not-found]

    model, counts = gensim_fit(LdaModel, documents, k, seed)
    return [gensim_words(model, k)], lambda: model.inference(counts)[0]


def gensim_fit(kind: Any, documents: Documents, k: int, seed: int) -> tuple[Any, Any]:
    from gensim.corpora import Dictionary  # type: ignore[import-not-found]

    dictionary = Dictionary(documents)
    counts = [dictionary.doc2bow(words) for words in documents]
    return kind(counts, num_topics=k, id2word=dictionary, random_state=seed), counts


def gensim_words(model: Any, k: int) -> Words:
    return [[word for word, _ in model.show_topic(topic, N_WORDS)] for topic in range(k)]


def tomotopy_lda(documents: Documents, k: int, seed: int) -> tuple[list[Words], Weights]:
    import tomotopy  # type: ignore[import-not-found]

    model = tomotopy.LDAModel(k=k, seed=seed, rm_top=0)
    for words in documents:
        model.add_doc(words)
    model.train(500, workers=1)
    topics = [[word for word, _ in model.get_topic_words(topic, N_WORDS)] for topic in range(k)]
    return [topics], lambda: np.array([document.get_topic_dist() for document in model.docs])


MODELS = {
    ("cyberthemes, words by weight", "cyberthemes, as shown"): cyberthemes,
    ("scikit-learn TF-IDF + NMF",): scikit_learn,
    ("gensim Nmf",): gensim_nmf,
    ("gensim LdaModel",): gensim_lda,
    ("tomotopy LDAModel",): tomotopy_lda,
}


# Measures ---------------------------------------------------------------------------------------------------

MEASURES = ("C_NPMI", "diversity", "held-out", "NMI", "purity", "covered", "seconds")


def measure(model: Any, collection: Collection, k: int, seed: int) -> Floats:
    """Return the measures of one fit, shape (n_ways, n_measures)."""
    documents, labels = collection.documents, collection.labels
    started = time.perf_counter()
    ways, weights = model(documents, k, seed)
    seconds = time.perf_counter() - started
    strongest = np.asarray(weights()).argmax(axis=1)
    agreement = (np.nan, np.nan)
    if labels is not None:
        agreement = (normalized_mutual_info_score(labels, strongest), purity(labels, strongest))
    half, other_half = halves(documents)
    held_out, _ = model(half, k, seed)
    return np.array(
        [
            (
                topic_coherence(topics, documents, WINDOW).mean(),
                topic_diversity(topics),
                topic_coherence(held_out_topics, other_half, WINDOW).mean(),
                *agreement,
                covered(documents, strongest, topics),
                seconds,
            )
            for topics, held_out_topics in zip(ways, held_out, strict=True)
        ]
    )


def halves(documents: Documents) -> tuple[Documents, Documents]:
    order = np.random.default_rng(0).permutation(len(documents))
    middle = len(documents) // 2
    return [documents[row] for row in order[:middle]], [documents[row] for row in order[middle:]]


def purity(labels: npt.NDArray[np.str_], strongest: npt.NDArray[np.intp]) -> float:
    commonest = (np.unique(labels[strongest == topic], return_counts=True)[1].max() for topic in np.unique(strongest))
    return float(sum(commonest) / len(labels))


def covered(documents: Documents, strongest: npt.NDArray[np.intp], topics: Words) -> float:
    held = [len(set(topics[topic]).intersection(words)) for words, topic in zip(documents, strongest, strict=True)]
    return float(np.mean(np.array(held) >= 2))


# Output -----------------------------------------------------------------------------------------------------


def print_table(collection: Collection, ks: list[int], seeds: list[int]) -> None:
    lengths = [len(words) for words in collection.documents]
    n_words = len({word for words in collection.documents for word in words})
    print(f"\n{collection.name}: {len(lengths)} texts, {n_words} words, {sum(lengths)} tokens; k {ks}, seeds {seeds}")
    print(f"{'':30}" + "".join(f"{name:>10}" for name in MEASURES), flush=True)
    for names, model in MODELS.items():
        runs = []
        for k in ks:
            for seed in seeds:
                runs.append(measure(model, collection, k, seed))
                print(f"  {names[0]}, k={k}, seed={seed}: {runs[-1].round(3).tolist()}", file=sys.stderr, flush=True)
        for name, means in zip(names, np.mean(runs, axis=0), strict=True):
            cells = [cell(of, mean) for of, mean in zip(MEASURES, means, strict=True)]
            print(f"{name:30}" + "".join(cells), flush=True)


def cell(name: str, mean: float) -> str:
    if np.isnan(mean):
        return f"{'-':>10}"
    return f"{mean:10.1f}" if name == "seconds" else f"{mean:10.3f}"


def print_agreement(collection: Collection, k: int, seed: int) -> None:
    """Print our C_NPMI beside gensim's, on our topics."""
    from gensim.topic_coherence.text_analysis import WordOccurrenceAccumulator  # type: ignore[import-not-found]

    topics = cyberthemes(collection.documents, k, seed)[0][0]
    ours = topic_coherence(topics, collection.documents, WINDOW)
    theirs = gensim_coherence(topics, collection.documents)
    # gensim forgets a word when a copy of it leaves the window, though a later copy is still inside; we count it.
    with patch.object(WordOccurrenceAccumulator, "_slide_window", take_whole_window):
        corrected = gensim_coherence(topics, collection.documents)
    print(f"C_NPMI of {k} topics, mean and largest difference of a topic from ours: ours {ours.mean():.4f}", end="")
    for name, values in (("gensim", theirs), ("gensim, windows taken whole", corrected)):
        print(f"; {name} {values.mean():.4f}, {np.abs(values - ours).max():.1e}", end="")
    print(flush=True)


def take_whole_window(accumulator: Any, window: Any, _: int) -> None:
    accumulator._uniq_words[:] = False
    accumulator._uniq_words[window] = True


def gensim_coherence(topics: Words, documents: Documents) -> Floats:
    from gensim.corpora import Dictionary
    from gensim.models import CoherenceModel  # type: ignore[import-not-found]

    model = CoherenceModel(
        topics=topics,
        texts=documents,
        dictionary=Dictionary(documents),
        coherence="c_npmi",
        window_size=WINDOW,
        topn=N_WORDS,
        processes=1,
    )
    return np.array(model.get_coherence_per_topic())


def print_topics(data: Path, name: str, k: int) -> None:
    texts = [". ".join(filter(None, (record.get("title"), record.get("text")))) for record in read(data, name)]
    started = time.perf_counter()
    model = TopicModel(k, drop_duplicates=name == "news_2022_2023").fit(texts)
    seconds = time.perf_counter() - started
    print(f"\n{name}: {len(texts)} texts, {seconds:.0f} s, {model.unexplained_:.1%} in no topic")
    for topic in model.topics_:
        terms = ", ".join(term for term, _ in topic.terms[:N_WORDS])
        print(f"{topic.id:10}{topic.share:7.1%}{topic.coherence:7.2f}  {topic.label}: {terms}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="the folder with benchmarks/ and corpus/")
    parser.add_argument("collections", nargs="*", metavar="collection", help=", ".join(COLLECTIONS))
    parser.add_argument("--k", nargs="+", type=int, default=[10, 20, 30, 40, 50], help="numbers of topics")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--topics", type=int, metavar="K", help="print so many topics of two collections, for reading")
    options = parser.parse_args()
    if unknown := set(options.collections).difference(COLLECTIONS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; expected some of {', '.join(COLLECTIONS)}")
    for name in options.collections:
        collection = load(options.data, name)
        print_table(collection, options.k, options.seeds)
        print_agreement(collection, options.k[0], options.seeds[0])
    if options.topics:
        for name in ("headlines_2022", "news_2022_2023"):
            print_topics(options.data, name, options.topics)


if __name__ == "__main__":
    main()
