"""PyInstaller (6.22): the spec and the call for a folder or one file. It runs in the environment of the program, never in ours."""

from pathlib import Path

from onward.core.lines import lines_of
from onward.core.proc.call import Call, Ran
from onward.core.redact import redact
from onward.domain.apps.recipe import Wanted

REQUIREMENTS = ("pyinstaller==6.22.3",)
"""The version that was tried; it goes into the build environment only."""

_SECONDS = 3_600.0
_WORDS = 25


def build(python: Path, wanted: Wanted, env: dict[str, str]) -> Call:
    """Give the call that builds into ``work/dist``, and write its spec; ``python`` is that of the build environment."""
    work = wanted.work
    spec = work / f"{wanted.name}.spec"
    spec.write_text(_spec(wanted), encoding="utf-8")
    argv = [str(python), "-I", "-m", "PyInstaller", "--noconfirm", "--clean", "--log-level", "WARN"]
    argv += ["--distpath", str(work / "dist"), "--workpath", str(work / "work"), str(spec)]
    told = {"PYINSTALLER_CONFIG_DIR": str(work / "config"), "PYTHONHASHSEED": "0"}
    unwanted = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
    kept = {name: value for name, value in env.items() if name not in unwanted}
    return Call(
        argv=tuple(argv), cwd=str(work), env={**kept, **told}, timeout=_SECONDS, whole_group=True
    )


def settle(wanted: Wanted) -> Path:
    """Give what it has made: the bundle where one was to be made and this is macOS, else the folder or file."""
    dist = wanted.work / "dist"
    bundle = dist / wanted.bundle
    return bundle if wanted.bundle and bundle.is_dir() else dist / wanted.name


def _spec(wanted: Wanted) -> str:
    told = {
        "name": wanted.name,
        "script": str(wanted.script),
        "work": str(wanted.work),
        "one_file": wanted.one_file,
        "console": not wanted.windowed,
        "icon": str(wanted.icon) if wanted.icon else None,
        "bundle": wanted.bundle,
        "version": wanted.version,
        "data": [[str(source), place] for source, place in wanted.data],
        "collected": list(wanted.collected),
        "metadata": list(wanted.metadata),
        "hidden": list(wanted.hidden),
        "paths": [str(path) for path in wanted.paths],
        "hooks": [str(path) for path in wanted.hooks],
        "later": HOOKS_LATER,
    }
    return f"told = {told!r}\n{_SPEC}"


# Modules are loose files in a folder: an archive is opened and unpacked anew for each import.
_SPEC = """
from pathlib import Path
from zipfile import ZipFile, ZipInfo
from PyInstaller.utils.hooks import collect_data_files, collect_submodules, copy_metadata

data = [tuple(one) for one in told["data"]]
hidden = list(told["hidden"])
for name in told["collected"]:
    data += collect_data_files(name)
    hidden += collect_submodules(name)
for name in told["metadata"]:
    data += copy_metadata(name)
a = Analysis(
    [told["script"]], pathex=told["paths"], datas=data, hiddenimports=hidden, runtime_hooks=told["hooks"],
    noarchive=not told["one_file"],
)
now, later = [], {}
for name, path, kind in a.scripts:
    module = {"pyi_rth_inspect": "inspect", "pyi_rth_multiprocessing": "multiprocessing",
              "pyi_rth_pkgutil": "pkgutil"}.get(name)
    if module:
        later[module] = Path(path).read_text(encoding="utf-8")
    else:
        now.append((name, path, kind))
if later:
    hook = Path(told["work"], "onward_hooks_later.py")
    hook.write_text(f"_waiting = {later!r}\\n{told['later']}", encoding="utf-8")
    now.insert(0, ("onward_hooks_later", str(hook), "PYSOURCE"))
for name, path, kind in a.datas:
    if name == "base_library.zip":  # its entries have the time at which they were made
        with ZipFile(path) as opened:
            held = sorted((one, opened.read(one)) for one in opened.namelist())
        with ZipFile(path, "w") as made:
            for one, content in held:
                made.writestr(ZipInfo(one), content)
whole = (a.binaries, a.datas) if told["one_file"] else ()
exe = EXE(
    PYZ(a.pure), now, *whole, exclude_binaries=not told["one_file"], name=told["name"],
    console=told["console"], upx=False, icon=told["icon"],
)
if not told["one_file"]:
    whole = COLLECT(exe, a.binaries, a.datas, upx=False, name=told["name"])
    if told["bundle"]:  # PyInstaller passes over it on other systems than macOS
        BUNDLE(whole, name=told["bundle"], icon=told["icon"], version=told["version"])
"""

HOOKS_LATER = """
import sys


class _Later:
    '''Runs a hook of PyInstaller's when the module that it changes is imported, and not at each start.'''

    def find_spec(self, name, path=None, target=None):
        if name not in _waiting:
            return None
        hook = _waiting.pop(name)
        for finder in sys.meta_path:
            spec = finder.find_spec(name, path, target) if finder is not self else None
            if spec is not None:
                spec.loader = _Loader(spec.loader, hook)
                return spec
        return None


class _Loader:
    def __init__(self, real, hook):
        self._real, self._hook = real, hook

    def create_module(self, spec):
        return self._real.create_module(spec)

    def exec_module(self, module):
        module.__loader__ = module.__spec__.loader = self._real
        self._real.exec_module(module)
        exec(compile(self._hook, "<hook of PyInstaller>", "exec"), {})


sys.meta_path.insert(0, _Later())
if "multiprocessing" in _waiting and ("-c" in sys.argv or "--multiprocessing-fork" in sys.argv):
    __import__("multiprocessing")  # maybe it is a helper of that
"""
"""The first script of a program: three hooks of PyInstaller's cost more than all else of a small program's start."""


def last_words(ran: Ran) -> tuple[str, ...]:
    """Give the last lines that it said."""
    said = (ran.err or ran.out).decode("utf-8", "replace")
    return tuple(lines_of(redact(said).strip())[-_WORDS:])
