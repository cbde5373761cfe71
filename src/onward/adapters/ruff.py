"""Ruff as a linter and as a formatter: how to ask it, and what its answers mean."""

import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import ruff

from onward.core import env as names
from onward.core.errors import OnwardError
from onward.core.finding import Certainty, Finding, Place
from onward.core.proc.call import Call, Ran
from onward.core.proc.run import run
from onward.core.tool import Probe, RuleText, Target, failed, relative

SYNTAX = "ruff/invalid-syntax"
UNREADABLE = "ruff/E902"
UNFORMATTED = "ruff/format"

_KINDS = (".py", ".pyi", ".pyw", ".ipynb")
_JSON_FORMAT_SINCE = (0, 16)  # older formatters tell in words only
_MARKDOWN_SINCE = (0, 17)  # the code blocks in it are formatted too
_LONGEST_LINE = 20_000  # characters of paths; Windows takes 32,767 for a whole command line
_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)\S*")
_WOULD = "Would reformat: "
_BROKEN = re.compile(
    r"error: Failed to parse (?P<path>.+?):(?P<line>\d+):(?P<column>\d+): (?P<why>.*)"
)
_UNREAD = re.compile(r"error: Failed to read (?P<path>.+?): (?P<why>.*)")


class _Spot(msgspec.Struct):
    row: int
    column: int


class _Fix(msgspec.Struct):
    applicability: str
    message: str | None = None


class _Seen(msgspec.Struct):
    """One line of ruff's ``json-lines``; older ruffs say no name, and no code for a syntax error."""

    filename: str
    message: str
    code: str | None = None
    location: _Spot | None = None
    end_location: _Spot | None = None
    fix: _Fix | None = None
    name: str | None = None
    url: str | None = None
    cell: int | None = None


_SEEN = msgspec.json.Decoder(_Seen)


class _Ruff:
    """What linter and formatter share: one program, one environment."""

    def probe(self, environment: Path, env: Mapping[str, str]) -> Probe:
        """Find the project's own ruff, else ``ONWARD_RUFF``, else the one installed with onward."""
        return find(environment, env)


class Linter(_Ruff):
    """``ruff check``: findings ``ruff/CODE``."""

    name = "ruff"
    afterwards = ""

    def mends(self, rule: str) -> bool:
        """Say whether ``rule`` is one of the linter's codes."""
        return rule.startswith("ruff/") and rule != UNFORMATTED

    def call(self, probe: Probe, target: Target) -> Call | None:
        """Ask for every violation, one JSON object a line; a project's ``fix = true`` is switched off."""
        if (paths := _paths(target, (*_KINDS, "pyproject.toml"))) is None:
            return None
        argv = [probe.program, "check", "--no-fix", "--output-format", "json-lines"]
        return _call(target, [*argv, "--force-exclude", "--", *paths], ok=(0, 1))

    def read(self, ran: Ran) -> Iterator[Finding]:
        """Read what ``call`` left; 0 is clean, 1 says that there are violations, all else is a failure."""
        if ran.code not in (0, 1):
            yield failed(self.name, f"it ended with exit code {ran.code}", ran)
            return
        yield from _all(self.name, ran, needed=ran.code == 1)

    def repair(
        self, probe: Probe, target: Target, path: str, content: bytes, rules: tuple[str, ...]
    ) -> Call:
        """Mend ``content`` by ruff's safe fixes for ``rules``."""
        codes = ",".join(sorted(rule.removeprefix("ruff/") for rule in rules))
        argv = [probe.program, "check", "--fix-only", "--no-unsafe-fixes", "--fixable", codes]
        argv += ["--no-cache", "--quiet", "--stdin-filename", path, "-"]
        return _call(target, argv, stdin=content)

    def repaired(self, ran: Ran) -> bytes | None:
        """Give ruff's new content of the file."""
        return ran.out if ran.code == 0 else None


class Formatter(_Ruff):
    """``ruff format --check``: finding ``ruff/format`` for each file it would write anew."""

    name = "ruff format"
    afterwards = UNFORMATTED

    def mends(self, rule: str) -> bool:
        """Say whether ``rule`` is the formatter's."""
        return rule == UNFORMATTED

    def call(self, probe: Probe, target: Target) -> Call | None:
        """Ask which files are not formatted, in JSON where this ruff has it."""
        markdown = (".md",) if _release(probe.version) >= _MARKDOWN_SINCE else ()
        if (paths := _paths(target, _KINDS + markdown)) is None:
            return None
        argv = [probe.program, "format", "--check"]
        if _release(probe.version) >= _JSON_FORMAT_SINCE:
            argv += ["--output-format", "json-lines"]
        return _call(target, [*argv, "--force-exclude", "--", *paths], ok=(0, 1, 2))

    def read(self, ran: Ran) -> Iterator[Finding]:
        """Read what ``call`` left; 2 is fine only when it names the file that could not be parsed."""
        if ran.code not in (0, 1, 2) or (ran.code == 2 and not _names_a_file(ran)):
            yield failed(self.name, f"it ended with exit code {ran.code}", ran)
        elif "--output-format" in ran.call.argv:
            yield from _all(self.name, ran, needed=ran.code != 0)
        else:
            yield from _in_words(self.name, ran)

    def repair(
        self, probe: Probe, target: Target, path: str, content: bytes, rules: tuple[str, ...]
    ) -> Call:
        """Format ``content``; a file the project excludes comes back as it was."""
        del rules
        argv = [probe.program, "format", "--no-cache", "--quiet", "--force-exclude"]
        return _call(target, [*argv, "--stdin-filename", path, "-"], stdin=content)

    def repaired(self, ran: Ran) -> bytes | None:
        """Give the formatted file; None when it does not parse."""
        return ran.out if ran.code == 0 else None


