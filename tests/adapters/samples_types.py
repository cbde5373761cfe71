"""What the type checkers, flake8 and pylint really answered, as samples for the shared contract."""

from pathlib import Path

from onward.adapters import basedpyright, flake8, pylint, pyrefly, ty
from onward.adapters.mypy import tools as mypy
from onward.core.tool import Probe
from tests.adapters.contract import Sample

RECORDED = Path(__file__).parent.parent / "recorded"
HOME = "/home/dev/my prøj"
WINDOWS = "C:\\Users\\dev\\my prøj"
CODE = "src/ünï code.py"


def recorded(path: str) -> bytes:
    return (RECORDED / path).read_bytes()


def probe(tool: str, version: str) -> Probe:
    return Probe(tool=tool, found=True, program=f"/venv/bin/{tool}", version=version)


def on_windows(answer: bytes) -> bytes:
    """Give an answer as Windows would have it: in JSON, where a backslash is written twice."""
    for path in (b"src/demo/", b"tests/"):
        answer = answer.replace(path, path.replace(b"/", rb"\\"))
    return answer.replace(f"{HOME}/".encode(), "C:\\\\Users\\\\dev\\\\my prøj\\\\".encode())


_MYPY = probe("mypy", "2.4.1")
_TY = probe("ty", "0.0.108")
_PYREFLY = probe("pyrefly", "1.5.0")
_BASED = probe("basedpyright", "1.40.2")
_BASED_CLEAN = b'{"generalDiagnostics": [], "summary": {"filesAnalyzed": 1}}'

TYPES_SAMPLES = {
    "mypy": Sample(
        tool=mypy.CHECK,
        probe=_MYPY,
        root=HOME,
        with_findings=(1, recorded("mypy/2.4.1/check.jsonl"), b""),
        clean=(0, b"", b""),
        named=CODE,
        whole=True,
    ),
    "mypy, old": Sample(
        tool=mypy.CHECK,
        probe=probe("mypy", "1.11.2"),
        root=HOME,
        with_findings=(1, recorded("mypy/1.11.2/check.jsonl"), b""),
        clean=(0, b"", b""),
        named=CODE,
        whole=True,
    ),
    "mypy on Windows": Sample(
        tool=mypy.CHECK,
        probe=_MYPY,
        root=WINDOWS,
        with_findings=(1, on_windows(recorded("mypy/2.4.1/check.jsonl")), b""),
        clean=(0, b"", b""),
        named=CODE,
        whole=True,
    ),
    "ty": Sample(
        tool=ty.CHECK,
        probe=_TY,
        root=HOME,
        with_findings=(1, recorded("ty/0.0.108/check.json"), b""),
        clean=(0, b"[]", b""),
        named=CODE,
        whole=True,
    ),
    "ty on Windows": Sample(
        tool=ty.CHECK,
        probe=_TY,
        root=WINDOWS,
        with_findings=(1, on_windows(recorded("ty/0.0.108/check.json")), b""),
        clean=(0, b"[\n]\n", b""),
        named=CODE,
        whole=True,
    ),
    "pyrefly": Sample(
        tool=pyrefly.CHECK,
        probe=_PYREFLY,
        root=HOME,
        with_findings=(
            1,
            recorded("pyrefly/1.5.0/check.json"),
            recorded("pyrefly/1.5.0/check.err.txt"),
        ),
        clean=(0, b'{\n  "errors": []\n}', b" INFO 0 errors\n"),
        named=CODE,
        whole=True,
    ),
    "pyrefly on Windows": Sample(
        tool=pyrefly.CHECK,
        probe=_PYREFLY,
        root=WINDOWS,
        with_findings=(1, on_windows(recorded("pyrefly/1.5.0/check.json")), b""),
        clean=(0, b'{"errors": []}', b""),
        named=CODE,
        whole=True,
    ),
    "basedpyright": Sample(
        tool=basedpyright.CHECK,
        probe=_BASED,
        root=HOME,
        with_findings=(1, recorded("basedpyright/1.40.2/check.json"), b""),
        clean=(0, _BASED_CLEAN, b""),
        named=CODE,
        whole=True,
    ),
    "basedpyright on Windows": Sample(
        tool=basedpyright.CHECK,
        probe=_BASED,
        root=WINDOWS,
        with_findings=(1, on_windows(recorded("basedpyright/1.40.2/check.json")), b""),
        clean=(0, _BASED_CLEAN, b""),
        named=CODE,
        whole=True,
    ),
    "flake8": Sample(
        tool=flake8.CHECK,
        probe=probe("flake8", "7.5.0"),
        root=HOME,
        with_findings=(1, recorded("flake8/7.5.0/check.txt"), b""),
        clean=(0, b"", b""),
        named=CODE,
    ),
    "flake8 on Windows": Sample(
        tool=flake8.CHECK,
        probe=probe("flake8", "7.5.0"),
        root=WINDOWS,
        with_findings=(
            1,
            recorded("flake8/7.5.0/check.txt")
            .replace(b"./src/demo/", rb".\src" + rb"\demo" + b"\\")
            .replace(b"\n", b"\r\n"),
            b"",
        ),
        clean=(0, b"", b""),
        named=CODE,
    ),
    "pylint": Sample(
        tool=pylint.CHECK,
        probe=probe("pylint", "4.1.4"),
        root=HOME,
        with_findings=(30, recorded("pylint/4.1.4/check.json"), b""),
        clean=(0, recorded("pylint/4.1.4/clean.json"), b""),
        named=CODE,
    ),
    "pylint on Windows": Sample(
        tool=pylint.CHECK,
        probe=probe("pylint", "4.1.4"),
        root=WINDOWS,
        with_findings=(30, on_windows(recorded("pylint/4.1.4/check.json")), b""),
        clean=(0, recorded("pylint/4.1.4/clean.json"), b""),
        named=CODE,
    ),
}
