"""Where git's commit hook comes in: what is known is said at once, all else goes to the ordinary door.

Started by its path with ``-I -S``, so that nothing of the repository and no installed package
is imported before the answer. What is imported here is paid for at every commit.
"""

import os
import sys
from collections.abc import Mapping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from onward.core.local_hooks import Hooks

CONFIG = ".pre-commit-config.yaml"


def attempt(top: str, env: Mapping[str, str]) -> int | None:
    """Answer for a commit in the work tree at ``top``, or give None when the ordinary way has to look.

    Answers only when onward's own tools have passed this very tree before under the same
    circumstances, and what is on disk is what is staged. The project's own hooks always run.
    """
    from onward import __version__
    from onward.core import hook_note, local_hooks
    from onward.core.proc import git_quick

    git = git_quick.git_folder(top, env)
    kept = os.path.join(git or "", hook_note.FOLDER)
    if git is None or not os.path.exists(os.path.join(kept, hook_note.PASSED)):
        return None
    hooks = local_hooks.Hooks([], foreign=[])
    if config := _text(os.path.join(top, CONFIG)):
        read = local_hooks.parse(_text(os.path.join(kept, hook_note.HOOKS)), __version__, config)
        if read is None:
            return None
        hooks = local_hooks.for_stage(read, "pre-commit", env)
    staged = git_quick.staged(top, env)
    if staged is None or staged.loose or hooks.foreign:
        return None
    if not hook_note.holds(kept, staged.state, hook_note.salt(__version__, env)):
        return None
    code = _run(hooks, staged.changed, top, env)
    if code == 0:
        say("onward: this tree has passed before, and nothing it was judged by has changed.")
    return code


def _run(hooks: "Hooks", paths: list[str], top: str, env: Mapping[str, str]) -> int:
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
    """Print a line; what a terminal cannot show is shown escaped."""
    sys.stderr.write(text.encode("utf-8", "backslashreplace").decode() + "\n")


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
        sys.stderr.write("onward: interrupted; nothing was committed\n")
        return 130
    if code is not None:
        return code
    from onward.core.proc.handover import hand_over

    words = [sys.executable, "-P", "-m", "onward", "check", "--hook", stage, *rest[:2]]
    return hand_over(sys.executable, words, dict(os.environ))


if __name__ == "__main__":
    sys.path.append(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
    code = main()
    sys.stderr.flush()
    os._exit(code)
