"""No network, ever: nothing that the library does opens a connection or asks for an address."""

from __future__ import annotations

import ast
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import cyberthemes

PACKAGE = Path(cyberthemes.__file__).parent
CONNECTING = ("ftplib", "http", "requests", "smtplib", "socket", "socketserver", "ssl", "urllib", "urllib3", "xmlrpc")

# Refused before anything else is imported; audit events see what C code does, too.
WITHOUT_SOCKETS = """
import sys
def refuse(event, values):
    if event.startswith(("socket.", "urllib.", "http.", "ftplib.", "smtplib.")):
        raise AssertionError(f"{event} {values}")
sys.addaudithook(refuse)
import cyberthemes
from cyberthemes import Taxonomy, Term, Theme, ThemeTagger, TopicModel, load_tagger, read
tagger = load_tagger()
articles = [tagger.tag(document) for document in read(sys.argv[1])]
texts = [paragraph.text for article in articles for paragraph in article.paragraphs]
themes = (Theme("5g", "5G", terms=(Term("5G"),)), Theme("law", "Law", terms=(Term("data security"),)))
ThemeTagger(Taxonomy("small", "1", themes=themes)).fit(texts)
topics = TopicModel(n_topics=2).fit(texts).topics_
print(sum(len(article.themes) for article in articles) > 5, len(topics))
"""


def test_reading_tagging_learning_and_topics_open_no_socket() -> None:
    command = [sys.executable, "-c", WITHOUT_SOCKETS, str(PACKAGE.parent / "seeds")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.split()) == (0, ["True", "2"]), done.stderr


@pytest.mark.parametrize("module", sorted(PACKAGE.glob("*.py")), ids=lambda path: path.stem)
def test_no_module_imports_what_connects_or_downloads(module: Path) -> None:
    source = module.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(source)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
        home = node.module if isinstance(node, ast.ImportFrom) and node.module else ""
        for name in (f"{home}.{name}".lstrip(".") for name in names):
            assert name.split(".")[0] not in CONNECTING or name.startswith("urllib.parse"), name
            assert not re.fullmatch(r"nltk\.(download\w*|data|corpus\b.*)|sklearn\.datasets.*", name), name
    assert "nltk.download" not in source


def test_the_tests_themselves_reach_this_machine_only() -> None:
    with pytest.raises(AssertionError, match="the network"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)  # an address that is nobody's
    with pytest.raises(AssertionError, match="the network"):
        socket.getaddrinfo("example.org", 80)
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass
