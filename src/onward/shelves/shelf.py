"""What the shelves of an index hand on to each other."""

from collections.abc import Iterable
from typing import Protocol

import msgspec

from onward.core.names import Name


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """A project page as bytes, ready to parse or to send.

    ``mark`` changes when and only when the content does (an ETag or a hash), ``url`` is
    where it was read, ``body`` is the page in ``content_type``.
    """

    url: str
    content_type: str
    mark: str
    body: bytes


class Source(Protocol):
    """Whoever has the pages of one index: ``Cached`` those of an upstream, ``Own`` the packages uploaded here.

    Methods that must look raise OutsideFailed when they cannot.
    """

    @property
    def recalled(self) -> set[Name]:
        """The names that were answered as unknown from memory."""

    def names(self) -> Iterable[Name]:
        """Give the names that the index has, as far as that is known without asking anyone."""

    def mark(self, name: Name) -> str | None:
        """Give the mark of the current page; None for an unknown name."""

    def asked(self, name: Name) -> float | None:
        """Give when the index last answered for a name, in seconds since 1970; None when it never did, or need not."""

    def page(self, name: Name) -> Sheet | None:
        """Give the current page; None for an unknown name."""

    def kept(self, name: Name) -> Sheet | None:
        """Give the page that is here, however old, or None; asks nobody."""

    def forget(self, name: Name) -> None:
        """Do not believe what is kept of a name."""
