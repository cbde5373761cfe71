"""Makes the room and starts the program in it: run as a script of its own, by any Python, on Linux alone.

It is told on standard input (JSON) and answers in a file: ``{"why": ...}`` when the room cannot
be had, ``{"code": N}`` (negative: the signal) when the program has ended, with ``"status"`` and ``"body"``
of what it answered on loopback when that was asked for. Three processes: this
one waits; the second is the first of a new process namespace, so that the kernel ends all
others with it; the third becomes the program. Calls as in unshare(2), mount(2), user_namespaces(7).
"""

import contextlib
import ctypes
import encodings.idna  # noqa: F401 - looked up with the first address, when our own library is out of sight already
import fcntl
import json
import os
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable
from pathlib import Path

HOME = "/home/nobody"
_BREATH, _GRACE, _ANSWER, _BODY = 0.02, 5.0, 10.0, 20_000  # seconds, bytes

_NEW_NS, _NEW_UTS, _NEW_IPC, _NEW_USER, _NEW_PID, _NEW_NET = (
    0x00020000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000,
)  # fmt: skip
_RDONLY, _NOSUID, _NODEV, _REMOUNT, _BIND, _REC, _PRIVATE = (1, 2, 4, 32, 4096, 16384, 1 << 18)
_KEPT_FLAGS = (1, 2, 4, 8, 1024, 2048)  # a user namespace may not take these off a mount
_PARENT_DIES, _NO_NEW_RIGHTS = 1, 38  # prctl(2)
_SET_FLAGS, _UP = 0x8914, 1  # netdevice(7)
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")


class Cannot(Exception):
    """The room cannot be had here."""


def main(answer: str) -> int:
    """Do as standard input says; the exit code is the program's, 1 when there was none."""
    asked = json.loads(sys.stdin.buffer.read())
    outside = os.getppid()
    try:
        _separate(asked["user"])
        _call("prctl", _PARENT_DIES, signal.SIGKILL)  # the room ends with who asked for it
    except Cannot as error:
        return _answer(answer, {"why": str(error)}, 1)
    if os.getppid() != outside:  # it went just before
        return 1
    first = os.fork()
    if first == 0:
        os._exit(_first(asked, answer))
    signal.signal(signal.SIGTERM, lambda *_: os.kill(first, signal.SIGKILL))
    _, status = os.waitpid(first, 0)
    return os.waitstatus_to_exitcode(status) & 0xFF


def _separate(user: int) -> None:
    """Leave the namespaces of everybody else."""
    kinds = _NEW_NS | _NEW_UTS | _NEW_IPC | _NEW_PID | _NEW_NET
    uid, gid = os.getuid(), os.getgid()
    if uid == 0:
        with contextlib.suppress(Cannot):
            _call("unshare", kinds)
            return
    try:
        _call("unshare", kinds | _NEW_USER)
    except Cannot as error:
        raise Cannot(
            f"neither root nor user namespaces can be had here ({error}); a sandbox around us may forbid them"
        ) from None
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{user} {uid} 1")
    _write("/proc/self/gid_map", f"{user} {gid} 1")


