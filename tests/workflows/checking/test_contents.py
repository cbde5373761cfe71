"""Files that onward looks into itself are read one at a time; what is no file is passed by."""

import os
import sys
from pathlib import Path

import pytest

from onward.workflows.checking.contents import contents


@pytest.mark.skipif(sys.platform == "win32", reason="no named pipes in folders there")
def test_a_named_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "code.py").write_bytes(b"x = 1\n")
    found = dict(contents(tmp_path, ("pipe.py", "gone.py", "code.py"), (".py",)))
    assert found == {"code.py": b"x = 1\n"}
