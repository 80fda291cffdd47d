"""Counting in NumPy: `NumberTable`, an exact map from many 64-bit keys to numbers, and what is built on it: `Trie`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

__all__ = ["GrowingArray", "Keys", "NumberTable", "Trie", "joined_keys", "ranges", "unique_of"]

Keys = npt.NDArray[np.uint64]
Integers = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.int32]
_MULTIPLIER: Final = np.uint64(0x9E3779B97F4A7C15)  # 2**64 over the golden ratio: spreads neighbouring keys
_SLOTS_PER_KEY: Final = 4
_SMALLEST: Final = 8  # bits of a slot's number
_ROOT: Final = 0


class NumberTable:
    """A map from 64-bit keys to numbers from 0 up: open addressing with linear probing (Knuth, 1973, 6.4).

    Examples
    --------
    >>> table = NumberTable()
    >>> table.add(np.array([7, 2**40], dtype=np.uint64), np.array([0, 1], dtype=np.int32))
    >>> table.find(np.array([2**40, 8, 7], dtype=np.uint64)).tolist()
    [1, -1, 0]
    """

    def __init__(self) -> None:
        self._size = 0
        self._key_of = GrowingArray(np.uint64)  # by number
        self._key_of.extend([0])  # so that there is something to compare with
        self._allocate(_SMALLEST)

    def __len__(self) -> int:
        return self._size

    def keys(self) -> Keys:
        """Return all keys, in order of their numbers."""
        return self._key_of.room.take(np.sort(self._numbers.compress(self._numbers >= 0)))

    def find(self, keys: Keys) -> Numbers:
        """Return the number of each key, -1 where it has none.

        Parameters
        ----------
        keys : ndarray of uint64, shape (n_keys,)

        Returns
        -------
        ndarray of int32, shape (n_keys,)
        """
        slots = self._home(keys)
        numbers = self._numbers.take(slots)
        astray = self._astray(keys, numbers).nonzero()[0]
        slots = slots.take(astray)
        while len(astray):
            slots = (slots + 1) & self._last_slot
            numbers[astray] = there = self._numbers.take(slots)
            going_on = self._astray(keys.take(astray), there)
            astray, slots = astray.compress(going_on), slots.compress(going_on)
        return numbers

    def find_or_add(self, keys: Keys) -> Numbers:
        """Return the number of each key; those not there yet are given the next numbers."""
        numbers = self.find(keys)
        unknown = np.flatnonzero(numbers < 0)
        if len(unknown):
            new, _, inverse = unique_of(keys.take(unknown))
            given = np.arange(self._size, self._size + len(new), dtype=np.int32)
            self.add(new, given)
            numbers[unknown] = given.take(inverse)
        return numbers

    def add(self, keys: Keys, numbers: Numbers) -> None:
        """Give keys their numbers.

        Parameters
        ----------
        keys : ndarray of uint64, shape (n_keys,)
            Distinct, and not there yet.
        numbers : ndarray of int32, shape (n_keys,)
            From 0 up, distinct, and not there yet.
        """
        self._size += len(keys)
        n_new = int(numbers.max(initial=-1)) + 1 - len(self._key_of)
        self._key_of.extend(np.zeros(max(n_new, 0), dtype=np.uint64))
        self._key_of.room[numbers] = keys
        if self._size * _SLOTS_PER_KEY > len(self._numbers):
            numbers = np.concatenate([self._numbers.compress(self._numbers >= 0), numbers])
            self._allocate((self._size * _SLOTS_PER_KEY * 2 - 1).bit_length())
        slots = self._home(self._key_of.room.take(numbers))
        while len(numbers):
            free = self._numbers.take(slots) < 0
            self._numbers[slots.compress(free)] = numbers.compress(free)  # of those that claim one slot, one gets it
            waiting = self._numbers.take(slots) != numbers
            numbers, slots = numbers.compress(waiting), (slots.compress(waiting) + 1) & self._last_slot

    def _allocate(self, bits: int) -> None:
        self._numbers = np.full(1 << bits, -1, dtype=np.int32)  # by slot
        self._shift, self._last_slot = np.uint64(64 - bits), (1 << bits) - 1

    def _home(self, keys: Keys) -> Integers:
        """Return the slot at which the search for each key begins."""
        slots = keys * _MULTIPLIER
        slots >>= self._shift
        return slots.view(np.int64)

    def _astray(self, keys: Keys, numbers: Numbers) -> npt.NDArray[np.bool_]:
        """Return whether the number in each key's slot is another key's."""
        is_other: npt.NDArray[np.bool_] = self._key_of.room.take(numbers, mode="wrap") != keys
        return is_other & (numbers >= 0)


class Trie:
    """Sequences of keys as a tree of numbered nodes, on which many walks take their next step together.

    Parameters
    ----------
    sequences : iterable of sequence of str
        None is empty.

    Attributes
    ----------
    sequence_at : ndarray of int32, shape (n_nodes,)
        The sequence that ends at each node, the first one if several do; -1 if none does.
    goes_on : ndarray of bool, shape (n_nodes,)
        Whether a longer sequence goes through it.

    Examples
    --------
    >>> trie = Trie([["belt", "and", "road"], ["belt"]])
    >>> node = trie.node("belt")
    >>> int(trie.sequence_at[node]), bool(trie.goes_on[node])
    (1, True)
    >>> trie.step(np.array([node], dtype=np.int32), np.array([trie.number("road")], dtype=np.int32)).tolist()
    [-1]
    """

    def __init__(self, sequences: Iterable[Sequence[str]]) -> None:
        self._numbers: dict[str, int] = {}
        edges: dict[tuple[int, int], int] = {}
        ends: dict[int, int] = {}
        for number, keys in enumerate(sequences):
            node = _ROOT
            for key in keys:
                edge = node, self._numbers.setdefault(key, len(self._numbers))
                node = edges.setdefault(edge, len(edges) + 1)
            ends.setdefault(node, number)
        nodes, keys_on = np.array(list(edges), dtype=np.int32).reshape(-1, 2).T.copy()
        self._edges = NumberTable()
        self._edges.add(joined_keys(nodes, keys_on), np.array(list(edges.values()), dtype=np.int32))
        self._after_root = {key: reached for (node, key), reached in edges.items() if node == _ROOT}
        self.sequence_at = np.array([ends.get(node, -1) for node in range(len(edges) + 1)], dtype=np.int32)
        self.goes_on = np.zeros(len(edges) + 1, dtype=np.bool_)
        self.goes_on[nodes] = True

    def number(self, key: str) -> int:
        """Return the number of a key, -1 if it stands in no sequence."""
        return self._numbers.get(key, -1)

    def node(self, key: str) -> int:
        """Return the node where a sequence of just this key would end, -1 if none begins so."""
        return self._after_root.get(self.number(key), -1)

    def step(self, nodes: Numbers, keys: Numbers) -> Numbers:
        """Return the node that each key leads to from each node, -1 if to none.

        Parameters
        ----------
        nodes, keys : ndarray of int32, shape (n_walks,)
            Keys by their numbers.

        Returns
        -------
        ndarray of int32, shape (n_walks,)
        """
        known = (keys >= 0).nonzero()[0]
        reached = np.full(len(nodes), -1, dtype=np.int32)
        reached[known] = self._edges.find(joined_keys(nodes.take(known), keys.take(known)))
        return reached


class GrowingArray:
    """Rows of numbers that grow at the end, at a cost in line with what is added.

    Parameters
    ----------
    dtype : data-type
    width : int
        How many numbers a row has; 0 stands for a plain number.

    Attributes
    ----------
    room : ndarray, shape (at least n_rows,) or (at least n_rows, width)
        The rows, and behind them room for more.

    Examples
    --------
    >>> array = GrowingArray(np.int32)
    >>> array.extend([3, 1])
    >>> len(array), array.room[:2].tolist()
    (2, [3, 1])
    """

    def __init__(self, dtype: npt.DTypeLike, width: int = 0) -> None:
        self._size = 0
        self.room: npt.NDArray[Any] = np.zeros((0, width) if width else 0, dtype=dtype)

    def __len__(self) -> int:
        return self._size

    def extend(self, rows: Sequence[Any] | npt.NDArray[Any]) -> None:
        """Add rows at the end."""
        size = self._size + len(rows)
        if size > len(self.room):
            longer = np.zeros((2 * size, *self.room.shape[1:]), dtype=self.room.dtype)
            longer[: self._size] = self.room[: self._size]
            self.room = longer
        if len(rows):
            self.room[self._size : size] = rows
        self._size = size


def joined_keys(first: npt.NDArray[np.int32], second: npt.NDArray[np.int32]) -> Keys:
    """Return one key for each pair of numbers from 0 up."""
    keys = first.astype(np.uint64)
    keys <<= np.uint64(32)
    keys |= second.view(np.uint32)
    return keys


def unique_of(values: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], Integers, Integers]:
    """Return what ``numpy.unique`` would, which takes longer to import than to run.

    Parameters
    ----------
    values : ndarray, shape (n_values,)

    Returns
    -------
    unique : ndarray, shape (n_unique,)
        Ascending.
    first : ndarray of int64, shape (n_unique,)
        Where each is found first.
    inverse : ndarray of int64, shape (n_values,)
        The place of each value among the unique ones.

    Examples
    --------
    >>> [found.tolist() for found in unique_of(np.array([7, 3, 7]))]
    [[3, 7], [1, 0], [1, 0, 1]]
    """
    order = values.argsort(kind="stable")
    ranked = values.take(order)
    is_new = np.ones(len(values), dtype=np.bool_)
    np.not_equal(ranked[1:], ranked[:-1], out=is_new[1:])
    inverse = np.empty(len(values), dtype=np.int64)
    inverse[order] = np.cumsum(is_new) - 1
    return ranked[is_new], order[is_new], inverse


def ranges(starts: Integers, lengths: Integers) -> tuple[Integers, Integers]:
    """Return all numbers of some ranges, one range after the other.

    Parameters
    ----------
    starts, lengths : ndarray of int64, shape (n_ranges,)

    Returns
    -------
    ranges, numbers : ndarray of int64, shape (sum of lengths,)
        The place of each number's range, and the number.

    Examples
    --------
    >>> _, numbers = ranges(np.array([5, 0]), np.array([3, 2]))
    >>> numbers.tolist()
    [5, 6, 7, 0, 1]
    """
    which = np.repeat(np.arange(len(starts)), lengths)
    shifts = starts - (np.cumsum(lengths) - lengths)
    return which, np.arange(len(which)) + shifts.take(which)
