"""One sentence of a user: build my package, prove that it is fit to hand out, and only then give it to me."""

import datetime as dt
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from onward.adapters.uv.commands import uv_program
from onward.core.disk import sha256_of
from onward.core.errors import Refused
from onward.core.finding import Certainty, Finding, Place
from onward.core.perform import Listen, silent
from onward.core.plan import Plan, Step, WriteFile
from onward.core.policy import Decision, Row
from onward.domain.policy.decide import decide
from onward.domain.shipping.built import Built
from onward.domain.shipping.contents import contents_findings, missing_findings
from onward.domain.shipping.metadata import metadata_findings
from onward.domain.shipping.twice import twice_findings
from onward.workflows.build import Build, Workshop
from onward.workflows.source_copy import find_sources
from onward.workflows.try_wheel import Trial

SUMS = "SHA256SUMS"

# What may differ between two machines that build the same source; the files may not.
_HERE = {"TZ": "UTC0", "PYTHONHASHSEED": "0"}
_ELSEWHERE = {"TZ": "XXX-9", "PYTHONHASHSEED": "1"}
_EVENED = (
    "the source distribution told when or by whom it was built; its times are now those of the sources and its files"
    " belong to nobody, so that it can be built again byte for byte"
)


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """How to ship: into which folder, whether to build twice, to do without the registry, to replace files."""

    out: Path
    reproduce: bool = True
    offline: bool = False
    force: bool = False


class Shipped(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it: the decision, the wheel and the sdist, what was proven, what was done, and the plan.

    ``plan`` puts the files into the folder that was wished for; it is None when the
    decision blocks.
    """

    decision: Decision
    built: tuple[Built, Built]
    proven: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    plan: Plan | None = None


def ship_wheel(
    folder: Path,
    pyproject: Mapping[str, Any],
    rows: Sequence[Row],
    wishes: Wishes,
    *,
    env: Mapping[str, str],
    cwd: Path,
    today: dt.date,
    listen: Listen = silent,
) -> Shipped:
    """Build the project at ``folder`` in scratch copies and prove the result; nothing real changes.

    ``pyproject`` is its parsed file. Raises BadInput when it does not build, OutsideFailed
    when the registry did not answer, Refused when a file of the same name and other
    content is in the way.
    """
    sources, known = find_sources(folder, env, cwd=cwd)
    uv = uv_program(env)
    with tempfile.TemporaryDirectory(prefix="onward-ship-", ignore_cleanup_errors=True) as name:
        scratch = Path(name).resolve()
        shop = Workshop(uv, sources, known, env, scratch, offline=wishes.offline)
        listen("start", "Building the source distribution, and the wheel from it")
        build, evened = shop.evened(shop.build("one", _HERE))
        findings, proven = _read_over(build, (*sources.files, *sources.beside), pyproject)
        if wishes.reproduce:
            listen("start", "Building again, in another folder and time zone, to compare")
            again, _ = shop.evened(shop.build("two", _ELSEWHERE))
            differing = [
                *twice_findings(build.wheel, again.wheel),
                *twice_findings(build.sdist, again.sdist),
            ]
            findings += differing
            proven += ["two builds are byte for byte the same"] * (not differing)
        else:
            findings.append(_not_twice(build.wheel))
        listen("start", "Installing the wheel into an empty environment and importing it")
        path = build.out / build.wheel.filename
        trial = Trial(uv, build.wheel, path=path, project=build.folder, env=env, scratch=scratch)
        tried = trial.run(offline=wishes.offline)
        bill = shop.bill(build)
    findings += tried.findings
    decision = decide(findings, rows, today)
    return Shipped(
        decision=decision,
        built=(build.wheel, build.sdist),
        proven=(*proven, *tried.proven),
        notes=(_EVENED,) if evened else (),
        plan=None if decision.blocked else _plan({**build.files, bill[0]: bill[1]}, wishes),
    )


def _read_over(
    build: Build, tree: Sequence[str], pyproject: Mapping[str, Any]
) -> tuple[list[Finding], list[str]]:
    about: list[Finding] = []
    inside: list[Finding] = []
    for built in (build.wheel, build.sdist):
        about += metadata_findings(built, pyproject)
        inside += contents_findings(built)
    inside += missing_findings(build.wheel, tree)
    proven = [] if about else ["name, version, metadata and recorded hashes agree"]
    if not inside:
        proven.append("the contents are whole: no junk, no secrets, nothing missing")
    return about + inside, proven


def _not_twice(wheel: Built) -> Finding:
    return Finding(
        rule="ship/unproven",
        subject=Place(path=wheel.filename),
        message="it was built once, so nobody knows whether the same source gives the same file",
        hint="Leave out `--no-reproduce` before you hand it out.",
        certainty=Certainty.unknown,
    )


def _plan(files: Mapping[str, bytes], wishes: Wishes) -> Plan:
    out = wishes.out
    in_the_way = [
        name
        for name, content in files.items()
        if name.endswith((".whl", ".tar.gz"))
        and (out / name).exists()
        and (out / name).read_bytes() != content
    ]
    if in_the_way and not wishes.force:
        raise Refused(
            "would-replace",
            f"`{out}` holds another build of the same version",
            context=tuple(f"{name} is there with other content" for name in in_the_way),
            hint="Raise the version if that build was handed out; `--force` replaces it if it was not.",
        )
    wanted = {**files, SUMS: _sums(files, out)}
    steps: list[Step] = [
        WriteFile(sentence=f"write {out / name}", path=str(out / name), content=content)
        for name, content in wanted.items()
        if not ((out / name).is_file() and (out / name).read_bytes() == content)
    ]
    return Plan(title=f"put {len(steps)} files into {out}", steps=tuple(steps))


def _sums(files: Mapping[str, bytes], out: Path) -> bytes:
    """Give SHA256SUMS as ``sha256sum --check`` reads it, keeping the lines of other files that are still there."""
    lines: dict[str, str] = {}
    try:
        old = (out / SUMS).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        old = []
    for line in old:
        digest, mark, name = line.partition("  ")
        if mark and (out / name).is_file():
            lines[name] = digest
    lines |= {name: sha256_of(content) for name, content in files.items()}
    return "".join(f"{lines[name]}  {name}\n" for name in sorted(lines)).encode()
