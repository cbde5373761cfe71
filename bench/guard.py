"""The guard as a server beside other index servers: uv through it, CPU for each page and wheel, start, memory."""

import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from bench import guard_load, guard_made_up, guard_peers, guard_table, peers, workplace
from bench.guard_library import Library
from bench.guard_peers import Running, running
from bench.guard_table import Row, say
from bench.guard_upstream import Upstream
from bench.guard_uv import Taken, Uv
from onward.adapters.simple_api import Page, read_page
from onward.core.names import parse_name
from tests.index.serving import free_port

PROJECT = "boto3"  # some 4,300 files: about the largest page that people ask for every day
WHEEL = 2_000_000  # bytes, about
LATENCY = 20  # milliseconds that each answer of the upstream takes
ROUNDS, PEER_ROUNDS, PROJECTS = 7, 2, 15_000
SLOW = 15.0  # seconds; who takes longer is measured once


class Bench:
    """One run: the upstream, the servers that are up, and what has been measured so far."""

    def __init__(self, place: Path, stack: contextlib.ExitStack) -> None:
        self.place = place
        self.env = workplace.environment()
        self.stack = stack
        self.upstream = Upstream(self.env, free_port())
        stack.callback(self.upstream.close)
        self.library = Library(self.env)
        self.servers: dict[str, Running] = {}
        self.skipped: dict[str, str] = {}
        self.rows: list[Row] = []

    def start(self, name: str, plan: guard_peers.Plan, port: int) -> Running:
        """Have a server until the end of the run."""
        log = self.place / f"{name}-{port}.log"
        return self.stack.enter_context(running(name, plan, port, self.env, log))

    def folder(self, name: str) -> Path:
        """Give a new folder."""
        return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.place))


def main() -> int:
    """Measure all of it and give 0 when the targets are met."""
    if not guard_load.measurable():
        say("guard: NOT MEASURED: a server's CPU is read from /proc, which is not here")
        return 1
    began = os.getloadavg()
    with (
        tempfile.TemporaryDirectory(prefix="onward-bench-") as folder,
        contextlib.ExitStack() as stack,
    ):
        bench = Bench(Path(folder), stack)
        _fill(bench)
        _start_all(bench)
        _through_uv(bench)
        _per_request(bench)
        _first_build(bench)
        _starts(bench)
        _many_projects(bench)
        ended = os.getloadavg()
        conditions = (
            f"machine: {os.cpu_count()} cores, load average {began[0]:.1f} at the start,"
            f" {ended[0]:.1f} at the end (the bench itself makes about 2)"
        )
        versions = [f"{name} {peers.version(name)}" for name in bench.servers if name != "onward"]
        say(f"\nguard: medians of {ROUNDS} rounds in turn; peers {', '.join(versions)}")
        sys.stdout.write(guard_table.told(bench.rows, bench.skipped, conditions))
        say(f"written to {guard_table.write(bench.rows, bench.skipped)}\n")
    return 0 if all(row.met for row in bench.rows) else 1


def _fill(bench: Bench) -> None:
    """Have all that uv will ask for on disk, before anything is measured."""
    say("[ready] pages and wheels of the resolve, from disk or once from this machine's registry")
    direct = Uv(bench.upstream.url, bench.folder("fill"), bench.env)
    for taken in (direct.resolve(cold=True), direct.install()):
        if taken.fault:
            raise SystemExit(f"guard: uv cannot install from the upstream: {taken.fault}")
    direct.clear()
    bench.upstream.asked()


def _start_all(bench: Bench) -> None:
    bench.upstream.latency(LATENCY)
    port = free_port()
    plan = guard_peers.onward(port, bench.folder("onward"), bench.upstream.url)
    bench.servers["onward"] = bench.start("onward", plan, port)
    for name in guard_peers.PEERS:
        port = free_port()
        try:
            plan = guard_peers.peer(name, port, bench.folder(name), bench.upstream.url)
            bench.servers[name] = bench.start(name, plan, port)
        except (OSError, subprocess.SubprocessError) as error:
            bench.skipped[name] = str(error)
            say(f"{name}: NOT MEASURED: {error}")


