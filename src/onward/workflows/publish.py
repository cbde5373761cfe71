"""One sentence of a user: publish my project. Everything is in order first, and what came of it is looked at after."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from onward.adapters.uv.commands import Uv
from onward.core.finding import Finding
from onward.core.perform import Listen, perform, silent
from onward.core.policy import Decision
from onward.core.scratch_folder import scratch_folder
from onward.domain.policy.decide import decide
from onward.domain.shipping.built import Built
from onward.domain.shipping.bump import parse
from onward.domain.shipping.contents import contents_findings
from onward.domain.shipping.metadata import metadata_findings
from onward.domain.shipping.version_place import find_place
from onward.workflows.judge_project import project_findings
from onward.workflows.kept_log import Log
from onward.workflows.publishing import attesting, record
from onward.workflows.publishing.credential import Credential, find_credential, secrets_of
from onward.workflows.publishing.gates import (
    Tree,
    changelog_findings,
    check_name,
    local_findings,
    version_in,
)
from onward.workflows.publishing.listing import Listing, Sleep, install_from
from onward.workflows.publishing.target import Target, find_target
from onward.workflows.publishing.uploading import Uploader
from onward.workflows.ship_wheel import Wishes as WheelWishes
from onward.workflows.ship_wheel import ship_wheel
from onward.workflows.situation import Situation, alone


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """How to publish: where to (empty: what the settings say), by way of which folder, as whom, and how long to wait.

    ``wait`` is in seconds. ``attestations`` is ``auto``, ``always`` or ``never``. ``built``: the
    files lie in ``out`` already, built and proven by an earlier job, and nothing is built.
    """

    to: str
    out: Path
    check_url: str = ""
    keyring: bool = False
    attestations: str = attesting.AUTO
    wait: float = 120.0
    built: bool = False
    dry_run: bool = False


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it: the decision, the files, which of them were uploaded, what was proven, what is to be said.

    ``done``: all of it is on the index. ``log`` is where the steps are kept, None when nothing was sent.
    """

    target: Target
    credential: Credential
    decision: Decision
    built: tuple[Built, ...] = ()
    missing: tuple[str, ...] = ()
    uploaded: tuple[str, ...] = ()
    proven: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    done: bool = False
    log: Path | None = None


def publish(
    folder: Path,
    pyproject: Mapping[str, Any],
    situation: Situation,
    wishes: Wishes,
    *,
    sleep: Sleep,
    listen: Listen = silent,
) -> Published:
    """Publish the project at ``folder``; with ``dry_run`` do all of it but write into ``out`` and upload.

    Raises BadInput when nobody knows where to or as whom, and what its parts raise: Refused
    for a version that is there with other content, OutsideFailed for an index that fails.
    """
    target = find_target(wishes.to, wishes.check_url, folder, pyproject, situation)
    carried = situation.uv_settings.carried
    credential = find_credential(
        target, situation.env, carried, keyring=wishes.keyring, must=not wishes.dry_run
    )
    no_attestations = attesting.why_not(wishes.attestations, target, situation.env)
    where = (target, credential)
    work = _Publishing(folder, pyproject, situation, wishes, where=where, listen=listen)
    notes = (no_attestations,) if no_attestations else ()
    return work.publish(Listing(target, work.name, situation.net, sleep, listen), notes)


