"""``run`` and ``sync`` in a project where nothing has changed: what one pays many times a day."""

import sys
from pathlib import Path

from bench import peers, workplace
from bench.harness import Subject, Target, run

RUN_TARGETS = (Target(subject="onward run", base="uv run", most=1.2),)
SYNC_TARGETS = (
    Target(subject="onward sync", base="uv sync", most=2.5),
    Target(subject="onward sync", base="poetry sync", most=1 / 8),
)

# tool: (what makes its folder ready, its sync; () where it has none)
_TOOLS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "uv": (("sync",), ("sync",)),
    "onward": (("sync",), ("sync",)),
    "poetry": (("install",), ("sync",)),
    "pdm": (("install",), ("sync",)),
    "hatch": (("env", "create"), ()),
    "pipenv": (("install",), ("sync",)),
}


def main() -> int:
    """Measure both and give 0 when the targets are met."""
    env = workplace.environment()
    runs: list[Subject] = []
    syncs: list[Subject] = []
    for tool, (ready, sync) in _TOOLS.items():
        program, why = (peers.own(tool), "") if tool in ("uv", "onward") else peers.peer(tool)
        folder: Path = workplace.fresh("small", "run-sync", tool)
        if tool == "onward":
            why = peers.verb_missing("sync")
        why = why or workplace.call([program, *ready], folder, env)
        if tool == "onward" and why:  # then at least `run` may work on what uv made
            uv = peers.verb_missing("run") or workplace.call([peers.own("uv"), "sync"], folder, env)
            runs.append(_subject("onward run", (program, "run", *_PASS), folder, env, uv))
        else:
            runs.append(_subject(f"{tool} run", (program, "run", *_PASS), folder, env, why))
        if sync:
            syncs.append(_subject(f"{tool} sync", (program, *sync), folder, env, why))
    outcomes = [
        run("run with nothing to do", runs, RUN_TARGETS, rounds=11, base="uv run"),
        run("sync with nothing to do", syncs, SYNC_TARGETS, rounds=11, base="uv sync"),
    ]
    return max(outcomes)


_PASS = ("python", "-c", "pass")


def _subject(
    name: str, argv: tuple[str, ...], folder: Path, env: dict[str, str], why: str
) -> Subject:
    return Subject(name=name, argv=argv, cwd=folder, env=env, missing=why)


if __name__ == "__main__":
    sys.exit(main())
