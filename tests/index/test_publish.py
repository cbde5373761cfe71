"""Own packages through the server's door: upload, serve, yank, delete."""

import base64
import contextlib
import datetime as dt
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from onward.adapters.database.own_files import own_files_of
from onward.adapters.feed.dump import compile_dump
from onward.adapters.feed.store import feed_path
from onward.core.folders import cache_folder
from onward.core.names import parse_name
from onward.domain.grants import Action, Grant
from tests import dumps
from tests.conftest import FakeClock
from tests.index.serving import Answer, Serving, serving
from tests.index.tokens import a_token, basic
from tests.index.uploading import ALL, granted, made, upload
from tests.registry import Registry

JSON = {"Accept": "application/vnd.pypi.simple.v1+json"}
CLAIM = '[guard]\nprivate = ["acme-*"]\n'

Serve = Callable[..., Serving]


@pytest.fixture
def serve(
    tmp_path: Path, registry: Registry, env: dict[str, str], clock: FakeClock
) -> Iterator[Serve]:
    """A maker of servers that claim ``acme-*``, where everyone may do what the grant says."""
    with contextlib.ExitStack() as stack:

        def make(policy: str = CLAIM, grant: Grant = ALL, folder: str = "data") -> Serving:
            made_one = serving(
                tmp_path / folder,
                (registry.url,),
                env=env,
                clock=clock,
                policy=policy,
                around=granted(grant),
            )
            return stack.enter_context(made_one)

        yield make


def test_what_was_uploaded_is_served_at_once(serve: Serve, clock: FakeClock) -> None:
    server = serve()
    filename, content = made("acme-core", "1.0", requires_python=">=3.9")
    answer = upload(server, "acme-core", "1.0", requires_python=">=3.9")
    assert (answer.status, answer.json["is_new"]) == (200, True), answer.body
    page = server.page("acme-core")
    (file,) = page["files"]
    assert file["filename"] == filename
    assert file["requires-python"] == ">=3.9"
    assert file["size"] == len(content)
    assert dt.datetime.fromisoformat(file["upload-time"]) == clock()
    assert set(file["core-metadata"]) == {"sha256"}
    assert "yanked" not in file
    assert page["versions"] == ["1.0"]
    assert page["meta"] == {"api-version": "1.4"}
    assert server.get(f"/files/acme-core/{filename}").body == content
    part = server.get(f"/files/acme-core/{filename}", {"Range": "bytes=2-5"})
    assert (part.status, part.body) == (206, content[2:6])
    metadata = server.get(f"/files/acme-core/{filename}.metadata").body
    assert b"Name: acme-core" in metadata
    assert server.get("/pypi/acme-core/json").json["info"]["requires_python"] == ">=3.9"
    assert {"name": "acme-core"} in server.get("/simple/", JSON).json["projects"]


def refused(answer: Answer, status: int, *words: str) -> None:
    assert answer.status == status, answer.body
    assert answer.headers["content-type"] == "application/problem+json"
    for word in words:
        assert word in answer.body.decode(), answer.body


def test_a_fresh_upload_does_not_wait_for_the_cool_down(serve: Serve) -> None:
    server = serve(f'{CLAIM}cooldown = "30 days"\nallow_only = ["other"]\n')
    filename, content = made("acme-core", "1.0")
    assert upload(server, "acme-core", "1.0").status == 200
    assert server.get(f"/files/acme-core/{filename}").body == content


def test_the_same_bytes_again_are_fine_and_change_nothing(serve: Serve) -> None:
    server = serve()
    assert upload(server, "acme-core", "1.0").json["is_new"] is True
    before = server.get("/simple/acme-core/", JSON)
    again = upload(server, "acme-core", "1.0")
    assert (again.status, again.json["is_new"]) == (200, False)
    assert server.get("/simple/acme-core/", JSON).body == before.body


def test_other_bytes_of_the_same_name_are_refused(serve: Serve) -> None:
    server = serve()
    upload(server, "acme-core", "1.0")
    answer = upload(server, "acme-core", "1.0", licence="Zlib")
    refused(answer, 409, "already exists, with other content")
    filename, content = made("acme-core", "1.0")
    assert server.get(f"/files/acme-core/{filename}").body == content


