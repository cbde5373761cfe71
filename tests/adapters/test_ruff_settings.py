"""What a project's ruff settings choose is read where and how ruff reads it."""

from pathlib import Path

import pytest

from onward.adapters.ruff.settings import settings
from onward.domain.policy.ruff_levels import Settings


def write(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", '[tool.ruff.lint]\nselect = ["E"]\n[tool.ruff.format]\n'),
        ("pyproject.toml", '[tool.ruff]\nselect = ["E"]\nformat = {}\n'),
        ("ruff.toml", '[lint]\nselect = ["E"]\n[format]\n'),
        (".ruff.toml", '[lint]\nselect = ["E"]\n[format]\nquote-style = "single"\n'),
    ],
)
def test_every_place_of_settings_is_read(tmp_path: Path, name: str, text: str) -> None:
    assert settings(write(tmp_path, name, text)) == Settings(
        selected=True, listed=("E",), formats=True, where=name
    )


def test_the_nearest_file_counts_as_ruff_counts_it(tmp_path: Path) -> None:
    write(tmp_path, "ruff.toml", '[lint]\nselect = ["E"]\n')
    inner = write(tmp_path / "inner", "pyproject.toml", "[project]\nname = 'x'\n")
    assert settings(inner).selected, "a pyproject.toml that does not speak of ruff is passed over"
    write(inner, "pyproject.toml", "[tool.ruff]\nline-length = 80\n")
    assert not settings(inner).selected
    write(inner, ".ruff.toml", '[lint]\nextend-select = ["I"]\n')
    assert settings(inner) == Settings(extended=("I",), where=".ruff.toml")


def test_a_file_that_is_extended_counts_too_and_a_circle_ends(tmp_path: Path) -> None:
    write(tmp_path, "base.toml", 'extend = "ruff.toml"\n[lint]\nselect = ["E"]\n')
    write(tmp_path, "ruff.toml", 'extend = "base.toml"\n[lint]\nextend-select = ["I"]\n')
    found = settings(tmp_path)
    assert found.selected
    assert "I" in found.extended


@pytest.mark.parametrize("text", ["[tool.ruff", "tool = 3\n", "[tool]\nruff = 3\n", "\ufffe"])
def test_what_cannot_be_read_chooses_nothing(tmp_path: Path, text: str) -> None:
    assert settings(write(tmp_path, "pyproject.toml", text)) == Settings()


def test_what_is_listed_added_and_ignored_is_told_with_what_a_file_extends(tmp_path: Path) -> None:
    write(
        tmp_path, "base.toml", 'ignore = ["D"]\n[lint]\nselect = ["F"]\nextend-ignore = ["E501"]\n'
    )
    write(
        tmp_path,
        "ruff.toml",
        'extend = "base.toml"\n[lint]\nselect = ["SIM"]\nignore = ["SIM108"]\n',
    )
    told = settings(tmp_path)
    assert told.listed == ("SIM",)
    assert told.ignored == ("SIM108", "D", "E501")
