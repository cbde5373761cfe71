"""Where Pythons are kept, on systems this test does not run on: a fake file system for each."""

from collections.abc import Iterable
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath

import pytest

from onward.adapters.interpreters import (
    Machine,
    RealFolders,
    managed,
    manager_of,
    search_path,
    search_variables,
)
from onward.adapters.uv.python import list_call, read_list
from onward.core.errors import EngineFailed
from onward.core.proc.call import Ran


class Tree:
    """A file system made of a list of files."""

    def __init__(self, kind: type[PurePath], *files: str) -> None:
        self.kind = kind
        self.files = {kind(file) for file in files}
        self.texts: dict[str, str] = {}

    def names(self, folder: str) -> Iterable[str]:
        here = self.kind(folder)
        return sorted(
            {file.relative_to(here).parts[0] for file in self.files if here in file.parents}
        )

    def is_file(self, path: str) -> bool:
        return self.kind(path) in self.files

    def text(self, path: str) -> str:
        return self.texts.get(path, "")


LINUX = Tree(
    PurePosixPath,
    *(f"/home/me/.pyenv/versions/{v}/bin/python3" for v in ("2.7.18", "3.7.16", "3.8.18", "3.12.1", "3.9.18")),
    "/home/me/.pyenv/versions/pypy3.10-7.3/bin/python3",
    "/home/me/.pyenv/versions/3.13.0t/bin/python3",
    "/home/me/.pyenv/versions/3.14.0/lib/nothing",
    "/home/me/.asdf/installs/python/3.11.4/bin/python3",
    "/home/me/.local/share/mise/installs/python/3.13.0/bin/python3",
    "/home/me/.local/share/mise/installs/python/3.13/bin/python3",
    "/home/me/.local/share/uv/python/cpython-3.10.15-linux-x86_64-gnu/bin/python3",
    "/srv/app/.venv/pyvenv.cfg",
)  # fmt: skip


def linux(**env: str) -> Machine:
    return Machine(env=env, platform="linux", home="/home/me", folders=LINUX)


def test_every_manager_on_linux_newest_first_and_nothing_too_old() -> None:
    assert [(one.version, one.manager) for one in managed(linux())] == [
        ("3.13.0", "mise"),
        ("3.12.1", "pyenv"),
        ("3.11.4", "asdf"),
        ("3.10.15", "uv"),
        ("3.9.18", "pyenv"),
        ("3.8.18", "pyenv"),
    ]


PATH = "/home/me/.pyenv/shims:/home/me/.local/share/mise/shims:/srv/app/.venv/bin:/venvs/x/bin:/usr/bin::/bin:/usr/bin"


def test_the_search_path_keeps_path_first_without_shims_and_environments() -> None:
    machine = linux(PATH=PATH, VIRTUAL_ENV="/venvs/x")
    assert search_path(machine) == (
        "/usr/bin",
        "/bin",
        "/home/me/.local/share/mise/installs/python/3.13.0/bin",
        "/home/me/.pyenv/versions/3.12.1/bin",
        "/home/me/.asdf/installs/python/3.11.4/bin",
        "/home/me/.pyenv/versions/3.9.18/bin",
        "/home/me/.pyenv/versions/3.8.18/bin",
    )
    assert search_variables(machine)["UV_PYTHON_SEARCH_PATH"].startswith("/usr/bin:/bin:")
    assert search_variables(linux(UV_PYTHON_SEARCH_PATH="/mine")) == {}


def test_what_pyenv_would_start_stands_where_its_shims_stood() -> None:
    own = Tree(PurePosixPath, *map(str, LINUX.files))
    own.texts["/home/me/.pyenv/version"] = "3.9.18\n3.14.0\n3.12.1\n"
    machine = Machine(env={"PATH": PATH}, platform="linux", home="/home/me", folders=own)
    assert search_path(machine)[:3] == (
        "/home/me/.pyenv/versions/3.9.18/bin",
        "/home/me/.pyenv/versions/3.12.1/bin",
        "/venvs/x/bin",
    )
    chosen = linux(PATH=PATH, PYENV_VERSION="3.8.18")
    assert search_path(chosen)[0] == "/home/me/.pyenv/versions/3.8.18/bin"


def test_the_managers_own_variables_are_followed() -> None:
    machine = linux(PYENV_ROOT="/elsewhere", ASDF_DATA_DIR="/elsewhere", MISE_DATA_DIR="/elsewhere", UV_PYTHON_INSTALL_DIR="/elsewhere")  # fmt: skip
    assert managed(machine) == ()
    tree = Tree(PurePosixPath, "/opt/pyenv/versions/3.12.0/bin/python3")
    moved = Machine(env={"PYENV_ROOT": "/opt/pyenv"}, platform="linux", home="", folders=tree)
    assert [one.path for one in managed(moved)] == ["/opt/pyenv/versions/3.12.0/bin/python3"]


