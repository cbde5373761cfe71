"""The container files of a project: what it needs is read from its lock and its code, then written or explained."""

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
from packaging.requirements import InvalidRequirement, Requirement

from onward.core.code_folders import code_folders
from onward.core.disk import read_limited, read_text
from onward.core.errors import BadInput
from onward.core.lock import LockedPackage
from onward.core.names import parse_name
from onward.core.policy import Row
from onward.core.project import Layout, Project, Role
from onward.core.walk import walk
from onward.domain.containers.app import App, Process, find_app
from onward.domain.containers.facts import Facts
from onward.domain.containers.files import FILES, files_for
from onward.domain.containers.services import services_of
from onward.domain.python_versions import END_OF_LIFE, allows, parse_pin
from onward.domain.shipping.secrets import is_secret_name
from onward.workflows.no_secrets import refuse_secrets, secret_findings, tree_findings
from onward.workflows.python_in_use import pin_of
from onward.workflows.regenerate import Outcome, generated, regenerate
from onward.workflows.settings import parse_toml
from onward.workflows.source_copy import find_sources

_MOST_FILES = 2000
_MOST_BYTES = 1_000_000  # of one file of code
_WELL_SERVED = (3, 14)
"""The newest Python for which most packages have wheels."""
_TEMPLATES = (".env.example", ".env.sample", ".env.template")
_SETS = re.compile(r"^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=", re.MULTILINE | re.ASCII)
_DNS = re.compile(r"[^a-z0-9]+")


def member_of(project: Project, here: str) -> Project:
    """Give the member in ``here`` (empty: the root) as a project of its own, with the lock of the workspace."""
    if len(project.members) < 2:
        return project
    file = f"{here}/pyproject.toml" if here else "pyproject.toml"
    pyproject: Any = parse_toml(read_limited(project.root / file, _MOST_BYTES), file)
    table = pyproject.get("project") or {}
    return msgspec.structs.replace(
        project,
        root=project.root / here,
        name=project.members[here or "."],
        pyproject=pyproject,
        requires_python=str(table.get("requires-python", project.requires_python)),
        declared=tuple(one for one in project.declared if one.place.path == file),
    )


def read_facts(workspace: Project, command: tuple[str, ...] = (), here: str = "") -> Facts:
    """Read what the containers of the member in ``here`` are made from; ``command`` starts it where nothing else tells.

    Raises BadInput for what these files are not written for: a project without ``uv.lock``,
    a program of which nothing says how it is started.
    """
    project = member_of(workspace, here)
    _refuse_what_we_cannot(project)
    needs = _needs(project)
    packaged = is_packaged(project)
    others = [] if here else [folder for folder in workspace.members if folder != "."]
    code = _code(project.root, others)
    lock = project.lock
    along = lock.installed_with(parse_name(project.name)) if lock and project.name else frozenset()
    app = find_app(code, {*needs, *along}, project.pyproject, project.name, packaged=packaged)
    app = msgspec.structs.replace(
        app, variables=tuple(sorted({*app.variables, *_template(project.root)}))
    )
    if command:
        told = Process(name="app", argv=command, because="--command")
        app = App(processes=(told,), variables=app.variables)
    if app.missing:
        raise BadInput(
            "nothing-to-start",
            f"`{project.name}` cannot be started in a container: {app.missing}",
            hint=f'{app.hint} Or say it: --command "python -m {project.name.replace("-", "_")}"',
        )
    table: Any = project.pyproject.get("project", {})
    packages = [
        one for one in (lock.packages if lock else ()) if one.artifacts and one.name in along
    ]
    return Facts(
        name=_DNS.sub("-", project.name.lower()).strip("-")[:40] or "app",
        version=str(table.get("version", "dev")),
        python=python_for(project, workspace.root),
        uv=version("uv"),
        packaged=packaged,
        app=app,
        source=next(iter(code_folders(project.root).bases), ""),
        services=services_of(needs),
        to_build=tuple(sorted({one.name for one in packages if _must_be_built(one)})),
        packages=len(packages),
        package=parse_name(project.name) if len(workspace.members) > 1 else "",
        member=here,
    )


def _template(root: Path) -> set[str]:
    """Give the names in the project's own template of an env file; what we wrote into ours comes from elsewhere."""
    ours = generated(root)
    texts = (
        read_text(root / name, _MOST_BYTES)
        for name in _TEMPLATES
        if name not in ours and (root / name).is_file()
    )
    return {found[1] for text in texts for found in _SETS.finditer(text)}


