"""SKOS: what is written comes back unchanged, what others wrote is read, and nothing hostile gets far."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cyberthemes import InputError, Tagger, Taxonomy, TaxonomyError, Term, Theme, from_skos, read_skos, to_skos

PREFIXES = """
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix ct: <urn:cyberthemes:skos#> .
"""

ids = st.from_regex(r"[a-z0-9]{1,4}(-[a-z0-9]{1,3})?", fullmatch=True)
texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12).filter(str.strip)
notes = st.lists(texts, max_size=3).map(tuple)
phrases = st.lists(
    st.from_regex(r"[A-Za-zé]{1,6}[0-9]{0,2}(['’&-][a-z]{2})?", fullmatch=True), min_size=1, max_size=3
).map(" ".join)
guards = st.lists(phrases, max_size=2).map(tuple)
terms = st.builds(Term, phrases, st.floats(0, 1, exclude_min=True), guards, guards)


def is_valid(taxonomy: Taxonomy) -> bool:
    try:
        return Taxonomy.from_dict(taxonomy.to_dict()) == taxonomy
    except TaxonomyError:  # a term that stands twice but for its inflection
        return False


themes = st.builds(
    Theme, ids, texts, texts | st.just(""), texts | st.just(" "), notes, notes,
    st.lists(terms, max_size=4, unique_by=lambda term: term.text).map(tuple), notes, notes,
)  # fmt: skip
taxonomies = st.builds(
    Taxonomy,
    ids,
    texts,
    texts | st.just(""),
    st.lists(themes, min_size=1, max_size=4, unique_by=lambda t: t.id).map(tuple),
).filter(is_valid)


@given(taxonomies)
@settings(max_examples=40, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
def test_what_is_written_comes_back_unchanged(taxonomy: Taxonomy) -> None:
    assert from_skos(to_skos(taxonomy)) == taxonomy


def test_themes_of_the_bundled_taxonomy_come_back_unchanged(tagger: Tagger) -> None:
    some = replace(tagger.taxonomy, themes=tagger.taxonomy.themes[:6])
    is_same = from_skos(to_skos(some)) == some
    assert is_same  # pytest would take minutes to say how they differ


def test_other_programs_see_labels_definition_and_groups() -> None:
    from rdflib import Graph

    theme = Theme("5g", "5G", "technology", 'Mobile "networks".\n', terms=(Term("5G"), Term("mast", 0.5, ("radio",))))
    graph = Graph().parse(data=to_skos(Taxonomy("demo", "1", themes=(theme,))), format="turtle")
    said = {(str(s).split(":")[-1], str(p).split("#")[-1], str(o)) for s, p, o in graph}
    assert {
        ("demo", "notation", "demo"),
        ("5g", "prefLabel", "5G"),
        ("5g", "altLabel", "mast"),
        ("5g", "definition", 'Mobile "networks".\n'),
        ("5g", "inScheme", "urn:cyberthemes:demo"),
        ("1", "prefLabel", "technology"),
        ("1", "member", "urn:cyberthemes:demo:5g"),
    } <= said
    assert ("5g", "altLabel", "5G") not in said  # SKOS: no label is both preferred and alternative


FOREIGN = f"""{PREFIXES}
@prefix : <http://example.org/> .
:scheme a skos:ConceptScheme ; skos:prefLabel "Digital things"@en, "Numérique"@fr ; owl:versionInfo "2.0" .
:c1 a skos:Concept ; skos:inScheme :scheme ; skos:prefLabel "Networks"@en-GB, "Réseaux"@fr ; skos:notation "1.1" .
:c2 a skos:Concept ; skos:broader :c1 ; skos:prefLabel "Mobile networks"@en ; skos:notation "mobile" ;
    skos:altLabel "5G"@en, "mobile network"@en, "téléphonie"@fr, "base station" ; skos:hiddenLabel "5 G"@en ;
    skos:definition "Radio."@en .
