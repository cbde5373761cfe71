"""What every check tool is to us: two pure functions around one process, and an honest probe.

An adapter in ``adapters/`` gives one object for each thing its tool can look for. The
shared test in ``tests/adapters/contract.py`` says what all of them must hold.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from typing import Protocol, runtime_checkable

import msgspec

from onward.core.errors import BadInput, OnwardError
from onward.core.finding import Certainty, Finding, Whole
from onward.core.lines import lines_of
from onward.core.proc.call import Call, Ran
from onward.core.proc.signals import way_out
from onward.core.redact import redact
from onward.core.walk import readable

FAILED = "tool/failed"
MISSING = "tool/missing"
NOT_CHOSEN = "tool/not-chosen"
SETTINGS = "tool/settings"
NO_FILES = "check/no-files"

NO_JSON = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What msgspec raises for bytes that are no JSON, or none of the shape that was asked for."""

_LONGEST_LINE = 20_000  # characters of paths; Windows takes 32,767 for a whole command line
_WIDEST = 500  # characters of such a line
_WORDS = 10  # lines of a failing tool's own words that go into the finding
_ODD = re.compile(r"//|/\Z|(?:\A|/)\.(?:/|\Z)")  # what is not written the shortest way
_WINDOWS = re.compile(r"(?:\\\\[?.]\\)?[A-Za-z]:[\\/]|\\\\")


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a tool can look: its program and version, where it is from, or how to get it.

    When it cannot, ``rule`` is what that is found under, ``why`` says what is lacking (empty: the tool),
    and while ``looked_at`` (files and folders, there or not) stay as they are it stays so; empty: nobody knows.
    """

    tool: str
    found: bool
    program: str = ""
    version: str = ""
    origin: str = ""
    how_to_get: str = ""
    rule: str = MISSING
    why: str = ""
    looked_at: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.tool} {self.version}".strip()


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """What to look at: a folder (absolute, links resolved) and paths in it; none means all of it.

    Paths are relative with ``/``; those of folders end with ``/``. ``environment`` is the
    project's virtual environment (empty: not known); what the code imports is found there.
    ``read_only``: nothing can be written into the folder, so a tool that keeps its cache there must do without.
    """

    root: str
    env: dict[str, str]
    paths: tuple[str, ...] = ()
    environment: str = ""
    read_only: bool = False

    def named(self, kinds: tuple[str, ...]) -> tuple[str, ...] | None:
        """Give the paths of these kinds (endings) and the folders; None when there are none among ``paths``.

        Empty means all there is: also where the list is longer than a command line may be.
        """
        wanted = tuple(path for path in self.paths if path.endswith(("/", *kinds)))
        if self.paths and not wanted:
            return None
        return wanted if sum(len(path) + 1 for path in wanted) <= _LONGEST_LINE else ()


class Depends(msgspec.Struct, frozen=True, kw_only=True):
    """What a tool's answer can depend on; when none of it has changed, its last answer still holds.

    ``kinds`` are the endings of the files it reads, () for all; files of settings (``.toml``,
    ``.cfg``, ``.ini``, ``.json``, ``.yaml``, ignore files) count for every tool. ``one_by_one`` says
    that what it finds in a file comes from that file, the settings and the names of the others alone, so
    that only changed files have to be looked at again. ``environment``: what is installed there
    counts. ``above`` are names of settings files that count in the folders above the
    project too, ``of_user`` those in the user's configuration folder, ``variables`` the beginnings of
    names of environment variables that steer it. ``daily``: another day may give another
    answer. ``engine`` is the file of a library that does the work; another one counts as another version. While it is
    not there ``lacking`` are the folders in which it would be, and nothing is known until one of them changes. ``streams``: its ``read`` goes through ``Ran.lines`` only, so its output may be of any size.
    """

    kinds: tuple[str, ...] = ()
    one_by_one: bool = False
    environment: bool = False
    above: tuple[str, ...] = ()
    of_user: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    daily: bool = False
    engine: str = ""
    lacking: tuple[str, ...] = ()
    streams: bool = False


class CheckTool(Protocol):
    """A tool that looks at a project and tells what it saw.

    ``name`` is what people call it. Rules are ``TOOL/CODE`` in the tool's own codes.
    """

    @property
    def name(self) -> str:
        """The name in messages, for example ``ruff format``."""

    @property
    def depends(self) -> Depends | None:
        """What the answer depends on; None when it must be asked each time."""

    def probe(self, environment: Path, env: Mapping[str, str]) -> Probe:
        """Say which program would run: the one in the project's own ``environment`` folder wins.

        The folder may not exist. Never raises for a tool that is not there or does not start: then ``found`` is False
        and ``how_to_get`` says what to do.
        """

    def call(self, probe: Probe, target: Target) -> Call | None:
        """Give the process that looks; it must not change any file of the project.

        None when no path of ``target`` is of a kind that this tool reads.
        """

    def read(self, ran: Ran) -> Iterator[Finding]:
        """Give what the tool saw, with paths relative to the folder it ran in, and ``/``.

        An exit code or an output that is not known gives a finding made by ``failed``
        (after what could be read), never nothing at all.
        """


class OwnLook(Protocol):
    """Something that onward looks for itself, in this process."""

    @property
    def name(self) -> str:
        """The name in messages, for example ``suppressions``."""

    @property
    def depends(self) -> Depends:
        """What the findings depend on, beside onward's own version."""

    def look(self, root: Path, paths: Iterable[str]) -> Iterator[Finding]:
        """Give what there is in ``paths`` (files below ``root``, relative with ``/``); a file may be gone by now.

        ``paths`` can be gone through again, and whoever reads files does it that way: it raises
        when nobody waits for the answer any more.
        """


