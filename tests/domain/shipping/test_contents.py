"""Junk, secrets, strangers and missing modules are named; what belongs there is left alone."""

import pytest

from onward.core.finding import Finding
from onward.domain.shipping.built import Built, read_built
from onward.domain.shipping.contents import (
    contents_findings,
    importable,
    missing_findings,
    top_level,
)
from tests.domain.shipping.archives import CODE, sdist, wheel

KEY = b"-----BEGIN PRIV" + b"ATE KEY-----\n"  # in two, or this file would hold one
KEY += b"A" * 64 + b"\n"


def a_wheel(*paths: str, tag: str = "py3-none-any", content: bytes = b"") -> Built:
    return read_built(f"demo-1.0-{tag}.whl", wheel({**CODE, **dict.fromkeys(paths, content)}))


def an_sdist(*paths: str, content: bytes = b"") -> Built:
    return read_built("demo-1.0.tar.gz", sdist({**CODE, **dict.fromkeys(paths, content)}))


def rules(built: Built) -> list[str]:
    return [finding.rule for finding in contents_findings(built)]


def test_a_plain_package_is_fine() -> None:
    assert rules(a_wheel("demo/py.typed", "demo/data/table.csv")) == []
    assert rules(an_sdist("tests/test_demo.py", ".gitignore", ".vscode/settings.json")) == []


@pytest.mark.parametrize(
    "path",
    [
        "demo/__pycache__/inner.cpython-311.pyc",
        "demo/.DS_Store",
        "demo/inner.py~",
        "demo/.inner.py.swp",
        ".git/config",
        "demo/.venv/bin/python",
        "demo/node_modules/x/index.js",
        "demo/.mypy_cache/x.json",
    ],
)
def test_leftovers_of_tools_are_junk_in_both(path: str) -> None:
    assert "ship/junk" in rules(a_wheel(path))
    assert rules(an_sdist(path)) == ["ship/junk"]


def test_what_a_backend_keeps_of_a_file_that_it_rewrote_is_its_own() -> None:
    assert rules(an_sdist("pyproject.toml.orig")) == []
    assert rules(an_sdist("demo/inner.py.orig")) == ["ship/junk"]


def test_an_editors_folder_is_junk_in_a_wheel_only() -> None:
    assert rules(a_wheel("demo/.idea/workspace.xml")) == ["ship/junk"]
    assert rules(an_sdist(".idea/workspace.xml")) == []


@pytest.mark.parametrize(
    "path",
    [".env", ".env.production", "demo/.pypirc", ".netrc", "demo/id_rsa", "x.p12", "prod.env"],
)
def test_files_that_hold_secrets_by_name(path: str) -> None:
    for built in (a_wheel(f"demo/{path}"), an_sdist(path)):
        (found,) = [f for f in contents_findings(built) if f.rule == "ship/secret"]
        assert str(found.subject).endswith(path)
        assert found.facts == {}


@pytest.mark.parametrize(
    "path",
    [
        "demo/.env.example",
        "demo/.env.example.jinja",
        "demo/sample.env",
        "demo/cacert.pem",
        "demo/envelope.py",
    ],
)
def test_samples_and_certificates_are_no_secrets(path: str) -> None:
    assert rules(a_wheel(path, content=b"-----BEGIN CERTIFICATE-----\n" + b"A" * 64)) == []


def test_a_private_key_is_a_secret_whatever_it_is_called() -> None:
    assert rules(a_wheel("demo/settings.txt", content=KEY)) == ["ship/secret"]
    assert rules(an_sdist("deploy/key.pem", content=KEY)) == ["ship/secret"]


def test_keys_among_the_tests_are_told_apart_but_not_in_a_wheel() -> None:
    assert rules(an_sdist("tests/server.key", content=KEY)) == ["ship/test-secret"]
    assert rules(a_wheel("demo/tests/server.key", content=KEY)) == ["ship/secret"]


@pytest.mark.parametrize("path", ["tests/__init__.py", "docs/conf.py", "src/x.py", "conftest.py"])
def test_names_for_everyone_do_not_go_into_a_wheel(path: str) -> None:
    (found,) = contents_findings(a_wheel(path))
    assert found.rule == "ship/top-level"
    assert path.partition("/")[0].removesuffix(".py") in found.message
    assert rules(an_sdist(path)) == []


