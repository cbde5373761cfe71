"""Whether two builds of the same source are the same file, and what differs when they are not."""

from collections.abc import Iterator

from onward.core.finding import Finding, Place
from onward.domain.shipping.built import Built


def differences(one: Built, two: Built) -> tuple[list[str], list[str]]:
    """Give the members whose content differs (or that only one has), and those where only time, mode or owner do."""
    first = {member.path: member for member in one.members}
    second = {member.path: member for member in two.members}
    content = [
        path
        for path in sorted(first.keys() | second.keys())
        if path not in first
        or path not in second
        or (first[path].sha256, first[path].link) != (second[path].sha256, second[path].link)
    ]
    stamps = [
        path
        for path in sorted(first.keys() & second.keys())
        if path not in content and first[path].stamp != second[path].stamp
    ]
    return content, stamps


def twice_findings(one: Built, two: Built) -> Iterator[Finding]:
    """Give a ``ship/not-reproducible`` naming what differs, when two builds are not byte for byte the same."""
    if one.sha256 == two.sha256 and one.filename == two.filename:
        return
    content, stamps = differences(one, two)
    if one.filename != two.filename:
        why = f"the second build is called `{two.filename}`"
    elif content:
        why = "these members differ: " + ", ".join(content[:5])
    elif stamps:
        why = "times, modes or owners differ: " + ", ".join(stamps[:5])
    else:
        why = "the order of its members or its compression differs"
    yield Finding(
        rule="ship/not-reproducible",
        subject=Place(path=one.filename),
        message=f"two builds of the same source are not the same file: {why}",
        facts={"content": content[:50], "stamps": stamps[:50]},
        hint="Take out what changes from build to build (times, random values, orders of folders), or use `--no-reproduce`.",
    )
