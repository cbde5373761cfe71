"""Real pages and wheels on disk, fetched from this machine's registry once, when first asked for.

Pages are as they were ten days before they were fetched: what is younger would be held back
by onward alone, and then the installers would not be given the same work. Every wheel has its
metadata beside it, as on the public index (PEP 658), also where this machine's registry has not.
"""

import datetime as dt
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, urljoin

from bench.harness import CACHE
from onward.adapters.wheel_metadata import wheel_metadata
from onward.core.disk import write_atomic
from onward.core.net import Net, Request
from scripts.registry_settings import index_address

HOME = CACHE / "bench" / "guard"
OLDER_THAN = dt.timedelta(days=10)
_JSON = "application/vnd.pypi.simple.v1+json"
_LARGEST = 200_000_000  # bytes of a file


class Library:
    """What an index has of the projects that were asked for; safe to share between threads."""

    def __init__(self, env: Mapping[str, str], folder: Path = HOME) -> None:
        self._net = Net(env)
        self._registry = index_address(env).rstrip("/")
        self._folder = folder
        for kind in ("pages", "files", "metadata"):
            (folder / kind).mkdir(parents=True, exist_ok=True)

    def page(self, name: str, base: str) -> bytes | None:
        """Give a project's page as PEP 691 JSON with its files below ``base``; None when there is none."""
        page = self._page(name)
        if page is None:
            return None
        for file in page["files"]:
            file["url"] = f"{base}/files/{name}/{quote(file['filename'])}"
        return json.dumps(page, separators=(",", ":")).encode()

    def file(self, name: str, filename: str) -> Path | None:
        """Give where a file is, or the metadata of a wheel; None when the page does not list it."""
        wheel = filename.removesuffix(".metadata")
        path = self._folder / ("files" if wheel == filename else "metadata") / filename
        if path.exists():
            return path
        page = self._page(name)
        listed = next((f for f in page["files"] if f["filename"] == wheel), None) if page else None
        if listed is None:
            return None
        if wheel != filename:
            whole = self._folder / "files" / wheel
            content = (
                _inside(whole)
                if whole.exists()
                else wheel_metadata(self._net.get, listed["url"], wheel)
            )
        else:
            answer = self._net.get(Request(url=listed["url"], limit=_LARGEST, timeout=120))
            if answer.status != 200:
                return None
            content = answer.body
        write_atomic(path, content, durable=False)
        return path

    def wheel_of_about(self, size: int) -> tuple[str, str]:
        """Give (project, file name) of the kept wheel whose size comes nearest."""
        wheels = (self._folder / "files").glob("*.whl")
        found = min(wheels, key=lambda path: abs(path.stat().st_size - size))
        return found.name.partition("-")[0].replace("_", "-").lower(), found.name

    def _page(self, name: str) -> dict[str, list[dict[str, str]]] | None:
        path = self._folder / "pages" / f"{name}.json"
        if not path.exists():
            answer = self._net.get(
                Request(url=f"{self._registry}/{name}/", headers={"Accept": _JSON}, timeout=60)
            )
            if answer.status != 200:
                return None
            write_atomic(path, _as_it_was(answer.body, answer.url), durable=False)
        page: dict[str, list[dict[str, str]]] = json.loads(path.read_bytes())
        return page


def _inside(wheel: Path) -> bytes:
    with zipfile.ZipFile(wheel) as archive:
        name = next(n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        return archive.read(name)


def _as_it_was(body: bytes, address: str) -> bytes:
    page = json.loads(body)
    day = (dt.datetime.now(dt.UTC) - OLDER_THAN).isoformat()
    files = [file for file in page["files"] if file.get("upload-time", "") < day]
    for file in files:
        file["url"] = urljoin(address, file["url"])
        if file["filename"].endswith(".whl"):
            file["core-metadata"] = file.get("core-metadata") or True
    page["files"] = files
    page.pop("versions", None)  # those of the files that are left follow from them
    page["meta"] = {"api-version": "1.0"}
    return json.dumps(page).encode()
