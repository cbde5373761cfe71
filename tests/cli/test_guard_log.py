"""``onward guard log``, ``purged`` and ``serve --check``, as typed."""

import datetime as dt
import io
import json
import secrets
from pathlib import Path

import pytest

from onward.adapters.database.downloads import Gap, Logged, add_downloads, add_gap
from onward.adapters.database.engine import open_database
from onward.adapters.database.purges import Purge, add_purge
from onward.cli.door import run_verb
from onward.core.names import Name
from tests.conftest import FakeClock


class Typed:
    """Types commands, and keeps what was answered."""

    def __init__(self, env: dict[str, str], cwd: Path, clock: FakeClock) -> None:
        self.env, self.cwd, self.clock = env, cwd, clock
        self.out = self.err = ""

    def __call__(self, *words: str) -> int:
        out, err = io.StringIO(), io.StringIO()
        code = run_verb(words, self.env, cwd=self.cwd, clock=self.clock, out=out, err=err)
        self.out, self.err = out.getvalue(), err.getvalue()
        return code


@pytest.fixture
def typed(env: dict[str, str], tmp_path: Path, clock: FakeClock) -> Typed:
    def row(days: int, version: str, **more: str) -> Logged:
        at = clock() - dt.timedelta(days=days)
        name = more.pop("name", "tidewater")
        file = f"{name}-{version}.tar.gz"
        return Logged(at=at, project=Name(name), version=version, filename=file, **more)

    (tmp_path / "data").mkdir()
    database = open_database(tmp_path / "data" / "onward.sqlite")
    with database.writing() as connection:
        add_downloads(
            connection,
            [
                row(9, "1.0", who="ci", address="192.0.2.1", client="pip/26"),
                row(3, "1.0.0", address="192.0.2.2"),
                row(1, "2.0", held="guard/too-new"),
                row(0, "1.0", name="fernwood"),
            ],
        )
        add_gap(connection, Gap(since=clock() - dt.timedelta(days=2), until=clock(), missing=7))
        add_purge(
            connection,
            Purge(
                at=clock(),
                project=Name("tidewater"),
                version="1.0",
                filename="tidewater-1.0.tar.gz",
                rule="guard/malicious",
                reason="it is listed as malware",
            ),
        )
    database.close()
    return Typed(env, tmp_path, clock)


def test_the_log_is_shown_newest_first(typed: Typed) -> None:
    assert typed("guard", "log", "--data", "data") == 0
    lines = typed.out.splitlines()
    assert [line.split("  ")[1] for line in lines[:4]] == [
        "fernwood-1.0.tar.gz",
        "tidewater-2.0.tar.gz",
        "tidewater-1.0.0.tar.gz",
        "tidewater-1.0.tar.gz",
    ]
    assert lines[1].endswith("would have been blocked: guard/too-new")
    assert lines[3] == "2026-05-23 12:00:00  tidewater-1.0.tar.gz  ci  192.0.2.1  pip/26"
    assert lines[4].startswith("! 7 downloads")


@pytest.mark.parametrize(
    ("words", "count"),
    [
        (("Tide.Water",), 0),
        (("TideWater",), 3),
        (("tidewater==1",), 2),
        (("tidewater == 2.0.0",), 1),
        (("--since", "2 days"), 2),
        (("--since", "2026-05-29"), 3),
        (("tidewater", "--since", "2 days"), 1),
    ],
)
def test_a_part_of_the_log(typed: Typed, words: tuple[str, ...], count: int) -> None:
    assert typed("guard", "log", *words, "--data", "data", "--json") == 0
    answer = json.loads(typed.out)
    assert len(answer["downloads"]) == count
    assert answer["gaps"][0]["missing"] == 7


@pytest.mark.parametrize(
    ("words", "reference"),
    [
        (("--since", "soon"), "bad-since"),
        (("a b c",), "bad-spec"),
        (("tidewater>=1",), "bad-spec"),
    ],
)
def test_what_is_not_understood_is_said(
    typed: Typed, words: tuple[str, ...], reference: str
) -> None:
    assert typed("guard", "log", *words, "--data", "data") == 2
    assert f"[{reference}]" in typed.err


def test_what_was_purged_is_listed_with_everyone_who_had_it(typed: Typed) -> None:
    assert typed("guard", "purged", "--data", "data") == 0
    assert "2026-06-01 12:00:00  tidewater-1.0.tar.gz  [guard/malicious]" in typed.out
    assert "had it: 2026-05-23 12:00:00  ci  192.0.2.1  pip/26" in typed.out
    assert typed("guard", "purged", "--data", "data", "--json") == 0
    (one,) = json.loads(typed.out)
    assert one["purge"]["version"] == "1.0"
    assert [row["who"] for row in one["had"]] == ["ci"]


@pytest.mark.parametrize("action", ["log", "purged"])
def test_a_folder_without_a_server_is_said_and_left_as_it_is(typed: Typed, action: str) -> None:
    assert typed("guard", action, "--data", "elsewhere") == 2
    assert "[no-server-data]" in typed.err
    assert not (typed.cwd / "elsewhere").exists()


def test_check_says_what_would_be_in_force_and_makes_nothing(typed: Typed) -> None:
    secret = secrets.token_hex(8)
    typed.env["ACME_PASSWORD"] = secret
    data = typed.cwd / "new"
    data.mkdir()
    (data / "onward-server.toml").write_text(
        'cache_limit = "20 GB"\ndry_run = true\n[[upstream]]\nurl = "https://packages.test/simple"\n'
        'names = ["acme-*"]\npassword_env = "ACME_PASSWORD"\n',
        encoding="utf-8",
    )
    (data / "onward-policy.toml").write_text(
        '[guard]\ncooldown = "7 days"\n[[policy]]\nmatch = "guard/vulnerable"\nonly = "fernwood"\n'
        'level = "off"\nuntil = 2026-12-31\nwhy = "not reachable"\n',
        encoding="utf-8",
    )
    before = sorted(data.iterdir())
    assert typed("guard", "serve", "--check", "--data", "new", "--offline") == 0
    for line in (
        "upstream     https://packages.test/simple for acme-*, login from the variable ACME_PASSWORD",
        "cache_limit  20 GB",
        "cooldown     7 days",
        "row          guard/vulnerable for fernwood: off until 2026-12-31",
    ):
        assert line in typed.out.splitlines()
    assert "offline: no upstream is asked; dry run" in typed.out
    assert secret not in typed.out + typed.err
    assert sorted(data.iterdir()) == before


def test_check_says_every_fault(typed: Typed) -> None:
    (typed.cwd / "data" / "onward-server.toml").write_text("ofline = 1\nlog_days = 0\n")
    assert typed("guard", "serve", "--check", "--data", "data") == 2
    assert "onward-server.toml: ofline" in typed.err
    assert "onward-server.toml: log_days" in typed.err
