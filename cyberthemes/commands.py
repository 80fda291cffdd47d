"""What the commands of the command line do: each takes the parsed options and returns the exit code.

Modules are imported where they are used, so that a command pays for no other.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any, Final

import cyberthemes
from cyberthemes.errors import CyberthemesError, InputError, TaxonomyError
from cyberthemes.limits import DEFAULT_LIMITS
from cyberthemes.streams import (
    complain,
    print_all,
    read_documents,
    show_steps,
    terminated_as_interrupted,
    whole_file,
    with_progress,
    write_lines_of,
    write_whole,
)

if TYPE_CHECKING:
    from pathlib import Path

    from cyberthemes.documents import Document
    from cyberthemes.evaluation import Evaluation
    from cyberthemes.gold import Gold
    from cyberthemes.paragraphs import Paragraph
    from cyberthemes.results import TaggedArticle
    from cyberthemes.tagging import Tagger
    from cyberthemes.taxonomy import Taxonomy
    from cyberthemes.themes import ThemeTagger
    from cyberthemes.topicrecords import Topic
    from cyberthemes.topics import TopicModel
    from cyberthemes.trends import TopicShare

TAG_SCHEMA: Final = "cyberthemes.tag/1"
SUGGESTION_SCHEMA: Final = "cyberthemes.suggestion/1"
EVALUATION_SCHEMA: Final = "cyberthemes.evaluation/1"
TOPIC_SCHEMA: Final = "cyberthemes.topic/1"
SHARE_SCHEMA: Final = "cyberthemes.topic-share/1"
DIFF_SCHEMA: Final = "cyberthemes.themes-diff/1"
_FEWEST_FOR_PREVALENCE: Final = 200  # paragraphs; fewer hardly move the prevalence supposed


def _documents(
    options: argparse.Namespace, paths: Sequence[str], failures: list[CyberthemesError]
) -> Iterable[Document]:
    """Read the documents of all paths as the options say, and count them for who watches."""
    limits = replace(DEFAULT_LIMITS, pdf_pages=options.max_pages)
    if options.max_megabytes:
        limits = replace(limits, megabytes=options.max_megabytes, webpage_megabytes=options.max_megabytes)
    return with_progress(read_documents(paths, failures, limits=limits, is_strict=options.strict))


def _paragraphs(
    options: argparse.Namespace, paths: Sequence[str], failures: list[CyberthemesError]
) -> Iterator[tuple[Document, Paragraph]]:
    """Yield the paragraphs of all documents, but for boilerplate."""
    for document in _documents(options, paths, failures):
        yield from ((document, paragraph) for paragraph in document.paragraphs() if paragraph.kind != "boilerplate")


# tag ------------------------------------------------------------------------------------------------------


def run_tag(options: argparse.Namespace) -> int:
    """Tag documents and print or write what was found."""
    from cyberthemes.batches import map_stream
    from cyberthemes.tagging import load_tagger

    if options.output and options.format == "table":
        options.wrong_usage("--output writes JSON lines; leave out --format table, or leave out --output")
    if options.prevalence == "-" and "-" in options.paths:
        options.wrong_usage("standard input cannot be tagged and estimated from at once")
    failures: list[CyberthemesError] = []
    tagger = load_tagger(options.model)
    if options.prevalence:
        tagger = _adapted(tagger, options, failures)
    tagger = _narrowed(tagger, options.themes, options.min_probability)
    documents = _documents(options, options.paths, failures)
    line_of = partial(_record, _provenance(TAG_SCHEMA, tagger))

    def lines_of(documents: Iterable[Document]) -> Iterator[str]:
        return map_stream(tagger, documents, line_of, options.jobs)

    try:
        with terminated_as_interrupted():
            if options.output:
                write_lines_of(options.output, documents, lines_of, _is_of, _maker(tagger, options))
            elif (options.format or ("table" if sys.stdout.isatty() else "jsonl")) == "jsonl":
                print_all(lines_of(documents))
            else:
                from cyberthemes.terminal import page_width, render_article, shows_styles

                page = partial(render_article, width=page_width(), is_styled=shows_styles(sys.stdout))
                print_all(map_stream(tagger, documents, page, options.jobs))
    except RuntimeError as error:
        from concurrent.futures import BrokenExecutor

        if not isinstance(error, BrokenExecutor):
            raise
        raise CyberthemesError("one of the --jobs was killed, perhaps for want of memory; try fewer of them") from error
    return 1 if failures else 0


def _adapted(tagger: Tagger, options: argparse.Namespace, failures: list[CyberthemesError]) -> Tagger:
    """Return the tagger for texts in which themes are as common as in those of a path."""
    from cyberthemes.adaptation import estimate_prevalence, with_prevalence

    path = options.prevalence
    sample = [document.text_of(paragraph) for document, paragraph in _paragraphs(options, [path], failures)]
    if len(sample) < _FEWEST_FOR_PREVALENCE:
        complain(f"{path}: {len(sample)} paragraphs say little of how common themes are")
    adapted = with_prevalence(tagger, estimate_prevalence(tagger, sample))
    return replace(adapted, hash=f"{tagger.hash}, prevalence of {path}")


def _narrowed(tagger: Tagger, themes: list[str] | None, min_probability: float | None) -> Tagger:
    """Return the tagger with thresholds that let through only what was asked for."""
    thresholds = tagger.thresholds.copy()
    if min_probability is not None:
        thresholds[:] = min_probability
    if themes is not None:
        wanted = {tagger.taxonomy.theme(theme_id).id for theme_id in themes}
        thresholds[[theme_id not in wanted for theme_id in tagger.theme_ids]] = 2.0  # no probability reaches it
    return replace(tagger, thresholds=thresholds)


def _record(provenance: dict[str, str], article: TaggedArticle) -> str:
    """Return one line of JSON for an article; its text is left out, since paragraphs carry theirs."""
    about = provenance | replace(article, paragraphs=()).to_dict()
    del about["text"]
    # One paragraph at a time: the plain values of a whole book would take a hundred megabytes.
    separators = chain([""], repeat(", "))
    paragraphs = (next(separators) + json.dumps(paragraph.to_dict()) for paragraph in article.paragraphs)
    return "".join([json.dumps(about).removesuffix("]}"), *paragraphs, "]}"])


def _is_of(record: Mapping[str, Any], document: Document) -> bool:
    """Return whether a record is that of a document, as it is now."""
    about = ("id", "title", "date", "source", "metadata")
    spans = [(paragraph["start"], paragraph["end"], paragraph["text"]) for paragraph in record.get("paragraphs", ())]
    return all(record.get(name) == getattr(document, name) for name in about) and spans == [
        (paragraph.start, paragraph.end, document.text_of(paragraph)) for paragraph in document.paragraphs()
    ]


def _maker(tagger: Tagger, options: argparse.Namespace) -> dict[str, Any]:
    """Return all on which the record of a document depends, as plain values."""
    numbers = b"".join(array.tobytes() for array in (tagger.bias, tagger.prevalence, tagger.thresholds))
    return {
        **_provenance(TAG_SCHEMA, tagger),
        "--themes": options.themes,
        "--min-probability": options.min_probability,
        "--prevalence": options.prevalence,
        "prevalence or thresholds": hashlib.sha256(numbers).hexdigest(),
    }


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


def run_topics(options: argparse.Namespace) -> int:
    """Print the topics of texts, and their shares over time if asked."""
    from cyberthemes.trends import topics_over_time

    if options.model and (options.n_topics or options.save or options.drop_duplicates):
        options.wrong_usage("--model takes topics as they are; leave out --n-topics, --drop-duplicates and --save")
    failures: list[CyberthemesError] = []
    places = list(_paragraphs(options, options.paths, failures))
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
    n_topics = options.n_topics or _usual_n_topics(texts)
    model = TopicModel(n_topics, taxonomy=load_tagger().taxonomy, drop_duplicates=options.drop_duplicates).fit(texts)
    if options.save:
        model.save(options.save)
    return model


def _usual_n_topics(texts: Sequence[str]) -> int:
    return min(20, max(1, len(texts) // 10))


def _topic_record(topic: Topic, places: Sequence[tuple[Document, Paragraph]]) -> str:
    """Return one line of JSON for a topic, whose typical texts say where they stand."""
    fields = topic.to_dict()
    for typical in fields["typical"]:
        document, paragraph = places[typical.pop("position")]
        typical |= {"document": document.id, "start": paragraph.start, "end": paragraph.end}
    return json.dumps({"schema": TOPIC_SCHEMA, "cyberthemes": cyberthemes.__version__, **fields})


# report ---------------------------------------------------------------------------------------------------


def run_report(options: argparse.Namespace) -> int:
    """Write a page of what texts talk about."""
    from cyberthemes.report import check_renderer, render_report
    from cyberthemes.summary import summarise
    from cyberthemes.tagging import load_tagger

    check_renderer()  # before what takes long
    tagger = load_tagger(options.model)
    failures: list[CyberthemesError] = []
    articles = list(tagger.tag_batch(_documents(options, options.paths, failures)))
    if not articles:  # and each input has been reported
        return 1
    topics = None if options.no_topics else _topics_of(articles, tagger.taxonomy)
    summary = summarise(articles, title=options.title, taxonomy=tagger.taxonomy, topics=topics, model=tagger.hash)
    page = render_report(summary)
    write_whole(options.output, [page])
    counts = {
        "article": len(articles),
        "paragraph": summary.n_paragraphs,
        "theme": len(summary.themes),
        "topic": len(summary.topics),
    }
    counted = ", ".join(f"{count:,} {word}{'s' * (count != 1)}" for word, count in counts.items())
    print(f"{options.output}: {counted}; {len(page.encode()) / 1000:,.0f} kB")
    return 1 if failures else 0


def _topics_of(articles: Sequence[TaggedArticle], taxonomy: Taxonomy) -> TopicModel | None:
    """Return the topics of articles, or None, with the reason on standard error, if they are too few for any."""
    from cyberthemes.topics import TopicModel

    show_steps()
    texts = [part.text for article in articles for part in article.paragraphs if part.kind != "boilerplate"]
    try:
        return TopicModel(_usual_n_topics(texts), taxonomy=taxonomy).fit(texts)
    except InputError as error:
        complain(f"no topics: {error}")
        return None


# themes ---------------------------------------------------------------------------------------------------


def _taxonomy(options: argparse.Namespace) -> Taxonomy:
    if options.taxonomy:
        from cyberthemes.taxonomy import Taxonomy

        return Taxonomy.read(options.taxonomy)
    from cyberthemes.tagging import load_tagger

    return load_tagger().taxonomy


def run_themes_list(options: argparse.Namespace) -> int:
    """Print the themes of a taxonomy."""
    from cyberthemes.cells import harmless

    taxonomy = _taxonomy(options)
    print_all(
        harmless(f"{theme.id:24} {theme.group:12} {len(theme.terms):4} terms  {theme.name}")
        for theme in taxonomy.themes
    )
    return 0


def run_themes_show(options: argparse.Namespace) -> int:
    """Print one theme whole."""
    from cyberthemes.terminal import render_theme

    print_all([render_theme(_taxonomy(options).theme(options.theme))])
    return 0


def run_themes_check(options: argparse.Namespace) -> int:
    """Print in how many paragraphs each term is found."""
    from cyberthemes.cells import harmless
    from cyberthemes.review import check_terms

    failures: list[CyberthemesError] = []
    documents = _documents(options, options.corpus, failures)
    texts = (document.text_of(paragraph) for document in documents for paragraph in document.paragraphs())
    uses = check_terms(_taxonomy(options), texts)
    print_all(harmless(f"{use.theme:24} {use.texts:7}  {use.term}") for use in uses)
    never = sum(not use.texts for use in uses)
    print(f"{len(uses)} terms, {never} never found", file=sys.stderr)
    return 1 if failures else 0


def run_themes_test(options: argparse.Namespace) -> int:
    """Test a taxonomy's example sentences and guards."""
    from cyberthemes.cells import harmless
    from cyberthemes.review import check_examples, check_guards

    taxonomy = _taxonomy(options)
    failures = check_examples(taxonomy)
    for failure in failures:
        found = f"found {', '.join(failure.found)}" if failure.found else "found no term"
        print(harmless(f"{failure.theme}: expected {failure.expected}, {found}: {failure.sentence}"))
    idle = check_guards(taxonomy)
    for guard in idle:
        print(
            f"{guard.theme}: the guard {guard.guard!r} is found in the term {guard.term!r} itself, so it {guard.effect}"
        )
    n_sentences = sum(len(theme.match) + len(theme.no_match) for theme in taxonomy.themes)
    print(f"{n_sentences - len(failures)} of {n_sentences} example sentences hold", file=sys.stderr)
    return 1 if failures or idle else 0


