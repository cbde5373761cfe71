"""One sentence of a user: does anything go around the guard?"""

import contextlib
import datetime as dt
from collections.abc import Iterable
from pathlib import Path

import msgspec

from onward.adapters import pdm_settings, poetry_settings
from onward.adapters.uv import guard_form as uv_form
from onward.core.disk import read_text
from onward.core.errors import OnwardError
from onward.core.finding import Place as Spot
from onward.core.policy import Decision, Level, Row
from onward.domain.guard import escapes
from onward.domain.guard.build_lines import container_escapes, line_escapes
from onward.domain.guard.ways import Guarded
from onward.domain.policy.decide import decide
from onward.workflows.guard_clients import Place
from onward.workflows.guard_locks import LARGEST_LOCK, lock_findings, unread_lock
from onward.workflows.guard_sources import Read, settings_read

_LARGEST = 5_000_000  # bytes of a build or CI file
_LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "pylock.toml", "pylock.*.toml")
_BUILD_FILES = (
    "*Dockerfile*", "*Containerfile*", "*/*Dockerfile*", "*/*/Dockerfile*", ".devcontainer/*", "*compose*.y*ml",
    ".github/workflows/*.y*ml", ".github/actions/*/action.y*ml", ".gitlab-ci.yml", ".gitlab/**/*.yml",
    ".circleci/config.yml", ".ci/*", "azure-pipelines*.yml", "bitbucket-pipelines.yml", ".travis.yml", "appveyor.yml",
    ".woodpecker.yml", ".drone.yml", "Jenkinsfile*", "tox.ini", "noxfile.py", "Makefile", "justfile", ".env", ".envrc",
    "*.sh", "scripts/*.sh",
)  # fmt: skip
_PASSED_OVER = {".venv", "venv", "node_modules", ".git", ".cache", ".tox", ".nox"}


class Doctored(msgspec.Struct, frozen=True, kw_only=True):
    """The answer: the guard's address and how it was known, what was looked at, and what leads elsewhere."""

    address: str
    known_by: str
    settings: tuple[str, ...]
    locks: tuple[str, ...]
    lines: tuple[str, ...]
    variables: tuple[str, ...]
    decision: Decision

    @property
    def clean(self) -> bool:
        """Whether everything goes through the guard, as far as anyone can see in files and variables."""
        return all(verdict.level is Level.off for verdict in self.decision.because)


def doctor(
    guard: Guarded, known_by: str, here: Place, rows: Iterable[Row], today: dt.date
) -> Doctored:
    """Look for every way around ``guard``; asks nobody and changes nothing."""
    settings = settings_read(guard, here)
    locks = _locks(guard, here)
    lines = _lines(guard, here)
    variables = escapes.variable_escapes(here.env, guard)
    found = (*locks.findings, *settings.findings, *lines.findings, *variables)
    return Doctored(
        address=guard.url,
        known_by=known_by,
        settings=settings.files,
        locks=locks.files,
        lines=lines.files,
        variables=tuple(name for name in escapes.VARIABLES if here.env.get(name)),
        decision=decide(found, tuple(rows), today),
    )


def sentence(answer: Doctored) -> str:
    """Say in one sentence what was looked at, and whether everything goes through the guard."""
    looked = (
        f"Looked at {_many(len(answer.settings), 'settings file')}, {_many(len(answer.locks), 'lock')},"
        f" {_many(len(answer.lines), 'build or CI file')} and the variables of uv, pip, poetry, pdm and pipenv: "
    )
    told = [v.finding for v in answer.decision.because if v.level is not Level.off]
    unread = sum(finding.rule == escapes.UNREAD for finding in told)
    ways = len(told) - unread
    if not told:
        return f"{looked}everything goes through {answer.address}."
    words = []
    if ways:
        words.append(
            f"{_many(ways, 'way')} {'goes' if ways == 1 else 'go'} around {answer.address}"
        )
    if unread:
        words.append(
            f"{_many(unread, 'place')} could not be read, so it is not certain that everything goes through it"
        )
    return f"{looked}{', and '.join(words)}."


def _locks(guard: Guarded, here: Place) -> Read:
    read = Read()
    if here.root is None:
        return read
    for path in sorted({p for glob in _LOCKS for p in here.root.glob(glob) if p.is_file()}):
        name = path.name
        try:
            found = lock_findings(read_text(path, LARGEST_LOCK), name, guard)
        except (OnwardError, OSError) as error:
            found = (unread_lock(name, error),)
        read += Read(files=(name,), findings=found)
    return read


def _lines(guard: Guarded, here: Place) -> Read:
    read = Read()
    if here.root is None:
        return read
    root = here.root
    settled = _settled(guard, root)
    paths = {p for glob in _BUILD_FILES for p in root.glob(glob)}
    for path in sorted(paths):
        inside = path.relative_to(root)
        if _PASSED_OVER.intersection(inside.parts) or not path.is_file():
            continue
        name = inside.as_posix()
        try:
            text = read_text(path, _LARGEST)
            found = tuple(line_escapes(text, name, guard))
            if "Dockerfile" in path.name or "Containerfile" in path.name:
                found += tuple(container_escapes(text, name, guard, settled=settled))
        except (OnwardError, OSError) as error:
            found = (escapes.unread(Spot(path=name), f"`{name}` cannot be read ({error})"),)
        read += Read(files=(name,), findings=found)
    return read


def _settled(guard: Guarded, root: Path) -> frozenset[str]:
    """Give the installers whose settings in the project lead to the guard."""
    spots = (
        uv_form.project_spot(root),
        poetry_settings.spot(root),
        pdm_settings.project_spot(root),
    )
    found = set()
    for spot in spots:
        with contextlib.suppress(OnwardError, OSError):  # told of where it is looked through
            if guard.covers(spot.form.address(read_text(spot.path, _LARGEST))):
                found.add(spot.client)
    return frozenset(found)


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
