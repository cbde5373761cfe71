"""Git about repositories elsewhere: where a project comes from, and which commit a tag of another one names."""

import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from onward.core.errors import BadInput, MissingTool, OutsideFailed
from onward.core.git_places import GIT_PLACES
from onward.core.lines import lines_of
from onward.core.proc.call import Call, Ran
from onward.core.proc.run import run
from onward.core.redact import redact

_LINE = re.compile(r"([0-9a-f]{40}|[0-9a-f]{64})\trefs/tags/([!-~]+?)(\^\{\})?")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_SECONDS = 60.0


def remotes(folder: Path, env: Mapping[str, str]) -> dict[str, str]:
    """Give the addresses of the remotes around ``folder`` by name; nothing where there is no repository or no git."""
    program = shutil.which("git", path=env.get("PATH"))
    if program is None:
        return {}
    words = ("config", "--get-regexp", r"^remote\..*\.url$")
    ran = _git(program, folder, dict(env), *words)
    found = {}
    for line in lines_of(ran.out.decode("utf-8", "replace")) if ran.code == 0 else ():
        key, _, url = line.partition(" ")
        found[key.removeprefix("remote.").removesuffix(".url")] = url
    return found


def default_branch(folder: Path, env: Mapping[str, str]) -> str:
    """Give the branch that the remote ``origin`` calls its default, else the one that is checked out, else nothing."""
    program = shutil.which("git", path=env.get("PATH"))
    if program is None:
        return ""
    for words, prefix in (
        (("symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD"), "origin/"),
        (("symbolic-ref", "--quiet", "--short", "HEAD"), ""),
    ):
        ran = _git(program, folder, dict(env), *words)
        if ran.code == 0:
            return ran.out.decode("utf-8", "replace").strip().removeprefix(prefix)
    return ""


def tags_at(url: str, env: Mapping[str, str]) -> dict[str, str]:
    """Give every tag of the repository at ``url`` with the commit that it names, also where it is a tag with words of its own.

    ``git ls-remote`` writes such a tag twice, the second time with ``^{}`` and the commit behind it
    (gitrevisions(7)). Raises BadInput for an address that is neither https, nor on this
    machine; MissingTool without git; OutsideFailed when the repository does not answer.
    """
    parts = urlsplit(url)
    if not (
        parts.scheme in ("https", "file")
        or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
        or (not parts.scheme and url.startswith("/"))
        or re.match(r"[A-Za-z]:[\\/]", url)
    ):
        raise BadInput(
            "not-encrypted",
            f"{redact(url)} is not asked: whoever sits on the way could name another commit",
            hint="Give an https address, or a path on this machine.",
        )
    program = shutil.which("git", path=env.get("PATH"))
    if program is None:
        raise MissingTool(
            "git-missing", "git is not there", hint="Install git: it asks for the tags."
        )
    away = {key: value for key, value in env.items() if key not in GIT_PLACES}
    quiet = {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", "GIT_ASKPASS": "", "SSH_ASKPASS": ""}
    words = ("ls-remote", "--quiet", "--tags", "--end-of-options", url)
    ran = _git(program, Path(os.sep), {**away, **quiet}, "-c", "credential.helper=", *words)
    if ran.code != 0:
        said = redact(ran.err.decode("utf-8", "replace").strip())
        raise OutsideFailed(
            "no-tags",
            f"the tags of {redact(url)} could not be asked for",
            context=tuple(lines_of(said)[-5:]),
            hint="Nothing was changed. Try again, or leave out `--pin`: what is pinned stays pinned.",
        )
    found: dict[str, str] = {}
    behind: dict[str, str] = {}
    for line in lines_of(ran.out.decode("utf-8", "replace")):
        if read := _LINE.fullmatch(line):
            (behind if read[3] else found)[read[2]] = read[1]
    return found | behind


def _git(program: str, folder: Path, env: dict[str, str], *words: str) -> Ran:
    argv = (program, "--no-pager", *words)
    return run(Call(argv=argv, cwd=str(folder), env=env, timeout=_SECONDS))
