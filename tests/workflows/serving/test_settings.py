"""``onward-server.toml``: what it may say, every fault at once, and never a secret in an answer."""

import datetime as dt
import secrets
import sys
from pathlib import Path

import pytest

from onward.core.artifact import PUBLIC_INDEX
from onward.core.errors import BadInput
from onward.workflows.serving.settings import (
    Options,
    ServerSettings,
    load_settings,
    parse_size,
    say_size,
)


def load(
    folder: Path, text: str, env: dict[str, str] | None = None, **options: object
) -> ServerSettings:
    (folder / "onward-server.toml").write_text(text, encoding="utf-8")
    return load_settings(folder, Options(**options), env or {})  # type: ignore[arg-type]


def faults(folder: Path, text: str, env: dict[str, str] | None = None) -> tuple[str, ...]:
    with pytest.raises(BadInput) as caught:
        load(folder, text, env)
    assert caught.value.reference == "bad-server-settings"
    return caught.value.context


def test_without_a_file_it_is_the_public_index(tmp_path: Path) -> None:
    settings = load_settings(tmp_path, Options(), {})
    assert [upstream.address for upstream in settings.upstreams] == [PUBLIC_INDEX]
    assert settings.cache_limit is None
    assert not settings.offline
    assert not settings.dry_run


@pytest.mark.skipif(sys.platform != "linux", reason="a file that root may not read either")
def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "onward-server.toml").symlink_to("/proc/self/mem")
    with pytest.raises(BadInput) as caught:
        load_settings(tmp_path, Options(), {})
    assert caught.value.reference == "cannot-read"


def test_all_that_can_be_said(tmp_path: Path) -> None:
    secret = secrets.token_hex(8)
    settings = load(
        tmp_path,
        """
        fresh_for = "2 hours"
        cache_limit = "20 GB"
        log_days = 30
        offline = true
        dry_run = true
        [[upstream]]
        url = "https://packages.test/simple/"
        names = ["Acme_*", "tools"]
        user_env = "ACME_USER"
        password_env = "ACME_PASSWORD"
        [[upstream]]
        url = "https://pypi.test/simple/"
        """,
        {"ACME_USER": "reader", "ACME_PASSWORD": secret},
    )
    first, second = settings.upstreams
    assert (first.address, first.names) == ("https://packages.test/simple/", ("acme-*", "tools"))
    assert first.login == ("reader", secret)
    assert secret not in repr(settings)
    assert (second.names, second.login) == ((), None)
    assert settings.fresh_for == dt.timedelta(hours=2)
    assert (settings.cache_limit, settings.log_days) == (20 * 10**9, 30)
    assert settings.offline
    assert settings.dry_run


def test_the_command_line_wins(tmp_path: Path) -> None:
    text = '[[upstream]]\nurl = "https://packages.test/simple/"\n'
    settings = load(tmp_path, text, upstreams=("https://other.test/simple",), dry_run=True)
    assert [upstream.address for upstream in settings.upstreams] == ["https://other.test/simple"]
    assert settings.dry_run


def test_the_environment_can_take_it_offline(tmp_path: Path) -> None:
    assert load(tmp_path, "", {"ONWARD_OFFLINE": "1"}).offline


def test_a_login_can_come_from_the_netrc_file(tmp_path: Path) -> None:
    secret = secrets.token_hex(8)
    (tmp_path / "netrc").write_text(f"machine packages.test login reader password {secret}\n")
    text = '[[upstream]]\nurl = "https://packages.test/simple/"\n'
    settings = load(tmp_path, text, {"NETRC": str(tmp_path / "netrc")})
    assert settings.upstreams[0].login == ("reader", secret)
    assert settings.upstreams[0].told_by == "netrc"


def test_every_fault_is_said_at_once(tmp_path: Path) -> None:
    found = faults(
        tmp_path,
        """
        fresh_for = "soon"
        cache_limit = "20 apples"
        log_days = 0
        ofline = true
        dry_run = "yes"
        [[upstream]]
        names = ["acme-**"]
        [[upstream]]
        url = "ftp://packages.test/"
        [[upstream]]
        url = "https://packages.test/simple/"
        password_env = "NOT_SET_AT_ALL"
        [[upstream]]
        url = "https://packages.test/simple"
        names = []
        user_env = "ACME_USER"
        """,
        {"ACME_USER": "reader"},
    )
    told = "\n".join(found)
    for words in (
        'onward-server.toml: fresh_for: "soon"',
        'onward-server.toml: cache_limit: "20 apples"',
        "onward-server.toml: log_days:",
        "onward-server.toml: ofline: no such key; did you mean `offline`?",
        "onward-server.toml: dry_run: is text",
        "onward-server.toml: upstream[0].url: is missing",
        "onward-server.toml: upstream[0].names[0]:",
        "onward-server.toml: upstream[1].url:",
        "onward-server.toml: upstream[2].password_env: names an environment variable that is not set",
        "onward-server.toml: upstream[3].url: is the address of upstream[2] too",
        "onward-server.toml: upstream[3].names: is empty",
        "onward-server.toml: upstream[3].user_env: needs",
    ):
        assert words in told
    assert len(found) == 12


def test_a_secret_in_the_file_is_refused_and_not_repeated(tmp_path: Path) -> None:
    secret = secrets.token_hex(8)
    told = faults(
        tmp_path,
        f"""
        [[upstream]]
        url = "https://reader:{secret}@packages.test/simple/"
        [[upstream]]
        url = "https://other.test/simple/"
        password = "{secret}"
        [[upstream]]
        url = "https://third.test/simple/"
        password_env = "{secret}"
        """,
    )
    assert len(told) == 3
    assert "password_env" in told[0]
    assert "password_env" in told[1]
    assert secret not in "\n".join(told)


def test_an_odd_address_on_the_command_line_shows_no_login(tmp_path: Path) -> None:
    secret = secrets.token_hex(8)
    with pytest.raises(BadInput) as caught:
        load_settings(tmp_path, Options(upstreams=(f"ftp://me:{secret}@x.test/",)), {})
    assert secret not in "".join(caught.value.context)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("20 GB", 20 * 10**9),
        ("1.5 TiB", 3 * 2**39),
        ("500kB", 500_000),
        ("20", None),
        ("-1 GB", None),
        ("20 gb", None),
        ("", None),
        ("9999999 GB", None),
    ],
)
def test_sizes(text: str, size: int | None) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["20 GB", "1.5 TB", "700 kB"])
def test_sizes_are_said_as_they_were_read(text: str) -> None:
    size = parse_size(text)
    assert size is not None
    assert say_size(size) == text
