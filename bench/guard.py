"""The guard as a server beside other index servers: uv through it, CPU for each page and wheel, start, memory."""

import contextlib
import os
import signal
import statistics
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import msgspec

from bench import guard_load, guard_made_up, guard_peers, guard_table, peers
from bench.guard_installs import through_uv
from bench.guard_requests import per_request
from bench.guard_stage import PROJECT, ROUNDS, Bench
from bench.guard_table import Row, say
from bench.guard_uv import Uv

LATENCY = 20  # milliseconds that each answer of the upstream takes while uv is measured
PROJECTS = 15_000


def main() -> int:
    """Measure all of it and give 0 when the targets are met."""
    if not guard_load.measurable():
        say("guard: NOT MEASURED: a server's CPU is read from /proc, which is not here")
        return 1
    # whoever stops the bench stops its servers
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("guard: stopped"))
    began = os.getloadavg()[0]
    with (
        tempfile.TemporaryDirectory(prefix="onward-bench-") as folder,
        contextlib.ExitStack() as stack,
    ):
        bench = Bench(Path(folder), stack)
        _fill(bench)
        _start_all(bench)
        through_uv(bench)
        per_request(bench)
        first_build(bench)
        starts(bench)
        many_projects(bench)
        versions = [f"{name} {peers.version(name)}" for name in bench.servers if name != "onward"]
        conditions = (
            f"machine: {os.cpu_count()} cores, load average {began:.1f} at the start and"
            f" {os.getloadavg()[0]:.1f} at the end; the bench itself makes 1 to 2 of it"
        )
        say(f"\nguard: medians of {ROUNDS} rounds in turn, beside {', '.join(versions)} and nginx")
        say(guard_table.told(bench.rows, bench.skipped, conditions))
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


def _start_all(bench: Bench) -> None:
    bench.upstream.latency(LATENCY)
    data = bench.folder("onward")
    plans = {"onward": partial(guard_peers.onward, data=data, upstream=bench.upstream.url)}
    for name in guard_peers.PEERS:
        folder = bench.folder(name)
        plans[name] = partial(guard_peers.peer, name, folder=folder, upstream=bench.upstream.url)
    for name, plan_of in plans.items():
        server = bench.started(name, plan_of)
        if server is not None:
            bench.servers[name] = server
    if "onward" not in bench.servers:
        raise SystemExit("guard: onward itself does not start")


def first_build(bench: Bench) -> None:
    """Judge and write the largest page when it is on disk as the upstream sent it, in a process of its own."""
    data = str(bench.folder("first"))
    words = f"{data!r}, {bench.upstream.url!r}, {PROJECT!r}"
    code = f"from bench.guard_build import build; build({words})"
    done = subprocess.run(
        [sys.executable, "-c", code], env=bench.env, capture_output=True, text=True, check=True
    )
    first, again = msgspec.json.decode(done.stdout, type=tuple[list[float], list[float]])
    notes = (
        f"CPU, {min(first):.0f} to {max(first):.0f} ms, with compression apart",
        f"the second time {statistics.median(again):.2f} ms",
    )
    what = f"{PROJECT}'s page, first build"
    bench.rows.append(
        Row(
            what=what,
            unit="ms",
            figures={"onward": statistics.median(first)},
            most=50.0,
            notes=notes,
        )
    )


def starts(bench: Bench) -> None:
    """Start with an empty data folder, until the first page has come through."""
    taken, spent = [], []
    for _ in range(ROUNDS):
        with bench.another(bench.folder("start"), bench.upstream.url, "/simple/six/") as server:
            taken.append(server.seconds)
            spent.append(guard_load.cpu(server.pid))
    figures = {name: one.seconds for name, one in bench.servers.items()}
    figures["onward"] = statistics.median(taken)
    note = f"onward's CPU in it: {statistics.median(spent):.2f} s"
    bench.rows.append(
        Row(what="start to first answer", unit="s", figures=figures, most=1.0, notes=(note,))
    )


def many_projects(bench: Bench) -> None:
    """Have a server ask for a great many pages, and see what it holds then."""
    say(f"  {PROJECTS} made-up projects")
    with bench.another(bench.folder("many"), bench.upstream.made_up, "/health") as server:
        paths = (f"/simple/{guard_made_up.name_of(number)}/" for number in range(PROJECTS))
        wrong = guard_load.ask_all(server.port, paths)
        held, most = (guard_load.memory(server.pid, what) for what in ("VmRSS", "VmHWM"))
    notes = [f"at most {most:.0f} MB"] + ([f"{wrong} pages were not answered"] if wrong else [])
    figures = {} if wrong else {"onward": held}
    what = f"memory, {PROJECTS} projects"
    bench.rows.append(Row(what=what, unit="MB", figures=figures, most=300.0, notes=tuple(notes)))


if __name__ == "__main__":
    sys.exit(main())
