"""The speed of cyberthemes beside that of other libraries doing the same work on the same text.

Run: PYTHONPATH=. python tests/benchmarks/speed.py DATA [--only SECTION ...] [--megabytes 50] [--repeat 5]

DATA is the folder with ``corpus/paragraphs.jsonl.gz`` and ``gold/train.jsonl``. Peers are scikit-learn, which the
project has, and spaCy and pyahocorasick, which are no dependencies of it: ``pip install spacy pyahocorasick``. A peer
that is missing is named and left out. Linux only.

The measured text is whole articles, shuffled, until there are so many megabytes of UTF-8; phrases are learned from
15 MB that are not measured. All is CPU time of one process on one core, with one thread and no garbage collection,
unless a table says otherwise. Contenders take turns, --repeat times; seconds are medians. "12.1 to 1" says that a row
takes 12.1 times the CPU of row 1: the median of the ratios of each round. A bar says what the figure should be, and
whether it is met. The floors, str.split and re.findall, are what Python needs to look at the text at all.

Sections:

- fit and vectorizer: learning the terms, and the TF-IDF matrix of words, pairs of words and 500 phrases. That
  scikit-learn's is the same matrix is asserted; articles with İ or Σ, which lower-case otherwise in a text than in a
  word, are left out of all. It finds phrases, which it does not know of, by an analyzer in Python that is written for
  speed; the rows without phrases are scikit-learn alone. Its own tokens, its default, make another matrix.
- tagging: probabilities of 27 themes for paragraphs; tags of the same paragraphs with the places of all evidence; and
  what ``tag_batch`` makes of whole articles, which it splits first. scikit-learn's pipeline (TF-IDF of 1-2-grams,
  one-vs-rest logistic regression) gives probabilities of paragraphs and none of the rest; "in one product" is the same
  with less overhead a theme.
- phrases: where which terms stand. scikit-learn's analyzer gives n-grams as strings: no ids, phrases or offsets. Then
  phrases alone: cyberthemes finds inflected forms too and keeps the longest matches; the others find the exact words
  in any case, overlapping matches too. Phrases are the most frequent sequences of two or three words, function words
  included, so that there is much to find.
- cold: one article in a fresh process, from its start to its end, files cached by the system. Times to open the model
  and to load the tagger are taken inside a fresh process, after imports.
- workers: wall time of ``tag_batch`` on all cores that the process may use; it takes an otherwise idle machine.
- memory: the peak (VmHWM) of a fresh process that tags a file of twice --megabytes, and one of twenty times: the
  measured articles over and over.
"""

from __future__ import annotations

import argparse
import gc
import inspect
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

import joblib
import numpy as np
import peers
import sklearn
from peers import Texts

from cyberthemes import Document, TermVectorizer, load_tagger
from cyberthemes.lexicon import ATOMS
from cyberthemes.phrases import PhraseMatcher, longest_of
from cyberthemes.tagging import BUNDLED_MODEL, Tagger
from cyberthemes.terms import in_batches

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "models" / BUNDLED_MODEL
LEAST = 10  # texts that hold a term of the vocabulary
FEW, MANY = 500, 10_000  # phrases
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
MOST_MEMORY = 8 << 30  # bytes for a process whose memory is measured, so that it does not take the machine down

Run = Callable[..., object]
Timer = Callable[[], float]  # does the work once and returns its seconds


# The contender ------------------------------------------------------------------------------------------------


def term_matrix(vectorizer: TermVectorizer, texts: Sequence[str]) -> Any:
    return vectorizer.transform(texts)


def ids_phrases_and_offsets(vectorizer: TermVectorizer, texts: Sequence[str]) -> None:
    index = vectorizer.index_
    for batch in in_batches(texts):
        index.places(index.analyzer.rule.scan(batch))


def phrases_with_offsets(matcher: PhraseMatcher, texts: Sequence[str]) -> int:
    """Find the longest phrases and where they stand; return how many there are."""
    count = 0
    for batch in in_batches(texts):
        scanned = ATOMS.scan(batch)
        found = longest_of(matcher.find_in(scanned))
        starts, _ = scanned.starts.take(found.first), scanned.ends.take(found.last)
        count += len(starts)
    return count


def tags(tagger: Tagger, documents: Sequence[str | Document]) -> int:
    """Tag, and leave evidence in the arrays that hold its places; return how many tags there are."""
    return sum(len(unit.tags) for article in tagger.tag_batch(documents) for unit in article.paragraphs)


