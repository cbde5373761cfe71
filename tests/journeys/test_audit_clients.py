"""What the real `uv audit`, uv's check for malware and pip-audit make of the server's OSV API."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from bench.peers import peer
from onward.adapters.feed.dump import compile_dump
from onward.adapters.feed.store import feed_path
from onward.adapters.uv.commands import uv_program
from onward.core.artifact import PUBLIC_INDEX
from tests import dumps
from tests.conftest import FakeClock
from tests.index.serving import Serving, serving
from tests.registry import Registry

DOCUMENTS = (
    dumps.document("TEST-2026-1", "tidewater", aliases=["CVE-2026-1"], summary="it leaks"),
    dumps.document("TEST-2026-2", "tidewater", fixed="0.9"),
    dumps.document("TEST-2026-3", "tidewater", withdrawn="2026-01-01T00:00:00Z"),
    dumps.document("MAL-2026-1", "fernwood", fixed=None, summary="it steals"),
)


class Said(NamedTuple):
    code: int
    out: str
    err: str


class Auditor:
    """A project of its own, and the clients that look at it through a server."""

    def __init__(self, folder: Path, env: dict[str, str], registry: Registry) -> None:
        self.folder = folder / "project"
        self.folder.mkdir()
        self.registry = registry
        self._env = {**env, "NO_COLOR": "1", "COLUMNS": "500"}
        self.server: Serving

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.port}/osv"

    def needs(self, *dependencies: str) -> None:
        """Lock a project with these dependencies, straight from the registry: nothing here is held back."""
        listed = ", ".join(f'"{one}"' for one in dependencies)
        (self.folder / "pyproject.toml").write_text(
            '[project]\nname = "harbour"\nversion = "1.0"\n'
            f'requires-python = ">={sys.version_info[0]}.{sys.version_info[1]}"\ndependencies = [{listed}]\n',
            encoding="utf-8",
        )
        said = self.uv("lock", "--default-index", self.registry.url)
        assert said.code == 0, said.err

    def uv(self, *words: str, **env: str) -> Said:
        argv = [uv_program(self._env), *words, "--no-config", "--python", sys.executable]
        return self._run(argv, env)

    def audit(self, address: str) -> Said:
        words = ("audit", "--frozen", "--output-format", "json", "--preview-features")
        argv = [uv_program(self._env), *words, "audit-command,json-output", "--no-config"]
        return self._run([*argv, "--service-url", address], {"UV_HTTP_RETRIES": "0"})

    def checked_sync(self, address: str) -> Said:
        """Install what is locked, with uv's check for malware."""
        check = {"UV_MALWARE_CHECK": "1", "UV_MALWARE_CHECK_URL": address, "UV_HTTP_RETRIES": "0"}
        lock = self.folder / "uv.lock"
        # uv checks only what is locked from the public index; the files still come from here
        text = lock.read_text(encoding="utf-8")
        source = f'registry = "{self.registry.url}"'
        assert source in text
        public = f'registry = "{PUBLIC_INDEX.rstrip("/")}"'
        lock.write_text(text.replace(source, public), encoding="utf-8")
        return self.uv("sync", "--frozen", **check)

    @property
    def installed(self) -> set[str]:
        """Name and version of what is in the project's environment."""
        found = self.folder.glob(".venv/[lL]ib/**/*.dist-info")
        return {path.name.removesuffix(".dist-info") for path in found}

    def pip_audit(self, program: str, *requirements: str) -> Said:
        wanted = self.folder / "requirements.txt"
        wanted.write_text("\n".join(requirements) + "\n", encoding="utf-8")
        words = ["-r", str(wanted), "--no-deps", "--disable-pip", "--format", "json"]
        words += ["--progress-spinner", "off", "--cache-dir", str(self.folder / "pip-audit-cache")]
        osv = ["--vulnerability-service", "osv", "--osv-url", f"{self.address}/v1/query"]
        return self._run([program, *words, *osv], {})

    def _run(self, argv: list[str], env: dict[str, str]) -> Said:
        ran = subprocess.run(
            argv,
            cwd=self.folder,
            env={**self._env, **env},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        return Said(ran.returncode, ran.stdout, ran.stderr)


@pytest.fixture
def pip_audit(reachable_registry: None) -> str:
    """Give the program pip-audit, from an environment of its own."""
    program, why = peer("pip-audit")
    if not program:
        pytest.skip(why)
    return program


@pytest.fixture
def auditor(
    tmp_path: Path, registry: Registry, env: dict[str, str], clock: FakeClock
) -> Iterator[Auditor]:
    registry.add("tidewater", "1.0")
    registry.add("mossgrove", "1.0")
    registry.add("fernwood", "1.0")
    dump = dumps.write(tmp_path / "all.zip", dumps.packed(DOCUMENTS))
    store = feed_path(Path(env["ONWARD_CACHE_DIR"]))
    compile_dump(dump, store, source="a test", fetched=clock())
    made = Auditor(tmp_path, env, registry)
    with serving(tmp_path / "data", (registry.url,), env=env, clock=clock) as server:
        made.server = server
        yield made


def found(said: Said) -> list[tuple[str, str]]:
    """Give package and id of each of uv's findings."""
    told: Any = json.loads(said.out)
    return sorted((one["dependency"]["name"], one["id"]) for one in told["vulnerabilities"])


@pytest.mark.parametrize("end", ["", "/"])
def test_uv_audit_finds_what_is_vulnerable(auditor: Auditor, end: str) -> None:
    auditor.needs("tidewater", "mossgrove", "fernwood")
    said = auditor.audit(auditor.address + end)
    assert said.code == 1, said.err
    assert found(said) == [("fernwood", "MAL-2026-1"), ("tidewater", "TEST-2026-1")]


def test_uv_audit_is_content_with_what_is_hit_by_nothing(auditor: Auditor) -> None:
    auditor.needs("mossgrove")
    said = auditor.audit(auditor.address)
    assert said.code == 0, said.err
    assert found(said) == []


def test_uv_audit_fails_when_nothing_could_be_looked_up(
    auditor: Auditor, env: dict[str, str]
) -> None:
    auditor.needs("mossgrove")
    feed_path(Path(env["ONWARD_CACHE_DIR"])).unlink()
    auditor.server.judge.refresh()
    said = auditor.audit(auditor.address)
    assert said.code not in (0, 1), said.out
    assert "503" in said.err


@pytest.mark.parametrize("end", ["", "/"])
def test_uv_stops_before_it_installs_malware_that_is_locked(auditor: Auditor, end: str) -> None:
    auditor.needs("fernwood", "tidewater")
    said = auditor.checked_sync(auditor.address + end)
    assert said.code != 0
    assert "MAL-2026-1" in said.err
    assert auditor.installed == set()
    auditor.needs("tidewater", "mossgrove")  # vulnerable is not malicious
    said = auditor.checked_sync(auditor.address + end)
    assert said.code == 0, said.err
    assert auditor.installed == {"tidewater-1.0", "mossgrove-1.0"}


def test_uv_installs_nothing_when_nothing_could_be_looked_up(
    auditor: Auditor, env: dict[str, str]
) -> None:
    auditor.needs("tidewater")
    feed_path(Path(env["ONWARD_CACHE_DIR"])).unlink()
    auditor.server.judge.refresh()
    said = auditor.checked_sync(auditor.address)
    assert said.code != 0
    assert "503" in said.err
    assert auditor.installed == set()


@pytest.mark.registry
def test_pip_audit_finds_what_is_vulnerable(auditor: Auditor, pip_audit: str) -> None:
    said = auditor.pip_audit(pip_audit, "Tidewater==1.0", "mossgrove==1.0")
    assert said.code == 1, said.err
    told = {one["name"]: one["vulns"] for one in json.loads(said.out)["dependencies"]}
    assert told["mossgrove"] == []
    (vulnerable,) = told["tidewater"]
    assert {vulnerable["id"], *vulnerable["aliases"]} == {"TEST-2026-1", "CVE-2026-1"}
    assert vulnerable["fix_versions"] == ["2.0"]


@pytest.mark.registry
def test_pip_audit_fails_when_nothing_could_be_looked_up(
    auditor: Auditor, pip_audit: str, env: dict[str, str]
) -> None:
    feed_path(Path(env["ONWARD_CACHE_DIR"])).unlink()
    auditor.server.judge.refresh()
    said = auditor.pip_audit(pip_audit, "mossgrove==1.0")
    assert said.code != 0
    assert '"vulns": []' not in said.out
