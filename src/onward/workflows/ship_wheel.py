"""One sentence of a user: build my package, prove that it is fit to hand out, and only then give it to me."""

import contextlib
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from onward.adapters.git import Repository
from onward.adapters.uv.commands import Uv
from onward.core.disk import sha256_of
from onward.core.errors import BadInput, Refused
from onward.core.finding import Certainty, Finding, Place
from onward.core.lines import lines_of
from onward.core.names import parse_name
from onward.core.perform import Listen, silent
from onward.core.plan import Plan, Step, WriteFile
from onward.core.policy import Decision
from onward.core.scratch_folder import scratch_folder
from onward.domain.policy.decide import decide
from onward.domain.shipping.built import Built
from onward.domain.shipping.compare import compare_findings
from onward.domain.shipping.contents import contents_findings, missing_findings
from onward.domain.shipping.licences import Licensed, render, unknown
from onward.domain.shipping.metadata import metadata_findings
from onward.domain.shipping.secrets import without_publishing
from onward.domain.shipping.twice import twice_findings
from onward.workflows.build import Build, Refuse, Workshop
from onward.workflows.kept_log import Log
from onward.workflows.licence_list import licence_list
from onward.workflows.no_secrets import tree_findings
from onward.workflows.resolve import Resolver
from onward.workflows.siblings import Sibling, asked_for, siblings_of
from onward.workflows.situation import Situation
from onward.workflows.source_copy import Sources, find_sources
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
    """How to ship: into which folder, whether to build twice, to do without the registry, to replace files.

    ``tree`` looks for secrets among what git tracks, ``compare`` also what of repository, source distribution and wheel is not in the others.
    """

    out: Path
    reproduce: bool = True
    offline: bool = False
    force: bool = False
    tree: bool = True
    compare: bool = False


