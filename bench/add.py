"""``add``: one package with warm caches, with pages to be revalidated, and seventy packages at once."""

import sys

from bench import peers, workplace
from bench.harness import Subject, Target, run
from bench.mirror import Mirror

ONE = ("rich",)
# Five names that bring about seventy packages.
MANY = ("fastapi[standard]", "sqlalchemy", "pandas", "pytest", "boto3")


def main() -> int:
    """Measure all three and give 0 when the targets are met."""
    warm = Mirror(workplace.environment(), port=38917, max_age=86400)
    stale = Mirror(workplace.environment(), port=38918, max_age=0)
    try:
        outcomes = [
            _compare("add one package", "small", ONE, warm, most=3.0, rounds=9, peers_too=True),
            _compare("add one package, pages revalidated", "small", ONE, stale, most=4.5, rounds=9),
            _compare("add seventy packages", "empty", MANY, warm, most=2.5, rounds=3),
        ]
    finally:
        warm.close()
        stale.close()
    return max(outcomes)


def _compare(
    title: str,
    project: str,
    names: tuple[str, ...],
    mirror: Mirror,
    *,
    most: float,
    rounds: int,
    peers_too: bool = False,
) -> int:
    env = workplace.environment(UV_DEFAULT_INDEX=mirror.url)
    uv = peers.own("uv")
    subjects = []
    for tool in ("uv", "onward"):
        folder = workplace.fresh(project, title.replace(" ", "-"), tool)
        why = peers.verb_missing("add") if tool == "onward" else ""
        why = why or workplace.call([uv, "sync", "--quiet"], folder, env)
        again = [uv, "sync", "--quiet", "--frozen"]
        subjects.append(
            Subject(
                name=f"{tool} add",
                argv=(peers.own(tool), "add", *names),
                cwd=folder,
                env=env,
                prepare=workplace.restorer(folder, ("pyproject.toml", "uv.lock"), again, env),
                missing=why,
            )
        )
    if peers_too:
        subjects += [_peer(tool, project, names) for tool in ("poetry", "pdm")]
    targets = (Target(subject="onward add", base="uv add", most=most),)
    return run(title, subjects, targets, rounds=rounds, base="uv add")


def _peer(tool: str, project: str, names: tuple[str, ...]) -> Subject:
    env = workplace.environment()
    program, why = peers.peer(tool)
    folder = workplace.fresh(project, "add", tool)
    why = why or workplace.call([program, "install"], folder, env)
    again = [program, "sync"]
    return Subject(
        name=f"{tool} add",
        argv=(program, "add", *names),
        cwd=folder,
        env=env,
        prepare=workplace.restorer(folder, ("pyproject.toml", f"{tool}.lock"), again, env),
        missing=why,
    )


if __name__ == "__main__":
    sys.exit(main())