def run_themes_export(options: argparse.Namespace) -> int:
    """Write a taxonomy as SKOS in Turtle."""
    from cyberthemes.skos import to_skos

    _print_or_write(options.output, to_skos(_taxonomy(options)).rstrip("\n").split("\n"))
    return 0


def run_themes_import(options: argparse.Namespace) -> int:
    """Write the taxonomy of a SKOS concept scheme as a YAML file, if that can be read."""
    from cyberthemes.skos import read_skos
    from cyberthemes.taxonomy import Taxonomy

    taxonomy = read_skos(options.skos)
    with whole_file(options.output) as unfinished:
        taxonomy.write(unfinished)
        try:
            Taxonomy.read(unfinished)  # what another program wrote may be longer than we read
        except TaxonomyError as error:
            raise TaxonomyError(str(options.output), error.problems) from error
    print(f"{options.output}: {len(taxonomy.themes)} themes, {len(taxonomy.terms())} terms", file=sys.stderr)
    return 0


def run_themes_diff(options: argparse.Namespace) -> int:
    """Print what differs between two taxonomies or models, and which paragraphs change their themes by it."""
    from cyberthemes.taxonomychanges import render_diff
    from cyberthemes.taxonomydiff import diff_themes

    old, new = _themes_at(options.old), _themes_at(options.new)
    failures: list[CyberthemesError] = []
    places = list(_paragraphs(options, options.corpus, failures))
    diff = diff_themes(old, new, (document.text_of(paragraph) for document, paragraph in places))
    if options.format == "text":
        print_all([render_diff(diff, _origins(places))])
        return 1 if failures else 0
    fields = diff.to_dict()
    quoted = set(fields.pop("quoted"))
    for record in fields["paragraphs"]:
        position = record.pop("position")
        document, paragraph = places[position]
        record |= {"document": document.id, "start": paragraph.start, "quoted": position in quoted}
    if options.format == "json":
        print_all([json.dumps({"schema": DIFF_SCHEMA, "cyberthemes": cyberthemes.__version__, **fields}, indent=1)])
    else:
        kinds = {
            "themes": "theme-change",
            "terms": "term-change",
            "counts": "theme-count",
            "paragraphs": "paragraph-change",
        }
        records = ((kind, record) for name, kind in kinds.items() for record in fields[name])
        print_all(json.dumps({"schema": f"cyberthemes.{kind}/1", **record}) for kind, record in records)
    return 1 if failures else 0


