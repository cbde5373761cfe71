"""The forms that are packed around a bundle, and where each stands once it was installed as a person would."""

import platform
import shutil
import tarfile
from collections.abc import Mapping
from pathlib import Path

import msgspec

from onward.adapters import debian_root
from onward.adapters.clean_room import Bind
from onward.core.errors import EngineFailed, OnwardError
from onward.core.proc.call import Call
from onward.core.proc.run import expect, run
from onward.core.system_programs import paths_of
from onward.domain.apps.deb import debian_machine, debian_version, depends
from onward.domain.apps.model import App, Kind
from onward.workflows.app.bundle import debian_packages, libraries_of
from onward.workflows.app.pack import make_deb, make_tar_gz
from onward.workflows.app.roots import Root, Roots
from onward.workflows.app.started import Place

_FONTS = "fonts-dejavu-core"  # for a program with windows that brings none


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A bundle with its icons (path below hicolor: content), the time of its files, and a folder to work in."""

    app: App
    bundle: Path
    icons: Mapping[str, bytes]
    when: int
    work: Path


def deb(wanted: Wanted, env: Mapping[str, str]) -> Path:
    """Make a Debian package that names what the bundle asks of the machine."""
    app, bundle = wanted.app, wanted.bundle
    machine = debian_machine(platform.machine())
    target = wanted.work / f"{app.slug}_{debian_version(app.version)}_{machine}.deb"
    glibc = libraries_of(bundle, Path("/")).glibc
    packages = debian_packages(bundle, env)
    if app.kind is Kind.gui and not list(bundle.glob("_internal/fonts/*.ttf")):
        packages += (_FONTS,)
    asked = depends(glibc, packages)
    make_deb(app, bundle, wanted.icons, wanted.when, target, machine=machine, depends=asked)
    return target


def tar_gz(wanted: Wanted, stem: str) -> Path:
    """Make an archive with a script that installs it."""
    target = wanted.work / f"{stem}.tar.gz"
    make_tar_gz(wanted.app, wanted.bundle, wanted.icons, wanted.when, target)
    return target


def installed_deb(
    wanted: Wanted, made: Path, roots: Roots, env: Mapping[str, str]
) -> tuple[Place, str]:
    """Install the package by apt in a small Debian; where there can be none, unpack it (the note says so)."""
    slug = wanted.app.slug
    try:
        roots.system()
    except OnwardError as error:
        base = roots.smallest()
        copy = wanted.work / "unpacked-deb"
        shutil.copytree(base.path, copy, symlinks=True)
        (dpkg_deb,) = paths_of([debian_root.DPKG_DEB], env)
        expect(run(debian_root.unpack(dpkg_deb, made, copy, env)))
        root = Root(path=copy, said=f"{base.said}, where it was unpacked")
        note = f"{made.name} was unpacked and started, but not installed by apt: {error.message}"
        return Place(root=root, program=f"/opt/{slug}/{slug}"), note
    root = roots.installed(made, wanted.work)
    return Place(root=root, program=f"/usr/bin/{slug}"), ""


def installed_tar_gz(wanted: Wanted, made: Path, root: Root) -> tuple[Place, str]:
    """Unpack the archive and install it by its own script, below a folder with a space in its name."""
    slug = wanted.app.slug
    top = wanted.work / "unpacked tar"
    with tarfile.open(made) as archive:
        archive.extractall(top, filter="tar")
    prefix = wanted.work / "in stalled"
    script = next(top.glob("*/install.sh"))
    call = Call(
        argv=("/bin/sh", str(script), "--prefix", str(prefix)),
        cwd=str(top),
        env={"PATH": "/usr/bin:/bin", "HOME": str(wanted.work)},
        timeout=600.0,
    )
    expect(run(call))
    installed = prefix / "lib" / slug
    if (
        not (prefix / "bin" / slug).exists()
        or not (prefix / "share" / "applications" / f"{slug}.desktop").is_file()
    ):
        raise EngineFailed("not-installed", f"the script in {made.name} did not install all of it")
    inside = f"/opt/{slug}"
    binds = (Bind(source=str(installed), place=inside),)
    return Place(root=root, program=f"{inside}/{slug}", binds=binds), ""
