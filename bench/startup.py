"""How long onward takes to say something, against an empty Python program and the other tools."""

import os
import sys

from bench import peers
from bench.harness import Subject, Target, run

BARE = "python -c pass"
TARGETS = (
    Target(subject="onward --version", base=BARE, most=2.0),
    Target(subject="onward --help", base=BARE, most=3.5),
)


def main() -> int:
    """Measure and give 0 when the targets are met."""
    env = dict(os.environ)
    onward = peers.own("onward")
    subjects = [
        Subject(name=BARE, argv=(sys.executable, "-c", "pass"), env=env),
        Subject(name="onward --version", argv=(onward, "--version"), env=env),
        Subject(name="onward --help", argv=(onward, "--help"), env=env),
        Subject(name="uv --version", argv=(peers.own("uv"), "--version"), env=env),
    ]
    for name in peers.PEERS:
        program, why = peers.peer(name)
        subjects.append(
            Subject(name=f"{name} --version", argv=(program, "--version"), env=env, missing=why)
        )
    return run("startup", subjects, TARGETS, rounds=15, base=BARE)


if __name__ == "__main__":
    sys.exit(main())