def run_themes_suggest(options: argparse.Namespace) -> int:
    """Print or write the terms and themes that a taxonomy may lack."""
    from cyberthemes.tagging import load_tagger
    from cyberthemes.termsuggestions import suggest_terms

    themes = _themes_at(options.taxonomy) if options.taxonomy else load_tagger(options.model)
    failures: list[CyberthemesError] = []
    places = list(_paragraphs(options, options.corpus, failures))
    show_steps()
    found = suggest_terms(
        themes,
        [document.text_of(paragraph) for document, paragraph in places],
        documents=[document.id for document, _ in places],
        ignore=sorted({document.source for document, _ in places if document.source}),
        n=options.n,
        n_topics=options.n_topics,
    )
    if options.format == "yaml":
        lines = found.to_yaml(_origins(places)).rstrip("\n").split("\n")
    else:
        fields = found.to_dict()
        for term in chain(fields["terms"], *(topic["terms"] for topic in fields["topics"])):
            for quote in term["quotes"]:
                document, paragraph = places[quote.pop("position")]
                quote |= {"document": document.id, "start": paragraph.start}
        kinds = {"terms": "term-suggestion", "topics": "topic-suggestion"}
        records = ((kind, record) for name, kind in kinds.items() for record in fields[name])
        lines = [json.dumps({"schema": f"cyberthemes.{kind}/1", **record}) for kind, record in records]
    _print_or_write(options.output, lines)
    print(f"{len(found.terms)} terms of themes, {len(found.topics)} topics that no theme covers", file=sys.stderr)
    return 1 if failures else 0


