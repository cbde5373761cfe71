"""Where an organisation's policy is found, and what makes it trusted."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from onward.core.errors import BadInput, OnwardError, OutsideFailed, Refused
from onward.core.net import Net
from onward.core.policy import Source
from onward.domain.policy.model import Policy
from onward.workflows.settings import load_policy

POLICY = b'[[policy]]\nmatch = "guard/archived"\nlevel = "enforce"\n'
PIN = hashlib.sha256(POLICY).hexdigest()

Load = Callable[..., Policy]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "home" / "work" / "demo"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def load(tmp_path: Path, root: Path) -> Load:
    """Load the policy of ``root`` with a home of its own: ``load(ONWARD_POLICY=...)``."""

    def run(table: dict[str, object] | None = None, **env: str) -> Policy:
        whole = {"HOME": str(tmp_path / "home"), **env}
        net = Net(whole, attempts=1)
        return load_policy(root, table, env=whole, net=net, cache=tmp_path / "cache")

    return run


def organisation_rows(policy: Policy) -> list[str]:
    return [row.where for row in policy.rows if row.source is Source.organisation]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    body = POLICY
    status = 200
    asked = 0


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, _Server)
        server.asked += 1
        self.send_response(server.status)
        self.send_header("Content-Length", str(len(server.body)))
        self.end_headers()
        self.wfile.write(server.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        del format, args


@pytest.fixture
def server() -> Iterator[_Server]:
    with _Server(("127.0.0.1", 0), _Handler) as made:
        thread = threading.Thread(target=made.serve_forever, args=(0.01,))
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def address(server: _Server) -> str:
    return f"http://127.0.0.1:{server.server_port}/policy.toml"


def test_without_an_organisation_only_the_project_speaks(load: Load) -> None:
    assert organisation_rows(load()) == []


def test_the_nearest_file_upwards_counts(load: Load, root: Path) -> None:
    (root.parent.parent / "onward-policy.toml").write_bytes(b"profile = 'strict'")
    assert load().profile == "strict"
    (root / "onward-policy.toml").write_bytes(POLICY)
    policy = load()
    assert policy.profile == "standard"
    assert organisation_rows(policy) == ["onward-policy.toml: policy[0]"]


def test_above_the_home_folder_nobody_is_asked(load: Load, tmp_path: Path) -> None:
    (tmp_path / "onward-policy.toml").write_bytes(POLICY)
    assert organisation_rows(load()) == []


@pytest.mark.skipif("sys.platform == 'win32'", reason="Windows has no such folders")
def test_a_folder_where_everyone_may_write_is_passed_over(load: Load, root: Path) -> None:
    (root.parent / "onward-policy.toml").write_bytes(POLICY)
    root.parent.chmod(0o1777)
    assert organisation_rows(load()) == []
    root.parent.chmod(0o755)
    assert organisation_rows(load()) != []


def test_a_named_path_comes_before_what_lies_above(load: Load, root: Path) -> None:
    (root / "onward-policy.toml").write_bytes(b"profile = 'strict'")
    (root / "ours.toml").write_bytes(POLICY)
    assert organisation_rows(load(ONWARD_POLICY="ours.toml")) == ["ours.toml: policy[0]"]
    assert organisation_rows(load(ONWARD_POLICY=str(root / "ours.toml"))) != []


def test_a_named_path_that_is_not_there_is_an_error(load: Load) -> None:
    with pytest.raises(BadInput, match="cannot read the organisation's policy"):
        load(ONWARD_POLICY="nowhere.toml")


def test_a_pinned_path_must_have_its_hash(load: Load, root: Path) -> None:
    (root / "ours.toml").write_bytes(POLICY)
    assert load(ONWARD_POLICY="ours.toml", ONWARD_POLICY_SHA256=PIN).rows
    with pytest.raises(Refused):
        load(ONWARD_POLICY="ours.toml", ONWARD_POLICY_SHA256="0" * 64)


def test_a_path_may_carry_its_pin_as_an_address_does(root: Path, load: Load) -> None:
    (root / "ours.toml").write_bytes(POLICY)
    assert organisation_rows(load(ONWARD_POLICY=f"ours.toml#sha256={PIN}")) == [
        "ours.toml: policy[0]"
    ]
    with pytest.raises(Refused):
        load(ONWARD_POLICY=f"ours.toml#sha256={'0' * 64}")
    with pytest.raises(BadInput, match="64 hex digits"):
        load(ONWARD_POLICY="ours.toml#sha256=")


def test_bad_toml_is_named_with_its_line(load: Load, root: Path) -> None:
    (root / "onward-policy.toml").write_bytes(b"profile = 'strict'\n[[policy\n")
    with pytest.raises(BadInput) as caught:
        load()
    assert caught.value.reference == "bad-toml"
    assert caught.value.context[0].startswith("onward-policy.toml:2:")


def test_what_is_not_utf8_is_named_with_its_line(load: Load, root: Path) -> None:
    (root / "onward-policy.toml").write_bytes(b"a = 1\n\n# \xff\n")
    with pytest.raises(BadInput) as caught:
        load()
    assert caught.value.context[0].startswith("onward-policy.toml:3:")


def test_a_pinned_address_is_fetched_once(load: Load, server: _Server) -> None:
    chosen = f"{address(server)}#sha256={PIN}"
    assert organisation_rows(load(ONWARD_POLICY=chosen)) == [f"{address(server)}: policy[0]"]
    assert organisation_rows(load(ONWARD_POLICY=chosen, ONWARD_OFFLINE="1")) != []
    assert server.asked == 1


def test_the_pin_may_stand_in_a_variable_of_its_own(load: Load, server: _Server) -> None:
    assert organisation_rows(load(ONWARD_POLICY=address(server), ONWARD_POLICY_SHA256=PIN.upper()))


def test_a_cached_copy_that_was_changed_is_fetched_again(
    load: Load, server: _Server, tmp_path: Path
) -> None:
    chosen = f"{address(server)}#sha256={PIN}"
    load(ONWARD_POLICY=chosen)
    (tmp_path / "cache" / "policy" / f"{PIN}.toml").write_bytes(b"")
    assert organisation_rows(load(ONWARD_POLICY=chosen)) != []
    assert server.asked == 2


def test_another_file_than_the_pinned_one_is_refused(load: Load, server: _Server) -> None:
    server.body = POLICY.replace(b"enforce", b"advise ")
    for _ in range(2):  # and what was refused is not kept
        with pytest.raises(Refused) as caught:
            load(ONWARD_POLICY=f"{address(server)}#sha256={PIN}")
        assert caught.value.reference == "policy-changed"


@pytest.mark.parametrize(
    ("chosen", "reference"),
    [
        ("https://example.org/p.toml", "policy-not-pinned"),
        ("https://example.org/p.toml#sha256=", "policy-not-pinned"),
        ("https://example.org/p.toml#sha256=abc", "bad-policy-pin"),
        (f"http://example.org/p.toml#sha256={PIN}", "bad-policy-address"),
        (f"ftp://example.org/p.toml#sha256={PIN}", "bad-policy-address"),
    ],
)
def test_an_address_that_nobody_can_trust_is_an_error(
    load: Load, chosen: str, reference: str
) -> None:
    with pytest.raises(BadInput) as caught:
        load(ONWARD_POLICY=chosen)
    assert caught.value.reference == reference
    assert caught.value.hint


def test_no_answer_is_never_no_policy(load: Load, server: _Server) -> None:
    server.status = 404
    chosen = f"{address(server)}#sha256={PIN}"
    with pytest.raises(OutsideFailed):
        load(ONWARD_POLICY=chosen)
    with pytest.raises(OutsideFailed):
        load(ONWARD_POLICY=chosen, ONWARD_OFFLINE="yes")


def test_a_login_in_the_address_is_never_shown(load: Load, server: _Server) -> None:
    server.status = 404
    chosen = address(server).replace("http://", "http://me:secret@") + f"#sha256={PIN}"
    with pytest.raises(OnwardError) as caught:
        load(ONWARD_POLICY=chosen)
    assert "secret" not in caught.value.message


def test_the_projects_table_is_named_by_its_file(load: Load) -> None:
    with pytest.raises(BadInput) as caught:
        load({"profile": "hard"})
    assert caught.value.context[0].startswith("pyproject.toml: tool.onward.profile:")
