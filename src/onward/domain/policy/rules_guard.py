"""The guard's rules in words: what each one means, why it exists, and how strict it starts.

Counts of malicious names are from the pypi_malregistry research list (June 2026) against the
most downloaded names (hugovk/top-pypi-packages, April 2026). Times to discovery are from
the public reports of each incident, December 2024 to May 2026.
"""

from onward.core.policy import Level
from onward.domain.policy.rule import Rule
from onward.domain.policy.rules_history import HISTORY_RULES

_OFF, _ADVISE, _ENFORCE = Level.off, Level.advise, Level.enforce

GUARD_RULES: tuple[Rule, ...] = (
    Rule(
        id="guard/malicious",
        summary="The release is listed as malware.",
        why="A malicious package can do its harm while it is installed or at its first import, so it has to"
        " be stopped before it arrives. OSV publishes such reports with ids that begin with `MAL-`,"
        " often within hours of the upload. An entry here is a report about this very release, not a guess.",
        remedy="Do not install it. If it was installed before, treat the machine's passwords and tokens as"
        " stolen: revoke them first, clean up afterwards. A wrong report is mended at its source.",
        relaxed=_ENFORCE,
        standard=_ENFORCE,
        strict=_ENFORCE,
    ),
    Rule(
        id="guard/vulnerable",
        summary="A known advisory hits a version that is about to enter the project.",
        why="The cheapest moment to avoid a known hole is before the version is in the lock file."
        " A range such as `<2.11` can quietly pull in a release whose fault was published years ago."
        " The facts name the advisory, its severity and the first version without it.",
        remedy="Take the fixed version that is named, or widen the range that forbids it. If the hole does not"
        " concern you, write that down: `onward allow NAME==VERSION --why ...`, best with a date.",
        relaxed=_ADVISE,
        standard=_ENFORCE,
        strict=_ENFORCE,
    ),
    Rule(
        id="guard/vulnerable-locked",
        summary="A known advisory hits a version that the lock file already holds.",
        why="New advisories appear for code that has not changed. Stopping every build on that day would"
        " teach people to switch the guard off, so it is shown and not enforced: the way forward is an"
        " update, and an update must stay possible.",
        remedy="`onward update --security` takes the lowest versions that end the advisories, runs your tests and"
        " keeps what passes. Set this rule to `enforce` where a release must not go out with one.",
        relaxed=_ADVISE,
        standard=_ADVISE,
        strict=_ADVISE,
    ),
    Rule(
        id="guard/too-new",
        summary="The file was uploaded less than the cool-down ago (three days unless set otherwise).",
        why="When an honest project's account is stolen, the bad release has the right name and a plausible"
        " version; only time shows it. In six such cases on PyPI since December 2024 with known times, each was found"
        " within a day. Waiting three days costs little: the resolver takes the release before it."
        " A version that an advisory names as its fix does not have to wait.",
        remedy="Nothing: the older release is taken, and the new one when its time has come. `guard.cooldown` sets"
        " the time; `onward allow NAME==VERSION --rule guard/too-new --why ...` lets one through.",
        relaxed=_ADVISE,
        standard=_ENFORCE,
        strict=_ENFORCE,
    ),
    Rule(
        id="guard/lookalike",
        summary="The name is little known and very close to a far more popular one, or is only an import name.",
        why="Names one slip of the finger away from a popular one are registered to catch that slip. Of 10,137 names"
        " of known malicious packages about one in six is of this kind; the others are the business of"
        " other rules. Import names (`cv2`, `bs4`, `sklearn`) are a second trap: the library has another name on the index.",
        remedy="Use the name that is shown. If you did mean this one, and know who makes it:"
        " `onward allow NAME --rule guard/lookalike --why ...`.",
        relaxed=_ENFORCE,
        standard=_ENFORCE,
        strict=_ENFORCE,
    ),
    *HISTORY_RULES,
    Rule(
        id="guard/private-name",
        summary="A name that `guard.private` claims would come from a public index.",
        why="When a company's internal name is free on the public index, anyone can register it there with a"
        " higher version, and a tool that asks both indexes may take the stranger's. A claimed name"
        " or prefix therefore never comes from a public index, whatever versions are offered.",
        remedy="Make sure the private index is reachable and listed for the project. If the claim is too wide,"
        " narrow the pattern in `guard.private`.",
        relaxed=_ENFORCE,
        standard=_ENFORCE,
        strict=_ENFORCE,
    ),
    Rule(
        id="guard/not-allowed",
        summary="The package is not on the list in `guard.allow_only`.",
        why="Most malicious packages resemble nothing: no comparison of names finds them. A list of"
        " what a team has looked at stops them all, at the price of keeping the list."
        " The rule is off until `guard.allow_only` is set, and enforced from then on.",
        remedy="Use a package from the list, or have this one looked at and its name added.",
        relaxed=_OFF,
        standard=_OFF,
        strict=_OFF,
    ),
    Rule(
        id="guard/yanked",
        summary="The index marks the file as yanked (PEP 592).",
        why="The makers took this release back: it may be broken, or published by mistake. Resolvers pass over"
        " a yanked file, but an exact pin still installs it, with a warning that scrolls away.",
        remedy="Choose another version; the reason the makers gave is shown. To keep it for a while:"
        " `onward allow NAME==VERSION --rule guard/yanked --until ... --why ...`.",
        relaxed=_ADVISE,
        standard=_ENFORCE,
        strict=_ENFORCE,
    ),
    Rule(
        id="guard/yanked-locked",
        summary="A version in the lock file has been yanked since (PEP 592).",
        why="The makers took it back after you had chosen it. It may work well for you, and a build that"
        " worked yesterday should not stop for it; but someone should look at the reason.",
        remedy="`onward update NAME` moves to a version that was not taken back.",
        relaxed=_ADVISE,
        standard=_ADVISE,
        strict=_ADVISE,
    ),
    Rule(
        id="guard/unlocked",
        summary="The project has no lock, so what would be installed is not known.",
        why="A range is a promise about the future: the same file installs other code tomorrow. Without a"
        " lock only names and exact pins can be judged; the rest is unknown, and unknown is not clean.",
        remedy="`onward lock` where the project is PEP 621, or the lock of the tool the project uses.",
        relaxed=_ADVISE,
        standard=_ADVISE,
        strict=_ADVISE,
    ),
    Rule(
        id="guard/quarantined",
        summary="The index has put the whole project in quarantine (PEP 792).",
        why="An index does this when it suspects a project and has not finished looking. Copies in caches and"
        " mirrors stay installable all the same, and clients lose the reason on the way."
        " Until the index has decided, nothing of that project enters.",
        remedy="Wait for the index's decision, or use another library. An older copy is no safer.",
        relaxed=_ENFORCE,
        standard=_ENFORCE,
        strict=_ENFORCE,
    ),
    Rule(
        id="guard/archived",
        summary="The makers have archived the project (PEP 792): no further releases are planned.",
        why="An archived library still works today. Nobody will mend the next hole in it, though, and moving"
        " away is easier before there is one.",
        remedy="Look whether its page names a successor, and plan the move.",
        relaxed=_ADVISE,
        standard=_ADVISE,
        strict=_ADVISE,
    ),
    Rule(
        id="guard/source-only",
        summary="There is no wheel for a platform or Python that the project must run on.",
        why="Installing from source runs the package's own code on the machine that builds it, and often"
        " needs a compiler and headers that are missing just there. The finding names the platforms"
        " without a wheel, and what a build needs where that is known.",
        remedy="Choose a version that has wheels, or set `platforms` and `python` to what you really support.",
        relaxed=_ADVISE,
        standard=_ADVISE,
        strict=_ADVISE,
    ),
    Rule(
        id="guard/foreign-source",
        summary="The artifact comes from outside the allowed indexes: a URL, git, a path, or another index.",
        why="What does not come through a known index has no upload time, can be replaced at the same address,"
        " and is covered by few advisories. Such sources are normal in some projects, so this is shown;"
        " in the strict profile it has to be allowed one by one.",
        remedy="Publish it to an index you trust, or add that index to `guard.indexes`. For a single one:"
        " `onward allow NAME --rule guard/foreign-source --why ...`.",
        relaxed=_ADVISE,
        standard=_ADVISE,
        strict=_ENFORCE,
    ),
    Rule(
        id="guard/not-on-index",
        summary="The lock names a file that its index does not list with that name and hash.",
        why="A lock is a text that anyone who may send a change can edit. With another address and the hash of"
        " another file it installs something that no index ever offered, under a well known name; and a"
        " file that the index has taken away was often taken away for a reason.",
        remedy="Look who changed uv.lock and when. Taking the lock back from version control, or locking that"
        " package anew, brings the file that the index offers.",
        relaxed=_ENFORCE,
        standard=_ENFORCE,
        strict=_ENFORCE,
    ),
    Rule(
        id="guard/lock-unchecked",
        summary="The index could not be asked whether it lists the files of the lock.",
        why="A new or changed lock is compared with its indexes once before it is installed. When an index does"
        " not answer, only the hashes in the lock itself can be checked, and they are as good as whoever wrote it.",
        remedy="Sync again when the index answers; what was confirmed once is not asked for again.",
        relaxed=_ADVISE,
        standard=_ADVISE,
        strict=_ENFORCE,
    ),
    Rule(
        id="guard/no-upload-time",
        summary="A remote index does not say when the file was uploaded, so its age is unknown.",
        why="A cool-down that lets files of unknown age through is no cool-down. PEP 700 gives every file an"
        " upload time; some company indexes drop it on the way. Not knowing is not the same as being old enough.",
        remedy="Ask for upload times on that index, point the project at one that has them, or"
        " allow what you trust: `onward allow 'acme-*' --rule guard/no-upload-time --why ...`.",
        relaxed=_ADVISE,
        standard=_ENFORCE,
        strict=_ENFORCE,
    ),
    Rule(
        id="guard/no-upload-time-local",
        summary="A file from a local folder (`file:` or find-links) has no upload time, so its age is unknown.",
        why="A folder on disk has no upload times at all, and who fills it is usually known. It is a rule of its"
        " own so that it can be judged apart from a remote index that forgets to tell.",
        remedy="Nothing, if you trust that folder; else take the file from an index.",
        relaxed=_ADVISE,
        standard=_ADVISE,
        strict=_ADVISE,
    ),
    Rule(
        id="guard/no-upload-time-locked",
        summary="The lock does not say when its files were uploaded, so their age was not looked at.",
        why="poetry.lock, pdm.lock, Pipfile.lock and locks of older versions of uv hold no upload times. `check`"
        " asks no index, so it cannot tell how old such releases are; that is a gap of the format and no sign"
        " of anything bad. `sync` asks the index before it installs.",
        remedy="For uv.lock: `onward lock` with a current uv writes the times. For other locks nothing can be"
        " done; `onward outdated` asks the index about their releases.",
        relaxed=_ADVISE,
        standard=_ADVISE,
        strict=_ENFORCE,
    ),
    Rule(
        id="guard/feed-old",
        summary="The advisory data is missing or more than seven days old.",
        why="Without fresh data, `no advisory found` only means that nobody looked lately. A report"
        " of a stolen release is worth most in its first days.",
        remedy="`onward guard update` fetches the data; run it daily where builds run. Without a network, point"
        " `ONWARD_FEED_URL` at a copy inside.",
        relaxed=_ADVISE,
        standard=_ADVISE,
        strict=_ENFORCE,
    ),
    Rule(
        id="guard/escape-lock",
        summary="A lock names files, repositories or folders that are not on the guard.",
        why="`uv sync --frozen`, `pip install -r` and others fetch what a lock names from where it says, whatever the"
        " settings are. So a lock that was made before the guard, or edited since, goes around it.",
        remedy="Make the lock anew with the guard in place (`onward lock`, `poetry lock`, `pdm lock`); what is left then"
        " is a dependency on an address, which has to be published to an index or accepted with a row.",
        relaxed=_ADVISE,
        standard=_ENFORCE,
        strict=_ENFORCE,
    ),
    Rule(
        id="guard/escape-setting",
        summary="A setting takes packages from elsewhere than the guard.",
        why="An extra index, `find-links`, a source in `[tool.uv.sources]` or an installer that was never told of the guard"
        " brings packages that nobody judged. Installers mix indexes without a word.",
        remedy="`onward guard on` sets the index of each installer. Put other indexes behind the server"
        " (`onward guard serve --upstream URL`) and take them out of the settings.",
        relaxed=_ADVISE,
        standard=_ENFORCE,
        strict=_ENFORCE,
    ),
    Rule(
        id="guard/escape-variable",
        summary="An environment variable sends an installer elsewhere than to the guard.",
        why="Variables win over settings files, and nobody sees them in a review. One that was set for a single command"
        " long ago can still be in a profile or in the settings of a CI service.",
        remedy="Take the variable out of the shell's profile or the service's settings, or give it the guard's address.",
        relaxed=_ADVISE,
        standard=_ENFORCE,
        strict=_ENFORCE,
    ),
    Rule(
        id="guard/escape-line",
        summary="A line in a Dockerfile, CI file or script names another index or installs from an address.",
        why="A build in a container or in CI sees none of your own settings, only what its lines say. They are read as"
        " they stand: whether and when they run is not known.",
        remedy="Give the line the guard's address, or leave the option out and set the variables that"
        " `onward guard on --ci` prints.",
        relaxed=_ADVISE,
        standard=_ENFORCE,
        strict=_ENFORCE,
    ),
    Rule(
        id="guard/escape-unread",
        summary="A lock, a settings file or a line could not be read, so where it leads is not known.",
        why="That nothing goes around the guard can only be said of what was read to its end. An address in a variable"
        " is known only where it runs.",
        remedy="Mend the file, or write the address out.",
        relaxed=_ADVISE,
        standard=_ENFORCE,
        strict=_ENFORCE,
    ),
)

ABOUT_THE_NAME = (
    "guard/lookalike",
    "guard/new-project",
    "guard/new-project-own-index",
    "guard/private-name",
    "guard/not-allowed",
    "guard/quarantined",
    "guard/archived",
)
"""Rules whose findings are about a name and not about one version: a row for one version never fits them."""

ABOUT_NO_PACKAGE = (
    "guard/feed-old",
    "guard/unlocked",
    "guard/no-upload-time-locked",
    "guard/escape-lock",
    "guard/escape-setting",
    "guard/escape-variable",
    "guard/escape-line",
    "guard/escape-unread",
)
"""Rules of the guard whose findings are about the data or the project, not about a package."""
