"""Everything a command that touches dependencies works with, opened once."""

import contextlib
import datetime as dt
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from onward.adapters.tables import popular_table
from onward.adapters.uv.settings import UvSettings, read_settings
from onward.core import env as names
from onward.core.disk import locked, sha256_of
from onward.core.folders import cache_folder
from onward.core.journal import Record, pending
from onward.core.lines import lines_of
from onward.core.net import Net
from onward.core.perform import Listen, recover, silent
from onward.core.project import Project
from onward.domain.guard.setting import Setting
from onward.domain.guard.tables import PopularTable
from onward.domain.policy.model import Policy
from onward.workflows.advice import Advice, open_advice
from onward.workflows.project import find_root, open_project
from onward.workflows.settings import load_policy

if TYPE_CHECKING:
    from onward.workflows.judge import Judge


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """A project with its policy, uv's settings, the advisory data, the clock and the way out to the network.

    ``cwd`` is where the person stands, ``here`` the folder of the workspace's member that
    is (relative to the root; empty: the root).
    """

    project: Project
    cwd: Path
    here: str
    policy: Policy
    uv_settings: UvSettings
    advice: Advice
    popular: PopularTable
    net: Net
    env: Mapping[str, str]
    cache: Path
    now: dt.datetime
    offline: bool = False

    @property
    def uv(self) -> str:
        """The program; raises MissingTool when there is none."""
        from onward.adapters.uv.commands import uv_program  # a check of code never asks uv

        return uv_program(self.env)

    def judge(self, *, know_lock: bool = True) -> "Judge":
        """Give the judge; with ``know_lock`` what the lock holds counts as there before."""
        from onward.workflows.judge import Judge

        locked: dict[str, set[str]] | None = None
        if know_lock:
            locked = {}
            for package in self.project.lock.packages if self.project.lock else ():
                locked.setdefault(package.name, set()).add(package.version)
        return Judge(
            policy=self.policy,
            advice=self.advice,
            popular=self.popular,
            setting=setting_of(self.policy, self.project, self.now),
            locked=None
            if locked is None
            else {name: frozenset(found) for name, found in locked.items()},  # type: ignore[misc]
        )


def open_situation(
    cwd: Path, env: Mapping[str, str], now: dt.datetime, *, scripts: bool = False
) -> Situation:
    """Open the project around ``cwd`` with all that judging it needs; ``scripts`` as in ``find_root``.

    Raises what its parts raise: BadInput for files that cannot be used, Refused for a
    policy that is not the pinned one.
    """
    project = open_project(cwd, env, scripts=scripts)
    net = Net(env)
    cache = cache_folder(env)
    return Situation(
        project=project,
        cwd=cwd.resolve(),
        here=member_at(cwd.resolve(), project),
        policy=load_policy(project.root, project.tool_onward, env=env, net=net, cache=cache),
        uv_settings=read_settings(env, project.root),
        advice=open_advice(cache),
        popular=popular_table(),
        net=net,
        env=env,
        cache=cache,
        now=now,
        offline=names.is_offline(env),
    )


def member_at(cwd: Path, project: Project) -> str:
    """Give the innermost member of the workspace that ``cwd`` lies in, or an empty text for the root."""
    inside = [
        member
        for member in project.members
        if member != "." and (cwd == project.root / member or project.root / member in cwd.parents)
    ]
    return max(inside, key=len, default="")


def setting_of(policy: Policy, project: Project, now: dt.datetime) -> Setting:
    """Give the circumstances the guard's rules may know for a project."""
    return Setting(
        now=now,
        cooldown=policy.cooldown,
        private=policy.private,
        allow_only=policy.allow_only,
        indexes=policy.indexes,
        licences=policy.licences,
        platforms=policy.platforms or (this_platform(),),
        python=_python_of(policy, project),
    )


def this_platform(system: str = sys.platform, processor: str = "") -> str:
    """Give the name of this machine's platform as the policy writes it, such as ``linux-x86_64``."""
    word = {"win32": "windows", "darwin": "macos"}.get(system, "linux")
    if not processor:
        processor = (
            os.uname().machine
            if hasattr(os, "uname")
            else os.environ.get("PROCESSOR_ARCHITECTURE", "")
        )
    processor = processor.lower()
    return f"{word}-{ {'amd64': 'x86_64', 'aarch64': 'arm64'}.get(processor, processor) }"


def _python_of(policy: Policy, project: Project) -> tuple[int, int]:
    """Give the minor version that counts for wheels: the policy's, the environment's, else this one."""
    text = policy.python or _environment_python(project.environment) or ""
    parts = text.split(".")
    if len(parts) >= 2 and parts[0].isdigit() and parts[1].isdigit():
        return int(parts[0]), int(parts[1])
    return sys.version_info[0], sys.version_info[1]


def _environment_python(environment: Path) -> str | None:
    try:
        lines = lines_of((environment / "pyvenv.cfg").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return None
    found = dict(line.partition("=")[::2] for line in lines)
    return next(
        (v.strip() for k, v in found.items() if k.strip() in ("version_info", "version")), None
    )


def lock_path(cache: Path, root: Path) -> Path:
    """Give the lock file for a project: outside of it, so that a refusal leaves no trace there."""
    return cache / "locks" / sha256_of(str(root).encode())[:24]


@contextlib.contextmanager
def alone(root: Path, cache: Path, listen: Listen = silent) -> Iterator[bool]:
    """Be the only onward that changes the project at ``root`` while the body runs.

    What an earlier, interrupted onward left half done is put back first; gives whether the
    environment has to be brought in step again because of that.
    """
    with locked(lock_path(cache, root), f"`{root}`"):
        record = recover(root, listen=listen)
        yield bool(record and record.stale)


@contextlib.contextmanager
def alone_as_it_is(root: Path, cache: Path) -> Iterator[Record | None]:
    """Be alone as ``alone`` does, but put nothing back; gives the record of what an interrupted onward left, if any."""
    with locked(lock_path(cache, root), f"`{root}`"):
        yield pending(root)


@contextlib.contextmanager
def working_on(
    cwd: Path,
    env: Mapping[str, str],
    now: dt.datetime,
    listen: Listen = silent,
    *,
    scripts: bool = False,
) -> Iterator[tuple[Situation, bool]]:
    """Open the project around ``cwd`` for a command that may change it, alone among onwards; ``scripts`` as in ``find_root``.

    Gives the situation, and whether its environment has to be brought in step again.
    """
    root = find_root(cwd, scripts=scripts)
    with alone(root, cache_folder(env), listen) as stale:
        yield open_situation(cwd, env, now, scripts=scripts), stale
