"""The jobs as a workflow of GitHub Actions.

What each key means: docs.github.com, "Workflow syntax for GitHub Actions". No value that a
stranger can choose is ever put into a script: scripts read variables, and expressions stand
in values of keys alone.
"""

import re
import shlex
from collections.abc import Mapping, Sequence

from onward.core.yaml_text import Data, Noted, write_yaml
from onward.domain.pipeline.actions import Use, chosen, written
from onward.domain.pipeline.model import FETCHED, Facts, Job, Step, calls_onward, head, slug_of

PATH = ".github/workflows/onward.yml"
_READ = Noted("read", "to fetch the sources")
_GLOB = re.compile(r"([][*?+!\\])")


def path_of(folder: str) -> str:
    """Give the path of the workflow, from the top of the repository; ``folder`` is the project's there, and each has one of its own."""
    return f".github/workflows/onward-{slug_of(folder)}.yml" if folder else PATH


def github(facts: Facts, jobs: Sequence[Job], existing: str = "") -> str:
    """Give the workflow; ``existing`` is the file that is there, whose pins of actions are kept."""
    made = _Workflow(facts, chosen(existing))
    paths: dict[str, Data] = {"paths": _paths(facts)} if facts.folder else {}  # not asked for tags
    tags = [f"{start}*" for start in facts.tags]
    data: dict[str, Data] = {
        "name": f"onward {_literal(facts.folder)}".strip(),
        "on": {
            "push": {"branches": [facts.branch], "tags": tags, **paths},
            "pull_request": paths,
        },
        "permissions": {},
        "concurrency": {
            "group": "${{ github.workflow }}-${{ github.ref }}",
            "cancel-in-progress": "${{ github.event_name == 'pull_request' }}",
        },
        "defaults": _defaults(_literal(facts.folder)),
        "jobs": {job.name: made.job(job) for job in jobs},
    }
    return write_yaml(data, head(facts))


def _paths(facts: Facts) -> list[str]:
    """Give the globs of what starts the jobs of a project below the top."""
    folder = _GLOB.sub(r"\\\1", facts.folder)
    return [f"{folder}/**", *facts.watched, path_of(facts.folder)]


def _defaults(folder: str) -> Data:
    return {"run": {"shell": "bash", **({"working-directory": folder} if folder else {})}}


