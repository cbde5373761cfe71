"""Apply every refactoring to poetry and Django: all compiles, once is enough, and their tests say the same as before.

Also what this finds, rule by rule. ``--hits FILE`` writes each hit with its lines, to be read
by a person; ``--no-tests`` leaves out the tests, which take minutes.
"""

import argparse
import ast
import collections
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from bench.harness import CACHE
from onward.adapters.refactor.refactor import Found, find, mend
from onward.adapters.uv.commands import uv_program
from onward.domain.policy.rules_refactor import OWN
from scripts.fetch_sdist import fetch

_APPS = (
    "admin_utils apps constraints deprecation httpwrappers indexes logging_tests migrations model_forms"
    " queries requests_tests schema serializers template_tests test_runner test_utils utils_tests"
)  # where something is found, and their neighbours
_TOLD = re.compile(r"^(?P<test>\S.*?) \.\.\. (?P<word>ok|FAIL|ERROR|skipped|expected failure)\b")
_CASE = re.compile(r'<testcase classname="([^"]*)" name="([^"]*)"[^>]*?(?:/>|>\s*<(\w+))')


class Project(msgspec.Struct, frozen=True, kw_only=True):
    """A release to try it on: its file on the registry, what its tests need and how they are run (in its folder)."""

    name: str
    filename: str
    sha256: str
    requires: tuple[str, ...]
    tests: tuple[str, ...]
    below: str = "."


PROJECTS = (
    Project(
        name="poetry",
        filename="poetry-2.5.1.tar.gz",
        sha256="19fbd566efced512be58989a756aa1333cdc9b6aabb4fc84fd1ec9d29ee74874",
        requires=(
            "-e .",
            "dulwich>=1.2.1",
            "responses>=0.25.8",
            "jaraco-classes>=3.3.1",
            "pytest>=9",
            "pytest-mock>=3.9",
            "pytest-xdist[psutil]>=3.1",
        ),
        tests=(
            "-m",
            "pytest",
            "tests",
            "-q",
            "-p",
            "no:cacheprovider",
            "-n2",
            "--junitxml=told.xml",
        ),
    ),
    Project(
        name="django",
        filename="django-5.2.8.tar.gz",
        sha256="23254866a5bb9a2cfa6004e8b809ec6246eba4b58a7589bc2772f1bcc8456c7f",
        requires=("-e .", "jinja2", "pillow", "pyyaml", "tblib", "docutils", "tzdata"),
        tests=("runtests.py", "-v", "2", "--parallel", "1", *_APPS.split()),
        below="tests",
    ),
)


class Tried(msgspec.Struct, kw_only=True):
    """What became of one project."""

    files: int = 0
    seconds: float = 0.0
    hits: collections.Counter[str] = msgspec.field(default_factory=collections.Counter)
    unsafe: collections.Counter[str] = msgspec.field(default_factory=collections.Counter)
    changed: int = 0
    faults: list[str] = msgspec.field(default_factory=list)


def applied(root: Path, told: list[str]) -> Tried:
    """Refactor every Python file below ``root``, unsafe fixes too; give what was found and what went wrong."""
    tried = Tried()
    began = time.process_time()
    for path in sorted(root.rglob("*.py")):
        content = path.read_bytes()
        try:
            text = content.decode()
            ast.parse(text)
        except (UnicodeDecodeError, SyntaxError, ValueError):
            continue  # files that are broken on purpose
        tried.files += 1
        found = find(text, OWN)
        if found is None:
            tried.faults.append(f"{path}: could not be read")
            continue
        told += _lines(path.relative_to(root), text, found)
        tried.hits.update(one.name for one in found)
        tried.unsafe.update(one.name for one in found if not one.safe)
        new = mend(text, OWN, unsafe=True)
        if new != text:
            tried.changed += 1
            tried.faults += _faults(path, new)
            path.write_bytes(new.encode())
        elif found:
            tried.faults.append(f"{path}: found, but not mended")
    tried.seconds = time.process_time() - began
    return tried


