"""One sentence of a user: raise my version, by my choice or by what became of the public API, wherever it is kept."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from packaging.utils import canonicalize_name
from packaging.version import Version

from onward.adapters.griffe.releases import repository
from onward.adapters.griffe.tools import CHECK, ApiChange, read_change
from onward.core.disk import read_limited
from onward.core.errors import BadInput, MissingTool
from onward.core.plan import Plan, Step, Tell, WriteFile
from onward.core.proc.run import run
from onward.core.tool import Target
from onward.domain.shipping.bump import next_version, parse, part_for
from onward.domain.shipping.version_place import (
    VersionPlace,
    find_place,
    relocked,
    with_version,
)
from onward.workflows.situation import Situation

_LARGEST = 10_000_000
AUTO = "auto"


class Bump(msgspec.Struct, frozen=True, kw_only=True):
    """What a bump would do: the versions, where they are kept, why, and the plan (without steps: nothing to do)."""

    before: str
    after: str
    place: VersionPlace
    evidence: tuple[str, ...] = ()
    plan: Plan


def propose_bump(
    folder: Path, pyproject: Mapping[str, Any], choice: str, situation: Situation
) -> Bump:
    """Give what raising the version of the project at ``folder`` would do; nothing changes here.

    ``choice`` is ``auto``, a part (``domain.shipping.bump.PARTS``) or a version. Raises
    BadInput when nobody says where the version is kept, or for a choice that does not go up,
    MissingTool where git would have to be asked and is not there.
    """
    name = _name_of(pyproject, situation)
    place = find_place(pyproject, lambda path: _text(folder, path))
    if place is None:
        raise BadInput(
            "no-version",
            "nothing here says where the version is kept",
            context=("[project] of pyproject.toml has no `version`, and no build backend's table names a file or tags",),
            hint='Write `version = "0.1.0"` into [project], or configure your backend\'s dynamic version.',
        )  # fmt: skip
    known = repository(folder, name, situation.env)
    last = known.last
    if not known.git and (choice == AUTO or not place.path):
        raise MissingTool(
            "git-missing",
            "git knows which releases there were, and it is not there",
            hint="Install git"
            + ("; or choose by hand: `onward ship bump minor`." if place.path else "."),
        )
    if not place.path and not known.there:
        raise BadInput(
            "no-history",
            f"{place.said} say the version, and this is no git repository",
            hint="Go to the repository; what an sdist holds has no tags.",
        )
    said = place.version or (last.version if last is not None else "0.0.0")
    now = parse(said, place.said)
    if choice == AUTO:
        after, evidence = _by_api(folder, now, situation, there=known.there)
    else:
        after, evidence = next_version(now, choice), ()
    steps = _steps(folder, name, place, (now, after), situation) if place.path else ()
    if not place.path and after != now:
        start = last.tag.removesuffix(last.version) if last is not None else "v"
        tag = f"{start if last is None or start != last.tag else 'v'}{after}"
        steps = (Tell(sentence=f"commit, then set the tag: git tag {tag}"),)
    title = f"Version {after}" if after != now else f"Version {now} stays"
    return Bump(
        before=str(now) if place.version or last else "",
        after=str(after),
        place=place,
        evidence=evidence,
        plan=Plan(title=title, steps=steps),
    )


def _by_api(
    folder: Path, now: Version, situation: Situation, *, there: bool
) -> tuple[Version, tuple[str, ...]]:
    """Give the version that the public API asks for, counted from the last release, and why."""
    change = api_change(folder, situation)
    if not change.tag or not change.compared:
        why = (
            f"none of its packages is in {change.tag}"
            if change.tag
            else "no tag of a release stands before it"
            if there
            else "it is in no git repository"
        )
        raise BadInput(
            "no-release",
            f"the public API cannot be compared with a release: {why}",
            hint="Choose by hand: `onward ship bump minor`. Tag releases with their version, such as `v1.2.0`.",
        )
    released = Version(change.before)
    part = part_for(released, breaks=bool(change.breaks), additions=bool(change.added))
    wanted = next_version(released, part)
    told = (
        *(f"break: {one}" for one in change.breaks),
        *(f"new: `{one}`" for one in change.added),
        *(f"not compared: `{one}` is not in {change.tag}" for one in change.absent),
    )
    reason = f"since {change.tag}: {len(change.breaks)} breaks and {len(change.added)} new public names, so {part}"
    return max(now, wanted), (reason, *told)


def api_change(folder: Path, situation: Situation) -> ApiChange:
    """Ask griffe what became of the public API since the last release; raises MissingTool without it."""
    probe = CHECK.probe(situation.project.environment, situation.env)
    if not probe.found:
        raise MissingTool(
            "griffe-missing",
            "griffe compares public APIs, and it is not there",
            hint="Add it with `pip install 'onward[check]'`, or choose by hand: `onward ship bump minor`.",
        )
    target = Target(
        root=str(folder), environment=str(situation.project.environment), env=dict(situation.env)
    )
    call = CHECK.call(probe, target)
    if call is None:
        raise BadInput("no-history", "there is no history here to compare with")
    return read_change(run(call))


def _steps(
    folder: Path,
    name: str,
    place: VersionPlace,
    versions: tuple[Version, Version],
    situation: Situation,
) -> tuple[Step, ...]:
    now, after = versions
    if after == now:
        return ()
    path = folder / place.path
    changed = _encoded(path, with_version(place, _text(folder, place.path) or "", str(after)))
    steps: list[Step] = [
        WriteFile(
            sentence=f"write {after} for {now}: {place.said}", path=str(path), content=changed
        )
    ]
    root = situation.project.root
    lock = root / "uv.lock"
    if lock.is_file():
        text = read_limited(lock, 100_000_000).decode("utf-8")
        new = relocked(text, canonicalize_name(name), str(after))
        if new != text:
            sentence = f"write {after} into uv.lock, which names the project itself"
            steps.append(WriteFile(sentence=sentence, path=str(lock), content=new.encode()))
    return tuple(steps)


def _name_of(pyproject: Mapping[str, Any], situation: Situation) -> str:
    project = pyproject.get("project")
    name = project.get("name") if isinstance(project, dict) else None
    return name if isinstance(name, str) else situation.project.name


def _text(folder: Path, path: str) -> str | None:
    """Give the text of a file inside of the project, with its line ends as they are."""
    place = Path(os.path.realpath(folder / path))
    if not place.is_relative_to(os.path.realpath(folder)) or not place.is_file():
        return None
    try:
        return read_limited(place, _LARGEST).decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


def _encoded(path: Path, text: str) -> bytes:
    mark = b"\xef\xbb\xbf" if path.read_bytes().startswith(b"\xef\xbb\xbf") else b""
    return mark + text.encode()
