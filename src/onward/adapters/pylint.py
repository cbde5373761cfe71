"""pylint: how to ask it, and what its answers mean."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from onward.core.code_folders import code_folders
from onward.core.finding import Certainty, Finding, Place
from onward.core.proc.call import Call, Ran
from onward.core.proc.run import run
from onward.core.programs import Wanted, find_program
from onward.core.tool import (
    NO_JSON,
    Depends,
    Probe,
    RuleText,
    Target,
    failed,
    ignored_settings,
    relative,
    unknown_rule,
)

_KINDS = (".py", ".pyi")
_PYLINT = Wanted(tool="pylint", distribution="pylint")
_FATAL, _KNOWN, _USAGE = 1, 31, 32  # its exit code is a sum of bits, or 32 alone
_ABOUT_ITSELF = "Command line or configuration file"
_PAGE = "https://pylint.readthedocs.io/en/stable/user_guide/messages/messages_overview.html"


class _Seen(msgspec.Struct, frozen=True, rename="camel"):
    """One message of ``json2``: lines count from 1, columns from 0."""

    type: str
    symbol: str
    message: str
    message_id: str
    path: str
    line: int = 0
    column: int = 0
    end_line: int | None = None
    end_column: int | None = None


class _Answer(msgspec.Struct, frozen=True):
    messages: list[_Seen]


class Pylint:
    """``pylint``: findings ``pylint/SYMBOL``."""

    name = "pylint"
    depends = Depends(
        kinds=_KINDS,
        environment=True,
        above=("pylintrc", ".pylintrc", "pyproject.toml", "setup.cfg", "tox.ini"),
        of_user=("pylintrc", ".pylintrc"),
        variables=("PYLINT", "PYTHONPATH"),
    )

    def probe(self, environment: Path, env: Mapping[str, str]) -> Probe:
        """Find the project's own pylint: it imports what the code imports."""
        del env
        return find_program(_PYLINT, environment)

    def call(self, probe: Probe, target: Target) -> Call | None:
        """Ask in JSON about the wanted files, else about where the code lies: ``.`` would mean a ``.venv`` too."""
        if (wanted := target.named(_KINDS)) is None:
            return None
        wanted = wanted or code_folders(Path(target.root)).paths
        argv = [probe.program, "--output-format=json2", "--recursive=y", "--", *wanted]
        env = {**target.env, "PYTHONUTF8": "1", "NO_COLOR": "1"}
        return Call(argv=tuple(argv), cwd=target.root, env=env, ok=tuple(range(_USAGE)))

    def read(self, ran: Ran) -> Iterator[Finding]:
        """Read what ``call`` left: the code is a sum of 1 (could not look), 2, 4, 8, 16; 32 is a wrong call."""
        try:
            seen = msgspec.json.decode(ran.out, type=_Answer).messages
        except NO_JSON:
            yield failed(self.name, f"exit code {ran.code} without a readable answer", ran)
            return
        itself = [one for one in seen if one.path == _ABOUT_ITSELF]
        yield from (_finding(one, ran.call.cwd) for one in seen if one not in itself)
        if itself:
            yield ignored_settings(self.name, [one.message for one in itself])
        if not 0 <= ran.code <= _KNOWN:
            yield failed(self.name, f"it ended with exit code {ran.code}", ran)
        elif ran.code & _FATAL:
            yield failed(self.name, f"some files (exit code {ran.code})", ran)
        elif ran.code and not seen:
            yield failed(self.name, f"it ended with exit code {ran.code} but named nothing", ran)

    def rule_text(self, code: str, probe: Probe, env: Mapping[str, str]) -> RuleText | None:
        """Give what ``pylint --help-msg`` says, None when there is no pylint."""
        if not probe.program:
            return None
        argv = (probe.program, f"--help-msg={code}")
        folder = str(Path(probe.program).parent)
        said = read_message(run(Call(argv=argv, cwd=folder, env=dict(env), timeout=60)))
        if said is None:
            raise unknown_rule(probe, code, _PAGE)
        return said


CHECK = Pylint()


def read_message(ran: Ran) -> RuleText | None:
    """Read the answer of ``pylint --help-msg=CODE``: a line ``:symbol (ID): *text*``, then sentences."""
    first, _, rest = ran.out.decode("utf-8", "replace").strip().partition("\n")
    if ran.code != 0 or not first.startswith(":") or " (" not in first:
        return None
    symbol, summary = first[1:].partition(" ")[0], first.partition(": ")[2].strip("*")
    text = " ".join(rest.split())
    return RuleText(
        rule=f"pylint/{symbol}",
        name=symbol,
        # many are patterns with holes in them
        summary=symbol.replace("-", " ") if "%" in summary else summary,
        text=text,
        url=_PAGE,
    )


def _finding(one: _Seen, root: str) -> Finding:
    message, _, more = one.message.partition("\n")
    facts: dict[str, object] = {"name": one.message_id}
    if more:
        facts["more"] = more
    return Finding(
        rule=f"pylint/{one.symbol}",
        subject=Place(
            path=relative(one.path, root),
            line=one.line,
            column=one.column + 1,
            end_line=one.end_line or 0,
            end_column=0 if one.end_column is None else one.end_column + 1,
        ),
        message=message,
        facts=facts,
        certainty=Certainty.unknown if one.type == "fatal" else Certainty.known,
        seen_by="pylint",
    )
