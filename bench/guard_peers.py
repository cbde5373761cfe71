"""The servers that are measured: onward, other index servers, and nginx with the same bytes; all on loopback."""

import base64
import contextlib
import gzip
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import msgspec

from bench import guard_load, peers
from bench.harness import ROOT

START = 60.0
"""Seconds that a server may take to answer first."""


class Running(msgspec.Struct, frozen=True):
    """A server that answers: its port, the path of its simple index, its process, seconds to the first answer."""

    name: str
    port: int
    index: str
    pid: int
    seconds: float

    @property
    def url(self) -> str:
        """The address of its simple index."""
        return f"http://127.0.0.1:{self.port}{self.index}"


class Plan(msgspec.Struct, frozen=True):
    """How to start a server on a port: the first path to ask for, and what to do before the index is there."""

    argv: tuple[str, ...]
    index: str = "/simple/"
    first: str = "/"
    env: Mapping[str, str] = {}
    once: Callable[[int], None] = lambda _: None


PEERS = ("devpi-server", "pypiserver", "proxpi", "simple-repository-server")


@contextlib.contextmanager
def running(
    name: str, plan: Plan, port: int, env: Mapping[str, str], log: Path
) -> Iterator[Running]:
    """Have a server while the body runs; raises OSError when it does not answer."""
    started = time.perf_counter()
    with log.open("wb") as said:
        child = subprocess.Popen(
            plan.argv, env={**env, **plan.env}, cwd=log.parent, stdout=said, stderr=said
        )
    try:
        _until_it_answers(child, port, plan.first, log)
        seconds = time.perf_counter() - started
        plan.once(port)
        yield Running(name, port, plan.index, child.pid, seconds)
    finally:
        _end(child)


def onward(port: int, data: Path, upstream: str, first: str = "/simple/six/") -> Plan:
    """Give how to start our own server; its first answer is a real page."""
    argv = (peers.own("onward"), "guard", "serve", "--port", str(port), "--data", str(data))
    return Plan((*argv, "--upstream", upstream), first=first)


def peer(name: str, port: int, folder: Path, upstream: str) -> Plan:
    """Give how to start another index server; raises OSError when it cannot be had."""
    return {
        "devpi-server": _devpi,
        "pypiserver": _pypiserver,
        "proxpi": _proxpi,
        "simple-repository-server": _simple_repository,
    }[name](port, folder, upstream)


def alone(port: int, page: Path) -> Plan:
    """Give how to start our web server without onward behind it."""
    code = f"from bench.guard_bare import serve; serve({port}, {str(page)!r})"
    return Plan((sys.executable, "-c", code), env={"PYTHONPATH": str(ROOT)})


def pypiserver_with(folder: Path, wheel: Path, page: bytes, port: int) -> Plan:
    """Give how to start pypiserver with files of its own: one wheel, and an empty file for each of a page."""
    folder.mkdir(parents=True)
    shutil.copy(wheel, folder)
    for file in json.loads(page)["files"]:
        (folder / file["filename"]).touch()
    words = ("run", "-p", str(port), "-i", "127.0.0.1", "--disable-fallback", str(folder))
    return Plan((_program("pypiserver", "pypi-server"), *words))


def nginx(port: int, folder: Path, page: bytes, wheel: Path) -> Plan:
    """Give how to start nginx with a compressed page and a wheel; raises OSError when it is not here."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        raise OSError("it is not on this machine (Debian: nginx-light)")
    (folder / "www" / "page").mkdir(parents=True)
    (folder / "www" / "page" / "index.json").write_bytes(gzip.decompress(page))
    (folder / "www" / "page" / "index.json.gz").write_bytes(page)
    shutil.copy(wheel, folder / "www" / "a.whl")
    config = folder / "nginx.conf"
    config.write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/errors;\n"
        "events { worker_connections 64; }\n"
        "http { access_log off; sendfile on; tcp_nopush on; gzip_static on; keepalive_requests 100000;\n"
        f" server {{ listen 127.0.0.1:{port}; root {folder}/www; }} }}\n",
        encoding="utf-8",
    )
    return Plan((program, "-c", str(config)), first="/a.whl")


def _devpi(port: int, folder: Path, upstream: str) -> Plan:
    """A devpi without its own mirror of the public index, and a mirror index of ours that asks for no list."""
    data = folder / "data"
    _prepare(_program("devpi-server", "devpi-init"), "--serverdir", str(data), "--no-root-pypi")

    def make_mirror(at: int) -> None:
        login = _send(at, "POST", "/+login", {"user": "root", "password": ""}, {})
        told = json.loads(login)["result"]["password"]
        auth = {"X-Devpi-Auth": base64.b64encode(f"root:{told}".encode()).decode()}
        wish = {"type": "mirror", "mirror_url": upstream, "mirror_no_project_list": True}
        _send(at, "PUT", "/root/mirror", wish, auth)

    words = ("--serverdir", str(data), "--host", "127.0.0.1", "--port", str(port))
    return Plan(
        (_program("devpi-server", "devpi-server"), *words, "--enable-core-metadata"),
        index="/root/mirror/+simple/",
        first="/+api",
        once=make_mirror,
    )


def _pypiserver(port: int, folder: Path, upstream: str) -> Plan:
    empty = folder / "own"
    empty.mkdir(parents=True)
    words = ("run", "-p", str(port), "-i", "127.0.0.1", "--fallback-url", upstream, str(empty))
    return Plan((_program("pypiserver", "pypi-server"), *words))


def _proxpi(port: int, folder: Path, upstream: str) -> Plan:
    own = {"PROXPI_INDEX_URL": upstream, "PROXPI_CACHE_DIR": str(folder / "files")}
    own["PROXPI_LOGGING_LEVEL"] = "ERROR"
    words = ("--bind", f"127.0.0.1:{port}", "--threads", "8", "proxpi.server:app")
    return Plan((_program("proxpi", "gunicorn"), *words), index="/index/", first="/", env=own)


def _simple_repository(port: int, folder: Path, upstream: str) -> Plan:
    words = ("--host", "127.0.0.1", "--port", str(port), upstream)
    program = _program("simple-repository-server", "simple-repository-server")
    return Plan((program, *words), first="/simple/six/")


def _program(package: str, program: str) -> str:
    found, why = peers.peer(package)
    if why:
        raise OSError(why)
    return str(Path(found).parent / program)


def _prepare(*argv: str) -> None:
    done = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        raise OSError(f"{Path(argv[0]).name} failed: {done.stderr.strip()[-200:]}")


def _send(
    port: int, method: str, path: str, value: Mapping[str, object], headers: Mapping[str, str]
) -> bytes:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}",
        data=json.dumps(value).encode(),
        headers={"Content-Type": "application/json", "Accept": "application/json", **headers},
        method=method,
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        content: bytes = answer.read()
        return content


def _until_it_answers(child: "subprocess.Popen[bytes]", port: int, path: str, log: Path) -> None:
    stop = time.monotonic() + START
    while time.monotonic() < stop and child.poll() is None:
        with contextlib.suppress(OSError):
            if guard_load.get(port, path).status < 500:
                return
        time.sleep(0.005)
    said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    raise OSError(f"it did not answer within {START:.0f} s: {said[-1][:200] if said else ''}")


def _end(child: "subprocess.Popen[bytes]") -> None:
    """End a server and the workers that it started."""
    workers = guard_load.tree(child.pid)[1:]
    child.terminate()
    try:
        child.wait(20)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait(10)
    for pid in workers:
        with contextlib.suppress(OSError):
            os.kill(pid, 9)
