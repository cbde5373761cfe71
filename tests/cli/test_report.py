"""The forms that machines read: JSON that stays as it is, SARIF as OASIS has it, GitHub, JUnit."""

import json
from pathlib import Path
from typing import Any, Literal
from xml.etree import ElementTree as ET

import msgspec
import pytest

from onward.cli.check import below_repository
from onward.cli.gitlab import as_gitlab
from onward.cli.report import SCHEMA, as_github, as_json, as_junit
from onward.cli.sarif import as_sarif
from onward.core.finding import Certainty, Finding, Place, Release, Whole
from onward.core.policy import Level, Row, Verdict
from onward.workflows.check import Checked, checked_of
from onward.workflows.checking.look import Looked

LINE = "import os  # ünï"


def verdict(level: Level = Level.enforce, **more: Any) -> Verdict:
    given: dict[str, Any] = {
        "rule": "ruff/F401",
        "subject": Place(
            path="src/my ünï.py", line=3, column=8, end_line=3, end_column=10, source_line=LINE
        ),
        "message": "`os` imported but unused",
        "facts": {
            "name": "unused-import",
            "url": "https://docs.astral.sh/ruff/rules/unused-import",
        },
        "seen_by": "ruff 0.17.6",
    } | more
    return Verdict(
        finding=Finding(**given), level=level, row=Row(match="ruff/*", level=level, where="here")
    )


UNKNOWN = verdict(
    rule="tool/failed",
    subject=Whole(),
    message="ty could not look: 100% of it <broke>\nbadly",
    facts={"tool": "ty", "words": "a\nb"},
    certainty=Certainty.unknown,
)
RELEASE = verdict(
    Level.advise,
    rule="guard/vulnerable-locked",
    subject=Release(name="jinja2", version="2.10"),
    message="PYSEC-2019-217 hits it",
    facts={"ids": ["PYSEC-2019-217"]},
)
TOOLS = (
    Looked(tool="ruff", version="0.17.6", origin="installed with onward", seconds=0.1234567),
    Looked(tool="ty", version="0.1", whole=False),
)


def checked(*verdicts: Verdict) -> Checked:
    return checked_of(verdicts, tools=TOOLS, files=3)


def test_json_has_the_shape_that_its_schema_promises() -> None:
    value = json.loads("\n".join(as_json(checked(verdict(), RELEASE, UNKNOWN, verdict(Level.off)))))
    assert value["schema"] == SCHEMA == "onward.check/1"
    assert set(value) == {
        "schema", "onward", "files", "tools", "counts", "known", "blocked", "level", "findings",
    }  # fmt: skip
    assert value["counts"] == {"advise": 1, "ratchet": 0, "enforce": 2}
    assert (value["blocked"], value["level"], value["files"]) == (True, "enforce", 3)
    assert set(value["tools"][0]) == {"tool", "version", "origin", "seconds", "complete", "warm"}
    first, release, unknown = value["findings"]
    assert set(first) == {
        "rule", "level", "known", "certainty", "message", "hint", "subject", "facts", "seen_by",
        "fingerprint", "because",
    }  # fmt: skip
    assert first["subject"]["type"] == "place"
    assert first["subject"]["path"] == "src/my ünï.py"
    assert release["subject"] == {
        "type": "release", "name": "jinja2", "version": "2.10", "source": "",
    }  # fmt: skip
    assert unknown["certainty"] == "unknown"
    assert set(first["because"]) == {"match", "level", "source", "where", "until", "why"}


# SARIF 2.1.0 as far as we write it: what OASIS requires and allows, and nothing else.
class Strict(msgspec.Struct, forbid_unknown_fields=True):
    """An object of the schema, all of which have ``additionalProperties: false``."""


class Message(Strict):
    text: str


class Artifact(Strict):
    uri: str
    uriBaseId: str  # noqa: N815 - SARIF's word


class Region(Strict):
    startLine: int  # noqa: N815
    startColumn: int = 1  # noqa: N815
    endLine: int | None = None  # noqa: N815
    endColumn: int | None = None  # noqa: N815
    snippet: Message | None = None


class Physical(Strict):
    artifactLocation: Artifact  # noqa: N815
    region: Region


class Logical(Strict):
    fullyQualifiedName: str  # noqa: N815
    kind: str


class Location(Strict):
    physicalLocation: Physical  # noqa: N815
    logicalLocations: list[Logical] = []  # noqa: N815


