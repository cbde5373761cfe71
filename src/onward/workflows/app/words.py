"""What people are told of a program: letters that it cannot show, and why it is not handed out."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from onward.core.errors import Refused
from onward.domain.apps.deb import library_package
from onward.domain.apps.glyphs import scripts_of
from onward.domain.apps.model import App, Kind
from onward.workflows.app.build import Bench
from onward.workflows.app.bundle import is_theirs, letters_of
from onward.workflows.app.roots import Root
from onward.workflows.app.source import letters_shown
from onward.workflows.app.started import Proof


def boxes(bundle: Path, bench: Bench) -> Iterator[str]:
    """Say which letters no font draws that goes along: people whose system has none for them see boxes."""
    known = letters_of(bundle)
    for file, letters in letters_shown(bench.source, bench.files).items():
        lacking = sorted(sign for sign in letters if ord(sign) not in known)
        if lacking:
            yield (
                f"{file} has letters ({', '.join(scripts_of(lacking))}: {''.join(lacking[:8])}) that no font of the"
                " program draws: where the system has none for them, people see boxes. Put a font into the package"
            )


def not_proven(
    app: App, what: str, root: Root, proof: Proof, lacking: Mapping[str, str]
) -> Refused:
    """Give the error for a program that did not do what was asked; ``lacking`` are libraries with a file that asks."""
    asked = {
        Kind.terminal: "how the starts in `prove` of [tool.onward.app] end",
        Kind.gui: "the window that it opens",
        Kind.web: "what it answers",
    }[app.kind]
    return Refused(
        "not-proven",
        f"{what} does not work in {root.said}, so nothing was written",
        context=(
            *proof.faults,
            *proof.trouble.sentences,
            *(
                f"{asker} asks for {name}, which is not there: with it on this machine"
                f" (on Debian `sudo apt install {library_package(name)}`) it is taken along"
                for name, asker in lacking.items()
                if not is_theirs(name)
            ),
        ),
        hint=f"Mend it and ship again. Onward looks at {asked}; `--no-prove` hands it out unproven.",
    )
