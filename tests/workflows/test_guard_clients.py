"""What `guard on` plans on each system, and in projects of each kind."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from onward.core.errors import BadInput, Refused
from onward.core.plan import WriteFile
from onward.domain.guard.ways import parse_guarded
from onward.workflows.guard_clients import PROJECT, USER, Place, do, plan_off, plan_on
from onward.workflows.guard_records import Records

GUARD = parse_guarded("http://127.0.0.1:3141")


def on_linux(home: Path) -> dict[str, str]:
    return {"HOME": str(home)}


def on_windows(home: Path) -> dict[str, str]:
    return {"USERPROFILE": str(home), "APPDATA": str(home / "R"), "LOCALAPPDATA": str(home / "L")}


SYSTEMS = [
    ("linux", on_linux, {".config/uv/uv.toml", ".config/pip/pip.conf", ".config/pdm/config.toml"}),
    ("darwin", on_linux, {".config/uv/uv.toml", ".config/pip/pip.conf", "Library/Application Support/pdm/config.toml"}),
    ("win32", on_windows, {"R/uv/uv.toml", "R/pip/pip.ini", "L/pdm/pdm/config.toml"}),
]  # fmt: skip


@pytest.mark.parametrize(("platform", "make", "expected"), SYSTEMS)
def test_each_system_has_its_own_places(
    tmp_path: Path, platform: str, make: Callable[[Path], dict[str, str]], expected: set[str]
) -> None:
    place = Place(env=make(tmp_path), platform=platform)
    records = Records(place.env, platform=platform)
    switch = plan_on(GUARD, USER, place, records, ("uv", "pip", "pdm"))
    assert {Path(path).relative_to(tmp_path).as_posix() for path in switch.files} == expected
    do(switch, records.folder, records, started="2026-06-01")
    assert all((tmp_path / path).is_file() for path in expected)
    again = plan_on(GUARD, USER, place, records, ("uv", "pip", "pdm"))
    assert (again.files, len(again.unchanged)) == ((), 3)
    do(plan_off(USER, place, records), records.folder, records, started="2026-06-01")
    assert not any((tmp_path / path).parent.exists() for path in expected)


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX")
def test_what_was_there_is_kept_for_this_user_alone(tmp_path: Path) -> None:
    place = Place(env=on_linux(tmp_path), platform="linux")
    records = Records(place.env, platform="linux")
    file = tmp_path / ".config/pip/pip.conf"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"[global]\nindex-url = https://corp.test/simple\n")
    file.chmod(0o600)
    do(
        plan_on(GUARD, USER, place, records, ("pip",)),
        records.folder,
        records,
        started="2026-06-01",
    )
    (record,) = records.folder.glob("*.json")
    assert record.stat().st_mode & 0o077 == 0
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("files", "clients"),
    [
        ({"pyproject.toml": "[project]\n"}, {"uv"}),
        ({"pyproject.toml": "[tool.poetry]\n"}, {"poetry"}),
        ({"pyproject.toml": "[tool.poetry-dynamic-versioning]\n"}, {"uv"}),
        ({"pyproject.toml": "[project]\n", "poetry.lock": ""}, {"poetry"}),
        ({"pyproject.toml": "[tool.pdm.scripts]\n"}, {"pdm"}),
        ({"pyproject.toml": "[tool.pdm]\n[tool.uv]\n"}, {"uv", "pdm"}),
        ({"pyproject.toml": "[project]\n", ".venv/pyvenv.cfg": ""}, {"uv", "pip"}),
        ({"requirements.txt": "", ".venv/pyvenv.cfg": ""}, {"pip"}),
    ],
)
def test_a_project_says_which_installers_it_is_for(
    tmp_path: Path, files: dict[str, str], clients: set[str]
) -> None:
    root = tmp_path / "project"
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    place = Place(env=on_linux(tmp_path), root=root, environment=root / ".venv", platform="linux")
    switch = plan_on(GUARD, PROJECT, place, Records(place.env, platform="linux"))
    assert {kept.client for kept in switch.keep} == clients


def test_uv_settings_of_a_project_in_a_file_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\n", encoding="utf-8")
    (tmp_path / "uv.toml").write_text("offline = false\n", encoding="utf-8")
    place = Place(env=on_linux(tmp_path), root=tmp_path, platform="linux")
    switch = plan_on(GUARD, PROJECT, place, Records(place.env, platform="linux"), ("uv",))
    (step,) = switch.plan.steps
    assert isinstance(step, WriteFile)
    assert Path(step.path).name == "uv.toml"


@pytest.mark.parametrize("content", [b"\xff\xfe", b"]", b'index = [{ url = "https://corp.test" }]'])
def test_a_file_that_cannot_be_edited_stops_all_of_it_and_is_named(
    tmp_path: Path, content: bytes
) -> None:
    place = Place(env=on_linux(tmp_path), platform="linux")
    file = tmp_path / ".config/uv/uv.toml"
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    with pytest.raises((BadInput, Refused)) as caught:
        plan_on(GUARD, USER, place, Records(place.env, platform="linux"), ("pip", "uv"))
    assert str(file) in caught.value.context[0]
    assert caught.value.hint  # a way out


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('index-url = "https://corp.test"\n', "(a line that said otherwise becomes a comment)"),
        (
            '[[index]]\nurl = "https://corp.test"\ndefault = true\n',
            "(3 lines that said otherwise become comments)",
        ),
        ("offline = true\n", ""),
    ],
)
def test_how_many_lines_become_comments_is_told(tmp_path: Path, text: str, words: str) -> None:
    place = Place(env=on_linux(tmp_path), platform="linux")
    file = tmp_path / ".config/uv/uv.toml"
    file.parent.mkdir(parents=True)
    file.write_text(text, encoding="utf-8")
    (step,) = plan_on(GUARD, USER, place, Records(place.env, platform="linux"), ("uv",)).plan.steps
    assert words in step.sentence
    assert ("otherwise" in step.sentence) is bool(words)


def test_a_record_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    place = Place(env=on_linux(tmp_path), platform="linux")
    records = Records(place.env, platform="linux")
    do(plan_on(GUARD, USER, place, records, ("uv",)), records.folder, records, started="2026-06-01")
    (record,) = records.folder.glob("*.json")
    record.write_bytes(b"{")
    with pytest.raises(BadInput) as caught:
        plan_off(USER, place, records)
    assert caught.value.reference == "record-unreadable"


def test_a_link_to_a_file_of_ones_dotfiles_stays_a_link(tmp_path: Path) -> None:
    place = Place(env=on_linux(tmp_path), platform="linux")
    records = Records(place.env, platform="linux")
    real = tmp_path / "dotfiles/uv.toml"
    real.parent.mkdir()
    real.write_bytes(b"# mine\n")
    link = tmp_path / ".config/uv/uv.toml"
    link.parent.mkdir(parents=True)
    try:
        link.symlink_to(real)
    except OSError:
        pytest.skip("this user may not make links")
    do(plan_on(GUARD, USER, place, records, ("uv",)), records.folder, records, started="2026-06-01")
    assert link.is_symlink()
    assert b"onward-guard" in real.read_bytes()
    do(plan_off(USER, place, records), records.folder, records, started="2026-06-01")
    assert link.is_symlink()
    assert real.read_bytes() == b"# mine\n"


def test_a_file_that_cannot_be_edited_keeps_no_other_from_being_set_back(tmp_path: Path) -> None:
    place = Place(env=on_linux(tmp_path), platform="linux")
    records = Records(place.env, platform="linux")
    do(
        plan_on(GUARD, USER, place, records, ("uv", "pip", "pdm")),
        records.folder,
        records,
        started="2026-06-01",
    )
    pips, uvs = tmp_path / ".config/pip/pip.conf", tmp_path / ".config/uv/uv.toml"
    uvs.write_bytes(b"\xff\xfe not text")
    switch = plan_off(USER, place, records)
    (error,) = switch.failed
    assert str(uvs) in " ".join(error.context)
    do(switch, records.folder, records, started="2026-06-01")
    assert not pips.exists()
    assert not (tmp_path / ".config/pdm/config.toml").exists()
    assert [kept.client for kept in records.all()] == ["uv"]
    with pytest.raises(BadInput):
        plan_off(USER, place, records)
