"""``onward why``: the door, on recorded projects of every layout."""

import datetime as dt
import io
import json
import shutil
from pathlib import Path

import pytest

from onward.adapters.installed import read_environment
from onward.cli.door import run_verb
from onward.core.names import Name
from onward.workflows.imports_in_code import imports_of
from tests.adapters.test_installed import environment
from tests.workflows.test_project import RECORDED, file

NOW = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)


def ask(folder: Path, *words: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    code = run_verb(["why", *words], {}, cwd=folder, clock=lambda: NOW, out=out, err=err)
    return code, out.getvalue(), err.getvalue()


def project(tmp_path: Path) -> Path:
    shutil.copy(RECORDED / "uv-0.13.9/pyproject.toml", tmp_path / "pyproject.toml")
    shutil.copy(RECORDED / "uv-0.13.9/workspace.lock", tmp_path / "uv.lock")
    file(tmp_path, "src/acme/net.py", "def f():\n    from idna import encode\n")
    file(tmp_path, "src/acme/broken.py", "import idna (\n")
    file(tmp_path, ".hidden/x.py", "import idna\n")
    return tmp_path


def test_every_way_and_who_imports_it(tmp_path: Path) -> None:
    code, out, _ = ask(project(tmp_path), "IDNA")
    assert code == 0
    assert "pyproject.toml:10: idna 3.7" in out
    assert "pyproject.toml:8: httpx 0.28.1 -> anyio 4.16.0 -> idna 3.10" in out
    assert "src/acme/net.py:2  from idna import encode" in out
    assert ".hidden" not in out
    assert "Could not look into 1 files: src/acme/broken.py" in out
    assert "guessed" in out


def test_extras_and_groups_are_named(tmp_path: Path) -> None:
    project(tmp_path)
    assert "httpx[socks] 0.28.1 -> socksio" in ask(tmp_path, "socksio")[1]
    assert "[group dev]: pytest 9.2.0 -> pluggy" in ask(tmp_path, "pluggy")[1]
    assert "[extra more]: attrs" in ask(tmp_path, "attrs")[1]


def test_json_says_the_same(tmp_path: Path) -> None:
    code, out, _ = ask(project(tmp_path), "socksio", "--json")
    answer = json.loads(out)
    assert code == 0
    assert answer["schema"] == 1
    (path,) = answer["paths"]
    assert path["place"] == "pyproject.toml:8"
    assert [p["name"] for p in path["packages"]] == ["httpx", "socksio"]
    assert answer["edges_from"] == "lock"
    assert answer["download_bytes"] > 1000


def test_a_name_that_is_nowhere_gets_near_names(tmp_path: Path) -> None:
    code, _, err = ask(project(tmp_path), "htpx")
    assert code == 2
    assert "`httpx`" in err
    code, _, err = ask(tmp_path, "zzzzzz")
    assert "onward add zzzzzz" in err
    assert ask(tmp_path, "not a name")[0] == 2


@pytest.mark.parametrize(
    ("folder", "name", "says"),
    [
        ("poetry-2.5.1", "socksio", "pyproject.toml:15: httpx[socks] 0.27.2 -> socksio 1.0.0"),
        ("pdm-2.29.3", "iniconfig", "[group dev]: pytest 9.2.0 -> iniconfig 2.3.1"),
        ("pipenv-2026.10.3", "markdown", "Pipfile:16 [group docs]: markdown"),
        ("pipenv-2026.10.3", "h11", "the lock does not say who needs it"),
    ],
)
def test_other_layouts_answer_as_far_as_they_know(
    tmp_path: Path, folder: str, name: str, says: str
) -> None:
    shutil.copytree(RECORDED / folder, tmp_path / "p")
    code, out, _ = ask(tmp_path / "p", name)
    assert code == 0
    assert says in out


def test_what_is_installed_fills_in_where_the_lock_is_flat(tmp_path: Path) -> None:
    shutil.copytree(RECORDED / "pipenv-2026.10.3", tmp_path / "p")
    environment(
        tmp_path / "p/.venv",
        httpx=("Version: 0.27.2\nRequires-Dist: httpcore==1.*\nRequires-Dist: socksio==1.*; extra == 'socks'", ""),
        httpcore=("Version: 1.0.9\nRequires-Dist: h11>=0.16", ""),
        h11=("Version: 0.16.0\nLicense: MIT", "h11/__init__.py,,12\n"),
    )  # fmt: skip
    out = ask(tmp_path / "p", "h11")[1]
    assert "Pipfile:7: httpx 0.27.2 -> httpcore 1.0.9 -> h11 0.16.0" in out
    assert "MIT" in out
    assert "read from what is installed" in out
    assert "httpx[socks] 0.27.2 -> socksio" in ask(tmp_path / "p", "socksio")[1]


def test_a_module_name_is_led_to_its_project(tmp_path: Path) -> None:
    file(tmp_path, "pyproject.toml", '[project]\nname = "a"\ndependencies = ["pyyaml"]\n')
    environment(tmp_path / ".venv", PyYAML=("Version: 6.0", "yaml/__init__.py,,1\n"))
    _, _, err = ask(tmp_path, "yaml")
    assert "onward why pyyaml" in err
    assert "setup.cfg" not in err


def test_imports_know_modules_from_what_is_installed(tmp_path: Path) -> None:
    environment(tmp_path / ".venv", PyYAML=("Version: 6.0", "yaml/__init__.py,,1\n"))
    file(tmp_path, "a.py", "import yaml.nodes\nimport yamlish\n")
    file(tmp_path, "build/b.py", "import yaml\n")
    file(tmp_path, "pkg/build/c.py", "import yaml\n")
    found = imports_of(tmp_path, [Name("pyyaml")], read_environment(tmp_path / ".venv"))
    assert [str(p) for p in found.places[Name("pyyaml")]] == ["a.py:1", "pkg/build/c.py:1"]
    assert not found.guessed
