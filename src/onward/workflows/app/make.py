"""Build a program, mend what a bare Linux lacks, start every form of it there, and give the plan that hands it out."""

import contextlib
import os
import platform
import statistics
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from onward.adapters import nuitka
from onward.adapters.clean_room import Bind
from onward.adapters.machine_libraries import DPKG_QUERY
from onward.adapters.tables import glibc_table
from onward.core.errors import BadInput
from onward.core.perform import Listen, silent
from onward.core.plan import Plan
from onward.core.scratch_folder import scratch_folder
from onward.core.system_programs import paths_of
from onward.domain.apps.glibc import oldest_of_each
from onward.domain.apps.model import App, Engine, Kind
from onward.domain.apps.settings import Asked, read_app
from onward.workflows.app import forms
from onward.workflows.app.appimage import check_appimage, make_appimage, unpacked
from onward.workflows.app.build import Bench, More, judge_lock
from onward.workflows.app.bundle import (
    check_size,
    even,
    libraries_of,
    size_of,
    take_along,
)
from onward.workflows.app.gate import look_into_bundle, look_into_zip
from onward.workflows.app.icons import Icons
from onward.workflows.app.prove import needed_programs, prove
from onward.workflows.app.put import plan_for
from onward.workflows.app.pyz import make_pyz, place_of, without_libraries
from onward.workflows.app.roots import Root, Roots
from onward.workflows.app.source import find_web
from onward.workflows.app.started import Place, Proof
from onward.workflows.app.words import boxes, not_proven
from onward.workflows.no_secrets import refuse_secrets, tree_findings
from onward.workflows.resolve import Resolver
from onward.workflows.situation import Situation
from onward.workflows.source_copy import find_sources