def test_another_spelling_of_a_file_is_the_same_file(serve: Serve) -> None:
    server = serve()
    upload(server, "acme-core", "1.0")
    refused(upload(server, "acme-core", "1.0.0"), 409, "acme_core-1.0-py3-none-any.whl")
    capital = "Acme_Core-1.0-py3-none-any.whl"
    refused(upload(server, "acme-core", "1.0", filename=capital), 409)
    assert len(server.page("acme-core")["files"]) == 1


def test_of_two_uploads_at_once_exactly_one_wins(serve: Serve) -> None:
    server = serve()
    answers: list[Answer] = []
    licences = ("MIT", "Zlib", "ISC", "0BSD", "BSD-2-Clause", "BSD-3-Clause")
    start = threading.Barrier(len(licences))

    def one(licence: str) -> None:
        start.wait(10)
        answers.append(upload(server, "acme-core", "1.0", licence=licence))

    threads = [threading.Thread(target=one, args=(word,)) for word in licences]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(answer.status for answer in answers) == [200, 409, 409, 409, 409, 409]
    (file,) = server.page("acme-core")["files"]
    filename = file["filename"]
    contents = {made("acme-core", "1.0", licence=word)[1] for word in licences}
    assert server.get(f"/files/acme-core/{filename}").body in contents


def test_a_name_that_an_upstream_has_is_not_taken_over(serve: Serve, registry: Registry) -> None:
    registry.add("tidewater", "1.0")
    server = serve()
    for name in ("tidewater", "TideWater"):
        refused(upload(server, name, "99.0"), 403, "`tidewater` is a project of", "guard.private")
    assert server.page("tidewater")["versions"] == ["1.0"]


def test_who_owns_a_name_must_be_known_before_it_is_taken(serve: Serve, registry: Registry) -> None:
    registry.fail("status", "*", code=503)
    server = serve()
    refused(upload(server, "mossgrove", "1.0"), 503, "cannot be found out now")
    assert upload(server, "acme-core", "1.0").status == 200  # claimed: nobody needs to be asked
    assert not [seen for seen in registry.requests if "acme" in seen.path]


def test_a_name_of_nobody_is_ours_from_the_first_upload_on(
    serve: Serve, registry: Registry
) -> None:
    server = serve()
    assert upload(server, "fernwood", "1.0").status == 200
    registry.add("fernwood", "99.0")
    assert server.page("fernwood")["versions"] == ["1.0"]
    assert upload(server, "fernwood", "1.1").status == 200
    assert server.page("fernwood")["versions"] == ["1.0", "1.1"]
    assert server.get("/files/fernwood/fernwood-99.0-py3-none-any.whl").status == 404


@pytest.mark.parametrize("uploaded", [False, True])
@pytest.mark.parametrize("word", ["acme-core", "Acme_Core", "acme.core", "ACME--CORE"])
def test_a_claimed_name_is_asked_for_at_no_upstream_on_any_route(
    serve: Serve, registry: Registry, word: str, uploaded: bool
) -> None:
    registry.add("acme-core", "99.0", sdist=True)
    server = serve()
    if uploaded:
        assert upload(server, "acme-core", "1.0").status == 200
    theirs = "acme_core-99.0-py3-none-any.whl"
    for path in (
        f"/simple/{word}/",
        f"/files/{word}/{theirs}",
        f"/files/{word}/{theirs}.metadata",
        f"/files/{word}/acme_core-99.0.tar.gz",
        f"/files/BLOCKED-guard-private-name/acme-%2A/{word}/{theirs}",
        f"/integrity/{word}/99.0/{theirs}/provenance",
        f"/pypi/{word}/json",
        f"/pypi/{word}/99.0/json",
        f"/project/{word}/",
    ):
        answer = server.get(path, JSON)
        while answer.status == 301:
            answer = server.get(answer.headers["location"], JSON)
        assert answer.status in (200, 403, 404), (path, answer)
        assert b"99.0" not in answer.body or answer.status == 404, path
    assert registry.requests == []


