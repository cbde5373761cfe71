"""What the project chose is enforced; what only ruff's defaults bring is advice, faults apart."""

import datetime as dt
from pathlib import Path

import pytest

from onward.adapters.ruff.settings import Settings, rows, settings
from onward.core.finding import Finding, Place
from onward.core.policy import Level
from onward.domain.policy.decide import decide

TODAY = dt.date(2026, 6, 1)


def level(chosen: Settings, code: str) -> Level:
    finding = Finding(rule=f"ruff/{code}", subject=Place(path="a.py"), message="x")
    return decide([finding], rows(chosen), TODAY).level


def write(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_without_settings_only_faults_are_enforced() -> None:
    for code in ("F401", "F821", "E902", "E999", "invalid-syntax"):
        assert level(Settings(), code) is Level.enforce, code
    for code in ("I001", "FURB188", "FA100", "FBT001", "E501", "UP012", "format"):
        assert level(Settings(), code) is Level.advise, code


def test_an_own_selection_is_enforced_whole() -> None:
    for code in ("I001", "D100", "invalid-syntax"):
        assert level(Settings(selected=True), code) is Level.enforce
    assert level(Settings(selected=True), "format") is Level.advise


def test_what_is_added_is_enforced_and_nothing_that_only_starts_like_it() -> None:
    chosen = Settings(extended=("F", "PL", "B0", "E501"))
    for code in ("PLR0913", "PLW1508", "B020", "E501"):
        assert level(chosen, code) is Level.enforce, code
    for code in ("FURB188", "BLE001", "E711", "I001"):
        assert level(chosen, code) is Level.advise, code
    assert level(Settings(extended=("ALL",)), "D100") is Level.enforce


def test_a_format_table_makes_the_format_the_projects() -> None:
    assert level(Settings(formats=True), "format") is Level.enforce
    assert level(Settings(formats=True), "I001") is Level.advise


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
        selected=True, formats=True, where=name
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
