"""Settings for editors: a dev container, and debugging in it through its own loopback."""

import json
import re
from typing import Any
from xml.sax.saxutils import quoteattr

from onward.domain.containers.app import Process
from onward.domain.containers.dockerfile import ENVIRONMENT
from onward.domain.containers.facts import Facts

DEBUGPY = "1.8.22"
DEBUG_HOST = "127.0.0.1"
DEBUG_PORT = 5678
_PYTHON = re.compile(r"(.*/)?python[0-9.]*")


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
    by_module, program, args = _debugged(main)
    start["module" if by_module else "program"] = program
    start["args"] = args
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
    by_module, program, args = _debugged(main)
    words = ("-m", program) if by_module else (program,)
    return (*listen, "--wait-for-client", *words, *args)


def _debugged(main: Process) -> tuple[bool, str, list[str]]:
    """Give what a debugger runs: whether it is a module, its name or path, and its arguments."""
    words = list(main.argv)
    if main.module:
        return True, main.module[0], list(main.module[1:])
    if not _PYTHON.fullmatch(words[0]):
        # a command is a Python file like any other, where pip or uv has put it
        program = words[0] if "/" in words[0] else f"{ENVIRONMENT}/bin/{words[0]}"
        return False, program, words[1:]
    by_module = words[1:2] == ["-m"]
    rest = words[2:] if by_module else words[1:]
    return by_module, (rest or words)[0], rest[1:]


def pycharm(facts: Facts) -> str:
    """Give the text of a PyCharm run configuration: run the module by the interpreter of the project."""
    main = facts.app.processes[0]
    by_module, program, args = _debugged(main)
    options = {
        "INTERPRETER_OPTIONS": "",
        "PARENT_ENVS": "true",
        "WORKING_DIRECTORY": "$PROJECT_DIR$",
        "IS_MODULE_SDK": "true",
        "ADD_CONTENT_ROOTS": "true",
        "ADD_SOURCE_ROOTS": "true",
        "SCRIPT_NAME": program,
        "PARAMETERS": " ".join(map(_parameter, args)),
        "MODULE_MODE": "true" if by_module else "false",
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


def _parameter(word: str) -> str:
    """Quote an argument as IntelliJ splits a line of them."""
    if word and not re.search(r"[\s\"]", word):
        return word
    return '"{}"'.format(word.replace('"', '\\"'))


def _json(data: dict[str, Any]) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"
