"""pylint: how to ask it, and what its answers mean."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from onward.core.code_folders import code_folders
from onward.core.finding import Certainty, Finding, Place
from onward.core.proc.call import Call, Ran
from onward.core.proc.run import run
from onward.core.programs import Wanted, find_program
from onward.core.saved import Saved, cut, numbered, strange
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
# Its default text: a message may go over several lines, and ends with its symbol.
_START = r"(?P<path>[^\n]+?):(?P<line>\d+):(?P<column>\d+): (?P<id>[CRWEFI]\d{4}): "
_HEAD = re.compile(_START)
_MESSAGE = re.compile(rf"(?s){_START}(?P<message>.*) \((?P<symbol>[a-z0-9-]+)\)")
_MODULE, _RATED = "************* ", "Your code has been rated at "
_EMPTY = "it is empty: pylint prints a rate even when all is well, so it has not run, or without its score"
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


class _Older(msgspec.Struct, frozen=True, rename="camel"):
    """One message of ``json``, the form of pylint 2 and 3 that later ones still have."""

    type: str
    symbol: str
    message: str
    path: str
    message_id: str = msgspec.field(name="message-id")
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
            yield failed(self.name, f"{ran.ended} without a readable answer", ran)
            return
        itself = [one for one in seen if one.path == _ABOUT_ITSELF]
        yield from (_finding(one, ran.call.cwd) for one in seen if one not in itself)
        if itself:
            yield ignored_settings(self.name, [one.message for one in itself])
        if not 0 <= ran.code <= _KNOWN:
            yield failed(self.name, f"it ended with {ran.ended}", ran)
        elif ran.code & _FATAL:
            yield failed(self.name, f"some files ({ran.ended})", ran)
        elif ran.code and not seen:
            yield failed(self.name, f"it ended with {ran.ended} but named nothing", ran)

    def read_saved(self, text: str) -> Saved:
        """Read its default text, ``json`` or ``json2``; a text without messages has to have its rate."""
        if text.lstrip().startswith(("{", "[")):
            return _from_json(text)
        found: list[tuple[str, Finding]] = []
        faults: list[str] = []
        rated = False
        for number, said in _messages(text):
            message = _MESSAGE.fullmatch(said)
            if message is not None:
                found.append((f"line {number}", _finding(_seen(message), "")))
            elif said.startswith(_RATED):
                rated = True
            elif _HEAD.match(said):
                faults.append(f"line {number}: a message that does not end with its (symbol)")
            elif not said.startswith(_MODULE) and said.strip("-"):
                faults.append(strange(number, said))
        if not (found or faults or rated):
            faults.append(_EMPTY)
        return Saved(findings=tuple(found), faults=(*faults, *cut(text)))

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


def _messages(text: str) -> Iterator[tuple[int, str]]:
    """Give each message whole with the number of its first line, and every line that belongs to none."""
    first, whole = 0, ""
    for number, line in numbered(text):
        if whole and not _HEAD.match(line):
            whole += f"\n{line}"
        else:
            if whole:
                yield first, whole
            first, whole = number, line
        if not _HEAD.match(whole) or _MESSAGE.fullmatch(whole):
            yield first, whole
            whole = ""
    if whole:
        yield first, whole


def _seen(message: re.Match[str]) -> _Seen:
    return _Seen(
        type="fatal" if message["id"].startswith("F") else "",
        symbol=message["symbol"],
        message=message["message"],
        message_id=message["id"],
        path=message["path"],
        line=int(message["line"]),
        column=int(message["column"]),
    )


def _from_json(text: str) -> Saved:
    """Read ``json`` and ``json2``; where a message stands in the text is not known, so its number is told."""
    try:
        json.loads(text)
    except ValueError as error:
        number = error.lineno if isinstance(error, json.JSONDecodeError) else 1
        return Saved(faults=(f"line {number}: it is no JSON from there on",))
    try:
        if text.lstrip().startswith("{"):
            seen = msgspec.json.decode(text, type=_Answer).messages
        else:
            older = msgspec.json.decode(text, type=list[_Older])
            seen = [_Seen(**msgspec.structs.asdict(one)) for one in older]
    except msgspec.MsgspecError as error:
        return Saved(faults=(f"line 1: it is no list of pylint's messages: {error}",))
    about_code = [(at, one) for at, one in enumerate(seen, 1) if one.path != _ABOUT_ITSELF]
    itself = [one.message for one in seen if one.path == _ABOUT_ITSELF]
    return Saved(
        findings=tuple((f"message {at}", _finding(one, "")) for at, one in about_code),
        faults=tuple(f"pylint did not take its settings: {words}" for words in itself),
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
