"""Which files are being published, kept until they are: a run that was cut short goes on with the very same files.

Without it a build that is not the same twice could never be finished.
"""

import contextlib
from collections.abc import Sequence
from pathlib import Path

import msgspec
from packaging.version import InvalidVersion, Version

from onward.core.disk import read_limited, read_text, remove, sha256_of, write_atomic
from onward.core.errors import BadInput
from onward.core.lines import lines_of
from onward.core.names import is_name, parse_name
from onward.domain.shipping.built import MOST_BYTES, Built, read_built

_LARGEST_SUMS = 1_000_000  # bytes


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """What was begun: of which state (``gates.Tree.state``), the folder, and each file's sha256, the wheel first."""

    state: str
    out: str
    files: dict[str, str]


def path_of(cache: Path, root: Path, target: str) -> Path:
    """Give where the record for a project and a target is kept."""
    return cache / "publish" / f"{sha256_of(f'{root} {target}'.encode())[:24]}.json"


def remember(path: Path, state: str, out: Path, built: Sequence[Built]) -> None:
    """Keep what is about to be uploaded; without a state nothing is kept, since nobody could tell what it is of."""
    if state:
        begun = Begun(state=state, out=str(out), files={one.filename: one.sha256 for one in built})
        write_atomic(path, msgspec.json.encode(begun))


def begun_before(path: Path, state: str, out: Path) -> tuple[Built, Built] | None:
    """Give the files that were begun with, if they are of this state and lie in ``out`` unchanged."""
    try:
        begun = msgspec.json.decode(path.read_bytes(), type=Begun)
        if not state or (begun.state, begun.out) != (state, str(out)) or len(begun.files) != 2:
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


def handed_over(folder: Path, name: str, version: str) -> tuple[Built, Built]:
    """Give the wheel and the source distribution that an earlier job built and left in ``folder``.

    ``version`` is empty where the project does not state it. Raises BadInput
    (``not-handed-over``) unless there is exactly one of each, both of this name and version,
    and as SHA256SUMS says where that lies beside them.
    """
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    wheels = [path for path in files if path.name.endswith(".whl")]
    sdists = [path for path in files if path.name.endswith(".tar.gz")]
    both = [*wheels, *sdists]
    named = {_named(path.name) for path in both}
    faults = []
    if (len(wheels), len(sdists)) != (1, 1):
        faults.append(f"there are {len(wheels)} wheels and {len(sdists)} source distributions")
    if both and {one for one, _ in named} != {parse_name(name)}:
        faults.append(f"not all are of {name}: {', '.join(path.name for path in both)}")
    elif len({one for _, one in named} | ({version} if version else set())) > 1:
        wanted = f" of {version}" if version else " of one version"
        faults.append(f"not all are{wanted}: {', '.join(path.name for path in both)}")
    faults += [] if faults else _changed_since(folder, both)
    if faults:
        raise BadInput(
            "not-handed-over",
            f"`{folder}` does not hold what is to be published",
            context=tuple(faults),
            hint="`onward ship wheel --out FOLDER` puts one wheel and one source distribution into an empty folder.",
        )
    wheel, sdist = (read_built(path.name, read_limited(path, MOST_BYTES)) for path in both)
    return wheel, sdist


def _changed_since(folder: Path, files: Sequence[Path]) -> list[str]:
    try:
        lines = lines_of(read_text(folder / "SHA256SUMS", _LARGEST_SUMS))
    except OSError:
        return []
    told = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    return [
        f"{path.name} is another file than SHA256SUMS beside it says"
        for path in files
        if told.get(path.name, "") not in ("", sha256_of(read_limited(path, MOST_BYTES)))
    ]


def _named(filename: str) -> tuple[str, str]:
    """Give name and version in the name of a file, in their normal forms; as they are where they have none."""
    stem = filename.removesuffix(".tar.gz")
    parts = filename.split("-") if filename.endswith(".whl") else stem.rsplit("-", 1)
    name, version = (*parts, "", "")[:2]
    with contextlib.suppress(InvalidVersion):
        version = str(Version(version))
    return (parse_name(name) if is_name(name) else name), version


def forget(path: Path) -> None:
    """Remove the record: all is published."""
    remove(path)
