"""Uploads by the real uv to an index that refuses, fails or lies: what is said, what is kept, what is gone on with."""

import datetime as dt
import io
import os
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from onward.core.errors import BadInput, OnwardError, OutsideFailed, Refused
from onward.core.perform import silent
from onward.domain.shipping.built import Built, read_built
from onward.workflows.kept_log import Log
from onward.workflows.publishing import record
from onward.workflows.publishing.credential import Credential, find_credential, secrets_of
from onward.workflows.publishing.listing import Listing
from onward.workflows.publishing.target import Target, find_target
from onward.workflows.publishing.uploading import Uploader
from onward.workflows.situation import Situation, open_situation
from tests.conftest import MakeEnv, MakeProject
from tests.index.uploading import made
from tests.journeys.lying_index import LyingIndex

TOKEN = "a-token-nobody-may-see"
NOW = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)


@pytest.fixture
def lying() -> Iterator[Callable[..., LyingIndex]]:
    open_ones: list[LyingIndex] = []

    def make(mode: str = "good", *, hashes: bool = True) -> LyingIndex:
        open_ones.append(LyingIndex(mode, hashes=hashes))
        return open_ones[-1]

    yield make
    for one in open_ones:
        one.close()


class Bench:
    """Two files of ``demo`` 0.1.0, and what uploads them to ``index``."""

    def __init__(self, index: LyingIndex, situation: Situation, folder: Path) -> None:
        self.index = index
        self.situation = situation
        self.folder = folder
        root = situation.project.root
        self.target = find_target(index.upload, "", root, {}, situation)
        self.credential = find_credential(self.target, situation.env, {}, keyring=False)
        self.log = Log(folder / "log.txt", secrets_of(self.credential, self.target, situation.env))
        self.waited: list[float] = []
        self.listing = Listing(self.target, "demo", situation.net, self.waited.append)
        self.uploader = Uploader(
            self.target, self.credential, situation, listen=silent, log=self.log
        )
        self.built = [self._file(source=False), self._file(source=True)]

    def _file(self, *, source: bool) -> Built:
        name, content = made("demo", "0.1.0", source=source)
        (self.folder / name).write_bytes(content)
        return read_built(name, content)

    def publish(self) -> None:
        self.uploader.send(self.listing.missing(self.built), self.folder, self.listing)
        there = self.listing.wait_for(self.built, 3)
        self.listing.fetch(self.built, there, self.folder)


@pytest.fixture
def bench(make_env: MakeEnv, project: MakeProject, tmp_path: Path) -> Callable[[LyingIndex], Bench]:
    situation = open_situation(
        project(), make_env(UV_PUBLISH_TOKEN=TOKEN, UV_HTTP_RETRIES="0"), NOW
    )
    folder = tmp_path / "files"
    folder.mkdir(exist_ok=True)
    return lambda index: Bench(index, situation, folder)


Lying = Callable[..., LyingIndex]
Benches = Callable[[LyingIndex], Bench]


def test_both_files_arrive_the_wheel_first_and_the_log_holds_no_secret(
    lying: Lying, bench: Benches
) -> None:
    work = bench(lying())
    work.publish()
    assert work.index.uploads == [one.filename for one in work.built]
    assert work.index.uploads[0].endswith(".whl")
    assert all(word.startswith("Basic ") for word in work.index.authorized)
    log = work.log.path.read_text("utf-8")
    assert "demo-0.1.0.tar.gz" in log
    assert TOKEN not in log
    work.publish()
    assert len(work.index.uploads) == 2


@pytest.mark.parametrize(
    ("mode", "kind", "words"),
    [
        ("403", BadInput, "Invalid or non-existent authentication information."),
        ("400", BadInput, "400 The description failed to render"),
        ("409", Refused, "that is there"),
        ("exists", Refused, "File already exists (demo)"),
        ("500", OutsideFailed, "out of luck"),
        ("cut", OutsideFailed, "did not reach"),
    ],
)
def test_each_refusal_is_told_in_the_indexs_own_words(
    lying: Lying, bench: Benches, mode: str, kind: type[OnwardError], words: str
) -> None:
    work = bench(lying(mode))
    with pytest.raises(kind) as told:
        work.publish()
    said = "\n".join((told.value.message, *told.value.context, told.value.hint or ""))
    assert words in said
    assert "<" not in said
    assert TOKEN not in said
    assert work.index.files == {}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows how far a program has read")
