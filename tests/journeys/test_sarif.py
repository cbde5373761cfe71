"""``onward check --sarif`` of a real check, held against what SARIF 2.1.0 asks for.

The types and required properties are those of the OASIS standard, written by hand: no package that is kept up brings its
JSON schema.
"""

import re
from pathlib import Path

import msgspec
import pytest

from tests.cli.test_report import Log, Run
from tests.conftest import FakeClock, MakeProject
from tests.journeys.test_check import Onward

_URI_REFERENCE = re.compile(
    r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-F]{2})+"
)  # RFC 3986, without a query
FILES = {
    "ünï code/a b.py": "import os\n\n\ndef f(x):\n    return undefined\n",
    "broken.py": "def f(:\n",
    "feed.py": "x = 1\n\x0c\nprint(nothing)  # \u2028\n",
    "unread.py": "",
    ".flake8": "nonsense\n",
}


@pytest.fixture
def onward(env: dict[str, str], clock: FakeClock) -> Onward:
    return Onward(env, clock)


def told(onward: Onward, root: Path) -> Run:
    assert onward(root, "--sarif") == 1
    log = msgspec.json.decode(onward.out, type=Log)
    assert (log.version, len(log.runs)) == ("2.1.0", 1)
    return log.runs[0]


def test_every_result_of_a_real_check_is_as_the_standard_asks(
    project: MakeProject, onward: Onward
) -> None:
    extra = '[tool.ruff.lint]\nselect = ["E", "F"]\n'
    root = project(files=FILES, extra=extra, dependencies=["tidewater"])
    (root / "unread.py").write_bytes(b"x = '\xff'\n")
    run = told(onward, root)
    seen = {result.ruleId for result in run.results}
    assert {"ruff/F821", "ruff/invalid-syntax", "ruff/E902", "check/old-settings"} <= seen
    assert any(rule.startswith("guard/") for rule in seen), "one that has no file"
    ids = [rule.id for rule in run.tool.driver.rules]
    assert len(ids) == len(set(ids))
    marks = set()
    for result in run.results:
        assert ids[result.ruleIndex] == result.ruleId
        assert result.message.text.strip()
        marks.add(result.partialFingerprints["onwardFinding/v1"])
        for location in result.locations:
            place = location.physicalLocation
            assert _URI_REFERENCE.fullmatch(place.artifactLocation.uri)
            region = place.region
            assert region.startLine >= 1
            assert region.startColumn >= 1
            assert (region.endLine or region.startLine) >= region.startLine
            assert region.endColumn is None or region.endColumn >= 1
    assert len(marks) == len(run.results)
    feed = [result for result in run.results if result.ruleId == "ruff/F821"]
    lines = {
        one.locations[0].physicalLocation.artifactLocation.uri: one.locations[0].physicalLocation
        for one in feed
    }
    assert lines["feed.py"].region.startLine == 3
    assert lines["feed.py"].region.snippet is not None
    assert lines["feed.py"].region.snippet.text.startswith("print(nothing)")
    (invocation,) = run.invocations
    assert not invocation.executionSuccessful
