"""Ruff as a linter and as a formatter: where it is and how to ask it."""

import os
import re
import shutil
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import ruff

from onward.adapters.ruff.findings import UNFORMATTED, UNUSED, in_json, in_words, names_a_file
from onward.core import env as names
from onward.core.errors import OnwardError
from onward.core.finding import Finding
from onward.core.proc.call import Call, Ran
from onward.core.proc.run import run
from onward.core.tool import Depends, Probe, Target, failed, relative

KINDS = (".py", ".pyi", ".pyw", ".ipynb")
"""The ends of the names of Python files and notebooks."""
_ABOVE = (".ruff.toml", "ruff.toml", "pyproject.toml", ".gitignore", ".ignore", ".git/info/exclude")
_OF_USER = ("ruff/ruff.toml", "ruff/.ruff.toml", "ruff/pyproject.toml", "git/ignore")
_ALSO = "RUF100"  # comments that silence nothing are told in every project
_JSON_FORMAT_SINCE = (0, 16)  # older formatters tell in words only
_MARKDOWN_SINCE = (0, 17)  # the code blocks in it are formatted too
UNSORTED = "ruff/I001"
"""The rule on the order of imports, which other fixes add to."""

_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)\S*")
_ASKING = threading.Lock()
_versions: dict[tuple[str, int, int, int], str] = {}


def _depends(kinds: tuple[str, ...]) -> Depends:
    return Depends(
        kinds=kinds,
        one_by_one=True,
        above=_ABOVE,
        of_user=_OF_USER,
        variables=("RUFF_",),
        streams=True,
    )


class _Ruff:
    """What linter and formatter share: one program, one environment."""

    def probe(self, environment: Path, env: Mapping[str, str]) -> Probe:
        """Find the project's own ruff, else ``ONWARD_RUFF``, else the one installed with onward."""
        return find(environment, env)


class Linter(_Ruff):
    """``ruff check``: findings ``ruff/CODE``; ``also`` are codes beside those that the project's settings select."""

    name = "ruff"
    afterwards = UNSORTED
    depends = _depends(KINDS)

    def __init__(self, also: Iterable[str] = ()) -> None:
        self._also = ",".join((_ALSO, *sorted(also)))

    def mends(self, rule: str) -> bool:
        """Say whether ``rule`` is one of the linter's codes."""
        return rule == UNUSED or (rule.startswith("ruff/") and rule != UNFORMATTED)

    def call(self, probe: Probe, target: Target) -> Call | None:
        """Ask for every violation, one JSON object a line; a project's ``fix = true`` is switched off."""
        if (paths := _paths(target, (*KINDS, "pyproject.toml"))) is None:
            return None
        argv = [probe.program, "check", "--no-fix", "--extend-select", self._also]
        argv += ["--output-format", "json-lines"]
        return _call(target, [*argv, "--force-exclude", "--", *paths], ok=(0, 1))

    def look(self, probe: Probe, target: Target, path: str, content: bytes) -> Call:
        """Ask, as ``call`` does, about ``content`` in place of the file at ``path``."""
        argv = [probe.program, "check", "--no-fix", "--extend-select", self._also]
        argv += ["--output-format", "json-lines", "--no-cache", f"--stdin-filename={path}", "-"]
        return _call(target, argv, ok=(0, 1), stdin=content)

    def read(self, ran: Ran) -> Iterator[Finding]:
        """Read what ``call`` or ``look`` left; 0 is clean, 1 says that there are violations, all else is a failure."""
        if ran.code not in (0, 1):
            yield failed(self.name, f"it ended with {ran.ended}", ran)
            return
        yield from in_json(self.name, ran, needed=ran.code == 1)

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
        """Mend ``content`` by ruff's fixes for ``rules``, its safe ones or all."""
        codes = ",".join(
            sorted("RUF100" if rule == UNUSED else rule.removeprefix("ruff/") for rule in rules)
        )
        argv = [probe.program, "check", "--fix-only", "--fixable", codes]
        argv.append("--unsafe-fixes" if unsafe else "--no-unsafe-fixes")
        # what is put in order afterwards is so only where the project's settings select it
        if rules != (UNSORTED,):
            argv += ["--extend-select", codes]
        # in one word, since a name may begin with a dash
        argv += ["--no-cache", "--quiet", f"--stdin-filename={path}", "-"]
        return _call(target, argv, stdin=content)

    def repaired(self, ran: Ran) -> bytes | None:
        """Give ruff's new content of the file."""
        return ran.out if ran.code == 0 else None