FORMATS = ("folder", "onefile", "deb", "tar.gz", "appimage", "zipapp", "icons")
_ALONE = ("zipapp", "icons")  # needs no bundle
USUAL = ("folder", "tar.gz")
"""What is made on Linux unless something else is asked for: to look at, and to hand out."""
UNPROVEN = "NOTHING WAS PROVEN: nobody has started this program without Python yet (`--no-prove`)"
_STARTED = (".bin", ".pyz", ".AppImage")
_STARTS = 3


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """Which formats, into which folder, what the command line says of the program, what builds, whether to prove, to replace.

    ``runtime`` is what an AppImage begins with.
    """

    formats: tuple[str, ...]
    out: Path
    asked: Asked = Asked()
    engine: Engine = Engine.pyinstaller
    runtime: Path | None = None
    proven: bool = True
    force: bool = False


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it: name and bytes of each thing, what was proven, what people should know, and the plan.

    The plan counts only while the scratch folder is there.
    """

    app: App
    things: tuple[tuple[str, int], ...]
    proven: tuple[str, ...]
    notes: tuple[str, ...]
    plan: Plan


@contextlib.contextmanager
def making(
    folder: Path,
    pyproject: Mapping[str, Any],
    situation: Situation,
    wishes: Wishes,
    listen: Listen = silent,
) -> Iterator[Made]:
    """Build and prove in a scratch folder; nothing real changes. The plan is for the body to perform.

    Raises BadInput for a project that cannot be built, MissingTool, and Refused
    (``not-proven``) for a program that did not do what was asked where there is no Python.
    """
    if sys.platform != "linux":
        from onward.workflows.app.elsewhere import making_elsewhere  # it takes its nouns from here

        with making_elsewhere(folder, pyproject, situation, wishes, listen) as made:
            yield made
        return
    sources, known = find_sources(folder, situation.env, cwd=situation.cwd)
    app = read_app(pyproject, wishes.asked, find_web=lambda: find_web(folder, sources.files))
    refuse_secrets(
        tree_findings(sources, known), situation.policy.rows, situation.now.date(), what=app.name
    )
    _check(app, wishes, situation)
    if wishes.proven:
        needed_programs(app, situation.env)
    roots = Roots(situation.cache, situation.env, listen=listen)
    resolver = Resolver(situation, situation.judge(know_lock=True))
    judge_lock(resolver)
    with scratch_folder() as scratch, resolver.serving() as (uv, refuse):
        scratch.chmod(0o755)  # the program is nobody, and its folder is below
        with _readable_by_nobody():
            bench = Bench(situation, uv, refuse, scratch, engine=wishes.engine, listen=listen)
            bench.take(folder)
            bench.make_environment()
            bench.check_entry(app)
            app = bench.with_version(app)
            work = _Work(
                app,
                bench,
                roots=roots,
                situation=situation,
                wishes=wishes,
                scratch=scratch,
                listen=listen,
            )
            made = work.make()
        yield made


@contextlib.contextmanager
def _readable_by_nobody() -> Iterator[None]:
    """Let others read what is made meanwhile, whatever the umask: the program is started as nobody."""
    before = os.umask(0o022)
    try:
        yield
    finally:
        os.umask(before)


def _check(app: App, wishes: Wishes, situation: Situation) -> None:
    """Raise for wishes that cannot come true, before anything is built."""
    if wishes.engine is Engine.nuitka:
        paths_of([nuitka.COMPILER], situation.env)
        if "onefile" in wishes.formats:
            raise BadInput(
                "no-one-file",
                "Nuitka makes the folder here, and what is packed around it",
                hint="`--format onefile` is PyInstaller's: leave `--engine nuitka` out for it.",
            )
    if "deb" in wishes.formats:
        paths_of([DPKG_QUERY], situation.env)
    if "appimage" in wishes.formats:
        check_appimage(app, wishes.runtime, situation.env)
    if "icons" in wishes.formats and not app.icon:
        raise BadInput(
            "no-icon",
            "nothing says which icon is to be drawn",
            hint="Give `--icon FILE`, one PNG or SVG, or `icon` in [tool.onward.app].",
        )


class _Work:
    def __init__(
        self,
        app: App,
        bench: Bench,
        *,
        roots: Roots,
        situation: Situation,
        wishes: Wishes,
        scratch: Path,
        listen: Listen,
    ) -> None:
        self._app = app
        self._bench = bench
        self._roots = roots
        self._situation = situation
        self._wishes = wishes
        self._scratch = scratch
        self._listen = listen
        self._proven: list[str] = []
        self._notes: list[str] = []
        self._stem = f"{app.slug}-{app.version}-linux-{platform.machine()}"

    def make(self) -> Made:
        """Make all that is wished for."""
        files: dict[str, Path] = {}
        folders: dict[str, Path] = {}
        if "zipapp" in self._wishes.formats:  # while nothing but the lock is in the environment
            made = self._zipapp()
            files[made.name] = made
        icons = Icons(self._app, self._bench, self._listen)
        if "icons" in self._wishes.formats:
            files |= self._all_icons(icons)
        if packed := [form for form in self._wishes.formats if form not in _ALONE]:
            self._make_bundled(packed, icons, files, folders)
        picture = self._scratch / f"{self._stem}.png"
        if picture.is_file():
            files[picture.name] = picture
        if not self._wishes.proven and self._wishes.formats != ("icons",):
            self._notes.insert(0, UNPROVEN)
        plan = plan_for(
            files,
            folders,
            self._wishes.out,
            executable=tuple(name for name in files if name.endswith(_STARTED)),
            force=self._wishes.force,
        )
        things = [(name, path.stat().st_size) for name, path in files.items()]
        things += [(f"{name}/", size_of(path)) for name, path in folders.items()]
        return Made(
            app=self._app, things=tuple(sorted(things)), proven=tuple(self._proven), notes=tuple(self._notes), plan=plan
        )  # fmt: skip

    def _zipapp(self) -> Path:
        self._listen("start", "Making zipapp")
        made, fit = make_pyz(self._app, self._bench, self._scratch)
        self._notes += look_into_zip(self._app, made, self._situation)
        self._notes.append(f"{made.name} needs {fit.said}")
        if self._wishes.proven:
            place = place_of(self._app, made, fit, self._roots)
            self._listen("start", f"Starting it in a root with {place.root.said}")
            proof = without_libraries(self._prove(place))
            if not proof.good:
                raise not_proven(self._app, made.name, place.root, proof, {})
            self._note(proof, made.name, place.root)
        return made

    def _all_icons(self, icons: Icons) -> dict[str, Path]:
        files = {}
        for name, content in icons.all().items():
            files[name] = self._scratch / "all" / name
            files[name].parent.mkdir(parents=True, exist_ok=True)
            files[name].write_bytes(content)
        return files

    def _make_bundled(
        self, wanted: Sequence[str], icons: Icons, files: dict[str, Path], folders: dict[str, Path]
    ) -> None:
        """Make what has its own Python inside, into ``files`` and ``folders`` by name."""
        bundle, more, root = self._bundle()
        for form in wanted:
            self._listen("start", f"Making {form}")
            if form == "folder":
                folders[self._stem] = bundle
                continue
            check_size(bundle)
            if form == "onefile":
                files[f"{self._stem}.bin"] = self._one_file(more, root, bundle)
                continue
            around = forms.Wanted(
                app=self._app,
                bundle=bundle,
                icons=icons.linux(),
                when=self._bench.when,
                work=self._scratch,
            )
            made = self._packed(form, around)
            files[made.name] = made
            if self._wishes.proven:
                self._listen("start", f"Installing {made.name} and starting it")
                place, note = self._installed(form, around, made, root)
                self._notes += [note] if note else []
                self._start(place, made.name)

    def _packed(self, form: str, around: forms.Wanted) -> Path:
        env = self._situation.env
        if form == "deb":
            return forms.deb(around, env)
        if form == "appimage":
            return make_appimage(around, self._runtime, env)
        return forms.tar_gz(around, self._stem)

    def _installed(
        self, form: str, around: forms.Wanted, made: Path, root: Root
    ) -> tuple[Place, str]:
        """Give the place where it stands as a person has it, and a note, or none."""
        env = self._situation.env
        if form == "deb":
            return forms.installed_deb(around, made, self._roots, env)
        if form == "appimage":
            note = f"{made.name} was unpacked and started; its runtime itself was not started"
            return unpacked(around, made, self._runtime, root, env), note
        return forms.installed_tar_gz(around, made, root)

    @property
    def _runtime(self) -> Path:
        return self._wishes.runtime or Path()

    def _bundle(self) -> tuple[Path, More, Root]:
        """Build the folder, take along what it lacks, start it, and build once more with what was left out."""
        root = self._roots.smallest()
        more = More()
        for number in (1, 2):
            self._listen("start", "Building the program" if number == 1 else "Building it again")
            bundle = self._bench.build(self._app, f"build-{number}", more)
            advice = look_into_bundle(self._app, self._bench, bundle, self._situation)
            self._notes += [words for words in advice if words not in self._notes]
            taken, lacking = take_along(bundle, root.path)
            more = msgspec.structs.replace(more, libraries=taken)
            if not self._wishes.proven:
                break
            self._listen("start", f"Starting it in a root with {root.said}")
            proof = self._prove(self._place(root, bundle))
            if proof.good:
                break
            trouble = proof.trouble
            if number == 2 or not (trouble.modules or trouble.metadata):
                raise not_proven(self._app, "the program", root, proof, lacking)
            self._notes += [f"it was built again, since {words}" for words in trouble.sentences]
            more = msgspec.structs.replace(more, modules=trouble.modules, metadata=trouble.metadata)
        even(bundle)
        self._about(bundle, root, taken, lacking)
        if self._wishes.proven:
            self._note(proof, "the folder", root)
        return bundle, more, root

    def _about(
        self, bundle: Path, root: Root, taken: tuple[Path, ...], lacking: Mapping[str, str]
    ) -> None:
        if taken:
            names = ", ".join(sorted(path.name for path in taken))
            self._notes.append(
                f"taken along from this machine, since a bare Linux lacks it: {names}"
            )
        for name, asker in list(lacking.items())[:8]:
            self._notes.append(
                f"{asker} asks for {name}, which is not taken along; only that part needs it"
            )
        if self._app.kind is Kind.gui:
            self._notes += boxes(bundle, self._bench)
        glibc = libraries_of(bundle, root.path).glibc
        if glibc > (0, 0):
            known = ", ".join(
                f"{one.name} {one.release}" for one in oldest_of_each(glibc, glibc_table())
            )
            self._notes.append(
                f"it needs glibc {glibc[0]}.{glibc[1]} or newer: from {known} on. Older ones: build on an older Linux"
            )

    def _one_file(self, more: More, root: Root, bundle: Path) -> Path:
        made = self._bench.build(self._app, "build-one-file", more, one_file=True)
        if not self._wishes.proven:
            return made
        inside = f"/opt/one-file/{self._app.slug}"
        place = Place(root=root, program=inside, binds=(Bind(source=str(made), place=inside),))
        self._start(place, "the one file")
        folder, single = (self._seconds(one) for one in (self._place(root, bundle), place))
        self._notes.append(
            f"one file takes {single:.2f} s to start and end here, the folder {folder:.2f} s: it unpacks itself each time"
        )
        return made

    def _seconds(self, place: Place) -> float:
        found = []
        for _ in range(_STARTS):
            begun = time.monotonic()
            self._prove(place)
            found.append(time.monotonic() - begun)
        return statistics.median(found)

    def _place(self, root: Root, bundle: Path) -> Place:
        inside = f"/opt/{self._app.slug}"
        return Place(
            root=root,
            program=f"{inside}/{self._app.slug}",
            binds=(Bind(source=str(bundle), place=inside),),
        )

    def _start(self, place: Place, what: str) -> None:
        proof = self._prove(place)
        if not proof.good:
            raise not_proven(self._app, what, place.root, proof, {})
        self._note(proof, what, place.root)

    def _note(self, proof: Proof, what: str, root: Root) -> None:
        self._proven += [f"{what}, in {root.said}: {words}" for words in proof.proven]
        if proof.picture:
            (self._scratch / f"{self._stem}.png").write_bytes(proof.picture)

    def _prove(self, place: Place) -> Proof:
        return prove(self._app, place, self._situation.env, self._scratch)
