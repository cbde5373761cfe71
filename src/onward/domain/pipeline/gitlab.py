"""The jobs as a pipeline of GitLab CI.

What each key means: docs.gitlab.com, "CI/CD YAML syntax reference"; ``id_tokens`` and their
audiences: docs.pypi.org, "Trusted Publishers", and "Attestations".

GitLab reads one file at the top of a repository. The jobs of a project below it stand in a file
of its own, which that one includes, and all that is not shared stands in the jobs.
"""

import re
import shlex
from collections.abc import Mapping, Sequence

import msgspec

from onward.core.yaml_text import Data, write_yaml
from onward.domain.pipeline.model import (
    DIST,
    FETCHED,
    Facts,
    Job,
    Step,
    Tag,
    calls_onward,
    head,
    slug_of,
)

PATH = ".gitlab-ci.yml"
INCLUDED = ".gitlab/onward-*.yml"
"""The files that the one at the top includes (a wildcard of GitLab's)."""
_AUDIENCES: dict[str, Data] = {
    "pypi": {"PYPI_ID_TOKEN": {"aud": "pypi"}, "SIGSTORE_ID_TOKEN": {"aud": "sigstore"}},
    "testpypi": {"TESTPYPI_ID_TOKEN": {"aud": "testpypi"}},
}
_REQUEST = '$CI_PIPELINE_SOURCE == "merge_request_event"'
_MAIN = "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH"
_GLOB = re.compile(r"([][*?{}\\])")


def path_of(folder: str) -> str:
    """Give the path of the jobs' file, from the top of the repository."""
    return INCLUDED.replace("*", slug_of(folder)) if folder else PATH


def for_gitlab(jobs: Sequence[Job]) -> tuple[Job, ...]:
    """Give the jobs that root in a container of Python can do, with the steps that it can do."""
    ours = (msgspec.structs.replace(job, steps=job.plain) if job.plain else job for job in jobs)
    return tuple(job for job in ours if job.anywhere)


def gitlab(facts: Facts, jobs: Sequence[Job], *, includes: bool = False) -> str:
    """Give the jobs' file; jobs for other systems are left out.

    ``includes``: the project is at the top, and there are others below it, whose files are read too.
    """
    fit = for_gitlab(jobs)
    made = _Pipeline(facts, {job.name for job in fit})
    written = {f"{made.word}:{job.name}": made.job(job) for job in fit}
    if facts.folder:
        return write_yaml({f".{made.word}": made.shared()} | written, head(facts))
    data: dict[str, Data] = {"include": [{"local": INCLUDED}]} if includes else {}
    data |= {
        "workflow": {
            "auto_cancel": {"on_new_commit": "interruptible"},
            "rules": [
                {"if": _REQUEST},
                {"if": _MAIN},
                {"if": "$CI_COMMIT_TAG" if includes else _any(facts.tags)},
            ],
        },
        "stages": [job.name for job in fit],
        "variables": made.variables(),
        "default": made.ground(),
    }
    return write_yaml(data | written, head(facts))


def gitlab_top() -> str:
    """Give the file at the top of a repository whose projects are all below it."""
    return write_yaml(
        {
            "include": [{"local": INCLUDED}],
            "workflow": {
                "auto_cancel": {"on_new_commit": "interruptible"},
                "rules": [{"if": _REQUEST}, {"if": _MAIN}, {"if": "$CI_COMMIT_TAG"}],
            },
        },
        "Written by `onward ship ci`: it reads the jobs of each project below. Edit it as you like: the next run keeps your edits.",
    )


