"""Check only what was changed since a commit, and say which of the changed lines the tests have run."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from onward.adapters import coverage_data
from onward.adapters.git import Changes, repository
from onward.core.errors import BadInput
from onward.core.finding import Certainty, Finding, Place, Whole
from onward.core.perform import Listen, silent
from onward.core.walk import readable
from onward.domain.boundary.covered import Lines, Measured, changed_lines
from onward.domain.boundary.source import lines_of
from onward.workflows.check import Checked
from onward.workflows.check_project import (
    ABOUT_DEPENDENCIES,
    check_project,
    dependency_sources,
    scope_of,
)
from onward.workflows.checking.boundary import in_tests
from onward.workflows.checking.contents import contents
from onward.workflows.checking.fed import Fed
from onward.workflows.situation import Situation

UNCOVERED = "tests/uncovered"
UNKNOWN = "tests/coverage-unknown"

_MOST_NAMED = 5  # files in one sentence


class Covered(msgspec.Struct, frozen=True, kw_only=True):
    """How many changed lines hold something to run, and how many of them ran; ``data`` is the file that says so."""

    lines: int
    covered: int
    data: str


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """What was checked: everything changed since ``base`` (empty: since the beginning); ``covered`` None without data."""

    base: str
    files: int
    covered: Covered | None = None


def check_changed(
    situation: Situation,
    base: str = "",
    paths: tuple[str, ...] | None = None,
    *,
    fed: tuple[Fed, ...] = (),
    listen: Listen = silent,
) -> tuple[Checked, Changed]:
    """Check the files that differ from ``base``, those that git does not know yet included.

    ``base`` empty: from where the branch left the default one of its remote, else the last
    commit. The lock and the policy are looked at when a file about dependencies was changed.
    ``fed`` as in ``check_project``. Raises BadInput outside of a git repository and for a base that is not there.
    """
    scope = scope_of(situation, paths)
    found = repository(scope.root, situation.env, cwd=situation.cwd)
    if found is None:
        raise BadInput(
            "not-a-repository",
            f"`{scope.root}` is in no git repository, so nobody knows what was changed",
            hint="Leave `--changed` out.",
        )
    changes = found.changes(scope.root, base)
    files = {path: lines for path, lines in changes.files.items() if scope.wants(path)}
    findings, covered = coverage_of(scope.root, msgspec.structs.replace(changes, files=files))
    touched = any(path.endswith(ABOUT_DEPENDENCIES) for path in files)
    about = dependency_sources(situation) if touched else ()
    also = (*about, lambda: findings)
    checked = check_project(situation, tuple(files), also=also, fed=fed, listen=listen)
    return checked, Changed(base=changes.base, files=len(files), covered=covered)


def coverage_of(root: Path, changes: Changes) -> tuple[list[Finding], Covered | None]:
    """Give the runs of changed lines that no test ran, and the count; nothing when there is no coverage data."""
    python = [path for path in changes.files if path.endswith(".py")]
    file = coverage_data.newest(root) if python else None
    if file is None:
        return [], None
    try:
        data = coverage_data.read(file)
    except BadInput as error:
        return [_unknown(f"{error.message}: {'; '.join(error.context)}", file)], None
    findings: list[Finding] = []
    unseen: dict[str, list[str]] = {}
    every = covered = 0
    for path in sorted(python):
        told = readable(path)
        measured = _measured(data, path)
        why = _why_unknown(root / path, file, measured)
        if why and not in_tests(path):
            unseen.setdefault(why, []).append(told)
        if why or measured is None:
            continue
        content = next((one for _, one in contents(root, [path], (".py",))), b"")
        lines = changed_lines(content, changes.lines(path), measured) or Lines()
        every += len(lines.covered) + len(lines.uncovered)
        covered += len(lines.covered)
        findings += _uncovered(told, content, lines, file)
    findings += (_unknown(f"{_named(paths)} {why}", file) for why, paths in unseen.items())
    return findings, Covered(lines=every, covered=covered, data=file.name)


def _measured(data: Mapping[str, Measured], path: str) -> Measured | None:
    """Give what is said of a file, also where the data was made in another folder of the same shape."""
    if path in data:
        return data[path]
    alike = [one for name, one in data.items() if "/" in path and name.endswith(f"/{path}")]
    return alike[0] if len(alike) == 1 else None


def _why_unknown(path: Path, file: Path, measured: Measured | None) -> str:
    if measured is None:
        return f"is not in `{file.name}`"
    try:
        newer = path.stat().st_mtime_ns > file.stat().st_mtime_ns
    except OSError:
        return "is gone"
    return f"was changed after `{file.name}` was made" if newer else ""


def _uncovered(path: str, content: bytes, lines: Lines, file: Path) -> Iterator[Finding]:
    text = lines_of(content)
    for first, last in lines.runs():
        source = text[first - 1] if first <= len(text) else ""
        words = f"lines {first}-{last} were" if last > first else f"line {first} was"
        yield Finding(
            rule=UNCOVERED,
            subject=Place(
                path=path,
                line=first,
                column=len(source) - len(source.lstrip()) + 1,
                end_line=last,
                source_line=source,
            ),
            message=f"{words} changed, and no test runs {'them' if last > first else 'it'}",
            facts={"lines": last - first + 1, "data": file.name},
            hint="Write a test that runs what was changed.",
        )


def _unknown(what: str, file: Path) -> Finding:
    return Finding(
        rule=UNKNOWN,
        subject=Whole(),
        message=f"whether the tests run what was changed is not known: {what}",
        facts={"data": file.name},
        hint="Run the tests with coverage again; with `source` in `[tool.coverage.run]` it counts files that no test imports too.",
        certainty=Certainty.unknown,
    )


def _named(paths: list[str]) -> str:
    more = len(paths) - _MOST_NAMED
    named = ", ".join(f"`{path}`" for path in paths[:_MOST_NAMED])
    return f"{named} and {more} more" if more > 0 else named
