"""Where settings of black, isort, flake8 and pylint are looked for."""

from pathlib import Path

import pytest

from onward.adapters.old_settings import old_settings
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
