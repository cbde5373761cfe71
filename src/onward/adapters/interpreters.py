"""Where version managers keep their Pythons: pyenv, asdf, mise, Homebrew, uv, python.org, the system.

Only names of folders are looked at; no Python is started. The folders come through a
small reader, so each system's layout can be tried on any other.
"""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from typing import Protocol

import msgspec

_FULL = re.compile(r"(\d+)\.(\d+)\.(\d+)(?:_\d+)?")  # Homebrew marks a rebuild by _1
_UV_NAME = re.compile(r"cpython-(\d+\.\d+\.\d+)-")
_OLDEST = (3, 8)  # uv prints warnings for what is older


class Folders(Protocol):
    """What is asked of a file system."""

    def names(self, folder: str) -> Iterable[str]:
        """Give the names in ``folder``; none when it is not there or may not be read."""

    def is_file(self, path: str) -> bool:
        """Say whether a file is there."""

    def text(self, path: str) -> str:
        """Give the text of a small file; empty when it is not there or may not be read."""


class RealFolders:
    """The file system of this machine."""

    def names(self, folder: str) -> Iterable[str]:
        """Give the names in ``folder``; none when it is not there or may not be read."""
        try:
            return sorted(entry.name for entry in Path(folder).iterdir())
        except OSError:
            return ()

    def is_file(self, path: str) -> bool:
        """Say whether a file is there."""
        try:
            return Path(path).is_file()
        except OSError:
            return False

    def text(self, path: str) -> str:
        """Give the text of a small file; empty when it is not there or may not be read."""
        try:
            return Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return ""


Registry = Callable[[], Iterable[tuple[str, str]]]
"""Gives (version, install folder) of each Python in the Windows registry (PEP 514)."""


def no_registry() -> Iterable[tuple[str, str]]:
    """Give nothing: the registry of a system that has none."""
    return ()


class Interpreter(msgspec.Struct, frozen=True, kw_only=True):
    """An installed CPython: version (``3.12.1``; ``3.12`` where only that shows), its program, who manages it.

    ``manager`` is ``pyenv``, ``asdf``, ``mise``, ``uv``, ``homebrew``, ``python.org`` or
    ``system``.
    """

    version: str
    path: str
    manager: str


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """What finding depends on: environment, ``sys.platform``, home folder, folders, registry."""

    env: Mapping[str, str]
    platform: str
    home: str
    folders: Folders
    registry: Registry = no_registry

    def path(self, *parts: str) -> PurePath:
        """Join a path by the rules of this machine's system."""
        return PureWindowsPath(*parts) if self.platform == "win32" else PurePosixPath(*parts)


def this_machine(env: Mapping[str, str]) -> Machine:
    """Give the machine onward runs on."""
    return Machine(
        env=env,
        platform=sys.platform,
        home=env.get("USERPROFILE" if sys.platform == "win32" else "HOME") or "",
        folders=RealFolders(),
        registry=windows_registry,
    )


def managed(machine: Machine) -> tuple[Interpreter, ...]:
    """Give the Pythons (CPython >= 3.8, full releases) of every version manager, newest first."""
    found = [one for one in _all(machine) if _parts(one.version)[:2] >= _OLDEST]
    found.sort(key=lambda one: _parts(one.version), reverse=True)
    return tuple({one.path: one for one in found}.values())


def manager_of(path: str, machine: Machine) -> str:
    """Say who manages the Python at ``path``; ``system`` when nobody known does."""
    roots = _roots(machine)
    return next(
        (manager for root, manager in roots if machine.path(path).is_relative_to(root)), "system"
    )


def search_path(machine: Machine) -> tuple[str, ...]:
    """Give the folders for ``UV_PYTHON_SEARCH_PATH``: those of ``PATH``, then every manager's, newest first.

    That variable takes the place of ``PATH`` when uv looks for a Python, so the one a person
    gets by typing ``python`` stays the first. Shims are answered by what they would start
    (pyenv's choice), or left out where that is not written down; folders of virtual
    environments are left out. uv's own Pythons are found by uv itself.
    """
    separator = ";" if machine.platform == "win32" else ":"
    found = managed(machine)
    folders: list[str] = []
    for entry in machine.env.get("PATH", "").split(separator):
        if entry and _is_shims(entry, machine):
            folders += _chosen_by_pyenv(entry, machine, found)
        elif entry and not _is_environment(entry, machine):
            folders.append(entry)
    folders += [str(machine.path(one.path).parent) for one in found if one.manager != "uv"]
    return tuple(dict.fromkeys(folders))


def _chosen_by_pyenv(shims: str, machine: Machine, found: Iterable[Interpreter]) -> list[str]:
    """Give the folders of the versions that pyenv's shims start, in pyenv's order."""
    root = machine.path(shims).parent
    named = machine.env.get("PYENV_VERSION", "").replace(":", "\n") or machine.folders.text(
        str(root / "version")
    )
    own = {one.version: one for one in found if one.manager == "pyenv"}
    return [str(machine.path(own[word].path).parent) for word in named.split() if word in own]


def search_variables(machine: Machine) -> dict[str, str]:
    """Give the environment variable that lets uv find every installed Python; {} when the user set it."""
    if "UV_PYTHON_SEARCH_PATH" in machine.env:
        return {}
    separator = ";" if machine.platform == "win32" else ":"
    return {"UV_PYTHON_SEARCH_PATH": separator.join(search_path(machine))}


