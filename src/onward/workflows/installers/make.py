"""Make installers around a folder, look into them again, and give the plan that writes them."""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import msgspec

from onward.adapters import windows_installers as tools
from onward.core.disk import sha256_of, write_failed
from onward.core.errors import BadInput, OutsideFailed, Refused
from onward.core.perform import Listen, silent
from onward.core.plan import Plan, Step, WriteFile
from onward.core.proc.call import Call, Ran
from onward.core.proc.run import expect, run
from onward.core.scratch_folder import scratch_folder
from onward.core.system_programs import SystemProgram, paths_of
from onward.domain.installers import nsis, wxs
from onward.domain.installers.windows_app import Machine, WindowsApp
from onward.workflows.installers.signing import Signing, sign_with

FORMATS = ("exe", "msi")
_THEN = 1_577_836_800.0  # 2020-01-01: every file in an installer has this time, so that it can be made again
_ICON = "icon drawn.ico"  # a name that is none of the staged ones
_PROGRAMS: dict[str, tuple[SystemProgram, ...]] = {
    "exe": (tools.MAKENSIS, tools.SEVEN_ZIP),
    "msi": (tools.WIXL, tools.MSIEXTRACT),
}
_NOT_STARTED = "nothing was started: that can only be done on Windows. Install it there once before you hand it out"


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """Which formats (``exe``, ``msi``), into which folder, signed by what, and whether to replace files."""

    formats: tuple[str, ...]
    out: Path
    signing: Signing | None = None
    force: bool = False


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it: (file name, bytes, sha256) of each, what was proven, what was not, and the plan."""

    files: tuple[tuple[str, int, str], ...]
    proven: tuple[str, ...]
    notes: tuple[str, ...]
    plan: Plan


def make_installers(
    folder: Path,
    app: WindowsApp,
    wishes: Wishes,
    env: Mapping[str, str],
    *,
    icon: bytes = b"",
    listen: Listen = silent,
    runner: Callable[[Call], Ran] = run,
) -> Made:
    """Make the installers in a scratch folder; nothing real changes. ``icon`` is an ``.ico`` beside those files.

    Raises BadInput (``no-msi-for-arm``), MissingTool, EngineFailed when a tool fails,
    OutsideFailed (``not-the-same``) when an installer does not hold what it was given, and
    Refused (``would-replace``).
    """
    if "msi" in wishes.formats and app.machine is Machine.arm64:
        raise BadInput(
            "no-msi-for-arm",
            "wixl makes no MSI for ARM64",
            hint="Ask for the setup program alone: `--format exe`.",
        )
    wanted = [program for form in wishes.formats for program in _PROGRAMS[form]]
    if wishes.signing:
        wanted.append(tools.OSSLSIGNCODE)
    paths = dict(zip(wanted, paths_of(wanted, env), strict=True))
    contents: dict[str, bytes] = {}
    proven: list[str] = []
    with scratch_folder() as scratch:
        work = _Work(app, scratch, {**env, "LC_ALL": "C.UTF-8"}, paths, runner)
        listen("start", f"Copying {len(app.files)} files")
        work.stage(folder)
        work.take_icon(icon)
        if wishes.signing:
            listen("start", f"Signing {app.program}")
            work.sign(work.staged[app.program], wishes.signing)
        for form in wishes.formats:
            listen(
                "start",
                f"Making the {'setup program' if form == 'exe' else 'MSI'}, and looking into it",
            )
            made = work.make(form)
            proven.append(f"{made.name} holds the {len(app.files)} files, byte for byte")
            if wishes.signing:
                work.sign(made, wishes.signing)
                proven.append(
                    f"{made.name} and {app.program} in it are signed, and as they were signed"
                )
            contents[made.name] = made.read_bytes()
    return Made(
        files=tuple((name, len(held), sha256_of(held)) for name, held in contents.items()),
        proven=tuple(proven),
        notes=tuple(_notes(wishes)),
        plan=_plan(contents, wishes),
    )


class _Work:
    """A scratch folder with the files under plain names, and the tools."""

    def __init__(
        self,
        app: WindowsApp,
        scratch: Path,
        env: Mapping[str, str],
        programs: Mapping[SystemProgram, str],
        runner: Callable[[Call], Ran],
    ) -> None:
        self._app = app
        self._scratch = scratch
        self._env = env
        self._programs = programs
        self._runner = runner
        self.staged: dict[str, Path] = {}

    def stage(self, folder: Path) -> None:
        """Copy every file under a name that no tool can misread."""
        below = self._scratch / "files"
        try:
            below.mkdir()
            for number, file in enumerate(self._app.files):
                copy = below / f"f{number}"
                shutil.copyfile(folder / file, copy, follow_symlinks=False)
                self._date(copy)
                self.staged[file] = copy
        except OSError as error:
            raise write_failed(below, error) from error

    def take_icon(self, content: bytes) -> None:
        """Give the installers an icon that is none of the files."""
        if content:
            (self._scratch / "files" / _ICON).write_bytes(content)
            self._app = msgspec.structs.replace(self._app, icon=_ICON)

    def sign(self, file: Path, signing: Signing) -> None:
        """Sign a file in place."""
        sign_with(
            self._programs[tools.OSSLSIGNCODE],
            file,
            signing,
            about=self._app.name,
            scratch=self._scratch,
            env=self._env,
            runner=self._runner,
        )
        self._date(file)

    def make(self, form: str) -> Path:
        """Make one installer, unpack it, and see that it holds what was staged."""
        name = f"{self._app.name}-{self._app.version}-{self._app.machine}"
        made = self._scratch / (f"{name}-setup.exe" if form == "exe" else f"{name}.msi")
        inside = self._scratch / f"inside-{form}"
        inside.mkdir()
        unpack = self._exe(made, inside) if form == "exe" else self._msi(made, inside)
        expect(self._runner(unpack))
        # msiextract has a folder above for 32 bits only
        tops = [inside, inside / self._app.name, inside / "Program Files" / self._app.name]
        within = next((top for top in tops if (top / self._app.program).is_file()), inside)
        self._compare(made.name, within)
        return made

    def _exe(self, made: Path, inside: Path) -> Call:
        script = self._scratch / "installer.nsi"
        # NSIS finds what it is to make by a name with its own rules, too
        plain = self._scratch / "installer.exe"
        script.write_text(nsis.script(self._app, self._names(), plain.name), encoding="utf-8")
        expect(self._runner(tools.make_exe(self._programs[tools.MAKENSIS], script, self._env)))
        plain.rename(made)
        return tools.unpack_exe(self._programs[tools.SEVEN_ZIP], made, inside, self._env)

    def _msi(self, made: Path, inside: Path) -> Call:
        text = self._scratch / "installer.wxs"
        text.write_text(wxs.description(self._app, self._names()), encoding="utf-8")
        wixl = self._programs[tools.WIXL]
        expect(self._runner(tools.make_msi(wixl, text, made, self._app.machine, self._env)))
        return tools.unpack_msi(self._programs[tools.MSIEXTRACT], made, inside, self._env)

    def _names(self) -> dict[str, str]:
        names = {file: f"files/{copy.name}" for file, copy in self.staged.items()}
        return {_ICON: f"files/{_ICON}", **names}

    def _compare(self, made: str, inside: Path) -> None:
        wrong = []
        for file, copy in self.staged.items():
            unpacked = inside / file
            if not unpacked.is_file():
                wrong.append(f"{file} is missing")
            elif unpacked.read_bytes() != copy.read_bytes():
                wrong.append(f"{file} is another file")
        if wrong:
            raise OutsideFailed(
                "not-the-same",
                f"`{made}` does not hold what it was made of",
                context=tuple(wrong[:20]),
                hint="Nothing was written. Give those files plain names and try again.",
            )

    def _date(self, file: Path) -> None:
        os.utime(file, (_THEN, _THEN))


def _notes(wishes: Wishes) -> Iterator[str]:
    yield _NOT_STARTED
    if not wishes.signing:
        yield "it is not signed, so Windows warns whoever starts it (`--sign FILE.pfx`)"
    elif not wishes.signing.timestamp:
        yield "its signature has no time stamp, so it ends with the certificate (`--timestamp URL`)"


def _plan(contents: Mapping[str, bytes], wishes: Wishes) -> Plan:
    steps: list[Step] = []
    for name, held in contents.items():
        path = wishes.out / name
        if path.exists() and not wishes.force:
            if path.read_bytes() == held:
                continue
            raise Refused(
                "would-replace",
                f"`{path}` is there with other content",
                hint="Raise the version if it was handed out; `--force` replaces it if it was not.",
            )
        steps.append(WriteFile(sentence=f"write {path}", path=str(path), content=held))
    return Plan(title=f"put {len(steps)} installers into {wishes.out}", steps=tuple(steps))
