"""The OSV API of the server: what it finds, what it cannot answer, and that nothing breaks it."""

import contextlib
import datetime as dt
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from onward.adapters.feed.dump import compile_dump
from onward.adapters.feed.store import FRESH_DAYS, feed_path
from onward.domain.guard.osv_query import MOST_IDS, MOST_QUERIES
from tests import dumps
from tests.conftest import FakeClock
from tests.index.serving import Answer, Serving, serving

DOCUMENTS = (
    dumps.document("TEST-2026-1", "Demo", aliases=["CVE-2026-1"], details="ümlaut", odd={"a": 1}),
    dumps.document("TEST-2026-2", "demo", fixed="3.0", aliases=["CVE-2026-1"]),
    dumps.document("TEST-2026-3", "demo", withdrawn="2026-01-01T00:00:00Z"),
    dumps.document("MAL-2026-1", "fernwood", fixed=None),
    dumps.document("TEST-2026-5", "Moss_Grove", fixed="3"),
)


def fill(folder: Path, documents: Sequence[Any], fetched: dt.datetime) -> None:
    dump = dumps.write(folder / "all.zip", dumps.packed(documents))
    compile_dump(dump, feed_path(folder / "cache"), source="a test", fetched=fetched, force=True)


def ask(server: Serving, path: str, question: Any) -> Answer:
    body = question if isinstance(question, bytes) else json.dumps(question).encode()
    return server.get(path, method="POST", body=body)


def on(name: str, version: str = "", **more: Any) -> dict[str, Any]:
    """A question about a project on PyPI."""
    asked = {"package": {"name": name, "ecosystem": "PyPI"}, **more}
    return {**asked, "version": version} if version else asked


def ids(found: Any) -> list[str]:
    return [one["id"] for one in found.get("vulns", [])]


Serve = Callable[..., Serving]


