"""Make small wheels and sdists from a description; equal descriptions give equal bytes."""

import base64
import gzip
import hashlib
import io
import tarfile
import zipfile
from collections.abc import Mapping

import msgspec

from onward.core.names import parse_name

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time a zip can hold

# The backend inside each sdist needs nothing installed: it copies the wheel that lies beside it.
_BACKEND = """\
import shutil
from pathlib import Path

HERE = Path(__file__).resolve().parent

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    exec(compile((HERE / "on_build.py").read_text(encoding="utf-8"), "on_build.py", "exec"))
    made = next(HERE.glob("*.whl"))
    shutil.copy(made, Path(wheel_directory) / made.name)
    return made.name
"""
_PYPROJECT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "{name}"
version = "{version}"
"""


class Description(msgspec.Struct, frozen=True, kw_only=True):
    """What to build.

    ``files`` maps paths in the wheel to their text or bytes (none: one package with
    ``__version__``), ``scripts`` console commands to ``module:function``, ``headers`` are
    further metadata lines. ``on_build`` is Python code that a build of the sdist runs.
    """

    name: str
    version: str
    requires: tuple[str, ...] = ()
    requires_python: str | None = None
    extras: tuple[str, ...] = ()
    files: Mapping[str, str | bytes] = {}
    scripts: Mapping[str, str] = {}
    licence: str = "MIT"
    headers: tuple[tuple[str, str], ...] = ()
    tag: str = "py3-none-any"
    on_build: str = ""

    @property
    def stem(self) -> str:
        """The start of every file name of this release (wheel specification, escaping)."""
        return f"{parse_name(self.name).replace('-', '_')}-{self.version}"


def metadata_of(description: Description) -> bytes:
    """Give the METADATA file (core metadata 2.4)."""
    lines = [
        "Metadata-Version: 2.4",
        f"Name: {description.name}",
        f"Version: {description.version}",
        f"Summary: The test package {description.name}",
        f"License-Expression: {description.licence}",
    ]
    if description.requires_python:
        lines.append(f"Requires-Python: {description.requires_python}")
    lines += [f"{key}: {value}" for key, value in description.headers]
    lines += [f"Provides-Extra: {extra}" for extra in description.extras]
    lines += [f"Requires-Dist: {requirement}" for requirement in description.requires]
    return ("\n".join(lines) + "\n").encode()


def wheel(description: Description) -> tuple[str, bytes]:
    """Give (file name, content) of a wheel whose RECORD is right."""
    info = f"{description.stem}.dist-info"
    package = parse_name(description.name).replace("-", "_")
    files = dict(description.files) or {
        f"{package}/__init__.py": f'__version__ = "{description.version}"\n'
    }
    content = {path: _bytes(text) for path, text in files.items()}
    content[f"{info}/METADATA"] = metadata_of(description)
    content[f"{info}/WHEEL"] = (
        f"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: {description.tag}\n"
    ).encode()
    if description.scripts:
        entries = "".join(f"{name} = {where}\n" for name, where in description.scripts.items())
        content[f"{info}/entry_points.txt"] = f"[console_scripts]\n{entries}".encode()
    record = "".join(f"{path},{_record_hash(data)},{len(data)}\n" for path, data in content.items())
    content[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in content.items():
            entry = zipfile.ZipInfo(path, _EPOCH)
            entry.external_attr = 0o100644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return f"{description.stem}-{description.tag}.whl", sink.getvalue()


def sdist(description: Description) -> tuple[str, bytes]:
    """Give (file name, content) of an sdist that builds without any build requirement."""
    name, built = wheel(description)
    content = {
        "PKG-INFO": metadata_of(description),
        "pyproject.toml": _PYPROJECT.format(
            name=description.name, version=description.version
        ).encode(),
        "backend.py": _BACKEND.encode(),
        "on_build.py": description.on_build.encode(),
        name: built,
    }
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path, data in content.items():
            entry = tarfile.TarInfo(f"{description.stem}/{path}")
            entry.size = len(data)
            entry.mode = 0o644
            archive.addfile(entry, io.BytesIO(data))
    return f"{description.stem}.tar.gz", gzip.compress(sink.getvalue(), mtime=0)


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text


def _record_hash(data: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest())
    return f"sha256={digest.rstrip(b'=').decode()}"
