"""Near-duplicates: reprints of one story counted once.

Texts are compared as sets of shingles, runs of three words (Broder, 1997). Large collections are searched by MinHash
with locality-sensitive hashing (Indyk and Motwani, 1998), and whatever it proposes is verified on the sets themselves.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from cyberthemes.errors import InputError
from cyberthemes.terms import checked_texts
from cyberthemes.tokens import tokenize

__all__ = ["near_duplicates"]

Integers = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]
Pairs = tuple[Integers, Integers]
_SHINGLE: Final = 3
_EXACT_UP_TO: Final = 2_000  # distinct sets of which all pairs are compared, whatever they share
_EXACT_WORK: Final = 32  # and of any number that share little: so many steps for each shingle of each text
_FOUND: Final = 0.995  # the probability that hashing proposes a pair that is just at the threshold
_MOST_HASHES: Final = 256
_MOST_ROWS: Final = 32
_LEAST_THRESHOLD: Final = 0.01  # below it no more bands are made
_TIE_ROWS: Final = 6  # of a signature, by which a bucket is sorted
_NEIGHBOURS: Final = 16  # in a bucket with which a text is compared
_CELLS_AT_ONCE: Final = 2_000_000


def near_duplicates(texts: Iterable[str], threshold: float = 0.6) -> Integers:
    """Return, for each text, the first of the texts that are nearly the same.

    Two texts are near-duplicates if the Jaccard index of their sets of shingles reaches the threshold, and groups are
    what such pairs connect. A shingle is a run of three tokens in lower case; a shorter text is one shingle, and a text
    without any token is like another only if they are the same but for blanks around them.

    Parameters
    ----------
    texts : iterable of str
        Any texts.
    threshold : float, default 0.6
        Above 0, up to 1: the share of two texts' shingles that both have, from which on they count as one.

    Returns
    -------
    ndarray of int64, shape (n_texts,)
        The position of the first text of each text's group; a text alone has its own.

    Raises
    ------
    InputError
        If `texts` is one str or holds something else than str, or the threshold is out of range.

    Notes
    -----
    All pairs are compared if that is cheap: up to 2,000 different texts, and more as long as few share a shingle.
    Otherwise a pair just at the threshold is found with a probability of about 0.995, and a more alike pair with a
    higher one; no pair below the threshold is ever linked, and equal texts always are. So time grows with the total
    length of the texts. Among many texts full of boilerplate, a threshold that boilerplate alone nearly reaches finds
    fewer pairs, since a text is then compared with some of those it resembles, not with all.

    The default was set by eye on short news items: above it they are mostly one story reworded here and there, the rest
    being one caption under several headlines; below 0.55, issues of one newsletter begin to be joined in numbers.

    Examples
    --------
    >>> texts = ["China passes a new data security law.", "Rain.", "China passes a new data security law - report"]
    >>> near_duplicates(texts).tolist()
    [0, 1, 0]
    """
    if not isinstance(threshold, int | float | np.floating) or not 0 < threshold <= 1:
        raise InputError(f"threshold={threshold!r}; expected a number above 0, up to 1")
    incidence, hashes = _shingles(texts)
    if not incidence.shape[0]:
        return np.empty(0, dtype=np.int64)
    # Copies go first: 20,000 of one text are then one row, not a bucket of 20,000.
    distinct, row = _distinct_rows(incidence)
    incidence = incidence[distinct]
    is_cheap = len(distinct) <= _EXACT_UP_TO or _product_work(incidence).sum() <= _EXACT_WORK * incidence.nnz
    find = _labels_of_all if is_cheap else _labels_by_hashing
    labels = find(incidence, hashes, float(threshold))[row]
    _, first, group = np.unique(labels, return_index=True, return_inverse=True)
    return first.astype(np.int64)[group]


def _shingles(texts: Iterable[str]) -> tuple[csr_matrix, Hashes]:
    """Return which text holds which shingle, each row's columns ascending, and a hash of each shingle."""
    numbers = {"": 0}  # token to number; the empty one fills up what is shorter than a shingle
    stream: list[int] = []
    lengths: list[int] = []
    for text in checked_texts(texts):
        # What has no token cannot be taken for one, so it stands for itself.
        words = [token.text.lower() for token in tokenize(text)] or [text.strip()]
        words += [""] * (_SHINGLE - len(words))
        stream += [numbers.setdefault(word, len(numbers)) for word in words]
        lengths.append(len(words))
    tokens = np.array(stream, dtype=np.int64)
    text_of = np.repeat(np.arange(len(lengths)), lengths)
    starts = np.flatnonzero(text_of[_SHINGLE - 1 :] == text_of[: len(text_of) - _SHINGLE + 1])
    shingle = np.zeros(len(starts), dtype=np.int64)
    hashed = np.zeros(len(starts), dtype=np.uint64)
    token_hashes = np.array([_hash_of(word) for word in numbers], dtype=np.uint64)
    for offset in range(_SHINGLE):
        # Runs are numbered word by word, which is exact and keeps the product far below 2 ** 63.
        word = tokens[starts + offset]
        _, sample, shingle = np.unique(shingle * len(numbers) + word, return_index=True, return_inverse=True)
        hashed = _mixed(hashed + token_hashes[word])
    shape = (len(lengths), len(sample))
    incidence = csr_matrix((np.ones(len(starts), dtype=np.int32), (text_of[starts], shingle)), shape=shape)
    incidence.sum_duplicates()
    incidence.data[:] = 1
    return incidence, hashed[sample]