@pytest.fixture
def serve(tmp_path: Path, env: dict[str, str], clock: FakeClock) -> Iterator[Serve]:
    with contextlib.ExitStack() as running:

        def start(*documents: Any) -> Serving:
            if documents:
                fill(tmp_path, documents, clock())
            mine = {**env, "ONWARD_CACHE_DIR": str(tmp_path / "cache")}
            upstream = ("http://127.0.0.1:9/simple/",)  # nobody is there, and nobody may be asked
            made = serving(tmp_path / "data", upstream, env=mine, clock=clock)
            return running.enter_context(made)

        yield start


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A server with the documents above."""
    folder = tmp_path_factory.mktemp("osv")
    clock = FakeClock(dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC))
    fill(folder, DOCUMENTS, clock())
    env = {"HOME": str(folder), "ONWARD_CACHE_DIR": str(folder / "cache")}
    with serving(folder / "data", ("http://127.0.0.1:9/simple/",), env=env, clock=clock) as made:
        yield made


def test_a_query_gives_whole_documents(server: Serving) -> None:
    answer = ask(server, "/osv/v1/query", on("demo", "1.0"))
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json == {"vulns": [DOCUMENTS[0], DOCUMENTS[1]]}
    assert ids(ask(server, "/osv/v1/query", on("demo", "2.5")).json) == ["TEST-2026-2"]
    assert ids(ask(server, "/osv/v1/query", on("demo")).json) == ["TEST-2026-1", "TEST-2026-2"]


@pytest.mark.parametrize(
    ("name", "version"),
    [("demo", "3.0"), ("nobody", "1.0"), ("mossgrove-x", ""), ("demo", "99!1+local")],
)
def test_what_is_hit_by_nothing_is_an_empty_object(
    server: Serving, name: str, version: str
) -> None:
    assert ask(server, "/osv/v1/query", on(name, version)).body == b"{}"


@pytest.mark.parametrize(
    "package",
    [
        {"name": "MOSS.grove", "ecosystem": "PyPI"},
        {"name": "moss-grove", "ecosystem": "pypi"},
        {"purl": "pkg:pypi/moss__grove"},
        {"purl": "pkg:PyPI/Moss-Grove?a=b#c"},
        {"purl": "pkg:pypi/moss%2Dgrove", "name": None, "ecosystem": None},
    ],
)
def test_every_spelling_of_a_project_is_that_project(
    server: Serving, package: dict[str, Any]
) -> None:
    question = {"package": package, "version": "v2.5.0"}
    assert ids(ask(server, "/osv/v1/query", question).json) == ["TEST-2026-5"]


def test_a_package_url_may_have_the_version(server: Serving) -> None:
    found = ask(server, "/osv/v1/query", {"package": {"purl": "pkg:pypi/demo@2.5"}})
    assert ids(found.json) == ["TEST-2026-2"]


def test_a_batch_gives_ids_and_dates_in_the_order_of_its_queries(server: Serving) -> None:
    asked = [on("demo", "1"), on("nobody", "1"), on("Fern.Wood", "7"), on("fernwood", "7")]
    answer = ask(server, "/osv/v1/querybatch", {"queries": asked})
    assert answer.status == 200
    when = "2026-05-31T06:00:00Z"
    assert answer.json["results"] == [
        {"vulns": [{"id": f"TEST-2026-{n}", "modified": when} for n in (1, 2)]},
        {},
        {},
        {"vulns": [{"id": "MAL-2026-1", "modified": when}]},
    ]
    assert ask(server, "/osv/v1/querybatch", {"queries": []}).json == {"results": []}


def test_other_ecosystems_are_empty_and_the_answer_says_so(server: Serving) -> None:
    for package in ({"name": "demo", "ecosystem": "npm"}, {"purl": "pkg:npm/%40a/demo@1"}):
        answer = ask(server, "/osv/v1/query", {"package": package})
        assert (answer.status, answer.body) == (200, b"{}")
        assert "only PyPI was looked up" in answer.headers["onward-warning"]
        both = [on("demo", "1"), {"package": package}]
        answer = ask(server, "/osv/v1/querybatch", {"queries": both})
        assert [len(one.get("vulns", [])) for one in answer.json["results"]] == [2, 0]
        assert "only PyPI" in answer.headers["onward-warning"]


def test_a_document_by_its_id(server: Serving) -> None:
    assert server.get("/osv/v1/vulns/TEST-2026-1").json == DOCUMENTS[0]
    assert server.get("/osv/v1/vulns/TEST-2026-3").json == DOCUMENTS[2]  # withdrawn, and it says so
    for path in ("CVE-2026-1", "TEST-2026", "test-2026-1", "%ff%00", "TEST-2026-1%20"):
        answer = server.get(f"/osv/v1/vulns/{path}")
        assert answer.status == 404
        assert answer.headers["content-type"] == "application/problem+json"
    told = server.get("/osv/v1/vulns/CVE-2026-1").json["detail"]
    assert "`TEST-2026-1`, `TEST-2026-2`" in told


def test_below_the_root_is_the_same(server: Serving) -> None:
    """An address without a slash at its end loses its last word in uv (RFC 3986, 5.2.3)."""
    for path in ("/v1", "/osv/v1"):
        assert ids(ask(server, f"{path}/query", on("demo", "2.5")).json) == ["TEST-2026-2"]
        assert ask(server, f"{path}/querybatch", {"queries": []}).status == 200
        assert server.get(f"{path}/vulns/MAL-2026-1").status == 200
        assert server.get(f"{path}/query").status == 405
        assert ask(server, f"{path}/vulns/MAL-2026-1", {}).status == 405


def test_all_faults_are_told_at_once(server: Serving) -> None:
    bad = [
        on("demo"), on("no name"), {"commit": "6879efc2"}, {"package": {"name": "demo"}}, 7,
        {"package": {"name": 1}}, {"package": {"purl": "pypi/demo"}}, on("demo", page_token="x"),
        {"package": {"purl": "pkg:pypi/demo@1"}, "version": "2"},
        {"package": {"purl": "pkg:pypi/demo", "name": "demo"}}, {}, on("demo", "9" * 400),
    ]  # fmt: skip
    answer = ask(server, "/osv/v1/querybatch", {"queries": bad})
    assert answer.status == 400
    assert answer.headers["content-type"] == "application/problem+json"
    for number in range(1, len(bad)):
        assert f"$.queries[{number}]" in answer.json["detail"]
    assert "$.queries[0]" not in answer.json["detail"]
    for one in bad[1:]:
        assert ask(server, "/osv/v1/query", one).status == 400, one


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"null", b"[]", b'"x"', b"\xff", b"{}", b'{"queries": null}', b'{"queries": {}}',
        b'{"queries": [{"package": {"name": "\\ud800", "ecosystem": "PyPI"}}]}',
        b'{"package": ' + b"[" * 100_000, b"[" * 1_000_000,
        b'{"queries": [' + b'{"package":' * 50_000 + b"1" + b"}" * 50_000 + b"]}",
    ],
)  # fmt: skip
def test_what_is_no_query_is_told(server: Serving, body: bytes) -> None:
    for path in ("/osv/v1/query", "/osv/v1/querybatch"):
        answer = ask(server, path, body)
        assert answer.status == 400
        assert answer.json["detail"]


def test_limits_of_size_and_number(server: Serving) -> None:
    for path in ("/osv/v1/query", "/osv/v1/querybatch"):
        assert ask(server, path, b" " * 4_000_001).status == 413
    many = [on("demo", "1")] * MOST_QUERIES
    answer = ask(server, "/osv/v1/querybatch", {"queries": many})
    assert [len(one["vulns"]) for one in answer.json["results"]] == [2] * MOST_QUERIES
    answer = ask(server, "/osv/v1/querybatch", {"queries": [*many, on("demo")]})
    assert answer.status == 400
    assert "10,001 queries" in answer.json["detail"]


def everything(server: Serving, path: str, asked: list[dict[str, Any]]) -> tuple[list[Any], int]:
    """Ask page after page, as uv does; give the ids of each query and how many answers it took."""
    found: list[list[str]] = [[] for _ in asked]
    open_ones = dict(enumerate(asked))
    for count in range(1, 100):
        if path.endswith("querybatch"):
            results = ask(server, path, {"queries": list(open_ones.values())}).json["results"]
        else:
            results = [ask(server, path, one).json for one in open_ones.values()]
        for number, result in zip(list(open_ones), results, strict=True):
            found[number] += ids(result)
            if token := result.get("next_page_token"):
                open_ones[number] = {**asked[number], "page_token": token}
            else:
                del open_ones[number]
        if not open_ones:
            return found, count
    raise AssertionError("there is always one more page")


def test_large_answers_come_in_pages(serve: Serve) -> None:
    many = [dumps.document(f"TEST-{n:05}", "demo", fixed="2.0") for n in range(MOST_IDS * 2 + 1)]
    server = serve(*many)
    wanted = [one["id"] for one in many]
    for path in ("/osv/v1/query", "/osv/v1/querybatch"):
        found, answers = everything(server, path, [on("demo", "1.0")])
        assert (found[0], answers) == (wanted, 3)
    asked = [on("demo", "1.0")] * 30 + [on("nobody", "1.0")]
    found, answers = everything(server, "/osv/v1/querybatch", asked)
    assert found == [wanted] * 30 + [[]]
    assert answers > 3  # not all of them were looked at for the first answer


def test_large_documents_come_in_pages(serve: Serve) -> None:
    large = [dumps.document(f"TEST-{n}", "demo", details="x" * 7_000_000) for n in range(4)]
    found, answers = everything(serve(*large), "/osv/v1/query", [on("demo", "1.0")])
    assert (found[0], answers) == ([one["id"] for one in large], 2)


def test_without_fetched_data_nothing_looks_clean(serve: Serve, tmp_path: Path) -> None:
    server = serve()
    asked: tuple[Callable[[], Answer], ...] = (
        lambda: ask(server, "/osv/v1/query", on("demo", "1.0")),
        lambda: ask(server, "/osv/v1/querybatch", {"queries": [on("demo", "1.0")]}),
        lambda: server.get("/osv/v1/vulns/TEST-2026-1"),
    )
    for one in asked:
        answer = one()
        assert answer.status == 503
        assert answer.json["type"] == "urn:onward:error:no-feed"
        assert "starter table" in answer.json["detail"]
        assert "onward guard update" in answer.json["hint"]
    target = feed_path(tmp_path / "cache")
    target.parent.mkdir(parents=True)
    target.write_bytes(b"no store")
    server.judge.refresh()
    for one in asked:
        answer = one()
        assert answer.status == 503
        assert "cannot be read" in answer.json["detail"]


def test_new_data_counts_at_once(serve: Serve, tmp_path: Path, clock: FakeClock) -> None:
    server = serve(*DOCUMENTS)
    fill(tmp_path, [dumps.document("TEST-2026-9", "demo")], clock())
    server.judge.refresh()
    assert ids(ask(server, "/osv/v1/query", on("demo", "1.0")).json) == ["TEST-2026-9"]
    assert server.get("/osv/v1/vulns/TEST-2026-1").status == 404


def test_old_data_answers_and_says_so(serve: Serve, clock: FakeClock) -> None:
    server = serve(*DOCUMENTS)
    fresh = ask(server, "/osv/v1/query", on("demo", "1.0"))
    assert "OSV dump of 2026-05-31" in fresh.headers["onward-data"]
    assert "onward-warning" not in fresh.headers
    clock.now += dt.timedelta(days=FRESH_DAYS + 2)
    for answer in (
        ask(server, "/osv/v1/query", on("demo", "1.0")),
        ask(server, "/osv/v1/querybatch", {"queries": [on("demo", "1.0")]}),
        server.get("/osv/v1/vulns/TEST-2026-1"),
    ):
        assert answer.status == 200
        assert "more than 7 days old" in answer.headers["onward-warning"]
    assert ask(server, "/osv/v1/query", on("demo", "1.0")).body == fresh.body


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.sampled_from(["demo", "PyPI", "pkg:pypi/demo@1", ">", ">TEST-2026-1"]),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.sampled_from(["package", "name", "ecosystem", "purl", "version", "commit", "page_token", "queries"]), inner, max_size=5),
    max_leaves=20,
)  # fmt: skip
questions = st.fixed_dictionaries(
    {},
    optional={
        "package": st.fixed_dictionaries(
            {},
            optional={
                "name": st.sampled_from(["demo", "De.Mo", ""]) | st.text(),
                "ecosystem": st.sampled_from(["PyPI", "npm", "", None]),
                "purl": st.sampled_from(["pkg:pypi/demo", "pkg:", None]) | st.text(),
            },
        ),
        "version": st.sampled_from(["1.0", "3"]) | st.text(),
        "page_token": st.sampled_from([">", ">TEST-2026-1", ""]) | st.text(),
    },
)


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(anything | questions | st.fixed_dictionaries({"queries": st.lists(questions, max_size=4)}))
@example({"package": {"purl": "pkg:pypi/demo@%ff%00"}})
@example({"package": {"name": "demo", "ecosystem": "PyPI"}, "version": "1" * 5000})
def test_no_question_is_too_odd(server: Serving, question: Any) -> None:
    for path in ("/osv/v1/query", "/osv/v1/querybatch"):
        answer = ask(server, path, question)
        assert answer.status in (200, 400)
        if answer.status == 200:
            results = answer.json["results"] if path.endswith("batch") else [answer.json]
            known = {one["id"] for one in DOCUMENTS} - {"TEST-2026-3"}  # never the withdrawn one
            assert {identity for one in results for identity in ids(one)} <= known
        else:
            assert answer.json["detail"]


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=200))
def test_no_bytes_are_too_odd(server: Serving, body: bytes) -> None:
    for path in ("/osv/v1/query", "/osv/v1/querybatch"):
        assert ask(server, path, body).status in (200, 400)


def test_the_server_never_asks_upstream_for_it(server: Serving) -> None:
    """Names stay here: the upstream of these tests would refuse the connection, which gives 502."""
    assert ask(server, "/osv/v1/query", on("somebodys-secret", "1.0")).status == 200
    assert server.get("/simple/somebodys-secret/").status == 502
