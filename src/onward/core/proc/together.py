"""Run the hooks of a project by priority, those of the same one at once. Imports nothing heavy."""

from __future__ import annotations

import os

from onward.core.lines import lines_of
from onward.core.local_hooks import Hook, Hooks, chosen
from onward.core.proc.signals import signal_name
from onward.core.proc.spawn import Spawned, start, stop

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from subprocess import Popen

_LONGEST = 20_000  # characters of file names in one command; Windows takes 32,767 for all of it
_GRACE = 5.0  # seconds between asking a hook to stop and ending it

_AT_ONCE = (
    4  # commands of one hook, when its files are too many for one; then they wait for each other
)
_NOT_STARTED = 127


class _Child:
    """One command: its process (None: it could not be started) and what it said."""

    def __init__(self, words: list[str], root: str, env: Mapping[str, str]) -> None:
        self.said = b""
        self._code: int | None = None
        self.process: Spawned | Popen[bytes] | None = None
        try:
            program = _program(words[0], root, env)
            self.process = start([program, *words[1:]], root, env, errors=True)
        except OSError as error:
            self.said = f"`{words[0]}` cannot be started: {error.strerror}".encode()

    def end(self) -> int:
        """Wait for the end, and give the exit code. While one is read, others wait with a full pipe."""
        if self.process is None:
            return _NOT_STARTED
        if self._code is None:
            self.said = self.process.communicate()[0]
            self._code = self.process.returncode
        return _NOT_STARTED if self._code is None else self._code


def run_hooks(
    hooks: Hooks,
    paths: list[str],
    root: str,
    env: Mapping[str, str],
    say: Callable[[str], object],
) -> bool:
    """Run the hooks on ``paths`` in the folder ``root`` and tell what failed; whether all of them passed.

    ``env`` is all they get, with ``PRE_COMMIT=1``.
    """
    return _Run(hooks, paths, root, env, say).all_pass()


class _Run:
    def __init__(
        self,
        hooks: Hooks,
        paths: list[str],
        root: str,
        env: Mapping[str, str],
        say: Callable[[str], object],
    ) -> None:
        self._hooks = hooks
        self._paths = paths
        self._root = root
        self._env = {**env, "PRE_COMMIT": "1"}
        self._say = say

    def all_pass(self) -> bool:
        passed = True
        for group in _groups(self._hooks.ours):
            failed = self._group(group)
            passed = passed and not failed
            if failed and (self._hooks.fail_fast or any(hook.fail_fast for hook in failed)):
                break
        return passed

    def _group(self, group: list[Hook]) -> list[Hook]:
        """Run hooks at once, and give those that failed; when this is interrupted they are stopped."""
        running: list[tuple[Hook, list[_Child]]] = []
        try:
            for hook in group:
                files = chosen(self._hooks, hook, self._paths, self._root)
                if not files and not hook.always_run:
                    continue
                children: list[_Child] = []
                running.append((hook, children))
                at_once = 1 if hook.require_serial else _AT_ONCE
                for words in _commands(hook, files):
                    if len(children) >= at_once:
                        children[-at_once].end()
                    children.append(_Child(words, self._root, self._env))
            return [hook for hook, children in running if not self._passed(hook, children)]
        except BaseException:
            children = [child for _, started in running for child in started]
            stop([child.process for child in children if child.process is not None], _GRACE)
            raise

    def _passed(self, hook: Hook, children: list[_Child]) -> bool:
        codes = [child.end() for child in children]
        worst = next((code for code in codes if code), 0)
        if worst or hook.verbose:
            how = f"exit code {worst}" if worst >= 0 else f"signal {signal_name(worst)}"
            told = f"failed with {how}" if worst else "passed"
            self._say(f"{hook.name} ({hook.id}): {told}")
            for child in children:
                for line in lines_of(child.said.decode("utf-8", "replace")):
                    self._say(f"  {line}")
        return not worst


def _groups(hooks: list[Hook]) -> Iterator[list[Hook]]:
    """Give the hooks by priority, those of the same one together."""
    group: list[Hook] = []
    for hook in sorted(hooks, key=lambda one: int(one.priority)):
        if group and hook.priority != group[0].priority:
            yield group
            group = []
        group.append(hook)
    if group:
        yield group


def _commands(hook: Hook, files: list[str]) -> list[list[str]]:
    if not hook.pass_filenames or not files:
        return [hook.argv]
    commands: list[list[str]] = []
    length = _LONGEST
    for path in files:
        length += len(path) + 1
        if length > _LONGEST:
            commands.append(list(hook.argv))
            length = len(path) + 1
        commands[-1].append(path)
    return commands


def _program(word: str, root: str, env: Mapping[str, str]) -> str:
    """Give the program: a path counts from the root, a name is looked for in the PATH of the hook."""
    if os.path.dirname(word):
        return os.path.join(root, word)
    if os.name == "posix":
        return word
    import shutil  # on Windows the PATH of `env` is not asked, and programs have suffixes

    return shutil.which(word, path=env.get("PATH")) or word
