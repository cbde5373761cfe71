"""How long uv takes through an index: to resolve, and to install, with its cache empty or full."""

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from bench import peers

REQUIREMENTS = ("fastapi[standard]", "sqlalchemy", "pandas", "pytest", "boto3")
LIMIT = 90.0
"""Seconds; whoever takes longer is stopped, and that is what is told of it."""


class Taken(msgspec.Struct, frozen=True):
    """One run: seconds, ``name==version`` of what was found, and what went wrong."""

    seconds: float
    found: tuple[str, ...] = ()
    fault: str = ""


class Uv:
    """uv in front of one index, with a cache of its own in ``folder``."""

    def __init__(self, index: str, folder: Path, env: Mapping[str, str]) -> None:
        self._index = index
        self._cache = folder / "cache"
        self._target = folder / "target"
        self._folder = folder
        kept = {k: v for k, v in env.items() if not k.startswith(("UV_", "PIP_"))}
        self._env = {**kept, "UV_CACHE_DIR": str(self._cache), "UV_NO_CONFIG": "1"}
        folder.mkdir(parents=True, exist_ok=True)

    def resolve(self, *, cold: bool) -> Taken:
        """Resolve all requirements; ``cold`` empties uv's cache first."""
        if cold:
            shutil.rmtree(self._cache, ignore_errors=True)
        words = ["pip", "compile", "--no-header", "--no-annotate", "-", "--python", sys.executable]
        return self._run([*words, "--index-url", self._index], "\n".join(REQUIREMENTS))

    def install(self) -> Taken:
        """Resolve, download and unpack all of it, with nothing there before."""
        shutil.rmtree(self._cache, ignore_errors=True)
        shutil.rmtree(self._target, ignore_errors=True)
        words = ["pip", "install", "--target", str(self._target), "--python", sys.executable]
        return self._run([*words, "--index-url", self._index, *REQUIREMENTS], "")

    def clear(self) -> None:
        """Remove its cache and what it installed."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, words: Sequence[str], given: str) -> Taken:
        started = time.perf_counter()
        try:
            done = subprocess.run(
                [peers.own("uv"), *words],
                env=self._env,
                cwd=self._folder,
                input=given,
                capture_output=True,
                text=True,
                timeout=LIMIT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Taken(LIMIT, fault=f"stopped after {LIMIT:.0f} s")
        seconds = time.perf_counter() - started
        if done.returncode:
            said = " / ".join(line.strip() for line in done.stderr.strip().splitlines()[-3:])
            return Taken(seconds, fault=said[:300])
        found = re.findall(
            r"^(?: \+ )?([A-Za-z0-9._-]+==\S+)", done.stdout + done.stderr, re.MULTILINE
        )
        return Taken(seconds, tuple(sorted(found)))