def _first(asked: dict, answer: str) -> int:  # type: ignore[type-arg]
    """Be the first process inside: furnish the room, start the program, and wait for all."""
    _call("prctl", _PARENT_DIES, signal.SIGKILL)
    told = os.open(answer, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    seen = Path(asked["until"]) if asked["until"] else None
    outside = os.open(seen.parent, os.O_RDONLY) if seen else -1
    try:
        _furnish(asked["root"], asked["binds"], asked["user"])
        os.chroot(asked["root"])
        os.chdir("/")
        _loopback_up()
    except (OSError, Cannot) as error:
        os.write(told, json.dumps({"why": f"the room cannot be made: {error}"}).encode())
        return 1
    program = os.fork()
    if program == 0:
        os.close(told)
        _become(asked)
    code, more = _watch(program, asked, lambda: seen is not None and _exists(seen.name, outside))
    os.write(told, json.dumps({"code": code, **more}).encode())
    return code & 0xFF


def _watch(program: int, asked: dict, seen: Callable[[], bool]) -> tuple[int, dict]:  # type: ignore[type-arg]
    """Give how the program ended and what it answered; what others leave behind is cleared away meanwhile.

    Who is asked on loopback, or waits for somebody outside to have seen enough, is told to stop then.
    """
    more: dict = {}  # type: ignore[type-arg]
    port = asked["port"]
    asking, stopping = bool(port or asked["until"]), 0.0
    while True:
        pid, status = os.waitpid(-1, os.WNOHANG if asking or stopping else 0)
        if pid == program:
            return os.waitstatus_to_exitcode(status), more
        if pid:
            continue
        time.sleep(_BREATH)
        if asking:
            more |= _answered(port, asked["path"]) if port else {}
            asking = not ("status" in more or seen())
            if not asking:
                more["stopped"] = True
                stopping = time.monotonic() + _GRACE
                os.kill(program, signal.SIGTERM)
        elif time.monotonic() > stopping:
            os.kill(program, signal.SIGKILL)
            stopping += _GRACE


def _answered(port: int, path: str) -> dict:  # type: ignore[type-arg]
    """Ask once on loopback; give status and the beginning of the body, nothing when nobody answers yet."""
    try:
        # create_connection loads a codec from the library, which is out of reach in here
        with socket.socket() as opened:
            opened.settimeout(_ANSWER)
            opened.connect(("127.0.0.1", port))
            opened.sendall(f"GET {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
            said = b""
            while len(said) < _BODY and (chunk := opened.recv(_BODY)):
                said += chunk
    except OSError:
        return {}
    head, _, body = said.partition(b"\r\n\r\n")
    words = head.split(None, 2)
    if len(words) < 2 or not words[0].startswith(b"HTTP/") or not words[1].isdigit():
        return {"status": 0, "body": said[:200].decode("latin-1")}
    return {"status": int(words[1]), "body": body.decode("utf-8", "replace")}


def _exists(name: str, folder: int) -> bool:
    try:
        os.stat(name, dir_fd=folder)
    except OSError:
        return False
    return True


def _become(asked: dict) -> None:  # type: ignore[type-arg]
    user, argv = asked["user"], asked["argv"]
    try:
        null = os.open("/dev/null", os.O_RDONLY)
        os.dup2(null, 0)
        if os.getuid() != user:
            os.setgroups([])
            os.setresgid(user, user, user)
            os.setresuid(user, user, user)
        _call("prctl", _NO_NEW_RIGHTS, 1, 0, 0, 0)
        os.umask(0o022)
        os.chdir(asked["folder"])
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        os.closerange(3, 4096)
        os.execve(argv[0], argv, asked["env"])  # noqa: S606 - that is what we are for
    except (OSError, Cannot) as error:
        os.write(2, f"{argv[0]} cannot be started: {error}\n".encode())
    os._exit(127)


def _furnish(top: str, binds: list, user: int) -> None:  # type: ignore[type-arg]
    """Show the root read-only, with the folders and devices that any program may count on."""
    root = Path(top)
    _mount("none", "/", "", _REC | _PRIVATE)
    for name in ("proc", "dev", "tmp", "home"):
        (root / name).mkdir(parents=True, exist_ok=True)
    places = [(source, root / place.lstrip("/")) for source, place in binds]
    for source, place in places:
        _place_for(source, place)
    _mount(root, root, "", _BIND)
    _mount(root, root, "", _BIND | _REMOUNT | _RDONLY | _NOSUID | _flags_of(root))
    _mount("proc", root / "proc", "proc", _NOSUID | _NODEV)
    _devices(root / "dev")
    _mount("tmpfs", root / "tmp", "tmpfs", _NOSUID | _NODEV, "mode=1777")
    _mount("tmpfs", root / "home", "tmpfs", _NOSUID | _NODEV, "mode=755")
    home = root / HOME.lstrip("/")
    home.mkdir(0o700)
    with contextlib.suppress(OSError):  # in a user namespace it is ours already
        os.chown(home, user, user)
    for source, place in places:
        _place_for(source, place)  # below /tmp it went out of sight
        _mount(source, place, "", _BIND | _REC)
        _mount(source, place, "", _BIND | _REMOUNT | _RDONLY | _NOSUID | _flags_of(Path(source)))


def _devices(dev: Path) -> None:
    _mount("tmpfs", dev, "tmpfs", _NOSUID, "mode=755")
    for name in _DEVICES:
        with contextlib.suppress(Cannot, OSError):  # a machine may lack /dev/tty or /dev/full
            _place_for(f"/dev/{name}", dev / name)
            _mount(f"/dev/{name}", dev / name, "", _BIND)
    (dev / "shm").mkdir()
    _mount("tmpfs", dev / "shm", "tmpfs", _NOSUID | _NODEV, "mode=1777")
    for name, to in (("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")):
        (dev / name).symlink_to(f"/proc/self/fd{to}")


def _place_for(source: str, place: Path) -> None:
    """Have something at ``place`` that ``source`` can be shown on."""
    if Path(source).is_dir():
        place.mkdir(parents=True, exist_ok=True)
    elif not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()


def _flags_of(place: Path) -> int:
    found = os.statvfs(place).f_flag
    return sum(flag for flag in _KEPT_FLAGS if found & flag)


def _loopback_up() -> None:
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        fcntl.ioctl(opened, _SET_FLAGS, struct.pack("16sH14x", b"lo", _UP))


def _mount(source: str | Path, target: str | Path, kind: str, flags: int, data: str = "") -> None:
    words = (os.fsencode(source), os.fsencode(target), kind.encode() or None)
    _call("mount", *words, ctypes.c_ulong(flags), data.encode() or None, about=str(target))


def _call(name: str, *words: object, about: str = "") -> None:
    """Call the C library; raises Cannot with its own words."""
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*words) != 0:
        reason = os.strerror(ctypes.get_errno())
        raise Cannot(f"{name} {about}: {reason}" if about else f"{name}: {reason}")


def _write(path: str, text: str) -> None:
    Path(path).write_text(text, encoding="ascii")


def _answer(path: str, told: dict, code: int) -> int:  # type: ignore[type-arg]
    _write(path, json.dumps(told))
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
