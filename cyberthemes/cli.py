"""The command line: ``cyberthemes tag | themes | fit | evaluate``.

Results go to standard output, progress and errors to standard error. Exit codes: 0 done, 1 an input, taxonomy or
model cannot be used or a check failed, 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import cyberthemes
from cyberthemes.errors import CyberthemesError, InputError

if TYPE_CHECKING:
    from cyberthemes.documents import Document
    from cyberthemes.evaluation import Evaluation
    from cyberthemes.results import TaggedArticle
    from cyberthemes.tagging import Tagger
    from cyberthemes.taxonomy import Taxonomy

TAG_SCHEMA: Final = "cyberthemes.tag/1"
EVALUATION_SCHEMA: Final = "cyberthemes.evaluation/1"


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
        _complain(error)
        return 1
    except BrokenPipeError:
        # The reader has seen enough; point stdout elsewhere so that the interpreter's last flush is quiet too.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        _complain(f"standard output: cannot be written: {error.strerror or error}")
        return 1
    except KeyboardInterrupt:
        _complain("interrupted")
        return 130
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cyberthemes",
        description="What is this text about, paragraph by paragraph, and how do you know?",
        epilog="Exit codes: 0 done, 1 unusable input or model or a failed check, 2 wrong usage, 130 interrupted.",
    )
    parser.add_argument("--version", action="version", version=f"cyberthemes {cyberthemes.__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_tag(commands.add_parser("tag", help="tag the paragraphs of texts with themes, with evidence"))
    _add_themes(commands.add_parser("themes", help="look at a taxonomy and check it"))
    _add_fit(commands.add_parser("fit", help="learn a model from labelled paragraphs"))
    _add_evaluate(commands.add_parser("evaluate", help="score a model on labelled paragraphs"))
    return parser


def _add_tag(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "paths",
        nargs="+",
        type=_path,
        metavar="PATH",
        help="text file, folder, .jsonl or .csv file; - for standard input",
    )
    _add_model(parser)
    add("--format", choices=("table", "jsonl"), help="table (default on a terminal) or jsonl (default when piped)")
    add("-o", "--output", type=Path, metavar="FILE", help="write JSON lines to FILE once all is done")
    add(
        "--min-probability", type=_probability, metavar="P", help="show themes from P on, not from each one's threshold"
    )
    add("--themes", type=_ids, metavar="ID,ID", help="show only these themes")
    parser.set_defaults(run=_tag, wrong_usage=parser.error)


def _add_themes(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    listing = commands.add_parser("list", help="list the themes")
    show = commands.add_parser("show", help="show one theme whole")
    show.add_argument("theme", metavar="ID")
    check = commands.add_parser("check", help="count each term's paragraphs in texts")
    check.add_argument("corpus", nargs="+", type=_path, metavar="PATH", help="texts, as for tag")
    test = commands.add_parser("test", help="test the taxonomy's own example sentences")
    for command, run in ((listing, _list_themes), (show, _show_theme), (check, _check_terms), (test, _check_examples)):
        command.add_argument("--taxonomy", type=Path, metavar="FILE", help="a YAML file; without it, the bundled one")
        command.set_defaults(run=run)


def _add_fit(parser: argparse.ArgumentParser) -> None:
    _add_gold(parser)
    parser.add_argument("--taxonomy", type=Path, required=True, metavar="FILE", help="the themes")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR", help="the model folder to write")
    parser.add_argument("--jobs", type=_count, default=1, metavar="N", help="folds to fit at once (default 1)")
    parser.set_defaults(run=_fit)


def _add_evaluate(parser: argparse.ArgumentParser) -> None:
    _add_gold(parser)
    _add_model(parser)
    parser.add_argument("--format", choices=("table", "json"), default="table")
    parser.set_defaults(run=_evaluate)


def _add_gold(parser: argparse.ArgumentParser) -> None:
    described = "one unit of text a line, never split: text, themes, and optionally borderline and doc"
    parser.add_argument("gold", nargs="+", type=Path, metavar="GOLD.jsonl", help=described)


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


def _path(word: str) -> str:
    if not word:
        raise argparse.ArgumentTypeError("an empty path; expected a file, a folder or -")
    return word


def _count(word: str) -> int:
    if not word.isdecimal() or int(word) < 1:
        raise argparse.ArgumentTypeError(f"{word!r}; expected a whole number above 0")
    return int(word)


def _ids(word: str) -> list[str]:
    ids = [part.strip() for part in word.split(",") if part.strip()]
    if not ids:
        raise argparse.ArgumentTypeError(f"{word!r} names no theme; expected ids parted by commas")
    return ids


# tag ------------------------------------------------------------------------------------------------------


def _tag(options: argparse.Namespace) -> int:
    from cyberthemes.tagging import load_tagger

    if options.output and options.format == "table":
        options.wrong_usage("--output writes JSON lines; leave out --format table, or leave out --output")
    tagger = _narrowed(load_tagger(options.model), options.themes, options.min_probability)
    failures: list[CyberthemesError] = []
    articles = (tagger.tag(document) for document in _progress(_documents(options.paths, failures)))
    if options.output:
        _write_whole(options.output, (_record(article, tagger) for article in articles))
    elif (options.format or ("table" if sys.stdout.isatty() else "jsonl")) == "jsonl":
        _print_all(_record(article, tagger) for article in articles)
    else:
        from cyberthemes.terminal import render_article

        _print_all(render_article(article) for article in articles)
    return 1 if failures else 0


def _narrowed(tagger: Tagger, themes: list[str] | None, min_probability: float | None) -> Tagger:
    """Return the tagger with thresholds that let through only what was asked for."""
    from dataclasses import replace

    thresholds = tagger.thresholds.copy()
    if min_probability is not None:
        thresholds[:] = min_probability
    if themes is not None:
        wanted = {tagger.taxonomy.theme(theme_id).id for theme_id in themes}
        thresholds[[theme_id not in wanted for theme_id in tagger.theme_ids]] = 2.0  # no probability reaches it
    return replace(tagger, thresholds=thresholds)


def _documents(paths: Sequence[str], failures: list[CyberthemesError]) -> Iterator[Document]:
    """Yield the documents of all paths; a file that cannot be read, or read on, is reported and the rest goes on."""
    for path in paths:
        for read_one in _readers(path, failures):
            try:
                yield from read_one()
            except InputError as error:
                _complain(error)
                failures.append(error)


def _readers(path: str, failures: list[CyberthemesError]) -> list[Callable[[], Iterator[Document]]]:
    """Return what reads each file of a path."""
    from cyberthemes.documents import files_of, read

    if path == "-":
        return [_standard_input]
    try:
        return [partial(read, file) for file in files_of(Path(path))]
    except InputError as error:
        _complain(error)
        failures.append(error)
        return []


def _standard_input() -> Iterator[Document]:
    from cyberthemes.documents import Document
    from cyberthemes.extraction import decode

    if sys.stdin is None:
        raise InputError("standard input: closed; expected some text")
    yield Document.from_text(decode(sys.stdin.buffer.read(), "standard input"), id="-")


def _record(article: TaggedArticle, tagger: Tagger) -> str:
    """Return one line of JSON for an article; its text is left out, since paragraphs carry theirs."""
    fields = article.to_dict()
    del fields["text"]
    return json.dumps(_provenance(TAG_SCHEMA, tagger) | fields)


def _provenance(schema: str, tagger: Tagger) -> dict[str, str]:
    taxonomy = tagger.taxonomy
    return {
        "schema": schema,
        "cyberthemes": cyberthemes.__version__,
        "model": tagger.hash,
        "taxonomy": taxonomy.id,
        "taxonomy_version": taxonomy.version,
    }


# themes ---------------------------------------------------------------------------------------------------


def _taxonomy(options: argparse.Namespace) -> Taxonomy:
    if options.taxonomy:
        from cyberthemes.taxonomy import Taxonomy

        return Taxonomy.read(options.taxonomy)
    from cyberthemes.tagging import load_tagger

    return load_tagger().taxonomy


def _list_themes(options: argparse.Namespace) -> int:
    taxonomy = _taxonomy(options)
    _print_all(f"{theme.id:24} {theme.group:12} {len(theme.terms):4} terms  {theme.name}" for theme in taxonomy.themes)
    return 0


def _show_theme(options: argparse.Namespace) -> int:
    from cyberthemes.terminal import render_theme

    _print_all([render_theme(_taxonomy(options).theme(options.theme))])
    return 0


def _check_terms(options: argparse.Namespace) -> int:
    from cyberthemes.review import check_terms

    failures: list[CyberthemesError] = []
    documents = _progress(_documents(options.corpus, failures))
    texts = (
        document.text[paragraph.start : paragraph.end] for document in documents for paragraph in document.paragraphs()
    )
    uses = check_terms(_taxonomy(options), texts)
    _print_all(f"{use.theme:24} {use.texts:7}  {use.term}" for use in uses)
    never = sum(not use.texts for use in uses)
    print(f"{len(uses)} terms, {never} never found", file=sys.stderr)
    return 1 if failures else 0


def _check_examples(options: argparse.Namespace) -> int:
    from cyberthemes.review import check_examples

    taxonomy = _taxonomy(options)
    failures = check_examples(taxonomy)
    for failure in failures:
        found = f"found {', '.join(failure.found)}" if failure.found else "found no term"
        print(f"{failure.theme}: expected {failure.expected}, {found}: {failure.sentence}")
    n_sentences = sum(len(theme.match) + len(theme.no_match) for theme in taxonomy.themes)
    print(f"{n_sentences - len(failures)} of {n_sentences} example sentences hold", file=sys.stderr)
    return 1 if failures else 0


# fit and evaluate -----------------------------------------------------------------------------------------


def _fit(options: argparse.Namespace) -> int:
    from cyberthemes.evaluation import score_predictions
    from cyberthemes.gold import read_gold
    from cyberthemes.modelcard import model_card
    from cyberthemes.taxonomy import Taxonomy
    from cyberthemes.themes import ThemeTagger

    taxonomy = Taxonomy.read(options.taxonomy)
    gold = read_gold(options.gold, taxonomy.theme_ids)
    estimator = ThemeTagger(taxonomy, n_jobs=options.jobs).fit(gold.texts, gold.labels, gold.groups)
    tagger = estimator.tagger_
    predicted = estimator.held_out_ >= tagger.thresholds
    held_out = score_predictions(predicted, estimator.held_out_, gold.labels, tagger.theme_ids, gold.groups)
    folder = tagger.save(options.output)
    _write_whole(folder / "MODEL_CARD.md", [model_card(tagger, gold, [path.name for path in options.gold], held_out)])
    if options.taxonomy.resolve() != (folder / "taxonomy.yaml").resolve():
        taxonomy.write(folder / "taxonomy.yaml")
    print(
        f"{folder}: {len(tagger.theme_ids)} themes from {len(gold.texts)} paragraphs; "
        f"held out: micro-F1 {held_out.micro_f1:.3f}, macro-F1 {held_out.macro_f1:.3f}"
    )
    return 0


def _evaluate(options: argparse.Namespace) -> int:
    from cyberthemes.evaluation import evaluate
    from cyberthemes.gold import read_gold
    from cyberthemes.tagging import load_tagger

    tagger = load_tagger(options.model)
    evaluation: Evaluation = evaluate(tagger, read_gold(options.gold, tagger.theme_ids))
    if options.format == "json":
        _print_all([json.dumps(_provenance(EVALUATION_SCHEMA, tagger) | evaluation.to_dict(), indent=1)])
    else:
        from cyberthemes.terminal import render_evaluation

        _print_all([render_evaluation(evaluation)])
    return 0


# Streams --------------------------------------------------------------------------------------------------


def _print_all(texts: Iterable[str]) -> None:
    """Print texts to standard output; what its encoding cannot hold goes out as escapes."""
    if sys.stdout is None:
        raise InputError("standard output: closed; give a file with --output")
    if reconfigure := getattr(sys.stdout, "reconfigure", None):
        reconfigure(errors="backslashreplace")
    for text in texts:
        print(text)


def _complain(error: CyberthemesError | str) -> None:
    print(f"cyberthemes: {error}", file=sys.stderr)


def _progress(documents: Iterable[Document]) -> Iterable[Document]:
    """Count documents on standard error if a person is watching and results go elsewhere."""
    if not sys.stderr.isatty() or sys.stdout.isatty():
        return documents
    from tqdm import tqdm

    counted: Iterable[Any] = tqdm(documents, unit=" texts", file=sys.stderr)
    return counted


def _write_whole(path: Path, lines: Iterable[str]) -> None:
    """Write lines to a file, which appears only when all are written, and only if there are any."""
    if not path.name or path.is_dir():
        raise InputError(f"{path}: a folder; expected the name of a file")
    temporary = path.parent / f".{path.name}.{os.getpid()}.writing"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("w", encoding="utf-8", errors="backslashreplace") as stream:
            stream.writelines(line.rstrip("\n") + "\n" for line in lines)
        if temporary.stat().st_size:  # nothing to write leaves an older file as it is
            temporary.replace(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from error
    finally:
        if temporary.exists():
            temporary.unlink()
