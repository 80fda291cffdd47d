"""`cyberthemes themes diff | suggest | export | import`: what they print and write, and their exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from test_termsuggestions import TAXONOMY, corpus

from cyberthemes import Tagger, Taxonomy, Term, Theme, add_terms, from_skos, to_skos
from cyberthemes.cli import main

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: object) -> tuple[int, str, str]:
        code = main([str(argument) for argument in arguments])
        return code, *capsys.readouterr()

    return call


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two taxonomies and three texts in the folder that commands run in."""
    law = Theme("law", "Law", terms=(Term("statute"), Term("court")))
    Taxonomy("demo", "1", themes=(law,)).write(tmp_path / "old.yaml")
    Taxonomy("demo", "2", themes=(replace(law, terms=(Term("statute"), Term("judge", 0.9))),)).write(
        tmp_path / "new.yaml"
    )
    for name, text in (("a", "The court sat."), ("b", "Rain.\n\nThe judge spoke."), ("c", "A statute.")):
        (tmp_path / f"{name}.txt").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("files")
def test_diff_prints_the_changes_and_quotes(run: Run) -> None:
    code, out, _ = run("themes", "diff", "old.yaml", "new.yaml", "a.txt", "b.txt", "c.txt")
    lines = out.splitlines()
    assert code == 0
    assert lines[:4] == ["demo 1 → demo 2", "law", "  + judge (0.9)", "  - court (1)"]
    assert "2 of 4 paragraphs change their themes by the terms" in lines
    quoted = lines.index("b.txt:7")
    assert lines[quoted + 1 : quoted + 3] == ["  The judge spoke.", "    + law                     judge"]


@pytest.mark.usefixtures("files")
def test_diff_as_json_and_json_lines(run: Run) -> None:
    _, out, _ = run("themes", "diff", "old.yaml", "new.yaml", "a.txt", "b.txt", "--format", "json")
    whole = json.loads(out)
    assert whole["schema"] == "cyberthemes.themes-diff/1"
    assert [(one["document"], one["start"], one["quoted"]) for one in whole["paragraphs"]] == [
        ("a.txt", 0, True),
        ("b.txt", 7, True),
    ]
    _, out, _ = run("themes", "diff", "old.yaml", "new.yaml", "a.txt", "b.txt", "--format", "jsonl")
    records: list[dict[str, Any]] = [json.loads(line) for line in out.splitlines()]
    schemas = [record.pop("schema").removeprefix("cyberthemes.") for record in records]
    assert schemas == ["term-change/1"] * 2 + ["theme-count/1"] + ["paragraph-change/1"] * 2
    assert records == whole["themes"] + whole["terms"] + whole["counts"] + whole["paragraphs"]


def test_diff_of_two_model_folders_is_by_what_they_tag(run: Run, files: Path, tagger: Tagger) -> None:
    add_terms(tagger, "5g", ["judge"]).save(files / "grown")
    tagger.save(files / "model")
    code, out, _ = run("themes", "diff", "model", "grown", "b.txt", "--format", "json")
    assert (code, json.loads(out)["by"], json.loads(out)["terms"][0]["term"]) == (0, "models", "judge")


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    "arguments",
    [
        ("diff", "old.yaml", "missing.yaml", "a.txt"),
        ("diff", "old.yaml", "new.yaml", "a.txt", "missing.txt"),
        ("import", "missing.ttl", "-o", "x.yaml"),
        ("import", "old.yaml", "-o", "x.yaml"),
        ("suggest", "missing.txt"),
    ],
)
def test_what_cannot_be_read_is_exit_code_1(run: Run, arguments: tuple[str, ...]) -> None:
    code, _, err = run("themes", *arguments)
    assert code == 1
    assert err.startswith("cyberthemes: ")
    assert "Traceback" not in err


