"""What has to be in order before a project is published: its tree, its changelog, its tag, its lock, its secrets."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from packaging.version import InvalidVersion, Version

from onward.adapters.git import Repository, repository
from onward.adapters.griffe.releases import version_of_tag
from onward.core.disk import read_text
from onward.core.errors import BadInput, MissingTool, Refused
from onward.core.finding import Certainty, Finding, Place, Whole
from onward.core.names import parse_name
from onward.domain.guard.setting import claimed
from onward.domain.shipping import changelog
from onward.workflows.no_secrets import secret_findings
from onward.workflows.publishing.target import Target
from onward.workflows.situation import Situation

_LARGEST = 20_000_000  # bytes of a changelog
_NAMED = 8


class Tree:
    """The project at ``folder`` in its repository, if it is in one; ``out`` is where built files go."""

    def __init__(self, folder: Path, out: Path, situation: Situation) -> None:
        self.folder = folder.resolve()
        self._out = out.resolve()
        self.repository = _repository(folder, situation)

    def state(self) -> str:
        """Give a word for what is published: its commit and the tags there, which may say the version.

        It is empty when nobody knows: without a commit, or with changes that are in none.
        """
        known = self.repository
        if known is None or not (head := known.head()) or self._changed(known):
            return ""
        tags = sorted(tag for tag, commit in known.tags().items() if commit == head)
        return " ".join((head, *tags))

    def findings(self) -> list[Finding]:
        """Give what is not committed, and the secrets among what git tracks."""
        known = self.repository
        if known is None or not known.head():
            return [_no_git()]
        found = []
        if changed := self._changed(known):
            more = f" and {len(changed) - _NAMED} more" * (len(changed) > _NAMED)
            found.append(
                _finding(
                    "publish/dirty",
                    f"not committed: {', '.join(changed[:_NAMED])}{more}",
                    "Commit it, or put it away (`git stash --include-untracked`), so that the release is in the history.",
                )
            )
        found += secret_findings(self.folder, known.with_submodules(self.folder)[0], tests_may=True)
        return found

    def tag_findings(self, name: str, version: str) -> list[Finding]:
        """Give what is wrong with the tag of this version: there is none, or it is on another commit."""
        known = self.repository
        if known is None or not known.head():
            return []
        wanted = Version(version)
        ours = {t: c for t, c in known.tags().items() if version_of_tag(t, name) == wanted}
        if known.head() in ours.values():
            return []
        if ours:
            tag, commit = next(iter(ours.items()))
            return [
                _finding(
                    "publish/tag-elsewhere",
                    f"the tag `{tag}` is on {commit[:10]}, and what would be published is {known.head()[:10]}",
                    "Publish from the tagged commit (`git switch --detach "
                    + tag
                    + "`), or raise the version.",
                )
            ]
        tag = (
            "`onward ship bump` names the tag"
            if wanted.local
            else f"`git tag {self._start(name)}{version}`"
        )
        return [
            _finding(
                "publish/untagged",
                f"no tag names {version} here",
                f"{tag}; push it, so that the source of this release can be found.",
            )
        ]

    def _start(self, name: str) -> str:
        """Give how a new tag begins: below the top of a repository it says whose version it is."""
        below = self.repository is not None and self.folder != self.repository.top
        return f"{name}-v" if below else "v"

    def _changed(self, known: Repository) -> list[str]:
        return [path for path in known.unclean() if not self._is_ours(known.top / path)]

    def _is_ours(self, path: Path) -> bool:
        return path.is_relative_to(self._out) or ".onward" in path.parts


def local_findings(version: str, target: Target) -> list[Finding]:
    """Give what is wrong with a local version (PEP 440), such as one made of a commit: public indexes take none."""
    local = Version(version).local
    if local is None or not target.public:
        return []
    return [
        _finding(
            "publish/local-version",
            f"{version} is a local version, and {target.said} takes none",
            "Where tags say the version, commit and set one first (`onward ship bump` names it);"
            f" else take `+{local}` out.",
        )
    ]


def changelog_findings(folder: Path, pyproject: Mapping[str, Any], version: str) -> list[Finding]:
    """Give what a changelog lacks about ``version``: fragments nobody has gathered, no section, an empty one.

    A project without a changelog and without fragments is not asked for one.
    """
    own = folder / "towncrier.toml"
    other = tomllib.loads(read_text(own, _LARGEST)) if own.is_file() else None
    found: list[Finding] = []
    table = changelog.towncrier(pyproject, other)
    if table is not None:
        found += _left_over(folder, table, version)
    text, name = _changelog(folder, table.filename if table else "")
    if not name:
        return found
    section = changelog.about(text, version)
    if section is None:
        waiting = next(
            (one for one in changelog.sections(text) if one.unreleased and one.told), None
        )
        hint = f"Write what users will notice under a heading `## {version}`."
        if waiting is not None:
            hint = f"Head `{waiting.heading}` with `{version}` and today's date."
        found.append(_about(name, f"it has no section about {version}", hint))
    elif not section.told:
        found.append(
            _about(name, f"its section about {version} is empty", "Say what users will notice.")
        )
    return found


def check_name(name: str, target: Target, situation: Situation) -> None:
    """Raise Refused when the policy claims the name as private and the index is for everyone."""
    glob = claimed(parse_name(name), situation.policy.private)
    if glob and target.public:
        raise Refused(
            "private-name",
            f"`{name}` is a private name (`{glob}`), and {target.said} is for everyone",
            hint="Name your own index with `--to`, or take the name out of `guard.private`.",
        )


def _left_over(folder: Path, table: changelog.Towncrier, version: str) -> list[Finding]:
    place = folder / table.directory
    if not place.is_dir():
        return []
    files = [path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file()]
    left = changelog.fragments([Path(file).name for file in files], table.ignore)
    if not left:
        return []
    named = ", ".join(left[:_NAMED]) + (f" and {len(left) - _NAMED} more" * (len(left) > _NAMED))
    hint = f"`towncrier build --version {version}` gathers them into {table.filename}."
    return [_about(table.directory, f"news that is not in the changelog yet: {named}", hint)]


def _changelog(folder: Path, stated: str) -> tuple[str, str]:
    """Give text and name of the changelog, both empty when there is none."""
    there = {path.name.lower(): path for path in folder.iterdir() if path.is_file()}
    for name in (stated, *changelog.NAMES):
        path = folder / name if "/" in name else there.get(name.lower())
        if name and path is not None and path.is_file():
            return read_text(path, _LARGEST), path.relative_to(folder).as_posix()
    return "", ""


def _repository(folder: Path, situation: Situation) -> Repository | None:
    try:
        return repository(folder, situation.env, cwd=situation.cwd)
    except MissingTool:
        return None


def version_in(filename: str) -> str:
    """Give the version in a wheel's file name."""
    try:
        return str(Version(filename.split("-")[1]))
    except (InvalidVersion, IndexError) as error:
        raise BadInput("bad-version", f"`{filename}` has no version in its name") from error


def _about(path: str, message: str, hint: str) -> Finding:
    return Finding(rule="publish/changelog", subject=Place(path=path), message=message, hint=hint)


def _finding(rule: str, message: str, hint: str) -> Finding:
    return Finding(rule=rule, subject=Whole(), message=message, hint=hint)


def _no_git() -> Finding:
    return Finding(
        rule="publish/no-git",
        subject=Whole(),
        message="there is no commit here, so nobody knows what the release is made from",
        hint="`git init`, and commit what belongs to the project.",
        certainty=Certainty.unknown,
    )
