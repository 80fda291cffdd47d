"""Text to tokens with exact offsets; words in one form; sentences; stop words.

One rule, `TOKEN_PATTERN`, serves the whole library. NLTK's ``RegexpTokenizer`` of that pattern is its reference, NLTK's
Snowball stemmer defines stems, and NLTK's Punkt defines sentences, with parameters that we trained and ship, so nothing
is ever downloaded. `tokenize`, `atoms` and `inflection_key` do without NLTK, because tagging uses them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

__all__ = [
    "STOP_WORDS",
    "TOKEN_PATTERN",
    "Token",
    "atoms",
    "inflection_key",
    "sentence_spans",
    "stem",
    "tokenize",
]

TOKEN_PATTERN: Final = (
    r"(?<!\w)(?:[^\W\d_]\.){2,}"  # U.S., e.g.
    r"|\d+(?:[.,]\d+)+"  # 14.13, 22,000
    r"|(?!(?<=[\w.]['’])[sS]\b)\w+(?:[-‐‑&]\w+|['’](?![sS]\b)\w+)*"  # 5G, B&R, e-commerce, don't; not a possessive s
)
_TOKEN: Final = re.compile(TOKEN_PATTERN)
_ATOM: Final = re.compile(r"[^-‐‑]+")
_BETWEEN_BLANKS: Final = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it stands in the text: ``source[start:end] == text``, in code points."""

    text: str
    start: int
    end: int

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dict of plain values."""
        return asdict(self)


def tokenize(text: str) -> list[Token]:
    """Return the tokens of a text with their offsets, as `TOKEN_PATTERN` defines them.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    list of Token
        In order, without overlap, in the text's own case.

    Examples
    --------
    >>> [token.text for token in tokenize("China's B&R e-commerce, 5G and U.S. firm Qi-Anxin")]
    ['China', 'B&R', 'e-commerce', '5G', 'and', 'U.S.', 'firm', 'Qi-Anxin']
    """
    return [Token(match.group(), match.start(), match.end()) for match in _TOKEN.finditer(text)]


def words(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield the tokens of a text as tuples: the token as it stands, its start and its end."""
    return ((token.group(), token.start(), token.end()) for token in _TOKEN.finditer(text))


def between_blanks(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield what stands between blanks, as it is, with its start and its end."""
    return ((word.group(), word.start(), word.end()) for word in _BETWEEN_BLANKS.finditer(text))


def atoms(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield the parts of tokens between hyphens, with offsets: "Qi-Anxin" gives "Qi" and "Anxin".

    Parameters
    ----------
    text : str
        Any text.

    Yields
    ------
    tuple of str, int, int
        The part as it stands, its start and its end.

    Examples
    --------
    >>> list(atoms("5G-led"))
    [('5G', 0, 2), ('led', 3, 6)]
    """
    for token in _TOKEN.finditer(text):
        word, start = token.group(), token.start()
        if "-" in word or "‑" in word or "‐" in word:
            for part in _ATOM.finditer(word):
                yield part.group(), start + part.start(), start + part.end()
        else:
            yield word, start, token.end()


_VOWEL: Final = re.compile("[aeiouy]")


@lru_cache(maxsize=1 << 13)
def inflection_key(word: str) -> str:
    """Return one key for a word's inflected forms: plural, -ed and -ing fall together, derived words do not.

    The steps are 1a and 1b of Porter's algorithm ("An algorithm for suffix stripping", 1980), lightly
    changed, and the loss of a final e. "Regulated" and "regulates" agree; "regulator" and "regulation"
    stay apart, as do "government" and "governance", which full stemmers join.

    Parameters
    ----------
    word : str
        A word in any case.

    Returns
    -------
    str
        The key, in lower case; not always a word.

    Examples
    --------
    >>> {inflection_key(word) for word in ["regulate", "Regulates", "regulated", "regulating"]}
    {'regulat'}
    >>> inflection_key("policies") == inflection_key("policy")
    True
    >>> inflection_key("5G"), inflection_key("news")
    ('5g', 'news')
    """
    key = word.lower()
    if len(key) < 4 or not key.isalpha() or key in _UNINFLECTED:
        return key
    key = _without_plural(key)
    if key in _UNINFLECTED or key.endswith(("ceed", "y")):
        return key
    if key.endswith("eed") and _VOWEL.search(key[:-3]):
        return key[:-2]  # agreed, as agree without its e
    base = key.removesuffix("ing") if key.endswith("ing") else key.removesuffix("ed")
    if base != key and len(base) >= 3 and _VOWEL.search(base):
        doubled = len(base) > 3 and base[-1] == base[-2] and base[-1] not in "elsz"
        key = base[:-1] if doubled else base
    if len(key) > 3 and key.endswith("ll"):
        return key[:-1]  # controlled, as control
    return key.removesuffix("e") if len(key) > 3 else key


def _without_plural(word: str) -> str:
    if word.endswith(("ies", "ied")):
        return word[:-3] + "y" if len(word) > 4 else word[:-1]
    if word.endswith(("sses", "xes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us")) else word


_UNINFLECTED: Final = frozenset(
    {"news", "series", "species", "means", "need", "speed", "seed", "indeed", "being", "thing", "during"}
)


@lru_cache(maxsize=1 << 17)
def stem(word: str) -> str:
    """Return the Snowball (Porter 2) stem of a word, by NLTK.

    Parameters
    ----------
    word : str
        A word in any case.

    Returns
    -------
    str
        The stem, in lower case.

    Examples
    --------
    >>> stem("Regulations"), stem("regulator")
    ('regul', 'regul')
    """
    return str(_stemmer().stem(word))


@cache
def _stemmer() -> Any:
    from nltk.stem.snowball import SnowballStemmer

    return SnowballStemmer("english")


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Return where each sentence begins and ends, by NLTK's Punkt (Kiss and Strunk, 2006).

    Parameters
    ----------
    text : str
        Any text; a line break does not end a sentence, so give one paragraph at a time.

    Returns
    -------
    list of tuple of int
        Half-open spans in code points, in order.

    Examples
    --------
    >>> text = "Mr. Li met Sen. Smith of the U.S. on Monday. They agreed on data."
    >>> [text[start:end] for start, end in sentence_spans(text)]
    ['Mr. Li met Sen. Smith of the U.S. on Monday.', 'They agreed on data.']
    """
    return [(start, end) for start, end in _sentence_tokenizer().span_tokenize(text)]


@cache
def _sentence_tokenizer() -> Any:
    from nltk.tokenize.punkt import PunktParameters, PunktSentenceTokenizer

    stored = package_data("punkt.json")
    parameters = PunktParameters()
    parameters.abbrev_types = set(stored["abbreviations"])
    parameters.sent_starters = set(stored["sentence_starters"])
    parameters.ortho_context.update(stored["orthographic_contexts"])
    return PunktSentenceTokenizer(parameters)


def package_data(name: str) -> Any:
    """Return what a JSON file of the package holds."""
    return json.loads((Path(__file__).parent / "data" / name).read_bytes())


STOP_WORDS: Final[frozenset[str]] = frozenset(package_data("stop_words.json"))
