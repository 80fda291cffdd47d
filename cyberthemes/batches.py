"""Many texts: tagged in batches, lazily and in order, by this process or by the workers of joblib.

Memory is bounded whatever the length of the stream: no more is read ahead than two rounds of a few batches for each
worker, and nothing is kept. Which workers there are is joblib's to say: those of ``n_jobs``, or of the backend that
``joblib.parallel_config`` names, such as a Dask cluster. No bit of a result depends on any of this.
"""

from __future__ import annotations

import hashlib
import pickle
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, fields, replace
from itertools import islice, repeat
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from cyberthemes.documents import Document
from cyberthemes.errors import InputError, ModelError
from cyberthemes.results import Evidence, Tag, TaggedArticle, TaggedParagraph, tagged_article

__all__ = ["Origin", "map_stream", "parts_of", "tag_stream"]

Result = TypeVar("Result")

_MOST_DOCUMENTS: Final = 256  # in a batch
_MOST_CHARACTERS: Final = 200_000  # in a batch, unless one document has more
_PATIENCE: Final = 0.1  # seconds that a text waits for others to share its batch
_BATCHES_PER_WORKER: Final = 2  # in a round; as many as loky sends out at once, so that none is pending if interrupted


class StreamTagger(Protocol):
    """What is asked of a tagger, a frozen dataclass that may have an `Origin`."""

    def tag(self, text: str | Document) -> TaggedArticle:
        """Return a text as a tagged article."""


# Streams --------------------------------------------------------------------------------------------------


def tag_stream(
    tagger: StreamTagger, texts: Iterable[str | Document], n_jobs: int | None = None
) -> Generator[TaggedArticle, None, None]:
    """Yield each text as a tagged article, in order and without end if the texts have none.

    Parameters
    ----------
    tagger : Tagger
    texts : iterable of str or Document
        Some are read ahead, few at first and more as they keep coming quickly: up to 256 in this process, up to two
        rounds of two such batches a worker with workers.
    n_jobs : int or None, default None
        How many workers, as joblib counts them; None is 1 unless a ``joblib.parallel_config`` says otherwise. Workers
        open a saved model from its folder, so they must see the same one.

    Yields
    ------
    TaggedArticle

    Raises
    ------
    InputError
        If ``texts`` is a lone str, or one of them is neither str nor Document; results before it come first, as they
        do before any error of the iterable or a worker.

    Examples
    --------
    >>> from cyberthemes import load_tagger
    >>> articles = tag_stream(load_tagger(), (f"A data security law, part {n}." for n in range(1000)))
    >>> next(articles).themes[0].theme
    'data-security'
    """
    feed, workers = _Feed(texts), _workers(n_jobs)
    if workers is None:
        return _alone(tagger, feed, _itself)
    return _unpacked(_in_rounds(workers, _ModelHandle.of(tagger), feed, _packed))


def map_stream(
    tagger: StreamTagger,
    texts: Iterable[str | Document],
    function: Callable[[TaggedArticle], Result],
    n_jobs: int | None = None,
) -> Generator[Result, None, None]:
    """Yield a function's value of each tagged article, computed where the article was tagged.

    Parameters
    ----------
    tagger : Tagger
    texts : iterable of str or Document
        As for `tag_stream`.
    function : callable
        Takes a `TaggedArticle`; it and its values must be picklable if there are workers.
    n_jobs : int or None, default None
        As for `tag_stream`.

    Yields
    ------
    object

    Examples
    --------
    >>> from cyberthemes import load_tagger
    >>> list(map_stream(load_tagger(), ["", "A data security law"], lambda article: len(article.paragraphs)))
    [0, 1]
    """
    feed, workers = _Feed(texts), _workers(n_jobs)
    if workers is None:
        return _alone(tagger, feed, function)
    found = _in_rounds(workers, _ModelHandle.of(tagger), feed, function)
    return (value for _, values in found for value in values)


def _alone(
    tagger: StreamTagger, feed: _Feed, function: Callable[[TaggedArticle], Result]
) -> Generator[Result, None, None]:
    for documents in feed.batches():
        results, error = _attempt(tagger, documents, function)
        yield from results
        if error:
            raise error
    feed.raise_what_ended_it()


def _in_rounds(
    parallel: Any, model: _ModelHandle, feed: _Feed, function: Callable[[TaggedArticle], Result]
) -> Generator[tuple[list[Document], list[Result]], None, None]:
    """Yield batches of documents with their results, a round of batches at a time.

    The texts of a round are read, in this thread, while workers are busy with those of the round before. A joblib
    generator alone would keep on reading while its results are not taken.
    """
    from joblib import delayed

    work = delayed(_attempt_at)
    batches, size = feed.batches(), _BATCHES_PER_WORKER * parallel.n_jobs
    with parallel:
        batches_now = _round(batches, size)
        while batches_now:
            with _unheeded_interrupts() if parallel.return_generator else nullcontext():  # a list takes the whole round
                outcomes = iter(parallel(work(model, documents, function) for documents in batches_now))
            try:
                batches_next = _round(batches, size)
                for documents, (results, error) in zip(batches_now, outcomes, strict=True):
                    yield documents, results
                    if error:
                        raise error
            finally:
                _finish(outcomes)
            batches_now = batches_next
    feed.raise_what_ended_it()


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
        if isinstance(texts, str):
            raise InputError("found one str; expected a list or other iterable of texts: put it in a list")
        self._texts = iter(texts)
        self._error: Exception | None = None

    def batches(self) -> Iterator[list[Document]]:
        """Yield batches, first of one document, then of more while they come quickly, for none waits long."""
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


