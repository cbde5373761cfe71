"""Licences through the server: nothing that states a refused one is handed out, and nothing is asked that need not be."""

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import FakeClock
from tests.index.odd_upstream import odd_upstream
from tests.index.serving import Answer, Serving, serving
from tests.index.uploading import ALL, granted, upload
from tests.registry import Registry
from tests.registry.pages import File

LISTED = '[guard]\nlicences = ["MIT", "!AGPL-*"]\n'
STRICT = f'profile = "strict"\n{LISTED}'
OFF = '\n[[policy]]\nmatch = "guard/licence"\nonly = "mossgrove==1.1"\nlevel = "off"\nwhy = "not shipped"\n'
JSON = {"Accept": "application/vnd.pypi.simple.v1+json"}

Serve = Callable[..., contextlib.AbstractContextManager[Serving]]


@pytest.fixture
def serve(tmp_path: Path, registry: Registry, env: dict[str, str], clock: FakeClock) -> Serve:
    """A server over the registry; its data stays when it is started again."""

    def start(policy: str = LISTED, **more: object) -> contextlib.AbstractContextManager[Serving]:
        upstreams = more.pop("upstreams", (registry.url,))
        return serving(
            tmp_path / "data",
            upstreams,  # type: ignore[arg-type]
            env=env,
            clock=clock,
            policy=policy,
            **more,  # type: ignore[arg-type]
        )

    return start


@pytest.fixture
def moss(registry: Registry) -> list[File]:
    """Three releases of a project that changed its licence with the second, wheel and sdist each."""
    licences = {"1.0": "MIT", "1.1": "AGPL-3.0-only", "1.2": "AGPL-3.0-or-later"}
    return [
        file
        for version, licence in licences.items()
        for file in registry.add("mossgrove", version, licence=licence, sdist=True)
    ]


def get(server: Serving, filename: str) -> Answer:
    return server.get(f"/files/mossgrove/{filename}")


def held(server: Serving, name: str = "mossgrove") -> dict[str, str]:
    """Give the files that the page holds back, with why."""
    files = server.page(name)["files"]
    return {f["filename"]: f.get("yanked", "") for f in files if "BLOCKED" in f["url"]}


def test_a_refused_file_is_never_handed_out_and_says_why(serve: Serve, moss: list[File]) -> None:
    with serve() as server:
        server.page("mossgrove")
        for file in moss[2:]:
            answer = get(server, file.filename)
            assert answer.status == 403
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json["title"] == f"onward holds back {file.filename} [guard/licence]"
            assert "which `guard.licences` does not let in" in answer.json["detail"]
        for file in moss[:2]:
            assert get(server, file.filename).body == file.content


def test_the_address_tells_the_licence(serve: Serve, moss: list[File]) -> None:
    with serve() as server:
        first = server.once(f"/files/mossgrove/{moss[4].filename}")
        assert first.status == 302
        assert first.headers["location"] == (
            f"/files/BLOCKED-guard-licence/AGPL-3.0-or-later/mossgrove/{moss[4].filename}"
        )


def test_the_newest_release_is_known_when_the_page_is_first_built(
    serve: Serve, registry: Registry, moss: list[File]
) -> None:
    with serve() as server:
        assert set(held(server)) == {file.filename for file in moss[4:]}
        assert "guard/licence: the licence of mossgrove==1.2" in held(server)[moss[4].filename]
    assert len(registry.paths("/files/")) == 1


def test_what_metadata_tells_changes_the_page_and_its_tag(
    serve: Serve, registry: Registry, moss: list[File]
) -> None:
    with serve() as server:
        before = server.get("/simple/mossgrove/", JSON)
        known = {**JSON, "If-None-Match": before.headers["etag"]}
        assert server.get("/simple/mossgrove/", known).status == 304
        # what is let in changes nothing
        assert get(server, f"{moss[0].filename}.metadata").status == 200
        assert server.get("/simple/mossgrove/", known).status == 304

        told = get(server, f"{moss[2].filename}.metadata")

        assert told.status == 200
        assert b"AGPL-3.0-only" in told.body
        after = server.get("/simple/mossgrove/", known)
        assert after.status == 200
        assert after.headers["etag"] != before.headers["etag"]
        assert set(held(server)) == {file.filename for file in moss[2:]}
        asked = len(registry.requests)
        assert get(server, moss[2].filename).status == 403
        assert get(server, moss[3].filename).status == 403  # its wheel spoke for it
        assert len(registry.requests) == asked


