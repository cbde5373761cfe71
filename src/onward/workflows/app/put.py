"""The plan that puts what was made and proven into the folder of the user, each thing whole or not at all."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from onward.core.disk import sha256_of_file
from onward.core.errors import Refused
from onward.core.lines import lines_of
from onward.core.plan import CopyFile, CopyFolder, Plan, Step, WriteFile

SUMS = "SHA256SUMS"


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
    digests = {name: sha256_of_file(path) for name, path in files.items()}
    there = {name: sha256_of_file(out / name) for name in files if (out / name).is_file()}
    in_the_way = [
        f"{name} is there with other content"
        for name, digest in digests.items()
        if (out / name).exists() and not name.endswith(".png") and there.get(name) != digest
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
    steps: list[Step] = [
        CopyFolder(
            sentence=f"write the folder {out / name}", path=str(out / name), source=str(path)
        )
        for name, path in changed.items()
    ]
    steps += [
        CopyFile(sentence=f"write {out / name}", path=str(out / name), source=str(path), executable=name in executable)
        for name, path in files.items()
        if there.get(name) != digests[name]
    ]  # fmt: skip
    sums, target = _sums(digests, out), out / SUMS
    # a folder alone has no line in it
    is_new = target.read_bytes() != sums if target.is_file() else bool(sums)
    if is_new:
        steps.append(WriteFile(sentence=f"write {target}", path=str(target), content=sums))
    what = "1 thing" if len(steps) == 1 else f"{len(steps)} things"
    return Plan(title=f"put {what} into {out}", steps=tuple(steps))


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
    return ("file", path.stat().st_mode & 0o111, sha256_of_file(path))


def _sums(digests: Mapping[str, str], out: Path) -> bytes:
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
    lines |= digests
    return "".join(f"{lines[name]}  {name}\n" for name in sorted(lines)).encode()
