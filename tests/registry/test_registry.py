"""The registry of the tests serves what the standards say, to real clients."""

import datetime as dt
import gzip
import hashlib
import http.client
import json
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from packaging.metadata import Metadata

from tests.conftest import MakeEnv, MakeProject
from tests.registry import Registry, builds, pages


def ask(url: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    try:
        sent = {key.replace("_", "-"): value for key, value in headers.items()}
        connection.request(method, parts.path, headers=sent)
        answer = connection.getresponse()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def page(registry: Registry, name: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(ask(f"{registry.url}{name}/", Accept=pages.JSON)[2])
    return found


def uv(*words: str, cwd: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "uv", *words]
    return subprocess.run(
        command, cwd=cwd, env=env, capture_output=True, encoding="utf-8", check=False
    )


def test_equal_descriptions_give_equal_bytes() -> None:
    description = builds.Description(name="Foo.Bar", version="1.0", requires=("x>=1",))

    assert builds.wheel(description) == builds.wheel(description)
    assert builds.sdist(description) == builds.sdist(description)
    assert builds.wheel(description)[0] == "foo_bar-1.0-py3-none-any.whl"


def test_metadata_is_valid_and_complete() -> None:
    description = builds.Description(
        name="demo",
        version="1.0",
        requires=("x>=1", 'y; extra == "more"'),
        requires_python=">=3.9",
        extras=("more",),
    )

    read = Metadata.from_email(builds.metadata_of(description))

    assert [str(r) for r in read.requires_dist or []] == ["x>=1", 'y; extra == "more"']
    assert str(read.requires_python) == ">=3.9"


def test_json_page_tells_everything_of_1_4(registry: Registry) -> None:
    file = registry.add(
        "demo",
        "1.0",
        requires_python=">=3.9",
        uploaded=dt.datetime(2026, 5, 1, tzinfo=dt.UTC),
        yanked="broken",
    )[0]
    registry.status("demo", "archived", "no longer kept")

    assert page(registry, "demo") == {
        "meta": {"api-version": "1.4"},
        "name": "demo",
        "versions": ["1.0"],
        "project-status": {"status": "archived", "reason": "no longer kept"},
        "files": [
            {
                "filename": "demo-1.0-py3-none-any.whl",
                "url": "../../files/demo-1.0-py3-none-any.whl",
                "hashes": {"sha256": file.sha256},
                "requires-python": ">=3.9",
                "yanked": "broken",
                "core-metadata": {"sha256": file.metadata_sha256},
                "size": len(file.content),
                "upload-time": "2026-05-01T00:00:00.000000Z",
            }
        ],
    }


def test_an_older_api_leaves_out_what_it_does_not_know(registry: Registry) -> None:
    registry.add("demo", "1.0")
    registry.status("demo", "archived")
    registry.set(api="1.0", core_metadata=False)

    told = page(registry, "demo")

    assert set(told) == {"meta", "name", "files"}
    assert set(told["files"][0]) == {"filename", "url", "hashes"}  # type: ignore[index]


def test_upload_time_can_be_missing_for_one_file(registry: Registry) -> None:
    registry.add("demo", "1.0", uploaded=None)
    registry.add("demo", "1.1")

    files = page(registry, "demo")["files"]

    assert ["upload-time" in file for file in files] == [False, True]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("", pages.OLD),
        ("*/*", pages.OLD),
        (pages.JSON, pages.JSON),
        ("application/vnd.pypi.simple.latest+json", pages.JSON),
        (f"{pages.JSON}, {pages.HTML};q=0.2, text/html;q=0.01", pages.JSON),
        (f"{pages.JSON};q=0.1, {pages.HTML};q=0.2", pages.HTML),
        ("text/html", pages.OLD),
    ],
)
def test_content_is_negotiated(accept: str, kind: str) -> None:
    assert pages.choose(accept, json_too=True) == kind
    assert pages.choose(accept, json_too=False) != pages.JSON


def test_html_page_carries_the_same_facts(registry: Registry) -> None:
    file = registry.add("demo", "1.0", requires_python=">=3.9", yanked='why "so"')[0]
    registry.status("demo", "quarantined")

    _, headers, body = ask(f"{registry.url}demo/")

    text = body.decode()
    assert headers["content-type"] == "text/html"
    assert f'href="../../files/{file.filename}#sha256={file.sha256}"' in text
    assert 'data-requires-python="&gt;=3.9"' in text
    assert 'data-yanked="why &quot;so&quot;"' in text
    assert f'data-core-metadata="sha256={file.metadata_sha256}"' in text
    assert 'content="quarantined"' in text


def test_etag_answers_304_until_the_page_changes(registry: Registry) -> None:
    registry.add("demo", "1.0")
    tag = ask(f"{registry.url}demo/", Accept=pages.JSON)[1]["etag"]

    unchanged = ask(f"{registry.url}demo/", Accept=pages.JSON, If_None_Match=tag)
    other_kind = ask(f"{registry.url}demo/", If_None_Match=tag)
    registry.add("demo", "1.1")
    changed = ask(f"{registry.url}demo/", Accept=pages.JSON, If_None_Match=tag)
    registry.set(etag=False)

    assert (unchanged[0], unchanged[2]) == (304, b"")
    assert (other_kind[0], changed[0]) == (200, 200)
    assert "etag" not in ask(f"{registry.url}demo/")[1]


