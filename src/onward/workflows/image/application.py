"""The layer of the project itself: its wheel as it would be installed, or its files where it is no package.

Building a wheel takes seconds, and most changes are in modules that a wheel holds as they
are. So it is noted which installed file is which source; as long as nothing else changed,
the layer is made from the sources again, and is the one that a build would give.
"""

import base64
import filecmp
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from onward.adapters.git import Repository
from onward.core.disk import sha256_of
from onward.core.errors import BadInput
from onward.domain.images.entries import Entry, Kind, leads_out, plain_mode
from onward.domain.images.manifest import Layer
from onward.workflows.image.bench import Bench, key_of
from onward.workflows.image.dependencies import install, libraries_for
from onward.workflows.image.foundation import Foundation
from onward.workflows.image.installed import PLACE, installed_entries, recorded
from onward.workflows.member import LOCAL, own_packages, target_of
from onward.workflows.resolve import Resolver
from onward.workflows.source_copy import Sources, copy_sources, is_image, is_image_file

FOLDER = "app"

# A build with one of these gives what the sources and pyproject.toml say, and nothing of its own making.
_PLAIN = (
    "uv_build",
    "hatchling.build",
    "flit_core.buildapi",
    "setuptools.build_meta",
    "poetry.core.masonry.api",
)
_MOST_KEPT = 2_000_000  # bytes of files that are no source's, such as METADATA
_NOT_SHIPPED = frozenset({
    "tests", "test", "docs", "doc", "dist", "build", "uv.lock", "Dockerfile", "compose.yaml", "docker-compose.yml",
    "noxfile.py", "tox.ini", "Makefile", "node_modules",
})  # fmt: skip


class _Replay(msgspec.Struct, frozen=True, kw_only=True):
    """How the last build came from its sources: paths installed to paths of the project, all else as bytes."""

    rest: str
    tracked: tuple[str, ...]
    sources: dict[str, str]
    kept: dict[str, str]


def application_layer(
    bench: Bench,
    foundation: Foundation,
    sources: Sources,
    known: Repository | None,
    resolver: Resolver,
) -> Layer:
    """Give the layer of the project, whose links were looked at before."""
    entries = [] if is_package(bench) else _files(sources)
    if any(package.kind != "virtual" for package in own_packages(bench.situation)):
        replayed = _replayed(bench, sources)
        entries += _built(bench, sources, known, resolver) if replayed is None else replayed
    entries = [*entries, *bench.compiled(entries)]
    entries += libraries_for(bench, foundation, entries)
    folder = Entry(path=FOLDER, kind=Kind.folder, mode=0o755)
    return bench.written("application", [folder, *entries])


def is_package(bench: Bench) -> bool:
    """Whether the project is installed, and not only run from its folder."""
    target = target_of(bench.situation)
    return target is not None and target.kind != "virtual"


def refuse_links(all_sources: Iterable[Sources]) -> None:
    """Raise BadInput (``link-out``) for links that lead out of the project, or out of a member beside it.

    A build would follow them, and pack a file of this machine.
    """
    bad = []
    for sources in all_sources:
        for path in sources.files:
            place = sources.folder / path
            if place.is_symlink() and leads_out(path, str(place.readlink())):
                bad.append(f"{path} -> {place.readlink()!s}")
    if bad:
        raise BadInput(
            "link-out",
            "the project holds links that lead out of it, and an image would not have what is there",
            context=tuple(bad[:20]),
            hint="Put a copy in their place, or take them out of version control.",
        )


def _files(sources: Sources) -> list[Entry]:
    found = []
    images = {above for above in _folders(sources.files) if is_image(sources.folder / above)}
    for path in sources.files:
        first, *_ = parts = path.split("/")
        if first in _NOT_SHIPPED or any(part.startswith(".") for part in parts):
            continue
        if images.intersection(_folders([path])) or is_image_file(sources.folder / path):
            continue  # an image in an image would double it with each run
        place, target = sources.folder / path, f"{FOLDER}/{path}"
        if place.is_symlink():
            found.append(Entry(path=target, kind=Kind.link, target=str(place.readlink())))
        elif place.is_file():
            found.append(Entry(path=target, mode=plain_mode(place.stat().st_mode), source=place))
    return found


def _folders(paths: Iterable[str]) -> set[str]:
    return {str(above) for path in paths for above in PurePosixPath(path).parents}


