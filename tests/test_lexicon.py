"""Words found in bulk are those that the rule finds, whatever the text, in any company and from any thread."""

from __future__ import annotations

import os
import pickle
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from threading import Event
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cyberthemes import lexicon
from cyberthemes.lexicon import ATOMS, SPLIT, TOKENS, WordRule, WordValues
from cyberthemes.numbering import GrowingArray, NumberTable

RULES = (TOKENS, ATOMS, SPLIT)
PARTS = [
    *(
        "data",
        "Data",
        "5G",
        "U.S.",
        "U.S.'s",
        "e-commerce",
        "B&R",
        "don’t",
        "China's",
        "s",
        "S",
        "'s",
        "14.13",
        "22,000",
    ),
    *("informations", "international", "internationalis", "internationaliser", "internationalisers", "a_b", "3.5G"),
    *("naïve", "数据", "İ", "ß", "🙂", "\u0301", "‐", "‑", "’", "“", "—", "…", "\u3000", "\ud800", "\x00", "\x1c"),
    *(".", ",", "-", "&", "'", " ", "  ", "\n", "\r\n", "\t"),
]
texts = st.one_of(st.text(max_size=30), st.lists(st.sampled_from(PARTS), max_size=20).map("".join))


def words_found(rule: WordRule, batch: list[str]) -> list[list[tuple[str, int, int]]]:
    scanned = rule.scan(batch)
    rows = zip(scanned.words.tolist(), scanned.starts.tolist(), scanned.ends.tolist(), strict=True)
    found = [(scanned.distinct.words[number], start, end) for number, start, end in rows]
    bounds, text_starts = scanned.first.tolist(), scanned.text_starts.tolist()
    return [
        [(word, start - text_starts[i], end - text_starts[i]) for word, start, end in found[bounds[i] : bounds[i + 1]]]
        for i in range(len(batch))
    ]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
@given(st.lists(texts, max_size=5))
@example(["x..'s", ".'s", "a 's", "s", "S.", "U.S.", "U.S.A.", "1.5.", "a--b", "-a-", "internationaliser’s"])
@example(["word", "", "word", ""])
def test_finds_what_the_rule_finds(rule: WordRule, batch: list[str]) -> None:
    assert words_found(rule, batch) == [list(rule.words_of(text)) for text in batch]


@given(st.lists(texts, max_size=5))
def test_another_rule_reads_the_same_texts(batch: list[str]) -> None:
    for first in RULES:
        for second in RULES:
            scanned = first.scan(batch).under(second)
            direct = second.scan(batch)
            assert np.array_equal(scanned.starts, direct.starts)
            words = [[found.distinct.words[number] for number in found.words] for found in (scanned, direct)]
            assert words[0] == words[1]


def test_says_which_text_a_word_stands_in() -> None:
    scanned = TOKENS.scan(["two words", "", "and three more", ""])
    assert scanned.text_numbers().tolist() == [0, 0, 2, 2, 2]
    assert scanned.text_of(np.arange(5)).tolist() == [0, 0, 2, 2, 2]
    assert len(scanned) == 4


def clashing_words() -> tuple[str, str]:
    """Return two words of sixteen letters that the table of plain words gives one key."""
    mixer, rng = int(lexicon._MIXER), np.random.default_rng(0)
    first = b"mmmmmmmm"
    while True:
        tails = [bytes(rng.integers(97, 123, 8, dtype=np.uint8)) for _ in range(2)]
        one, other = (int.from_bytes(tail, "little") * mixer for tail in tails)
        second = (int.from_bytes(first, "little") + one - other) % 2**64
        letters = second.to_bytes(8, "little")
        if letters.isalnum() and letters.isascii():
            return (first + tails[0]).decode(), (letters + tails[1]).decode()


def test_two_words_with_one_key_stay_two_words() -> None:
    one, other = clashing_words()
    assert one != other
    for batch in ([one, other], [other, one], [f"{one} {other} {one}"]):
        assert words_found(TOKENS, batch) == [list(TOKENS.words_of(text)) for text in batch]


def test_begins_anew_when_it_knows_too_many_words(monkeypatch: pytest.MonkeyPatch) -> None:
    lengths = WordValues(len)
    monkeypatch.setattr(lexicon, "_MOST_CHARACTERS", 100)
    known = set()
    for number in range(60):
        scanned = TOKENS.scan([f"word{number} is-new and word{number + 1} too"])
        words = [scanned.distinct.words[word] for word in scanned.words]
        assert words == [f"word{number}", "is-new", "and", f"word{number + 1}", "too"]
        assert lengths.of(scanned.words, scanned.distinct).tolist() == [len(word) for word in words]
        known.add(scanned.distinct.serial)
        assert len(scanned.distinct.words) < 60
    assert len(known) > 2


