"""How long uv takes to resolve and to install some 70 projects through each server, beside the upstream itself."""

import statistics

import msgspec

from bench.guard_stage import PEER_ROUNDS, ROUNDS, Bench, rotated
from bench.guard_table import Row, say
from bench.guard_uv import Taken, Uv

SLOW = 15.0  # seconds; another server that takes longer is not measured again
KINDS = (("resolve, uv cold", 0.8), ("resolve, uv warm", 1.1), ("install, uv cold", 1.0))
"""What is measured, and how many times the direct way onward's may take."""
_EACH_ROUND = ("direct", "onward")


class _Seen(msgspec.Struct):
    """What has been measured of one kind: seconds for each server, and what a reader should know."""

    seconds: dict[str, list[float]] = msgspec.field(default_factory=dict)
    notes: list[str] = msgspec.field(default_factory=list)

    def add(self, name: str, taken: Taken) -> bool:
        """Keep a run; whether it may be done again."""
        if taken.fault:
            self.notes.append(f"{name} NOT MEASURED: {taken.fault}")
            return False
        self.seconds.setdefault(name, []).append(taken.seconds)
        return name in _EACH_ROUND or taken.seconds < SLOW


def through_uv(bench: Bench) -> None:
    """Measure all kinds through all servers, each with its cache full; those with targets more often."""
    seen = [_Seen() for _ in KINDS]
    urls = {"direct": bench.upstream.url} | {n: s.url for n, s in bench.servers.items()}
    clients = {
        name: Uv(url, bench.memory_folder(f"uv-{name}"), bench.env) for name, url in urls.items()
    }
    working = _fill_caches(clients, seen[0])
    rounds = {name: ROUNDS if name in _EACH_ROUND else PEER_ROUNDS for name in working}
    for number in range(ROUNDS):
        for name in rotated([name for name in working if rounds[name] > number], number):
            asked: list[str] = []
            bench.upstream.asked()
            for kind, one in enumerate(seen):
                if not one.add(name, _run(clients[name], kind)):
                    rounds[name] = 0
                    break
                asked.append(str(sum(bench.upstream.asked().values())))
            say(f"  round {number + 1}, {name}: upstream was asked {' + '.join(asked)} times")
    for (what, most), one in zip(KINDS, seen, strict=True):
        medians = {name: statistics.median(taken) for name, taken in one.seconds.items()}
        bench.rows.append(
            Row(
                what=what,
                unit="s",
                figures=medians,
                most=most,
                base="direct",
                notes=tuple(one.notes),
            )
        )
    for client in clients.values():
        client.clear()


def _fill_caches(clients: dict[str, Uv], seen: _Seen) -> list[str]:
    """Have every server fetch what it keeps, and see that all lead uv to the same releases; gives who can be measured."""
    wanted: tuple[str, ...] = ()
    working = []
    for name, client in clients.items():
        say(f"  uv through {name}: first run, not measured")
        first = client.resolve(cold=True)
        fault = first.fault or client.install().fault
        if fault:
            seen.notes.append(f"{name} NOT MEASURED, it failed when its cache was empty: {fault}")
        else:
            working.append(name)
        if name == "direct":
            wanted = first.found
            seen.notes.append(f"{len(wanted)} projects")
        elif not fault and first.found != wanted:
            other = ", ".join(sorted(set(first.found) ^ set(wanted))[:6])
            seen.notes.append(f"{name} leads uv to other releases: {other}")
    return working


def _run(client: Uv, kind: int) -> Taken:
    return client.install() if kind == 2 else client.resolve(cold=kind == 0)
