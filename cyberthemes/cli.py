"""The command line: ``cyberthemes tag | topics | themes | fit | evaluate``.

Results go to standard output, progress and errors to standard error. Exit codes: 0 done, 1 an input, taxonomy or
model cannot be used or a check failed, 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import cyberthemes
from cyberthemes.errors import CyberthemesError
from cyberthemes.streams import complain, print_all, read_documents, show_steps, with_progress, write_whole

if TYPE_CHECKING:
    from cyberthemes.documents import Document
    from cyberthemes.evaluation import Evaluation
    from cyberthemes.paragraphs import Paragraph
    from cyberthemes.results import TaggedArticle
    from cyberthemes.tagging import Tagger
    from cyberthemes.taxonomy import Taxonomy
    from cyberthemes.topicrecords import Topic
    from cyberthemes.topics import TopicModel
    from cyberthemes.trends import TopicShare

TAG_SCHEMA: Final = "cyberthemes.tag/1"
EVALUATION_SCHEMA: Final = "cyberthemes.evaluation/1"
TOPIC_SCHEMA: Final = "cyberthemes.topic/1"
SHARE_SCHEMA: Final = "cyberthemes.topic-share/1"


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
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_tag(commands.add_parser("tag", help="tag the paragraphs of texts with themes, with evidence"))
    _add_topics(commands.add_parser("topics", help="find what the paragraphs of texts talk about"))
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


def _add_topics(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("paths", nargs="+", type=_path, metavar="PATH", help="texts, as for tag")
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
    parser.set_defaults(run=_topics, wrong_usage=parser.error)


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


def _count_or_auto(word: str) -> int | str:
    return word if word == "auto" else _count(word)


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
    articles = (tagger.tag(document) for document in with_progress(read_documents(options.paths, failures)))
    if options.output:
        write_whole(options.output, (_record(article, tagger) for article in articles))
    elif (options.format or ("table" if sys.stdout.isatty() else "jsonl")) == "jsonl":
        print_all(_record(article, tagger) for article in articles)
    else:
        from cyberthemes.terminal import render_article

        print_all(render_article(article) for article in articles)
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


# topics ---------------------------------------------------------------------------------------------------


def _topics(options: argparse.Namespace) -> int:
    from cyberthemes.trends import topics_over_time

    if options.model and (options.n_topics or options.save or options.drop_duplicates):
        options.wrong_usage("--model takes topics as they are; leave out --n-topics, --drop-duplicates and --save")
    failures: list[CyberthemesError] = []
    documents = list(with_progress(read_documents(options.paths, failures)))
    places = [
        (document, paragraph)
        for document in documents
        for paragraph in document.paragraphs()
        if paragraph.kind != "boilerplate"
    ]
    texts = [document.text_of(paragraph) for document, paragraph in places]
    model = _topic_model(options, texts)
    shares: Sequence[TopicShare] = ()
    if options.over:
        ids = [document.id for document, _ in places]
        shares = topics_over_time(model, texts, [document.date for document, _ in places], options.over, documents=ids)
    if (options.format or ("table" if sys.stdout.isatty() else "jsonl")) == "jsonl":
        print_all(_topic_record(topic, places) for topic in model.topics_)
        print_all(json.dumps({"schema": SHARE_SCHEMA, **share.to_dict()}) for share in shares)
    else:
        from cyberthemes.terminal import render_shares, render_topics

        print_all([render_topics(model.topics_, model.unexplained_, len(texts))])
        print_all([render_shares(shares)] if shares else [])
    return 1 if failures else 0


def _topic_model(options: argparse.Namespace, texts: list[str]) -> TopicModel:
    """Return the model to show: the one saved, with records of these texts, or one learned from them."""
    from cyberthemes.tagging import load_tagger
    from cyberthemes.topics import TopicModel, load_topics

    show_steps()
    if options.model:
        return load_topics(options.model).describe(texts)
    n_topics = options.n_topics or min(20, max(1, len(texts) // 10))
    model = TopicModel(n_topics, taxonomy=load_tagger().taxonomy, drop_duplicates=options.drop_duplicates).fit(texts)
    if options.save:
        model.save(options.save)
    return model


def _topic_record(topic: Topic, places: Sequence[tuple[Document, Paragraph]]) -> str:
    """Return one line of JSON for a topic, whose typical texts say where they stand."""
    fields = topic.to_dict()
    for typical in fields["typical"]:
        document, paragraph = places[typical.pop("position")]
        typical |= {"document": document.id, "start": paragraph.start, "end": paragraph.end}
    return json.dumps({"schema": TOPIC_SCHEMA, "cyberthemes": cyberthemes.__version__, **fields})


# themes ---------------------------------------------------------------------------------------------------


def _taxonomy(options: argparse.Namespace) -> Taxonomy:
    if options.taxonomy:
        from cyberthemes.taxonomy import Taxonomy

        return Taxonomy.read(options.taxonomy)
    from cyberthemes.tagging import load_tagger

    return load_tagger().taxonomy


def _list_themes(options: argparse.Namespace) -> int:
    taxonomy = _taxonomy(options)
    print_all(f"{theme.id:24} {theme.group:12} {len(theme.terms):4} terms  {theme.name}" for theme in taxonomy.themes)
    return 0


def _show_theme(options: argparse.Namespace) -> int:
    from cyberthemes.terminal import render_theme

    print_all([render_theme(_taxonomy(options).theme(options.theme))])
    return 0


def _check_terms(options: argparse.Namespace) -> int:
    from cyberthemes.review import check_terms

    failures: list[CyberthemesError] = []
    documents = with_progress(read_documents(options.corpus, failures))
    texts = (document.text_of(paragraph) for document in documents for paragraph in document.paragraphs())
    uses = check_terms(_taxonomy(options), texts)
    print_all(f"{use.theme:24} {use.texts:7}  {use.term}" for use in uses)
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
    write_whole(folder / "MODEL_CARD.md", [model_card(tagger, gold, [path.name for path in options.gold], held_out)])
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
        print_all([json.dumps(_provenance(EVALUATION_SCHEMA, tagger) | evaluation.to_dict(), indent=1)])
    else:
        from cyberthemes.terminal import render_evaluation

        print_all([render_evaluation(evaluation)])
    return 0
