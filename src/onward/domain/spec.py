"""A project or one release of it, as people name it at the command line."""

from onward.core.errors import BadInput
from onward.core.finding import Release
from onward.core.names import is_name, parse_name


def parse_spec(text: str) -> Release:
    """Read ``NAME`` or ``NAME==VERSION``; raises BadInput (``bad-spec``)."""
    name, equals, version = (part.strip() for part in text.partition("=="))
    if not is_name(name) or bool(equals) != bool(version):
        raise BadInput(
            "bad-spec",
            f"`{text[:100]}` is not a name or a name with one version",
            hint="Write it like `requests` or `requests==2.31.0`.",
        )
    return Release(name=parse_name(name), version=version)