def _built(
    bench: Bench, sources: Sources, known: Repository | None, resolver: Resolver
) -> list[Entry]:
    """Install the project's own packages, built from a clean copy of the sources."""
    bench.listen("start", "Building the project's wheel and installing it")
    top = bench.scratch / "sources"
    copy = copy_sources(sources, known, top)
    lock = bench.situation.project.lock
    root = bench.situation.project.root.resolve()
    if not (copy / "uv.lock").is_file() and root == sources.folder:
        (copy / "uv.lock").write_bytes((root / "uv.lock").read_bytes())
    others = sorted({p.name for p in (lock.packages if lock else ()) if p.kind not in LOCAL})
    options = [word for name in others for word in ("--no-install-package", name)]
    environment = bench.scratch / "application"
    install(bench, resolver, copy, environment, options)
    entries = installed_entries(environment, local=True)
    _note(bench, sources, entries)
    return entries


def _name(bench: Bench) -> str:
    return f"replay-{key_of(str(bench.folder), bench.python.version, str(bench.platform))}"


def _note(bench: Bench, sources: Sources, entries: Sequence[Entry]) -> None:
    """Note how a build came from its sources, where the next can be made without one."""
    mapped: dict[str, str] = {}
    kept: dict[str, str] = {}
    files, left = set(sources.files), _MOST_KEPT
    for entry in entries:
        if entry.kind is not Kind.file or entry.path.endswith(".so"):
            return
        inside = entry.path.partition("/site-packages/")[2]
        source = next((p for p in (f"src/{inside}", inside) if inside and p in files), "")
        if (
            source
            and entry.source
            and filecmp.cmp(sources.folder / source, entry.source, shallow=False)
        ):
            mapped[entry.path] = source
            continue
        size = entry.source.stat().st_size if entry.source else len(entry.content)
        if (left := left - size) < 0:
            return
        content = entry.source.read_bytes() if entry.source else entry.content
        kept[entry.path] = base64.b64encode(content).decode()
    if not _is_plain(bench):
        return
    rest = _rest(bench, sources, set(mapped.values()))
    replay = _Replay(rest=rest, tracked=sources.files, sources=mapped, kept=kept)
    bench.notes.put(_name(bench), replay)


def _is_plain(bench: Bench) -> bool:
    """Whether the build is one that cannot do more than the files say: a known backend, nothing worked out by it."""
    pyproject = _pyproject(bench.folder)
    project, build = pyproject.get("project"), pyproject.get("build-system")
    tool = pyproject.get("tool") or {}
    if not isinstance(project, dict) or project.get("dynamic") or not isinstance(build, dict):
        return False
    hooked = any(
        "hooks" in str((tool.get(name) or {}).get("build", "")) for name in ("hatch", "poetry")
    )
    scripted = any((bench.folder / name).exists() for name in ("setup.py", "setup.cfg"))
    alone = sum(package.kind != "virtual" for package in own_packages(bench.situation)) == 1
    return build.get("build-backend") in _PLAIN and not hooked and not scripted and alone


def _pyproject(folder: Path) -> Mapping[str, Any]:
    import tomllib

    try:
        return tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _rest(bench: Bench, sources: Sources, mapped: set[str]) -> str:
    """Give a word for all that a build could see besides the mapped sources."""
    words = [str(sources.when), sha256_of((bench.situation.project.root / "uv.lock").read_bytes())]
    for path in sources.files:
        place = sources.folder / path
        if path in mapped or not place.is_file():
            continue
        about = place.stat()
        large = about.st_size > _MOST_KEPT  # its time is enough: another only means a build
        words += [path, str(about.st_mtime_ns) if large else sha256_of(place.read_bytes())]
    return key_of(*words)


def _replayed(bench: Bench, sources: Sources) -> list[Entry] | None:
    """Give what a build would give, without one; None where only a build can tell."""
    try:
        noted = msgspec.convert(bench.notes.get(_name(bench)), _Replay)
    except msgspec.ValidationError:
        return None
    if noted.tracked != sources.files or not _is_plain(bench):
        return None
    if noted.rest != _rest(bench, sources, set(noted.sources.values())):
        return None
    entries = {
        path: Entry(path=path, source=sources.folder / source)
        for path, source in noted.sources.items()
    }
    for path, text in noted.kept.items():
        mode = 0o755 if path.startswith(f"{PLACE}/bin/") else 0o644
        entries[path] = Entry(path=path, mode=mode, content=base64.b64decode(text))
    for path, entry in list(entries.items()):
        if path.endswith(".dist-info/RECORD"):
            entries[path] = msgspec.structs.replace(
                entry, content=recorded(path, entry.content, entries)
            )
    return list(entries.values())
