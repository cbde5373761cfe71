"""What onward looks at itself in a project, each look alone and on nothing but its files: seconds of CPU, as JSON."""

import datetime as dt
import os
import sys
import time
from pathlib import Path

import msgspec

from onward.workflows.check_project import own_looks, scope_of
from onward.workflows.checking.listing import python_files
from onward.workflows.checking.scope import State
from onward.workflows.situation import open_situation


def main(project: Path) -> None:
    """Measure and print."""
    env = dict(os.environ)
    situation = open_situation(project, env, dt.datetime.now(dt.UTC))
    scope = msgspec.structs.replace(scope_of(situation), kept=None)
    files = python_files(scope, env, State(scope, env, time.time_ns())) or ()
    taken: dict[str, float] = {}
    for one in own_looks(situation, scope):
        began = time.process_time()
        for _ in one.look(scope.root, files):
            pass
        taken[one.name] = time.process_time() - began
    sys.stdout.buffer.write(msgspec.json.encode(taken))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
