"""One sentence of git: may this be committed, may this be pushed? onward's tools look first, then the project's own hooks."""

import os
import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec

from onward import __version__
from onward.adapters.git import Repository, repository
from onward.adapters.precommit import NAME, read_hooks
from onward.adapters.tree import environment_digest, environment_paths
from onward.core import env as names
from onward.core import hook_note, local_hooks
from onward.core.disk import remove, write_atomic
from onward.core.errors import BadInput, OutsideFailed
from onward.core.finding import Certainty
from onward.core.local_hooks import Hooks
from onward.core.proc import git_quick
from onward.core.proc.call import Call
from onward.core.proc.handover import with_environment
from onward.core.proc.run import in_foreground
from onward.core.proc.together import run_hooks
from onward.core.tool import NOT_CHOSEN, CheckTool
from onward.workflows.check import Checked
from onward.workflows.check_project import check_tree, looked_at, touches_dependencies
from onward.workflows.checking.scope import settings_around
from onward.workflows.checking.stream import bare
from onward.workflows.checking.tools import wanted_tools
from onward.workflows.environment_in_use import environment_in_use, environment_places
from onward.workflows.settings import ORGANISATION_FILE, organisation_path
from onward.workflows.situation import Situation
from onward.workflows.staged import StagedTree, pushed_tree, staged_tree_of

Say = Callable[[str], object]
_MOST_WATCHED = 30_000  # files of an environment; above, to look at them costs as much as to check


class _Here(msgspec.Struct, frozen=True, kw_only=True):
    """The project, the repository that it is the top of, and git's own folder for this work tree."""

    situation: Situation
    found: Repository
    own: Path

    def kept(self, name: str) -> Path:
        """Give the file of that name among those that onward keeps beside git."""
        return self.own / hook_note.FOLDER / name


