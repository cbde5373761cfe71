"""Which files are being published, kept until they are: a run that was cut short goes on with the very same files.

Without it a build that is not the same twice could never be finished.
"""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from onward.core.disk import read_limited, remove, sha256_of, write_atomic
from onward.domain.shipping.built import MOST_BYTES, Built, read_built


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """What was begun: the commit, the folder, and each file's sha256, the wheel first."""

    commit: str
    out: str
    files: dict[str, str]


def path_of(cache: Path, root: Path, target: str) -> Path:
    """Give where the record for a project and a target is kept."""
    return cache / "publish" / f"{sha256_of(f'{root} {target}'.encode())[:24]}.json"


def remember(path: Path, commit: str, out: Path, built: Sequence[Built]) -> None:
    """Keep what is about to be uploaded; without a commit nothing is kept, since nobody could tell what it is of."""
    if commit:
        begun = Begun(
            commit=commit, out=str(out), files={one.filename: one.sha256 for one in built}
        )
        write_atomic(path, msgspec.json.encode(begun))


def begun_before(path: Path, commit: str, out: Path) -> tuple[Built, Built] | None:
    """Give the files that were begun with, if they are of this commit and lie in ``out`` unchanged."""
    try:
        begun = msgspec.json.decode(path.read_bytes(), type=Begun)
        if not commit or (begun.commit, begun.out) != (commit, str(out)) or len(begun.files) != 2:
            return None
        built = []
        for name, sha256 in begun.files.items():
            content = read_limited(out / Path(name).name, MOST_BYTES)
            if sha256_of(content) != sha256:
                return None
            built.append(read_built(name, content))
    except (OSError, msgspec.MsgspecError):
        return None
    return built[0], built[1]


def forget(path: Path) -> None:
    """Remove the record: all is published."""
    remove(path)
