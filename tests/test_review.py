"""A taxonomy put to work: how often its terms are found, and whether its examples hold."""

from __future__ import annotations

import pytest

from cyberthemes import Tagger, Taxonomy, Term, Theme
from cyberthemes.review import ExampleFailure, IdleGuard, TermUse, check_examples, check_guards, check_terms

TEXTS = [
    "5G needs base stations, and base stations need power.",
    "The regulator CAC drafts a data law.",
    "A base station near the CAC stock index.",
    "",
]


def test_counts_the_texts_of_each_term_by_falling_count(small_taxonomy: Taxonomy) -> None:
    assert check_terms(small_taxonomy, iter(TEXTS)) == [
        TermUse("5g", "base station", 2),
        TermUse("5g", "5G", 1),
        TermUse("law", "data law", 1),
        TermUse("law", "CAC", 1),
    ]


def test_a_term_that_is_never_found_has_no_texts(small_taxonomy: Taxonomy) -> None:
    assert [use.texts for use in check_terms(small_taxonomy, [])] == [0, 0, 0, 0]


def test_one_term_of_two_themes_is_counted_for_both() -> None:
    themes = (Theme("a", "A", terms=(Term("data"),)), Theme("b", "B", terms=(Term("data", needs=("law",)),)))
    uses = check_terms(Taxonomy("demo", "1", themes=themes), ["data", "data law"])
    assert uses == [TermUse("a", "data", 2), TermUse("b", "data", 1)]


@pytest.mark.parametrize(
    ("match", "no_match", "failures"),
    [
        (("New laws.",), ("Lawns.",), []),
        (("Lawns.",), (), [ExampleFailure("law", "Lawns.", "match", ())]),
        ((), ("The law and data laws.",), [ExampleFailure("law", "The law and data laws.", "no match", ("law",) * 2)]),
        (("5G only.",), (), [ExampleFailure("law", "5G only.", "match", ())]),
        ((), ("5G only.",), []),
    ],
)
def test_finds_the_examples_that_do_not_hold(
    match: tuple[str, ...], no_match: tuple[str, ...], failures: list[ExampleFailure]
) -> None:
    law = Theme("law", "Law", terms=(Term("law"),), match=match, no_match=no_match)
    other = Theme("5g", "5G", terms=(Term("5G"),))
    assert check_examples(Taxonomy("demo", "1", themes=(other, law))) == failures


def test_every_example_of_the_bundled_taxonomy_holds(tagger: Tagger) -> None:
    assert check_examples(tagger.taxonomy) == []


def test_records_give_plain_values() -> None:
    assert TermUse("law", "data law", 3).to_dict() == {"theme": "law", "term": "data law", "texts": 3}
    failure = ExampleFailure("law", "A law.", "no match", ("law",))
    assert failure.to_dict() == {"theme": "law", "sentence": "A law.", "expected": "no match", "found": ("law",)}


def test_guards_found_in_their_own_term_are_named() -> None:
    terms = (
        Term("act", unless=("acting", "act of war")),
        Term("domain name system", needs=("domain names", "server")),
        Term("chip", needs=("memory chip",)),
    )
    assert check_guards(Taxonomy("t", "1", themes=(Theme("law", "Law", terms=terms),))) == [
        IdleGuard("law", "act", "acting", "never lets the term count"),
        IdleGuard("law", "domain name system", "domain names", "always holds"),
    ]


def test_the_bundled_taxonomy_has_no_idle_guards(tagger: Tagger) -> None:
    assert check_guards(tagger.taxonomy) == []
