"""How topics are put into words: the order of terms, labels and themes, by examples worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cyberthemes import Tagger, Taxonomy, Term, Theme
from cyberthemes.wording import label_from_terms, matching_theme, order_terms, without_pieces

Floats = npt.NDArray[np.float64]
Columns = npt.NDArray[np.int64]
whole = st.integers(0, 6).map(float)
weights = arrays(np.float64, st.tuples(st.integers(0, 3), st.integers(0, 8)), elements=whole)


def support(pairs: dict[tuple[int, int], float] | None = None, n_terms: int = 70) -> Callable[[Columns], Floats]:
    """Return the NPMI of some columns: that of the pairs, and 0."""
    matrix = np.zeros((n_terms, n_terms))
    for (a, b), value in (pairs or {}).items():
        matrix[a, b] = matrix[b, a] = value
    return lambda columns: matrix[np.ix_(columns, columns)]


def random_support(columns: Columns) -> Floats:
    matrix = np.random.default_rng(0).uniform(-1, 1, (70, 70))
    return (matrix + matrix.T)[np.ix_(columns, columns)] / 2


def name_terms(n_terms: int) -> list[str]:
    """Return words of which none is a piece of another."""
    return [f"word{number}x" for number in range(n_terms)]


def put_in_order(
    components: Any, npmi_of: Callable[[Columns], Floats], labels: list[str] | None = None
) -> tuple[list[list[int]], list[float]]:
    orders, coherence = order_terms(components, labels or name_terms(np.shape(components)[1]), npmi_of)
    assert all(order.dtype == np.int64 for order in orders)
    return [order.tolist() for order in orders], coherence.tolist()


def order(row: list[float], pairs: dict[tuple[int, int], float] | None = None) -> list[int]:
    return put_in_order([row], support(pairs))[0][0]


# The order of terms ---------------------------------------------------------------------------------------


def test_without_mutual_support_the_heaviest_come_first() -> None:
    assert order([1, 4, 2, 3]) == [1, 3, 2, 0]


def test_leaves_out_what_weighs_nothing() -> None:
    assert order([0, 4, 0, 3]) == [1, 3]


def test_of_equal_terms_the_first_column_comes_first() -> None:
    assert order([2, 3, 3, 2]) == [1, 2, 0, 3]


@pytest.mark.parametrize(("npmi", "expected"), [(0.16, [0, 1, 2]), (0.17, [0, 2, 1])])
def test_weight_counts_two_fifths_and_mutual_support_three(npmi: float, expected: list[int]) -> None:
    # After term 0, term 1 has 0.4 * 3/4 = 0.3 and term 2 has 0.4 * 2/4 + 0.6 * npmi: 0.296, or 0.302.
    assert order([4, 3, 2], {(0, 2): npmi}) == expected


@pytest.mark.parametrize(("npmi", "expected"), [(0.32, [0, 1, 2, 3]), (0.34, [0, 1, 3, 2])])
def test_support_is_the_mean_over_the_terms_before(npmi: float, expected: list[int]) -> None:
    # After 0 and 1, term 2 has 0.4 * 6/8 = 0.3 and term 3 has 0.4 * 4/8 + 0.6 * npmi / 2: 0.296, or 0.302.
    assert order([8, 7.9, 6, 4], {(1, 3): npmi}) == expected


def test_a_term_that_avoids_the_others_comes_last() -> None:
    assert order([4, 3, 1], {(0, 1): -0.9}) == [0, 2, 1]


def test_each_is_chosen_among_twenty() -> None:
    row = [100 - 0.01 * column for column in range(25)]
    assert order(row, {(0, 20): 1.0})[:2] == [0, 20]
    assert order(row, {(0, 21): 1.0})[:3] == [0, 1, 21]


def test_thirty_are_chosen_at_most_from_the_fifty_that_weigh_most() -> None:
    asked: list[list[int]] = []

    def npmi_of(columns: Columns) -> Floats:
        asked.append(columns.tolist())
        return random_support(columns)

    orders, _ = put_in_order([[float(column + 1) for column in range(60)]], npmi_of)
    assert len(orders[0]) == len(set(orders[0])) == 30
    assert asked == [list(range(10, 60))]


def test_coherence_is_the_mean_npmi_of_the_first_ten() -> None:
    # Terms 0 and 1 make one pair of 45; what stands eleventh does not count.
    _, coherence = put_in_order([[30.0 - column for column in range(12)]], support({(0, 1): 0.45, (10, 11): 1.0}))
    assert coherence == pytest.approx([0.01], abs=1e-12)
    assert put_in_order([[2.0, 1.0]], support({(0, 1): 0.5}))[1] == [0.5]
    assert put_in_order([[2.0, 0.0]], support())[1] == [0.0]


def test_topics_do_not_mix() -> None:
    orders, coherence = put_in_order([[2, 1, 0, 0], [0, 0, 1, 2]], support({(0, 1): 0.5, (2, 3): 0.25}))
    assert orders == [[0, 1], [3, 2]]
    assert coherence == [0.5, 0.25]


def crossed(n_own: int) -> list[list[float]]:
    """Return a topic whose heaviest term, 0, weighs more in another, and of whose other terms n_own are its own."""
    return [[5.0, *[1.0] * n_own, 0.0], [100.0, *[0.0] * n_own, 10.0]]


@pytest.mark.parametrize("n_own", [3, 25, 50])
def test_a_term_is_shown_where_it_weighs_most(n_own: int) -> None:
    orders, _ = put_in_order(crossed(n_own), support())
    assert orders[0][:n_own] == list(range(1, min(n_own, 30) + 1))
    assert orders[1][0] == 0


def test_terms_of_another_topic_follow_by_the_same_rule() -> None:
    assert put_in_order([[1, 5, 0], [0, 100, 0]], support())[0] == [[0, 1], [1]]
    foreign = [1 - 0.001 * column for column in range(25)]
    components = [[0.1, *foreign], [0.0, *(1_000 * weight for weight in foreign)]]
    assert put_in_order(components, support({(1, 21): 1.0}))[0][0][:3] == [0, 1, 21]
    assert put_in_order(components, support({(1, 22): 1.0}))[0][0][:4] == [0, 1, 2, 22]


def test_where_a_term_weighs_most_is_a_matter_of_its_share_in_the_topic() -> None:
    small = [[0.01, 0.001, *[0.0] * 50], [5.0, 0.0, *[1.0] * 50]]
    orders, _ = put_in_order(small, support())
    assert orders[0] == [0, 1]
    assert 0 not in orders[1]


@given(weights, st.lists(st.sampled_from([0.25, 1.0, 4.0, 1024.0]), min_size=3, max_size=3))
@settings(max_examples=25)
def test_how_heavy_a_topic_is_changes_nothing(components: Floats, scales: list[float]) -> None:
    scaled = components * np.array(scales)[: len(components), np.newaxis]
    assert put_in_order(scaled, random_support) == put_in_order(components, random_support)


@given(weights)
@settings(max_examples=25)
def test_every_term_that_weighs_anything_is_shown_once(components: Floats) -> None:
    orders, coherence = put_in_order(components, random_support)
    assert len(orders) == len(coherence) == len(components)
    for row, columns in zip(components, orders, strict=True):
        assert sorted(columns) == np.flatnonzero(row).tolist()


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (2, 0), (2, 3)])
def test_topics_of_nothing_show_nothing(shape: tuple[int, int]) -> None:
    orders, coherence = put_in_order(np.zeros(shape), support())
    assert orders == [[]] * shape[0]
    assert coherence == [0.0] * shape[0]


@pytest.mark.parametrize(
    ("row", "shown"),
    [
        ([4.0, 3.0, 2.0, 1.0], ["belt and road", "other"]),
        ([1.0, 3.0, 2.0, 0.5], ["road", "belt", "other"]),
        ([1.5, 3.0, 2.0, 0.5], ["belt and road", "other"]),
        ([1.499, 3.0, 2.0, 0.5], ["road", "belt", "other"]),
        ([1.0, 3.0, 0.0, 0.5], ["road", "other"]),
        ([1.0, 0.0, 0.0, 3.0], ["other", "belt and road"]),
    ],
)
def test_a_phrase_stands_for_its_words_if_it_weighs_half_as_much_and_else_they_for_it(
    row: list[float], shown: list[str]
) -> None:
    labels = ["belt and road", "road", "belt", "other"]
    assert [labels[column] for column in put_in_order([row], support(), labels)[0][0]] == shown


@pytest.mark.parametrize(
    ("labels", "shown"),
    [
        (["supply chains", "Chain", "law"], ["supply chains", "law"]),
        (["chains of supply", "supply chain", "law"], ["chains of supply", "law"]),
        (["supply chain", "law chain", "law"], ["supply chain", "law chain"]),
        (["data flow law", "data flow", "data"], ["data flow law"]),
        (["law", "Laws", "LAW net"], ["LAW net"]),
        (["law", "lawyer", "lawless"], ["law", "lawyer", "lawless"]),
    ],
)
def test_a_piece_of_a_phrase_has_all_its_words_in_it_in_any_form(labels: list[str], shown: list[str]) -> None:
    assert [labels[column] for column in put_in_order([[1.2, 1.1, 1.0]], support(), labels)[0][0]] == shown


def test_what_stays_beside_its_pieces_stays_in_order() -> None:
    labels, row = ["law", "data flow", "flow", "net", "no part"], np.array([3.0, 1.0, 2.0, 5.0, 9.0])
    kept = without_pieces(np.array([3, 2, 0, 1]), row, labels)
    assert kept.dtype == np.int64
    assert kept.tolist() == [3, 0, 1]
    assert without_pieces(np.empty(0, dtype=np.int64), row, labels).tolist() == []


def test_a_phrase_that_gives_way_to_a_word_leaves_the_others_alone() -> None:
    # "data flow law" is too light beside "data flow", which is heavy enough beside "data".
    labels = ["data flow law", "data flow", "data", "law"]
    assert put_in_order([[1.0, 5.0, 9.0, 0.5]], support(), labels)[0] == [[1, 3]]


# Labels ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("terms", "label"),
    [
        ([], ""),
        ([("law", 0.5)], "law"),
        ([("a", 0.1), ("b", 0.4), ("c", 0.2), ("d", 0.3)], "a, b, c"),
        ([("balloon", 0.5), ("spy balloon", 0.4), ("Pentagon", 0.3)], "spy balloon, Pentagon"),
        ([("law", 1.0), ("data flow", 0.35), ("net", 0.2)], "data flow, law, net"),
        ([("law", 1.0), ("data flow", 0.34), ("net", 0.2)], "law, data flow, net"),
        ([("law", 1.0), ("a", 1.0), ("b", 1.0), ("data flow", 0.34)], "law, a, b"),
        ([("law", 0.1), ("net", 1.0), ("data flow", 0.34)], "law, net, data flow"),
        ([("a b", 0.9), ("c d", 1.0), ("e f", 0.8)], "a b, c d, e f"),
        ([("Data law", 1.0), ("data", 0.9), ("LAW", 0.8), ("law flow", 0.7), ("net", 0.1)], "Data law, net"),
        ([("law", 0.0), ("data flow", 0.0)], "data flow, law"),
        ([(str(number), 1.0) for number in range(10)] + [("data flow", 1.0)], "0, 1, 2"),
        ([("a", 0.3), *((str(number), 0.3) for number in range(8)), ("b c", 0.2), ("z", 9.0)], "b c, a, 0"),
    ],
)
def test_a_label_is_a_phrase_if_one_weighs_enough_then_the_first_terms(
    terms: list[tuple[str, float]], label: str
) -> None:
    assert label_from_terms(terms) == label


@given(st.lists(st.tuples(st.lists(st.sampled_from("aAbcDİ"), min_size=1, max_size=3).map(" ".join), whole)))
@settings(max_examples=50)
def test_a_label_has_three_terms_at_most_and_each_word_in_one(terms: list[tuple[str, float]]) -> None:
    label = label_from_terms(terms)
    parts = label.split(", ") if label else []
    assert set(parts) <= {term for term, _ in terms[:10]}
    assert bool(parts) == bool(terms)
    assert len(parts) <= 3
    words = [word for part in parts for word in set(part.lower().split())]
    assert len(set(words)) == len(words)


# Themes ---------------------------------------------------------------------------------------------------


@pytest.fixture
def taxonomy() -> Taxonomy:
    return Taxonomy(
        "demo",
        "1",
        themes=(
            Theme("net", "Networks", terms=(Term("5G"), Term("base station", weight=0.5), Term("cable"))),
            Theme("law", "Law", terms=(Term("law"), Term("cable law"), Term("rule", weight=0.25))),
            Theme("guarded", "Guarded", terms=(Term("chip", needs=("export",)), Term("wafer", unless=("bread",)))),
        ),
    )


@pytest.mark.parametrize(
    ("terms", "theme"),
    [
        ([("5G", 0.3), ("football", 0.7)], "net"),
        ([("5G", 0.29), ("football", 0.71)], None),
        ([("base stations", 0.6), ("football", 0.4)], "net"),
        ([("base stations", 0.58), ("football", 0.42)], None),
        ([("5G", 3.0), ("law", 2.0)], "net"),
        ([("5G", 2.9), ("law", 2.0)], None),
        ([("law", 3.0), ("5G", 2.0)], "law"),
        ([("cable law", 1.0)], None),
        ([("cable law", 0.5), ("law", 0.5)], "law"),
        ([("base station 5G", 0.4), ("football", 0.6)], "net"),
        ([("base station base station", 0.5), ("football", 0.5)], None),
        ([("chip", 1.0)], None),
        ([("chip export", 1.0)], "guarded"),
        ([("wafer", 1.0)], "guarded"),
        ([("wafer bread", 1.0)], None),
        ([("5G", 0.0), ("law", 0.0)], None),
        ([("football", 1.0)], None),
        ([("x", 0.01)] * 9 + [("5G", 1.0), ("law", 9.0)], "net"),
        ([("x", 0.01)] * 10 + [("5G", 1.0)], None),
        ([("…", 1.0), ("", 1.0)], None),
        ([], None),
    ],
)
def test_names_a_theme_that_holds_enough_of_the_weight_and_clearly_leads(
    taxonomy: Taxonomy, terms: list[tuple[str, float]], theme: str | None
) -> None:
    found = matching_theme(terms, taxonomy)
    assert (found.id if found else None) == theme
    assert found is None or found is taxonomy.theme(found.id)


def test_one_theme_alone_has_no_rival() -> None:
    one = Taxonomy("one", "1", themes=(Theme("net", "Networks", terms=(Term("5G"),)),))
    assert matching_theme([("5G", 1.0)], one) is one.themes[0]
    assert matching_theme([("law", 1.0)], one) is None


def test_each_theme_of_the_bundled_taxonomy_is_known_by_its_own_terms(tagger: Tagger) -> None:
    for theme in tagger.taxonomy.themes:
        plain = [(term.text, term.weight) for term in theme.terms if not term.needs and not term.unless]
        assert matching_theme(sorted(plain, key=lambda term: -term[1]), tagger.taxonomy) is theme


@pytest.mark.parametrize(
    ("terms", "theme"),
    [
        (["5G", "base stations", "Huawei"], "5g"),
        (["bitcoin", "blockchain", "exchange"], "blockchain-crypto"),
        (["football", "cup", "goal"], None),
    ],
)
def test_names_topics_after_themes_of_the_bundled_taxonomy(tagger: Tagger, terms: list[str], theme: Any) -> None:
    found = matching_theme([(term, 1.0) for term in terms], tagger.taxonomy)
    assert (found.id if found else None) == theme
