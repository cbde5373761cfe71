"""The files of build services: which of them, written beside a person's edits, and the actions in them pinned."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from onward.adapters.git import repository
from onward.core.disk import read_text
from onward.core.errors import BadInput, MissingTool
from onward.core.plan import Plan, WriteFile
from onward.domain.pipeline.actions import Use, pinned, uses_in
from onward.domain.pipeline.github import PATH as GITHUB
from onward.domain.pipeline.github import github
from onward.domain.pipeline.gitlab import PATH as GITLAB
from onward.domain.pipeline.gitlab import gitlab
from onward.domain.pipeline.jobs import jobs_of
from onward.domain.pipeline.model import Facts, words_in
from onward.workflows.regenerate import RECORD, Outcome, generated, regenerate

SERVICES = {"github": GITHUB, "gitlab": GITLAB}
"""word: path in the project."""
HOME = "https://github.com"
_LIMIT = 5_000_000
_SCP = re.compile(r"(?:[^@/\s]+@)?(?P<host>[^:/\s]+):(?!//)")  # git@host:owner/name
_EXACT = re.compile(r"v?\d+(?:\.\d+)*")

Tags = Callable[[str], Mapping[str, str]]
"""Gives each tag of the repository at an address, with its commit."""


class Pinning(msgspec.Struct, frozen=True, kw_only=True):
    """What came of pinning: the outcome to perform, what is pinned now, and what people should look at."""

    outcome: Outcome
    pinned: tuple[str, ...]
    notes: tuple[str, ...]


def guess_services(root: Path, remotes: Mapping[str, str]) -> tuple[str, ...]:
    """Give the services that files were written for before, else those of the remotes, else those whose files are there.

    Raises BadInput (``which-service``) where nothing tells.
    """
    written = generated(root)
    if before := tuple(word for word, path in SERVICES.items() if path in written):
        return before
    hosts = {_host(url) for url in remotes.values()}
    found = tuple(word for word in SERVICES if any(word in host.split(".") for host in hosts))
    marks = {"github": ".github", "gitlab": GITLAB}
    found = found or tuple(word for word, mark in marks.items() if (root / mark).exists())
    if not found:
        told = ", ".join(sorted(filter(None, hosts))) or "there is no remote"
        raise BadInput(
            "which-service",
            f"nothing tells whether GitHub or GitLab builds this project: {told}",
            hint="Say it: `onward ship ci --github`, `--gitlab`, or both.",
        )
    return found


def check_top(root: Path, env: Mapping[str, str]) -> None:
    """Raise BadInput (``not-at-the-top``) for a project below the top of its repository: files there are read by nobody."""
    try:
        known = repository(root, env, cwd=root)
    except MissingTool:
        return
    if known is not None and known.top != root.resolve():
        raise BadInput(
            "not-at-the-top",
            f"this project lies in `{root.resolve().relative_to(known.top).as_posix()}` of its repository, and GitHub and GitLab"
            " read the files at its top alone",
            hint="`onward ship ci --dry-run --json` names the jobs, and `--here` runs their steps: write them by hand with a `working-directory`.",
        )


def words_before(root: Path) -> tuple[str, ...]:
    """Give the options that the files were written for when they were written last."""
    written = generated(root)
    return next((words_in(written[path]) for path in SERVICES.values() if path in written), ())


def propose(root: Path, facts: Facts, services: Sequence[str], *, named: bool) -> Outcome:
    """Plan the files of ``services``; ``named``: a person asked for them, so one that was deleted comes back."""
    jobs = jobs_of(facts)
    wanted = {}
    if "github" in services:
        wanted[GITHUB] = github(facts, jobs, _text(root / GITHUB))
    if "gitlab" in services:
        wanted[GITLAB] = gitlab(facts, jobs)
    return regenerate(
        root,
        wanted,
        f"Jobs of {facts.name}",
        again=frozenset(wanted) if named else frozenset(),
        option="--github or --gitlab",
    )


def twice(root: Path, services: Sequence[str]) -> tuple[str, ...]:
    """Tell of other workflows of GitHub that have onward check the project too, such as the one of ``onward new``."""
    if "github" not in services:
        return ()
    beside = (
        path for path in (root / GITHUB).parent.glob("*.y*ml") if path.name != Path(GITHUB).name
    )
    found = (
        path.relative_to(root).as_posix()
        for path in sorted(beside)
        if "onward check" in _text(path)
    )
    return tuple(
        f"{path} has the project checked too; remove it, or all is done twice" for path in found
    )


def pin(root: Path, outcome: Outcome, tags: Tags, home: str = HOME) -> Pinning:
    """Let the workflow name commits where it names tags, and look whether the tags of commits still name them.

    ``home`` is where repositories of actions are. Each is asked before anything is written. Raises BadInput
    (``no-such-tag``) with every tag that is not there.
    """
    if GITHUB in outcome.left:
        return Pinning(outcome=outcome, pinned=(), notes=(f"{GITHUB} is not pinned: see above",))
    text = outcome.changed.get(GITHUB) or _text(root / GITHUB)
    uses = list(dict.fromkeys(use for use in uses_in(text) if use.tag))
    asked: dict[str, Mapping[str, str]] = {}
    found: dict[tuple[str, str], Use] = {}
    lacking: list[str] = []
    notes: list[str] = []
    for use in uses:
        if use.repository not in asked:
            asked[use.repository] = tags(f"{home.rstrip('/')}/{use.repository}")
        there = asked[use.repository]
        commit = there.get(use.tag)
        if use.is_pinned:
            notes += _moved(use, commit)
        elif commit is None:
            lacking.append(f"{use.action}@{use.at}")
        else:
            found[use.action, use.at] = Use(
                action=use.action, at=commit, note=_exact(use.tag, commit, there)
            )
    if lacking:
        raise BadInput(
            "no-such-tag",
            "these name no tag, so there is no commit to pin; nothing was written",
            context=tuple(lacking),
            hint="Name a tag of that repository: a branch moves with each change.",
        )
    return Pinning(
        outcome=_with(root, outcome, pinned(text, found)) if found else outcome,
        pinned=tuple(f"{use.action}@{use.at} # {use.note}" for use in found.values()),
        notes=tuple(notes),
    )


def _moved(use: Use, commit: str | None) -> list[str]:
    if commit == use.at:
        return []
    now = f"names {commit[:12]} now" if commit else "is gone"
    return [
        f"{use.action}: the tag {use.tag} {now}, and {use.at[:12]} is pinned; the pin stays. Find out why before you change it"
    ]


def _exact(tag: str, commit: str, there: Mapping[str, str]) -> str:
    """Give the most exact version among the tags of a commit that ``tag`` is the beginning of."""
    same = [
        one
        for one, at in there.items()
        if at == commit and one.startswith(f"{tag}.") and _EXACT.fullmatch(one)
    ]
    return max(same, key=lambda one: (one.count("."), one), default=tag)


def _with(root: Path, outcome: Outcome, text: str) -> Outcome:
    path = str(root / GITHUB)
    verb = "Change" if (root / GITHUB).exists() else "Write"
    write = WriteFile(
        sentence=f"{verb} {GITHUB}, with its actions pinned", path=path, content=text.encode()
    )
    others = [
        step
        for step in outcome.plan.steps
        if not (isinstance(step, WriteFile) and step.path == path)
    ]
    record = [step for step in others if isinstance(step, WriteFile) and step.path.endswith(RECORD)]
    steps = (*(step for step in others if step not in record), write, *record)
    return Outcome(
        plan=Plan(title=outcome.plan.title, steps=steps),
        changed={**outcome.changed, GITHUB: text},
        left=outcome.left,
    )


def _text(path: Path) -> str:
    try:
        return read_text(path, _LIMIT)
    except FileNotFoundError:
        return ""


def _host(url: str) -> str:
    if found := _SCP.match(url):
        return found["host"].lower()
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""
