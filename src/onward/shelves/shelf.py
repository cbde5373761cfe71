"""What every shelf of an index can do, and what it hands out."""

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


class Shelf(Protocol):
    """A place that holds project pages."""

    address: str
    """The address of the index in the form a lock file names it."""

    def page(self, name: Name) -> Sheet | None:
        """Give the page of a project, or None when this index does not know the name.

        Raises OutsideFailed when the shelf could not look: never None for that.
        """
