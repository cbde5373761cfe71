"""The words of ``onward ship image``: read before anything is looked at, and all that are wrong told at once."""

import argparse
import re
from pathlib import Path

import msgspec

from onward.cli.wrong_words import WrongWords
from onward.core.disk import check_file, check_folder
from onward.core.errors import BadInput
from onward.core.told_command import words_of_command
from onward.domain.images.manifest import Platform
from onward.domain.images.reference import DOCKER, Reference, parse_reference
from onward.workflows.image.build import Ground
from onward.workflows.image.foundation import base_of_folder
from onward.workflows.image.here import from_here
from onward.workflows.image.put import check_target
from onward.workflows.image.remote import base_of_registry

_PLATFORM = re.compile(r"linux/([a-z0-9]+)(?:/([a-z0-9]+))?")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_NEED_A_VALUE = ("output", "tar", "push", "base", "package", "command", "tag")


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for. ``folder`` and ``tar`` are absolute; no ``platforms``: this machine's."""

    ground: Ground
    reference: Reference | None = None
    folder: Path | None = None
    tar: Path | None = None
    platforms: tuple[Platform, ...] = ()

    def into(self, folder: Path) -> "Words":
        """Give the same with ``folder`` as the one that nobody named; raises BadInput where it is in the way."""
        _free(folder)
        return msgspec.structs.replace(self, folder=folder)


def read_words(options: argparse.Namespace, cwd: Path) -> Words:
    """Read the options of the command, paths from ``cwd``; raises BadInput with all that is wrong about them."""
    wrong = WrongWords()
    wrong.need_values(options, _NEED_A_VALUE)
    reference = wrong.read(lambda: _push(options.push)) if options.push else None
    ground = wrong.read(lambda: _ground(options.base, cwd))
    platforms = wrong.read(lambda: _platforms(options.platform)) or ()
    folder = (cwd / options.output).absolute() if options.output else None
    tar = (cwd / options.tar).absolute() if options.tar else None
    if folder is not None:
        wrong.read(lambda: _free(folder))
    if tar is not None:
        wrong.read(lambda: _free_for_file(tar, folder))
        wrong.read(lambda: _one(platforms))
    if options.command:
        wrong.read(lambda: words_of_command(options.command))
    wrong.read(lambda: _port(options.port))
    wrong.read(lambda: _tag(options))
    wrong.tell()
    return Words(
        ground=ground or from_here,
        reference=reference,
        folder=folder,
        tar=tar,
        platforms=platforms,
    )


def check_tag(tag: str) -> None:
    """Raise BadInput (``bad-tag``) for what an image cannot be tagged with."""
    if not _TAG.fullmatch(tag):
        raise BadInput(
            "bad-tag",
            f"`{tag[:130]}` is no tag",
            hint="Letters, digits and `. _ -`, at most 128, and neither `.` nor `-` first.",
        )


def _push(text: str) -> Reference | None:
    if not text.strip():
        return None
    reference = parse_reference(text)
    if reference.digest:
        raise BadInput(
            "push-by-digest",
            f"`--push {text}` names a digest, and that of the image is known only once it is made",
            hint=f"Name a tag: `--push {reference.registry}/{reference.repository}:{reference.tag or '1.0'}`.",
        )
    if reference.registry == DOCKER and reference.repository.startswith("library/"):
        name = reference.repository.removeprefix("library/")
        raise BadInput(
            "no-account",
            f"`--push {text}` would go to {reference}, where only Docker's own images are",
            hint=f"Name an account of Docker Hub, `--push ACCOUNT/{name}`, or a registry,"
            f" `--push registry.example.com/{name}`.",
        )
    return reference


def _ground(told: str | None, cwd: Path) -> Ground:
    if not told or not told.strip():
        return from_here
    folder = cwd / told
    if folder.is_dir():
        return base_of_folder(folder.resolve())
    if told.startswith((".", "/", "~")) or folder.exists():
        what = "is no folder" if folder.exists() else "is not there"
        raise BadInput(
            "no-such-base",
            f"`--base {told}`: `{folder}` {what}",
            hint="Name the folder of an image layout or of a root file system, or an image of a registry"
            " such as `python:3.12-slim`.",
        )
    return base_of_registry(parse_reference(told))


def _platforms(told: list[str]) -> tuple[Platform, ...]:
    words = [word.strip() for one in told for word in one.split(",")]
    read = {word: _PLATFORM.fullmatch(word) for word in words}
    wrong = [word for word, match in read.items() if match is None]
    if wrong:
        listed = ", ".join(f"`{word}`" for word in wrong)
        raise BadInput(
            "bad-platform",
            f"{listed} {'is no platform' if len(wrong) == 1 else 'are no platforms'} that onward makes images for",
            hint="It looks like `linux/arm64`.",
        )
    return tuple(
        Platform(architecture=match[1], variant=match[2] or "") for match in read.values() if match
    )


def _one(platforms: tuple[Platform, ...]) -> None:
    if len(platforms) > 1:
        raise BadInput(
            "one-platform",
            "a tar for `docker load` holds the image of one platform",
            hint="Name one `--platform`, or use `--output` or `--push`.",
        )


def _free_for_file(tar: Path, folder: Path | None) -> None:
    check_file(tar)
    if folder is not None and (tar == folder or folder in tar.parents or tar in folder.parents):
        raise BadInput(
            "same-place",
            f"`--tar` and `--output` lead to the same place: `{tar}` and `{folder}`",
            hint="Put the file beside the folder.",
        )


def _free(folder: Path) -> None:
    check_target(folder)
    check_folder(folder)


def _port(told: int | None) -> None:
    if told is not None and not 0 < told < 65_536:
        raise BadInput(
            "bad-port",
            f"`--port {told}` is no port: there are 1 to 65535",
            hint="Name the one that the program listens on, such as `--port 8000`.",
        )


def _tag(options: argparse.Namespace) -> None:
    if not options.tag:
        return
    check_tag(options.tag)
    if options.push and not options.output and not options.tar:
        raise BadInput(
            "tag-unused",
            "`--tag` is for the layout and the tar, and neither is to be written",
            hint="The tag in a registry is part of the name: `--push registry.example.com/team/app:TAG`.",
        )
