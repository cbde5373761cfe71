"""``onward ship publish`` by the identity of a build service and by a keyring, with the real uv and the real keyring."""

import base64
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from onward.adapters.uv.commands import uv_program
from tests.conftest import FakeClock, MakeProject
from tests.journeys.lying_index import LyingIndex
from tests.journeys.test_ship_publish import Publishing
from tests.journeys.trusting_index import TrustingIndex


@pytest.fixture
def trusting(tmp_path: Path, env: dict[str, str]) -> Iterator[TrustingIndex]:
    if shutil.which("openssl") is None:
        pytest.skip(
            "openssl is not here, which makes the certificate: uv asks for tokens by https alone"
        )
    words = "req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=here"
    words += " -addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE"
    subprocess.run(["openssl", *words.split()], cwd=tmp_path, check=True, capture_output=True)
    env["SSL_CERT_FILE"] = str(tmp_path / "cert.pem")
    index = TrustingIndex((tmp_path / "cert.pem", tmp_path / "key.pem"))
    yield index
    index.close()


@pytest.fixture
def publish(env: dict[str, str], clock: FakeClock, project: MakeProject) -> Publishing:
    env["UV_HTTP_RETRIES"] = "0"
    return Publishing(env, clock, project)


@pytest.fixture
def lying() -> Iterator[LyingIndex]:
    index = LyingIndex()
    yield index
    index.close()


def job(index: TrustingIndex, service: str) -> dict[str, str]:
    if service == "GitLab CI":
        return {"GITLAB_CI": "true", "PYPI_ID_TOKEN": index.identity}
    return {
        "GITHUB_ACTIONS": "true",
        "ACTIONS_ID_TOKEN_REQUEST_URL": index.job,
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": index.request_token,
    }


def kept(folder: Path) -> str:
    """Give all that a run left in the cache, as text."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".sock"]
    return "".join(path.read_bytes().decode("utf-8", "replace") for path in files)


@pytest.mark.parametrize("service", ["GitHub Actions", "GitLab CI"])
def test_a_trusted_publisher_needs_no_token_and_leaves_none(
    publish: Publishing, trusting: TrustingIndex, service: str
) -> None:
    trusting.audience = "pypi"
    publish.make(trusting.base)
    publish.env |= job(trusting, service)
    assert publish("--dry-run") == 0, publish.out + publish.err
    assert f"as this {service} job (trusted publishing)" in publish.out
    assert trusting.minted == []
    assert publish() == 0, publish.out + publish.err
    assert len(trusting.uploads) == 2
    assert trusting.minted
    left = publish.out + publish.err + kept(Path(publish.env["ONWARD_CACHE_DIR"]))
    assert [word for word in trusting.secrets if word in left] == []


def test_whoever_is_no_trusted_publisher_is_told_why(
    publish: Publishing, trusting: TrustingIndex
) -> None:
    trusting.trusts = False
    publish.make(trusting.base)
    publish.env |= job(trusting, "GitHub Actions")
    assert publish() == 2
    assert "does not take this job as a trusted publisher" in publish.err
    assert "no publisher matches" in publish.err
    assert trusting.uploads == []
    left = publish.out + publish.err + kept(Path(publish.env["ONWARD_CACHE_DIR"]))
    assert [word for word in trusting.secrets if word in left] == []


def test_an_index_without_trusted_publishing_is_not_asked_again_and_again(
    publish: Publishing, trusting: TrustingIndex
) -> None:
    trusting.audience = ""
    publish.make(trusting.base)
    publish.env |= job(trusting, "GitHub Actions")
    assert publish() == 2, publish.err
    assert "does not take this job as a trusted publisher" in publish.err
    assert "set UV_PUBLISH_TOKEN" in publish.err


@pytest.fixture
def keyring(env: dict[str, str], tmp_path: Path, shared_uv_cache: str) -> Path:
    """Give the command of the real keyring, which keeps its words in a file; ``env`` finds it."""
    folder = tmp_path / "keyring"
    outside = dict(os.environ) | {"UV_CACHE_DIR": shared_uv_cache}
    uv = uv_program(env)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    made = [uv, "venv", "-q", "--python", sys.executable, str(folder)]
    filled = [uv, "pip", "install", "-q", "--python", str(python), "keyring", "keyrings.alt"]
    for argv in (made, filled):
        ran = subprocess.run(argv, env=outside, cwd=tmp_path, capture_output=True, check=False)
        if ran.returncode:
            pytest.skip(f"no package registry: {ran.stderr.decode()[-300:]}")
    env["PATH"] = f"{python.parent}{os.pathsep}{env['PATH']}"
    env["PYTHON_KEYRING_BACKEND"] = "keyrings.alt.file.PlaintextKeyring"
    env["KEYRING_PROPERTY_FILE_PATH"] = str(tmp_path / "kept.cfg")
    return python.parent / "keyring"


@pytest.mark.registry
@pytest.mark.slow
def test_a_token_comes_out_of_a_real_keyring(
    publish: Publishing, keyring: Path, lying: LyingIndex, tmp_path: Path
) -> None:
    publish.make(lying.base)
    lying.mode = "403"
    assert publish("--keyring") == 2
    assert f"there is nobody to publish to house ({lying.upload}) as" in publish.err
    assert f"`keyring set {lying.upload} __token__` keeps a token" in publish.err
    lying.mode = "good"
    token = secrets.token_hex(16)
    subprocess.run(
        [keyring, "set", lying.upload, "__token__"],
        env=publish.env,
        input=token.encode(),
        check=True,
    )
    assert publish("--keyring") == 0, publish.out + publish.err
    login = base64.b64decode(lying.authorized[-1].removeprefix("Basic ")).decode()
    assert login == f"__token__:{token}"
    assert "as `__token__`, with what the keyring holds for it" in publish.out
    assert token not in publish.out + publish.err + kept(Path(publish.env["ONWARD_CACHE_DIR"]))