def _themes_at(path: Path) -> Taxonomy | Tagger:
    """Return the tagger of a model folder, or the taxonomy of a file."""
    if path.is_dir():
        from cyberthemes.tagging import load_tagger

        return load_tagger(path)
    from cyberthemes.taxonomy import Taxonomy

    return Taxonomy.read(path)


def _origins(places: Sequence[tuple[Document, Paragraph]]) -> list[str]:
    return [f"{document.id}:{paragraph.start}" for document, paragraph in places]


def _print_or_write(output: Path | None, lines: Sequence[str]) -> None:
    if output:
        write_whole(output, lines)
    else:
        print_all(lines)


# suggest and labels ---------------------------------------------------------------------------------------


def run_suggest(options: argparse.Namespace) -> int:
    """Print the paragraphs to label next, as lines to correct or as tasks for Label Studio."""
    from cyberthemes.activelearning import suggest
    from cyberthemes.gold import read_gold
    from cyberthemes.labelstudio import to_label_studio
    from cyberthemes.tagging import load_tagger

    tagger = load_tagger(options.model)
    labelled = read_gold(options.labelled, tagger.theme_ids).texts if options.labelled else ()
    failures: list[CyberthemesError] = []
    places = list(_paragraphs(options, options.paths, failures))
    texts = [document.text_of(paragraph) for document, paragraph in places]
    suggestions = suggest(tagger, texts, options.n, labelled=labelled)
    origins = [{"doc": document.id, "start": paragraph.start} for document, paragraph in places]
    if options.format == "label-studio":
        tasks = to_label_studio(suggestions, model_version=tagger.hash)
        for task, suggestion in zip(tasks, suggestions, strict=True):
            task["data"] |= origins[suggestion.position]
        print_all([json.dumps(tasks, ensure_ascii=False, indent=1)])
    else:
        records = [suggestion.to_dict() | origins[suggestion.position] for suggestion in suggestions]
        print_all(json.dumps({"schema": SUGGESTION_SCHEMA, **record}, ensure_ascii=False) for record in records)
    return 1 if failures else 0


