"""What a killed installer leaves is found, and nothing else is touched."""

from pathlib import Path

import pytest

from onward.core import journal
from onward.core.half_installed import sweep
from onward.core.perform import recover


def install(environment: Path, name: str) -> Path:
    packages = environment / "lib" / "python3.11" / "site-packages"
    folder = packages / f"{name}-1.0.dist-info"
    folder.mkdir(parents=True)
    (packages / f"{name}.py").write_bytes(b"")
    (folder / "METADATA").write_bytes(b"Metadata-Version: 2.1\n")
    (folder / "INSTALLER").write_bytes(b"uv")
    files = [f"{name}.py", f"{folder.name}/METADATA", f"{folder.name}/RECORD"]
    (folder / "RECORD").write_text("".join(f"{file},,\n" for file in files), encoding="utf-8")
    return folder


@pytest.mark.parametrize("missing", ["METADATA", "INSTALLER", "RECORD", "../half.py"])
def test_a_distribution_without_its_files_is_swept(tmp_path: Path, missing: str) -> None:
    whole, half = install(tmp_path, "whole"), install(tmp_path, "half")
    (half / missing).unlink()

    assert sweep(tmp_path) == ("half-1.0",)
    assert whole.exists()
    assert not half.exists()


def test_an_empty_record_is_swept(tmp_path: Path) -> None:
    half = install(tmp_path, "half")
    (half / "RECORD").write_bytes(b"")

    assert sweep(tmp_path) == ("half-1.0",)


def test_missing_bytecode_is_nothing(tmp_path: Path) -> None:
    whole = install(tmp_path, "whole")
    with (whole / "RECORD").open("a", encoding="utf-8") as record:
        record.write("__pycache__/whole.cpython-311.pyc,,\n")

    assert sweep(tmp_path) == ()


def test_a_folder_that_is_no_environment_is_left(tmp_path: Path) -> None:
    assert sweep(tmp_path / "none") == ()


def test_a_killed_change_leaves_no_half_installed_distribution(tmp_path: Path) -> None:
    environment = tmp_path / ".venv"
    whole = install(environment, "whole")
    journal.begin(tmp_path, "Add half", [], str(environment), "2026-06-01T12:00:00+00:00")
    half = install(environment, "half")
    (half / "METADATA").unlink()

    record = recover(tmp_path)

    assert record is not None
    assert record.stale
    assert (whole.exists(), half.exists()) == (True, False)
