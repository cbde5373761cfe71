"""Programs started without `subprocess`: what they say, how they end, and which one is meant."""

import os
import sys
from pathlib import Path

import pytest

from onward.core.proc.spawn import start, stop

HERE = str(Path.cwd())


def said(code: str, cwd: str, *, errors: bool = True) -> tuple[bytes, int | None]:
    words = [sys.executable, "-I", "-S", "-c", code]
    started = start(words, cwd, {**os.environ, "WORD": "ä"}, errors=errors)
    return started.communicate()[0], started.returncode


@pytest.mark.parametrize("elsewhere", [False, True])
def test_output_errors_code_and_folder(tmp_path: Path, elsewhere: bool) -> None:
    cwd = str(tmp_path) if elsewhere else HERE
    loud = "import os, sys; print(os.getcwd()); sys.stdout.flush(); print('e', file=sys.stderr); sys.exit(3)"
    out, code = said(loud, cwd)
    assert out.decode().split() == [str(Path(cwd).resolve()), "e"]
    assert code == 3
    assert said(loud, cwd, errors=False)[0].decode().split()[1:] == []
    assert said("import sys; print(len(sys.stdin.read()))", cwd) == (b"0\n", 0)
    large = "import sys; sys.stdout.write('x' * 1_000_000)"
    assert len(said(large, cwd)[0]) == 1_000_000


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_program_that_was_ended_tells_by_which_signal() -> None:
    assert said("import os; os.kill(os.getpid(), 9)", HERE) == (b"", -9)
    # Python ignores this one, and a program that it starts must not
    broken = start(["sh", "-c", "kill -PIPE $$; echo alive"], HERE, dict(os.environ), errors=True)
    assert (broken.communicate()[0], broken.returncode) == (b"", -13)


@pytest.mark.skipif(os.name != "posix", reason="a script with #!")
def test_a_name_is_looked_for_in_the_path_that_is_given(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        program = tmp_path / folder / "tool"
        program.parent.mkdir()
        program.write_text(f"#!/bin/sh\necho {folder} $1\n", encoding="utf-8")
        program.chmod(0o755 if folder == "two" else 0o644)
    path = os.pathsep.join([str(tmp_path / "one"), str(tmp_path / "two")])
    started = start(["tool", "a b"], HERE, {"PATH": path}, errors=True)
    assert started.communicate()[0] == b"two a b\n"
    for missing in ("no-such-tool", str(tmp_path / "one" / "tool"), str(tmp_path / "none")):
        with pytest.raises(OSError, match=r"."):
            start([missing], HERE, {"PATH": path}, errors=True)


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_what_does_not_stop_when_it_is_asked_is_ended() -> None:
    deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); print('x', flush=True); time.sleep(600)"
    started = start([sys.executable, "-I", "-c", deaf], HERE, dict(os.environ), errors=True)
    willing = start(["sleep", "600"], HERE, dict(os.environ), errors=True)
    os.read(started._out, 1)  # type: ignore[union-attr]  # it has said that it is deaf
    stop([started, willing], 0.2)
    assert (started.returncode, willing.returncode) == (-9, -15)
