"""``[tool.onward.app]`` and ``[project]``, read into an App; all faults are told at once."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from onward.core.errors import BadInput
from onward.domain.apps.model import App, FileType, Kind

_ENTRY = re.compile(
    r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*(?P<call>\(\))?|[^:]+\.pyw?"
)
_MODULE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_MIME = re.compile(r"[a-z]+/[a-z0-9][a-z0-9.+-]*")
_EXTENSION = re.compile(r"\.[A-Za-z0-9][A-Za-z0-9_-]*")
_WEB = ("fastapi", "flask", "django", "starlette", "litestar", "quart")
_GUI = ("pyside6", "pyside6-essentials", "pyqt6", "pyqt5", "customtkinter", "wxpython", "kivy")
_KEYS = {
    "name", "kind", "entry", "icon", "data", "hidden-imports", "prove", "categories", "file-types", "port", "path",
    "text",
}  # fmt: skip
_CATEGORY = re.compile(r"[A-Za-z0-9-]+")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.!+_-]*")
# controls, what ends a line for some reader, and bytes of the command line that are no text
_UNLIKELY_IN_A_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line says; empty: what the project says."""

    name: str = ""
    kind: Kind | None = None
    entry: str = ""
    icon: str = ""


def read_app(
    pyproject: Mapping[str, Any],
    asked: Asked,
    *,
    find_web: Callable[[], str],
) -> App:
    """Give the program that a project and the command line describe.

    ``find_web`` looks for the object of a web
    framework (``module:object``, or empty). Raises BadInput (``bad-app``) with all that is wrong.
    """
    return _Reader(pyproject, asked).read(find_web)


