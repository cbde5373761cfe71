"""Fetch a real project's source release from this machine's registry, checked by its sha256."""

from __future__ import annotations

import hashlib
import io
import json
import re
import tarfile
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urljoin

from onward.core.net import Net, Request
from scripts.registry_settings import index_address

_JSON = "application/vnd.pypi.simple.v1+json"


def fetch(
    project: str, filename: str, sha256: str, into: Path, keep: Path, env: Mapping[str, str]
) -> Path:
    """Unpack ``filename`` of ``project`` below ``into`` and give its folder; ``keep`` holds what was fetched before."""
    kept = keep / filename
    if not (kept.exists() and hashlib.sha256(kept.read_bytes()).hexdigest() == sha256):
        net = Net(env)
        page = f"{index_address(env).rstrip('/')}/{project}/"
        answer = net.get(Request(url=page, headers={"Accept": f"{_JSON}, text/html;q=0.1"}))
        content = net.get(Request(url=_address(answer.body, answer.url, filename))).body
        found = hashlib.sha256(content).hexdigest()
        if found != sha256:
            raise SystemExit(f"onward: {filename} has the sha256 {found}, not {sha256}")
        keep.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(content)
    with tarfile.open(fileobj=io.BytesIO(kept.read_bytes())) as archive:
        if hasattr(tarfile, "data_filter"):
            archive.extractall(into, filter="data")
        else:  # Python 3.11.0 to 3.11.3; the hash says that this is the archive we know
            archive.extractall(into)
    return into / filename.removesuffix(".tar.gz")


def _address(page: bytes, base: str, filename: str) -> str:
    text = page.decode("utf-8", "replace")
    if text.lstrip().startswith("{"):
        for file in json.loads(text)["files"]:
            if file["filename"] == filename:
                return urljoin(base, str(file["url"]))
    found = re.search(rf'href="([^"]*{re.escape(filename)}[^"]*)"', text)
    if found is None:
        raise SystemExit(f"onward: {base} does not list {filename}")
    return urljoin(base, str(found.group(1)))
