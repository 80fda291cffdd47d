"""Texts to numbered words in bulk: `WordRule.scan` says which word stands where in many texts at once, in NumPy.

What a word is, a rule of `cyberthemes.tokens` decides, in Python. But nine words in ten are plain: a run of ASCII
letters and digits, and nothing that the rule treats in any other way. Runs are found by comparing neighbouring bytes,
and a run's word by looking up its bytes, eight at a time. All else is cut out with what is around it, as a piece, and
goes to the rule itself; so does each distinct word and piece when it is first met. What else there is to know of a word
is worked out once, when it is first met, too (`WordValues`). So the answer is the rule's, whatever the text.
"""

from __future__ import annotations

import os
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import count
from threading import RLock
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from cyberthemes.numbering import GrowingArray, Keys, NumberTable, ranges, unique_of
from cyberthemes.tokens import atoms, between_blanks, words

__all__ = ["ATOMS", "SPLIT", "TOKENS", "ScannedTexts", "WordRule", "WordValues"]

Integers = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.int32]
Bytes = npt.NDArray[np.uint8]
_NOT_YET: Final = -(2**31)
_serials: Final = count()

# One lock for all, held while the process forks, so that no child begins with a lock that nobody will release.
_LOCK: Final = RLock()


def _renew_locks() -> None:
    """Give what is cached new locks, in a child that was forked while another thread held one for ever."""
    modules = [vars(module) for name, module in sys.modules.items() if name.startswith("cyberthemes.")]
    for kind in {value for names in modules for value in names.values() if isinstance(value, type)}:
        for value in vars(kind).values():
            if isinstance(value, cached_property):
                value.lock = RLock()  # type: ignore[attr-defined]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_LOCK.acquire, after_in_parent=_LOCK.release, after_in_child=_LOCK.release)
    if sys.version_info < (3, 12):  # later ones have no such lock
        os.register_at_fork(after_in_child=_renew_locks)
_MOST_CHARACTERS: Final = 1 << 21  # of distinct words and pieces; with more, some 55 MB, the lexicon begins anew


# What scanning gives ----------------------------------------------------------------------------------------


class DistinctWords:
    """The words met so far, each with its number, and the words of each piece."""

    def __init__(self) -> None:
        self.serial = next(_serials)
        self.words: list[str] = []
        self.numbers: dict[str, int] = {}
        self.plain, self.tails = NumberTable(), GrowingArray(np.uint64)
        self.pieces: list[str] = []
        self.piece_numbers: dict[str, int] = {}
        self.words_of_pieces: defaultdict[str, PieceTable] = defaultdict(PieceTable)  # by the name of the rule
        self.n_characters = 0

    def number(self, word: str) -> int:
        """Return the number of a word, which is the next one if it is new."""
        number = self.numbers.setdefault(word, len(self.words))
        if number == len(self.words):
            self.words.append(word)
            self.n_characters += len(word)
        return number

    def numbers_at(self, joined: str, starts: Integers, ends: Integers) -> Numbers:
        """Return the numbers of the words at some places."""
        places = zip(starts.tolist(), ends.tolist(), strict=True)
        return np.array([self.number(joined[start:end]) for start, end in places], dtype=np.int32)

    def keep_tails(self, numbers: Numbers, tails: Keys, lengths: Integers) -> None:
        """Note the ninth to sixteenth byte of some plain words, and nothing for all others."""
        self.tails.extend(np.zeros(len(self.words) - len(self.tails), dtype=np.uint64))
        self.tails.room[numbers] = tails & _EIGHT_BYTES.take(np.maximum(lengths - 8, 0))

    def numbers_of_pieces(self, pieces: Sequence[str]) -> Integers:
        """Return the numbers of some pieces."""
        numbers = list(map(self.piece_numbers.get, pieces))
        if None in numbers:
            for piece in {piece: None for piece in pieces if piece not in self.piece_numbers}:
                self.piece_numbers[piece] = len(self.pieces)
                self.pieces.append(piece)
                self.n_characters += len(piece)
            numbers = list(map(self.piece_numbers.get, pieces))
        return np.array(numbers, dtype=np.int64)

    def words_in(self, pieces: Integers, rule: WordRule) -> tuple[Integers, Integers]:
        """Return which of some pieces each word stands in, and its number, start and end in a row."""
        table = self.words_of_pieces[rule.name]
        table.bounds.extend(np.full((len(self.pieces) - len(table.bounds), 2), _NOT_YET))
        bounds = table.bounds.room.take(pieces, axis=0)
        if bounds.min(initial=0) == _NOT_YET:
            for piece in set(pieces[bounds[:, 0] == _NOT_YET].tolist()):
                rows = [(self.number(word), start, end) for word, start, end in rule.words_of(self.pieces[piece])]
                table.bounds.room[piece] = len(table.rows), len(rows)
                table.rows.extend(rows)
            bounds = table.bounds.room.take(pieces, axis=0)
        which, rows_there = ranges(*bounds.T)
        return which, table.rows.room.take(rows_there, axis=0)


