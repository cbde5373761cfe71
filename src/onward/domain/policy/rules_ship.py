"""The rules about what is handed out: what was built, and where it is published."""

from onward.core.policy import Level
from onward.domain.policy.rule import Rule

_ADVISE, _ENFORCE = Level.advise, Level.enforce

SHIP_RULES: tuple[Rule, ...] = (
    Rule(
        id="publish/untagged",
        summary="The commit that is published has no tag with its version.",
        why="A tag is how anyone finds the source of a release later, and how `onward check` knows what to compare"
        " the public API with.",
        remedy="`git tag v1.2.0` with your version, and push the tag.",
        relaxed=_ADVISE,
        standard=_ADVISE,
        strict=_ENFORCE,
    ),
    Rule(
        id="publish/no-git",
        summary="No git repository is here, so nobody knows which sources a release was made from.",
        why="Whether something was changed and never committed cannot be seen without a history. That is unknown, not"
        " clean.",
        remedy="`git init`, and commit what belongs to the project.",
        relaxed=_ADVISE,
        standard=_ENFORCE,
        strict=_ENFORCE,
    ),
    Rule(
        id="publish/*",
        summary="The project is not in a state to be published: changes that are not committed, a changelog that says"
        " nothing of the version, a tag of it elsewhere.",
        why="A version can be published once. What was not committed is in no history, and what the changelog does not"
        " say, users find out by themselves.",
        remedy="The finding says what is missing. `onward ship publish --dry-run` shows all of it without an upload.",
        relaxed=_ENFORCE,
        standard=_ENFORCE,
        strict=_ENFORCE,
    ),
    Rule(
        id="ship/unproven",
        summary="Something about what was built was not tried, because it was asked not to be.",
        why="What was left out (the registry with `--offline`, the second build with `--no-reproduce`) is unknown. It"
        " is said, so that nobody takes it for proven.",
        remedy="Build again without that option before you hand it out.",
        relaxed=_ADVISE,
        standard=_ADVISE,
        strict=_ENFORCE,
    ),
    Rule(
        id="ship/only-here",
        summary="A wheel needs a package that comes from beside the project: its workspace, a folder, git, a URL.",
        why="A wheel names what it needs, not where from. On another machine the name is looked up on an index: it is"
        " missing there, or it is somebody else's.",
        remedy="Publish that package where the users install from, before this one.",
        relaxed=_ADVISE,
        standard=_ADVISE,
        strict=_ENFORCE,
    ),
    Rule(
        id="ship/missing-data",
        summary="Files that lie beside the project's modules are not in the wheel.",
        why="Code that reads a template or a table beside itself works in the checkout and fails once installed. Some"
        " files are left out on purpose, so this is advice.",
        remedy="Name the files in the build backend's settings if the code needs them when it runs.",
        relaxed=_ADVISE,
        standard=_ADVISE,
        strict=_ADVISE,
    ),
    Rule(
        id="ship/test-secret",
        summary="A private key or a settings file lies among the tests of a source distribution.",
        why="Tests of encrypted connections need keys, and most of them open nothing. One that does looks the same.",
        remedy="Look whether it was made for the tests; replace it if it opens anything.",
        relaxed=_ADVISE,
        standard=_ADVISE,
        strict=_ENFORCE,
    ),
    Rule(
        id="ship/not-in-sdist",
        summary="Files of the repository are not in the source distribution.",
        why="Distributions and auditors build from it, and cannot run tests or make pages that are not there. Much is left out on purpose, so this is advice.",
        remedy="Name what belongs there in the build backend's settings.",
        relaxed=_ADVISE,
        standard=_ADVISE,
        strict=_ADVISE,
    ),
    Rule(
        id="ship/not-in-git",
        summary="Files of the source distribution are not in the repository.",
        why="What nobody can find in the history nobody has reviewed. A version file that the build makes is fine.",
        remedy="Commit it, or look which step of the build makes it.",
        relaxed=_ADVISE,
        standard=_ADVISE,
        strict=_ADVISE,
    ),
    Rule(
        id="ship/wheel-only",
        summary="Files of the wheel are not in the source distribution.",
        why="Whoever builds from the source distribution gets another wheel, unless the build makes these files.",
        remedy="Look which step of the build makes them.",
        relaxed=_ADVISE,
        standard=_ADVISE,
        strict=_ADVISE,
    ),
    Rule(
        id="ship/rewritten",
        summary="The build wrote a file anew that it is known to write.",
        why="Backends put a simpler pyproject.toml or setup.cfg into the source distribution, and each build may write its own"
        " module with the version. What else reads these reads the new ones.",
        remedy="Nothing, unless a tool reads that file in the source distribution.",
        relaxed=_ADVISE,
        standard=_ADVISE,
        strict=_ADVISE,
    ),
    Rule(
        id="ship/*",
        summary="What was built is not fit to hand out: metadata, contents, installation or reproducibility.",
        why="A release cannot be taken back from those who have it. So the built file itself is looked at,"
        " installed into an empty environment and imported before it is called done.",
        remedy="The finding says what is wrong in which file. Mend the project, and build again.",
        relaxed=_ENFORCE,
        standard=_ENFORCE,
        strict=_ENFORCE,
    ),
)
