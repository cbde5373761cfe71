"""Bytecode of Python files, made by the Python that will run them (PEP 552): the same bytes wherever it is made."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from onward.core.errors import EngineFailed
from onward.core.lines import lines_of
from onward.core.proc.call import Call, Ran

_SECONDS = 1800.0

# One process, the files in one order: which strings are shared, and so what is written, depends
# on nothing else. Files that do not compile (templates, tests of syntax) have none, as with pip.
_SCRIPT = """
import importlib._bootstrap_external as b, importlib.util as u, json, os, sys, warnings
warnings.simplefilter("ignore")
out = sys.argv[1]
for n, (source, named) in enumerate(json.load(sys.stdin)):
    with open(source, "rb") as file:
        data = file.read()
    try:
        code = compile(data, named, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        continue
    with open(os.path.join(out, str(n)), "wb") as file:
        file.write(b._code_to_hash_pyc(code, u.source_hash(data), False))
"""


def compile_call(python: Path, files: Sequence[tuple[str, str]], out: Path) -> Call:
    """Give the call that compiles ``files`` (path here, path in the image) into ``out/NUMBER``."""
    return Call(
        argv=(str(python), "-I", "-S", "-c", _SCRIPT, str(out)),
        cwd=str(out),
        env={"PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8"},
        timeout=_SECONDS,
        stdin=json.dumps(list(files)).encode("utf-8", "surrogateescape"),
    )


FACTS = """
import json, platform, sys, sysconfig
print(json.dumps({
    "executable": sys.executable, "version": platform.python_version(),
    "implementation": sys.implementation.name, "tag": sys.implementation.cache_tag,
    "stdlib": sysconfig.get_path("stdlib"), "dynload": sysconfig.get_path("platstdlib"),
    "machine": platform.machine(), "system": sys.platform,
    "libraries": sysconfig.get_config_var("LIBDIR") or "",
    "cafile": "", "abiflags": getattr(sys, "abiflags", ""),
}))
"""


def facts_call(python: Path, env: Mapping[str, str]) -> Call:
    """Give the call that tells what a Python is and where its parts are."""
    kept = {key: value for key, value in env.items() if not key.startswith("PYTHON")}
    return Call(argv=(str(python), "-I", "-S", "-c", FACTS), cwd="/", env=kept, timeout=60.0)


def read_facts(ran: Ran) -> dict[str, str]:
    """Read what ``facts_call`` printed; raises EngineFailed (``no-python-facts``)."""
    try:
        said = json.loads(ran.out) if ran.succeeded else None
    except ValueError:
        said = None
    if isinstance(said, dict):
        return {key: str(value) for key, value in said.items()}
    raise EngineFailed(
        "no-python-facts",
        f"`{ran.call.argv[0]}` does not say what it is",
        context=tuple(lines_of(ran.err.decode("utf-8", "replace"))[-5:]),
    )