def test_a_claimed_name_comes_from_another_index_of_ours_only_where_the_settings_say_so(
    tmp_path: Path, registry: Registry, env: dict[str, str], clock: FakeClock
) -> None:
    registry.add("acme-core", "99.0")
    settings = f'[[upstream]]\nurl = "{registry.url}"\nnames = ["acme-*"]\n'
    made_one = serving(
        tmp_path / "data", (), env=env, clock=clock, policy=CLAIM, settings=settings,
        around=granted(ALL),
    )  # fmt: skip
    with made_one as server:
        assert server.page("acme-core")["versions"] == ["99.0"]
        assert upload(server, "acme-core", "1.0").status == 200  # claimed: ours when we want it
        assert server.page("acme-core")["versions"] == ["1.0"]


def test_a_token_uploads_what_it_is_for(serve: Serve) -> None:
    narrow = Grant(
        label="ci", token="ci", actions=frozenset({Action.upload}), projects=("acme-core",)
    )
    server = serve(grant=narrow)
    assert upload(server, "acme-core", "1.0").status == 200
    refused(upload(server, "acme-other", "1.0"), 403, "may not upload `acme-other`")
    # the form says one name, the file another: the file's own counts
    name, content = made("acme-other", "1.0")
    answer = upload(server, "acme-core", "1.0", filename=name, content=content)
    refused(answer, 403, "acme-other")
    refused(server.get("/manage/acme-core/1.0/yank", method="POST"), 403, "yank")


def test_real_tokens_reach_their_own_projects_only(
    tmp_path: Path, registry: Registry, env: dict[str, str], clock: FakeClock
) -> None:
    made_one = serving(tmp_path / "data", (registry.url,), env=env, clock=clock, policy=CLAIM)
    with made_one as server:
        changing = (Action.upload, Action.yank, Action.delete)
        own = basic(a_token(server, "acme-core", label="own", actions=changing))
        other = basic(a_token(server, "acme-other", label="other", actions=changing))
        reader = basic(a_token(server, label="reader"))
        filename, _ = made("acme-core", "1.0")
        for headers, status in ((other, 403), (reader, 403), ({}, 401), (own, 200)):
            assert upload(server, "acme-core", "1.0", headers=headers).status == status
        asks = (("POST", "/manage/Acme_Core/1.0/yank"), ("DELETE", f"/manage/files/acme.core/{filename}"))  # fmt: skip
        for method, path in asks:
            for headers, status in ((other, 403), (reader, 403), ({}, 401), (own, 200)):
                answer = server.get(path, headers, method=method)
                assert answer.status == status, (path, answer)
        with server.parts.database.reading() as connection:
            (row,) = own_files_of(connection, parse_name("acme-core"))
        assert row.uploader in own_id(own)


def own_id(headers: dict[str, str]) -> str:
    """Give the token that is in a header."""
    return base64.b64decode(headers["Authorization"].removeprefix("Basic ")).decode()


def test_without_a_token_nothing_is_changed(serve: Serve) -> None:
    server = serve(grant=Grant(actions=frozenset({Action.read})))
    answer = upload(server, "acme-core", "1.0")
    refused(answer, 401, "a token is needed to upload")
    assert answer.headers["www-authenticate"].startswith("Basic ")
    refused(server.get("/manage/acme-core/1.0/yank", method="POST"), 401)
    refused(server.get("/manage/files/acme-core/x.whl", method="DELETE"), 401)
    assert server.get("/legacy/").status == 405


def yank(server: Serving, release: str, body: bytes = b"", what: str = "yank") -> Answer:
    return server.get(f"/manage/{release}/{what}", method="POST", body=body)


def test_a_yank_is_seen_at_once_and_can_be_taken_back(serve: Serve) -> None:
    server = serve()
    filename, content = made("acme-core", "1.0")
    upload(server, "acme-core", "1.0")
    before = server.get("/simple/acme-core/", JSON).headers["etag"]
    answer = yank(server, "Acme_Core/1.0.0", b'{"reason": "broken on Windows"}')
    assert answer.json == {
        "project": "acme-core",
        "version": "1.0",
        "files": [filename],
        "yanked": "broken on Windows",
        "deleted": False,
    }
    seen = server.get("/simple/acme-core/", {**JSON, "If-None-Match": before})
    assert (seen.status, seen.json["files"][0]["yanked"]) == (200, "broken on Windows")
    # who has it locked still gets it (PEP 592)
    assert server.get(f"/files/acme-core/{filename}").body == content
    late, _ = made("acme-core", "1.0", source=True)
    upload(server, "acme-core", "1.0", source=True)
    yanked = {file["filename"]: file.get("yanked") for file in server.page("acme-core")["files"]}
    assert yanked == {filename: "broken on Windows", late: "broken on Windows"}
    assert yank(server, "acme-core/1.0", what="unyank").json["yanked"] is None
    assert not any("yanked" in file for file in server.page("acme-core")["files"])
    assert yank(server, "acme-core/1.0").json["yanked"] == ""
    assert server.page("acme-core")["files"][0]["yanked"] is True