LINT = Linter()
FORMAT = Formatter()


def find(environment: Path, env: Mapping[str, str]) -> Probe:
    """Say which ruff works for the project with that environment, by starting it once for its version."""
    how = "`onward add --dev ruff` gives the project its own, or install onward again."
    for program, origin in _candidates(environment, env):
        call = Call(argv=(program, "--version"), cwd=_anywhere(program), env=dict(env), timeout=60)
        try:
            ran = run(call)
        except OnwardError as error:
            how = f"{error.message} ({origin}); mend or remove it."
            break
        if ran.code == 0 and (said := _VERSION.search(ran.out.decode("utf-8", "replace"))):
            return Probe(
                tool="ruff", found=True, program=program, version=said.group(), origin=origin
            )
        how = f"`{program}` ({origin}) does not answer `--version`; mend or remove it."
        break
    return Probe(tool="ruff", found=False, how_to_get=how)


def files(probe: Probe, target: Target) -> Call | None:
    """Give the process that lists the files which ruff would look at; None when it would be none."""
    if (paths := _paths(target, _KINDS)) is None:
        return None
    return _call(target, [probe.program, "check", "--show-files", "--force-exclude", "--", *paths])


def read_files(ran: Ran) -> tuple[str, ...] | None:
    """Give the Python files (notebooks too) that ``files`` listed, relative with ``/``; None if it failed."""
    if not ran.succeeded:
        return None
    listed = ran.out.decode("utf-8", "replace").splitlines()
    return tuple(relative(line, ran.call.cwd) for line in listed if line.endswith(_KINDS))


def rule(code: str, probe: Probe, env: Mapping[str, str]) -> RuleText | None:
    """Give what ruff says about one of its rules (``F401``), or None when it knows no such rule.

    Raises OnwardError when the program does not start.
    """
    if f"ruff/{code}" in _OURS:
        return _OURS[f"ruff/{code}"]
    if not re.fullmatch(r"[A-Z]+[0-9]+", code):
        return None
    argv = (probe.program, "rule", code, "--output-format", "json")
    return read_rule(
        run(Call(argv=argv, cwd=_anywhere(probe.program), env=_quiet(env), timeout=60))
    )


def read_rule(ran: Ran) -> RuleText | None:
    """Read the answer of ``ruff rule CODE --output-format json``."""
    if ran.code != 0:
        return None
    try:
        said: dict[str, Any] = msgspec.json.decode(ran.out, type=dict[str, Any])
        return RuleText(
            rule=f"ruff/{said['code']}",
            name=said["name"],
            summary=said["summary"],
            text=said.get("explanation") or "",
            url=f"https://docs.astral.sh/ruff/rules/{said['name']}",
            fix=said.get("fix") or "",
        )
    except (msgspec.MsgspecError, KeyError):
        return None


_OURS = {
    SYNTAX: RuleText(
        rule=SYNTAX,
        name="invalid-syntax",
        summary="Python cannot read this file.",
        text="Nothing else in the file can be checked until it parses, and importing it fails.",
    ),
    UNFORMATTED: RuleText(
        rule=UNFORMATTED,
        name="unformatted",
        summary="`ruff format` would write this file differently.",
        text="One format for all keeps reviews about meaning. `onward check --fix` writes it.",
        url="https://docs.astral.sh/ruff/formatter/",
    ),
}


def _anywhere(program: str) -> str:
    return str(Path(program).parent)


