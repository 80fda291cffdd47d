"""Articles for the tests of reports: some to read, and some that attack the page."""

from __future__ import annotations

from cyberthemes import Document, TaggedArticle, Tagger

RULES = (
    "The United Nations called for global internet governance and multilateral rules for cyberspace.",
    "Delegates at the Internet Governance Forum argued about multistakeholder norms for the digital world.",
    "A global governance system for the internet should rest on sovereign equality, the envoy told the UN group.",
)
LAW = "A new data security law restricts cross-border data flows, officials said."
RANSOM = "Ransomware hit the networks of two hospitals, and cyber police were called."
BREAD = "The bakery on the corner sells warm bread to the children of the street."
RAIN = "Rain fell on the quiet hills all day long, and the sheep stayed under the old oak."
CHIPS = "The phone maker runs its base stations on 5G networks with chips of its own."

ARTICLES = (
    ("a", "Rules for the net", "2021-03-02", "Daily Planet", (RULES[0], LAW, BREAD)),
    ("b", "Rain and rules", "2020-05-01", "Daily Planet", (RAIN, RULES[1])),
    (
        "c",
        "Hospitals attacked",
        "2022-07-09",
        "The Beagle",
        (RANSOM, "The lake froze early and ducks left."),
    ),
    (
        "d",
        "Tea",
        "2022-08-01",
        "The Beagle",
        ("Tea is served with milk at four.", "Cats slept on the warm wall.", "Source: Xinhua"),
    ),
    ("e", "A late word on rules", "2022-09-01", "The Beagle", (RULES[2], "A violin played in the empty church.")),
    ("f", None, None, None, (CHIPS,)),
)

ALERT = "window.attacked = true"
HOSTILE = (
    f"<script>{ALERT}</script>",
    f"</script></style></title></textarea><img src=x onerror='{ALERT}'><svg onload={ALERT}>",
    f"\"' onmouseover=\"{ALERT}\" autofocus onfocus='{ALERT}' data security law {{{{ 7 * 7 }}}} {{% raw %}}",
    "&lt;b&gt; &amp;amp; <!-- --> ]]> <!doctype html> \\u003cscript\\u003e `${1}`",
    "\u202eover\u202d \u2066ride\u2067 \u200f\u202b data security law \u0645\u0631\u062d \u05e9\u05dc\u05d5",
    "nul \x00 bell \x07 escape \x1b[31m c1 \x9b delete \x7f half \ud83d feed \x0c noncharacter \uffff",
    "w" * 10_000 + " data security law " + "\u0645" * 3_000 + "-" * 3_000,
    "a\u0301\u0302\u0303" * 500 + " Z\u200d\u200b\ufeff ransomware \U0001f469\u200d\U0001f4bb",
)


def tagged(tagger: Tagger) -> list[TaggedArticle]:
    """Return the articles to read, tagged."""
    documents = [
        Document("\n\n".join(paragraphs), name, title, date, source)
        for name, title, date, source, paragraphs in ARTICLES
    ]
    return list(tagger.tag_batch(documents))


def attacking(tagger: Tagger) -> list[TaggedArticle]:
    """Return articles with hostile texts, titles, sources and dates, tagged."""
    documents = [
        Document(f"{text}\n\n{LAW} {text}\n\n{RANSOM}", f"{day} {text[:300]}", text, f"2022-01-0{day}", text)
        for day, text in enumerate(HOSTILE, start=1)
    ]
    documents.append(Document(LAW, "odd date", "Odd date", '2020-99-99"><script>x</script>', "s"))
    return list(tagger.tag_batch(documents))
