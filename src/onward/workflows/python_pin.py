"""Pin a project to one Python: ``.python-version``, CI and our own Dockerfiles in step, as one plan."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from onward.core.disk import read_limited
from onward.core.errors import BadInput, Refused
from onward.core.lines import lines_of
from onward.core.plan import Plan, Step, Tell, WriteFile
from onward.core.project import Kind, Project
from onward.domain.pin_edits import (
    Edited,
    edit_ci,
    edit_dockerfile,
    edit_pin,
    edit_requires,
    named_pythons,
)
from onward.domain.python_versions import (
    END_OF_LIFE,
    Pin,
    State,
    allows,
    end_of_life,
    parse_pin,
    state_of,
    widened,
)
from onward.workflows.python_in_use import PIN_FILE, is_installed, pin_of, version_in_use

_LIMIT = 2_000_000
_OURS = "onward"  # stands in the first lines of every Dockerfile that onward makes


def propose_pin(
    project: Project,
    word: str,
    env: Mapping[str, str],
    today: dt.date,
    *,
    change_requires: bool = False,
) -> Plan:
    """Give the plan that pins ``project`` to ``word`` (``3.12`` or ``3.12.1``).

    CI files and Dockerfiles change only where they name exactly the old pin; with the first
    pin they are told of instead. Raises BadInput for a word that is no version, or one of
    no Python there is; Refused (``pin-outside``) when
    ``requires-python`` has no room for it: always in a library, whose range is a promise
    to others, and in an application unless ``change_requires``.
    """
    pin = parse_pin(word)
    if pin.minor not in END_OF_LIFE and not is_installed(pin, env):
        newest = ".".join(map(str, max(END_OF_LIFE)))
        raise BadInput(
            "no-such-python",
            f"there is no Python {pin} that onward knows, and none is installed here",
            context=(f"The newest it knows is {newest}.",),
            hint="`onward python list` shows what is installed; install a newer one first to pin it.",
        )
    old, _ = pin_of(project.root)
    steps: list[Step] = []
    requires = _requires(project, pin, change_requires=change_requires)
    path = project.root / PIN_FILE
    before = _read(path)
    after = edit_pin(before or "", str(pin))
    if after != before:
        steps.append(_write(path, after, f"Pin Python {pin} in {PIN_FILE}"))
    if requires is not None:
        steps.append(requires)
        if project.lock_file:
            steps.append(
                Tell(sentence=f"{project.lock_file} is for the old range: run `onward lock`")
            )
    if old is None:
        steps += _named_elsewhere(project.root, pin)
    elif str(old) != str(pin):
        steps += _in_step(project.root, str(old), str(pin))
    steps += [Tell(sentence=sentence) for sentence in _warnings(project, pin, env, today)]
    return Plan(title=f"Pin Python {pin}", steps=tuple(steps))


def changes(plan: Plan) -> bool:
    """Say whether a plan would change any file."""
    return any(isinstance(step, WriteFile) for step in plan.steps)


def _requires(project: Project, pin: Pin, *, change_requires: bool) -> WriteFile | None:
    if allows(project.requires_python, pin):
        return None
    wider = widened(project.requires_python, pin)
    stated = f"`requires-python` is `{project.requires_python}`"
    if project.kind is Kind.library:
        raise Refused(
            "pin-outside",
            f"Python {pin} is outside what this library promises to support",
            context=(f"{stated}; {project.kind_because}.",),
            hint="Pin a version inside it, or change the range by hand: whoever installs the library relies on it.",
        )
    edited = edit_requires(_read(project.root / "pyproject.toml") or "", wider)
    if not edited.changed:
        raise Refused(
            "pin-outside",
            f"Python {pin} is outside what the project supports",
            context=(f"{stated}, and that stands nowhere onward could change it.",),
            hint=f"Change it to `{wider}` where it stands, and pin again.",
        )
    if not change_requires:
        raise Refused(
            "pin-outside",
            f"Python {pin} is outside what the project supports",
            context=(f"{stated}; it would become `{wider}`.",),
            hint=f"onward python pin {pin} --change-requires",
        )
    return _write(
        project.root / "pyproject.toml", edited.text, f"Change requires-python to `{wider}`"
    )


def _in_step(root: Path, old: str, new: str) -> Iterator[Step]:
    """Give a step for each file that names the old pin, and a sentence for each line that is left to a person."""
    for path, edit in _followers(root):
        text = _read(path)
        if text is None or old not in text:
            continue
        relative = path.relative_to(root).as_posix()
        edited = edit(text, old, new)
        left = edited.left
        if "ockerfile" in path.name and not _is_ours(text):
            left = tuple(sorted({*edited.changed, *edited.left}))
        elif edited.changed:
            lines = ", ".join(map(str, edited.changed))
            yield _write(path, edited.text, f"Put {new} in {relative} (line {lines})")
        for line in left:
            yield Tell(sentence=f"{relative}:{line} names {old} too; look whether it should follow")


def _named_elsewhere(root: Path, pin: Pin) -> Iterator[Step]:
    """Give a sentence for each place that names a Python: whether it meant the one that is pinned now, nobody can tell."""
    for path, _ in _followers(root):
        for line, version in named_pythons(_read(path) or ""):
            if not f"{pin}.".startswith(f"{version}."):
                place = f"{path.relative_to(root).as_posix()}:{line}"
                yield Tell(
                    sentence=f"{place} names Python {version}; put {pin} there if it should follow the pin"
                )


def _followers(root: Path) -> Iterator[tuple[Path, Callable[[str, str, str], Edited]]]:
    workflows = root / ".github" / "workflows"
    if workflows.is_dir():
        for path in sorted(workflows.iterdir()):
            if path.suffix in (".yml", ".yaml"):
                yield path, edit_ci
    yield root / ".gitlab-ci.yml", edit_ci
    for path in sorted(root.glob("*ockerfile*")):
        if path.is_file():
            yield path, edit_dockerfile


def _is_ours(text: str) -> bool:
    return any(_OURS in line.lower() for line in lines_of(text)[:5] if line.startswith("#"))


def _warnings(project: Project, pin: Pin, env: Mapping[str, str], today: dt.date) -> Iterator[str]:
    state, ends = state_of(str(pin), today), end_of_life(str(pin))
    if state is State.ended:
        yield f"Python {pin} is past its end of life ({ends}): it gets no security fixes any more"
    elif state is State.ending:
        yield f"Python {pin} reaches its end of life on {ends}"
    if not is_installed(pin, env):
        yield f"No version manager here has Python {pin}; the next `onward sync` looks further, and may have uv fetch it"
    version, where = version_in_use(project, env)
    if where and version and not pin.fits(version):
        yield f"`{where}` has Python {version}: run `onward sync` to make it with {pin}"


def _write(path: Path, text: str, sentence: str) -> WriteFile:
    return WriteFile(
        sentence=sentence, path=str(path), content=text.encode("utf-8", "surrogateescape")
    )


def _read(path: Path) -> str | None:
    """Give a file's text with its own line ends, or None when it is not there."""
    if not path.is_file():
        return None
    return read_limited(path, _LIMIT).decode("utf-8", "surrogateescape")
