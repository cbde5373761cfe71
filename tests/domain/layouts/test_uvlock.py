"""uv.lock: what uv 0.13.9 wrote, and what nobody should have written."""

import datetime as dt
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.core.artifact import Artifact, Origin
from onward.core.errors import BadInput
from onward.core.lock import Lock, LockedDependency, LockedPackage
from onward.core.names import Name
from onward.domain.layouts.uvlock import diff_locks, read_uv_lock

RECORDED = Path(__file__).parents[2] / "recorded" / "layouts"


def recorded(name: str) -> Lock:
    return read_uv_lock((RECORDED / name).read_text(encoding="utf-8"))


def test_a_workspace_has_its_members_and_what_they_need() -> None:
    lock = recorded("uv-0.13.9/workspace.lock")
    assert (lock.kind, lock.requires_python) == ("uv", ">=3.11")
    own = [p.name for p in lock.packages if p.is_workspace_member]
    assert own == ["acme", "acme-core", "acme-web"]
    (root,) = [p for p in lock.packages if p.is_root]
    assert (root.name, root.version, root.kind) == ("acme", "", "editable")
    assert root.artifacts == ()
    assert LockedDependency(name=Name("acme-core"), extras=("fast",)) in root.dependencies
    assert [d.name for d in root.optional["more"]] == ["attrs"]
    assert [d.name for d in root.groups["dev"]] == ["pyflakes", "pytest"]
    (core,) = lock.named("acme-core")
    assert [d.name for d in core.optional["fast"]] == ["iniconfig"]


def test_a_fork_has_one_name_in_two_versions_each_with_its_marker() -> None:
    lock = recorded("uv-0.13.9/workspace.lock")
    assert [p.version for p in lock.named("idna")] == ["3.7", "3.10"]
    (root,) = [p for p in lock.packages if p.is_root]
    edges = [d for d in root.dependencies if d.name == "idna"]
    assert [d.version for d in edges] == ["3.7", "3.10"]
    assert all(d.marker and d.source == "https://pypi.org/simple" for d in edges)


def test_a_registry_artifact_has_all_that_the_guard_needs() -> None:
    (click,) = recorded("uv-0.13.9/workspace.lock").named("click")
    wheel = next(a for a in click.artifacts if a.is_wheel)
    assert wheel.origin is Origin.registry
    assert wheel.source == "https://pypi.org/simple"
    assert wheel.filename == f"click-{click.version}-py3-none-any.whl"
    assert wheel.url.endswith("/" + wheel.filename)
    assert wheel.sha256 is not None
    assert len(wheel.sha256) == 64
    assert wheel.size is not None
    assert wheel.size > 10_000
    assert wheel.uploaded is not None
    assert wheel.uploaded.tzinfo is not None
    assert wheel.uploaded > dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("file", "name", "origin", "kind", "filename"),
    [
        ("workspace", "tomli", Origin.url, "url", "tomli-2.2.1-py3-none-any.whl"),
        ("workspace", "six", Origin.path, "path", "six-1.16.0-py2.py3-none-any.whl"),
        ("workspace", "vendored", Origin.path, "editable", ""),
        ("paths", "idna", Origin.path, "path", "idna-3.10.tar.gz"),
        ("paths", "iniconfig", Origin.registry, "registry", "iniconfig-2.3.1-py3-none-any.whl"),
    ],
)
def test_what_comes_from_elsewhere_says_so(
    file: str, name: str, origin: Origin, kind: str, filename: str
) -> None:
    (package,) = recorded(f"uv-0.13.9/{file}.lock").named(name)
    assert (package.origin, package.kind) == (origin, kind)
    assert [a.filename for a in package.artifacts] == [filename]
    assert {a.origin for a in package.artifacts} == {origin}
    assert not package.is_workspace_member


def test_a_git_source_is_one_artifact_without_a_file() -> None:
    address = "https://git.example.org/acme/tool?rev=v1#0123456789abcdef0123456789abcdef01234567"
    lock = read_uv_lock(
        'version = 1\n[[package]]\nname = "tool"\nversion = "1.0"\n'
        f'source = {{ git = "{address}" }}\n'
    )
    (artifact,) = lock.artifacts
    assert (artifact.origin, artifact.source, artifact.url) == (Origin.git, address, address)


def test_groups_of_a_workspace_without_a_project_are_kept() -> None:
    lock = recorded("uv-0.13.9/groups-only.lock")
    assert lock.groups == {"dev": (LockedDependency(name=Name("iniconfig")),)}


def test_text_that_is_no_toml_names_the_line() -> None:
    with pytest.raises(BadInput) as raised:
        read_uv_lock("version = 1\nrevision = = 2\n")
    assert "line 2" in raised.value.context[0]


def test_another_format_is_not_guessed_at() -> None:
    with pytest.raises(BadInput) as raised:
        read_uv_lock("version = 2\n")
    assert raised.value.reference == "lock-version"


def test_all_faults_are_told_at_once_with_their_keys() -> None:
    text = """version = 1
[[package]]
name = "a b"
source = { registry = "https://pypi.org/simple" }
[[package]]
name = "fine"
version = 3
source = { somewhere = "else" }
dependencies = [{ name = 7 }]
wheels = "none"
"""
    with pytest.raises(BadInput) as raised:
        read_uv_lock(text)
    said = "\n".join(raised.value.context)
    for key in (
        "package[0].name",
        "(fine).version",
        "(fine).source",
        "dependencies[0].name",
        "wheels",
    ):
        assert key in said
    assert len(raised.value.context) == 5


