"""A zip for people who do have Python: what the lock holds and the project, in one file that starts itself."""

import hashlib
import platform
import re
import sys
import time
import tomllib
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from onward.adapters import debian_root
from onward.adapters.clean_room import Bind
from onward.core.errors import Refused
from onward.core.lines import lines_of
from onward.domain.apps.launcher import launcher
from onward.domain.apps.model import App, Kind
from onward.domain.apps.zip_start import START, Fit, zip_main
from onward.workflows.app.build import Bench
from onward.workflows.app.roots import Root, Roots
from onward.workflows.app.source import version_of
from onward.workflows.app.started import Place, Proof

_NO_SOURCES = {"tests", "test", "docs", ".github", ".onward"}
_PURE = re.compile(r"^Tag: \S+-none-any$")
_LEAST = re.compile(r">=\s*3\.(\d+)")
_MARKED = re.compile(
    r"(python_version|python_full_version|sys_platform|platform_\w+|os_name|implementation_name)"
)
_OLDEST = 315_532_800  # a zip knows no time before 1980 (APPNOTE 4.4.6)


def make_pyz(app: App, bench: Bench, work: Path) -> tuple[Path, Fit]:
    """Write the zip; the environment of ``bench`` holds what is locked and nothing else as yet."""
    fit = _fit(bench)
    script = (
        (bench.source / app.entry).read_text(encoding="utf-8") if app.is_script else launcher(app)
    )
    files: dict[str, Path | bytes] = dict(_installed(bench.site))
    if not app.distribution:
        files |= _sources(bench)
    for source, _ in app.data:
        files |= _below(bench.source, source)
    files[START] = script.encode()
    target = work / f"{app.slug}-{app.version}{fit.tag}.pyz"
    _write(target, files, zip_main(app.slug, _digest(files), fit), max(bench.when, _OLDEST))
    return target, fit


def place_of(app: App, made: Path, fit: Fit, roots: Roots) -> Place:
    """Give the place that it is started in: a root with Debian's own Python.

    Raises Refused (``not-provable``) where that Python is another one than is needed.
    """
    more = ("python3-tk", "fonts-dejavu-core") if app.kind is Kind.gui else ()
    path, minor = roots.with_python(more)
    if not (minor == fit.minor if fit.tied else minor >= fit.least):
        raise Refused(
            "not-provable",
            f"it needs {fit.said}, and the Python of this Debian is {minor[0]}.{minor[1]}",
            hint=f"`UV_PYTHON={minor[0]}.{minor[1]} onward ship app ...` builds it for that one;"
            " `--no-prove` hands it out unproven.",
        )
    inside = f"/opt/{app.slug}.pyz"
    return Place(
        root=Root(path=path, said=f"glibc and Debian's Python {minor[0]}.{minor[1]}"),
        program=debian_root.PYTHON,
        before=(inside,),
        binds=(Bind(source=str(made), place=inside),),
    )


def without_libraries(proof: Proof) -> Proof:
    """Say of libraries of the system that are not there what is true of a zip: it takes none along."""
    names = proof.trouble.libraries
    said = (f"the library {name} has to be where it runs: a zip takes none along" for name in names)
    return msgspec.structs.replace(
        proof,
        faults=(*proof.faults, *said),
        trouble=msgspec.structs.replace(proof.trouble, libraries=()),
    )


def _fit(bench: Bench) -> Fit:
    """Say which Python it needs: the very same one where a wheel is compiled or the lock differs between Pythons."""
    said = bench.version()
    pure = all(_is_pure(file) for file in bench.site.glob("*.dist-info/WHEEL"))
    found = _LEAST.search(bench.requires_python)
    return Fit(
        least=(3, int(found[1])) if found else (3, 8),
        minor=said,
        system=sys.platform,
        machine=platform.machine(),
        tied=not pure or _is_marked(bench),
    )


def _is_marked(bench: Bench) -> bool:
    """Whether what the lock says of the packages that go along differs between Pythons or systems; development groups do not count."""
    lock = tomllib.loads((bench.source / "uv.lock").read_text(encoding="utf-8"))
    for package in lock.get("package", ()):
        if not version_of(bench.site, package["name"]) and not {"virtual", "editable"} & set(package["source"]):  # fmt: skip
            continue
        asked = [*package.get("dependencies", ()), *package.get("resolution-markers", ())]
        for extra in package.get("optional-dependencies", {}).values():
            asked += extra
        if any(_MARKED.search(one if isinstance(one, str) else one.get("marker", "")) for one in asked):  # fmt: skip
            return True
    return False


def _is_pure(file: Path) -> bool:
    tags = [line for line in lines_of(file.read_text(encoding="utf-8")) if line.startswith("Tag: ")]
    return bool(tags) and all(_PURE.match(line) for line in tags)


def _installed(site: Path) -> Iterator[tuple[str, Path]]:
    for path in site.rglob("*"):
        place = path.relative_to(site)
        if path.is_dir() or "__pycache__" in place.parts or place.name.startswith("_virtualenv"):
            continue
        yield place.as_posix(), path


def _sources(bench: Bench) -> Iterator[tuple[str, Path]]:
    """Give the modules of a project that is not built into a wheel."""
    for name in bench.files:
        if name.endswith(".py") and not _NO_SOURCES & set(name.split("/")):
            yield name.removeprefix("src/"), bench.source / name


def _below(source: Path, name: str) -> Iterator[tuple[str, Path]]:
    path = source / name
    for one in (path,) if path.is_file() else sorted(path.rglob("*")):
        if one.is_file():
            yield one.relative_to(source).as_posix().removeprefix("src/"), one


def _digest(files: Mapping[str, Path | bytes]) -> str:
    told = hashlib.sha256()
    for name in sorted(files):
        content = files[name]
        inner = hashlib.sha256(content if isinstance(content, bytes) else b"")
        if isinstance(content, Path):
            with content.open("rb") as file:
                inner = hashlib.file_digest(file, "sha256")
        told.update(f"{name}\0{inner.hexdigest()}\n".encode())
    return told.hexdigest()[:32]


def _write(target: Path, files: Mapping[str, Path | bytes], main: str, when: int) -> None:
    """Write names in order, of one time, with rights that no umask has a say in."""
    with target.open("wb") as file:
        file.write(b"#!/usr/bin/env python3\n")
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
            for name in ("__main__.py", *sorted(files)):
                content = main.encode() if name == "__main__.py" else files[name]
                starts = isinstance(content, Path) and content.stat().st_mode & 0o111
                told = zipfile.ZipInfo(name, time.gmtime(when)[:6])
                told.compress_type = zipfile.ZIP_DEFLATED
                told.external_attr = (0o100755 if starts else 0o100644) << 16
                if isinstance(content, bytes):
                    packed.writestr(told, content)
                    continue
                told.file_size = content.stat().st_size
                with content.open("rb") as source, packed.open(told, "w") as inside:
                    while part := source.read(1 << 20):
                        inside.write(part)
    target.chmod(0o755)