def _round(batches: Iterator[list[Document]], most: int) -> list[list[Document]]:
    """Return the next batches: as many as make a round, or as come soon."""
    found: list[list[Document]] = []
    begun = time.monotonic()
    for batch in islice(batches, most):
        found.append(batch)
        if time.monotonic() - begun > most * _PATIENCE:
            break
    return found


def _attempt(
    tagger: StreamTagger, documents: Sequence[Document], function: Callable[[TaggedArticle], Result]
) -> tuple[list[Result], Exception | None]:
    """Return the function's values of the tagged documents, up to the first that fails, and its error."""
    try:
        return [function(tagger.tag(document)) for document in documents], None
    except Exception as error:  # noqa: BLE001 (handed to the caller with what was done before it)
        if len(documents) == 1:
            return [], error
    results: list[Result] = []
    for document in documents:
        values, failed = _attempt(tagger, [document], function)
        results += values
        if failed:
            return results, failed
    return results, None


# Workers --------------------------------------------------------------------------------------------------


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


class _ModelHandle:
    """A tagger on its way to the workers: by the path of its folder, with only what was changed since it was opened.

    A tagger that was not opened from a folder is sent as it is. Each worker opens it once. The content is an array,
    since joblib maps large arrays into its workers instead of copying them.
    """

    def __init__(
        self, key: str, folder: _Folder | None, content: npt.NDArray[np.uint8], tagger: StreamTagger | None = None
    ) -> None:
        self._sent = key, folder, content
        self._tagger = tagger

    @classmethod
    def of(cls, tagger: StreamTagger) -> _ModelHandle:
        """Return the handle of a tagger."""
        origin: Origin | None = getattr(tagger, "origin", None)
        before = origin.parts if origin else {}
        folder = (origin.open, origin.folder, before["hash"]) if origin else None
        changed = {name: part for name, part in parts_of(tagger).items() if not _is_same(part, before.get(name, cls))}
        content = pickle.dumps((type(tagger), changed), protocol=5)
        key = hashlib.sha256(pickle.dumps(folder) + content).hexdigest()
        return cls(key, folder, np.frombuffer(content, np.uint8), tagger)

    def __reduce__(self) -> tuple[Any, ...]:
        return _ModelHandle, self._sent

    def __sizeof__(self) -> int:
        """Return the size of what is sent: Dask sends large things to a worker once, not with each task."""
        return self._sent[-1].nbytes

    def tagger(self) -> StreamTagger:
        """Return the tagger; in a worker, opened unless it is one of the last that were."""
        if self._tagger is None:
            key, folder, content = self._sent
            self._tagger = _taggers.pop(key, None) or _opened(folder, content)
            _taggers[key] = self._tagger
            for oldest in list(_taggers)[:-_MOST_OPEN]:
                _taggers.pop(oldest, None)
        return self._tagger


_MOST_OPEN: Final = 2
_taggers: dict[str, StreamTagger] = {}  # of this worker, the latest last


def _opened(folder: _Folder | None, content: npt.NDArray[np.uint8]) -> StreamTagger:
    kind, changed = pickle.loads(content.tobytes())  # noqa: S301 (comes from our own process, as the task itself)
    if folder is None:
        sent: StreamTagger = kind(**changed)
        return sent
    open_folder, path, expected = folder
    tagger: Any = open_folder(path)
    if tagger.hash != expected:
        raise ModelError(f"{path}: holds another model than when it was opened; run again")
    opened: StreamTagger = replace(tagger, **changed)
    return opened


def _is_same(part: Any, before: Any) -> bool:
    """Return whether a part is the very same object, or a view of the very same memory."""
    if isinstance(part, np.ndarray) and isinstance(before, np.ndarray):
        return bool(part.__array_interface__ == before.__array_interface__)
    return part is before


def _attempt_at(
    model: _ModelHandle, documents: Sequence[Document], function: Callable[[TaggedArticle], Result]
) -> tuple[list[Result], Exception | None]:
    """Do as `_attempt` in a worker, whose traceback would not reach the caller but for a note."""
    results: list[Result] = []
    try:
        results, error = _attempt(model.tagger(), documents, function)
    except ModelError as failure:
        error = failure
    if error:
        error.add_note("In a worker:\n" + "".join(traceback.format_exception(error)))
    return results, error


# Articles between processes -------------------------------------------------------------------------------
# Plain tuples, and no text that the caller has: several times as fast as pickled records.

_Packed = list[tuple[Any, ...]]


def _itself(article: TaggedArticle) -> TaggedArticle:
    return article


def _packed(article: TaggedArticle) -> _Packed:
    return [
        (
            paragraph.start,
            paragraph.end,
            paragraph.kind,
            paragraph.attribution,
            [
                (
                    *(tag.theme, tag.name, tag.probability, tag.threshold, tag.score, tag.bias),
                    [(piece.start, piece.end, piece.contribution) for piece in tag.evidence],
                )
                for tag in paragraph.tags
            ],
            paragraph.reason,
        )
        for paragraph in article.paragraphs
    ]


def _unpacked(found: Iterable[tuple[list[Document], list[_Packed]]]) -> Generator[TaggedArticle, None, None]:
    for documents, articles in found:
        for document, paragraphs in zip(documents, articles, strict=False):
            yield tagged_article(document, tuple(map(_paragraph, repeat(document.text), paragraphs)))


def _paragraph(text: str, packed: tuple[Any, ...]) -> TaggedParagraph:
    start, end, kind, attribution, tags, reason = packed
    return TaggedParagraph(text[start:end], start, end, kind, attribution, tuple(map(_tag, repeat(text), tags)), reason)


def _tag(text: str, packed: tuple[Any, ...]) -> Tag:
    theme, name, probability, threshold, score, bias, evidence = packed
    pieces = tuple(Evidence(text[start:end], start, end, contribution) for start, end, contribution in evidence)
    return Tag(theme, name, probability, threshold, score, bias, pieces)
