"""Settings for editors: a dev container, and debugging in it through its own loopback."""

import json
from typing import Any
from xml.sax.saxutils import quoteattr

from onward.domain.containers.dockerfile import ENVIRONMENT
from onward.domain.containers.facts import Facts

DEBUGPY = "1.8.22"
DEBUG_HOST = "127.0.0.1"
DEBUG_PORT = 5678


def devcontainer(facts: Facts) -> str:
    """Give the text of .devcontainer/devcontainer.json (keys of the Development Container Specification)."""
    main = facts.app.processes[0]
    data: dict[str, Any] = {
        "name": facts.name,
        "dockerComposeFile": ["../compose.yaml", "../compose.debug.yaml"],
        "service": main.name,
        "workspaceFolder": facts.inside,
        "remoteUser": "root",
        "postCreateCommand": f"uv sync --locked && uv pip install --python {ENVIRONMENT} debugpy=={DEBUGPY}",
        "customizations": {
            "vscode": {
                "extensions": ["ms-python.python", "ms-python.debugpy"],
                "settings": {"python.defaultInterpreterPath": f"{ENVIRONMENT}/bin/python"},
            }
        },
    }
    if main.port:
        data["forwardPorts"] = [main.port]
    return _json(data)


def launch(facts: Facts) -> str:
    """Give the text of .vscode/launch.json: start the program under the debugger, or join one that waits."""
    main = facts.app.processes[0]
    start: dict[str, Any] = {
        "name": f"Start {main.name} in the dev container",
        "type": "debugpy",
        "request": "launch",
        "cwd": "${workspaceFolder}",
        "console": "integratedTerminal",
        "justMyCode": True,
    }
    if main.module:
        start["module"] = main.module[0]
        start["args"] = list(main.module[1:])
    else:
        start["program"] = main.argv[-1]
    attach = {
        "name": f"Join {main.name} where debugpy waits",
        "type": "debugpy",
        "request": "attach",
        "connect": {"host": DEBUG_HOST, "port": DEBUG_PORT},
        "pathMappings": [{"localRoot": "${workspaceFolder}", "remoteRoot": facts.inside}],
        "justMyCode": True,
    }
    return _json({"version": "0.2.0", "configurations": [start, attach]})


def waiting(facts: Facts) -> tuple[str, ...]:
    """Give the words that start the main process so that a debugger can join it, on loopback only."""
    main = facts.app.processes[0]
    listen = (
        "python",
        "-X",
        "frozen_modules=off",
        "-m",
        "debugpy",
        "--listen",
        f"{DEBUG_HOST}:{DEBUG_PORT}",
    )
    words = ("-m", *main.module) if main.module else main.argv[1:]
    return (*listen, "--wait-for-client", *words)  # fmt: skip


def pycharm(facts: Facts) -> str:
    """Give the text of a PyCharm run configuration: run the module by the interpreter of the project."""
    main = facts.app.processes[0]
    words = main.module or (main.argv[-1],)
    options = {
        "INTERPRETER_OPTIONS": "",
        "PARENT_ENVS": "true",
        "WORKING_DIRECTORY": "$PROJECT_DIR$",
        "IS_MODULE_SDK": "true",
        "ADD_CONTENT_ROOTS": "true",
        "ADD_SOURCE_ROOTS": "true",
        "SCRIPT_NAME": words[0],
        "PARAMETERS": " ".join(words[1:]),
        "MODULE_MODE": "true" if main.module else "false",
        "EMULATE_TERMINAL": "false",
    }
    lines = "".join(
        f"    <option name={quoteattr(name)} value={quoteattr(value)} />\n"
        for name, value in options.items()
    )
    return (
        '<component name="ProjectRunConfigurationManager">\n'
        f'  <configuration default="false" name={quoteattr(f"{facts.name} in its container")}'
        ' type="PythonConfigurationType" factoryName="Python">\n'
        f"    <module name={quoteattr(facts.name)} />\n{lines}"
        '    <method v="2" />\n  </configuration>\n</component>\n'
    )


def _json(data: dict[str, Any]) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"
