"""Where versions are kept, and that writing one changes nothing else."""

import tomllib
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.domain.shipping.version_place import find_place, relocked, with_version

DYNAMIC = '[project]\nname = "demo"\ndynamic = ["version"]\n'


def place(pyproject: str, files: Mapping[str, str] | None = None) -> tuple[str, str] | None:
    found = find_place(tomllib.loads(pyproject), (files or {}).get)
    return None if found is None else (found.path, found.version)


@pytest.mark.parametrize(
    ("pyproject", "files", "path", "version"),
    [
        ('[project]\nname = "demo"\nversion = "1.0"\n', {}, "pyproject.toml", "1.0"),
        ('[tool.poetry]\nname = "demo"\nversion = "1.0"\n', {}, "pyproject.toml", "1.0"),
        (
            DYNAMIC + '[tool.hatch.version]\npath = "src/demo/about.py"\n',
            {"src/demo/about.py": "#!\n__version__ = '1.1'\n"},
            "src/demo/about.py",
            "1.1",
        ),
        (
            DYNAMIC + "[tool.hatch.version]\npath = 'v.txt'\npattern = '^(?P<version>.+)$'\n",
            {"v.txt": "2.0\n"},
            "v.txt",
            "2.0",
        ),
        (
            DYNAMIC + '[tool.setuptools.dynamic]\nversion = {attr = "demo.__version__"}\n',
            {"src/demo/__init__.py": '"""x"""\n__version__: str = "3.0"  # here\n'},
            "src/demo/__init__.py",
            "3.0",
        ),
        (
            DYNAMIC + '[tool.setuptools.dynamic]\nversion = {attr = "demo.v.NUMBER"}\n',
            {"demo/v.py": 'NUMBER = "3.1"\n'},
            "demo/v.py",
            "3.1",
        ),
        (
            DYNAMIC + '[tool.setuptools.dynamic]\nversion = {file = ["VERSION"]}\n',
            {"VERSION": "4.0\n"},
            "VERSION",
            "4.0",
        ),
        (
            DYNAMIC + '[build-system]\nrequires = ["flit_core>=3"]\n',
            {"demo.py": '__version__ = "5.0"\n'},
            "demo.py",
            "5.0",
        ),
        ("", {"setup.cfg": "[metadata]\nname = demo\nversion = 6.0\n"}, "setup.cfg", "6.0"),
        (
            "",
            {"setup.cfg": "[metadata]\nversion = attr: demo.__version__\n", "demo/__init__.py": "__version__ = '6.1'\n"},
            "demo/__init__.py",
            "6.1",
        ),
        ("", {"setup.cfg": "[metadata]\nversion = file: V.txt\n", "V.txt": "6.2\n"}, "V.txt", "6.2"),
        (DYNAMIC + '[tool.hatch.version]\nsource = "vcs"\n', {}, "", ""),
        (DYNAMIC + "[tool.setuptools_scm]\n", {}, "", ""),
        (DYNAMIC + '[build-system]\nrequires = ["setuptools>=64", "setuptools-scm>=8"]\n', {}, "", ""),
        (DYNAMIC + '[tool.pdm.version]\nsource = "scm"\n', {}, "", ""),
    ],
)  # fmt: skip
def test_where_it_is(pyproject: str, files: dict[str, str], path: str, version: str) -> None:
    assert place(pyproject, files) == (path, version)


@pytest.mark.parametrize(
    "pyproject",
    [
        "",
        DYNAMIC,
        DYNAMIC + '[tool.hatch.version]\npath = "not/there.py"\n',
        DYNAMIC + '[tool.hatch.version]\npath = "x.py"\npattern = "(?P<version>["\n',
        DYNAMIC + '[tool.setuptools.dynamic]\nversion = {attr = "demo.__version__"}\n',
    ],
)
def test_where_nobody_says(pyproject: str) -> None:
    assert place(pyproject, {"x.py": "computed = f()\n", "demo.py": "__version__ = f()\n"}) is None


def test_only_the_version_changes_in_a_pyproject_of_any_taste() -> None:
    text = (
        "# mine\n[project]   # all\r\nname='demo'\n\n   version  =  '1.0'   # so\n"
        "dependencies = [ 'b',  # why\n  'a' ]\n[tool.x]\nversion = '1.0'\n"
    )
    found = find_place(tomllib.loads(text), lambda _path: None)
    assert found is not None
    changed = with_version(found, text, "1.1.0")
    assert changed.replace('"1.1.0"', "'1.0'") == text
    assert tomllib.loads(changed)["project"]["version"] == "1.1.0"


LINES = st.sampled_from(
    ["import os", "# __version__ of it", "x = '1.0'", "", "    version = '1.0'"]
)


@given(
    st.lists(LINES), st.lists(LINES), st.sampled_from(["'", '"']), st.sampled_from(["\n", "\r\n"])
)
def test_only_the_version_changes_in_a_module(
    above: list[str], below: list[str], mark: str, end: str
) -> None:
    def module(version: str) -> str:
        return end.join([*above, f"__version__ = {mark}{version}{mark}", *below]) + end

    pyproject = tomllib.loads(DYNAMIC + '[tool.hatch.version]\npath = "v.py"\n')
    found = find_place(pyproject, {"v.py": module("1.0")}.get)
    assert found is not None
    assert with_version(found, module("1.0"), "2.0rc1") == module("2.0rc1")


def test_a_lock_names_the_project_itself_and_nothing_else_moves() -> None:
    lock = (
        'version = 1\n\n[[package]]\nname = "demo"\nversion = "1.0"\nsource = { editable = "." }\n\n'
        '[[package]]\nname = "demo-x"\nversion = "1.0"\nsource = { registry = "https://pypi.org/simple" }\n'
    )
    changed = relocked(lock, "demo", "1.1")
    assert changed == lock.replace(
        'version = "1.0"\nsource = { editable', 'version = "1.1"\nsource = { editable'
    )
    assert relocked(changed, "demo-x", "9") == changed
