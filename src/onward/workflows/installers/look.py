"""Look at a folder that was built on Windows: what is in it, what it runs on, which program is to be started."""

import datetime as dt
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from onward.core.errors import BadInput
from onward.core.policy import Row
from onward.domain.installers.windows_app import (
    Machine,
    WindowsApp,
    faults_of,
    machine_of,
    program_among,
)
from onward.workflows.no_secrets import held_back, secret_findings

_HEAD = 4_096  # bytes that are enough to know a program
_MOST_FILES = 60_000  # 65,535 is what a cabinet and a table of an MSI hold
_MOST_BYTES = 1_900_000_000  # NSIS packs no more than 2 GB


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What the user says of the program; an empty ``program`` is found by its name."""

    name: str
    version: str
    publisher: str
    program: str = ""
    icon: str = ""


def look_at(folder: Path, wanted: Wanted, rows: Sequence[Row], today: dt.date) -> WindowsApp:
    """Give the program that stands in ``folder``; raises BadInput (``not-installable``) with all that is in the way.

    ``rows`` are the policy's: whoever installs the program has all its files, so that a
    secret among them is in the way too.
    """
    if not folder.is_dir():
        raise BadInput(
            "not-installable",
            f"`{folder}` is no folder",
            hint="Give the folder that was built on Windows, with the program and all it needs.",
        )
    faults: list[str] = []
    files = tuple(sorted(_files(folder, faults)))
    if len(files) > _MOST_FILES:
        faults.append(f"{len(files)} files are more than the {_MOST_FILES} that an installer takes")
    faults += held_back(secret_findings(folder, files, tests_may=True), rows, today)
    size = sum((folder / file).stat().st_size for file in files)
    if size > _MOST_BYTES:
        faults.append(f"{size / 1e9:.1f} GB are more than the 2 GB that an installer takes")
    program, machine = _program(folder, files, wanted, faults)
    if wanted.icon and wanted.icon not in files:
        faults.append(f"the icon {wanted.icon} is not in the folder")
    app = WindowsApp(
        name=wanted.name,
        version=wanted.version,
        publisher=wanted.publisher,
        program=program,
        machine=machine,
        files=files,
        icon=wanted.icon,
    )
    faults += faults_of(app)
    if faults:
        raise BadInput(
            "not-installable",
            f"`{folder}` cannot be made into an installer for Windows",
            context=tuple(faults),
            hint="PyInstaller builds such a folder on Windows only; `onward ship ci` writes the job that does.",
        )
    return app


def _files(folder: Path, faults: list[str]) -> Iterator[str]:
    def failed(error: OSError) -> None:
        faults.append(f"{error.filename}: {error.strerror}")

    for above, folders, names in os.walk(folder, onerror=failed):
        for name in [*folders, *names]:
            path = Path(above, name)
            told = path.relative_to(folder).as_posix()
            if path.is_symlink():
                faults.append(f"{told} is a link; copy what it leads to")
            elif name in names and not path.is_file():
                faults.append(f"{told} is no regular file")
            elif name in names:
                yield told


def _program(
    folder: Path, files: tuple[str, ...], wanted: Wanted, faults: list[str]
) -> tuple[str, Machine]:
    programs = {}
    for file in files:
        if "/" not in file and file.lower().endswith(".exe"):
            with (folder / file).open("rb") as opened:
                machine = machine_of(opened.read(_HEAD))
            if machine is not None:
                programs[file] = machine
    if not programs:
        faults.append("no program for Windows (.exe) stands at its top")
        return "", Machine.x64
    chosen = wanted.program or program_among(programs, wanted.name)
    if chosen not in programs:
        there = ", ".join(programs)
        asked = (
            f"{wanted.program} is none of them" if wanted.program else "say which with --program"
        )
        faults.append(f"of the programs {there}: {asked}")
        return "", Machine.x64
    return chosen, programs[chosen]
