"""Taxonomies: every fault with its line, terms as they are found, round trips, and the bundled one."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyberthemes import InputError, Tagger, Taxonomy, TaxonomyError, Term, Theme
from cyberthemes.phrases import phrase_keys
from cyberthemes.yamlfile import read_yaml, write_yaml

BUNDLED = Path(__file__).parent.parent / "models" / "cyberspace-governance" / "taxonomy.yaml"
# In the order of the codebook: a theme's place is its column, for ever.
CODEBOOK_IDS = (
    *("cybersecurity", "data-security", "privacy", "critical-infrastructure", "cybercrime", "supply-chain"),
    *("governance", "cyber-sovereignty", "shared-future", "law-regulation", "content-governance"),
    *("cooperation", "standards"),
    *("5g", "ai", "big-data-cloud", "iot-industry", "blockchain-crypto", "core-technology"),
    *("digital-economy", "digital-trade", "belt-and-road", "connectivity", "digital-inclusion", "talent-awareness"),
    *("covid-19", "tech-rivalry"),
)

VALID = """\
id: demo
version: "1"
themes:
  - id: law
    name: Law
    terms:
      - data law
      - {term: CAC, weight: 0.5, needs: [regulator], unless: [stock index]}
    examples: {match: [A new data law.], no_match: [A law.]}
"""


def read_text(path: Path, text: str) -> Taxonomy:
    path.write_text(text, encoding="utf-8")
    return Taxonomy.read(path)


def faults(path: Path, text: str) -> tuple[str, ...]:
    with pytest.raises(TaxonomyError) as caught:
        read_text(path, text)
    assert caught.value.source == str(path)
    return caught.value.problems


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "themes.yaml"


# Reading --------------------------------------------------------------------------------------------------


def test_reads_themes_terms_guards_and_examples(file: Path) -> None:
    terms = (Term("data law"), Term("CAC", 0.5, ("regulator",), ("stock index",)))
    theme = Theme("law", "Law", terms=terms, match=("A new data law.",), no_match=("A law.",))
    assert read_text(file, VALID) == Taxonomy("demo", "1", themes=(theme,))


def test_lists_every_fault_with_its_line_and_what_was_probably_meant(file: Path) -> None:
    text = """\
id: Demo 1
version: 1.0
thems: 3
themes:
  - id: law
    nam: Law
    terms:
      - "..."
      - 5
      - {term: data, wieght: 1, weight: 2, needs: word, unless: [""]}
      - data flow
      - Data Flows
    examples: {macth: [a], no_match: 3}
  - 7
  - id: law
    name: yes
