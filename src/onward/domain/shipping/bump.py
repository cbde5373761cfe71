"""The next version number (PEP 440), by a choice of a person or by what became of the public API."""

from collections.abc import Sequence

from packaging.version import InvalidVersion, Version

from onward.core.errors import BadInput

PARTS = ("major", "minor", "patch", "pre")
"""What a person can ask for besides a version; ``auto`` is a question for whoever knows the API."""

_AT = {"major": 0, "minor": 1, "patch": 2}


def parse(text: str, where: str) -> Version:
    """Read a version; raises BadInput (``bad-version``) that says where it stands."""
    try:
        return Version(text)
    except InvalidVersion as error:
        raise BadInput(
            "bad-version",
            f"`{text}` in {where} is no version",
            hint="Versions look like 1.2.0, 1.2.0rc1 or 1.2.0.post1 (PEP 440)."
            + " The words are major, minor, patch, pre and auto." * (where == "the command"),
        ) from error


def next_version(before: Version, choice: str) -> Version:
    """Give the version that follows ``before``; ``choice`` is one of ``PARTS`` or a version of its own.

    The pre-release of a number is followed by that number itself. ``pre`` counts a
    pre-release on, and begins with ``rc1`` of the next patch. Raises BadInput for a version
    that is none or is not higher.
    """
    if choice == "pre":
        return _pre(before)
    if choice in _AT:
        return _next(before, _AT[choice])
    after = parse(choice, "the command")
    if after <= before:
        raise BadInput(
            "not-higher",
            f"{after} is not higher than {before}",
            hint="Installers take the highest version, so a lower one would reach nobody.",
        )
    return after


def part_for(before: Version, *, breaks: bool, additions: bool) -> str:
    """Give the part that has to move (semantic versioning): breaks in 0.x move the minor part."""
    if breaks:
        return "major" if before.major else "minor"
    return "minor" if additions else "patch"


def _next(before: Version, at: int) -> Version:
    numbers = [*before.release, 0, 0, 0]
    reached = not any(numbers[at + 1 :])
    if not (_is_early(before) and reached):  # 2.0.0rc1 is on its way to 2.0.0 already
        numbers = [*numbers[:at], numbers[at] + 1]
    length = max(at + 1, len(before.release))
    return _made(before.epoch, [*numbers, *[0] * length][:length])


def _pre(before: Version) -> Version:
    if before.pre is not None:
        kind, count = before.pre
        # 1.0rc1.dev3 comes before 1.0rc1
        count += 0 if before.dev is not None and before.post is None else 1
        return _made(before.epoch, before.release, f"{kind}{count}")
    after = before if _is_early(before) else _next(before, 2)
    return _made(after.epoch, after.release, "rc1")


def _is_early(version: Version) -> bool:
    """Whether it comes before its own number; 1.0.post1.dev1 comes after 1.0."""
    return version.pre is not None or (version.dev is not None and version.post is None)


def _made(epoch: int, release: Sequence[int], rest: str = "") -> Version:
    start = f"{epoch}!" if epoch else ""
    return Version(f"{start}{'.'.join(map(str, release))}{rest}")
