"""Many texts: tagged in batches, lazily and in order, by this process or by the workers of joblib.

Memory is bounded whatever the length of the stream: no more is read ahead than two rounds of a few batches a worker,
and nothing is kept. Which workers there are is joblib's to say: those of ``n_jobs``, or of the backend that
``joblib.parallel_config`` names, such as a Dask cluster. No bit of a result depends on any of this.
"""

from __future__ import annotations

import pickle
import signal
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

import numpy as np

from cyberthemes.documents import Document
from cyberthemes.errors import InputError, ModelError
from cyberthemes.results import TaggedArticle

__all__ = ["Origin", "map_stream", "parts_of"]

Result = TypeVar("Result")

_MOST_DOCUMENTS: Final = 256  # in a batch
_MOST_CHARACTERS: Final = 200_000  # in a batch, unless one document has more
_PATIENCE: Final = 0.1  # seconds after which the next text to come is the last of its batch
_BATCHES_PER_WORKER: Final = 8  # in a round; fewer leave workers idle between rounds


class BatchTagger(Protocol):
    """What is asked of a tagger."""

    def tag_documents(self, documents: Sequence[Document]) -> list[TaggedArticle]:
        """Return each document tagged."""

    @property
    def origin(self) -> Origin | None:
        """Where it was opened."""


# Streams --------------------------------------------------------------------------------------------------


def map_stream(
    tagger: BatchTagger,
    texts: Iterable[str | Document],
    function: Callable[[TaggedArticle], Result],
    n_jobs: int | None = None,
) -> Generator[Result, None, None]:
    """Yield a function's value of each tagged article, computed where the article was tagged.

    Parameters
    ----------
    tagger : Tagger
    texts : iterable of str or Document
        Some are read ahead, few at first and more as they keep coming quickly: up to 256 in this process, up to two
        rounds of eight such batches a worker with workers. A text may wait for the one after it.
    function : callable
        Takes a `TaggedArticle`; it and its values must be picklable if there are workers.
    n_jobs : int or None, default None
        How many workers, as joblib counts them; None is 1 unless a ``joblib.parallel_config`` says otherwise. Workers
        open a saved model from its folder, so they must see the same one.

    Yields
    ------
    object

    Raises
    ------
    InputError
        If ``texts`` is a lone str, or one of them is neither str nor Document; results before it come first, as they
        do before any error of the iterable or the function.

    Examples
    --------
    >>> from cyberthemes import load_tagger
    >>> texts = (f"A data security law, part {number}." for number in range(1_000_000))
    >>> next(map_stream(load_tagger(), texts, lambda article: article.themes[0].theme))
    'data-security'
    """
    feed, workers = _Feed(texts), _workers(n_jobs)
    return _alone(tagger, feed, function) if workers is None else _in_rounds(workers, tagger, feed, function)


def _alone(
    tagger: BatchTagger, feed: _Feed, function: Callable[[TaggedArticle], Result]
) -> Generator[Result, None, None]:
    for documents in feed.batches():
        yield from map(function, tagger.tag_documents(documents))
    feed.raise_what_ended_it()


def _in_rounds(
    parallel: Any, tagger: BatchTagger, feed: _Feed, function: Callable[[TaggedArticle], Result]
) -> Generator[Result, None, None]:
    """Yield results, a round of batches at a time; the next round is read while workers are busy with one.

    A generator of joblib alone would keep on reading while its results are not taken.
    """
    from joblib import delayed

    work, model = delayed(_tag_and_apply), _Sent.of(tagger)
    batches, size = feed.batches(), _BATCHES_PER_WORKER * parallel.n_jobs
    with parallel:
        this_round = list(islice(batches, size))
        while this_round:
            with _unheeded_interrupts() if parallel.return_generator else nullcontext():  # a list takes the whole round
                outcomes = iter(parallel(work(model, documents, function) for documents in this_round))
            try:
                this_round = list(islice(batches, size))
                for results, error in outcomes:
                    yield from results
                    if error:
                        raise error
            finally:
                _finish(outcomes)
    feed.raise_what_ended_it()


def _tag_and_apply(
    model: _Sent, documents: Sequence[Document], function: Callable[[TaggedArticle], Result]
) -> tuple[list[Result], Exception | None]:
    """Return the function's values up to an error, and the error: joblib would drop the values of the whole round."""
    results: list[Result] = []
    try:
        for article in model.tagger().tag_documents(documents):
            results.append(function(article))  # noqa: PERF401 (those before an error are wanted)
    except Exception as error:  # noqa: BLE001 (raised by the caller, after the results before it)
        return results, error
    return results, None


@contextmanager
def _unheeded_interrupts() -> Iterator[None]:
    """Let workers that start meanwhile ignore Ctrl-C, which a terminal sends to all: it is for this process to heed."""
    before = signal.getsignal(signal.SIGINT)
    if before is None or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _finish(outcomes: Iterator[Any]) -> None:
    """Wait for work that is begun and no longer wanted: to drop it, joblib would kill its workers and warn of it."""
    with suppress(Exception, KeyboardInterrupt):
        for _ in outcomes:
            continue


