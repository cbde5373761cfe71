"""The pages for people, and the same for scripts: what they say, and that their ways out work."""

import datetime as dt
import gzip
import io
import re
import shlex
from pathlib import Path

import pytest

from onward.cli.door import run_verb
from onward.core.names import parse_name
from onward.core.policy import Level, Row
from onward.workflows.serving.about import Held, ways_out
from tests.conftest import FakeClock
from tests.index.serving import Serving
from tests.registry import Registry
from tests.web.conftest import BROWSER, OLD_RELEASES, POLICY, blocked_address

SCRIPT = {"Accept": "application/json"}


def text_of(server: Serving, path: str) -> str:
    answer = server.get(path, BROWSER)
    assert answer.status == 200, answer.body
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return answer.body.decode()


def test_the_first_page_says_how_things_stand(server: Serving) -> None:
    text = text_of(server, "/")
    assert f"http://127.0.0.1:{server.port}/simple/" in text
    assert "starter table of" in text
    assert "there is no advisory data" in text
    assert "<code>acme-*</code>" in text
    assert "3 days" in text
    assert "1 row of its own" in text


def test_a_search_is_over_the_names_that_are_kept(server: Serving, registry: Registry) -> None:
    for name in ("tidewater", "jinja2", "reqeusts"):
        server.get(f"/simple/{name}/")
    asked = len(registry.requests)
    assert re.search(r'/project/tidewater/">tidewater</a>\s*<span class="note">1 release held', text_of(server, "/?q=WATER"))  # fmt: skip
    assert re.search(r">reqeusts</a>\s*<span class=\"held\">blocked", text_of(server, "/?q=reqe"))
    assert "/project/jinja2/" not in text_of(server, "/?q=water")
    near = text_of(server, "/?q=tidewatre")
    assert "Spelt nearly so" in near
    assert "/project/tidewater/" in near
    assert 'href="/project/tidewatre/">Ask the indexes' in near
    assert "Ask the indexes" not in text_of(server, "/?q=jinja2")
    assert "Ask the indexes" not in text_of(server, "/?q=no%20name%2F")
    assert len(registry.requests) == asked


