"""Make the image: judge the lock, look for secrets, stack the layers, write config, manifest and what is attached."""

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec

from onward.adapters.oci_layout import Blobs, Notes
from onward.core.errors import BadInput
from onward.core.finding import Finding, Place
from onward.core.names import parse_name
from onward.core.perform import Listen, silent
from onward.core.policy import Decision
from onward.core.scratch_folder import scratch_folder
from onward.core.told_command import words_of_command
from onward.core.web_apps import Unserved, find_served
from onward.domain.images.attached import BILL, STATEMENT, bill_of, moment, statement_of
from onward.domain.images.manifest import (
    CONFIG,
    EMPTY,
    EMPTY_CONTENT,
    INDEX,
    MANIFEST,
    Blob,
    Layer,
    Platform,
    Runs,
    attachment_of,
    blob_of,
    config_of,
    index_of,
    manifest_of,
)  # fmt: skip
from onward.domain.images.program import Program, find_program, health_check
from onward.domain.policy.decide import decide
from onward.workflows.image.about import About
from onward.workflows.image.application import FOLDER, application_layer, is_package, refuse_links
from onward.workflows.image.bench import Bench, Python, key_of
from onward.workflows.image.dependencies import dependencies_layer
from onward.workflows.image.foundation import Foundation
from onward.workflows.image.gate import judged
from onward.workflows.image.installed import PLACE, PYTHON
from onward.workflows.image.prove import Proof, prove, unproven
from onward.workflows.image.python import CERTIFICATES, USER, this_architecture
from onward.workflows.member import own_packages, target_of
from onward.workflows.no_secrets import secret_findings
from onward.workflows.resolve import Resolver
from onward.workflows.situation import Situation
from onward.workflows.source_copy import Sources, find_sources

_MOST_TEXT = 1_000_000

Ground = Callable[[Bench], Foundation]
"""Given the bench for one platform, what to build on."""


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """How the image should be: for which platforms, starting what (a shell-like line; empty: found out), by which name."""

    platforms: tuple[Platform, ...]
    command: str = ""
    port: int = 0
    prove: bool = True


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """An image for one platform: manifest, config, layers, and the manifests of what is attached."""

    platform: Platform
    manifest: Blob
    config: Blob
    layers: tuple[Layer, ...]
    attached: tuple[tuple[Blob, str], ...] = ()
    from_repository: str = ""


