"""What an engine is to build, whichever it is."""

from collections.abc import Sequence
from pathlib import Path

import msgspec


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What to build: name of the program, the script that starts it, and what goes in beside what it imports.

    ``hooks`` are scripts that run first (PyInstaller's), ``plugins`` names of Nuitka's.
    ``data`` are (path on this machine, folder inside); ``collected`` packages go in whole, with
    their data; ``metadata`` are distributions whose entry points and version are asked for.
    ``icon`` is that of the program's file, in the form of its system (none on Linux); ``bundle`` the
    name of the application bundle that macOS opens, with ``version`` in it, empty where none is made.
    """

    name: str
    script: Path
    work: Path
    one_file: bool = False
    windowed: bool = False
    icon: Path | None = None
    bundle: str = ""
    version: str = ""
    data: Sequence[tuple[Path, str]] = ()
    collected: Sequence[str] = ()
    metadata: Sequence[str] = ()
    hidden: Sequence[str] = ()
    paths: Sequence[Path] = ()
    hooks: Sequence[Path] = ()
    plugins: Sequence[str] = ()
