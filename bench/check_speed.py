"""``onward check`` on 27,000 and on 490,000 lines: the first run beside its tools, the second run, one edit, memory.

What onward looks at itself counts as a tool beside the others, and its cost is shown. What it
takes beyond is the CPU of its own process without those looks (as they are in that run), and of the processes it
starts that are no tool: the difference of two whole runs would say more of mypy, which takes a tenth more or less
each time.
"""

import datetime as dt
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import msgspec

from bench import peers, timed_check, workplace
from bench.baseline_sources import source
from bench.harness import RESULTS, ROOT
from onward.core.proc.call import ANSWER

_ROUNDS = 5
_TOOLS = ("ruff", "ruff format", "mypy", "deptry", "typos")
_SECOND = {"poetry-2.5.0": 0.3, "Django-5.2": 1.0}  # seconds of CPU at most
_MORE, _AT_LEAST = 0.05, 0.1  # a first run may cost this share, or these seconds, beyond the tools
_MEMORY = 400.0  # MB
_BESIDE = "what onward asks ruff beside"
_EDITED = {"poetry-2.5.0": "src/poetry/utils/helpers.py", "Django-5.2": "django/utils/text.py"}


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What a command took: seconds of CPU of all its processes, of its own alone, most memory (MB) of one."""

    cpu: float
    own: float
    memory: float


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the result: ``got`` may be ``most`` at most; without that it only tells."""

    what: str
    got: float
    unit: str = "s"
    most: float | None = None

    @property
    def met(self) -> bool:
        """Whether it is within what it may be."""
        return self.most is None or self.got <= self.most

    def __str__(self) -> str:
        verdict = (
            "" if self.most is None else f"  <= {self.most:.2f}: {'pass' if self.met else 'MISS'}"
        )
        return f"{self.what:<66}{self.got:9.2f} {self.unit}{verdict}"


def main() -> int:
    """Measure and give 0 when every target is met."""
    if not hasattr(os, "wait4") or not Path("/proc/self/stat").exists():
        sys.stdout.write(
            f"check-speed: NOT MEASURED: {sys.platform} does not tell what a process took\n"
        )
        return 1
    sys.stdout.write("\ncheck-speed: CPU of the whole process tree, medians\n")
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="onward-bench-") as folder:
        for release, most in _SECOND.items():
            rows += _told(_runs(release, _project(release, Path(folder)), most))
        rows += _told([_everything(Path(folder))])
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "check-speed.json").write_bytes(msgspec.json.encode(rows))
    return 0 if all(row.met for row in rows) else 1


def _told(rows: list[Row]) -> list[Row]:
    sys.stdout.write("".join(f"  {row}\n" for row in rows))
    sys.stdout.flush()  # the rest takes a while
    return rows


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
    firsts: list[tuple[Cost, float]] = []
    alones: list[dict[str, float]] = []
    for _ in range(5):
        shutil.rmtree(cache, ignore_errors=True)
        _forget(project)
        firsts.append(_first(project, env))
        alones.append(_alone(project, project.parent / f"{release}-alone"))
    alone = {name: statistics.median(one[name] for one in alones) for name in alones[0]}
    tools = sum(taken for name, taken in alone.items() if name != _BESIDE)
    rows = [Row(what=f"{release}: {name}, alone", got=taken) for name, taken in alone.items()]
    beyond = statistics.median(cost.own - looks for cost, looks in firsts) + alone[_BESIDE]
    allowed = max(tools * _MORE, _AT_LEAST)
    seconds = [_cost(onward, project, env).cpu for _ in range(_ROUNDS)]
    jsons = [_cost((*onward, "--json"), project, env).cpu for _ in range(4)][1:]
    whole = statistics.median(cost.cpu for cost, _ in firsts)
    edited = _edited(project, onward, env)
    return [
        *rows,
        Row(what=f"{release}: first run, everything", got=whole),
        Row(what=f"{release}: first run beyond the tools ({tools:.2f} s)", got=beyond, most=allowed),
        Row(what=f"{release}: second run, nothing changed", got=statistics.median(seconds), most=most),
        Row(what=f"{release}: the same as JSON", got=statistics.median(jsons), most=most),
        Row(what=f"{release}: one file edited, everything", got=statistics.median(one.cpu for one in edited)),
        Row(what=f"{release}: one file edited, onward itself", got=statistics.median(one.own for one in edited)),
    ]  # fmt: skip


