"""The configuration file of pre-commit (and prek): which hooks are the project's own, and which are not."""

import re
import shlex
from typing import Any

from onward.core.errors import BadInput, MissingTool
from onward.core.lines import lines_of
from onward.core.local_hooks import ENDINGS, LOOKED_UP, Hook, Hooks

NAME = ".pre-commit-config.yaml"
_OURS = ("system", "script", "unsupported", "unsupported_script")
_STAGES = {"commit": "pre-commit", "push": "pre-push", "merge-commit": "pre-merge-commit"}
_PATTERNS = ("files", "exclude")


def read_hooks(text: str) -> Hooks:
    """Give the hooks that ``text`` (YAML) names, with what pre-commit takes where a key is left out.

    Ours are those of ``repo: local`` in a language that needs no environment of its own and
    with types that are known here; all others are foreign. Raises BadInput with every fault,
    MissingTool when there is no YAML reader.
    """
    value = _yaml(text)
    faults: list[str] = []
    ours: list[Hook] = []
    foreign: list[str] = []
    if not isinstance(value, dict) or not isinstance(value.get("repos"), list):
        raise _bad([f"{NAME}: `repos` is not a list"])
    stages = _stages(value.get("default_stages"))
    before = 0  # hooks; where a hook stands is its priority, unless it says one
    for at, repo in enumerate(value["repos"]):
        where = f"{NAME}: repos[{at}]"
        if not isinstance(repo, dict) or not isinstance(repo.get("hooks"), list):
            faults.append(f"{where}.hooks is not a list")
            continue
        for number, one in enumerate(repo["hooks"]):
            before += 1
            if not isinstance(one, dict) or not isinstance(one.get("id"), str):
                faults.append(f"{where}.hooks[{number}].id is missing")
            elif repo.get("repo") == "local" and _is_ours(one):
                usual = {"stages": stages, "priority": before - 1}
                ours.append(_hook(one, usual, f"{where}.hooks[{number}]", faults))
            elif repo.get("repo") != "meta":
                foreign.append(one["id"])
    _check_patterns(value, NAME, faults)
    if faults:
        raise _bad(faults)
    return Hooks(
        ours,
        foreign=foreign,
        files=value.get("files") or "",
        exclude=value.get("exclude") or "^$",
        fail_fast=value.get("fail_fast") is True,
    )


def _is_ours(one: dict[str, Any]) -> bool:
    known = {*ENDINGS, *LOOKED_UP}
    types = [kind for key in ("types", "types_or", "exclude_types") for kind in _list(one.get(key))]
    return one.get("language") in _OURS and known.issuperset(types)


def _hook(one: dict[str, Any], usual: dict[str, Any], where: str, faults: list[str]) -> Hook:
    _check_patterns(one, where, faults)
    priority = one.get("priority", 0)
    if type(priority) is not int or priority < 0:
        faults.append(f"{where}.priority is no number from 0: {priority!r}")
    entry = one.get("entry")
    try:
        argv = shlex.split(entry) if isinstance(entry, str) else []
    except ValueError as error:
        faults.append(f"{where}.entry: {error}")
        argv = ["?"]
    if not argv:
        faults.append(f"{where}.entry is missing")
    elif str(one["language"]).endswith("script") and "/" not in argv[0]:
        argv[0] = f"./{argv[0]}"  # a script is a path from the top, never a name in PATH
    more = {**usual, **one, "argv": [*argv, *_list(one.get("args"))]}
    more["stages"] = _stages(one.get("stages")) or usual["stages"]
    return Hook(**{key: more[key] for key in Hook.__slots__ if key in more})


def _check_patterns(value: dict[str, Any], where: str, faults: list[str]) -> None:
    for key in _PATTERNS:
        pattern = value.get(key)
        try:
            re.compile("" + (pattern or ""))  # bytes are no text either
        except (re.error, TypeError) as error:
            faults.append(f"{where}.{key} is no regular expression: {error}")


def _stages(value: object) -> list[str]:
    return [_STAGES.get(stage, stage) for stage in _list(value)]


def _list(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def _yaml(text: str) -> Any:
    try:
        import yaml
    except ImportError as error:
        raise MissingTool(
            "yaml-missing",
            f"`{NAME}` cannot be read: there is no YAML reader",
            hint="Install onward with its extra: `onward[check]`.",
        ) from error
    try:
        return yaml.safe_load(text)
    except (
        yaml.YAMLError,
        ValueError,
        RecursionError,
    ) as error:  # the last two: a day that is none, a thousand brackets
        raise _bad([f"{NAME}: {line}" for line in lines_of(str(error))]) from error


def _bad(faults: list[str]) -> BadInput:
    return BadInput("bad-hooks", "the hooks of this project cannot be read", context=tuple(faults))
