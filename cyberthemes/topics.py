"""Topics: what a collection of texts talks about, found by TF-IDF and non-negative matrix factorisation.

`TopicModel` learns topics and weighs them in any text; `choose_n_topics` says how many there may be;
`load_topics` opens a saved model.
"""

from __future__ import annotations

import copy
import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from itertools import count, islice
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from cyberthemes.collection import (
    TOPIC_STOP_WORDS,
    Collection,
    Vocabulary,
    is_already_split,
    learn_index,
    read_collection,
    strings_of,
)
from cyberthemes.duplicates import near_duplicates
from cyberthemes.errors import InputError, ModelError
from cyberthemes.nmf import Anchors, factorize, leading_singular_vectors, nndsvd, solve_weights
from cyberthemes.phrases import checked_words
from cyberthemes.seeding import Seed, read_seeds, seed_targets
from cyberthemes.storage import open_folder, save_folder
from cyberthemes.taxonomy import Taxonomy
from cyberthemes.terms import TermIndex
from cyberthemes.topiccount import TopicCounts, compare_topic_counts
from cyberthemes.topicrecords import Topic
from cyberthemes.topicspace import ANCHOR_STRENGTH, TopicSpace, learn_space

__all__ = ["TopicModel", "choose_n_topics", "load_topics"]

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Text = str | Sequence[str]
_KIND: Final = "topics"
_TAXONOMY: Final = "\0taxonomy"  # no topic is called so
_log = logging.getLogger(__name__)


