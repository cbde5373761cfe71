"""Programs of the operating system that onward may need but never brings: where one is, or how to get it."""

import shutil
import sys
from collections.abc import Mapping, Sequence

import msgspec

from onward.core.errors import MissingTool


class SystemProgram(msgspec.Struct, frozen=True, kw_only=True):
    """A program by its command, what it is for (`to ...`), and its package for each installer; empty: none has it."""

    command: str
    purpose: str
    apt: str = ""
    brew: str = ""
    winget: str = ""


def paths_of(
    programs: Sequence[SystemProgram], env: Mapping[str, str], platform: str = sys.platform
) -> tuple[str, ...]:
    """Give the path of each program; raises MissingTool (``missing-program``) naming all that are not there.

    ``platform`` is as ``sys.platform`` has it, for the words of the hint.
    """
    found = [shutil.which(one.command, path=env.get("PATH")) for one in programs]
    lacking = [one for one, path in zip(programs, found, strict=True) if path is None]
    if lacking:
        names = ", ".join(f"`{one.command}`" for one in lacking)
        raise MissingTool(
            "missing-program",
            f"{names} {'is' if len(lacking) == 1 else 'are'} not on this machine",
            context=tuple(f"{one.command} is needed {one.purpose}" for one in lacking),
            hint=how_to_get(lacking, platform),
        )
    return tuple(path for path in found if path is not None)


def how_to_get(programs: Sequence[SystemProgram], platform: str = sys.platform) -> str:
    """Give the command that installs ``programs`` on ``platform``, or say for which there is none."""
    kind, command = _INSTALLERS.get(platform, ("apt", "sudo apt install"))
    packages = [getattr(one, kind) for one in programs]
    known = list(dict.fromkeys(package for package in packages if package))
    without = [one.command for one, package in zip(programs, packages, strict=True) if not package]
    words = [f"Install with `{command} {' '.join(known)}`."] if known else []
    if without:
        words.append(f"{kind} has no package of {', '.join(without)}; a Linux machine can do it.")
    return " ".join(words)


_INSTALLERS = {
    "darwin": ("brew", "brew install"),
    "win32": ("winget", "winget install"),
}
