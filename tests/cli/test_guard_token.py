"""``onward guard token``, as typed."""

import json
import re
import sqlite3
from pathlib import Path

import pytest

from onward.domain.tokens import parse_token
from tests.cli.test_guard import Typed
from tests.conftest import FakeClock


@pytest.fixture
def typed(env: dict[str, str], tmp_path: Path, clock: FakeClock) -> Typed:
    return Typed(env, tmp_path, clock)


def test_the_token_is_alone_on_standard_output_and_in_no_file(typed: Typed, tmp_path: Path) -> None:
    assert typed("guard", "token", "new", "ci", "--data", "here") == 0
    assert re.fullmatch(r"onward_\w+\n", typed.out)
    token = parse_token(typed.out.strip())
    assert f"Token `ci` ({token.id}) may read all projects, until 2027-06-01 12:00Z." in typed.err
    assert token.secret not in typed.err
    kept = [path.read_bytes() for path in (tmp_path / "here").rglob("*") if path.is_file()]
    assert kept
    assert not any(token.secret.encode() in content for content in kept)
    assert any(token.digest.encode() in content for content in kept)


def test_the_list_shows_all_but_the_secret(typed: Typed) -> None:
    typed("guard", "token", "new", "ci", "--action", "upload", "--action", "read", "--project", "Acme_*", "--expires", "90 days", "--data", "here")  # fmt: skip
    token = parse_token(typed.out.strip())
    typed("guard", "token", "new", "old", "--expires", "2026-06-01", "--data", "here")
    typed("guard", "token", "new", "laptop", "--expires", "never", "--data", "here")
    assert typed("guard", "token", "revoke", "laptop", "--data", "here") == 0
    typed.clock.advance(days=1)
    assert typed("guard", "token", "list", "--data", "here") == 0
    heads, *lines = (re.split(r" {2,}", line) for line in typed.out.splitlines())
    rows = {line[0]: dict(zip(heads, line, strict=True)) for line in lines}
    assert rows["ci"] == {
        "LABEL": "ci", "ID": token.id, "ACTIONS": "read, upload", "PROJECTS": "acme-*",
        "CREATED": "2026-06-01 12:00Z", "EXPIRES": "2026-08-30 12:00Z", "LAST USED": "never", "STATE": "active",
    }  # fmt: skip
    assert (rows["old"]["STATE"], rows["old"]["EXPIRES"]) == ("expired", "2026-06-02 00:00Z")
    assert (rows["laptop"]["STATE"], rows["laptop"]["EXPIRES"]) == ("revoked", "never")
    assert typed("guard", "token", "list", "--json", "--data", "here") == 0
    told = json.loads(typed.out)
    states = {row["label"]: row["state"] for row in told}
    assert states == {"ci": "active", "old": "expired", "laptop": "revoked"}
    assert "digest" not in told[0]


def test_json_has_the_token_once(typed: Typed) -> None:
    assert typed("guard", "token", "new", "ci", "--json", "--data", "here") == 0
    told = json.loads(typed.out)
    assert parse_token(told["token"]).id == told["id"]
    assert typed.err == ""


def test_all_that_is_wrong_is_said_at_once(typed: Typed, tmp_path: Path) -> None:
    code = typed("guard", "token", "new", "-", "--project", "[", "--project", "", "--expires", "soon", "--data", "here")  # fmt: skip
    assert code == 2
    for words in ("A label", "`[`", "`` is empty", "`soon`"):
        assert words in typed.err
    assert typed("guard", "token", "new", "ci", "--expires", "2026-05-31", "--data", "here") == 2
    assert "has passed" in typed.err
    for odd in ("9999-12-31", "3650 days"):
        assert (
            typed("guard", "token", "new", f"until {odd}", "--expires", odd, "--data", "here") == 0
        )
    assert typed("guard", "token", "new", "x", "--action", "everything", "--data", "here") == 2
    assert (tmp_path / "here").is_dir()


def test_a_label_names_one_token_that_counts(typed: Typed) -> None:
    new = ("guard", "token", "new", "ci", "--data", "here")
    assert typed(*new) == 0
    first = parse_token(typed.out.strip())
    assert typed(*new) == 2
    assert "a token `ci` already" in typed.err
    assert typed("guard", "token", "revoke", first.id, "--data", "here") == 0
    assert typed(*new) == 0
    second = parse_token(typed.out.strip())
    assert second.id != first.id
    assert typed("guard", "token", "revoke", "ci", "--data", "here") == 0
    assert second.id in typed.out
    assert typed("guard", "token", "revoke", second.id, "--data", "here") == 0
    assert "already" in typed.out


def test_two_of_one_label_are_told_apart_by_id(typed: Typed) -> None:
    new = ("guard", "token", "new", "ci", "--expires", "1 day", "--data", "here")
    typed(*new)
    typed.clock.advance(days=2)
    typed(*new)
    assert typed("guard", "token", "revoke", "ci", "--data", "here") == 2
    assert "[ambiguous-token]" in typed.err


def test_a_whole_token_is_not_taken_and_not_repeated(typed: Typed) -> None:
    typed("guard", "token", "new", "ci", "--data", "here")
    token = typed.out.strip()
    assert typed("guard", "token", "revoke", token, "--data", "here") == 2
    assert "[whole-token]" in typed.err
    assert token not in typed.err


@pytest.mark.parametrize("words", [("list",), ("revoke", "ci")])
def test_a_folder_without_a_server_is_said_and_not_begun(
    typed: Typed, tmp_path: Path, words: tuple[str, ...]
) -> None:
    assert typed("guard", "token", *words, "--data", "elsewhere") == 2
    assert "[no-server-data]" in typed.err
    assert not (tmp_path / "elsewhere").exists()


def test_an_unknown_token_is_said(typed: Typed) -> None:
    typed("guard", "token", "new", "ci", "--data", "here")
    assert typed("guard", "token", "revoke", "laptop", "--data", "here") == 2
    assert "[unknown-token]" in typed.err


def test_a_damaged_database_is_not_ours_to_hide(typed: Typed, tmp_path: Path) -> None:
    typed("guard", "token", "new", "ci", "--data", "here")
    with sqlite3.connect(tmp_path / "here" / "onward.sqlite") as other:
        other.execute("UPDATE tokens SET actions = 'x'")
    other.close()
    assert typed("guard", "token", "list", "--data", "here") == 4
    assert "[store-failed]" in typed.err
