"""The files of build services: which of them, written beside a person's edits, and the actions in them pinned."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from onward.core.disk import read_text
from onward.core.errors import BadInput
from onward.core.plan import Plan, WriteFile
from onward.domain.pipeline.actions import Use, pinned, uses_in
from onward.domain.pipeline.github import PATH as GITHUB
from onward.domain.pipeline.github import github
from onward.domain.pipeline.github import path_of as github_path
from onward.domain.pipeline.gitlab import INCLUDED, gitlab, gitlab_top
from onward.domain.pipeline.gitlab import PATH as GITLAB
from onward.domain.pipeline.gitlab import path_of as gitlab_path
from onward.domain.pipeline.jobs import jobs_of
from onward.domain.pipeline.model import Facts, words_in
from onward.workflows.ci.seat import Seat
from onward.workflows.regenerate import RECORD, Outcome, generated, regenerate

_MARKS = {"github": ".github", "gitlab": GITLAB}
_HEAD = "# Written by `onward ship ci"
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


def paths_of(seat: Seat) -> dict[str, str]:
    """Give the path of the file for each service, from the top of the repository."""
    return {"github": github_path(seat.folder), "gitlab": gitlab_path(seat.folder)}


def guess_services(seat: Seat, remotes: Mapping[str, str]) -> tuple[str, ...]:
    """Give the services that files were written for before, else those of the remotes, else those whose files are there.

    Raises BadInput (``which-service``) where nothing tells.
    """
    written = generated(seat.root)
    if before := tuple(word for word, path in paths_of(seat).items() if path in written):
        return before
    hosts = {_host(url) for url in remotes.values()}
    found = tuple(word for word in _MARKS if any(word in host.split(".") for host in hosts))
    found = found or tuple(word for word, mark in _MARKS.items() if (seat.top / mark).exists())
    if not found:
        told = ", ".join(sorted(filter(None, hosts))) or "there is no remote"
        raise BadInput(
            "which-service",
            f"nothing tells whether GitHub or GitLab builds this project: {told}",
            hint="Say it: `onward ship ci --github`, `--gitlab`, or both.",
        )
    return found


def words_before(seat: Seat) -> tuple[str, ...]:
    """Give the options that the files were written for when they were written last."""
    written = generated(seat.root)
    paths = paths_of(seat).values()
    return next((words_in(written[path]) for path in paths if path in written), ())


def propose(seat: Seat, facts: Facts, services: Sequence[str], *, named: bool) -> Outcome:
    """Plan the files of ``services``; ``named``: a person asked for them, so one that was deleted comes back."""
    jobs = jobs_of(facts)
    paths = paths_of(seat)
    wanted = {}
    if "github" in services:
        wanted[paths["github"]] = github(facts, jobs, _text(seat.top / paths["github"]))
    if "gitlab" in services:
        below = not seat.folder and any(seat.top.glob(INCLUDED))
        wanted[paths["gitlab"]] = gitlab(facts, jobs, includes=below)
        if seat.folder and (GITLAB in generated(seat.root) or not _is_read(seat)):
            wanted[GITLAB] = gitlab_top()
    return regenerate(
        seat.root,
        wanted,
        f"Jobs of {facts.name}",
        again=frozenset(wanted) if named else frozenset(),
        option="--github or --gitlab",
        top=seat.top,
    )


def _is_read(seat: Seat) -> bool:
    """Whether the file at the top includes the one of the project."""
    text = _text(seat.top / GITLAB)
    return INCLUDED in text or gitlab_path(seat.folder) in text


def notes_on(seat: Seat, services: Sequence[str], outcome: Outcome) -> tuple[str, ...]:
    """Tell what a person has to look at: files that are not read, and workflows that do the same again."""
    notes = list(_twice(seat)) if "github" in services else []
    if GITLAB in outcome.left and "gitlab" in services:
        if seat.folder:
            notes.append(
                f"{GITLAB} does not read {gitlab_path(seat.folder)} yet: add `include: [{{local: {gitlab_path(seat.folder)}}}]` to it,"
                " or run `onward ship ci` again at the top where onward wrote it there"
            )
        elif _text(seat.top / GITLAB) == gitlab_top():
            notes.append(
                f"{GITLAB} was written for the projects below: delete it and say `onward ship ci --gitlab`; the new one reads them too"
            )
    return tuple(notes)


def _twice(seat: Seat) -> Iterator[str]:
    """Tell of other workflows of GitHub that have onward check the project too, such as the one of ``onward new``."""
    ours = github_path(seat.folder)
    same = {
        github_path(seat.from_top(folder) if folder != "." else seat.above)
        for folder in (seat.workspace.members if seat.is_whole else (".",) if seat.here else ())
    }
    for file in sorted((seat.top / GITHUB).parent.glob("*.y*ml")):
        path, text = file.relative_to(seat.top).as_posix(), _text(file)
        if path == ours or "onward check" not in text:
            continue
        if path in same:
            yield f"{path} is for {'a member' if seat.is_whole else 'all members'} of this workspace: what both do is done twice, a release too; keep one, or say `--publish none`"
        elif not text.startswith(_HEAD) and seat.folder in text:
            yield f"{path} has the project checked too; remove it, or all is done twice"


def pin(seat: Seat, outcome: Outcome, tags: Tags, home: str = HOME) -> Pinning:
    """Let the workflow name commits where it names tags, and look whether the tags of commits still name them.

    ``home`` is where repositories of actions are. Each is asked before anything is written. Raises BadInput
    (``no-such-tag``) with every tag that is not there.
    """
    path = github_path(seat.folder)
    if path in outcome.left:
        return Pinning(outcome=outcome, pinned=(), notes=(f"{path} is not pinned: see above",))
    text = outcome.changed.get(path) or _text(seat.top / path)
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
        outcome=_with((seat.top, path), outcome, pinned(text, found)) if found else outcome,
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


def _with(place: tuple[Path, str], outcome: Outcome, text: str) -> Outcome:
    top, shown = place
    path = str(top / shown)
    verb = "Change" if (top / shown).exists() else "Write"
    write = WriteFile(
        sentence=f"{verb} {shown}, with its actions pinned", path=path, content=text.encode()
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
        changed={**outcome.changed, shown: text},
        left=outcome.left,
    )


def _text(path: Path) -> str:
    try:
        return read_text(path, _LIMIT)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return ""  # whoever writes it says what is wrong there


def _host(url: str) -> str:
    if found := _SCP.match(url):
        return found["host"].lower()
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""
