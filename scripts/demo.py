"""Show the main job on real projects: ``scripts/demo [--keep]``. Each step says what it shows and why, and is checked.

Works in a temporary folder (with a space in its name) that is removed at the end, or kept
with ``--keep``. The exit code is 0 when every step was as it must be.
"""

from __future__ import annotations

import shutil
import socket
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from scripts import bootstrap  # the line above makes it importable

if TYPE_CHECKING:
    from scripts.stage import Stage

# Real source releases; the hash is what the registry has told since they were published.
PIP_AUDIT = (
    "pip-audit",
    "pip_audit-2.7.3.tar.gz",
    "08891bbf179bffe478521f150818112bae998424f58bf9285c0078965aef38bc",
)
HTTPIE = (
    "httpie",
    "httpie-3.2.4.tar.gz",
    "302ad436c3dc14fd0d1b19d4572ef8d62b146bcd94b505f3c2521f701e2e7a2a",
)
PROJECT = ("pyproject.toml", "uv.lock", ".venv")


def new_project(stage: Stage, home: Path) -> None:
    """Start a project and try to bring wrong and right things into it."""
    stage.act(
        "A new project",
        "From nothing to a wheel that is proven. On the way, four things that must not get in.",
    )
    stage.step(
        ["onward", "new", "hello", "--kind", "cli"],
        home,
        why="A new project is complete at once: layout, tests, licence, CI, commit hook.",
    )
    root = home / "hello"
    stage.step(["onward", "check"], root, why="It passes its own checks from the first minute.")
    stage.step(
        ["onward", "run", "pytest", "-q"],
        root,
        why="And its own tests, in its own environment.",
        says=["passed"],
    )
    refusals(stage, root)
    stage.step(
        ["onward", "add", "jinja2"],
        root,
        why="The right name, no wish for an old version: added, with what it brings along judged too.",
        says=["markupsafe"],
    )
    stage.step(
        ["onward", "why", "markupsafe"],
        root,
        why="Nobody asked for markupsafe by name. Who brought it?",
        says=["jinja2"],
    )
    stage.step(
        ["onward", "ship", "wheel"],
        root,
        why="Built twice and compared, looked through for junk, installed into an empty environment, imported.",
    )
    stage.step(
        ["uv", "sync", "--locked"],
        root,
        why="The way out: plain uv goes on with this project, without onward.",
    )


def refusals(stage: Stage, root: Path) -> None:
    """Ask for what must not get in; each time nothing may change."""
    stage.step(
        ["onward", "add", "reqeusts"],
        root,
        why="A slip of the finger. Attackers register such names; this one is refused before anything is installed.",
        codes=[1],
        says=["requests"],
        unchanged=PROJECT,
    )
    stage.step(
        ["onward", "add", "jinja2==2.10"],
        root,
        why="An old version with a published hole, asked for by exact number.",
        codes=[1],
        says=[("GHSA-", "PYSEC-", "CVE-")],
        unchanged=PROJECT,
    )
    stage.step(
        ["onward", "add", "jinja2<2.11"],
        root,
        why="The same hole behind a range: there is no good version to step back to, so nothing changes.",
        codes=[1],
        says=[("GHSA-", "PYSEC-", "CVE-")],
        unchanged=PROJECT,
    )
    stage.step(
        ["onward", "add", "sklearn"],
        root,
        why="An import name is not a project name.",
        codes=[1],
        says=["scikit-learn"],
        unchanged=PROJECT,
    )


def edited_project(stage: Stage, root: Path) -> None:
    """Take a real project with pyproject.toml through a day of work."""
    stage.act(
        "A real project: pip-audit 2.7.3, as released in April 2024",
        "Its pyproject.toml is edited: comments and shape stay, the lock follows, each new version is judged.",
    )
    pyproject = root / "pyproject.toml"
    released = pyproject.read_bytes()
    stage.step(["onward", "lock"], root, why="It came without a lock file. Now it has one.")
    stage.step(
        ["onward", "add", "humanize"],
        root,
        why="One library more: its line goes where it belongs.",
        check=lambda _: "" if b"humanize" in pyproject.read_bytes() else "no line was added",
    )
    stage.step(
        ["onward", "undo"],
        root,
        why="Changed your mind? Every change can be taken back, here to the byte.",
        check=lambda _: (
            "" if pyproject.read_bytes() == released else "pyproject.toml is not as it was"
        ),
    )
    stage.step(
        ["onward", "update", "--dry-run"],
        root,
        why="What could be newer, how large each jump is, and what the policy holds back. Only a plan yet.",
        unchanged=("pyproject.toml", "uv.lock"),
    )
    stage.step(
        ["onward", "update", "--test-command", "python -m pip_audit --version"],
        root,
        why="The same, tested before and after. Its source release brings no tests, so here a start of the program stands for them.",
        says=["pass"],
    )
    stage.step(
        ["onward", "check"],
        root,
        why="Its code by its own ruff settings, its lock by the guard, in one list.",
        codes=[0, 1],
    )
    stage.step(["onward", "ship", "wheel"], root, why="And built, proven, with a list of parts.")