@pytest.mark.parametrize(
    ("release", "body", "status"),
    [
        ("acme-core/2.0", b"", 404),
        ("acme-core/x", b"", 404),
        ("mossgrove/1.0", b"", 404),
        ("acme-core/1.0", b"{", 400),
        ("acme-core/1.0", b'{"reason": 5}', 400),
        ("acme-core/1.0", b'{"why": "x"}', 400),
        ("acme-core/1.0", b'{"reason": "\\u0000"}', 400),
        ("acme-core/1.0", b'{"reason": "' + b"x" * 1_001 + b'"}', 400),
        ("acme-core/1.0", b" " * 30_000, 400),
        (f"acme-core/{'1' * 5_000}", b"", 404),
        ("acme-core", b"", 404),
        (".acme/1.0", b"", 404),
    ],
)
def test_a_yank_that_cannot_be_is_refused(
    serve: Serve, release: str, body: bytes, status: int
) -> None:
    server = serve()
    upload(server, "acme-core", "1.0")
    refused(yank(server, release, body), status)
    assert "yanked" not in server.page("acme-core")["files"][0]


def test_only_what_is_yanked_is_deleted_and_its_name_is_never_used_again(
    serve: Serve, registry: Registry, tmp_path: Path
) -> None:
    server = serve()
    registry.add("fernwood", "99.0")
    filename, _ = made("acme-core", "1.0")
    upload(server, "acme-core", "1.0")
    path = f"/manage/files/acme-core/{filename}"
    refused(server.get(path, method="DELETE"), 409, "only what was yanked")
    yank(server, "acme-core/1.0")
    answer = server.get(path, method="DELETE")
    assert (answer.status, answer.json["deleted"]) == (200, True)
    assert server.page("acme-core")["files"] == []
    assert server.get(f"/files/acme-core/{filename}").status == 404
    assert not list((tmp_path / "data" / "store").rglob(filename))
    refused(server.get(path, method="DELETE"), 404)
    refused(upload(server, "acme-core", "1.0"), 409, "its name is not used again")
    refused(upload(server, "acme-core", "1.0", licence="Zlib"), 409, "its name is not used again")
    assert upload(server, "acme-core", "1.1").status == 200
    assert server.page("acme-core")["versions"] == ["1.1"]


def test_a_name_stays_ours_when_all_its_files_are_deleted(serve: Serve, registry: Registry) -> None:
    server = serve()
    filename, _ = made("fernwood", "1.0")
    upload(server, "fernwood", "1.0")
    yank(server, "fernwood/1.0")
    assert server.get(f"/manage/files/fernwood/{filename}", method="DELETE").status == 200
    registry.add("fernwood", "99.0")
    assert server.page("fernwood")["files"] == []
    assert server.get("/files/fernwood/fernwood-99.0-py3-none-any.whl").status == 404


def test_known_malware_and_weaknesses_count_for_own_packages_too(
    serve: Serve, tmp_path: Path, env: dict[str, str], clock: FakeClock
) -> None:
    documents = [
        dumps.document("MAL-2026-1", "acme-core", fixed="2.0"),
        dumps.document("TEST-2026-2", "acme-core", fixed="3.0"),
    ]
    dump = dumps.write(tmp_path / "all.zip", dumps.packed(documents))
    compile_dump(dump, feed_path(cache_folder(env)), source="a test", fetched=clock(), force=True)
    server = serve()
    for version in ("1.0", "2.0", "3.0"):
        assert upload(server, "acme-core", version).status == 200
    for version, rule in (("1.0", b"guard/malicious"), ("2.0", b"guard/vulnerable")):
        filename, _ = made("acme-core", version)
        answer = server.get(f"/files/acme-core/{filename}")
        assert (answer.status, rule in answer.body) == (403, True)
    filename, content = made("acme-core", "3.0")
    assert server.get(f"/files/acme-core/{filename}").body == content
