"""mypy: how to ask it, and what its answers mean.

It follows imports, so it is always asked about the whole project, and what is wanted of the
answer is chosen by whoever asked.
"""

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from onward.adapters.mypy.settings import FILES, settings
from onward.adapters.mypy.words import rule_text
from onward.core.code_folders import code_folders
from onward.core.errors import OnwardError
from onward.core.finding import Finding, Place
from onward.core.folders import cache_folder
from onward.core.lines import lines_of
from onward.core.missing_library import folded
from onward.core.proc.call import Call, Ran
from onward.core.programs import Wanted, find_with_imports, python_of
from onward.core.tool import (
    NO_JSON,
    Depends,
    Probe,
    RuleText,
    Target,
    failed,
    ignored_settings,
    no_files,
    relative,
)

KINDS = (".py", ".pyi")
_MYPY = Wanted(tool="mypy", distribution="mypy", brought=True)
_CACHE_VARIABLE = "MYPY_CACHE_DIR"
_IGNORED = re.compile(
    r"(?:[^:]*(?:mypy\.ini|pyproject\.toml|setup\.cfg|mypy.config): |Warning: unused section).+"
)
_NOTHING = re.compile(r"There are no \.py\[i\] files in")
_PLUGIN = "Error importing plugin"
_TWICE = ("Duplicate module named", "Source file found twice")
_ABSENT = re.compile(r'module named "([^"]+)"')
_WITHOUT = (
    '`[[tool.mypy.overrides]]` with `module = "{name}.*"` and `ignore_missing_imports = true`.'
)
_TOO_OLD = "unrecognized arguments: --output"


class _Seen(msgspec.Struct, frozen=True):
    """One object of ``--output json``; line -1 and column -1 mean none, columns count from 0."""

    file: str
    line: int
    column: int
    message: str
    severity: str
    hint: str | None = None
    code: str | None = None
    end_line: int | None = None
    end_column: int | None = None


_SEEN = msgspec.json.Decoder(_Seen)


class Mypy:
    """``mypy``: findings ``mypy/CODE``; a note alone is ``mypy/note``."""

    name = "mypy"
    depends = Depends(
        kinds=KINDS,
        environment=True,
        above=FILES,
        of_user=("mypy/config", ".mypy.ini"),
        variables=("MYPY", "PYTHONPATH"),
    )

    def probe(self, environment: Path, env: Mapping[str, str]) -> Probe:
        """Find the project's own mypy, else the one installed with onward; both need the environment."""
        del env
        return find_with_imports(_MYPY, environment)

    def call(self, probe: Probe, target: Target) -> Call | None:
        """Ask about what the project's mypy settings name, else about where its code lies.

        In the second case modules are named by their path, so that two of the same
        file name do not end the run.
        """
        if target.named(KINDS) is None:
            return None
        root = Path(target.root)
        own = settings(root)
        env = {**target.env, "NO_COLOR": "1"}
        argv = [probe.program, "--output", "json", "--no-error-summary", "--hide-error-context"]
        if target.environment and (python := python_of(Path(target.environment))):
            argv += ["--python-executable", str(python)]
        if not own.has_cache and not env.get(_CACHE_VARIABLE):
            argv += ["--cache-dir", _cache(target)]
        if not own.names_files:
            code = code_folders(root)
            argv += ["--namespace-packages", "--explicit-package-bases", "--", *code.paths]
            path = [*code.bases, *filter(None, [env.get("MYPYPATH")])]
            env |= {"MYPYPATH": os.pathsep.join(path)} if path else {}
        return Call(argv=tuple(argv), cwd=target.root, env=env, ok=(0, 1))

    def read(self, ran: Ran) -> Iterator[Finding]:
        """Read what ``call`` left; 0 is clean, 1 says that there are errors, 2 that it gave up.

        When it gave up, what it had found by then is kept, and a failure stands behind it.
        """
        said, unread = _said(ran)
        blocking = [one for one in said if ran.code not in (0, 1) and one.code is None]
        found = list(_findings((one for one in said if one not in blocking), ran.call.cwd))
        yield from folded(found, ran.call.cwd, _absent, tool=self.name, without=_WITHOUT)
        words = ran.err.decode("utf-8", "replace")
        if ignored := [line for line in lines_of(words) if _IGNORED.fullmatch(line)]:
            yield ignored_settings(self.name, ignored)
        if ran.code == 2 and _NOTHING.search(words):
            yield no_files(self.name)
        elif ran.code not in (0, 1):
            yield _gave_up(ran, blocking, words)
        elif unread:
            yield failed(self.name, "its answer cannot be read", ran)
        elif ran.code == 1 and not found:
            yield failed(self.name, "it ended with exit code 1 but named nothing", ran)

    def rule_text(self, code: str, probe: Probe, env: Mapping[str, str]) -> RuleText | None:
        """Give our own words about a code of mypy's: it has no command that explains one."""
        del probe, env
        return rule_text(code)


