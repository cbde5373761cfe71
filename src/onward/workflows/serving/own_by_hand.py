"""Yank and delete own packages on the server's machine, without asking the server."""

import contextlib
import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from onward.adapters.objects import Objects
from onward.core.errors import BadInput
from onward.core.names import Name, parse_name
from onward.domain.shipping.uploads import read_filename
from onward.index.publish import Changed
from onward.workflows.serving.data_folder import STORE_FOLDER, database_of
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

    Raises as ``database_of`` does.
    """
    with database_of(data) as database:
        objects = Objects(data / STORE_FOLDER)
        yield OwnPackages(database, objects, clock=clock, changed=lambda _name: None)


def delete(own: OwnPackages, which: Which, *, pretend: bool) -> Changed:
    """Delete a yanked release, or one file of it; see ``OwnPackages.delete``."""
    if which.filename:
        return own.delete(which.name, which.filename, pretend=pretend)
    return own.delete_release(which.name, which.version, pretend=pretend)
