"""Folders under .cache/bench to measure in: copies of bench/projects, each ready for one tool."""

import compileall
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bench.harness import CACHE, ROOT
from scripts.registry_settings import index_address

PROJECTS = ROOT / "bench" / "projects"
HOME = CACHE / "bench"


def environment(**more: str) -> dict[str, str]:
    """Give the environment of this program with caches of its own and no active environment.

    Every program is measured as people have it after the first start: compiled.
    """
    compileall.compile_dir(ROOT / "src", quiet=2, rx=re.compile(r"[/\\]templates[/\\]"))
    left_out = (
        "VIRTUAL_ENV",
        "UV_PROJECT_ENVIRONMENT",
        "UV_PYTHON",
        "CI",
        "PYTHONDONTWRITEBYTECODE",
    )
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    return {
        **kept,
        "UV_CACHE_DIR": str(HOME / "uv-cache"),
        "ONWARD_CACHE_DIR": str(HOME / "onward-cache"),
        "POETRY_VIRTUALENVS_IN_PROJECT": "true",
        "POETRY_VIRTUALENVS_USE_POETRY_PYTHON": "true",
        "PDM_CHECK_UPDATE": "false",
        "PIPENV_VENV_IN_PROJECT": "1",
        "PIPENV_NOSPIN": "1",
        "HATCH_DATA_DIR": str(HOME / "hatch"),
        **more,
    }


def fresh(project: str, bench: str, tool: str) -> Path:
    """Give a new copy of a project for one tool, which knows the registry of this machine."""
    folder = HOME / bench / tool
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(PROJECTS / project, folder)
    if tool == "poetry":  # it reads neither pip's settings nor uv's
        with (folder / "pyproject.toml").open("a", encoding="utf-8") as file:
            file.write(
                f'\n[[tool.poetry.source]]\nname = "machine"\nurl = "{index_address(os.environ)}"\n'
            )
    return folder


def call(argv: Sequence[str], cwd: Path, env: Mapping[str, str]) -> str:
    """Run a command that is not measured; gives "" or why it failed."""
    try:
        done = subprocess.run(
            argv,
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    except OSError as error:
        return f"`{Path(argv[0]).name}` cannot start: {error.strerror}"
    if done.returncode == 0:
        return ""
    said = (done.stderr.strip() or done.stdout.strip() or "no output").splitlines()
    words = " ".join([Path(argv[0]).name, *argv[1:]])
    told = " / ".join(line.strip() for line in said[-2:])
    return f"`{words}` ended with exit code {done.returncode}: {told[:200]}"


def restorer(
    folder: Path, names: Sequence[str], again: Sequence[str], env: Mapping[str, str]
) -> Callable[[], None]:
    """Give a function that puts files back as they are now, then runs ``again`` to fit the environment."""
    kept = {
        name: (folder / name).read_bytes() if (folder / name).exists() else None for name in names
    }

    def restore() -> None:
        for name, content in kept.items():
            if content is None:
                (folder / name).unlink(missing_ok=True)
            else:
                (folder / name).write_bytes(content)
        if why := call(again, folder, env):
            raise OSError(why)

    return restore
