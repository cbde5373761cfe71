"""Make the checkout ready: a folder ``.cache`` with uv and the locked packages, and nothing elsewhere.

Works with only a Python 3.11 or newer and a package registry. The second time it does
nothing but compare a stamp. Several may run at once.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, NoReturn

from scripts import find_python, registry_settings

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache"
_BIN = "Scripts" if os.name == "nt" else "bin"
_EXE = ".exe" if os.name == "nt" else ""
_EXPORT = [
    "--quiet",
    "--frozen",
    "--no-emit-project",
    "--all-extras",
    "--group",
    "dev",
    "--no-header",
    "--no-annotate",
]
# Any index may give a file, since the hash decides whether it is the right one.
_SYNC = ["--require-hashes", "--compile-bytecode", "--index-strategy", "unsafe-best-match"]


class Ready(NamedTuple):
    """What the scripts work with: the Python of ``.cache/venv``, and the environment for children."""

    python: str
    env: dict[str, str]


def ready() -> Ready:
    """Make everything ready if it is not, and give what to work with. Ends the program when it cannot."""
    find_python.restart_if_too_old()
    CACHE.mkdir(exist_ok=True)
    env = _child_environment()
    with _one_at_a_time():
        tools = _tools(env)
        env |= tools.for_uv
        _install(tools, env)
    env["PATH"] = os.pathsep.join([str(CACHE / "venv" / _BIN), env.get("PATH", os.defpath)])
    return Ready(str(_python_of(CACHE / "venv")), env)


class _Tools(NamedTuple):
    """The uv of the lock file, and the settings that let it reach the registry."""

    uv: str
    for_uv: dict[str, str]


def _tools(env: dict[str, str]) -> _Tools:
    """Give the uv that uv.lock names, installed by pip into ``.cache/tools``."""
    folder = CACHE / "tools"
    version, hashes = _locked_uv()
    stamp = folder / "stamp"
    wanted = f"{version} {_interpreter()} {folder}"
    if not (_python_of(folder).exists() and _read(stamp) == wanted):
        _make_tools_folder(folder)
    pip = _pip_settings(folder, env)
    config = registry_settings.read_uv_config(registry_settings.uv_config_files(env))
    if _read(stamp) != wanted:
        say(f"installing uv {version} with pip, into .cache/tools")
        listed = folder / "uv.txt"
        marks = " ".join(f"--hash={value}" for value in hashes)
        listed.write_text(f"uv=={version} {marks}\n", encoding="utf-8")
        words = [*_pip(folder), "install", "-qq", "--disable-pip-version-check"]
        words += ["--no-deps", "--only-binary=:all:", "--require-hashes", "-r", str(listed)]
        _run(
            words,
            {**env, **registry_settings.for_pip(pip, env, config)},
            f"pip could not install uv {version}",
            "Check that pip reaches your package registry: `pip config list` and `pip download uv`.",
        )
        stamp.write_text(wanted, encoding="utf-8")
    return _Tools(
        str(folder / _BIN / f"uv{_EXE}"),
        registry_settings.for_uv(pip, env, config),
    )


def _install(tools: _Tools, env: dict[str, str]) -> None:
    """Bring ``.cache/venv`` to what uv.lock says, every file checked by its hash."""
    folder = CACHE / "venv"
    stamp = folder / "stamp"
    wanted = _wanted()
    if _python_of(folder).exists() and _read(stamp) == wanted:
        return
    say("installing the locked packages into .cache/venv (each checked by its hash)")
    if not (_python_of(folder).exists() and (_read(stamp) or "").startswith(_interpreter())):
        _run(
            [tools.uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)],
            env,
            "could not make the folder .cache/venv",
            "Remove `.cache` and try again.",
        )
    listed = CACHE / "locked.txt"
    # The lock names the public registry's file addresses. Only names, versions and hashes
    # are taken from it, so that the files may come from this machine's own registry.
    _run(
        [tools.uv, "export", *_EXPORT, "--output-file", str(listed)],
        env,
        "could not read uv.lock",
        "`git status uv.lock` shows whether it was changed.",
    )
    there = ["--quiet", "--python", str(_python_of(folder))]
    _run(
        [tools.uv, "pip", "sync", *there, *_SYNC, str(listed)],
        env,
        "could not install the locked packages",
        "Check that your package registry is reachable and has these versions, and try again.",
    )
    _run(
        [tools.uv, "pip", "install", *there, "--no-deps", "--editable", str(ROOT)],
        env,
        "could not install onward itself from the checkout",
        "`git status` shows what was changed in pyproject.toml.",
    )
    stamp.write_text(wanted, encoding="utf-8")


def _make_tools_folder(folder: Path) -> None:
    say(f"making .cache with Python {sys.version.split()[0]}")
    shutil.rmtree(folder, ignore_errors=True)
    made = _ran([sys.executable, "-m", "venv", str(folder)])
    if made and not _ran([*_pip(folder), "--version"]):
        made = False
    if made:
        return
    # Debian splits `venv` in two packages; pip itself may still be there.
    shutil.rmtree(folder, ignore_errors=True)
    bare = _ran([sys.executable, "-m", "venv", "--without-pip", str(folder)])
    if not (bare and _ran([*_pip(folder), "--version"])):
        fail(
            "this Python cannot make virtual environments with pip",
            "On Debian and Ubuntu: `apt install python3-venv`; elsewhere install Python from python.org.",
        )


def _pip(folder: Path) -> list[str]:
    """Give the words that run pip for the environment in ``folder``: its own, or this Python's."""
    own = list(folder.glob(f"{'Lib' if os.name == 'nt' else 'lib/python*'}/site-packages/pip"))
    if own:
        return [str(_python_of(folder)), "-m", "pip"]
    return [sys.executable, "-m", "pip", "--python", str(_python_of(folder))]


