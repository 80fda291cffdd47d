"""The command line: what it prints where, and its exit codes."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

import cyberthemes
from cyberthemes import Document, Evaluation, Tagger, Taxonomy, Term, Theme, cli, commands, load_tagger
from cyberthemes.cli import main
from cyberthemes.evaluation import ThemeScore
from cyberthemes.tagging import BUNDLED_MODEL
from cyberthemes.terminal import render_article, render_evaluation, render_theme

GENRE = Path(__file__).parent / "data" / "genre.jsonl"
TAXONOMY = Path(__file__).parent.parent / "models" / BUNDLED_MODEL / "taxonomy.yaml"
LAW = "A new data security law restricts cross-border data flows, officials said."
RANSOM = "Ransomware hit the networks of two hospitals, and cyber police were called."
PLAIN = "The bakery on the corner sells warm bread to the children of the street."
PROVENANCE = {"schema", "cyberthemes", "model", "taxonomy", "taxonomy_version"}

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command and return its exit code, standard output and standard error."""

    def call(*arguments: object) -> tuple[int, str, str]:
        code = main([str(argument) for argument in arguments])
        return code, *capsys.readouterr()

    return call


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    folder = tmp_path / "texts"
    folder.mkdir()
    for name, text in (("a.txt", LAW), ("b.txt", RANSOM), ("c.txt", PLAIN)):
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def gold(tmp_path_factory: pytest.TempPathFactory) -> Path:
    lines = GENRE.read_text(encoding="utf-8").splitlines(keepends=True)[:80]
    file = tmp_path_factory.mktemp("gold") / "gold.jsonl"
    file.write_text("".join(lines), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def model(gold: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fit") / "model"
    assert main(["fit", str(gold), "--taxonomy", str(TAXONOMY), "-o", str(folder)]) == 0
    return folder


def process(*arguments: str, text: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "cyberthemes", *arguments]
    return subprocess.run(command, input=text, capture_output=True, check=False, env={**os.environ, **environment})


def records(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def themes_of(record: dict[str, Any]) -> list[str]:
    return [theme["theme"] for theme in record["themes"]]


# tag ------------------------------------------------------------------------------------------------------


def test_tags_files_as_json_lines_with_their_provenance(run: Run, texts: Path, tagger: Tagger) -> None:
    code, out, err = run("tag", texts)
    found = records(out)
    assert (code, err) == (0, "")
    assert [record["id"] for record in found] == [str(texts / name) for name in ("a.txt", "b.txt", "c.txt")]
    assert [themes_of(record) for record in found] == [
        [theme.theme for theme in tagger.tag(text).themes] for text in (LAW, RANSOM, PLAIN)
    ]
    for record in found:
        assert set(record) >= PROVENANCE
        assert "text" not in record
        assert (record["schema"], record["cyberthemes"]) == ("cyberthemes.tag/1", cyberthemes.__version__)
        assert (record["model"], record["taxonomy"]) == (tagger.hash, tagger.taxonomy.id)
        assert record["taxonomy_version"] == tagger.taxonomy.version


def test_tags_records_with_what_they_carry(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "news.jsonl"
    file.write_text(json.dumps({"text": LAW, "id": "n1", "date": "2024-05-06", "page": 3}) + "\n", encoding="utf-8")
    (record,) = records(run("tag", file)[1])
    assert (record["id"], record["date"], record["metadata"]) == ("n1", "2024-05-06", {"page": 3})


def test_writes_a_file_and_makes_its_folder(run: Run, texts: Path, tmp_path: Path) -> None:
    target = tmp_path / "new" / "tags.jsonl"
    expected = run("tag", texts)[1]
    assert run("tag", texts, "-o", target) == (0, "", "")
    assert target.read_text(encoding="utf-8") == expected
    assert [file.name for file in target.parent.iterdir()] == ["tags.jsonl"]


def test_a_file_is_replaced_not_overwritten(run: Run, texts: Path, tmp_path: Path) -> None:
    target, other_name = tmp_path / "tags.jsonl", tmp_path / "linked"
    target.write_text("the version before", encoding="utf-8")
    other_name.hardlink_to(target)
    assert run("tag", texts, "-o", target)[0] == 0
    assert other_name.read_text(encoding="utf-8") == "the version before"


def test_prints_a_table(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text(f"By Li Wei\n\n{LAW}\n\n{PLAIN}\n\n{RANSOM}", encoding="utf-8")
    code, out, _ = run("tag", file, "--format", "table")
    assert code == 0
    assert "(boilerplate) By Li Wei" in out
    assert re.search(r"  data-security +███░░░░░░░  33% of paragraphs \(1\)", out)
    assert f"[2] {LAW}" in out
    assert "data security law +" in out
    assert "▸ off topic" in out


def test_themes_and_probabilities_narrow_what_is_shown(run: Run, texts: Path) -> None:
    law = texts / "a.txt"
    assert [themes_of(record) for record in records(run("tag", texts, "--themes", "cybersecurity")[1])] == [
        [], ["cybersecurity"], [],
    ]  # fmt: skip
    shown = {least: records(run("tag", law, "--min-probability", least)[1])[0] for least in (0, 0.5, 1)}
    assert len(shown[0]["themes"]) > len(shown[0.5]["themes"]) > len(shown[1]["themes"]) == 0
    assert all(theme["probability"] >= 0.5 for theme in shown[0.5]["themes"])


def test_reads_standard_input_with_offsets_into_it() -> None:
    done = process("tag", "-", text=f"{LAW}\n\n{RANSOM}".encode())
    (record,) = records(done.stdout.decode())
    assert (done.returncode, done.stderr, record["id"]) == (0, b"", "-")
    assert [(paragraph["start"], paragraph["end"]) for paragraph in record["paragraphs"]] == [
        (0, len(LAW)),
        (len(LAW) + 2, len(LAW) + 2 + len(RANSOM)),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
def test_json_lines_are_json_in_every_encoding(encoding: str) -> None:
    text = f"{LAW[:-1]} at the café – 中国 😀."
    done = process("tag", "-", text=text.encode(), PYTHONIOENCODING=encoding)
    (record,) = records(done.stdout.decode(encoding))
    assert (record["id"], record["paragraphs"][0]["text"]) == ("-", text)


def test_a_table_never_fails_for_its_encoding() -> None:
    done = process("tag", "-", "--format", "table", text=f"{LAW} 中国 😀".encode(), PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"data-security" in done.stdout


@pytest.mark.parametrize("columns", ["1", "10", "22", "23", "40", "400"])
def test_a_table_fits_any_width(tagger: Tagger, monkeypatch: pytest.MonkeyPatch, columns: str) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    text = f"Data talks\n\nBy Li Wei\n\n“{LAW}”\n\n— Talks in Beijing\n\nCopyright 2020 Cyber Review"
    table = render_article(tagger.tag(Document(text, id="a1", title="Talks", date="2024-05-06", source="Review")))
    assert "a1 · 2024-05-06 · Review" in table
    assert table.count("▸") >= 2
    assert max(map(len, table.splitlines()[:1])) == min(int(columns), 100)


@pytest.mark.parametrize("shape", ["jsonl", "table"])
def test_the_number_of_processes_changes_no_byte(run: Run, texts: Path, tmp_path: Path, shape: str) -> None:
    narrow = ("--themes", "data-security,cybercrime", "--format", shape)
    assert run("tag", texts, *narrow, "--jobs", 2) == run("tag", texts, *narrow)
    if shape == "jsonl":
        assert run("tag", texts, *narrow, "--jobs", 2, "-o", tmp_path / "tags.jsonl") == (0, "", "")
        assert (tmp_path / "tags.jsonl").read_text(encoding="utf-8") == run("tag", texts, *narrow)[1]


def test_tagging_texts_imports_nothing_slower_than_numpy(texts: Path) -> None:
    heavy = ("sklearn", "scipy", "nltk", "yaml", "joblib", "tqdm", "charset_normalizer", "distributed")
    code = "import sys\nfrom cyberthemes.cli import main\n"
    code += f"main(['tag', {str(texts)!r}, '-o', {str(texts / 'tags.jsonl')!r}])\n"
    code += f"print(sorted(set({heavy}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


@pytest.mark.parametrize(
    ("options", "changed"),
    [
        (("--themes", "ai"), "--themes"),
        (("--min-probability", "0.5"), "--min-probability"),
        (("--jobs", "2"), None),
        (("--model", TAXONOMY.parent), None),
    ],
    ids=["themes", "min-probability", "jobs", "model"],
)
def test_an_interrupted_result_goes_on_with_the_same_options(
    run: Run, texts: Path, tmp_path: Path, tagger: Tagger, options: tuple[object, ...], changed: str | None
) -> None:
    (texts / "a2.txt").write_bytes(b"\0")  # cannot be read, and so has no line
    target, expected = tmp_path / "tags.jsonl", run("tag", texts)[1]
    arguments = cli._parser().parse_args(["tag", str(texts)])
    maker = target.with_name("tags.jsonl.partial.json")
    maker.write_text(json.dumps(commands._maker(tagger, arguments)), encoding="utf-8")
    target.with_name("tags.jsonl.partial").write_text(expected[: expected.index("\n") + 500], encoding="utf-8")
    code, out, err = run("tag", texts, "-o", target, *options)
    assert (code, out) == (1, "")
    if changed:
        assert f"begun with another {changed};" in err
        assert not target.exists()
    else:
        assert target.read_text(encoding="utf-8") == expected
        assert not maker.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"text": f"{LAW} More."}, {"text": LAW[1:]}, {"text": f"{LAW}\n\n{PLAIN}"}, {"date": "2024-05-07"}, {"page": 4},
        {"id": "n2"}, {"title": "Law"}, {"source": "Review"},
    ],
    ids=str,
)  # fmt: skip
def test_an_interrupted_result_of_a_text_that_changed_is_refused(
    run: Run, tmp_path: Path, tagger: Tagger, change: dict[str, object]
) -> None:
    file, target = tmp_path / "news.jsonl", tmp_path / "tags.jsonl"
    given = {"text": LAW, "id": "n1", "date": "2024-05-06", "page": 3}
    file.write_text(json.dumps(given), encoding="utf-8")
    target.with_name("tags.jsonl.partial").write_text(run("tag", file)[1], encoding="utf-8")
    maker = commands._maker(tagger, cli._parser().parse_args(["tag", str(file)]))
    target.with_name("tags.jsonl.partial.json").write_text(json.dumps(maker), encoding="utf-8")
    file.write_text(json.dumps(given | change), encoding="utf-8")
    code, _, err = run("tag", file, "-o", target)
    assert (code, "tags.jsonl.partial, line 1: made from 'n1'" in err) == (1, True)
    file.write_text(json.dumps(given), encoding="utf-8")
    assert run("tag", file, "-o", target) == (0, "", "")


# Failures -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("as_folder", [False, True], ids=["files", "folder"])
def test_one_bad_file_does_not_stop_the_rest(run: Run, texts: Path, as_folder: bool) -> None:
    (texts / "b.txt").write_text("", encoding="utf-8")
    code, out, err = run("tag", *([texts] if as_folder else sorted(texts.iterdir())))
    assert code == 1
    assert err.splitlines() == [f"cyberthemes: {texts / 'b.txt'}: empty; expected some text"]
    assert [record["id"] for record in records(out)] == [str(texts / "a.txt"), str(texts / "c.txt")]


def bad_lines(tmp_path: Path) -> Iterator[tuple[str, list[object], str]]:
    """Yield name, command and what the complaint must say of everything that cannot be used."""
    good, gold = tmp_path / "good.txt", tmp_path / "gold.jsonl"
    good.write_text(LAW, encoding="utf-8")
    files = {
        "empty": ("empty.txt", b" \n", "empty"),
        "binary": ("binary.txt", b"\x00\x01\x02", "binary"),
        "broken line": ("broken.jsonl", b'{"text": "5G"}\n{"text": \n', "line 2"),
        "no object": ("list.jsonl", b"\n[1]\n", "line 2"),
        "no text": ("no_text.jsonl", b'{"title": "5G"}\n', "line 1"),
        "text no str": ("number.jsonl", b'{"text": 5}\n', "line 1"),
        "no column": ("table.csv", b"a,b\n1,2\n", "'text'"),
    }
    for case, (name, content, word) in files.items():
        (tmp_path / name).write_bytes(content)
        yield case, ["tag", tmp_path / name], word
    (tmp_path / "folder").mkdir()
    gold.write_text('{"text": "5G", "themes": ["5g"]}\n{"text": "5G", "themes": ["6g"]}\n', encoding="utf-8")
    shutil.copytree(TAXONOMY.parent, tmp_path / "cut")
    array = max((tmp_path / "cut").glob("*.npy"))
    array.write_bytes(array.read_bytes()[:-100])
    yield "missing", ["tag", tmp_path / "missing.txt"], "no such file"
    yield "no texts", ["tag", tmp_path / "folder"], "no texts"
    yield "no theme", ["tag", good, "--themes", "cybersecurty"], "'cybersecurity'"
    yield "show no theme", ["themes", "show", "cybersecurty"], "'cybersecurity'"
    yield "no model", ["tag", good, "--model", tmp_path / "folder"], "not a model"
    yield "missing model", ["evaluate", GENRE, "--model", tmp_path / "missing"], "missing"
    yield "truncated model", ["tag", good, "--model", tmp_path / "cut"], array.name
    yield "gold theme", ["evaluate", gold], "line 2"
    yield "gold missing", ["evaluate", tmp_path / "missing.jsonl"], "no such file"
    yield "gold empty", ["evaluate", tmp_path / "empty.txt"], "no labelled lines"
    yield "no taxonomy", ["fit", GENRE, "--taxonomy", tmp_path / "no.yaml", "-o", tmp_path / "m"], "no.yaml"
    yield "into a file", ["tag", good, "-o", good / "tags.jsonl"], "tags.jsonl"
    yield "onto a folder", ["tag", good, "-o", tmp_path / "folder"], "folder"
    yield "onto the root", ["tag", good, "-o", Path(tmp_path.root)], tmp_path.root


CASES = (
    "empty", "binary", "broken line", "no object", "no text", "text no str", "no column", "missing",
    "no texts", "no theme", "show no theme", "no model", "missing model", "truncated model", "gold theme",
    "gold missing", "gold empty", "no taxonomy", "into a file", "onto a folder", "onto the root",
)  # fmt: skip


@pytest.fixture(scope="module")
def complaints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[list[object], str]]:
    return {name: (command, word) for name, command, word in bad_lines(tmp_path_factory.mktemp("bad"))}


@pytest.mark.parametrize("case", CASES)
def test_what_cannot_be_used_is_one_clear_line(
    run: Run, complaints: dict[str, tuple[list[object], str]], case: str
) -> None:
    arguments, word = complaints[case]
    code, _, err = run(*arguments)
    assert code == 1
    assert len(err.splitlines()) == 1
    assert err.startswith("cyberthemes: ")
    assert word in err


def test_a_broken_line_does_not_take_back_those_before_it(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "news.jsonl"
    file.write_text(json.dumps({"text": LAW}) + "\n{\n", encoding="utf-8")
    code, out, err = run("tag", file)
    assert (code, len(records(out))) == (1, 1)
    assert f"{file}, line 2" in err


@pytest.mark.parametrize(
    "arguments",
    [
        [], ["nothing"], ["tag"], ["tag", "a.txt", "--format", "xml"], ["tag", "a.txt", "--themes", ","],
        ["tag", "a.txt", "--min-probability", "2"], ["tag", "a.txt", "--min-probability", "x"],
        ["tag", "a.txt", "--min-probability", "nan"], ["tag", "a.txt", "--jobs", "0"],
        ["themes"], ["themes", "show"], ["evaluate"],
        ["fit", "a.jsonl"], ["fit", "a.jsonl", "--taxonomy", "b", "-o", "c", "--jobs", "many"],
        ["fit", str(GENRE), "--taxonomy", str(TAXONOMY), "-o", "never-made", "--jobs", "0"],
    ],
)  # fmt: skip
def test_wrong_usage_is_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 2
    assert "usage: cyberthemes" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--help"], ["tag", "--help"], ["--version"]])
def test_help_and_version_are_0(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 0
    assert capsys.readouterr().out.startswith(("usage: cyberthemes", f"cyberthemes {cyberthemes.__version__}"))


def test_an_interrupt_is_130_and_leaves_no_half_file(
    run: Run, texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: Tagger, documents: Sequence[Document]) -> None:
        raise KeyboardInterrupt(documents[0].id)

    target = tmp_path / "tags.jsonl"
    target.write_text("the version before", encoding="utf-8")
    monkeypatch.setattr(Tagger, "tag_documents", interrupted)
    assert run("tag", texts, "-o", target)[0] == 130
    assert target.read_text(encoding="utf-8") == "the version before"
    assert sorted(tmp_path.iterdir()) == [target, texts]


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    file = tmp_path / "many.jsonl"
    file.write_text((json.dumps({"text": LAW}) + "\n") * 200, encoding="utf-8")
    command = [sys.executable, "-m", "cyberthemes", "tag", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        assert (child.stderr.read(), child.wait()) == (b"", 0)


def test_a_full_disk_is_one_clear_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    class Full(io.StringIO):
        def write(self, _: str) -> int:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(sys, "stdout", Full())
    assert main(["themes", "list"]) == 1
    assert "No space left on device" in capsys.readouterr().err


def test_no_standard_input_is_one_clear_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    code, _, err = run("tag", "-")
    assert (code, len(err.splitlines())) == (1, 1)


# themes ---------------------------------------------------------------------------------------------------


def test_lists_every_theme(run: Run, tagger: Tagger) -> None:
    code, out, _ = run("themes", "list")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == list(tagger.theme_ids)


def test_shows_a_theme_whole(run: Run, tagger: Tagger) -> None:
    code, out, _ = run("themes", "show", "ai")
    theme = tagger.taxonomy.theme("ai")
    assert (code, out) == (0, render_theme(theme) + "\n")
    assert all(term.text in out for term in theme.terms)
    assert all(sentence[:40] in out for sentence in (*theme.match, *theme.no_match))
    assert " ".join(theme.definition.split())[:60] in " ".join(out.split())


@pytest.fixture
def own_taxonomy(tmp_path: Path) -> Path:
    mast = Theme("mast", "Mast", terms=(Term("mast", needs=("5G",)), Term("tower")), match=("A 5G mast", "Wet mast"))
    quiet = Theme("quiet", "Quiet", terms=(Term("quiet"),), no_match=("A quiet street",))
    return Taxonomy("own", "1", themes=(mast, quiet)).write(tmp_path / "own.yaml")


def test_checks_terms_against_texts(run: Run, own_taxonomy: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("A 5G mast stands here, they said.\n\nA mast fell in a quiet street.", encoding="utf-8")
    code, out, err = run("themes", "check", file, "--taxonomy", own_taxonomy)
    assert (code, err) == (0, "3 terms, 1 never found\n")
    assert [line.split() for line in out.splitlines()] == [
        ["mast", "1", "mast"], ["mast", "0", "tower"], ["quiet", "1", "quiet"],
    ]  # fmt: skip
    assert run("themes", "check", tmp_path / "missing.txt", file, "--taxonomy", own_taxonomy)[0] == 1


def test_tests_example_sentences(run: Run, own_taxonomy: Path) -> None:
    code, out, err = run("themes", "test", "--taxonomy", own_taxonomy)
    assert (code, err) == (1, "1 of 3 example sentences hold\n")
    assert out.splitlines() == [
        "mast: expected match, found no term: Wet mast",
        "quiet: expected no match, found quiet: A quiet street",
    ]


def test_the_bundled_taxonomy_holds_its_own_examples(run: Run) -> None:
    code, out, _ = run("themes", "test")
    assert (code, out) == (0, "")


# fit and evaluate -----------------------------------------------------------------------------------------


def test_a_model_is_learned_and_scored(run: Run, model: Path, gold: Path) -> None:
    code, out, err = run("evaluate", gold, "--model", model, "--format", "json")
    scores = json.loads(out)
    assert (code, err) == (0, "")
    assert set(scores) >= PROVENANCE | {
        "micro_f1",
        "macro_f1",
        "per_theme",
        "brier_skill",
        "calibration_error",
        "n",
    }
    assert (scores["n"], scores["schema"]) == (80, "cyberthemes.evaluation/1")
    assert scores["micro_f1"] > 0.8
    assert {"precision", "recall", "f1", "support"} == set(scores["per_theme"]["ai"])


def test_scores_are_shown_as_a_table() -> None:
    intervals = {"micro_f1": (0.5, 0.75), "brier_skill": (-0.125, 0.25)}
    scores = (ThemeScore("ai", 0.5, 1.0, 2 / 3, 4), ThemeScore("5g", 0.0, 0.0, 0.0, 0))
    lines = render_evaluation(Evaluation(0.625, 0.5, 0.1, 0.0, 9, scores, (), intervals)).splitlines()
    assert [line.split() for line in lines] == [
        ["9", "units"],
        ["micro_f1", "0.625", "95%", "interval", "0.500", "to", "0.750"],
        ["brier_skill", "0.100", "95%", "interval", "-0.125", "to", "0.250"],
        [],
        ["theme", "precision", "recall", "F1", "support"],
        ["ai", "0.50", "1.00", "0.67", "4"],
        ["5g", "–", "–", "–", "0"],
    ]


def test_a_learned_model_carries_its_card_and_taxonomy(model: Path, run: Run, texts: Path, tagger: Tagger) -> None:
    assert "80 labelled paragraphs" in (model / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "`gold.jsonl`" in (model / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert (model / "taxonomy.yaml").read_text(encoding="utf-8").startswith(f"id: {tagger.taxonomy.id}\n")
    assert load_tagger(model).taxonomy == tagger.taxonomy
    (record,) = records(run("tag", texts / "a.txt", "--model", model)[1])
    assert record["model"] not in ("", tagger.hash)
    assert "data-security" in themes_of(record)


def test_equal_words_of_evidence_are_shown_together(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "twice.txt"
    file.write_text("Ransomware again: the RANSOMWARE hit two hospitals, the ministry said.", encoding="utf-8")
    _, out, _ = run("tag", file, "--format", "table", "--themes", "cybercrime")
    assert re.search(r"cybercrime █+░* \d\.\d\d  Ransomware ×2 \+\d+\.\d", out)


# topics ---------------------------------------------------------------------------------------------------

STORIES = [
    *(f"Regulators fined platform {name} over privacy and personal data of children." for name in "ABCDEF"),
    *(f"Masts for 5G went up in town {name} as the network grew on the coast." for name in "ABCDEF"),
]


@pytest.fixture
def stories(tmp_path: Path) -> Path:
    file = tmp_path / "stories.jsonl"
    lines = [
        json.dumps({"text": text, "id": f"s{n}", "date": f"2024-{1 + n % 3 * 2:02}-01"})
        for n, text in enumerate(STORIES)
    ]
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


def test_topics_are_records_whose_typical_texts_say_where_they_stand(
    stories: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["topics", str(stories), "-k", "2"]) == 0
    found = records(capsys.readouterr().out)
    assert [record["schema"] for record in found] == ["cyberthemes.topic/1"] * 2
    assert {"id", "label", "terms", "share", "coherence", "typical"} < set(found[0])
    typical = found[0]["typical"][0]
    number = int(typical["document"].removeprefix("s"))
    assert STORIES[number][typical["start"] : typical["end"]] == typical["text"]
    assert sum(record["share"] for record in found) <= 1


def test_a_saved_topic_model_finds_the_same_topics(
    stories: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["topics", str(stories), "-k", "2", "--save", str(tmp_path / "model")]) == 0
    learned = capsys.readouterr().out
    assert main(["topics", str(stories), "--model", str(tmp_path / "model")]) == 0
    assert capsys.readouterr().out == learned


def test_topics_over_time_keep_empty_months(stories: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["topics", str(stories), "-k", "2", "--over", "month"]) == 0
    shares = [record for record in records(capsys.readouterr().out) if record["schema"] == "cyberthemes.topic-share/1"]
    assert sorted({share["group"] for share in shares}) == [f"2024-{month:02}" for month in range(1, 6)]
    assert {share["share"] for share in shares if share["group"] == "2024-02"} == {None}


def test_the_table_of_topics_shows_terms_texts_and_periods(stories: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["topics", str(stories), "-k", "auto", "--format", "table", "--over", "month"]) == 0
    shown = capsys.readouterr().out
    assert "12 paragraphs" in shown
    assert "privacy" in shown
    assert "no paragraphs" in shown
    assert "“Masts for 5G" in shown


@pytest.mark.parametrize(
    "wrong",
    [["-k", "0"], ["-k", "many"], ["--over", "week"], ["--model", "m", "-k", "3"], ["--model", "m", "--save", "n"]],
)
def test_wrong_usage_of_topics_is_exit_code_2(wrong: list[str], stories: Path) -> None:
    with pytest.raises(SystemExit) as exit_info:
        main(["topics", str(stories), *wrong])
    assert exit_info.value.code == 2


def test_topics_of_texts_that_cannot_be_used_is_one_line(
    tmp_path: Path, stories: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blank = tmp_path / "digits.txt"
    blank.write_text("2024 12 31\n\n1999\n", encoding="utf-8")
    for arguments in ([str(blank)], [str(tmp_path / "missing.txt")], [str(stories), "--model", str(tmp_path)]):
        assert main(["topics", *arguments]) == 1
        assert len(capsys.readouterr().err.strip().splitlines()) <= 2


# suggest and labels ---------------------------------------------------------------------------------------


def test_suggests_paragraphs_that_say_where_they_stand(run: Run, texts: Path) -> None:
    code, output, _ = run("suggest", texts, "-n", "2")
    assert code == 0
    first, second = records(output)
    assert first["schema"] == "cyberthemes.suggestion/1"
    assert first["score"] >= second["score"]
    assert {first["text"], second["text"]} <= {LAW, RANSOM, PLAIN}
    assert Path(first["doc"]).read_text(encoding="utf-8")[first["start"] :].startswith(first["text"])


def test_suggestions_come_back_as_gold_once_corrected(run: Run, texts: Path, tmp_path: Path) -> None:
    corrected = tmp_path / "corrected.jsonl"
    corrected.write_text(run("suggest", texts)[1], encoding="utf-8")
    assert run("evaluate", corrected)[0] == 0
    assert run("suggest", texts, "--labelled", corrected)[1] == ""


def test_label_studio_there_and_back(run: Run, texts: Path, tmp_path: Path) -> None:
    code, output, _ = run("suggest", texts, "--format", "label-studio")
    assert code == 0
    tasks = json.loads(output)
    assert tasks[0]["predictions"][0]["model_version"] == load_tagger().hash
    for task in tasks:
        task["annotations"] = [{"result": task.pop("predictions")[0]["result"]}]
    export, labels = tmp_path / "export.json", tmp_path / "labels.jsonl"
    export.write_text(json.dumps(tasks), encoding="utf-8")
    code, output, errors = run("labels", export, "-o", labels)
    assert (code, output) == (0, "")
    assert "3 labelled texts of 3 tasks" in errors
    assert {record["doc"] for record in records(labels.read_text(encoding="utf-8"))} == {
        str(texts / name) for name in ("a.txt", "b.txt", "c.txt")
    }
    assert run("labels", export)[1] == labels.read_text(encoding="utf-8")


@pytest.mark.parametrize("content", ["{", '[{"data": {}}]', "3"])
def test_an_export_that_is_none_is_one_clear_line(run: Run, tmp_path: Path, content: str) -> None:
    export = tmp_path / "export.json"
    export.write_text(content, encoding="utf-8")
    code, output, errors = run("labels", export)
    assert (code, output) == (1, "")
    assert errors.count("\n") == 1
    assert "expected" in errors


def test_prevalence_is_estimated_from_texts(run: Run, texts: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain.txt"
    plain.write_text("\n\n".join([PLAIN] * 300), encoding="utf-8")
    before, after = (
        records(run("tag", texts / "a.txt", "--format", "jsonl", *more)[1])[0] for more in ((), ("--prevalence", plain))
    )
    assert str(plain) in after["model"]
    assert after["themes"][0]["probability"] < before["themes"][0]["probability"]