class Result(Strict):
    ruleId: str  # noqa: N815
    ruleIndex: int  # noqa: N815
    level: Literal["none", "note", "warning", "error"]
    message: Message
    locations: list[Location]
    partialFingerprints: dict[str, str]  # noqa: N815
    properties: dict[str, Any]


class SarifRule(Strict):
    id: str
    name: str = ""
    shortDescription: Message | None = None  # noqa: N815
    fullDescription: Message | None = None  # noqa: N815
    help: Message | None = None
    helpUri: str = ""  # noqa: N815


class Driver(Strict):
    name: str
    version: str
    semanticVersion: str  # noqa: N815
    rules: list[SarifRule]


class Extension(Strict):
    name: str
    version: str


class Tool(Strict):
    driver: Driver
    extensions: list[Extension]


class Descriptor(Strict):
    id: str


class Notification(Strict):
    level: Literal["none", "note", "warning", "error"]
    message: Message
    descriptor: Descriptor


class Invocation(Strict):
    executionSuccessful: bool  # noqa: N815
    toolExecutionNotifications: list[Notification]  # noqa: N815


class Run(Strict):
    tool: Tool
    columnKind: Literal["utf16CodeUnits", "unicodeCodePoints"]  # noqa: N815
    invocations: list[Invocation]
    results: list[Result]


class Log(Strict):
    schema: str = msgspec.field(name="$schema")
    version: Literal["2.1.0"] = "2.1.0"
    runs: list[Run] = []


def sarif(*verdicts: Verdict) -> Run:
    text = "\n".join(as_sarif(checked(*verdicts), anchor="uv.lock"))
    (run,) = msgspec.json.decode(text, type=Log).runs
    return run


def test_sarif_is_what_the_standard_has() -> None:
    run = sarif(verdict(), RELEASE, UNKNOWN, verdict(Level.off, rule="ruff/E501"))
    assert [result.level for result in run.results] == ["error", "warning", "error"]
    for result in run.results:
        assert run.tool.driver.rules[result.ruleIndex].id == result.ruleId
        (location,) = result.locations
        assert location.physicalLocation.region.startLine >= 1
        assert location.physicalLocation.region.startColumn >= 1
    assert [rule.id for rule in run.tool.driver.rules] == [
        "ruff/F401", "guard/vulnerable-locked", "tool/failed",
    ]  # fmt: skip
    assert all(rule.shortDescription and rule.help for rule in run.tool.driver.rules)
    assert run.tool.driver.rules[0].helpUri.startswith("https://docs.astral.sh/")


def test_sarif_places_are_uris_and_columns_are_characters() -> None:
    (result,) = sarif(verdict()).results
    place = result.locations[0].physicalLocation
    assert place.artifactLocation.uri == "src/my%20%C3%BCn%C3%AF.py"
    assert (place.region.startColumn, place.region.endColumn) == (8, 10)
    assert place.region.snippet == Message(text=LINE)


def test_sarif_gives_a_release_the_file_that_stands_for_it() -> None:
    (result,) = sarif(RELEASE).results
    (location,) = result.locations
    assert location.physicalLocation.artifactLocation.uri == "uv.lock"
    assert location.logicalLocations == [Logical(fullyQualifiedName="jinja2==2.10", kind="package")]


def test_sarif_fingerprints_survive_moved_lines_and_tell_twins_apart() -> None:
    def marks(*lines: int) -> list[str]:
        places = [Place(path="a.py", line=line, column=1, source_line=LINE) for line in lines]
        results = sarif(*(verdict(subject=place) for place in places)).results
        return [result.partialFingerprints["primaryLocationLineHash"] for result in results]

    assert marks(3, 9) == marks(13, 19)
    assert len(set(marks(3, 9))) == 2


def test_sarif_says_when_something_could_not_look() -> None:
    (invocation,) = sarif(UNKNOWN).invocations
    assert not invocation.executionSuccessful
    assert [one.descriptor.id for one in invocation.toolExecutionNotifications] == ["tool/failed"]
    assert sarif(verdict()).invocations[0].executionSuccessful


def test_sarif_of_nothing_is_still_a_run() -> None:
    run = sarif()
    assert (run.results, run.tool.driver.rules) == ([], [])


