"""Put a bundle into one file: the same bundle gives the same bytes, whoever packs it and when."""

import gzip
import hashlib
import io
import os
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO

import msgspec

from onward.core.errors import BadInput
from onward.domain.apps import deb, desktop
from onward.domain.apps.install_script import install_script
from onward.domain.apps.model import App


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing in an archive, at ``path`` without a leading slash: a file, bytes, a link, or (none of them) a folder."""

    path: str
    file: Path | None = None
    content: bytes | None = None
    link: str = ""
    executable: bool = False


def bundle_entries(bundle: Path, below: str) -> Iterator[Entry]:
    """Give all of a bundle below a path, in order; raises BadInput (``link-out``) for a link that leads out of it."""
    for path in sorted(bundle.rglob("*")):
        place = f"{below}/{path.relative_to(bundle).as_posix()}"
        if path.is_symlink():
            if not path.resolve().is_relative_to(bundle.resolve()):
                raise BadInput(
                    "link-out",
                    f"`{place}` leads out of the program",
                    hint="Put the file itself there.",
                )
            yield Entry(path=place, link=str(path.readlink()))
        elif path.is_dir():
            yield Entry(path=place)
        else:
            yield Entry(path=place, file=path, executable=os.access(path, os.X_OK))


def menu_entries(app: App, program: str, icons: Mapping[str, bytes], share: str) -> Iterator[Entry]:
    """Give menu entry, file types and icons below a ``share`` folder; ``icons`` maps paths below hicolor to content."""
    text = desktop.desktop_entry(app, program)
    yield Entry(path=f"{share}/applications/{app.slug}.desktop", content=text.encode())
    for place, content in icons.items():
        yield Entry(path=f"{share}/icons/hicolor/{place}", content=content)
    if app.file_types:
        text = desktop.mime_package(app)
        yield Entry(path=f"{share}/mime/packages/{app.slug}.xml", content=text.encode())


def make_tar_gz(
    app: App, bundle: Path, icons: Mapping[str, bytes], when: int, target: Path
) -> None:
    """Write an archive with the bundle and a script that installs it for one person or for all."""
    top = f"{app.slug}-{app.version}"
    entries = [
        *bundle_entries(bundle, f"{top}/{app.slug}"),
        *menu_entries(app, "@PROGRAM@", icons, f"{top}/share"),
        Entry(path=f"{top}/install.sh", content=install_script(app).encode(), executable=True),
    ]
    with target.open("wb") as file:
        _write_tar(file, entries, when)


def make_deb(
    app: App,
    bundle: Path,
    icons: Mapping[str, bytes],
    when: int,
    target: Path,
    *,
    machine: str,
    depends: Iterable[str],
) -> None:
    """Write a Debian package: the program in /opt, its command in /usr/bin, its menu entry in /usr/share."""
    entries = [
        *bundle_entries(bundle, f"opt/{app.slug}"),
        *menu_entries(app, app.slug, icons, "usr/share"),
        Entry(path=f"usr/bin/{app.slug}", link=f"/opt/{app.slug}/{app.slug}"),
    ]
    size = sum(entry.file.stat().st_size for entry in entries if entry.file)
    told = deb.control(app, machine=machine, depends=depends, kilobytes=size // 1024 + 1)
    sums = {entry.path: _md5(entry) for entry in entries if entry.file or entry.content is not None}
    control, data = io.BytesIO(), target.with_suffix(".data")
    fields = [("control", told), ("md5sums", deb.checksums(sums))]
    _write_tar(
        control, [Entry(path=name, content=text.encode()) for name, text in fields], when, "./"
    )
    with data.open("wb") as file:
        _write_tar(file, entries, when, "./")
    with target.open("wb") as file:
        file.write(b"!<arch>\n")
        _member(file, "debian-binary", io.BytesIO(b"2.0\n"), 4)
        _member(file, "control.tar.gz", io.BytesIO(control.getvalue()), len(control.getvalue()))
        with data.open("rb") as packed:
            _member(file, "data.tar.gz", packed, data.stat().st_size)
    data.unlink()


def _write_tar(file: IO[bytes], entries: Iterable[Entry], when: int, before: str = "") -> None:
    """Write a tar in gzip: in order of names, nobody's, of one time, with each folder before what is in it."""
    held = {entry.path: entry for entry in entries}
    for path in list(held):
        for above in Path(path).parents:
            held.setdefault(above.as_posix(), Entry(path=above.as_posix()))
    held.pop(".", None)
    with (
        gzip.GzipFile("", "wb", 6, file, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as archive,
    ):
        if before:
            archive.addfile(_told(Entry(path="."), "", when))
        for path in sorted(held, key=lambda word: word.split("/")):
            _add(archive, held[path], before, when)


def _add(archive: tarfile.TarFile, entry: Entry, before: str, when: int) -> None:
    told = _told(entry, before, when)
    if entry.content is not None:
        archive.addfile(told, io.BytesIO(entry.content))
    elif entry.file is not None:
        with entry.file.open("rb") as opened:
            archive.addfile(told, opened)
    else:
        archive.addfile(told)


def _told(entry: Entry, before: str, when: int) -> tarfile.TarInfo:
    told = tarfile.TarInfo(before + entry.path)
    told.uname = told.gname = "root"
    told.mtime = when
    if entry.link:
        told.type, told.linkname, told.mode = tarfile.SYMTYPE, entry.link, 0o777
    elif entry.content is None and entry.file is None:
        told.type, told.mode = tarfile.DIRTYPE, 0o755
    else:
        told.mode = 0o755 if entry.executable else 0o644
        told.size = len(entry.content) if entry.content is not None else _size(entry)
    return told


def _size(entry: Entry) -> int:
    return entry.file.stat().st_size if entry.file else 0


def _md5(entry: Entry) -> str:
    digest = hashlib.md5(entry.content or b"", usedforsecurity=False)
    if entry.file:
        with entry.file.open("rb") as opened:
            while part := opened.read(1 << 20):
                digest.update(part)
    return digest.hexdigest()


def _member(file: IO[bytes], name: str, content: IO[bytes], size: int) -> None:
    file.write(deb.member_head(name, size))
    while part := content.read(1 << 20):
        file.write(part)
    file.write(b"\n" * (size % 2))
