"""Jinja2: render a folder of templates the way copier does, without running anything.

The part of copier's rules that our templates use: each part of a path is a template and a
part that renders to nothing leaves the file out; a file with the suffix ``.jinja`` is a
template and loses the suffix; every other file is copied byte for byte.
"""

from collections.abc import Iterator, Mapping
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath

import jinja2
import msgspec

from onward.core.errors import OnwardError

SUFFIX = ".jinja"


class Rendered(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a new project: path relative to its root with ``/``, and its bytes."""

    path: str
    content: bytes


def render_tree(root: Traversable, variables: Mapping[str, object]) -> tuple[Rendered, ...]:
    """Give every file that the templates below ``root`` make, sorted by path; nothing is written.

    Only for templates that come with onward: they are trusted, and rendering is not a
    sandbox. Raises OnwardError (``bad-template``) when a template uses a name that is not
    there, leaves the root, or makes a file that another one has made.
    """
    engine = jinja2.Environment(  # noqa: S701 - Python, TOML and YAML come out, never HTML
        undefined=jinja2.StrictUndefined, keep_trailing_newline=True
    )
    made: dict[str, Rendered] = {}
    for parts, file in _files(root, ()):
        try:
            path = _render_path(engine, parts, variables)
            if path is None:
                continue
            content = file.read_bytes()
            if file.name.endswith(SUFFIX):
                # Jinja2 writes "\n", whatever line ends the template has.
                content = engine.from_string(content.decode()).render(variables).encode()
        except jinja2.TemplateError as error:
            raise _bad(parts, str(error)) from error
        if path in made:
            raise _bad(parts, f"`{path}` is made by two templates")
        made[path] = Rendered(path=path, content=content)
    return tuple(made[path] for path in sorted(made))


def _files(
    folder: Traversable, above: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Traversable]]:
    for entry in sorted(folder.iterdir(), key=lambda each: each.name):
        if entry.name == "__pycache__":
            continue
        parts = (*above, entry.name)
        if entry.is_dir():
            yield from _files(entry, parts)
        else:
            yield parts, entry


def _render_path(
    engine: jinja2.Environment, parts: tuple[str, ...], variables: Mapping[str, object]
) -> str | None:
    *folders, last = parts
    rendered = [
        engine.from_string(part).render(variables) for part in (*folders, last.removesuffix(SUFFIX))
    ]
    if not all(rendered):
        return None
    path = PurePosixPath(*rendered)
    if path.is_absolute() or ".." in path.parts:
        raise _bad(parts, f"`{path}` is outside the project")
    return str(path)


def _bad(parts: tuple[str, ...], fault: str) -> OnwardError:
    return OnwardError(
        "bad-template", f"the template `{'/'.join(parts)}` cannot be rendered", context=(fault,)
    )
