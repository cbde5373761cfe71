"""Putting version texts in order (PEP 440), with those that cannot be read last."""

from collections.abc import Iterable

from packaging.version import Version


def parse(text: str) -> Version | None:
    """Give the version, or None for a text that is none."""
    try:
        return Version(text)
    except ValueError:  # InvalidVersion, or a number too long for Python to read
        return None


def newest_first(versions: Iterable[str], *, above: str = "") -> list[str]:
    """Give final releases newest first, only those above ``above`` when that is a version."""
    floor = parse(above) if above else None
    read = {text: version for text in versions if (version := parse(text)) is not None}
    chosen = [t for t, v in read.items() if not v.is_prerelease and (floor is None or v > floor)]
    return sorted(chosen, key=lambda text: read[text], reverse=True)