class PieceTable:
    """The words of pieces: ``rows`` holds a word's number and its place in its piece, ``bounds`` each piece's rows."""

    def __init__(self) -> None:
        self.bounds, self.rows = GrowingArray(np.int64, 2), GrowingArray(np.int64, 3)


@dataclass(frozen=True, slots=True, eq=False)
class ScannedTexts:
    """The words of some texts, in order, as arrays with one entry a word.

    Attributes
    ----------
    outline : Outline
        The texts as one.
    words : ndarray of int32, shape (n_words,)
        The number of each word.
    starts, ends : ndarray of int64, shape (n_words,)
        Where each stands in ``outline.joined``.
    first : ndarray of int64, shape (n_texts + 1,)
        The first word of each text, and the number of words: text i has words ``first[i]`` to ``first[i + 1] - 1``.
    rule : WordRule
        What a word is.
    """

    outline: Outline
    words: Numbers
    starts: Integers
    ends: Integers
    first: Integers
    rule: WordRule

    @property
    def distinct(self) -> DistinctWords:
        """What numbered the words."""
        return self.outline.distinct

    @property
    def texts(self) -> Sequence[str]:
        """The texts as given."""
        return self.outline.texts

    @property
    def text_starts(self) -> Integers:
        """Where each text begins in ``outline.joined``, and where one more would; shape (n_texts + 1,)."""
        return self.outline.text_starts

    def __len__(self) -> int:
        return len(self.texts)

    def text_numbers(self) -> Integers:
        """Return the number of the text that each word stands in."""
        return np.repeat(np.arange(len(self)), np.diff(self.first))

    def text_of(self, words: Integers) -> Integers:
        """Return the number of the text that some of the words stand in."""
        return self.first.searchsorted(words, side="right") - 1

    def are_parted_by(self, gap: re.Pattern[str], words: Integers) -> npt.NDArray[np.bool_]:
        """Return whether each word is parted from the one before, in the same text, by a match of a pattern.

        Parameters
        ----------
        gap : Pattern
            Matches a blank.
        words : ndarray of int64, shape (n_words,)
            Places of words, from the second on.

        Returns
        -------
        ndarray of bool, shape (n_words,)
        """
        ends, starts = self.ends.take(words - 1), self.starts.take(words)
        letters = np.frombuffer(self.outline.letters, dtype=np.uint8)
        parted: npt.NDArray[np.bool_] = (starts - ends == 1) & (letters.take(ends) == ord(" "))
        unsure = (~parted).nonzero()[0]
        ends, starts = ends.take(unsure), starts.take(unsure)
        same_text = self.text_starts.searchsorted(ends, "right") == self.text_starts.searchsorted(starts, "right")
        gaps = zip(ends.tolist(), starts.tolist(), same_text.tolist(), strict=True)
        joined = self.outline.joined
        parted[unsure] = [same and gap.fullmatch(joined, end, start) is not None for end, start, same in gaps]
        return parted

    def under(self, rule: WordRule) -> ScannedTexts:
        """Return the same texts as another rule finds their words."""
        return self if rule is self.rule else rule.scan(self.texts, self.outline)


