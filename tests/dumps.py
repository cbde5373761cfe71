"""Dumps of advisories in the form of OSV's ``all.zip``, with invented ids."""

import io
import json
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def document(
    identity: str,
    name: str = "demo",
    *,
    fixed: str | None = "2.0",
    versions: Iterable[str] = (),
    modified: str = "2026-05-31T06:00:00Z",
    **more: Any,
) -> dict[str, Any]:
    """One OSV document on a PyPI project."""
    events = [{"introduced": "0"}, *([{"fixed": fixed}] if fixed else [])]
    return {
        "id": identity,
        "modified": modified,
        "published": modified,
        "affected": [
            {
                "package": {"ecosystem": "PyPI", "name": name},
                "ranges": [{"type": "ECOSYSTEM", "events": events}],
                "versions": list(versions),
            }
        ],
        **more,
    }


def packed(documents: Iterable[Any]) -> bytes:
    """The bytes of a dump with these documents; a bytes one goes in as it is."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, one in enumerate(documents):
            content = one if isinstance(one, bytes) else json.dumps(one).encode()
            archive.writestr(f"TEST-{number}.json", content)
    return buffer.getvalue()


def several(count: int) -> bytes:
    """A dump of ``count`` advisories on ``demo`` and ``other`` in turn."""
    return packed(
        document(f"TEST-2026-{n}", ("demo", "other")[n % 2], fixed=f"{n + 1}.0")
        for n in range(count)
    )


def write(path: Path, content: bytes) -> Path:
    """Write a dump and give its path."""
    path.write_bytes(content)
    return path