def test_names_are_redirected_to_their_normal_form(registry: Registry) -> None:
    registry.add("Foo.Bar", "1.0")

    status, headers, _ = ask(f"{registry.url}Foo_Bar/")

    assert (status, headers["location"]) == (301, "/simple/foo-bar/")
    assert ask(f"{registry.url}foo-bar")[0] == 301
    assert ask(f"{registry.url}nothing/")[0] == 404


def test_gzip_ranges_and_caching_are_switches(registry: Registry) -> None:
    file = registry.add("demo", "1.0")[0]
    address = f"{registry.base}/files/{file.filename}"
    registry.set(cache_control="max-age=600")

    plain = ask(f"{registry.url}demo/")
    packed = ask(f"{registry.url}demo/", Accept_Encoding="gzip")

    assert gzip.decompress(packed[2]) == plain[2]
    assert plain[1]["cache-control"] == "max-age=600"
    assert ask(address, Range="bytes=2-5")[::2] == (206, file.content[2:6])
    assert ask(address, Range="bytes=-4")[::2] == (206, file.content[-4:])
    assert ask(address, Range="bytes=999999-")[0] == 416
    assert ask(address, method="HEAD")[::2] == (200, b"")
    assert ask(f"{address}.metadata")[2] == file.metadata
    registry.set(ranges=False, gzip=False)
    assert ask(address, Range="bytes=2-5")[::2] == (200, file.content)
    assert "content-encoding" not in ask(f"{registry.url}demo/", Accept_Encoding="gzip")[1]


def test_removed_and_yanked_releases_show(registry: Registry) -> None:
    registry.add("demo", "1.0")
    registry.add("demo", "1.1")
    registry.yank("demo", "1.1")
    assert [f.get("yanked") for f in page(registry, "demo")["files"]] == [None, True]  # type: ignore[attr-defined]
    registry.remove("demo", "1.1")
    assert page(registry, "demo")["versions"] == ["1.0"]
    registry.remove("demo")
    assert ask(f"{registry.url}demo/")[0] == 404


