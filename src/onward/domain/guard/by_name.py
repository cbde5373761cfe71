"""Rules that need nothing but a name and where it would come from. They run before any page is asked for."""

from onward.core.finding import Finding, Release
from onward.core.names import Name
from onward.domain.guard.lookalike import Likeness
from onward.domain.guard.setting import Index, Setting, claimed


def judge_name(
    name: Name, index: Index, setting: Setting, likeness: Likeness | None
) -> tuple[Finding, ...]:
    """Give the findings on ``name`` coming from ``index``.

    Rules ``guard/lookalike`` (``likeness`` is what the tables say, None for nothing),
    ``guard/private-name`` and ``guard/not-allowed``.
    """
    subject = Release(name=name, source=index.address)
    found = []
    if (glob := claimed(name, setting.private)) and index.public:
        found.append(
            Finding(
                rule="guard/private-name",
                subject=subject,
                message=f"`{name}` is a private name (`{glob}`) and must not come from the public index {index.address}",
                hint="Name the private index in `[[tool.uv.index]]` and bind the name to it in `[tool.uv.sources]`.",
                facts={"claim": glob, "index": index.address},
            )
        )
    if setting.allow_only is not None and not claimed(name, setting.allow_only):
        found.append(
            Finding(
                rule="guard/not-allowed",
                subject=subject,
                message=f"`{name}` is not on the list of allowed projects",
                hint="Ask whoever keeps `guard.allow_only` to add it.",
            )
        )
    if likeness is not None and not claimed(name, setting.private):
        found.append(_lookalike(name, subject, likeness))
    return tuple(found)


def _lookalike(name: Name, subject: Release, likeness: Likeness) -> Finding:
    if likeness.kind == "import-name":
        message = f"`{name}` is what you import; the project to install is `{likeness.meant}`"
    else:
        message = (
            f"`{name}` is not a well known project and looks like `{likeness.meant}`, "
            f"which is number {likeness.rank} of the most downloaded ({likeness.kind})"
        )
    return Finding(
        rule="guard/lookalike",
        subject=subject,
        message=message,
        hint=f"Did you mean `onward add {likeness.meant}`?",
        facts={"meant": likeness.meant, "rank": likeness.rank, "kind": likeness.kind},
        seen_by=f"the most downloaded names of {likeness.as_of}" if likeness.as_of else "onward",
    )