class WordValues:
    """A value for each word, worked out once: when the word is first asked for.

    Parameters
    ----------
    value_of : callable
        Gives the value of a word, a number or as many as ``width``, all above -2**31.
    width : int
        How many numbers a value has; 0 stands for a plain number.
    """

    def __init__(self, value_of: Callable[[str], Any], width: int = 0) -> None:
        self._value_of = value_of
        self._width = width
        self._known = -1, GrowingArray(np.int32, width)  # of the words of which serial

    def of(self, words: Numbers, distinct: DistinctWords) -> Numbers:
        """Return the values of words.

        Parameters
        ----------
        words : ndarray of int32, shape (n_words,)
            Their numbers.
        distinct : DistinctWords
            What numbered them.

        Returns
        -------
        ndarray of int32, shape (n_words,) or (n_words, width)
        """
        with _LOCK:
            if self._known[0] != distinct.serial:
                self._known = distinct.serial, GrowingArray(np.int32, self._width)
            known = self._known[1]
            if len(known) < len(distinct.words):
                n_new = len(distinct.words) - len(known)
                known.extend(np.full((n_new, self._width) if self._width else n_new, _NOT_YET, dtype=np.int32))
            values = known.room.take(words, axis=0)
            first_of_each = values[:, 0] if self._width else values
            if first_of_each.min(initial=0) == _NOT_YET:
                for number in set(words[first_of_each == _NOT_YET].tolist()):
                    known.room[number] = self._value_of(distinct.words[number])
                values = known.room.take(words, axis=0)
            return values

    def __reduce__(self) -> tuple[Any, ...]:
        return WordValues, (self._value_of, self._width)


# Scanning ---------------------------------------------------------------------------------------------------

# Kinds of bytes. A piece is made of all but the first, so no rule looks beyond it.
_OUTSIDE, _WORD, _JOINER, _ODD = range(4)
_ODD_LETTER: Final = 0x80  # stands for every word character that is not ASCII
_ODD_MARK: Final = 0x01  # and this for every other character
_SPELLED: Final = {"’": "'", "‐": "-", "‑": "-"}
_EIGHT_BYTES: Final = np.array([(1 << 8 * n) - 1 for n in range(9)], dtype=np.uint64)
_LONGEST_PLAIN: Final = 16
_LONG: Final = np.uint64(1 << 63)  # no plain word of up to eight bytes has this bit
_MIXER: Final = np.uint64(0xC2B2AE3D27D4EB4F)  # odd, so that it maps no two tails to one


def _kinds(joiners: str, blanks_alone: bool = False) -> bytes:
    """Return the kind of each byte; outside are blanks alone, or all but word characters and joiners."""
    kinds = bytearray(256)
    for code in range(256):
        character = chr(code)
        if code >= _ODD_LETTER:
            kinds[code] = _ODD
        elif character in joiners:
            kinds[code] = _JOINER
        elif character.isalnum() or character == "_":
            kinds[code] = _WORD
        else:
            kinds[code] = _ODD if blanks_alone and not character.isspace() else _OUTSIDE
    return bytes(kinds)


@cache
def _byte_of_each_character() -> Bytes:
    """Return one byte for each character of the basic plane, and one for all beyond it."""
    characters = np.arange(1 << 16, dtype="<u4").tobytes().decode("utf-32-le", "surrogatepass")
    codes = np.full((1 << 16) + 1, _ODD_MARK, dtype=np.uint8)
    for run in re.finditer(r"\w+", characters):
        codes[run.start() : run.end()] = _ODD_LETTER
    codes[:128] = range(128)
    for character, spelled in _SPELLED.items():
        codes[ord(character)] = ord(spelled)
    codes[-1] = _ODD_LETTER  # emoji or letter: the rule will tell
    return codes


def _one_byte_each(text: str) -> bytes:
    """Return one byte for each character, so that places in either are the same."""
    if text.isascii():
        return text.encode()
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    letters = codes.astype(np.uint8)
    others = (codes >= 128).nonzero()[0]
    letters[others] = _byte_of_each_character().take(codes.take(others), mode="clip")
    return letters.tobytes()


@dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """Texts as one, and where the rule must look, which is the same for rules of the same lexicon.

    Attributes
    ----------
    texts : sequence of str
    joined : str
        The texts, a line break after each.
    letters : bytes
        One byte for each character of ``joined``: itself if it is ASCII.
    text_starts : ndarray of int64, shape (n_texts + 1,)
        Where each text begins in ``joined``, and where one more would.
    words : ndarray of int32, shape (n_plain,)
        The number of each plain word.
    starts, ends : ndarray of int64, shape (n_plain,)
        Where plain words stand.
    pieces : ndarray of int64, shape (n_pieces,)
        The number of each piece.
    piece_starts : ndarray of int64, shape (n_pieces,)
        Where pieces stand.
    distinct : DistinctWords
        What numbered the words.
    lexicon : Lexicon
    """

    texts: Sequence[str]
    joined: str
    letters: bytes
    text_starts: Integers
    words: Numbers
    starts: Integers
    ends: Integers
    pieces: Integers
    piece_starts: Integers
    distinct: DistinctWords
    lexicon: Lexicon


