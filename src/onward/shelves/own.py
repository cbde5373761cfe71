"""The packages that were uploaded to this server: their pages from the database, their files in the store.

Their addresses lead nowhere: what is lost here is asked for nowhere else.
"""

import datetime as dt
from collections.abc import Mapping, Sequence

from onward.adapters import simple_api
from onward.adapters.database.engine import Database
from onward.adapters.database.own_files import (
    OwnFile,
    own_files_of,
    own_projects,
    own_revision,
)
from onward.adapters.simple_api import JSON, File, Meta, Page
from onward.core.artifact import Artifact, Status
from onward.core.finding import Finding
from onward.core.names import Name
from onward.domain.guard.licences import LICENCE_RULES
from onward.domain.guard.releases import Judged
from onward.domain.guard.setting import Index
from onward.shelves.deferring import DeferringJudge
from onward.shelves.files import NOWHERE, own_key
from onward.shelves.shelf import Sheet

ADDRESS = "the packages of this server"
"""What stands for an index address in findings and on pages."""

_COUNTS = ("guard/malicious", "guard/vulnerable", *LICENCE_RULES)


class Own:
    """The own packages as a ``shelf.Source``. A name that was ever uploaded stays theirs, also with all files deleted."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.recalled: set[Name] = set()

    def names(self) -> Sequence[Name]:
        """Give the projects that have files."""
        with self._database.reading() as connection:
            return own_projects(connection)

    def mark(self, name: Name) -> str | None:
        """Give the mark of the page; None for a name that was never uploaded."""
        with self._database.reading() as connection:
            revision = own_revision(connection, name)
        return None if revision is None else _mark(revision)

    def asked(self, name: Name) -> None:
        """Say that no index needs to be asked: the page is never too old."""

    def page(self, name: Name) -> Sheet | None:
        """Give the page (PEP 691), with every file that is not deleted."""
        with self._database.reading() as connection:
            revision = own_revision(connection, name)
            if revision is None:
                return None
            rows = own_files_of(connection, name)
        files = tuple(_listed(row) for row in rows if row.deleted is None)
        page = Page(meta=Meta(api_version="1.1"), name=name, files=files)
        return Sheet(
            url=f"{NOWHERE}simple/{name}/",
            content_type=JSON,
            mark=_mark(revision),
            body=simple_api.write_page(page),
        )

    def kept(self, name: Name) -> Sheet | None:
        """Give the page: nobody else is asked for it anyway."""
        return self.page(name)

    def forget(self, name: Name) -> None:
        """Do nothing: the database is believed."""


class OwnJudge(DeferringJudge):
    """Judges own packages: known malware and known weaknesses count, whatever the policy makes of them.

    An own upload is to be had at once, so age, likeness and the like say nothing here; whether
    a name is one of ours was settled when it was uploaded. Licences count as they do on any
    index of one's own: for names that are not claimed.
    """

    def on_name(self, name: Name, index: Index) -> tuple[Finding, ...]:
        """Find nothing."""
        del name, index
        return ()

    def on_releases(
        self, name: Name, releases: Mapping[str, Sequence[Artifact]], index: Index, status: Status
    ) -> Judged:
        """Judge all releases of a project."""
        judged = super().on_releases(name, releases, index, status)
        found = {
            version: tuple(f for f in findings if f.rule in _COUNTS)
            for version, findings in judged.releases.items()
        }
        return Judged(releases={version: left for version, left in found.items() if left})


def _mark(revision: int) -> str:
    return f"own {revision}"


def _listed(row: OwnFile) -> File:
    key = own_key(row.sha256, row.filename)
    return File(
        filename=row.filename,
        url=f"{NOWHERE}{key}",
        hashes={"sha256": row.sha256},
        requires_python=row.requires_python,
        size=row.size,
        upload_time=row.uploaded.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        yanked=False if row.yanked is None else (row.yanked or True),
        core_metadata={"sha256": row.metadata_sha256} if row.metadata_sha256 else None,
        provenance=f"{NOWHERE}{provenance_key(row.provenance)}" if row.provenance else None,
    )


def provenance_key(sha256: str) -> str:
    """Give the key under which attestations of that hash are kept."""
    return f"own/{sha256[:2]}/{sha256}/provenance"
