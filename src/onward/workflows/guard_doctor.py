"""One sentence of a user: does anything go around the guard?"""

import contextlib
import datetime as dt
import json
import tomllib
from collections.abc import Iterable
from pathlib import Path

import msgspec

from onward.adapters import pdm_settings, pip_settings, poetry_settings
from onward.adapters.uv import guard_form as uv_form
from onward.adapters.uv.settings import user_file
from onward.core.disk import read_text
from onward.core.errors import OnwardError
from onward.core.finding import Finding
from onward.core.finding import Place as Spot
from onward.core.policy import Decision, Level, Row
from onward.domain.guard import escapes
from onward.domain.guard.build_lines import container_escapes, line_escapes
from onward.domain.guard.ways import DEFAULT_GUARD, Guarded, parse_guarded
from onward.domain.guard.ways import Spot as ClientSpot
from onward.domain.policy.decide import decide
from onward.workflows.guard_clients import Place
from onward.workflows.guard_sources import Read, settings_read, shown

_LARGEST_LOCK, _LARGEST = 100_000_000, 5_000_000  # bytes
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


class Configured(msgspec.Struct, frozen=True, kw_only=True):
    """The guard's address, how it is known, and whether only a project says so."""

    guard: Guarded
    known_by: str
    by_project: bool = False


def configured(given: str | None, here: Place) -> Configured:
    """Give the guard's address and how it is known: as given, by the project's settings, the user's, or the usual one.

    Raises BadInput for one that cannot be used.
    """
    if given is not None:
        return Configured(guard=parse_guarded(given), known_by="as you gave it")
    env, platform = here.env, here.platform
    spots: list[ClientSpot] = []
    if (root := here.root) is not None:
        spots += [
            uv_form.project_spot(root),
            poetry_settings.spot(root),
            pdm_settings.project_spot(root),
        ]
    if here.environment is not None:
        spots.append(
            pip_settings.spot(pip_settings.environment_file(here.environment, platform=platform))
        )
    of_project = len(spots)
    for path, make in (
        (user_file(env, platform=platform), uv_form.user_spot),
        (pip_settings.user_file(env, platform=platform), pip_settings.spot),
        (pdm_settings.user_file(env, platform=platform), pdm_settings.user_spot),
    ):
        spots += [make(path)] if path is not None else []
    for number, spot in enumerate(spots):
        try:
            if spot.path.is_file() and (url := spot.form.address(read_text(spot.path, _LARGEST))):
                return Configured(
                    guard=parse_guarded(url),
                    known_by=f"by {shown(spot.path, here.root)}",
                    by_project=number < of_project,
                )
        except OnwardError:
            continue  # a file that cannot be read is told of when it is looked through
    return Configured(
        guard=parse_guarded(DEFAULT_GUARD), known_by="as `onward guard serve` has it by itself"
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
        found: tuple[Finding, ...]
        try:
            text = read_text(path, _LARGEST_LOCK)
            values = json.loads(text) if name == "Pipfile.lock" else tomllib.loads(text)
            found = escapes.lock_escapes(values, text, name, guard)
        except (OnwardError, OSError, ValueError, RecursionError) as error:
            why = f"`{name}` cannot be read ({str(error).splitlines()[0]})"
            found = (escapes.unread(Spot(path=name), why, _again(name)),)
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


def _again(lock: str) -> str:
    command = escapes.RELOCK.get(lock)
    return f"`{command}` makes it anew." if command else ""


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
