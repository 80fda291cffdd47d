"""What can go wrong, as types.

::

    CyberthemesError
    ├── InputError     (also a ValueError)  a text, file or argument cannot be used
    ├── TaxonomyError  (also a ValueError)  a taxonomy is not valid; ``.problems`` lists every fault
    └── ModelError     (also a ValueError)  a model folder is missing, damaged or of another kind

Every message says where, what was found, what was expected and what to do.
"""

from __future__ import annotations

from collections.abc import Sequence


class CyberthemesError(Exception):
    """Base class of every error that the library raises on purpose."""


class InputError(CyberthemesError, ValueError):
    """A text, file or argument cannot be used."""


class TaxonomyError(CyberthemesError, ValueError):
    """A taxonomy is not valid.

    Parameters
    ----------
    source : str
        Where the taxonomy came from, usually a file name.
    problems : sequence of str
        Every fault found, each beginning with its line where one is known.

    Examples
    --------
    >>> print(TaxonomyError("themes.yaml", ["line 3: theme without an id"]))
    themes.yaml: 1 problem
      line 3: theme without an id
    """

    def __init__(self, source: str, problems: Sequence[str]) -> None:
        self.source = source
        self.problems = tuple(problems)
        noun = "problem" if len(self.problems) == 1 else "problems"
        super().__init__("\n  ".join([f"{source}: {len(self.problems)} {noun}", *self.problems]))

    def __reduce__(self) -> tuple[type[TaxonomyError], tuple[str, tuple[str, ...]]]:
        """Pickle by the two arguments, so that the error survives a worker process."""
        return TaxonomyError, (self.source, self.problems)


class ModelError(CyberthemesError, ValueError):
    """A model folder is missing, damaged, or not what was asked for."""
