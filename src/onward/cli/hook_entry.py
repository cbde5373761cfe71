"""Where git's commit hook comes in: what is known is said at once, all else goes to the ordinary door.

Started by its path with ``-I -S``, so that nothing of the repository and no installed package
is imported before the answer. What is imported here is paid for at every commit.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from onward.core.local_hooks import Hooks

CONFIG = ".pre-commit-config.yaml"


def attempt(top: str, env: Mapping[str, str]) -> int | None:
    """Answer for a commit in the work tree at ``top``, or give None when the ordinary way has to look.

    Answers only when onward's own tools have passed this very tree before under the same
    circumstances, or look at no file of the kinds that are staged. The project's own hooks always
    run, here only where what is on disk is what is staged.
    """
    from onward import __version__
    from onward.core import hook_note, local_hooks
    from onward.core.proc import git_quick

    git = git_quick.git_folder(top, env)
    kept = os.path.join(git or "", hook_note.FOLDER)
    if git is None or not os.path.isdir(kept):
        return None
    hooks = local_hooks.Hooks([], foreign=[])
    if config := _text(os.path.join(top, CONFIG)):
        read = local_hooks.parse(_text(os.path.join(kept, hook_note.HOOKS)), __version__, config)
        if read is None:
            return None
        hooks = local_hooks.for_stage(read, "pre-commit", env)
    staged = git_quick.staged(top, env)
    if staged is None or hooks.foreign or (hooks.ours and staged.loose):
        return None
    salt = hook_note.salt(__version__, env)
    if not staged.loose and hook_note.has_passed(kept, staged.state, salt):
        why = "this tree has passed before, and nothing it was judged by has changed."
    elif hook_note.is_quiet(kept, staged.changed, salt):
        why = "none of its tools looks at what is staged."
    else:
        return None
    code = _run(hooks, staged.changed, top, env)
    if code == 0:
        say(f"onward: {why}")
    return code


def _run(hooks: Hooks, paths: list[str], top: str, env: Mapping[str, str]) -> int:
    if not hooks.ours:
        return 0
    from onward.core.proc import git_quick
    from onward.core.proc.handover import with_environment
    from onward.core.proc.together import run_hooks

    if not run_hooks(hooks, paths, top, with_environment(top, env), say):
        return 1
    changed = git_quick.loose(top, env)
    return 0 if changed == [] else say_changed(changed)


def say_changed(changed: list[str] | None) -> int:
    """Tell that hooks have changed files (None: git does not say), and give the exit code."""
    if changed is None:
        say("onward: git does not say whether the hooks have changed files")
        return 4
    say("Hooks have changed files; look at them, stage what is right, and commit again:")
    for path in changed[:20]:
        say(f"  {path}")
    return 1


def say(text: str) -> None:
    """Print a line, if somebody reads it; what a terminal cannot show is shown escaped."""
    try:
        sys.stderr.write(text.encode("utf-8", "backslashreplace").decode() + "\n")
        sys.stderr.flush()
    except OSError:  # the verdict stands without its words
        return


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return file.read()
    except (OSError, UnicodeDecodeError):
        return ""


def main() -> int:
    """Answer at once, or become ``onward check --hook``."""
    stage, *rest = sys.argv[1:] or ["commit"]
    try:
        code = attempt(os.getcwd(), os.environ) if stage == "commit" else None
    except KeyboardInterrupt:
        say("onward: interrupted; nothing was committed")
        return 130
    # in one word, so that the door does not try the quick way again
    return _ordinary(["check", f"--hook={stage}", *rest[:2]]) if code is None else code


def _ordinary(words: list[str]) -> int:
    """Go through the ordinary door in this process, or in a new one where that lacks what onward needs."""
    import site

    site.main()  # what ``-S`` has left out; a second Python would cost as much as the whole quick way
    try:
        import msgspec  # noqa: F401 - whether it is found at all
    except ImportError:  # installed for one user, or by PYTHONPATH
        from onward.core.proc.handover import hand_over

        return hand_over(
            sys.executable, [sys.executable, "-P", "-m", "onward", *words], dict(os.environ)
        )
    from onward.cli.main import entry

    sys.argv = ["onward", *words]
    entry()
    return 0


if __name__ == "__main__":
    sys.path.append(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
    os._exit(main())
