"""Lines of Dockerfiles, CI files and scripts that name an index or install from an address.

They are read as they stand, one by one: no shell, no YAML, no knowledge of what runs when.
"""

import re
from collections.abc import Collection, Iterator

from onward.core.finding import Finding, Place
from onward.core.redact import redact
from onward.domain.guard.escapes import VARIABLES, unread, words_of
from onward.domain.guard.ways import Guarded

RULE = "guard/escape-line"

_VALUE = r"(?P<value>\"[^\"]*\"|'[^']*'|[^\s\"'\\|;&)]+)"
_LONG = r"--(?:extra-)?index-url|--find-links|--default-index|--pypi-url"
_OPTION = re.compile(rf"(?<![\w-])(?P<option>{_LONG}|--index|-i|-f)(?:\s*=\s*|\s+){_VALUE}")
_VARIABLE = re.compile(
    rf"(?<!\w)(?P<name>{'|'.join(VARIABLES)})[\"']?(?:\s*[:=]\s*|[ \t]+){_VALUE}"
)
_INSTALLER = re.compile(r"(?<![\w/.-])(?:pip3?|pipx|uv|uvx|pdm|poetry|pipenv)(?![\w.-])")
_INSTALL = re.compile(
    r"(?<![\w/.-])(?P<client>pip3?|pipx|uv|pdm|poetry|pipenv)\s.*?\b(?:install|add|download|wheel|run|sync)\s(?P<rest>.*)"
)
_DIRECT = re.compile(r"(?:(?:git|hg|svn|bzr)\+[a-z]+|https?|file)://[^\s\"'\\]+")
_NEXT = re.compile(r"&&|\|\||[|;]")
_SHORT = ("--index", "-i", "-f")  # other programs have such options too
_NAMED = ("--index", "--default-index")
_WHERE_IT_RUNS = ("$", "{{", "%(", "<")


def line_escapes(text: str, path: str, guard: Guarded) -> Iterator[Finding]:
    """Give a finding for each address in ``text`` that leads an installer elsewhere than to the guard.

    An address that is made of variables is ``guard/escape-unread``: it is known only where it runs.
    """
    for number, line in enumerate(text.split("\n"), 1):
        if line.lstrip().startswith("#"):
            continue
        place = Place(path=path, line=number)
        for what, address in _addresses(line):
            if any(sign in address for sign in _WHERE_IT_RUNS):
                yield unread(
                    place,
                    f"{what} has a value that is known only where it runs",
                    f"Write {guard.url} there, or look at the value by hand.",
                )
            elif not guard.covers(address):
                yield Finding(
                    rule=RULE,
                    subject=place,
                    message=f"{what} leads to `{redact(address)}`",
                    hint=f"Write {guard.url} there, or leave it out and set what `onward guard on --ci` prints.",
                )


def container_escapes(
    text: str, path: str, guard: Guarded, *, settled: Collection[str] = ()
) -> Iterator[Finding]:
    """Give a finding for each installer that a Dockerfile runs without a word of where packages come from.

    A container sees no settings but those that are copied into it; ``settled`` are installers
    whose settings in the project, which is copied as a rule, lead to the guard.
    """
    told = {*settled}
    told |= {client for client, files in _OWN_FILES.items() if any(word in text for word in files)}
    lines = text.split("\n")
    for line in lines:
        for found in _VARIABLE.finditer(line):
            told.add(VARIABLES[found["name"]])  # where to is judged line by line
    for number, line in enumerate(lines, 1):
        for command in () if line.lstrip().startswith("#") else _NEXT.split(line):
            install = _INSTALL.search(command)
            client = install["client"].removesuffix("3").removesuffix("x") if install else ""
            if not client or client in told or _OPTION.search(command) or "--no-index" in command:
                continue
            told.add(client)
            yield Finding(
                rule=RULE,
                subject=Place(path=path, line=number),
                message=f"{client} is told of no index here, and a container sees none of your settings,"
                " so it asks the public one",
                hint=f"Set {_FIRST[client]}."
                if client in _FIRST
                else "`onward guard on --project` writes it.",
            )


_OWN_FILES = {
    "pip": ("pip.conf", "pip.ini", "pip config ", "PIP_CONFIG_FILE"),
    "uv": ("uv.toml", "UV_CONFIG_FILE"),
    "pdm": ("pdm config ", "pdm.toml", "PDM_CONFIG_FILE"),
}
"""Words in a Dockerfile by which an installer gets settings of its own: those are not looked into."""

_FIRST = {"pip": "PIP_INDEX_URL", "uv": "UV_DEFAULT_INDEX", "pdm": "PDM_PYPI_URL"}


def _addresses(line: str) -> Iterator[tuple[str, str]]:
    for found in _VARIABLE.finditer(line):
        value = found["value"].strip("\"'")
        yield from ((found["name"], word) for word in words_of(found["name"], value))
    for command in _NEXT.split(_VARIABLE.sub(" ", line)):
        installer = _INSTALLER.search(command)
        for found in _OPTION.finditer(command):
            option = found["option"]
            if option in _SHORT and (installer is None or installer.start() > found.start()):
                continue  # of another program
            value = found["value"].strip("\"'")
            named = words_of("UV_INDEX", value) if option in _NAMED else [value]
            yield from ((f"`{option}`", word) for word in named)
        for install in _INSTALL.finditer(_OPTION.sub(" ", command)):
            yield from (
                ("an installation", found[0]) for found in _DIRECT.finditer(install["rest"])
            )
