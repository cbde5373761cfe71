"""Distributions that an interrupted installer left half installed or half removed."""

import csv
import shutil
from pathlib import Path

from onward.core.lines import lines_of


def sweep(environment: Path) -> tuple[str, ...]:
    """Remove the ``.dist-info`` folders in ``environment`` that claim what is not there; give their names.

    An installer that is killed may leave one without its files. uv then takes the
    distribution for installed and cannot remove it either. Without that folder the next
    sync installs it anew where it is wanted. A folder that cannot be read or removed stays.
    """
    swept = []
    for pattern in ("lib/python*/site-packages/*.dist-info", "Lib/site-packages/*.dist-info"):
        for folder in sorted(environment.glob(pattern)):
            if folder.is_dir() and not _is_whole(folder):
                shutil.rmtree(folder, ignore_errors=True)
                swept.append(folder.name.removesuffix(".dist-info"))
    return tuple(dict.fromkeys(swept))


def _is_whole(folder: Path) -> bool:
    """Whether the files are there that the distribution's RECORD lists (installed projects: RECORD, METADATA, INSTALLER)."""
    try:
        text = (folder / "RECORD").read_text(encoding="utf-8")
    except FileNotFoundError:
        return False
    except (OSError, UnicodeDecodeError):
        return True  # could not look: not ours to remove
    listed = [row[0] for row in csv.reader(lines_of(text)) if row and row[0]]
    named = all((folder / name).is_file() for name in ("METADATA", "INSTALLER"))
    return named and bool(listed) and all(_is_there(folder.parent / path) for path in listed)


def _is_there(path: Path) -> bool:
    return path.suffix == ".pyc" or path.exists()
