"""The real ``uv publish`` and twine upload to the server; the real uv and pip install what they uploaded."""

import base64
import hashlib
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.peers import peer
from onward.adapters.uv.commands import uv_program
from onward.domain.grants import Action
from tests.conftest import FakeClock
from tests.index.serving import Serving, serving
from tests.index.tokens import a_token
from tests.index.uploading import made
from tests.registry import Registry

CLAIM = '[guard]\nprivate = ["acme-*"]\n'


@pytest.fixture
def server(
    tmp_path: Path, registry: Registry, env: dict[str, str], clock: FakeClock
) -> Iterator[Serving]:
    registry.add("mossgrove", "1.0")
    made_one = serving(
        tmp_path / "data",
        (registry.url,),
        env=env,
        clock=clock,
        policy=CLAIM,
    )
    with made_one as running:
        yield running


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """A folder with a wheel and a source distribution of ``acme-core`` 1.0, which needs ``mossgrove``."""
    folder = tmp_path / "dist"
    folder.mkdir()
    for source in (False, True):
        name, content = made(
            "acme-core", "1.0", source=source, requires=("mossgrove",), requires_python=">=3.9"
        )
        (folder / name).write_bytes(content)
    return folder


def ran(env: dict[str, str], cwd: Path, *argv: str) -> tuple[int, str]:
    clean = {**env, "PIP_CONFIG_FILE": os.devnull, "NO_COLOR": "1", "COLUMNS": "500"}
    done = subprocess.run(argv, cwd=cwd, env=clean, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def token_of(server: Serving) -> str:
    return a_token(server, actions=(Action.upload,), label=secrets.token_hex(4))


def uv_publish(env: dict[str, str], server: Serving, *words: str, cwd: Path) -> tuple[int, str]:
    place = f"http://127.0.0.1:{server.port}/legacy/"
    env = {**env, "UV_PUBLISH_TOKEN": token_of(server)}
    return ran(
        env, cwd, uv_program(env), "publish", "--no-config", "--trusted-publishing", "never",
        "--publish-url", place, *words,
    )  # fmt: skip


def test_uv_publishes_and_uv_and_pip_install(
    server: Serving, env: dict[str, str], dist: Path, tmp_path: Path
) -> None:
    code, said = uv_publish(env, server, *map(str, dist.iterdir()), cwd=tmp_path)
    assert code == 0, said
    assert len(server.page("acme-core")["files"]) == 2
    uv = (uv_program(env), "pip", "install", "--no-config", "--python", sys.executable)
    code, said = ran(
        env, tmp_path, *uv, "--default-index", server.url, "--target", "by-uv", "acme-core"
    )
    assert code == 0, said
    pip = (sys.executable, "-m", "pip", "install", "--no-input", "--disable-pip-version-check")
    code, said = ran(
        env, tmp_path, *pip, "--no-cache-dir", "--index-url", server.url, "--target", "by-pip", "acme-core"
    )  # fmt: skip
    assert code == 0, said
    for folder in ("by-uv", "by-pip"):
        found = {path.name for path in (tmp_path / folder).glob("*.dist-info")}
        assert found == {"acme_core-1.0.dist-info", "mossgrove-1.0.dist-info"}


def test_uv_publishes_the_same_again_without_a_fault(
    server: Serving, env: dict[str, str], dist: Path, tmp_path: Path
) -> None:
    files = [str(path) for path in dist.iterdir()]
    assert uv_publish(env, server, *files, cwd=tmp_path)[0] == 0
    code, said = uv_publish(env, server, *files, cwd=tmp_path)
    assert code == 0, said
    code, said = uv_publish(env, server, "--check-url", server.url, *files, cwd=tmp_path)
    assert code == 0, said


def test_uv_says_why_other_content_is_refused(
    server: Serving, env: dict[str, str], dist: Path, tmp_path: Path
) -> None:
    (wheel,) = dist.glob("*.whl")
    assert uv_publish(env, server, str(wheel), cwd=tmp_path)[0] == 0
    wheel.write_bytes(made("acme-core", "1.0", licence="Zlib")[1])
    code, said = uv_publish(env, server, str(wheel), cwd=tmp_path)
    assert code != 0
    assert "already exists, with other content" in said


def test_uv_says_why_a_name_of_somebody_else_is_refused(
    server: Serving, env: dict[str, str], tmp_path: Path
) -> None:
    name, content = made("mossgrove", "99.0")
    (tmp_path / name).write_bytes(content)
    code, said = uv_publish(env, server, name, cwd=tmp_path)
    assert code != 0
    assert "`mossgrove` is a project of" in said


def test_uv_sends_its_attestations(
    server: Serving, env: dict[str, str], dist: Path, tmp_path: Path
) -> None:
    (wheel,) = dist.glob("*.whl")
    attestation = attested(wheel)
    Path(f"{wheel}.publish.attestation").write_text(json.dumps(attestation), encoding="utf-8")
    code, said = uv_publish(env, server, f"{dist}/*.whl*", cwd=tmp_path)
    assert code == 0, said
    answer = server.get(f"/integrity/acme-core/1.0/{wheel.name}/provenance")
    assert answer.status == 200
    (bundle,) = answer.json["attestation_bundles"]
    assert bundle["attestations"] == [attestation]
    (file,) = server.page("acme-core")["files"]
    assert file["provenance"].endswith(f"/integrity/acme-core/1.0/{wheel.name}/provenance")


def attested(path: Path) -> dict[str, object]:
    """Give an attestation of the right shape, signed by nobody."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": path.name, "digest": {"sha256": digest}}],
        "predicateType": "https://docs.pypi.org/attestations/publish/v1",
        "predicate": None,
    }
    return {
        "version": 1,
        "verification_material": {
            "certificate": base64.b64encode(b"none").decode(),
            "transparency_entries": [{"logIndex": "1"}],
        },
        "envelope": {
            "statement": base64.b64encode(json.dumps(statement).encode()).decode(),
            "signature": base64.b64encode(b"none").decode(),
        },
    }


@pytest.mark.registry
@pytest.mark.slow
def test_twine_uploads_and_is_told_why_not(
    server: Serving, env: dict[str, str], dist: Path, tmp_path: Path, reachable_registry: None
) -> None:
    del reachable_registry
    program, missing = peer("twine")
    assert not missing, missing
    place = f"http://127.0.0.1:{server.port}/legacy/"
    env = {**env, "TWINE_USERNAME": "__token__", "TWINE_PASSWORD": token_of(server)}
    twine = (program, "upload", "--non-interactive", "--disable-progress-bar", "--repository-url", place)  # fmt: skip
    files = [str(path) for path in dist.iterdir()]
    code, said = ran(env, tmp_path, *twine, *files)
    assert code == 0, said
    assert len(server.page("acme-core")["files"]) == 2
    code, said = ran(env, tmp_path, *twine, *files)
    assert code == 0, said
    (wheel,) = dist.glob("*.whl")
    wheel.write_bytes(made("acme-core", "1.0", licence="Zlib")[1])
    code, said = ran(env, tmp_path, *twine, "--verbose", str(wheel))
    assert code != 0
    assert "409" in said
    assert "already exists, with other content" in said
