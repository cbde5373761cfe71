"""No private key and no file of secrets goes into a program: a look at what was really packed.

The tree of the project is looked at before; what comes from a member beside it, from a
package, or from a project without git shows only here.
"""

from collections.abc import Iterable
from pathlib import Path

from onward.core.finding import Finding
from onward.domain.apps.model import App
from onward.workflows.app.build import Bench
from onward.workflows.no_secrets import refuse_secrets, secret_findings, zip_findings
from onward.workflows.situation import Situation


def look_into_bundle(app: App, bench: Bench, bundle: Path, situation: Situation) -> tuple[str, ...]:
    """Look at a folder as it was built; gives what is only advice, raises Refused (``secret``)."""
    held = (path for path in bundle.rglob("*") if not path.is_dir())
    paths = [path.relative_to(bundle).as_posix() for path in held]
    findings = secret_findings(bundle, paths, tests_may=True)
    if app.is_script:  # it lies compressed in the program's file, the one that nobody can look into
        findings += secret_findings(bench.source, [app.entry], tests_may=True)
    return _refuse(app, findings, situation)


def look_into_zip(app: App, made: Path, situation: Situation) -> tuple[str, ...]:
    """Look at a ``.pyz`` as ``look_into_bundle`` looks at a folder."""
    return _refuse(app, zip_findings(made, tests_may=True), situation)


def _refuse(app: App, findings: Iterable[Finding], situation: Situation) -> tuple[str, ...]:
    rows, today = situation.policy.rows, situation.now.date()
    return refuse_secrets(tuple(findings), rows, today, what=app.name)
