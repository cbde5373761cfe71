"""What the tools for dependencies, spelling, docstrings, API, CI and images really answered, for the shared contract."""

from onward.adapters import (
    deptry,
    hadolint,
    interrogate,
    pydoclint,
    typos,
    validate_pyproject,
    vulture,
    zizmor,
)
from onward.adapters.griffe import tools as griffe
from tests.adapters.contract import Sample
from tests.adapters.samples_types import CODE, HOME, RECORDED, probe, recorded

MORE_SAMPLES = {
    "deptry": Sample(
        tool=deptry.CHECK,
        probe=probe("deptry", "0.25.1"),
        root=HOME,
        with_findings=(
            1,
            recorded("deptry/0.25.1/check.json"),
            recorded("deptry/0.25.1/check.err.txt"),
        ),
        clean=(0, b"[]", b"Scanning 2 files...\n\nSuccess! No dependency issues found.\n"),
        named=CODE,
        whole=True,
        in_file=True,
    ),
    "vulture": Sample(
        tool=vulture.CHECK,
        probe=probe("vulture", "2.16"),
        root=HOME,
        with_findings=(3, recorded("vulture/2.16/check.txt"), b""),
        clean=(0, b"", b""),
        named=CODE,
        whole=True,
    ),
    "typos": Sample(
        tool=typos.CHECK,
        probe=probe("typos", "1.52.0"),
        root=HOME,
        with_findings=(2, recorded("typos/1.52.0/check.jsonl"), b""),
        clean=(0, b"", b""),
        named=CODE,
        unnamed="",
        whole=True,
    ),
    "interrogate": Sample(
        tool=interrogate.CHECK,
        probe=probe("interrogate", "1.7.0"),
        root=HOME,
        with_findings=(1, recorded("interrogate/1.7.0/check.txt"), b""),
        clean=(
            0,
            recorded("interrogate/1.7.0/passed.txt").replace(b" MISSED", b"COVERED"),
            b"",
        ),
        named=CODE,
        whole=True,
    ),
    "pydoclint": Sample(
        tool=pydoclint.CHECK,
        probe=probe("pydoclint", "0.12.0"),
        root=HOME,
        with_findings=(1, b"", recorded("pydoclint/0.12.0/check.err.txt")),
        clean=(0, b"", b""),
        named=CODE,
    ),
    "griffe": Sample(
        tool=griffe.CHECK,
        probe=probe("griffe", "2.4.1"),
        root=HOME,
        with_findings=(0, recorded("griffe/2.4.1/breaks.json"), b""),
        clean=(
            0,
            b'{"now": "1.2.0", "tag": "v1.1.0", "before": "1.1.0", "breaks": [], "compared": 1}',
            b"",
        ),
        named="",
    ),
    "zizmor": Sample(
        tool=zizmor.CHECK,
        probe=probe("zizmor", "1.32.0"),
        root=str(RECORDED / "zizmor" / "project"),
        with_findings=(
            14,
            recorded("zizmor/1.32.0/check.json"),
            recorded("zizmor/1.32.0/check.err.txt"),
        ),
        clean=(0, b"[]", recorded("zizmor/1.32.0/check.err.txt")),
        named=".github/workflows/ci.yml",
        whole=True,
    ),
    "hadolint": Sample(
        tool=hadolint.CHECK,
        probe=probe("hadolint", "2.15.1"),
        root=str(RECORDED / "hadolint" / "project"),
        with_findings=(1, recorded("hadolint/2.15.1/check.json"), b""),
        clean=(0, b"[]", b""),
        named="Dockerfile",
    ),
    "validate-pyproject": Sample(
        tool=validate_pyproject.CHECK,
        probe=probe("validate-pyproject", "0.27"),
        root=str(RECORDED / "validate-pyproject" / "project"),
        with_findings=(
            1,
            recorded("validate-pyproject/0.27/invalid.out.txt"),
            recorded("validate-pyproject/0.27/invalid.err.txt"),
        ),
        clean=(0, recorded("validate-pyproject/0.27/valid.txt"), b""),
        named="pyproject.toml",
    ),
}
