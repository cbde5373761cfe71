"""The clean room: another root, no network, no rights, nothing left behind."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from onward.adapters.clean_room import Bind, Wanted, enter, read
from onward.core.errors import EngineFailed, OutsideFailed
from onward.core.proc.call import Ran
from onward.core.proc.run import run

if sys.platform != "linux":
    pytest.skip("only Linux has such rooms", allow_module_level=True)
with tempfile.TemporaryDirectory() as empty:
    if why := read(run(enter(Wanted(root=empty, argv=("/bin/true",))))).why:
        pytest.skip(why, allow_module_level=True)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a root with a shell, a few programs and the libraries that they need."""
    root = tmp_path_factory.mktemp("root")
    root.chmod(0o755)
    for program in ("sh", "id", "ls", "cat", "touch", "sleep", "kill"):
        found = shutil.which(program)
        if found is None:
            pytest.skip(f"{program} is not on this machine")
        _take(Path(found).resolve(), root / "bin" / program)
        listed = subprocess.run(["ldd", found], capture_output=True, text=True, check=True)
        for word in listed.stdout.split():
            if word.startswith("/"):
                _take(Path(word), root / word[1:])
    return root


def _take(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target)


def shell(root: Path, script: str, **more: object):  # type: ignore[no-untyped-def]
    wanted = Wanted(root=str(root), argv=("/bin/sh", "-c", script), **more)  # type: ignore[arg-type]
    return read(run(enter(wanted)))


def test_the_program_is_nobody_in_another_root(root: Path) -> None:
    done = shell(
        root, "id -u; id -g; ls /; echo $HOME $LANG; echo no >&2; exit 7", env={"LANG": "C"}
    )
    assert (done.started, done.code, done.err) == (True, 7, "no\n")
    lines = done.out.split()
    assert lines[:2] == ["65532", "65532"]
    assert {"bin", "dev", "proc", "tmp"} <= set(lines)
    assert "usr" not in lines or (root / "usr").exists()
    assert lines[-2:] == ["/home/nobody", "C"]


def test_nothing_can_be_written_but_in_two_empty_places(root: Path) -> None:
    done = shell(root, "touch /tmp/a $HOME/b /dev/shm/c && echo well; touch /bin/d; touch /e")
    assert done.out == "well\n"
    assert done.err.count("Read-only") + done.err.count("denied") == 2
    assert not list((root / "tmp").iterdir())


def test_there_is_no_network_but_loopback(root: Path) -> None:
    done = shell(root, "cat /proc/net/dev")
    names = [line.partition(":")[0].strip() for line in done.out.splitlines() if ":" in line]
    assert names == ["lo"]


def test_what_is_shown_can_be_read_and_not_written(root: Path, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "a").write_text("hello", encoding="utf-8")
    binds = (
        Bind(source=str(tmp_path), place="/opt/app"),
        Bind(source=str(tmp_path), place="/tmp/x"),
    )
    done = shell(root, "cat /opt/app/a /tmp/x/a; touch /opt/app/b", binds=binds)
    assert done.out == "hellohello"
    assert not (tmp_path / "b").exists()


def test_a_signal_is_told(root: Path) -> None:
    done = shell(root, "kill -SEGV $$")
    assert done.signal == 11


def test_what_is_not_there_cannot_be_started(root: Path) -> None:
    done = read(run(enter(Wanted(root=str(root), argv=("/bin/nothing",)))))
    assert done.code == 127
    assert "cannot be started" in done.err


def test_what_goes_on_in_the_background_ends_with_the_program(root: Path) -> None:
    mark = f"9{os.getpid()}"
    assert shell(root, f"sleep {mark} & echo on").out == "on\n"
    assert not _running(mark)


def test_killed_at_once_it_takes_all_inside_along(root: Path) -> None:
    mark = f"8{os.getpid()}"
    call = enter(Wanted(root=str(root), argv=("/bin/sleep", mark)))
    argv = [word.replace("{answer}", str(root / "answer")) for word in call.argv]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, env=call.env) as child:
        assert child.stdin is not None
        child.stdin.write(call.stdin)
        child.stdin.close()
        _until(lambda: _running(mark))
        child.kill()
    _until(lambda: not _running(mark))
    mounts = Path("/proc/self/mounts").read_text(encoding="utf-8")
    assert str(root) not in mounts


def test_who_asked_for_it_is_killed_and_the_room_goes_along(root: Path) -> None:
    mark = f"7{os.getpid()}"
    script = (
        "import os, sys\nfrom onward.adapters.clean_room import Wanted, enter\n"
        "from onward.core.proc.run import run\n"
        "run(enter(Wanted(root=sys.argv[1], argv=('/bin/sleep', os.environ['MARK']), timeout=900)))\n"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "MARK": mark}
    with subprocess.Popen([sys.executable, "-c", script, root], env=env) as asking:
        _until(lambda: _running(mark))
        asking.kill()  # and nobody else
    _until(lambda: not _running(mark))


def test_too_long_is_ended(root: Path) -> None:
    call = enter(Wanted(root=str(root), argv=("/bin/sleep", "60"), timeout=0.5))
    with pytest.raises(OutsideFailed, match="did not finish"):
        run(call)


def test_a_program_that_answers_is_asked_and_told_to_stop(root: Path) -> None:
    # any program that serves would do; this machine's Python is one
    script = (
        "import http.server as h\n"
        "class S(h.BaseHTTPRequestHandler):\n"
        "    def do_GET(self):\n"
        "        self.send_response(418); self.end_headers(); self.wfile.write(self.path.encode())\n"
        "h.HTTPServer(('127.0.0.1', 8123), S).serve_forever()\n"
    )
    # shown elsewhere than outside, so that the room itself cannot load its library from there
    found = [Bind(source=sys.base_prefix, place="/python")]
    found += [Bind(source=p, place=p) for p in ("/lib", "/lib64", "/usr/lib") if Path(p).exists()]
    python = f"/python/bin/{Path(sys.executable).resolve().name}"
    told = {"LD_LIBRARY_PATH": "/python/lib", "PYTHONHOME": "/python"}
    wanted = Wanted(root=str(root), argv=(python, "-c", script), binds=tuple(found), port=8123, path="/tea", env=told)  # fmt: skip
    done = read(run(enter(wanted)))
    assert (done.status, done.body, done.stopped) == (418, "/tea", True), done


def test_a_program_ends_when_it_was_seen(root: Path, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    seen.touch()
    done = read(run(enter(Wanted(root=str(root), argv=("/bin/sleep", "50"), until=str(seen)))))
    assert done.stopped
    assert done.signal == 15


def test_a_root_that_is_not_there_is_no_clean_bill(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = read(run(enter(Wanted(root=str(tmp_path / "file"), argv=("/bin/true",)))))
    assert not done.started
    assert "cannot be made" in done.why


def test_a_room_that_breaks_down_is_told(root: Path) -> None:
    call = enter(Wanted(root=str(root), argv=("/bin/true",)))
    with pytest.raises(EngineFailed, match="broke down"):
        read(Ran(call=call, code=1, out=b"", err=b"Traceback", seconds=0.0))


def _running(mark: str) -> bool:
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and mark in (entry / "cmdline").read_text(encoding="utf-8"):
                return True
        except (OSError, UnicodeDecodeError):
            continue
    return False


def _until(what) -> None:  # type: ignore[no-untyped-def]
    end = time.monotonic() + 20
    while not what():
        assert time.monotonic() < end, "it did not happen within 20 s"
        time.sleep(0.02)
