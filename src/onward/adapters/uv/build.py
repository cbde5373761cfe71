"""uv as a builder: sdist and wheel, an empty environment to try them in, the lock as a bill of materials."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from onward.adapters.uv.commands import NOT_WITH_FROZEN, Uv
from onward.core.errors import EngineFailed
from onward.core.lines import lines_of
from onward.core.proc.call import Call, Ran
from onward.core.redact import redact

_BUILD_SECONDS = 3600.0
_INSTALL_SECONDS = 1800.0
_WORDS = 30  # lines of a failed build that are shown


def build(uv: Uv, source: Path, out: Path, env: Mapping[str, str], *, offline: bool) -> Call:
    """Give the call that builds the sdist of ``source`` into ``out``, and from that sdist the wheel.

    ``env`` is what the build sees; its requirements come through the configuration of ``uv``.
    """
    argv = [uv.program, "build", *_config(uv), "--out-dir", str(out)]
    argv += ["--no-create-gitignore", "--color", "never", *_offline(offline=offline), str(source)]
    return _call(argv, source, {**uv.env, **env}, _BUILD_SECONDS)


def empty_environment(uv: Uv, folder: Path, source: Path) -> Call:
    """Give the call that makes an empty environment at ``folder`` with the Python that ``source`` asks for."""
    argv = [uv.program, "venv", *_config(uv), "--color", "never", str(folder)]
    return _call(argv, source, uv.env, _INSTALL_SECONDS)


def install(
    uv: Uv, wheels: Sequence[str], environment: Path, source: Path, *, offline: bool
) -> Call:
    """Give the call that installs ``wheels`` (paths, with extras in brackets) and what they need.

    The indexes are those in the configuration of ``uv``.
    """
    argv = [uv.program, "pip", "install", *_config(uv), "--color", "never"]
    argv += ["--python", str(python_of(environment)), *_offline(offline=offline), *wheels]
    return _call(argv, source, uv.env, _INSTALL_SECONDS)


def locked_environment(
    uv: Uv, source: Path, environment: Path, python: Path, options: Sequence[str]
) -> Call:
    """Give the call that makes an environment of what uv.lock holds, without development groups, nothing editable.

    Hashes are those of the lock; ``options`` say what of it.
    """
    argv = [uv.program, "sync", *_config(uv), "--color", "never", "--frozen", "--no-default-groups"]
    argv += ["--no-editable", "--python", str(python), *options]
    call = _call(argv, source, uv.env, _INSTALL_SECONDS)
    env = {key: value for key, value in call.env.items() if key not in NOT_WITH_FROZEN}
    own = {"UV_PROJECT_ENVIRONMENT": str(environment), "UV_COMPILE_BYTECODE": "0"}
    return msgspec.structs.replace(call, env={**env, **own})


def bill(uv: Uv, source: Path, env: Mapping[str, str]) -> Call:
    """Give the call that prints uv.lock as CycloneDX 1.5 without development groups (a preview of uv 0.13)."""
    argv = [uv.program, "export", "--format", "cyclonedx1.5", "--frozen", "--no-default-groups"]
    more = {**uv.env, **env, "UV_PREVIEW_FEATURES": "sbom-export"}
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
    return lines_of(redact(said).strip())[-_WORDS:]


def python_of(environment: Path) -> Path:
    """Give the interpreter of an environment."""
    return scripts_of(environment) / ("python.exe" if sys.platform == "win32" else "python")


def scripts_of(environment: Path) -> Path:
    """Give the folder of an environment that its commands are in."""
    return environment / ("Scripts" if sys.platform == "win32" else "bin")


def _config(uv: Uv) -> Sequence[str]:
    return ("--config-file", uv.config) if uv.config else ()


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
