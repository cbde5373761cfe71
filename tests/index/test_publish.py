"""Own packages through the server's door: upload, serve, yank, delete."""

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from onward.domain.grants import Grant
from tests.conftest import FakeClock
from tests.index.serving import Answer, Serving, serving
from tests.index.uploading import ALL, granted, made, upload
from tests.registry import Registry

JSON = {"Accept": "application/vnd.pypi.simple.v1+json"}
CLAIM = '[guard]\nprivate = ["acme-*"]\n'

Serve = Callable[..., Serving]


@pytest.fixture
def serve(
    tmp_path: Path, registry: Registry, env: dict[str, str], clock: FakeClock
) -> Iterator[Serve]:
    """A maker of servers that claim ``acme-*``, where everyone may do what the grant says."""
    import contextlib

    with contextlib.ExitStack() as stack:

        def make(policy: str = CLAIM, grant: Grant = ALL, folder: str = "data") -> Serving:
            made_one = serving(
                tmp_path / folder,
                (registry.url,),
                env=env,
                clock=clock,
                policy=policy,
                around=granted(grant),
            )
            return stack.enter_context(made_one)

        yield make


def test_what_was_uploaded_is_served_at_once(serve: Serve, clock: FakeClock) -> None:
    server = serve()
    filename, content = made("acme-core", "1.0", requires_python=">=3.9")
    answer = upload(server, "acme-core", "1.0", requires_python=">=3.9")
    assert (answer.status, answer.json["is_new"]) == (200, True), answer.body
    page = server.page("acme-core")
    (file,) = page["files"]
    assert file["filename"] == filename
    assert file["requires-python"] == ">=3.9"
    assert file["size"] == len(content)
    assert dt.datetime.fromisoformat(file["upload-time"]) == clock()
    assert set(file["core-metadata"]) == {"sha256"}
    assert "yanked" not in file
    assert page["versions"] == ["1.0"]
    assert page["meta"] == {"api-version": "1.4"}
    assert server.get(f"/files/acme-core/{filename}").body == content
    part = server.get(f"/files/acme-core/{filename}", {"Range": "bytes=2-5"})
    assert (part.status, part.body) == (206, content[2:6])
    metadata = server.get(f"/files/acme-core/{filename}.metadata").body
    assert b"Name: acme-core" in metadata
    assert server.get("/pypi/acme-core/json").json["info"]["requires_python"] == ">=3.9"
    assert {"name": "acme-core"} in server.get("/simple/", JSON).json["projects"]


def refused(answer: Answer, status: int, *words: str) -> None:
    assert answer.status == status, answer.body
    assert answer.headers["content-type"] == "application/problem+json"
    for word in words:
        assert word in answer.body.decode(), answer.body