class HookRun(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one look: the findings, and whether the project's own hooks let it pass."""

    checked: Checked
    passed: bool


def run_commit(situation: Situation, say: Say) -> HookRun:
    """Look at what the next commit would hold; notes a pass in git's folder, so that the next time is quick.

    Where what is on disk is what is staged, that is looked at in place, else a copy of what is
    staged. Raises BadInput when there is no repository, and when it is not the project's.
    """
    here = _own_repository(situation)
    hooks = local_hooks.for_stage(_hooks_of(here, keep=True), "pre-commit", situation.env)
    before = git_quick.staged(str(here.found.top), situation.env, new="all")
    if before is None:
        raise BadInput(
            "no-tree",
            "git cannot make a tree of what is staged",
            hint="`git status` says why: mostly a conflict that is not settled.",
        )
    kinds = looked_at(situation)
    work = _Commit(here=here, before=before, note=_note(here, before, kinds))
    if _is_as_staged(here, before, kinds):
        top = here.found.top
        checked = work.look(StagedTree(root=top, top=top, paths=tuple(before.changed)))
        if checked is not None:
            return HookRun(checked=checked, passed=work.passes(hooks, top, say))
    with staged_tree_of(here.found, situation.project.root, tuple(before.changed)) as tree:
        checked = work.look(tree)
        if checked is None:
            raise _meanwhile()
        return HookRun(checked=checked, passed=work.passes(hooks, tree.top, say))


class _Commit(msgspec.Struct, frozen=True, kw_only=True):
    """One commit that is about to be made: how it was before anybody looked, and what notes that it passed."""

    here: _Here
    before: git_quick.Staged
    note: Callable[[Checked], None]

    def look(self, tree: StagedTree) -> Checked | None:
        """Let onward's tools look at ``tree``; None when that is the work tree and it was changed meanwhile.

        Raises OutsideFailed when what is staged was changed meanwhile: git would commit what nobody looked at.
        """
        top = self.here.found.top
        checked = check_tree(self.here.situation, tree)
        after = git_quick.staged(str(top), self.here.situation.env)
        if after is None or after.state != self.before.state:
            raise _meanwhile()
        if tree.top == top and after.loose:
            return None
        self.note(checked)
        return checked

    def passes(self, hooks: Hooks, written: Path, say: Say) -> bool:
        """Run the project's hooks, in the folder ``written`` where files differ from what is staged."""
        passed = True
        if hooks.ours:
            passed = _run_ours(self.here, hooks, written, self.before, say)
        if hooks.foreign:
            words = ("--stage", "pre-commit")
            passed &= _hand_to_prek(self.here.situation, hooks.foreign, words, say)
        return passed


def _meanwhile() -> OutsideFailed:
    return OutsideFailed("index-changed", "the index was changed meanwhile", hint="Commit again.")


def _is_as_staged(here: _Here, before: git_quick.Staged, kinds: tuple[str, ...] | None) -> bool:
    """Whether tools that look at the work tree see what is staged: no other content, no file beside it.

    A folder of another repository, and what a submodule holds, would be seen too.
    """
    others = [path for path in before.new if kinds is None or path.endswith(("/", *kinds))]
    return not before.loose and not others and not (here.found.top / ".gitmodules").exists()


def run_push(situation: Situation, told: Iterable[str], say: Say) -> Iterator[HookRun]:
    """Look at each commit that is pushed, at the files that the remote does not have yet.

    ``told`` are the lines that git gives its push hook: local name and commit, remote name and commit.
    """
    here = _own_repository(situation)
    hooks = local_hooks.for_stage(_hooks_of(here), "pre-push", situation.env)
    for line in told:
        words = line.split()
        if len(words) != 4:
            raise BadInput("bad-push", f"git's push hook is not told a line like this: `{line}`")
        commit, there = words[1], words[3]
        if not set(commit) - {"0"}:
            continue  # a branch is removed
        with pushed_tree(
            situation.project.root, situation.env, cwd=situation.cwd, commit=commit, there=there
        ) as tree:
            checked = check_tree(situation, tree)
            passed = True
            if hooks.ours and tree.paths:
                env = _env_of(here, tree.top)
                passed = run_hooks(hooks, list(tree.paths), str(tree.top), env, say)
        if hooks.foreign and tree.paths:
            refs = ("--stage", "pre-push", "--files", *tree.paths)
            passed &= _hand_to_prek(situation, hooks.foreign, refs, say)
        yield HookRun(checked=checked, passed=passed)


def _own_repository(situation: Situation) -> _Here:
    root = situation.project.root
    found = repository(root, situation.env, cwd=situation.cwd)
    if found is None:
        raise BadInput("not-in-git", f"`{root}` is in no git repository")
    if found.top != root.resolve():
        raise BadInput(
            "project-below-repository",
            f"the project `{root}` is not the top folder of its repository `{found.top}`",
            hint="A hook of your own can run `cd FOLDER && onward check --staged`.",
        )
    own = git_quick.git_folder(str(found.top), situation.env)
    return _Here(situation=situation, found=found, own=Path(own) if own else found.own_folder())


def _hooks_of(here: _Here, *, keep: bool = False) -> Hooks:
    """Give what the project's configuration says, kept beside git so that it is read as YAML once."""
    try:
        config = (here.situation.project.root / NAME).read_bytes().decode("utf-8")
    except FileNotFoundError:
        return Hooks([], foreign=[])
    except UnicodeDecodeError as error:
        raise BadInput("bad-hooks", f"`{NAME}` is not UTF-8") from error
    place = here.kept(hook_note.HOOKS)
    try:
        kept = local_hooks.parse(place.read_bytes().decode("utf-8"), __version__, config)
    except (OSError, UnicodeDecodeError):
        kept = None
    if kept is not None:
        return kept
    hooks = read_hooks(config)
    if keep:
        text = local_hooks.render(hooks, __version__, config)
        write_atomic(place, text.encode(), durable=False)
    return hooks


def _run_ours(
    here: _Here,
    hooks: Hooks,
    written: Path,
    before: git_quick.Staged,
    say: Say,
) -> bool:
    """Run the project's hooks where the files are as staged: in place if they are, else in the written tree."""
    in_place = not before.loose
    where = here.found.top if in_place or not before.changed else written
    env = _env_of(here, where)
    passed = run_hooks(hooks, before.changed, str(where), env, say)
    changed = git_quick.loose(str(where), env)
    expected = before.loose if where == here.found.top else []
    if changed is None or set(changed) - set(expected):
        say("Hooks have changed files" + ("" if in_place else " in a copy of what is staged") + ":")
        for path in changed or ():
            say(f"  {path}")
        say("Look at them, stage what is right, and commit again.")
        return False
    return passed


def _env_of(here: _Here, where: Path) -> dict[str, str]:
    """Give the variables of a hook: the project's programs first, and git seeing ``where`` as the work tree."""
    env = with_environment(str(here.situation.project.root), here.situation.env)
    if where == here.found.top:
        return env
    index = here.situation.env.get("GIT_INDEX_FILE")
    return {
        **env,
        "GIT_DIR": str(here.own),
        "GIT_WORK_TREE": str(where),
        "GIT_INDEX_FILE": str(here.situation.cwd / index) if index else str(here.own / "index"),
    }


def _hand_to_prek(
    situation: Situation, foreign: list[str], words: tuple[str, ...], say: Say
) -> bool:
    """Let prek run the hooks that are not ours; when it is not there they have not passed."""
    env = with_environment(str(situation.project.root), situation.env)
    program = shutil.which("prek", path=env.get("PATH"))
    # it installs hooks with uv; ours is there when no other is
    env["PATH"] = os.pathsep.join([env.get("PATH", ""), str(Path(situation.uv).parent)])
    if program is None:
        say(f"These hooks of {NAME} need prek, and it is not there: {', '.join(foreign)}")
        say("  -> `onward add --dev prek` adds it; `SKIP=ID,ID git commit` leaves some out once.")
        return False
    call = Call(argv=(program, "run", *foreign, *words), cwd=str(situation.project.root), env=env)
    return in_foreground(call) == 0


def _note(
    here: _Here, staged: git_quick.Staged, kinds: tuple[str, ...] | None
) -> Callable[[Checked], None]:
    """Give what writes the notes, where what they depend on can be watched; else it takes the old ones away.

    How everything looks is taken now, before the look, so that a change meanwhile is seen.
    """
    situation = here.situation
    env_salt = hook_note.salt(__version__, situation.env)
    around = _around(situation, wanted_tools(situation.policy.check, situation.project))
    passed = quiet = None
    if around is not None and kinds is not None:
        quiet = hook_note.render(hook_note.endings(kinds), env_salt, around)
    if around is not None and not staged.loose and not touches_dependencies(staged.changed):
        installed = _installed(situation)
        if installed is not None:
            passed = hook_note.render(staged.state, env_salt, [*around, *installed])

    def write(checked: Checked) -> None:
        good = _could_look(checked)
        _keep(here.kept(hook_note.QUIET), quiet if good else None)
        _keep(here.kept(hook_note.PASSED), passed if good and not checked.blocked else None)

    return write


def _keep(place: Path, note: bytes | None) -> None:
    if note is None:
        remove(place)
    elif not place.exists() or place.read_bytes() != note:
        write_atomic(place, note, durable=False)


def _could_look(checked: Checked) -> bool:
    return all(
        one.finding.certainty is Certainty.known or one.finding.rule == NOT_CHOSEN
        for one in bare(checked.verdicts)
    )


def _around(situation: Situation, tools: Iterable[CheckTool]) -> list[str] | None:
    """Give every path outside of the tree that an answer may depend on, but for what is installed; None when that cannot be told."""
    env, root = situation.env, situation.project.root.resolve()
    programs = [str(Path(sys.executable).parent), *env.get("PATH", "").split(os.pathsep)]
    watched = [str(root / name) for name in situation.project.files]
    watched += [str(folder / ORGANISATION_FILE) for folder in (root, *root.parents)]
    watched += [
        *programs,
        sysconfig.get_path("purelib"),
        str(environment_in_use(situation.project, env)),
    ]
    watched += environment_places(situation.project, env)
    if env.get(names.POLICY):
        if (chosen := organisation_path(root, env)) is None:
            return None  # it is fetched
        watched.append(str(chosen))
    for tool in tools:
        if tool.depends is None:
            return None
        for base in (root, Path(tempfile.gettempdir()) / "onward"):
            watched += map(str, settings_around(tool.depends, base, env))
        watched += [str(Path(folder) / tool.name.partition(" ")[0]) for folder in programs]
    return watched


def _installed(situation: Situation) -> list[str] | None:
    """Give the paths that tell what is installed for the project; None when that cannot be told, or costs too much."""
    environment = environment_in_use(situation.project, situation.env)
    if not environment.exists():
        return []
    if environment_digest(environment, situation.project.root.resolve()) is None:
        return None
    paths = environment_paths(environment)
    return paths if len(paths) <= _MOST_WATCHED else None
