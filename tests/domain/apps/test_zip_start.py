"""A zip that starts itself: unpacked once, by any Python that fits, wherever it may write."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

from onward.domain.apps.zip_start import START, Fit, zip_main

CODE = """
import multiprocessing, pathlib, sys
import part
def main():
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        (one,) = pool.map(abs, [-1])
    words = (pathlib.Path(part.__file__).parent / "wörds.txt").read_text(encoding="utf-8")
    print(one, words, pathlib.Path(sys.argv[0]).name, *sys.argv[1:])
if __name__ == "__main__":
    main()
"""


def zipped(folder: Path, fit: Fit) -> Path:
    made = folder / "dä mo.pyz"
    with zipfile.ZipFile(made, "w") as packed:
        packed.writestr("__main__.py", zip_main("demo", "d1g", fit))
        for name, text in ((START, CODE), ("part/__init__.py", ""), ("part/wörds.txt", "good day")):
            packed.writestr(name, text.encode())
    return made


def start(made: Path, **env: str) -> "subprocess.CompletedProcess[str]":
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    return subprocess.run(
        [sys.executable, "-X", "utf8", str(made), "a b"],
        env={**kept, **env}, capture_output=True, text=True, check=False, encoding="utf-8",
    )  # fmt: skip


def test_it_is_unpacked_once_and_knows_its_name_and_its_data(tmp_path: Path) -> None:
    made, cache = zipped(tmp_path, Fit(least=(3, 8))), tmp_path / "cache of mine"
    for _ in range(2):
        done = start(made, ONWARD_APP_CACHE=str(cache))
        assert (done.stdout, done.stderr) == ("1 good day dä mo.pyz a b\n", "")
    assert [path.name for path in (cache / "demo").iterdir()] == ["d1g"]
    (cache / "demo/d1g/part/wörds.txt").write_text("kept", encoding="utf-8")
    assert start(made, ONWARD_APP_CACHE=str(cache)).stdout.startswith("1 kept")


def test_where_nothing_may_be_written_it_starts_all_the_same(tmp_path: Path) -> None:
    made, no_folder = zipped(tmp_path, Fit(least=(3, 8))), tmp_path / "file"
    no_folder.touch()
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    done = start(made, ONWARD_APP_CACHE=str(no_folder), TMPDIR=str(temporary), TEMP=str(temporary))
    assert done.stdout.startswith("1 good day")
    assert "cannot be written" in done.stderr
    assert not list(temporary.glob("demo-*"))


def test_a_python_that_does_not_fit_is_told_in_one_sentence(tmp_path: Path) -> None:
    done = start(zipped(tmp_path, Fit(least=(3, 99))))
    assert done.returncode == 1
    assert done.stderr.startswith("demo needs Python 3.99 or newer; this is Python 3.")
    tied = Fit(minor=sys.version_info[:2], system=sys.platform, machine="abacus", tied=True)
    assert "(abacus); this is Python" in start(zipped(tmp_path, tied)).stderr