def _through_uv(bench: Bench) -> None:
    """Resolve and install through each server, those with targets in turn, the others less often."""
    kinds = ("resolve, uv cold", "resolve, uv warm", "install, uv cold")
    seconds: dict[str, dict[str, list[float]]] = {kind: {} for kind in kinds}
    notes: dict[str, list[str]] = {kind: [] for kind in kinds}
    found: dict[str, tuple[str, ...]] = {}
    urls = {"direct": bench.upstream.url} | {n: s.url for n, s in bench.servers.items()}
    clients = {name: Uv(url, bench.folder(f"uv-{name}"), bench.env) for name, url in urls.items()}

    def note(kind: str, name: str, taken: Taken) -> bool:
        if taken.fault:
            notes[kind].append(f"{name}: {taken.fault}")
            return False
        seconds[kind].setdefault(name, []).append(taken.seconds)
        return True

    for name, client in clients.items():  # the servers' caches are filled here
        say(f"  uv through {name}: first run")
        first = client.resolve(cold=True)
        found[name] = first.found
        if first.fault or client.install().fault:
            notes[kinds[0]].append(f"{name} with its cache empty: {first.fault or 'no install'}")
    bench.upstream.asked()
    quick = dict.fromkeys(clients, ROUNDS)
    quick |= {name: PEER_ROUNDS for name in clients if name not in ("direct", "onward")}
    for number in range(ROUNDS):
        names = [name for name in clients if quick[name] > number]
        for name in _rotated(names, number):
            asked: list[str] = []
            bench.upstream.asked()
            for kind, run in (
                (kinds[0], lambda c: c.resolve(cold=True)),
                (kinds[1], lambda c: c.resolve(cold=False)),
                (kinds[2], lambda c: c.install()),
            ):
                taken = run(clients[name])
                slow = taken.seconds > SLOW and name not in ("direct", "onward")
                if not note(kind, name, taken) or slow:
                    quick[name] = 0
                    break
                asked.append(str(sum(bench.upstream.asked().values())))
            say(f"  round {number + 1}, {name}: upstream was asked {' + '.join(asked)} times")
    for name, versions in found.items():
        if versions != found["direct"]:
            other = sorted(set(versions) ^ set(found["direct"]))
            notes[kinds[0]].append(f"{name} leads uv to other releases: {', '.join(other[:6])}")
    notes[kinds[0]].append(f"{len(found['direct'])} projects")
    for kind, most in zip(kinds, (0.8, 1.1, 1.0), strict=True):
        medians = {name: statistics.median(taken) for name, taken in seconds[kind].items()}
        bench.rows.append(
            Row(
                what=kind,
                unit="s",
                figures=medians,
                most=most,
                base="direct",
                notes=tuple(notes[kind]),
            )
        )
    for client in clients.values():
        client.clear()


def _per_request(bench: Bench) -> None:
    """CPU of one page and one wheel, from each server that has them."""
    bench.upstream.latency(0)
    project, filename = bench.library.wheel_of_about(WHEEL)
    wheel = bench.library.file(project, filename)
    page = bench.library.page(PROJECT, "")
    if wheel is None or page is None:
        raise SystemExit("guard: page or wheel are not kept")
    onward = bench.servers["onward"]
    packed = guard_load.get(onward.port, f"{onward.index}{PROJECT}/", guard_load.JSON).body
    places: dict[str, tuple[Running, str, str]] = {}
    for name, server in bench.servers.items():
        if name != "pypiserver":
            places[name] = (
                server,
                f"{server.index}{PROJECT}/",
                _address(server, project, filename),
            )
    with contextlib.ExitStack() as stack:
        for name, plan_of in (
            ("nginx", lambda port: guard_peers.nginx(port, bench.folder("nginx"), packed, wheel)),
            (
                "pypiserver",
                lambda port: guard_peers.pypiserver_with(
                    bench.folder("pypiserver") / "files", wheel, page, port
                ),
            ),
        ):
            port = free_port()
            try:
                log = bench.place / f"{name}-{port}.log"
                server = stack.enter_context(running(name, plan_of(port), port, bench.env, log))
            except OSError as error:
                bench.skipped[f"{name}, CPU for each request"] = str(error)
                say(f"{name}: NOT MEASURED: {error}")
                continue
            own = ("/page/index.json", "/a.whl")
            places[name] = (
                (server, *own)
                if name == "nginx"
                else (server, f"/simple/{PROJECT}/", _address(server, project, filename))
            )
        for number, what, most in (
            (1, f"page of {len(packed) // 1000} kB gzip, CPU/request", 2.0),
            (2, f"wheel of {wheel.stat().st_size // 1000} kB, CPU/request", 3.0),
        ):
            bench.rows.append(
                _measured_in_turn(what, most, {n: (p[0], p[number]) for n, p in places.items()})
            )


