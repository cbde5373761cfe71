"""The installers that people point at the server, each as a person uses it: a requirement, a lock, an environment."""

import os
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from onward.adapters.uv.commands import uv_program
from tests.registry import File


class Said(msgspec.Struct, frozen=True):
    """What came of a command: whether it worked, and all that it said."""

    worked: bool
    text: str


class Client(Protocol):
    """An installer with a project of its own."""

    def install(self, requirement: str) -> Said:
        """Install what a person asks for into an empty environment."""

    def lock(self, requirement: str, file: File) -> Said:
        """Write down the hash of ``file``, which is what ``requirement`` leads to; nothing is installed."""

    def install_locked(self) -> Said:
        """Install what was written down."""

    @property
    def installed(self) -> set[str]:
        """Name and version of what is there."""


class Place(msgspec.Struct, frozen=True):
    """Where a client works: its folder, the address of the index, a clean environment."""

    folder: Path
    index: str
    env: dict[str, str]

    def run(self, *argv: str) -> Said:
        """Run a command there."""
        ran = subprocess.run(
            argv,
            cwd=self.folder,
            env=self.env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        return Said(ran.returncode == 0, ran.stdout + ran.stderr)

    def write(self, name: str, *lines: str) -> None:
        """Write a file of the project."""
        (self.folder / name).write_text("\n".join([*lines, ""]), encoding="utf-8")

    def found(self, below: str) -> set[str]:
        """Name and version of each distribution below a folder."""
        infos = (self.folder / below).glob("**/*.dist-info")
        return {path.name.removesuffix(".dist-info") for path in infos}


class PipLike:
    """pip, or uv in the place of pip: requirements go into a folder; what is locked has hashes."""

    def __init__(self, place: Place, argv: Sequence[str]) -> None:
        self._place = place
        self._argv = (*argv, "--target", "installed")

    def install(self, requirement: str) -> Said:
        return self._place.run(*self._argv, requirement)

    def lock(self, requirement: str, file: File) -> Said:
        pin = f"{file.project}=={file.version} --hash=sha256:{file.sha256}"
        self._place.write("requirements.txt", pin)
        return Said(True, requirement)

    def install_locked(self) -> Said:
        return self._place.run(*self._argv, "--require-hashes", "-r", "requirements.txt")

    @property
    def installed(self) -> set[str]:
        return self._place.found("installed")


class ProjectLike:
    """A client with a project and a lock file: ``resolve`` makes the lock, ``sync`` installs it, ``both`` does the two."""

    def __init__(
        self,
        place: Place,
        settings: Sequence[str],
        *,
        resolve: Sequence[str],
        sync: Sequence[str],
        both: Sequence[str],
    ) -> None:
        self._place = place
        self._settings = settings
        self._resolve, self._sync, self._both = resolve, sync, both
        venv.create(place.folder / ".venv", with_pip=False)

    def install(self, requirement: str) -> Said:
        self._wish(requirement)
        return self._place.run(*self._both)

    def lock(self, requirement: str, file: File) -> Said:
        self._wish(requirement)
        said = self._place.run(*self._resolve)
        locks = "".join(
            path.read_text(encoding="utf-8") for path in self._place.folder.glob("*.lock")
        )
        return Said(said.worked and file.sha256 in locks, said.text)

    def install_locked(self) -> Said:
        return self._place.run(*self._sync)

    @property
    def installed(self) -> set[str]:
        return self._place.found(".venv")

    def _wish(self, requirement: str) -> None:
        python = f"=={sys.version_info.major}.{sys.version_info.minor}.*"
        self._place.write(
            "pyproject.toml",
            "[project]",
            'name = "harbour"',
            'version = "0.1"',
            f'requires-python = "{python}"',
            f'dependencies = ["{requirement}"]',
            *(line.replace("INDEX", self._place.index) for line in self._settings),
        )


def pip(place: Place) -> Client:
    """Give pip."""
    words = ("install", "--no-input", "--disable-pip-version-check", "--no-cache-dir")
    return PipLike(place, (sys.executable, "-m", "pip", *words, "--index-url", place.index))


def uv_pip(place: Place) -> Client:
    """Give uv in the place of pip."""
    words = ("pip", "install", "--no-config", "--python", sys.executable)
    return PipLike(place, (uv_program(place.env), *words, "--default-index", place.index))


def uv(place: Place) -> Client:
    """Give uv with a project and ``uv.lock``."""
    program = uv_program(place.env)
    settings = (
        "[tool.uv]",
        "package = false",
        "[[tool.uv.index]]",
        'url = "INDEX"',
        "default = true",
    )
    sync = (program, "sync", "--frozen")
    return ProjectLike(
        place, settings, resolve=(program, "lock"), sync=sync, both=(program, "sync")
    )


def poetry(place: Place, program: str) -> Client:
    """Give poetry, the index its only source."""
    settings = (
        "[tool.poetry]",
        "package-mode = false",
        "[[tool.poetry.source]]",
        'name = "guarded"',
        'url = "INDEX"',
        'priority = "primary"',
    )
    own = {
        "POETRY_VIRTUALENVS_IN_PROJECT": "true",
        "POETRY_CACHE_DIR": str(place.folder / "poetry-cache"),
        "POETRY_KEYRING_ENABLED": "false",
        "POETRY_NO_INTERACTION": "1",
    }
    there = msgspec.structs.replace(place, env={**place.env, **own})
    install = (program, "install", "--no-ansi")
    return ProjectLike(
        there, settings, resolve=(program, "lock", "--no-ansi"), sync=install, both=install
    )


def pdm(place: Place, program: str, *lock_words: str) -> Client:
    """Give pdm, the index its only source; ``lock_words`` say how its lock is written."""
    settings = (
        "[tool.pdm]",
        "distribution = false",
        "[[tool.pdm.source]]",
        'name = "pypi"',
        'url = "INDEX"',
    )
    own = {
        "PDM_CHECK_UPDATE": "false",
        "PDM_CACHE_DIR": str(place.folder / "pdm-cache"),
        "PDM_LOG_DIR": str(place.folder / "pdm-log"),
        "PDM_IGNORE_ACTIVE_VENV": "1",
    }
    there = msgspec.structs.replace(place, env={**place.env, **own})
    return ProjectLike(
        there,
        settings,
        resolve=(program, "lock", *lock_words),
        sync=(program, "sync"),
        both=(program, "install"),
    )


def clean(env: dict[str, str]) -> dict[str, str]:
    """Give the environment with no settings of pip, no colours, and lines that do not break."""
    return {**env, "PIP_CONFIG_FILE": os.devnull, "NO_COLOR": "1", "COLUMNS": "500"}
