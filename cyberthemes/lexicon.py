"""Texts to numbered words in bulk: `Lexicon.scan` says which word stands where in many texts at once, in NumPy.

What a word is, a rule of `cyberthemes.tokens` decides, in Python. But nine words in ten are plain: a run of ASCII
letters and digits, and nothing that the rule treats in any other way. Runs are found by comparing neighbouring bytes,
and a run's word by looking up its bytes, eight at a time. All else is cut out with what is around it, as a piece, and
goes to the rule itself; so does each distinct word and piece when it is first met. What else there is to know of a word
is worked out once, when it is first met, too (`WordValues`). So the answer is the rule's, whatever the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from threading import Lock
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from cyberthemes.numbering import Keys, NumberTable
from cyberthemes.tokens import atoms, between_blanks, words

__all__ = ["ATOMS", "SPLIT", "TOKENS", "Lexicon", "ScannedTexts", "WordValues"]

Integers = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.int32]
Bytes = npt.NDArray[np.uint8]
_MOST_WORDS: Final = 1 << 17  # distinct; with more, the lexicon begins anew


# What scanning gives ----------------------------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class DistinctWords:
    """The words met so far, each with its number."""

    serial: int
    words: list[str] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    plain: NumberTable = field(default_factory=NumberTable)
    tails: Keys = field(default_factory=lambda: np.zeros(256, dtype=np.uint64))
    pieces: dict[str, list[tuple[int, int, int]]] = field(default_factory=dict)

    def number(self, word: str) -> int:
        """Return the number of a word, which is the next one if it is new."""
        number = self.numbers.setdefault(word, len(self.words))
        if number == len(self.words):
            self.words.append(word)
        return number

    def numbers_at(self, joined: str, starts: Integers, ends: Integers) -> Numbers:
        """Return the numbers of the words at some places."""
        places = zip(starts.tolist(), ends.tolist(), strict=True)
        return np.array([self.number(joined[start:end]) for start, end in places], dtype=np.int32)

    def keep_tails(self, numbers: Numbers, tails: Keys, lengths: Integers) -> None:
        """Note the ninth to sixteenth byte of some plain words."""
        if len(self.words) > len(self.tails):
            self.tails = np.concatenate([self.tails, np.zeros(2 * len(self.words), dtype=np.uint64)])
        self.tails[numbers] = tails & _EIGHT_BYTES.take(np.maximum(lengths - 8, 0))


@dataclass(frozen=True, slots=True, eq=False)
class ScannedTexts:
    """The words of some texts, in order, as arrays with one entry a word.

    Attributes
    ----------
    texts : sequence of str
    joined : str
        The texts, a line break after each.
    letters : bytes
        One byte for each character of ``joined``: itself if it is ASCII.
    text_starts : ndarray of int64, shape (n_texts + 1,)
        Where each text begins in ``joined``, and where one more would.
    words : ndarray of int32, shape (n_words,)
        The number of each word among ``distinct``.
    starts, ends : ndarray of int64, shape (n_words,)
        Where each stands in ``joined``.
    first : ndarray of int64, shape (n_texts + 1,)
        The first word of each text, and the number of words: text i has words ``first[i]`` to ``first[i + 1] - 1``.
    distinct : DistinctWords
    lexicon : Lexicon
        What found the words.
    """

    texts: Sequence[str]
    joined: str
    letters: bytes
    text_starts: Integers
    words: Numbers
    starts: Integers
    ends: Integers
    first: Integers
    distinct: DistinctWords
    lexicon: Lexicon

    def __len__(self) -> int:
        return len(self.texts)

    def text_numbers(self) -> Integers:
        """Return the number of the text that each word stands in."""
        return np.repeat(np.arange(len(self)), np.diff(self.first))

    def text_of(self, words: Integers) -> Integers:
        """Return the number of the text that some of the words stand in."""
        return self.first.searchsorted(words, side="right") - 1

    def under(self, lexicon: Lexicon) -> ScannedTexts:
        """Return the same texts as another lexicon finds their words."""
        return self if lexicon is self.lexicon else lexicon.scan(self.texts)


class WordValues:
    """A value for every word of some texts, worked out once for each distinct word.

    Parameters
    ----------
    value_of : callable
        Gives the value of a word, a number or as many as ``width``.
    width : int
        How many numbers a value has; 0 stands for a plain number.
    """

    def __init__(self, value_of: Callable[[str], Any], width: int = 0) -> None:
        self._value_of = value_of
        self._width = width
        self._known: tuple[int, int, Numbers] = (-1, 0, self._room(0))

    def _room(self, size: int) -> Numbers:
        return np.empty((size, self._width) if self._width else size, dtype=np.int32)

    def __call__(self, texts: ScannedTexts) -> Numbers:
        """Return the value of each distinct word, in order of their numbers."""
        distinct = texts.distinct
        serial, n_known, values = self._known
        if serial != distinct.serial:
            n_known, values = 0, self._room(0)
        n_words = len(distinct.words)
        if n_known < n_words:
            if n_words > len(values):
                longer = self._room(max(2 * n_words, 256))
                longer[:n_known] = values[:n_known]
                values = longer
            for number in range(n_known, n_words):
                values[number] = self._value_of(distinct.words[number])
            self._known = (distinct.serial, n_words, values)
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
_LONGEST_PIECE_KEPT: Final = 64


def _kinds(joiners: str, outside: Callable[[str], Any]) -> bytes:
    """Return the kind of each byte: word characters, joiners, what lies outside all words, and what is odd."""
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
            kinds[code] = _OUTSIDE if outside(character) else _ODD
    return bytes(kinds)


@cache
def _byte_of_each_character() -> Bytes:
    """Return one byte for each character of the basic plane, and one for all beyond it."""
    characters = "".join(map(chr, range(1 << 16)))
    codes = np.full((1 << 16) + 1, _ODD_MARK, dtype=np.uint8)
    codes[[match.start() for match in re.finditer(r"\w", characters)]] = _ODD_LETTER
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
    letters: bytes = _byte_of_each_character().take(np.minimum(codes, 1 << 16)).tobytes()
    return letters


class Lexicon:
    """The distinct words of all texts scanned, under one rule of what a word is; safe to share between threads.

    Parameters
    ----------
    name : str
        Its name in this module.
    rule : callable
        Yields the words of a text as tuples of word, start and end.
    kinds : bytes
        The kind of each byte.
    """

    def __init__(self, name: str, rule: Callable[[str], Iterable[tuple[str, int, int]]], kinds: bytes) -> None:
        self.rule = rule
        self._name = name
        self._kinds = kinds
        self._serials = count()
        self._lock = Lock()
        self._distinct = DistinctWords(next(self._serials))

    def __reduce__(self) -> str:
        return self._name  # another process has its own, of that name

    def scan(self, texts: Sequence[str]) -> ScannedTexts:
        """Return the words of some texts.

        Parameters
        ----------
        texts : sequence of str

        Returns
        -------
        ScannedTexts
        """
        joined = "\n".join([*texts, ""])
        text_starts = np.zeros(len(texts) + 1, dtype=np.int64)
        np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)) + 1, out=text_starts[1:])
        letters = _one_byte_each(joined)
        kinds = np.frombuffer(letters.translate(self._kinds), dtype=np.uint8)
        starts, ends = _runs(kinds)
        is_odd, is_linked = _oddities(letters, kinds, starts, ends)
        with self._lock:
            if len(self._distinct.words) > _MOST_WORDS:
                self._distinct = DistinctWords(next(self._serials))
            distinct = self._distinct
            plain = np.flatnonzero(~is_odd)
            starts_of_plain, ends_of_plain = starts.take(plain), ends.take(plain)
            words = _numbers_of_plain(distinct, joined, letters, starts_of_plain, ends_of_plain)
            pieces = _pieces(kinds, starts, ends, is_odd, is_linked)
            odd_words, odd_starts, odd_ends = self._read_pieces(distinct, joined, *pieces)
        at = starts_of_plain.searchsorted(odd_starts)
        starts, ends = np.insert(starts_of_plain, at, odd_starts), np.insert(ends_of_plain, at, odd_ends)
        words = np.insert(words, at, odd_words)
        first = starts.searchsorted(text_starts)
        return ScannedTexts(texts, joined, letters, text_starts, words, starts, ends, first, distinct, self)

    def _read_pieces(
        self, distinct: DistinctWords, joined: str, piece_starts: Integers, piece_ends: Integers
    ) -> tuple[Numbers, Integers, Integers]:
        """Return the words of pieces of text, as the rule finds them, with their places."""
        found: list[tuple[int, int, int]] = []
        known = distinct.pieces
        for start, end in zip(piece_starts.tolist(), piece_ends.tolist(), strict=True):
            piece = joined[start:end]
            parts = known.get(piece)
            if parts is None:
                parts = [(distinct.number(word), first, last) for word, first, last in self.rule(piece)]
                if len(piece) <= _LONGEST_PIECE_KEPT and len(known) < _MOST_WORDS:
                    known[piece] = parts
            found += [(number, start + first, start + last) for number, first, last in parts]
        table = np.array(found, dtype=np.int64).reshape(-1, 3)
        return table[:, 0].astype(np.int32), table[:, 1], table[:, 2]


def _runs(kinds: Bytes) -> tuple[Integers, Integers]:
    """Return where runs of word characters begin and end."""
    inside = np.zeros(len(kinds) + 1, dtype=np.bool_)
    np.bitwise_and(kinds, 1, out=inside[1:].view(np.uint8))  # words and what is odd are the odd kinds
    edges = np.flatnonzero(inside[1:] != inside[:-1])
    return edges[::2].copy(), edges[1::2].copy()


def _oddities(
    letters: bytes, kinds: Bytes, starts: Integers, ends: Integers
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Return which runs the rule must see, and which are linked to the run before, by joiners or what looks like it."""
    is_linked = np.zeros(len(starts) + 1, dtype=np.bool_)
    joined = np.flatnonzero(kinds.take(ends) == _JOINER)
    joined = joined[: len(joined) - (len(joined) > 0 and joined[-1] == len(starts) - 1)]
    is_linked[joined.compress(kinds.take(starts.take(joined + 1) - 1) == _JOINER) + 1] = True
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
    for _ in range(2):
        first = first - (kinds.take(np.maximum(first - 1, 0)) == _JOINER)
    return np.maximum(first, 0), last + (kinds.take(last) == _JOINER)


