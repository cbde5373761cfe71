"""Find a Python that onward runs on, wherever this machine keeps it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

OLDEST = (3, 11)
NEWEST = (3, 15)  # the newest that has a name of its own to look for

_ASK = "import sys; print('%d.%d' % sys.version_info[:2])"


def candidates() -> Iterator[str]:
    """Give programs that may be a Python, likely ones first; each may be missing or broken."""
    names = [f"python3.{minor}" for minor in range(NEWEST[1], OLDEST[1] - 1, -1)]
    for name in ("python3", "python", *names):
        if found := shutil.which(name):
            yield found
    home = Path.home() if os.environ.get("HOME", "-") else Path("/nonexistent")
    pyenv = Path(os.environ.get("PYENV_ROOT") or home / ".pyenv")
    folders = [
        pyenv / "versions",
        pyenv / "pyenv-win" / "versions",
        home / ".asdf" / "installs" / "python",
        home / ".local" / "share" / "mise" / "installs" / "python",
        home / ".local" / "share" / "uv" / "python",
    ]
    for folder in folders:
        if folder.is_dir():
            for version in sorted(folder.iterdir(), reverse=True):
                yield str(version / "bin" / "python3")
                yield str(version / "python.exe")
    for folder in (Path("/opt/homebrew/bin"), Path("/usr/local/bin"), Path("/usr/bin")):
        for name in names:
            yield str(folder / name)


def fits(program: str) -> bool:
    """Say whether ``program`` is a Python of the right age that really starts."""
    try:
        asked = subprocess.run(
            [program, "-c", _ASK], capture_output=True, text=True, timeout=30, check=False
        )
        version = tuple(int(part) for part in asked.stdout.strip().split("."))
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0 and version >= OLDEST


def restart_if_too_old() -> None:
    """Start this program again with a Python that fits; ends with a sentence when there is none."""
    if sys.version_info[:2] >= OLDEST:
        return
    for program in candidates():
        if Path(program).exists() and fits(program):
            argv = [program, *sys.argv]
            if os.name == "posix":
                os.execv(program, argv)
            sys.exit(subprocess.run(argv, check=False).returncode)
    sys.exit(
        "onward: this is Python {}.{}, and onward needs 3.11 or newer; none was found here.\n"
        "  -> Install one: `apt install python3 python3-venv`, `brew install python`, "
        "`winget install Python.Python.3.13`, or `pyenv install 3.13`.".format(
            *sys.version_info[:2]
        )
    )
