"""``onward ship publish`` from a real repository to a real server of ours, and killed in the middle."""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from onward.cli.door import run_verb
from onward.domain.grants import Action
from tests.conftest import FakeClock, MakeProject
from tests.index.serving import Serving, serving
from tests.index.tokens import a_token
from tests.journeys.lying_index import LyingIndex
from tests.journeys.test_ship_wheel import BACKEND, CODE
from tests.registry import Registry

WHO = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
TABLE = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
CHANGES = "# Changelog\n\n## [Unreleased]\n\n## [0.1.0] - 2026-05-30\n\n- The first one.\n"


# What the tool for attestations does, without its signature.
SIGNER = """
import base64, hashlib, json, os, pathlib, sys
def main():
    assert sys.argv[1] == "sign"
    assert "UV_PUBLISH_TOKEN" not in os.environ
    assert "ACTIONS_ID_TOKEN_REQUEST_TOKEN" in os.environ
    for word in sys.argv[2:]:
        path = pathlib.Path(word)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        statement = {"_type": "https://in-toto.io/Statement/v1",
                     "subject": [{"name": path.name, "digest": {"sha256": digest}}],
                     "predicateType": "https://docs.pypi.org/attestations/publish/v1", "predicate": None}
        none = base64.b64encode(b"none").decode()
        signed = {"version": 1,
                  "verification_material": {"certificate": none, "transparency_entries": [{"logIndex": "1"}]},
                  "envelope": {"statement": base64.b64encode(json.dumps(statement).encode()).decode(),
                               "signature": none}}
        pathlib.Path(word + ".publish.attestation").write_text(json.dumps(signed))
"""


class Publishing:
    """A project in a git repository, and ``onward ship publish`` on it."""

    def __init__(self, env: dict[str, str], clock: FakeClock, project: MakeProject) -> None:
        self.env = env
        self._clock = clock
        self._project = project
        self.root = Path()
        self.out = ""
        self.err = ""

    def make(self, index: str, *, extra: str = "", files: dict[str, str] | None = None) -> Path:
        """Make a project that is fit to be published to ``index`` (the part before ``/simple/``)."""
        told = f'[[tool.uv.index]]\nname = "house"\nurl = "{index}/simple/"\n'
        told += f'publish-url = "{index}/legacy/"\n'
        backend = BACKEND.read_text(encoding="utf-8")
        own = {"backend.py": backend, ".gitignore": "dist/\n", "CHANGELOG.md": CHANGES}
        self.root = self._project(
            extra=TABLE + told + extra, files={**CODE, **own, **(files or {})}
        )
        self.git("init", "-q")
        self.commit()
        self.git("tag", "v0.1.0")
        return self.root

    def git(self, *words: str) -> None:
        subprocess.run(("git", *WHO, *words), cwd=self.root, env=self.env, check=True)

    def commit(self) -> None:
        self.git("add", "-A")
        self.git("commit", "-qm", "x")

    def __call__(self, *words: str) -> int:
        out, err = io.StringIO(), io.StringIO()
        argv = ["ship", "publish", "--wait", "5", *words]
        code = run_verb(argv, self.env, cwd=self.root, clock=self._clock, out=out, err=err)
        self.out, self.err = out.getvalue(), err.getvalue()
        return code

    def rules(self, *words: str) -> set[str]:
        self(*words, "--json")
        return {found["rule"] for found in json.loads(self.out)["findings"]}


@pytest.fixture
def publish(env: dict[str, str], clock: FakeClock, project: MakeProject) -> Publishing:
    return Publishing(env, clock, project)


@pytest.fixture
def server(
    tmp_path: Path, registry: Registry, env: dict[str, str], clock: FakeClock
) -> Iterator[Serving]:
    policy = '[guard]\nprivate = ["demo"]\n'
    with serving(
        tmp_path / "data", (registry.url,), env=env, clock=clock, policy=policy
    ) as running:
        yield running


