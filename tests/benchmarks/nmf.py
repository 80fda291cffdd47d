"""How fast a factorisation is as good as scikit-learn's, and where other libraries stand.

Run: python tests/benchmarks/nmf.py DATA [--k 20 50] [--seeds 0 1 2] [--collections 7,600 76,000] [--no-others]

DATA is the folder with ``benchmarks/agnews_test.jsonl.gz`` (7,600 texts) and ``corpus/paragraphs.jsonl.gz`` (of which
the first 76,000). Times of gensim and tomotopy need them installed, and are left out with a line that says so if they
are not. All figures are seconds of CPU time, of one thread on one core, as medians over seeds; start and products with
the matrix are included, and making the matrix is not.

- reference: scikit-learn's ``NMF(k, init=..., random_state=seed)`` as it comes (solver "cd", tol 1e-4, at most 200
  iterations), on the TF-IDF matrix in double precision, as its vectorizer makes it.
- to its error: until `factorize` with the same seed has an error no higher than that of the reference. Seeds end in
  different local minima, a few hundred-thousandths of the error apart: "-" is a seed from which ours is not as low as
  theirs with the same number, which counts as endless.
- to stop: until `factorize` returns by its own tolerance; "error" is how far above (+) or below (-) the reference it
  then is, in ten-thousandths, at worst.
- weights: `solve_weights` and scikit-learn's ``transform`` of all texts under the same components, and how far each is
  from the exact solutions of some 50 rows, as a share of the largest weight.
- others: gensim's ``Nmf`` as it comes (one pass) on the same matrix; tomotopy's ``LDAModel`` on the words of each text,
  each once, for the 10 iterations that are its default and for 100. They minimise something else: only times compare.
"""

from __future__ import annotations

import os

os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import argparse  # noqa: E402 (threads are counted when NumPy is imported)
import gzip  # noqa: E402
import importlib  # noqa: E402
import json  # noqa: E402
import time  # noqa: E402
import warnings  # noqa: E402
from collections.abc import Callable  # noqa: E402
from functools import partial  # noqa: E402
from itertools import islice  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402
from unittest.mock import patch  # noqa: E402

import numpy as np  # noqa: E402
from scipy.optimize import nnls  # noqa: E402
from scipy.sparse import csr_matrix  # noqa: E402
from sklearn.decomposition import NMF  # noqa: E402
from sklearn.exceptions import ConvergenceWarning  # noqa: E402
from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: E402

from cyberthemes import nmf  # noqa: E402

COLLECTIONS = {"7,600": "benchmarks/agnews_test.jsonl.gz", "76,000": "corpus/paragraphs.jsonl.gz"}
STARTS = ("nndsvd", "nndsvda")


def read(data: Path, name: str) -> tuple[csr_matrix, list[str]]:
    """Return a TF-IDF matrix and its words."""
    with gzip.open(data / COLLECTIONS[name], "rt", encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in islice(lines, int(name.replace(",", "")))]
    vectorizer = TfidfVectorizer(sublinear_tf=True, min_df=2, max_features=20_000, stop_words="english")
    return vectorizer.fit_transform(texts), vectorizer.get_feature_names_out().tolist()


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    started = time.process_time()
    result = call()
    return time.process_time() - started, result


# Against scikit-learn -----------------------------------------------------------------------------------------


def traced(X: csr_matrix, k: int, seed: int) -> tuple[list[tuple[float, float]], float, nmf.Factorization]:
    """Return the time and error after each iteration on the matrix, the time to the end, and what was found."""
    trace: list[tuple[float, float]] = []
    step, started = nmf._Descent.step, time.process_time()

    def noted(state: nmf._Descent) -> None:
        step(state)
        if state._X[0] is state._X[-1]:  # and not the product of two, as in the rehearsal
            trace.append((time.process_time() - started, state.error))

    with patch.object(nmf._Descent, "step", noted):
        seconds, found = timed(partial(nmf.factorize, X, k, random_state=seed))
    return trace, seconds, found


