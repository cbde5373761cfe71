"""What is installed, read from the files of an environment: made by hand, and this test's own."""

import sys
from pathlib import Path

import pytest

from onward.adapters.installed import modules_of, python_of, read_environment
from onward.core.names import Name


def environment(folder: Path, **packages: tuple[str, str]) -> Path:
    """Write an environment; each package is (METADATA after the name, RECORD)."""
    site = folder / "lib" / "python3.12" / "site-packages"
    site.mkdir(parents=True)
    (folder / "pyvenv.cfg").write_text("home = /usr\nversion_info = 3.12.4\n", encoding="utf-8")
    for name, (metadata, record) in packages.items():
        info = site / f"{name}-1.0.dist-info"
        info.mkdir()
        text = f"Metadata-Version: 2.1\nName: {name.replace('_', '.')}\n{metadata}\n\nLong.\n"
        (info / "METADATA").write_text(text, encoding="utf-8")
        (info / "RECORD").write_text(record, encoding="utf-8")
    return folder


def test_an_environment_tells_names_licences_needs_modules_and_sizes(tmp_path: Path) -> None:
    folder = environment(
        tmp_path / ".venv",
        Py_YAML=("Version: 6.0\nLicense-Expression: MIT\nRequires-Dist: idna>=2; extra == 'x'",
                 "yaml/__init__.py,sha256=x,100\nyaml/nodes.py,,50\n_yaml.cpython-312-x86_64-linux-gnu.so,,7\nPy_YAML-1.0.dist-info/RECORD,,\n"),
        editable=("Version: 1", "__editable___editable_finder.py,,3\neditable.pth,,3\n"),
    )  # fmt: skip
    read = read_environment(folder)
    assert read is not None
    assert read.python == "3.12.4"
    yaml = read.named("py-yaml")
    assert yaml is not None
    assert (yaml.version, yaml.licence, yaml.size) == ("6.0", "MIT", 157)
    assert yaml.modules == ("_yaml", "yaml")
    assert yaml.requires == ("idna>=2; extra == 'x'",)
    assert read.modules[Name("editable")] == ()


@pytest.mark.parametrize(
    ("files", "modules"),
    [
        (["six.py"], ("six",)),
        (["a/__init__.py", "a/b/__init__.py", "a/c.py"], ("a",)),
        (
            ["google/cloud/storage/__init__.py", "google/cloud/storage/x.py"],
            ("google.cloud.storage",),
        ),
        (["ns/one.py", "ns/two.pyd"], ("ns.one", "ns.two")),
        (["m.cp312-win_amd64.pyd"], ("m",)),
        (["m.abi3.so"], ("m",)),
        (
            ["../../bin/x.py", "/abs.py", "a-1.dist-info/x.py", "a.data/y.py", "__pycache__/z.py"],
            (),
        ),
        (["data/readme.txt"], ()),
    ],
)
def test_modules_of_a_list_of_files(files: list[str], modules: tuple[str, ...]) -> None:
    assert modules_of(files) == modules


def test_the_environment_of_this_test_is_read() -> None:
    read = read_environment(Path(sys.prefix))
    if read is None:
        pytest.skip("this test does not run in a virtual environment")
    found = read.named("msgspec")
    assert found is not None
    assert "msgspec" in found.modules
    assert read.python == ".".join(map(str, sys.version_info[:3]))


def test_no_environment_and_odd_ones(tmp_path: Path) -> None:
    assert read_environment(tmp_path) is None
    (tmp_path / "pyvenv.cfg").write_text("version = 3.13.0+chromium\n", encoding="utf-8")
    assert python_of(tmp_path) == "3.13.0"
    (tmp_path / "Lib" / "site-packages" / "x.dist-info").mkdir(parents=True)
    read = read_environment(tmp_path)
    assert read is not None
    assert read.distributions == ()
