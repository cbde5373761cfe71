"""The guard as a server: CPU for each page and wheel beside nginx, the first build of a large page, start, memory."""

import contextlib
import gzip
import http.client
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench import peers, workplace
from bench.mirror import Mirror

PROJECT = "boto3"  # some 4,300 files: about the largest page that people ask for every day
JSON = {"Accept": "application/vnd.pypi.simple.v1+json", "Accept-Encoding": "gzip"}
ROUNDS, CLIENTS, REQUESTS = 7, 8, 150
WHEELS = "pip"  # wheels of about 2 MB


def main() -> int:
    """Measure all of it and give 0 when the targets are met."""
    if not Path("/proc/self/schedstat").exists():
        sys.stdout.write(
            "guard: NOT MEASURED: a server's CPU is read from /proc, which is not here\n"
        )
        return 1
    mirror = Mirror(workplace.environment(), port=38919, max_age=86400)
    with tempfile.TemporaryDirectory(prefix="onward-bench-") as folder, contextlib.closing(mirror):
        place = Path(folder)
        with _onward(place / "data", mirror.url) as (port, child, seconds):
            sys.stdout.write(f"\nguard: the largest page is that of {PROJECT}\n")
            faults = [_told("start to first answer", seconds * 1000, 1000, "ms")]
            page = _get(port, f"/simple/{PROJECT}/", JSON)
            wheel = _a_wheel(gzip.decompress(_get(port, f"/simple/{WHEELS}/", JSON)))
            content = _get(port, wheel, {})
            faults += _beside_nginx(place, port, child.pid, page, wheel, content)
            faults.append(_told("memory with these pages", _memory(child.pid), 300, "MB"))
        faults.append(
            _told("first build of that page", _first_build(place / "data", mirror), 50, "ms CPU")
        )
    return 1 if any(faults) else 0


def _beside_nginx(
    place: Path, port: int, pid: int, page: bytes, wheel: str, content: bytes
) -> list[bool]:
    program = shutil.which("nginx")
    if program is None:
        sys.stdout.write("nginx: NOT MEASURED: it is not here (Debian: nginx-light)\n")
        return [True]
    with _nginx(program, place / "nginx", page, content) as (other, other_pid):
        sys.stdout.write(
            f"CPU ms for each request, {CLIENTS} clients at once, medians of {ROUNDS} rounds in turn\n"
        )
        faults = []
        for what, path, theirs, most in (
            (f"page of {len(page):,} bytes, gzip", f"/simple/{PROJECT}/", "/page/index.json", 2.0),
            (f"wheel of {len(content):,} bytes", wheel, "/a.whl", 3.0),
        ):
            own: list[float] = []
            base: list[float] = []
            for _ in range(ROUNDS):
                base.append(_per_request(other_pid, other, theirs))
                own.append(_per_request(pid, port, path))
            ratio = statistics.median(own) / statistics.median(base)
            met = ratio <= most
            sys.stdout.write(
                f"  {what}: onward {statistics.median(own):.3f}, nginx {statistics.median(base):.3f};"
                f" target <= {most:g} x: {ratio:.2f} {'pass' if met else 'MISS'}\n"
            )
            faults.append(not met)
        return faults


def _per_request(pid: int, port: int, path: str) -> float:
    """Give the server's CPU milliseconds for one of many requests, from a few clients at once as in a team."""
    before = _cpu(pid)
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(lambda _: _ask_many(port, path), range(CLIENTS)))
    return (_cpu(pid) - before) * 1000 / (REQUESTS * CLIENTS)


