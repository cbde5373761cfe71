"""A server's knowledge of licences: what it has of METADATA already, and who must hear of what is read."""

from collections.abc import Container, Iterator
from pathlib import Path

from onward.adapters.database.engine import Database
from onward.adapters.database.kept import of_project
from onward.adapters.database.own_files import own_files_of
from onward.adapters.objects import Objects
from onward.core.names import Name
from onward.shelves.beside import METADATA
from onward.shelves.files import own_key
from onward.shelves.licences import Licences
from onward.shelves.pages import Pages
from onward.workflows.serving.rulebook import LiveJudge

_LARGEST = 10_000_000  # bytes of METADATA


def know_licences(
    data: Path, database: Database, objects: Objects, judge: LiveJudge, pages: Pages
) -> Licences:
    """Give what is known of licences below ``data``; ``judge`` judges by it, and ``pages`` follow it."""
    licences = Licences(
        data / "licences",
        lists=lambda: judge.policy.licences,
        stored=lambda name, known: _stored(database, objects, name, known),
        changed=pages.drop,
    )
    judge.stated = licences.known
    return licences


def _stored(
    database: Database, objects: Objects, name: Name, known: Container[str]
) -> Iterator[tuple[str, bytes]]:
    """Give METADATA in the store, by the sha256 of its wheel; raises OutsideFailed when that cannot be read."""
    with database.reading() as connection:
        own = own_files_of(connection, name)
    keys = {
        f"{own_key(row.sha256, row.filename)}{METADATA}": row.sha256
        for row in own
        if row.metadata_sha256 and row.deleted is None
    }
    for row in of_project(database, name):
        sha256 = row.key.split("/")[2] if row.key.endswith(METADATA) else ""
        if len(sha256) == _SHA256:
            keys[row.key] = sha256
    for key, sha256 in keys.items():
        if sha256 not in known and (content := objects.read(key, _LARGEST)) is not None:
            yield sha256, content


_SHA256 = 64  # letters; the store has files by other hashes too
