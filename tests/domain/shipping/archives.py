"""Make wheels and source distributions in memory, right or wrong as a test wants them."""

import base64
import gzip
import hashlib
import io
import tarfile
import zipfile
from collections.abc import Mapping, Sequence

METADATA = "Metadata-Version: 2.4\nName: demo\nVersion: 1.0\n"
WHEEL = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
CODE = {"demo/__init__.py": b"", "demo/inner.py": b"x = 1\n"}


def wheel(
    files: Mapping[str, bytes] = CODE,
    *,
    metadata: str = METADATA,
    record: str | None = None,
    more: Sequence[tuple[str, bytes]] = (),
    when: tuple[int, int, int, int, int, int] = (2020, 1, 1, 0, 0, 0),
) -> bytes:
    """A wheel of ``demo`` 1.0; ``record`` replaces RECORD, ``more`` is written without being recorded."""
    info = "demo-1.0.dist-info"
    inside = {**files, f"{info}/METADATA": metadata.encode(), f"{info}/WHEEL": WHEEL.encode()}
    lines = [f"{path},sha256={_digest(content)},{len(content)}" for path, content in inside.items()]
    text = "\n".join([*lines, f"{info}/RECORD,,", ""]) if record is None else record
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in [*inside.items(), (f"{info}/RECORD", text.encode()), *more]:
            archive.writestr(zipfile.ZipInfo(path, when), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def sdist(
    files: Mapping[str, bytes] = CODE,
    *,
    top: str = "demo-1.0",
    when: float = 0.0,
    owner: str = "",
    links: Mapping[str, str] | None = None,
    order: int = 1,
) -> bytes:
    """A source distribution of ``demo`` 1.0; ``order`` -1 writes its members the other way round."""
    out = io.BytesIO()
    inside = {f"{top}/PKG-INFO": METADATA.encode()}
    inside |= {f"{top}/{path}": content for path, content in files.items()}
    with (
        gzip.GzipFile(fileobj=out, mode="wb", mtime=when) as zipped,
        tarfile.open(fileobj=zipped, mode="w") as archive,
    ):
        for path, content in list(inside.items())[::order]:
            info = tarfile.TarInfo(path)
            info.size, info.mtime, info.uname = len(content), when, owner
            archive.addfile(info, io.BytesIO(content))
        for path, target in (links or {}).items():
            info = tarfile.TarInfo(f"{top}/{path}")
            info.type, info.linkname = tarfile.SYMTYPE, target
            archive.addfile(info)
    return out.getvalue()


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
