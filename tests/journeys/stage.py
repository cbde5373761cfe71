"""A project, an index and advisories of a test's own, and onward at work there with a clock that stands still."""

import datetime as dt
import hashlib
import io
import json
import os
import subprocess
import tempfile
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import uv

from onward.adapters.feed.dump import compile_dump
from onward.adapters.feed.store import feed_path
from onward.cli.door import run_verb
from tests.dumps import packed


class Said(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        """All that was said."""
        return self.out + self.err


class Stage:
    """Onward in the project at ``root``; ``env`` is a clean environment, ``clock`` says what time it is."""

    def __init__(self, root: Path, env: dict[str, str], clock: Callable[[], dt.datetime]) -> None:
        self.root = root
        self.env = env
        self.clock = clock

    def onward(self, *words: str, cwd: str = "", **env: str) -> Said:
        """Run onward in the project, or in its folder ``cwd``, with ``env`` besides."""
        out, err = io.StringIO(), io.StringIO()
        code = run_verb(
            list(words),
            {**self.env, **env},
            cwd=self.root / cwd,
            clock=self.clock,
            out=out,
            err=err,
            system=Path(self.env["HOME"]) / "system",
        )
        return Said(code, out.getvalue(), err.getvalue())

    def fine(self, *words: str, cwd: str = "", **env: str) -> Said:
        """Run onward and insist that it works."""
        said = self.onward(*words, cwd=cwd, **env)
        assert said.code == 0, said.text
        return said

    def refused(self, *words: str, cwd: str = "", code: int = 1, **env: str) -> Said:
        """Run onward and insist that it refuses and that not a byte, name or time in the project changes."""
        before = picture(self.root)
        said = self.onward(*words, cwd=cwd, **env)
        assert said.code == code, said.text
        assert picture(self.root) == before
        return said

    def uv(self, *words: str, root: Path | None = None, **env: str) -> Said:
        """Run plain uv in the project, without onward anywhere."""
        ran = subprocess.run(
            [uv.find_uv_bin(), *words],
            cwd=root or self.root,
            env={**self.env, **env},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        return Said(ran.returncode, ran.stdout, ran.stderr)

    def advise(self, *documents: Any) -> None:
        """Let these OSV documents be all that is known, as of this morning."""
        now = self.clock()
        target = feed_path(Path(self.env["ONWARD_CACHE_DIR"]))
        with tempfile.TemporaryDirectory() as folder:
            dump = Path(folder) / "all.zip"
            dump.write_bytes(packed(documents))
            compile_dump(dump, target, source="a test", fetched=now, force=True)

    @property
    def locked(self) -> dict[str, str]:
        """The locked version of each package, without the project's own."""
        lock = tomllib.loads((self.root / "uv.lock").read_text(encoding="utf-8"))
        return {
            p["name"]: p.get("version", "")
            for p in lock["package"]
            if not {"virtual", "editable"} & set(p["source"])
        }

    @property
    def installed(self) -> dict[str, str]:
        """The version of each installed distribution."""
        found = {}
        for info in self.root.glob(".venv/[lL]ib/**/*.dist-info"):
            name, _, version = info.stem.rpartition("-")
            found[name.replace("_", "-")] = version
        return found

    def way_out_is_open(self) -> None:
        """Insist that plain uv finds everything in order, and that nothing of ours is in any file."""
        for words in (("lock", "--check"), ("sync", "--locked", "--check")):
            said = self.uv(*words)
            assert said.code == 0, said.text
        for path in files_of(self.root):
            content = path.read_bytes()
            assert b"onward.localhost" not in content, path
        for name in ("uv.lock", "pyproject.toml"):
            assert b"/held/" not in (self.root / name).read_bytes()

    def kept_words(self) -> Iterator[tuple[str, bytes]]:
        """Every file that onward keeps outside of the project's own: path and content."""
        for folder in (Path(self.env["ONWARD_CACHE_DIR"]), self.root / ".onward"):
            for path in files_of(folder):
                yield str(path), path.read_bytes()


def files_of(folder: Path) -> list[Path]:
    """Every file below a folder that is no environment, in order."""
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink() and ".venv" not in path.parts
    ]


def picture(root: Path) -> Mapping[str, tuple[int, int, str]]:
    """What a whole tree looks like: mode, time in ns and content of everything in it."""
    seen: dict[str, tuple[int, int, str]] = {}
    for folder, folders, files in os.walk(root):
        folders.sort()
        if "__pycache__" in folders:
            folders.remove("__pycache__")
        for name in [".", *files]:
            path = Path(folder) / name
            about = path.lstat()
            content = ""
            if path.is_symlink():
                content = str(path.readlink())
            elif path.is_file():
                content = hashlib.sha256(path.read_bytes()).hexdigest()
            seen[path.relative_to(root).as_posix()] = (
                about.st_mode,
                about.st_mtime_ns,
                content,
            )
    return seen


def rewrite(path: Path, *pairs: tuple[str, str]) -> None:
    """Replace texts in a file; each must be there."""
    text = path.read_text(encoding="utf-8")
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8", newline="")


def as_json(said: Said) -> Any:
    """What was said as JSON."""
    return json.loads(said.out)