def test_github_gets_one_line_for_each_finding_with_its_signs_escaped() -> None:
    odd = verdict(Level.advise, subject=Place(path="a:b,c.py"), message="x")
    lines = list(as_github(checked(verdict(), UNKNOWN, odd)))
    assert lines == [
        "::error title=ruff/F401,file=src/my ünï.py,line=3,col=8::`os` imported but unused",
        "::error title=tool/failed::this project: ty could not look: 100%25 of it <broke>%0Abadly",
        "::warning title=ruff/F401,file=a%3Ab%2Cc.py,line=1::x",
    ]
    assert list(as_github(checked())) == []
    (painted,) = as_github(checked(verdict(subject=Place(path="a\x1b[2J.py"), message="\x9bx")))
    assert painted == "::error title=ruff/F401,file=a\ufffd[2J.py,line=1::\ufffdx"


def test_in_a_folder_of_a_repository_files_are_named_from_its_top(tmp_path: Path) -> None:
    found = checked(verdict(), RELEASE)
    assert ",file=apps/web/src/my ünï.py," in next(as_github(found, inside="apps/web/"))
    issues = json.loads("\n".join(as_gitlab(found, anchor="uv.lock", inside="apps/web/")))
    assert [one["location"]["path"] for one in issues] == [
        "apps/web/src/my ünï.py",
        "apps/web/uv.lock",
    ]
    whole = "\n".join(as_sarif(found, anchor="uv.lock", inside="apps/web/"))
    assert '"apps/web/src/my%20%C3%BCn%C3%AF.py"' in whole
    assert '"apps/web/uv.lock"' in whole
    (tmp_path / "apps" / "web").mkdir(parents=True)
    assert below_repository(tmp_path / "apps" / "web") == ""
    (tmp_path / ".git").mkdir()
    assert below_repository(tmp_path / "apps" / "web") == "apps/web/"
    assert below_repository(tmp_path) == ""


def _texts(value: object) -> list[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [text for one in value for text in _texts(one)]
    return [value] if isinstance(value, str) else []


def test_json_is_json_whatever_ends_a_line_elsewhere() -> None:
    odd = verdict(message="a\u2028b\x85c\x0bd\r\ne")
    for lines in (as_json(checked(odd)), as_sarif(checked(odd), anchor="x")):
        assert odd.finding.message in _texts(json.loads("\n".join(lines)))


def test_junit_can_be_read_whatever_the_messages_hold() -> None:
    nasty = verdict(message='bell \x07 "quotes" & <tags>')
    suite = ET.fromstring("\n".join(as_junit(checked(nasty, UNKNOWN, RELEASE))).encode())
    assert (suite.get("tests"), suite.get("failures")) == ("3", "2")
    failures = [case for case in suite if case.find("failure") is not None]
    assert [case.get("name") for case in failures] == ["ruff/F401", "tool/failed"]
    assert [case.get("name") for case in suite if case not in failures] == ["ruff 0.17.6"]


@pytest.mark.parametrize("form", [as_json, as_github, as_junit])
def test_the_same_check_gives_the_same_text(form: Any) -> None:
    assert list(form(checked(verdict(), UNKNOWN))) == list(form(checked(verdict(), UNKNOWN)))


def test_gitlab_has_stable_fingerprints_and_a_place_for_everything() -> None:
    lines = list(as_gitlab(checked(verdict(), verdict(), UNKNOWN, RELEASE), anchor="uv.lock"))
    issues = json.loads("\n".join(lines))
    assert [one["check_name"] for one in issues] == [
        "ruff/F401",
        "ruff/F401",
        "tool/failed",
        "guard/vulnerable-locked",
    ]
    assert issues[0]["location"] == {"path": "src/my ünï.py", "lines": {"begin": 3}}
    assert issues[3]["location"] == {"path": "uv.lock", "lines": {"begin": 1}}
    assert [one["severity"] for one in issues] == ["major", "major", "major", "minor"]
    assert len({one["fingerprint"] for one in issues}) == 4, "twins are told apart"
    place = Place(path="src/my ünï.py", line=40, column=8, source_line=LINE)
    (moved,) = json.loads("\n".join(as_gitlab(checked(verdict(subject=place)), anchor="x")))
    assert moved["fingerprint"] == issues[0]["fingerprint"]


def test_gitlab_with_nothing_found_is_an_empty_array() -> None:
    assert json.loads("\n".join(as_gitlab(checked(), anchor="x"))) == []