def _hash_of(word: str) -> int:
    # Not Python's hash(), which differs from run to run.
    digest = hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def _mixed(values: Hashes) -> Hashes:
    """Scatter 64-bit values: the finalizer of SplitMix64 (Steele, Lea and Flood, 2014)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _distinct_rows(incidence: csr_matrix) -> tuple[Integers, Integers]:
    """Return the first row of each kind, and which of these kinds each row is of."""
    kinds: dict[bytes, int] = {}
    first: list[int] = []
    kind_of = np.empty(incidence.shape[0], dtype=np.int64)
    columns, ends = incidence.indices, incidence.indptr.tolist()
    for position, (start, end) in enumerate(pairwise(ends)):
        kind = kinds.setdefault(columns[start:end].tobytes(), len(kinds))
        if kind == len(first):
            first.append(position)
        kind_of[position] = kind
    return np.array(first, dtype=np.int64), kind_of


def _product_work(incidence: csr_matrix) -> Integers:
    """Return how many steps it takes to compare each row with all that it shares a shingle with."""
    holders = np.bincount(incidence.indices, minlength=incidence.shape[1])
    return np.asarray(incidence @ holders, dtype=np.int64)


def _cuts(work: Integers) -> Integers:
    """Return where to cut a sequence so that no piece takes much more memory than is wanted at once."""
    return np.flatnonzero(np.diff(np.cumsum(work) // _CELLS_AT_ONCE)) + 1


def _labels_of_all(incidence: csr_matrix, _: Hashes, threshold: float) -> Integers:
    """Return the group of each row by comparing all pairs that share a shingle."""
    sizes = np.diff(incidence.indptr)
    every: Integers = np.arange(incidence.shape[0], dtype=np.int64)
    holders = incidence.T.tocsr()
    links = []
    for rows in np.split(every, _cuts(_product_work(incidence))):
        shared = (incidence[rows] @ holders).tocoo()
        pairs = rows[shared.row], shared.col
        alike = _reaches(sizes, pairs, shared.data, threshold) & (pairs[0] < pairs[1])
        links.append((pairs[0][alike], pairs[1][alike]))
    one, other = (np.concatenate(side) for side in zip(*links, strict=True))
    return _joined(every, (one, other))


def _labels_by_hashing(incidence: csr_matrix, hashes: Hashes, threshold: float) -> Integers:
    """Return the group of each row by verifying pairs that share a bucket in some band of their signatures."""
    labels: Integers = np.arange(incidence.shape[0], dtype=np.int64)
    if threshold == 1:  # the rows are distinct
        return labels
    # Sorts are stable: with the rows in an order of their own, not that of the texts, so are ties.
    order = np.argsort(np.add.reduceat(_mixed(hashes)[incidence.indices], incidence.indptr[:-1]), kind="stable")
    incidence = incidence[order]
    n_bands, n_rows = _bands(threshold)
    signatures = _signatures(incidence, hashes, n_bands * n_rows)
    for band in range(n_bands):
        pairs = _bucket_pairs(np.roll(signatures, -band * n_rows, axis=0), n_rows)
        apart = labels[pairs[0]] != labels[pairs[1]]  # what is one group already need not be verified
        labels = _joined(labels, _verified(incidence, (pairs[0][apart], pairs[1][apart]), threshold))
    return labels[np.argsort(order)]


def _bands(threshold: float) -> tuple[int, int]:
    """Return how many bands of how many hashes find a pair just at the threshold, below 1, as surely as wanted.

    A band proposes a pair of likeness s with probability s ** n_rows, so more rows propose fewer pairs in vain but
    need more bands; as many rows as the hashes allow.
    """
    threshold = max(threshold, _LEAST_THRESHOLD)
    for n_rows in range(_MOST_ROWS, 0, -1):
        n_bands = max(1, math.ceil(math.log(1 - _FOUND) / math.log1p(-(threshold**n_rows))))
        if n_bands * n_rows <= _MOST_HASHES:
            break
    return n_bands, n_rows


def _signatures(incidence: csr_matrix, hashes: Hashes, n_hashes: int) -> npt.NDArray[np.uint32]:
    """Return the MinHash signatures of the rows, none of them empty, shape (n_hashes, n_rows).

    Two sets have the same least shingle in a random order with a probability that is their Jaccard index. Orders are
    by odd multiples of the hashes; the upper half of the least is kept, since what agrees is verified anyway.
    """
    values = hashes[incidence.indices]
    steps = _mixed(np.arange(1, 2 * n_hashes + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15))
    signatures = np.empty((n_hashes, incidence.shape[0]), dtype=np.uint32)
    for number, (factor, shift) in enumerate(zip(steps[::2] | np.uint64(1), steps[1::2], strict=True)):
        least = np.minimum.reduceat(values * factor ^ shift, incidence.indptr[:-1])
        signatures[number] = least >> np.uint64(32)
    return signatures


def _bucket_pairs(signatures: npt.NDArray[np.uint32], n_rows: int) -> Pairs:
    """Return pairs to verify among texts that agree in the first rows of their signatures.

    A bucket of boilerplate can hold much of a collection, so not all of its pairs are taken: each text is paired with
    the next few, the bucket being sorted by the rows that follow. Texts that are truly alike agree there too and
    come to stand together, and each band sorts anew; one representative for all would miss those unlike it but like
    one another. That is all pairs of a small bucket, and of any other a number that grows with its size.
    """
    signatures = signatures[: n_rows + _TIE_ROWS]
    order = np.lexsort(signatures[::-1])
    key = signatures[:n_rows, order]
    bucket = np.append(0, np.cumsum((key[:, 1:] != key[:, :-1]).any(axis=0)))
    places = [
        (place, place + step)
        for step in range(1, _NEIGHBOURS + 1)
        for place in [np.flatnonzero(bucket[step:] == bucket[:-step])]
    ]
    one, other = (np.concatenate(side) for side in zip(*places, strict=True))
    return order[one], order[other]


def _verified(incidence: csr_matrix, pairs: Pairs, threshold: float) -> Pairs:
    """Return those of some pairs of rows that reach the threshold."""
    sizes = np.diff(incidence.indptr).astype(np.int64)
    one, other = pairs
    possible = _reaches(sizes, pairs, np.minimum(sizes[one], sizes[other]), threshold)
    one, other = one[possible], other[possible]
    cuts = _cuts(sizes[one] + sizes[other])
    shared = [
        np.asarray(incidence[a].multiply(incidence[b]).sum(axis=1)).ravel()
        for a, b in zip(np.split(one, cuts), np.split(other, cuts), strict=True)
    ]
    alike = _reaches(sizes, (one, other), np.concatenate(shared), threshold)
    return one[alike], other[alike]


def _reaches(sizes: Integers, pairs: Pairs, shared: Integers, threshold: float) -> npt.NDArray[np.bool_]:
    """Return which pairs of sets have a Jaccard index of at least the threshold."""
    # A quotient is rounded once, so 3 of 5 is the 0.6 that was asked for; a product might not be.
    return np.asarray(shared / (sizes[pairs[0]] + sizes[pairs[1]] - shared) >= threshold)


def _joined(labels: Integers, pairs: Pairs) -> Integers:
    """Return the labels, numbers below their count, after the groups of each pair are made one."""
    links = csr_matrix((np.ones(len(pairs[0])), (labels[pairs[0]], labels[pairs[1]])), shape=(len(labels),) * 2)
    joined: Integers = connected_components(links, directed=False)[1].astype(np.int64)
    return joined[labels]
