"""A build backend that needs nothing installed: it builds what is under ``src``, and misbehaves as told.

It is copied into the project of a test, which asks for it by ``backend-path``. What
``backend.toml`` beside it says is done wrong on purpose.
"""

import base64
import gzip
import hashlib
import io
import os
import pathlib
import tarfile
import tomllib
import zipfile
from typing import Any

HERE = pathlib.Path(__file__).parent


def _told() -> dict[str, Any]:
    file = HERE / "backend.toml"
    return tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def _project() -> dict[str, Any]:
    read = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))
    table: dict[str, Any] = read["project"]
    return table


def _metadata() -> bytes:
    project = _project()
    version = _told().get("version", project["version"])
    lines = ["Metadata-Version: 2.4", f"Name: {project['name']}", f"Version: {version}"]
    lines += [f"Requires-Dist: {line}" for line in project.get("dependencies", [])]
    for extra, asked in project.get("optional-dependencies", {}).items():
        lines.append(f"Provides-Extra: {extra}")
        lines += [f'Requires-Dist: {line}; extra == "{extra}"' for line in asked]
    return ("\n".join(lines) + "\n").encode()


def _stem() -> str:
    project = _project()
    return f"{project['name'].replace('-', '_')}-{project['version']}"


def _moment() -> float:
    if "late-in" in _told():  # a time beyond that of every commit, in one time zone only
        return float(2**33) if os.environ.get("TZ") == _told()["late-in"] else 0.0
    return 0.0 if _told().get("steady", True) else float(os.getpid())


def build_wheel(folder: str, config_settings: Any = None, metadata_directory: Any = None) -> str:
    told, stem = _told(), _stem()
    files = {p: p.relative_to(HERE / "src").as_posix() for p in sorted((HERE / "src").rglob("*"))}
    left_out = told.get("left-out", [])
    inside = {n: p.read_bytes() for p, n in files.items() if p.is_file() and n not in left_out}
    if told.get("random"):
        inside["demo/random.txt"] = os.urandom(8)
    inside |= {path: text.encode() for path, text in told.get("add", {}).items()}
    info = f"{stem}.dist-info"
    inside[f"{info}/METADATA"] = _metadata()
    inside[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    scripts = _project().get("scripts", {})
    if scripts:
        text = "".join(f"{name} = {target}\n" for name, target in scripts.items())
        inside[f"{info}/entry_points.txt"] = f"[console_scripts]\n{text}".encode()
    record = "".join(f"{path},{_hash(data)},{len(data)}\n" for path, data in inside.items())
    inside[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    name = f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(folder) / name, "w") as archive:
        for path, data in inside.items():
            archive.writestr(zipfile.ZipInfo(path, (2020, 1, 1, 0, 0, 0)), data)
    return name


def build_sdist(folder: str, config_settings: Any = None) -> str:
    if _told().get("fails"):
        raise SystemExit("the backend says no")
    stem = _stem()
    unwanted = {".git", "__pycache__"}
    files = [p for p in sorted(HERE.rglob("*")) if p.is_file() and not unwanted & set(p.parts)]
    name = f"{stem}.tar.gz"
    out = pathlib.Path(folder) / name
    with (
        gzip.GzipFile(out, "wb", mtime=0 if _told().get("silent") else None) as zipped,
        tarfile.open(fileobj=zipped, mode="w") as archive,
    ):
        contents = {p.relative_to(HERE).as_posix(): p.read_bytes() for p in files}
        for path, data in {"PKG-INFO": _metadata(), **contents}.items():
            info = tarfile.TarInfo(f"{stem}/{path}")
            info.size, info.mtime = len(data), _moment()
            archive.addfile(info, io.BytesIO(data))
    return name


def _hash(data: bytes) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
