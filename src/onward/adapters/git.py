"""Git, asked only: what is staged, tracked or changed, when was the last commit. Nothing is ever changed."""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, TypedDict, Unpack

import msgspec

from onward.core.errors import BadInput, MissingTool
from onward.core.git_places import GIT_PATHS, GIT_PLACES
from onward.core.lines import lines_of
from onward.core.proc.call import Call, Ran
from onward.core.proc.run import expect, run

_HUNK = re.compile(rb"@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)")
_LETTERS = {
    b"a": b"\a",
    b"b": b"\b",
    b"t": b"\t",
    b"n": b"\n",
    b"v": b"\v",
    b"f": b"\f",
    b"r": b"\r",
}
_NEW = (0, 0)  # instead of first line and how many: all of a file


class _More(TypedDict, total=False):
    """Fields of a call that are asked for now and then."""

    stdin: bytes
    out_file: str
    timeout: float


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What differs from a commit (``base``, empty: there is none): files, relative with ``/``, and runs of lines in each."""

    root: Path
    base: str
    files: dict[str, tuple[tuple[int, int], ...]]

    def lines(self, path: str) -> Iterator[int]:
        """Give the numbers of the lines that are new or changed, from 1."""
        for first, many in self.files[path]:
            if (first, many) == _NEW:
                yield from range(1, (self.root / path).read_bytes().count(b"\n") + 2)
            else:
                yield from range(first, first + many)


class Repository:
    """The git repository around a folder. ``top`` is its work tree's top folder, links resolved."""

    def __init__(self, top: Path, program: str, env: Mapping[str, str]) -> None:
        self.top = top
        self._program = program
        self._env = dict(env)

    def staged(self) -> tuple[str, ...]:
        """Give the files that the next commit would add or change, from ``top``, with ``/``; no removed ones."""
        return _paths(self._ask("diff", "--cached", "--name-only", "-z", "--diff-filter=ACMRT"))

    def tracked(self, folder: Path) -> tuple[str, ...]:
        """Give the files under ``folder`` that git tracks, relative to it, with ``/``; no submodules."""
        listed = expect(self._run(folder, "ls-files", "-z", "--stage")).out
        entries = (entry.partition("\t") for entry in _paths(listed))
        return tuple(path for kind, _, path in entries if not kind.startswith("160000"))

    def with_submodules(self, folder: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Give the files under ``folder`` that git and its submodules track, and the submodules that are not checked out."""
        listed = _paths(expect(self._run(folder, "ls-files", "-z", "--recurse-submodules")).out)
        absent = {
            one for one in listed if (folder / one).is_dir() and not (folder / one).is_symlink()
        }
        return tuple(path for path in listed if path not in absent), tuple(sorted(absent))

    def new_files(self, folder: Path) -> tuple[str, ...]:
        """Give the files under ``folder`` that are neither tracked nor ignored, relative to it."""
        listed = self._run(folder, "ls-files", "-z", "--others", "--exclude-standard")
        return _paths(expect(listed).out)

    def unclean(self) -> tuple[str, ...]:
        """Give the files (and submodules) that differ from the last commit or are neither tracked nor ignored, from ``top``."""
        words = ("status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all", "--ignore-submodules=none")  # fmt: skip
        return tuple(entry[3:] for entry in _paths(self._ask(*words)))

    def head(self) -> str:
        """Give the present commit in hex, empty before the first one."""
        return self._line("rev-parse", "--verify", "--quiet", "HEAD^{commit}")

    def tags(self) -> dict[str, str]:
        """Give every tag with the commit behind it."""
        form = "--format=%(refname:strip=2)%09%(objectname)%09%(*objectname)"
        lines = lines_of(self._ask("for-each-ref", form, "refs/tags").decode("utf-8", "replace"))
        fields = (line.split("\t") for line in lines)
        return {tag: behind or own for tag, own, behind in fields}

    def changed(self, folder: Path) -> tuple[str, ...]:
        """Give the tracked files under ``folder`` that are not as in the last commit, relative to it; all without one."""
        words = ("diff", "--relative", "--name-only", "-z", "--ignore-submodules", "HEAD", "--")
        told = self._run(folder, *words)
        return _paths(told.out) if told.code == 0 else self.tracked(folder)

    def last_commit_of(self, file: str, folder: Path) -> str:
        """Give the last commit that changed ``file`` (relative to ``folder``), empty when there is none."""
        last = self._run(folder, "log", "-1", "--format=%H", "--", file)
        return last.out.decode("ascii", "replace").strip() if last.code == 0 else ""

    def renamed_since(self, commit: str, folder: Path) -> dict[str, str]:
        """Give the files under ``folder`` that git knows as renamed since ``commit``: old path to new.

        Paths are relative to ``folder`` with ``/``; what is not committed yet counts when it
        is staged.
        """
        words = ("diff", "--relative", "-M", "-l5000", "--name-status", "-z", "--diff-filter=R")
        told = self._run(folder, *words, commit, "--")
        fields = _paths(told.out) if told.code == 0 else ()
        return dict(zip(fields[1::3], fields[2::3], strict=False))

    def texts(self, commit: str, folder: Path, paths: Sequence[str], most: int) -> Iterator[bytes]:
        """Give what stood in each of ``paths`` (relative to ``folder``, with ``/``) at ``commit``.

        One process for all, and one text in memory at a time. What was not there, is no file, or
        is larger than ``most`` bytes is empty. Nothing is fetched from a remote.
        """
        names = [f"{commit}:./{path}" if "\n" not in path else "" for path in paths]
        asked = "".join(f"{name}\n" for name in names).encode("utf-8", "surrogateescape")
        with tempfile.TemporaryDirectory(prefix="onward-") as beside:
            into = Path(beside) / "texts"
            env = {**self._env, "GIT_NO_LAZY_FETCH": "1"}
            more: _More = {"stdin": asked, "out_file": str(into), "timeout": 60}
            expect(_git(self._program, folder, env, "cat-file", "--batch", **more))
            with into.open("rb") as file:
                for _ in names:
                    yield _blob(file, most)

    def changes(self, folder: Path, base: str = "") -> Changes:
        """Give what differs under ``folder`` from ``base``: in commits, staged, only in the work tree, or not added yet.

        ``base`` empty: the commit at which the branch left the default one of its remote,
        without a remote the last commit. Raises BadInput for a base that is not there.
        """
        commit = self._commit(base) if base else self._left_default()
        whole: tuple[tuple[int, int], ...] = (_NEW,)
        new = dict.fromkeys(self.new_files(folder), whole)
        if not commit:
            return Changes(
                root=folder, base="", files=dict.fromkeys(self.tracked(folder), whole) | new
            )
        words = ("diff", "--relative", "--no-ext-diff", "--no-textconv", "--no-color", "-M", "--ignore-submodules",
            "--diff-filter=d")  # fmt: skip
        named = _paths(expect(self._run(folder, *words, "--name-only", "-z", commit, "--")).out)
        prefixes = ("--src-prefix=a/", "--dst-prefix=b/", "--unified=0")
        told = expect(self._run(folder, *words, *prefixes, commit, "--")).out
        return Changes(
            root=folder, base=commit, files=dict.fromkeys(named, ()) | _hunks(told) | new
        )

    def _commit(self, name: str) -> str:
        found = self._line(
            "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"
        )
        if not found:
            raise BadInput(
                "unknown-base",
                f"`{name}` is no commit, branch or tag here",
                hint="Name one that `git log` shows; paths go before the option: `onward check src --changed main`.",
            )
        return found

    def _left_default(self) -> str:
        """Give the commit shared with the remote's default branch, the last commit without one, or nothing."""
        branch = self._line("symbolic-ref", "--quiet", "--short", "HEAD")
        remote = (branch and self._line("config", f"branch.{branch}.remote")) or "origin"
        for name in ("HEAD", "main", "master"):
            default = f"refs/remotes/{remote}/{name}"
            if not self._line("rev-parse", "--verify", "--quiet", f"{default}^{{commit}}"):
                continue
            shared = self._line("merge-base", "HEAD", default)
            if not shared:
                raise BadInput(
                    "no-common-commit",
                    f"nothing in the history here is shared with `{remote}`, so nobody knows what was changed",
                    hint="Fetch more of it (`git fetch --unshallow`), or name the commit to compare with.",
                )
            return shared
        return self._line("rev-parse", "--verify", "--quiet", "HEAD^{commit}")

    def _line(self, *words: str) -> str:
        """Give git's answer of one line, empty when there is none."""
        ran = self._run(self.top, *words)
        return ran.out.decode("utf-8", "surrogateescape").strip() if ran.code == 0 else ""

    def write_index(self, folder: Path) -> None:
        """Write every file of the index into ``folder``; the work tree and the index stay as they are."""
        self._ask("checkout-index", "--all", "--force", f"--prefix={folder.as_posix()}/")

    def write_commit(self, commit: str, folder: Path) -> None:
        """Write every file of a commit into ``folder``, by way of an index of its own beside it."""
        with tempfile.TemporaryDirectory(prefix="onward-") as beside:
            env = {**self._env, "GIT_INDEX_FILE": str(Path(beside) / "index")}
            prefix = f"--prefix={folder.as_posix()}/"
            expect(_git(self._program, self.top, env, "read-tree", commit))
            expect(_git(self._program, self.top, env, "checkout-index", "--all", "--force", prefix))

    def pushed(self, commit: str, there: str) -> tuple[str, ...]:
        """Give the files that ``commit`` adds or changes against what the remote has, from ``top``, with ``/``.

        ``there`` is the commit that the remote's branch stands at (zeros: it has none). Where
        that is not known here, what counts is all that no branch of a remote holds yet; with
        no such branch every file of the commit.
        """
        known = set(there) - {"0"} and self._run(self.top, "cat-file", "-e", there).code == 0
        base = there if known else self._new_from(commit)
        if base == commit:
            return ()
        if not base:
            return _paths(self._ask("ls-tree", "-r", "-z", "--name-only", commit))
        words = ("diff", "--name-only", "-z", "--diff-filter=ACMRT", base, commit, "--")
        return _paths(self._ask(*words))

    def _new_from(self, commit: str) -> str:
        """Give the commit before the first that no remote's branch holds; ``commit`` when all are held, else empty."""
        new = self._ask("rev-list", "--topo-order", "--reverse", commit, "--not", "--remotes")
        first = new.split(b"\n")[0].decode("ascii", "replace")
        if not first:
            return commit
        before = self._run(self.top, "rev-parse", "--verify", "--quiet", f"{first}^")
        return before.out.decode("ascii", "replace").strip() if before.code == 0 else ""

    def hooks_folder(self) -> tuple[Path, str]:
        """Give the folder git looks for hooks in, and whose setting says so (``local``, ``global`` ...; empty: nobody's)."""
        folder = self._ask("rev-parse", "--git-path", "hooks").decode("utf-8", "surrogateescape")
        told = self._run(self.top, "config", "--show-scope", "--get", "core.hooksPath")
        scope = told.out.split(b"\t")[0].decode() if told.code == 0 else ""
        return self.top / folder.rstrip("\r\n"), scope

    def own_folder(self) -> Path:
        """Give git's own folder for this work tree."""
        told = self._ask("rev-parse", "--git-dir").decode("utf-8", "surrogateescape")
        return self.top / told.rstrip("\r\n")

    def clone_without_files(self, folder: Path) -> None:
        """Make ``folder`` (not there yet) a repository with the same commits and tags and no files."""
        free = {key: value for key, value in self._env.items() if key not in GIT_PLACES}
        words = ("clone", "--quiet", "--shared", "--no-checkout", "--", str(self.top), str(folder))
        expect(_git(self._program, self.top, free, *words))
        _git(
            self._program, folder, free, "read-tree", "HEAD"
        )  # fails only where nothing was committed

    def commit_time(self) -> int | None:
        """Give the time of the last commit in seconds since 1970, or None before the first one."""
        ran = self._run(self.top, "log", "-1", "--format=%ct")
        text = ran.out.strip()
        return int(text) if ran.code == 0 and text.isdigit() else None

    def versions(self, file: Path, most: int) -> list[tuple[str, int, bytes]]:
        """Give the last ``most`` versions of a file, oldest first: commit (short), seconds since 1970, content."""
        words = ("log", f"--max-count={most}", "--format=%H %ct", "--", file.name)
        ran = self._run(file.parent, *words)
        if ran.code != 0:
            return []
        found = []
        for line in reversed(lines_of(ran.out.decode())):
            commit, _, seconds = line.partition(" ")
            shown = self._run(file.parent, "show", f"{commit}:./{file.name}")
            if shown.code == 0:  # else it was removed by that commit
                found.append((commit[:10], int(seconds), shown.out))
        return found

    def last_touched(self, file: Path, first: int, last: int) -> tuple[str, int] | None:
        """Give the newest commit (short name, seconds since 1970) among the lines ``first`` to ``last`` of a file.

        The name is empty when one of them is not committed; None when git does not know the file.
        """
        words = ("blame", "--line-porcelain", "-L", f"{first},{last}", "--", file.name)
        ran = self._run(file.parent, *words)
        if ran.code != 0:
            return None
        text = ran.out.decode("utf-8", "replace")
        names = re.findall(r"^([0-9a-f]{40,64}) \d+ \d+", text, re.MULTILINE)
        times = re.findall(r"^committer-time (\d+)$", text, re.MULTILINE)
        when = dict(zip(names, map(int, times), strict=True))
        if any(set(name) == {"0"} for name in when):
            return "", max(when.values())
        # commits of one second are common after a rebase: children stand before their parents here
        newest = self._ask("rev-list", "--topo-order", "--max-count=1", *when).decode().strip()
        return newest[:10], when[newest]

    def _ask(self, *words: str) -> bytes:
        return expect(self._run(self.top, *words)).out

    def _run(self, folder: Path, *words: str) -> Ran:
        return _git(self._program, folder, self._env, *words)


def repository(folder: Path, env: Mapping[str, str], *, cwd: Path) -> Repository | None:
    """Give the repository that ``folder`` is in, or None when it is in none.

    ``cwd`` is where onward was started: what git says in the environment counts from there.
    Raises MissingTool when there is no git, BadInput when git will not read the repository
    (for example because it belongs to someone else).
    """
    program = shutil.which("git", path=env.get("PATH"))
    if program is None:
        raise MissingTool(
            "git-missing", "git is not there", hint="Install git, or leave that option out."
        )
    words = _absolute(env, cwd)
    ran = _git(program, folder, words, "rev-parse", "--show-toplevel")
    if ran.code == 0:
        top = Path(ran.out.decode("utf-8", "surrogateescape").rstrip("\r\n"))
        # this one git itself reads from the top, wherever it is asked
        if index := env.get("GIT_INDEX_FILE"):
            words["GIT_INDEX_FILE"] = str(top / index)
        return Repository(top.resolve(), program, words)
    said = ran.err.decode("utf-8", "replace")
    if "not a git repository" in said or "must be run in a work tree" in said:
        return None
    what = f"git does not read the repository at `{folder}`"
    raise BadInput("git-refuses", what, context=tuple(filter(None, lines_of(said))))


def _git(
    program: str, folder: Path, env: Mapping[str, str], *words: str, **more: Unpack[_More]
) -> Ran:
    # literal paths, no pager, no question, no download of large files: the answer is read by us
    quiet = {
        "LC_ALL": "C",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_LFS_SKIP_SMUDGE": "1",
    }
    argv = (program, "--no-pager", "-c", "core.quotepath=off", *words)
    told: _More = {"timeout": 300, **more}
    return run(Call(argv=argv, cwd=str(folder), env={**env, **quiet}, **told))


def _blob(file: IO[bytes], most: int) -> bytes:
    """Read one answer of ``cat-file --batch``: a line (name, kind, size) with the content after it, or why there is none."""
    kind, _, size = file.readline().rpartition(b" ")
    if not size.strip().isdigit():
        return b""
    length = int(size) + 1  # a line end follows
    if not kind.endswith(b" blob") or length > most:
        file.seek(length, os.SEEK_CUR)
        return b""
    return file.read(length)[:-1]


def _absolute(env: Mapping[str, str], cwd: Path) -> dict[str, str]:
    own = {name: str(cwd / env[name]) for name in GIT_PATHS if env.get(name)}
    if "GIT_DIR" in own:  # alone it would make any folder that git is asked in the top one
        own.setdefault("GIT_WORK_TREE", str(cwd))
    return {**env, **own}


def _hunks(told: bytes) -> dict[str, tuple[tuple[int, int], ...]]:
    """Read a diff without context: first line and how many, for each file as it is now."""
    found: dict[str, list[tuple[int, int]]] = {}
    here: list[tuple[int, int]] = []
    skip = 0
    for line in told.split(b"\n"):
        if skip and line[:1] in (b"+", b"-"):
            skip -= 1
        elif line.startswith(b"+++ "):
            here = found.setdefault(_unquoted(line[4:].removesuffix(b"\t")), [])
        elif hunk := _HUNK.match(line):
            gone, first, come = hunk.groups()
            many = int(come or 1)
            skip = int(gone or 1) + many
            if many:
                here.append((int(first), many))
    return {path: tuple(runs) for path, runs in found.items()}


def _unquoted(name: bytes) -> str:
    """Give a path of a diff without its prefix and without git's quotes (for control characters and the like)."""
    if name.startswith(b'"'):
        name = _ESCAPE.sub(_plain, name[1:-1])
    return name.removeprefix(b"b/").decode("utf-8", "surrogateescape")


def _plain(escape: re.Match[bytes]) -> bytes:
    word = escape[1]
    return bytes((int(word, 8),)) if len(word) == 3 else _LETTERS.get(word, word)


def _paths(listed: bytes) -> tuple[str, ...]:
    text = listed.decode("utf-8", "surrogateescape")
    return tuple(path for path in text.split("\0") if path)
