"""What of a project is served is found in its files."""

from pathlib import Path

import pytest

from onward.workflows.app.source import find_web, has_module, version_of, with_siblings


@pytest.mark.parametrize(
    ("files", "entry"),
    [
        ({"src/shop/site.py": "app = FastAPI()\n"}, "shop.site:app"),
        ({"src/shop/app.py": "def create_app() -> Flask: ...\n"}, "shop.app:create_app()"),
        ({"shop/wsgi.py": "application = get_wsgi_application()\n"}, "shop.wsgi:application"),
        ({"tests/app.py": "app = FastAPI()\n", "shop/x.py": ""}, ""),
    ],
)
def test_an_object_or_a_factory_is_found(tmp_path: Path, files: dict[str, str], entry: str) -> None:
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    assert find_web(tmp_path, (*files, "gone.py")) == entry


def test_a_version_that_only_the_build_knows_is_that_of_what_was_installed(tmp_path: Path) -> None:
    for name in ("my_demo-2.7.1.dist-info", "my_demo_tools-9.0.dist-info"):
        (tmp_path / name).mkdir()
    assert version_of(tmp_path, "My.Demo") == "2.7.1"
    assert version_of(tmp_path, "other") == ""


def test_a_module_that_was_left_out_comes_with_the_others_of_its_package(tmp_path: Path) -> None:
    for place in (
        "ui/widgets/__init__.py",
        "ui/widgets/_tab.py",
        "ui/widgets/_fast.cpython-311-x86_64-linux-gnu.so",
        "ui/widgets/more/__init__.py",
        "ui/widgets/data/words.txt",
        "ui/widgets/tests/__init__.py",
        "ui/widgets/notes.txt",
        "ui/other.py",
    ):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).touch()
    assert with_siblings(tmp_path, ["ui.widgets._tab", "colorsys", "gone.away"]) == (
        "ui.widgets._tab",
        "ui.widgets._fast",
        "ui.widgets.more",
        "colorsys",
        "gone.away",
    )


@pytest.mark.parametrize(
    ("module", "is_there"),
    [("one", True), ("fast", True), ("pkg.sub", True), ("ns.deep", True), ("nope", False), ("pkg.nope", False)],
)  # fmt: skip
def test_a_module_is_found_as_file_as_compiled_file_and_as_folder(
    tmp_path: Path, module: str, is_there: bool
) -> None:
    files = ("a/one.py", "a/fast.cpython-311-x86_64-linux-gnu.so", "b/pkg/sub.py", "b/ns/deep/x.py")
    for file in files:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    assert has_module(module, [tmp_path / "a", tmp_path / "b"]) == is_there
