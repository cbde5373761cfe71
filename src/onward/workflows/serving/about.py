"""What a server knows of one project, for the pages that a refusal leads to, and for scripts as JSON."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import msgspec

from onward.adapters import simple_api
from onward.adapters.simple_api import File
from onward.core.finding import Finding
from onward.core.names import Name
from onward.core.policy import Level, Row
from onward.domain.guard.releases import Judged
from onward.domain.policy.rules_guard import ABOUT_THE_NAME
from onward.domain.version_order import parse
from onward.shelves.pages import Pages, Ready
from onward.shelves.to_clients import ROOT
from onward.workflows.allow import NAMED_ONLY
from onward.workflows.project_ruling import ProjectRuling
from onward.workflows.serving.rulebook import LiveJudge


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """One finding with what the policy makes of it: its level, the row that says so, whether it stops an installation."""

    rule: str
    message: str
    facts: dict[str, Any]
    hint: str
    level: Level
    row: Row
    blocks: bool

    @property
    def would_block(self) -> bool:
        """Whether it would stop an installation, were this no dry run."""
        return not self.blocks and self.level.can_fail

    @property
    def advisories(self) -> tuple[str, ...]:
        """The ids of the advisories behind it."""
        ids = self.facts.get("ids")
        return tuple(map(str, ids)) if isinstance(ids, (list, tuple)) else ()

    @property
    def passes(self) -> dt.datetime | None:
        """When a rule on age lets it pass by itself (aware); None for every other rule."""
        try:
            return dt.datetime.fromisoformat(str(self.facts.get("passes", "")))
        except ValueError:
            return None


class FileRow(msgspec.Struct, frozen=True, kw_only=True):
    """One file as the page lists it: bytes and upload time (ISO) where told, its sha256, its address from the root."""

    filename: str
    size: int | None
    sha256: str
    uploaded: str
    address: str
    blocking: tuple[Held, ...] = ()


class ReleaseRow(msgspec.Struct, frozen=True, kw_only=True):
    """One release: the day it came (ISO, empty: not told), its files, what holds it back, and what does not.

    ``blocking`` is what stands in the way of all of it; a file that came later may have
    something of its own.
    """

    version: str
    uploaded: str
    files: tuple[FileRow, ...]
    blocking: tuple[Held, ...]
    noted: tuple[Held, ...] = ()
    yanked: bool = False

    @property
    def partly(self) -> bool:
        """Whether some of its files are held back, and others not."""
        return not self.blocking and any(file.blocking for file in self.files)

    def has(self, filename: str) -> bool:
        """Whether a file is one of its own."""
        return any(file.filename == filename for file in self.files)


class About(msgspec.Struct, frozen=True, kw_only=True):
    """A project: the index it comes from, findings on it whole, its releases (newest first), the data behind it, and why that is old.

    ``dry_run`` says that little is blocked now; ``age`` is how many seconds old the page is,
    when its index cannot be asked.
    """

    name: Name
    source: str
    findings: tuple[Held, ...]
    releases: tuple[ReleaseRow, ...]
    advice: str
    judged: Judged
    old: str = ""
    dry_run: bool = False
    age: int | None = None

    @property
    def held(self) -> int:
        """How many releases are held back."""
        return sum(1 for release in self.releases if release.blocking)

    @property
    def blocked_whole(self) -> bool:
        """Whether the name itself is blocked."""
        return any(finding.blocks for finding in self.findings)

    def release_of(self, filename: str) -> ReleaseRow | None:
        """Give the release that a file belongs to."""
        return next((release for release in self.releases if release.has(filename)), None)


def about(ready: Ready, pages: Pages, judge: LiveJudge) -> About:
    """Give what is known of the project of a page."""
    return About(
        name=ready.name,
        source=ready.owner.index.address,
        findings=_held(ready.view.judged.project, judge),
        releases=_releases(ready, judge),
        advice=judge.advice.source,
        judged=ready.view.judged,
        old=" ".join(finding.message for finding in judge.old_data()),
        dry_run=judge.dry_run,
        age=pages.age(ready),
    )


def ways_out(held: Sequence[Held], name: Name, version: str = "") -> tuple[str, ...]:
    """Give the commands with which whoever runs the server lets all of ``held`` pass; none when there is no such way.

    There is none past malware and private names: who means that has to find the words alone.
    A row for one version never fits a rule on the name, so there may be two commands.
    """
    rules = tuple(dict.fromkeys(h.rule for h in held if h.blocks))
    if any(rule in NAMED_ONLY for rule in rules):
        return ()
    on_name = [rule for rule in rules if not version or rule in ABOUT_THE_NAME]
    on_version = [rule for rule in rules if rule not in on_name]
    return tuple(
        f"onward allow '{subject}' {' '.join(f'--rule {rule}' for rule in named)} --until '30 days' --why 'TEXT'"
        for subject, named in ((name, on_name), (f"{name}=={version}", on_version))
        if named
    )


def as_json(about: About, ruling: ProjectRuling) -> dict[str, Any]:
    """Give it in the form for scripts, which `docs/how-to/serve.md` describes; keys are only ever added.

    ``ruling`` is in there too, as it stands, and gives the order of the releases.
    """
    told: dict[str, Any] = msgspec.to_builtins(ruling)
    rows = {release.version: release for release in about.releases}
    return told | {
        "name": about.name,
        "source": about.source,
        "advice": about.advice,
        "advice_old": about.old,
        "findings": [_told(held) for held in about.findings],
        "releases": [
            ruled
            | {
                "uploaded": release.uploaded,
                "yanked": release.yanked,
                "blocking": [_told(held) for held in release.blocking],
                "noted": [_told(held) for held in release.noted],
                "ways_out": ways_out(release.blocking, about.name, release.version),
                "files": [
                    {
                        "filename": file.filename,
                        "size": file.size,
                        "sha256": file.sha256,
                        "uploaded": file.uploaded,
                        "address": file.address,
                        "blocking": [_told(held) for held in file.blocking],
                    }
                    for file in release.files
                ],
            }
            for ruled in told["releases"]
            for release in (rows[ruled["version"]],)
        ],
    }


def _told(held: Held) -> dict[str, Any]:
    row = held.row
    return {
        "rule": held.rule,
        "message": held.message,
        "facts": held.facts,
        "hint": held.hint,
        "level": held.level,
        "row": {
            "match": row.match,
            "only": row.only,
            "level": row.level,
            "until": row.until,
            "where": row.where,
            "why": row.why,
        },
    }


def _releases(ready: Ready, judge: LiveJudge) -> tuple[ReleaseRow, ...]:
    page = ready.page()
    versions = simple_api.versions_of(page, ready.name)
    listed: dict[str, list[File]] = {}
    for file in page.files:
        listed.setdefault(versions.get(file.filename, ""), []).append(file)
    parsed = {version: parse(version) for version in listed}
    readable = [(key, version) for version, key in parsed.items() if key is not None]
    order = [version for _, version in sorted(readable, reverse=True)]
    order += sorted(version for version, key in parsed.items() if key is None)
    return tuple(_release(version, listed[version], ready, judge) for version in order)


def _release(version: str, listed: Sequence[File], ready: Ready, judge: LiveJudge) -> ReleaseRow:
    judged = ready.view.judged
    whole = (*judged.project, *(judged.on(version) if version else ()))
    found = _held(whole, judge)
    own = {
        file.filename: _blocking(_held(judged.files.get(file.filename, ()), judge))
        for file in listed
    }
    days = (file.upload_time[:10] for file in listed if file.upload_time)
    return ReleaseRow(
        version=version,
        uploaded=min(days, default=""),
        files=tuple(
            FileRow(
                filename=file.filename,
                size=file.size,
                sha256=file.hashes.get("sha256", ""),
                uploaded=file.upload_time or "",
                address=file.url.removeprefix(ROOT),
                blocking=own[file.filename],
            )
            for file in listed
        ),
        blocking=_blocking(found),
        noted=tuple(h for h in found if not h.blocks),
        yanked=all(file.yanked is not False for file in listed),
    )


def _blocking(held: Sequence[Held]) -> tuple[Held, ...]:
    return tuple(h for h in held if h.blocks)


def _held(found: Sequence[Finding], judge: LiveJudge) -> tuple[Held, ...]:
    verdicts = (judge.verdict(finding) for finding in found)
    return tuple(
        Held(
            rule=verdict.finding.rule,
            message=verdict.finding.message,
            facts=verdict.finding.facts,
            hint=verdict.finding.hint,
            level=verdict.level,
            row=verdict.row,
            blocks=judge.blocks(verdict.finding),
        )
        for verdict in verdicts
        if verdict.level is not Level.off
    )
