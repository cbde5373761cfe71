"""What the common commands import: a library slips in easily, and each run pays for it from then on."""

import subprocess
import sys

import pytest

HEAVY = (
    "asyncio",
    "concurrent.futures",
    "email",
    "http.client",
    "jinja2",
    "logging",
    "ssl",
    "tomlkit",
    "urllib.request",
)


@pytest.mark.parametrize(
    "modules",
    [
        ("onward.cli.main", "onward.cli.quick", "onward.cli.front"),
        ("onward.cli.changing", "onward.cli.add", "onward.workflows.add", "onward.core.net"),
    ],
)
def test_nothing_heavy_is_imported_before_it_is_needed(modules: tuple[str, ...]) -> None:
    code = f"import sys, {', '.join(modules)}; print(*(name for name in {HEAVY!r} if name in sys.modules))"
    ran = subprocess.run(
        (sys.executable, "-I", "-c", code), capture_output=True, text=True, check=True
    )
    assert ran.stdout.split() == []