def tags_with_evidence(tagger: Tagger, documents: Sequence[str], **settings: int) -> int:
    """Tag and look at all evidence, so that none can be left for later; return how much there is."""
    articles = tagger.tag_batch(documents, **settings)
    return sum(len(tag.evidence) for article in articles for unit in article.paragraphs for tag in unit.tags)


# Timing ---------------------------------------------------------------------------------------------------------


def cpu(run: Run, *arguments: Any) -> Timer:
    return lambda: clocked(partial(run, *arguments), time.process_time)


def wall(run: Run, *arguments: Any) -> Timer:
    return lambda: clocked(partial(run, *arguments), time.perf_counter)


def clocked(run: Run, clock: Timer) -> float:
    gc.collect()
    gc.disable()
    started = clock()
    result = run()
    seconds = clock() - started
    gc.enable()
    del result  # its disposal is not timed
    return seconds


def fresh_process(arguments: Sequence[str]) -> Timer:
    """Return what times the CPU of a whole process."""
    return lambda: finished(arguments)[0]


def inside_fresh_process(what: str, call: str) -> Timer:
    """Return what times a call in a process of its own, after imports."""
    clock = "time.process_time()"
    code = f"import time; from cyberthemes.{what}; started = {clock}; {call}; print({clock} - started)"
    return lambda: float(finished(["-c", code])[1])