class _Publishing:
    """One project on its way to one index."""

    def __init__(
        self,
        folder: Path,
        pyproject: Mapping[str, Any],
        situation: Situation,
        wishes: Wishes,
        *,
        where: tuple[Target, Credential],
        listen: Listen,
    ) -> None:
        self._folder = folder
        self._pyproject = pyproject
        self._situation = situation
        self._wishes = wishes
        self._target, self._credential = where
        self._listen = listen
        self._tree = Tree(folder, wishes.out, situation)
        self._state = self._tree.state()
        project = pyproject.get("project")
        stated = project.get("name") if isinstance(project, dict) else None
        self.name = stated if isinstance(stated, str) else situation.project.name
        place = find_place(pyproject, self._text)
        self._version = place.version if place is not None else ""
        if place is not None and self._version:
            parse(self._version, place.said)
        self._record = record.path_of(situation.cache, folder, self._target.upload)

    def publish(self, listing: Listing, notes: tuple[str, ...]) -> Published:
        """Do it, in the order in which a fault costs the least."""
        check_name(self.name, self._target, self._situation)
        self._listen("start", "Looking at the tree, the changelog and the lock")
        findings = [*self._tree.findings(), *project_findings(self._situation)]
        findings += self._about(self._version) if self._version else []
        decision = self._decide(findings)
        so_far = Published(
            target=self._target, credential=self._credential, decision=decision, notes=notes
        )
        if decision.blocked and not self._wishes.dry_run:
            return so_far
        self._listen("start", f"Asking {self._target.index} what it has")
        listing.files()  # an index that does not answer is known before anything is built
        built, so_far, plan = self._built(so_far)
        if not self._version:
            late = self._decide(self._about(version_in(built[0].filename)))
            so_far = _joined(so_far, late)
        self._listen("start", f"Comparing with what {self._target.index} has")
        missing = listing.missing(built)
        so_far = msgspec.structs.replace(so_far, missing=tuple(one.filename for one in missing))
        if so_far.decision.blocked or self._wishes.dry_run:
            return so_far
        with alone(self._situation.project.root, self._situation.cache, self._listen):
            if plan is not None and plan.steps:
                started = self._situation.now.isoformat()
                perform(plan, self._situation.project.root, started=started)
        return self._send(built, missing, listing, so_far)

    def _built(self, so_far: Published) -> tuple[tuple[Built, Built], Published, Any]:
        """Give the files to publish, the answer with what was proven of them, and the plan that puts them in place."""
        if self._wishes.built:
            name, version = self.name, self._version
            files = record.handed_over(self._wishes.out, name, version)
            note = (
                f"the files in {self._wishes.out} were built and tried before; nothing is built now"
            )
            looked = _joined(so_far, self._decide(_looked_into(files, self._pyproject)))
            notes = (*so_far.notes, note)
            return files, msgspec.structs.replace(looked, built=files, notes=notes), None
        begun = record.begun_before(self._record, self._state, self._wishes.out)
        if begun is not None:
            note = "going on with the files of a run that was cut short; they were proven then"
            notes = (*so_far.notes, note)
            return begun, msgspec.structs.replace(so_far, built=begun, notes=notes), None
        shipped = ship_wheel(
            self._folder,
            self._pyproject,
            self._situation,
            WheelWishes(out=self._wishes.out, tree=False),  # the gate has looked at it
            self._listen,
        )
        so_far = msgspec.structs.replace(
            _joined(so_far, shipped.decision),
            built=shipped.built,
            proven=shipped.proven,
            notes=(*so_far.notes, *shipped.notes),
        )
        return shipped.built, so_far, shipped.plan

    def _send(
        self,
        built: tuple[Built, Built],
        missing: tuple[Built, ...],
        listing: Listing,
        so_far: Published,
    ) -> Published:
        situation, target = self._situation, self._target
        if not missing:
            record.forget(self._record)
            note = f"{target.said} has the very same files already: nothing to do"
            return msgspec.structs.replace(so_far, done=True, notes=(*so_far.notes, note))
        log = Log(
            situation.cache / "logs" / f"publish-{situation.now:%Y%m%dT%H%M%S}.txt",
            secrets_of(self._credential, target, situation.env),
        )
        log.write(f"{self.name} to {target.upload} as {self._credential.said}")
        record.remember(self._record, self._state, self._wishes.out, built)
        with scratch_folder() as scratch:
            for one in missing:
                content = (self._wishes.out / one.filename).read_bytes()
                (scratch / one.filename).write_bytes(content)
            if not attesting.why_not(self._wishes.attestations, target, situation.env):
                self._listen("start", f"Signing as this {attesting.signer(situation.env)} job")
                attesting.sign([scratch / one.filename for one in missing], situation)
            uploader = Uploader(target, self._credential, situation, listen=self._listen, log=log)
            uploader.send(missing, scratch, listing)
            proven = self._verify(built, listing, scratch, log)
        record.forget(self._record)
        return msgspec.structs.replace(
            so_far,
            done=True,
            uploaded=tuple(one.filename for one in missing),
            proven=(*so_far.proven, *proven),
            log=log.path,
        )

    def _verify(
        self, built: tuple[Built, Built], listing: Listing, scratch: Path, log: Log
    ) -> tuple[str, ...]:
        self._listen("start", "Looking whether the index hands out what it took")
        there = listing.wait_for(built, self._wishes.wait)
        self._listen("start", "Fetching both files from there, and installing the release")
        log.write("listed with the sha256 of what was uploaded")
        listing.fetch(built, there, scratch)
        log.write("fetched, the same bytes")
        situation = self._situation
        uv = Uv(program=situation.uv, env=dict(situation.env), config="")
        requirement = f"{self.name}=={version_in(built[0].filename)}"
        carried = situation.uv_settings.carried
        install_from(self._target, requirement, uv, carried, (scratch, self._folder))
        log.write("installed from the index")
        return (
            f"{self._target.index} lists both files with the sha256 of what was uploaded",
            "fetched from there they are the same bytes",
            f"`{requirement}` installs from there into an empty environment (its dependencies were tried before)",
        )

    def _about(self, version: str) -> list[Finding]:
        return [
            *local_findings(version, self._target),
            *self._tree.tag_findings(self.name, version),
            *changelog_findings(self._folder, self._pyproject, version),
        ]

    def _decide(self, findings: list[Finding]) -> Decision:
        return decide(findings, self._situation.policy.rows, self._situation.now.date())

    def _text(self, path: str) -> str | None:
        place = (self._folder / path).resolve()
        if not place.is_relative_to(self._folder.resolve()) or not place.is_file():
            return None
        return place.read_text(encoding="utf-8", errors="replace")


def _joined(so_far: Published, more: Decision) -> Published:
    both = Decision(because=(*so_far.decision.because, *more.because))
    return msgspec.structs.replace(so_far, decision=both)


def _looked_into(files: tuple[Built, Built], pyproject: Mapping[str, Any]) -> list[Finding]:
    # whoever handed them over may have built them with anything
    return [
        finding
        for one in files
        for finding in (*metadata_findings(one, pyproject), *contents_findings(one))
    ]