def _pip_settings(folder: Path, env: Mapping[str, str]) -> dict[str, str]:
    asked = subprocess.run(
        [*_pip(folder), "config", "list"],
        env=dict(env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    return registry_settings.read_pip_list(asked.stdout) if asked.returncode == 0 else {}


def _locked_uv() -> tuple[str, list[str]]:
    import tomllib

    lock = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
    locked = next(package for package in lock["package"] if package["name"] == "uv")
    return locked["version"], [wheel["hash"] for wheel in locked["wheels"]]


def _child_environment() -> dict[str, str]:
    left_out = ("PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT", "UV_PYTHON")
    env = {name: value for name, value in os.environ.items() if name not in left_out}
    if not (env.get("HOME") or env.get("USERPROFILE")):
        # Without a home the tools would pick a folder at the root of the disk, or fail.
        for name, folder in (("UV_CACHE_DIR", "uv"), ("PIP_CACHE_DIR", "pip")):
            if not env.get(name):
                env[name] = str(CACHE / folder)
    env.setdefault("UV_PYTHON_DOWNLOADS", "never")
    return env


def _interpreter() -> str:
    return f"{sys.version_info[0]}.{sys.version_info[1]}.{sys.version_info[2]} {sys.base_prefix}"


def _wanted() -> str:
    told = hashlib.sha256()
    for name in ("uv.lock", "pyproject.toml", "scripts/bootstrap.py"):
        told.update((ROOT / name).read_bytes())
    return f"{_interpreter()} {ROOT} {told.hexdigest()}"


def _python_of(folder: Path) -> Path:
    return folder / _BIN / f"python{_EXE}"


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return None


def _ran(words: list[str]) -> bool:
    try:
        done = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=_child_environment(),
            check=False,
        )
    except OSError:
        return False
    return done.returncode == 0


def _run(words: list[str], env: Mapping[str, str], fault: str, hint: str) -> None:
    done = subprocess.run(words, cwd=ROOT, env=dict(env), stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        fail(f"{fault} (exit code {done.returncode}; its own words are above)", hint)


def inside() -> bool:
    """Say whether this very Python is that of ``.cache/venv``."""
    return Path(sys.prefix).resolve() == (CACHE / "venv").resolve()


def again(script: str) -> int:
    """Run ``scripts/SCRIPT.py`` with the words of this call in the ready environment; gives its exit code."""
    made = ready()
    words = [made.python, "-m", f"scripts.{script}", *sys.argv[1:]]
    return subprocess.run(words, cwd=ROOT, env=made.env, check=False).returncode


def say(sentence: str) -> None:
    """Print a line about what is being made ready."""
    print(f"[ready] {sentence}", flush=True)


def fail(fault: str, hint: str) -> NoReturn:
    """End the program with what happened and what to do."""
    sys.exit(f"onward: {fault}\n  -> {hint}")


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    with (CACHE / "bootstrap.lock").open("a+b") as file:
        told = False
        while not _try_lock(file.fileno()):
            if not told:
                say("another run is making .cache ready; waiting for it")
                told = True
            time.sleep(0.2)
        yield  # closing the file frees the lock, also when this program dies


if sys.platform == "win32":
    import msvcrt

    def _try_lock(handle: int) -> bool:
        os.lseek(handle, 0, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
