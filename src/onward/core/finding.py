"""What a rule saw. A finding has no severity: the policy gives it its level."""

import hashlib
from enum import StrEnum
from typing import Any

import msgspec

from onward.core.plan import Plan


class Certainty(StrEnum):
    """``unknown`` means that onward could not look: that is never the same as clean."""

    known = "known"
    unknown = "unknown"


class Place(msgspec.Struct, frozen=True, kw_only=True, tag="place"):
    """A spot in a file: path relative to the project root with ``/``; line and column from 1, 0 if none."""

    path: str
    line: int = 0
    column: int = 0
    end_line: int = 0
    end_column: int = 0
    source_line: str = ""

    def __str__(self) -> str:
        if not self.line:
            return self.path
        return (
            f"{self.path}:{self.line}:{self.column}" if self.column else f"{self.path}:{self.line}"
        )


class Release(msgspec.Struct, frozen=True, kw_only=True, tag="release"):
    """A project, or one version of it (version empty: the whole project)."""

    name: str
    version: str = ""
    source: str = ""

    def __str__(self) -> str:
        return f"{self.name}=={self.version}" if self.version else self.name


class Whole(msgspec.Struct, frozen=True, kw_only=True, tag="project"):
    """The project being worked on, as a whole."""

    name: str = ""

    def __str__(self) -> str:
        return self.name or "this project"


Subject = Place | Release | Whole


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One hit of one rule on one subject.

    ``facts`` is a small flat map of evidence (ids, dates as ISO text, numbers); never the
    value of a secret. ``fix`` is a plan that would mend it. ``seen_by`` is tool and version.
    """

    rule: str
    subject: Subject
    message: str
    facts: dict[str, Any] = {}
    hint: str = ""
    fix: Plan | None = None
    certainty: Certainty = Certainty.known
    seen_by: str = "onward"

    @property
    def fingerprint(self) -> str:
        """A short stable mark of this finding; it does not contain the line number."""
        place = self.subject
        anchor = (
            f"{place.path}\0{place.source_line.strip()}" if isinstance(place, Place) else str(place)
        )
        return hashlib.sha256(f"{self.rule}\0{anchor}\0{self.message}".encode()).hexdigest()[:20]