class _Reader:
    def __init__(self, pyproject: Mapping[str, Any], asked: Asked) -> None:
        self._faults: list[str] = []
        self._project = _table(pyproject.get("project"))
        self._table = _table(_table(_table(pyproject.get("tool")).get("onward")).get("app"))
        self._builds = "build-system" in pyproject
        self._asked = asked
        self._faults += [
            f"`--{option}` is one line of text"
            for option, word in (("name", asked.name), ("entry", asked.entry), ("icon", asked.icon))
            if _UNLIKELY_IN_A_LINE.search(word) or (word and not word.strip())
        ]
        unknown = sorted(set(self._table) - _KEYS)
        if unknown:
            self._faults.append(f"[tool.onward.app] knows no {', '.join(unknown)}")

    def read(self, find_web: Callable[[], str]) -> App:
        """Give the program; raises BadInput with all faults of the table and the command line at once."""
        distribution = self._word(self._project, "name", "[project]")
        name = self._asked.name or self._word(self._table, "name") or distribution
        if not name:
            self._faults.append("it has no name: give `[project] name`, or `--name`")
        slug = slug_of(distribution or name)
        if name and len(slug) < 2:
            self._faults.append(f"`{name}` gives no name for a command: letters and digits needed")
        entry, from_gui = self._entry()
        kind = self._kind(entry, from_gui=from_gui)
        if kind is Kind.web and not entry:
            entry = find_web()
        if not entry:
            self._faults.append(
                "nothing says what to start: `[project.scripts]`, `[tool.onward.app] entry`, or `--entry module:function`"
            )
        elif not (read := _ENTRY.fullmatch(entry)):
            self._faults.append(f"entry `{entry}` is neither `module:function` nor a script")
        elif ":" not in entry and not _is_inside(entry):
            self._faults.append(f"entry `{entry}` is no path inside the project")
        elif read["call"] and kind is not Kind.web:
            self._faults.append(f"entry `{entry}`: only a web app is made by a call")
        app = App(
            slug=slug,
            name=name,
            version=self._version(),
            kind=kind,
            entry=entry,
            summary=self._word(self._project, "description", "[project]"),
            author=self._author(),
            distribution=distribution if self._builds else "",
            data=self._data(),
            hidden=self._modules(),
            prove=self._prove(kind),
            icon=self._asked.icon or self._word(self._table, "icon"),
            categories=self._categories(),
            file_types=self._file_types(),
            port=self._port(),
            path=self._word(self._table, "path") or "/",
            text=self._flag("text"),
        )
        if app.icon and not app.icon.lower().endswith((".png", ".svg")):
            self._faults.append(f"icon `{app.icon}`: one PNG or SVG is wanted")
        if app.icon and not _is_inside(app.icon):
            self._faults.append(f"icon `{app.icon}` is no path inside the project")
        if not app.path.startswith("/"):
            self._faults.append(f"path `{app.path}` does not begin with /")
        if self._faults:
            raise BadInput(
                "bad-app",
                "this cannot be made into a program",
                context=tuple(self._faults),
                hint="docs/how-to/app.md shows a whole [tool.onward.app] table.",
            )
        return app

    def _entry(self) -> tuple[str, bool]:
        """Give the entry, empty for none, and whether it is a script for windows."""
        said = self._asked.entry or self._word(self._table, "entry")
        guis = _table(self._project.get("gui-scripts"))
        scripts = _table(self._project.get("scripts"))
        if said:
            return said, said in guis.values()
        wanted = str(self._project.get("name", ""))
        for found, gui in ((guis, True), (scripts, False)):
            if not found:
                continue
            if len(found) > 1 and wanted not in found:
                self._faults.append(f"say which to start with `--entry`: {', '.join(found)}")
            chosen = found.get(wanted, next(iter(found.values())))
            return str(chosen).partition("[")[0].strip(), gui
        return "", False

    def _kind(self, entry: str, *, from_gui: bool) -> Kind:
        said = self._word(self._table, "kind")
        if self._asked.kind:
            return self._asked.kind
        if said:
            if said in list(Kind):
                return Kind(said)
            self._faults.append(f"kind `{said}`: there are {', '.join(Kind)}")
        names = {
            re.split(r"[^a-z0-9-]", str(line).lower().replace("_", "-"), maxsplit=1)[0]
            for line in _list(self._project.get("dependencies"))
        }
        if from_gui or names & set(_GUI):
            return Kind.gui
        return Kind.web if not entry and names & set(_WEB) else Kind.terminal

    def _prove(self, kind: Kind) -> tuple[tuple[str, ...], ...]:
        said = self._table.get("prove")
        if said is None:
            return (("--version",), ("--help",)) if kind is Kind.terminal else ((),)
        if isinstance(said, list) and all(isinstance(word, str) for word in said):
            return (tuple(said),)
        if isinstance(said, list) and all(
            isinstance(line, list) and all(isinstance(word, str) for word in line) for line in said
        ):
            return tuple(tuple(line) for line in said) or ((),)
        self._faults.append(
            'prove is a list of words, such as ["--self-test"], or a list of such lists'
        )
        return ()

    def _file_types(self) -> tuple[FileType, ...]:
        found = []
        said = self._table.get("file-types", [])
        for entry in said if isinstance(said, list) else [said]:
            told = _table(entry)
            one = FileType(
                extension=str(told.get("extension", "")),
                mime=str(told.get("mime", "")),
                about=self._word(told, "about", "file-types:"),
            )
            if not _EXTENSION.fullmatch(one.extension) or not _MIME.fullmatch(one.mime):
                self._faults.append(
                    'file-types: each has extension = ".note" and mime = "text/x-note"'
                )
            found.append(one)
        return tuple(found)

    def _data(self) -> tuple[tuple[str, str], ...]:
        found = []
        for word in self._words("data"):
            place = word.replace("\\", "/").strip("/")
            if not _is_inside(word):
                self._faults.append(f"data `{word}` is no path inside the project")
            found.append((place, place))
        return tuple(found)

    def _modules(self) -> tuple[str, ...]:
        found = self._words("hidden-imports")
        self._faults += [f"`{word}` is no module" for word in found if not _MODULE.fullmatch(word)]
        return found

    def _categories(self) -> tuple[str, ...]:
        found = self._words("categories")
        self._faults += [f"`{word}` is no category" for word in found if not _CATEGORY.fullmatch(word)]  # fmt: skip
        return found

    def _version(self) -> str:
        """Give the version, which is part of the files' names; ``0`` where the project does not state it."""
        said = self._word(self._project, "version", "[project]")
        if said and not _VERSION.fullmatch(said):
            self._faults.append(f"[project] version `{said}` is none")
        return said or "0"

    def _port(self) -> int:
        said = self._table.get("port", 0)
        if isinstance(said, int) and not isinstance(said, bool) and 0 <= said < 65_536:
            return said
        self._faults.append(f"port `{said}` is none")
        return 0

    def _flag(self, key: str) -> bool:
        said = self._table.get(key, True)
        if isinstance(said, bool):
            return said
        self._faults.append(f"{key} is true or false")
        return True

    def _author(self) -> str:
        authors = self._project.get("authors")
        first = _table(authors[0]) if isinstance(authors, list) and authors else {}
        name, mail = str(first.get("name", "")), str(first.get("email", ""))
        return _UNLIKELY_IN_A_LINE.sub(" ", f"{name} <{mail}>" if name and mail else name or mail)

    def _words(self, key: str) -> tuple[str, ...]:
        said = self._table.get(key, [])
        if isinstance(said, list) and all(isinstance(word, str) for word in said):
            return tuple(said)
        self._faults.append(f"{key} is a list of words")
        return ()

    def _word(self, table: Mapping[str, Any], key: str, where: str = "[tool.onward.app]") -> str:
        said = table.get(key, "")
        if isinstance(said, str) and not _UNLIKELY_IN_A_LINE.search(said):
            return said
        self._faults.append(f"{where} {key} is one line of text")
        return ""


def slug_of(name: str) -> str:
    """Give a name that is a command and a Debian package: lower-case letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _is_inside(path: str) -> bool:
    """Whether a path, with ``/`` or ``\\``, is one of the project's: no way up, no drive, no root."""
    parts = path.replace("\\", "/").rstrip("/").split("/")
    return bool(parts[0]) and ".." not in parts and ":" not in path


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
