"""squashfs-tools (4.5): a folder as one read-only image, the same bytes for the same folder, and back."""

from collections.abc import Mapping
from pathlib import Path

from onward.core.proc.call import Call
from onward.core.system_programs import SystemProgram

MKSQUASHFS = SystemProgram(
    command="mksquashfs", purpose="to make an AppImage", apt="squashfs-tools", brew="squashfs"
)
UNSQUASHFS = SystemProgram(
    command="unsquashfs",
    purpose="to look into the AppImage that was made",
    apt="squashfs-tools",
    brew="squashfs",
)

_SECONDS = 1_800.0


def pack(mksquashfs: str, folder: Path, made: Path, when: int, env: Mapping[str, str]) -> Call:
    """Pack a folder with everything root's and of one time (seconds since 1970); gzip, which every runtime can read."""
    argv = (
        mksquashfs, str(folder), str(made), "-noappend", "-no-progress", "-no-xattrs", "-all-root",
        "-comp", "gzip", "-mkfs-time", str(when), "-all-time", str(when),
    )  # fmt: skip
    return _call(argv, made.parent, env)


def unpack(unsquashfs: str, made: Path, offset: int, into: Path, env: Mapping[str, str]) -> Call:
    """Unpack what begins ``offset`` bytes into a file to a folder that is not there yet."""
    argv = (unsquashfs, "-no-progress", "-offset", str(offset), "-dest", str(into), str(made))
    return _call(argv, made.parent, env)


def _call(argv: tuple[str, ...], cwd: Path, env: Mapping[str, str]) -> Call:
    kept = {name: value for name, value in env.items() if name != "SOURCE_DATE_EPOCH"}
    return Call(argv=argv, cwd=str(cwd), env=kept, timeout=_SECONDS, keep=20_000, whole_group=True)
