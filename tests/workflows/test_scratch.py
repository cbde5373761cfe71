"""The copy of a project that uv may write in."""

import os
from pathlib import Path

import pytest

from onward.workflows.scratch import scratch_copy

DYNAMIC = '[project]\nname = "demo"\ndynamic = ["version"]\n'


@pytest.mark.skipif(os.name == "nt", reason="rights are something else on Windows")
def test_the_copy_of_a_project_that_nobody_may_write_in_can_be_written(tmp_path: Path) -> None:
    real = tmp_path / "demo"
    (real / "src").mkdir(parents=True)
    (real / "pyproject.toml").write_text(DYNAMIC)
    (real / "uv.lock").write_text("version = 1\n")
    (real / "src" / "link").symlink_to("nowhere")
    closed = [real / "pyproject.toml", real / "uv.lock", real / "src", real]
    for path in closed:
        path.chmod(path.stat().st_mode & 0o555)
    try:
        with scratch_copy(real, [""], {"uv.lock": b"version = 2\n"}) as scratch:
            copies = [scratch.root, scratch.root / "src", scratch.root / "uv.lock"]
            # root may write everywhere: so the rights themselves
            assert all(path.stat().st_mode & 0o200 for path in copies)
            assert (scratch.root / "uv.lock").read_text() == "version = 2\n"
        assert not scratch.root.exists()
    finally:
        for path in reversed(closed):
            path.chmod(0o755)
    assert (real / "uv.lock").read_text() == "version = 1\n"