@pytest.mark.usefixtures("files")
def test_export_and_import_give_the_file_back(run: Run) -> None:
    code, out, _ = run("themes", "export", "--taxonomy", "new.yaml")
    assert (code, from_skos(out)) == (0, Taxonomy.read("new.yaml"))
    assert run("themes", "export", "--taxonomy", "new.yaml", "-o", "new.ttl")[:2] == (0, "")
    assert Path("new.ttl").read_text(encoding="utf-8") == out == to_skos(Taxonomy.read("new.yaml"))
    code, _, err = run("themes", "import", "new.ttl", "-o", "again.yaml")
    assert (code, err) == (0, "again.yaml: 1 themes, 2 terms\n")
    assert Path("again.yaml").read_bytes() == Path("new.yaml").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "endings"),
    [
        (("export", "--taxonomy", "new.yaml", "-o", "new.yaml"), ".ttl or .turtle"),
        (("import", "new.ttl", "-o", "new.ttl"), ".yaml or .yml"),
    ],
)
def test_what_is_read_is_not_overwritten_with_another_kind(
    run: Run, files: Path, arguments: tuple[str, ...], endings: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run("themes", "export", "--taxonomy", "new.yaml", "-o", "new.ttl")
    before = {file.name: file.read_bytes() for file in files.iterdir()}
    with pytest.raises(SystemExit) as left:
        run("themes", *arguments)
    assert left.value.code == 2
    assert endings in capsys.readouterr().err
    assert {file.name: file.read_bytes() for file in files.iterdir()} == before


def test_import_writes_no_file_that_is_too_long_to_read(run: Run, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("themes", "export", "--taxonomy", "new.yaml", "-o", "new.ttl")
    monkeypatch.setattr("cyberthemes.yamlfile._MAX_CHARACTERS", 50)
    code, _, err = run("themes", "import", "new.ttl", "-o", "again.yaml")
    assert (code, err.splitlines()[0]) == (1, "cyberthemes: again.yaml: 1 problem")
    assert "longer than 50 characters" in err
    assert not [file for file in files.iterdir() if "again" in file.name]


@pytest.mark.usefixtures("files")
def test_diff_without_texts_compares_the_taxonomies_alone(run: Run) -> None:
    code, out, _ = run("themes", "diff", "old.yaml", "new.yaml")
    assert (code, out.splitlines()) == (0, ["demo 1 → demo 2", "law", "  + judge (0.9)", "  - court (1)"])


def test_list_is_harmless_on_a_terminal(run: Run, files: Path) -> None:
    Taxonomy("demo", "1", themes=(Theme("a", "A\x1b[31m\u202e", terms=(Term("b"),)),)).write(files / "evil.yaml")
    _, out, _ = run("themes", "list", "--taxonomy", "evil.yaml")
    assert out.endswith(r"A\x1b[31m\u202e" + "\n")


def test_suggest_writes_a_taxonomy_file_or_records(run: Run, tmp_path: Path) -> None:
    paragraphs: dict[str, list[str]] = {}
    for text, document in zip(*corpus(), strict=True):
        paragraphs.setdefault(document, []).append(f"{text[0].upper()}{text[1:]}.")
    lines = [{"id": name, "source": "Zorblax", "text": "\n\n".join(own)} for name, own in paragraphs.items()]
    file = tmp_path / "texts.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    own = TAXONOMY.write(tmp_path / "own.yaml")
    common = ("themes", "suggest", file, "--taxonomy", own, "-k", 4)
    code, out, err = run(*common, "-o", tmp_path / "patch.yaml")
    assert (code, out, err.splitlines()[-1]) == (0, "", "3 terms of themes, 1 topics that no theme covers")
    assert "(doc-0:0)" in (tmp_path / "patch.yaml").read_text(encoding="utf-8")
    assert Taxonomy.read(tmp_path / "patch.yaml").theme_ids[:2] == ("5g", "money")
    code, out, _ = run(*common, "--format", "jsonl", "-n", 1)
    records = [json.loads(line) for line in out.splitlines()]
    assert [record["schema"] for record in records][:2] == ["cyberthemes.term-suggestion/1"] * 2
    assert records[0]["quotes"][0].keys() == {"document", "start", "text"}