class Fixer(Protocol):
    """A check tool that can also mend one file, given as bytes; it writes nothing itself.

    ``afterwards`` is the rule under which it puts in order what others have mended, or empty.
    """

    @property
    def afterwards(self) -> str:
        """The rule, for example ``ruff/format``."""

    def mends(self, rule: str) -> bool:
        """Say whether findings of ``rule`` are this one's to mend."""

    def repair(
        self,
        probe: Probe,
        target: Target,
        path: str,
        content: bytes,
        rules: tuple[str, ...],
        *,
        unsafe: bool = False,
    ) -> Call:
        """Give the process that mends ``content`` of ``path`` for ``rules`` only, by safe fixes or also by others."""

    def repaired(self, ran: Ran) -> bytes | None:
        """Give the new content, or None when the tool could not mend this file."""


class OwnFixer(Protocol):
    """What onward mends itself, in this process; it writes nothing."""

    def mends(self, rule: str) -> bool:
        """Say whether findings of ``rule`` are this one's to mend."""

    def mend(
        self, path: str, content: bytes, rules: tuple[str, ...], *, unsafe: bool = False
    ) -> bytes | None:
        """Give ``content`` of ``path`` mended for ``rules`` only, by safe fixes or also by others; None when it cannot be."""


class RuleText(msgspec.Struct, frozen=True, kw_only=True):
    """What a tool says about one of its rules: a title, a sentence, the long text (Markdown), an address."""

    rule: str
    name: str
    summary: str
    text: str = ""
    url: str = ""
    fix: str = ""


@runtime_checkable
class Explains(Protocol):
    """A check tool whose rules can be explained one by one."""

    def probe(self, environment: Path, env: Mapping[str, str]) -> Probe:
        """Say which program would run, as ``CheckTool.probe`` does."""

    def rule_text(self, code: str, probe: Probe, env: Mapping[str, str]) -> RuleText | None:
        """Give what is known about its rule ``code``, or None when there is nothing.

        The program may not be there. Raises BadInput (``unknown-rule``) when it was asked and has no
        such rule, OnwardError when it does not start.
        """


def unknown_rule(probe: Probe, code: str, url: str) -> BadInput:
    """Give the error for a rule that a tool was asked about and does not have."""
    return BadInput(
        "unknown-rule", f"{probe} has no rule `{code}`", hint=f"All of them are listed at {url}"
    )