def refuse_what_is_secret(
    project: Project, env: Mapping[str, str], rows: Sequence[Row], today: dt.date
) -> tuple[str, ...]:
    """Raise Refused (``secret``) for what an image of this folder would hold; give the sentences that are advice.

    What git tracks must hold none. What it does not know is copied too, so far as
    ``.dockerignore`` lets it; that keeps out files by their name, so those are looked into.
    """
    sources, known = find_sources(project.root, env, cwd=project.root)
    loose = sources.beside if known else sources.files
    findings = tree_findings(sources, known) + secret_findings(
        sources.folder, [path for path in loose if not is_secret_name(path)], tests_may=True
    )
    return refuse_secrets(findings, rows, today, what=f"an image of {project.name}")


def propose(project: Project, facts: Facts, words: Iterable[str] = ()) -> Outcome:
    """Plan the files of ``words`` (none: all); raises BadInput for a word that is none of ours."""
    asked = tuple(dict.fromkeys(words))
    check_words(asked)
    wanted = files_for(facts, asked)
    again = frozenset(wanted) if asked else frozenset()
    return regenerate(project.root, wanted, f"Container files of {project.name}", again=again)


def check_words(words: Iterable[str]) -> None:
    """Raise BadInput (``no-such-files``) for words that are none of ours, with all that are."""
    if unknown := [word for word in words if word not in FILES]:
        raise BadInput(
            "no-such-files",
            f"there are no container files called {', '.join(f'`{word}`' for word in unknown)}",
            context=tuple(f"{word}: {', '.join(files)}" for word, files in FILES.items()),
        )


def _refuse_what_we_cannot(project: Project) -> None:
    if project.layout not in (Layout.uv, Layout.pep621) or project.lock is None:
        raise BadInput(
            "no-uv-lock",
            "the Dockerfile installs from `uv.lock`, and there is none here",
            hint="`onward lock` makes it, where the dependencies stand in [project].",
        )


def _needs(project: Project) -> dict[str, set[str]]:
    """Give the names that the program itself needs, and the extras it asks of each."""
    found: dict[str, set[str]] = {}
    for one in project.declared:
        if one.role is not Role.main:
            continue
        try:
            read = Requirement(one.requirement)
        except InvalidRequirement:
            continue
        found.setdefault(parse_name(read.name), set()).update(read.extras)
    return found


def _code(root: Path, others: Iterable[str]) -> dict[str, str]:
    """Give the project's own code, by the path that imports start from, without what is in the folders ``others``."""
    folders = code_folders(root)
    bases = tuple(f"{base}/" for base in folders.bases)
    starts = tuple(path if path.endswith(".py") else f"{path}/" for path in folders.paths)
    found: dict[str, str] = {}
    for path, entry in walk(str(root)):
        ours = path.startswith(starts) or folders.paths == (".",) or "/" not in path
        theirs = any(path.startswith(f"{folder}/") for folder in others)
        if entry is None or not path.endswith(".py") or not ours or theirs:
            continue
        if len(found) >= _MOST_FILES or entry.stat().st_size > _MOST_BYTES:
            continue
        base = next((base for base in bases if path.startswith(base)), "")
        text = read_limited(Path(entry.path), _MOST_BYTES).decode("utf-8", "replace")
        found[path.removeprefix(base)] = text
    return found


def is_packaged(project: Project) -> bool:
    """Say whether uv installs the project itself, so that it can be built."""
    tool = project.pyproject.get("tool")
    uv = tool.get("uv") if isinstance(tool, dict) else None
    said = uv.get("package") if isinstance(uv, dict) else None
    return said if isinstance(said, bool) else "build-system" in project.pyproject


def python_for(project: Project, top: Path) -> str:
    """Give the Python that a project runs with where it may choose: its pin, else the newest that most packages know.

    ``top`` is the folder of its workspace, whose pin counts where it has none.
    """
    pin = pin_of(project.root)[0] or pin_of(top)[0]
    if pin is not None:
        return f"{pin.minor[0]}.{pin.minor[1]}"
    allowed = [
        minor
        for minor in END_OF_LIFE
        if allows(project.requires_python, parse_pin(f"{minor[0]}.{minor[1]}"))
    ]
    if not allowed:
        raise BadInput(
            "no-python",
            f'no Python that onward knows is allowed by `requires-python = "{project.requires_python}"`',
            hint="`onward python pin X.Y` says which one it is.",
        )
    newest = max([minor for minor in allowed if minor <= _WELL_SERVED] or allowed)
    return f"{newest[0]}.{newest[1]}"


def _must_be_built(package: LockedPackage) -> bool:
    """Say whether nothing but a source distribution of it can be installed on Debian."""
    names = [one.filename for one in package.artifacts if one.filename]
    wheels = [name for name in names if name.endswith(".whl")]
    fits = any("linux" in name or name.endswith("-any.whl") for name in wheels)
    return bool(names) and not fits and len(wheels) < len(names)
