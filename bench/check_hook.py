"""What a commit hook costs beyond its checks: eight that do nothing, one staged file, against the other managers."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bench import peers
from bench.harness import Measured, Subject, measure, table

CHECKS = 8
MOST = 70.0  # ms of CPU of the whole process tree
OURS = "onward, this tree has passed before"
BARE = "sh, one after the other"


def main() -> int:
    """Measure and give 0 when the target is met."""
    with tempfile.TemporaryDirectory(prefix="onward-bench-") as folder:
        # lefthook puts its own hook in the place of ours, so the others have a repository of their own
        repo, theirs = Path(folder) / "repo", Path(folder) / "theirs"
        env = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "PREK_HOME": f"{folder}/prek"}
        env |= {"PRE_COMMIT_HOME": f"{folder}/pre-commit", "ONWARD_CACHE_DIR": f"{folder}/onward"}
        _make(repo, env)
        _make(theirs, env)
        subjects = [*_subjects(repo, env), *_peers(theirs, env)]
        measured = measure(subjects, rounds=15)
        sys.stdout.write(table("check hook", measured, base="prek", rounds=15))
        sys.stdout.write("onward's first look at a tree runs ruff and the formatter besides.\n")
        return 0 if _met(measured) else 1


def _met(measured: list[Measured]) -> bool:
    ours = next(one for one in measured if one.name == OURS)
    if ours.skipped:
        sys.stdout.write(f"target: {OURS} <= {MOST:g} ms CPU: NOT MEASURED\n")
        return False
    met = ours.cpu <= MOST
    sys.stdout.write(
        f"target: {OURS} <= {MOST:g} ms CPU: {ours.cpu:.1f} {'pass' if met else 'MISS'}\n"
    )
    return met


def _subjects(repo: Path, env: dict[str, str]) -> list[Subject]:
    hook = repo / ".git" / "hooks" / "pre-commit"
    note = repo / ".git" / "onward" / "passed"

    def forget() -> None:
        note.unlink(missing_ok=True)
        shutil.rmtree(env["ONWARD_CACHE_DIR"], ignore_errors=True)

    def pass_once() -> None:
        if not note.exists():
            subprocess.run([str(hook)], cwd=repo, env=env, check=True, capture_output=True)

    sh = ("sh", "-c", "; ".join(["/bin/true f.py"] * CHECKS))
    return [
        Subject(name=BARE, argv=sh, cwd=repo, env=env),
        Subject(name=OURS, argv=(str(hook),), cwd=repo, env=env, prepare=pass_once),
        Subject(name="onward, first look", argv=(str(hook),), cwd=repo, env=env, prepare=forget),
    ]


def _peers(repo: Path, env: dict[str, str]) -> list[Subject]:
    subjects = []
    for name, words in (
        ("prek", ("run",)),
        ("lefthook", ("run", "pre-commit")),
        ("pre-commit", ("run",)),
    ):
        program, why = peers.peer(name)
        subjects.append(Subject(name=name, argv=(program, *words), cwd=repo, env=env, missing=why))
    return subjects


def _make(repo: Path, env: dict[str, str]) -> None:
    """Make a repository with one staged file and the same eight checks for every manager."""
    repo.mkdir()
    hooks = "".join(
        f"    - {{id: h{n}, name: h{n}, entry: /bin/true, language: system}}\n"
        for n in range(CHECKS)
    )
    commands = "".join(f"    h{n}:\n      run: /bin/true {{staged_files}}\n" for n in range(CHECKS))
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
    (repo / "f.py").write_text('"""Fine."""\n', encoding="utf-8")
    subprocess.run(["git", "add", "f.py"], cwd=repo, env=env, check=True)
    onward = [peers.own("onward"), "check", "--install-hook"]
    subprocess.run(onward, cwd=repo, env=env, check=True, capture_output=True)


if __name__ == "__main__":
    sys.exit(main())
