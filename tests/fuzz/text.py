"""Any text, tagged: spans, sums, reasons and JSON hold, and the answer alone is that in a batch.

Run, in the folder ``tests``: python -m fuzz.run text --seconds 180
"""

from __future__ import annotations

import json
import math
from collections import Counter

from cyberthemes import Document, InputError, TaggedArticle, load_tagger
from fuzz.watch import nothing_is_run

TAGGER = load_tagger()
OTHERS = ("The new data security law restricts cross-border data flows.", "Stille Straßen im Mai.", "")
SEEDS = (
    "Safer networks\n\nBy Anna Lind\n\nMinisters met in Oslo on the Belt and Road, AI and 5G.\n\n— a message, 2021",
    "The U.S. CAC's e-government rules don’t let semi-conductors cross\u2028borders; “data” laws do.",
    "数据安全法 restricts the data \U0001f600 e\u0301 \u200fשלום\u200e \x00 \ud800 i\u0307 ﬁ ß İ of 5G-based networks.",
    "The footballer’s talent for attacks won the cup. " * 3,
)
WORDS = (
    "5G", "AI", "BRI", "Belt and Road Initiative", "data security", "cross-border", "law", "the", "of", "\n\n",
    "\u2028", "\u00ad", "\u200b", "\u0307", "\ud800", "’s", "— ", "Photo/", "By ", "2021-05-04", "U.S.", "networks",
)  # fmt: skip


def decode(data: bytes) -> str:
    """Return the text of any bytes, with lone surrogates where they are no UTF-8."""
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("utf-8", "surrogateescape")


def check(data: bytes) -> None:
    text = decode(data)
    with nothing_is_run():
        article = TAGGER.tag(Document(text))
        *_, in_batch = TAGGER.tag_batch([*OTHERS, text])
        check_article(article, text)
        assert article == in_batch == TAGGER.tag(text)
        plain = article.to_dict()
        assert json.loads(json.dumps(plain, allow_nan=False, ensure_ascii=False)) == plain
        try:
            assert Document.from_text(text).text == text
        except InputError:
            assert not text.strip()


def check_article(article: TaggedArticle, text: str) -> None:
    """Raise if a place, a sum or a reason is wrong."""
    spans = []
    for paragraph in article.paragraphs:
        assert paragraph.text == text[paragraph.start : paragraph.end]
        assert (paragraph.reason is None) == bool(paragraph.tags)
        spans += [paragraph.text, paragraph.attribution or ""]
        for tag in paragraph.tags:
            contributions = [piece.contribution for piece in tag.evidence]
            assert math.isclose(tag.bias + math.fsum(contributions), tag.score, rel_tol=0, abs_tol=1e-9)
            assert math.isclose(tag.probability, 1 / (1 + math.exp(-tag.score)), rel_tol=0, abs_tol=1e-9)
            assert tag.threshold <= tag.probability <= 1
            for piece in tag.evidence:
                assert paragraph.start <= piece.start < piece.end <= paragraph.end
                assert text[piece.start : piece.end] == piece.text
    assert (article.reason is None) == bool(article.themes)
    # Every visible character is in one paragraph or its attribution.
    assert Counter("".join("".join(spans).split())) == Counter("".join(text.split()))
