"""Paragraphs: every character once, what a page layout broke made whole, and the kind of each."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyberthemes import Paragraph, split_paragraphs
from cyberthemes.paragraphs import DATE

SEEDS = sorted((Path(__file__).parent.parent / "seeds").glob("*.txt"))
CUT_SEED = "004_f51e464d7cf6a9c4.txt"
KINDS = {"body", "heading", "caption", "boilerplate"}

# What a page is made of: whole and cut sentences, headings, credits, quotations with their origin, navigation.
LINES = [
    "Ministers from nine states met in Oslo to agree how data may cross borders.",
    "The group will publish a list of the networks that were attacked in the",
    "Republic of Examplia and say who paid for the repair.",
    "and then agree on a date for the next meeting.",
    "Talks resume",
    "By Anna Lind",
    "A clerk tries a headset in Lyon. (Photo/Reuters)",
    "• We should speed up the work on common rules for networks.",
    "— message to a conference, May 4, 2021",
    "Search",
    "\u200b",
    "",
]
BREAKS = ["\n", "\n\n", "\r\n", "\r", "\u2028", "\x85", "\f", " \n\t", "\u00a0\n"]
pages = st.lists(st.tuples(st.sampled_from(LINES), st.sampled_from(BREAKS)), max_size=12).map(
    lambda pieces: "".join(line + line_break for line, line_break in pieces)
)


def spans(paragraph: Paragraph) -> list[tuple[int, int]]:
    own = [(paragraph.start, paragraph.end)]
    return [*own, paragraph.attribution] if paragraph.attribution else own


def bodies(text: str) -> list[str]:
    return [text[paragraph.start : paragraph.end] for paragraph in split_paragraphs(text)]


def assert_every_visible_character_is_covered_once(text: str) -> None:
    found = [span for paragraph in split_paragraphs(text) for span in spans(paragraph)]
    covered = Counter(place for start, end in found for place in range(start, end))
    assert found == sorted(found)
    assert all(count == 1 for count in covered.values())
    assert [text[place] for place in range(len(text)) if place not in covered and not text[place].isspace()] == []
    assert all(text[start:end] and text[start:end] == text[start:end].strip() for start, end in found)


@given(st.one_of(st.text(), pages))
def test_every_visible_character_is_in_one_paragraph_or_attribution(text: str) -> None:
    assert_every_visible_character_is_covered_once(text)
    assert {paragraph.kind for paragraph in split_paragraphs(text)} <= KINDS


@pytest.mark.parametrize("path", SEEDS, ids=lambda path: path.name[:3])
def test_every_visible_character_of_a_seed_is_covered_once(path: Path) -> None:
    assert_every_visible_character_is_covered_once(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", SEEDS, ids=lambda path: path.name[:3])
def test_every_gold_line_lies_in_exactly_one_paragraph_or_its_attribution(path: Path) -> None:
    gold = [json.loads(line) for line in (path.parent / "gold.jsonl").read_text(encoding="utf-8").splitlines()]
    own = [line for line in gold if line["file"] == path.name]
    paragraphs = split_paragraphs(path.read_text(encoding="utf-8"))
    homes = [
        sum(
            any(start <= line["start"] and line["end"] <= end for start, end in spans(paragraph))
            for paragraph in paragraphs
        )
        for line in own
    ]
    assert homes == [1] * len(own)
    assert own


def test_the_two_paragraphs_that_a_page_layout_cut_come_back_as_one() -> None:
    text = (SEEDS[0].parent / CUT_SEED).read_text(encoding="utf-8")
    joined = [body for body in bodies(text) if "\n" in body]
    assert [body.split("\n\n")[0].split()[-1] for body in joined] == ["cybersecurity", "and"]
    assert [body.split("\n\n")[1].split()[0] for body in joined] == ["industrial", "Road"]


@pytest.mark.parametrize(
    ("first", "second", "is_joined"),
    [
        ("States met again along the river to talk about the", "Digital Compact.", True),
        ("States met again along the river to talk about old", "and new rules.", True),
        ("States met again along the river to talk about rules.", "and then left.", False),
        ("States met again along the river to talk about old", "Rules stay as they are.", False),
        ("Rules for the", "digital age", False),
        ("States met again along the river to talk about the", "By Anna Lind", False),
        ("Home | News | Opinion | Sport | Letters to the", "Republic of Examplia", False),
    ],
    ids=["open word", "small letter", "full stop", "new sentence", "too short", "credit", "menu"],
)
def test_joins_a_paragraph_only_where_it_was_cut(first: str, second: str, is_joined: bool) -> None:
    text = f"{first}\n\n{second}"
    assert bodies(text) == ([text] if is_joined else [first, second])


# No line but the last ends in a word, or goes on in a small letter, that alone would show the cut.
WRAPPED = """The talks in Oslo began on the first of May. On Monday
Examplia offered to keep a list of firms that Norway
Telecom and others had seen attacked. It would also pay
Lyon for repairs."""


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r", "\u2028"], ids=["LF", "CRLF", "CR", "LS"])
def test_joins_hard_wrapped_lines_up_to_the_blank_line(line_break: str) -> None:
    text = f"{WRAPPED}\n\n{WRAPPED}".replace("\n", line_break)
    assert bodies(text) == [WRAPPED.replace("\n", line_break)] * 2


def test_keeps_lines_apart_that_are_whole_paragraphs() -> None:
    short, width = "Fees rise.", "The ministry said that it would act on what it knew of the attacks in May."
    for lines in ([short, width, short, width], [f"{width} {width}"] * 5):
        assert bodies("\n".join(lines)) == lines


def test_gives_a_quotation_the_line_that_says_where_it_is_from() -> None:
    quotation, origin = "• Rules for networks should be made by all.", "— message to a conference, May 4, 2021"
    (paragraph,) = split_paragraphs(f"{quotation}\n{origin}")
    assert (paragraph.kind, paragraph.end) == ("body", len(quotation))
    assert paragraph.attribution == (len(quotation) + 1, len(quotation) + 1 + len(origin))


@pytest.mark.parametrize(
    "text",
    [
        "Talks resume\n— a message",
        "We agree.\n— Not now, they said.",
        f"We agree.\n— {'a long aside ' * 12}",
        "We agree.\n-a note",
    ],
    ids=["below a heading", "a sentence", "too long", "no dash"],
)
def test_a_line_that_names_no_origin_stays_a_paragraph(text: str) -> None:
    assert bodies(text) == [line.strip() for line in text.split("\n")]


def test_a_quotation_has_one_attribution() -> None:
    first, second = split_paragraphs("We agree.\n— message to a meeting\n— second note")
    assert first.attribution is not None
    assert second.attribution is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("The law passed.", "body"),
        ("• data must stay at home", "body"),
        ("By signing the treaty, states agree to share data.", "body"),
        ("Share of the market fell to ten per cent.", "body"),
        ("Copyright rules for training data are needed.", "body"),
        ("Written by hand, the old ledger was safe from hackers.", "body"),
        ("Data law takes effect", "heading"),
        ("What comes next?", "heading"),
        ("Copyright law and AI", "heading"),
        ("Terms of trade for data", "heading"),
        ("A clerk tries a headset in Lyon. (Photo/Reuters)", "caption"),
        ("Photo shows a clerk with a headset in Lyon.", "caption"),
        ("Caption: a clerk tries a headset in Lyon", "caption"),
        ("(Photo/Reuters)", "boilerplate"),
        ("By Anna Lind and Omar Diaz", "boilerplate"),
        ("Source: Northern Wire | 2021-03-04", "boilerplate"),
        ("May 4, 2021", "boilerplate"),
        ("2021-03-04 10:20", "boilerplate"),
        ("press@wire.example", "boilerplate"),
        ("Home | News | Opinion | Sport", "boilerplate"),
        ("© 2021 Northern Wire", "boilerplate"),
        ("Copyright 2021 Northern Wire. All rights reserved.", "boilerplate"),
        ("Read more about data law", "boilerplate"),
    ],
)
def test_tells_the_kind_of_a_paragraph(text: str, kind: str) -> None:
    assert [paragraph.kind for paragraph in split_paragraphs(text)] == [kind]


def test_short_lines_beside_navigation_are_navigation_too() -> None:
    text = "Northern Wire\nWorld\nSearch\n\nTalks resume\n\nWorld"
    kinds = [paragraph.kind for paragraph in split_paragraphs(text)]
    assert kinds == ["boilerplate"] * 3 + ["heading"] * 2


@pytest.mark.parametrize("text", ["", " \n\u2029\t", "\u00a0\r\n\x1c"])
def test_blank_text_has_no_paragraphs(text: str) -> None:
    assert split_paragraphs(text) == ()


def test_a_paragraph_is_frozen_and_gives_its_fields_as_plain_values() -> None:
    paragraph = Paragraph(2, 9, "caption", (10, 12))
    assert paragraph.to_dict() == {"start": 2, "end": 9, "kind": "caption", "attribution": (10, 12)}
    with pytest.raises(FrozenInstanceError):
        paragraph.start = 0  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("on 2021-03-04", {"y1": "2021", "m1": "03", "d1": "04"}),
        ("On sept. 5th, 2021", {"m2": "sept.", "d2": "5", "y2": "2021"}),
        ("7 June 2021", {"d3": "7", "m3": "June", "y3": "2021"}),
        ("12021-03-04", {}),
        ("21-03-04", {}),
        ("March 2021", {}),
    ],
)
def test_finds_a_date_in_any_of_three_orders(text: str, numbers: dict[str, str]) -> None:
    match = DATE.search(text)
    assert {name: part for name, part in (match.groupdict() if match else {}).items() if part} == numbers
