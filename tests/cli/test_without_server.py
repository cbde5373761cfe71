"""The commands about the server, where onward was installed without the server's libraries."""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = "import os, sys; sys.modules['sqlalchemy'] = None; from onward.cli.main import main; sys.exit(main(sys.argv[1:], os.environ))"


@pytest.mark.parametrize(
    "words",
    [
        ("serve",),
        ("log",),
        ("purged",),
        ("yank", "acme-core==1.0"),
        ("delete", "acme-core==1.0"),
        ("token", "new", "ci"),
        ("token", "list"),
        ("token", "revoke", "ci"),
    ],
    ids=" ".join,
)
def test_what_to_install_is_said(
    tmp_path: Path, env: dict[str, str], words: tuple[str, ...]
) -> None:
    said = subprocess.run(
        [sys.executable, "-c", PROGRAM, "guard", *words, "--data", "data"],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (said.returncode, "[no-server]" in said.stderr) == (2, True), said.stderr
    assert "onward[guard]" in said.stderr
    assert not (tmp_path / "data").exists()
