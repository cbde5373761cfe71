"""What every test may ask for: a registry, a clean environment, a project, a clock. No network."""

import datetime as dt
import os
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from onward.core.errors import OnwardError
from onward.core.net import Net, Request
from scripts.registry_settings import index_address, uv_config_files
from tests.registry import Registry

# How long an example takes says something about the machine, nothing about the code.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let ``scripts/soak`` say how long and from which seed."""
    parser.addoption("--faults", type=int, default=50, help="how many seeded faults to try")
    parser.addoption("--minutes", type=float, default=10, help="how long a server is besieged")
    parser.addoption("--seed", type=int, default=20260601, help="where randomness starts")


@pytest.fixture
def fault_count(request: pytest.FixtureRequest) -> int:
    """How many faults to try: few in the tests, many in ``scripts/soak``."""
    return int(request.config.getoption("--faults"))


@pytest.fixture
def minutes(request: pytest.FixtureRequest) -> float:
    """How long a server is besieged, in minutes."""
    return float(request.config.getoption("--minutes"))


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """Where randomness starts; the same number gives the same run."""
    return int(request.config.getoption("--seed"))


_LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")


def _is_loopback(host: object) -> bool:
    word = host.decode() if isinstance(host, bytes) else str(host or "localhost")
    return word.startswith(_LOOPBACK) or word.endswith(".localhost")


