"""The note that an environment fits: it counts for exactly what it watched, and damage is never an error."""

import os
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onward.core import stamp

SALT = stamp.salt("1.0", {})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    (root / "src").mkdir(parents=True)
    (root / "pyproject.toml").write_text("[project]", encoding="utf-8")
    (root / "uv.lock").write_text("version = 1", encoding="utf-8")
    return root


def write(root: Path, *, until: float | None = None, salt: str = SALT, also: str = "") -> None:
    watched = [str(root / "pyproject.toml"), str(root / "uv.lock"), str(root / "absent")]
    if also:
        watched.append(also)
    (root / ".onward").mkdir(exist_ok=True)
    (root / stamp.NAME).write_bytes(
        stamp.render(
            env_salt=salt,
            until=until,
            environment=str(root / ".venv"),
            watched={path: stamp.look(path) for path in watched},
            tasks=("test", "lint it"),
        )
    )


def find(folder: Path, salt: str = SALT) -> stamp.Stamp | None:
    return stamp.find(str(folder), salt)


def test_a_fresh_stamp_tells_environment_and_tasks(root: Path) -> None:
    write(root)

    found = find(root)

    assert found is not None
    assert found.environment == str(root / ".venv")
    assert found.tasks == ("test", "lint it")
    assert found.root == str(root)


def test_it_counts_in_folders_below(root: Path) -> None:
    write(root)

    assert find(root / "src") is not None


def test_a_project_in_between_does_not_borrow_it(root: Path) -> None:
    write(root)
    (root / "src" / "pyproject.toml").touch()

    assert find(root / "src") is None


def test_a_member_that_is_watched_may_use_it(root: Path) -> None:
    member = root / "src" / "pyproject.toml"
    member.touch()
    write(root, also=str(member))

    assert find(root / "src") is not None


@pytest.mark.parametrize("change", ["content", "touch", "remove", "appear", "swap"])
def test_any_change_of_what_it_watches_ends_it(root: Path, change: str) -> None:
    write(root)
    lock = root / "uv.lock"
    about = lock.stat()
    match change:
        case "content":
            lock.write_text("version = 2!", encoding="utf-8")
        case "touch":
            os.utime(lock, ns=(about.st_atime_ns, about.st_mtime_ns + 1))
        case "remove":
            lock.unlink()
        case "appear":
            (root / "absent").touch()
        case "swap":  # another file of the same size and time
            other = root / "other"
            other.write_bytes(lock.read_bytes())
            os.utime(other, ns=(about.st_atime_ns, about.st_mtime_ns))
            os.replace(other, lock)  # noqa: PTH105

    assert find(root) is None


def test_its_time_ends(root: Path) -> None:
    write(root, until=time.time() + 1000)
    assert find(root) is not None

    write(root, until=time.time() - 1)
    assert find(root) is None


def test_another_version_or_policy_does_not_believe_it(root: Path) -> None:
    write(root)

    assert find(root, stamp.salt("1.1", {})) is None
    assert find(root, stamp.salt("1.0", {"ONWARD_POLICY": "other.toml"})) is None
    assert find(root, stamp.salt("1.0", {"UV_PROJECT_ENVIRONMENT": "elsewhere"})) is None
    assert find(root, stamp.salt("1.0", {"LANG": "C"})) is not None


def test_a_login_in_the_policys_address_is_not_kept(root: Path) -> None:
    write(root, salt=stamp.salt("1.0", {"ONWARD_POLICY": "https://ann:secret@x.org/p.toml"}))

    assert b"secret" not in (root / stamp.NAME).read_bytes()


def test_a_moved_project_is_looked_at_anew(root: Path) -> None:
    write(root)

    assert find(root.rename(root.with_name("moved"))) is None


def test_no_stamp_no_answer(root: Path) -> None:
    assert find(root) is None


@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_stamp_is_no_stamp(root: Path, data: st.DataObject) -> None:
    write(root)
    content = (root / stamp.NAME).read_bytes()
    at = data.draw(st.integers(0, len(content) - 1))
    kind = data.draw(st.sampled_from(["cut", "other", "insert"]))
    byte = bytes([data.draw(st.integers(0, 255))])
    spoiled = {
        "cut": content[:at],
        "other": content[:at] + byte + content[at + 1 :],
        "insert": content[:at] + byte + content[at:],
    }[kind]
    (root / stamp.NAME).write_bytes(spoiled)

    found = find(root)

    if kind == "cut":
        assert found is None
    if found is not None:  # damage that no check can see is only in the words that are told back
        assert stamp.look(str(root / "uv.lock")).encode() in spoiled
