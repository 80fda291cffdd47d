"""Any bytes as a web page: an article of sound paragraphs, or an InputError.

Run, in the folder ``tests``: python -m fuzz.run pages --seconds 180
"""

from __future__ import annotations

from fuzz.files import check_file

PAGE = (
    "<!DOCTYPE html><html lang=en><head><meta charset=utf-8><title>Safer networks</title><meta property=og:site_name "
    'content="Daily"></head><body><nav><a href="/">Home</a></nav><article><h1>Safer networks</h1><p>Ministers met in '
    "Oslo on Thursday to agree on safer networks, officials said after the talks.</p><ul><li>New data law<li>5G masts"
    "</ul><table><tr><td>A<td>B</table><blockquote>Data &amp; law<br>for all</blockquote></article></body></html>"
)
SEEDS = (
    PAGE,
    PAGE.replace("utf-8", "windows-1251"),
    PAGE.encode("utf-16"),
    "<html><body>" + "<div>" * 60 + "<p>Ministers met in Oslo to agree on safer networks, officials said.",
    '<?xml version="1.0"?><!DOCTYPE html [<!ENTITY a SYSTEM "file:///etc/passwd">]><html><p>&a; met in Oslo.</html>',
    '<html><script type="application/ld+json">{"@type": "NewsArticle", "datePublished": "2021-13-45"}</script><p>Law.',
)
WORDS = (
    "<p>", "</p>", "<div>", "</div>", "<table>", "<tr>", "<td>", "<li>", "<br>", "<h1>", "<script", "</script>", "<!--",
    "-->", "<pre>", "<a href=", "&amp;", "&#0;", "&#xD800;", "<![CDATA[", "<svg>", "<math>", "<body>", "</html>",
    "<meta charset=", "<time datetime=", "itemprop=", "<title>", "<article>", "<blockquote>", "<template>", "<select>",
    "<iframe", "<img src=", "data:", "http://[", "application/ld+json", '"datePublished":', "2021-05-04", "\x0c",
)  # fmt: skip


def check(data: bytes) -> None:
    check_file(data, ".html")
