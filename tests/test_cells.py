"""Text in the cells of a terminal: widths, lines, and what may not reach it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyberthemes.cells import RESET, bar, beside, cells, filled, isolated, padded, shortened, visible, wrapped

STYLE = re.compile(r"\x1b\[[0-9;]*m")
CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]")
ISOLATES = re.compile("[\u2066-\u2069]")
# Letters of many scripts, marks, emoji and their parts, controls.
HARD = st.text(
    st.one_of(
        st.characters(max_codepoint=0x24F),
        st.sampled_from("网络安全（）。、「」カタカナ한국กำที่नमस्तेקעברעעربي"),
        st.sampled_from("👩👍🏽🇩🇪❤⚕🏴1#\u200d\ufe0f\u20e3\u0301\u3099\u200b\xad\u1160\u202e\u2066\x1b\x07\x00\ud800"),
    ),
    max_size=60,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Belt and Road", 13), ("naïve “quoted” – …", 18), ("e\u0301", 1), ("Z͑ͫ̓ͪ̂ͫ̽", 1), ("e\u20dd", 1), ("", 0),
        ("网络安全", 8), ("，", 2), ("ｱ", 1), ("ｶﾞ", 2), ("か\u3099", 2), ("葛\U000e0100", 2), ("Ａ", 2),
        ("\U00030000", 2),
        ("한국", 4), ("ᄒ\u1161ᆫ", 2), ("ลี้", 1), ("กำ", 2), ("की", 2), ("தமிழ்", 4), ("مرحبا", 5), ("שָׁלוֹם", 4),
        ("👩‍👩‍👧", 2), ("👨🏽‍💻", 2), ("🤦🏼‍♂️", 2), ("🏳️‍🌈", 2), ("❤️‍🔥", 2), ("🧑🏻‍❤️‍💋‍🧑🏿", 2), ("👁️‍🗨️", 2), ("🙂‍↔️", 2),
        ("🇩🇪", 2), ("🇩🇪🇫🇷", 4), ("🇩", 2), ("🇩🇪🇫", 4), ("🏴󠁧󠁢󠁥󠁮󠁧󠁿", 2), ("👍🏽", 2), ("🏽", 2), ("x🏽", 3),
        ("❤", 1), ("❤️", 2), ("☺︎", 1), ("1️⃣", 2), ("#️⃣", 2), ("ℹ️", 2), ("™️", 2), ("‼️", 2),
        ("a\ufe0f", 1), ("⏰", 2), ("⏱", 1),
        ("🫨", 2), ("\u200b", 0), ("\u200d", 0), ("\ufeff", 0), ("\xad", 1), ("\u0600", 1),
        ("\ue000", 1), ("\u0378", 1),
        ("👍\u200da", 3), ("a\u200db", 2), ("\x1b[4;36m网络\x1b[0m", 4),
    ],
)  # fmt: skip
def test_a_text_takes_as_many_cells_as_a_terminal_gives_it(text: str, expected: int) -> None:
    assert cells(text) == expected
    assert cells(padded(text, 12)) == max(expected, 12)


def test_control_characters_are_shown_and_not_sent() -> None:
    assert visible("a\tb\r\n c\x1b]0;title\x07") == "a b c\\x1b]0;title\\x07"
    assert visible("\x00\x7f\x9b31m \u202etxt\u2069 \ud800") == "\\x00\\x7f\\x9b31m \\u202etxt\\u2069 \\ud800"
    assert visible("مرحبا\u200f 👩‍👩‍👧 5\xa0G") == "مرحبا\u200f 👩‍👩‍👧 5 G"


@given(text=HARD, width=st.integers(1, 40))
def test_wrapped_lines_fit_and_lose_nothing(text: str, width: int) -> None:
    lines = wrapped(text, width, first="[1] ", indent="  ")
    assert all(cells(line) <= max(width, 14) for line in lines)
    assert not any(CONTROLS.search(line) for line in lines)
    bare = [ISOLATES.sub("", line) for line in lines]
    assert [line[:4] if number == 0 else line[:2] for number, line in enumerate(bare)] == [
        "[1] ",
        *["  "] * len(bare[1:]),
    ]
    shown = "".join(line[2 if number else 4 :] for number, line in enumerate(bare))
    assert shown.replace(" ", "") == visible(text).replace(" ", "")


def test_lines_break_at_spaces_and_fill_up() -> None:
    assert wrapped("The ministry shares data", 14, first="- ", indent="  ") == ["- The ministry", "  shares data"]
    assert wrapped("to " + "x" * 25, 12) == ["to xxxxxxxxx", "x" * 12, "xxxx"]
    assert wrapped(" \n ", 20) == []


def test_chinese_lines_break_between_characters_but_not_before_what_closes() -> None:
    assert wrapped("数据安全法草案。发布", 12) == ["数据安全法草", "案。发布"]
    assert wrapped("数据安全（草案）", 10) == ["数据安全", "（草案）"]
    assert wrapped("数据安全法。5G mast", 10) == ["数据安全", "法。5G", "mast"]


def test_a_character_of_several_code_points_is_never_broken() -> None:
    family = "👩‍👩‍👧"
    assert wrapped(family * 7, 12) == [family * 6, family]
    assert wrapped("e\u0301" * 11, 10) == ["e\u0301" * 10, "e\u0301"]


def test_a_style_ends_with_the_line_and_goes_on_in_the_next() -> None:
    styled = f"see \x1b[4mdata security law{RESET} now".split(" ")
    assert filled(styled, 12) == [f"see \x1b[4mdata{RESET}", f"\x1b[4msecurity law{RESET}", "now"]
    assert [STYLE.sub("", line) for line in filled(styled, 12)] == wrapped("see data security law now", 12)


def test_words_from_right_to_left_are_isolated_in_the_direction_of_their_text() -> None:
    assert isolated("5G") == "5G"
    assert isolated("قانون") == "\u2068قانون\u2069"
    assert wrapped("قانون البيانات 5G", 14, first="[1] ") == ["[1] \u2067قانون\u2069", "\u2067البيانات 5G\u2069"]
    assert wrapped("5G قانون", 20) == ["\u20665G قانون\u2069"]
    assert filled([isolated("قانون"), "+1.2"], 30) == ["\u2066\u2068قانون\u2069 +1.2\u2069"]


def test_a_shortened_text_fits() -> None:
    assert shortened("The ministry  shares data", 25) == "The ministry shares data"
    assert shortened("The ministry shares data", 16) == "The ministry …"
    assert shortened("数据安全法草案发布", 13) == "数据安全法 …"
    assert shortened("", 13) == ""


def test_words_stand_beside_a_head_or_below_it() -> None:
    words = ["data", "security", "law"]
    assert beside("head  ", words, 40) == ["head  data security law"]
    assert beside("head  ", ["data", "security", "laws,", "all"], 26) == ["head  data security laws,", "      all"]
    assert beside("head  ", words, 20) == ["head", "      data security", "      law"]
    assert beside("head  ", [], 40) == beside("head  ", [], 20) == ["head"]


def test_a_bar_shows_a_share() -> None:
    assert [bar(share, 4) for share in (0, 0.5, 1)] == ["░░░░", "██░░", "████"]