def failed(tool: str, why: str, ran: Ran | None = None, *, hint: str = "") -> Finding:
    """Give the finding for a tool that could not look; ``ran`` adds its exit code and last words."""
    facts: dict[str, object] = {"tool": tool}
    if ran is not None:
        facts["exit_code"] = ran.code
        if words := _last_words(ran):
            facts["words"] = words
    return Finding(
        rule=FAILED,
        subject=Whole(),
        message=f"{tool} could not look: {why}",
        facts=facts,
        hint=hint
        or (way_out(ran.code, tool) if ran is not None else "")
        or f"Until {tool} runs, nobody knows what it would find; mend what it complains about.",
        certainty=Certainty.unknown,
        seen_by=tool,
    )


def failed_by(tool: str, error: OnwardError) -> Finding:
    """Give the finding for a tool that did not start or did not end in time."""
    return msgspec.structs.replace(
        failed(tool, error.message),
        facts={"tool": tool, "reference": error.reference, "words": "\n".join(error.context)},
        hint=error.hint or "",
    )


def missing(probe: Probe) -> Finding:
    """Give the finding for a wanted tool that is not there, or lacks what it needs to look."""
    return Finding(
        rule=probe.rule,
        subject=Whole(),
        message=f"{probe.tool} {probe.why or 'is not there'}, so it could not look",
        facts={"tool": probe.tool},
        hint=probe.how_to_get,
        certainty=Certainty.unknown,
        seen_by=probe.tool,
    )


def ignored_settings(tool: str, words: Iterable[str]) -> Finding:
    """Give the finding for settings that a tool did not take and went on without; ``words`` are its own."""
    return Finding(
        rule=SETTINGS,
        subject=Whole(),
        message=f"{tool} went on without some of its settings: {'; '.join(words)}",
        facts={"tool": tool},
        hint="Mend or remove them: until then it looks for something else than the project asked for.",
        seen_by=tool,
    )


def no_files(tool: str) -> Finding:
    """Give the finding for a tool that ran and had nothing to look at."""
    return Finding(
        rule=NO_FILES,
        subject=Whole(),
        message=f"{tool} found no Python file to look at",
        facts={"tool": tool},
        hint=f"Nothing was looked at, so nothing is known to be good; look at which files {tool}'s settings leave out.",
        certainty=Certainty.unknown,
        seen_by=tool,
    )


def among(paths: Collection[str]) -> Callable[[str], bool]:
    """Give the test whether a path is one of ``paths``, or below one of them; ``.`` and ``./`` mean all."""
    files = {*paths, *map(readable, paths)}
    if not files.isdisjoint({".", "./"}):
        return lambda _: True
    folders = tuple(path for path in files if path.endswith("/"))
    return lambda path: path in files or path.startswith(folders)


def one_line(text: str) -> str:
    """Give the lines of a tool's further words as one, without their indentation."""
    return "; ".join(" ".join(line.split()) for line in lines_of(text))


@lru_cache(maxsize=1024)  # findings of one file follow each other
def relative(path: str, root: str) -> str:
    """Give ``path`` as seen from ``root`` with ``/``, whichever system's spelling both have.

    A path outside ``root`` stays whole, with ``/``.
    """
    if (
        root.startswith("/") and root != "/"
    ):  # what tools nearly always say needs no taking apart, which is dear
        inside = path.removeprefix(f"{root}/")
        if inside and not inside.startswith("/") and not _ODD.search(inside):
            return inside
    here, base = _pure(path, root), _pure(root, root)
    if not here.is_absolute():
        return here.as_posix()
    try:
        return here.relative_to(base).as_posix()
    except ValueError:
        return here.as_posix()


def _pure(path: str, root: str) -> PurePath:
    if not _WINDOWS.match(root):
        return PurePosixPath(path)
    return PureWindowsPath(path.removeprefix("\\\\?\\"))


def _last_words(ran: Ran) -> str:
    said = (ran.err.strip() or ran.out.strip()).decode("utf-8", "replace")
    return "\n".join(_cut(line) for line in lines_of(redact("\n".join(lines_of(said)[-_WORDS:]))))


def _cut(line: str) -> str:
    return line if len(line) <= _WIDEST else f"{line[: _WIDEST - 3]}..."