class TestFaults:
    @pytest.fixture
    def address(self, registry: Registry) -> str:
        self.file = registry.add("demo", "1.0")[0]
        return f"{registry.base}/files/{self.file.filename}"

    def test_a_status_counts_down(self, registry: Registry, address: str) -> None:
        registry.fail("status", "/files/*", code=503, times=2)

        assert [ask(address)[0] for _ in range(3)] == [503, 503, 200]
        assert [seen.status for seen in registry.requests] == [503, 503, 200]

    def test_other_paths_are_left_alone(self, registry: Registry, address: str) -> None:
        registry.fail("status", "/simple/*", code=403)

        assert ask(address)[0] == 200
        assert ask(f"{registry.url}demo/")[0] == 403
        registry.faults.clear()
        assert ask(f"{registry.url}demo/")[0] == 200

    def test_a_corrupt_file_has_the_length_but_not_the_hash(
        self, registry: Registry, address: str
    ) -> None:
        registry.fail("corrupt", "*.whl")

        body = ask(address)[2]

        assert len(body) == len(self.file.content)
        assert hashlib.sha256(body).hexdigest() != self.file.sha256

    def test_a_truncated_file_ends_too_early(self, registry: Registry, address: str) -> None:
        registry.fail("truncate", "*.whl")

        with pytest.raises(http.client.IncompleteRead):
            ask(address)

    def test_a_reset_and_a_hang_give_no_answer(self, registry: Registry, address: str) -> None:
        registry.fail("reset", times=1)
        registry.fail("hang", seconds=0.05, times=1)

        with pytest.raises(ConnectionError):
            ask(address)
        with pytest.raises(ConnectionError):
            ask(address)
        assert ask(address)[0] == 200

    def test_garbage_keeps_the_content_type(self, registry: Registry, address: str) -> None:
        registry.fail("garbage", "/simple/demo/", text="{not json")

        _, headers, body = ask(f"{registry.url}demo/", Accept=pages.JSON)

        assert (headers["content-type"], body) == (pages.JSON, b"{not json")

    def test_redirect_and_drip(self, registry: Registry, address: str) -> None:
        registry.fail("redirect", "/simple/*", text="https://elsewhere.invalid/")
        registry.fail("drip", "/files/*", chunk=100, seconds=0.001)

        assert ask(f"{registry.url}demo/")[:2][1]["location"] == "https://elsewhere.invalid/"
        assert ask(address)[2] == self.file.content

    def test_closing_does_not_wait_for_what_hangs(self) -> None:
        registry = Registry()
        registry.fail("hang", seconds=60)
        parts = urlsplit(registry.url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
        connection.request("GET", "/simple/")
        while not registry.requests:
            time.sleep(0.01)

        registry.close()

        with pytest.raises(ConnectionError):
            connection.getresponse()
        connection.close()


def test_real_uv_adds_and_installs_from_it(
    registry: Registry, project: MakeProject, env: dict[str, str]
) -> None:
    registry.add(
        "inner", "1.0", scripts={"inner": "inner:main"}, files={"inner.py": "main = print\n"}
    )
    registry.add("outer", "2.0", requires=["inner>=1"])
    registry.add("outer", "3.0", uploaded=dt.datetime(2026, 5, 31, tzinfo=dt.UTC))
    root = project(index=registry.url, extra='[tool.uv]\nexclude-newer = "2026-01-01T00:00:00Z"')

    ran = uv("add", "outer", cwd=root, env=env)

    assert ran.returncode == 0, ran.stderr
    assert "outer>=2.0" in (root / "pyproject.toml").read_text(encoding="utf-8")
    scripts = root / ".venv" / ("Scripts" if sys.platform == "win32" else "bin")
    assert any(path.stem == "inner" for path in scripts.iterdir())
    assert sorted(registry.paths("/files/")) == [
        "/files/inner-1.0-py3-none-any.whl",
        "/files/inner-1.0-py3-none-any.whl.metadata",
        "/files/outer-2.0-py3-none-any.whl",
        "/files/outer-2.0-py3-none-any.whl.metadata",
    ]


def test_real_uv_logs_in_and_finds_files_on_another_host(
    registry: Registry, project: MakeProject, env: dict[str, str]
) -> None:
    registry.add("demo-dep", "1.0")
    registry.set(files_base=registry.second_host(), auth=("someone", "not-secret"))
    with_login = registry.url.replace("http://", "http://someone:not-secret@")
    root = project(dependencies=["demo-dep"])

    refused = uv("lock", "--default-index", registry.url, cwd=root, env=env)
    taken = uv("lock", "--default-index", with_login, cwd=root, env=env)

    assert refused.returncode != 0
    assert taken.returncode == 0, taken.stderr
    assert registry.options.files_base in (root / "uv.lock").read_text(encoding="utf-8")


def test_real_uv_builds_an_sdist_and_its_code_runs(
    registry: Registry, project: MakeProject, env: dict[str, str], tmp_path: Path
) -> None:
    mark = tmp_path / "it ran"
    code = f"from pathlib import Path\nPath({str(mark)!r}).touch()\n"
    registry.add("source-only", "1.0", wheel=False, sdist=True, on_build=code)
    root = project(dependencies=["source-only"], index=registry.url)

    ran = uv("sync", cwd=root, env=env)

    assert ran.returncode == 0, ran.stderr
    assert mark.exists()


def test_real_uv_refuses_a_wrong_hash(
    registry: Registry, project: MakeProject, env: dict[str, str]
) -> None:
    registry.add("demo-dep", "1.0")
    root = project(dependencies=["demo-dep"], index=registry.url)
    assert uv("lock", cwd=root, env=env).returncode == 0
    registry.fail("corrupt", "*.whl")

    ran = uv("sync", "--frozen", cwd=root, env=env)

    assert ran.returncode != 0


@pytest.mark.slow
def test_real_pip_installs_from_html_and_json(
    registry: Registry, make_env: MakeEnv, tmp_path: Path
) -> None:
    pytest.importorskip("ensurepip", reason="this Python has no ensurepip")
    registry.add("inner", "1.0")
    registry.add("outer", "2.0", requires=["inner>=1"])
    env = make_env(PIP_INDEX_URL=registry.url, PIP_DISABLE_PIP_VERSION_CHECK="1")
    folder = tmp_path / "env"
    subprocess.run([sys.executable, "-m", "venv", str(folder)], env=env, check=True)
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")

    for json_too, wanted in ((True, "inner"), (False, "outer")):
        registry.set(json=json_too)
        command = [str(python), "-m", "pip", "install", "--quiet", "--no-cache-dir", wanted]
        subprocess.run(command, env=env, check=True)

    shown = subprocess.run(
        [str(python), "-c", "import outer, inner; print(outer.__version__, inner.__version__)"],
        env=env,
        check=True,
        capture_output=True,
        text=True,
    )
    assert shown.stdout.split() == ["2.0", "1.0"]


def test_a_folder_is_served_from_the_command_line(tmp_path: Path, env: dict[str, str]) -> None:
    description = tmp_path / "packages.toml"
    description.write_text(
        '[[package]]\nname = "described"\nversion = "1.0"\nrequires = ["ready"]\n', encoding="utf-8"
    )
    name, content = builds.wheel(builds.Description(name="ready", version="2.0"))
    (tmp_path / name).write_bytes(content)
    assert zipfile.is_zipfile(tmp_path / name)
    command = [sys.executable, "-m", "tests.registry", str(tmp_path)]
    home = Path(__file__).parents[2]

    with subprocess.Popen(command, cwd=home, env=env, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        address = child.stdout.readline().strip()
        names = json.loads(ask(address, Accept=pages.JSON)[2])["projects"]
        child.terminate()

    assert names == [{"name": "described"}, {"name": "ready"}]
