"""Run every check of the house and the whole test suite: ``scripts/test [PYTEST WORDS]``.

With words (a path, ``-k NAME``) only pytest runs. What fails is listed at the end.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from scripts import bootstrap  # noqa: E402 - the line above makes it importable

# name, program in .cache/venv and its words
CHECKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("ruff check", ("ruff", "check", "--quiet", ".")),
    ("ruff format", ("ruff", "format", "--check", "--quiet", ".")),
    ("mypy", ("mypy",)),
    ("layers", ("lint-imports", "--no-cache")),
    ("sizes", ("python", "-m", "scripts.sizes")),
    ("reference pages", ("python", "-m", "scripts.docs", "--check")),
)


_EXAMPLES = 20260601


def main() -> int:
    """Run it all; 0 only when everything passed."""
    words = sys.argv[1:]
    ready = bootstrap.ready()
    failed = [] if words else [name for name, check in CHECKS if not _passes(name, check, ready)]
    # The same examples each time: main is red for a reason, not by chance. scripts/soak looks further.
    steady = ["-n", str(_workers()), f"--hypothesis-seed={_EXAMPLES}"]
    pytest = [ready.python, "-m", "pytest", *steady, *(words or ["-q"])]
    tested = subprocess.run(pytest, cwd=bootstrap.ROOT, env=ready.env, check=False).returncode
    if failed:
        print(f"\nFailed besides the tests: {', '.join(failed)} (see above)", flush=True)
    return tested or (1 if failed else 0)


def _passes(name: str, check: tuple[str, ...], ready: bootstrap.Ready) -> bool:
    started = time.monotonic()
    done = subprocess.run(
        [str(Path(ready.python).parent / check[0]), *check[1:]],
        cwd=bootstrap.ROOT,
        env=ready.env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    outcome = "ok" if done.returncode == 0 else f"FAILED (exit code {done.returncode})"
    print(f"{name:<16} {outcome:<24} {time.monotonic() - started:5.1f} s", flush=True)
    if done.returncode:
        print(done.stdout, flush=True)
    return done.returncode == 0


def _workers() -> int:
    return max(2, min(4, (os.cpu_count() or 2) + 1))  # many tests wait for a program or a socket


if __name__ == "__main__":
    sys.exit(main())
