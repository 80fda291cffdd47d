"""The examples, and the commands and code of the README, run as they stand."""

from __future__ import annotations

import json
import re
import runpy
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from cyberthemes.cli import main

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
COMMANDS = [
    line.split("#")[0].strip()
    for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
    if line.startswith("cyberthemes ")
]
# The README's own files stand for the reader's.
STAND_INS = {
    "articles/": "seeds/000_33ac4f5cf325b114.txt",
    "themes.yaml": "models/cyberspace-governance/taxonomy.yaml",
}


def run(*arguments: str) -> str:
    done = subprocess.run([sys.executable, "-W", "error", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("script", EXAMPLES, ids=lambda script: script.stem)
def test_example_runs_and_prints(
    script: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if script.stem == "tag_on_dask":  # its workers load the script, so it must be the main one
        pytest.importorskip("distributed")
        assert run(str(script)).strip()
    else:
        monkeypatch.setattr(sys, "argv", [str(script)])
        runpy.run_path(str(script), run_name="__main__")
        assert capsys.readouterr().out.strip()


def test_the_picture_in_the_readme_is_what_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    picture = README.split("```\n")[1].strip()
    assert main(["tag", str(ROOT / "seeds" / "001_b652dcd5a69fc392.txt"), "--format", "table"]) == 0
    assert picture in capsys.readouterr().out


def test_code_of_the_readme_runs_and_prints_what_it_says(tmp_path: Path) -> None:
    tag, many, grow, topics = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert run("-c", tag).startswith("data-security ")
    printed = re.findall(r"^# (.*)$", many, re.MULTILINE)
    assert run("-c", many.replace("tags.csv", str(tmp_path / "tags.csv"))).splitlines() == printed
    assert (tmp_path / "tags.csv").read_text(encoding="utf-8").count("cyber-sovereignty") > 1
    assert set(re.findall(r"'([\w-]+)'", run("-c", grow))) == {"elections", "law-regulation"}
    assert run("-c", topics).splitlines()[0].startswith("topic-1 ")


def test_the_taxonomy_in_the_readme_is_valid_and_its_examples_hold(tmp_path: Path) -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    file = tmp_path / "themes.yaml"
    file.write_text(text, encoding="utf-8")
    assert main(["themes", "test", "--taxonomy", str(file)]) == 0


def test_the_readme_names_every_field_of_a_record(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tag", str(ROOT / "seeds" / "001_b652dcd5a69fc392.txt"), "--format", "jsonl"]) == 0
    record = json.loads(capsys.readouterr().out)
    paragraph = next(paragraph for paragraph in record["paragraphs"] if paragraph["tags"])
    fields = {*record, *record["themes"][0], *paragraph, *paragraph["tags"][0], *paragraph["tags"][0]["evidence"][0]}
    table = README.split("| field | holds |")[1].split("In a script:")[0]
    assert fields == set(re.findall(r"`(\w+)`", table))


def test_commands_of_the_readme_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "seeds").symlink_to(ROOT / "seeds")
    labelled = (ROOT / "tests" / "data" / "genre.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    for first, name in enumerate(("train.jsonl", "more.jsonl", "test.jsonl")):
        (tmp_path / name).write_text("".join(labelled[first:120:3]), encoding="utf-8")
    assert len(COMMANDS) >= 9
    for command in COMMANDS:
        words = [str(ROOT / STAND_INS[word]) if word in STAND_INS else word for word in shlex.split(command)[1:]]
        words = [str(path) for word in words for path in (sorted(tmp_path.glob(word)) if "*" in word else [word])]
        assert main(words) == 0, command
    assert (tmp_path / "tagged.jsonl").read_text(encoding="utf-8").count("\n") == 1
    assert (tmp_path / "my-model" / "MODEL_CARD.md").exists()