class _Pipeline:
    """One file: what all of its jobs share."""

    def __init__(self, facts: Facts, there: set[str]) -> None:
        self._facts = facts
        self._there = there
        self.word = f"onward-{slug_of(facts.folder)}" if facts.folder else "onward"

    def variables(self) -> dict[str, Data]:
        """Give the variables of all jobs."""
        return {
            "GIT_DEPTH": "0",
            **({"GIT_SUBMODULE_STRATEGY": "recursive"} if self._facts.submodules else {}),
            "UV_LINK_MODE": "copy",
            "UV_PYTHON": self._facts.python,
        }

    def ground(self) -> dict[str, Data]:
        """Give what each job begins with."""
        before = [f"pip install --quiet uv=={self._facts.uv}"]
        if self._facts.folder:
            before.append(f"cd {shlex.quote(self._facts.folder)}")
        return {
            "image": f"python:{self._facts.python}",
            "interruptible": True,
            "before_script": before,
        }

    def shared(self) -> dict[str, Data]:
        """Give the hidden job that all jobs of a project below the top extend."""
        facts = self._facts
        folder = _GLOB.sub(r"\\\1", facts.folder)
        changes: list[Data] = [f"{folder}/**/*", *facts.watched, path_of(facts.folder)]
        return {
            **self.ground(),
            "variables": self.variables(),
            "rules": [
                {"if": _any(facts.tags)},
                {"if": "$CI_COMMIT_TAG", "when": "never"},  # of another project
                {"if": _REQUEST, "changes": changes},
                {"if": _MAIN, "changes": changes},
            ],
        }

    def job(self, job: Job) -> Data:
        """Give one job."""
        facts = self._facts
        data: dict[str, Data] = (
            {"extends": f".{self.word}"} if facts.folder else {"stage": job.name}
        )
        if job.pythons:
            data["image"] = "python:$PYTHON"
            data["variables"] = {"UV_PYTHON": "$PYTHON"}
            data["parallel"] = {"matrix": [{"PYTHON": list(job.pythons)}]}
        if needs := [name for name in job.needs if name in self._there]:
            data["needs"] = [
                {"job": f"{self.word}:{name}", "artifacts": name in job.fetches} for name in needs
            ]
        data["timeout"] = f"{job.minutes} minutes"
        if job.tag is not None:
            data["rules"] = [{"if": _names(job.tag)}]
            data["interruptible"] = False
        if job.environment:
            data["environment"] = {"name": job.environment}
        if any(right == "id-token" for right, _, _ in job.rights):
            # else UV_PUBLISH_TOKEN is a variable of the environment
            data["id_tokens"] = _AUDIENCES[job.environment]
        data["script"] = [
            *(_moved(job) if job.fetches else ()),
            *(line for step in job.steps for line in _lines(step, calls_onward(facts, job))),
        ]
        if artifacts := self._artifacts(job):
            data["artifacts"] = artifacts
        return data

    def _artifacts(self, job: Job) -> Mapping[str, Data]:
        artifacts: dict[str, Data] = {}
        if reports := [step.report for step in job.steps if step.report]:
            report = "/".join(filter(None, (self._facts.folder, reports[0])))
            artifacts = {"when": "always", "reports": {"codequality": report}}
        if job.keeps:
            kept = "/".join(filter(None, (self._facts.folder, job.folder, job.keeps)))
            artifacts["paths"] = [f"{kept}/"]
        return artifacts


def _names(tag: Tag) -> str:
    """Give the condition that a pipeline is for a tag."""
    others = (f"$CI_COMMIT_TAG !~ /^{start}/" for start in tag.but)
    return " && ".join((_any((tag.start,)), *others))


def _any(starts: Sequence[str]) -> str:
    return " || ".join(f"$CI_COMMIT_TAG =~ /^{start}/" for start in starts)


def _moved(job: Job) -> list[str]:
    old, new = (f"{job.folder}/{word}" if job.folder else word for word in (DIST, FETCHED))
    return [f"mv {shlex.quote(old)} {shlex.quote(new)}"]


def _lines(step: Step, onward: Sequence[str]) -> list[str]:
    """Give a step as lines for a shell; those of a script stand alone each."""
    if step.script:
        return step.script.rstrip("\n").split("\n")
    words = shlex.join((*onward, *step.argv) if step.onward else step.argv)
    if step.env:
        words = " ".join(
            [*(f"{name}={shlex.quote(value)}" for name, value in step.env.items()), words]
        )
    if step.report:
        words = f"{words} > {step.report}"
    if step.folder:
        words = f"(cd {shlex.quote(step.folder)} && {words})"
    return [f"{words} || true" if step.may_fail else words]