def _ask_many(port: int, path: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    with contextlib.closing(connection):
        for _ in range(REQUESTS):
            connection.request("GET", path, headers=JSON)
            connection.getresponse().read()


def _cpu(pid: int) -> float:
    """Give the seconds that all threads have been on a core; schedstat counts in nanoseconds, stat in hundredths."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(path.read_text(encoding="ascii").split()[0]) for path in threads) / 1e9


def _memory(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1000


def _first_build(data: Path, mirror: Mirror) -> float:
    """Give the CPU milliseconds to judge and write the page when it is on disk as the upstream sent it."""
    code = (
        "import sys, time, datetime as dt, pathlib\n"
        "from onward.workflows.serving.build import Wishes, build_server\n"
        "from onward.core.names import Name\n"
        "import os\n"
        f"w = Wishes(data=pathlib.Path({str(data)!r}), upstreams=({mirror.url!r},))\n"
        "made = []\n"
        "build_server(w, env=dict(os.environ), more=made.append, "
        "clock=lambda: dt.datetime.now(dt.UTC), warn=print)\n"
        "pages = made[0].pages\n"
        "part = pages._merged._parts[0].guarded\n"
        "part.view(Name('six'))\n"  # what is made once for all pages is made before
        f"part._source.page(Name({PROJECT!r}))\n"
        f"(part._folder / {PROJECT!r}).unlink()\n"
        "t = time.process_time()\n"
        f"part.view(Name({PROJECT!r}))\n"
        "print((time.process_time() - t) * 1000)\n"
    )
    taken = []
    for _ in range(5):
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=workplace.environment(),
            capture_output=True,
            text=True,
            check=True,
        )
        taken.append(float(done.stdout))
    return statistics.median(taken)


def _told(what: str, value: float, most: float, unit: str) -> bool:
    """Print a figure with its target; whether it is missed."""
    missed = value > most
    sys.stdout.write(
        f"  {what}: {value:.1f} {unit}; target <= {most:g}: {'MISS' if missed else 'pass'}\n"
    )
    return missed


def _a_wheel(page: bytes) -> str:
    """Give the path of a wheel of the page that is handed out, the largest below 3 MB."""
    import json

    files = [
        (file["size"], file["url"])
        for file in json.loads(page)["files"]
        if file["filename"].endswith(".whl")
        and "BLOCKED" not in file["url"]
        and file.get("size", 0) < 3_000_000
    ]
    return str(max(files)[1]).removeprefix("../..")


@contextlib.contextmanager
def _onward(data: Path, upstream: str) -> Iterator[tuple[int, "subprocess.Popen[bytes]", float]]:
    port = 38920
    argv = [peers.own("onward"), "guard", "serve", "--port", str(port), "--data", str(data)]
    started = time.perf_counter()
    child = subprocess.Popen(
        [*argv, "--upstream", upstream], env=workplace.environment(), stderr=subprocess.DEVNULL
    )
    try:
        _until(lambda: _get(port, "/health", {}))
        yield port, child, time.perf_counter() - started
    finally:
        child.terminate()
        child.wait(20)


@contextlib.contextmanager
def _nginx(program: str, folder: Path, page: bytes, wheel: bytes) -> Iterator[tuple[int, int]]:
    port = 38921
    (folder / "www" / "page").mkdir(parents=True)
    (folder / "www" / "page" / "index.json").write_bytes(gzip.decompress(page))
    (folder / "www" / "page" / "index.json.gz").write_bytes(page)
    (folder / "www" / "a.whl").write_bytes(wheel)
    config = folder / "nginx.conf"
    config.write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/errors;\n"
        "events { worker_connections 64; }\n"
        "http { access_log off; sendfile on; gzip_static on; keepalive_requests 100000;\n"
        f" server {{ listen 127.0.0.1:{port}; root {folder}/www; }} }}\n",
        encoding="utf-8",
    )
    child = subprocess.Popen([program, "-c", str(config)], stderr=subprocess.DEVNULL)
    try:
        _until(lambda: _get(port, "/a.whl", {}))
        yield port, child.pid
    finally:
        child.terminate()
        child.wait(20)


def _get(port: int, path: str, headers: Mapping[str, str]) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    with contextlib.closing(connection):
        connection.request("GET", path, headers=dict(headers))
        answer = connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise OSError(f"{path} answered {answer.status}")
        return content


def _until(attempt: Callable[[], object]) -> None:
    for _ in range(2000):
        try:
            attempt()
        except OSError:
            time.sleep(0.005)
        else:
            return
    raise OSError("a server did not start")


if __name__ == "__main__":
    sys.exit(main())
