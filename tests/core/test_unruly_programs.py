"""Programs that say too much, or start others and never end: both are held in check."""

import os
import sys
import time
from pathlib import Path

import pytest

from onward.core.errors import OutsideFailed
from onward.core.proc.call import Call
from onward.core.proc.run import run


def python(code: str, cwd: Path, **more: float) -> Call:
    return Call(
        argv=(sys.executable, "-c", code),
        cwd=str(cwd),
        env=dict(os.environ),
        keep=1000,
        whole_group=True,
        timeout=more.get("timeout", 60.0),
    )


def test_only_the_end_of_much_output_is_kept(tmp_path: Path) -> None:
    code = "import sys\nfor f in (sys.stdout, sys.stderr): f.write('x' * 3_000_000 + 'end')"

    ran = run(python(code, tmp_path))

    assert ran.code == 0
    assert (len(ran.out), len(ran.err)) == (1000, 1000)
    assert ran.out.endswith(b"xend")
    assert ran.err.endswith(b"xend")


@pytest.mark.skipif(sys.platform == "win32", reason="process groups are a thing of POSIX")
def test_what_it_started_is_stopped_with_it(tmp_path: Path) -> None:
    """A grandchild that would write a file later never does, and does not keep us waiting."""
    late = tmp_path / "late"
    grandchild = f"import time; time.sleep(2); open({str(late)!r}, 'w')"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {grandchild!r}])"

    with pytest.raises(OutsideFailed) as caught:
        run(python(code, tmp_path, timeout=0.7))

    assert caught.value.reference == "tool-timeout"
    time.sleep(2.5)
    assert not late.exists()
