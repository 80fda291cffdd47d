"""One tagger in many threads and processes: the same bits as alone, and nobody waits for ever."""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from cyberthemes import Tagger, TopicModel, lexicon, load_tagger, read

SEEDS = Path(__file__).parent.parent / "seeds"
PARAGRAPHS = [document.text_of(paragraph) for document in read(SEEDS) for paragraph in document.paragraphs()]
TEXTS = [f"{paragraph} №{number}x" for number, paragraph in enumerate(PARAGRAPHS)]
PATIENCE = 60  # seconds, after which a process is taken to hang


def said(tagger: Tagger, number: int) -> str:
    """Return all that is said of a text, to the last bit."""
    text = TEXTS[number % len(TEXTS)]
    return json.dumps([tagger.tag(text).to_dict(), tagger.predict_proba([text]).tolist()])


@pytest.fixture(scope="module")
def alone(tagger: Tagger) -> list[str]:
    return [said(tagger, number) for number in range(len(TEXTS))]


def test_threads_whose_lexicon_begins_anew_again_and_again_give_the_same_bits(
    tagger: Tagger, alone: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lexicon, "_MOST_CHARACTERS", 2_000)  # some paragraphs fill it
    before = next(lexicon._serials)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda number: said(tagger, number), range(3 * len(TEXTS)))) == 3 * alone
    assert next(lexicon._serials) - before > 8


def test_threads_that_tag_learn_and_find_topics_do_not_disturb_one_another(tagger: Tagger, alone: list[str]) -> None:
    topics = TopicModel(n_topics=3).fit(TEXTS)
    expected = topics.transform(TEXTS).tobytes()

    def find_topics(_: int) -> bytes:
        return TopicModel(n_topics=3).fit(TEXTS).transform(TEXTS).tobytes()

    with ThreadPoolExecutor(8) as pool:
        found = pool.map(find_topics, range(3))
        tagged = pool.map(lambda number: said(tagger, number), range(len(TEXTS)))
        probabilities = pool.map(lambda _: topics.transform(TEXTS).tobytes(), range(4))
        assert list(tagged) == alone
        assert set(found) | set(probabilities) == {expected}


@contextmanager
def others_tagging(tagger: Tagger) -> Iterator[None]:
    """Let three threads tag all the while."""
    stop = threading.Event()

    def tag_on() -> None:
        number = 0
        while not stop.is_set():
            said(tagger, number := number + 1)

    threads = [threading.Thread(target=tag_on) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_child_forked_while_threads_tag_can_tag(tagger: Tagger, alone: list[str]) -> None:
    with others_tagging(tagger):
        for _ in range(10):
            if not (child := os.fork()):
                os._exit(0 if [said(tagger, number) for number in range(3)] == alone[:3] else 1)
            watch = threading.Timer(PATIENCE, os.kill, (child, 9))
            watch.start()
            _, status = os.waitpid(child, 0)
            watch.cancel()
            assert os.waitstatus_to_exitcode(status) == 0


def say_first(number: int) -> str:
    return said(load_tagger(), number)


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_pool_begun_in_any_way_gives_the_same_bits(method: str, alone: list[str], tagger: Tagger) -> None:
    said(tagger, 0)  # so that a forked child begins with what this process has
    with multiprocessing.get_context(method).Pool(2) as pool:
        assert pool.map_async(say_first, range(4)).get(PATIENCE) == alone[:4]


INTERRUPTED = """
import _thread, sys, threading
from cyberthemes import load_tagger
tagger = load_tagger()
text = "A data law for 5G base stations and cyberspace governance."
expected = tagger.tag(text)
for number in range(60):
    try:
        threading.Timer(0.001 + 0.0003 * number, _thread.interrupt_main).start()
        while True:
            tagger.tag_documents([]), tagger.tag(f"{text} Word{number} rule-{number} x{number}’s.")
    except KeyboardInterrupt:
        pass
    assert tagger.tag(text) == expected
print("whole")
"""


def test_an_interrupt_at_any_moment_leaves_a_tagger_that_tags_as_before() -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, check=False, timeout=2 * PATIENCE
    )
    assert (done.returncode, done.stdout.strip()) == (0, "whole"), done.stderr[-2000:]
