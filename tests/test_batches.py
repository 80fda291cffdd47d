"""Many texts: in order, lazily, and the same bit for bit whoever tags them."""

from __future__ import annotations

import itertools
import json
import multiprocessing
import os
import pickle
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyberthemes import Document, InputError, ModelError, TaggedArticle, Tagger, load_tagger, read
from cyberthemes.batches import _Feed, _Sent, map_stream

SEEDS = Path(__file__).parent.parent / "seeds"
LAW = "A new data security law restricts cross-border data flows, officials said."
PLAIN = "The bakery on the corner sells warm bread to the children of the street."
DOCUMENTS = [
    *read(SEEDS),
    *(Document(f"{LAW} Part {number}.\n\n{PLAIN}", id=f"d{number}", metadata={"n": number}) for number in range(40)),
    Document(""),
    Document("Die Regierung hat ein neues Gesetz über die Sicherheit der Daten beschlossen."),
    Document("“Cyberspace is for all,” he said.\n\n— Li Wei, minister\n\nCopyright 2020 Cyber Review", title="Space"),
    Document.from_paragraphs([LAW, "", f" {PLAIN}"], id="given"),
]


def tag_stream(model: Tagger, texts: Any, n_jobs: int | None = None) -> Iterator[TaggedArticle]:
    return model.tag_batch(texts, n_jobs=n_jobs)


def plain(articles: Iterator[TaggedArticle]) -> str:
    """Return all that articles hold, to the last bit of every float."""
    return json.dumps([article.to_dict() for article in articles])


@pytest.fixture(scope="module")
def expected(tagger: Tagger) -> str:
    return plain(map(tagger.tag, DOCUMENTS))


@pytest.fixture(scope="module", params=["opened", "changed", "unsaved"])
def model_and_articles(request: pytest.FixtureRequest, tagger: Tagger) -> tuple[Tagger, str]:
    """A model, and what it says of each document alone."""
    model = {"opened": tagger, "changed": changed(tagger), "unsaved": unsaved(tagger)}[request.param]
    return model, plain(map(model.tag, DOCUMENTS))


@pytest.fixture(scope="module")
def dask_cluster() -> Iterator[None]:
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        distributed.Client(cluster),
    ):
        yield


def name_of_first(article: TaggedArticle) -> str:
    return article.themes[0].theme if article.themes else f"{article.reason}"


def refuse(article: TaggedArticle) -> str:
    if "refused" in article.text:
        raise LookupError(article.text)
    return article.text


def process_of(article: TaggedArticle) -> int:
    time.sleep(0.001 * len(article.text.split()))
    return os.getpid()


def delivered(model: Tagger) -> Any:
    """Return the tagger that a worker would open."""
    return pickle.loads(pickle.dumps(_Sent.of(model))).tagger()  # noqa: S301 (sent by this line)


# The same from all ----------------------------------------------------------------------------------------


def changed(tagger: Tagger) -> Tagger:
    return replace(tagger, thresholds=tagger.thresholds * 0.5, bias=tagger.bias + 0.125)


def unsaved(tagger: Tagger) -> Tagger:
    return replace(tagger, origin=None)


@pytest.mark.usefixtures("two_blas_threads")
@pytest.mark.parametrize("backend", ["loky", "threading", "multiprocessing"])
def test_every_backend_gives_the_same(model_and_articles: tuple[Tagger, str], backend: str) -> None:
    model, articles = model_and_articles
    with joblib.parallel_config(backend, n_jobs=2):
        assert plain(tag_stream(model, DOCUMENTS)) == articles


@pytest.mark.usefixtures("dask_cluster")
def test_a_dask_cluster_gives_the_same(model_and_articles: tuple[Tagger, str]) -> None:
    model, articles = model_and_articles
    with joblib.parallel_config("dask"):
        assert plain(tag_stream(model, DOCUMENTS)) == articles


@pytest.mark.usefixtures("two_blas_threads")
@pytest.mark.parametrize("n_jobs", [None, 1, 2, -1])
def test_the_number_of_workers_changes_nothing(tagger: Tagger, expected: str, n_jobs: int | None) -> None:
    assert plain(tagger.tag_batch(DOCUMENTS, n_jobs=n_jobs)) == expected
    assert list(map_stream(tagger, DOCUMENTS, name_of_first, n_jobs)) == [
        name_of_first(tagger.tag(document)) for document in DOCUMENTS
    ]