class Lexicon:
    """The distinct words of all texts scanned, for rules that agree on the kinds of characters.

    Parameters
    ----------
    kinds : bytes
        The kind of each byte.
    """

    def __init__(self, kinds: bytes) -> None:
        self._kinds = kinds
        self._distinct = DistinctWords()

    @contextmanager
    def growing(self) -> Iterator[DistinctWords]:
        """Lend the distinct words to one thread; if it is interrupted, what it leaves half done is dropped."""
        with _LOCK:
            if self._distinct.n_characters > _MOST_CHARACTERS:
                self._distinct = DistinctWords()
            try:
                yield self._distinct
            except BaseException:  # an interrupt too
                self._distinct = DistinctWords()
                raise

    def outline(self, texts: Sequence[str]) -> Outline:
        """Return where plain words and pieces stand in some texts."""
        joined = "\n".join([*texts, ""])
        text_starts = np.zeros(len(texts) + 1, dtype=np.int64)
        np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)) + 1, out=text_starts[1:])
        letters = _one_byte_each(joined)
        kinds = np.frombuffer(letters.translate(self._kinds), dtype=np.uint8)
        starts, ends = _runs(kinds)
        is_odd, is_linked = _oddities(letters, kinds, starts, ends)
        piece_starts, piece_ends = _pieces(kinds, starts, ends, is_odd, is_linked)
        places = zip(piece_starts.tolist(), piece_ends.tolist(), strict=True)
        plain = (~is_odd).nonzero()[0]
        starts, ends = starts.take(plain), ends.take(plain)
        with self.growing() as distinct:
            words = _numbers_of_plain(distinct, joined, letters, starts, ends)
            pieces = distinct.numbers_of_pieces([joined[start:end] for start, end in places])
        return Outline(texts, joined, letters, text_starts, words, starts, ends, pieces, piece_starts, distinct, self)


class WordRule:
    """A rule of what a word is, and the words that it finds; safe to share between threads.

    Parameters
    ----------
    name : str
        Its name in this module.
    words_of : callable
        Yields the words of a text as tuples of word, start and end.
    lexicon : Lexicon
        Where words are numbered.
    """

    def __init__(self, name: str, words_of: Callable[[str], Iterable[tuple[str, int, int]]], lexicon: Lexicon) -> None:
        self.name, self.words_of = name, words_of
        self._lexicon = lexicon

    def __reduce__(self) -> str:
        return self.name  # another process has its own, of that name

    def scan(self, texts: Sequence[str], outline: Outline | None = None) -> ScannedTexts:
        """Return the words of some texts.

        Parameters
        ----------
        texts : sequence of str
        outline : Outline or None, default None
            An outline of the texts, if there is one; it is used if it is of this rule's lexicon.

        Returns
        -------
        ScannedTexts
        """
        if outline is None or outline.lexicon is not self._lexicon:
            outline = self._lexicon.outline(texts)
        with self._lexicon.growing():
            pieces, rows = outline.distinct.words_in(outline.pieces, self)
        odd_words, odd_places = rows[:, 0].astype(np.int32), rows[:, 1:] + outline.piece_starts.take(pieces)[:, None]
        odd_starts, odd_ends = odd_places.T
        order = _merging(outline.starts, odd_starts)
        starts = np.concatenate([outline.starts, odd_starts]).take(order)
        ends = np.concatenate([outline.ends, odd_ends]).take(order)
        words = np.concatenate([outline.words, odd_words]).take(order)
        return ScannedTexts(outline, words, starts, ends, starts.searchsorted(outline.text_starts), self)


def _runs(kinds: Bytes) -> tuple[Integers, Integers]:
    """Return where runs of word characters begin and end."""
    inside = np.zeros(len(kinds) + 1, dtype=np.bool_)
    np.bitwise_and(kinds, 1, out=inside[1:].view(np.uint8))  # words and what is odd are the odd kinds
    edges = np.flatnonzero(inside[1:] != inside[:-1])
    return edges[::2].copy(), edges[1::2].copy()


