"""What every tool really answered, for the tests that all adapters pass."""

from onward.adapters.ruff import tools as ruff
from onward.core.tool import Probe
from tests.adapters.contract import Sample
from tests.adapters.samples_more import MORE_SAMPLES
from tests.adapters.samples_types import HOME, TYPES_SAMPLES, WINDOWS, recorded


def _ruff(version: str) -> Probe:
    return Probe(tool="ruff", found=True, program="/venv/bin/ruff", version=version)


SAMPLES = {
    "ruff": Sample(
        tool=ruff.LINT,
        probe=_ruff("0.17.6"),
        root=HOME,
        with_findings=(1, recorded("ruff/0.17.6/check.jsonl"), b""),
        clean=(0, b"", b""),
        named="src/ünï code.py",
    ),
    "ruff on Windows": Sample(
        tool=ruff.LINT,
        probe=_ruff("0.17.6"),
        root=WINDOWS,
        with_findings=(1, recorded("ruff/0.17.6/check-windows.jsonl"), b""),
        clean=(0, b"", b""),
        named="src/",
    ),
    "ruff, old": Sample(
        tool=ruff.LINT,
        probe=_ruff("0.4.10"),
        root=HOME,
        with_findings=(1, recorded("ruff/0.4.10/check.jsonl"), b"warning: something is deprecated"),
        clean=(0, b"", b""),
        named="pyproject.toml",
    ),
    "ruff format": Sample(
        tool=ruff.FORMAT,
        probe=_ruff("0.17.6"),
        root=HOME,
        with_findings=(2, recorded("ruff/0.17.6/format.jsonl"), b""),
        clean=(0, b"", b""),
        named="README.md",
    ),
    "ruff format, old": Sample(
        tool=ruff.FORMAT,
        probe=_ruff("0.12.12"),
        root=HOME,
        with_findings=(
            2,
            recorded("ruff/0.12.12/format.out.txt"),
            recorded("ruff/0.12.12/format.err.txt"),
        ),
        clean=(0, b"3 files already formatted\n", b""),
        named="src/",
    ),
    **TYPES_SAMPLES,
    **MORE_SAMPLES,
}
