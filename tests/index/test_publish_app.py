"""The upload route by itself: small limits, slow clients, disks that fill up, and what it leaves in its folder."""

import asyncio
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from onward.core.names import Name
from onward.index.asgi import GRANT
from onward.index.publish import Changed, PublishApp
from onward.index.uploads import Limits, Taken, Upload
from tests.index.uploading import ALL, BOUNDARY, fields_of, form, made


class Shop:
    """Own packages that take everything, and remember what came."""

    def __init__(self) -> None:
        self.came: list[tuple[Upload, bytes]] = []

    def take(self, upload: Upload) -> Taken:
        self.came.append((upload, upload.path.read_bytes()))
        return Taken(name=Name("acme-core"), version="1.0", filename=upload.filename, is_new=True)

    def yank(self, name: Name, version: str, reason: str | None) -> Changed:
        return Changed(project=name, version=version, files=(), yanked=reason)

    def delete(self, name: Name, filename: str) -> Changed:
        return Changed(project=name, version="", files=(filename,), deleted=True)


async def nobody(*_: object) -> None:
    raise AssertionError("this is no path of somebody else")


def ask(
    folder: Path, pieces: Iterable[bytes | None], limits: Limits, shop: Shop | None = None
) -> tuple[int, Any]:
    """Send a body in pieces (None: silence from there on); give status and answer."""
    sent: list[dict[str, Any]] = []
    waiting = iter(pieces)

    async def receive() -> dict[str, Any]:
        piece = next(waiting, b"")
        if piece is None:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": piece, "more_body": bool(piece)}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/legacy/",
        "headers": [(b"content-type", f"multipart/form-data; boundary={BOUNDARY}".encode())],
        GRANT: ALL,
    }
    app = PublishApp(shop or Shop(), folder, nobody, limits=limits)
    asyncio.run(app(scope, receive, send))
    return sent[0]["status"], json.loads(sent[1]["body"])


def body_of_a_wheel() -> tuple[bytes, bytes]:
    name, content = made("acme-core", "1.0")
    return form(fields_of("acme-core", "1.0", name, content), name, content), content


@pytest.mark.parametrize("size", [1, 7, 1_000, 100_000])
def test_what_comes_in_pieces_is_put_together(tmp_path: Path, size: int) -> None:
    body, content = body_of_a_wheel()
    shop = Shop()
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    status, _ = ask(tmp_path, pieces, Limits(), shop)
    assert status == 200
    ((upload, stored),) = shop.came
    assert stored == content
    assert upload.size == len(content)
    assert dict(upload.fields)["sha256_digest"] == (upload.digests.sha256,)
    assert dict(upload.fields)["md5_digest"] == (upload.digests.md5,)
    assert dict(upload.fields)["blake2_256_digest"] == (upload.digests.blake2_256,)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_does_not_say_its_size_stops_at_the_limit(tmp_path: Path) -> None:
    body, content = body_of_a_wheel()
    status, answer = ask(tmp_path, [body], Limits(file=len(content) - 1))
    assert (status, answer["type"]) == (413, "urn:onward:error:upload-too-large")
    assert list(tmp_path.iterdir()) == []
    assert ask(tmp_path, [body], Limits(file=len(content)))[0] == 200


@pytest.mark.parametrize("limits", [Limits(field=20), Limits(fields=200)])
def test_fields_stop_at_the_limit(tmp_path: Path, limits: Limits) -> None:
    body, _ = body_of_a_wheel()
    status, answer = ask(tmp_path, [body], limits)
    assert (status, answer["type"]) == (400, "urn:onward:error:bad-form")


@pytest.mark.parametrize("come", [0, 100, 2_500])
def test_a_client_that_falls_silent_is_left(tmp_path: Path, come: int) -> None:
    body, _ = body_of_a_wheel()
    pieces = [body[:come], None] if come else [None]
    status, answer = ask(tmp_path, pieces, Limits(patience=0.01))
    assert (status, answer["status"]) == (408, 408)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_the_servers_fault(tmp_path: Path) -> None:
    body, _ = body_of_a_wheel()
    status, answer = ask(tmp_path / "nowhere", [body], Limits())
    assert (status, answer["type"]) == (503, "urn:onward:error:store-failed")
