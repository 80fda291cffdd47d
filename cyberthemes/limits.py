"""How large inputs may be, in one place: what is larger is refused before it fills the memory."""

from __future__ import annotations

from dataclasses import dataclass, fields
from numbers import Real
from typing import Final

from cyberthemes.errors import InputError

__all__ = ["DEFAULT_LIMITS", "Limits"]

_MEGABYTE: Final = 1_000_000


@dataclass(frozen=True)
class Limits:
    """How large inputs may be. They bound what is in memory at once, so files of many records may be of any size.

    Parameters
    ----------
    megabytes : float, default 200
        The most, in millions of bytes, that one text, web page or PDF may have, as stored and once unpacked (gzip,
        and the pages of a PDF with their text), and the most, in millions of characters, of one record of JSON lines
        or CSV.
    webpage_megabytes : float, default 10
        The most of one web page: to find the article in it takes a hundred times longer than to read a text.
    pdf_pages : int, default 5000
        The most pages of a PDF.

    Raises
    ------
    InputError
        If one is not above 0.

    Examples
    --------
    >>> from cyberthemes import read
    >>> limits = Limits(megabytes=1000)
    >>> [document.text for document in read("5G networks", limits=limits)]
    ['5G networks']
    """

    megabytes: float = 200
    webpage_megabytes: float = 10
    pdf_pages: int = 5_000

    def __post_init__(self) -> None:
        for item in fields(self):
            limit = getattr(self, item.name)
            if not isinstance(limit, Real) or not float(limit) > 0:
                raise InputError(f"Limits({item.name}={limit!r:.60}): expected a number above 0")

    @property
    def size(self) -> int:
        """The most bytes of a file, or characters of a record."""
        return _in_bytes(self.megabytes)

    @property
    def webpage_size(self) -> int:
        """The most bytes of a web page."""
        return min(self.size, _in_bytes(self.webpage_megabytes))

    def too_large(self, where: str, found: str = "larger") -> InputError:
        """Return the error for what is beyond ``megabytes``."""
        return InputError(
            f"{where}: {found} than {self.megabytes:g} MB, the limit for one text or record; to raise it, give "
            "--max-megabytes, in Python Limits(megabytes=...)"
        )

    def webpage_too_large(self, where: str) -> InputError:
        """Return the error for what is beyond ``webpage_megabytes``."""
        return InputError(
            f"{where}: larger than {self.webpage_size / _MEGABYTE:g} MB, the limit for a web page; to raise it, give "
            "--max-megabytes, in Python Limits(webpage_megabytes=...)"
        )

    def too_many_pages(self, where: str, n_pages: int) -> InputError:
        """Return the error for a PDF of more than ``pdf_pages``."""
        return InputError(
            f"{where}: {n_pages} pages, more than {self.pdf_pages}, the limit for a PDF; to raise it, give "
            "--max-pages, in Python Limits(pdf_pages=...)"
        )


def _in_bytes(megabytes: float) -> int:
    """Return a number that fits what C takes, also for infinity."""
    return int(min(megabytes * _MEGABYTE, 2**62))


DEFAULT_LIMITS: Final = Limits()