def run_labels(options: argparse.Namespace) -> int:
    """Print or write an export of Label Studio as labelled paragraphs, a line of JSON each."""
    from cyberthemes.extraction import read_text
    from cyberthemes.labelstudio import from_label_studio

    content = read_text(options.export)
    try:
        tasks = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{options.export}: not JSON ({error}); expected a project exported as JSON") from error
    lines = [json.dumps(record, ensure_ascii=False) for record in from_label_studio(tasks)]
    if not lines:
        raise InputError(f"{options.export}: no labelled task among {len(tasks)}; expected at least one")
    if options.output:
        write_whole(options.output, lines)
    else:
        print_all(lines)
    print(f"{len(lines)} labelled texts of {len(tasks)} tasks", file=sys.stderr)
    return 0


# fit and evaluate -----------------------------------------------------------------------------------------


def run_fit(options: argparse.Namespace) -> int:
    """Learn a model from labelled paragraphs and save it with its card."""
    from cyberthemes.gold import read_gold
    from cyberthemes.modelcard import model_card
    from cyberthemes.taxonomy import Taxonomy
    from cyberthemes.themes import ThemeTagger

    taxonomy = Taxonomy.read(options.taxonomy)
    gold = read_gold(options.gold, taxonomy.theme_ids)
    estimator = ThemeTagger(taxonomy, n_jobs=options.jobs).fit(gold.texts, gold.labels, gold.groups, gold.weights)
    tagger = estimator.tagger_
    held_out = _held_out(estimator, gold)
    folder = tagger.save(options.output)
    write_whole(folder / "MODEL_CARD.md", [model_card(tagger, gold, [path.name for path in options.gold], held_out)])
    if options.taxonomy.resolve() != (folder / "taxonomy.yaml").resolve():
        taxonomy.write(folder / "taxonomy.yaml")
    print(
        f"{folder}: {len(tagger.theme_ids)} themes from {len(gold.texts)} paragraphs; "
        f"held out: micro-F1 {held_out.micro_f1:.3f}, macro-F1 {held_out.macro_f1:.3f}"
    )
    return 0


def _held_out(estimator: ThemeTagger, gold: Gold) -> Evaluation:
    """Return how right the folds are on units of full weight: others only help to learn."""
    from cyberthemes.evaluation import score_predictions
    from cyberthemes.gold import full_weight

    rows = full_weight(gold.weights)
    return score_predictions(
        estimator.held_out_predictions_[rows],
        estimator.held_out_[rows],
        gold.labels[rows],
        estimator.theme_ids_,
        [gold.groups[row] for row in rows],
    )


def run_evaluate(options: argparse.Namespace) -> int:
    """Print how right a model is on labelled paragraphs."""
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