def _candidates(environment: Path, env: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for own in (environment / "bin" / "ruff", environment / "Scripts" / "ruff.exe"):
        if own.is_file():
            yield str(own), "the project's environment"
    if chosen := env.get(names.RUFF):
        yield chosen, names.RUFF
    try:
        yield ruff.find_ruff_bin(), "installed with onward"
    except FileNotFoundError:
        if found := shutil.which("ruff", path=env.get("PATH")):
            yield found, "PATH"


def _call(target: Target, argv: list[str], ok: tuple[int, ...] = (0,), stdin: bytes = b"") -> Call:
    return Call(argv=tuple(argv), cwd=target.root, env=_quiet(target.env), ok=ok, stdin=stdin)


def _quiet(env: Mapping[str, str]) -> dict[str, str]:
    # RUFF_OUTPUT_FILE would send the answer elsewhere, and an empty answer looks like a clean one.
    unwanted = {"RUFF_OUTPUT_FILE", "RUFF_OUTPUT_FORMAT", "FORCE_COLOR", "CLICOLOR_FORCE"}
    return {**{key: value for key, value in env.items() if key not in unwanted}, "NO_COLOR": "1"}


def _paths(target: Target, kinds: tuple[str, ...]) -> tuple[str, ...] | None:
    # Ruff takes any file that is named to it for Python, so only files of its kinds are named.
    wanted = tuple(path for path in target.paths if path.endswith(("/", *kinds)))
    if target.paths and not wanted:
        return None
    if not wanted or sum(len(path) + 1 for path in wanted) > _LONGEST_LINE:
        return (".",)  # the workflow keeps only what was wanted
    return wanted


def _release(version: str) -> tuple[int, int]:
    said = _VERSION.match(version)
    return (int(said.group(1)), int(said.group(2))) if said else (0, 0)


def _all(tool: str, ran: Ran, *, needed: bool) -> Iterator[Finding]:
    count = 0
    for line in ran.out.splitlines():
        try:
            seen = _SEEN.decode(line)
        except msgspec.MsgspecError:
            yield failed(tool, "its answer cannot be read", ran)
            return
        count += 1
        yield _finding(seen, ran.call.cwd)
    if needed and not count:
        yield failed(tool, f"it ended with exit code {ran.code} but named nothing", ran)


def _finding(seen: _Seen, root: str) -> Finding:
    code = seen.code or "invalid-syntax"
    path = relative(seen.filename, root)
    if code in ("E902", "io"):
        return _unreadable(path, seen.message.removeprefix(f"{seen.filename}: "))
    start, end = seen.location or _Spot(0, 0), seen.end_location or _Spot(0, 0)
    if code == "unformatted":
        return _unformatted(path, start.row)
    if code in ("invalid-syntax", "E999", "syntax-error"):
        return _broken(path, start.row, start.column, seen.message.removeprefix("SyntaxError: "))
    facts: dict[str, Any] = {"name": seen.name, "url": seen.url, "cell": seen.cell}
    if seen.fix:
        facts["fix"] = seen.fix.applicability
    return Finding(
        rule=f"ruff/{code}",
        subject=Place(
            path=path,
            line=start.row,
            column=start.column,
            end_line=end.row,
            end_column=end.column,
        ),
        message=_in_cell(seen.message, seen.cell),
        facts={key: value for key, value in facts.items() if value is not None},
        hint=_what_to_do(seen.fix),
        seen_by="ruff",
    )


def _in_cell(message: str, cell: int | None) -> str:
    return message if cell is None else f"{message} (cell {cell})"


def _what_to_do(fix: _Fix | None) -> str:
    if fix is None or not fix.message:
        return ""
    if fix.applicability == "safe":
        return f"{fix.message}: `onward check --fix` does it"
    return f"{fix.message} (may change what the code does: look before you take it)"


def _unreadable(path: str, why: str) -> Finding:
    return Finding(
        rule=UNREADABLE,
        subject=Place(path=path),
        message=f"the file could not be read: {why}",
        hint="Make it readable and UTF-8, or exclude it; until then nothing in it is checked.",
        certainty=Certainty.unknown,
        seen_by="ruff",
    )


def _unformatted(path: str, line: int) -> Finding:
    return Finding(
        rule=UNFORMATTED,
        subject=Place(path=path, line=line),
        message="`ruff format` would write this file differently",
        facts={"fix": "safe"},
        hint="`onward check --fix` writes it",
        seen_by="ruff",
    )


def _broken(path: str, line: int, column: int, why: str) -> Finding:
    return Finding(
        rule=SYNTAX,
        subject=Place(path=path, line=line, column=column),
        message=why,
        hint="Nothing else in this file can be checked until it parses.",
        seen_by="ruff",
    )


def _names_a_file(ran: Ran) -> bool:
    if "--output-format" in ran.call.argv:
        return bool(ran.out.strip())
    return any(_BROKEN.match(line) or _UNREAD.match(line) for line in _error_lines(ran))


def _error_lines(ran: Ran) -> list[str]:
    return ran.err.decode("utf-8", "replace").splitlines()


def _in_words(tool: str, ran: Ran) -> Iterator[Finding]:
    count = 0
    for line in ran.out.decode("utf-8", "replace").splitlines():
        if line.startswith(_WOULD):
            count += 1
            yield _unformatted(relative(line.removeprefix(_WOULD), ran.call.cwd), 0)
    for line in _error_lines(ran):
        if said := _BROKEN.match(line):
            count += 1
            path = relative(said["path"], ran.call.cwd)
            yield _broken(path, int(said["line"]), int(said["column"]), said["why"])
        elif said := _UNREAD.match(line):
            count += 1
            yield _unreadable(relative(said["path"], ran.call.cwd), said["why"])
    if ran.code and not count:
        yield failed(tool, f"it ended with exit code {ran.code} but named nothing", ran)
