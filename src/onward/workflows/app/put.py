"""The plan that puts what was made and proven into the folder of the user, each thing whole or not at all."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from onward.core.disk import sha256_of
from onward.core.errors import Refused
from onward.core.lines import lines_of
from onward.core.plan import Plan, RunTool, Step, WriteFile
from onward.core.proc.call import Call

SUMS = "SHA256SUMS"
_SECONDS = 3_600.0

# Copies beside the target and renames: nothing of half a folder ever has its name.
_PUT = """
import glob, os, shutil, sys, tempfile
source, target = sys.argv[1:]
above, name = os.path.split(target)
os.makedirs(above, exist_ok=True)
for old in glob.glob(os.path.join(glob.escape(above), f".{glob.escape(name)}.*.tmp")):
    shutil.rmtree(old, ignore_errors=True)
new = tempfile.mkdtemp(prefix=f".{name}.", suffix=".tmp", dir=above)
try:
    shutil.copytree(source, os.path.join(new, "new"), symlinks=True)
    if os.path.lexists(target):
        os.rename(target, os.path.join(new, "old"))
    os.rename(os.path.join(new, "new"), target)
finally:
    shutil.rmtree(new, ignore_errors=True)
"""


def plan_for(
    files: Mapping[str, Path],
    folders: Mapping[str, Path],
    out: Path,
    *,
    executable: Sequence[str] = (),
    force: bool = False,
) -> Plan:
    """Give the plan that writes ``files`` and at most one of ``folders`` (name to scratch path) into ``out``.

    Raises Refused (``would-replace``) where something else of that name is there.
    """
    contents = {name: path.read_bytes() for name, path in files.items()}
    in_the_way = [
        f"{name} is there with other content"
        for name, content in contents.items()
        if (out / name).exists()
        and not name.endswith(".png")
        and (out / name).read_bytes() != content
    ]
    changed = {name: path for name, path in folders.items() if not _same(path, out / name)}
    in_the_way += [
        f"{name} is there with other content" for name in changed if (out / name).exists()
    ]
    if in_the_way and not force:
        raise Refused(
            "would-replace",
            f"`{out}` holds another build of the same version",
            context=tuple(in_the_way),
            hint="Raise the version if that build was handed out; `--force` replaces it if it was not.",
        )
    contents[SUMS] = _sums(contents, out)
    steps: list[Step] = [_folder_step(path, out / name) for name, path in changed.items()]
    steps += [
        WriteFile(sentence=f"write {out / name}", path=str(out / name), content=content, executable=name in executable)
        for name, content in contents.items()
        if not ((out / name).is_file() and (out / name).read_bytes() == content)
    ]  # fmt: skip
    return Plan(title=f"put {len(steps)} things into {out}", steps=tuple(steps))


def _folder_step(source: Path, target: Path) -> RunTool:
    call = Call(
        argv=(sys.executable, "-I", "-c", _PUT, str(source), str(target)),
        cwd=str(source.parent),
        env={"PATH": os.defpath},
        timeout=_SECONDS,
    )
    return RunTool(sentence=f"write the folder {target}", call=call, environment=str(target))


def _same(source: Path, target: Path) -> bool:
    """Whether two folders hold the same names, contents, links and rights to start."""
    if target.is_symlink() or not target.is_dir():
        return False
    ours = {path.relative_to(source): path for path in source.rglob("*")}
    theirs = {path.relative_to(target): path for path in target.rglob("*")}
    return ours.keys() == theirs.keys() and all(
        _seen(path) == _seen(theirs[name]) for name, path in ours.items()
    )


def _seen(path: Path) -> tuple[object, ...]:
    if path.is_symlink():
        return ("link", str(path.readlink()))
    if path.is_dir():
        return ("folder",)
    return ("file", path.stat().st_mode & 0o111, sha256_of(path.read_bytes()))


def _sums(contents: Mapping[str, bytes], out: Path) -> bytes:
    """Give SHA256SUMS as ``sha256sum --check`` reads it, keeping the lines of other files that are still there."""
    lines: dict[str, str] = {}
    try:
        old = lines_of((out / SUMS).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        old = []
    for line in old:
        digest, mark, name = line.partition("  ")
        if mark and (out / name).is_file():
            lines[name] = digest
    lines |= {name: sha256_of(content) for name, content in contents.items()}
    return "".join(f"{lines[name]}  {name}\n" for name in sorted(lines)).encode()