def finished(arguments: Sequence[str], keep_output: bool = True) -> tuple[float, str]:
    """Run Python to its end and return its CPU seconds, of user and system, and what it printed."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with tempfile.TemporaryFile("w+") as output:
        stdout = output if keep_output else subprocess.DEVNULL
        process = subprocess.Popen([sys.executable, *arguments], stdout=stdout, cwd=ROOT, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, process.args)
        output.seek(0)
        return usage.ru_utime + usage.ru_stime, output.read()


# Tables ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bar:
    limit: float
    unit: str  # times, s or MB
    least: bool = False

    def judge(self, figure: float) -> str:
        sign = "≥" if self.least else "<"
        met = figure >= self.limit if self.least else figure < self.limit
        return f"{sign} {self.limit:g} {self.unit}: {'met' if met else 'MISSED'}"


@dataclass(frozen=True)
class Row:
    what: str
    to: str | None = None  # the row that its ratio is to; None is the first
    bar: Bar | None = None


def at_least(times: float) -> Bar:
    return Bar(times, "times", least=True)


def print_table(
    title: str, timers: dict[str, Timer], repeat: int, megabytes: float = 0, rows: Sequence[Row] = ()
) -> None:
    """Time all in turns and print a row for each, and what `rows` says of some: ratio to which, and bar."""
    print(f"\n{title}" + (f": {megabytes:.1f} MB" if megabytes else ""))
    print(f"   {'':58}{'seconds':>10}{'MB/s':>9}{'ratio':>12}   bar", flush=True)
    seconds: dict[str, list[float]] = {what: [] for what in timers}
    for _ in range(repeat):
        for what, timer in timers.items():
            seconds[what].append(timer())
    numbers = {what: number for number, what in enumerate(timers, start=1)}
    first = next(iter(timers))
    told = {row.what for row in rows}
    for row in sorted([*rows, *(Row(what) for what in timers if what not in told)], key=lambda row: numbers[row.what]):
        own, other = seconds[row.what], row.to or first
        ratio = median(mine / theirs for mine, theirs in zip(own, seconds[other], strict=True))
        speed = f"{megabytes / median(own):9.1f}" if megabytes else f"{'-':>9}"
        judged = row.bar.judge(median(own) if row.bar.unit == "s" else ratio) if row.bar else ""
        to = f"{ratio:.2f} to {numbers[other]}"
        print(f"{numbers[row.what]:2} {row.what:58}{median(own):10.3f}{speed}{to:>12}   {judged}".rstrip(), flush=True)


def floors(texts: Sequence[str]) -> dict[str, Timer]:
    return {
        "floor: str.split": cpu(each, str.split, texts),
        r"floor: re.findall(r'\w+')": cpu(each, re.compile(r"\w+").findall, texts),
    }


def each(analyze: Callable[[str], list[Any]], texts: Sequence[str]) -> int:
    return sum(len(analyze(text)) for text in texts)


# Sections -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Task:
    data: Path
    texts: Texts
    others: Texts
    repeat: int
    cores: set[int]  # that the process may use; it is pinned to one of them

    @cached_property
    def phrases(self) -> list[str]:
        return peers.frequent_phrases(self.others, MANY)


def time_vectorizer(task: Task) -> None:
    ours, theirs, vectorizers, rows = vectorizers_compared(task)
    paragraphs = task.texts.paragraphs
    for vectorizer in vectorizers.values():
        vectorizer.fit(paragraphs)
    for own, other in zip(ours, theirs, strict=False):
        print(f"same matrix, {same_matrix(vectorizers[own], vectorizers[other], paragraphs)}: {other}", flush=True)
    timers = {what: cpu(term_matrix, vectorizers[what], paragraphs) for what in ours}
    timers |= {what: cpu(vectorizers[what].transform, paragraphs) for what in theirs} | floors(paragraphs)
    rows[0] = Row(theirs[0], ours[0], at_least(10))
    print_table("vectorizer, transform", timers, task.repeat, task.texts.megabytes, rows)


def time_fit(task: Task) -> None:
    _, _, vectorizers, rows = vectorizers_compared(task)
    fits = {what: cpu(model.fit, task.texts.paragraphs) for what, model in vectorizers.items()}
    print_table("vectorizer, fit", fits, task.repeat, task.texts.megabytes, rows)


def vectorizers_compared(task: Task) -> tuple[tuple[str, ...], tuple[str, ...], dict[str, Any], list[Row]]:
    """Return the names of ours and theirs, all by name, and which of theirs does the work of which of ours."""
    phrases = task.phrases[:FEW]
    ours = f"cyberthemes TermVectorizer, {FEW} phrases", "cyberthemes TermVectorizer, no phrases"
    theirs = (
        f"scikit-learn TfidfVectorizer, {FEW} phrases",
        "scikit-learn TfidfVectorizer, no phrases",
        "scikit-learn TfidfVectorizer, no phrases, its own tokens",
    )
    vectorizers = {
        ours[0]: TermVectorizer(ngram_range=peers.NGRAMS, phrases=phrases, min_df=LEAST),
        ours[1]: TermVectorizer(ngram_range=peers.NGRAMS, min_df=LEAST),
        theirs[0]: peers.vectorizer(LEAST, phrases),
        theirs[1]: peers.vectorizer(LEAST),
        theirs[2]: peers.vectorizer_by_default_tokens(LEAST),
    }
    return ours, theirs, vectorizers, [Row(theirs[0], ours[0]), Row(theirs[1], ours[1]), Row(theirs[2], ours[1])]


def same_matrix(ours: TermVectorizer, theirs: Any, texts: Sequence[str]) -> str:
    """Assert that two vectorizers give the same matrix, and say how large it is and how close."""
    X, Y = term_matrix(ours, texts), theirs.transform(texts)
    names = list(ours.get_feature_names_out())
    assert sorted(names) == sorted(theirs.vocabulary_), "the vocabularies differ"
    Y = Y[:, [theirs.vocabulary_[name] for name in names]]
    difference = abs(X - Y).max()
    assert X.nnz == Y.nnz, "the matrices differ in their places"
    assert difference < 1e-12, f"the matrices differ by {difference}"
    return f"{X.shape[0]:,} x {X.shape[1]:,}, largest difference {difference:.0e}"


def time_tagging(task: Task) -> None:
    tagger, pipeline = load_tagger(), peers.theme_pipeline(task.data / "gold" / "train.jsonl")
    one_product = peers.in_one_product(pipeline)
    same_features = peers.theme_pipeline(task.data / "gold" / "train.jsonl", tagger.index.analyzer.matcher.phrases)
    paragraphs, documents = task.texts.paragraphs, task.texts.documents
    some = paragraphs[:100]
    assert np.allclose(one_product(some), pipeline.predict_proba(some)), "the one product is not the pipeline's"
    given = [Document.from_paragraphs(article) for article in task.texts.articles]
    probabilities, of_given = "cyberthemes predict_proba", "cyberthemes tag_batch: tags, evidence in arrays"
    in_arrays, in_records = "  and articles split into paragraphs", "  and a record of each piece of evidence"
    n_phrases = len(tagger.index.analyzer.matcher.phrases)
    peer, fast_peer = "scikit-learn pipeline: probabilities, no evidence", "  with one product for all themes"
    same_peer = f"  with the {n_phrases:,} phrases of our model"
    timers = {
        probabilities: cpu(tagger.predict_proba, paragraphs),
        of_given: cpu(tags, tagger, given),
        in_arrays: cpu(tags, tagger, documents),
        in_records: cpu(tags_with_evidence, tagger, documents),
        peer: cpu(pipeline.predict_proba, paragraphs),
        fast_peer: cpu(one_product, paragraphs),
        same_peer: cpu(same_features.predict_proba, paragraphs),
        **floors(paragraphs),
    }
    rows = [
        Row(peer_row, row, bar)
        for peer_row in (peer, fast_peer, same_peer)
        for row, bar in ((probabilities, at_least(8)), (of_given, at_least(7)), (in_records, None))
    ]
    print_table("tagging", timers, task.repeat, task.texts.megabytes, rows)


def time_phrases(task: Task) -> None:
    time_ids(task)
    phrases, paragraphs = task.phrases, task.texts.paragraphs
    few, many = f"cyberthemes PhraseMatcher, {FEW} phrases", f"cyberthemes PhraseMatcher, {MANY:,} phrases"
    matchers = {few: PhraseMatcher(phrases[:FEW]), many: PhraseMatcher(phrases)}
    timers = {what: cpu(phrases_with_offsets, matcher, paragraphs) for what, matcher in matchers.items()}
    rows = [Row(many, few, Bar(1.25, "times"))]
    for what, module, build in (
        (f"spaCy PhraseMatcher, blank pipeline, {FEW} phrases", "spacy", peers.spacy_matcher),
        (f"pyahocorasick, word boundaries, {FEW} phrases", "ahocorasick", peers.ahocorasick_matcher),
    ):
        if not find_spec(module):
            print(f"{module} is not installed: its rows are left out")
            continue
        find = build(phrases[:FEW])
        print(f"{each(find, paragraphs):,} matches: {what}")
        timers[what] = cpu(each, find, paragraphs)
        rows.append(Row(what, few, at_least(1)))
    for what, matcher in matchers.items():
        print(f"{phrases_with_offsets(matcher, paragraphs):,} matches: {what}")
    print_table("phrases with offsets", timers | floors(paragraphs), task.repeat, task.texts.megabytes, rows)


def time_ids(task: Task) -> None:
    ours = "cyberthemes: ids and offsets of"
    few, many = f"{ours} n-grams, {FEW} phrases", f"{ours} n-grams, {MANY:,} phrases"
    vectorizers = {
        few: TermVectorizer(ngram_range=peers.NGRAMS, phrases=task.phrases[:FEW], min_df=LEAST),
        many: TermVectorizer(ngram_range=peers.NGRAMS, phrases=task.phrases, min_df=LEAST),
        f"{ours} words, {FEW} phrases": TermVectorizer(ngram_range=(1, 1), phrases=task.phrases[:FEW], min_df=LEAST),
    }
    analyzers = {
        "scikit-learn build_analyzer: n-grams": peers.analyzer(),
        "  with offsets, by finditer": peers.analyze_with_offsets,
        f"  with {FEW} phrases, no offsets": peers.PhraseAnalyzer(task.phrases[:FEW]),
    }
    paragraphs = task.texts.paragraphs
    for vectorizer in vectorizers.values():
        vectorizer.fit(paragraphs)
    timers = {what: cpu(ids_phrases_and_offsets, model, paragraphs) for what, model in vectorizers.items()}
    timers |= {what: cpu(each, analyze, paragraphs) for what, analyze in analyzers.items()} | floors(paragraphs)
    rows = [Row(many, few, Bar(1.25, "times")), Row(next(iter(analyzers)), few, at_least(20))]
    print_table("ids, phrases and offsets", timers, task.repeat, task.texts.megabytes, rows)


def time_cold(task: Task) -> None:
    articles = sorted((ROOT / "seeds").glob("*.txt"), key=lambda path: path.stat().st_size)
    article = str(articles[len(articles) // 2])
    whole, peer = "python -m cyberthemes tag ARTICLE", "joblib-pickled scikit-learn pipeline, no evidence"
    showing, opening = "python -m cyberthemes --help", "in it: the model opened, hashes verified"
    with tempfile.TemporaryDirectory() as folder:
        stored = str(Path(folder) / "pipeline.joblib")
        joblib.dump(peers.theme_pipeline(task.data / "gold" / "train.jsonl"), stored)
        timers = {
            whole: fresh_process(["-m", "cyberthemes", "tag", article]),
            peer: fresh_process(["-c", peers.TAG_WITH_PIPELINE, stored, article]),
            showing: fresh_process(["-m", "cyberthemes", "--help"]),
            "floor: python -c pass": fresh_process(["-c", "pass"]),
            "floor: python -c 'import numpy'": fresh_process(["-c", "import numpy"]),
            opening: inside_fresh_process("storage import open_folder", f"open_folder({str(MODEL)!r}, kind='tagger')"),
            "in it: load_tagger whole": inside_fresh_process("tagging import load_tagger", "load_tagger()"),
        }
        rows = [
            Row(whole, None, Bar(0.3, "s")),
            Row(peer, whole, at_least(8)),
            Row(showing, None, Bar(0.1, "s")),
            Row(opening, None, Bar(0.025, "s")),
        ]
        size_of_article = Path(article).stat().st_size / 1e3
        print_table(f"cold, an article of {size_of_article:.1f} kB in a fresh process", timers, task.repeat, 0, rows)


def time_workers(task: Task) -> None:
    tagger, documents = load_tagger(), task.texts.documents
    if "n_jobs" not in inspect.signature(tagger.tag_batch).parameters:
        print("\nworkers: tag_batch takes no n_jobs: left out")
        return
    pinned = os.sched_getaffinity(0)
    os.sched_setaffinity(0, task.cores)
    try:
        one, two = "cyberthemes tag_batch, one worker", "cyberthemes tag_batch, two workers"
        timers = {
            two: wall(partial(tags_with_evidence, tagger, documents, n_jobs=2)),
            one: wall(partial(tags_with_evidence, tagger, documents, n_jobs=1)),
        }
        title = f"workers, wall time on {len(task.cores)} cores, load {os.getloadavg()[0]:.1f}"
        print_table(title, timers, task.repeat, task.texts.megabytes, [Row(one, two, at_least(1.6))])
    finally:
        os.sched_setaffinity(0, pinned)


TAG_AND_TELL_PEAK = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, ({limit}, {limit}))
from cyberthemes.cli import main
code = main(["tag", sys.argv[1], "--format", "jsonl"])
sys.stdout.flush()
with open("/proc/self/status") as stream:
    peak = next(line for line in stream if line.startswith("VmHWM"))
with open(sys.argv[2], "w") as stream:
    stream.write(peak.split()[1])
sys.exit(code)
"""