class Formatter(_Ruff):
    """``ruff format --check``: finding ``ruff/format`` for each file it would write anew."""

    name = "ruff format"
    afterwards = UNFORMATTED
    depends = _depends((*KINDS, ".md"))

    def mends(self, rule: str) -> bool:
        """Say whether ``rule`` is the formatter's."""
        return rule == UNFORMATTED

    def call(self, probe: Probe, target: Target) -> Call | None:
        """Ask which files are not formatted, in JSON where this ruff has it."""
        markdown = (".md",) if _release(probe.version) >= _MARKDOWN_SINCE else ()
        if (paths := _paths(target, KINDS + markdown)) is None:
            return None
        argv = [probe.program, "format", "--check"]
        if _release(probe.version) >= _JSON_FORMAT_SINCE:
            argv += ["--output-format", "json-lines"]
        return _call(target, [*argv, "--force-exclude", "--", *paths], ok=(0, 1, 2))

    def read(self, ran: Ran) -> Iterator[Finding]:
        """Read what ``call`` left; 2 is fine only when it names the file that could not be parsed."""
        if ran.code not in (0, 1, 2) or (ran.code == 2 and not names_a_file(ran)):
            yield failed(self.name, f"it ended with {ran.ended}", ran)
        elif "--output-format" in ran.call.argv:
            yield from in_json(self.name, ran, needed=ran.code != 0)
        else:
            yield from in_words(self.name, ran)

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
        """Format ``content``; a file the project excludes comes back as it was."""
        del rules, unsafe
        argv = [probe.program, "format", "--no-cache", "--quiet", "--force-exclude"]
        return _call(target, [*argv, f"--stdin-filename={path}", "-"], stdin=content)

    def repaired(self, ran: Ran) -> bytes | None:
        """Give the formatted file; None when it does not parse."""
        return ran.out if ran.code == 0 else None


LINT = Linter()
FORMAT = Formatter()


def find(environment: Path, env: Mapping[str, str]) -> Probe:
    """Say which ruff works for the project with that environment, by starting it once for its version."""
    program, origin = _chosen(environment, env)
    how = "`onward add --dev ruff` gives the project its own, or install onward again."
    if program:
        how = f"`{program}` ({origin}) does not answer `--version`; mend or remove it."
        try:
            if version := _version(program, env):
                return Probe(
                    tool="ruff", found=True, program=program, version=version, origin=origin
                )
        except OnwardError as error:
            how = f"{error.message} ({origin}); mend or remove it."
    return Probe(tool="ruff", found=False, how_to_get=how)


def _version(program: str, env: Mapping[str, str]) -> str:
    """Give what ``program`` says its version is (empty: nothing we know), asking each file on disk once."""
    try:
        seen = os.stat(program)  # noqa: PTH116 - it may be a bare name
    except OSError:
        return _said_version(program, env)
    with _ASKING:  # linter, formatter and the list of files ask at the same time
        key = (program, seen.st_mtime_ns, seen.st_size, seen.st_ino)
        return _versions.get(key) or _versions.setdefault(key, _said_version(program, env))


def _said_version(program: str, env: Mapping[str, str]) -> str:
    ran = run(Call(argv=(program, "--version"), cwd=anywhere(program), env=dict(env), timeout=60))
    said = _VERSION.search(ran.out.decode("utf-8", "replace"))
    return said.group() if ran.code == 0 and said else ""


def files(probe: Probe, target: Target) -> Call | None:
    """Give the process that lists the files which ruff would look at; None when it would be none."""
    if (paths := _paths(target, KINDS)) is None:
        return None
    return _call(target, [probe.program, "check", "--show-files", "--force-exclude", "--", *paths])


def read_files(ran: Ran) -> tuple[str, ...] | None:
    """Give the Python files (notebooks too) that ``files`` listed, relative with ``/``; None if it failed."""
    if not ran.succeeded:
        return None
    text = ran.out.decode("utf-8", "replace")
    # each path is a whole one, and a name may hold what ends a line
    above = re.escape(ran.call.cwd) if text.startswith(ran.call.cwd) else ""
    listed = re.split(rf"\r?\n(?={above}|\Z)", text)
    return tuple(relative(line, ran.call.cwd) for line in listed if line.endswith(KINDS))


def anywhere(program: str) -> str:
    """Give a folder to start a program in that needs none."""
    return str(Path(program).parent)


def _chosen(environment: Path, env: Mapping[str, str]) -> tuple[str, str]:
    """Give the program that counts and where it is from; empty when there is none."""
    for own in (environment / "bin" / "ruff", environment / "Scripts" / "ruff.exe"):
        if own.is_file():
            return str(own), "the project's environment"
    if chosen := env.get(names.RUFF):
        return chosen, names.RUFF
    try:
        return ruff.find_ruff_bin(), "installed with onward"
    except FileNotFoundError:
        return shutil.which("ruff", path=env.get("PATH")) or "", "PATH"


def _call(target: Target, argv: list[str], ok: tuple[int, ...] = (0,), stdin: bytes = b"") -> Call:
    env = quiet(target.env)
    if target.read_only:  # else ruff fails where it cannot make its cache in the project's folder
        env["RUFF_NO_CACHE"] = "true"
    return Call(argv=tuple(argv), cwd=target.root, env=env, ok=ok, stdin=stdin)


def quiet(env: Mapping[str, str]) -> dict[str, str]:
    """Give the environment without what would colour ruff's answer or send it elsewhere."""
    # RUFF_OUTPUT_FILE would send the answer elsewhere, and an empty answer looks like a clean one.
    unwanted = {"RUFF_OUTPUT_FILE", "RUFF_OUTPUT_FORMAT", "FORCE_COLOR", "CLICOLOR_FORCE"}
    return {**{key: value for key, value in env.items() if key not in unwanted}, "NO_COLOR": "1"}


def _paths(target: Target, kinds: tuple[str, ...]) -> tuple[str, ...] | None:
    # Ruff takes any file that is named to it for Python, so only files of its kinds are named.
    wanted = target.named(kinds)
    return wanted if wanted is None else wanted or (".",)  # the workflow keeps only what was wanted


def _release(version: str) -> tuple[int, int]:
    said = _VERSION.match(version)
    return (int(said.group(1)), int(said.group(2))) if said else (0, 0)
