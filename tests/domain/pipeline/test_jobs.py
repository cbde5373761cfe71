"""The jobs of a project: their order, what each may do, and what they look like for GitHub and GitLab."""

import re
import shlex
from typing import Any

import msgspec
import pytest
import yaml

from onward.domain.pipeline.actions import SEEN
from onward.domain.pipeline.github import github
from onward.domain.pipeline.gitlab import for_gitlab, gitlab
from onward.domain.pipeline.jobs import jobs_of
from onward.domain.pipeline.model import Facts, slug_of
from tests.domain.pipeline.samples import (
    ALL,
    BARE,
    BELOW,
    LIBRARY,
    ODD,
    SERVICE,
    TERMINAL,
    WINDOWED,
    WORKSPACE,
)


def workflow(facts: Facts) -> Any:
    read = yaml.safe_load(github(facts, jobs_of(facts)))
    assert read["permissions"] == {}
    return read["jobs"]


def pipeline(facts: Facts) -> Any:
    return yaml.safe_load(gitlab(facts, jobs_of(facts)))


@pytest.mark.parametrize("facts", ALL.values(), ids=ALL)
def test_each_job_comes_after_those_that_it_needs(facts: Facts) -> None:
    seen: set[str] = set()
    for job in jobs_of(facts):
        assert set(job.needs) <= seen
        assert set(job.fetches) <= seen
        assert job.name not in seen
        seen.add(job.name)
    names = [step.name for job in jobs_of(facts) for step in job.steps]
    assert len(names) == len(set(names))


def test_a_library_is_checked_tested_built_proven_and_published() -> None:
    jobs = workflow(LIBRARY)
    assert list(jobs) == ["check", "test", "build", "prove", "publish"]
    assert jobs["test"]["strategy"]["matrix"] == {
        "system": ["ubuntu", "macos", "windows"],
        "python": ["3.11", "3.14"],
    }
    assert jobs["test"]["env"] == {"UV_PYTHON": "${{ matrix.python }}"}
    assert jobs["publish"]["needs"] == ["check", "test", "build", "prove"]
    assert jobs["publish"]["environment"]["name"] == "pypi"
    last = jobs["publish"]["steps"][-1]["run"]
    assert last == "uvx --from 'onward[check]==0.1.0' onward ship publish --to pypi --built fetched"


def test_a_project_with_nothing_is_checked_alone() -> None:
    assert list(workflow(BARE)) == ["check"]
    assert [step["run"] for step in workflow(BARE)["check"]["steps"][2:]] == [
        "uv run --locked onward sync",
        "uv run --locked onward check --ci",
    ]
    assert pipeline(BARE)["stages"] == ["check"]


def test_a_service_is_built_as_its_dockerfile_says() -> None:
    jobs = workflow(SERVICE)
    assert list(jobs) == ["check", "test", "container"]
    assert jobs["container"]["steps"][-1]["run"] == "docker build --tag shop:ci ."
    assert pipeline(SERVICE)["onward:container"]["script"] == [  # there is no engine
        "uvx --from 'onward[check]==0.1.0' onward sync",
        "uvx --from 'onward[check]==0.1.0' onward ship image",
    ]
    lines = pipeline(WORKSPACE)["onward-py:container"]["script"]
    assert [line.rpartition(" ")[2] for line in lines] == ["sync", "shop", "till"]
    assert all(
        step["run"].startswith("docker build") and "--file packages/" in step["run"]
        for step in workflow(WORKSPACE)["container"]["steps"][1:]
    )


@pytest.mark.parametrize("facts", [TERMINAL, WINDOWED], ids=["terminal", "windowed"])
def test_a_program_is_built_on_each_system_signed_and_released_last(facts: Facts) -> None:
    jobs = workflow(facts)
    assert list(jobs)[-1] == "release"
    assert set(jobs["release"]["needs"]) == set(jobs) - {"release"}
    assert jobs["app-macos"]["runs-on"] == "macos-latest"
    assert jobs["app-windows"]["runs-on"] == "windows-latest"
    for name in ("app", "app-macos", "app-windows", "macos", "windows", "release", "publish"):
        assert jobs[name]["if"] == "startsWith(github.ref, 'refs/tags/v')"
    scripts = {step["name"]: step.get("run", "") for job in jobs.values() for step in job["steps"]}
    assert "sha256sum -- * > ../SHA256SUMS" in scripts["Write the checksum of each file"]
    told = " ".join(scripts.values())
    for tool in ("codesign", "notarytool submit", "hdiutil create", "ship installer", "--sign"):
        assert tool in told


def test_starts_are_quoted_and_one_is_enough_where_nobody_said_more() -> None:
    (started,) = [
        step["run"] for step in workflow(TERMINAL)["app-macos"]["steps"] if step["name"] == "Start it"
    ]  # fmt: skip
    assert '"$program" --version || "$program" --say \'it\'"\'"\'s $HOME\'' in started
    both = msgspec.structs.replace(TERMINAL.program, one_is_enough=False)  # type: ignore[type-var]
    facts = msgspec.structs.replace(TERMINAL, program=both)
    started = workflow(facts)["app-macos"]["steps"][3]["run"]
    assert '"$program" --version\n"$program" --say' in started
    assert "Start it" not in {step["name"] for step in workflow(WINDOWED)["app-macos"]["steps"]}


