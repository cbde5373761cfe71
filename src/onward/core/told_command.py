"""A command that a person gives as one word of the command line: ``--command "python -m demo"``."""

import re
import shlex

from onward.core.errors import BadInput

_NO_LINE = re.compile(r"[\x00-\x1f\x7f]")


def words_of_command(told: str) -> tuple[str, ...]:
    """Split as a POSIX shell would, and expand nothing; raises BadInput (``bad-command``)."""
    try:
        words = tuple(shlex.split(told))
    except ValueError as error:
        raise BadInput(
            "bad-command",
            f"`--command {told[:200]}` cannot be read: {error}",
            hint="Each quotation mark needs its second one: `--command \"python -m demo 'two words'\"`.",
        ) from error
    if not words or not words[0] or _NO_LINE.search(told):
        raise BadInput(
            "bad-command",
            "`--command` has to be one line with a program to start",
            hint='It looks like `--command "python -m demo"`.',
        )
    return words