def _all(machine: Machine) -> Iterator[Interpreter]:
    for root, manager in _roots(machine):
        if manager == "homebrew":
            yield from _homebrew(machine, root)
        elif manager == "python.org":
            yield from _framework(machine, root)
        else:
            yield from _versions(machine, root, manager)
    for version, folder in machine.registry():
        path = str(machine.path(folder, "python.exe"))
        if machine.folders.is_file(path):
            yield Interpreter(version=version, path=path, manager=manager_of(path, machine))


def _roots(machine: Machine) -> list[tuple[PurePath, str]]:
    """The folder of each manager that has one folder for each version."""
    env, home = machine.env, machine.home
    roots: list[tuple[str, tuple[str, ...], str]] = []
    if machine.platform == "win32":
        pyenv = env.get("PYENV_ROOT") or env.get("PYENV") or rf"{home}\.pyenv\pyenv-win"
        roots.append((pyenv, ("versions",), "pyenv"))
        local = env.get("LOCALAPPDATA") or rf"{home}\AppData\Local"
        roots.append((env.get("MISE_DATA_DIR") or rf"{local}\mise", ("installs", "python"), "mise"))
        roaming = env.get("APPDATA") or rf"{home}\AppData\Roaming"
        own = env.get("UV_PYTHON_INSTALL_DIR") or rf"{roaming}\uv\python"
        roots.append((own, (), "uv"))
        return [(machine.path(root, *rest), manager) for root, rest, manager in roots]
    data = env.get("XDG_DATA_HOME") or f"{home}/.local/share"
    roots.append((env.get("PYENV_ROOT") or f"{home}/.pyenv", ("versions",), "pyenv"))
    roots.append((env.get("ASDF_DATA_DIR") or f"{home}/.asdf", ("installs", "python"), "asdf"))
    roots.append((env.get("MISE_DATA_DIR") or f"{data}/mise", ("installs", "python"), "mise"))
    roots.append((env.get("UV_PYTHON_INSTALL_DIR") or f"{data}/uv/python", (), "uv"))
    for prefix in ("/opt/homebrew", "/usr/local", "/home/linuxbrew/.linuxbrew"):
        roots += [(prefix, (part,), "homebrew") for part in ("Cellar", "opt")]
    if machine.platform == "darwin":
        framework = "/Library/Frameworks/Python.framework"
        roots.append((framework, ("Versions",), "python.org"))
    return [
        (machine.path(root, *rest), manager)
        for root, rest, manager in roots
        if root.startswith("/")
    ]


def _versions(machine: Machine, root: PurePath, manager: str) -> Iterator[Interpreter]:
    for name in machine.folders.names(str(root)):
        found = _UV_NAME.match(name) if manager == "uv" else _FULL.fullmatch(name)
        if found:
            version = found[1] if manager == "uv" else name
            yield from _program(machine, root / name, version, manager)


def _homebrew(machine: Machine, root: PurePath) -> Iterator[Interpreter]:
    if root.name != "Cellar":
        return
    for formula in machine.folders.names(str(root)):
        if not re.fullmatch(r"python@3\.\d+", formula):
            continue
        for name in machine.folders.names(str(root / formula)):
            if found := _FULL.fullmatch(name):
                version = f"{found[1]}.{found[2]}.{found[3]}"
                program = root / formula / name / "bin" / formula.replace("@", "")
                if machine.folders.is_file(str(program)):
                    yield Interpreter(version=version, path=str(program), manager="homebrew")


def _framework(machine: Machine, root: PurePath) -> Iterator[Interpreter]:
    for name in machine.folders.names(str(root)):
        if re.fullmatch(r"3\.\d+", name):
            program = root / name / "bin" / f"python{name}"
            if machine.folders.is_file(str(program)):
                yield Interpreter(version=name, path=str(program), manager="python.org")


def _program(
    machine: Machine, folder: PurePath, version: str, manager: str
) -> Iterator[Interpreter]:
    parts = ("python.exe",) if machine.platform == "win32" else ("bin", "python3")
    program = folder.joinpath(*parts)
    if machine.folders.is_file(str(program)):
        yield Interpreter(version=version, path=str(program), manager=manager)


def _is_shims(folder: str, machine: Machine) -> bool:
    path = machine.path(folder)
    return path.name == "shims" and any(
        word in part for part in path.parts for word in ("pyenv", "asdf", "mise", "rtx")
    )


def _is_environment(folder: str, machine: Machine) -> bool:
    above = machine.path(folder).parent
    active = machine.env.get("VIRTUAL_ENV")
    return (bool(active) and above == machine.path(str(active))) or machine.folders.is_file(
        str(above / "pyvenv.cfg")
    )


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(word) for word in re.findall(r"\d+", version)[:3])


if sys.platform == "win32":  # pragma: no cover - the one place that differs
    import winreg

    def windows_registry() -> Iterable[tuple[str, str]]:
        """Give the Pythons that are written in the Windows registry (PEP 514)."""
        for hive in (winreg.HKEY_CURRENT_USER, winreg.HKEY_LOCAL_MACHINE):
            for tag in _keys(hive, r"Software\Python\PythonCore"):
                key = rf"Software\Python\PythonCore\{tag}\InstallPath"
                try:
                    with winreg.OpenKey(hive, key) as opened:
                        folder = str(winreg.QueryValue(opened, None))
                except OSError:
                    continue
                if found := re.fullmatch(r"(3\.\d+)(?:-64)?", tag):
                    yield found[1], folder

    def _keys(hive: int, key: str) -> Iterator[str]:
        try:
            with winreg.OpenKey(hive, key) as opened:
                for i in range(1000):
                    yield winreg.EnumKey(opened, i)
        except OSError:
            return

else:
    windows_registry = no_registry