"""
    expected = [
        (1, "'Demo 1'; expected lower-case"),
        (2, "version: found a number 1.0; expected text in quotes"),
        (3, "unknown field 'thems'; did you mean 'themes'?"),
        (5, "name: found nothing"),
        (6, "unknown field 'nam'; did you mean 'name'?"),
        (8, "'...' has no word"),
        (9, "5 is a number; write it in quotes"),
        (10, "unknown field 'wieght'; did you mean 'weight'?"),
        (10, "weight 2; expected a number above 0 and up to 1"),
        (10, "needs: found text; expected a list"),
        (10, "unless: found nothing; expected text"),
        (12, "term 'Data Flows' is there twice; first on line 11"),
        (13, "unknown field 'macth'; did you mean 'match'?"),
        (13, "no_match: found a number; expected a list"),
        (14, "found a number; expected the fields id, name"),
        (15, "theme id 'law' is there twice; first on line 5"),
        (15, "theme 'law' has no terms"),
        (16, "name: found a yes/no value True; expected text in quotes"),
    ]
    problems = faults(file, text)
    for line, fragment in expected:
        assert any(problem.startswith(f"line {line}: ") and fragment in problem for problem in problems), fragment
    lines = [int(problem.split(":")[0].removeprefix("line ")) for problem in problems]
    assert lines == sorted(lines)
    assert {line for line, _ in expected} == set(lines)


@pytest.mark.parametrize("weight", ["0", "-0.1", "1.01", ".nan", ".inf", "yes", "'1'", "[1]"])
def test_refuses_weights_that_are_no_probability(file: Path, weight: str) -> None:
    (problem,) = faults(file, VALID.replace("0.5", weight))
    assert problem.startswith("line 8: weight ")


@pytest.mark.parametrize("term", ["C#", "data + law", "100%"])
def test_refuses_a_term_with_a_sign_that_would_not_be_looked_for(file: Path, term: str) -> None:
    (problem,) = faults(file, VALID.replace("data law\n", f"'{term}'\n"))
    assert problem.startswith(f"line 7: term '{term}': ")


def test_lists_duplicate_fields_beside_the_other_faults(file: Path) -> None:
    problems = faults(file, VALID.replace("    name: Law\n", "    name: Law\n    name: Lex\n    gruop: x\n"))
    assert [problem[:30] for problem in problems] == [
        "line 6: field 'name' is there ",
        "line 7: unknown field 'gruop';",
    ]


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("&anchor x", "anchors, aliases and tags"),
        ("*alias", "anchors, aliases and tags"),
        ("!!str x", "anchors, aliases and tags"),
        ("!!python/object/apply:os.getcwd []", "anchors, aliases and tags"),
        ("[a", "expected"),
        ("'a", "unexpected end"),
        ("@a", "cannot start any token"),
        ("a: b", "mapping values are not allowed"),
        ("x\n---\nid: y", "another document"),
    ],
)
def test_names_the_line_of_what_is_not_plain_yaml(file: Path, value: str, problem: str) -> None:
    found, *_ = faults(file, VALID.replace('"1"', value))
    assert found.startswith("line ")
    assert problem in found


@pytest.mark.parametrize(
    "value", ["2020-13-45", "2020-01-01T25:00:00", "0x_", "0b_", "1" * 5000, "2020-01-01", "=", "~"]
)
def test_text_that_yaml_takes_for_something_else_is_a_fault_with_a_line(file: Path, value: str) -> None:
    assert all(problem.startswith("line 2: ") for problem in faults(file, VALID.replace('"1"', value)))


@pytest.mark.parametrize("text", ["", "# nothing\n", "demo", "- demo", "\x01", "? [a]\n: b", "3: a", "~: a"])
def test_a_file_that_is_no_taxonomy_is_a_taxonomy_error(file: Path, text: str) -> None:
    assert faults(file, text)


@pytest.mark.parametrize("text", ["- " * 1000 + "x", "[" * 100_000, "{a: " * 600 + "}" * 600])
def test_refuses_deep_nesting(file: Path, text: str) -> None:
    (problem,) = faults(file, text)
    assert "nested too deeply" in problem


def test_lists_anchors_aliases_and_tags_with_all_other_faults(file: Path) -> None:
    lines = VALID.replace("CAC", "&cac CAC").replace("Law", "!!python/name:os.system x").splitlines()
    problems = faults(file, "\n".join([*lines, "  - *theme", "  - {id: law, nam: x}"]))
    assert [problem.split(":")[0] for problem in problems if "are not allowed" in problem] == [
        *("line 5", "line 8", "line 10")
    ]
    assert any(problem.startswith("line 11: unknown field 'nam'") for problem in problems)
    assert any(problem.startswith("line 11: theme id 'law' is there twice") for problem in problems)


def test_an_alias_is_never_followed(file: Path) -> None:
    laughs = ["a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha]"]
    laughs += [f"a{n}: &a{n} [{', '.join(9 * [f'*a{n - 1}'])}]" for n in range(1, 30)]
    problems = faults(file, "\n".join(laughs))
    assert sum("are not allowed" in problem for problem in problems) == 30 + 29 * 9
    assert faults(file, "a: &a [*a]")


@pytest.mark.parametrize("depth", [10_000, 100_000])
def test_nesting_of_any_depth_has_a_line_and_no_recursion(file: Path, depth: int) -> None:
    for nested in ("[" * depth + "]" * depth, "- " * depth, "{a: " * depth + "}" * depth):
        (problem,) = faults(file, f"id: x\nthemes:\n  {nested}")
        assert problem == "line 3: nested too deeply"


def test_fields_that_stand_twice_are_found_in_every_mapping(file: Path) -> None:
    text = VALID.replace("weight: 0.5", "weight: 0.5, weight: 0.6").replace("no_match:", "match: [], no_match:")
    assert faults(file, text + 'version: "2"\n') == (
        "line 8: field 'weight' is there twice",
        "line 9: field 'match' is there twice",
        "line 10: field 'version' is there twice",
    )


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_byte_order_mark_says_how_to_read_a_file(file: Path, encoding: str) -> None:
    mark = "\ufeff" if encoding.endswith("e") else ""
    file.write_bytes((mark + VALID).encode(encoding))
    assert Taxonomy.read(file) == read_text(file, VALID)


def test_a_tab_for_a_blank_is_named_with_its_line(file: Path) -> None:
    (problem,) = faults(file, VALID.replace("    terms:", "\tterms:"))
    assert problem.startswith("line ")
    assert "tab" in problem or r"'\t'" in problem


@pytest.mark.parametrize("term", ["a.*b", "(x|y)", "[a-z]+", "^law$", r"law\b", "l?w", "law{2}", "$", "(?i)law"])
def test_what_looks_like_a_regular_expression_is_refused_with_its_line(file: Path, term: str) -> None:
    (problem,) = faults(file, VALID.replace("data law\n", f"'{term}'\n"))
    assert problem.startswith("line 7: ")


def test_signs_that_are_allowed_mean_themselves(file: Path) -> None:
    taxonomy = read_text(file, VALID.replace("data law\n", "'l.w act'\n"))
    assert [len(taxonomy.find(text)) for text in ("law act", "lawact", "lxw act")] == [0, 0, 0]


@pytest.mark.parametrize("term", ["(" * 900_000, "a" * 900_000, "a" + "-'" * 400_000, "a " * 400_000, "1_" * 400_000])
def test_a_term_of_any_length_is_judged_in_linear_time(file: Path, term: str) -> None:
    begun = time.process_time()
    with suppress(TaxonomyError):
        read_text(file, VALID.replace("data law\n", f"'{term}'\n"))
    assert time.process_time() - begun < 20


def test_of_very_many_faults_the_first_are_listed(file: Path) -> None:
    problems = faults(file, VALID + "".join(f"a{number}: 1\n" for number in range(3_000)))
    assert problems[:2] == ("line 10: unknown field 'a0'", "line 11: unknown field 'a1'")
    assert problems[1000:] == ("and 2,000 more",)


@pytest.mark.parametrize("size", [1_000_001, 50_000_000])
def test_refuses_a_file_too_large_to_be_a_taxonomy(file: Path, size: int) -> None:
    assert faults(file, "#" * size)[0].endswith("characters; this is no taxonomy")


def test_a_missing_or_binary_file_is_an_input_error(file: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        Taxonomy.read(file)
    with pytest.raises(InputError, match="cannot be read"):
        Taxonomy.read("x" * 300)
    with pytest.raises(InputError, match="so it is binary"):
        read_text(file, VALID + "\0")


@pytest.mark.parametrize("data", [None, 5, [], {}, {"themes": {}}, {"themes": "x"}, {1: 2}, {"themes": [None, [], 5]}])
def test_plain_values_that_are_no_taxonomy_are_a_taxonomy_error(data: Any) -> None:
    with pytest.raises(TaxonomyError) as caught:
        Taxonomy.from_dict(data, "model")
    assert caught.value.source == "model"
    assert any("id: found nothing" in problem for problem in caught.value.problems)


def test_deep_plain_values_are_a_taxonomy_error() -> None:
    deep: list[Any] = []
    for _ in range(3000):
        deep = [deep]
    with pytest.raises(TaxonomyError):
        Taxonomy.from_dict({"id": deep})


@pytest.mark.parametrize(
    ("themes", "problem"),
    [
        ((), "no themes"),
        ((Theme("law", "Law"), Theme("law", "Lex")), "theme id 'law' is there twice"),
        ((Theme("law", "Law", terms=(Term("law", 1.5),)),), "theme 'law', term 'law': weight 1.5"),
    ],
)
def test_a_taxonomy_made_in_code_is_checked_too(themes: tuple[Theme, ...], problem: str) -> None:
    with pytest.raises(TaxonomyError, match=problem):
        Taxonomy("demo", "1", themes=themes)


def test_read_yaml_gives_values_and_the_line_of_each_path(file: Path) -> None:
    file.write_text("a: 1\nb:\n  - x\n  - {c: true}\n")
    data, lines, problems = read_yaml(file)
    assert data == {"a": 1, "b": ["x", {"c": True}]}
    assert problems == []
    assert lines == {(): 1, ("a",): 1, ("b",): 2, ("b", 0): 3, ("b", 1): 4, ("b", 1, "c"): 4}


# Finding --------------------------------------------------------------------------------------------------


def found(taxonomy: Taxonomy, text: str) -> list[tuple[str, str, str]]:
    return [(hit.theme, hit.term, text[hit.start : hit.end]) for hit in taxonomy.find(text)]


DEMO = Taxonomy(
    "demo",
    "1",
    themes=(
        Theme("data", "Data", terms=(Term("data"), Term("data security"), Term("security law", 0.5))),
        Theme("law", "Law", terms=(Term("law"), Term("data security law"))),
    ),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("2020, 14.13; 数据", []),
        ("Laws", [("law", "law", "Laws")]),
        ("a Data-Security rule", [("data", "data security", "Data-Security")]),
        ("the security law", [("data", "security law", "security law"), ("law", "law", "law")]),
        (
            "data security law",  # the leftmost longest within a theme; themes do not take from each other
            [("data", "data security", "data security"), ("law", "data security law", "data security law")],
        ),
        ("law on data", [("law", "law", "law"), ("data", "data", "data")]),
    ],
)
def test_finds_the_longest_match_within_a_theme_and_overlaps_across_themes(
    text: str, expected: list[tuple[str, str, str]]
) -> None:
    assert found(DEMO, text) == expected


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("CAC spoke.", []),
        ("CAC, the regulator, spoke.", ["CAC"]),
        ("The regulators of CAC spoke.", ["CAC"]),
        ("CAC, the regulator, left the stock index.", []),
        ("The stock index fell after a data law.", ["data law"]),
    ],
)
def test_guards_need_one_phrase_and_forbid_the_others(small_taxonomy: Taxonomy, text: str, terms: list[str]) -> None:
    assert [hit.term for hit in small_taxonomy.find(text)] == terms


def test_one_of_several_needed_phrases_is_enough() -> None:
    terms = (Term("data", needs=("law", "border"), unless=("weather", "sport")),)
    taxonomy = Taxonomy("demo", "1", themes=(Theme("data", "Data", terms=terms),))
    assert [len(taxonomy.find(f"data {word}")) for word in ("x", "law", "border", "law sport", "law weather")] == [
        *(0, 1, 1, 0, 0)
    ]


def test_a_guarded_term_that_does_not_count_leaves_its_place_to_a_shorter_one() -> None:
    terms = (Term("data"), Term("data flow", needs=("border",)))
    taxonomy = Taxonomy("demo", "1", themes=(Theme("data", "Data", terms=terms),))
    assert found(taxonomy, "data flow") == [("data", "data", "data")]
    assert found(taxonomy, "border data flow") == [("data", "data flow", "data flow")]


@given(st.lists(st.sampled_from(["data", "Security", "laws", "and", ",", "-", "\n", "É", "数"]), max_size=12))
def test_hits_are_in_order_and_do_not_overlap_within_a_theme(words: list[str]) -> None:
    text = " ".join(words)
    hits = DEMO.find(text)
    assert [(hit.start, hit.end) for hit in hits] == sorted((hit.start, hit.end) for hit in hits)
    assert all(phrase_keys(text[hit.start : hit.end]) == phrase_keys(hit.term) for hit in hits)
    assert all(hit.weight == (0.5 if hit.term == "security law" else 1.0) for hit in hits)
    for theme in DEMO.theme_ids:
        spans = [(hit.start, hit.end) for hit in hits if hit.theme == theme]
        assert all(first[1] <= second[0] for first, second in pairwise(spans))


def test_theme_gives_the_theme_or_names_the_nearest(small_taxonomy: Taxonomy) -> None:
    assert small_taxonomy.theme_ids == ("5g", "law")
    assert small_taxonomy.theme("law").name == "Law"
    with pytest.raises(InputError, match=r"no theme 'laws' in taxonomy 'small'; did you mean 'law'\?"):
        small_taxonomy.theme("laws")
    with pytest.raises(InputError, match=r"no theme 'xyz' in taxonomy 'small'$"):
        small_taxonomy.theme("xyz")


def test_a_sign_that_texts_are_not_searched_for_is_a_fault(file: Path) -> None:
    (problem,) = faults(file, VALID.replace("- data law\n", "- data law+\n"))
    assert "'data law+'" in problem
    assert problem.endswith("+; spell it out")


# Round trips ----------------------------------------------------------------------------------------------

ids = st.from_regex(r"[a-z0-9]{1,4}(-[a-z0-9]{1,4}){0,2}", fullmatch=True)
prose = st.text(max_size=30)
sentences = st.lists(st.text(min_size=1, max_size=30).filter(str.strip), max_size=2).map(tuple)
phrases = st.from_regex(r"[A-Za-z0-9é数]{1,5}([ &-][A-Za-z0-9é数]{1,5}){0,2}", fullmatch=True)
guards = st.lists(phrases, max_size=2).map(tuple)
weights = st.floats(0, 1, exclude_min=True)
terms = st.lists(
    st.builds(Term, phrases, weights | st.just(1.0), guards, guards),
    min_size=1,
    max_size=3,
    unique_by=lambda term: phrase_keys(term.text),
).map(tuple)
names = st.text(min_size=1, max_size=10).filter(str.strip)
themes = st.builds(Theme, ids, names, prose, prose, sentences, sentences, terms, sentences, sentences)
taxonomies = st.builds(
    Taxonomy, ids, names, prose, st.lists(themes, min_size=1, max_size=2, unique_by=lambda theme: theme.id).map(tuple)
)


@given(taxonomy=taxonomies)
def test_a_taxonomy_is_the_same_after_yaml_and_after_json(
    tmp_path_factory: pytest.TempPathFactory, taxonomy: Taxonomy
) -> None:
    path = tmp_path_factory.getbasetemp() / "generated.yaml"
    assert taxonomy.write(path) == path
    assert Taxonomy.read(path) == taxonomy
    assert Taxonomy.from_dict(json.loads(json.dumps(taxonomy.to_dict()))) == taxonomy


ODD = [
    "\x85",
    "\u2028",
    "\ufeff",
    "\0",
    "\x7f",
    "\r\n",
    " a ",
    "a\n\n b\n",
    "- a",
    "a: b",
    "#",
    "=",
    "yes",
    "1e3",
    "0x_",
]


@pytest.mark.parametrize("text", [*ODD, "2020-13-45", "\U0010ffff", "é" * 200, "long words " * 30], ids=ascii)
def test_odd_text_is_the_same_after_yaml(file: Path, text: str) -> None:
    theme = Theme("x", f"X{text}", definition=text, terms=(Term("x"),), match=(f"x {text}",))
    taxonomy = Taxonomy("demo", f"1{text}", text, (theme,))
    assert Taxonomy.read(taxonomy.write(file)) == taxonomy


def test_write_yaml_keeps_the_order_and_gives_a_term_one_line(file: Path) -> None:
    write_yaml(file, {"z": [{"term": "data", "weight": 0.5}, "law"], "a": "“é”"})
    assert file.read_text(encoding="utf-8") == "z:\n  - {term: data, weight: 0.5}\n  - law\na: “é”\n"


def test_writing_where_there_is_no_folder_is_an_input_error(small_taxonomy: Taxonomy, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="missing"):
        small_taxonomy.write(tmp_path / "missing" / "themes.yaml")


def test_to_dict_leaves_out_what_is_default() -> None:
    assert Term("data").to_dict() == {"term": "data"}
    assert Term("data", 0.5, ("law",)).to_dict() == {"term": "data", "weight": 0.5, "needs": ["law"]}
    terms = Theme("x", "X", terms=(Term("a"), Term("b", unless=("c",)))).to_dict()["terms"]
    assert terms == ["a", {"term": "b", "unless": ["c"]}]


# The bundled taxonomy -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bundled() -> Taxonomy:
    return Taxonomy.read(BUNDLED)


def test_the_bundled_file_has_the_themes_of_the_codebook_in_its_order(bundled: Taxonomy) -> None:
    assert bundled.theme_ids == CODEBOOK_IDS


def test_the_bundled_model_carries_the_bundled_file(bundled: Taxonomy, tagger: Tagger) -> None:
    assert tagger.taxonomy == bundled


@pytest.mark.parametrize("theme_id", CODEBOOK_IDS)
def test_every_bundled_theme_is_described_and_has_examples(bundled: Taxonomy, theme_id: str) -> None:
    theme = bundled.theme(theme_id)
    assert theme.definition
    assert theme.group in ("security", "governance", "technology", "economy", "context")
    assert len(set(theme.match)) >= 4
    assert len(set(theme.no_match)) >= 3


def test_a_term_that_is_no_term_is_refused() -> None:
    words: Any = ("qubit",)
    with pytest.raises(TaxonomyError, match="expected a Term"):
        Taxonomy("t", "1", themes=(Theme("a", "A", terms=words),))
