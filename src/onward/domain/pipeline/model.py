"""The jobs and steps of a project, in order. Files of build services and ``ship ci --here`` are made from these alone."""

import hashlib
import re
import shlex

import msgspec

_COMMAND = re.compile(r"# Written by `onward ship ci ?([^`\n]*)`\.")
_PLAIN = re.compile(r"[A-Za-z0-9_./-]+")
_ODD = re.compile(r"[^A-Za-z0-9_.-]+")

DIST = "dist"
"""The folder that built files go to; ``--here`` puts one of its own in its place."""
FETCHED = "fetched"
"""The folder that the files of earlier jobs come to; ``--here`` takes the one that they were built in."""


class Program(msgspec.Struct, frozen=True, kw_only=True):
    """A program for people without Python: its command, whether it opens windows, and the words of starts that must end well.

    ``one_is_enough``: one of these starts.
    """

    slug: str
    windowed: bool = False
    starts: tuple[tuple[str, ...], ...] = ()
    one_is_enough: bool = False


class Tag(msgspec.Struct, frozen=True, kw_only=True):
    """The tags that name a version: they begin with ``start``, and with none of ``but``, which are another package's."""

    start: str = "v"
    but: tuple[str, ...] = ()


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A package that is built: in ``folder`` of the project (empty: the project itself), with ``tag`` for its versions.

    ``publish`` names an index (empty: it is not published); ``trusted`` says that it knows the build service
    by its identity (OIDC).
    """

    name: str
    folder: str = ""
    tag: Tag = Tag()
    publish: str = ""
    trusted: bool = False


class Image(msgspec.Struct, frozen=True, kw_only=True):
    """A Dockerfile: ``file`` and ``context`` as seen from the project's folder; ``member`` is set where one of several is meant."""

    name: str
    file: str = "Dockerfile"
    context: str = "."
    member: str = ""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What the jobs are made from.

    ``folder`` is where the project lies in its repository (``/``, empty: at the top), and
    ``watched`` are files and folders outside of it that it is made from, as globs from the top.
    ``checked`` are the paths that the check looks at (none: all). ``onward`` are the words that call onward on a build service, ``alone`` those that do so
    without installing the project, which would run its code. ``python`` is the version that
    all but the tests run with, ``pythons`` those of the tests. ``systems`` are ``ubuntu``,
    ``macos``, ``windows``. ``parts`` are the packages to build, several in a workspace; ``tag`` is the one of
    the program. ``asked`` are the words of the command line that count until others are given.
    ``submodules``: sources are there too. ``left_out`` are members whose program no job makes.
    """

    name: str
    onward: tuple[str, ...]
    alone: tuple[str, ...]
    uv: str
    python: str
    pythons: tuple[str, ...]
    systems: tuple[str, ...] = ("ubuntu",)
    tests: tuple["Step", ...] = ()
    folder: str = ""
    watched: tuple[str, ...] = ()
    checked: tuple[str, ...] = ()
    several: bool = False
    parts: tuple[Part, ...] = ()
    images: tuple[Image, ...] = ()
    program: Program | None = None
    tag: Tag = Tag()
    branch: str = "main"
    submodules: bool = False
    asked: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def tags(self) -> tuple[str, ...]:
        """The beginnings of the tags that name a version of something here."""
        parts = (part.tag.start for part in self.parts if part.publish)
        program = (self.tag.start,) if self.program is not None else ()
        return tuple(dict.fromkeys((*parts, *program))) or (self.tag.start,)


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One command.

    ``argv`` are its words; with ``onward`` they follow those that call onward. What is for
    GitHub's runners alone is a ``script`` for bash instead, in which ``ONWARD`` calls onward, or
    ``attests``: files that GitHub signs. ``secrets`` are (variable, name of the secret), with
    ``token`` GitHub's own too. ``as_root``: GitHub's runner lends the rights. ``report`` is a
    file that GitLab reads the output of this step from. ``dry`` are words that ``--here`` adds,
    since the step leaves this machine. ``each_time``: what it leaves behind is not among the
    files, so ``--here`` never counts it as done. ``may_fail``: what follows runs anyway.
    """

    name: str
    title: str
    argv: tuple[str, ...] = ()
    onward: bool = False
    script: str = ""
    secrets: tuple[tuple[str, str], ...] = ()
    token: bool = False
    attests: str = ""
    as_root: bool = False
    env: dict[str, str] = {}
    folder: str = ""
    report: str = ""
    dry: tuple[str, ...] = ()
    each_time: bool = False
    may_fail: bool = False


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """Steps on one machine; with ``pythons`` or several ``systems`` on one of each.

    ``tag``: only for a tag that names a version. ``keeps`` is a folder that later jobs
    may fetch, ``fetches`` the names of jobs whose folder is wanted; both lie in ``folder`` of the
    project. ``rights`` are (right of
    GitHub's token, ``read`` or ``write``, what it is for) beside reading the sources.
    ``environment`` guards what the job may use (approval, secrets), ``page`` is where its work can be seen. Not ``anywhere``: it is for
    GitHub's runners alone, and ``--here`` leaves it out. Not ``sources``: it needs none. ``plain``
    are the steps instead of ``steps`` where root in a container of Python runs them, with no engine at hand.
    """

    name: str
    title: str
    steps: tuple[Step, ...]
    needs: tuple[str, ...] = ()
    systems: tuple[str, ...] = ("ubuntu",)
    python: str = ""
    pythons: tuple[str, ...] = ()
    minutes: int = 20
    tag: Tag | None = None
    folder: str = ""
    keeps: str = ""
    fetches: tuple[str, ...] = ()
    rights: tuple[tuple[str, str, str], ...] = ()
    environment: str = ""
    page: str = ""
    anywhere: bool = True
    sources: bool = True
    plain: tuple[Step, ...] = ()


def slug_of(folder: str) -> str:
    """Give a word for the names of files that no other folder of the repository has; empty at the top."""
    word = folder.replace("/", "--")
    if _PLAIN.fullmatch(folder) and "--" not in folder:
        return word
    digest = hashlib.sha256(folder.encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return f"{_ODD.sub('-', word).strip('-.')}-{digest}" if folder else ""


def calls_onward(facts: Facts, job: Job) -> tuple[str, ...]:
    """Give the words that call onward in a job: where secrets or an identity are at hand, no code of the project runs."""
    return facts.alone if job.environment else facts.onward


def head(facts: Facts) -> str:
    """Give the first lines of each file; ``words_in`` reads the command in them again."""
    return (
        f"Written by `{shlex.join(('onward', 'ship', 'ci', *facts.asked))}`."
        " Edit it as you like: the next run keeps your edits.\n"
        "The same steps on your own machine: `onward ship ci --here`"
    )


def words_in(text: str) -> tuple[str, ...]:
    """Give the words behind ``ship ci`` in the head of a file that was written for them."""
    found = _COMMAND.match(text)
    return tuple(shlex.split(found[1])) if found else ()
