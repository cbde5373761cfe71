"""Build a program in a fresh environment that holds what the lock says, and nothing else."""

import shutil
import sys
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from onward.adapters import nuitka, pyinstaller
from onward.adapters.uv import build as uv_build
from onward.adapters.uv.commands import Uv, words_of
from onward.core.errors import BadInput, EngineFailed, Refused
from onward.core.lines import lines_of
from onward.core.perform import Listen
from onward.core.proc.call import Call, Ran
from onward.core.proc.run import run
from onward.domain.apps import launcher
from onward.domain.apps.model import App, Engine, Kind
from onward.domain.apps.recipe import Wanted
from onward.workflows.app.source import (
    forget_machine,
    has_module,
    installed,
    packages_of,
    plugins_of,
    refuse_links_out,
    version_of,
    with_siblings,
)
from onward.workflows.build import Refuse
from onward.workflows.drawn_icons import draw_icons
from onward.workflows.resolve import Resolver
from onward.workflows.situation import Situation
from onward.workflows.source_copy import copy_sources, find_sources
from onward.workflows.sync import propose_sync
from onward.workflows.uv_words import outside_if_network

_FONTS = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSansMono.ttf")
_FONT_FOLDERS = (
    "/usr/share/fonts/truetype/dejavu",
    "/usr/share/fonts/dejavu",
    "/usr/share/fonts/TTF",
)


class More(msgspec.Struct, frozen=True, kw_only=True):
    """What a first try has shown to be missing."""

    modules: tuple[str, ...] = ()
    metadata: tuple[str, ...] = ()
    libraries: tuple[Path, ...] = ()


class Face(msgspec.Struct, frozen=True, kw_only=True):
    """How Windows and macOS show a program: the icon of its file, and the name of the bundle that macOS opens."""

    icon: Path | None = None
    bundle: str = ""


_PLAIN = Face()


def judge_lock(resolver: Resolver) -> None:
    """Judge all that the lock holds; raises Refused (``held-back``), BadInput (``no-lock``) where there is none."""
    project = resolver.situation.project
    if not (project.root / "uv.lock").is_file():
        raise BadInput(
            "no-lock",
            "there is no uv.lock, so nobody could say what the program was built from",
            hint="`onward lock` makes one, where the dependencies stand in [project].",
        )
    decision = propose_sync(resolver, locked=True).decision
    if decision.blocked:
        raise Refused(
            "held-back",
            "the policy holds back what the lock asks for, so nothing was built",
            context=tuple(
                f"{verdict.finding.message} [{verdict.finding.rule}]"
                for verdict in decision.because
                if verdict.blocks
            ),
            hint="`onward sync` shows the whole judgement; `onward allow` lets one release pass, with a reason.",
        )