class TopicModel(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """Learn the topics of a collection of texts, and how much each text is about each of them.

    Texts are rows of TF-IDF weights, which non-negative matrix factorisation takes apart into topics. Running text
    is read as words in one form, without stop words, and phrases, which are found by counting. Texts that have been
    split and cleaned before, as public benchmarks have, come as lists of tokens or as strings of lower-case words
    between blanks with hardly a stop word; their words are taken as they are.

    Parameters
    ----------
    n_topics : int or "auto", default 20
        How many topics to find, beside those of ``seeds``; "auto" compares numbers by `choose_n_topics`.
    seeds : Taxonomy, mapping of str to sequence of str, or None, default None
        Themes, or lists of words by topic id, that anchor a topic each.
    taxonomy : Taxonomy or None, default None
        Topics whose terms match one of its themes are named after it.
    phrases : sequence of str or None, default None
        Multiword terms; None finds them by counting.
    stop_words : collection of str
        Words in lower case that are dropped; by default function words and words that report speech.
    min_df : int, float or None, default None
        In how many texts a term must stand, see `TermVectorizer`; None is one in a thousand, at least 2 (1 among
        fewer than fifty texts) and at most 10.
    max_df : int or float, default 0.5
        In how many texts it may stand.
    max_features : int or None, default 20_000
        How many terms to keep, those with the most occurrences.
    idf_power : float, default 1.5
        How steeply rare terms count more; 1 is the usual inverse document frequency.
    drop_duplicates : bool, default False
        Whether near-duplicates, such as reprints of a story, count once.
    random_state : int, default 0
        Seed of the random projection with which the factorisation starts.
    n_jobs : int or None, default None
        Processes that read texts; the result does not depend on it.

    Attributes
    ----------
    topics_ : tuple of Topic
        The topics, in column order: those of seeds as given, then the others by weight in the collection.
    components_ : ndarray of float32, shape (n_topics, n_terms)
        Term weights, each row of Euclidean length 1.
    index_ : TermIndex
        The learned vocabulary.
    unexplained_ : float
        The share of texts that no topic explains better than chance; with the topics' shares it makes 1.
    missing_seeds_ : dict of str to tuple of str
        Seed words that are not in the vocabulary, by topic id.
    topic_counts_ : TopicCounts or None
        What "auto" compared.
    reconstruction_err_ : float
        The Frobenius norm of what the topics leave of the TF-IDF matrix.
    n_iter_ : int
        Iterations of the factorisation.

    Examples
    --------
    >>> texts = ["football cup final", "cup football goal"] * 6 + ["chips export controls", "export chips licence"] * 5
    >>> model = TopicModel(n_topics=2).fit(texts)
    >>> model.assign(["football final", "export licence for chips", "quiet street"])
    ['topic-1', 'topic-2', None]
    """

    def __init__(
        self,
        n_topics: int | Literal["auto"] = 20,
        *,
        seeds: Taxonomy | Mapping[str, Sequence[str]] | None = None,
        taxonomy: Taxonomy | None = None,
        phrases: Sequence[str] | None = None,
        stop_words: Iterable[str] = TOPIC_STOP_WORDS,
        min_df: float | None = None,
        max_df: float = 0.5,
        max_features: int | None = 20_000,
        idf_power: float = 1.5,
        drop_duplicates: bool = False,
        random_state: int = 0,
        n_jobs: int | None = None,
    ) -> None:
        self.n_topics = n_topics
        self.seeds = seeds
        self.taxonomy = taxonomy
        self.phrases = phrases
        self.stop_words = stop_words
        self.min_df = min_df
        self.max_df = max_df
        self.max_features = max_features
        self.idf_power = idf_power
        self.drop_duplicates = drop_duplicates
        self.random_state = random_state
        self.n_jobs = n_jobs

    # Learning -----------------------------------------------------------------------------------------------

    def fit(self, texts: Iterable[Text], y: object = None) -> TopicModel:  # noqa: ARG002 (scikit-learn passes y)
        """Learn the topics of some texts; their order changes nothing.

        Parameters
        ----------
        texts : iterable of str or of lists of str
            Units of text, such as paragraphs or articles, or their tokens.
        y : ignored

        Returns
        -------
        self

        Raises
        ------
        InputError
            If a text or a setting cannot be used, or no term is left.
        """
        seeds = read_seeds(self.seeds)
        self._check_settings(seeds)
        index, collection = self._read(texts, seeds)
        targets, self.missing_seeds_ = seed_targets(seeds, index)
        self.topic_counts_: TopicCounts | None = None
        n_free = self.n_topics
        if n_free == "auto":
            _log.info("comparing numbers of topics")
            self.topic_counts_ = compare_topic_counts(collection, index.labels, None, self.random_state)
            n_free = self.topic_counts_.best
        if n_free > collection.X.shape[0]:
            raise InputError(f"{n_free} topics in {collection.X.shape[0]} texts; expected at most one a text")
        _log.info("finding %d topics in %d texts and %d terms", len(seeds) + n_free, *collection.X.shape)
        found = factorize(
            collection.X,
            len(seeds) + n_free,
            start=_start(collection.X, targets, n_free, self.random_state) if seeds else None,
            anchors=Anchors(targets, ANCHOR_STRENGTH) if seeds else None,
            random_state=self.random_state,
        )
        self.reconstruction_err_, self.n_iter_ = found.error, found.n_iter
        ids = _with_new_ids([seed.id for seed in seeds], "topic-", n_free)
        self._take_on(
            learn_space(
                index,
                dict(zip(ids, _by_weight(found.components, found.weights, len(seeds)), strict=True)),
                collection,
                anchors={seed.id: target for seed, target in zip(seeds, targets, strict=True)},
                names={seed.id: seed.label for seed in seeds},
                taxonomy=self.taxonomy,
                random_state=self.random_state,
            ),
            collection,
        )
        return self

    def fit_transform(self, texts: Iterable[Text], y: object = None) -> Floats:  # noqa: ARG002 (scikit-learn passes y)
        """Return the topics' weights in the texts that are learned from: `fit`, then `transform`."""
        strings = strings_of(texts)
        return self.fit(strings).transform(strings)

    def partial_fit(self, texts: Iterable[Text], y: object = None) -> TopicModel:  # noqa: ARG002 (scikit-learn passes y)
        """Learn on from further texts of a stream.

        The first call is `fit`, and its texts set vocabulary and number of topics. Topics then follow all texts seen,
        each counting alike, of which only two products are kept (Mairal and others, 2010); `topics_` describes the
        texts of the latest call, and a model that is edited goes on from these alone.

        Parameters
        ----------
        texts : iterable of str or of lists of str
        y : ignored

        Returns
        -------
        self

        Raises
        ------
        InputError
            If a text cannot be used.
        """
        if not hasattr(self, "space_"):
            return self.fit(texts)
        collection = self._collected(texts)
        self._take_on(self.space_.learned_on(collection, self.taxonomy), collection)
        return self

    def _take_on(self, space: TopicSpace, collection: Collection | None) -> None:
        """Take on learned topics, and the texts that their records describe."""
        self.space_ = space
        self._collection = collection

    def _changed(self, space: TopicSpace, collection: Collection | None) -> TopicModel:
        model = copy.copy(self)
        model._take_on(space, collection)
        return model

    def _check_settings(self, seeds: Sequence[Seed]) -> None:
        fewest = 0 if seeds else 1
        if self.n_topics != "auto" and not (_is_whole(self.n_topics) and self.n_topics >= fewest):
            raise InputError(f"n_topics={self.n_topics!r}; expected a whole number of at least {fewest}, or 'auto'")
        if not _is_whole(self.random_state) or self.random_state < 0:
            raise InputError(f"random_state={self.random_state!r}; expected a whole number of at least 0")
        if self.n_jobs == 0 or not (self.n_jobs is None or _is_whole(self.n_jobs)):
            raise InputError(f"n_jobs={self.n_jobs!r}; expected a whole number that is not 0, or None")
        if not isinstance(self.taxonomy, Taxonomy | None):
            raise InputError(f"taxonomy: found {type(self.taxonomy).__name__}; expected a Taxonomy or None")

    def _read(self, texts: Iterable[Text], seeds: Sequence[Seed]) -> tuple[TermIndex, Collection]:
        """Return the vocabulary of some texts, and the texts in it."""
        texts = list(texts) if isinstance(texts, Iterable) and not isinstance(texts, str) else texts
        strings, positions = self._in_order(texts)
        _log.info("learning the terms of %d texts", len(strings))
        vocabulary = Vocabulary(
            self.phrases, self.stop_words, self.min_df, self.max_df, self.max_features, self.idf_power
        )
        seed_phrases = [word for seed in seeds for word, _ in seed.words]
        index = learn_index(strings, vocabulary, is_already_split(texts), seed_phrases)
        return index, read_collection(index, strings, positions, self.n_jobs)

    def _collected(self, texts: Iterable[Text]) -> Collection:
        check_is_fitted(self, "space_")
        return read_collection(self.space_.index, *self._in_order(texts), self.n_jobs)

    def _in_order(self, texts: Iterable[Text]) -> tuple[list[str], list[int]]:
        """Return texts in one order whatever order they came in, reprints dropped if asked, and where they stood."""
        strings = strings_of(texts)
        if not strings:
            raise InputError("no texts; expected at least one")
        positions = sorted(range(len(strings)), key=strings.__getitem__)
        ordered = [strings[position] for position in positions]
        if not self.drop_duplicates:
            return ordered, positions
        _log.info("looking for near-duplicates among %d texts", len(ordered))
        kept = np.flatnonzero(near_duplicates(ordered) == np.arange(len(ordered)))
        return [ordered[row] for row in kept], [positions[row] for row in kept]

    # What was learned ---------------------------------------------------------------------------------------

    @property
    def topics_(self) -> tuple[Topic, ...]:
        """The topics, in column order."""
        check_is_fitted(self, "space_")
        return self.space_.topics

    @property
    def components_(self) -> Singles:
        """Term weights, shape (n_topics, n_terms), each row of Euclidean length 1."""
        check_is_fitted(self, "space_")
        return self.space_.components

    @property
    def index_(self) -> TermIndex:
        """The learned vocabulary."""
        check_is_fitted(self, "space_")
        return self.space_.index

    @property
    def unexplained_(self) -> float:
        """The share of texts that no topic explains better than chance."""
        check_is_fitted(self, "space_")
        return self.space_.unexplained

    # Using --------------------------------------------------------------------------------------------------

    def transform(self, texts: Iterable[Text]) -> Floats:
        """Return how much each text is about each topic; a text's weights do not depend on the others.

        Parameters
        ----------
        texts : iterable of str or of lists of str

        Returns
        -------
        ndarray of float64, shape (n_texts, n_topics)
            Not negative: the weights with which topics add up nearest to the text's TF-IDF weights.

        Raises
        ------
        NotFittedError
            If nothing has been learned.
        InputError
            If a text cannot be used.
        """
        check_is_fitted(self, "space_")
        return self.space_.weigh(self.space_.rows(strings_of(texts)))

    def assign(self, texts: Iterable[Text]) -> list[str | None]:
        """Return the id of each text's strongest topic; None if topics explain it no better than chance.

        Parameters
        ----------
        texts : iterable of str or of lists of str

        Returns
        -------
        list of str or None

        Raises
        ------
        InputError
            If a text cannot be used.
        """
        check_is_fitted(self, "space_")
        X = self.space_.rows(strings_of(texts))
        ids = self.space_.topic_ids
        return [ids[column] if column >= 0 else None for column in self.space_.strongest(X, self.space_.weigh(X))]

    def top_terms(self, n: int = 10, by: Literal["support", "weight"] = "support") -> list[list[tuple[str, float]]]:
        """Return each topic's first terms with their weights.

        Parameters
        ----------
        n : int, default 10
            How many; a shorter list is the start of a longer one.
        by : {"support", "weight"}, default "support"
            "support" chooses terms for their weight and for how far they stand together, each in the topic where it
            weighs most; "weight" goes by weight alone.

        Returns
        -------
        list of list of tuple of str, float
        """
        check_is_fitted(self, "space_")
        if not _is_whole(n) or n < 0 or by not in ("support", "weight"):
            raise InputError(f"n={n!r}, by={by!r}; expected a whole number of at least 0, and 'support' or 'weight'")
        order = self.space_.terms_by_support if by == "support" else self.space_.terms_by_weight
        return [list(self.space_.worded(column, order(column)[:n])) for column in range(len(self.topics_))]

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:  # noqa: ARG002 (scikit-learn passes it)
        """Return the topics' ids, in column order."""
        check_is_fitted(self, "space_")
        return np.array(self.space_.topic_ids, dtype=object)

    def describe(self, texts: Iterable[Text]) -> TopicModel:
        """Return a model of the same topics whose `topics_` describe other texts: shares, coherence, typical texts.

        Parameters
        ----------
        texts : iterable of str or of lists of str

        Returns
        -------
        TopicModel
        """
        collection = self._collected(texts)
        space = self.space_.described(collection, self.space_.topic_ids, self.taxonomy)
        return self._changed(space, collection)

    def prepare_topic_data(self, corpus: Iterable[Text]) -> dict[str, Any]:
        """Return what topicwizard asks of a model: ``topicwizard.visualize(corpus, model=model)`` calls this.

        Parameters
        ----------
        corpus : iterable of str or of lists of str
            The texts to show.

        Returns
        -------
        dict of str to object
            topicwizard's ``TopicData``.
        """
        check_is_fitted(self, "space_")
        texts = strings_of(corpus)
        X = self.space_.rows(texts)
        return {
            "corpus": texts,
            "vocab": np.array(self.space_.index.labels),
            "document_term_matrix": X,
            "document_topic_matrix": self.space_.weigh(X),
            "topic_term_matrix": self.components_,
            "document_representation": X,
            "transform": self.transform,
            "topic_names": [topic.label for topic in self.topics_],
        }

    # Editing ------------------------------------------------------------------------------------------------

    def rename(self, labels: Mapping[str, str]) -> TopicModel:
        """Return a model whose topics have other labels.

        Parameters
        ----------
        labels : mapping of str to str
            New labels by topic id.

        Returns
        -------
        TopicModel

        Raises
        ------
        InputError
            If an id is unknown.
        """
        check_is_fitted(self, "space_")
        self.space_.columns(list(labels))
        for topic_id, label in labels.items():
            if not isinstance(label, str) or not label.strip():
                raise InputError(f"label of {topic_id!r}: {label!r}; expected a str that is not blank")
        return self._changed(self.space_.renamed(labels), self._collection)

    def drop(self, topic_ids: Sequence[str]) -> TopicModel:
        """Return a model without some topics; their texts go to the topics that are left, or to none.

        Parameters
        ----------
        topic_ids : sequence of str

        Returns
        -------
        TopicModel

        Raises
        ------
        InputError
            If an id is unknown, no topic would be left, or the model holds no texts.
        """
        check_is_fitted(self, "space_")
        gone = set(self.space_.columns(topic_ids))
        kept = [column for column in range(len(self.topics_)) if column not in gone]
        return self._edited({self.topics_[column].id: self.components_[column] for column in kept})

    def merge(self, topic_ids: Sequence[str]) -> TopicModel:
        """Return a model in which some topics are one, which has the id and the place of the first that is named.

        The one topic is the mean of the others by their weight in the texts. It explains single texts less well than
        they did, so that some may go to other topics, or to none.

        Parameters
        ----------
        topic_ids : sequence of str
            Two or more.

        Returns
        -------
        TopicModel

        Raises
        ------
        InputError
            If an id is unknown, there are fewer than two, or the model holds no texts.
        """
        check_is_fitted(self, "space_")
        columns = self.space_.columns(topic_ids)
        if len(columns) < 2:
            raise InputError(f"merge: found {list(topic_ids)}; expected at least two topics")
        weights = self.space_.weigh(self._texts().X).sum(axis=0)
        merged = (weights[columns, None] * self.components_[columns]).sum(axis=0)
        first, *others = columns
        return self._edited(
            {
                topic.id: merged if column == first else self.components_[column]
                for column, topic in enumerate(self.topics_)
                if column not in others
            }
        )

    def split(self, topic_id: str, n_topics: int = 2) -> TopicModel:
        """Return a model in which a topic is parted into several, found in its own texts.

        Parameters
        ----------
        topic_id : str
        n_topics : int, default 2
            Into how many; their ids are the topic's with ``.1``, ``.2`` and so on.

        Returns
        -------
        TopicModel

        Raises
        ------
        InputError
            If the id is unknown, the topic has fewer texts than parts, or the model holds no texts.
        """
        check_is_fitted(self, "space_")
        (column,) = self.space_.columns([topic_id])
        X = self._texts().X
        own = X[np.flatnonzero(self.space_.strongest(X, self.space_.weigh(X)) == column)]
        if not _is_whole(n_topics) or not 2 <= n_topics <= own.shape[0]:
            raise InputError(
                f"split: n_topics={n_topics!r}; expected a whole number from 2 to the topic's {own.shape[0]} texts"
            )
        found = factorize(own, n_topics, random_state=self.random_state)
        parts = _by_weight(found.components, found.weights, 0)
        ids = self.space_.topic_ids
        part_ids = _with_new_ids(list(ids), f"{topic_id}.", n_topics)[len(ids) :]
        rows = list(zip(ids, self.components_, strict=True))
        rows[column : column + 1] = zip(part_ids, parts, strict=True)
        return self._edited(dict(rows))

    def _texts(self) -> Collection:
        if self._collection is None:
            raise InputError("a loaded model holds no texts; call describe(texts) and edit the model that it returns")
        return self._collection

    def _edited(self, components: Mapping[str, Singles]) -> TopicModel:
        if not components:
            raise InputError("no topic would be left; expected at least one")
        collection = self._texts()
        space = learn_space(
            self.space_.index,
            components,
            collection,
            anchors=self.space_.anchors,
            names=self.space_.names,
            taxonomy=self.taxonomy,
            random_state=self.random_state,
        )
        return self._changed(space, collection)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        return tags

    # Saving -------------------------------------------------------------------------------------------------

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the model as a folder, whole or not at all, and return its path; of the texts, only typical ones.

        Parameters
        ----------
        path : path-like

        Returns
        -------
        Path

        Raises
        ------
        ModelError
            If the folder cannot be written.
        """
        check_is_fitted(self, "space_")
        parameters = self.get_params(deep=False)
        parameters = {
            name: value.item() if isinstance(value, np.generic) else value for name, value in parameters.items()
        }
        parameters["stop_words"] = sorted(self.stop_words)
        parameters["phrases"] = None if self.phrases is None else list(self.phrases)
        for name in ("seeds", "taxonomy"):
            if isinstance(given := parameters[name], Taxonomy):
                parameters[name] = {_TAXONOMY: given.to_dict()}
        arrays, documents = self.space_.to_stored()
        fitted = {"error": self.reconstruction_err_, "n_iter": self.n_iter_, "missing_seeds": self.missing_seeds_}
        documents |= {"parameters": parameters, "fitted": fitted}
        return save_folder(path, kind=_KIND, settings={}, arrays=arrays, documents=documents)


def load_topics(path: str | os.PathLike[str]) -> TopicModel:
    """Return a saved topic model.

    Parameters
    ----------
    path : path-like
        A folder that `TopicModel.save` wrote.

    Returns
    -------
    TopicModel
        It transforms as before; to merge, drop or split its topics, give it texts with `TopicModel.describe`.

    Raises
    ------
    ModelError
        If the folder is missing, damaged, or not a topic model.
    """
    stored = open_folder(path, kind=_KIND)
    try:
        parameters = dict(stored.documents["parameters"])
        for name in ("seeds", "taxonomy"):
            if _TAXONOMY in (parameters[name] or ()):
                parameters[name] = Taxonomy.from_dict(parameters[name][_TAXONOMY], f"{path}: {name}")
        model = TopicModel(**parameters | {"n_jobs": None})  # how many processes to start is not for a file to say
        fitted = stored.documents["fitted"]
        model.reconstruction_err_, model.n_iter_, model.topic_counts_ = fitted["error"], fitted["n_iter"], None
        model.missing_seeds_ = {topic_id: tuple(words) for topic_id, words in fitted["missing_seeds"].items()}
        model._check_settings(read_seeds(model.seeds))
        checked_words("phrases", model.phrases or ())
        checked_words("stop_words", model.stop_words)
        model._take_on(TopicSpace.from_stored(stored), None)
    except (AttributeError, KeyError, OverflowError, RecursionError, TypeError, ValueError) as error:
        raise ModelError(f"{path}: its content does not make a topic model ({error}); save or copy it again") from error
    return model


def choose_n_topics(
    texts: Iterable[Text], candidates: Iterable[int] | None = None, model: TopicModel | None = None
) -> TopicCounts:
    """Return how good different numbers of topics are for some texts, and which is best.

    Parameters
    ----------
    texts : iterable of str or of lists of str
    candidates : iterable of int or None, default None
        Numbers to compare, such as ``range(5, 31, 5)``; None takes 5 to 50, as far as the texts allow.
    model : TopicModel or None, default None
        Whose settings to read texts with; its number of topics and seeds are left aside.

    Returns
    -------
    TopicCounts
        A table as `str`, plain data as ``to_dict()``, and ``best``.

    Raises
    ------
    InputError
        If a text, a setting or a candidate cannot be used.
    """
    reader = model or TopicModel()
    reader._check_settings(())
    index, collection = reader._read(texts, ())
    return compare_topic_counts(collection, index.labels, candidates, reader.random_state)


def _start(X: csr_matrix, targets: Singles, n_free: int, random_state: int) -> tuple[Singles, Singles]:
    """Return where the factorisation starts: at the seeds' words, and from the singular vectors."""
    X = csr_matrix(X, dtype=np.float32)
    _, H = nndsvd(X, n_free, leading_singular_vectors(X, n_free, random_state))
    H = np.concatenate([targets, H])
    return np.ascontiguousarray(solve_weights(X, H).T.astype(np.float32)), H


def _by_weight(components: Singles, weights: Singles, n_first: int) -> Singles:
    """Return components, all but the first few sorted by their weight in all rows, the largest first."""
    totals = weights.astype(np.float64).sum(axis=0) * np.linalg.norm(components, axis=1)
    totals[:n_first] = np.inf
    return components[np.argsort(-totals, kind="stable")]


def _with_new_ids(ids: list[str], prefix: str, n_new: int) -> list[str]:
    """Return ids with numbered ones added, none of which is taken."""
    free = (f"{prefix}{number}" for number in count(1) if f"{prefix}{number}" not in ids)
    return [*ids, *islice(free, n_new)]


def _is_whole(value: object) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)