@pytest.mark.parametrize("facts", ALL.values(), ids=ALL)
def test_no_job_may_do_more_than_it_has_to(facts: Facts) -> None:
    for name, job in workflow(facts).items():
        writes = {right for right, level in job["permissions"].items() if level == "write"}
        assert writes == {
            **{
                job.name: {"id-token"} if job.environment in ("pypi", "testpypi") else set()
                for job in jobs_of(facts)
            },
            "release": {"contents", "id-token", "attestations"},
        }.get(name, set())
        assert job["timeout-minutes"] <= 60
        text = str(job["steps"])
        if "secrets." in text:
            assert job["environment"]
        checkouts = [one for one in job["steps"] if "actions/checkout@" in one.get("uses", "")]
        assert all(one["with"]["persist-credentials"] is False for one in checkouts)


@pytest.mark.parametrize("facts", ALL.values(), ids=ALL)
def test_every_action_is_pinned_where_it_was_seen(facts: Facts) -> None:
    text = github(facts, jobs_of(facts))
    for uses in re.findall(r"uses: (.*)", text):
        assert re.fullmatch(r"[a-z-]+/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", uses)
    assert all(use.is_pinned for use in SEEN.values())


def test_where_secrets_are_at_hand_uv_does_not_install_the_project() -> None:
    guarded = {name: job for name, job in workflow(WINDOWED).items() if "environment" in job}
    assert set(guarded) == {"macos", "windows", "publish", "release"}
    for job in guarded.values():
        lines = " ".join(step.get("run", "") for step in job["steps"])
        assert lines.count("uv run") == lines.count("uv run --locked --only-group dev onward")
    assert (
        "--only-group dev onward ship publish" in pipeline(WINDOWED)["onward:publish"]["script"][1]
    )
    assert "uv run --locked onward check" in pipeline(WINDOWED)["onward:check"]["script"][1]


def test_a_token_is_a_secret_of_the_environment_where_the_index_knows_no_identity() -> None:
    publish = workflow(WINDOWED)["publish"]
    assert publish["environment"] == {"name": "house"}
    assert publish["steps"][-1]["env"] == {"UV_PUBLISH_TOKEN": "${{ secrets.UV_PUBLISH_TOKEN }}"}
    assert "id_tokens" not in pipeline(WINDOWED)["onward:publish"]


def test_what_a_person_put_into_a_task_stays_what_it_is() -> None:
    first, second = workflow(ODD)["test"]["steps"][-2:]
    assert first["working-directory"] == "sub folder"
    assert first["env"] == {"A": "x y"}
    assert first["run"] == """sh -c 'echo "$''{{ github.actor }}"'"""
    assert shlex.split(first["run"])[2] == ODD.tests[0].argv[2]
    assert second["continue-on-error"] is True
    lines = pipeline(ODD)["onward:test"]["script"]
    assert lines[0].startswith("(cd 'sub folder' && A='x y' sh -c ")
    assert lines[1].endswith(" || true")


def test_gitlab_gets_what_a_plain_runner_can_do() -> None:
    read = pipeline(TERMINAL)
    assert read["stages"] == ["check", "test", "build", "prove", "container", "app", "publish"]
    assert read["stages"] == [job.name for job in for_gitlab(jobs_of(TERMINAL))]
    assert read["onward:publish"]["id_tokens"] == {
        "PYPI_ID_TOKEN": {"aud": "pypi"},
        "SIGSTORE_ID_TOKEN": {"aud": "sigstore"},
    }
    assert read["onward:publish"]["rules"] == [{"if": "$CI_COMMIT_TAG =~ /^v/"}]
    assert {"job": "onward:build", "artifacts": True} in read["onward:publish"]["needs"]
    assert (
        read["onward:check"]["artifacts"]["reports"]["codequality"]
        in (read["onward:check"]["script"][1])
    )
    assert read["onward:test"]["image"] == "python:$PYTHON"
    app = read["onward:app"]
    assert app["rules"] == [{"if": "$CI_COMMIT_TAG =~ /^v/"}]
    assert app["artifacts"]["paths"] == ["dist/"]
    assert app["script"][1:] == [
        "apt-get install --yes --no-install-recommends debootstrap",
        "uvx --from 'onward[check]==0.1.0' onward ship app --format deb,tar.gz --out dist",
    ]
    assert "sudo" not in str(read)


def test_a_project_below_the_top_works_in_its_folder() -> None:
    read = yaml.safe_load(github(BELOW, jobs_of(BELOW)))
    assert read["defaults"]["run"] == {"shell": "bash", "working-directory": "apps/the shop"}
    for name, job in read["jobs"].items():
        sources = any("actions/checkout@" in step.get("uses", "") for step in job["steps"])
        # where no sources are fetched the folder is not there
        assert ("defaults" in job) is not sources, name
        kept = [step["with"]["path"] for step in job["steps"] if "upload" in step.get("uses", "")]
        assert all(path.startswith("apps/the shop/") is sources for path in kept)
    assert read["jobs"]["app"]["if"] == "startsWith(github.ref, 'refs/tags/shop-v')"
    lab = pipeline(BELOW)
    assert {"stages", "workflow", "default", "variables"} & set(lab) == set()
    assert lab[f"onward-{slug_of(BELOW.folder)}:app"]["artifacts"]["paths"] == [
        "apps/the shop/dist/"
    ]


def test_no_two_folders_share_a_file() -> None:
    folders = ["a", "a/b", "a-b", "a--b", "a b", "a_b", "a.b", "A/b", "ä", "a/${{ x }}", "a/-b"]
    slugs = {slug_of(folder) for folder in folders}
    assert len(slugs) == len(folders)
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+", slug) for slug in slugs)
    assert slug_of("") == ""
