"""Find and read the policy of a project: its own table, and its organisation's file wherever that is."""

import hashlib
import re
import stat
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from onward.core import env as names
from onward.core.disk import read_limited, write_atomic
from onward.core.errors import BadInput, OutsideFailed, Refused
from onward.core.net import Net, Request
from onward.core.redact import redact
from onward.domain.policy.merge import read_policy
from onward.domain.policy.model import Policy
from onward.domain.policy.read import Document

ORGANISATION_FILE = "onward-policy.toml"
_LIMIT = 2_000_000  # bytes; a policy is a page or two
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LINE = re.compile(r"\(at line (\d+), column (\d+)\)")


def load_policy(
    root: Path,
    table: Mapping[str, object] | None,
    *,
    env: Mapping[str, str],
    net: Net,
    where: str = "pyproject.toml",
    cache: Path,
) -> Policy:
    """Give the policy in force for the project at ``root``.

    ``table`` is its parsed ``[tool.onward]`` (None: it has none), ``where`` the file that it is
    from, ``cache`` onward's cache folder. The organisation's file is what ``ONWARD_POLICY``
    names, else the nearest ``onward-policy.toml`` from ``root`` upwards. Raises BadInput for
    what a person can mend (all faults at once), Refused when a fetched file is not the
    pinned one, OutsideFailed when it cannot be fetched.
    """
    own = Document(values=table, file=where, path="tool.onward") if table is not None else None
    return read_policy(own, organisation_document(root, env=env, net=net, cache=cache))


def organisation_document(
    root: Path, *, env: Mapping[str, str], net: Net, cache: Path
) -> Document | None:
    """Give the organisation's file that counts for ``root``, parsed; None when there is none."""
    chosen = env.get(names.POLICY, "").strip()
    if not chosen:
        found = next(_files_above(root, env), None)
        if found is None:
            return None
        return _parse(_read(found), _shown(found, root))
    if "://" in chosen:
        address, pin = _address_and_pin(chosen, env)
        return _parse(_fetch(address, pin, env, net, cache), redact(address))
    place, mark, pin = chosen.rpartition("#sha256=")
    path = root / (place if mark else chosen)
    content = _read(path)
    pin = (pin if mark else env.get(names.POLICY_SHA256, "")).strip().lower()
    if mark or pin:
        _compare(content, _valid_pin(pin), str(path))
    return _parse(content, _shown(path, root))


def organisation_path(root: Path, env: Mapping[str, str]) -> Path | None:
    """Give the organisation's file on disk that counts for ``root``; None when there is none or it is fetched."""
    chosen = env.get(names.POLICY, "").strip()
    if chosen:
        return None if "://" in chosen else root / _without_pin(chosen)
    return next(_files_above(root, env), None)


def read_toml(path: Path, limit: int) -> dict[str, object]:
    """Give the tables of a TOML file of at most ``limit`` bytes.

    Raises BadInput as ``read_content`` and ``parse_toml`` do.
    """
    return parse_toml(read_content(path, limit), path.name)


def read_content(path: Path, limit: int) -> bytes:
    """Give the bytes of a file, at most ``limit``; raises BadInput: ``cannot-read``, ``file-too-large``."""
    try:
        return read_limited(path, limit)
    except OSError as error:
        raise BadInput(
            "cannot-read",
            f"`{path}` cannot be read",
            context=(error.strerror or str(error),),
            hint="Give yourself the right to read it, or move it out of the way.",
        ) from error