def test_what_is_known_lasts(serve: Serve, registry: Registry, moss: list[File]) -> None:
    with serve() as server:
        for file in moss:
            get(server, file.filename)
    asked = len(registry.paths("/files/"))
    with serve() as server:
        assert set(held(server)) == {file.filename for file in moss[2:]}
    with serve(LISTED.replace('"MIT", ', "")) as server:
        assert set(held(server)) == {file.filename for file in moss[2:]}
    with serve('[guard]\nlicences = ["BSD-*"]\n') as server:
        assert set(held(server)) == {file.filename for file in moss}
    assert len(registry.paths("/files/")) == asked


def test_metadata_of_a_time_without_a_list_counts(
    serve: Serve, registry: Registry, moss: list[File]
) -> None:
    with serve("") as server:
        for file in moss[::2]:
            assert get(server, f"{file.filename}.metadata").status == 200
    asked = len(registry.paths("/files/"))
    with serve() as server:
        assert set(held(server)) == {file.filename for file in moss[2:]}
    assert len(registry.paths("/files/")) == asked


def test_a_list_counts_at_once_and_its_end_too(serve: Serve, moss: list[File]) -> None:
    with serve("") as server:
        assert get(server, moss[2].filename).status == 200
        policy = server.data / "onward-policy.toml"
        policy.write_text(LISTED, encoding="utf-8")
        assert server.judge.refresh()
        assert get(server, moss[2].filename).status == 403
        policy.write_text(LISTED + OFF, encoding="utf-8")
        assert server.judge.refresh()
        assert get(server, moss[2].filename).status == 200
        assert get(server, moss[4].filename).status == 403


def test_without_a_list_no_metadata_is_read(
    serve: Serve, registry: Registry, moss: list[File]
) -> None:
    with serve("") as server:
        assert held(server) == {}
        for file in moss:
            assert get(server, file.filename).status == 200
        assert not (server.data / "licences").exists()
    assert not [path for path in registry.paths("/files/") if path.endswith(".metadata")]


def test_one_wheel_is_read_for_a_page_however_many_it_has(serve: Serve, registry: Registry) -> None:
    for minor in range(40):
        registry.add("tidewater", f"1.{minor}", licence="AGPL-3.0-only")
    with serve() as server:
        assert len(held(server, "tidewater")) == 1
    assert registry.paths("/files/") == [
        path for path in registry.paths("/files/") if "tidewater-1.39-" in path
    ]


@pytest.mark.parametrize(("policy", "status"), [(LISTED, 200), (STRICT, 403)])
def test_what_states_none_or_has_no_wheel_is_unknown(
    serve: Serve, registry: Registry, policy: str, status: int
) -> None:
    (odd,) = registry.add("tidewater", "1.0", licence="as is")
    (source,) = registry.add("lanternfish", "1.0", wheel=False, sdist=True)
    with serve(policy) as server:
        for name, file in (("tidewater", odd), ("lanternfish", source)):
            answer = server.get(f"/files/{name}/{file.filename}")
            assert answer.status == status
            told = server.get(f"/project/{name}/").body.decode()
            assert "guard/licence-unknown" in told


@pytest.mark.parametrize(("policy", "status"), [(LISTED, 200), (STRICT, 403)])
def test_a_wheel_that_cannot_be_read_is_unknown_and_remembered(
    serve: Serve, policy: str, status: int
) -> None:
    name = "tidewater-1.0-py3-none-any.whl"
    with odd_upstream() as upstream:
        upstream.page("tidewater", upstream.file(name, b"no zip at all"))
        for _ in range(2):
            with serve(policy, upstreams=(upstream.url,)) as server:
                assert server.get(f"/files/tidewater/{name}").status == status
        assert upstream.asked.count(f"/files/{name}") <= 3