def compare(name: str, X: csr_matrix, k: int, seeds: list[int]) -> None:
    ours = [traced(X, k, seed) for seed in seeds]
    for start in STARTS:
        references = [timed(partial(NMF(k, init=start, random_state=seed).fit, X)) for seed in seeds]
        reached, above = [], []
        for (trace, _, found), (_, reference) in zip(ours, references, strict=True):
            target = reference.reconstruction_err_
            reached.append(next((seconds for seconds, error in trace if error <= target), np.inf))
            above.append(1e4 * (found.error / target - 1))
        theirs, to_error = np.median([seconds for seconds, _ in references]), np.median(reached)
        stopped = np.median([seconds for _, seconds, _ in ours])
        each = " ".join(
            f"{seconds / ours_seconds:.1f}" if np.isfinite(ours_seconds) else "-"
            for (seconds, _), ours_seconds in zip(references, reached, strict=True)
        )
        print(
            f"{name:>7}{k:>4}  {start:8}{theirs:10.2f}{to_error:9.2f}{theirs / to_error:7.1f}x"
            f"{stopped:9.2f}{theirs / stopped:7.1f}x{max(above):+9.2f}   {each}",
            flush=True,
        )
    print_weights(X, ours[0][2].components, references[0][1])


def print_weights(X: csr_matrix, H: Any, model: NMF) -> None:
    model.components_ = H.astype(np.float64)
    rows = list(range(0, X.shape[0], X.shape[0] // 50))
    exact = np.array([nnls(model.components_.T, X[row].toarray()[0])[0] for row in rows])
    timings = [timed(partial(nmf.solve_weights, X, H)), timed(partial(model.transform, X))]
    (ours, _), (theirs, _) = timings
    off, their_off = (np.abs(weights[rows] - exact).max() / exact.max() for _, weights in timings)
    print(f"{'':13}weights: {ours:.2f}, theirs {theirs:.2f}, {theirs / ours:.1f}x; off by {off:.0e}, {their_off:.0e}")


# Other libraries ----------------------------------------------------------------------------------------------


def gensim_nmf(X: csr_matrix, words: list[str], k: int, seed: int) -> float:
    corpus = [list(zip(row.indices.tolist(), row.data.tolist(), strict=True)) for row in X]
    kind = importlib.import_module("gensim.models.nmf").Nmf
    return timed(lambda: kind(corpus, k, id2word=dict(enumerate(words)), random_state=seed))[0]


def tomotopy_lda(n_iter: int, X: csr_matrix, words: list[str], k: int, seed: int) -> float:
    model = importlib.import_module("tomotopy").LDAModel(k=k, seed=seed)
    for row in X:
        if row.nnz:
            model.add_doc([words[column] for column in row.indices])
    return timed(lambda: model.train(n_iter, workers=1))[0]


OTHERS: dict[str, Callable[..., float]] = {
    "gensim Nmf": gensim_nmf,
    "tomotopy LDAModel, 10 iterations": partial(tomotopy_lda, 10),
    "tomotopy LDAModel, 100 iterations": partial(tomotopy_lda, 100),
}


def print_others(X: csr_matrix, words: list[str], k: int, seeds: list[int]) -> None:
    ours = np.median([timed(partial(nmf.factorize, X, k, random_state=seed))[0] for seed in seeds])
    for name, other in OTHERS.items():
        try:
            seconds = other(X, words, k, seeds[0])
        except ModuleNotFoundError:
            print(f"{'':13}{name}: not installed")
        else:
            print(f"{'':13}{name}: {seconds:.2f}, {seconds / ours:.1f} times our time to stop", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="the folder with benchmarks/ and corpus/")
    parser.add_argument("--k", nargs="+", type=int, default=[20, 50], help="numbers of components")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--collections", nargs="+", choices=list(COLLECTIONS), default=list(COLLECTIONS))
    parser.add_argument("--no-others", action="store_true", help="leave gensim and tomotopy out")
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    print(
        f"{'texts':>7}{'k':>4}  {'start':8}{'reference':>10}{'to its error':>17}{'to stop':>17}{'error':>9}   each seed"
    )
    for name in options.collections:
        X, words = read(options.data, name)
        for k in options.k:
            compare(name, X, k, options.seeds)
            if not options.no_others:
                print_others(X, words, k, options.seeds)


if __name__ == "__main__":
    main()