def test_a_project_may_be_called_what_others_may_not() -> None:
    built = read_built("tests-1.0-py3-none-any.whl", wheel({"tests/__init__.py": b""}))
    assert "ship/top-level" not in rules(built)


def test_loose_files_are_named_but_stubs_and_modules_are_fine() -> None:
    assert rules(a_wheel("LICENSE")) == ["ship/top-level"]
    assert rules(a_wheel("demo_more.py", "demo_more.pyi", "demo.pth")) == []


def test_a_wheel_with_nothing_to_import_is_empty() -> None:
    built = read_built("demo-1.0-py3-none-any.whl", wheel({}))
    assert rules(built) == ["ship/empty"]


def test_compiled_files_need_a_platform() -> None:
    assert rules(a_wheel("demo/fast.cpython-311-x86_64-linux-gnu.so")) == ["ship/wrong-tag"]
    assert rules(a_wheel("demo/fast.so", tag="cp311-cp311-linux_x86_64")) == []


@pytest.mark.parametrize(
    "path", ["../evil.py", "/etc/passwd", "demo/../../x", "a\\b.py", "C:/x.py"]
)
def test_paths_that_lead_out(path: str) -> None:
    built = read_built("demo-1.0-py3-none-any.whl", wheel({**CODE, path: b""}))
    assert "ship/unsafe-path" in rules(built)


@pytest.mark.parametrize(
    ("link", "target", "safe"),
    [
        ("demo/here", "inner.py", True),
        ("demo/up", "../PKG-INFO", True),
        ("demo/out", "../../x", False),
        ("out", "..", False),
        ("demo/etc", "/etc/passwd", False),
    ],
)
def test_links_stay_inside(link: str, target: str, safe: bool) -> None:
    built = read_built("demo-1.0.tar.gz", sdist(links={link: target}))
    assert ("ship/unsafe-path" not in rules(built)) is safe


def test_one_path_with_two_contents_is_refused() -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        content = wheel(more=[("demo/inner.py", b"x = 2\n")])
    assert "ship/unsafe-path" in rules(read_built("demo-1.0-py3-none-any.whl", content))


def test_what_can_be_imported() -> None:
    built = a_wheel(
        "single.py",
        "name/space/__init__.py",
        "name/space/deep/__init__.py",
        "fast.cpython-311-darwin.so",
        "demo-1.0.data/purelib/other/__init__.py",
        "demo-1.0.data/scripts/tool.py",
        "data/table.csv",
        "not-a-name/__init__.py",
    )
    assert importable(built) == ("demo", "fast", "name.space", "other", "single")
    assert set(top_level(built)) >= {"demo", "fast", "name", "other", "single"}
    assert "demo-1" not in str(top_level(built))


TREE = ("src/demo/__init__.py", "src/demo/inner.py", "pyproject.toml", "tests/test_demo.py")


def missing(*more: str) -> list[Finding]:
    return list(missing_findings(a_wheel(), (*TREE, *more)))


def test_nothing_is_missing_from_a_whole_wheel() -> None:
    assert missing() == []
    assert missing("src/demo/tests/test_x.py", "src/demo/conftest.py", "src/demo/fast.pyx") == []


def test_a_module_that_did_not_get_in_is_named() -> None:
    (found,) = missing("src/demo/new/__init__.py", "src/demo/new/thing.py")
    assert found.rule == "ship/missing-module"
    assert found.facts["paths"] == ["src/demo/new/__init__.py", "src/demo/new/thing.py"]


def test_data_that_did_not_get_in_is_another_matter() -> None:
    (found,) = missing("src/demo/py.typed", "src/demo/page.html")
    assert found.rule == "ship/missing-data"


@pytest.mark.parametrize("prefix", ["", "lib/", "python/"])
def test_other_places_for_packages_are_known(prefix: str) -> None:
    tree = [path.replace("src/", prefix) for path in TREE]
    assert list(missing_findings(a_wheel(), tree)) == []
    (found,) = missing_findings(a_wheel(), [*tree, f"{prefix}demo/gone.py"])
    assert found.facts["paths"] == [f"{prefix}demo/gone.py"]