def measure_memory(task: Task) -> None:
    print(f"\nmemory, streamed\n   {'':58}{'seconds':>10}{'MB/s':>9}{'peak MB':>12}   bar", flush=True)
    for times in (2, 20):
        with tempfile.TemporaryDirectory() as folder:
            big, peak = Path(folder) / "big.jsonl", Path(folder) / "peak"
            megabytes = write_repeated(task.texts, big, times)
            what = f"   {f'cyberthemes tag big.jsonl, {megabytes:,.0f} MB of text':58}"
            try:
                code = TAG_AND_TELL_PEAK.format(limit=MOST_MEMORY)
                seconds, _ = finished(["-c", code, str(big), str(peak)], keep_output=False)
            except subprocess.CalledProcessError as error:
                print(f"{what} exit code {error.returncode}; it may take {MOST_MEMORY / 1e6:,.0f} MB", flush=True)
            else:
                figure = int(peak.read_text()) * 1024 / 1e6
                judged = Bar(150, "MB").judge(figure)
                print(f"{what}{seconds:10.1f}{megabytes / seconds:9.1f}{figure:12.0f}   {judged}", flush=True)


def write_repeated(texts: Texts, file: Path, times: int) -> float:
    """Write the texts several times over, as JSON lines, and return their megabytes."""
    with file.open("w", encoding="utf-8") as stream:
        for turn in range(times):
            for number, document in enumerate(texts.documents):
                record = {"id": f"{turn}-{number}", "text": document}
                stream.write(json.dumps(record, ensure_ascii=False) + "\n")
    return times * texts.megabytes