class Shipped(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it. ``top`` is the manifest, or the index of several; None when the decision blocks."""

    decision: Decision
    top: Blob | None = None
    images: tuple[Made, ...] = ()
    program: Program | None = None
    proven: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Workplace(msgspec.Struct, frozen=True, kw_only=True):
    """Where images are made: the kept blobs and notes of this user."""

    blobs: Blobs
    notes: Notes
    roots: Path


def workplace(cache: Path) -> Workplace:
    """Give the place below the cache folder."""
    folder = cache / "images"
    return Workplace(
        blobs=Blobs(folder / "blobs"), notes=Notes(folder / "notes"), roots=folder / "roots"
    )


def check_locked(root: Path) -> None:
    """Raise BadInput (``no-lock``) where there is no uv.lock."""
    if not (root / "uv.lock").is_file():
        raise BadInput(
            "no-lock",
            f"`{root}` has no uv.lock, so nobody knows what belongs in the image",
            hint="`onward lock` makes it, where the dependencies stand in [project].",
        )


def ship_image(
    situation: Situation,
    place: Workplace,
    python: Python,
    wishes: Wishes,
    *,
    ground: Ground,
    listen: Listen = silent,
) -> Shipped:
    """Build the image of the project into the cache; nothing of the project changes.

    Raises BadInput with the way out for what is missing (``no-lock``, ``no-program``),
    Refused for a lock that is out of date, what its parts raise for the rest.
    """
    root = situation.project.root
    folder = root / situation.here
    check_locked(root)
    sources, known = find_sources(folder, situation.env, cwd=situation.cwd)
    resolver = Resolver(situation, situation.judge(know_lock=True), listen)
    judgement = judged(situation, place.notes, resolver)
    others = _others(situation)
    theirs = [find_sources(other, situation.env, cwd=situation.cwd)[0] for other in others]
    refuse_links((sources, *theirs))
    secrets = _secrets(root, sources, theirs)
    found = decide(secrets, situation.policy.rows, situation.now.date())
    decision = Decision(because=(*judgement.because, *found.because))
    if decision.blocked:
        return Shipped(decision=decision)
    about = About(situation, place.notes, folder, sources, known=known, others=others)
    maker = _Maker(about, place, python, wishes, resolver=resolver, listen=listen)
    with scratch_folder() as scratch:
        images = tuple(
            maker.image(ground, platform, scratch / str(number))
            for number, platform in enumerate(wishes.platforms)
        )
    now = situation.now.timestamp()
    place.blobs.sweep(now)
    place.notes.sweep(now)
    proofs = [maker.proof(image) for image in images]
    tried = decide(
        [proof.finding for proof in proofs if proof.finding],
        situation.policy.rows,
        situation.now.date(),
    )
    decision = Decision(because=(*decision.because, *tried.because))
    if decision.blocked:
        return Shipped(decision=decision, notes=about.notes)
    return Shipped(
        decision=decision,
        top=_top(images, place.blobs),
        images=images,
        program=maker.program,
        proven=tuple(proof.proven for proof in proofs if proof.proven),
        notes=about.notes,
    )


def _others(situation: Situation) -> list[Path]:
    """Give the folders of the project's own packages that the member needs beside itself."""
    root, target = situation.project.root.resolve(), target_of(situation)
    folders = [root / p.source for p in own_packages(situation) if target and p.name != target.name]
    return [folder for folder in folders if folder.is_dir()]


def _secrets(root: Path, sources: Sources, others: Sequence[Sources]) -> list[Finding]:
    """Look at what is packed: the member's files, and those of ``others`` beside it."""
    found = list(secret_findings(sources.folder, sources.files, tests_may=True))
    for theirs in others:
        seen = secret_findings(theirs.folder, theirs.files, tests_may=True)
        found += _placed(theirs.folder, root, seen)
    return found


def _placed(folder: Path, root: Path, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Name files from the root of the workspace, since they are not the member's."""
    above = os.path.relpath(folder, root.resolve()).replace(os.sep, "/")
    return tuple(
        msgspec.structs.replace(one, subject=Place(path=f"{above}/{one.subject}"))
        for one in findings
    )


def _top(images: Sequence[Made], blobs: Blobs) -> Blob:
    """Give the manifest of the only image, or an index of several."""
    if len(images) == 1:
        return images[0].manifest
    content = index_of(
        [image.manifest.descriptor(platform=image.platform.value()) for image in images]
    )
    blobs.add(content, (top := blob_of(content, INDEX)).digest)
    return top


class _Maker:
    """Makes the image for one platform after the other."""

    def __init__(
        self,
        about: About,
        place: Workplace,
        python: Python,
        wishes: Wishes,
        *,
        resolver: Resolver,
        listen: Listen,
    ) -> None:
        self._about = about
        self._place = place
        self._python = python
        self._wishes = wishes
        self._resolver = resolver
        self._listen = listen
        self.program: Program | None = None

    def image(self, ground: Ground, platform: Platform, scratch: Path) -> Made:
        """Make it; ``scratch`` is a folder that is not there yet."""
        scratch.mkdir()
        about = self._about
        bench = Bench(
            situation=about.situation,
            folder=about.folder,
            python=self._python,
            platform=platform,
            blobs=self._place.blobs,
            notes=self._place.notes,
            scratch=scratch,
            listen=self._listen,
        )
        self.program = self.program or self._program(bench)
        foundation = ground(bench)
        layers = (
            *foundation.layers,
            dependencies_layer(bench, foundation, self._resolver),
            application_layer(bench, foundation, about.sources, about.known, self._resolver),
        )
        return self._written(bench, foundation, layers, self.program)

    def proof(self, image: Made) -> Proof:
        """Start an image that was made, once for each digest."""
        name, blobs = f"the image for {image.platform}", self._place.blobs
        if not self._wishes.prove:
            return Proof(finding=unproven(name, "since `--no-prove` was given"))
        if image.platform.architecture != this_architecture():
            return Proof(finding=unproven(name, "since this machine has another processor"))
        note = f"proven-{key_of(image.manifest.digest)}"
        if isinstance(known := self._place.notes.get(note), str) and self.program is not None:
            return Proof(proven=known)
        proof = prove(
            [(layer, blobs.path(layer.blob.digest)) for layer in image.layers],
            blobs.read(image.config.digest),
            self.program or Program(argv=(PYTHON,)),
            name=name,
            roots=self._place.roots,
            listen=self._listen,
        )
        if proof.proven:
            self._place.notes.put(note, proof.proven)
        return proof

    def _written(
        self, bench: Bench, foundation: Foundation, layers: tuple[Layer, ...], program: Program
    ) -> Made:
        blobs, created = self._place.blobs, moment(self._about.when)
        annotations = {"org.opencontainers.image.created": created}
        if foundation.digest and foundation.name:
            annotations |= {
                "org.opencontainers.image.base.name": foundation.name,
                "org.opencontainers.image.base.digest": foundation.digest,
            }
        runs = self._runs(bench, program, foundation)
        config = config_of(bench.platform, layers, runs, created, foundation.config)
        blobs.add(config, (about := blob_of(config, CONFIG)).digest)
        content = manifest_of(about, [layer.blob for layer in layers], annotations)
        blobs.add(content, (manifest := blob_of(content, MANIFEST)).digest)
        blobs.add(EMPTY_CONTENT, blob_of(EMPTY_CONTENT, EMPTY).digest)
        attached = []
        for title, kind, text in self._said(bench, manifest, foundation):
            blobs.add(text, (blob := blob_of(text, kind)).digest)
            written = attachment_of(manifest, blob, title, created)
            blobs.add(written, (reference := blob_of(written, MANIFEST)).digest)
            attached.append((reference, kind))
        return Made(
            platform=bench.platform,
            manifest=manifest,
            config=about,
            layers=layers,
            attached=tuple(attached),
            from_repository=foundation.from_repository,
        )

    def _program(self, bench: Bench) -> Program:
        wishes, about = self._wishes, self._about
        if wishes.command:
            argv = words_of_command(wishes.command)
            return Program(argv=argv, port=wishes.port, because="`--command` says so")
        scripts = about.project.get("scripts") or {}
        lock = about.situation.project.lock
        name = about.project.get("name")  # a folder without one installs what its lock holds
        installed = lock.installed_with(parse_name(name) if name else "") if lock else frozenset()
        texts = about.texts()
        found = find_program(
            scripts if is_package(bench) else {}, about.name, texts, installed, python=PYTHON
        )
        if found is None:
            web = find_served(texts, installed)
            if isinstance(web, Unserved):
                raise BadInput("no-server", web.message, hint=web.hint)
            why = (
                "there is no command in [project.scripts], no web application with a server in uv.lock,"
                " no `__main__.py`, no `main.py` or `app.py`"
            )
            raise BadInput(
                "no-program",
                "nothing tells what the image should start",
                context=(why,),
                hint="Say it: `onward ship image --command 'python -m NAME'`.",
            )
        return msgspec.structs.replace(found, port=wishes.port or found.port)

    def _runs(self, bench: Bench, program: Program, foundation: Foundation) -> Runs:
        path = f"/{PLACE}/bin:/usr/local/bin:/usr/bin:/bin"
        env = {"PATH": path, "PYTHONUNBUFFERED": "1", "LANG": "C.UTF-8"}
        if foundation.is_ours:
            env["SSL_CERT_FILE"] = f"/{CERTIFICATES}"
        if not is_package(bench):
            source = any(path.startswith("src/") for path in self._about.sources.files)
            env["PYTHONPATH"] = f"/{FOLDER}/src:/{FOLDER}" if source else f"/{FOLDER}"
        return Runs(
            entrypoint=program.argv,
            env=env,
            user=f"{USER}:{USER}",
            folder=f"/{FOLDER}",
            labels=self._about.labels(),
            ports=(program.port,) if program.port else (),
            health=health_check(PYTHON, program.port) if program.port else (),
        )

    def _said(
        self, bench: Bench, image: Blob, foundation: Foundation
    ) -> Sequence[tuple[str, str, bytes]]:
        about = self._about
        bill = bill_of(
            about.exported(),
            about.name,
            about.version,
            image,
            python=self._python.version,
            when=about.when,
        )
        materials = about.materials()
        if foundation.digest:
            materials.append((f"oci:{foundation.name}", foundation.digest))
        command = list(self.program.argv if self.program else ())
        parameters = {"platform": str(bench.platform), "command": command}
        statement = statement_of(image, about.name, parameters, materials)
        return (
            ("sbom.cdx.json", BILL, bill),
            ("provenance.intoto.json", STATEMENT, statement),
        )