def parse_toml(content: bytes, file: str) -> dict[str, object]:
    """Give the tables of a TOML file; raises BadInput (``bad-toml``) with file and line."""
    try:
        return tomllib.loads(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise BadInput(
            "bad-toml",
            f"`{file}` is not UTF-8, as TOML must be",
            context=(f"{file}:{line}: a byte that UTF-8 does not have",),
            hint="Save the file as UTF-8.",
        ) from error
    except tomllib.TOMLDecodeError as error:
        words = str(error)
        at = _LINE.search(words)
        spot = f"{file}:{at[1]}:{at[2]}" if at else file
        raise BadInput(
            "bad-toml",
            f"`{file}` is not valid TOML",
            context=(f"{spot}: {_LINE.sub('', words).strip()}",),
            hint="Mend that line; nothing was changed.",
        ) from error
    except RecursionError as error:
        raise BadInput(
            "bad-toml", f"`{file}` is nested too deeply to be a settings file"
        ) from error


def policy_files(root: Path, env: Mapping[str, str]) -> tuple[Path, ...]:
    """Give every path where the organisation's file is, or would be found if it appeared."""
    chosen = env.get(names.POLICY, "").strip()
    if chosen:
        return () if "://" in chosen else (root / _without_pin(chosen),)
    return tuple(_candidates(root, env))


def _without_pin(chosen: str) -> str:
    place, mark, _ = chosen.rpartition("#sha256=")
    return place if mark else chosen


def _files_above(root: Path, env: Mapping[str, str]) -> Iterator[Path]:
    """Give ``onward-policy.toml`` of each folder from ``root`` up to the home folder or the top.

    A folder above ``root`` where everyone may put files (such as /tmp) is passed over: a
    stranger's file there is nobody's policy.
    """
    for path in _candidates(root, env):
        if path.is_file() and (path.parent == root.absolute() or not _is_everyones(path.parent)):
            yield path


def _candidates(root: Path, env: Mapping[str, str]) -> Iterator[Path]:
    home_text = env.get("HOME") or env.get("USERPROFILE") or ""
    home = Path(home_text).absolute() if home_text else None
    here = root.absolute()
    for folder in (here, *here.parents):
        if home is not None and folder == home.parent and folder != here:
            return
        yield folder / ORGANISATION_FILE


def _is_everyones(folder: Path) -> bool:
    mode = folder.stat().st_mode
    return bool(mode & stat.S_ISVTX and mode & stat.S_IWOTH)


def _read(path: Path) -> bytes:
    try:
        return read_limited(path, _LIMIT)
    except OSError as error:
        raise BadInput(
            "no-policy-file",
            f"cannot read the organisation's policy `{path}`",
            context=(error.strerror or str(error),),
            hint=f"Mend the path in {names.POLICY}, or unset it.",
        ) from error


def _address_and_pin(chosen: str, env: Mapping[str, str]) -> tuple[str, str]:
    address, _, fragment = chosen.partition("#")
    shown = redact(address)
    parts = urlsplit(address)
    host = parts.hostname or ""
    loopback = host in ("localhost", "127.0.0.1", "::1")
    if parts.scheme != "https" and not (parts.scheme == "http" and loopback):
        raise BadInput(
            "bad-policy-address",
            f"`{shown}` is not an https address",
            context=(f"It comes from {names.POLICY}; plain http is for this machine only.",),
            hint=f"Use https, or a path to the file, in {names.POLICY}.",
        )
    pin = fragment.removeprefix("sha256=") if fragment.startswith("sha256=") else ""
    pin = (pin or env.get(names.POLICY_SHA256, "")).strip().lower()
    if not pin:
        raise BadInput(
            "policy-not-pinned",
            f"the policy at `{shown}` has no pinned sha256",
            context=("Whoever can change that file could switch off the guard without a trace.",),
            hint=f"Read the file, then add `#sha256=HEX` to {names.POLICY} or set {names.POLICY_SHA256}.",
        )
    return address, _valid_pin(pin)


def _valid_pin(pin: str) -> str:
    if not _SHA256.fullmatch(pin):
        raise BadInput(
            "bad-policy-pin",
            "the pinned sha256 of the policy is not 64 hex digits",
            hint="`sha256sum FILE` prints it.",
        )
    return pin


def _fetch(address: str, pin: str, env: Mapping[str, str], net: Net, cache: Path) -> bytes:
    kept = cache / "policy" / f"{pin}.toml"
    try:
        content = read_limited(kept, _LIMIT)
    except (OSError, BadInput):
        content = b""
    if hashlib.sha256(content).hexdigest() == pin:
        return content
    shown = redact(address)
    if names.is_offline(env):
        raise OutsideFailed(
            "policy-not-fetched",
            f"the policy at `{shown}` is not in the cache, and {names.OFFLINE} is set",
            hint="Run onward once with a network; the file is then kept under its hash.",
        )
    answer = net.get(Request(url=address, limit=_LIMIT))
    if answer.status != 200:
        raise OutsideFailed(
            "policy-not-fetched",
            f"`{shown}` answered {answer.status} instead of the organisation's policy",
            hint=f"Check the address in {names.POLICY}.",
        )
    _compare(answer.body, pin, shown)
    write_atomic(kept, answer.body, durable=False)
    return answer.body


def _compare(content: bytes, pin: str, shown: str) -> None:
    found = hashlib.sha256(content).hexdigest()
    if found != pin:
        raise Refused(
            "policy-changed",
            f"the policy at `{shown}` is not the one that was pinned",
            context=(f"pinned: {pin}", f"found:  {found}"),
            hint="Look at what changed in it; if the change is meant, pin the new sha256.",
        )


def _parse(content: bytes, file: str) -> Document:
    return Document(values=parse_toml(content, file), file=file)


def _shown(path: Path, root: Path) -> str:
    """Give a path as people read it: relative inside the project, else whole."""
    try:
        return path.absolute().relative_to(root.absolute()).as_posix()
    except ValueError:
        return str(path)