:c1 skos:narrower :c3 .
:c3 a skos:Concept ; skos:prefLabel "Кабели"@ru, "海缆" .
:c4 a skos:Concept ; skos:broader :c2 ; skos:prefLabel "Masts"@en .
"""


def test_reads_what_others_wrote() -> None:
    taxonomy = from_skos(FOREIGN)
    assert (taxonomy.id, taxonomy.version) == ("digital-things", "2.0")
    assert [(theme.id, theme.name, theme.group) for theme in taxonomy.themes] == [
        ("c3", "海缆", "Networks"),
        ("masts", "Masts", "Networks"),
        ("mobile", "Mobile networks", "Networks"),
        ("networks", "Networks", ""),
    ]
    assert taxonomy.theme("mobile").terms == tuple(map(Term, ("Mobile networks", "5G", "base station", "5 G")))
    assert taxonomy.theme("mobile").definition == "Radio."


def test_a_label_that_was_added_elsewhere_becomes_a_term() -> None:
    theme = Theme("5g", "5G", terms=(Term("mast", 0.5),))
    turtle = to_skos(Taxonomy("demo", "1", themes=(theme,)))
    added = turtle.replace('skos:altLabel "mast"@en', 'skos:altLabel "mast"@en, "masts"@en, "antenna"@en')
    assert from_skos(added).themes[0].terms == (Term("mast", 0.5), Term("antenna"))


def test_a_theme_without_terms_stays_without() -> None:
    taxonomy = Taxonomy.from_dict({"id": "demo", "version": "1", "themes": [{"id": "5g", "name": "5G", "terms": []}]})
    assert from_skos(to_skos(taxonomy)).themes[0].terms == ()


@pytest.mark.parametrize(
    ("turtle", "problem"),
    [
        ("", "no skos:Concept"),
        ("\ufeff", "no skos:Concept"),
        ("hello", "line 1: not Turtle"),
        ('<?xml version="1.0"?><rdf:RDF/>', "not Turtle"),
        ('{"@context": "http://example.org/context"}', "not Turtle"),
        (PREFIXES + "<a> a skos:ConceptScheme . <b> a skos:ConceptScheme .", "2 concept schemes"),
        (PREFIXES + '<http://e.org/x> a skos:Concept ; skos:prefLabel "Netz"@de .', "http://e.org/x: no skos:pref"),
        (PREFIXES + '<a> a skos:Concept ; skos:prefLabel "A" . <b> a skos:Concept ; skos:prefLabel "a" .', "there tw"),
        (PREFIXES + '<http://e.org/x> a skos:Concept ; skos:prefLabel "C#" .', "x: terms: term 'C#'"),
        (PREFIXES + '<a> a skos:Concept ; skos:prefLabel "A" ; skos:broader <a> .', "leads back"),
        (PREFIXES + '<a> a skos:Concept ; skos:prefLabel "A" ; ct:terms ( [ ct:term "x" ; ct:weight 2 ] ) .', "2.0;"),
        (PREFIXES + '<a> a skos:Concept ; skos:prefLabel "A" ; ct:terms ( [ ct:weight 0.5 ] ) .', "expected text"),
        (PREFIXES + '<a> a skos:Concept ; skos:prefLabel "A" ; ct:terms _:l . _:l <http://www.w3.org/1999/02/22-rdf-'
         'syntax-ns#rest> _:l .', "circle"),
        (PREFIXES + "<a> a skos:Concept ; skos:prefLabel <b> .", "no skos:prefLabel"),
        (PREFIXES + '<a> a skos:Concept ; skos:prefLabel "\\uD800" .', "not Turtle"),
    ],
)  # fmt: skip
def test_says_what_is_wrong(turtle: str, problem: str) -> None:
    with pytest.raises(TaxonomyError) as caught:
        from_skos(turtle, "themes.ttl")
    assert caught.value.source == "themes.ttl"
    assert problem in str(caught.value)


N = 20_000
HOSTILE = {
    "deep nodes": "<a> <b> " + "[ <b> " * N + "1" + " ]" * N + " .",
    "deep lists": "<a> <b> " + "( " * N + ")" * N + " .",
    "import": "@import <http://example.com/x> .",
    "owl:imports": "<http://e.org/> owl:imports <http://example.com/x> .",
    "formulas": "{ <a> <b> <c> } => { <a> <b> <d> } .",
    "unclosed": '<a> <b> """' + "x" * N,
    "backslashes": '<a> <b> "' + "\\\\" * N,
    "long number": "<a> <b> " + "9" * N + " .",
    "huge number": '<a> <b> "1e999999999"^^xsd:decimal .',
    "duration": '<a> <b> "P' + "9" * N + 'Y"^^xsd:duration .',
    "XML": '<a> <b> "' + "<a>" * N + '"^^<http://www.w3.org/1999/02/22-rdf-syntax-ns#XMLLiteral> .',
    "no IRI": "<a b> <b> <c> .",
    "large": "#" * 2_000_001,
    "long chain": "".join(f"<{n}> a skos:Concept ; skos:broader <{n + 1}> .\n" for n in range(2000)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_turtle_is_refused_soon_and_fetches_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("socket")

    for function in ("create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, function, refuse)
    began = time.process_time()
    with pytest.raises(TaxonomyError):
        from_skos(PREFIXES + HOSTILE[name])
    assert time.process_time() - began < 5


@given(st.text(alphabet=st.sampled_from("<>\"'[](){}.;,@^_:#\\ab1 \n"), max_size=60))
def test_any_text_is_a_taxonomy_or_a_typed_error(text: str) -> None:
    with pytest.raises(TaxonomyError):
        from_skos(text)


def test_each_fault_is_told_once_and_those_of_the_whole_too() -> None:
    turtle = (
        f"{PREFIXES} <s> a skos:ConceptScheme ; skos:notation 'N 1' . "
        "<http://e.org/x> a skos:Concept ; skos:prefLabel 'C#' . "
        "<http://e.org/y> a skos:Concept ; skos:prefLabel 'F#' . "
        "<http://e.org/z> a skos:Concept ; skos:prefLabel 'F' . "
    )
    with pytest.raises(TaxonomyError) as caught:
        from_skos(turtle)
    assert [problem.split("; ")[0] for problem in caught.value.problems] == [
        "id 'N 1'",
        "concept http://e.org/x: terms: term 'C#': texts are not searched for #",
        "concept http://e.org/y: terms: term 'F#': texts are not searched for #",
        "concept http://e.org/z: themes: theme id 'f' is there twice",
    ]


def test_too_many_statements_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cyberthemes.skos._MOST_STATEMENTS", 3)
    with pytest.raises(TaxonomyError, match="more than 3 statements"):
        from_skos(FOREIGN)


def test_reads_turtle_files_alone(tmp_path: Path) -> None:
    (tmp_path / "themes.ttl").write_text(FOREIGN, encoding="utf-8")
    assert read_skos(tmp_path / "themes.ttl").id == "digital-things"
    with pytest.raises(InputError, match="expected Turtle"):
        read_skos(tmp_path / "themes.rdf")
    with pytest.raises(InputError, match="missing"):
        read_skos(tmp_path / "missing.ttl")


def test_without_rdflib_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rdflib", None)
    with pytest.raises(InputError, match=r"pip install 'cyberthemes\[skos\]'"):
        from_skos(FOREIGN)


def test_writing_does_not_import_rdflib() -> None:
    code = "import sys, cyberthemes as c; c.to_skos(c.load_tagger().taxonomy); print('rdflib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