def test_how_much_of_a_file_has_left_is_told_while_it_does(lying: Lying, bench: Benches) -> None:
    work = bench(lying("slow"))
    name, content = made("demo", "0.1.0", source=False)
    padded = io.BytesIO(content)
    with zipfile.ZipFile(
        padded, "a"
    ) as wheel:  # more than the system takes before any of it leaves
        wheel.writestr("demo/big.bin", os.urandom(40_000_000))
    (work.folder / name).write_bytes(padded.getvalue())
    one = read_built(name, padded.getvalue())
    told: list[str] = []

    def listen(event: str, words: str) -> None:
        if event == "progress":
            told.append(words)
            work.index.go_on.set()

    uploader = Uploader(work.target, work.credential, work.situation, listen=listen, log=work.log)
    uploader.send([one], work.folder, work.listing)
    assert work.index.uploads == [name]
    assert told
    done, _, of = told[0].partition(" of ")
    assert of == f"{one.size / 1_000_000:.1f} MB"
    assert 0 < float(done) < one.size / 1_000_000


def test_an_index_that_says_yes_and_takes_nothing(lying: Lying, bench: Benches) -> None:
    work = bench(lying("deaf"))
    with pytest.raises(OutsideFailed, match="does not list what it took after 3 seconds"):
        work.publish()
    assert sum(work.waited) >= 3


def test_an_index_that_fails_or_forgets_for_a_while_after_it_took_the_files_is_no_fault(
    lying: Lying, bench: Benches
) -> None:
    bench(lying("dizzy")).publish()
    bench(lying("forgets")).publish()
    index = lying("dizzy")
    index.dizzy_for = 1000
    with pytest.raises(OutsideFailed, match="answered with status 503"):
        bench(index).publish()


def test_an_index_that_keeps_or_hands_out_other_bytes(lying: Lying, bench: Benches) -> None:
    with pytest.raises(OutsideFailed, match="lists another file than the one it took"):
        bench(lying("other")).publish()
    with pytest.raises(OutsideFailed, match="hands out other bytes than it lists"):
        bench(lying("swaps")).publish()


def test_a_connection_that_broke_after_the_file_was_taken_is_no_failure(
    lying: Lying, bench: Benches
) -> None:
    work = bench(lying("cut-after"))
    work.publish()
    assert len(work.index.files) == 2
    assert "the connection broke, and the index has the file" in work.log.path.read_text("utf-8")


def test_what_is_there_is_left_alone_and_the_rest_follows(lying: Lying, bench: Benches) -> None:
    work = bench(lying(hashes=False))
    wheel = work.built[0]
    work.index.files[wheel.filename] = (work.folder / wheel.filename).read_bytes()
    work.publish()
    assert work.index.uploads == ["demo-0.1.0.tar.gz"]


@pytest.mark.parametrize("hashes", [True, False])
def test_other_content_under_the_same_name_is_refused_before_anything_is_sent(
    lying: Lying, bench: Benches, hashes: bool
) -> None:
    work = bench(lying(hashes=hashes))
    work.index.files["demo-0.1.0.tar.gz"] = b"something else"
    with pytest.raises(Refused, match="with other content"):
        work.publish()
    assert work.index.uploads == []


INDEX = """
[[tool.uv.index]]
name = "house"
url = "https://pypi.example/simple/"
publish-url = "https://bob:pw@pypi.example/legacy/"
"""


@pytest.fixture
def where(project: MakeProject, env: dict[str, str]) -> Callable[..., Target]:
    count = iter(range(99))

    def find(extra: str, to: str = "", check_url: str = "", **more: str) -> Target:
        root = project(extra=extra, folder=f"p{next(count)}")
        situation = open_situation(root, {**env, **more}, NOW)
        return find_target(to, check_url, root, situation.project.pyproject, situation)

    return find


def test_where_to_by_name_by_address_and_by_what_is_set(where: Callable[..., Target]) -> None:
    found = where(INDEX)
    assert (found.upload, found.index) == (
        "https://pypi.example/legacy/",
        "https://pypi.example/simple/",
    )
    assert found.login == ("bob", "pw")
    assert "pw" not in found.said
    assert where("").index == "https://pypi.org/simple/"
    assert where(INDEX, "testpypi").upload == "https://test.pypi.org/legacy/"
    assert where("", "https://a.example/x/legacy").index == "https://a.example/x/simple/"
    assert where("", "https://a.example/up", "https://a.example/s/").index == "https://a.example/s/"
    assert where("", "https://upload.pypi.org/legacy/").public
    assert where(INDEX, UV_PUBLISH_INDEX="pypi").public


