"""A program on a system where nothing can be proven: the folder alone, and only when asked for so."""

import contextlib
import datetime as dt
import subprocess
import tomllib
from pathlib import Path

import pytest

from onward.adapters import pyinstaller
from onward.cli.door import run_verb
from onward.core.errors import BadInput
from onward.core.perform import perform
from onward.domain.apps.recipe import Wanted
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
def test_a_window_of_macos_is_built_as_a_bundle_with_its_icon(
    project: MakeProject, registry_env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    table = TABLE.replace("project.scripts", "project.gui-scripts")
    icon = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'
    root = project(
        extra=f'{table}[tool.onward.app]\nname = "Good Day"\nicon = "icon.svg"\n',
        files={"src/demo/__init__.py": CODE, "icon.svg": icon},
    )
    assert run_verb(["lock"], registry_env, cwd=root) == 0
    seen: list[Wanted] = []

    def settle(wanted: Wanted) -> Path:
        """Be macOS, where PyInstaller makes the bundle out of the folder."""
        seen.append(wanted)
        (wanted.work / "dist" / wanted.name).rename(wanted.work / "dist" / wanted.bundle)
        return as_it_is(wanted)

    as_it_is = pyinstaller.settle
    monkeypatch.setattr(pyinstaller, "settle", settle)
    with making(root, registry_env) as made:
        assert made.things[0][0] == "Good Day.app/"
        (wanted,) = seen
        assert (wanted.bundle, wanted.version) == ("Good Day.app", "0.1.0")
        assert wanted.icon is not None
        assert wanted.icon.read_bytes()[:4] == b"icns"
        perform(made.plan, root, started="2026-06-01T12:00:00+00:00")
    assert [path.name for path in (root / "dist").iterdir()] == ["Good Day.app"]


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
