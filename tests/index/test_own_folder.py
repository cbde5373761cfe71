"""The data folder of own packages: what a killed server leaves, and what others change beside a running one."""

import contextlib
import hashlib
import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from onward.adapters.database.engine import Database
from onward.adapters.objects import Objects
from onward.cli.door import run_verb
from onward.core.errors import OutsideFailed
from onward.domain.shipping.uploads import Digests
from onward.index.uploads import Upload
from onward.shelves.merged import Merged
from onward.workflows.serving.publishing import Publisher
from onward.workflows.serving.rulebook import LiveJudge
from tests.conftest import FakeClock
from tests.index.serving import Serving, serving
from tests.index.uploading import ALL, granted, made, upload
from tests.registry import Registry

POLICY = '[guard]\nprivate = ["acme-*"]\n'


@pytest.fixture
def server(
    tmp_path: Path, registry: Registry, env: dict[str, str], clock: FakeClock
) -> Iterator[Serving]:
    with start(tmp_path, registry, env, clock) as running:
        yield running


def start(
    tmp_path: Path, registry: Registry, env: dict[str, str], clock: FakeClock
) -> contextlib.AbstractContextManager[Serving]:
    return serving(
        tmp_path / "data",
        (registry.url,),
        env=env,
        clock=clock,
        policy=POLICY,
        around=granted(ALL),
    )


class Killed(BaseException):
    """The server is killed here."""


class Dying(Database):
    """A database of a server that is killed when it is about to write a row."""

    def __init__(self, database: Database) -> None:
        super().__init__(database._engine)

    def writing(self) -> contextlib._GeneratorContextManager[Connection]:
        raise Killed


class Full(Objects):
    """A store on a disk that is full."""

    def take_in(self, key: str, path: Path) -> bool:
        raise OutsideFailed("store-failed", f"no space left for {key} ({path})")


def received(folder: Path, *, licence: str = "MIT") -> Upload:
    """Give an upload of acme-core 1.0 that has come to the disk."""
    filename, content = made("acme-core", "1.0", licence=licence)
    path = folder / "received.part"
    path.write_bytes(content)
    fields = {
        ":action": "file_upload",
        "protocol_version": "1",
        "name": "acme-core",
        "version": "1.0",
    }
    return Upload(
        fields={key: (value,) for key, value in fields.items()},
        filename=filename,
        path=path,
        size=len(content),
        digests=Digests(md5="", sha256=hashlib.sha256(content).hexdigest(), blake2_256=""),
        uploader="t",
    )


def publisher(server: Serving, database: Database, objects: Objects) -> Publisher:
    judge: LiveJudge = server.judge
    return Publisher(
        database, objects, Merged(None, []), judge, clock=lambda: judge.now, changed=lambda _: None
    )


def stored(server: Serving) -> list[str]:
    return [p.name for p in (server.data / "store" / "own").rglob("*") if p.is_file()]


def test_what_a_server_left_that_was_killed_before_the_row_is_swept(
    tmp_path: Path, registry: Registry, env: dict[str, str], clock: FakeClock
) -> None:
    with start(tmp_path, registry, env, clock) as server:
        upload(server, "acme-core", "2.0")
        before = set(stored(server))
        objects = Objects(server.data / "store")
        with pytest.raises(Killed):
            publisher(server, Dying(server.parts.database), objects).take(received(tmp_path))
        left = set(stored(server)) - before
        assert left == {"acme_core-1.0-py3-none-any.whl", "acme_core-1.0-py3-none-any.whl.metadata"}
        assert server.page("acme-core")["versions"] == ["2.0"]
        (server.data / "coming" / "x.part").write_bytes(b"half")
    with start(tmp_path, registry, env, clock) as server:
        assert set(stored(server)) == before
        assert not list((server.data / "coming").iterdir())
        assert upload(server, "acme-core", "1.0", licence="Zlib").status == 200
        filename, content = made("acme-core", "1.0", licence="Zlib")
        assert server.get(f"/files/acme-core/{filename}").body == content


def test_a_row_is_written_only_while_its_bytes_are_there(server: Serving, tmp_path: Path) -> None:
    objects = Objects(server.data / "store")

    class Swept(Objects):
        def take_in(self, key: str, path: Path) -> bool:
            kept = super().take_in(key, path)
            objects.delete(key)  # as who sweeps would, since no row names it yet
            return kept

    with pytest.raises(OutsideFailed, match="taken out of the store"):
        publisher(server, server.parts.database, Swept(server.data / "store")).take(
            received(tmp_path)
        )
    assert server.get("/simple/acme-core/").status != 500
    assert upload(server, "acme-core", "1.0").status == 200


