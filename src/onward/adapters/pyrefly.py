"""Pyrefly: how to ask it, and what its answers mean.

It follows imports, so it is always asked about the whole project, and what is wanted of the
answer is chosen by whoever asked.
"""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from onward.core.finding import Finding, Place
from onward.core.lines import lines_of
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
    one_line,
    relative,
)

_KINDS = (".py", ".pyi", ".ipynb")
_PYREFLY = Wanted(tool="pyrefly", distribution="pyrefly")
_SETTINGS = "pyrefly.toml"
_KEPT = ("PYREFLY_CONFIG", "PYREFLY_THREADS")
_NOTHING = "No Python files matched"
_KINDS_PAGE = "https://pyrefly.org/en/docs/error-kinds/#"


class _Seen(msgspec.Struct, frozen=True):
    """One error of ``--output-format json``: lines and columns (characters) count from 1."""

    line: int
    column: int
    path: str
    name: str
    description: str
    concise_description: str = ""
    stop_line: int = 0
    stop_column: int = 0


class _Answer(msgspec.Struct, frozen=True):
    errors: list[_Seen]


class Pyrefly:
    """``pyrefly check``: findings ``pyrefly/KIND``."""

    name = "pyrefly"
    depends = Depends(
        kinds=_KINDS,
        environment=True,
        above=(_SETTINGS, "pyproject.toml", ".gitignore", ".ignore", ".git/info/exclude"),
        variables=("PYREFLY_",),
    )

    def probe(self, environment: Path, env: Mapping[str, str]) -> Probe:
        """Find the project's own pyrefly; it needs the environment."""
        del env
        return find_with_imports(_PYREFLY, environment)

    def call(self, probe: Probe, target: Target) -> Call | None:
        """Ask in JSON; without settings of the project by its full set, since its basic one passes ``x: int = "a"``."""
        if target.named(_KINDS) is None:
            return None
        argv = [probe.program, "check", "--output-format", "json", "--summary=none"]
        if target.environment and (python := python_of(Path(target.environment))):
            argv += ["--python-interpreter-path", str(python)]
        if not _has_settings(Path(target.root)) and "PYREFLY_CONFIG" not in target.env:
            argv += ["--preset", "default"]
        kept = {
            name: value
            for name, value in target.env.items()
            if not name.startswith("PYREFLY_") or name in _KEPT
        }
        env = {**kept, "NO_COLOR": "1"}
        return Call(argv=tuple(argv), cwd=target.root, env=env, ok=(0, 1))

    def read(self, ran: Ran) -> Iterator[Finding]:
        """Read what ``call`` left; 0 is clean or warnings, 1 errors; without an answer 1 is a failure too."""
        words = ran.err.decode("utf-8", "replace")
        try:
            seen = msgspec.json.decode(ran.out, type=_Answer).errors
        except NO_JSON:
            if ran.code == 1 and not ran.out.strip() and _NOTHING in words:
                yield no_files(self.name)
            else:
                yield failed(self.name, f"{ran.ended} without a readable answer", ran)
            return
        yield from (_finding(one, ran.call.cwd) for one in seen)
        if ignored := [
            line.strip()[len("WARN ") :]
            for line in lines_of(words)
            if line.strip().startswith("WARN ") and ".toml" in line
        ]:
            yield ignored_settings(self.name, ignored)
        if ran.code not in (0, 1):
            yield failed(self.name, f"it ended with {ran.ended}", ran)
        elif ran.code == 1 and not seen:
            yield failed(self.name, "it ended with exit code 1 but named nothing", ran)

    def rule_text(self, code: str, probe: Probe, env: Mapping[str, str]) -> RuleText | None:
        """Give the address of pyrefly's text: it has no command that explains a kind of error."""
        del probe, env
        return RuleText(
            rule=f"pyrefly/{code}",
            name=code,
            summary=f"Pyrefly's error kind `{code}`.",
            url=_KINDS_PAGE + code,
        )


CHECK = Pyrefly()


def _finding(one: _Seen, root: str) -> Finding:
    message, _, more = one.description.partition("\n")
    return Finding(
        rule=f"pyrefly/{one.name}",
        subject=Place(
            path=relative(one.path, root),
            line=one.line,
            column=one.column,
            end_line=one.stop_line,
            end_column=one.stop_column,
        ),
        message=one.concise_description or message,
        # where a module was looked for names folders of this machine; the rest says why
        facts={"more": one_line(more)} if more and "Looked in" not in more else {},
        seen_by="pyrefly",
    )


def _has_settings(root: Path) -> bool:
    """Say whether pyrefly would find settings: from the project's folder upwards."""
    for place in (root, *root.parents):
        if (place / _SETTINGS).is_file():
            return True
        try:
            read = tomllib.loads((place / "pyproject.toml").read_text("utf-8"))
        except (OSError, ValueError):
            continue
        tool = read.get("tool")
        if isinstance(tool, dict) and "pyrefly" in tool:
            return True
    return False
