"""Check a whole project as the policy wants it: its files or what is staged, its lock, its policy."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from onward.adapters.docstrings import engine
from onward.adapters.feed.store import feed_path
from onward.adapters.git import repository
from onward.core import env as names
from onward.core import journal
from onward.core.again import Made
from onward.core.disk import sha256_of
from onward.core.errors import BadInput
from onward.core.lock import Lock
from onward.core.perform import Listen, silent
from onward.core.plan import Plan
from onward.core.policy import Level, Row
from onward.core.tool import CheckTool, OwnLook
from onward.domain.baseline.file import NAME
from onward.domain.policy.decide import CATCH_ALL
from onward.domain.policy.globs import text_test
from onward.domain.policy.rules_refactor import OWN
from onward.workflows.check import Checked, FindingSource, check, rows_for
from onward.workflows.checking.boundary import STALE, Docstrings, PublicApi
from onward.workflows.checking.fed import Fed
from onward.workflows.checking.interrupted import interrupted_findings
from onward.workflows.checking.refactored import Refactorings, with_refactorings
from onward.workflows.checking.scope import SETTINGS, Scope
from onward.workflows.checking.suppressed import Suppressions
from onward.workflows.checking.tools import READ_SAVED, wanted_tools
from onward.workflows.checking.warm import WARM, end, is_there
from onward.workflows.environment_in_use import environment_in_use, environment_places
from onward.workflows.project import layout_findings, open_project
from onward.workflows.situation import Situation
from onward.workflows.staged import StagedTree, staged_tree

if TYPE_CHECKING:
    from onward.workflows.checking.old_ones import Matcher

# A commit that touches none of these cannot change what the lock or the policy say.
ABOUT_DEPENDENCIES = (
    ".toml",
    ".lock",
    ".cfg",
    "Pipfile",
    "setup.py",
    ".python-version",
    ".txt",
    ".in",
)
"""Endings of the files that say which distributions a project needs."""


def check_project(
    situation: Situation,
    paths: tuple[str, ...] | None = None,
    *,
    locked: bool = False,
    warm: bool = False,
    also: tuple[FindingSource, ...] = (),
    fed: tuple[Fed, ...] = (),
    listen: Listen = silent,
) -> Checked:
    """Check the files of a project as they are, its lock and its policy.

    ``paths`` limits which files count (as ``Scope.paths``); the lock and the policy are
    looked at only when they are not limited; ``also`` has findings beside. ``fed`` has those of
    tools that have looked already and are not run again. With ``locked`` the
    baseline may not be written, so that what is stale in it is a finding. With ``warm`` a type checker
    that stays in memory may be asked.
    """
    scope = msgspec.structs.replace(scope_of(situation, paths), warm=warm)
    sources = dependency_sources(situation) if paths is None else ()
    rows = rows_for(situation.policy, scope.root)
    handed = [one for part in fed for one in part.findings if scope.wants_finding(one)]
    looked = {part.tool for part in fed}
    tools = [tool for tool in tools_of(situation, scope.root) if tool.name not in looked]
    matcher = _matcher(situation, scope, locked=locked)
    if matcher is not None:  # what was handed in once may have been taken in then
        matcher.blind |= frozenset(READ_SAVED) - looked - {tool.name for tool in tools}
    return check(
        scope,
        rows,
        env=situation.env,
        today=situation.now.date(),
        tools=tools,
        own=own_looks(situation, scope, rows),
        sources=(*sources, *also, lambda: interrupted_findings(situation), lambda: handed),
        matcher=matcher,
        listen=listen,
    )


def check_staged(
    situation: Situation,
    cwd: Path,
    paths: tuple[str, ...] | None = None,
    *,
    listen: Listen = silent,
) -> Checked:
    """Check what the next commit would hold; only files that it changes are shown.

    The lock is the staged one, looked at when the commit touches a file about
    dependencies. Raises BadInput outside of a git repository.
    """
    with staged_tree(situation.project.root, situation.env, cwd=cwd) as tree:
        return check_tree(situation, tree, paths, listen=listen)


def check_tree(
    situation: Situation,
    tree: StagedTree,
    paths: tuple[str, ...] | None = None,
    *,
    listen: Listen = silent,
) -> Checked:
    """Check a tree that git wrote out, as ``check_staged`` does; only its ``paths`` are shown.

    The tree may also be the project itself, where what is on disk is what is staged.
    """
    limit = scope_of(situation, paths)
    wanted = tuple(path for path in tree.paths if limit.wants(path))
    kept = limit.kept if tree.root == limit.root or limit.kept is None else limit.kept / "staged"
    scope = Scope(
        root=tree.root,
        environment=limit.environment,
        paths=wanted,
        kept=kept,
        passing=tree.root != limit.root,
    )
    sources: Sequence[FindingSource] = ()
    if touches_dependencies(wanted):
        sources = _sources(situation, open_project(tree.root, situation.env, scripts=True).lock)
    rows = rows_for(situation.policy, tree.root)
    return check(
        scope,
        rows,
        env=situation.env,
        today=situation.now.date(),
        tools=tools_of(situation, tree.root),
        own=own_looks(situation, scope, rows),
        sources=sources,
        matcher=_matcher(situation, scope),
        listen=listen,
    )


def touches_dependencies(paths: Iterable[str]) -> bool:
    """Say whether one of the files can change what the lock or the policy say."""
    return any(path.endswith(ABOUT_DEPENDENCIES) for path in paths)


def looked_at(situation: Situation) -> tuple[str, ...] | None:
    """Give the ends of the names of all files that a check of a commit goes by; None when it may be any file."""
    scope = scope_of(situation)
    tools = tools_of(situation, scope.root)
    looks = own_looks(situation, scope, situation.policy.rows)
    depends = [*(tool.depends for tool in tools), *(look.depends for look in looks)]
    kinds = [one.kinds if one is not None else () for one in depends]
    if not all(kinds):
        return None
    return (*SETTINGS, *ABOUT_DEPENDENCIES, NAME, *(kind for one in kinds for kind in one))


def plan_for(
    situation: Situation,
    checked: Checked,
    paths: tuple[str, ...] | None = None,
    *,
    also_advice: bool = False,
) -> Plan:
    """Give the plan that mends what ``check_project`` found and is safe to mend."""
    from onward.workflows.mending.safe import plan_mending

    scope = scope_of(situation, paths)
    return plan_mending(
        scope,
        checked,
        rows_for(situation.policy, scope.root),
        env=situation.env,
        today=situation.now.date(),
        also_advice=also_advice,
    )


def wanted_paths(words: Iterable[str], root: Path, cwd: Path) -> tuple[str, ...] | None:
    """Give paths that a person named (from ``cwd``) as ``Scope.paths`` has them; None means all.

    Raises BadInput naming every one that is not there or outside of the project.
    """
    root = root.resolve()
    wanted: list[str] = []
    faults: list[str] = []
    for word in words:
        place = (cwd / word).resolve()
        if not place.exists():
            faults.append(f"`{word}` is not there")
        elif not place.is_relative_to(root):
            faults.append(f"`{word}` is outside of the project `{root}`")
        else:
            path = place.relative_to(root).as_posix()
            wanted.append(f"{path}/" if place.is_dir() else path)
    if faults:
        raise BadInput("bad-path", "nothing was checked", context=tuple(faults))
    return tuple(wanted) if wanted and "./" not in wanted else None


def scope_of(situation: Situation, paths: tuple[str, ...] | None = None) -> Scope:
    """Give what a check of the project looks at; ``paths`` as in ``Scope``."""
    project = situation.project
    root = project.root.resolve()
    kept = kept_folder(situation.cache, root)
    environment = environment_in_use(project, situation.env)
    return Scope(root=root, environment=environment, paths=paths, kept=kept)


def _matcher(situation: Situation, scope: Scope, *, locked: bool = False) -> "Matcher | None":
    """Give what knows the old findings; None when there is no baseline. For a commit it is the staged file."""
    if not os.path.lexists(scope.root / NAME):
        return None
    from onward.workflows.checking.history import GitHistory
    from onward.workflows.checking.old_ones import Matcher, open_baseline

    baseline = open_baseline(scope.root)
    root = situation.project.root
    history = GitHistory(root, lambda: repository(root, situation.env, cwd=situation.cwd))
    return Matcher(baseline, scope, history, locked=locked)


def made_from(situation: Situation, checked: Checked) -> Made | None:
    """Give all that the answer to a whole check was made from; None when it may change without any of that."""
    by_git = any(tool.tool == "griffe" for tool in checked.tools)  # it compares with the last tag
    old = checked.old  # what it rests on in git is no file that could be looked at
    changes = old is not None and (old.content is not None or old.by_history)
    if checked.others is None or by_git or changes or situation.policy.licences:
        return None
    root, env = situation.project.root.resolve(), situation.env
    if journal.is_there(root):  # whether it is one of a killed onward no file tells
        return None
    names_above = ("uv.toml", "pyproject.toml", ".python-version")
    others = [above / name for above in root.parents for name in names_above]
    others += [feed_path(situation.cache), Path(env.get(names.POLICY) or "/")]
    homes = [env.get("XDG_CONFIG_HOME"), f"{env.get('HOME', '')}/.config", env.get("APPDATA")]
    shared = [*env.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":"), "/etc", env.get("PROGRAMDATA")]
    for folder in filter(None, (*homes, *shared)):
        others += [Path(folder, "uv", name) for name in ("uv.toml", ".python-version")]
    if chosen := env.get("UV_CONFIG_FILE"):
        others.append(Path(chosen))
    environment = environment_in_use(situation.project, situation.env)
    others += environment.glob("lib/python*/site-packages")  # its time tells what was taken away
    others += map(Path, environment_places(situation.project, situation.env))
    paths = (*checked.others, *map(str, others))
    stumbles = tuple(filter(None, (tool.stumble for tool in checked.tools)))
    return Made(str(root), str(environment), paths, checked.looks, stumbles)


def own_looks(
    situation: Situation, scope: Scope, rows: Sequence[Row] | None = None
) -> tuple[OwnLook, ...]:
    """Give what onward looks for itself; ``rows`` are those of ``rows_for``, if they are at hand."""
    rows = rows_for(situation.policy, scope.root) if rows is None else rows
    project = situation.project
    memo = None if scope.kept is None else scope.kept / "public-api.memo"
    looks: list[OwnLook] = [
        Suppressions(situation.now.date()),
        PublicApi(project.kind, project.name, memo),
    ]
    named = (row for row in rows if row is not CATCH_ALL and text_test(row.match)(STALE))
    if any(row.level is not Level.off for row in named):
        looks.append(Docstrings(engine()))
    if refactorings := situation.policy.check.refactor & OWN:
        looks.append(Refactorings(refactorings))
    return tuple(looks)


def dependency_sources(situation: Situation) -> tuple[FindingSource, ...]:
    """Give what looks at the lock, the policy and the Python of the project as they are."""
    return _sources(situation, situation.project.lock)


def kept_folder(cache: Path, root: Path) -> Path:
    """Give the folder of the cache that keeps the answers of tools for the project at ``root`` (links resolved)."""
    return cache / "check" / sha256_of(str(root).encode())[:24]


def is_warm(situation: Situation) -> bool:
    """Say whether a type checker stays in memory for the project; it may have ended itself."""
    return is_there(kept_folder(situation.cache, situation.project.root.resolve()) / WARM)


def cool(situation: Situation) -> bool:
    """End the type checker that stays in memory for the project; whether there was one.

    Raises OutsideFailed (``busy``) while a check is asking it.
    """
    kept = kept_folder(situation.cache, situation.project.root.resolve())
    return end(kept / WARM, dict(situation.env))


def tools_of(situation: Situation, folder: Path) -> tuple[CheckTool, ...]:
    """Give the tools that look at the project in ``folder``."""
    checks = situation.policy.check
    return with_refactorings(wanted_tools(checks, situation.project), checks, folder)


def _sources(situation: Situation, lock: Lock | None) -> tuple[FindingSource, ...]:
    # imported where they are wanted: a commit of code alone asks none of them
    from onward.domain.policy.review import policy_findings
    from onward.workflows.checking.old_settings import old_settings_findings
    from onward.workflows.checking.unknown_rules import unknown_rule_findings
    from onward.workflows.judge_project import project_findings
    from onward.workflows.python_in_use import python_findings

    project = msgspec.structs.replace(situation.project, lock=lock)
    now = msgspec.structs.replace(situation, project=project)
    return (
        lambda: project_findings(now),
        lambda: layout_findings(project),
        lambda: old_settings_findings(project),
        lambda: python_findings(project, situation.env, situation.now.date()),
        lambda: policy_findings(situation.policy, situation.now.date()),
        lambda: unknown_rule_findings(situation.policy.rows, project, situation.env),
    )
