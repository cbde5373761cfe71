"""What uv put into an environment, as entries of a layer: moved to its place in the image, nothing of this machine in it."""

import base64
import csv
import hashlib
import io
import os
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

import msgspec

from onward.domain.images.entries import Entry, Kind, leads_out, plain_mode

PLACE = "opt/venv"
PYTHON = f"/{PLACE}/bin/python"

# uv's own, and what only a person at a prompt needs
_NOT_TAKEN = frozenset({"pyvenv.cfg", ".gitignore", "CACHEDIR.TAG", ".lock", "lib64"})
_NOT_SCRIPTS = ("activate", "deactivate", "python", "pydoc.bat")
_NOT_MODULES = frozenset({"_virtualenv.py", "_virtualenv.pth", "__pycache__"})
# where it came from on this machine, and when
_NOT_INFO = frozenset({"direct_url.json", "uv_cache.json", "uv_build.json"})
_HEAD = 200  # bytes in which a script's first line is looked for


def installed_entries(environment: Path, *, local: bool) -> list[Entry]:
    """Give all that was installed into ``environment``. ``local``: it is the project's own, from a folder of this machine."""
    entries = {entry.path: entry for entry in _walk(environment, local=local)}
    for path in [p for p in entries if p.endswith(".dist-info/RECORD")]:
        entries[path] = msgspec.structs.replace(
            entries[path], content=recorded(path, _content(entries[path]), entries), source=None
        )
    return list(entries.values())


def environment_entries(python: str, version: str, minor: str) -> Iterator[Entry]:
    """Give what makes a folder an environment (PEP 405) of the interpreter at ``python`` in the image."""
    home = str(PurePosixPath(python).parent)
    text = f"home = {home}\ninclude-system-site-packages = false\nversion = {version}\n"
    yield Entry(path=f"{PLACE}/pyvenv.cfg", content=text.encode())
    yield Entry(path=f"{PLACE}/bin/python{minor}", kind=Kind.link, target=python)
    yield Entry(path=f"{PLACE}/bin/python3", kind=Kind.link, target=f"python{minor}")
    yield Entry(path=f"{PLACE}/bin/python", kind=Kind.link, target=f"python{minor}")
    yield Entry(path=f"{PLACE}/lib/python{minor}/site-packages", kind=Kind.folder, mode=0o755)


def _walk(environment: Path, *, local: bool) -> Iterator[Entry]:
    for here, folders, files in os.walk(environment):
        inside = PurePosixPath(Path(here).relative_to(environment).as_posix())
        at_top = str(inside) == "."
        folders[:] = sorted(name for name in folders if name not in _NOT_MODULES and not (at_top and name in _NOT_TAKEN))  # fmt: skip
        for name in sorted(files):
            path = Path(here, name)
            if (at_top and name in _NOT_TAKEN) or name in _NOT_MODULES:
                continue
            if str(inside) == "bin" and name.startswith(_NOT_SCRIPTS):
                continue
            if local and inside.name.endswith(".dist-info") and name in _NOT_INFO:
                continue
            place = str(PurePosixPath(PLACE) / inside / name)
            if path.is_symlink():
                target = str(path.readlink())
                if not leads_out(str(inside / name), target):
                    yield Entry(path=place, kind=Kind.link, target=target)
            elif str(inside) == "bin" and (script := _script(path, environment)) is not None:
                yield Entry(path=place, mode=0o755, content=script)
            else:
                yield Entry(path=place, mode=plain_mode(path.stat().st_mode), source=path)


def _script(path: Path, environment: Path) -> bytes | None:
    """Give a script with the image's Python in its first line; None for a program that has no such line."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
        if not head.startswith(b"#!"):
            return None
        content = head + file.read()
    first, _, rest = content.partition(b"\n")
    if first == b"#!/bin/sh" and rest.startswith(
        b"'''exec'"
    ):  # the path is too long for a first line
        lines = rest.split(b"\n", 2)
        first, rest = lines[0], lines[2] if len(lines) == 3 else b""
    if os.fsencode(environment) not in first:
        return content
    return f"#!{PYTHON}\n".encode() + rest


def recorded(path: str, old: bytes, entries: Mapping[str, Entry]) -> bytes:
    """Give a RECORD (PEP 376, PEP 627) with the hashes and sizes of what is in the image now; what is not there goes."""
    folder = PurePosixPath(path).parent.parent
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    names = sorted({row[0] for row in csv.reader(io.StringIO(old.decode("utf-8"))) if row})
    for name in names:
        place = os.path.normpath(str(folder / name))
        entry = entries.get(place)
        if place == path:
            writer.writerow([name, "", ""])
        elif entry is not None and entry.kind is Kind.file:
            writer.writerow([name, *_hashed(entry)])
    return out.getvalue().encode()


def _hashed(entry: Entry) -> tuple[str, int]:
    """Give hash (as RECORD has it) and size of a file, which may be larger than the memory."""
    digest, size = hashlib.sha256(entry.content), len(entry.content)
    if entry.source is not None:
        with entry.source.open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
                size += len(chunk)
    text = base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode()
    return f"sha256={text}", size


def _content(entry: Entry) -> bytes:
    return entry.content if entry.source is None else entry.source.read_bytes()