def test_a_value_is_worked_out_once_and_only_for_words_asked_for() -> None:
    asked: list[str] = []

    def length(word: str) -> int:
        asked.append(word)
        return len(word)

    values = WordValues(length)
    scanned = TOKENS.scan(["once upon a time once upon"])
    assert values.of(scanned.words[:3], scanned.distinct).tolist() == [4, 4, 1]
    assert sorted(asked) == ["a", "once", "upon"]
    assert values.of(scanned.words, scanned.distinct).tolist() == [4, 4, 1, 4, 4, 4]
    assert sorted(asked) == ["a", "once", "time", "upon"]


def test_values_may_be_several_numbers() -> None:
    values = WordValues(lambda word: (len(word), -1), 2)
    scanned = TOKENS.scan(["two words"])
    assert values.of(scanned.words, scanned.distinct).tolist() == [[3, -1], [5, -1]]
    assert values.of(scanned.words[:0], scanned.distinct).shape == (0, 2)


def test_many_threads_find_what_one_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lexicon, "_MOST_CHARACTERS", 2_000)  # so that it begins anew under their feet
    batches = [[f"thread{number} meets-new word{number * 7 % 50} naïve{number}"] * 3 for number in range(300)]
    expected = [[list(ATOMS.words_of(text)) for text in batch] for batch in batches]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda batch: words_found(ATOMS, batch), batches)) == expected


class Interruption(BaseException):
    pass


def test_an_interrupted_scan_leaves_nothing_half_done(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = ["naïve e-commerce of the U.S.'s states", "words-that are-new"]
    expected = [list(ATOMS.words_of(text)) for text in batch]
    for method in ("extend", "_allocate", "number"):
        owner = {"extend": GrowingArray, "_allocate": NumberTable, "number": lexicon.DistinctWords}[method]
        original, calls = getattr(owner, method), count()
        for stop in range(12):

            def interrupted(*arguments: Any, stop: int = stop, original: Any = original, calls: Any = calls) -> Any:
                done = original(*arguments)
                if next(calls) == stop:
                    raise Interruption
                return done

            with monkeypatch.context() as patch, suppress(Interruption):
                patch.setattr(owner, method, interrupted)
                words_found(ATOMS, [f"{method}{stop}-é and-{method}{stop}", *batch])
            assert words_found(ATOMS, batch) == expected


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_child_forked_while_threads_scan_can_scan_too() -> None:
    at_work, is_over = Event(), Event()

    def scan() -> None:
        for number in count():
            ATOMS.scan([f"word{number}-is new{number} é{number}"] * 50)
            at_work.set()
            if is_over.is_set():
                return

    with ThreadPoolExecutor(2) as pool:
        threads = [pool.submit(scan) for _ in range(2)]
        at_work.wait()
        for _ in range(5):
            child = os.fork()
            if not child:
                os._exit(0 if words_found(ATOMS, ["a-new word"]) == [list(ATOMS.words_of("a-new word"))] else 1)
            deadline = time.monotonic() + 20
            while (ended := os.waitpid(child, os.WNOHANG)) == (0, 0) and time.monotonic() < deadline:
                time.sleep(0.01)
            if ended == (0, 0):
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
            assert ended == (child, 0)
        is_over.set()
        assert [thread.result() for thread in threads] == [None, None]


def test_values_of_two_rules_are_not_mixed() -> None:
    lengths = WordValues(len)
    for rule, text, expected in ((ATOMS, "a bb ccc", [1, 2, 3]), (SPLIT, "dddd eeeee f", [4, 5, 1])):
        scanned = rule.scan([text])
        assert lengths.of(scanned.words, scanned.distinct).tolist() == expected


def test_another_process_gets_its_own() -> None:
    assert all(pickle.loads(pickle.dumps(rule)) is rule for rule in RULES)  # noqa: S301 (our own)
    values = pickle.loads(pickle.dumps(WordValues(len)))  # noqa: S301 (our own)
    scanned = TOKENS.scan(["two words"])
    assert values.of(scanned.words, scanned.distinct).tolist() == [3, 5]