@pytest.fixture
def lying() -> Iterator[LyingIndex]:
    index = LyingIndex()
    yield index
    index.close()


def test_a_project_is_published_to_a_server_of_ours_and_again_is_nothing(
    publish: Publishing, server: Serving
) -> None:
    publish.make(f"http://127.0.0.1:{server.port}")
    assert publish() == 2
    assert "there is nobody to publish to house" in publish.err
    token = a_token(server, actions=(Action.upload,))
    publish.env["UV_PUBLISH_TOKEN"] = token
    assert publish("--dry-run") == 0, publish.out + publish.err
    assert "would upload demo-0.1.0-py3-none-any.whl to house" in publish.out
    assert "as a token, from UV_PUBLISH_TOKEN" in publish.out
    assert not (publish.root / "dist").exists()
    assert publish() == 0, publish.out + publish.err
    assert "lists both files with the sha256 of what was uploaded" in publish.out
    assert "`demo==0.1.0` installs from there" in publish.out
    assert len(server.page("demo")["files"]) == 2
    log = Path(publish.out.rpartition("Log: ")[2].strip()).read_text("utf-8")
    assert token not in publish.out + publish.err + log
    assert publish() == 0, publish.out + publish.err
    assert "has the very same files already: nothing to do" in publish.out
    (publish.root / "src/demo/inner.py").write_text("x = 2\n", encoding="utf-8")
    publish.commit()
    publish.git("tag", "-f", "v0.1.0")
    assert publish("--out", "other") == 1
    assert "with other content" in publish.err


def test_what_is_not_in_order_is_told_at_once_and_nothing_is_built(
    publish: Publishing, lying: LyingIndex
) -> None:
    publish.env["UV_PUBLISH_TOKEN"] = "x"
    files = {".env": "API_KEY=hunter2\n", "changelog.d/7.fix.md": "Mended.\n"}
    extra = '[tool.towncrier]\ndirectory = "changelog.d"\nfilename = "CHANGELOG.md"\n'
    publish.make(lying.base, extra=extra, files={**files, "CHANGELOG.md": "## 0.0.9\n- x\n"})
    (publish.root / "new.txt").write_text("x", encoding="utf-8")
    publish.git("commit", "-q", "--allow-empty", "-m", "later")
    assert publish() == 1
    for rule in ("publish/dirty", "publish/tag-elsewhere", "publish/changelog", "ship/secret"):
        assert f"[{rule}]" in publish.out, publish.out
    assert "not committed: new.txt" in publish.out
    assert "it sets API_KEY" in publish.out
    assert "hunter2" not in publish.out + publish.err
    assert "7.fix.md" in publish.out
    assert "it has no section about 0.1.0" in publish.out
    assert "nothing was built" in publish.out
    assert lying.uploads == []
    assert not (publish.root / "dist").exists()


# A package that says which variables of publishing it sees, when it is built and when it is imported.
LOOKS = """
import os
seen = [name for name in os.environ if "PUBLISH" in name or "ID_TOKEN" in name or "TWINE" in name]
assert not seen, f"the token lies open: {seen}"
"""


def test_neither_the_build_nor_what_is_imported_sees_the_token(
    publish: Publishing, lying: LyingIndex
) -> None:
    names = ("UV_PUBLISH_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_URL")
    publish.env |= dict.fromkeys(
        (*names, "PYPI_ID_TOKEN", "SIGSTORE_ID_TOKEN", "TWINE_PASSWORD"), "x"
    )
    backend = BACKEND.read_text(encoding="utf-8") + LOOKS
    publish.make(lying.base, files={"backend.py": backend, "src/demo/looks.py": LOOKS})
    assert publish() == 0, publish.out + publish.err
    assert len(lying.uploads) == 2


