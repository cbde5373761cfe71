"""An AppImage around a bundle: a runtime that the user gives, a squashfs, and the start of what is unpacked from it."""

import platform
import shutil
from collections.abc import Mapping
from pathlib import Path

from onward.adapters import squashfs
from onward.adapters.clean_room import Bind
from onward.core.errors import BadInput, EngineFailed
from onward.core.proc.run import expect, run
from onward.core.system_programs import paths_of
from onward.domain.apps.appimage import ICON, check_runtime
from onward.domain.apps.desktop import desktop_entry
from onward.domain.apps.model import App
from onward.workflows.app.forms import Wanted
from onward.workflows.app.pack import bundle_entries
from onward.workflows.app.roots import Root
from onward.workflows.app.started import Place


def check_appimage(app: App, runtime: Path | None, env: Mapping[str, str]) -> None:
    """Raise BadInput (``no-runtime``, ``bad-runtime``, ``no-icon``) or MissingTool for what an AppImage lacks."""
    if runtime is None or not runtime.is_file():
        raise BadInput(
            "no-runtime",
            f"`{runtime}` is not there"
            if runtime
            else "an AppImage begins with a runtime, and no package registry has one",
            hint="Download `runtime-x86_64` (or that of your machine) from a release of AppImage/type2-runtime,"
            " and give it: `--appimage-runtime FILE`. `--format tar.gz` needs none.",
        )
    with runtime.open("rb") as file:
        check_runtime(file.read(16), runtime.name)
    if not app.icon:
        raise BadInput(
            "no-icon",
            "an AppImage has an icon at its top",
            hint="Give `--icon FILE`, one PNG or SVG, or `icon` in [tool.onward.app].",
        )
    paths_of([squashfs.MKSQUASHFS, squashfs.UNSQUASHFS], env)


def make_appimage(wanted: Wanted, runtime: Path, env: Mapping[str, str]) -> Path:
    """Write the runtime and behind it the squashfs with program, menu entry and icon."""
    app = wanted.app
    (mksquashfs,) = paths_of([squashfs.MKSQUASHFS], env)
    folder, packed = wanted.work / "app-dir", wanted.work / "app-dir.squashfs"
    _lay_out(wanted, folder)
    expect(run(squashfs.pack(mksquashfs, folder, packed, wanted.when, env)))
    made = wanted.work / f"{app.slug}-{app.version}-{platform.machine()}.AppImage"
    with made.open("wb") as file:
        for part in (runtime, packed):
            with part.open("rb") as opened:
                shutil.copyfileobj(opened, file, 1 << 20)
    made.chmod(0o755)
    packed.unlink()
    shutil.rmtree(folder)
    return made


def unpacked(
    wanted: Wanted, made: Path, runtime: Path, root: Root, env: Mapping[str, str]
) -> Place:
    """Unpack it as a runtime would, and give the place where its ``AppRun`` stands."""
    (unsquashfs,) = paths_of([squashfs.UNSQUASHFS], env)
    top = wanted.work / "unpacked AppImage"
    expect(run(squashfs.unpack(unsquashfs, made, runtime.stat().st_size, top, env)))
    if not (top / f"{wanted.app.slug}.desktop").is_file() or not (top / ".DirIcon").is_file():
        raise EngineFailed(
            "not-whole", f"`{made.name}` does not hold its menu entry and icon at its top"
        )
    inside = "/opt/mounted"
    return Place(
        root=root, program=f"{inside}/AppRun", binds=(Bind(source=str(top), place=inside),)
    )


def _lay_out(wanted: Wanted, folder: Path) -> None:
    """Lay out the folder. ``AppRun`` is a link and no script: it needs no shell, and the program finds its own place."""
    app = wanted.app
    below = folder / "usr" / "lib" / app.slug
    list(bundle_entries(wanted.bundle, ""))  # no link leads out
    below.parent.mkdir(parents=True)
    shutil.copytree(wanted.bundle, below, symlinks=True)
    (folder / "AppRun").symlink_to(f"usr/lib/{app.slug}/{app.slug}")
    (folder / f"{app.slug}.desktop").write_text(desktop_entry(app, app.slug), encoding="utf-8")
    icon = wanted.icons[f"{ICON}/apps/{app.slug}.png"]
    for name in (f"{app.slug}.png", ".DirIcon"):
        (folder / name).write_bytes(icon)
    for place, content in wanted.icons.items():
        path = folder / "usr" / "share" / "icons" / "hicolor" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o111 else 0o644)
