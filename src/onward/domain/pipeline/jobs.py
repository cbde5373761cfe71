"""Which jobs a project gets, from facts about it."""

from collections.abc import Sequence

from onward.domain.pipeline.model import DIST, FETCHED, Facts, Job, Step
from onward.domain.pipeline.program import program_jobs, release_job


def jobs_of(facts: Facts) -> tuple[Job, ...]:
    """Give the jobs in an order in which each comes after those that it needs."""
    jobs = [_check(facts)]
    if facts.tests:
        jobs.append(_test(facts))
    if facts.builds:
        jobs += [_build(facts), _prove(facts)]
    if facts.container:
        jobs.append(_container(facts))
    if facts.program is not None:
        jobs += program_jobs(facts, facts.program, _names(jobs))
    if facts.builds and facts.publish:
        jobs.append(_publish(facts, _names(jobs)))
    if facts.program is not None:  # what people see comes last
        jobs.append(release_job(_names(jobs)))
    return tuple(jobs)


def _names(jobs: Sequence[Job]) -> tuple[str, ...]:
    return tuple(job.name for job in jobs)


def _check(facts: Facts) -> Job:
    sync = Step(
        name="sync",
        title="Install what the lock says, judged first",
        argv=("sync",),
        onward=True,
        each_time=True,
    )
    check = Step(
        name="check",
        title="Check the code, the lock and the workflows",
        argv=("check", "--ci"),
        onward=True,
        report="gl-code-quality-report.json",
    )
    return Job(name="check", title="Check", steps=(sync, check), python=facts.python)


def _test(facts: Facts) -> Job:
    return Job(
        name="test",
        title="Test",
        steps=facts.tests,
        needs=("check",),
        systems=facts.systems,
        pythons=facts.pythons,
        minutes=30,
    )


def _build(facts: Facts) -> Job:
    step = Step(
        name="build",
        title="Build a wheel and a source distribution, and install both",
        argv=("ship", "wheel", "--out", DIST),
        onward=True,
    )
    return Job(
        name="build",
        title="Build",
        steps=(step,),
        needs=("test",) if facts.tests else ("check",),
        python=facts.python,
        minutes=30,
        keeps=DIST,
    )


def _prove(facts: Facts) -> Job:
    step = Step(
        name="prove",
        title="Compare wheel, source distribution and repository, and install both",
        argv=("ship", "check"),
        onward=True,
    )
    return Job(
        name="prove",
        title="Prove",
        steps=(step,),
        needs=("build",),
        systems=facts.systems,
        python=facts.python,
        minutes=30,
    )


def _container(facts: Facts) -> Job:
    step = Step(
        name="container",
        title="Build the image of the Dockerfile",
        argv=("docker", "build", "--tag", f"{facts.name}:ci", "."),
    )
    return Job(
        name="container",
        title="Container",
        steps=(step,),
        needs=("test",) if facts.tests else ("check",),
        minutes=30,
    )


def _publish(facts: Facts, before: tuple[str, ...]) -> Job:
    step = Step(
        name="publish",
        title=f"Publish to {facts.publish}, and look at what came of it",
        argv=("ship", "publish", "--to", facts.publish, "--built", FETCHED),
        onward=True,
        secrets=() if facts.trusted else (("UV_PUBLISH_TOKEN", "UV_PUBLISH_TOKEN"),),
        dry=("--dry-run",),
    )
    identity = ("id-token", "write", "the index knows this job by its identity")
    return Job(
        name="publish",
        title="Publish",
        steps=(step,),
        needs=before,
        python=facts.python,
        minutes=30,
        on_tag=True,
        fetches=("build",),
        rights=(identity,) if facts.trusted else (),
        environment=facts.publish,
    )
