"""``onward ship``: what can be handed out, each kind in a file of its own."""

import argparse
import importlib
from types import ModuleType

from onward.cli.door import Desk
from onward.core.errors import BadInput

# kind: (module of this folder with `arguments` and `run`, help, description)
KINDS: dict[str, tuple[str, str, str]] = {
    "wheel": (
        "ship_wheel",
        "a wheel and a source distribution, checked, installed, built twice",
        "Build a wheel and a source distribution, prove both, and put them into a folder.",
    ),
    "app": (
        "ship_app",
        "a program for people without Python, started without one before it is done",
        "Build a program that needs no Python, start it where there is none, and only then hand it out.",
    ),
    "installer": (
        "ship_installer",
        "a setup program and an MSI around a folder that was built on Windows",
        "Make installers for Windows around a folder that was built there, and look into them again.",
    ),
    "check": (
        "ship_check",
        "compare wheel, source distribution and repository, and prove both; write nothing",
        "Build a wheel and a source distribution, compare both with the repository, prove them, and write nothing.",
    ),
    "bump": (
        "ship_bump",
        "raise the version, by choice or by what became of the public API",
        "Raise the version where the project keeps it.",
    ),
    "publish": (
        "ship_publish",
        "to PyPI or an index of your own: proven before, looked at after",
        "Build, prove, upload a wheel and a source distribution, and look at what came of it.",
    ),
    "image": (
        "ship_image",
        "a container image, without an engine",
        "Build a container image (OCI) of the project, and write or push it.",
    ),
    "container-files": (
        "ship_container_files",
        "a Dockerfile, Compose, Kubernetes, dev container and debugger settings; your edits are kept",
        "Write the files that run a project in containers, again and again; your edits are kept.",
    ),
    "ci": (
        "ship_ci",
        "jobs for GitHub Actions and GitLab CI: check, test, build, prove, publish; or their steps here",
        "Write the jobs that check, test, build, prove and publish a project, or run their steps on this machine.",
    ),
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be shipped, and the options of each."""
    kinds = parser.add_subparsers(dest="what", metavar="WHAT", required=True)
    for word, (module, told, description) in KINDS.items():
        kind = kinds.add_parser(word, help=told, description=description, allow_abbrev=False)
        _module(module).arguments(kind)


def run(options: argparse.Namespace, desk: Desk) -> int:
    """Do what the kind's own file does, after what an interrupted onward left half done was put back.

    All kinds look at what is there, build for a while, and write at the end: what they looked at
    must not be put back in between.
    """
    writes = not getattr(options, "dry_run", True) and not getattr(options, "explain", False)
    if writes:
        _put_back(desk)
    code: int = _module(KINDS[options.what][0]).run(options, desk)
    return code


def _put_back(desk: Desk) -> None:
    from onward.cli.progress import telling
    from onward.core.folders import cache_folder
    from onward.workflows.project import find_root
    from onward.workflows.situation import alone

    try:
        root = find_root(desk.cwd)
    except BadInput:  # an installer needs no project
        return
    with alone(root, cache_folder(desk.env), telling(desk)) as stale:
        if stale:
            desk.tell("`onward sync` brings the environment in step again.")


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"onward.cli.{name}")
