"""The guard over a project as it stands: its lock, what it declares, where it would be taken from."""

from collections.abc import Iterable

from packaging.requirements import InvalidRequirement, Requirement

from onward.adapters.uv.indexes import without_login
from onward.core.artifact import PUBLIC_INDEX, Artifact, Origin
from onward.core.finding import Certainty, Finding, Whole
from onward.core.lock import LockedPackage
from onward.core.project import Declared, IndexLine, Layout, Project, Role
from onward.core.redact import redact
from onward.workflows.advice import feed_findings
from onward.workflows.judge import Judge
from onward.workflows.judge_licences import installed_licence_findings
from onward.workflows.situation import Situation


def project_findings(situation: Situation) -> tuple[Finding, ...]:
    """Judge a project of any layout, asking no index.

    With a lock, everything in it. Without one, what is declared: names, sources, and
    versions where they are pinned; that the rest is open is itself a finding. Build
    requirements and index lines are judged in both cases, since they are ways in.
    """
    project, judge = situation.project, situation.judge(know_lock=False)
    default = situation.uv_settings.default.address
    found = list(feed_findings(situation.advice, situation.now))
    declared = [d for d in project.declared if d.name and d.role is not Role.constraint]
    if project.lock is not None:
        found += _with_ages_told(project, judge.on_lock(project.lock, default))
        found += installed_licence_findings(situation, judge, project.lock)
        declared = [d for d in declared if d.role is Role.build]
    elif any(d.role is not Role.build for d in declared):
        found.append(_unlocked(project, declared))
    for entry in declared:
        found += judge.on_package(_as_package(entry, default), default)
    found += [f for line in project.indexes if (f := _foreign_index(line, judge, default))]
    return tuple(found)


def _with_ages_told(project: Project, found: Iterable[Finding]) -> list[Finding]:
    """Give the findings with one on the lock in place of those on each release it gives no time for.

    No index was asked here, so none of them may be blamed for what the lock leaves out.
    """
    known: list[Finding] = []
    undated: list[Finding] = []
    for finding in found:
        (undated if finding.rule == "guard/no-upload-time" else known).append(finding)
    if not undated:
        return known
    names = sorted({str(finding.subject) for finding in undated})
    shown = ", ".join(names[:3]) + (" ..." if len(names) > 3 else "")
    one = Finding(
        rule="guard/no-upload-time-locked",
        subject=Whole(name=project.name),
        message=f"`{project.lock_file}` does not say when {len(names)} of its releases were uploaded ({shown}),"
        " so their age was not looked at",
        facts={"count": len(names)},
        certainty=Certainty.unknown,
    )
    return [*known, one]


def _as_package(declared: Declared, default: str) -> LockedPackage:
    """Give a declared requirement as the package it would bring; the version only where it is pinned."""
    version = _pinned(declared.requirement)
    if not declared.direct:
        return LockedPackage(name=declared.name, version=version, source=default)
    origin = Origin.git if declared.direct.startswith("git+") else Origin.url
    if "://" not in declared.direct:
        origin = Origin.path
    artifact = Artifact(name=declared.name, version=version, source=declared.direct, origin=origin)
    return LockedPackage(
        name=declared.name,
        version=version,
        origin=origin,
        source=declared.direct,
        artifacts=(artifact,),
    )


def _pinned(requirement: str) -> str:
    try:
        specifiers = list(Requirement(requirement).specifier)
    except InvalidRequirement:
        return ""
    exact = [
        s.version
        for s in specifiers
        if s.operator in ("==", "===") and not s.version.endswith(".*")
    ]
    return exact[0] if exact else ""


_WITH_ONWARD = "`onward lock` writes one."
_LOCKING = {
    Layout.uv: _WITH_ONWARD,
    Layout.pep621: _WITH_ONWARD,
    Layout.poetry: "`poetry lock` writes one.",
    Layout.pdm: "`pdm lock` writes one.",
    Layout.pipenv: "`pipenv lock` writes one.",
    Layout.setup: "With a [project] table in pyproject.toml `onward lock` could write one.",
    Layout.requirements: "`uv pip compile` pins a requirements file with hashes.",
    Layout.pylock: "The tool that wrote pylock.toml writes one.",
}
"""How each layout comes to a lock."""


def _unlocked(project: Project, declared: Iterable[Declared]) -> Finding:
    open_ended = sorted(
        {d.name for d in declared if d.role is not Role.build and not _pinned(d.requirement)}
    )
    shown = ", ".join(open_ended[:5]) + (" ..." if len(open_ended) > 5 else "")
    return Finding(
        rule="guard/unlocked",
        subject=Whole(name=project.name),
        message="there is no lock, so what would be installed is not known"
        + (f" ({len(open_ended)} requirements are open: {shown})" if open_ended else ""),
        hint=f"{_LOCKING[project.layout]} Until then only names and pins are judged.",
        certainty=Certainty.unknown,
    )


def _foreign_index(line: IndexLine, judge: Judge, default: str) -> Finding | None:
    address = without_login(line.url).rstrip("/")
    if address in (
        PUBLIC_INDEX,
        default.rstrip("/"),
        *(i.rstrip("/") for i in judge.setting.indexes),
    ):
        return None
    return Finding(
        rule="guard/foreign-source",
        subject=line.place,
        message=f"the project names another source of packages: {line.kind} `{redact(line.url)}`",
        hint="If that is meant, list it in `[tool.onward.guard] indexes`.",
        facts={"kind": line.kind},
    )