SECTIONS: dict[str, Callable[[Task], None]] = {
    "fit": time_fit,
    "vectorizer": time_vectorizer,
    "tagging": time_tagging,
    "phrases": time_phrases,
    "cold": time_cold,
    "workers": time_workers,
    "memory": measure_memory,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="the folder with corpus/ and gold/")
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=list(SECTIONS), metavar="SECTION")
    parser.add_argument("--megabytes", type=float, default=50, help="how much text to measure on")
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    if not ONE_THREAD.items() <= os.environ.items():
        os.execve(sys.executable, sys.orig_argv, os.environ | ONE_THREAD)  # noqa: S606 (NumPy has read it by now)
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    texts, others = peers.load(options.data, options.megabytes)
    if texts.megabytes < options.megabytes:
        print(f"the corpus holds less than {options.megabytes:g} MB beside what phrases are learned from")
    print(f"{len(texts.paragraphs):,} paragraphs of {len(texts.articles):,} articles, {texts.megabytes:.1f} MB")
    print(f"core {max(cores)} of {len(cores)}, {options.repeat} rounds; Python {platform.python_version()}", end="")
    print(f", NumPy {np.__version__}, scikit-learn {sklearn.__version__}; load {os.getloadavg()[0]:.1f}", flush=True)
    task = Task(options.data, texts, others, options.repeat, cores)
    for section in options.only:
        SECTIONS[section](task)


if __name__ == "__main__":
    main()
