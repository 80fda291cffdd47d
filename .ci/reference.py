"""Build the API reference from the docstrings, as one page a browser can open: python .ci/reference.py FOLDER."""

import sys
import warnings
from pathlib import Path

import pdoc

import cyberthemes


def main() -> None:
    """Write the pages; the first warning ends it."""
    warnings.simplefilter("error")  # such as a link that leads nowhere
    for name in cyberthemes.__all__:
        setattr(cyberthemes, name, getattr(cyberthemes, name))  # which are else loaded when they are asked for
    pdoc.render.configure(docformat="numpy")
    pdoc.pdoc("cyberthemes", output_directory=Path(sys.argv[1]))


if __name__ == "__main__":
    main()
