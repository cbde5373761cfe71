"""A source release is found on pages of both kinds, checked, kept and unpacked."""

from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.fetch_sdist import fetch
from tests.registry import Registry


@pytest.mark.parametrize("json_too", [True, False])
def test_it_is_unpacked_and_kept(registry: Registry, tmp_path: Path, json_too: bool) -> None:
    registry.set(json=json_too)
    file = registry.add("demo-dep", "1.0", wheel=False, sdist=True)[0]
    env = {"UV_DEFAULT_INDEX": registry.url}

    first = fetch("demo-dep", file.filename, file.sha256, tmp_path / "a", tmp_path / "kept", env)
    registry.remove("demo-dep")
    again = fetch("demo-dep", file.filename, file.sha256, tmp_path / "b", tmp_path / "kept", env)

    assert (first / "pyproject.toml").read_bytes() == (again / "pyproject.toml").read_bytes()
    assert first.name == "demo_dep-1.0"


def test_a_wrong_hash_ends_it(registry: Registry, tmp_path: Path) -> None:
    file = registry.add("demo-dep", "1.0", wheel=False, sdist=True)[0]
    registry.fail("corrupt", "*.tar.gz")
    env = {"UV_DEFAULT_INDEX": registry.url}

    with pytest.raises(SystemExit, match="sha256"):
        fetch("demo-dep", file.filename, file.sha256, tmp_path, tmp_path / "kept", env)

    assert not (tmp_path / "kept").exists()


def test_the_nearest_setting_names_the_index(
    make_registry: Callable[[], Registry], tmp_path: Path
) -> None:
    from scripts.registry_settings import index_address

    one = make_registry()
    config = tmp_path / "uv.toml"
    config.write_text(f'[[index]]\nurl = "{one.url}"\ndefault = true\n', encoding="utf-8")

    assert index_address({"UV_CONFIG_FILE": str(config)}) == one.url
    assert index_address({"UV_CONFIG_FILE": str(config), "UV_DEFAULT_INDEX": "x"}) == "x"
    assert index_address({"UV_NO_CONFIG": "1"}) == "https://pypi.org/simple"
