"""Make a picture of a terminal session from commands that are really run: ``scripts/picture SCRIPT SVG``.

SCRIPT is a text file: ``= WORDS`` is the title, ``$ COMMAND`` is run and shown with its
output, ``! COMMAND`` is run without being shown, ``@ FOLDER`` changes the folder,
``~ N`` shows at most N lines of each output from here on, ``#`` is a remark. Everything runs
in an empty temporary folder; a command that is shown may fail, a hidden one may not.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from scripts import bootstrap
from scripts.svg import COLUMNS, render

PROMPT = "\x1b[32m$\x1b[0m "


class Shot(NamedTuple):
    """A title and the lines of a session, with their escape sequences."""

    title: str
    lines: list[str]


def play(script: str, env: Mapping[str, str], home: Path) -> Shot:
    """Run the commands of ``script`` below ``home`` and give what a person would have seen."""
    title, lines, most, folder = "", [], 40, home
    for line in script.splitlines():
        sign, _, rest = line.strip().partition(" ")
        if sign == "=":
            title = rest
        elif sign == "~":
            most = int(rest)
        elif sign == "@":
            folder = (folder / rest).resolve()
            lines += [f"{PROMPT}\x1b[1mcd {rest}\x1b[0m"]
        elif sign == "!":
            code, output = run(rest, folder, env)
            if code:
                raise SystemExit(f"onward: `{rest}` ended with exit code {code}:\n{output}")
        elif sign == "$":
            shown = seen(run(rest, folder, env)[1].replace(str(home), "~"))
            lines += [f"{PROMPT}\x1b[1m{rest}\x1b[0m", *shown[:most]]
            if len(shown) > most:
                lines.append(f"\x1b[2m... {len(shown) - most} more lines\x1b[0m")
            lines.append("")
    return Shot(title, lines[:-1] if lines and not lines[-1] else lines)


def seen(output: str) -> list[str]:
    """Give the lines that are left on a terminal: what a carriage return overwrote is gone."""
    lines = output.replace("\r\n", "\n").rstrip().split("\n")
    return [line.rstrip("\r").rpartition("\r")[2] for line in lines] if output.strip() else []


def run(command: str, folder: Path, env: Mapping[str, str]) -> tuple[int, str]:
    """Run a shell line as on a terminal of ``COLUMNS`` columns; gives exit code and output."""
    wanted = {**env, "COLUMNS": str(COLUMNS), "LINES": "50", "TERM": "xterm-256color"}
    if os.name != "posix":  # no terminal to give; the output is then without colour
        done = subprocess.run(
            command, shell=True, cwd=folder, env=wanted, capture_output=True, check=False
        )
        return done.returncode, (done.stdout + done.stderr).decode("utf-8", "replace")
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
    child = subprocess.Popen(
        command,
        shell=True,
        cwd=folder,
        env=wanted,
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    output = b"".join(_read(ours))
    os.close(ours)
    return child.wait(), output.decode("utf-8", "replace")


def _read(handle: int) -> Iterator[bytes]:
    while True:
        try:
            chunk = os.read(handle, 65536)
        except OSError:  # Linux says so when the other end has closed
            return
        if not chunk:
            return
        yield chunk


def main() -> int:
    """Play the script and write the picture."""
    if len(sys.argv) != 3:
        print(__doc__.strip() if __doc__ else "", file=sys.stderr)
        return 2
    source, target = (Path(word).absolute() for word in sys.argv[1:])
    ready = bootstrap.ready()
    with tempfile.TemporaryDirectory(prefix="onward-picture-") as home:
        shot = play(source.read_text(encoding="utf-8"), ready.env, Path(home).resolve())
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(render(shot.title, shot.lines), encoding="utf-8", newline="\n")
    print(f"written: {target}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
