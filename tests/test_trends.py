"""Topics over time and by source: shares counted by hand, periods, intervals, and terms that are planted to rise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.exceptions import NotFittedError

from cyberthemes import InputError, TopicModel, TopicShare, rising_terms, topics_by_source, topics_over_time

SPACE = ["rocket", "orbit", "satellite", "launch", "moon", "capsule"]
BREAD = ["oven", "flour", "yeast", "butter", "crust", "dough"]
A, B, NONE = "rocket orbit launch moon", "flour yeast oven dough", "zzz"


def planted(words: list[str], n_texts: int, *further: str, seed: int = 0) -> list[str]:
    rng = np.random.default_rng(seed)
    return [" ".join([*map(str, rng.choice(words, 4, replace=False)), *further]) for _ in range(n_texts)]


@pytest.fixture(scope="module")
def model() -> TopicModel:
    texts = [*planted(SPACE, 20, "early"), *planted(SPACE, 20, "late", seed=1), *planted(BREAD, 38, seed=2)]
    model = TopicModel(n_topics=2).fit(texts).rename({"topic-1": "Space", "topic-2": "Bread"})
    assert model.assign([A, B, NONE]) == ["topic-1", "topic-2", None]
    return model


def table(found: list[TopicShare]) -> dict[str, list[float | None]]:
    """Return the shares of each group, in column order."""
    return {row.group: [other.share for other in found if other.group == row.group] for row in found}


def by_topic(found: list[TopicShare], topic: str | None) -> list[TopicShare]:
    return [row for row in found if row.topic == topic]


# Shares ---------------------------------------------------------------------------------------------------


def test_shares_are_those_counted_by_hand(model: TopicModel) -> None:
    texts = [A, A, B, NONE, B, B]
    dates = ["2022-03-01", "2022-03-31", "2022-03", "2022-03-09", "2022-01-05", "2022-01"]
    found = topics_over_time(model, texts, dates)
    assert table(found) == {"2022-01": [0.0, 1.0, 0.0], "2022-02": [None] * 3, "2022-03": [0.5, 0.25, 0.25]}
    assert [row.topic for row in found] == ["topic-1", "topic-2", None] * 3
    assert [row.label for row in found] == ["Space", "Bread", "none"] * 3
    assert [row.n_texts for row in found] == [2] * 3 + [0] * 3 + [4] * 3
    empty = found[3]
    assert (empty.share, empty.low, empty.high) == (None, None, None)


def test_shares_by_source_come_with_the_largest_source_first(model: TopicModel) -> None:
    sources = ["Daily", "Weekly", "Weekly", None, "Annual", "", "Weekly"]
    found = topics_by_source(model, [A, A, B, B, B, B, NONE], sources)
    assert list(table(found).items()) == [
        ("Weekly", [1 / 3, 1 / 3, 1 / 3]),
        ("Annual", [0.0, 1.0, 0.0]),
        ("Daily", [1.0, 0.0, 0.0]),
    ]
    assert [row.n_texts for row in by_topic(found, None)] == [3, 1, 1]


def test_sources_of_as_many_texts_come_in_the_order_of_the_alphabet(model: TopicModel) -> None:
    assert list(table(topics_by_source(model, [A] * 9 + [B], [*"hgfedcbai", "z"]))) == [*"abcdefghiz"]


def test_follows_the_model_as_it_has_been_edited(model: TopicModel) -> None:
    found = topics_over_time(model.drop(["topic-1"]), [A, B], ["2022", "2022"], "year")
    assert [(row.topic, row.share) for row in found] == [("topic-2", 0.5), (None, 0.5)]


@settings(max_examples=25)
@given(st.lists(st.tuples(st.sampled_from([A, B, NONE, "", "rocket flour"]), st.integers(1, 12)), max_size=12))
def test_the_shares_of_a_period_sum_to_1(model: TopicModel, items: list[tuple[str, int]]) -> None:
    texts, months = [text for text, _ in items], [month for _, month in items]
    found = topics_over_time(model, texts, [f"2022-{month:02}" for month in months])
    spanned = range(min(months), max(months) + 1) if months else range(0)
    assert list(table(found)) == [f"2022-{month:02}" for month in spanned]
    assigned = model.assign(texts)
    for row in found:
        own = [topic for topic, month in zip(assigned, months, strict=True) if month == int(row.group[-2:])]
        assert row.n_texts == len(own)
        assert row.share == (own.count(row.topic) / len(own) if own else None)
    for shares in table(found).values():
        assert shares == [None] * 3 or sum(share for share in shares if share) == pytest.approx(1)


def test_texts_may_be_lists_of_tokens_and_come_from_iterators(model: TopicModel) -> None:
    expected = topics_over_time(model, [A, B], ["2022", "2023"], "year", documents=["x", "y"])
    texts = (text.split() for text in (A, B))
    assert topics_over_time(model, texts, iter(["2022", "2023"]), "year", documents=iter("xy")) == expected
    by_source = topics_by_source(model, iter([A.split(), B]), iter("xy"), documents=iter("xy"))
    assert by_source == topics_by_source(model, [A, B], ["x", "y"])


def test_records_are_plain_values(model: TopicModel) -> None:
    row = topics_over_time(model, [A, A], ["2022", "2022"], "year")[0]
    assert row.to_dict() == {
        "group": "2022",
        "topic": "topic-1",
        "label": "Space",
        "n_texts": 2,
        "share": 1.0,
        "low": 1.0,
        "high": 1.0,
        "terms": row.terms,
    }
    assert all(type(value) is float for value in (row.share, row.low, row.high))


# Periods --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("every", "dates", "periods"),
    [
        ("year", ["2020", "2022-05-06"], ["2020", "2021", "2022"]),
        ("year", ["0999-12-31", "1000"], ["0999", "1000"]),
        ("quarter", ["2021-12", "2022-04-30"], ["2021-Q4", "2022-Q1", "2022-Q2"]),
        ("quarter", ["2022-01", "2022-03", "2022-07"], ["2022-Q1", "2022-Q2", "2022-Q3"]),
        ("month", ["2021-12-31", "2022-02-01"], ["2021-12", "2022-01", "2022-02"]),
        ("day", ["2024-02-28", "2024-03-01"], ["2024-02-28", "2024-02-29", "2024-03-01"]),
        ("day", ["2022-12-31T23:59:59+08:00", "2023-01-01 (Sunday)"], ["2022-12-31", "2023-01-01"]),
        ("month", ["2022-03", None, "", "2022-03-31"], ["2022-03"]),
    ],
)
def test_no_period_between_the_first_and_the_last_is_left_out(
    model: TopicModel, every: Any, dates: list[str | None], periods: list[str]
) -> None:
    found = topics_over_time(model, [A] * len(dates), dates, every)
    assert list(table(found)) == periods
    assert sum(row.n_texts for row in by_topic(found, "topic-1")) == sum(bool(date) for date in dates)


def test_texts_without_a_date_are_left_out(model: TopicModel) -> None:
    found = topics_over_time(model, [A, B, B, NONE], ["2022", None, "", "2022"], "year")
    assert table(found) == {"2022": [0.5, 0.0, 0.5]}
    assert topics_over_time(model, [A], [None]) == []
    assert topics_over_time(model, [], []) == []
    assert topics_by_source(model, [A, B], [None, ""]) == []
    assert topics_by_source(model, [], []) == []


@pytest.mark.parametrize(
    ("every", "date"),
    [
        ("month", "2022"),
        ("quarter", "2022"),
        ("day", "2022-03"),
        ("year", "2022-13"),
        ("month", "2022-00"),
        ("day", "2023-02-29"),
        ("year", "0000"),
        ("month", "2022-3-5"),
        ("day", "20220305"),
        ("month", "2022-03-1"),
        ("year", "20222"),
        ("year", "yesterday"),
        ("year", " 2022"),
        ("year", 2022),
        ("year", float("nan")),
        ("month", "05/03/2022"),
    ],
    ids=str,
)
def test_refuses_a_date_that_cannot_be_read(model: TopicModel, every: Any, date: Any) -> None:
    with pytest.raises(InputError, match=r"date 1: .*; expected YYYY-MM-DD"):
        topics_over_time(model, [A, B, A], ["2022-01-01", date, "2022-01-01"], every)


def test_refuses_dates_so_far_apart_that_one_must_be_wrong(model: TopicModel) -> None:
    with pytest.raises(InputError, match="from 0022-03 to 2022-03 make more than 5,000 periods of a month"):
        topics_over_time(model, [A, B], ["0022-03", "2022-03"])
    assert len(table(topics_over_time(model, [A, B], ["1522", "2022"], "year"))) == 501


def test_refuses_an_unknown_period(model: TopicModel) -> None:
    with pytest.raises(InputError, match="every='week'; expected one of year, quarter, month, day"):
        topics_over_time(model, [A], ["2022-01-01"], "week")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "call",
    [
        lambda model: topics_over_time(model, [A], []),
        lambda model: topics_over_time(model, [A], ["2022-01"] * 2),
        lambda model: topics_over_time(model, [A], ["2022-01"], documents=[]),
        lambda model: topics_by_source(model, [A, B], ["x"]),
        lambda model: topics_by_source(model, [A], ["x"], documents=["a", "b"]),
        lambda model: rising_terms(model, [A, B], ["2022-01-01"], "topic-1"),
    ],
)
def test_refuses_lists_of_different_lengths(model: TopicModel, call: Callable[[TopicModel], object]) -> None:
    with pytest.raises(InputError, match="expected one for each text"):
        call(model)


@pytest.mark.parametrize("texts", [A, None, [5]], ids=str)
def test_refuses_what_is_no_list_of_texts(model: TopicModel, texts: Any) -> None:
    for call in (topics_over_time, topics_by_source):
        with pytest.raises(InputError, match="found"):
            call(model, texts, ["2022-01"])
    with pytest.raises(InputError, match="found"):
        rising_terms(model, texts, ["2022-01-01"], "topic-1")


@pytest.mark.parametrize(
    "call",
    [
        lambda model: topics_over_time(model, [A], ["2022-01"]),
        lambda model: topics_by_source(model, [A], ["x"]),
        lambda model: rising_terms(model, [A], ["2022-01-01"], "topic-1"),
    ],
)
def test_says_that_the_model_is_not_fitted(call: Callable[[TopicModel], object]) -> None:
    with pytest.raises(NotFittedError):
        call(TopicModel())


@pytest.mark.parametrize(
    ("call", "arguments", "options"),
    [
        (topics_over_time, ([A], None), {}),
        (topics_over_time, (["2022"] * 4, "2022", "year"), {}),
        (topics_over_time, ([A], ["2022-01"]), {"documents": "x"}),
        (topics_over_time, ([A], ["2022-01"]), {"random_state": None}),
        (topics_over_time, ([A], ["2022-01"]), {"documents": [["a list"]]}),
        (topics_over_time, ([A], ["2022-01"]), {"random_state": -1}),
        (topics_by_source, ([A, B], ["x", 5]), {}),
        (topics_by_source, ([A], [float("nan")]), {}),
        (rising_terms, ([A], ["2022-01-01"], "topic-1"), {"n": "ten"}),
        (rising_terms, ([A], ["2022-01-01"], "topic-1"), {"n": -1}),
    ],
)
def test_refuses_what_cannot_be_used(
    model: TopicModel, call: Callable[..., object], arguments: tuple[Any, ...], options: dict[str, Any]
) -> None:
    with pytest.raises(InputError):
        call(model, *arguments, **options)


# Intervals ------------------------------------------------------------------------------------------------


@settings(max_examples=25)
@given(
    st.lists(st.tuples(st.sampled_from([A, B, NONE]), st.integers(0, 5)), min_size=1, max_size=25), st.integers(0, 9)
)
def test_an_interval_contains_the_share(model: TopicModel, items: list[tuple[str, int]], random_state: int) -> None:
    texts, documents = [text for text, _ in items], [document for _, document in items]
    n_documents = len(set(documents))
    found = topics_by_source(model, texts, ["x"] * len(texts), documents=documents, random_state=random_state)
    for row in found:
        if n_documents < 2:
            assert (row.low, row.high) == (None, None)
            continue
        assert row.low is not None
        assert row.high is not None
        assert row.share is not None
        assert 0 <= row.low <= row.share <= row.high <= 1


def width(row: TopicShare) -> float:
    assert row.low is not None
    assert row.high is not None
    return row.high - row.low


def test_intervals_narrow_as_texts_add_up(model: TopicModel) -> None:
    widths = [width(topics_by_source(model, [A, B, B, B] * n, ["x"] * 4 * n)[0]) for n in (5, 20, 80)]
    # That of a share p of n texts is near 2 * 1.96 * sqrt(p * (1 - p) / n).
    assert widths == pytest.approx([2 * 1.96 * np.sqrt(0.25 * 0.75 / (4 * n)) for n in (5, 20, 80)], rel=0.15)


def test_texts_of_one_document_are_drawn_together(model: TopicModel) -> None:
    texts, months = [A] * 40 + [B] * 40, ["2022-01"] * 80
    alone = topics_over_time(model, texts, months)
    together = topics_over_time(model, texts, months, documents=[row // 10 for row in range(80)])
    apart = topics_over_time(model, texts, months, documents=range(80))
    assert [row.share for row in together] == [row.share for row in alone]
    assert width(together[0]) > 2 * width(alone[0]) > 0
    assert apart == alone
    one = topics_over_time(model, texts, months, documents=["x"] * 80)
    assert [(row.share, row.low, row.high) for row in one] == [(0.5, None, None)] * 2 + [(0.0, None, None)]


def test_a_document_in_two_groups_is_drawn_in_each(model: TopicModel) -> None:
    texts, sources = [A, B, A, B], ["x", "x", "y", "y"]
    named = topics_by_source(model, texts, sources, documents=["d", "e", "d", "e"])
    assert [row.low is not None for row in named] == [True] * 6
    assert named == topics_by_source(model, texts, sources)


def test_the_same_seed_gives_the_same_intervals(model: TopicModel) -> None:
    texts, months = [A, B, B, NONE] * 9, [f"2022-{1 + row % 3:02}" for row in range(36)]
    one, again, other = (topics_over_time(model, texts, months, random_state=seed) for seed in (3, 3, 4))
    assert one == again
    assert one != other
    assert [row.share for row in one] == [row.share for row in other]
    by_source = [topics_by_source(model, texts, months, random_state=seed) for seed in (3, 3, 4)]
    assert by_source[0] == by_source[1] != by_source[2]


# Terms of a group -----------------------------------------------------------------------------------------


def test_each_period_has_the_terms_that_it_holds_most_of(model: TopicModel) -> None:
    texts = [*planted(SPACE, 60, "early"), *planted(SPACE, 60, "late", seed=1)]
    found = by_topic(topics_over_time(model, texts, ["2021"] * 60 + ["2023"] * 60, "year"), "topic-1")
    first, empty, last = (row.terms for row in found)
    assert "early" in first
    assert "late" not in first
    assert "late" in last
    assert "early" not in last
    assert {len(first), len(empty), len(last)} == {5}
    assert not {*first, *empty, *last} & {*BREAD}
    overall = [term for term, _ in model.top_terms(5, "weight")[0]]
    assert list(empty) == overall


def test_a_few_texts_do_not_redraw_a_topic(model: TopicModel) -> None:
    texts = [*planted(SPACE, 40), "rocket early early early"]
    found = topics_over_time(model, texts, ["2021"] * 40 + ["2023"], "year")
    last = by_topic(found, "topic-1")[-1]
    overall = {term for term, _ in model.top_terms(5, "weight")[0]}
    assert len(overall & set(last.terms)) >= 4
    assert by_topic(found, None)[-1].terms == ()


def test_terms_are_those_of_one_multiplicative_update() -> None:
    apart = planted(SPACE, 30, "sky") + planted(BREAD, 30, "sky", seed=1)
    texts = apart + ["rocket orbit sky sky flour sky oven"] * 90
    model = TopicModel(n_topics=2, max_df=1.0, idf_power=0).fit(texts)
    sources = ["x"] * 20 + ["y"] * 40 + ["z"] * 90
    found = topics_by_source(model, texts, sources)
    H, W, X = model.components_.astype(np.float64), model.transform(texts), model.space_.rows(texts).toarray()
    for row in found:
        if row.topic is None:
            continue
        column = ["topic-1", "topic-2"].index(row.topic)
        rows = [place for place, source in enumerate(sources) if source == row.group]
        pull = 20 * np.mean(W[:, column] ** 2) * H[column]
        own = W[rows][:, column]
        expected = own @ W[rows] @ H + pull
        updated = H[column] * (own @ X[rows] + pull) / np.where(expected > 0, expected, 1)
        assert row.terms == tuple(model.index_.labels[term] for term in np.argsort(-updated, kind="stable")[:5])


def test_a_topic_of_few_terms_has_no_others() -> None:
    model = TopicModel(n_topics=2).fit(["rocket moon", "rye oven"] * 9)
    found = topics_by_source(model, ["rocket moon", "rye"], ["x", "x"])
    assert sorted(sorted(row.terms) for row in found) == [[], ["moon", "rocket"], ["oven", "rye"]]


# Terms that rise ------------------------------------------------------------------------------------------


def test_a_planted_term_rises(model: TopicModel) -> None:
    texts = [*planted(SPACE, 20, "early"), *planted(SPACE, 20, "late", seed=1), *planted(BREAD, 20, "late", seed=2)]
    dates = [f"2022-01-{1 + row:02}" for row in range(20)] + [f"2022-02-{1 + row:02}" for row in range(20)] * 2
    (rising,) = rising_terms(model, texts, dates, "topic-1")
    assert (rising.term, rising.early, rising.late) == ("late", 0.0, 1.0)
    # By hand: the topic's texts have five terms each, and the prior is a tenth of the counts of both halves.
    n_early = n_late = 100
    counts, prior = np.array([0, 20]), 0.1 * 20 + 0.01
    total_prior = 0.1 * (n_early + n_late) + 0.01 * len(model.index_)
    odds = np.log((counts + prior) / (np.array([n_early, n_late]) + total_prior - counts - prior))
    assert rising.z == pytest.approx((odds[1] - odds[0]) / np.sqrt((1 / (counts + prior)).sum()))
    assert rising.to_dict() == {"term": "late", "z": rising.z, "early": 0.0, "late": 1.0}
    # Backwards in time, the other one does.
    (falling,) = rising_terms(model, texts, dates[::-1][20:] + dates[:20], "topic-1")
    assert falling.term == "early"
    shuffled = np.random.default_rng(0).permutation(60)
    assert rising_terms(model, [texts[row] for row in shuffled], [dates[row] for row in shuffled], "topic-1") == [
        rising
    ]


def test_what_stays_as_it_was_does_not_rise(model: TopicModel) -> None:
    texts = [*planted(SPACE, 30), *planted(SPACE, 30)]
    dates = [f"2022-01-{1 + row % 28:02}" for row in range(60)]
    assert rising_terms(model, texts, dates, "topic-1") == []
    assert rising_terms(model, texts, dates, "topic-2") == []


def test_the_steepest_come_first_and_no_more_than_wanted(model: TopicModel) -> None:
    texts = (
        ["orbit early moon"] * 3 + ["orbit early rocket"] * 27 + ["orbit late rocket"] * 10 + ["orbit late moon"] * 20
    )
    dates = [f"20{10 + row}-01-01" for row in range(60)]
    found = rising_terms(model, texts, dates, "topic-1")
    assert [rising.term for rising in found] == ["late", "moon"]
    assert found[0].z > found[1].z >= 2
    assert (found[1].early, found[1].late) == pytest.approx((0.1, 2 / 3))
    assert rising_terms(model, texts, dates, "topic-1", 1) == found[:1]
    assert rising_terms(model, texts, dates, "topic-1", n=0) == []


@pytest.mark.parametrize(
    ("texts", "dates"),
    [([], []), ([A], ["2022-01-01"]), ([B, NONE], ["2022-01-01"] * 2), ([A, A], [None, ""])],
    ids=["none", "one", "other topics", "undated"],
)
def test_nothing_rises_in_hardly_any_texts(model: TopicModel, texts: list[str], dates: list[str | None]) -> None:
    assert rising_terms(model, texts, dates, "topic-1") == []


def test_undated_texts_do_not_rise(model: TopicModel) -> None:
    texts = [*planted(SPACE, 20, "early"), *planted(SPACE, 20, "late", seed=1)]
    dates = [*[f"2022-01-{1 + row:02}" for row in range(20)], *[None] * 20]
    assert "late" not in [rising.term for rising in rising_terms(model, texts, dates, "topic-1")]


def test_rising_refuses_what_it_cannot_use(model: TopicModel) -> None:
    with pytest.raises(InputError, match="no topic 'nope'"):
        rising_terms(model, [A], ["2022-01-01"], "nope")
    with pytest.raises(InputError, match=r"date 1: '2022-01'; expected YYYY-MM-DD"):
        rising_terms(model, [A, A], ["2022-01-01", "2022-01"], "topic-1")


def test_nothing_rises_within_one_day(model: TopicModel) -> None:
    texts = [*planted(SPACE, 20, "early"), *planted(SPACE, 20, "late", seed=1)]
    assert rising_terms(model, texts, ["2022-01-01"] * 40, "topic-1") == []


def test_what_is_new_after_a_long_first_day_rises(model: TopicModel) -> None:
    texts = [*planted(SPACE, 25, "early"), *planted(SPACE, 20, "late", seed=1)]
    found = rising_terms(model, texts, ["2022-01-01"] * 25 + ["2022-02-01"] * 20, "topic-1")
    assert [rising.term for rising in found] == ["late"]


def test_the_only_term_there_is_does_not_rise() -> None:
    model = TopicModel(1, max_features=1).fit(["rocket", "moon", "rocket moon rocket", "oven", "crust"])
    assert model.index_.labels == ("rocket",)
    assert rising_terms(model, ["rocket"] * 4, ["2022-01-01"] * 4, "topic-1") == []
