"""The rules on a project's history and licence in words: what stands out against what came before.

Share of malicious names that resemble none: pypi_malregistry (June 2026) against the most
downloaded names. Two weeks: by then nine of the ten attacks were found that W. Woodruff counted
in 18 months in several ecosystems, and every one on PyPI with known times.
"""

from onward.core.policy import Level
from onward.domain.policy.rule import Rule

_OFF, _ADVISE, _ENFORCE = Level.off, Level.advise, Level.enforce

HISTORY_RULES: tuple[Rule, ...] = (
    Rule(
        id="guard/new-project",
        summary="The project is new on a public index, and not well known.",
        why="Four of five malicious names resemble no other, so only their youth gives them away: most are there"
        " for one upload and are found within days. A project counts as new for two weeks, however many releases it"
        " has. The 15,000 most used names, names that `guard.private` claims, and projects that the lock holds"
        " already are never new. Of little-known honest names about one in a hundred is.",
        remedy="Look at its page and its repository: who makes it, since when? Wait until the day that is named, or"
        " `onward allow NAME --rule guard/new-project --why ...`.",
        relaxed=_ADVISE,
        standard=_ENFORCE,
        strict=_ENFORCE,
    ),
    Rule(
        id="guard/new-project-own-index",
        summary="The project is new on an index that is not public, and not well known.",
        why="An index of your own holds your own packages, which are all unknown and often new. But where it also"
        " hands on those of a public index, a stranger's new project looks the same. So this is shown, and not enforced.",
        remedy="If it is your own, claim its name in `guard.private`. If your index mirrors a public one and the name"
        " is a stranger's, treat it like `guard/new-project`; a row can enforce this rule.",
        relaxed=_OFF,
        standard=_ADVISE,
        strict=_ENFORCE,
    ),
    Rule(
        id="guard/version-jump",
        summary="The number of the release is far above all before it, or a first release with a number above all.",
        why="Whoever wants to be taken instead of an internal package of the same name publishes it as 99.0.0,"
        " and who has stolen an account may want to be above every bound. Twenty steps of the first number, or a"
        " new epoch, is such a jump; a year or a date is not. A release is held for two weeks, a project that begins"
        " with 90 or more and has all releases of one day until somebody allows it.",
        remedy="Look whether the makers announced it. The resolver takes the release before it; claim your internal"
        " names in `guard.private`. `onward allow NAME==VERSION --rule guard/version-jump --why ...` lets it through.",
        relaxed=_ADVISE,
        standard=_ENFORCE,
        strict=_ENFORCE,
    ),
    Rule(
        id="guard/release-burst",
        summary="Three or more releases of one line came within six hours, which the project never did before.",
        why="Stolen accounts were used like this: three versions in 35 minutes (durabletask, May 2026), each to get"
        " past a fault in the one before. An honest mend of a mend looks alike, so this is shown for two weeks"
        " and enforced only in the strict profile. Lines are counted apart, pre-releases not at all.",
        remedy="Read what changed between them. Waiting costs nothing: the release before the burst is there.",
        relaxed=_OFF,
        standard=_ADVISE,
        strict=_ENFORCE,
    ),
    Rule(
        id="guard/provenance-lost",
        summary="The last releases were attested (PEP 740), and this one is not, or not all of its files.",
        why="An attestation says which workflow of which repository published a file. A stolen token can upload, but"
        " cannot attest: mistralai 2.4.6 (2026) went past the pipeline that had published what came before. The last three"
        " releases that are older than two weeks are the measure; what falls short of it is held for two weeks.",
        remedy="Ask the makers whether they published it by hand. Until then take the release before it, or"
        " `onward allow NAME==VERSION --rule guard/provenance-lost --why ...`.",
        relaxed=_ADVISE,
        standard=_ENFORCE,
        strict=_ENFORCE,
    ),
    Rule(
        id="guard/licence",
        summary="The licence of a package is not one that `guard.licences` lets in.",
        why="A licence that a product cannot live with is cheapest to notice before the first import. Nothing is looked at"
        " until `guard.licences` is set: a list of SPDX ids or patterns (`MIT`, `BSD-*`), where `!` keeps out (`!AGPL-*`)."
        " Of `A OR B` one will do, of `A AND B` both must. What counts is what the package states about itself in its"
        " metadata; onward reads no licence texts, and this is no legal advice. It is looked at when a package enters, when"
        " `onward guard serve` hands out a file, and by `onward check` on what is installed.",
        remedy="Choose another library, or ask whoever keeps the list. `onward allow NAME --rule guard/licence --why ...`.",
        relaxed=_ADVISE,
        standard=_ENFORCE,
        strict=_ENFORCE,
    ),
    Rule(
        id="guard/licence-unknown",
        summary="There is a list in `guard.licences`, and the package's licence is not known.",
        why="Many packages state none, or in words that mean no licence in particular, and some have no wheel whose"
        " metadata could be read. `onward check` asks nobody, so it does not know what is not installed. Not knowing a"
        " licence is not the same as having looked at it.",
        remedy="Look it up on the project's page, and write down what you found:"
        " `onward allow NAME --rule guard/licence-unknown --why ...`.",
        relaxed=_ADVISE,
        standard=_ADVISE,
        strict=_ENFORCE,
    ),
)
