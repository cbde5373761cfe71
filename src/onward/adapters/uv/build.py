"""uv as a builder: sdist and wheel, an empty environment to try them in, the lock as a bill of materials."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from onward.core.errors import EngineFailed
from onward.core.proc.call import Call, Ran
from onward.core.redact import redact

_BUILD_SECONDS = 3600.0
_INSTALL_SECONDS = 1800.0
_WORDS = 30  # lines of a failed build that are shown


def build(uv: str, source: Path, out: Path, env: Mapping[str, str], *, offline: bool) -> Call:
    """Give the call that builds the sdist of ``source`` into ``out``, and from that sdist the wheel."""
    argv = [uv, "build", "--out-dir", str(out), "--no-create-gitignore", "--color", "never"]
    return _call([*argv, *_offline(offline=offline), str(source)], source, env, _BUILD_SECONDS)


def empty_environment(uv: str, folder: Path, source: Path, env: Mapping[str, str]) -> Call:
    """Give the call that makes an empty environment at ``folder`` with the Python that ``source`` asks for."""
    return _call([uv, "venv", "--color", "never", str(folder)], source, env, _INSTALL_SECONDS)


def install(
    uv: str, wheel: str, environment: Path, source: Path, env: Mapping[str, str], *, offline: bool
) -> Call:
    """Give the call that installs ``wheel`` (a path, with extras in brackets) and what it needs.

    The indexes are those set for ``source``.
    """
    argv = [uv, "pip", "install", "--color", "never", "--python", str(python_of(environment))]
    return _call([*argv, *_offline(offline=offline), wheel], source, env, _INSTALL_SECONDS)


def bill(uv: str, source: Path, env: Mapping[str, str]) -> Call:
    """Give the call that prints uv.lock as CycloneDX 1.5 without development groups (a preview of uv 0.13)."""
    argv = [uv, "export", "--format", "cyclonedx1.5", "--frozen", "--no-default-groups"]
    more = {**env, "UV_PREVIEW_FEATURES": "sbom-export"}
    return _call([*argv, "--color", "never"], source, more, _INSTALL_SECONDS)


def read_bill(ran: Ran) -> dict[str, Any]:
    """Read what ``bill`` printed; raises EngineFailed when it is no CycloneDX."""
    if ran.succeeded:
        try:
            said: dict[str, Any] = msgspec.json.decode(ran.out, type=dict[str, Any])
        except msgspec.MsgspecError:
            said = {}
        if said.get("bomFormat") == "CycloneDX":
            return said
    raise EngineFailed(
        "no-bill", "uv did not give a bill of materials", context=tuple(last_words(ran))
    )


def failed(what: str, ran: Ran) -> EngineFailed:
    """Give the error for a uv that did not do what it should, with its own words."""
    return EngineFailed("uv-failed", what, context=tuple(last_words(ran)))


def last_words(ran: Ran) -> list[str]:
    """Give the last lines that uv or a build backend said, without passwords."""
    said = (ran.err or ran.out).decode("utf-8", "replace")
    return redact(said).strip().splitlines()[-_WORDS:]


def python_of(environment: Path) -> Path:
    """Give the interpreter of an environment."""
    return scripts_of(environment) / ("python.exe" if sys.platform == "win32" else "python")


def scripts_of(environment: Path) -> Path:
    """Give the folder of an environment that its commands are in."""
    return environment / ("Scripts" if sys.platform == "win32" else "bin")


def _offline(*, offline: bool) -> Sequence[str]:
    return ("--offline",) if offline else ()


def _call(argv: list[str], cwd: Path, env: Mapping[str, str], seconds: float) -> Call:
    # Another project's environment must not leak into the build or the trial.
    unwanted = {
        "VIRTUAL_ENV",
        "PYTHONPATH",
        "PYTHONHOME",
        "UV_PROJECT_ENVIRONMENT",
        "UV_PYTHON_PLATFORM",
    }
    kept = {key: value for key, value in env.items() if key not in unwanted}
    return Call(argv=tuple(argv), cwd=str(cwd), env=kept, timeout=seconds)
