"""The command line: ``cyberthemes tag | topics | report | themes | suggest | labels | fit | evaluate``; what it takes.

Results go to standard output, progress and errors to standard error. Exit codes: 0 done, 1 an input, taxonomy or
model cannot be used or a check failed, 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import cyberthemes
from cyberthemes import commands
from cyberthemes.errors import CyberthemesError
from cyberthemes.limits import DEFAULT_LIMITS
from cyberthemes.streams import complain


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Parameters
    ----------
    arguments : sequence of str or None, default None
        What stands after ``cyberthemes``; None takes the process's own.

    Returns
    -------
    int
        0 done, 1 failed, 130 interrupted; wrong usage raises SystemExit(2), as argparse does.
    """
    options = _parser().parse_args(arguments)
    try:
        code: int = options.run(options)
        sys.stdout.flush()
    except CyberthemesError as error:
        complain(error)
        return 1
    except BrokenPipeError:
        # The reader has seen enough; point stdout elsewhere so that the interpreter's last flush is quiet too.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        complain(f"standard output: cannot be written: {error.strerror or error}")
        return 1
    except KeyboardInterrupt:
        complain("interrupted")
        return 130
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cyberthemes",
        description="What is this text about, paragraph by paragraph, and how do you know?",
        epilog="Exit codes: 0 done, 1 unusable input or model or a failed check, 2 wrong usage, 130 interrupted.",
    )
    parser.add_argument("--version", action="version", version=f"cyberthemes {cyberthemes.__version__}")
    # With prog given, argparse does not format usage, for which it would import compression.
    subparsers = parser.add_subparsers(title="commands", required=True, metavar="COMMAND", prog=parser.prog)
    _add_tag(subparsers.add_parser("tag", help="tag the paragraphs of texts with themes, with evidence"))
    _add_topics(subparsers.add_parser("topics", help="find what the paragraphs of texts talk about"))
    _add_report(subparsers.add_parser("report", help="make one page of what texts talk about, to look at and send"))
    _add_themes(subparsers.add_parser("themes", help="look at a taxonomy and check it"))
    _add_suggest(subparsers.add_parser("suggest", help="pick the paragraphs that a person should label next"))
    _add_labels(subparsers.add_parser("labels", help="turn an export of Label Studio into labelled paragraphs"))
    _add_fit(subparsers.add_parser("fit", help="learn a model from labelled paragraphs"))
    _add_evaluate(subparsers.add_parser("evaluate", help="score a model on labelled paragraphs"))
    return parser


