"""One file of one release, as an index or a lock tells of it."""

import datetime as dt
from enum import StrEnum

import msgspec

from onward.core.names import Name

PUBLIC_INDEX = "https://pypi.org/simple"
"""The public index, which every installer uses when nothing else is set: the one place that names it."""


class Status(StrEnum):
    """The status an index gives a whole project (PEP 792)."""

    active = "active"
    archived = "archived"
    quarantined = "quarantined"
    deprecated = "deprecated"


class Origin(StrEnum):
    """Where an artifact comes from, as far as trust is concerned."""

    registry = "registry"
    url = "url"
    git = "git"
    path = "path"


# gc=False: a page has thousands of them, and none can be part of a cycle
class Artifact(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A file that could be installed.

    ``source`` is the index address (or the URL, git address or path it comes from), ``url``
    where a lock or a page says the file itself is fetched (empty: not told), ``size`` is in
    bytes, ``uploaded`` is an aware time or None when the source does not tell, ``yanked`` is
    None or the reason (PEP 592; may be empty), ``attested`` says whether the index tells of
    attestations (PEP 740); a lock tells of none.
    """

    name: Name
    version: str
    source: str
    origin: Origin = Origin.registry
    filename: str = ""
    url: str = ""
    sha256: str | None = None
    size: int | None = None
    uploaded: dt.datetime | None = None
    yanked: str | None = None
    requires_python: str | None = None
    attested: bool = False

    @property
    def is_wheel(self) -> bool:
        """Whether this is a wheel; anything else must be built, which runs its code."""
        return self.filename.endswith(".whl")

    def __str__(self) -> str:
        return f"{self.name}=={self.version}"