def test_homebrew_and_python_org_on_a_mac() -> None:
    tree = Tree(
        PurePosixPath,
        "/opt/homebrew/Cellar/python@3.12/3.12.7_1/bin/python3.12",
        "/opt/homebrew/Cellar/openssl@3/3.4.0/bin/openssl",
        "/Library/Frameworks/Python.framework/Versions/3.11/bin/python3.11",
        "/Library/Frameworks/Python.framework/Versions/Current/bin/python3.11",
    )
    machine = Machine(env={}, platform="darwin", home="/Users/me", folders=tree)
    assert [(one.version, one.manager) for one in managed(machine)] == [
        ("3.12.7", "homebrew"),
        ("3.11", "python.org"),
    ]
    assert manager_of("/opt/homebrew/opt/python@3.12/bin/python3.12", machine) == "homebrew"
    assert manager_of("/usr/bin/python3", machine) == "system"


def test_pyenv_uv_and_the_registry_on_windows() -> None:
    tree = Tree(
        PureWindowsPath,
        r"C:\Users\me\.pyenv\pyenv-win\versions\3.12.1\python.exe",
        r"C:\Users\me\AppData\Roaming\uv\python\cpython-3.13.0-windows-x86_64-none\python.exe",
        r"C:\Python311\python.exe",
    )
    machine = Machine(
        env={"PATH": r"C:\Users\me\.pyenv\pyenv-win\shims;C:\Windows"},
        platform="win32",
        home=r"C:\Users\me",
        folders=tree,
        registry=lambda: [("3.11", r"C:\Python311"), ("3.10", r"C:\Gone")],
    )
    assert [(one.version, one.manager) for one in managed(machine)] == [
        ("3.13.0", "uv"),
        ("3.12.1", "pyenv"),
        ("3.11", "system"),
    ]
    assert search_variables(machine)["UV_PYTHON_SEARCH_PATH"] == (
        r"C:\Windows;C:\Users\me\.pyenv\pyenv-win\versions\3.12.1;C:\Python311"
    )


def test_the_real_file_system_answers_and_never_raises(tmp_path: Path) -> None:
    (tmp_path / "b").write_text("", encoding="utf-8")
    (tmp_path / "a").mkdir()
    folders = RealFolders()
    assert list(folders.names(str(tmp_path))) == ["a", "b"]
    assert list(folders.names(str(tmp_path / "none"))) == []
    assert folders.is_file(str(tmp_path / "b"))
    assert not folders.is_file(str(tmp_path / "a"))


# What uv 0.13.9 printed for two CPythons, one of them under three names; a PyPy; one that can be fetched.
LISTED = b"""[
{"key":"cpython-3.13.0-linux-x86_64-gnu","version":"3.13.0","path":"/p/3.13.0/bin/python3.13","symlink":null,"url":null,"variant":"default","implementation":"cpython"},
{"key":"cpython-3.13.0-linux-x86_64-gnu","version":"3.13.0","path":"/p/3.13.0/bin/python3","symlink":"python3.13","url":null,"variant":"default","implementation":"cpython"},
{"key":"cpython-3.12.1+freethreaded-linux-x86_64-gnu","version":"3.12.1","path":"/p/t/bin/python3","symlink":null,"url":null,"variant":"freethreaded","implementation":"cpython"},
{"key":"pypy-3.10.1-linux-x86_64-gnu","version":"3.10.1","path":"/p/pypy/bin/pypy","symlink":null,"url":null,"variant":"default","implementation":"pypy"},
{"key":"cpython-3.11.0-linux-x86_64-gnu","version":"3.11.0","path":null,"symlink":null,"url":"https://example.org/x","variant":"default","implementation":"cpython"}
]"""


def ran(out: bytes) -> Ran:
    call = list_call("/bin/uv", "/", {})
    return Ran(call=call, code=0, out=out, err=b"", seconds=0.1)


def test_what_uv_lists_is_read_once_for_each_folder() -> None:
    assert [(one.version, one.path, one.variant) for one in read_list(ran(LISTED))] == [
        ("3.13.0", "/p/3.13.0/bin/python3.13", ""),
        ("3.12.1", "/p/t/bin/python3", "freethreaded"),
    ]


@pytest.mark.parametrize("out", [b"", b"{}", b"[1]", b'[{"version": 1}]', b"warning: x"])
def test_another_output_is_an_error_and_not_an_empty_list(out: bytes) -> None:
    with pytest.raises(EngineFailed):
        read_list(ran(out))
