"""The written files in the hands of those who judge them: zizmor, the published schemas, and bash itself."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from onward.domain.pipeline.github import PATH as GITHUB
from onward.domain.pipeline.github import github
from onward.domain.pipeline.gitlab import PATH as GITLAB
from onward.domain.pipeline.gitlab import for_gitlab, gitlab
from onward.domain.pipeline.jobs import jobs_of
from onward.domain.pipeline.model import Facts
from tests.domain.pipeline.samples import ALL


def tool(name: str) -> str:
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not in the environment of the tests")
    return found


def ran(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, cwd=cwd, capture_output=True, encoding="utf-8", check=False)


@pytest.fixture(params=list(ALL.values()), ids=list(ALL))
def written(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Give a folder with both files of a project of each kind."""
    facts: Facts = request.param
    (tmp_path / GITHUB).parent.mkdir(parents=True)
    (tmp_path / GITHUB).write_text(github(facts, jobs_of(facts)), encoding="utf-8")
    (tmp_path / GITLAB).write_text(gitlab(facts, jobs_of(facts)), encoding="utf-8")
    return tmp_path


def zizmor(folder: Path) -> list[str]:
    words = ("--offline", "--no-progress", "--persona", "pedantic", "--format", "json-v1", ".")
    done = ran(tool("zizmor"), *words, cwd=folder)
    return [one["ident"] for one in json.loads(done.stdout)]


def test_zizmor_finds_nothing_even_when_it_is_pedantic(written: Path) -> None:
    assert zizmor(written) == []


def test_zizmor_would_find_what_is_wrong(written: Path) -> None:
    file = written / GITHUB
    text = re.sub(r"checkout@[0-9a-f]{40} # v7.0.0", "checkout@v7", file.read_text("utf-8"))
    text = text.replace("permissions: {}", "permissions: write-all", 1)
    file.write_text(text + "      - run: echo ${{ github.head_ref }}\n", "utf-8")
    assert {"unpinned-uses", "excessive-permissions", "template-injection"} <= set(zizmor(written))


def test_both_are_what_the_published_schemas_ask_for(written: Path) -> None:
    for schema, path in (("github-workflows", GITHUB), ("gitlab-ci", GITLAB)):
        words = ("--builtin-schema", f"vendor.{schema}", path)
        done = ran(tool("check-jsonschema"), *words, cwd=written)
        assert done.returncode == 0, done.stdout
    (written / GITHUB).write_text("on: push\njobs: {a: {steps: 1}}\n", encoding="utf-8")
    words = ("--builtin-schema", "vendor.github-workflows", GITHUB)
    assert ran(tool("check-jsonschema"), *words, cwd=written).returncode == 1


def test_every_script_can_be_read_by_bash(written: Path) -> None:
    bash = tool("bash")
    jobs = yaml.safe_load((written / GITHUB).read_text("utf-8"))["jobs"]
    for job in jobs.values():
        for step in job["steps"]:
            done = ran(bash, "-n", "-c", step.get("run", ""), cwd=written)
            assert done.returncode == 0, (step, done.stderr)


@pytest.mark.skipif(os.name != "posix", reason="the programs of others are played by scripts of sh")
@pytest.mark.parametrize("facts", ALL.values(), ids=ALL)
def test_jobs_of_gitlab_leave_their_files_where_the_next_looks(
    facts: Facts, tmp_path: Path
) -> None:
    bash = tool("bash")
    read = yaml.safe_load(gitlab(facts, jobs_of(facts)))
    hidden = next((job for name, job in read.items() if name.startswith(".")), read.get("default"))
    for job in for_gitlab(jobs_of(facts)):
        (data,) = (one for name, one in read.items() if name.endswith(f":{job.name}"))
        root = tmp_path / job.name
        inside = root / facts.folder
        for folder in (job.folder, *(step.folder for step in job.steps)):
            (inside / folder).mkdir(parents=True, exist_ok=True)
        for name in job.fetches:  # as GitLab puts them there
            (kept,) = next(one for word, one in read.items() if word.endswith(f":{name}"))[
                "artifacts"
            ]["paths"]
            (root / kept).mkdir(parents=True)
        played = tmp_path / f"bin-{job.name}"
        played.mkdir()
        for word in ("pip", "uv", "uvx", "apt-get", "sh"):
            (played / word).write_text(_PLAYED, encoding="utf-8")
            (played / word).chmod(0o755)
        lines = "\n".join((*hidden["before_script"], *data["script"]))
        env = {"PATH": f"{played}:{os.environ['PATH']}", "LOG": str(tmp_path / f"{job.name}.log")}
        done = subprocess.run(
            (bash, "-ec", lines), cwd=root, env=env, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr
        artifacts = data.get("artifacts", {})
        for path in (*artifacts.get("paths", ()), *artifacts.get("reports", {}).values()):
            assert (root / path).exists(), (job.name, path)
        if job.fetches:
            assert (inside / job.folder / "fetched").is_dir()


_PLAYED = """#!/bin/bash
echo "$PWD $*" >> "$LOG"
while [ $# -gt 0 ]; do
  if [ "$1" = --out ]; then mkdir -p "$2"; fi
  if [ "$1" = --built ]; then test -d "$2" || exit 9; fi
  shift
done
"""
