"""What one large page and one wheel cost each server: CPU for each request, beside nginx with the same bytes."""

import contextlib
import statistics
from pathlib import Path

from bench import guard_load, guard_peers
from bench.guard_peers import Running
from bench.guard_stage import PEER_ROUNDS, PROJECT, ROUNDS, Bench, rotated
from bench.guard_table import Row, say
from onward.adapters.simple_api import read_page
from onward.core.names import parse_name

WHEEL = 2_000_000  # bytes, about
ALONE = "the web server alone"
_EACH_ROUND = ("onward", "nginx", ALONE)

Places = dict[str, tuple[Running, str]]
"""Where to ask: a server and the path there; an empty path when there is none."""


def per_request(bench: Bench) -> None:
    """Measure both, from each server that has them."""
    bench.upstream.latency(0)
    project, filename = bench.library.wheel_of_about(WHEEL)
    wheel = bench.library.file(project, filename)
    page = bench.library.page(PROJECT, "")
    if wheel is None or page is None:
        raise SystemExit("guard: page or wheel are not kept")
    onward = bench.servers["onward"]
    packed = guard_load.get(onward.port, f"{onward.index}{PROJECT}/", guard_load.JSON).body
    pages, wheels = _own_places(bench, project, filename, wheel, page)
    folder = bench.folder("nginx")
    nginx = bench.started("nginx", lambda port: guard_peers.nginx(port, folder, packed, wheel))
    if nginx is not None:
        pages["nginx"], wheels["nginx"] = (nginx, "/page/index.json"), (nginx, "/a.whl")
    packed_file = bench.folder("alone") / "page"
    packed_file.write_bytes(packed)
    alone = bench.started(ALONE, lambda port: guard_peers.alone(port, packed_file))
    if alone is not None:
        pages[ALONE] = (alone, "/")
    what = f"page of {len(packed) // 1000} kB gzip, CPU/request"
    bench.rows.append(_measured(what, 2.0, pages))
    what = f"wheel of {wheel.stat().st_size // 1000} kB, CPU/request"
    bench.rows.append(_measured(what, 3.0, wheels))


def _own_places(
    bench: Bench, project: str, filename: str, wheel: Path, page: bytes
) -> tuple[Places, Places]:
    """Give where the index servers have the page, and where the wheel."""
    servers = dict(bench.servers)
    if servers.pop("pypiserver", None) is not None:  # it knows no pages of others, only own files
        folder = bench.folder("pypiserver") / "files"
        own = bench.started(
            "pypiserver", lambda port: guard_peers.pypiserver_with(folder, wheel, page, port)
        )
        if own is not None:
            servers["pypiserver"] = own
    pages = {name: (one, f"{one.index}{PROJECT}/") for name, one in servers.items()}
    wheels = {name: (one, _address(one, project, filename)) for name, one in servers.items()}
    return pages, wheels


def _measured(what: str, most: float, places: Places) -> Row:
    taken: dict[str, list[float]] = {}
    notes = []
    for number in range(ROUNDS):
        names = [name for name in places if name in _EACH_ROUND or number < PEER_ROUNDS]
        for name in rotated(names, number):
            server, path = places[name]
            if not path:
                continue
            try:
                cost = guard_load.per_request(server.pid, server.port, path)
            except (OSError, ValueError) as error:
                notes.append(f"{name} NOT MEASURED: {error!r}")
                places[name] = (server, "")
            else:
                taken.setdefault(name, []).append(cost)
    medians = {name: statistics.median(values) for name, values in taken.items()}
    say(f"  {what}: " + ", ".join(f"{name} {value:.3f} ms" for name, value in medians.items()))
    if ALONE in medians:
        told = f"{medians[ALONE]:.3f} ms, sending the same bytes to whoever asks"
        notes.append(f"{ALONE} takes {told}")
    return Row(what=what, unit="ms", figures=medians, most=most, base="nginx", notes=tuple(notes))


def _address(server: Running, project: str, filename: str) -> str:
    """Give the path of a file on a server, as its page tells it; empty when it is elsewhere."""
    path = f"{server.index}{project}/"
    root = f"http://127.0.0.1:{server.port}"
    with contextlib.suppress(Exception):  # whatever a page of another server looks like
        answer = guard_load.get(server.port, path, {"Accept": guard_load.JSON["Accept"]})
        kind = answer.headers.get("content-type", "text/html")
        page = read_page(answer.body, kind, f"{root}{path}", parse_name(project))
        found = next(file.url for file in page.files if file.filename == filename)
        return found.removeprefix(root) if found.startswith(f"{root}/") else ""
    return ""
