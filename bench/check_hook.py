"""What a commit hook costs beyond its checks: eight that do nothing on one staged file, against the other managers.

Each round stages another change, as every commit does. The file is a page, which none of
onward's own tools looks at, so that everyone runs the same eight checks and nothing else.
Beside it stand the same with a Python file, where onward and prek also run ruff and its
formatter, and what onward does with a tree that has passed before.
"""

import itertools
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from bench import peers
from bench.harness import Measured, Subject, measure, table
from bench.workplace import environment

CHECKS = 8
ROUNDS = 15
MOST = 70.0  # ms of CPU of the whole process tree
BARE = "sh, one after the other"
OURS = "onward, a new change"
PAGE = "page.html"
CODE = "f.py"

_NUMBERS = itertools.count()


def main() -> int:
    """Measure and give 0 when the target is met."""
    with tempfile.TemporaryDirectory(prefix="onward-bench-") as folder:
        env = environment(
            GIT_CONFIG_GLOBAL=os.devnull,
            ONWARD_CACHE_DIR=f"{folder}/onward",
            PREK_HOME=f"{folder}/prek",
            PRE_COMMIT_HOME=f"{folder}/pre-commit",
        )
        subjects = [*_of_page(Path(folder), env), *_of_code(Path(folder), env)]
        measured = measure(subjects, rounds=ROUNDS)
    sys.stdout.write(table("check hook", measured, base="prek", rounds=ROUNDS))
    versions = ", ".join(f"{name} {peers.version(name) or 'not there'}" for name in _COMMANDS)
    sys.stdout.write(
        f"{versions}; they are called without the script that git starts, onward with it.\n"
    )
    return 0 if _met(measured) else 1


def _met(measured: list[Measured]) -> bool:
    ours = next(one for one in measured if one.name == OURS)
    words = f"target: {OURS} <= {MOST:g} ms CPU"
    if ours.skipped:
        sys.stdout.write(f"{words}: NOT MEASURED\n")
        return False
    met = ours.cpu <= MOST
    sys.stdout.write(f"{words}: {ours.cpu:.1f} {'pass' if met else 'MISS'}\n")
    return met


_COMMANDS = {
    "prek": ("run",),
    "lefthook": ("run", "pre-commit"),
    "pre-commit": ("run",),
}


def _of_page(folder: Path, env: Mapping[str, str]) -> list[Subject]:
    """Give everyone with the eight checks on a page."""
    # lefthook puts its own hook in the place of ours, so the others have a repository of their own
    repo, theirs = _repository(folder / "page", env), _repository(folder / "page-theirs", env)
    hook = _install(repo, env)
    sh = ("sh", "-c", "; ".join([f"/bin/true {PAGE}"] * CHECKS))
    subjects = [
        Subject(name=BARE, argv=sh, cwd=repo, env=env),
        Subject(name=OURS, argv=(hook,), cwd=repo, env=env, prepare=_staging(repo, PAGE, env)),
    ]
    return subjects + [_peer(name, name, theirs, PAGE, env) for name in _COMMANDS]


def _of_code(folder: Path, env: Mapping[str, str]) -> list[Subject]:
    """Give onward and prek with ruff and its formatter besides, on a Python file."""
    ruff = peers.own("ruff")
    also = {"ruff": f"{ruff} check --force-exclude", "format": f"{ruff} format --check"}
    repo = _repository(folder / "code", env)
    theirs = _repository(folder / "code-theirs", env, also)
    hook = _install(repo, env)
    stage = _staging(repo, CODE, env)

    def pass_once() -> None:
        stage()
        subprocess.run([hook], cwd=repo, env=env, check=True, capture_output=True)

    both = f"{ruff} check -q {CODE}; {ruff} format -q --check {CODE}"
    sh = ("sh", "-c", "; ".join([f"/bin/true {CODE}"] * CHECKS + [both]))
    return [
        Subject(name="with ruff: sh", argv=sh, cwd=repo, env=env, prepare=stage),
        Subject(name="with ruff: onward", argv=(hook,), cwd=repo, env=env, prepare=stage),
        _peer("with ruff: prek", "prek", theirs, CODE, env),
        Subject(name="onward, a tree that has passed", argv=(hook,), cwd=repo, env=env, prepare=pass_once),
    ]  # fmt: skip


def _peer(name: str, tool: str, repo: Path, path: str, env: Mapping[str, str]) -> Subject:
    program, why = peers.peer(tool)
    return Subject(
        name=name,
        argv=(program, *_COMMANDS[tool]),
        cwd=repo,
        env=env,
        missing=why,
        prepare=_staging(repo, path, env),
    )


def _staging(repo: Path, path: str, env: Mapping[str, str]) -> Callable[[], None]:
    """Give what stages a change of ``path`` that was not there before."""

    def stage() -> None:
        text = f'"""Change {next(_NUMBERS)}."""\n'
        (repo / path).write_text(text, encoding="utf-8")
        subprocess.run(["git", "add", path], cwd=repo, env=env, check=True, capture_output=True)

    return stage


def _install(repo: Path, env: Mapping[str, str]) -> str:
    onward = [peers.own("onward"), "check", "--install-hook"]
    subprocess.run(onward, cwd=repo, env=env, check=True, capture_output=True)
    return str(repo / ".git" / "hooks" / "pre-commit")


def _repository(repo: Path, env: Mapping[str, str], also: Mapping[str, str] | None = None) -> Path:
    """Make a repository with the same checks for every manager; ``also`` are hooks beside the eight."""
    repo.mkdir()
    entries = {f"h{number}": "/bin/true" for number in range(CHECKS)} | dict(also or {})
    hooks = "".join(
        f"    - {{id: {name}, name: {name}, entry: {entry}, language: system}}\n"
        for name, entry in entries.items()
    )
    commands = "".join(
        f"    {name}:\n      run: {entry} {{staged_files}}\n" for name, entry in entries.items()
    )
    files = {
        ".pre-commit-config.yaml": f"repos:\n- repo: local\n  hooks:\n{hooks}",
        "lefthook.yml": f"pre-commit:\n  parallel: true\n  commands:\n{commands}",
        "pyproject.toml": '[project]\nname = "bench"\nversion = "1"\nrequires-python = ">=3.11"\n'
        '[tool.onward.check]\ntypes = "none"\n',
    }
    for path, text in files.items():
        (repo / path).write_text(text, encoding="utf-8")
    who = ("-c", "user.name=bench", "-c", "user.email=bench@example.org")
    for words in (("init", "-q"), ("add", "-A"), (*who, "commit", "-qm", "first")):
        subprocess.run(["git", *words], cwd=repo, env=env, check=True)
    return repo


if __name__ == "__main__":
    sys.exit(main())
