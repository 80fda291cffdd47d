"""Terms that a taxonomy may lack: what is suggested, what is not, and that the file can be read and pasted from."""

from __future__ import annotations

from dataclasses import replace
from itertools import cycle, product
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cyberthemes import InputError, Tagger, Taxonomy, TaxonomySuggestions, Term, Theme, suggest_terms
from cyberthemes.suggestionrecords import Quote, TermSuggestion, TopicSuggestion
from cyberthemes.termsuggestions import log_odds_z

MOBILE = Theme("5g", "5G", terms=(Term("5G"), Term("base station", needs=("radio",))))
MONEY = Theme("money", "Money: digital", terms=(Term("bitcoin"), Term("wallet", 0.8)))
TAXONOMY = Taxonomy("demo", "1", themes=(MOBILE, MONEY))
OTHER_WORDS = ["".join(letters) for letters in product("bdfgk", "aei", "lmn", "ao")]
N_DOCUMENTS = 25


def corpus() -> tuple[list[str], list[str]]:
    """Texts and their documents: in each document, some words stand beside 5G, beside bitcoin, or together alone."""
    words = iter(np.random.default_rng(0).choice(OTHER_WORDS, 200 * N_DOCUMENTS))

    def more() -> str:
        return " ".join([next(words), next(words)])

    texts: list[str] = []
    for number in range(N_DOCUMENTS):
        title = ("Dr", "Ms", "analyst", "researcher", "spokesman", "spokeswoman", "spokesperson")[number % 7]
        texts += [
            f"{more()} 5G with beam steering {more()} antennas {more()} with Zorblax {more()} for {title} Vance, 9 GB",
            f"bitcoin {more()} cold storage {more()} Mr Quimby {more()}, Kolb said, {more()} near Oslo",
            f"passengers {more()} ferry {more()} harbour {more()} timetable",
            f"timetable {more()} harbour {more()} passengers {more()} ferry",
            *(f"{more()} and {more()} and {more()} and {more()}" for _ in range(6)),
        ]
    return texts, [f"doc-{number}" for number in range(N_DOCUMENTS) for _ in range(len(texts) // N_DOCUMENTS)]


@pytest.fixture(scope="module")
def found() -> TaxonomySuggestions:
    texts, documents = corpus()
    return suggest_terms(TAXONOMY, texts, documents=documents, ignore=["Zorblax News"], n_topics=4)


def terms(found: TaxonomySuggestions) -> dict[str, str]:
    return {suggestion.term: suggestion.theme for suggestion in found.terms}


def test_terms_that_rise_with_a_theme_are_suggested_for_it(found: TaxonomySuggestions) -> None:
    assert terms(found) == {"beam steering": "5g", "antennas": "5g", "cold storage": "money"}
    steering = next(suggestion for suggestion in found.terms if suggestion.term == "beam steering")
    assert (steering.documents, steering.others) == (25, 0)
    assert steering.weight == 0.85  # (25.2 / 1.8) of the votes, where one in ten has the theme, at one in twenty
    assert steering.z > 2.58
    assert [quote.position for quote in steering.quotes] == [0, 10]
    assert all("beam steering" in quote.text for quote in steering.quotes)


def test_persons_places_and_outlets_are_not_suggested(found: TaxonomySuggestions) -> None:
    assert not {"Mr Quimby", "Vance", "Kolb", "Oslo", "GB", "Zorblax"} & set(terms(found))
    texts, documents = corpus()
    assert terms(suggest_terms(TAXONOMY, texts, documents=documents))["Zorblax"] == "5g"


def test_a_word_that_is_mostly_part_of_a_longer_name_is_not_suggested() -> None:
    texts, documents = corpus()
    names = cycle(map(str.title, OTHER_WORDS))
    longer = [text.replace("Zorblax", f"{name} Zorblax") for text, name in zip(texts, names, strict=False)]
    assert "Zorblax" not in terms(suggest_terms(TAXONOMY, longer, documents=documents))


@pytest.mark.parametrize(("extra", "is_suggested"), [(["doc-0"] * 25, True), ([f"e-{n}" for n in range(25)], False)])
def test_what_stands_as_often_without_the_theme_is_not_suggested(extra: list[str], is_suggested: bool) -> None:
    texts, documents = corpus()
    texts += [f"{OTHER_WORDS[number]} met Zorblax while {OTHER_WORDS[number + 30]} slept" for number in range(25)]
    found = terms(suggest_terms(TAXONOMY, texts, documents=documents + extra))
    assert ("Zorblax" in found) == is_suggested  # the texts of one document share a vote


def test_a_topic_that_no_theme_covers_is_suggested(found: TaxonomySuggestions) -> None:
    ferries = [topic for topic in found.topics if "ferry" in [term.term for term in topic.terms]]
    assert len(ferries) == 1
    assert ferries[0].covered == 0
    assert ferries[0].id not in TAXONOMY.theme_ids
    assert all("5G" not in quote.text for term in ferries[0].terms for quote in term.quotes)


def test_what_a_theme_has_is_not_suggested_for_any() -> None:
    texts, documents = corpus()
    for own in ("a base station", "a wallet"):  # a guard is not met; another theme has it
        changed = [text.replace("beam steering", own) for text in texts]
        found = suggest_terms(TAXONOMY, changed, documents=documents)
        assert set(terms(found)) == {"antennas", "cold storage", "Zorblax"}
    zorblax = replace(MOBILE, terms=(*MOBILE.terms, Term("with Zorblax")))  # nor a piece of one
    found = suggest_terms(replace(TAXONOMY, themes=(zorblax, MONEY)), texts, documents=documents)
    assert set(terms(found)) == {"antennas", "beam steering", "cold storage"}


def test_a_term_is_suggested_for_one_theme_alone() -> None:
    texts, documents = corpus()
    twins = replace(TAXONOMY, themes=(MOBILE, replace(MOBILE, id="mobile", name="Mobile")))
    found = suggest_terms(twins, texts, documents=documents)
    assert sorted(suggestion.term for suggestion in found.terms) == ["Zorblax", "antennas", "beam steering"]


@pytest.mark.parametrize(("n_documents", "expected"), [(2, {}), (3, {"Zubrin": "orbit"})])
def test_a_term_needs_three_documents(n_documents: int, expected: dict[str, str]) -> None:
    texts, documents = corpus()
    orbit = Theme("orbit", "Orbit", terms=(Term("satellite"),))
    words = ("baker", "clerk", "driver")
    texts += [f"the {words[number]} saw a satellite and Zubrin too" for number in range(n_documents)]
    texts += ["an old house of Zubrin is for sale"]
    documents += [f"more-{number}" for number in range(n_documents + 1)]
    found = suggest_terms(replace(TAXONOMY, themes=(orbit,)), texts, documents=documents)
    assert terms(found) == expected


def test_a_topic_that_themes_cover_is_not_suggested() -> None:
    texts, documents = corpus()
    every = Theme("every", "Every", terms=tuple(map(Term, OTHER_WORDS)))
    found = suggest_terms(replace(TAXONOMY, themes=(MOBILE, every)), texts, documents=documents, n_topics=4)
    assert found.topics == ()


def test_quotes_stand_in_the_texts_given() -> None:
    texts, documents = corpus()
    found = suggest_terms(TAXONOMY, [texts[0], *texts], documents=["doc-0", *documents])
    quotes = [quote for suggestion in found.terms for quote in suggestion.quotes]
    assert quotes
    assert all(quote.text.strip("… ") in [texts[0], *texts][quote.position] for quote in quotes)


def test_few_documents_suggest_nothing() -> None:
    texts, _ = corpus()
    none = suggest_terms(TAXONOMY, texts, documents=["one"] * len(texts))
    assert (none.terms, none.topics) == ((), ())
    assert none.to_yaml().endswith("# There are none.\n")


def test_reprints_count_once() -> None:
    texts, documents = corpus()
    reprints = [text for text in texts if "ferry" in text] * 3
    several = [f"reprint-{number}" for number in range(len(reprints))]
    first = suggest_terms(TAXONOMY, texts, documents=documents, n_topics=4)
    assert suggest_terms(TAXONOMY, texts + reprints, documents=documents + several, n_topics=4) == first


def test_no_more_than_n_for_each() -> None:
    texts, documents = corpus()
    found = suggest_terms(TAXONOMY, texts, documents=documents, n=1)
    assert sorted(suggestion.theme for suggestion in found.terms) == ["5g", "money"]
    assert max((len(topic.terms) for topic in found.topics), default=0) <= 1


def test_the_order_of_texts_changes_no_term() -> None:
    texts, documents = corpus()
    order = np.random.default_rng(0).permutation(len(texts)).tolist()
    one = suggest_terms(TAXONOMY, texts, documents=documents)
    other = suggest_terms(TAXONOMY, [texts[row] for row in order], documents=[documents[row] for row in order])
    assert terms(one) == terms(other)


def test_a_tagger_says_which_texts_have_a_theme(tagger: Tagger) -> None:
    texts, documents = corpus()
    found = suggest_terms(tagger, texts, documents=documents)
    assert terms(found).get("beam steering") == "5g"


def test_the_file_is_a_taxonomy_and_its_lines_can_be_pasted(found: TaxonomySuggestions, tmp_path: Path) -> None:
    origins = [f"doc {number}\x1b\u2028: #{number}" for number in range(10 * N_DOCUMENTS)]
    patch = tmp_path / "patch.yaml"
    patch.write_text(found.to_yaml(origins), encoding="utf-8")
    read = Taxonomy.read(patch)
    assert read.theme_ids[:2] == ("5g", "money")
    assert {term.text for term in read.theme("5g").terms} == {"beam steering", "antennas"}
    lines = patch.read_text(encoding="utf-8").split("\n")
    assert any("# “" in line and "(doc 0" in line for line in lines)
    # Everything between "terms:" of a theme and the next theme goes under the same theme's terms in the other file.
    start = next(number for number, line in enumerate(lines) if line == "    terms:")
    end = next(number for number, line in enumerate(lines) if line.startswith("  - id:") and number > start)
    whole = TAXONOMY.write(tmp_path / "whole.yaml").read_text(encoding="utf-8").split("\n")
    at = whole.index("    terms:")
    whole[at + 1 : at + 1] = lines[start + 1 : end]
    (tmp_path / "whole.yaml").write_text("\n".join(whole), encoding="utf-8")
    edited = Taxonomy.read(tmp_path / "whole.yaml")
    assert set(edited.theme("5g").terms) == {*MOBILE.terms, *read.theme("5g").terms}
    assert edited.theme("money") == MONEY


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
labels = st.sampled_from(["no", "1984", "it's", '"q" a', "R&D", "null", "- a", "& b", "Belt and Road"])


@given(labels, texts, texts, texts)
def test_any_words_make_a_file_that_can_be_read(term: str, quote: str, origin: str, name: str) -> None:
    theme = Theme("a", name if name.strip() else "A", terms=(Term("b"),))
    one = TermSuggestion("a", term, 0.5, 3.0, 4, 1, (Quote(0, quote),))
    topic = TopicSuggestion("new-a", "A: #topic", 0.1, 0.2, (one,))
    text = TaxonomySuggestions(Taxonomy("demo", "1", themes=(theme,)), (one,), (topic,)).to_yaml([origin])
    data = yaml.safe_load(text)
    read = Taxonomy.from_dict({"id": data["id"], "version": data["version"], "themes": data["themes"]})
    assert read.themes[0].name == theme.name
    assert [part.terms[0] for part in read.themes] == [Term(term, 0.5)] * 2


def test_records_give_plain_values(found: TaxonomySuggestions) -> None:
    plain = found.to_dict()
    assert plain["terms"][0]["quotes"][0].keys() == {"position", "text"}
    assert plain["topics"][0]["terms"][0]["theme"] == found.topics[0].id


def test_log_odds_are_those_of_the_formula() -> None:
    inside, outside = np.array([30, 5, 65]), np.array([10, 15, 180])
    prior = 0.1 * (inside + outside) + 0.01
    first, second = inside + prior, outside + prior
    delta = np.log(first / (first.sum() - first)) - np.log(second / (second.sum() - second))
    np.testing.assert_allclose(log_odds_z(inside, outside), delta / np.sqrt(1 / first + 1 / second), rtol=1e-2)


def test_refuses_what_it_cannot_use() -> None:
    with pytest.raises(InputError, match="n=0"):
        suggest_terms(TAXONOMY, ["a"], n=0)
    with pytest.raises(InputError, match="1 texts, but 2 documents"):
        suggest_terms(TAXONOMY, ["a"], documents=["b", "c"])
    with pytest.raises(InputError):
        suggest_terms(TAXONOMY, "a text")
    with pytest.raises(InputError, match="too few texts: 1"):
        suggest_terms(TAXONOMY, ["a line of text", "a line of text"])
    three = ["a data law", "some other net", "rain in the north"]
    for n_topics in (0, -1):
        with pytest.raises(InputError, match=f"n_topics={n_topics}"):
            suggest_terms(TAXONOMY, three, n_topics=n_topics)
    with pytest.raises(InputError, match="document 0: unhashable"):
        suggest_terms(TAXONOMY, three, documents=[[1], [2], [3]])  # type: ignore[list-item]
    with pytest.raises(InputError, match="expected a Taxonomy or Tagger"):
        suggest_terms(None, three)  # type: ignore[arg-type]


def test_the_file_is_harmless_on_a_terminal(tmp_path: Path) -> None:
    harm = "\x1b[31m \u202e \x9b"
    theme = Theme("a", f"A {harm}", terms=(Term("b"),))
    one = TermSuggestion("a", "word", 0.5, 3.0, 4, 1, (Quote(0, harm),))
    text = TaxonomySuggestions(Taxonomy("demo", harm, themes=(theme,)), (one,), ()).to_yaml([harm])
    assert text.replace("\n", "").isprintable()
    (tmp_path / "patch.yaml").write_text(text, encoding="utf-8")
    assert Taxonomy.read(tmp_path / "patch.yaml").themes[0].name == theme.name