class _Workflow:
    """One workflow: what all of its jobs share."""

    def __init__(self, facts: Facts, uses: Mapping[str, Use]) -> None:
        self._facts = facts
        self._uses = uses

    def job(self, job: Job) -> Data:
        """Give one job."""
        several = len(job.systems) > 1
        data: dict[str, Data] = {"name": _title(job)}
        if job.needs:
            data["needs"] = list(job.needs)
        if job.tag is not None:
            data["if"] = " && ".join(
                (_begins(job.tag.start), *(f"!{_begins(other)}" for other in job.tag.but))
            )
        data["runs-on"] = "${{ matrix.system }}-latest" if several else f"{job.systems[0]}-latest"
        data["timeout-minutes"] = job.minutes
        if job.environment:
            page = {"url": job.page} if job.page else {}
            data["environment"] = {"name": job.environment, **page}
        data["permissions"] = _rights(job)
        matrix: dict[str, Data] = {}
        if several:
            matrix["system"] = list(job.systems)
        if job.pythons:
            matrix["python"] = list(job.pythons)
        if matrix:
            data["strategy"] = {"fail-fast": False, "matrix": matrix}
        if python := "${{ matrix.python }}" if job.pythons else job.python:
            data["env"] = {"UV_PYTHON": python}
        if self._facts.folder and not job.sources:
            data["defaults"] = _defaults(".")
        data["steps"] = [*self._before(job), *self._steps(job), *self._after(job)]
        return data

    def _at(self, job: Job, folder: str) -> str:
        """Give a folder of a job as seen from the top; without sources the project's folder is not there."""
        parts = (self._facts.folder, job.folder) if job.sources else ()
        return _literal("/".join(filter(None, (*parts, folder))))

    def _before(self, job: Job) -> list[Data]:
        steps: list[Data] = []
        if job.sources:
            steps.append(
                {
                    "name": "Fetch the sources",
                    "uses": self._use("actions/checkout"),
                    "with": {
                        "fetch-depth": Noted("0", "history: versions by tag, renames in baselines"),
                        "persist-credentials": False,
                        **({"submodules": "recursive"} if self._facts.submodules else {}),
                    },
                }
            )
        if job.python or job.pythons:
            steps.append(
                {
                    "name": "Install uv",
                    "uses": self._use("astral-sh/setup-uv"),
                    "with": {
                        "version": self._facts.uv,
                        "enable-cache": Noted("false", "a cache could carry what others wrote"),
                    },
                }
            )
        steps += [
            {
                "name": f"Fetch what the job {name} made",
                "uses": self._use("actions/download-artifact"),
                "with": {"name": name, "path": self._at(job, FETCHED)},
            }
            for name in job.fetches
        ]
        return steps

    def _after(self, job: Job) -> list[Data]:
        if not job.keeps:
            return []
        return [
            {
                "name": "Keep what was made",
                "uses": self._use("actions/upload-artifact"),
                "with": {
                    "name": job.name,
                    "path": f"{self._at(job, job.keeps)}/",
                    "if-no-files-found": "error",
                },
            }
        ]

    def _steps(self, job: Job) -> list[Data]:
        onward = calls_onward(self._facts, job)
        return [self._step(step, onward) for step in job.steps]

    def _step(self, step: Step, onward: Sequence[str]) -> Data:
        data: dict[str, Data] = {"name": _literal(step.title)}
        if step.attests:
            data["uses"] = self._use("actions/attest-build-provenance")
            data["with"] = {"subject-path": step.attests}
            return data
        if step.folder:
            data["working-directory"] = _literal(
                "/".join(filter(None, (self._facts.folder, step.folder)))
            )
        if step.may_fail:
            data["continue-on-error"] = True
        env: dict[str, Data] = {name: _literal(value) for name, value in step.env.items()}
        env |= {name: f"${{{{ secrets.{secret} }}}}" for name, secret in step.secrets}
        if step.token:
            env["GH_TOKEN"] = "${{ github.token }}"  # noqa: S105 - an expression, no secret
        if env:
            data["env"] = env
        script = step.script.replace("ONWARD ", f"{shlex.join(onward)} ")
        data["run"] = script or line(step, onward)
        return data

    def _use(self, action: str) -> Noted | str:
        return written(self._uses[action])


def line(step: Step, onward: Sequence[str]) -> str:
    """Give a step as a line for a shell."""
    words = shlex.join((*onward, *step.argv) if step.onward else step.argv)
    words = words.replace(
        "${{", "$''{{"
    )  # within quotes these end and begin again: GitHub sees no expression
    # sudo has a PATH of its own, in which uv is not
    return f'sudo --preserve-env env "PATH=$PATH" {words}' if step.as_root else words


def _literal(text: str) -> str:
    """Give words of the project so that GitHub takes no part of them for an expression."""
    return text.replace("${{", "${{ '${{' }}")


def _begins(start: str) -> str:
    return f"startsWith(github.ref, 'refs/tags/{start}')"


def _title(job: Job) -> str:
    several = [
        f"${{{{ matrix.{word} }}}}"
        for word, there in (("system", len(job.systems) > 1), ("python", bool(job.pythons)))
        if there
    ]
    return f"{job.title} ({', '.join(several)})" if several else job.title


def _rights(job: Job) -> Data:
    rights: dict[str, Data] = {"contents": _READ} if job.sources else {}
    return rights | {right: Noted(level, why) for right, level, why in job.rights}
