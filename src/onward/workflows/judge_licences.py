"""The licences of a lock, judged by what is installed here or was told before: nobody is asked."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from onward.adapters.installed import Distribution, read_environment
from onward.core.finding import Certainty, Finding, Release, Whole
from onward.core.lock import Lock, LockedPackage
from onward.core.project import Layout
from onward.domain.guard.advisories import canonical
from onward.domain.guard.licences import LICENCE_UNKNOWN, judge_licence, lists_for
from onward.workflows.judge import Judge
from onward.workflows.situation import Situation, this_platform
from onward.workflows.stated_licences import remembered_licence

_SHOWN = 3  # names of packages in one sentence


def installed_licence_findings(
    situation: Situation, judge: Judge, lock: Lock
) -> tuple[Finding, ...]:
    """Judge what each package of ``lock`` states, where the policy has a list.

    It is read from the project's environment when the locked version is installed there, else
    from what was told when the package entered. Those of which neither tells anything are
    summed up, in one finding for those that this machine would install and one for the rest.
    """
    setting = judge.setting
    packages = [
        p
        for p in lock.packages
        if p.version and not p.is_workspace_member and lists_for(p.name, setting)
    ]
    if not packages:
        return ()
    found: list[Finding] = []
    missing: list[LockedPackage] = []
    here = _installed(situation.project.environment)
    for package in packages:
        stated = here.get((package.name, canonical(package.version)))
        if stated is None:
            stated = remembered_licence(situation.cache, package)
        if stated is None:
            missing.append(package)
        elif finding := judge_licence(_subject(package), stated, setting.licences):
            found.append(finding)
    return (*found, *_not_known(situation, judge, lock, missing))


def _installed(environment: Path) -> dict[tuple[str, str], str]:
    """Give the licence of each installed release by name and version."""
    read = read_environment(environment, with_files=False)
    every: Iterable[Distribution] = read.distributions if read is not None else ()
    return {(one.name, canonical(one.version)): one.licence for one in every}


def _not_known(
    situation: Situation, judge: Judge, lock: Lock, missing: Sequence[LockedPackage]
) -> list[Finding]:
    """Sum up what is not known; a release of which the policy says something of its own stands alone."""
    whole = Whole(name=situation.project.name)
    level = judge.verdict(_unknown(whole, "", "")).level
    found: list[Finding] = []
    needed: list[str] = []
    others: list[str] = []
    reach, platform = judge.reach_of(lock), this_platform()
    for package in missing:
        subject = _subject(package)
        text = f"the licence of {subject} is not known: it is not installed in the project's environment"
        alone = _unknown(subject, text, _ALLOW)
        if judge.verdict(alone).level is not level:
            found.append(alone)
        else:
            (needed if reach.needs(package, platform) else others).append(str(subject))
    way = _WAYS.get(situation.project.layout, "Install what is locked")
    if needed:
        text = f"{_count(needed)} not known, since the project's environment does not have {_them(needed)} as locked"
        found.append(_unknown(whole, text, f"{way}, then check again. {_ALLOW}", needed))
    if others:
        text = f"{_count(others)} not known, since only other machines install {_them(others)}"
        found.append(_unknown(whole, text, f"Check on such a machine. {_ALLOW}", others))
    return found


_ALLOW = f"What you looked up: `onward allow NAME==VERSION --rule {LICENCE_UNKNOWN} --why ...`."
_WAYS = {
    Layout.uv: "`onward sync` installs what is locked",
    Layout.pep621: "`onward sync` installs what is locked",
    Layout.poetry: "`poetry install` installs what is locked",
    Layout.pdm: "`pdm sync` installs what is locked",
    Layout.pipenv: "`pipenv sync` installs what is locked",
}


def _unknown(
    subject: Release | Whole, message: str, hint: str, names: Sequence[str] = ()
) -> Finding:
    return Finding(
        rule=LICENCE_UNKNOWN,
        subject=subject,
        message=message,
        hint=hint,
        facts={"count": len(names)} if names else {},
        certainty=Certainty.unknown,
    )


def _count(names: Sequence[str]) -> str:
    return (
        "the licence of 1 locked package is"
        if len(names) == 1
        else f"the licences of {len(names)} locked packages are"
    )


def _them(names: Sequence[str]) -> str:
    shown = sorted(names)
    more = f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
    return ", ".join(shown[:_SHOWN]) + more


def _subject(package: LockedPackage) -> Release:
    return Release(name=package.name, version=package.version, source=package.source)
