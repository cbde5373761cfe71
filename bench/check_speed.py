"""``onward check`` on 27,000 and on 490,000 lines: the first run beside its tools alone, the second run, memory."""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import msgspec

from bench import peers, workplace
from bench.baseline_sources import source
from bench.harness import RESULTS

_ROUNDS = 5
_TOOLS = ("ruff", "ruff format", "mypy", "deptry", "typos")
_SECOND = {"poetry-2.5.0": 0.3, "Django-5.2": 1.0}  # seconds of CPU at most
_MORE, _AT_LEAST = 0.05, 0.1  # a first run may cost this share, or these seconds, beyond the tools
_MEMORY = 400.0  # MB


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What a command took: seconds of CPU of all its processes, most memory (MB) of its own or one of them."""

    cpu: float
    memory: float


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the result: ``got`` may be ``most`` at most."""

    what: str
    got: float
    most: float
    unit: str

    def __str__(self) -> str:
        verdict = "pass" if self.got <= self.most else "MISS"
        return f"{self.what:<58}{self.got:9.2f} {self.unit}  <= {self.most:g}: {verdict}"


def main() -> int:
    """Measure and give 0 when every target is met."""
    if not hasattr(os, "wait4"):
        sys.stdout.write(f"check-speed: NOT MEASURED: {sys.platform} has no wait4\n")
        return 1
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="onward-bench-") as folder:
        for release, most in _SECOND.items():
            project = _project(release, Path(folder))
            rows += _runs(release, project, most)
        rows.append(_everything(Path(folder)))
    sys.stdout.write("\ncheck-speed: CPU of the whole process tree, medians\n")
    for row in rows:
        sys.stdout.write(f"  {row}\n")
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "check-speed.json").write_bytes(msgspec.json.encode(rows))
    return 0 if all(row.got <= row.most for row in rows) else 1


def _project(release: str, folder: Path) -> Path:
    """Give a copy of a release that has an environment with the tools, and settings that name them."""
    project = folder / release
    shutil.copytree(source(release), project)
    env = workplace.environment()
    uv = peers.own("uv")
    python = project / ".venv" / "bin" / "python"
    for words in (
        ["venv", "--quiet", "--python", sys.executable, str(project / ".venv")],
        ["pip", "install", "--quiet", "--python", str(python), "mypy", "deptry", "typos"],
    ):
        if why := workplace.call([uv, *words], project, env):
            raise SystemExit(f"check-speed: {why}")
    names = ", ".join(f'"{name}"' for name in _TOOLS)
    with (project / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n[tool.onward.check]\ntools = [{names}]\n")
    return project


def _runs(release: str, project: Path, most: float) -> list[Row]:
    onward = (peers.own("onward"), "check")
    cache = project.parent / f"{release}-cache"
    env = workplace.environment(ONWARD_CACHE_DIR=str(cache))
    firsts, alones = [], []
    for _ in range(3 if most < 1 else 1):
        shutil.rmtree(cache, ignore_errors=True)
        _forget(project)
        firsts.append(_cost(onward, project, env).cpu)
        shutil.rmtree(cache, ignore_errors=True)
        _forget(project)
        alones.append(sum(_cost(argv, project, env).cpu for argv in _alone(project, env)))
    seconds = [_cost(onward, project, env).cpu for _ in range(_ROUNDS)]
    first, alone = statistics.median(firsts), statistics.median(alones)
    allowed = max(alone * _MORE, _AT_LEAST)
    return [
        Row(what=f"{release}: first run beyond the tools ({alone:.2f} s)", got=first - alone, most=allowed, unit="s"),
        Row(what=f"{release}: second run, nothing changed", got=statistics.median(seconds), most=most, unit="s"),
    ]  # fmt: skip


def _alone(project: Path, env: Mapping[str, str]) -> list[tuple[str, ...]]:
    """Give the command lines of the tools as onward itself makes them."""
    from onward.workflows.checking.scope import Scope
    from onward.workflows.checking.tools import adapter

    scope = Scope(root=project.resolve(), environment=project / ".venv")
    calls = []
    for name in _TOOLS:
        tool = adapter(name)
        call = tool.call(tool.probe(scope.environment, env), scope.target(env))
        if call is not None:
            calls.append(call.argv)
    return calls


def _forget(project: Path) -> None:
    """Remove what the tools themselves keep in the project."""
    for name in (".ruff_cache", ".mypy_cache"):
        shutil.rmtree(project / name, ignore_errors=True)


def _everything(folder: Path) -> Row:
    """Give the memory of a check with every rule of ruff, its answer as JSON."""
    project = folder / "all"
    shutil.copytree(source("Django-5.2"), project)
    (project / "ruff.toml").write_text('[lint]\nselect = ["ALL"]\npreview = true\n')
    env = workplace.environment(ONWARD_CACHE_DIR=str(folder / "all-cache"))
    cost = _cost((peers.own("onward"), "check", "--json"), project, env)
    return Row(what="Django, every rule, as JSON: memory", got=cost.memory, most=_MEMORY, unit="MB")


def _cost(argv: tuple[str, ...], cwd: Path, env: Mapping[str, str]) -> Cost:
    with tempfile.TemporaryFile() as out:
        child = subprocess.Popen(
            argv, cwd=cwd, env=dict(env), stdin=subprocess.DEVNULL, stdout=out, stderr=out
        )
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode not in (0, 1, 2):
            out.seek(0)
            told = out.read()[-300:].decode("utf-8", "replace")
            raise SystemExit(f"check-speed: {argv[0]} ended with {child.returncode}: {told}")
    return Cost(cpu=usage.ru_utime + usage.ru_stime, memory=usage.ru_maxrss / 1024)


if __name__ == "__main__":
    sys.exit(main())
