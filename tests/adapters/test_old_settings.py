"""Where settings of black, isort, flake8 and pylint are looked for."""

from pathlib import Path

import pytest

from onward.adapters.old_settings import broken_settings, old_settings
from onward.domain.old_settings.carry import Old


@pytest.mark.parametrize(
    ("file", "text", "old"),
    [
        ("pyproject.toml", "[tool.black]\nx = 1\n", Old(tool="black", file="pyproject.toml", values={"x": 1})),
        ("pyproject.toml", "[tool.pylint.main]\nx = 1\n[tool.pylint.b]\ny = 2\n", Old(tool="pylint", file="pyproject.toml", values={"x": 1, "y": 2})),
        (".isort.cfg", "[settings]\nx = 1\n", Old(tool="isort", file=".isort.cfg", values={"x": "1"})),
        ("setup.cfg", "[metadata]\na = b\n[flake8]\nx = %s\n", Old(tool="flake8", file="setup.cfg", values={"x": "%s"})),
        ("tox.ini", "[flake8]\nx = a:b\n  c\n", Old(tool="flake8", file="tox.ini", values={"x": "a:b\nc"})),
        (".pylintrc", "[MAIN]\nx=1\n[OTHER]\ny=2\n", Old(tool="pylint", file=".pylintrc", values={"x": "1", "y": "2"})),
    ],
)  # fmt: skip
def test_they_are_read_from_every_file_they_may_stand_in(
    tmp_path: Path, file: str, text: str, old: Old
) -> None:
    (tmp_path / file).write_text(text, encoding="utf-8")
    assert old_settings(tmp_path) == (old,)


@pytest.mark.parametrize("file", ["pyproject.toml", "setup.cfg", ".pylintrc", ".flake8"])
@pytest.mark.parametrize(
    "content", [b"", b"\xff[flake8", b"[tool.black\n", b"tool = 1\n", b"no section\n"]
)
def test_files_that_cannot_be_read_have_none(tmp_path: Path, file: str, content: bytes) -> None:
    (tmp_path / file).write_bytes(content)
    assert old_settings(tmp_path) == ()


@pytest.mark.parametrize(
    ("file", "content", "why"),
    [
        (".flake8", b"max-line-length = 100\n", "line 1: there is no section before `max-line-length = 100`"),
        (".flake8", b"[flake]\nmax-line-length = 100\n", "it has no section `[flake8]`, but `[flake]`"),
        (".flake8", b"[flake8]\nignore = E501\n???\n", "line 3: '???\\n' is no setting"),
        (".isort.cfg", b"\xff[settings]\n", "it is not UTF-8"),
        (".pylintrc", b"[MAIN\nx=1\n", "line 1: there is no section before `[MAIN`"),
        ("tox.ini", b"[tox\n", "line 1: there is no section before `[tox`"),
        ("pyproject.toml", b"[tool]\nblack = 1\n", "`tool.black` is no table"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told(tmp_path: Path, file: str, content: bytes, why: str) -> None:
    (tmp_path / file).write_bytes(content)
    (told,) = broken_settings(tmp_path)
    assert (told.file, told.why) == (file, why)


@pytest.mark.parametrize("file", ["setup.cfg", ".pylintrc", ".flake8", ".isort.cfg", "tox.ini"])
@pytest.mark.parametrize("content", ["", "# nothing\n"])
def test_a_file_that_says_nothing_is_not_broken(tmp_path: Path, file: str, content: str) -> None:
    (tmp_path / file).write_text(content, encoding="utf-8")
    assert broken_settings(tmp_path) == ()
