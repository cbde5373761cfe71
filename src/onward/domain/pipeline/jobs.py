"""Which jobs a project gets, from facts about it."""

from collections.abc import Sequence

from onward.domain.pipeline.model import DIST, FETCHED, Facts, Image, Job, Part, Step
from onward.domain.pipeline.program import program_jobs, release_job

_SYNC = Step(
    name="sync",
    title="Install what the lock says, judged first",
    argv=("sync",),
    onward=True,
    each_time=True,
)


def jobs_of(facts: Facts) -> tuple[Job, ...]:
    """Give the jobs in an order in which each comes after those that it needs."""
    jobs = [_check(facts)]
    if facts.tests:
        jobs.append(_test(facts))
    if facts.parts:
        jobs += [*(_build(facts, part) for part in facts.parts), _prove(facts)]
    if facts.images:
        jobs.append(_container(facts))
    if facts.program is not None:
        jobs += program_jobs(facts, facts.program, _names(jobs))
    before = _names(jobs)
    jobs += [_publish(facts, part, before) for part in facts.parts if part.publish]
    if facts.program is not None:  # what people see comes last
        jobs.append(release_job(facts, _names(jobs)))
    return tuple(jobs)


def _names(jobs: Sequence[Job]) -> tuple[str, ...]:
    return tuple(job.name for job in jobs)


def _named(word: str, facts: Facts, name: str) -> str:
    """Give the name of a job or a step that there may be several of."""
    return f"{word}-{name}" if facts.several else word


def _titled(words: str, facts: Facts, name: str) -> str:
    return f"{words} ({name})" if facts.several else words


def _check(facts: Facts) -> Job:
    check = Step(
        name="check",
        title="Check the code, the lock and the workflows"
        if not facts.checked
        else "Check the code",
        argv=("check", "--ci", *facts.checked),
        onward=True,
        report="gl-code-quality-report.json",
    )
    return Job(name="check", title="Check", steps=(_SYNC, check), python=facts.python)


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


def _build(facts: Facts, part: Part) -> Job:
    step = Step(
        name=_named("build", facts, part.name),
        title="Build a wheel and a source distribution, and install both",
        argv=("ship", "wheel", "--out", DIST),
        onward=True,
        folder=part.folder,
    )
    return Job(
        name=step.name,
        title=_titled("Build", facts, part.name),
        steps=(step,),
        needs=("test",) if facts.tests else ("check",),
        python=facts.python,
        minutes=30,
        folder=part.folder,
        keeps=DIST,
    )


def _prove(facts: Facts) -> Job:
    steps = tuple(
        Step(
            name=_named("prove", facts, part.name),
            title=_titled(
                "Compare wheel, source distribution and repository, and install both",
                facts,
                part.name,
            ),
            argv=("ship", "check"),
            onward=True,
            folder=part.folder,
        )
        for part in facts.parts
    )
    return Job(
        name="prove",
        title="Prove",
        steps=steps,
        needs=tuple(_named("build", facts, part.name) for part in facts.parts),
        systems=facts.systems,
        python=facts.python,
        minutes=30,
    )


def _container(facts: Facts) -> Job:
    several = len(facts.images) > 1
    steps = tuple(
        Step(
            name=f"container-{image.name}" if several else "container",
            title="Build the image of the Dockerfile" + (f" ({image.name})" if several else ""),
            argv=("docker", "build", "--tag", f"{image.name}:ci", *_file(image), image.context),
        )
        for image in facts.images
    )
    plain = tuple(
        Step(
            name=step.name,
            title="Build an image without an engine, and start it",
            argv=("ship", "image", *(("--package", image.member) if image.member else ())),
            onward=True,
        )
        for step, image in zip(steps, facts.images, strict=True)
    )
    return Job(
        name="container",
        title="Container",
        steps=steps,
        needs=("test",) if facts.tests else ("check",),
        minutes=30,
        plain=(_SYNC, *plain),
    )


def _file(image: Image) -> tuple[str, ...]:
    usual = image.file == "Dockerfile" and image.context == "."
    return () if usual else ("--file", image.file)


def _publish(facts: Facts, part: Part, before: tuple[str, ...]) -> Job:
    step = Step(
        name=_named("publish", facts, part.name),
        title=f"Publish to {part.publish}, and look at what came of it",
        argv=("ship", "publish", "--to", part.publish, "--built", FETCHED),
        onward=True,
        secrets=() if part.trusted else (("UV_PUBLISH_TOKEN", "UV_PUBLISH_TOKEN"),),
        dry=("--dry-run",),
        folder=part.folder,
    )
    identity = ("id-token", "write", "the index knows this job by its identity")
    return Job(
        name=step.name,
        title=_titled("Publish", facts, part.name),
        steps=(step,),
        needs=before,
        python=facts.python,
        minutes=30,
        tag=part.tag,
        folder=part.folder,
        fetches=(_named("build", facts, part.name),),
        rights=(identity,) if part.trusted else (),
        environment=part.publish,
        page=f"https://pypi.org/project/{part.name}/" if part.publish == "pypi" else "",
    )
