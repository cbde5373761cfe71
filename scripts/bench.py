"""Run what we claim: ``scripts/bench`` lists the benches, ``scripts/bench NAME ...`` runs some, ``all`` runs all."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from scripts import bootstrap  # noqa: E402 - the line above makes it importable


def benches() -> dict[str, str]:
    """Give each bench with the first line of what it measures: the modules of bench/ that can be run."""
    found = {}
    for path in sorted((bootstrap.ROOT / "bench").glob("*.py")):
        text = path.read_text(encoding="utf-8")
        if '__name__ == "__main__"' in text:
            told = ast.get_docstring(ast.parse(text)) or ""
            found[path.stem.replace("_", "-")] = told.partition("\n")[0].replace("``", "`")
    return found


def main() -> int:
    """Run the named benches; the exit code is 0 when every target is met."""
    known = benches()
    names = [word.replace("_", "-") for word in sys.argv[1:]]
    if not names:
        width = max(map(len, known)) + 2
        print("scripts/bench NAME ... runs these (`all` runs every one):\n")
        print("\n".join(f"  {name:<{width}}{told}" for name, told in known.items()))
        return 0
    if wrong := [name for name in names if name not in known and name != "all"]:
        print(f"no bench `{wrong[0]}`; there are: {', '.join(known)}", file=sys.stderr)
        return 2
    ready = bootstrap.ready()
    failed = []
    for name in known if "all" in names else names:
        words = [ready.python, "-m", f"bench.{name.replace('-', '_')}"]
        if subprocess.run(words, cwd=bootstrap.ROOT, env=ready.env, check=False).returncode:
            failed.append(name)
    if failed:
        print(f"missed a target, or could not measure one: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