def test_a_full_disk_leaves_no_row(server: Serving, tmp_path: Path) -> None:
    with pytest.raises(OutsideFailed, match="no space left"):
        publisher(server, server.parts.database, Full(server.data / "store")).take(
            received(tmp_path)
        )
    assert upload(server, "acme-core", "1.0").json["is_new"] is True


def test_bytes_that_are_lost_are_not_asked_for_elsewhere(
    server: Serving, registry: Registry
) -> None:
    filename, _ = made("acme-core", "1.0")
    upload(server, "acme-core", "1.0")
    shutil.rmtree(server.data / "store" / "own")
    for path in (filename, f"{filename}.metadata"):
        answer = server.get(f"/files/acme-core/{path}")
        assert (answer.status, b"has lost" in answer.body) == (503, True)
    assert registry.requests == []


def typed(server: Serving, env: dict[str, str], clock: FakeClock, *words: str) -> tuple[int, str]:
    out, err = io.StringIO(), io.StringIO()
    argv = ("guard", *words, "--data", str(server.data))
    code = run_verb(argv, env, cwd=server.data, clock=clock, out=out, err=err)
    return code, out.getvalue() + err.getvalue()


def test_yank_and_delete_from_the_command_line_reach_the_running_server(
    server: Serving, env: dict[str, str], clock: FakeClock
) -> None:
    filename, content = made("acme-core", "1.0")
    upload(server, "acme-core", "1.0")
    upload(server, "acme-core", "2.0")
    assert len(server.page("acme-core")["files"]) == 2
    code, said = typed(server, env, clock, "yank", "acme-core==1.0", "--reason", "bad", "--dry-run")
    assert (code, "would be yanked (bad)" in said) == (0, True)
    code, said = typed(server, env, clock, "delete", "acme-core==1.0")
    assert (code, "[not-yanked]" in said) == (1, True)
    code, said = typed(server, env, clock, "yank", "Acme_Core==1.0.0", "--reason", "bad", "--json")
    assert code == 0, said
    assert json.loads(said)["files"] == [filename]
    server.parts.own.refresh()
    yanked = [file.get("yanked") for file in server.page("acme-core")["files"]]
    assert yanked == ["bad", None]
    code, said = typed(server, env, clock, "yank", "acme-core==1.0", "--undo")
    assert (code, "not yanked" in said) == (0, True)
    typed(server, env, clock, "yank", "acme-core==1.0")
    code, said = typed(server, env, clock, "delete", filename, "--dry-run")
    assert (code, "would be deleted" in said) == (0, True)
    server.parts.own.refresh()
    assert server.get(f"/files/acme-core/{filename}").body == content
    assert typed(server, env, clock, "delete", filename)[0] == 0
    server.parts.own.refresh()
    assert server.page("acme-core")["versions"] == ["2.0"]
    assert server.get(f"/files/acme-core/{filename}").status == 404
    assert typed(server, env, clock, "delete", filename)[0] == 2


@pytest.mark.parametrize(
    ("words", "reference"),
    [
        (("yank", "acme-core"), "bad-release"),
        (("yank", "acme-core==3.0"), "no-such-release"),
        (("yank", "a b==1"), "bad-name"),
        (("delete", "acme-core"), "bad-filename"),
        (("delete", "acme-core=="), "bad-release"),
    ],
)
def test_what_cannot_be_yanked_is_said(
    server: Serving, env: dict[str, str], clock: FakeClock, words: tuple[str, ...], reference: str
) -> None:
    code, said = typed(server, env, clock, *words)
    assert (code, f"[{reference}]" in said) == (2, True), said


def test_a_folder_without_a_server_is_said(
    tmp_path: Path, env: dict[str, str], clock: FakeClock
) -> None:
    out, err = io.StringIO(), io.StringIO()
    words = ("guard", "yank", "acme-core==1.0", "--data", "nowhere")
    code = run_verb(words, env, cwd=tmp_path, clock=clock, out=out, err=err)
    assert (code, "[no-server-data]" in err.getvalue()) == (2, True)
    assert not (tmp_path / "nowhere").exists()