class Bench:
    """A scratch folder with a copy of the sources and an environment of their own."""

    def __init__(
        self,
        situation: Situation,
        uv: Uv,
        refuse: Refuse,
        scratch: Path,
        *,
        engine: Engine = Engine.pyinstaller,
        listen: Listen,
        runner: Callable[[Call], Ran] = run,
    ) -> None:
        self._engine = engine
        self._situation = situation
        self._refuse = refuse
        self._scratch = scratch
        self._listen = listen
        self._runner = runner
        self.environment = scratch / "environment"
        env = {**uv.env, "UV_PROJECT_ENVIRONMENT": str(self.environment)}
        self._uv = msgspec.structs.replace(uv, env=env, whole_workspace=False)
        self.source = Path()
        self.files: tuple[str, ...] = ()
        self.when = 0
        self._locked: frozenset[str] = frozenset()
        self._has_builder = False

    @property
    def python(self) -> Path:
        """The interpreter of the environment."""
        return uv_build.python_of(self.environment)

    @property
    def site(self) -> Path:
        """Where its distributions are."""
        return next(
            iter(self.environment.glob("lib/python*/site-packages")),
            self.environment / "Lib" / "site-packages",
        )

    @property
    def requires_python(self) -> str:
        """What the project says of the Python it needs, empty for nothing."""
        text = (self.source / "pyproject.toml").read_text(encoding="utf-8")
        return str(tomllib.loads(text).get("project", {}).get("requires-python", ""))

    def take(self, folder: Path) -> None:
        """Copy the sources of the project at ``folder``, as git knows them."""
        situation = self._situation
        sources, known = find_sources(folder, situation.env, cwd=situation.cwd)
        self.source = copy_sources(sources, known, self._scratch / "source")
        self.files, self.when = sources.files, sources.when
        refuse_links_out(sources.folder, sources.top, sources.files)
        lock = situation.project.root / "uv.lock"
        top = (
            self._scratch
            / "source"
            / situation.project.root.resolve().relative_to(sources.top.resolve())
        )
        if not (top / "uv.lock").is_file():
            shutil.copyfile(lock, top / "uv.lock")

    def make_environment(self) -> None:
        """Install what the lock says, and nothing else."""
        self._listen("start", "Making a fresh environment from uv.lock")
        self._expect(self._uv.sync(str(self.source), ("--no-default-groups", "--no-editable")))
        self._locked = installed(self.site)
        forget_machine(self.site)

    def check_entry(self, app: App) -> None:
        """Raise BadInput (``no-entry``) where no file here is the module that is to be started."""
        module = app.entry.partition(":")[0]
        places = (self.site, self.source, self.source / "src")
        if app.is_script or module.partition(".")[0] in sys.stdlib_module_names or has_module(module, places):  # fmt: skip
            return
        raise BadInput(
            "no-entry",
            f"`{app.entry}` is to be started, and there is no module `{module}`",
            context=("It is neither among the project's files nor in what uv.lock installs.",),
            hint="Correct `--entry`, `[tool.onward.app] entry` or `[project.scripts]`; git has to know the file.",
        )

    def with_version(self, app: App) -> App:
        """Give the program with the version that it was installed under, where only what builds it knows that (``dynamic``)."""
        version = version_of(self.site, app.distribution) if app.version == "0" else ""
        return msgspec.structs.replace(app, version=version) if version else app

    def version(self) -> tuple[int, int]:
        """Give the version of that Python without its last part (``pyvenv.cfg``)."""
        text = (self.environment / "pyvenv.cfg").read_text(encoding="utf-8")
        fields = {line.partition("=")[0].strip(): line.partition("=")[2] for line in lines_of(text)}
        major, minor = fields["version_info"].strip().split(".")[:2]
        return int(major), int(minor)

    def add_builder(self) -> None:
        """Install what builds beside it, once; raises BadInput (``lock-moved``) if that changes what is locked."""
        if self._has_builder:
            return
        self._has_builder = True
        needs = nuitka.REQUIREMENTS if self._engine is Engine.nuitka else pyinstaller.REQUIREMENTS
        said = " and ".join(needs)
        self._listen("start", f"Adding {said} to it, for the build alone")
        self._expect(
            uv_build.install(self._uv, needs, self.environment, self.source, offline=False)
        )
        if moved := self._locked - installed(self.site):
            raise BadInput(
                "lock-moved",
                f"{said} does not fit beside what the lock holds",
                context=tuple(sorted(moved)),
            )

    def build(
        self, app: App, name: str, more: More, *, one_file: bool = False, face: Face = _PLAIN
    ) -> Path:
        """Build the folder (or the one file) of the program; raises BadInput (``app-not-built``) with the engine's words."""
        self.add_builder()
        work = self._scratch / name
        work.mkdir()
        wanted = msgspec.structs.replace(
            self._wanted(app, work, more, one_file=one_file),
            icon=face.icon,
            bundle=face.bundle,
            version=app.version,
        )
        env = {**self._situation.env, "SOURCE_DATE_EPOCH": str(self.when)}
        compiled = self._engine is Engine.nuitka
        build = nuitka.build if compiled else pyinstaller.build
        ran = self._runner(build(self.python, wanted, env))
        made = nuitka.settle(wanted) if compiled else pyinstaller.settle(wanted)
        if not ran.succeeded or not made.exists():
            raise BadInput(
                "app-not-built",
                f"{self._engine} could not build the program",
                context=pyinstaller.last_words(ran),
                hint="These are its own words; nothing was changed.",
            )
        return made

    def _wanted(self, app: App, work: Path, more: More, *, one_file: bool) -> Wanted:
        plugins, owners = plugins_of(self.site, self._locked)
        named = (app.distribution,) if app.distribution else ()
        windowed = app.kind is Kind.gui
        return Wanted(
            name=app.slug,
            script=self._script(app, work),
            work=work,
            one_file=one_file,
            windowed=windowed,
            data=(
                *self._data(app),
                *self._fonts(app, work),
                *((path, ".") for path in more.libraries),
            ),
            collected=packages_of(self.site, app.distribution) if app.distribution else (),
            metadata=tuple(dict.fromkeys((*named, *owners, *more.metadata))),
            hidden=tuple(
                dict.fromkeys(
                    (
                        *app.hidden,
                        *plugins,
                        *with_siblings(self.site, more.modules),
                        *_servers(app, self.site),
                    )
                )
            ),
            paths=(self.source, self.source / "src") if not app.distribution else (),
            hooks=self._hooks(app, work),
            plugins=nuitka.plugins(self.site, windowed=windowed),
        )

    def draw(self, source: Path, sizes: Sequence[int]) -> Mapping[str, bytes]:
        """Draw icons in an environment of its own; the program's would take its libraries along."""
        return draw_icons(source, sizes, self._uv, self._refuse, self._scratch, runner=self._runner)

    def _script(self, app: App, work: Path) -> Path:
        if app.is_script:
            script = self.source / app.entry
            if not script.is_file():
                raise BadInput("no-entry", f"`{app.entry}` is not among the project's files")
            return script
        script = work / "onward_start.py"  # no name that the program itself may have
        before = launcher.FONT_HOOK * (self._engine is Engine.nuitka and app.kind is Kind.gui)
        script.write_text(before + launcher.launcher(app), encoding="utf-8")
        return script

    def _data(self, app: App) -> Sequence[tuple[Path, str]]:
        found = []
        for source, place in app.data:
            path = self.source / source
            if not path.exists():
                raise BadInput(
                    "no-data",
                    f"`{source}` of `data` in [tool.onward.app] is not among the project's files",
                    hint="Files that git does not know are not shipped: `git add` them.",
                )
            inside = place if path.is_dir() else str(Path(place).parent)
            found.append((path, inside.removeprefix("src/")))
        return found

    def _fonts(self, app: App, work: Path) -> Sequence[tuple[Path, str]]:
        if app.kind is not Kind.gui or sys.platform != "linux":  # others have fonts of their own
            return ()
        found = next(
            (Path(place) for place in _FONT_FOLDERS if Path(place, _FONTS[0]).is_file()), None
        )
        if found is None:
            self._listen(
                "note",
                "DejaVu is not on this machine, so no fonts are shipped (`sudo apt install fonts-dejavu-core`)",
            )
            return ()
        conf = work / "fonts.conf"
        conf.write_text(launcher.FONTS_CONF, encoding="utf-8")
        return [
            (path, "fonts") for path in (conf, *(found / name for name in _FONTS)) if path.is_file()
        ]

    def _hooks(self, app: App, work: Path) -> Sequence[Path]:
        if app.kind is not Kind.gui or sys.platform != "linux" or self._engine is Engine.nuitka:
            return ()
        hook = work / "fonts_first.py"
        hook.write_text(launcher.FONT_HOOK, encoding="utf-8")
        return (hook,)

    def _expect(self, call: Call) -> None:
        ran = self._runner(call)
        if ran.succeeded:
            return
        self._refuse(words_of(ran))
        outside_if_network(ran)
        raise EngineFailed(
            "no-environment", "uv could not make the environment to build in", context=words_of(ran)
        )


def _servers(app: App, site: Path) -> tuple[str, ...]:
    """Give the parts that uvicorn chooses by name at run time."""
    if app.kind is not Kind.web or not (site / "uvicorn").is_dir():
        return ()
    return (
        "uvicorn.lifespan.on",
        "uvicorn.loops.asyncio",
        "uvicorn.protocols.http.h11_impl",
        "uvicorn.protocols.websockets.auto",
    )
