"""Hooks that a project runs itself, as they are kept, and the files each of them looks at.

Imported by the commit hook before anything else, so only the standard library is used, and
little of it. The meaning of the keys is that of pre-commit's configuration file.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False  # that of `typing`, whose import is not paid for here
if TYPE_CHECKING:
    from collections.abc import Mapping

ENDINGS = {
    "python": (".py", ".pyi"), "pyi": (".pyi",), "toml": (".toml",), "yaml": (".yaml", ".yml"),
    "json": (".json",), "markdown": (".md", ".markdown"), "rst": (".rst",), "shell": (".sh", ".bash"),
    "javascript": (".js", ".mjs", ".cjs"), "ts": (".ts",), "css": (".css",), "html": (".html", ".htm"),
    "xml": (".xml",), "sql": (".sql",), "ini": (".ini",), "jupyter": (".ipynb",), "cython": (".pyx", ".pxd"),
    "rust": (".rs",), "c": (".c", ".h"), "plain-text": (".txt",), "csv": (".csv",), "jinja": (".j2", ".jinja"),
}  # fmt: skip
"""The types that are known by how a file's name ends."""
LOOKED_UP = ("file", "text", "binary", "executable", "non-executable", "symlink")
"""The types that are known by looking at the file."""

_HOOK, _FIELD, _ITEM = "\x1e", "\x1f", "\x1d"  # ASCII's own separators
_FIRST = 1024  # bytes in which a NUL makes a file binary


class Hook:
    """One hook. ``argv`` is what is started, ``stages`` when (empty: always); see pre-commit for the rest.

    ``priority`` is prek's: a number in digits, lower ones first, equal ones at once.
    """

    __slots__ = (
        "always_run", "argv", "exclude", "exclude_types", "fail_fast", "files", "id", "language", "name",
        "pass_filenames", "priority", "require_serial", "stages", "types", "types_or", "verbose",
    )  # fmt: skip

    def __init__(self, **values: object) -> None:
        self.id = str(values["id"])
        self.name = str(values.get("name") or self.id)
        self.language = str(values["language"])
        self.argv = _words(values.get("argv"))
        self.files = str(values.get("files") or "")
        self.exclude = str(values.get("exclude") or "^$")
        self.types = _words(values.get("types")) or ["file"]
        self.types_or = _words(values.get("types_or"))
        self.exclude_types = _words(values.get("exclude_types"))
        self.stages = _words(values.get("stages"))
        self.pass_filenames = values.get("pass_filenames", True) is not False
        self.always_run = values.get("always_run") is True
        self.fail_fast = values.get("fail_fast") is True
        self.verbose = values.get("verbose") is True
        self.require_serial = values.get("require_serial") is True
        self.priority = str(values.get("priority", 0))


class Hooks:
    """What a configuration says: our hooks in order, the ids of those that are not ours, limits for all."""

    __slots__ = ("exclude", "fail_fast", "files", "foreign", "ours")

    def __init__(
        self,
        ours: list[Hook],
        *,
        foreign: list[str],
        files: str = "",
        exclude: str = "^$",
        fail_fast: bool = False,
    ) -> None:
        self.ours = ours
        self.foreign = foreign
        self.files = files
        self.exclude = exclude
        self.fail_fast = fail_fast


def render(hooks: Hooks, version: str, config: str) -> str:
    """Give the text in which hooks are kept beside the configuration they were read from.

    Not JSON: its reader brings ``re``, a tenth of what a commit may cost. Empty when a value
    holds one of the characters that stand between values.
    """
    top = [version, config, hooks.files, hooks.exclude, "yes" if hooks.fail_fast else ""]
    rows = [[*top, _ITEM.join(hooks.foreign)]]
    rows += [[_kept(getattr(hook, name)) for name in Hook.__slots__] for hook in hooks.ours]
    values = [value for row in rows for value in row]
    listed = [word for hook in hooks.ours for word in (*hook.argv, *hook.stages)]
    if any(mark in value for value in values for mark in (_HOOK, _FIELD)) or any(
        _ITEM in word for word in (*listed, *hooks.foreign)
    ):
        return ""
    return _HOOK.join(_FIELD.join(row) for row in rows)


def parse(text: str, version: str, config: str) -> Hooks | None:
    """Give the hooks back when they were made by this version from this very configuration; else None."""
    first, *rows = (row.split(_FIELD) for row in text.split(_HOOK))
    if len(first) != 6 or first[:2] != [version, config]:
        return None
    if any(len(row) != len(Hook.__slots__) for row in rows):
        return None
    return Hooks(
        [Hook(**dict(zip(Hook.__slots__, map(_read, row), strict=True))) for row in rows],
        foreign=[name for name in first[5].split(_ITEM) if name],
        files=first[2],
        exclude=first[3],
        fail_fast=first[4] == "yes",
    )


def _kept(value: object) -> str:
    """Give a value as text: its kind in a letter, then itself."""
    if isinstance(value, bool):
        return "b" + ("yes" if value else "")
    if isinstance(value, list):
        return "l" + _ITEM.join([*value, ""])
    return f"t{value}"


def _read(text: str) -> object:
    if text[:1] == "b":
        return text == "byes"
    return text[1:].split(_ITEM)[:-1] if text[:1] == "l" else text[1:]


def for_stage(hooks: Hooks, stage: str, env: Mapping[str, str]) -> Hooks:
    """Give what runs at a stage (git's name of the hook): without those for others, and those that ``SKIP`` names."""
    skipped = [word.strip() for word in env.get("SKIP", "").split(",")]
    return Hooks(
        [
            hook
            for hook in hooks.ours
            if hook.id not in skipped and (not hook.stages or stage in hook.stages)
        ],
        foreign=[name for name in hooks.foreign if name not in skipped],
        files=hooks.files,
        exclude=hooks.exclude,
        fail_fast=hooks.fail_fast,
    )


def chosen(hooks: Hooks, hook: Hook, paths: list[str], root: str) -> list[str]:
    """Give the files among ``paths`` (below ``root``, with ``/``) that a hook looks at; folders and what is gone never."""
    found = _matching(paths, hooks.files, hooks.exclude)
    found = _matching(found, hook.files, hook.exclude)
    return [path for path in found if _typed(hook, os.path.join(root, path))]


def _matching(paths: list[str], files: str, exclude: str) -> list[str]:
    if files:
        import re

        paths = [path for path in paths if re.search(files, path)]
    if exclude != "^$":
        import re

        paths = [path for path in paths if not re.search(exclude, path)]
    return paths


def _typed(hook: Hook, path: str) -> bool:
    if os.path.isdir(path) or not os.path.lexists(path):
        return False
    return (
        all(_is(path, kind) for kind in hook.types)
        and (not hook.types_or or any(_is(path, kind) for kind in hook.types_or))
        and not any(_is(path, kind) for kind in hook.exclude_types)
    )


def _is(path: str, kind: str) -> bool:
    if os.path.islink(path):
        return kind == "symlink"
    if kind in ENDINGS:
        return path.endswith(ENDINGS[kind])
    if kind in ("executable", "non-executable"):
        return os.access(path, os.X_OK) == (kind == "executable")
    if kind in ("text", "binary"):
        with open(path, "rb") as file:
            return (b"\0" in file.read(_FIRST)) == (kind == "binary")
    return kind == "file"


def _words(value: object) -> list[str]:
    return [str(word) for word in value] if isinstance(value, (list, tuple)) else []