def foreign_project(stage: Stage, root: Path) -> None:
    """Read a project whose layout onward does not edit."""
    stage.act(
        "Another layout: HTTPie 3.2.4, which uses setup.cfg",
        "onward reads many layouts, and edits only the standard one. It says so instead of guessing.",
    )
    before = (root / "setup.cfg").read_bytes()
    stage.step(
        ["onward", "check"],
        root,
        why="Code and declared requirements are judged all the same.",
        codes=[0, 1],
    )
    stage.step(
        ["onward", "add", "rich"],
        root,
        why="Editing is another matter.",
        codes=[2],
        says=["setup.cfg"],
        check=lambda _: "" if (root / "setup.cfg").read_bytes() == before else "setup.cfg changed",
    )


def guarded_installer(stage: Stage, home: Path, upstream: str) -> None:
    """Install with plain uv through onward's index."""
    from scripts.registry_settings import UV_INDEX_VARIABLES

    stage.act(
        "Every other installer: the guard as an index",
        "uv, pip, poetry and pdm ask one address. What comes from there is judged by the same rules.",
    )
    port = free_port()
    index = f"http://127.0.0.1:{port}/simple/"
    install = ["uv", "pip", "install", "--python", "plain", "--no-config", "--default-index", index]
    serve = [
        "onward",
        "guard",
        "serve",
        "--port",
        str(port),
        "--data",
        "guard",
        "--upstream",
        upstream,
    ]
    stage.step(
        ["uv", "venv", "--quiet", "plain"], home, why="An environment that onward has no hand in."
    )
    with stage.running(serve, home, why="The server is there at once.", says="Serving http"):
        stage.step(
            [*install, "jinja2"],
            home,
            why="Plain uv, from that address: a good release comes with what it needs.",
            says=["jinja2", "markupsafe"],
            without=UV_INDEX_VARIABLES,
        )
        stage.step(
            [*install, "jinja2==2.10"],
            home,
            why="The version with the hole again. uv itself says who refuses it, and why.",
            codes=[1, 2],
            says=["guard/vulnerable", ("GHSA-", "PYSEC-", "CVE-")],
            unchanged=["plain"],
            without=UV_INDEX_VARIABLES,
        )
        stage.step(
            ["onward", "guard", "why", "jinja2==2.10", "--at", index],
            home,
            why="And the same with evidence, with the row that decided, and with what would help.",
            says=["held back", "onward allow"],
        )


def free_port() -> int:
    """Give a port of loopback that nobody listens on now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def main() -> int:
    """Run the acts."""
    from scripts.fetch_sdist import fetch
    from scripts.registry_settings import index_address
    from scripts.stage import Stage

    ready = bootstrap.ready()
    stage = Stage(ready.env)
    home = Path(tempfile.mkdtemp(prefix="onward demo "))
    print(f"onward's demo; everything happens in `{home}`", flush=True)
    try:
        new_project(stage, home)
        guarded_installer(stage, home, index_address(ready.env))
        keep = bootstrap.CACHE / "sdists"
        edited_project(stage, fetch(*PIP_AUDIT, home, keep, ready.env))
        foreign_project(stage, fetch(*HTTPIE, home, keep, ready.env))
        return stage.end()
    finally:
        if "--keep" in sys.argv[1:]:
            print(f"kept: {home}")
        else:
            shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    # The first time this Python only makes things ready; the demo runs in .cache/venv.
    sys.exit(main() if bootstrap.inside() else bootstrap.again("demo"))