def _faults(path: Path, new: str) -> Iterator[str]:
    try:
        compile(new, str(path), "exec")
    except (SyntaxError, ValueError) as error:
        yield f"{path}: does not compile any more: {error}"
    if mend(new, OWN, unsafe=True) != new:
        yield f"{path}: a second time changes it again"
    if left := find(new, OWN):
        yield f"{path}: {left[0].name} is still found"


def _lines(path: Path, text: str, found: list[Found]) -> Iterator[str]:
    lines = text.split("\n")
    for one in found:
        yield f"== {one.name} {'safe' if one.safe else 'unsafe'} {path}:{one.line} {one.new}"
        yield from lines[one.line - 1 : min(one.end_line, one.line + 15)]


def outcomes(project: Project, folder: Path, python: Path) -> dict[str, str]:
    """Run the tests and give test -> outcome."""
    env = {
        key: value for key, value in os.environ.items() if not key.startswith(("POETRY_", "DJANGO"))
    }
    home = folder.parent / "home"  # beside it: what tests put there is nobody's to refactor
    home.mkdir(exist_ok=True)
    env |= {"HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"}
    ran = subprocess.run(
        [python, *project.tests], cwd=folder / project.below, env=env, capture_output=True, text=True, check=False
    )  # fmt: skip
    report = folder / "told.xml"
    if report.exists():
        cases = _CASE.findall(report.read_text(encoding="utf-8"))
        report.unlink()
        return {f"{where}::{name}": word or "passed" for where, name, word in cases}
    lines = map(_TOLD.match, ran.stderr.splitlines())
    return {line["test"]: line["word"] for line in lines if line}


def _environment(project: Project, folder: Path, place: Path) -> Path:
    program = uv_program(os.environ)
    subprocess.run([program, "venv", "-q", "--python", sys.executable, place], check=True)
    python = place / "bin" / "python"
    words = [word for part in project.requires for word in part.split(maxsplit=1)]
    subprocess.run(
        [program, "pip", "install", "-q", "--python", python, *words], cwd=folder, check=True
    )
    return python


def main() -> int:
    """Say what is found and what breaks; 1 when anything does."""
    parser = argparse.ArgumentParser(prog="scripts/bench refactor")
    parser.add_argument("--hits", type=Path)
    parser.add_argument("--no-tests", action="store_true")
    parser.add_argument("--only", choices=[project.name for project in PROJECTS])
    options = parser.parse_args()
    told: list[str] = []
    bad = 0
    for project in PROJECTS:
        if options.only in (None, project.name):
            with tempfile.TemporaryDirectory(prefix="onward-") as place:
                bad += _try(project, Path(place), told, tests=not options.no_tests)
    if options.hits:
        options.hits.write_text("\n".join(told) + "\n", encoding="utf-8")
    return 1 if bad else 0


def _try(project: Project, place: Path, told: list[str], *, tests: bool) -> int:
    folder = fetch(
        project.name,
        project.filename,
        project.sha256,
        place,
        CACHE / "bench" / "sdists",
        os.environ,
    )
    before: dict[str, str] = {}
    if tests:
        python = _environment(project, folder, place / "venv")
        before = outcomes(project, folder, python)
    tried = applied(folder, told)
    print(
        f"{project.filename}: {tried.files} files, {tried.changed} changed, {tried.seconds:.0f} s CPU"
    )
    for name in sorted(OWN):
        print(f"  {name:28}{tried.hits[name]:5} hits, {tried.unsafe[name]} of them unsafe")
    print(
        "\n".join(f"  FAULT {fault}" for fault in tried.faults) or "  all compiles, once is enough"
    )
    if not tests:
        return len(tried.faults)
    after = outcomes(project, folder, python)
    differ = sorted(test for test in before | after if before.get(test) != after.get(test))
    for test in differ:
        print(f"  DIFFERS {test}: {before.get(test, 'not run')} -> {after.get(test, 'not run')}")
    counts = collections.Counter(before.values())
    print(f"  {len(before)} tests ({dict(counts)}), {len(differ)} tell something else afterwards")
    shutil.rmtree(folder)
    return len(tried.faults) + len(differ) + (not before)


if __name__ == "__main__":
    sys.exit(main())
