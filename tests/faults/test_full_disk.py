"""A disk that is full while uv installs, or a server runs: a small one of its own, where the system lets us mount one."""

import contextlib
import tempfile
from pathlib import Path

from onward.adapters.database.downloads import Logged, find_downloads
from onward.core.names import Name
from onward.shelves.files import free_bytes
from tests.conftest import FakeClock, MakeEnv
from tests.index.serving import serving
from tests.journeys.conftest import NOBODY
from tests.journeys.stage import Stage
from tests.registry import Registry


def test_a_library_that_does_not_fit_changes_nothing(
    small_disk: Path, registry: Registry, make_env: MakeEnv, clock: FakeClock
) -> None:
    registry.add("mossgrove", "1.0")
    # hard to pack, so that the wheel is as large as what is in it
    noise = bytes(i * i * 31 % 251 for i in range(6_000_000))
    registry.add("tidewater", "1.0", files={"tidewater/big": noise + noise[::-1]})
    root = small_disk / "demo"
    root.mkdir()
    (root / "pyproject.toml").write_text(
        '[project]\nname = "demo"\nversion = "0.1.0"\nrequires-python = ">=3.11"\n'
        f'dependencies = []\n[[tool.uv.index]]\nurl = "{registry.url}"\ndefault = true\n',
        encoding="utf-8",
    )
    stage = Stage(root, make_env(UV_LINK_MODE="copy"), clock)
    stage.advise(NOBODY)
    stage.fine("add", "mossgrove")
    before = {name: (root / name).read_bytes() for name in ("pyproject.toml", "uv.lock")}

    said = stage.onward("add", "tidewater")

    assert said.code == 4, said.text
    assert "space" in said.err
    assert {name: (root / name).read_bytes() for name in before} == before
    assert stage.installed == {"mossgrove": "1.0"}
    stage.fine("sync")
    stage.way_out_is_open()


def test_a_server_on_a_full_disk_still_hands_files_on(
    small_disk: Path, registry: Registry, env: dict[str, str], clock: FakeClock
) -> None:
    noise = bytes(i * i * 31 % 251 for i in range(3_000_000))
    (file,) = registry.add("tidewater", "1.0", files={"tidewater/big": noise + noise[::-1]})
    path = f"/files/tidewater/{file.filename}"
    row = Logged(
        at=clock(), project=Name("fernwood"), version="1.0", filename="x", client="c" * 200
    )
    with serving(small_disk / "data", (registry.url,), env=env, clock=clock) as server:
        assert server.page("tidewater")["versions"] == ["1.0"]
        rest = small_disk / "rest"
        with contextlib.suppress(OSError):
            rest.write_bytes(bytes(free_bytes(small_disk)))
        for _ in range(2):
            got = server.get(path)
            assert (got.status, got.body == file.content) == (200, True), got.body[:500]
        assert server.get(f"{path}.metadata").status == 200
        for _ in range(2000):  # until there is no room for notes either
            server.parts.recorder.downloaded(row)
        server.jobs.write()
        assert [warning.reference for warning in server.warnings] == ["store-failed"]
        assert server.get(path).status == 200
        rest.unlink()
        server.jobs.write()
        assert len(find_downloads(server.parts.database)) == 2003
        assert server.get(f"{path}.metadata").status == 200
    assert not list(Path(tempfile.gettempdir()).glob("onward-*.part"))
