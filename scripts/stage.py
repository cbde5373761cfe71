"""A stage for the demo: say why, run the command for real, show its words, compare with what must be true."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shlex
import subprocess
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path

from onward.core.redact import redact

_SHOWN = 24  # lines of output; more would hide the point

Check = Callable[[str], str]  # takes the output, gives "" or what is wrong


class Stage:
    """Runs the steps of a demo in order and counts what was as it must be."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = dict(env)
        self._started = time.monotonic()
        self._steps = 0
        self._wrong: list[str] = []

    def act(self, title: str, why: str) -> None:
        """Open a new part."""
        print(f"\n{'=' * 80}\n{title}\n{why}\n{'=' * 80}", flush=True)

    def step(
        self,
        words: Sequence[str],
        cwd: Path,
        *,
        why: str,
        codes: Collection[int] = (0,),
        says: Sequence[str | tuple[str, ...]] = (),
        unchanged: Sequence[str] = (),
        without: Collection[str] = (),
        check: Check | None = None,
    ) -> None:
        """Run a command and compare.

        ``codes`` are the exit codes that are right, ``says`` what the output must contain (a
        tuple: any of these), ``unchanged`` names files and folders in ``cwd`` that must stay
        the same to the byte, ``without`` variables that the command does not see, ``check``
        looks further.
        """
        self._steps += 1
        print(f"\n{self._steps}. {why}\n$ {redact(shlex.join(words))}", flush=True)
        before = {name: fingerprint(cwd / name) for name in unchanged}
        started = time.monotonic()
        done = subprocess.run(
            words,
            cwd=cwd,
            env={name: value for name, value in self._env.items() if name not in without},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        seconds = time.monotonic() - started
        self._show(done.stdout)
        wrong = []
        if done.returncode not in codes:
            wrong.append(f"exit code {done.returncode}, not {' or '.join(map(str, codes))}")
        for wanted in says:
            any_of = (wanted,) if isinstance(wanted, str) else wanted
            if not any(word in done.stdout for word in any_of):
                wrong.append(f"nothing said of {' or '.join(any_of)}")
        for name, old in before.items():
            if fingerprint(cwd / name) != old:
                wrong.append(f"{name} was changed")
        if check is not None and (found := check(done.stdout)):
            wrong.append(found)
        self._judge(done.returncode, says, unchanged, wrong, seconds)

    @contextlib.contextmanager
    def running(self, words: Sequence[str], cwd: Path, *, why: str, says: str) -> Iterator[None]:
        """Start a server, do the body once it ``says`` that it is there, and stop it."""
        self._steps += 1
        print(f"\n{self._steps}. {why}\n$ {redact(shlex.join(words))} &", flush=True)
        started = time.monotonic()
        with subprocess.Popen(
            words,
            cwd=cwd,
            env=self._env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        ) as server:
            try:
                heard = []
                for line in server.stdout or ():
                    heard.append(line)
                    if says in line:
                        break
                self._show("".join(heard))
                wrong = [] if heard and says in heard[-1] else [f"nothing said of {says}"]
                self._judge(None, [says], (), wrong, time.monotonic() - started)
                yield
            finally:
                server.terminate()

    def end(self) -> int:
        """Say how it went; 0 when everything was as it must be."""
        seconds = time.monotonic() - self._started
        good = self._steps - len(self._wrong)
        print(f"\ndemo: {good} of {self._steps} steps as they must be, {seconds:.0f} s")
        for line in self._wrong:
            print(f"  WRONG {line}")
        return 1 if self._wrong else 0

    def _show(self, output: str) -> None:
        lines = output.rstrip().splitlines()
        for line in lines[:_SHOWN]:
            print(f"  | {line}")
        if len(lines) > _SHOWN:
            print(f"  | ... and {len(lines) - _SHOWN} more lines")

    def _judge(
        self,
        code: int | None,
        says: Sequence[str | tuple[str, ...]],
        unchanged: Sequence[str],
        wrong: list[str],
        seconds: float,
    ) -> None:
        if wrong:
            self._wrong.append(f"step {self._steps}: {'; '.join(wrong)}")
            print(f"  WRONG: {'; '.join(wrong)}   [{seconds:.1f} s]", flush=True)
            return
        proven = [] if code is None else [f"exit code {code}"]
        proven += [f"says {said if isinstance(said, str) else ' or '.join(said)}" for said in says]
        if unchanged:
            proven.append(f"{', '.join(unchanged)} unchanged to the byte")
        print(f"  as it must be: {'; '.join(proven)}   [{seconds:.1f} s]", flush=True)


def fingerprint(path: Path) -> str:
    """Give a hash over a file, or over all names and contents in a folder; "-" when it is not there."""
    told = hashlib.sha256()
    if path.is_dir():
        for folder, folders, files in os.walk(path):
            # compiled files come and go with each start of Python; they are not the project's
            folders[:] = sorted(name for name in folders if name != "__pycache__")
            for name in sorted(files):
                found = Path(folder) / name
                told.update(str(found.relative_to(path)).encode())
                told.update(b"link" if found.is_symlink() else found.read_bytes())
    elif path.exists():
        told.update(path.read_bytes())
    else:
        return "-"
    return told.hexdigest()
