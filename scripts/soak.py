"""Run what takes longer than the tests may: ``scripts/soak [--faults N] [--minutes N] [--seed N] [PYTEST WORDS]``.

Every test marked ``soak`` runs: seeded faults, fuzzing, load. The seed is printed, and the
same seed gives the same run.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from scripts import bootstrap  # noqa: E402 - the line above makes it importable

_NOTHING_COLLECTED = 5


def main() -> int:
    """Run them; the exit code is pytest's, and 1 when there was nothing to run."""
    parser = argparse.ArgumentParser(prog="scripts/soak", description=__doc__.partition("\n")[0])
    parser.add_argument("--faults", type=int, default=1000, help="seeded faults to try (1000)")
    parser.add_argument(
        "--minutes", type=float, default=10, help="how long a server is besieged (10)"
    )
    parser.add_argument("--seed", type=int, help="where randomness starts (a new one each time)")
    options, words = parser.parse_known_args()
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(10**9)
    ready = bootstrap.ready()
    print(f"soak: {options.faults} faults from seed {seed}", flush=True)
    pytest = [ready.python, "-m", "pytest", "-q", "-m", "soak", "--timeout=0"]
    chosen = ["--faults", str(options.faults), "--minutes", str(options.minutes)]
    chosen += ["--seed", str(seed), *words]
    done = subprocess.run([*pytest, *chosen], cwd=bootstrap.ROOT, env=ready.env, check=False)
    # The property tests too, with examples that scripts/test never sees.
    properties = ["tests/core", "tests/domain", "-q", f"--hypothesis-seed={seed}"]
    again = subprocess.run(
        [ready.python, "-m", "pytest", *properties], cwd=bootstrap.ROOT, env=ready.env, check=False
    )
    if done.returncode == _NOTHING_COLLECTED:
        print("soak: there is no test marked `soak` yet")
        return 1
    print(f"soak: to see the same again: scripts/soak --faults {options.faults} --seed {seed}")
    return done.returncode or again.returncode


if __name__ == "__main__":
    sys.exit(main())