@pytest.mark.parametrize("limit", [1, 3, 1000])
def test_the_size_of_batches_changes_nothing(
    tagger: Tagger, expected: str, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr("cyberthemes.batches._MOST_DOCUMENTS", limit)
    monkeypatch.setattr("cyberthemes.batches._BATCHES_PER_WORKER", 1)
    assert plain(tag_stream(tagger, DOCUMENTS)) == expected
    with joblib.parallel_config("threading", n_jobs=2):
        assert plain(tag_stream(tagger, iter(DOCUMENTS))) == expected


@given(st.lists(st.sampled_from([LAW, PLAIN, "\n\n", "5G 网络", "“AI,” he said.\n\n", "— Li Wei\n\n", "\x00", "i̇"])))
def test_an_article_arrives_as_it_was_sent(tagger: Tagger, pieces: list[str]) -> None:
    document = Document("".join(pieces), id="a", title="T", metadata={"n": [1]})
    article = tagger.tag(document)
    arrived = pickle.loads(pickle.dumps(article))  # noqa: S301 (sent by this line)
    assert arrived == article
    assert arrived.to_dict() == article.to_dict()


# Lazily, in bounded memory --------------------------------------------------------------------------------


def test_a_stream_without_end_is_read_as_results_are_taken(tagger: Tagger) -> None:
    given = itertools.count()
    articles = tag_stream(tagger, (f"{LAW} {number}" for number in given))
    assert next(articles).text.endswith(" 0")
    assert next(given) == 1  # so that the stream goes on with 2
    assert [next(articles).text.split()[-1] for _ in range(700)] == [str(number) for number in range(2, 702)]
    assert next(given) <= 702 + 256


@pytest.mark.parametrize("backend", ["loky", "threading", "multiprocessing"])
def test_workers_read_ahead_no_more_than_two_rounds(tagger: Tagger, backend: str) -> None:
    given = itertools.count()
    with (
        joblib.parallel_config(backend, n_jobs=2),
        closing(map_stream(tagger, (str(n) for n in given), len_of_text)) as lengths,
    ):
        assert list(itertools.islice(lengths, 12)) == [1] * 10 + [2] * 2
        time.sleep(0.2)
        assert next(given) <= 2 * 2 * 8 * 256


def len_of_text(article: TaggedArticle) -> int:
    return len(article.text)


def sizes(texts: Iterator[str], most: int = 12) -> list[int]:
    return [len(batch) for batch in itertools.islice(_Feed(texts).batches(), most)]


def test_batches_begin_small_and_stay_bounded() -> None:
    assert sizes(itertools.repeat("5G"), 11) == [1, 2, 4, 8, 16, 32, 64, 128, 256, 256, 256]
    assert sizes(itertools.repeat("x" * 60_000)) == [1, 2, *[4] * 10]
    assert sizes(itertools.repeat("x" * 600_000)) == [1] * 12
    assert sizes(iter(["5G"] * 12)) == [1, 2, 4, 5]
    assert sizes(iter([])) == []


def test_a_text_does_not_wait_for_others_that_come_slowly() -> None:
    def trickle() -> Iterator[str]:
        while True:
            time.sleep(0.11)
            yield "5G"

    assert sizes(trickle(), 5) == [1] * 5


def test_the_configuration_is_that_of_the_call(tagger: Tagger) -> None:
    with joblib.parallel_config("loky", n_jobs=2):
        processes = map_stream(tagger, [LAW] * 9, process_of)
    assert os.getpid() not in set(processes)
    assert set(map_stream(tagger, [LAW] * 9, process_of)) == {os.getpid()}


def test_nobody_who_asks_for_no_workers_imports_joblib() -> None:
    code = (
        "import sys, cyberthemes; list(cyberthemes.load_tagger().tag_batch(['5G'] * 9)); print('joblib' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


# Ends -----------------------------------------------------------------------------------------------------


def until_it_fails(results: Iterator[Any]) -> tuple[list[Any], BaseException]:
    found: list[Any] = []
    with pytest.raises(Exception) as failure:
        found.extend(results)
    return found, failure.value


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_an_error_of_the_texts_comes_after_the_results_before_it(tagger: Tagger, n_jobs: int) -> None:
    def texts() -> Iterator[str]:
        yield from map(str, range(21))
        raise ZeroDivisionError("no more")

    found, error = until_it_fails(map_stream(tagger, texts(), refuse, n_jobs))
    assert (found, type(error), str(error)) == (list(map(str, range(21))), ZeroDivisionError, "no more")


@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize("wrong", [None, 5, b"5G", [LAW]], ids=repr)
def test_what_is_no_text_is_refused_by_its_position(tagger: Tagger, n_jobs: int, wrong: Any) -> None:
    found, error = until_it_fails(tag_stream(tagger, [*map(str, range(5)), wrong, LAW], n_jobs))
    assert [article.text for article in found] == list(map(str, range(5)))
    assert isinstance(error, InputError)
    assert str(error) == f"text 5: found {type(wrong).__name__}; expected a str or a Document"


def test_a_lone_text_is_refused_at_once(tagger: Tagger) -> None:
    with pytest.raises(InputError, match="put it in a list"):
        tag_stream(tagger, LAW)


@pytest.mark.parametrize("backend", ["sequential", "loky", "threading", "multiprocessing"])
def test_an_error_of_a_worker_comes_after_the_results_before_it(tagger: Tagger, backend: str) -> None:
    texts = [*map(str, range(20)), "refused", *map(str, range(20))]
    with joblib.parallel_config(backend, n_jobs=2):
        found, error = until_it_fails(map_stream(tagger, texts, refuse))
    assert (found, type(error), error.args) == (texts[:20], LookupError, ("refused",))


def test_a_stream_that_is_closed_reads_no_more_and_leaves_its_workers_to_the_next(
    tagger: Tagger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cyberthemes.batches._MOST_DOCUMENTS", 32)  # so that 700 are of the second round
    given = itertools.count()
    workers: set[int] = set()
    for taken in (1, 20, 700):
        with closing(map_stream(tagger, (str(number) for number in given), process_of, 2)) as processes:
            workers |= {next(processes) for _ in range(taken)}
    end = next(given)
    time.sleep(0.1)
    assert (next(given), len(workers)) == (end + 1, 2)


def test_a_pool_ends_with_its_stream(tagger: Tagger) -> None:
    with (
        joblib.parallel_config("multiprocessing", n_jobs=2),
        closing(map_stream(tagger, ["5G"] * 700, process_of)) as processes,
    ):
        next(processes)
    assert [child.name for child in multiprocessing.active_children() if "Pool" in child.name] == []


def test_no_workers_at_all_are_refused(tagger: Tagger) -> None:
    with pytest.raises(InputError, match="n_jobs is 0"):
        tag_stream(tagger, [LAW], 0)


# Models on their way --------------------------------------------------------------------------------------


def test_a_saved_model_goes_by_its_path_with_what_was_changed(tagger: Tagger, tmp_path: Path) -> None:
    saved = load_tagger(tagger.save(tmp_path / "model"))
    size = {
        name: len(pickle.dumps(_Sent.of(model)))
        for name, model in (("opened", saved), ("changed", changed(saved)), ("unsaved", unsaved(saved)))
    }
    assert size["opened"] < 2_000 < 500_000 < size["unsaved"]
    assert size["changed"] < 4_000


@pytest.mark.parametrize("made", [lambda tagger: tagger, changed, unsaved], ids=["opened", "changed", "unsaved"])
def test_a_worker_opens_a_model_once(tagger: Tagger, made: Callable[[Tagger], Tagger]) -> None:
    model = made(tagger)
    first = delivered(model)
    assert delivered(model) is first
    assert plain(map(first.tag, DOCUMENTS[:9])) == plain(map(model.tag, DOCUMENTS[:9]))
    for shift in (1, 2):
        delivered(replace(tagger, bias=tagger.bias + shift))
    assert delivered(model) is not first  # no more than two stay open


@pytest.mark.parametrize("part", ["term_weights", "presence_weights", "bias", "thresholds", "prevalence", "hash"])
def test_every_changed_part_is_sent(tagger: Tagger, part: str) -> None:
    value = getattr(tagger, part)
    changes: dict[str, Any] = {part: value + "x" if isinstance(value, str) else np.array(value) * 0.5}
    model = replace(tagger, **changes)
    arrived = delivered(model)
    assert np.array_equal(getattr(arrived, part), getattr(model, part))
    assert not np.array_equal(getattr(arrived, part), value)


def test_a_folder_that_holds_another_model_by_now_is_refused(tagger: Tagger, tmp_path: Path) -> None:
    model = load_tagger(tagger.save(tmp_path))
    changed(tagger).save(tmp_path)
    with pytest.raises(ModelError, match="another model"):
        list(map_stream(model, DOCUMENTS[:9], partial(name_of_first), 2))
