"""A program as it is handed out: names, kind, entry, what proves it."""

from enum import StrEnum

import msgspec


class Kind(StrEnum):
    """How a person meets it: in a window, in a terminal, or in the browser (a server on this machine)."""

    gui = "gui"
    terminal = "terminal"
    web = "web"


class Engine(StrEnum):
    """What builds it: PyInstaller puts Python and the code into a folder, Nuitka compiles them."""

    pyinstaller = "PyInstaller"
    nuitka = "Nuitka"


class FileType(msgspec.Struct, frozen=True, kw_only=True):
    """Files that it opens: ``extension`` with its dot, the MIME type, and what people call such a file."""

    extension: str
    mime: str
    about: str = ""


class App(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be built.

    ``slug`` is its command and package name (Debian policy 5.6.1), ``name`` what people read.
    ``entry`` is ``module:object``, or the path of a script relative to the project;
    ``distribution`` is empty where the project is none. ``data``
    are further files, as (path in the project,
    folder in the program). Each of ``prove`` are the words of one start. ``icon`` is a path
    relative to the project, empty for none; ``port`` 0 means a free one.
    ``text`` says whether its window shows any.
    """

    slug: str
    name: str
    version: str
    kind: Kind
    entry: str
    summary: str = ""
    author: str = ""
    distribution: str = ""
    data: tuple[tuple[str, str], ...] = ()
    hidden: tuple[str, ...] = ()
    prove: tuple[tuple[str, ...], ...] = ()
    icon: str = ""
    categories: tuple[str, ...] = ()
    file_types: tuple[FileType, ...] = ()
    port: int = 0
    path: str = "/"
    text: bool = True

    @property
    def is_script(self) -> bool:
        """Whether the entry is a script and not an object in a module."""
        return self.entry.endswith((".py", ".pyw"))
