"""Print the oldest versions that pyproject.toml allows of what is needed to run, one a line, as pip takes them."""

import re
import tomllib
from pathlib import Path

project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
extras = project["optional-dependencies"]
tests = [line for line in extras["dev"] if line.startswith(("hypothesis", "pytest"))]
used = [line for name, lines in extras.items() if name != "dev" for line in lines]
for requirement in [*project["dependencies"], *used, *tests]:
    print(re.sub(r">=([\d.]+).*", r"==\1", requirement))
