"""Mending one file, given as bytes, for some rules; nothing is written here."""

from collections.abc import Collection, Mapping, Sequence

import msgspec

from onward.adapters.ruff import tools as ruff
from onward.core.errors import OnwardError
from onward.core.proc.run import run
from onward.core.tool import CheckTool, Fixer, OwnFixer, Probe, Target
from onward.workflows.checking.scope import Scope
from onward.workflows.mending.refactor import RefactorFixer

FIXERS: tuple[tuple[CheckTool, Fixer], ...] = ((ruff.LINT, ruff.LINT), (ruff.FORMAT, ruff.FORMAT))
"""Those that mend by a program, in order: what changes code first, what only lays it out last."""

OWN_FIXERS: tuple[OwnFixer, ...] = (RefactorFixer(),)
"""Those of onward itself; they come before all others."""


class Repaired(msgspec.Struct, frozen=True, kw_only=True):
    """A file after mending, and the rules that were mended in it."""

    content: bytes
    rules: tuple[str, ...] = ()


class _Work(msgspec.Struct, frozen=True):
    """One way to mend: the fixer, its program, what it works on."""

    fixer: Fixer
    probe: Probe
    target: Target


class Repairer:
    """Mends files of one scope: for what was found in them, then for what the mending left untidy."""

    def __init__(self, scope: Scope, env: Mapping[str, str]) -> None:
        target = Target(root=str(scope.root), env=dict(env))
        self._works = [
            _Work(fixer, probe, target)
            for tool, fixer in FIXERS
            if (probe := tool.probe(scope.environment, env)).found
        ]

    def repaired(
        self,
        path: str,
        before: bytes,
        rules: Sequence[str],
        *,
        tidy: Collection[str],
        unsafe: bool = False,
    ) -> Repaired:
        """Give ``before`` mended for ``rules``; ``tidy`` are those by which what was touched is put in order then.

        What cannot be mended stays as it is: it is still there in the next look.
        """
        content, done = before, list[str]()
        for own_fixer in OWN_FIXERS:
            own = tuple(rule for rule in rules if own_fixer.mends(rule))
            new = own_fixer.mend(path, content, own, unsafe=unsafe) if own else None
            if new is not None and new != content:
                content = new
                done += own
        for work in self._works:
            fixer = work.fixer
            own = tuple(rule for rule in rules if fixer.mends(rule))
            later = (fixer.afterwards,) if fixer.afterwards in {*tidy} - {*own} else ()
            for part in (own, later):
                if not part or (part == later and content == before):
                    continue
                new = _by_program(work, path, content, part, unsafe=unsafe and part == own)
                if new is not None and new != content:
                    content = new
                    done += part
        return Repaired(content=content, rules=tuple(done))

    def safe_still(self, path: str, content: bytes) -> frozenset[str]:
        """Give the rules for which ruff finds more in ``content`` of ``path`` that is safe to mend."""
        for work in self._works:
            if work.fixer is ruff.LINT:
                try:
                    ran = run(ruff.LINT.look(work.probe, work.target, path, content))
                except OnwardError:
                    break
                found = ruff.LINT.read(ran)
                return frozenset(one.rule for one in found if one.facts.get("fix") == "safe")
        return frozenset()


def _by_program(
    work: _Work, path: str, content: bytes, rules: tuple[str, ...], *, unsafe: bool
) -> bytes | None:
    call = work.fixer.repair(work.probe, work.target, path, content, rules, unsafe=unsafe)
    try:
        return work.fixer.repaired(run(call))
    except OnwardError:
        return None