def test_a_wheel_of_another_project_is_not_let_in_under_this_name() -> None:
    text = """version = 1
[[package]]
name = "requests"
version = "2.0"
source = { registry = "https://pypi.org/simple" }
wheels = [{ url = "https://files.example.org/evil-2.0-py3-none-any.whl", hash = "sha256:00" }]
"""
    with pytest.raises(BadInput, match="cannot be right"):
        read_uv_lock(text)


def test_odd_values_of_a_file_are_unknown_and_not_a_crash() -> None:
    text = """version = 1
[[package]]
name = "a"
version = "1"
source = { registry = "https://pypi.org/simple" }
sdist = { url = "https://x.example/a-1%2Bb.tar.gz?x#y", hash = "md5:0", size = -1, upload-time = "soon" }
"""
    (artifact,) = read_uv_lock(text).artifacts
    assert artifact.filename == "a-1+b.tar.gz"
    assert (artifact.sha256, artifact.size, artifact.uploaded) == (None, None, None)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    try:
        read_uv_lock("version = 1\n" + text)
    except BadInput as error:
        assert error.context or error.hint  # noqa: PT017 - either outcome is right, this one has words


# --- comparing ---------------------------------------------------------------------------------


def package(name: str, version: str, sha: str | None = "0", source: str = "s") -> LockedPackage:
    file = Artifact(
        name=Name(name), version=version, source=source, filename=f"{name}-{version}", sha256=sha
    )
    return LockedPackage(name=Name(name), version=version, source=source, artifacts=(file,))


packages = st.builds(
    package,
    st.sampled_from("abcd"),
    st.sampled_from(["1", "1.5", "2", "10", "not a version"]),
    st.sampled_from(["0", "1", None]),
    st.sampled_from(["s", "t"]),
)
locks = st.lists(packages, unique_by=lambda p: p.key, max_size=9).map(
    lambda made: Lock(kind="uv", packages=tuple(made))
)


@given(locks)
def test_a_lock_does_not_differ_from_itself(lock: Lock) -> None:
    diff = diff_locks(lock, lock)
    assert diff.same == lock.packages or set(map(str, diff.same)) == set(map(str, lock.packages))
    assert (diff.added, diff.removed, diff.changed) == ((), (), ())


@given(locks, locks)
def test_every_package_is_counted_exactly_once(old: Lock, new: Lock) -> None:
    diff = diff_locks(old, new)
    ours = [*diff.added, *(after for _, after in diff.changed), *diff.same]
    theirs = [*diff.removed, *(before for before, _ in diff.changed)]
    assert sorted(p.key for p in ours) == sorted(p.key for p in new.packages)
    kept = {p.key for p in diff.same}
    assert sorted([p.key for p in theirs] + list(kept)) == sorted(p.key for p in old.packages)
    assert all(before.name == after.name for before, after in diff.changed)


@given(locks, locks)
def test_nothing_new_hides_in_what_is_called_the_same(old: Lock, new: Lock) -> None:
    known = {(p.key, a.filename, a.sha256 or a.url) for p in old.packages for a in p.artifacts}
    for same in diff_locks(old, new).same:
        assert all((same.key, a.filename, a.sha256 or a.url) in known for a in same.artifacts)


def test_without_an_old_lock_everything_enters() -> None:
    lock = recorded("uv-0.13.9/workspace.lock")
    assert diff_locks(None, lock).entering == lock.packages


def test_an_update_of_one_fork_leaves_the_other_alone() -> None:
    old = Lock(kind="uv", packages=(package("n", "1.26"), package("n", "2.1")))
    new = Lock(kind="uv", packages=(package("n", "1.26"), package("n", "2.2")))
    diff = diff_locks(old, new)
    assert [(a.version, b.version) for a, b in diff.changed] == [("2.1", "2.2")]
    assert [p.version for p in diff.same] == ["1.26"]


def test_another_hash_under_the_same_version_is_a_change() -> None:
    old = Lock(kind="uv", packages=(package("a", "1", "00"),))
    new = Lock(kind="uv", packages=(package("a", "1", "ff"),))
    assert len(diff_locks(old, new).changed) == 1


def test_an_upload_time_alone_is_no_change() -> None:
    old = package("a", "1")
    dated = msgspec.structs.replace(
        old.artifacts[0], uploaded=dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    )
    new = msgspec.structs.replace(old, artifacts=(dated,))
    diff = diff_locks(Lock(kind="uv", packages=(old,)), Lock(kind="uv", packages=(new,)))
    assert diff.same == (new,)


_PIECES = st.sampled_from(
    (
        'name = "a"\nversion = "1"\nsource = { registry = "https://x.test/simple" }',
        'name = "b"\nsource = { editable = "." }\n\n[package.metadata]\nrequires-dist = []',
        'name = "c"\n\n[package.optional-dependencies]\nmore = [{ name = "a" }]',
        'name = """',
        '"""',
        "name = '''",
        "[manifest]",
        'members = ["a"]',
        "[package]",
        'package = "odd"',
        "package = []",
        "[[package]]",
        "# [[package]]",
        "",
    )
)


@given(st.lists(_PIECES, max_size=8))
def test_package_by_package_is_the_same_as_the_whole(pieces: list[str]) -> None:
    text = "\n".join(("version = 1", *pieces, ""))
    # with a blank before it, the line is the same TOML and no place to take the text apart
    whole = text.replace("\n[[package]]\n", "\n [[package]]\n")
    assert _outcome(text) == _outcome(whole)


def _outcome(text: str) -> object:
    try:
        return read_uv_lock(text)
    except BadInput as error:
        return error.reference