def test_a_version_that_is_none_and_a_time_that_is_none_are_told(
    publish: Publishing, lying: LyingIndex
) -> None:
    publish.env["UV_PUBLISH_TOKEN"] = "x"
    publish.make(lying.base)
    for seconds in ("nan", "-1", "inf"):
        assert publish(f"--wait={seconds}") == 2
        assert "is no number of seconds" in publish.err
    pyproject = publish.root / "pyproject.toml"
    text = pyproject.read_text("utf-8").replace('version = "0.1.0"', 'version = "0.1.x"')
    pyproject.write_text(text, encoding="utf-8")
    assert publish() == 2, publish.err
    assert "`0.1.x` in `version` of [project] in pyproject.toml is no version" in publish.err


@pytest.mark.parametrize("option", ["to", "check-url", "out", "built"])
def test_an_option_with_nothing_in_it_does_not_mean_pypi(
    publish: Publishing, lying: LyingIndex, option: str
) -> None:
    publish.env["UV_PUBLISH_TOKEN"] = "x"
    publish.make(lying.base)
    assert publish(f"--{option}=") == 2
    assert f"`--{option}` has an empty value" in publish.err
    assert not lying.uploads


def test_what_the_policy_holds_back_in_the_lock_is_not_published(
    publish: Publishing, lying: LyingIndex
) -> None:
    publish.env["UV_PUBLISH_TOKEN"] = "x"
    lock = (
        'version = 1\nrequires-python = ">=3.11"\n\n[[package]]\nname = "helper"\nversion = "1.0"\n'
    )
    lock += 'source = { git = "https://git.example/helper?rev=main#0123456789abcdef0123456789abcdef01234567" }\n'
    rule = '[[tool.onward.policy]]\nmatch = "guard/foreign-source"\nlevel = "enforce"\n'
    publish.make(lying.base, extra=rule, files={"uv.lock": lock})
    assert publish() == 1
    assert "[guard/foreign-source]" in publish.out
    assert "helper" in publish.out
    assert lying.uploads == []


def test_a_tree_without_history_is_unknown_and_not_clean(
    publish: Publishing, lying: LyingIndex, project: MakeProject
) -> None:
    publish.env["UV_PUBLISH_TOKEN"] = "x"
    publish.root = project(extra=TABLE, files=CODE)
    assert publish("--to", lying.upload) == 1
    assert "[publish/no-git]" in publish.out


def test_a_private_name_never_goes_to_everyone(publish: Publishing, lying: LyingIndex) -> None:
    publish.env["UV_PUBLISH_TOKEN"] = "x"
    publish.make(lying.base, extra='[tool.onward.guard]\nprivate = ["demo*"]\n')
    assert publish("--to", "pypi") == 1
    assert "`demo` is a private name (`demo*`)" in publish.err


def test_attestations_are_signed_where_a_build_service_vouches_and_said_where_not(
    publish: Publishing, lying: LyingIndex, registry: Registry
) -> None:
    publish.env["UV_PUBLISH_TOKEN"] = "x"
    default = f'[[tool.uv.index]]\nurl = "{registry.url}"\ndefault = true\n'
    publish.make(lying.base, extra=default)
    assert publish("--attestations", "always") == 2
    assert "nobody can sign attestations here" in publish.err
    job = {
        "ACTIONS_ID_TOKEN_REQUEST_URL": "http://127.0.0.1:9/",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "t0ken",
    }
    publish.env |= job
    assert publish("--attestations", "always") == 3
    assert "nothing was uploaded" in publish.err
    assert lying.uploads == []
    registry.add(
        "pypi-attestations",
        "1.0",
        files={"pypi_attestations/__init__.py": SIGNER},
        scripts={"pypi-attestations": "pypi_attestations:main"},
    )
    publish.env["ONWARD_CACHE_DIR"] += "-2"  # where nobody has asked for that name yet
    publish.env["UV_CACHE_DIR"] += "-2"
    assert publish() == 0, publish.out + publish.err
    assert lying.attested == [False, False]
    assert "names the files in a public log" in publish.out
    lying.files.clear()
    assert publish("--attestations", "always") == 0, publish.out + publish.err
    assert lying.attested[2:] == [True, True]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
