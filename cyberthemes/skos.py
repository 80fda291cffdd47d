"""Taxonomies as SKOS, the vocabulary that libraries and thesauri share, in Turtle: written whole, read from anyone.

A theme is a ``skos:Concept`` with ``skos:prefLabel``, ``skos:definition`` and its terms as ``skos:altLabel``; groups
are ``skos:Collection``. What SKOS has no word for (the order of themes and terms, weights, guards, notes, example
sentences) stands beside it in a namespace of our own, so that what `to_skos` writes `from_skos` reads back unchanged.
Nothing is ever fetched; only reading needs rdflib (``pip install 'cyberthemes[skos]'``).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from cyberthemes.errors import InputError, TaxonomyError
from cyberthemes.extraction import read_text
from cyberthemes.phrases import phrase_keys
from cyberthemes.taxonomy import Taxonomy, Term, Theme

if TYPE_CHECKING:
    from rdflib import Graph
    from rdflib.plugins.parsers.notation3 import RDFSink
    from rdflib.term import Node

__all__ = ["from_skos", "read_skos", "to_skos"]

_OWN: Final = "urn:cyberthemes:skos#"
_SKOS: Final = "http://www.w3.org/2004/02/skos/core#"
_DCT: Final = "http://purl.org/dc/terms/"
_OWL: Final = "http://www.w3.org/2002/07/owl#"
_MOST_CHARACTERS: Final = 2_000_000
_MOST_STATEMENTS: Final = 200_000
_SUFFIXES: Final = (".ttl", ".turtle")


def to_skos(taxonomy: Taxonomy) -> str:
    r"""Return a taxonomy as SKOS in Turtle, in its own order.

    Parameters
    ----------
    taxonomy : Taxonomy

    Returns
    -------
    str

    Examples
    --------
    >>> taxonomy = Taxonomy("demo", "1", themes=(Theme("5g", "5G", terms=(Term("5G"), Term("mast", 0.5))),))
    >>> print(to_skos(taxonomy).split("\n\n")[2].rstrip())
    <urn:cyberthemes:demo:5g> a skos:Concept ;
        skos:inScheme <urn:cyberthemes:demo> ;
        skos:topConceptOf <urn:cyberthemes:demo> ;
        skos:notation "5g" ;
        skos:prefLabel "5G"@en ;
        skos:altLabel "mast"@en ;
        ct:terms (
            "5G"
            [ ct:term "mast" ; ct:weight 0.5 ]
        ) .
    """
    scheme = f"urn:cyberthemes:{quote(taxonomy.id, safe='')}"
    iri_of = {theme.id: f"<{scheme}:{quote(theme.id, safe='')}>" for theme in taxonomy.themes}
    prefixes = {"skos": _SKOS, "dct": _DCT, "owl": _OWL, "ct": _OWN}
    about = [
        "a skos:ConceptScheme",
        f"skos:notation {_quoted(taxonomy.id)}",
        f"owl:versionInfo {_quoted(taxonomy.version)}",
        *([f"dct:description {_quoted(taxonomy.description)}@en"] if taxonomy.description else []),
        f"ct:themes {_listed(iri_of.values())}",
    ]
    blocks = ["\n".join(f"@prefix {name}: <{iri}> ." for name, iri in prefixes.items()), _block(f"<{scheme}>", about)]
    blocks += [_block(iri_of[theme.id], _about(theme, scheme)) for theme in taxonomy.themes]
    groups = dict.fromkeys(theme.group for theme in taxonomy.themes if theme.group)
    for number, group in enumerate(groups, start=1):
        members = ", ".join(iri_of[theme.id] for theme in taxonomy.themes if theme.group == group)
        about = ["a skos:Collection", f"skos:prefLabel {_quoted(group)}@en", f"skos:member {members}"]
        blocks.append(_block(f"<{scheme}:group:{number}>", about))
    return "\n\n".join(blocks) + "\n"


def _about(theme: Theme, scheme: str) -> list[str]:
    """Return what is said of a theme, as predicates with their objects."""
    labels = dict.fromkeys(term.text for term in theme.terms if term.text != theme.name)  # SKOS: no label is both
    about = ["a skos:Concept", f"skos:inScheme <{scheme}>", f"skos:topConceptOf <{scheme}>"]
    about += [f"skos:notation {_quoted(theme.id)}", f"skos:prefLabel {_quoted(theme.name)}@en"]
    about += [f"skos:definition {_quoted(theme.definition)}@en"] if theme.definition else []
    about += ["skos:altLabel " + ", ".join(f"{_quoted(label)}@en" for label in labels)] if labels else []
    notes = {"include": theme.include, "exclude": theme.exclude, "match": theme.match, "noMatch": theme.no_match}
    about += [f"ct:{name} {_listed(map(_quoted, texts))}" for name, texts in notes.items() if texts]
    return [*about, f"ct:terms {_listed(map(_term, theme.terms))}"]


def _term(term: Term) -> str:
    if term == Term(term.text):
        return _quoted(term.text)
    fields = [f"ct:term {_quoted(term.text)}"]
    fields += [f"ct:weight {term.weight!r}"] if term.weight != 1.0 else []
    guards = {"needs": term.needs, "unless": term.unless}
    fields += [f"ct:{name} ( {' '.join(map(_quoted, words))} )" for name, words in guards.items() if words]
    return f"[ {' ; '.join(fields)} ]"


def _block(subject: str, about: Sequence[str]) -> str:
    return f"{subject} " + " ;\n    ".join(about) + " ."


def _listed(items: Iterable[str]) -> str:
    lines = "".join(f"        {item}\n" for item in items)
    return f"(\n{lines}    )" if lines else "()"


_ESCAPED: Final = re.compile(r'[\\"\x00-\x1f\x7f-\x9f\u2028\u2029]')


def _quoted(text: str) -> str:
    def escape(match: re.Match[str]) -> str:
        return f"\\{match[0]}" if match[0] in '\\"' else f"\\u{ord(match[0]):04X}"

    return f'"{_ESCAPED.sub(escape, text)}"'


# Reading ----------------------------------------------------------------------------------------------------


def read_skos(path: str | os.PathLike[str]) -> Taxonomy:
    """Return the taxonomy of a Turtle file; see `from_skos`.

    Raises
    ------
    InputError
        If the file is missing, is not text or not called .ttl, or rdflib is not installed.
    TaxonomyError
        If it makes no valid taxonomy; the error lists every fault.
    """
    if Path(path).suffix.lower() not in _SUFFIXES:
        raise InputError(f"{path}: expected Turtle, a .ttl file; convert RDF/XML, JSON-LD and other formats first")
    return from_skos(read_text(Path(path)), str(path))


def from_skos(turtle: str, source: str = "Turtle") -> Taxonomy:
    """Return the taxonomy of a SKOS concept scheme in Turtle: what `to_skos` wrote, or anyone else's.

    Of what others wrote, every concept becomes a theme, whose terms are its preferred, alternative and hidden labels
    in English or in no language, those that differ by inflection once; its group is the collection it is in, or the
    topmost concept above it (``skos:broader``, ``skos:narrower``); its id its notation, or its label in lower case.

    Parameters
    ----------
    turtle : str
        At most two million characters.
    source : str, default "Turtle"
        What errors call it.

    Returns
    -------
    Taxonomy
        Themes in our own order if the text gives it, others by id.

    Raises
    ------
    InputError
        If rdflib is not installed.
    TaxonomyError
        If it is not Turtle, or makes no valid taxonomy; the error lists every fault.

    Examples
    --------
    >>> taxonomy = from_skos('''
    ... @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
    ... <http://example.org/1> a skos:Concept ; skos:prefLabel "Mobile networks"@en ; skos:altLabel "5G"@en .
    ... ''')
    >>> taxonomy.themes[0].id, [term.text for term in taxonomy.themes[0].terms]
    ('mobile-networks', ['Mobile networks', '5G'])
    """
    return _SchemeReader(_parsed(turtle, source), source).taxonomy()


def _parsed(turtle: str, source: str) -> Graph:
    try:
        from rdflib import Graph
        from rdflib.exceptions import ParserError
        from rdflib.plugins.parsers.notation3 import SinkParser
    except ImportError as error:
        raise InputError(f"{source}: reading SKOS needs rdflib ({error}); pip install 'cyberthemes[skos]'") from error
    if len(turtle) > _MOST_CHARACTERS:
        raise TaxonomyError(source, [f"longer than {_MOST_CHARACTERS:,} characters; this is no taxonomy"])
    graph = Graph()
    parser = SinkParser(_sink(graph), baseURI="file:///", turtle=True)
    # Whatever rdflib raises on a text that is not Turtle.
    faults = (
        ArithmeticError,
        AssertionError,
        AttributeError,
        LookupError,
        SyntaxError,
        TypeError,
        ValueError,
        ParserError,
    )
    try:
        parser.loadBuf(turtle.removeprefix("\ufeff"))
    except RecursionError as error:
        raise TaxonomyError(source, ["nested too deeply"]) from error
    except faults as error:
        raise TaxonomyError(source, [_described(error)]) from error
    return graph


def _sink(graph: Graph) -> RDFSink:
    """Return what takes in a graph as it is parsed: no value is worked out, and there is an end to it."""
    from rdflib import Literal, URIRef
    from rdflib.plugins.parsers.notation3 import RDFSink

    class Sink(RDFSink):
        n_statements = 0

        def newLiteral(self, s: str, dt: object = None, lang: str | None = None) -> Literal:  # noqa: ARG002, N802
            s.encode()  # fails on half a character
            return Literal(s, lang=lang)  # with its type, "1e999999999" would be written out in digits

        def newSymbol(self, *args: str) -> URIRef:  # noqa: N802
            if _NOT_IN_IRIS.search(args[0]):
                raise ValueError(f"<{args[0]:.60}> is no IRI")
            return URIRef(args[0])

        def makeStatement(self, quadruple: Any, why: Any = None) -> None:  # noqa: N802
            self.n_statements += 1
            if self.n_statements > _MOST_STATEMENTS:
                raise ValueError(f"more than {_MOST_STATEMENTS:,} statements; this is no taxonomy")
            super().makeStatement(quadruple, why)

    return Sink(graph)


_NOT_IN_IRIS: Final = re.compile(r'[\x00-\x20<>"{}|\\^`\ud800-\udfff]')


def _described(error: Exception) -> str:
    line, why = getattr(error, "lines", None), getattr(error, "_why", None)
    if line is None or why is None:
        return f"not Turtle: {str(error) or type(error).__name__:.200}"
    return f"line {line + 1}: not Turtle: {why:.200}"


class _SchemeReader:
    """Turns a graph into the plain values of a taxonomy file, and notes what stands in the way."""

    def __init__(self, graph: Graph, source: str) -> None:
        from rdflib import URIRef

        self._graph = graph
        self._source = source
        self._iri = URIRef
        self._problems: list[str] = []

    def taxonomy(self) -> Taxonomy:
        """Return the taxonomy.

        Raises
        ------
        TaxonomyError
            If there is none, or it is not valid.
        """
        schemes = self._instances("ConceptScheme")
        if len(schemes) > 1:
            self._problems.append(f"{len(schemes)} concept schemes; expected one: {', '.join(map(str, schemes[:5]))}")
        scheme = schemes[0] if schemes else self._iri("")
        concepts = self._concepts(scheme)
        if not concepts:
            self._problems.append("no skos:Concept; expected at least one")
        groups = self._groups(concepts)
        themes = [self._theme(concept, groups.get(concept, "")) for concept in concepts]
        if self._problems:
            raise TaxonomyError(self._source, self._problems)
        fields = {
            "id": self._first(scheme, _SKOS + "notation") or _slug(self._name(scheme), scheme) or "imported",
            "version": self._first(scheme, _OWL + "versionInfo") or "1",
            "description": self._first(scheme, _DCT + "description"),
            "themes": themes,
        }
        try:
            return Taxonomy.from_dict(fields, self._source)
        except TaxonomyError as error:
            raise TaxonomyError(self._source, _placed(error.problems, concepts, themes)) from error

    def _concepts(self, scheme: Node) -> list[Node]:
        """Return the concepts, those that the scheme lists first."""
        listed = self._list(scheme, "themes") or []
        known = set(listed)
        others = [concept for concept in self._instances("Concept") if concept not in known]
        return [*listed, *sorted(others, key=lambda concept: (self._id(concept), str(concept)))]

    def _theme(self, concept: Node, group: str) -> dict[str, Any]:
        name = self._name(concept)
        if not name:
            self._problems.append(f"concept {concept}: no skos:prefLabel in English or in no language; expected one")
        alternatives = [
            label
            for kind in ("altLabel", "hiddenLabel")
            for label in self._texts(concept, _SKOS + kind)
            if label != name
        ]
        own = self._list(concept, "terms")
        terms = [name] if own is None else list(map(self._term, own))
        return {
            "id": self._id(concept),
            "name": name,
            "group": group,
            "definition": self._first(concept, _SKOS + "definition"),
            "include": self._plain(concept, "include"),
            "exclude": self._plain(concept, "exclude"),
            "terms": [*terms, *_not_among(terms, alternatives)],
            "examples": {"match": self._plain(concept, "match"), "no_match": self._plain(concept, "noMatch")},
        }

    def _term(self, node: Node) -> Any:
        if self._is_literal(node):
            return str(node)
        term: dict[str, Any] = {"term": self._first(node, _OWN + "term")}
        if weight := self._first(node, _OWN + "weight"):
            try:
                term["weight"] = float(weight)
            except ValueError:
                term["weight"] = weight  # which is reported with all other faults
        return term | {name: words for name in ("needs", "unless") if (words := self._plain(node, name))}

    def _id(self, concept: Node) -> str:
        notation = self._first(concept, _SKOS + "notation")
        return notation if _slug(notation, concept) == notation else _slug(self._name(concept), concept)

    def _name(self, node: Node) -> str:
        return self._first(node, _SKOS + "prefLabel")

    # Groups

    def _groups(self, concepts: Sequence[Node]) -> dict[Node, str]:
        """Return what each concept is grouped under: a collection, or else the topmost concept above it."""
        groups = {concept: self._name(top) for concept, top in self._tops(concepts).items()}
        for collection in reversed(self._instances("Collection")):
            if label := self._name(collection):
                groups |= dict.fromkeys(self._graph.objects(collection, self._iri(_SKOS + "member")), label)
        return groups

    def _tops(self, concepts: Sequence[Node]) -> dict[Node, Node]:
        """Return the topmost concept above each that has one above it; of several above, the first by IRI."""
        known = set(concepts)
        pairs = [*self._graph.subject_objects(self._iri(_SKOS + "broader"))]
        pairs += [(under, over) for over, under in self._graph.subject_objects(self._iri(_SKOS + "narrower"))]
        above: dict[Node, Node] = {}
        for under, over in sorted(pairs, key=lambda pair: (str(pair[0]), str(pair[1]))):
            if under in known and over in known:
                above.setdefault(under, over)
        tops: dict[Node, Node] = {}
        for concept in above:
            path: dict[Node, None] = {}
            node = concept
            while node in above and node not in tops and node not in path:
                path[node] = None
                node = above[node]
            if node in path:
                self._problems.append(f"concept {node}: skos:broader leads back to it; expected an end")
            tops |= dict.fromkeys(path, tops.get(node, node))
        return tops

    # The graph

    def _instances(self, kind: str) -> list[Node]:
        of_kind = self._graph.subjects(self._iri(_RDF_TYPE), self._iri(_SKOS + kind))
        return sorted(set(of_kind), key=str)

    def _texts(self, node: Node, predicate: str) -> list[str]:
        """Return the texts in English or in no language, English first, then by alphabet."""
        found = []
        for value in self._graph.objects(node, self._iri(predicate)):
            language = (getattr(value, "language", None) or "").lower()
            if self._is_literal(value) and language.split("-")[0] in ("en", ""):
                found.append((_LANGUAGES.get(language, 1), str(value)))
        return [text for _, text in sorted(found)]

    def _first(self, node: Node, predicate: str) -> str:
        return next(iter(self._texts(node, predicate)), "")

    def _list(self, node: Node, name: str) -> list[Node] | None:
        """Return the items of a list in our own namespace, None if there is none."""
        head = next(iter(sorted(self._graph.objects(node, self._iri(_OWN + name)), key=str)), None)
        if head is None:
            return None
        try:
            return list(self._graph.items(head))
        except ValueError:
            self._problems.append(f"{node}: ct:{name} goes round in a circle; expected a list")
            return []

    def _plain(self, node: Node, name: str) -> list[str]:
        return list(map(str, self._list(node, name) or ()))

    def _is_literal(self, node: Node) -> bool:
        from rdflib import Literal

        return isinstance(node, Literal)


_RDF_TYPE: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
_LANGUAGES: Final[Mapping[str, int]] = {"en": 0, "": 2}  # dialects stand between
_NO_SLUG: Final = re.compile(r"[^a-z0-9]+")


def _placed(problems: Sequence[str], concepts: Iterable[Node], themes: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return as many of a taxonomy's faults, each of a theme with its concept."""
    of_themes: list[tuple[Node, str]] = []
    first: dict[str, Mapping[str, Any]] = {}
    for concept, theme in zip(concepts, themes, strict=True):
        other = first.setdefault(theme["id"] or str(concept), theme)
        faults = _faults(theme) if other is theme else set(_faults(other, theme)).difference(_faults(other))
        of_themes += [(concept, text) for text in sorted(faults)]
    known = {text for _, text in of_themes}
    placed = [text for text in problems if text not in known]
    return [*placed, *(f"concept {concept}: {text}" for concept, text in of_themes)][: len(problems)]


def _faults(*themes: Mapping[str, Any]) -> tuple[str, ...]:
    try:
        Taxonomy.from_dict({"id": "some", "version": "1", "themes": themes})
    except TaxonomyError as error:
        return error.problems
    return ()


def _slug(text: str, node: Node) -> str:
    """Return a text as an id, or the end of a node's IRI if nothing of the text is left."""
    return _NO_SLUG.sub("-", text.lower()).strip("-") or _NO_SLUG.sub(
        "-", re.split(r"[/#:]", str(node))[-1].lower()
    ).strip("-")


def _not_among(terms: Iterable[Any], labels: Iterable[str]) -> Iterator[str]:
    """Yield those labels that are no term yet, inflected forms of one label once."""
    seen = {_keys(term if isinstance(term, str) else term["term"]) for term in terms}
    for label in labels:
        if _keys(label) not in seen:
            seen.add(_keys(label))
            yield label


def _keys(label: str) -> tuple[str, ...]:
    try:
        return phrase_keys(label)
    except InputError:  # no word in it, which is reported with all other faults
        return (label,)