def _numbers_of_plain(
    distinct: DistinctWords, joined: str, letters: bytes, starts: Integers, ends: Integers
) -> Numbers:
    """Return the numbers of words of up to sixteen ASCII characters, by their bytes as one or two integers."""
    padded = letters + bytes(_LONGEST_PLAIN)
    eight_bytes = np.ndarray((len(letters) + 8,), dtype="<u8", buffer=padded, strides=(1,))
    lengths = ends - starts
    keys = eight_bytes[starts]
    keys &= _EIGHT_BYTES.take(lengths, mode="clip")
    long = np.flatnonzero(lengths > 8)
    tails = eight_bytes[starts.take(long) + 8]
    tails &= _EIGHT_BYTES.take(lengths.take(long) - 8)
    keys[long] = (keys.take(long) + tails * _MIXER) | _LONG
    numbers = distinct.plain.find(keys)
    unknown = np.flatnonzero(numbers < 0)
    if len(unknown):
        new, first, inverse = np.unique(keys.take(unknown), return_index=True, return_inverse=True)
        at = unknown.take(first)
        given = distinct.numbers_at(joined, starts.take(at), ends.take(at))
        distinct.plain.add(new, given)
        distinct.keep_tails(given, eight_bytes[starts.take(at) + 8], lengths.take(at))
        numbers[unknown] = given.take(inverse)
    # Long words with one key and one tail are one word; those with one key and other tails are not.
    astray = long.compress(distinct.tails.take(numbers.take(long)) != tails)
    numbers[astray] = distinct.numbers_at(joined, starts.take(astray), ends.take(astray))
    return numbers


_BLANKS: Final = "\t\n\v\f\r\x1c\x1d\x1e\x1f "
ATOMS: Final = Lexicon("ATOMS", atoms, _kinds("-&'.,", bool))
TOKENS: Final = Lexicon("TOKENS", words, _kinds("-&'.,", bool))
SPLIT: Final = Lexicon("SPLIT", between_blanks, _kinds("", _BLANKS.__contains__))
