"""What it costs to judge and write one page: decoding, rules and encoding, without compression and network."""

import datetime as dt
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from bench.guard_stage import ROUNDS
from onward.core.heap import leave_out_of_collections
from onward.core.names import parse_name
from onward.domain.guard.advisories import read_version
from onward.workflows.serving.build import Parts, Wishes, build_server


def build(data: str, upstream: str, project: str) -> None:
    """Print the CPU milliseconds of first builds, and of the look after each, as two JSON lists.

    As in a server that has been running for a while: it has built pages, none of them this one.
    """
    made: list[Parts] = []

    def more(parts: Parts) -> object:
        made.append(parts)
        return None

    server = build_server(
        Wishes(data=Path(data), upstreams=(upstream,)),
        env=dict(os.environ),
        more=more,  # type: ignore[arg-type]
        clock=lambda: dt.datetime.now(dt.UTC),
        warn=lambda error: sys.exit(str(error)),
    )
    part = made[0].pages._merged._parts[-1].guarded  # the own packages come first
    name = parse_name(project)
    part.view(name)  # from now on it is on disk as the upstream sent it, and the process is warm
    leave_out_of_collections()  # as the server does
    first, again = [], []
    for _ in range(ROUNDS):
        read_version.cache_clear()  # nothing of this page is known
        part._folder.remove(name)
        first.append(_cost(lambda: part.view(name)))
        again.append(_cost(lambda: part.view(name)))
    server.close()
    sys.stdout.write(msgspec.json.encode((first, again)).decode())


def _cost(what: Callable[[], object]) -> float:
    started = time.process_time()
    what()
    return (time.process_time() - started) * 1000
