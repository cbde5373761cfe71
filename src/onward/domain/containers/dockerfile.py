"""The Dockerfile and what is kept out of its context, after the practice that uv's own pages describe."""

import json

from onward.core.lines import lines_of
from onward.domain.containers.facts import FOLDER, Facts

ENVIRONMENT = "/opt/venv"
USER = 10001
"""The number of the user in the container: Kubernetes can tell from a number that it is not root."""

HEAD = "Written by `onward ship container-files`. Your edits are kept when it is run again."


def dockerfile(facts: Facts) -> str:
    """Give the text of the Dockerfile: stages uv, build (the dev container is one of it) and run."""
    compiler = f"python:{facts.python}-bookworm"
    parts = [
        f"# syntax=docker/dockerfile:1\n# {HEAD}\n"
        f"ARG PYTHON_IMAGE=python:{facts.python}-slim-bookworm\n"
        + (f"ARG BUILD_IMAGE={compiler}\n" if facts.to_build else "")
        + f"ARG UV_IMAGE=ghcr.io/astral-sh/uv:{facts.uv}\n\n"
        "FROM ${UV_IMAGE} AS uv\n",
        _build(facts),
        _last(facts),
    ]
    return "\n".join(parts)


def _build(facts: Facts) -> str:
    image = "${BUILD_IMAGE}" if facts.to_build else "${PYTHON_IMAGE}"
    why = (
        f"# Built here, since there is no wheel for Linux; that may need a compiler: {', '.join(facts.to_build)}\n"
        if facts.to_build
        else ""
    )
    only = f" --package {facts.package}" if facts.package else ""
    # of a workspace only its root's settings are there yet: enough to install, not to compare the lock
    before = (
        "--frozen --no-dev --no-install-workspace"
        if only
        else "--locked --no-dev --no-install-project"
    )
    # a member that is no package may need others that are: those are installed all the same
    last = "--no-editable" if facts.packaged or only else "--no-install-project"
    return f"""{why}FROM {image} AS build
COPY --from=uv /uv /usr/local/bin/uv
ENV UV_COMPILE_BYTECODE=1 \\
    UV_LINK_MODE=copy \\
    UV_PYTHON_DOWNLOADS=never \\
    UV_PROJECT_ENVIRONMENT={ENVIRONMENT} \\
    PATH={ENVIRONMENT}/bin:$PATH
WORKDIR {FOLDER}
# The dependencies change more seldom than the code: they are a layer of their own.
RUN --mount=type=cache,target=/root/.cache/uv \\
    --mount=type=bind,source=uv.lock,target={FOLDER}/uv.lock \\
    --mount=type=bind,source=pyproject.toml,target={FOLDER}/pyproject.toml \\
    uv sync {before}{only}
COPY . {FOLDER}
RUN --mount=type=cache,target=/root/.cache/uv \\
    uv sync --locked --no-dev {last}{only}
"""


def _last(facts: Facts) -> str:
    main = facts.app.processes[0]
    serves = ""
    if main.port:
        probe = _probe(main.port, facts.app.health)
        serves = (
            f"EXPOSE {main.port}\n"
            "HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \\\n"
            f"    CMD {json.dumps(['python', '-c', probe])}\n"
        )
    source = (
        "" if facts.packaged else f" \\\n    PYTHONPATH={facts.inside}/{facts.source}".rstrip("/")
    )
    return f"""FROM ${{PYTHON_IMAGE}} AS run
RUN groupadd --gid {USER} app \\
    && useradd --uid {USER} --gid app --no-create-home --home-dir /tmp --no-log-init app
ENV PATH={ENVIRONMENT}/bin:$PATH \\
    PYTHONUNBUFFERED=1{source}
WORKDIR {facts.inside}
COPY --from=build {ENVIRONMENT} {ENVIRONMENT}
COPY --from=build {FOLDER} {FOLDER}
USER {USER}:{USER}
{serves}CMD {json.dumps(list(main.argv))}
"""


def _probe(port: int, path: str) -> str:
    if path:
        ask = f"urllib.request.urlopen('http://127.0.0.1:{port}{path}', timeout=4)"
        return f"import urllib.request; {ask}"
    return f"import socket; socket.create_connection(('127.0.0.1', {port}), timeout=4)"


def dockerignore(facts: Facts) -> str:
    """Give the text of .dockerignore: what is no part of the program, and above all no secret."""
    kept_out = """.git
.venv
.onward
.cache
.*_cache
.hypothesis
**/.env
**/.env.*
**/*.env
!**/.env.example
!**/.env.sample
!**/.env.template
**/.pypirc
**/.netrc
**/_netrc
**/.git-credentials
**/.npmrc
**/id_rsa
**/id_dsa
**/id_ecdsa
**/id_ed25519
*.pem
*.key
**/*.p12
**/*.pfx
**/*.jks
**/*.keystore
**/*.kdbx
**/__pycache__
**/*.pyc
dist
build
node_modules
.devcontainer
.idea
.vscode
Dockerfile
compose*.yaml
kubernetes.yaml
"""
    if facts.member:  # what is meant from the top is meant from the member's folder too
        anchored = [line for line in lines_of(kept_out) if line[0] not in "*!"]
        kept_out += "".join(f"{facts.member}/{line}\n" for line in anchored)
    return f"# {HEAD}\n{kept_out}"
