"""zizmor: how to ask it whether workflows of GitHub Actions are safe, and what its answers mean."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from onward.core.files_named import files_named
from onward.core.finding import Finding, Place
from onward.core.proc.call import Call, Ran
from onward.core.programs import Wanted, find_program
from onward.core.tool import NO_JSON, Depends, Probe, Target, failed, relative

_KINDS = (".yml", ".yaml")
_ZIZMOR = Wanted(tool="zizmor", distribution="zizmor")
_FOUND = (10, 11, 12, 13, 14)  # by the highest severity; 10 is an unknown one
_ACTIONS = ("action.yml", "action.yaml")
_NOT_READ = b"failed to parse input"


class _Point(msgspec.Struct, frozen=True):
    row: int
    column: int


class _Span(msgspec.Struct, frozen=True):
    start_point: _Point
    end_point: _Point


class _Concrete(msgspec.Struct, frozen=True):
    location: _Span


class _File(msgspec.Struct, frozen=True):
    verbatim_path: str = ""
    given_path: str = ""


class _Key(msgspec.Struct, frozen=True, rename="pascal"):
    local: _File | None = None


class _Symbolic(msgspec.Struct, frozen=True):
    key: _Key
    annotation: str = ""
    kind: str = ""


class _Location(msgspec.Struct, frozen=True):
    symbolic: _Symbolic
    concrete: _Concrete


class _Weight(msgspec.Struct, frozen=True):
    confidence: str = ""
    severity: str = ""


class _Seen(msgspec.Struct, frozen=True):
    """One finding of ``--format json-v1``; rows and columns count from 0."""

    ident: str
    desc: str
    locations: list[_Location]
    determinations: _Weight = _Weight()
    url: str = ""
    ignored: bool = False


class Zizmor:
    """``zizmor``: findings ``zizmor/AUDIT``."""

    name = "zizmor"
    depends = Depends(kinds=_KINDS, above=("zizmor.yml", "zizmor.yaml"), variables=("ZIZMOR_",))

    def probe(self, environment: Path, env: Mapping[str, str]) -> Probe:
        """Find the project's own zizmor."""
        del env
        return find_program(_ZIZMOR, environment)

    def call(self, probe: Probe, target: Target) -> Call | None:
        """Ask about all that GitHub would run, without the network; None when there is nothing of the kind."""
        if target.named(_KINDS) is None or not has_workflows(Path(target.root)):
            return None
        argv = (probe.program, "--offline", "--no-progress", "--color", "never")
        env = {key: value for key, value in target.env.items() if not key.endswith("_TOKEN")}
        return Call(
            argv=(*argv, "--format", "json-v1", "--", "."),
            cwd=target.root,
            env=env,
            ok=(0, *_FOUND),
        )

    def read(self, ran: Ran) -> Iterator[Finding]:
        """Read what ``call`` left: 0 is clean, 10 to 14 say how grave the worst finding is, 3 that it read nothing."""
        try:
            seen = msgspec.json.decode(ran.out, type=list[_Seen])
        except NO_JSON:
            yield failed(self.name, f"{ran.ended} without a readable answer", ran)
            return
        told = [one for one in seen if not one.ignored]
        for one in told:
            yield _finding(one, ran.call.cwd)
        if ran.code not in (0, *_FOUND):
            yield failed(self.name, f"it ended with {ran.ended}", ran)
        elif _NOT_READ in ran.err:
            yield failed(self.name, "a file is no workflow that it can read", ran)
        elif bool(told) != bool(ran.code):
            why = f"it ended with {ran.ended} and named {len(told)} findings"
            yield failed(self.name, why, ran)


CHECK = Zizmor()


def has_workflows(root: Path) -> bool:
    """Say whether there is something that GitHub Actions or Dependabot would read."""
    github = root / ".github"
    if any(github.glob("workflows/*.y*ml")) or any(github.glob("dependabot.y*ml")):
        return True
    return bool(files_named(root, _ACTIONS.__contains__, hidden=True))


def _finding(one: _Seen, root: str) -> Finding:
    main = next((at for at in one.locations if at.symbolic.kind == "Primary"), None)
    where = main or next(iter(one.locations), None)
    return Finding(
        rule=f"zizmor/{one.ident}",
        subject=_place(where, root),
        message=one.desc + (f": {where.symbolic.annotation}" if where else ""),
        facts={
            "severity": one.determinations.severity.lower(),
            "confidence": one.determinations.confidence.lower(),
            "url": one.url,
        },
        seen_by="zizmor",
    )


def _place(where: _Location | None, root: str) -> Place:
    if where is None:
        return Place(path=".github/workflows")
    file = where.symbolic.key.local
    path = (file.verbatim_path or file.given_path) if file else ".github/workflows"
    start, end = where.concrete.location.start_point, where.concrete.location.end_point
    return Place(
        path=relative(path, root),
        line=start.row + 1,
        column=start.column + 1,
        end_line=end.row + 1,
        end_column=end.column + 1,
    )
