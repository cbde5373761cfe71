"""The jobs as a workflow of GitHub Actions.

What each key means: docs.github.com, "Workflow syntax for GitHub Actions". No value that a
stranger can choose is ever put into a script: scripts read variables, and expressions stand
in values of keys alone.
"""

import shlex
from collections.abc import Mapping, Sequence

from onward.core.yaml_text import Data, Noted, write_yaml
from onward.domain.pipeline.actions import Use, chosen, written
from onward.domain.pipeline.model import FETCHED, Facts, Job, Step, calls_onward, head

PATH = ".github/workflows/onward.yml"
_TAG = "startsWith(github.ref, 'refs/tags/v')"
_READ = Noted("read", "to fetch the sources")


def github(facts: Facts, jobs: Sequence[Job], existing: str = "") -> str:
    """Give the workflow; ``existing`` is the file that is there, whose pins of actions are kept."""
    made = _Workflow(facts, chosen(existing))
    data: dict[str, Data] = {
        "name": "onward",
        "on": {
            "push": {"branches": [facts.branch], "tags": ["v*"]},
            "pull_request": {},
        },
        "permissions": {},
        "concurrency": {
            "group": "${{ github.workflow }}-${{ github.ref }}",
            "cancel-in-progress": "${{ github.event_name == 'pull_request' }}",
        },
        "defaults": {"run": {"shell": "bash"}},
        "jobs": {job.name: made.job(job) for job in jobs},
    }
    return write_yaml(data, head(facts))


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
        if job.on_tag:
            data["if"] = _TAG
        data["runs-on"] = "${{ matrix.system }}-latest" if several else f"{job.systems[0]}-latest"
        data["timeout-minutes"] = job.minutes
        if job.environment:
            data["environment"] = self._environment(job)
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
        data["steps"] = [*self._before(job), *self._steps(job), *self._after(job)]
        return data

    def _environment(self, job: Job) -> Data:
        if job.environment == "pypi":
            return {"name": "pypi", "url": f"https://pypi.org/project/{self._facts.name}/"}
        return {"name": job.environment}

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
                "with": {"name": name, "path": FETCHED},
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
                    "path": f"{job.keeps}/",
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
            data["working-directory"] = _literal(step.folder)
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
