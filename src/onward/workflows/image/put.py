"""Hand out an image that was built: as an image layout in a folder, as a tar for ``docker load``. Whole or not at all."""

import glob
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from onward.adapters.layer_tar import write_tar
from onward.adapters.oci_layout import MARK, fill, is_layout, reachable
from onward.core.disk import (
    left_of_new_folder,
    new_folder,
    remove,
    remove_if_empty,
    write_atomic,
    write_failed,
)
from onward.core.errors import BadInput
from onward.core.perform import transaction
from onward.domain.images.manifest import Blob, index_of, rendered
from onward.workflows.image.build import Shipped, Workplace

_NAME = "org.opencontainers.image.ref.name"


def entries_of(shipped: Shipped, tag: str) -> list[dict[str, Any]]:
    """Give what the index of a layout lists: the image by its tag, then what is attached to it."""
    if shipped.top is None:
        return []
    listed = [shipped.top.descriptor(annotations={_NAME: tag})]
    for image in shipped.images:
        for blob, kind in image.attached:
            listed.append(blob.descriptor(artifactType=kind))
    return listed


def blobs_of(shipped: Shipped, place: Workplace) -> dict[str, Path]:
    """Give all blobs of an image with what is attached, and where they are kept."""
    digests: dict[str, None] = {}
    for image in shipped.images:
        digests |= dict.fromkeys(layer.blob.digest for layer in image.layers)
        digests |= dict.fromkeys((image.config.digest, image.manifest.digest))
        for blob, _ in image.attached:
            read = json.loads(place.blobs.read(blob.digest))
            digests |= dict.fromkeys(
                (blob.digest, read["config"]["digest"], *(one["digest"] for one in read["layers"]))
            )
    if shipped.top is not None:
        digests[shipped.top.digest] = None
    return {digest: place.blobs.path(digest) for digest in digests}


def check_target(folder: Path) -> None:
    """Raise BadInput (``in-the-way``) for a folder that holds something else than an image layout."""
    if not folder.exists() or is_layout(folder):
        return
    # what a build that was killed left behind is no one's
    if not folder.is_dir() or any(
        not path.name.startswith(".onward-new-") for path in folder.iterdir()
    ):
        raise BadInput(
            "in-the-way",
            f"`{folder}` is there and is no image layout",
            hint="Name another folder with `--output`, or remove this one.",
        )


def put_layout(
    shipped: Shipped, place: Workplace, folder: Path, tag: str, *, root: Path, started: str
) -> int:
    """Put the image into a layout at ``folder``: only blobs that are not there come. Give how many came.

    Nobody else may be at it. A new folder appears whole. In one that was there the index changes last, and the image
    before it stays until the next time, so that ``onward undo`` can bring it back.
    """
    index = index_of(entries_of(shipped, tag))
    wanted = blobs_of(shipped, place)
    files = [str(folder / "index.json")]
    if not is_layout(folder):
        with transaction(
            root, f"put an image into {folder}", files, started=started, environment=str(folder)
        ):
            if folder.is_dir():
                folder.rmdir()
            for left in left_of_new_folder(folder):
                shutil.rmtree(left, ignore_errors=True)  # of a run that was killed
            with new_folder(folder) as scratch:
                added = fill(scratch, wanted)
                (scratch / "oci-layout").write_bytes(MARK)
                (scratch / "index.json").write_bytes(index)
        return added
    before = reachable(folder)
    if (folder / "index.json").read_bytes() != index:
        with transaction(root, f"put an image into {folder}", files, started=started):
            added = fill(folder, wanted)
            write_atomic(folder / "index.json", index)
    else:
        added = fill(folder, wanted)
    for path in (folder / "blobs" / "sha256").iterdir():
        if f"sha256:{path.name}" not in before and f"sha256:{path.name}" not in wanted:
            remove(path)
    return added


def put_tar(shipped: Shipped, place: Workplace, path: Path, name: str, tag: str) -> None:
    """Write one file for ``docker load`` and ``podman load``: an image layout, and Docker's own list beside it.

    Raises BadInput (``one-platform``) for several platforms, which ``docker load`` does not know.
    """
    if len(shipped.images) != 1:
        raise BadInput(
            "one-platform",
            "a tar for `docker load` holds the image of one platform",
            hint="Name one `--platform`, or use `--output` or `--push`.",
        )
    (image,) = shipped.images
    docker = [
        {
            "Config": _inside(image.config),
            "RepoTags": [f"{name}:{tag}"],
            "Layers": [_inside(layer.blob) for layer in image.layers],
        }
    ]
    members: list[tuple[str, bytes | Path]] = [
        (f"blobs/sha256/{digest.removeprefix('sha256:')}", file)
        for digest, file in sorted(blobs_of(shipped, place).items())
    ]
    members += [
        ("index.json", index_of(entries_of(shipped, tag))),
        ("manifest.json", rendered(docker)),
        ("oci-layout", MARK),
    ]
    missing = [folder for folder in path.parents if not folder.exists()]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for left in path.parent.glob(f".{glob.escape(path.name)}.*.tmp"):
            left.unlink(missing_ok=True)  # of a run that was killed
        handle, temporary = tempfile.mkstemp(
            prefix=f".{path.name}.", suffix=".tmp", dir=path.parent
        )
        try:
            with os.fdopen(handle, "wb") as file:
                write_tar(members, file)
            mask = os.umask(0)
            os.umask(mask)
            Path(temporary).chmod(0o666 & ~mask)
            Path(temporary).replace(path)
        finally:
            Path(temporary).unlink(missing_ok=True)
    except OSError as error:
        remove_if_empty(missing)
        raise write_failed(path, error) from error


def _inside(blob: Blob) -> str:
    return f"blobs/sha256/{blob.digest.removeprefix('sha256:')}"
