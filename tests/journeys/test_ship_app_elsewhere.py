"""A program on a system where nothing can be proven: the folder alone, and only when asked for so."""

import contextlib
import datetime as dt
import subprocess
import tomllib
from pathlib import Path

import pytest

from onward.cli.door import run_verb
from onward.core.errors import BadInput
from onward.core.perform import perform
from onward.workflows.app.elsewhere import making_elsewhere
from onward.workflows.app.make import UNPROVEN, Made, Wishes
from onward.workflows.situation import open_situation
from tests.conftest import MakeProject

TABLE = (
    '[build-system]\nrequires = ["uv_build>=0.13,<0.14"]\nbuild-backend = "uv_build"\n'
    '[project.scripts]\ndemo = "demo:main"\n'
)
CODE = "def main() -> int:\n    print('good day')\n    return 0\n"


def making(
    root: Path, env: dict[str, str], **wish: object
) -> contextlib.AbstractContextManager[Made]:
    situation = open_situation(root, env, dt.datetime.now(dt.UTC))
    pyproject = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    wishes = Wishes(**{"formats": ("folder",), "out": root / "dist", "proven": False, **wish})  # type: ignore[arg-type]
    return making_elsewhere(root, pyproject, situation, wishes, system="darwin")


@pytest.mark.parametrize("wish", [{"proven": True}, {"formats": ("folder", "deb")}])
def test_more_than_an_unproven_folder_is_refused(
    wish: dict[str, object], project: MakeProject, env: dict[str, str]
) -> None:
    root = project(extra=TABLE, files={"src/demo/__init__.py": CODE})
    with (
        pytest.raises(BadInput, match="on Linux only") as caught,
        making(root, env, **wish),
    ):
        pass
    assert "--format folder --no-prove" in str(caught.value.hint)


@pytest.mark.registry
@pytest.mark.timeout(600)
def test_the_folder_is_named_after_the_system_and_starts(
    project: MakeProject, registry_env: dict[str, str]
) -> None:
    root = project(extra=TABLE, files={"src/demo/__init__.py": CODE})
    assert run_verb(["lock"], registry_env, cwd=root) == 0
    with making(root, registry_env) as made:
        assert made.notes == (UNPROVEN,)
        perform(made.plan, root, started="2026-06-01T12:00:00+00:00")
    (folder,) = (root / "dist").glob("demo-0.1.0-macos-*")
    done = subprocess.run([str(folder / "demo")], capture_output=True, text=True, check=True)
    assert done.stdout == "good day\n"