CHECK = Mypy()


def _absent(finding: Finding) -> str:
    """Give the module that an import leads to in vain, empty for any other finding."""
    named = _ABSENT.search(finding.message) if finding.rule == "mypy/import-not-found" else None
    return named[1] if named else ""


def _said(ran: Ran) -> tuple[list[_Seen], bool]:
    """Give the objects that can be read, and whether there was something else among them."""
    said: list[_Seen] = []
    unread = False
    for line in ran.out.splitlines():
        try:
            said.append(_SEEN.decode(line))
        except NO_JSON:
            unread = unread or bool(line.strip())
    return said, unread


def _findings(said: Iterator[_Seen], root: str) -> Iterator[Finding]:
    """Give each error, with the notes on its line that follow it."""
    last: Finding | None = None
    for one in said:
        if one.severity == "note" and last is not None and _is_about(one, last, root):
            hint = "\n".join(filter(None, (last.hint, one.message, one.hint)))
            last = msgspec.structs.replace(last, hint=hint)
            continue
        if last is not None:
            yield last
        last = _finding(one, root)
    if last is not None:
        yield last


def _is_about(note: _Seen, finding: Finding, root: str) -> bool:
    place = finding.subject
    return (
        isinstance(place, Place)
        and (relative(note.file, root), max(note.line, 0)) == (place.path, place.line)
        and note.code in (None, "misc", finding.rule.removeprefix("mypy/"))
    )


def _finding(one: _Seen, root: str) -> Finding:
    code = one.code or "misc"
    if one.severity == "note" and code == "misc":
        code = "note"
    return Finding(
        rule=f"mypy/{code}",
        subject=Place(
            path=relative(one.file, root),
            line=max(one.line, 0),
            column=max(one.column, -1) + 1,
            end_line=max(one.end_line or 0, 0),
            end_column=max(-1 if one.end_column is None else one.end_column, -1) + 1,
        ),
        message=one.message,
        hint=one.hint or "",
        seen_by="mypy",
    )


def _gave_up(ran: Ran, blocking: list[_Seen], words: str) -> Finding:
    for line in lines_of(words):  # a plugin that cannot be imported is told there
        try:
            blocking.append(_SEEN.decode(line))
        except NO_JSON:
            continue
    why = "; ".join(f"{relative(one.file, ran.call.cwd)}: {one.message}" for one in blocking)
    all_words = f"{why}\n{words}"
    hint = ""
    if any(sign in all_words for sign in _TWICE):
        hint = "Say what mypy is to look at: `files = [...]` (and `mypy_path`) in `[tool.mypy]` of pyproject.toml."
    elif _PLUGIN in all_words:
        hint = "A plugin is found only beside mypy: `onward add --dev mypy` puts it into the project's environment."
    elif _TOO_OLD in all_words:
        hint = "This mypy is too old to answer in JSON: `onward update mypy` (1.11 or later)."
    return failed("mypy", why or f"it ended with {ran.ended}", ran, hint=hint)


def _cache(target: Target) -> str:
    """Give a folder of onward's cache for one project's environment: a commit's tree shares its project's."""
    mark = hashlib.sha256((target.environment or target.root).encode()).hexdigest()[:24]
    try:
        return str(cache_folder(target.env) / "mypy" / mark)
    except OnwardError:
        return os.devnull
