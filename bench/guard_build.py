"""What it costs to judge and write one page: decoding, rules and encoding, without compression and network."""

import datetime as dt
import os
import sys
import time
from pathlib import Path

import msgspec

from onward.core.names import parse_name
from onward.workflows.serving.build import Parts, Wishes, build_server


def build(data: str, upstream: str, project: str) -> None:
    """Print the CPU milliseconds of the first build, and those of the next look at it, as a JSON list."""
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
    part = made[0].pages._merged._parts[0].guarded
    name = parse_name(project)
    part.view(parse_name("six"))  # what is made once for all pages is made before
    part._source.page(name)
    (part._folder / name).unlink(missing_ok=True)
    taken = []
    for _ in range(2):
        started = time.process_time()
        part.view(name)
        taken.append((time.process_time() - started) * 1000)
    server.close()
    sys.stdout.write(msgspec.json.encode(taken).decode())