def _first(project: Path, env: Mapping[str, str]) -> tuple[Cost, float]:
    """Give what a check takes, and what of it onward's own looks took."""
    told = project.parent / f"{project.name}-looks.json"
    argv = (sys.executable, "-P", str(ROOT / "bench" / "timed_check.py"), "check")
    cost = _cost(argv, project, {**env, timed_check.TOLD: str(told)})
    return cost, sum(msgspec.json.decode(told.read_bytes(), type=dict[str, float]).values())


def _edited(project: Path, onward: tuple[str, ...], env: Mapping[str, str]) -> list[Cost]:
    """Give what a check takes after a comment was added to one file that many import, for three such edits."""
    place = project / _EDITED[project.name]
    taken = []
    for number in range(3):
        with place.open("a", encoding="utf-8") as file:
            file.write(f"# {number}\n")
        taken.append(_cost(onward, project, env))
    return taken


def _alone(project: Path, cache: Path) -> dict[str, float]:
    """Give what each tool takes alone, as onward itself calls it, and what onward looks at itself; with no cache yet."""
    from onward.workflows.check_project import tools_of
    from onward.workflows.checking.scope import Scope
    from onward.workflows.situation import open_situation

    shutil.rmtree(cache, ignore_errors=True)  # mypy's is in there
    _forget(project)
    env = workplace.environment(ONWARD_CACHE_DIR=str(cache))
    scope = Scope(root=project.resolve(), environment=project / ".venv")
    taken = {}
    for tool in tools_of(open_situation(project, env, dt.datetime.now(dt.UTC)), scope.root):
        probe = tool.probe(scope.environment, env)
        call = tool.call(probe, scope.target(env))
        if call is not None:
            argv = tuple(word.replace(ANSWER, os.devnull) for word in call.argv)
            taken[tool.name] = _cost(argv, project, env).cpu
        if tool.name == "ruff":  # onward asks it for its version, and which files there are
            listing = ((probe.program, "--version"), (probe.program, "check", "--show-files"))
            taken[_BESIDE] = sum(_cost(argv, project, env).cpu for argv in listing)
    looks = subprocess.run(
        (sys.executable, "-m", "bench.own_looks", str(project)),
        cwd=ROOT, env=dict(env), capture_output=True, check=True,
    ).stdout  # fmt: skip
    told = msgspec.json.decode(looks, type=dict[str, float])
    return taken | {f"onward's look at {name}": seconds for name, seconds in told.items()}


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
    return Row(what="Django, every rule, as JSON: memory", got=cost.memory, unit="MB", most=_MEMORY)


def _cost(argv: tuple[str, ...], cwd: Path, env: Mapping[str, str]) -> Cost:
    with tempfile.TemporaryFile() as out:
        child = subprocess.Popen(
            argv, cwd=cwd, env=dict(env), stdin=subprocess.DEVNULL, stdout=out, stderr=out
        )
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        own = _own_cpu(child.pid)  # the system tells it until the process is waited for
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode not in (0, 1, 2):
            out.seek(0)
            told = out.read()[-300:].decode("utf-8", "replace")
            raise SystemExit(f"check-speed: {argv[0]} ended with {child.returncode}: {told}")
    return Cost(cpu=usage.ru_utime + usage.ru_stime, own=own, memory=usage.ru_maxrss / 1024)


def _own_cpu(process: int) -> float:
    told = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    user, system = told.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    sys.exit(main())