@pytest.mark.parametrize("by", ["SIGKILL", "SIGINT"])
def test_ended_in_the_middle_the_next_run_goes_on(
    publish: Publishing, lying: LyingIndex, by: str
) -> None:
    lying.mode = "stall-sdist"
    publish.make(lying.base)
    env = {**publish.env, "UV_PUBLISH_TOKEN": "x"}
    argv = [sys.executable, "-m", "onward", "ship", "publish"]
    with subprocess.Popen(
        argv, cwd=publish.root, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as child:  # fmt: skip
        assert lying.stalled.wait(60)
        os.killpg(child.pid, getattr(signal, by))
        said, _ = child.communicate()
    assert (b"What the index took stays there" in said) == (by == "SIGINT")
    assert child.returncode == (130 if by == "SIGINT" else -9)
    assert list(lying.files) == ["demo-0.1.0-py3-none-any.whl"]
    lying.mode = "good"
    before = {path.name: path.read_bytes() for path in (publish.root / "dist").iterdir()}
    publish.env["UV_PUBLISH_TOKEN"] = "x"
    assert publish() == 0, publish.out + publish.err
    assert "going on with the files of a run that was cut short" in publish.out
    assert lying.uploads.count("demo-0.1.0-py3-none-any.whl") == 1
    assert {name: lying.files[name] for name in lying.files} == {
        name: before[name] for name in lying.files
    }
    assert len(lying.files) == 2


def test_an_index_that_does_not_answer_is_known_before_anything_is_built(
    publish: Publishing, lying: LyingIndex
) -> None:
    publish.env["UV_PUBLISH_TOKEN"] = "x"
    publish.make(lying.base)
    lying.mode, lying.dizzy_for, lying.uploads = "dizzy", 1000, ["a", "b"]
    assert publish("--dry-run") == 4
    assert "answered with status 503" in publish.err
    assert "Building" not in publish.err


def test_what_is_changed_in_a_submodule_is_not_committed(
    publish: Publishing, lying: LyingIndex, tmp_path: Path
) -> None:
    publish.env["UV_PUBLISH_TOKEN"] = "x"
    root, other = publish.make(lying.base), tmp_path / "other"
    shutil.copytree(root, other)
    publish.git(
        "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other), "sub"
    )
    publish.commit()
    assert "publish/dirty" not in publish.rules("--dry-run")
    (root / "sub/CHANGELOG.md").write_text("other words\n", encoding="utf-8")
    assert "publish/dirty" in publish.rules("--dry-run")


def test_a_local_version_goes_to_an_index_of_ones_own_only(
    publish: Publishing, lying: LyingIndex
) -> None:
    publish.env["UV_PUBLISH_TOKEN"] = "x"
    root = publish.make(lying.base)
    (root / "CHANGELOG.md").unlink()
    text = (root / "pyproject.toml").read_text("utf-8").replace('"0.1.0"', '"0.1.0+g1234"')
    (root / "pyproject.toml").write_text(text, encoding="utf-8")
    publish.commit()
    assert publish("--to", "pypi") == 1
    assert "[publish/local-version]" in publish.out
    assert "`onward ship bump` names it" in publish.out
    assert "nothing was built" in publish.out
    assert publish() == 0, publish.out + publish.err
    assert "git tag v0.1.0+g1234" not in publish.out
    assert len(lying.uploads) == 2


# The backend of the tests, with a version that the last tag says, or the PKG-INFO of a source distribution.
BY_TAGS = """
import subprocess

def _project():
    read = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    kept = HERE / "PKG-INFO"
    if kept.exists():
        told = kept.read_text(encoding="utf-8").partition("Version: ")[2].partition("Version: ")[2]
    else:
        said = subprocess.run(["git", "describe", "--tags"], cwd=HERE, capture_output=True, text=True)
        told = said.stdout.removeprefix("v") or "0.1.dev0"
    return {**read, "version": told.split()[0]}
"""


def test_a_tag_that_came_later_is_a_version_of_its_own(
    publish: Publishing, lying: LyingIndex
) -> None:
    publish.env["UV_PUBLISH_TOKEN"] = "x"
    backend = BACKEND.read_text(encoding="utf-8") + BY_TAGS
    root = publish.make(lying.base, files={"backend.py": backend})
    text = (root / "pyproject.toml").read_text("utf-8")
    text = text.replace('version = "0.1.0"', 'dynamic = ["version"]')
    (root / "pyproject.toml").write_text(text + "\n[tool.setuptools_scm]\n", encoding="utf-8")
    (root / "CHANGELOG.md").unlink()
    publish.commit()
    publish.git("tag", "-d", "v0.1.0")
    lying.mode = "500"
    assert publish() == 4, publish.out + publish.err
    assert lying.uploads == ["demo-0.1.dev0-py3-none-any.whl"]
    lying.mode = "good"
    publish.git("tag", "v0.2.0")
    assert publish() == 0, publish.out + publish.err
    assert lying.uploads[1:] == ["demo-0.2.0-py3-none-any.whl", "demo-0.2.0.tar.gz"]


def test_a_dry_run_needs_nobody_to_publish_as(publish: Publishing, lying: LyingIndex) -> None:
    publish.make(lying.base)
    assert publish("--dry-run") == 0, publish.out + publish.err
    assert "would upload demo-0.1.0-py3-none-any.whl" in publish.out
    assert "as nobody who is known here" in publish.out
    assert publish() == 2
    assert lying.uploads == []


def test_what_an_earlier_job_built_is_published_and_nothing_is_built(
    publish: Publishing, server: Serving
) -> None:
    root = publish.make(f"http://127.0.0.1:{server.port}")
    publish.env["UV_PUBLISH_TOKEN"] = a_token(server, actions=(Action.upload,))
    publish.env["UV_PUBLISH_CHECK_URL"] = f"http://127.0.0.1:{server.port}/simple/"
    out, err = io.StringIO(), io.StringIO()
    words = ["ship", "wheel", "--out", "dist"]
    assert run_verb(words, publish.env, cwd=root, out=out, err=err) == 0, err.getvalue()
    (root / "dist").rename(root / "fetched")
    broken = (root / "backend.py").read_text("utf-8") + "\nraise SystemExit('built again')\n"
    (root / "backend.py").write_text(broken, encoding="utf-8")
    publish.git("add", "backend.py")
    publish.git("commit", "-qm", "no build from here on")
    publish.git("tag", "-f", "v0.1.0")
    assert publish("--built", "fetched") == 0, publish.out + publish.err
    assert "were built and tried before" in publish.out
    assert "lists both files with the sha256 of what was uploaded" in publish.out
    (root / "fetched" / "demo-0.2.0.tar.gz").write_bytes(b"")
    assert publish("--built", "fetched") == 2
    assert "1 wheels and 2 source distributions" in publish.err


def test_what_is_handed_over_is_looked_into(publish: Publishing, lying: LyingIndex) -> None:
    publish.env["UV_PUBLISH_TOKEN"] = "x"
    fetched = publish.make(lying.base) / "fetched"
    out, err = io.StringIO(), io.StringIO()
    words = ["ship", "wheel", "--no-reproduce", "--out", "fetched"]
    assert run_verb(words, publish.env, cwd=publish.root, out=out, err=err) == 0, err.getvalue()
    wheel = fetched / "demo-0.1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "a") as archive:
        archive.writestr("demo/.env", "API_KEY=hunter2\n")
    assert publish("--built", "fetched") == 2
    assert f"{wheel.name} is another file than SHA256SUMS beside it says" in publish.err
    (fetched / "SHA256SUMS").unlink()
    assert publish("--built", "fetched") == 1
    assert "[ship/secret]" in publish.out
    assert "hunter2" not in publish.out + publish.err
    assert lying.uploads == []
