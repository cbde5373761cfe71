"""The other tools, each in an environment of its own under .cache/peers, installed when first needed."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

from bench.harness import CACHE

_BIN = "Scripts" if os.name == "nt" else "bin"
_EXE = ".exe" if os.name == "nt" else ""

PEERS = ("poetry", "pdm", "hatch", "pipenv")
# A plain install of pdm 2.29 brings a hishel that it does not work with; these are the ones it was tested with.
_ALSO = {"pdm": ("pdm[locked]",), "proxpi": ("gunicorn",)}
_PROGRAMS = {"pypiserver": "pypi-server", "proxpi": "gunicorn"}


def own(name: str) -> str:
    """Give a program from the environment that this bench runs in."""
    return str(Path(sys.prefix) / _BIN / f"{name}{_EXE}")


def verb_missing(verb: str) -> str:
    """Give "" when onward has this verb, else why it cannot be measured."""
    there = importlib.util.find_spec(f"onward.cli.{verb}") is not None
    return "" if there else f"`onward {verb}` is not there yet"


def version(name: str) -> str:
    """Give the version of a tool that is there; an empty text when it is not."""
    stem = name.replace("-", "_")
    found = (CACHE / "peers" / name).glob(f"**/site-packages/{stem}-*.dist-info")
    return next((path.name.removesuffix(".dist-info").rpartition("-")[2] for path in found), "")


def peer(name: str) -> tuple[str, str]:
    """Give (program, "") for another tool, or ("", why it cannot be had)."""
    folder = CACHE / "peers" / name
    program = folder / _BIN / f"{_PROGRAMS.get(name, name)}{_EXE}"
    if program.exists():
        return str(program), ""
    sys.stdout.write(f"[ready] installing {name} into .cache/peers/{name}\n")
    sys.stdout.flush()
    python = folder / _BIN / f"python{_EXE}"
    for words in (
        ["venv", "--quiet", "--clear", "--python", sys.executable, str(folder)],
        [
            "pip",
            "install",
            "--quiet",
            "--compile-bytecode",
            "--python",
            str(python),
            name,
            *_ALSO.get(name, ()),
        ],
    ):
        done = subprocess.run(
            [own("uv"), *words],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        if done.returncode:
            said = done.stderr.strip().splitlines()
            return "", f"{name} could not be installed: {said[-1][:160] if said else ''}"
    return (str(program), "") if program.exists() else ("", f"{name} brought no program")
