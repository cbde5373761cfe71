"""Line edits that keep a pinned Python in step in other files; every other byte stays as it was."""

import re
from collections.abc import Iterable

import msgspec

from onward.core.lines import lines_of


class Edited(msgspec.Struct, frozen=True, kw_only=True):
    """A file's text after the edits, the lines changed, and lines that name the old version but were left."""

    text: str
    changed: tuple[int, ...] = ()
    left: tuple[int, ...] = ()


def edit_ci(text: str, old: str, new: str) -> Edited:
    """Edit a CI file (GitHub workflow, GitLab): ``python-version: OLD`` and ``image: python:OLD-...``.

    Only a value that is exactly the old pin changes: a matrix of versions is a choice of
    its own. An image with a digest is left, as the digest would still be the old one.
    """
    value = re.compile(
        rf"^(?P<head>\s*(?:-\s+)?[\"']?python-version[\"']?\s*:\s*)(?P<q>[\"']?){re.escape(old)}(?P=q)(?P<tail>\s*(?:#.*)?)$"
    )
    return _edit(text, [value, _image(old, r"(?:image|name)\s*:")], old, new)


def edit_dockerfile(text: str, old: str, new: str) -> Edited:
    """Edit a Dockerfile: ``FROM python:OLD-...`` and ``ARG PYTHON_VERSION=OLD``."""
    argument = re.compile(
        rf"^(?P<head>\s*ARG\s+PYTHON_VERSION=)(?P<q>[\"']?){re.escape(old)}(?P=q)(?P<tail>\s*)$"
    )
    return _edit(text, [argument, _image(old, r"FROM\s")], old, new)


def named_pythons(text: str) -> tuple[tuple[int, str], ...]:
    """Give (line, version) wherever a CI file or a Dockerfile names one version of Python to work with."""
    return tuple(
        (number, found[1])
        for number, line in enumerate(lines_of(text), start=1)
        if (found := _NAMED.search(line.partition("#")[0]))
    )


_NAMED = re.compile(
    r"(?:python-version[\"']?\s*:\s*[\"']?|PYTHON_VERSION=[\"']?|(?<![\w.-])python:)(\d+\.\d+(?:\.\d+)?)(?![\w.]*[\],])"
)


def edit_requires(text: str, new: str) -> Edited:
    """Put ``new`` into the ``requires-python`` line of ``[project]`` in a pyproject.toml."""
    line = re.compile(
        r"^(?P<head>\s*requires-python\s*=\s*)(?P<q>[\"'])[^\"']*(?P=q)(?P<tail>\s*(?:#.*)?)$"
    )
    inside = False
    out: list[str] = []
    changed: list[int] = []
    for number, raw in enumerate(lines_of(text, ends=True), start=1):
        body = raw.rstrip("\r\n")
        if body.lstrip().startswith("["):
            inside = body.strip() == "[project]"
        found = line.match(body) if inside and not changed else None
        if found:
            raw = f"{found['head']}{found['q']}{new}{found['q']}{found['tail']}{raw[len(body) :]}"  # noqa: PLW2901
            changed.append(number)
        out.append(raw)
    return Edited(text="".join(out), changed=tuple(changed))


def edit_pin(text: str, new: str) -> str:
    """Give the text of ``.python-version`` with its first version replaced; comments and the rest stay."""
    lines = lines_of(text, ends=True)
    for i, raw in enumerate(lines):
        body = raw.rstrip("\r\n")
        word = body.partition("#")[0].strip()
        if word:
            lines[i] = body.replace(word, new, 1) + (raw[len(body) :] or "\n")
            return "".join(lines)
    head = text if not text or text.endswith("\n") else text + "\n"
    return f"{head}{new}\n"


def _image(old: str, key: str) -> re.Pattern[str]:
    return re.compile(
        rf"^(?P<head>\s*(?:-\s+)?{key}.*?(?<![\w.-])python:){re.escape(old)}(?P<tail>(?:-[\w.-]+)?(?![\w.@-]).*)$",
        re.IGNORECASE,
    )


def _edit(text: str, patterns: Iterable[re.Pattern[str]], old: str, new: str) -> Edited:
    patterns = tuple(patterns)
    names_old = re.compile(rf"(?<![\d.]){re.escape(old)}(?![\d.])")
    out: list[str] = []
    changed: list[int] = []
    left: list[int] = []
    for number, raw in enumerate(lines_of(text, ends=True), start=1):
        body = raw.rstrip("\r\n")
        found = next((m for p in patterns if (m := p.match(body))), None)
        if found:
            quote = found.groupdict().get("q")
            if quote == "" and re.fullmatch(r"\d+\.\d+", new):
                quote = '"'  # YAML reads a bare 3.20 as the number 3.2
            word = f"{quote}{new}{quote}" if quote else new
            out.append(f"{found['head']}{word}{found['tail']}{raw[len(body) :]}")
            changed.append(number)
            continue
        if "python" in body.lower() and names_old.search(body.partition("#")[0]):
            left.append(number)
        out.append(raw)
    return Edited(text="".join(out), changed=tuple(changed), left=tuple(left))
