"""Build a project's sdist and wheel in clean copies of its sources, as often as wanted."""

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from onward.adapters.git import Repository
from onward.adapters.uv import build as uv_build
from onward.adapters.uv.commands import Uv
from onward.core.errors import BadInput
from onward.core.proc.run import run
from onward.domain.shipping import sbom
from onward.domain.shipping.built import (
    Built,
    canonical_sdist,
    read_built,
    tells_of_its_build,
)
from onward.domain.shipping.metadata import core_metadata
from onward.workflows.kept_log import Log
from onward.workflows.source_copy import Sources, copy_sources
from onward.workflows.uv_words import outside_if_network

_NEAR = 3  # seconds: the clock of whoever committed may be a little ahead

Refuse = Callable[[Sequence[str]], None]
"""Given what uv said when it failed: raises what really went wrong behind the guarded index, if anything did."""


class Build(msgspec.Struct, frozen=True, kw_only=True):
    """One build: the folder it was built in, both files' bytes by name, and both read."""

    folder: Path
    out: Path
    files: dict[str, bytes]
    wheel: Built
    sdist: Built


class Workshop:
    """A scratch folder to build in. Each build gets the sources as they were at the start, at a path of its own."""

    def __init__(
        self,
        uv: Uv,
        sources: Sources,
        known: Repository | None,
        env: Mapping[str, str],
        scratch: Path,
        *,
        refuse: Refuse,
        log: Log,
        offline: bool = False,
    ) -> None:
        self._uv = uv
        self._log = log
        self._refuse = refuse
        self._scratch = scratch
        self._offline = offline
        copy = copy_sources(sources, known, scratch / "sources")
        self._inner = copy.relative_to(scratch / "sources")
        self.when = _epoch(env.get("SOURCE_DATE_EPOCH"), sources.when)
        self._env = {"SOURCE_DATE_EPOCH": str(self.when)}
        self._tells_apart = _wait_past(self.when)

    def build(self, name: str, circumstances: Mapping[str, str]) -> Build:
        """Build once; ``name`` is the copy's own, ``circumstances`` go into the environment.

        Raises BadInput (``build-failed``) with the backend's own words, Refused when it asks
        for what the policy holds back, OutsideFailed when the registry did not answer.
        """
        top = self._scratch / name / "source"
        shutil.copytree(self._scratch / "sources", top, symlinks=True)
        folder = top / self._inner
        out = self._scratch / name / "out"
        out.mkdir(parents=True)
        env = {**self._env, **circumstances}
        ran = run(uv_build.build(self._uv, folder, out, env, offline=self._offline))
        self._log.ran(f"build {name} of {self._inner.name or top.name}", ran)
        if not ran.succeeded:
            words = tuple(uv_build.last_words(ran))
            self._refuse(words)
            if not self._offline:
                outside_if_network(ran)
            raise BadInput(
                "build-failed",
                "the project does not build",
                context=(*words, f"log: {self._log.path}"),
                hint="These are the build backend's last words; the log has all of them. Nothing was changed."
                + (" It may need files that are not in uv's cache." if self._offline else ""),
            )
        return _read(folder, out)

    def bill(self, build: Build) -> tuple[str, bytes]:
        """Give file name and content of the bill of materials: of uv.lock, else of what the wheel asks for."""
        metadata, _ = core_metadata(build.wheel)
        name, version = build.wheel.filename.split("-")[:2]
        project = name.replace("_", "-")
        both = (build.wheel, build.sdist)
        if (build.folder / "uv.lock").is_file():
            exported = uv_build.read_bill(run(uv_build.bill(self._uv, build.folder, self._env)))
            content = sbom.of_lock(exported, project, version, both, self.when)
        else:
            asked = (metadata or {}).get("requires_dist") or []
            content = sbom.of_requirements(project, version, asked, both, self.when)
        return f"{name}-{version}.cdx.json", content

    def evened(self, build: Build) -> tuple[Build, bool]:
        """Give a build whose sdist does not tell when and by whom it was made; the flag says if it did.

        Many backends write both into the sdist whatever is asked of them; what its files
        hold is the same. Where the sources are from the future by this clock, times tell nothing
        and every sdist is evened.
        """
        if self._tells_apart and not tells_of_its_build(build.sdist, self.when):
            return build, False
        return self._even(build), True

    def _even(self, build: Build) -> Build:
        name = build.sdist.filename
        content = canonical_sdist(build.files[name], self.when)
        return msgspec.structs.replace(
            build, files={**build.files, name: content}, sdist=read_built(name, content)
        )


def _wait_past(when: int) -> bool:
    """Wait out the second ``when`` if it is now or near, and say whether the clock is past it.

    A file made in the very second of the commit has the time of the sources: it would pass for one of
    them today and not tomorrow.
    """
    if 0 < (left := when + 1 - time.time()) <= _NEAR:
        time.sleep(left)
    return time.time() >= when + 1


def _read(folder: Path, out: Path) -> Build:
    found = sorted(path for path in out.iterdir() if path.name.endswith((".whl", ".tar.gz")))
    wheels = [path for path in found if path.name.endswith(".whl")]
    if len(wheels) != 1 or len(found) != 2:
        raise BadInput(
            "build-odd",
            "a build has to give one wheel and one source distribution",
            context=tuple(f"it gave {path.name}" for path in found) or ("it gave nothing",),
        )
    files = {path.name: path.read_bytes() for path in found}
    read = {name: read_built(name, content) for name, content in files.items()}
    wheel = read.pop(wheels[0].name)
    (sdist,) = read.values()
    return Build(folder=folder, out=out, files=files, wheel=wheel, sdist=sdist)


def _epoch(said: str | None, otherwise: int) -> int:
    # the zip format cannot say anything before 1980
    return max(int(said), 315_532_800) if said and said.isdigit() else otherwise
