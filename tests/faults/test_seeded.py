"""Faults from a seed: fifty here, a thousand in ``scripts/soak``."""

import os
import sys
from collections.abc import Iterator

import pytest

from tests.faults.ground import Ground, fill
from tests.faults.seeded import Kind, fault
from tests.registry import Registry

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and limits of POSIX")

_IN_THE_TESTS = 50


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each fault; more than usual is for ``scripts/soak``."""
    if "number" in metafunc.fixturenames:
        count = int(metafunc.config.getoption("--faults"))
        marks = [pytest.mark.soak] if count > _IN_THE_TESTS else []
        metafunc.parametrize("number", [pytest.param(n, marks=marks) for n in range(count)])


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """One index, one settled project and one cache of uv for all faults."""
    base = tmp_path_factory.mktemp("ground")
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    env = kept | {
        "HOME": str(base / "home"),
        "XDG_CONFIG_HOME": str(base / "home" / "config"),
        "XDG_CONFIG_DIRS": str(base / "home" / "system"),
        "UV_CACHE_DIR": str(base / "uv"),
        "UV_PYTHON": sys.executable,
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_HTTP_RETRIES": "0",
        "ONWARD_CACHE_DIR": str(base / "onward"),
    }
    (base / "home").mkdir()
    with Registry() as registry:
        fill(registry)
        yield Ground(base, registry, env)


def test_after_a_fault(ground: Ground, number: int, seed: int) -> None:
    drawn = fault(seed, number)
    print(drawn)  # what failed, when it fails

    ground.try_out(drawn)


def test_every_kind_is_among_the_first() -> None:
    assert {fault(1, number).kind for number in range(len(Kind))} == set(Kind)


def test_the_same_seed_gives_the_same_fault() -> None:
    assert fault(7, 30) == fault(7, 30)
    assert len({fault(7, n).where for n in range(100)}) > 90
