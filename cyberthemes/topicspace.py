"""Learned topics at work: `TopicSpace` weighs texts by them, and is what is saved.

`cyberthemes.topics.TopicModel` learns one. Every change gives a new space.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from cyberthemes.chance import chance_levels, explained_share, is_explained
from cyberthemes.collection import Collection
from cyberthemes.errors import InputError
from cyberthemes.nmf import solve_weights, update_components
from cyberthemes.storage import StoredFolder
from cyberthemes.taxonomy import Taxonomy
from cyberthemes.terms import TermIndex
from cyberthemes.topicrecords import Topic, typical_texts
from cyberthemes.wording import N_CHOSEN, label_from_terms, matching_theme, order_terms

__all__ = ["ANCHOR_STRENGTH", "TopicSpace", "learn_space"]

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]
ANCHOR_STRENGTH: Final = 1.0  # a seeded topic's words weigh as much as the texts that it explains
_TERMS_IN_RECORD: Final = 20
_LARGEST: Final = 1e15  # no collection has so many texts


@dataclass(frozen=True, eq=False, repr=False)
class TopicSpace:
    """Topics as directions among the terms of an index.

    Attributes
    ----------
    index : TermIndex
    components : ndarray of float32, shape (n_topics, n_terms)
        Term weights, each row of Euclidean length 1.
    gram, cross : ndarray of float64 and float32, shapes (n_topics, n_topics) and (n_topics, n_terms)
        What learning on needs of all texts seen: ``W.T @ W`` and ``W.T @ X``, with the pull of the anchors.
    chance : ndarray of float64, shape (n_levels,)
        See `cyberthemes.chance.chance_levels`.
    anchors : mapping of str to ndarray of float32, shape (n_terms,)
        Where seeded topics are held, by topic id.
    names : mapping of str to str
        Labels that were given, by topic id.
    topics : tuple of Topic
        Records of a collection, in column order.
    first_terms : tuple of ndarray of int64
        The terms that each topic shows first.
    unexplained : float
        The share of the collection's texts that no topic explains.
    """

    index: TermIndex
    components: Singles
    gram: Floats
    cross: Singles
    chance: Floats
    anchors: Mapping[str, Singles] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    topics: tuple[Topic, ...] = ()
    first_terms: tuple[Integers, ...] = ()
    unexplained: float = 0.0

    @property
    def topic_ids(self) -> tuple[str, ...]:
        """The ids of the topics, in column order."""
        return tuple(topic.id for topic in self.topics)

    def columns(self, topic_ids: Sequence[str]) -> list[int]:
        """Return the columns of some topics, each once.

        Raises
        ------
        InputError
            If an id is unknown, or a lone str stands where a list should.
        """
        if isinstance(topic_ids, str):
            raise InputError(f"found the str {topic_ids!r}; expected a list of topic ids")
        columns = {topic_id: column for column, topic_id in enumerate(self.topic_ids)}
        for topic_id in topic_ids:
            if topic_id not in columns:
                raise InputError(f"no topic {topic_id!r}; expected one of {', '.join(columns)}")
        return [columns[topic_id] for topic_id in dict.fromkeys(topic_ids)]

    def rows(self, texts: Sequence[str]) -> csr_matrix:
        """Return the TF-IDF rows of some texts, shape (n_texts, n_terms)."""
        rows = self.index.rows(texts)
        return csr_matrix((rows.data, rows.indices, rows.indptr), shape=(len(rows.indptr) - 1, len(self.index)))

    def weigh(self, X: csr_matrix) -> Floats:
        """Return the topics' weights in some rows, shape (n_texts, n_topics)."""
        return solve_weights(X, self.components)

    def strongest(self, X: csr_matrix, W: Floats) -> Integers:
        """Return each row's strongest topic by column, or -1 where topics explain it no better than chance."""
        H = self.components.astype(np.float64)
        explained = is_explained(explained_share(W, H @ H.T), np.diff(X.indptr), self.chance)
        placed: Integers = np.where(explained & W.any(axis=1), W.argmax(axis=1), -1)
        return placed

    def terms_by_weight(self, column: int) -> Integers:
        """Return the terms that weigh anything in a topic, the heaviest first."""
        row = self.components[column]
        return np.argsort(-row, kind="stable")[: np.count_nonzero(row)]

    def terms_by_support(self, column: int) -> Integers:
        """Return the same terms, those chosen for mutual support first."""
        first, rest = self.first_terms[column], self.terms_by_weight(column)
        return np.concatenate([first, rest[~np.isin(rest, first)]])

    def worded(self, column: int, terms: Integers) -> tuple[tuple[str, float], ...]:
        """Return some terms as they are shown, with their weights in a topic."""
        weights = self.components[column]
        return tuple((self.index.labels[term], float(weights[term])) for term in terms)

    def renamed(self, labels: Mapping[str, str]) -> TopicSpace:
        """Return the space with other labels for some topics."""
        topics = tuple(replace(topic, label=labels.get(topic.id, topic.label)) for topic in self.topics)
        return replace(self, names={**self.names, **labels}, topics=topics)

    def described(
        self, collection: Collection, topic_ids: Sequence[str], taxonomy: Taxonomy | None, W: Floats | None = None
    ) -> TopicSpace:
        """Return the space with records of what its topics are in a collection.

        Parameters
        ----------
        collection : Collection
        topic_ids : sequence of str
            In column order.
        taxonomy : Taxonomy or None
            Whose themes topics are named after.
        W : ndarray of float64, shape (n_texts, n_topics), or None, default None
            The topics' weights, if they are known already.

        Returns
        -------
        TopicSpace
        """
        W = self.weigh(collection.X) if W is None else W
        strongest = self.strongest(collection.X, W)
        first_terms, coherence = order_terms(self.components, self.index.labels, collection.npmi)
        topics: list[Topic] = []
        for column, topic_id in enumerate(topic_ids):
            terms = self.worded(column, first_terms[column][:_TERMS_IN_RECORD])
            label = self.names.get(topic_id) or _label(terms, taxonomy, [topic.label for topic in topics])
            mine = strongest == column
            typical = typical_texts(collection, np.where(mine, W[:, column], 0))
            topics.append(Topic(topic_id, label, terms, float(mine.mean()), float(coherence[column]), typical))
        return replace(
            self,
            topics=tuple(topics),
            first_terms=tuple(first_terms),
            unexplained=float(np.mean(strongest < 0)),
        )

    def learned_on(self, collection: Collection, taxonomy: Taxonomy | None) -> TopicSpace:
        """Return the space moved by further texts, each of which counts like one seen before."""
        W = self.weigh(collection.X)
        gram, cross = self.gram + W.T @ W, self.cross + _products(W, collection.X)
        H = update_components(self.components, gram.astype(np.float32), cross).astype(np.float64)
        lengths = _lengths(H)
        moved = replace(
            self,
            components=(H / lengths).astype(np.float32),
            gram=gram * lengths * lengths.T,
            cross=(cross * lengths).astype(np.float32),
        )
        return moved.described(collection, self.topic_ids, taxonomy)

    def to_stored(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return everything as arrays and as plain values, for storage."""
        first_terms = np.full((len(self.topics), N_CHOSEN), -1, dtype=np.int32)
        for row, terms in zip(first_terms, self.first_terms, strict=True):
            row[: len(terms)] = terms
        anchors = np.array(list(self.anchors.values()), dtype=np.float32).reshape(-1, len(self.index))
        arrays = {
            "components": self.components,
            "idf": self.index.idf,
            "gram": self.gram,
            "cross": self.cross,
            "chance": self.chance,
            "first_terms": first_terms,
            "anchors": anchors,
        }
        return arrays, {
            "vocabulary": self.index.to_dict(),
            "topics": [topic.to_dict() for topic in self.topics],
            "anchored": list(self.anchors),
            "names": dict(self.names),
            "unexplained": self.unexplained,
        }

    @classmethod
    def from_stored(cls, stored: StoredFolder) -> TopicSpace:
        """Return the space of arrays and plain values, as `to_stored` gives them.

        Raises
        ------
        KeyError, TypeError or ValueError
            If they do not fit together.
        """
        arrays, documents = stored.arrays, stored.documents
        index = TermIndex.from_dict(documents["vocabulary"], arrays["idf"])
        topics = tuple(map(Topic.from_dict, documents["topics"]))
        n_topics, n_terms = len(topics), len(index)
        expected = {
            "components": (n_topics, n_terms),
            "gram": (n_topics, n_topics),
            "cross": (n_topics, n_terms),
            "first_terms": (n_topics, N_CHOSEN),
            "anchors": (len(documents["anchored"]), n_terms),
        }
        for name, shape in expected.items():
            if arrays[name].shape != shape or not _is_sound(arrays[name]):
                raise ValueError(f"{name} has shape {arrays[name].shape}, or is not finite; expected {shape}")
        chance = arrays["chance"]
        if chance.ndim != 1 or not len(chance) or not _is_sound(chance):
            raise ValueError(f"chance has shape {chance.shape}, or is not finite")
        if arrays["first_terms"].max(initial=-1) >= n_terms or arrays["components"].min(initial=0) < 0:
            raise ValueError("first_terms or components are out of range")
        if len({topic.id for topic in topics}) < n_topics:
            raise ValueError("a topic's id stands twice")
        return cls(
            index,
            arrays["components"],
            arrays["gram"],
            arrays["cross"],
            arrays["chance"],
            anchors=dict(zip(documents["anchored"], arrays["anchors"], strict=True)),
            names=dict(documents["names"]),
            topics=topics,
            first_terms=tuple(row[row >= 0].astype(np.int64) for row in arrays["first_terms"]),
            unexplained=float(documents["unexplained"]),
        )


def _is_sound(array: npt.NDArray[Any]) -> bool:
    """Return whether all values are numbers whose products are numbers, too."""
    return bool((np.abs(array) <= _LARGEST).all())


def learn_space(
    index: TermIndex,
    components: Mapping[str, npt.ArrayLike],
    collection: Collection,
    *,
    anchors: Mapping[str, Singles],
    names: Mapping[str, str],
    taxonomy: Taxonomy | None,
    random_state: int,
) -> TopicSpace:
    """Return the space of some components, with all that a collection says of them.

    Parameters
    ----------
    index : TermIndex
    components : mapping of str to array-like of shape (n_terms,)
        Term weights by topic id.
    collection : Collection
        The texts they were found in.
    anchors, names : mapping of str
        See `TopicSpace`; those of other topics are left out.
    taxonomy : Taxonomy or None
        Whose themes topics are named after.
    random_state : int
        Seed of the shuffled texts that say what chance explains.

    Returns
    -------
    TopicSpace
    """
    H = np.array(list(components.values()), dtype=np.float64)
    unit = (H / _lengths(H)).astype(np.float32)
    W = solve_weights(collection.X, unit)
    gram, cross = W.T @ W, _products(W, collection.X)
    pull = ANCHOR_STRENGTH * float(np.mean(np.diagonal(gram)))
    for column, topic_id in enumerate(components):
        if topic_id in anchors:
            gram[column, column] += pull
            cross[column] += pull * anchors[topic_id]
    space = TopicSpace(
        index,
        unit,
        gram,
        cross,
        chance_levels(collection.X, index.idf, unit, random_state),
        anchors={topic_id: target for topic_id, target in anchors.items() if topic_id in components},
        names={topic_id: name for topic_id, name in names.items() if topic_id in components},
    )
    return space.described(collection, list(components), taxonomy, W)


def _label(terms: tuple[tuple[str, float], ...], taxonomy: Taxonomy | None, taken: Sequence[str]) -> str:
    described = label_from_terms(terms)
    theme = matching_theme(terms, taxonomy) if taxonomy else None
    if theme is None:
        return described
    return f"{theme.name}: {described}" if any(label.startswith(theme.name) for label in taken) else theme.name


def _products(W: Floats, X: csr_matrix) -> Singles:
    return np.asarray((X.T @ W).T, dtype=np.float32)


def _lengths(H: Floats) -> Floats:
    """Return the lengths of rows as a column, 1 for a row of zeros."""
    lengths = np.linalg.norm(H, axis=1, keepdims=True)
    return np.where(lengths > 0, lengths, 1.0)
