"""`TopicSpace`: what a topic model keeps of its texts, and what `TopicModel` does not show of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import FrozenInstanceError, replace
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from cyberthemes import InputError, Taxonomy, Term, Theme
from cyberthemes.collection import Collection, Vocabulary, learn_index, read_collection
from cyberthemes.nmf import update_components
from cyberthemes.storage import StoredFolder
from cyberthemes.topicspace import ANCHOR_STRENGTH, TopicSpace, learn_space

TEXTS = ["bread oven", "oven flour bread", "moon orbit", "orbit moon rocket", "moon rocket", "flour bread"]
FURTHER = ["flour moon", "rocket rocket orbit", "zzz"]


def collected(texts: list[str], space: TopicSpace | None = None) -> Collection:
    index = learn_index(texts, Vocabulary(), already_split=True) if space is None else space.index
    return read_collection(index, texts, range(len(texts)))


def learn(
    components: Mapping[str, Any] | None = None,
    *,
    anchors: Mapping[str, Any] | None = None,
    names: Mapping[str, str] | None = None,
    taxonomy: Taxonomy | None = None,
    random_state: int = 0,
) -> TopicSpace:
    index = learn_index(TEXTS, Vocabulary(), already_split=True)
    assert index.labels == ("bread", "flour", "moon", "orbit", "oven", "rocket")
    components = components or {"baking": [3, 2, 0, 0, 2, 0], "space": [0, 0, 2, 1, 0, 2]}
    return learn_space(
        index,
        components,
        collected(TEXTS),
        anchors=anchors or {},
        names=names or {},
        taxonomy=taxonomy,
        random_state=random_state,
    )


def test_components_become_directions() -> None:
    space = learn()
    assert space.components == pytest.approx(np.array([[3, 2, 0, 0, 2, 0], [0, 0, 2, 1, 0, 2]]) / [[17**0.5], [3]])
    assert space.components.dtype == np.float32
    scaled = learn({"baking": [6, 4, 0, 0, 4, 0], "space": [0, 0, 1, 0.5, 0, 1]})
    assert np.array_equal(scaled.components, space.components)


def test_a_component_of_zeros_stays_one() -> None:
    space = learn({"baking": [3, 2, 0, 0, 2, 0], "nothing": np.zeros(6)})
    assert not space.components[1].any()
    assert np.isfinite(space.gram).all()
    record = space.topics[1]
    assert (record.share, record.terms, record.label, record.coherence, record.typical) == (0.0, (), "", 0.0, ())
    assert space.terms_by_weight(1).tolist() == space.terms_by_support(1).tolist() == []
    assert space.learned_on(collected(FURTHER, space), None).topic_ids == ("baking", "nothing")


def test_rows_are_those_of_the_index() -> None:
    space = learn()
    X = space.rows(TEXTS)
    assert isinstance(X, csr_matrix)
    assert np.array_equal(X.toarray(), collected(TEXTS).X.toarray())
    assert space.rows([]).shape == (0, 6)


def test_columns_are_those_of_the_ids_each_once() -> None:
    space = learn()
    assert space.columns(["space", "baking", "space"]) == [1, 0]
    assert space.columns([]) == []
    with pytest.raises(InputError, match="no topic 'sport'; expected one of baking, space"):
        space.columns(["baking", "sport"])
    with pytest.raises(InputError, match="'space'; expected a list"):
        space.columns("space")


def test_the_strongest_topic_is_the_heaviest_of_those_above_chance() -> None:
    space = replace(learn(), chance=np.array([0.5]))
    X = space.rows(["bread oven flour", "moon rocket", "zzz"])
    assert space.strongest(X, space.weigh(X)).tolist() == [0, 1, -1]
    # What is explained must be more than chance would explain.
    assert replace(space, chance=np.array([1.0])).strongest(X, space.weigh(X)).tolist() == [-1, -1, -1]
    # Nothing is explained by weights of 0, even where chance explains less than nothing.
    assert replace(space, chance=np.array([-1.0])).strongest(X, np.zeros((3, 2))).tolist() == [-1, -1, -1]
    assert space.strongest(X, np.array([[0.5, 0.9], [0.9, 0.1], [0.0, 0.0]])).tolist() == [1, 0, -1]


def test_terms_come_by_weight_with_ties_in_column_order() -> None:
    space = learn()
    assert space.terms_by_weight(0).tolist() == [0, 1, 4]
    assert space.terms_by_weight(1).tolist() == [2, 5, 3]
    worded = space.worded(1, space.terms_by_weight(1)[:2])
    assert [term for term, _ in worded] == ["moon", "rocket"]
    assert [weight for _, weight in worded] == pytest.approx([2 / 3, 2 / 3])
    chosen = replace(space, first_terms=(np.array([4]), np.array([3, 2])))
    assert chosen.terms_by_support(0).tolist() == [4, 0, 1]
    assert chosen.terms_by_support(1).tolist() == [3, 2, 5]


def test_chance_is_that_of_texts_shuffled_by_the_seed() -> None:
    one, again, *others = (learn(random_state=seed).chance.tolist() for seed in (0, 0, 1, 2, 3))
    assert one == again
    assert any(other != one for other in others)


# What learning on needs -----------------------------------------------------------------------------------


def test_keeps_two_products_of_all_texts() -> None:
    space, X = learn(), collected(TEXTS).X
    W = space.weigh(X)
    assert space.gram == pytest.approx(W.T @ W)
    assert space.cross == pytest.approx(W.T @ X.toarray(), rel=1e-6)


def test_anchors_pull_as_much_as_the_texts_of_a_topic() -> None:
    target = np.array([0, 0, 0, 0, 1, 0], dtype=np.float32)
    free, held = learn(), learn(anchors={"baking": target, "gone": target}, names={"baking": "Baking", "gone": "Gone"})
    pull = ANCHOR_STRENGTH * np.diagonal(free.gram).mean()
    assert held.gram - free.gram == pytest.approx(np.diag([pull, 0]))
    assert held.cross - free.cross == pytest.approx(np.outer([pull, 0], target), abs=1e-6)
    assert list(held.anchors) == ["baking"]
    assert held.names == {"baking": "Baking"}
    column = held.index.labels.index("oven")
    moved = [space.learned_on(collected(TEXTS, space), None).components[0, column] for space in (free, held)]
    assert moved[1] > moved[0]


def test_learning_on_adds_to_the_products_and_follows_them() -> None:
    space = learn()
    collection = collected(FURTHER, space)
    moved = space.learned_on(collection, None)
    W = space.weigh(collection.X)
    gram, cross = space.gram + W.T @ W, space.cross + W.T @ collection.X.toarray()
    H = update_components(space.components, gram.astype(np.float32), cross.astype(np.float32)).astype(np.float64)
    lengths = np.linalg.norm(H, axis=1)
    assert moved.components == pytest.approx(H / lengths[:, None], abs=1e-6)
    # What a topic gains in length its weights lose, so that the products keep asking for the same.
    assert moved.gram == pytest.approx(gram * np.outer(lengths, lengths))
    assert moved.cross == pytest.approx(cross * lengths[:, None], rel=1e-5)
    again = update_components(moved.components, moved.gram.astype(np.float32), moved.cross)
    assert again == pytest.approx(moved.components, abs=1e-2)
    assert moved.topic_ids == space.topic_ids
    assert moved.unexplained >= 1 / 3


# Records --------------------------------------------------------------------------------------------------


def test_typical_texts_are_texts_of_the_topic() -> None:
    space = replace(learn(), chance=np.array([0.0]))
    W = np.array([[0.9, 0.8], [0.7, 0], [0, 0.5], [0, 0.4], [0, 0], [0.6, 0]])
    baking, rockets = space.described(collected(TEXTS), space.topic_ids, None, W).topics
    assert [text.text for text in baking.typical] == [TEXTS[0], TEXTS[1], TEXTS[5]]
    assert [text.weight for text in rockets.typical] == [0.5, 0.4]
    assert (baking.share, rockets.share) == (3 / 6, 2 / 6)


def test_given_names_go_before_found_ones() -> None:
    taxonomy = Taxonomy("t", "1", themes=(Theme("b", "Bakery", terms=tuple(map(Term, ("bread", "oven", "flour")))),))
    assert learn(taxonomy=taxonomy).topics[0].label == "Bakery"
    named = learn(taxonomy=taxonomy, names={"baking": "Bread"})
    assert named.topics[0].label == "Bread"
    renamed = named.renamed({"baking": "Rye"}).described(collected(FURTHER, named), named.topic_ids, taxonomy)
    assert renamed.topics[0].label == "Rye"
    assert named.names == {"baking": "Bread"}


def test_of_two_topics_of_one_theme_the_second_is_told_apart_by_its_terms() -> None:
    theme = Theme("all", "All", terms=tuple(map(Term, ("bread", "oven", "flour", "moon", "orbit", "rocket"))))
    first, second = learn(taxonomy=Taxonomy("t", "1", themes=(theme,))).topics
    assert first.label == "All"
    assert second.label == "All: " + ", ".join(term for term, _ in second.terms[:3])


def test_a_space_cannot_be_changed() -> None:
    space = learn()
    with pytest.raises(FrozenInstanceError):
        space.unexplained = 0.0  # type: ignore[misc]
    before = space.components.copy(), space.gram.copy(), space.cross.copy(), space.topics
    space.learned_on(collected(FURTHER, space), None)
    space.renamed({"baking": "Bread"})
    space.described(collected(FURTHER, space), space.topic_ids, None)
    assert np.array_equal(space.components, before[0])
    assert np.array_equal(space.gram, before[1])
    assert np.array_equal(space.cross, before[2])
    assert space.topics == before[3]


# Storage --------------------------------------------------------------------------------------------------


def test_what_is_stored_gives_the_space_back() -> None:
    space = learn(anchors={"space": np.eye(6, dtype=np.float32)[2]}, names={"space": "Space"})
    arrays, documents = space.to_stored()
    back = TopicSpace.from_stored(StoredFolder("topics", "", {}, arrays, documents))
    assert back.to_stored()[1] == documents
    for name, array in back.to_stored()[0].items():
        assert np.array_equal(array, arrays[name])
        assert array.dtype == arrays[name].dtype
    assert back.topics == space.topics
    assert [terms.tolist() for terms in back.first_terms] == [terms.tolist() for terms in space.first_terms]
    assert np.array_equal(back.anchors["space"], space.anchors["space"])


@pytest.mark.parametrize("name", ["components", "gram", "cross", "first_terms", "anchors", "chance", "idf"])
def test_refuses_arrays_that_do_not_fit_together(name: str) -> None:
    arrays, documents = learn(anchors={"space": np.eye(6, dtype=np.float32)[2]}).to_stored()
    broken = [arrays[name][:0]]
    if name not in ("chance", "first_terms"):
        broken.append(np.full_like(arrays[name], np.nan))
    if arrays[name].ndim == 2:
        broken.append(arrays[name][:, 1:])
    for array in broken:
        with pytest.raises(ValueError):
            TopicSpace.from_stored(StoredFolder("topics", "", {}, {**arrays, name: array}, documents))
    del arrays[name]
    with pytest.raises(KeyError):
        TopicSpace.from_stored(StoredFolder("topics", "", {}, arrays, documents))
