"""Tables of numbers against a dict, growing arrays against a list, ranges against `range`."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from cyberthemes.numbering import GrowingArray, NumberTable, joined_keys, ranges

# Few high bits and few low ones, so that keys share slots and have to look further.
keys = st.one_of(st.integers(0, 2**64 - 2), st.integers(0, 40), st.integers(0, 40).map(lambda number: number << 58))


def as_keys(numbers: list[int]) -> npt.NDArray[np.uint64]:
    return np.array(numbers, dtype=np.uint64)


@given(st.lists(st.lists(keys, max_size=60), max_size=6), st.lists(keys, max_size=60))
def test_a_table_finds_what_a_dict_finds(batches: list[list[int]], asked: list[int]) -> None:
    table, numbers = NumberTable(), dict[int, int]()
    for batch in batches:
        new = [key for key in dict.fromkeys(batch) if key not in numbers]
        given = range(len(numbers), len(numbers) + len(new))
        table.add(as_keys(new), np.array(given, dtype=np.int32))
        numbers |= zip(new, given, strict=True)
    assert len(table) == len(numbers)
    assert table.keys().tolist() == list(numbers)
    for wanted in (asked, list(numbers)):
        assert table.find(as_keys(wanted)).tolist() == [numbers.get(key, -1) for key in wanted]


@given(st.lists(st.lists(keys, max_size=60), max_size=6))
def test_a_table_numbers_what_is_new(batches: list[list[int]]) -> None:
    table, numbers = NumberTable(), dict[int, int]()
    for batch in batches:
        found = table.find_or_add(as_keys(batch)).tolist()
        for key, number in zip(batch, found, strict=True):
            assert numbers.setdefault(key, number) == number
    assert sorted(numbers.values()) == list(range(len(table)))


def test_a_table_that_grows_keeps_what_it_has() -> None:
    table = NumberTable()
    for first in range(0, 300, 50):
        assert table.find_or_add(as_keys(list(range(first, first + 50)))).tolist() == [*range(first, first + 50)]
    assert table.find(as_keys(list(range(300)))).tolist() == list(range(300))


def test_the_search_goes_on_from_the_last_slot_to_the_first() -> None:
    inverse = pow(0x9E3779B97F4A7C15, -1, 2**64)
    last = as_keys([((255 << 56) + number) * inverse % 2**64 for number in range(4)])
    table = NumberTable()
    table.add(last[:3], np.arange(3, dtype=np.int32))
    assert table.find(last).tolist() == [0, 1, 2, -1]


def test_a_large_table_finds_all_and_nothing_else() -> None:
    everything = np.random.default_rng(0).integers(0, 2**63, 200_000, dtype=np.uint64)
    inside, outside = np.unique(everything)[::2], np.unique(everything)[1::2]
    table = NumberTable()
    assert np.array_equal(table.find_or_add(inside), np.arange(len(inside)))
    assert np.array_equal(table.find(inside), np.arange(len(inside)))
    assert (table.find(outside) == -1).all()


@given(st.lists(st.tuples(st.integers(0, 2**31 - 1), st.integers(0, 2**31 - 1)), unique=True))
def test_every_pair_has_a_key_of_its_own(pairs: list[tuple[int, int]]) -> None:
    first, second = np.array(pairs, dtype=np.int32).reshape(-1, 2).T.copy()
    assert len(set(joined_keys(first, second).tolist())) == len(pairs)


@given(st.lists(st.lists(st.integers(-9, 9))))
def test_an_array_grows_as_a_list_does(batches: list[list[int]]) -> None:
    array, expected = GrowingArray(np.int32), list[int]()
    for batch in batches:
        array.extend(batch)
        expected += batch
        assert array.room[: len(array)].tolist() == expected


def test_rows_of_several_numbers_grow_too() -> None:
    array = GrowingArray(np.int64, 2)
    array.extend([])
    array.extend([(1, 2), (3, 4)])
    array.extend([(5, 6)])
    assert (len(array), array.room[:3].tolist()) == (3, [[1, 2], [3, 4], [5, 6]])


@given(st.lists(st.tuples(st.integers(0, 99), st.integers(0, 5))))
def test_ranges_are_those_of_python(pairs: list[tuple[int, int]]) -> None:
    starts, lengths = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    which, numbers = ranges(starts, lengths)
    expected = [(place, number) for place, (start, n) in enumerate(pairs) for number in range(start, start + n)]
    assert list(zip(which.tolist(), numbers.tolist(), strict=True)) == expected