def test_while_metadata_cannot_be_had_nothing_is_handed_out(
    serve: Serve, registry: Registry, moss: list[File]
) -> None:
    with odd_upstream() as upstream:
        name, content = moss[2].filename, moss[2].content
        upstream.page("mossgrove", upstream.file(name, content, **{"core-metadata": True}))
        upstream.give(f"/files/{name}.metadata", b"", status=404)
        upstream.give(f"/files/{name}", b"", status=503)
        with serve(upstreams=(upstream.url,)) as server:
            assert get(server, name).status == 502
            upstream.file(name, content)
            assert get(server, name).status == 403


def test_a_wheel_that_is_here_is_read_without_its_upstream(
    serve: Serve, registry: Registry, moss: list[File]
) -> None:
    with serve("") as server:
        for file in moss[:4]:
            assert get(server, file.filename).status == 200
    registry.close()
    with serve(offline=True) as server:
        assert get(server, moss[0].filename).body == moss[0].content
        assert get(server, moss[2].filename).status == 403


@pytest.mark.parametrize(("policy", "status"), [(LISTED, 200), (STRICT, 403)])
def test_offline_what_cannot_be_read_is_unknown_for_now(
    serve: Serve, moss: list[File], policy: str, status: int
) -> None:
    with serve("") as server:
        assert get(server, moss[1].filename).status == 200
    with serve(policy, offline=True) as server:
        assert get(server, moss[1].filename).status == status
    with serve(policy) as server:
        assert get(server, moss[1].filename).status == 200


def test_a_dry_run_hands_out_and_logs_what_it_would_have_blocked(
    serve: Serve, moss: list[File]
) -> None:
    with serve(dry_run=True) as server:
        for file in moss[:4]:
            assert get(server, file.filename).body == file.content
        said = [error.message for error in server.warnings]
        assert len(said) == 2
        assert said[0].startswith("dry run: the licence of mossgrove==1.1 is AGPL-3.0-only")


def test_the_pages_for_people_and_scripts_tell_it(serve: Serve, moss: list[File]) -> None:
    with serve() as server:
        told = server.get("/project/mossgrove/", {"Accept": "text/html"}).body.decode()
        assert "the licence of mossgrove==1.2 is AGPL-3.0-or-later" in told
        newest = server.get("/project/mossgrove/?format=json").json["releases"][0]
        assert newest["blocking"][0]["rule"] == "guard/licence"
        assert newest["ways_out"][0].startswith(
            "onward allow 'mossgrove==1.2' --rule guard/licence"
        )
        assert server.get("/pypi/mossgrove/json").json["info"]["version"] == "1.1"


def test_who_asks_about_a_release_is_told_its_licence(serve: Serve, moss: list[File]) -> None:
    with serve() as server:
        one = "/project/mossgrove/?format=json"
        first = {r["version"]: r["blocking"] for r in server.get(one).json["releases"]}
        assert first["1.1"] == []
        told = server.get(f"{one}&version=1.1.0").json["releases"]
        assert [release["version"] for release in told if release["blocking"]] == ["1.2", "1.1"]
        assert server.get(f"{one}&version=7").status == 200


def test_own_packages_are_judged_unless_their_name_is_claimed(serve: Serve) -> None:
    with serve(around=granted(ALL)) as server:
        assert upload(server, "acme-core", "1.0", licence="AGPL-3.0-only").status == 200
        assert server.get("/files/acme-core/acme_core-1.0-py3-none-any.whl").status == 403
        policy = server.data / "onward-policy.toml"
        policy.write_text(f'{LISTED}private = ["acme-*"]\n', encoding="utf-8")
        assert server.judge.refresh()
        assert server.get("/files/acme-core/acme_core-1.0-py3-none-any.whl").status == 200


def test_all_who_ask_at_once_are_refused(
    serve: Serve, registry: Registry, moss: list[File]
) -> None:
    """Whoever comes while METADATA is read must not be let through by the page of before."""
    with serve() as server:
        server.page("mossgrove")
        statuses: list[int] = []
        words = [moss[2].filename, f"{moss[2].filename}.metadata", moss[3].filename] * 6

        def ask(word: str) -> None:
            answer = get(server, word)
            if not word.endswith(".metadata"):
                statuses.append(answer.status)

        threads = [threading.Thread(target=ask, args=(word,)) for word in words]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert set(statuses) == {403}
        assert len(statuses) == 12
