"""The real uv and pip at a server that wants a token: in the address, from the environment, from a netrc file."""

import contextlib
import http.client
import os
import shutil
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from onward.adapters.uv.commands import uv_program
from onward.index.place import Tls, read_tls
from tests.conftest import FakeClock
from tests.index.serving import Serving, serving
from tests.index.tokens import a_token, basic
from tests.registry import Registry


class Client:
    """One installer, and the server that it is to ask."""

    def __init__(self, name: str, folder: Path, env: dict[str, str], server: Serving) -> None:
        self.name, self.folder, self.env, self.server = name, folder, dict(env), server

    def install(self, *words: str, login: str = "", default: bool = True) -> tuple[bool, str]:
        """Install with ``login`` in the address; without ``default`` the environment names the index."""
        address = self.server.url.replace("://", f"://{login}@" if login else "://")
        argv = {
            "uv": [uv_program(self.env), "pip", "install", "--no-config", "--python", sys.executable],
            "pip": [sys.executable, "-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--no-cache-dir"],
        }[self.name]  # fmt: skip
        if default:
            argv += [{"uv": "--default-index", "pip": "--index-url"}[self.name], address]
        ran = subprocess.run(
            [*argv, "--target", str(self.folder / "installed"), *words],
            cwd=self.folder,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
        )
        return ran.returncode == 0, ran.stdout + ran.stderr

    @property
    def installed(self) -> set[str]:
        """The names of what is in the folder."""
        found = (self.folder / "installed").glob("*.dist-info")
        return {path.name.partition("-")[0] for path in found}


@pytest.fixture(params=["uv", "pip"])
def client(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    registry: Registry,
    env: dict[str, str],
    clock: FakeClock,
) -> Iterator[Client]:
    if request.param == "pip":
        pytest.importorskip("pip", reason="pip is not in this environment")
    registry.add("tidewater", "1.0", requires=["mossgrove"])
    registry.add("mossgrove", "1.0")
    clean = {**env, "PIP_CONFIG_FILE": os.devnull, "NO_COLOR": "1", "COLUMNS": "500"}
    made = serving(tmp_path / "data", (registry.url,), env=env, clock=clock, read_auth=True)
    with made as server:
        yield Client(request.param, tmp_path, clean, server)


def test_without_a_token_it_is_refused(client: Client) -> None:
    worked, said = client.install("tidewater")
    assert not worked
    # pip says 401 only of a login that it sent
    assert {"uv": "401", "pip": "No matching distribution found"}[client.name] in said
    assert client.installed == set()


def test_with_a_token_in_the_address(client: Client) -> None:
    token = a_token(client.server)
    worked, said = client.install("tidewater", login=f"__token__:{token}")
    assert worked, said
    assert client.installed == {"tidewater", "mossgrove"}
    assert token not in said


def test_with_a_wrong_token_it_is_refused(client: Client) -> None:
    token = a_token(client.server)
    worked, said = client.install("tidewater", "-v", login=f"__token__:{token[:-2]}")
    assert not worked
    assert "401" in said


def test_with_a_netrc_file(client: Client) -> None:
    netrc = client.folder / "logins"
    token = a_token(client.server)
    netrc.write_text(f"machine 127.0.0.1\nlogin __token__\npassword {token}\n", encoding="utf-8")
    netrc.chmod(0o600)
    client.env["NETRC"] = str(netrc)
    worked, said = client.install("tidewater")
    assert worked, said
    assert client.installed == {"tidewater", "mossgrove"}


def test_with_the_environment_of_a_build(client: Client) -> None:
    token = a_token(client.server)
    login = client.server.url.replace("://", f"://__token__:{token}@")
    client.env |= {"UV_DEFAULT_INDEX": login, "PIP_INDEX_URL": login}
    worked, said = client.install("tidewater", default=False)
    assert worked, said
    assert token not in said


def test_with_the_variables_of_a_named_index(client: Client) -> None:
    if client.name != "uv":
        pytest.skip("uv's own way")
    client.env |= {
        "UV_DEFAULT_INDEX": f"onward={client.server.url}",
        "UV_INDEX_ONWARD_USERNAME": "__token__",
        "UV_INDEX_ONWARD_PASSWORD": a_token(client.server),
    }
    worked, said = client.install("tidewater", default=False)
    assert worked, said


def test_a_token_for_some_projects_gets_these_only(client: Client) -> None:
    login = f"__token__:{a_token(client.server, 'moss*')}"
    worked, said = client.install("mossgrove", login=login)
    assert worked, said
    worked, said = client.install("tidewater", login=login)
    assert not worked
    assert client.installed == {"mossgrove"}


def test_where_anyone_may_read_a_login_of_someone_else_does_no_harm(
    client: Client, tmp_path: Path, registry: Registry, env: dict[str, str], clock: FakeClock
) -> None:
    netrc = client.folder / "logins"
    netrc.write_text("default login me password something\n", encoding="utf-8")
    netrc.chmod(0o600)
    client.env["NETRC"] = str(netrc)
    with serving(tmp_path / "open", (registry.url,), env=env, clock=clock) as client.server:
        worked, said = client.install("tidewater")
    assert worked, said


@pytest.fixture
def tls(tmp_path: Path) -> Tls:
    """A certificate for 127.0.0.1, made now."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not here, which makes the certificate")
    words = "req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=here -addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE"
    subprocess.run(["openssl", *words.split()], cwd=tmp_path, check=True, capture_output=True)
    made = read_tls(tmp_path / "cert.pem", tmp_path / "key.pem")
    assert made is not None
    return made


def test_over_https(
    client: Client,
    tls: Tls,
    tmp_path: Path,
    registry: Registry,
    env: dict[str, str],
    clock: FakeClock,
) -> None:
    made = serving(
        tmp_path / "secure", (registry.url,), env=env, clock=clock, read_auth=True, tls=tls
    )
    with made as server:
        server.scheme = "https"
        client.server = server
        token = a_token(server)
        trusted = ssl.create_default_context(cafile=tls.cert)
        connection = http.client.HTTPSConnection("127.0.0.1", server.port, context=trusted)
        with contextlib.closing(connection):
            connection.request("GET", "/pypi/tidewater/json", headers=basic(token))
            body = connection.getresponse().read()
        assert b'"url":"https://127.0.0.1:' in body
        client.env |= {"SSL_CERT_FILE": str(tls.cert), "PIP_CERT": str(tls.cert)}
        assert not client.install("tidewater")[0]
        worked, said = client.install("tidewater", login=f"__token__:{token}")
        assert worked, said
