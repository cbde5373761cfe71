"""Compares the public API of packages with that of an earlier commit. It runs where griffe is, not in onward.

Called as ``python -I api_breaks.py NOW [TAG BEFORE COMMIT GIT PACKAGE ...]`` in the project's folder: its version, then
tag, version and commit of the release to compare with. Each PACKAGE is the path of a package or module relative to the
folder. It writes one JSON object, and nothing of the project is changed.
"""

import io
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import griffe

_LONGEST = 200  # characters of a value that is shown


def main(git: str, commit: str, packages: list[str]) -> dict[str, object]:
    """Give the breaks of each package, its new public names, and the packages that the earlier commit does not have."""
    here = Path.cwd()
    breaks: list[dict[str, object]] = []
    added: list[str] = []
    absent: list[str] = []
    with tempfile.TemporaryDirectory(prefix="onward-") as folder:
        old_root = Path(folder).resolve()
        unpack(git, commit, old_root)
        for package in packages:
            before = found(old_root, package)
            if before is None:
                absent.append(package)
                continue
            old, new = loaded(before), loaded(here / package)
            found_breaks = griffe.find_breaking_changes(old, new)
            breaks += [told(one, old_root, here) for one in found_breaks]
            added += sorted(public_names(new) - public_names(old))
    compared = len(packages) - len(absent)
    return {"breaks": breaks, "added": added, "compared": compared, "absent": absent}


def unpack(git: str, commit: str, into: Path) -> None:
    """Write the Python files of a commit (from this folder down) into a folder."""
    command = [git, "archive", "--format=tar", commit]
    made = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    with tarfile.open(fileobj=io.BytesIO(made)) as archive:
        for member in archive:
            target = (into / member.name).resolve()
            if member.isfile() and target.is_relative_to(into) and target.suffix in (".py", ".pyi"):
                target.parent.mkdir(parents=True, exist_ok=True)
                source = archive.extractfile(member)
                target.write_bytes(source.read() if source else b"")


def found(root: Path, package: str) -> "Path | None":
    """Give where the package was, also if it has since moved into or out of ``src``."""
    name = Path(package).name
    for place in (root / package, root / name, root / "src" / name):
        if place.exists():
            return place
    return None


def loaded(path: Path) -> "griffe.Object | griffe.Alias":
    """Read a package or module from its files; nothing is imported."""
    return griffe.load(path.stem, search_paths=[path.parent], allow_inspection=False)


def public_names(inside: "griffe.Object | griffe.Alias") -> "set[str]":
    """Give the paths of all public objects below a module or class; what is private hides what is in it."""
    names: set[str] = set()
    for member in inside.members.values():
        if member.is_public:
            names.add(member.path)
            if not member.is_alias and (member.is_module or member.is_class):
                names |= public_names(member)
    return names


def told(one: "griffe.Breakage", old_root: Path, here: Path) -> dict[str, object]:
    """Give what is known about one break; a line only where it is one of today's files."""
    path, line = "", 0
    try:
        file = Path(str(one.obj.filepath))
        if file.is_relative_to(here):
            path, line = file.relative_to(here).as_posix(), one.obj.lineno or 0
        elif file.is_relative_to(old_root):
            path = file.relative_to(old_root).as_posix()
    except Exception:  # noqa: BLE001, S110 - aliases that lead nowhere have no file, and the break counts all the same
        pass
    return {
        "kind": one.kind.name.lower().replace("_", "-"),
        "object": str(one.obj.path),
        "what": one.kind.value,
        "details": str(one.details),
        "old": shown(one.old_value),
        "new": shown(one.new_value),
        "path": path,
        "line": line,
    }


def shown(value: object) -> str:
    """Give a value in a few words: a parameter with its default, an object by its name, a list by its entries."""
    if value is None:
        return ""
    if isinstance(value, list):
        text = ", ".join(str(one) for one in value)
    elif isinstance(value, griffe.Parameter):
        text = value.name if value.default is None else f"{value.name}={value.default}"
    else:
        name = getattr(value, "name", None)
        text = name if isinstance(value, griffe.Object) and isinstance(name, str) else str(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


if __name__ == "__main__":
    answer: dict[str, object] = {"now": sys.argv[1]}
    if len(sys.argv) > 2:
        tag, before, commit, git = sys.argv[2:6]
        answer |= {"tag": tag, "before": before, **main(git, commit, sys.argv[6:])}
    sys.stdout.write(json.dumps(answer))