def _add_tag(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    _add_paths(
        parser, "paths", "text, .html, .pdf, .jsonl or .csv file, .gz of one, folder or pattern; - is standard input"
    )
    _add_model(parser)
    add("--format", choices=("table", "jsonl"), help="table (default on a terminal) or jsonl (default when piped)")
    add(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="write JSON lines to FILE once all is done; if interrupted, the same command goes on from there",
    )
    add(
        "--min-probability", type=_probability, metavar="P", help="show themes from P on, not from each one's threshold"
    )
    add("--themes", type=_ids, metavar="ID,ID", help="show only these themes")
    add(
        "--prevalence",
        type=_path,
        metavar="PATH",
        help="estimate from these texts, some hundred paragraphs or more, how common each theme is, and suppose that",
    )
    add("--jobs", type=_count, default=1, metavar="N", help="processes to tag with at once (default 1)")
    parser.set_defaults(run=commands.run_tag, wrong_usage=parser.error)


def _add_topics(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    _add_paths(parser, "paths", "texts, as for tag")
    add(
        "-k",
        "--n-topics",
        type=_count_or_auto,
        metavar="N",
        help="how many topics, or auto (default: one for ten paragraphs, up to 20)",
    )
    add("--over", choices=("year", "quarter", "month", "day"), help="also show each topic's share over time")
    add("--drop-duplicates", action="store_true", help="count reprints of one paragraph once")
    add("--model", type=Path, metavar="DIR", help="use the topics of a saved model; without it, they are learned")
    add("--save", type=Path, metavar="DIR", help="save what was learned")
    add("--format", choices=("table", "jsonl"), help="table (default on a terminal) or jsonl (default when piped)")
    parser.set_defaults(run=commands.run_topics, wrong_usage=parser.error)


def _add_report(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    _add_paths(parser, "paths", "texts, as for tag")
    _add_model(parser)
    add(
        "-o", "--output", type=Path, required=True, metavar="FILE.html", help="the page to write; it needs nothing else"
    )
    add("--title", default="", metavar="TITLE", help="what to call it (default: how many articles there are)")
    add("--no-topics", action="store_true", help="leave out topics, which take longest")
    parser.set_defaults(run=commands.run_report)


def _add_themes(parser: argparse.ArgumentParser) -> None:
    subparsers = parser.add_subparsers(title="commands", required=True, metavar="COMMAND", prog=parser.prog)
    listing = subparsers.add_parser("list", help="list the themes")
    show = subparsers.add_parser("show", help="show one theme whole")
    show.add_argument("theme", metavar="ID")
    check = subparsers.add_parser("check", help="count each term's paragraphs in texts")
    _add_paths(check, "corpus", "texts, as for tag")
    test = subparsers.add_parser("test", help="test the taxonomy's own example sentences and guards")
    export = subparsers.add_parser("export", help="write the taxonomy as SKOS in Turtle")
    described = "a .ttl file; without it, to standard output"
    export.add_argument("-o", "--output", type=_turtle, metavar="FILE.ttl", help=described)
    for command, run in (
        (listing, commands.run_themes_list),
        (show, commands.run_themes_show),
        (check, commands.run_themes_check),
        (test, commands.run_themes_test),
        (export, commands.run_themes_export),
    ):
        command.add_argument("--taxonomy", type=Path, metavar="FILE", help="a YAML file; without it, the bundled one")
        command.set_defaults(run=run)
    _add_themes_import(subparsers.add_parser("import", help="make a taxonomy of SKOS in Turtle"))
    described = "show what changed from one taxonomy or model to another, and which paragraphs of texts it changes"
    _add_themes_diff(subparsers.add_parser("diff", help=described))
    _add_themes_suggest(subparsers.add_parser("suggest", help="suggest terms and themes that the taxonomy lacks"))


def _add_themes_import(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("skos", type=Path, metavar="FILE.ttl", help="a concept scheme, from themes export or anyone else")
    add("-o", "--output", type=_yaml, required=True, metavar="FILE.yaml", help="the taxonomy to write")
    parser.set_defaults(run=commands.run_themes_import)


def _add_themes_diff(parser: argparse.ArgumentParser) -> None:
    described = "a YAML file, or a model folder; two models judge paragraphs as they tag, else terms alone do"
    parser.add_argument("old", type=Path, metavar="OLD", help=described)
    parser.add_argument("new", type=Path, metavar="NEW", help="the same")
    _add_paths(parser, "corpus", "texts, as for tag; without any, only the taxonomies are compared", nargs="*")
    parser.add_argument(
        "--format",
        choices=("text", "json", "jsonl"),
        default="text",
        help="text (default) quotes ten paragraphs; json and jsonl hold all that change",
    )
    parser.epilog = "Exit codes: 0 whether or not anything differs, 1 if an input cannot be read, 2 wrong usage."
    parser.set_defaults(run=commands.run_themes_diff)


def _add_themes_suggest(parser: argparse.ArgumentParser) -> None:
    _add_paths(parser, "corpus", "texts, as for tag; the more documents, the more is found")
    judge = parser.add_mutually_exclusive_group()
    judge.add_argument(
        "--model", type=Path, metavar="DIR", help="what says which theme a paragraph has (default: bundled)"
    )
    judge.add_argument("--taxonomy", type=Path, metavar="FILE", help="let the terms of a YAML file say it")
    add = parser.add_argument
    add("-n", type=_count, default=10, metavar="N", help="how many terms at most, for each theme (default 10)")
    described = "how many topics to look for (default: one for ten paragraphs, up to 20)"
    add("-k", "--n-topics", type=_count, metavar="N", help=described)
    add("-o", "--output", type=Path, metavar="FILE", help="write to FILE; without it, to standard output")
    described = "a taxonomy file of the new terms alone, to edit and paste from (default), or records"
    add("--format", choices=("yaml", "jsonl"), default="yaml", help=described)
    parser.set_defaults(run=commands.run_themes_suggest)


def _add_suggest(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    _add_paths(parser, "paths", "texts, as for tag")
    _add_model(parser)
    add("-n", type=_count, default=20, metavar="N", help="how many to pick (default 20)")
    add("--labelled", nargs="+", type=Path, default=[], metavar="GOLD.jsonl", help="leave out what has labels here")
    add(
        "--format",
        choices=("jsonl", "label-studio"),
        default="jsonl",
        help="lines to correct by hand for fit (default), or tasks for Label Studio",
    )
    parser.set_defaults(run=commands.run_suggest)


def _add_labels(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("export", type=Path, metavar="EXPORT.json", help="a project exported from Label Studio as JSON")
    add("-o", "--output", type=Path, metavar="FILE", help="write to FILE; without it, to standard output")
    parser.set_defaults(run=commands.run_labels)


def _add_fit(parser: argparse.ArgumentParser) -> None:
    _add_gold(parser)
    parser.add_argument("--taxonomy", type=Path, required=True, metavar="FILE", help="the themes")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR", help="the model folder to write")
    parser.add_argument("--jobs", type=_count, default=1, metavar="N", help="folds to fit at once (default 1)")
    parser.set_defaults(run=commands.run_fit)


def _add_evaluate(parser: argparse.ArgumentParser) -> None:
    _add_gold(parser)
    _add_model(parser)
    parser.add_argument("--format", choices=("table", "json"), default="table")
    parser.set_defaults(run=commands.run_evaluate)


def _add_gold(parser: argparse.ArgumentParser) -> None:
    described = "one unit of text a line, never split: text, themes, and optionally borderline, doc and weight"
    parser.add_argument("gold", nargs="+", type=Path, metavar="GOLD.jsonl", help=described)


def _add_paths(parser: argparse.ArgumentParser, name: str, described: str, nargs: Literal["+", "*"] = "+") -> None:
    add = parser.add_argument
    add(name, nargs=nargs, type=_path, metavar="PATH", help=described)
    add("--strict", action="store_true", help="stop at the first input that cannot be read; else the others go on")
    add(
        "--max-megabytes",
        type=_amount,
        metavar="N",
        help="refuse a larger text, page or record, also once unpacked "
        f"(default {DEFAULT_LIMITS.megabytes:g}; web pages {DEFAULT_LIMITS.webpage_megabytes:g})",
    )
    pages = DEFAULT_LIMITS.pdf_pages
    add("--max-pages", type=_count, default=pages, metavar="N", help=f"refuse a longer PDF (default {pages})")


def _add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", type=Path, metavar="DIR", help="a model folder; without it, the bundled model")


def _probability(word: str) -> float:
    try:
        value = float(word)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{word!r} is not a probability; expected a number from 0 to 1")
    return value


def _amount(word: str) -> float:
    try:
        value = float(word)
    except ValueError:
        value = -1.0
    if not value > 0:
        raise argparse.ArgumentTypeError(f"{word!r}; expected a number above 0")
    return value


def _path(word: str) -> str:
    if not word:
        raise argparse.ArgumentTypeError("an empty path; expected a file, a folder or -")
    return word


def _turtle(word: str) -> Path:
    return _path_ending(word, ".ttl", ".turtle")


def _yaml(word: str) -> Path:
    return _path_ending(word, ".yaml", ".yml")


def _path_ending(word: str, *endings: str) -> Path:
    """Refuse a file of another kind, which may be what the command reads."""
    if not word.lower().endswith(endings):
        raise argparse.ArgumentTypeError(f"{word!r}; expected a file whose name ends in {' or '.join(endings)}")
    return Path(word)


def _count(word: str) -> int:
    if not word.isdecimal() or int(word) < 1:
        raise argparse.ArgumentTypeError(f"{word!r}; expected a whole number above 0")
    return int(word)


def _count_or_auto(word: str) -> int | str:
    return word if word == "auto" else _count(word)


def _ids(word: str) -> list[str]:
    ids = [part.strip() for part in word.split(",") if part.strip()]
    if not ids:
        raise argparse.ArgumentTypeError(f"{word!r} names no theme; expected ids parted by commas")
    return ids
