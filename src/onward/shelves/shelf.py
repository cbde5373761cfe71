"""What the shelves of an index hand on to each other."""

import msgspec


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """A project page as bytes, ready to parse or to send.

    ``mark`` changes when and only when the content does (an ETag or a hash), ``url`` is
    where it was read, ``body`` is the page in ``content_type``.
    """

    url: str
    content_type: str
    mark: str
    body: bytes