@pytest.fixture(autouse=True)
def no_network(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail a test that leaves the machine, unless it is marked ``registry``."""
    if request.node.get_closest_marker("registry"):
        return
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def guarded(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and not _is_loopback(address[0]):
            pytest.fail(f"this test opens a connection to {address[0]}:{address[1]}")
        connect(self, address)

    def guarded_look_up(host: Any, *args: Any, **more: Any) -> Any:
        if not _is_loopback(host):
            pytest.fail(f"this test looks up the address of {host!r}")
        return look_up(host, *args, **more)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    monkeypatch.setattr(socket, "getaddrinfo", guarded_look_up)


@pytest.fixture
def registry() -> Iterator[Registry]:
    """An empty package index on loopback."""
    with Registry() as made:
        yield made


@pytest.fixture
def make_registry() -> Iterator[Callable[[], Registry]]:
    """A maker of further indexes, each on a port of its own."""
    made: list[Registry] = []

    def make() -> Registry:
        made.append(Registry())
        return made[-1]

    yield make
    for registry in made:
        registry.close()


# What a program needs of the real environment to start at all, on any system.
_NEEDED = ("PATH", "SYSTEMROOT", "SYSTEMDRIVE", "PATHEXT", "COMSPEC", "WINDIR", "LANG", "LC_ALL")

MakeEnv = Callable[..., dict[str, str]]


@pytest.fixture
def make_env(tmp_path: Path) -> MakeEnv:
    """A maker of clean environments: ``make_env(NAME="value")``; each has its home in ``tmp_path``.

    No proxy, no configuration of the machine, no download of interpreters; uv's cache is
    the test's own, since loopback addresses come back with other content in other tests.
    """

    def make(**more: str) -> dict[str, str]:
        home = tmp_path / "home"
        temporary = tmp_path / "temporary"
        for folder in (home, temporary):
            folder.mkdir(exist_ok=True)
        kept = {name: os.environ[name] for name in _NEEDED if name in os.environ}
        own = {
            "HOME": home,
            "USERPROFILE": home,
            "APPDATA": home / "roaming",
            "LOCALAPPDATA": home / "local",
            "XDG_CACHE_HOME": home / "cache",
            "XDG_CONFIG_HOME": home / "config",
            "XDG_CONFIG_DIRS": home / "system-config",
            "PROGRAMDATA": home / "program-data",
            "XDG_DATA_HOME": home / "data",
            "TMPDIR": temporary,
            "TEMP": temporary,
            "TMP": temporary,
            "UV_CACHE_DIR": home / "uv-cache",
            "UV_PYTHON": sys.executable,
            "UV_PYTHON_DOWNLOADS": "never",
            "ONWARD_CACHE_DIR": home / "onward-cache",
        }
        return kept | {name: str(value) for name, value in own.items()} | more

    return make


@pytest.fixture
def env(make_env: MakeEnv) -> dict[str, str]:
    """A clean environment; ``make_env`` makes one with more in it."""
    return make_env()


@pytest.fixture(scope="session")
def reachable_registry() -> None:
    """Skip what follows, with the reason, when the package registry of the machine gives no answer."""
    address = f"{index_address(os.environ).rstrip('/')}/packaging/"
    try:
        status = Net(os.environ, attempts=2).get(Request(url=address, timeout=20)).status
    except OnwardError as error:
        pytest.skip(f"the package registry cannot be reached: {error.message}")
    if status != 200:
        pytest.skip(f"the package registry answers with status {status}")


@pytest.fixture
def registry_env(
    make_env: MakeEnv, reachable_registry: None, shared_uv_cache: str
) -> dict[str, str]:
    """A clean environment that knows the package registry of the machine: for tests marked ``registry``."""
    del reachable_registry
    told = ("UV_", "SSL_", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY")
    kept = {name: value for name, value in os.environ.items() if name.upper().startswith(told)}
    for file in uv_config_files(os.environ):
        if file.exists() and "UV_CONFIG_FILE" not in kept:
            kept["UV_CONFIG_FILE"] = str(file)
    return make_env(**{**kept, "UV_CACHE_DIR": shared_uv_cache, "UV_PYTHON": sys.executable})


@pytest.fixture(scope="session")
def shared_uv_cache(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A uv cache for the whole session: only for tests that use no loopback index."""
    return str(tmp_path_factory.mktemp("uv-cache"))


MakeProject = Callable[..., Path]


@pytest.fixture
def project(tmp_path: Path) -> MakeProject:
    """A maker of small projects.

    ``project(name="demo", dependencies=["a>=1"], index=registry.url, extra="[tool...]",
    files={"src/demo/__init__.py": ""})`` writes a folder with that pyproject.toml and those
    files, and gives its path. ``pyproject`` replaces the whole pyproject.toml.
    """

    def make(
        *,
        name: str = "demo",
        dependencies: list[str] | tuple[str, ...] = (),
        requires_python: str = ">=3.11",
        index: str | None = None,
        extra: str = "",
        pyproject: str | None = None,
        files: Mapping[str, str] | None = None,
        folder: str | None = None,
    ) -> Path:
        root = tmp_path / (folder or name)
        root.mkdir(parents=True)
        listed = "".join(f"    {_quoted(line)},\n" for line in dependencies)
        text = pyproject or (
            f'[project]\nname = "{name}"\nversion = "0.1.0"\n'
            f"requires-python = {_quoted(requires_python)}\n"
            f"dependencies = [\n{listed}]\n"
        )
        if index:
            text += f'\n[[tool.uv.index]]\nurl = "{index}"\ndefault = true\n'
        if extra:
            text += f"\n{extra.strip()}\n"
        (root / "pyproject.toml").write_text(text, encoding="utf-8", newline="\n")
        for path, content in (files or {}).items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(content, encoding="utf-8", newline="\n")
        return root

    return make


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class FakeClock:
    """A clock that only moves when told to: ``clock()`` is now, ``clock.advance(days=3)``."""

    def __init__(self, now: dt.datetime) -> None:
        self.now = now

    def __call__(self) -> dt.datetime:
        return self.now

    @property
    def today(self) -> dt.date:
        """The date of now, in UTC."""
        return self.now.date()

    def advance(self, **units: float) -> None:
        """Move on by a timedelta's units."""
        self.now += dt.timedelta(**units)


@pytest.fixture
def clock() -> FakeClock:
    """A clock that stands at noon of 2026-06-01, UTC."""
    return FakeClock(dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC))
