"""What is built into a program of PyInstaller's: run here by this Python."""

import subprocess
import sys
from pathlib import Path

from onward.adapters.pyinstaller import HOOKS_LATER


def test_hooks_of_pyinstaller_run_when_their_module_is_imported(tmp_path: Path) -> None:
    waiting = {"colorsys": "import colorsys\ncolorsys.changed = True", "unused": "1 / 0"}
    (tmp_path / "start.py").write_text(
        f"_waiting = {waiting!r}\n{HOOKS_LATER}\n"
        "assert 'colorsys' not in sys.modules\nimport colorsys, importlib\n"
        "print(colorsys.changed, type(colorsys.__loader__).__name__)\n"
        "importlib.reload(colorsys)\n",
        encoding="utf-8",
    )
    ran = subprocess.run(
        [sys.executable, str(tmp_path / "start.py")], capture_output=True, text=True, check=True
    )
    assert ran.stdout == "True SourceFileLoader\n"