def _workers(n_jobs: int | None) -> Any:
    """Return a `joblib.Parallel` under the configuration in force, its ``n_jobs`` counted, or None if none is needed.

    Joblib is imported only if asked for: whoever has set a configuration of it has imported it.
    """
    if n_jobs == 1 or (n_jobs is None and "joblib" not in sys.modules):
        return None
    import joblib
    from joblib.parallel import get_active_backend

    if n_jobs == 0:
        raise InputError("n_jobs is 0; expected 1 or more, -1 for all processors, or None")
    n_workers = joblib.effective_n_jobs(n_jobs)
    if n_workers == 1:
        return None
    backend, _ = get_active_backend(prefer="processes")
    return joblib.Parallel(
        n_jobs=n_workers,
        prefer="processes",
        return_as="generator" if backend.supports_return_generator else "list",
        pre_dispatch="all",
        batch_size=1,
    )


# Batches --------------------------------------------------------------------------------------------------


class _Feed:
    """Texts as batches of documents; an error that ends them is kept, to be raised after the results before it."""

    def __init__(self, texts: Iterable[str | Document]) -> None:
        if isinstance(texts, str) or not isinstance(texts, Iterable):
            raise InputError(
                f"found one {type(texts).__name__}; expected a list or other iterable of texts: put it in a list"
            )
        self._texts = iter(texts)
        self._error: Exception | None = None

    def batches(self) -> Iterator[list[Document]]:
        """Yield batches, first of one document, then of more while they come quickly."""
        documents = self._documents()
        most = 1
        while batch := _gathered(documents, most):
            yield batch
            most = min(2 * most, _MOST_DOCUMENTS)

    def raise_what_ended_it(self) -> None:
        """Raise the error that ended the texts, if one did."""
        if self._error:
            raise self._error

    def _documents(self) -> Iterator[Document]:
        try:
            for position, text in enumerate(self._texts):
                yield _as_document(text, position)
        except Exception as error:  # noqa: BLE001 (raised once the results before it are out)
            self._error = error


def _as_document(text: str | Document, position: int) -> Document:
    if isinstance(text, Document):
        return text
    if isinstance(text, str):
        return Document(text)
    raise InputError(f"text {position}: found {type(text).__name__}; expected a str or a Document")


def _gathered(documents: Iterator[Document], most: int) -> list[Document]:
    """Return the next documents: as many as make a batch, or as come soon."""
    batch: list[Document] = []
    characters, begun = 0, time.monotonic()
    for document in documents:
        batch.append(document)
        characters += len(document.text)
        if len(batch) >= most or characters >= _MOST_CHARACTERS or time.monotonic() - begun > _PATIENCE:
            break
    return batch


# A tagger on its way to workers ---------------------------------------------------------------------------


@dataclass(frozen=True, eq=False, slots=True)
class Origin:
    """Where a model was opened, and its parts as they were then.

    Attributes
    ----------
    open : callable
        Opens a folder, such as `cyberthemes.load_tagger`.
    folder : Path
        The folder; absolute.
    parts : mapping of str to object
        The model's fields, its hash among them; see `parts_of`.
    """

    open: Callable[[Path], Any]
    folder: Path
    parts: Mapping[str, Any]


def parts_of(tagger: Any) -> dict[str, Any]:
    """Return the fields of a tagger, but for its origin."""
    return {field.name: getattr(tagger, field.name) for field in fields(tagger) if field.name != "origin"}


_Folder = tuple[Callable[[Path], Any], Path, str]  # what opens it, where it is, and the hash it had


class _Sent:
    """A tagger that workers get: by the path of its folder, with only what was changed since it was opened.

    A tagger that was not opened from a folder is sent as it is, with each batch; each worker makes it once.
    """

    def __init__(self, folder: _Folder | None, changed: bytes, tagger: Any = None) -> None:
        self._content = folder, changed
        self._tagger = tagger

    @classmethod
    def of(cls, tagger: Any) -> _Sent:
        """Return a tagger, ready to be sent."""
        before = tagger.origin.parts if tagger.origin else {}
        folder = (tagger.origin.open, tagger.origin.folder, before["hash"]) if tagger.origin else None
        changed = {name: part for name, part in parts_of(tagger).items() if not _is_same(part, before.get(name, cls))}
        return cls(folder, pickle.dumps((type(tagger), changed)), tagger)

    def __reduce__(self) -> tuple[Any, ...]:
        return _Sent, self._content

    def tagger(self) -> Any:
        """Return the tagger; in a worker, opened unless it is one of the last two that were."""
        return self._tagger or _opened(*self._content)


@lru_cache(maxsize=2)
def _opened(folder: _Folder | None, changed: bytes) -> Any:
    kind, parts = pickle.loads(changed)  # noqa: S301 (comes from our own process, as the task itself)
    if folder is None:
        return kind(**parts)
    open_folder, path, expected = folder
    tagger = open_folder(path)
    if tagger.hash != expected:
        raise ModelError(f"{path}: holds another model than when it was opened; run again")
    return replace(tagger, **parts)


def _is_same(part: Any, before: Any) -> bool:
    """Return whether a part is the very same object, or a view of the very same memory."""
    if isinstance(part, np.ndarray) and isinstance(before, np.ndarray):
        return bool(part.__array_interface__ == before.__array_interface__)
    return part is before