def _measured_in_turn(what: str, most: float, places: dict[str, tuple[Running, str]]) -> Row:
    taken: dict[str, list[float]] = {}
    notes = []
    for number in range(ROUNDS):
        names = [n for n in places if n in ("onward", "nginx") or number < PEER_ROUNDS]
        for name in _rotated(names, number):
            server, path = places[name]
            if not path:
                continue
            try:
                cost = guard_load.per_request(server.pid, server.port, path)
            except (OSError, ValueError) as error:
                notes.append(f"{name}: {error!r}")
                places[name] = (server, "")
            else:
                taken.setdefault(name, []).append(cost)
    say(f"  {what}: " + ", ".join(f"{n} {statistics.median(v):.3f}" for n, v in taken.items()))
    medians = {name: statistics.median(values) for name, values in taken.items()}
    return Row(what=what, unit="ms", figures=medians, most=most, base="nginx", notes=tuple(notes))


def _rotated(names: list[str], number: int) -> list[str]:
    """Give the names in another order each round, so that nobody always comes after the same one."""
    first = number % len(names)
    return names[first:] + names[:first]


def _address(server: Running, project: str, filename: str) -> str:
    """Give the path of a file on a server, as its page tells it; empty when it is elsewhere."""
    address = f"http://127.0.0.1:{server.port}{server.index}{project}/"
    with contextlib.suppress(Exception):
        answer = guard_load.get(
            server.port, f"{server.index}{project}/", {"Accept": guard_load.JSON["Accept"]}
        )
        page: Page = read_page(
            answer.body,
            answer.headers.get("content-type", "text/html"),
            address,
            parse_name(project),
        )
        found = next(file.url for file in page.files if file.filename == filename)
        base, _, _ = address.partition(server.index)
        return found.removeprefix(base) if found.startswith(base) else ""
    return ""


def _first_build(bench: Bench) -> None:
    """Judge and write the largest page when it is on disk as the upstream sent it, in a process of its own."""
    data = bench.folder("first")
    code = f"from bench.guard_build import build; build({str(data)!r}, {bench.upstream.url!r}, {PROJECT!r})"
    taken, again = [], []
    for _ in range(ROUNDS):
        done = subprocess.run(
            [sys.executable, "-c", code], env=bench.env, capture_output=True, text=True, check=True
        )
        first, second = msgspec.json.decode(done.stdout, type=tuple[float, float])
        taken.append(first)
        again.append(second)
    note = f"the second time {statistics.median(again):.2f} ms"
    bench.rows.append(
        Row(
            what=f"{PROJECT}'s page, first build",
            unit="ms",
            figures={"onward": statistics.median(taken)},
            most=50.0,
            notes=(note,),
        )
    )


def _starts(bench: Bench) -> None:
    """Start with an empty data folder, until the first page has come through."""
    taken = []
    for _ in range(ROUNDS):
        with _another(bench, bench.folder("start"), bench.upstream.url) as server:
            taken.append(server.seconds)
    figures = {n: s.seconds for n, s in bench.servers.items()} | {
        "onward": statistics.median(taken)
    }
    bench.rows.append(Row(what="start to first answer", unit="s", figures=figures, most=1.0))


def _many_projects(bench: Bench) -> None:
    say(f"  {PROJECTS} made-up projects")
    with _another(bench, bench.folder("many"), bench.upstream.made_up) as server:
        paths = (f"/simple/{guard_made_up.name_of(number)}/" for number in range(PROJECTS))
        wrong = guard_load.ask_all(server.port, paths)
        held = guard_load.memory(server.pid)
        most = guard_load.memory(server.pid, "VmHWM")
    notes = [f"at most {most:.0f} MB"] + ([f"{wrong} pages were not answered"] if wrong else [])
    figures = {} if wrong else {"onward": held}
    bench.rows.append(
        Row(
            what=f"memory, {PROJECTS} projects",
            unit="MB",
            figures=figures,
            most=300.0,
            notes=tuple(notes),
        )
    )


@contextlib.contextmanager
def _another(bench: Bench, data: Path, upstream: str) -> Iterator[Running]:
    port = free_port()
    plan = guard_peers.onward(port, data, upstream)
    if upstream != bench.upstream.url:
        plan = msgspec.structs.replace(plan, first="/health")
    with running("onward", plan, port, bench.env, bench.place / f"another-{port}.log") as server:
        yield server


if __name__ == "__main__":
    sys.exit(main())