class Shipped(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it: the decision, the wheel and the sdist, what was proven, what was done, and the plan.

    ``log`` holds all that uv, the backend and the trial said. ``plan`` puts the files into the folder that was wished for; it is None when the
    decision blocks.
    """

    decision: Decision
    built: tuple[Built, Built]
    proven: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    plan: Plan | None = None
    log: Path | None = None
    licences: tuple[Licensed, ...] = ()


def ship_wheel(
    folder: Path,
    pyproject: Mapping[str, Any],
    situation: Situation,
    wishes: Wishes,
    listen: Listen = silent,
) -> Shipped:
    """Build the project at ``folder`` in scratch copies and prove the result; nothing real changes.

    ``pyproject`` is its parsed file. Raises BadInput when it does not build, OutsideFailed
    when the registry did not answer, Refused when a file of the same name and other
    content is in the way, or when a requirement is held back.
    """
    situation = msgspec.structs.replace(situation, env=without_publishing(situation.env))
    with (
        scratch_folder() as scratch,
        _uv_for(situation, offline=wishes.offline) as (uv, refuse),
    ):
        place = f"build-{sha256_of(str(folder).encode())[:12]}.txt"
        log = Log(situation.cache / "logs" / place, fresh=True)
        log.write(f"{situation.now.isoformat()} {folder}")
        bench = _Bench(situation, uv, refuse, scratch, wishes=wishes, listen=listen, log=log)
        return bench.ship(folder, pyproject)


@contextlib.contextmanager
def _uv_for(situation: Situation, *, offline: bool) -> Iterator[tuple[Uv, Refuse]]:
    """Give the uv to build and to install with: it sees the guarded index, or offline nothing but its own cache."""
    if offline:
        uv = Uv(program=situation.uv, env={**situation.env, "UV_OFFLINE": "1"}, config="")
        yield uv, lambda _words: None
        return
    with Resolver(situation, situation.judge(know_lock=True)).serving() as found:
        yield found


class _Bench:
    """A place to build in and to try what was built."""

    def __init__(
        self,
        situation: Situation,
        uv: Uv,
        refuse: Refuse,
        scratch: Path,
        *,
        wishes: Wishes,
        listen: Listen,
        log: Log,
    ) -> None:
        self._log = log
        self._situation = situation
        self._uv = uv
        self._refuse = refuse
        self._scratch = scratch
        self._wishes = wishes
        self._listen = listen

    def ship(self, folder: Path, pyproject: Mapping[str, Any]) -> Shipped:
        """Build, look it over, build again, try it."""
        shop, sources, known = self._shop(folder, self._scratch)
        self._listen("start", "Building the source distribution, and the wheel from it")
        build, evened = shop.evened(shop.build("one", _HERE))
        _refuse_packed_links(sources, build.sdist)
        findings, proven = _read_over(build, (*sources.files, *sources.beside), pyproject)
        findings += tree_findings(sources, known) if self._wishes.tree else ()
        findings += _absent(sources, build.sdist)
        if self._wishes.reproduce:
            self._listen("start", "Building again, in another folder and time zone, to compare")
            again, _ = shop.evened(shop.build("two", _ELSEWHERE))
            differing = [
                *twice_findings(build.wheel, again.wheel),
                *twice_findings(build.sdist, again.sdist),
            ]
            findings += differing
            proven += ["two builds are byte for byte the same"] * (not differing)
        else:
            findings.append(_not_twice(build.wheel))
        if self._wishes.compare:
            tree = {path: _digest(sources.folder / path) for path in sources.files}
            findings += compare_findings(tree, build.sdist, build.wheel)
        beside, about = self._beside(folder, pyproject, build.wheel)
        self._listen("start", "Installing the wheel into an empty environment and importing it")
        trial = Trial(
            self._uv,
            self._refuse,
            build.wheel,
            path=build.out / build.wheel.filename,
            beside=beside,
            project=build.folder,
            scratch=self._scratch,
            log=self._log,
        )
        tried = trial.run(offline=self._wishes.offline)
        bill = shop.bill(build)
        listed = licence_list(trial.environment, bill[1], self._situation)
        stem = bill[0].removesuffix(".cdx.json")
        policy, today = self._situation.policy, self._situation.now.date()
        decision = decide([*findings, *about, *tried.findings], policy.rows, today)
        licences = render(stem.replace("-", " "), listed)
        files = {**build.files, bill[0]: bill[1], f"{stem}.licences.txt": licences}
        return Shipped(
            decision=decision,
            built=(build.wheel, build.sdist),
            proven=(*proven, *tried.proven),
            notes=((_EVENED,) if evened else ()) + _unknown(listed),
            plan=None if decision.blocked else _plan(files, self._wishes),
            licences=listed,
            log=self._log.path,
        )

    def _shop(self, folder: Path, scratch: Path) -> tuple[Workshop, Sources, Repository | None]:
        situation = self._situation
        sources, known = find_sources(folder, situation.env, cwd=situation.cwd)
        shop = Workshop(
            self._uv,
            sources,
            known,
            situation.env,
            scratch,
            refuse=self._refuse,
            log=self._log,
            offline=self._wishes.offline,
        )
        return shop, sources, known

    def _beside(
        self, folder: Path, pyproject: Mapping[str, Any], wheel: Built
    ) -> tuple[list[Path], list[Finding]]:
        """Build what the wheel needs of the project's own, and of what that needs; say that users get it elsewhere."""
        known = siblings_of(self._situation.project, folder, pyproject)
        wanted, seen = asked_for(wheel, known), {parse_name(wheel.filename.partition("-")[0])}
        wheels: list[Path] = []
        findings: list[Finding] = []
        while wanted:
            sibling = wanted.pop(0)
            if sibling.name in seen:
                continue
            seen.add(sibling.name)
            findings.append(_elsewhere(wheel, sibling))
            if sibling.folder is None:
                continue
            self._listen("start", f"Building {sibling.name}, which it needs, from {sibling.said}")
            shop, *_ = self._shop(sibling.folder, self._scratch / f"beside-{sibling.name}")
            built = shop.build("one", _HERE)
            wheels.append(built.out / built.wheel.filename)
            wanted += asked_for(built.wheel, known)
        return wheels, findings


def _refuse_packed_links(sources: Sources, sdist: Built) -> None:
    """Raise BadInput (``link-out``) where a build backend packed what a link of the project leads to outside of its repository.

    The wheel is built from the source distribution, so what is not in that is not in the wheel.
    """
    top = sources.top.resolve()
    links = [path for path in sources.files if (sources.folder / path).is_symlink()]
    out = [path for path in links if not (sources.folder / path).resolve().is_relative_to(top)]
    files = {path for path, one in zip(sdist.paths, sdist.members, strict=True) if not one.link}
    packed = [one for one in out if any(f"{path}/".startswith(f"{one}/") for path in files)]
    if packed:
        raise BadInput(
            "link-out",
            f"{len(packed)} of the project's files lead out of it, so files of this machine would be handed out",
            context=tuple(
                f"{one} leads to {(sources.folder / one).readlink()}" for one in packed[:20]
            ),
            hint="Put copies of them there.",
        )


def _absent(sources: Sources, sdist: Built) -> list[Finding]:
    return [
        Finding(
            rule="ship/absent-submodule",
            subject=Place(path=sdist.filename),
            message=f"nothing of the submodule {path} is in it, for it is not checked out",
            hint="`git submodule update --init --recursive`, and build again.",
        )
        for path in sources.absent
    ]


def _unknown(listed: Sequence[Licensed]) -> tuple[str, ...]:
    names = unknown(listed)
    more = f" and {len(names) - 8} more" * (len(names) > 8)
    return (f"no licence is known of {', '.join(names[:8])}{more}",) if names else ()


def _digest(path: Path) -> str:
    if path.is_symlink() or not path.is_file():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _elsewhere(wheel: Built, sibling: Sibling) -> Finding:
    return Finding(
        rule="ship/only-here",
        subject=Place(path=wheel.filename),
        message=f"it needs `{sibling.name}`, which comes from {sibling.said} here; whoever installs it"
        " gets that name from their own index",
        hint=f"Publish `{sibling.name}` where they install from, and own the name there.",
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
        old = lines_of((out / SUMS).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        old = []
    for line in old:
        digest, mark, name = line.partition("  ")
        if mark and (out / name).is_file():
            lines[name] = digest
    lines |= {name: sha256_of(content) for name, content in files.items()}
    return "".join(f"{lines[name]}  {name}\n" for name in sorted(lines)).encode()