@pytest.mark.parametrize(
    ("extra", "to", "words"),
    [
        ("", "nowhere", "no index to publish to is called `nowhere`"),
        ("", "https://a.example/up", "lists what it took"),
        ("", "http://a.example/legacy/", "plain http"),
        ("", "https://[::1/legacy/", "is no address"),
        ("", "https://a.example:x/legacy/", "is no address"),
        (INDEX.replace("pypi.example/legacy", "/"), "house", "is no address"),
        (INDEX + INDEX.replace("house", "other"), "", "several take uploads"),
        ('[[tool.uv.index]]\nurl = "https://a.example/simple/"\ndefault = true\n', "", "nobody said where"),
    ],
)  # fmt: skip
def test_where_to_is_never_guessed(
    where: Callable[..., Target], extra: str, to: str, words: str
) -> None:
    with pytest.raises(BadInput, match=words):
        where(extra, to)


HERE = Target(said="here", upload="https://a.example/legacy/", index="https://a.example/simple/")


@pytest.mark.parametrize(
    ("env", "said", "option"),
    [
        ({"UV_PUBLISH_TOKEN": "secret-1"}, "UV_PUBLISH_TOKEN", "never"),
        ({"UV_PUBLISH_USERNAME": "u", "UV_PUBLISH_PASSWORD": "secret-1"}, "UV_PUBLISH_PASSWORD", "never"),
        ({"ACTIONS_ID_TOKEN_REQUEST_URL": "u", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "secret-1"}, "GitHub", "always"),
        ({"GITLAB_CI": "true", "PYPI_ID_TOKEN": "secret-1"}, "GitLab", "always"),
    ],
)  # fmt: skip
def test_as_whom_is_said_without_the_secret(env: dict[str, str], said: str, option: str) -> None:
    found: Credential = find_credential(HERE, env, {}, keyring=False)
    assert said in found.said
    assert option in found.options
    assert "secret-1" not in found.said + " ".join(found.options)
    assert "secret-1" in secrets_of(found, HERE, env)


def test_nobody_and_a_keyring_that_is_not_there() -> None:
    with pytest.raises(BadInput, match="nobody to publish"):
        find_credential(HERE, {}, {}, keyring=False)
    with pytest.raises(BadInput, match="`keyring` is not there"):
        find_credential(HERE, {"PATH": ""}, {"keyring-provider": "subprocess"}, keyring=False)


def test_what_was_begun_counts_only_for_its_commit_and_unchanged_files(tmp_path: Path) -> None:
    built = []
    for source in (False, True):
        name, content = made("demo", "0.1.0", source=source)
        (tmp_path / name).write_bytes(content)
        built.append(read_built(name, content))
    path = record.path_of(tmp_path / "cache", tmp_path, "x")
    assert record.begun_before(path, "abc", tmp_path) is None
    record.remember(path, "abc", tmp_path, built)
    again = record.begun_before(path, "abc", tmp_path)
    assert again is not None
    assert [one.sha256 for one in again] == [one.sha256 for one in built]
    assert record.begun_before(path, "abd", tmp_path) is None
    assert record.begun_before(path, "", tmp_path) is None
    (tmp_path / built[1].filename).write_bytes(b"other")
    assert record.begun_before(path, "abc", tmp_path) is None
    record.forget(path)
    assert not path.exists()


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ((("other", "0.1.0", False), ("demo", "0.1.0", True)), "not all are of Demo"),
        ((("demo", "0.1.0", False), ("demo", "0.2.0", True)), "not all are of 0.1.0"),
    ],
)
def test_files_of_another_project_or_version_are_not_handed_over(
    files: tuple[tuple[str, str, bool], ...], told: str, tmp_path: Path
) -> None:
    for name, version, source in files:
        filename, content = made(name, version, source=source)
        (tmp_path / filename).write_bytes(content)
    with pytest.raises(BadInput) as caught:
        record.handed_over(tmp_path, "Demo", "0.1.0")
    assert told in "\n".join(caught.value.context)