def test_what_was_searched_for_is_text(server: Serving) -> None:
    text = text_of(server, "/?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
    assert "<script" not in text
    assert 'value="&#34;&gt;&lt;script&gt;' in text


def test_a_project_lists_every_release_the_newest_first_and_folds_the_old(server: Serving) -> None:
    text = text_of(server, "/project/tidewater/")
    found = re.findall(r'id="release-([^"]+)"', text)
    assert found == ["2.0", *(f"1.{minor}" for minor in reversed(range(OLD_RELEASES)))]
    folded = text.index('<details class="older">')
    assert text.index('id="release-1.23"') < folded < text.index('id="release-1.0"')
    assert "5 older releases, 1.4 to 1.0" in text
    assert "It passes by itself on <time" in text
    assert 'href="/files/tidewater/tidewater-1.23.tar.gz"' in text
    assert re.search(r"bytes, sha256 <code>[0-9a-f]{64}</code>", text)


def test_evidence_is_shown_with_its_advisories_and_what_the_policy_says(server: Serving) -> None:
    text = text_of(server, "/project/jinja2/")
    assert 'href="https://osv.dev/vulnerability/PYSEC-2019-217" rel="noreferrer external"' in text
    assert "onward&#39;s standard profile" in text
    assert "onward-policy.toml" in text
    assert "an old service &lt;b&gt;needs&lt;/b&gt; it" in text


def test_the_page_of_a_refusal_opens_the_row_that_it_is_about(server: Serving) -> None:
    text = text_of(server, "/project/tidewater/?file=tidewater-1.3.tar.gz")
    assert '<details class="older" open>' in text
    assert text.count("<details open>") == 1
    start = text.index('id="release-1.3"')
    assert text.index("<details open>") == text.index("<details", start)
    assert 'id="tidewater-1.3.tar.gz"' in text


def test_whoever_opens_a_blocked_address_reads_why(server: Serving) -> None:
    path = blocked_address(server, "jinja2")
    page = server.get(path, BROWSER)
    assert (page.status, page.headers["content-type"]) == (403, "text/html; charset=utf-8")
    assert b"guard/vulnerable" in page.body
    assert b"style-src 'sha256-" in page.headers["content-security-policy"].encode()
    link = re.search(r'href="(/project/jinja2/\?file=[^"#]+)#', page.body.decode())
    assert link is not None
    assert server.get(link[1].replace("&amp;", "&"), BROWSER).status == 200
    for accept in ("*/*", "application/json", ""):  # installers
        answer = server.get(path, {"Accept": accept} if accept else {})
        assert (answer.status, answer.headers["content-type"]) == (403, "application/problem+json")


def test_what_is_not_held_back_any_more_is_said(server: Serving, clock: FakeClock) -> None:
    (file,) = (f for f in server.page("tidewater")["files"] if "BLOCKED" in f["url"])
    assert server.get(f"/refused/tidewater/{file['filename']}", BROWSER).status == 403
    clock.advance(days=4)
    assert "not held back" in text_of(server, f"/refused/tidewater/{file['filename']}")
    assert server.get("/refused/tidewater/nothing.whl", BROWSER).status == 404
    assert server.get("/refused/..%2f/nothing.whl", BROWSER).status == 404


@pytest.mark.parametrize("name", ["jinja2", "reqeusts", "tidewater"])
def test_a_way_out_works_as_it_is_written(
    server: Serving, env: dict[str, str], tmp_path: Path, clock: FakeClock, name: str
) -> None:
    path = blocked_address(server, name)
    assert server.get(path).status == 403
    text = server.get(path, BROWSER).body.decode()
    commands = re.findall(r"<pre><code>(onward [^<]+)</code></pre>", text)
    assert commands
    for command in commands:
        words = shlex.split(command.replace("&#39;", "'"))
        out = io.StringIO()
        assert run_verb(words[1:], env, cwd=tmp_path, clock=clock, out=out, err=out) == 0, out
    assert server.judge.refresh()
    filename = path.rpartition("/")[2]
    assert server.get(f"/files/{name}/{filename}").status == 200
    assert server.data.joinpath("onward-policy.toml").read_text(encoding="utf-8") != POLICY


def test_ways_out_are_for_scripts_too(server: Serving) -> None:
    told = server.get("/project/jinja2/", SCRIPT).json
    ways = {release["version"]: release["ways_out"] for release in told["releases"]}
    assert ways["3.1.6"] == ways["2.11.2"] == []
    (way,) = ways["2.10"]
    assert way.startswith("onward allow 'jinja2==2.10' --rule guard/vulnerable ")


def test_scripts_get_the_same_as_json(server: Serving) -> None:
    told = server.get("/project/JINJA2/", SCRIPT).json
    assert server.get("/project/jinja2/?format=json").json == told
    assert (told["name"], told["findings"]) == ("jinja2", [])
    assert told["source"].startswith("http://127.0.0.1:")
    new, advised, held = told["releases"]
    assert (new["version"], new["blocking"], new["uploaded"][:4]) == ("3.1.6", [], "2024")
    (finding,) = held["blocking"]
    assert finding["rule"] == "guard/vulnerable"
    assert "PYSEC-2019-217" in finding["facts"]["ids"]
    assert finding["level"] == "enforce"
    assert finding["row"]["where"] == "onward's standard profile"
    (noted,) = advised["noted"]
    assert advised["blocking"] == []
    assert noted["row"]["why"] == "an old service <b>needs</b> it"
    (file,) = held["files"]
    assert len(file["sha256"]) == 64
    assert file["size"] > 0
    assert file["address"].startswith("/files/BLOCKED-guard-vulnerable/")


def test_problems_are_json_for_scripts_and_pages_for_people(
    server: Serving, registry: Registry
) -> None:
    for path in ("/project/nothing-here/", "/refused/nothing-here/x.whl"):
        assert server.get(path, SCRIPT).headers["content-type"] == "application/problem+json"
        assert server.get(path, BROWSER).headers["content-type"] == "text/html; charset=utf-8"
        assert server.get(path, BROWSER).status == server.get(path, SCRIPT).status == 404
    registry.fail("status", "*", code=503)
    assert server.get("/project/other/", BROWSER).status == 502


def test_a_policy_that_cannot_be_used_is_said_on_the_first_page(server: Serving) -> None:
    server.data.joinpath("onward-policy.toml").write_text("[guard]\nallow_onyl = []\n")
    server.judge.refresh()
    assert "The policy file cannot be used" in text_of(server, "/")


def test_a_file_that_came_late_is_held_back_alone(
    server: Serving, registry: Registry, clock: FakeClock
) -> None:
    registry.add("mossgrove", "1.0")
    registry.add("mossgrove", "1.0", wheel=False, sdist=True, uploaded=clock() - dt.timedelta(hours=1))  # fmt: skip
    text = text_of(server, "/project/mossgrove/")
    assert "some files held back" in text
    assert re.search(r"mossgrove-1.0.tar.gz</code> <span class=\"held\">held back", text)
    assert 'href="/files/mossgrove/mossgrove-1.0-py3-none-any.whl"' in text


def held(rule: str, level: Level = Level.enforce) -> Held:
    row = Row(match="*", level=level)
    return Held(
        rule=rule,
        message="",
        facts={},
        hint="",
        level=level,
        row=row,
        blocks=level is Level.enforce,
    )


@pytest.mark.parametrize("rule", ["guard/malicious", "guard/private-name"])
def test_no_way_is_offered_past_malware_and_private_names(rule: str) -> None:
    assert ways_out([held("guard/too-new"), held(rule)], parse_name("tidewater"), "1.0") == ()


def test_a_rule_on_the_name_and_one_on_a_version_need_a_row_each() -> None:
    found = [held("guard/too-new"), held("guard/lookalike"), held("guard/yanked", Level.advise)]
    on_name, on_version = ways_out(found, parse_name("tidewater"), "1.0")
    assert on_name.startswith("onward allow 'tidewater' --rule guard/lookalike --until")
    assert on_version.startswith("onward allow 'tidewater==1.0' --rule guard/too-new --until")


def test_a_long_page_is_sent_packed_to_who_reads_that(server: Serving) -> None:
    plain = server.get("/project/tidewater/", BROWSER)
    packed = server.get("/project/tidewater/", BROWSER | {"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert len(packed.body) * 3 < len(plain.body)
