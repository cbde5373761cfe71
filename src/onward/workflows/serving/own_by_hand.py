"""Yank and delete own packages on the server's machine, without asking the server."""

import contextlib
import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from onward.adapters.database.engine import open_database
from onward.adapters.objects import Objects
from onward.core.errors import BadInput
from onward.core.names import Name, parse_name
from onward.domain.shipping.uploads import read_filename
from onward.index.publish import Changed
from onward.workflows.serving.build import DATABASE_FILE
from onward.workflows.serving.own_packages import OwnPackages


class Which(msgspec.Struct, frozen=True, kw_only=True):
    """A release, or one file."""

    name: Name
    version: str = ""
    filename: str = ""


def parse_which(text: str, *, files: bool) -> Which:
    """Read ``NAME==VERSION`` or, with ``files``, a file name; raises BadInput."""
    name, equals, version = text.partition("==")
    if equals and version.strip():
        return Which(name=parse_name(name), version=version.strip())
    if files and not equals:
        named = read_filename(text.strip())
        return Which(name=named.name, filename=named.filename)
    raise BadInput(
        "bad-release",
        f"`{text[:200]}` does not say which release",
        hint="Write NAME==VERSION" + (", or the name of a file." if files else "."),
    )


@contextlib.contextmanager
def own_packages_of(data: Path, clock: Callable[[], dt.datetime]) -> Iterator[OwnPackages]:
    """Give the own packages of a data folder; a server that runs on it notices changes within a second.

    Raises BadInput (``no-data``) when no server was ever started there.
    """
    if not (data / DATABASE_FILE).is_file():
        raise BadInput(
            "no-data",
            f"no server was ever started on `{data}`",
            hint="Name its folder with `--data`.",
        )
    with contextlib.closing(open_database(data / DATABASE_FILE)) as database:
        yield OwnPackages(
            database, Objects(data / "store"), clock=clock, changed=lambda _name: None
        )


def delete(own: OwnPackages, which: Which, *, pretend: bool) -> Changed:
    """Delete a yanked release, or one file of it; see ``OwnPackages.delete``."""
    if which.filename:
        return own.delete(which.name, which.filename, pretend=pretend)
    return own.delete_release(which.name, which.version, pretend=pretend)
