"""All container files by the word that a person asks for them with."""

from collections.abc import Callable

from onward.domain.containers.compose import compose, debug_compose, env_example, procfile
from onward.domain.containers.dockerfile import dockerfile, dockerignore
from onward.domain.containers.editors import devcontainer, launch, pycharm
from onward.domain.containers.facts import Facts
from onward.domain.containers.kubernetes import kubernetes

Writer = Callable[[Facts], str]

FILES: dict[str, dict[str, Writer]] = {
    "dockerfile": {"Dockerfile": dockerfile, ".dockerignore": dockerignore},
    "compose": {"compose.yaml": compose, ".env.example": env_example},
    "devcontainer": {
        ".devcontainer/devcontainer.json": devcontainer,
        "compose.debug.yaml": debug_compose,
    },
    "vscode": {".vscode/launch.json": launch},
    "pycharm": {".idea/runConfigurations/container.xml": pycharm},
    "kubernetes": {"kubernetes.yaml": kubernetes},
    "procfile": {"Procfile": procfile},
}
"""word: path in the project, and what writes it."""


def files_for(facts: Facts, words: tuple[str, ...] = ()) -> dict[str, str]:
    """Give path and text of each file of ``words`` (none: all)."""
    # of a member the context is the workspace, and its own list lies beside its Dockerfile
    names = {".dockerignore": "Dockerfile.dockerignore"} if facts.member else {}
    return {
        names.get(path, path): write(facts)
        for word in words or FILES
        for path, write in FILES[word].items()
    }
