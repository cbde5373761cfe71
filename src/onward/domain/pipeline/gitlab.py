"""The jobs as a pipeline of GitLab CI.

What each key means: docs.gitlab.com, "CI/CD YAML syntax reference"; ``id_tokens`` and their
audiences: docs.pypi.org, "Trusted Publishers", and "Attestations".
"""

import shlex
from collections.abc import Sequence

from onward.core.yaml_text import Data, write_yaml
from onward.domain.pipeline.model import DIST, FETCHED, Facts, Job, Step, calls_onward, head

PATH = ".gitlab-ci.yml"
_TAG = "$CI_COMMIT_TAG =~ /^v/"
_AUDIENCES = {
    "pypi": {"PYPI_ID_TOKEN": {"aud": "pypi"}, "SIGSTORE_ID_TOKEN": {"aud": "sigstore"}},
    "testpypi": {"TESTPYPI_ID_TOKEN": {"aud": "testpypi"}},
}


def for_gitlab(jobs: Sequence[Job]) -> tuple[Job, ...]:
    """Give the jobs that a plain runner in a container of Python can do."""
    return tuple(job for job in jobs if job.anywhere and all(map(_is_fit, job.steps)))


def gitlab(facts: Facts, jobs: Sequence[Job]) -> str:
    """Give the pipeline; jobs for other systems, for root and for a container engine are left out."""
    fit = for_gitlab(jobs)
    there = {job.name for job in fit}
    data: dict[str, Data] = {
        "workflow": {
            "auto_cancel": {"on_new_commit": "interruptible"},
            "rules": [
                {"if": '$CI_PIPELINE_SOURCE == "merge_request_event"'},
                {"if": "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH"},
                {"if": _TAG},
            ],
        },
        "stages": [job.name for job in fit],
        "variables": {
            "GIT_DEPTH": "0",
            **({"GIT_SUBMODULE_STRATEGY": "recursive"} if facts.submodules else {}),
            "UV_LINK_MODE": "copy",
            "UV_PYTHON": facts.python,
        },
        "default": {
            "image": f"python:{facts.python}",
            "interruptible": True,
            "before_script": [f"pip install --quiet uv=={facts.uv}"],
        },
    }
    for job in fit:
        data[f"onward:{job.name}"] = _job(job, facts, there)
    return write_yaml(data, head(facts))


def _is_fit(step: Step) -> bool:
    return bool(step.argv) and not step.as_root and step.argv[0] != "docker"


def _job(job: Job, facts: Facts, there: set[str]) -> Data:
    data: dict[str, Data] = {"stage": job.name}
    if job.pythons:
        data["image"] = "python:$PYTHON"
        data["variables"] = {"UV_PYTHON": "$PYTHON"}
        data["parallel"] = {"matrix": [{"PYTHON": list(job.pythons)}]}
    if needs := [name for name in job.needs if name in there]:
        data["needs"] = [
            {"job": f"onward:{name}", "artifacts": name in job.fetches} for name in needs
        ]
    data["timeout"] = f"{job.minutes} minutes"
    if job.on_tag:
        data["rules"] = [{"if": _TAG}]
        data["interruptible"] = False
    if job.environment:
        data["environment"] = {"name": job.environment}
    if any(right == "id-token" for right, _, _ in job.rights):
        data["id_tokens"] = _AUDIENCES[
            facts.publish
        ]  # else UV_PUBLISH_TOKEN is a variable of the environment
    script = [f"mv {DIST} {FETCHED}"] if job.fetches else []
    data["script"] = [*script, *(_line(step, calls_onward(facts, job)) for step in job.steps)]
    artifacts: dict[str, Data] = {}
    if reports := [step.report for step in job.steps if step.report]:
        artifacts = {"when": "always", "reports": {"codequality": reports[0]}}
    if job.keeps:
        artifacts["paths"] = [f"{job.keeps}/"]
    if artifacts:
        data["artifacts"] = artifacts
    return data


def _line(step: Step, onward: Sequence[str]) -> str:
    words = shlex.join((*onward, *step.argv) if step.onward else step.argv)
    if step.env:
        words = " ".join(
            [*(f"{name}={shlex.quote(value)}" for name, value in step.env.items()), words]
        )
    if step.report:
        words = f"{words} > {step.report}"
    if step.folder:
        words = f"(cd {shlex.quote(step.folder)} && {words})"
    return f"{words} || true" if step.may_fail else words
