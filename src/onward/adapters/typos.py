"""typos: how to ask it for misspelt words, and what its answers mean."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from onward.core.finding import Finding, Place
from onward.core.proc.call import Call, Ran
from onward.core.programs import Wanted, find_program
from onward.core.tool import NO_JSON, Depends, Probe, Target, failed, relative
from onward.domain.baseline.file import NAME as BASELINE

_TYPOS = Wanted(tool="typos", distribution="typos")
_FOUND = 2
_RULE = "typos/typo"


class _Seen(msgspec.Struct, frozen=True):
    """One line of ``--format json``; without ``line_num`` it is about the name of the file."""

    type: str
    path: str = ""
    line_num: int = 0
    byte_offset: int = 0
    typo: str = ""
    corrections: list[str] = []


_SEEN = msgspec.json.Decoder(_Seen)


class Typos:
    """``typos``: findings ``typos/typo``."""

    name = "typos"
    depends = Depends(
        one_by_one=True,
        above=("typos.toml", "_typos.toml", ".typos.toml", "pyproject.toml", "Cargo.toml",
               ".gitignore", ".ignore", ".git/info/exclude"),
        of_user=("git/ignore",),
        streams=True,
    )  # fmt: skip

    def probe(self, environment: Path, env: Mapping[str, str]) -> Probe:
        """Find the project's own typos."""
        del env
        return find_program(_TYPOS, environment)

    def call(self, probe: Probe, target: Target) -> Call | None:
        """Ask about everything: to a file that is named to it, typos would look though it is ignored or hidden.

        Not about the baseline: some of its hashes read like words. What the project excludes stays so.
        """
        look = ("--exclude", BASELINE, "--", ".")
        argv = (probe.program, "--format", "json", "--color", "never", *look)
        return Call(argv=argv, cwd=target.root, env=dict(target.env), ok=(0, _FOUND))

    def read(self, ran: Ran) -> Iterator[Finding]:
        """Read what ``call`` left; 0 is clean, 2 says that there are typos, all else is a failure."""
        count = 0
        for line in ran.lines():
            try:
                seen = _SEEN.decode(line)
            except NO_JSON:
                yield failed(self.name, "its answer cannot be read", ran)
                return
            if seen.type == "typo":
                count += 1
                yield _finding(seen, ran.call.cwd)
            elif seen.type != "binary_file":
                yield failed(self.name, f"it told of `{seen.type}` in `{seen.path}`", ran)
        if ran.code not in (0, _FOUND):
            yield failed(self.name, f"it ended with {ran.ended}", ran)
        elif bool(count) != bool(ran.code):
            why = f"it ended with {ran.ended} and named {count} typos"
            yield failed(self.name, why, ran)


CHECK = Typos()


def _finding(seen: _Seen, root: str) -> Finding:
    where = "" if seen.line_num else " in the name of the file"
    meant = " or ".join(f"`{word}`" for word in seen.corrections)
    return Finding(
        rule=_RULE,
        subject=Place(
            path=relative(seen.path, root),
            line=seen.line_num,
            column=seen.byte_offset + 1 if seen.line_num else 0,
            end_line=seen.line_num,
            end_column=seen.byte_offset + 1 + len(seen.typo.encode()) if seen.line_num else 0,
        ),
        message=f"`{seen.typo}`{where} is misspelt" + (f": {meant}" if meant else ""),
        facts={"typo": seen.typo, "corrections": seen.corrections},
        hint="" if meant else "typos knows no better word; this one is not allowed here.",
        seen_by="typos",
    )
