"""Settings of tools that ruff stands in for: what of them has to be said to ruff too is found here."""

from collections.abc import Iterator

from onward.adapters.old_settings import Broken, broken_settings, old_settings
from onward.adapters.ruff.settings import own_table
from onward.core.finding import Certainty, Finding, Place
from onward.core.project import Project
from onward.domain.old_settings.carry import Carried, carry
from onward.domain.policy.checks import ONLY_DECLARED

_RULE = "check/old-settings"


def old_settings_findings(project: Project) -> Iterator[Finding]:
    """Give a finding for each old tool whose settings ruff knows nothing of; one that still looks itself has none."""
    looking = {declared.name for declared in project.declared} & ONLY_DECLARED
    for broken in broken_settings(project.root):
        if not looking.issuperset(broken.tools):
            yield _unread(broken)
    found = tuple(old for old in old_settings(project.root) if old.tool not in looking)
    if not found:
        return
    table, file = own_table(project.root)
    prefix = "tool.ruff" if file == "pyproject.toml" else ""
    for one in carry(found, table, prefix=prefix):
        yield _finding(one, file)


def _unread(broken: Broken) -> Finding:
    tools = " and ".join(broken.tools)
    return Finding(
        rule=_RULE,
        subject=Place(path=broken.file),
        message=f"the settings of {tools} in this file cannot be read, so what they ask for is unknown: {broken.why}",
        facts={"tool": tools, "fault": broken.why},
        hint="Mend the file, or remove it if nothing reads it any more.",
        certainty=Certainty.unknown,
    )


def _finding(one: Carried, ruffs: str) -> Finding:
    facts: dict[str, object] = {"tool": one.tool}
    hints = []
    if one.lines:
        facts["lines"] = "\n".join(one.lines)
        hints += [f"Write into {ruffs}:", *one.lines]
    if one.lost:
        facts["lost"] = "\n".join(one.lost)
        hints.append(f"ruff has nothing for: {'; '.join(one.lost)}")
    return Finding(
        rule=_RULE,
        subject=Place(path=one.file),
        message=f"ruff does not know the settings of {one.tool} in this file",
        facts=facts,
        hint="\n".join(hints),
    )
