"""The gate for everything that is handed out: keys and files of secrets are named, their values never."""

import zipfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from onward.domain.shipping.secrets import variables
from onward.workflows.no_secrets import secret_findings, zip_findings

KEY = b"-----BEGIN PRIV" + b"ATE KEY-----\n" + b"A" * 64 + b"\n"  # in two, or this file held one


def test_keys_and_files_of_secrets_are_named_with_their_variables(tmp_path: Path) -> None:
    files = {
        ".env": b"# mine\nexport DB_PASSWORD=hunter2\nEMPTY=\nTOKEN = 'abc'\n",
        ".env.example": b"TOKEN=abc\n",
        "deploy/key.txt": b"words\n" + KEY,
        "tests/server.key": KEY,
        "src/demo.py": b"x = 1\n",
    }
    for path, content in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    found = {str(one.subject): one for one in secret_findings(tmp_path, [*files, "gone.py"])}
    assert set(found) == {".env", "deploy/key.txt", "tests/server.key"}
    assert found[".env"].message.endswith("it sets DB_PASSWORD, TOKEN")
    assert "hunter2" not in str(found)
    assert {one.rule for one in found.values()} == {"ship/secret"}
    milder = secret_findings(tmp_path, ["tests/server.key"], tests_may=True)
    assert [one.rule for one in milder] == ["ship/test-secret"]


def test_a_key_far_inside_a_large_file_and_over_the_edge_of_a_piece_is_seen(tmp_path: Path) -> None:
    for name, before in (("far", 5_000_000), ("edge", 2_000_000 - 40), ("piece", 3_000_000 - 90)):
        (tmp_path / name).write_bytes(bytes(before) + KEY)
    (tmp_path / "none").write_bytes(bytes(5_000_000))
    seen = secret_findings(tmp_path, ["far", "edge", "piece", "none"])
    assert [str(one.subject) for one in seen] == ["edge", "far", "piece"]


def test_what_a_zip_holds_is_looked_at_too(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "made.pyz", "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("beside/__init__.py", b"KEY = " + KEY)
        made.writestr("demo/tests/server.pem", KEY)
        made.writestr("demo/__init__.py", b"x = 1\n")
    seen = {
        str(one.subject): one.rule for one in zip_findings(tmp_path / "made.pyz", tests_may=True)
    }
    assert seen == {
        "beside/__init__.py": "ship/secret",
        "demo/tests/server.pem": "ship/test-secret",
    }


def test_a_link_is_not_followed_and_a_file_that_is_gone_counts_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(KEY)
    (tmp_path / "link").symlink_to("elsewhere")
    assert secret_findings(tmp_path, ["link"]) == ()
    assert [one.rule for one in secret_findings(tmp_path, [".netrc"])] == ["ship/secret"]


NAMES = st.from_regex(r"\A[A-Z_][A-Z0-9_]{0,9}\Z")
VALUES = st.text("aB3=#'\" +/", max_size=30)


@given(st.dictionaries(NAMES, VALUES))
def test_names_come_out_and_values_never(values: dict[str, str]) -> None:
    text = "".join(f"{name}={value}\n" for name, value in values.items())
    assert set(variables(text.encode())) <= set(values)


def test_the_end_of_a_value_over_several_lines_is_no_name() -> None:
    assert variables(b'KEY="abcDEF12\nQmFzZTY0Cg==\nQmF="\n') == ("KEY",)
