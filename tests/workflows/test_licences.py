"""Licences of what enters: stated, not stated, or not known, which are three answers."""

import io
import zipfile
from pathlib import Path
from typing import cast

import msgspec
import pytest

from onward.core.artifact import Artifact
from onward.core.errors import OutsideFailed
from onward.core.lock import LockDiff, LockedPackage
from onward.core.names import Name
from onward.core.net import Request, Response
from onward.core.perform import Listen, silent
from onward.workflows.entering import Brought
from onward.workflows.licences import licences_of
from onward.workflows.resolve import Resolver

MIT = b"Metadata-Version: 2.4\nName: tidewater\nLicense-Expression: MIT\n"
NONE = b"Metadata-Version: 2.4\nName: tidewater\n"


class Answers:
    """A network that gives one answer, and counts who asks."""

    def __init__(self, status: int, body: bytes = b"") -> None:
        self.status, self.body, self.asked = status, body, 0

    def get(self, request: Request) -> Response:
        self.asked += 1
        if not self.status:
            raise OutsideFailed("no-answer", "nobody is there")
        return Response(status=self.status, headers={}, body=self.body, url=request.url)


class Here(msgspec.Struct):
    """As much of a situation as licences need."""

    net: Answers
    cache: Path
    offline: bool = False


class Asking(msgspec.Struct):
    """As much of a resolver as licences need."""

    situation: Here
    listen: Listen = silent


def told(cache: Path, net: Answers, *, offline: bool = False) -> dict[str, str]:
    name = Name("tidewater")
    wheel = Artifact(
        name=name,
        version="1.0",
        source="https://index.example/simple",
        filename="tidewater-1.0-py3-none-any.whl",
        url="https://files.example/tidewater-1.0-py3-none-any.whl",
        sha256="0" * 64,
    )
    package = LockedPackage(name=name, version="1.0", artifacts=(wheel,))
    brought = Brought(name=name, version="1.0", packages=(name,), size=1)
    asking = Asking(Here(net, cache, offline))
    answer = licences_of(cast(Resolver, asking), [brought], LockDiff(added=(package,)))
    return answer[0].licences


@pytest.mark.parametrize(
    ("net", "expected"),
    [
        (Answers(200, MIT), {"tidewater": "MIT"}),
        (Answers(200, NONE), {"tidewater": ""}),
        (Answers(404), {}),
        (Answers(500), {}),
        (Answers(0), {}),
    ],
    ids=["stated", "not stated", "no metadata file", "index fails", "no answer"],
)
def test_only_what_was_read_is_told(tmp_path: Path, net: Answers, expected: dict[str, str]) -> None:
    assert told(tmp_path, net) == expected


@pytest.mark.parametrize("net", [Answers(200, MIT), Answers(200, NONE), Answers(404)])
def test_an_answer_is_asked_for_once_and_stays_the_same(tmp_path: Path, net: Answers) -> None:
    first = told(tmp_path, net)
    asked = net.asked
    assert told(tmp_path, net) == first
    assert net.asked == asked <= 2


class OnlyTheWheel(Answers):
    """An index without metadata files, whose server gives parts of the wheel."""

    def get(self, request: Request) -> Response:
        self.asked += 1
        if request.url.endswith(".metadata"):
            return Response(status=404, headers={}, body=b"", url=request.url)
        return Response(status=200, headers={}, body=self.body, url=request.url)


def test_where_there_is_no_metadata_file_the_wheel_itself_says_it(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("tidewater-1.0.dist-info/METADATA", MIT)
    net = OnlyTheWheel(200, packed.getvalue())
    assert told(tmp_path, net) == {"tidewater": "MIT"}
    assert told(tmp_path, net) == {"tidewater": "MIT"}
    assert net.asked == 2


def test_a_failure_is_not_remembered(tmp_path: Path) -> None:
    assert told(tmp_path, Answers(0)) == {}
    assert told(tmp_path, Answers(200, MIT)) == {"tidewater": "MIT"}


def test_offline_nobody_is_asked(tmp_path: Path) -> None:
    net = Answers(200, MIT)
    assert told(tmp_path, net, offline=True) == {}
    assert net.asked == 0
