"""The package as a whole: what importing costs, what is public, and which module may import which."""

from __future__ import annotations

import ast
import importlib
import inspect
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import cyberthemes

PACKAGE = Path(cyberthemes.__file__).parent
# Data flows down this list: a module imports only from those above it.
FLOW = (
    "errors", "storage", "limits", "extraction", "bytestreams", "records", "fields", "yamlfile", "paragraphs",
    "webpages", "pdffiles", "documents", "cells", "highlighting", "notebook", "results", "batches", "tokens",
    "numbering", "lexicon", "phrases", "terms", "collocations", "language", "vectorizer", "nmf", "taxonomy", "skos",
    "presence",
    "gold", "calibration", "relevance", "scoring", "tagging", "weaksupervision", "lessons", "themes", "adaptation",
    "evaluation", "modelcard", "review", "duplicates", "taxonomychanges", "taxonomydiff",
    "activelearning", "labelstudio", "coherence", "collection",
    "chance", "seeding", "wording", "topiccount", "topicrecords", "topicspace", "topics",
    "suggestionrecords", "termsuggestions", "periods",
    "trends", "themecounts", "views", "comparison", "summary", "report", "terminal", "streams", "tables", "commands",
    "cli", "__main__",
)  # fmt: skip
ON_THEIR_OWN = ("errors", "paragraphs", "tokens")  # import nothing of ours
HEAVY = ("sklearn", "scipy", "nltk", "yaml", "joblib", "pandas", "tqdm", "charset_normalizer")


def run(code: str) -> str:
    """Run Python code in a process of its own and return what it prints."""
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=PACKAGE.parent)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.strip()


TAG = "import sys, cyberthemes; article = cyberthemes.load_tagger().tag('A data security law for 5G passed.'); "


def test_tagging_imports_nothing_slower_than_numpy() -> None:
    loaded = run(TAG + f"print(len(article.themes) > 0, sorted(set({HEAVY}) & set(sys.modules)))")
    assert loaded == "True []"


def test_importing_the_package_imports_none_of_its_modules() -> None:
    ours = "[name for name in sys.modules if name.startswith('cyberthemes.')]"
    assert run(f"import sys, cyberthemes; print({ours}, 'numpy' in sys.modules)") == "[] False"


def test_the_command_line_answers_help_without_numpy() -> None:
    code = "import sys, cyberthemes.cli as cli\ntry: cli.main(['--version'])\nexcept SystemExit: pass\n"
    assert run(code + "print('numpy' in sys.modules)").splitlines()[-1] == "False"


def test_importing_and_tagging_opens_no_socket() -> None:
    block = "import socket\ndef refuse(*_, **__): raise AssertionError('socket')\n"
    block += "socket.socket = socket.create_connection = socket.getaddrinfo = refuse\n"
    assert run(block + TAG + "print(article.themes[0].paragraphs)") == "1"


# What the libraries that we import do to these when they load is theirs, so they load first.
@pytest.mark.parametrize("first", ["numpy", "sklearn.linear_model, scipy.optimize, joblib"])
def test_importing_and_tagging_leaves_global_state_alone(first: str) -> None:
    logs = "logging.root.handlers[:], logging.root.level"
    state = f"(warnings.filters[:], {logs}, dict(os.environ), random.getstate())"
    code = f"import logging, os, random, warnings, {first}\nbefore = {state}\n"
    code += "from cyberthemes import *\n" if "sklearn" in first else TAG
    assert run(f"{code}\nprint({state} == before)") == "True"


@pytest.mark.parametrize("name", cyberthemes.__all__)
def test_every_public_name_resolves(name: str) -> None:
    value = getattr(cyberthemes, name)
    assert value.__name__ == name
    assert getattr(sys.modules[value.__module__], name) is value


def test_all_is_what_can_be_imported() -> None:
    namespace: dict[str, object] = {}
    exec("from cyberthemes import *", namespace)  # noqa: S102 (a star import is what is tested)
    assert set(namespace) - {"__builtins__"} == set(cyberthemes.__all__)
    assert list(cyberthemes.__all__) == sorted(set(cyberthemes.__all__))
    assert set(cyberthemes.__all__) | {"__version__"} <= set(dir(cyberthemes))
    assert {name for name in cyberthemes.__all__ if name not in (cyberthemes.__doc__ or "")} == set()


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = cyberthemes.no_such_name
    assert not hasattr(cyberthemes, "np")


def imported(module: str) -> set[str]:
    """Return the modules of the package that a module's source imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse((PACKAGE / f"{module}.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            found |= {name.split(".")[1] for name in names if name.startswith("cyberthemes.")}
        elif isinstance(node, ast.Import):
            found |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("cyberthemes.")}
    return found


def test_the_flow_lists_every_module() -> None:
    assert {file.stem for file in PACKAGE.glob("*.py")} == {*FLOW, "__init__"}


@pytest.mark.parametrize("module", FLOW)
def test_a_module_imports_only_from_above(module: str) -> None:
    assert imported(module) <= set(FLOW[: FLOW.index(module)])
    assert module not in ON_THEIR_OWN or imported(module) == set()


def public_objects(module: ModuleType) -> dict[str, object]:
    """Return a module's public functions and classes, and their public methods and properties, by name."""
    found: dict[str, object] = {}
    for name, value in vars(module).items():
        if name.startswith("_") or getattr(value, "__module__", "") != module.__name__:
            continue
        if inspect.isfunction(value) or inspect.isclass(value):
            found[name] = value
        if inspect.isclass(value):
            members = {key: inspect.getattr_static(value, key) for key in vars(value) if not key.startswith("_")}
            found |= {
                f"{name}.{key}": getattr(member, "__func__", member)
                for key, member in members.items()
                if isinstance(member, classmethod | staticmethod | property) or inspect.isfunction(member)
            }
    return found


@pytest.mark.parametrize("module", [module for module in FLOW if module != "__main__"])
def test_everything_public_says_what_it_is(module: str) -> None:
    loaded = importlib.import_module(f"cyberthemes.{module}")
    assert loaded.__doc__
    for name, value in public_objects(loaded).items():
        written = inspect.getdoc(value) or ""
        assert written, name
        assert not written.startswith(f"{name}("), f"{name}: only what dataclass wrote"