def _oddities(
    letters: bytes, kinds: Bytes, starts: Integers, ends: Integers
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Return which runs the rule must see, and which are linked to the run before, by one joiner."""
    is_linked = np.zeros(len(starts) + 1, dtype=np.bool_)
    is_linked[1:-1] = (starts[1:] - ends[:-1] == 1) & (kinds.take(ends[:-1]) == _JOINER)
    is_odd = is_linked[:-1] | is_linked[1:]
    lengths = ends - starts
    is_odd |= lengths > _LONGEST_PLAIN
    single = np.flatnonzero(lengths == 1)
    bytes_there = np.frombuffer(letters, dtype=np.uint8)
    single = single.compress((bytes_there.take(starts.take(single)) | 0x20) == ord("s"))
    is_odd[single] = True  # a possessive, or not
    odd_characters = np.flatnonzero(kinds == _ODD)
    is_odd[starts.searchsorted(odd_characters, side="right") - 1] = True
    return is_odd, is_linked


def _pieces(
    kinds: Bytes, starts: Integers, ends: Integers, is_odd: npt.NDArray[np.bool_], is_linked: npt.NDArray[np.bool_]
) -> tuple[Integers, Integers]:
    """Return where the pieces that hold odd runs begin and end, with as much around them as a rule looks at."""
    first = starts.compress(is_odd & ~is_linked[:-1])
    last = ends.compress(is_odd & ~is_linked[1:])
    for _ in range(2):  # as far as a rule looks back, from a possessive s
        first = first - (kinds.take(np.maximum(first - 1, 0)) == _JOINER)
    return np.maximum(first, 0), last + (kinds.take(last) == _JOINER)


def _merging(values: Integers, others: Integers) -> Integers:
    """Return the order of two ascending lists, one after the other, in which all ascend."""
    is_other = np.zeros(len(values) + len(others), dtype=np.bool_)
    is_other[values.searchsorted(others) + np.arange(len(others))] = True
    order = np.empty(len(is_other), dtype=np.int64)
    order[is_other] = np.arange(len(values), len(order))
    order[~is_other] = np.arange(len(values))
    return order


def _numbers_of_plain(
    distinct: DistinctWords, joined: str, letters: bytes, starts: Integers, ends: Integers
) -> Numbers:
    """Return the numbers of words of up to sixteen ASCII characters, by their bytes as one or two integers."""
    lengths = ends - starts
    padded = letters + bytes(_LONGEST_PLAIN)
    eight_bytes = np.ndarray((len(letters) + 8,), dtype="<u8", buffer=padded, strides=(1,))
    keys = eight_bytes[starts]
    keys &= _EIGHT_BYTES.take(lengths, mode="clip")
    long = (lengths > 8).nonzero()[0]
    tails = eight_bytes[starts.take(long) + 8]
    tails &= _EIGHT_BYTES.take(lengths.take(long) - 8)
    keys[long] = (keys.take(long) + tails * _MIXER) | _LONG
    numbers = distinct.plain.find(keys)
    unknown = (numbers < 0).nonzero()[0]
    if len(unknown):
        new, first, inverse = unique_of(keys.take(unknown))
        at = unknown.take(first)
        given = distinct.numbers_at(joined, starts.take(at), ends.take(at))
        distinct.plain.add(new, given)
        distinct.keep_tails(given, eight_bytes[starts.take(at) + 8], lengths.take(at))
        numbers[unknown] = given.take(inverse)
    # Long words with one key and one tail are one word; those with one key and other tails are not.
    astray = long.compress(distinct.tails.room.take(numbers.take(long)) != tails)
    numbers[astray] = distinct.numbers_at(joined, starts.take(astray), ends.take(astray))
    return numbers


_ENGLISH: Final = Lexicon(_kinds("-&'.,"))
TOKENS: Final = WordRule("TOKENS", words, _ENGLISH)
ATOMS: Final = WordRule("ATOMS", atoms, _ENGLISH)
SPLIT: Final = WordRule("SPLIT", between_blanks, Lexicon(_kinds("", blanks_alone=True)))
