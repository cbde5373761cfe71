"""``onward check --report``: the page of a check, as one file."""

from pathlib import Path

from onward.cli.door import Desk
from onward.cli.show import clean
from onward.core.disk import write_atomic
from onward.core.errors import BadInput
from onward.workflows.check import Checked
from onward.workflows.check_project import kept_folder
from onward.workflows.checking.stream import bare
from onward.workflows.report_page import count, trend
from onward.workflows.situation import Situation

_ENDINGS = (".html", ".htm")


def must_be_a_page(word: str, desk: Desk) -> Path:
    """Give the file that is meant; raises BadInput for what is no page or lies in no folder, before anything is checked."""
    file = desk.cwd / word
    if file.suffix.lower() not in _ENDINGS or file.is_dir():
        raise BadInput(
            "no-page",
            f"`{word}` is not the name of a page, so nothing was written over",
            hint="Name a file that ends in `.html`.",
        )
    if not file.parent.is_dir():
        raise BadInput("no-folder", f"there is no folder `{file.parent}` to write the page into")
    return file


def write_report(word: str, checked: Checked, situation: Situation, desk: Desk) -> None:
    """Write the page and say where it is."""
    from onward.web.report import page

    file = must_be_a_page(word, desk)
    root = situation.project.root.resolve()
    text = page(
        count(bare(checked.verdicts)),
        trend(situation, kept_folder(situation.cache, root)),
        project=situation.project.name or root.name,
        when=f"{situation.now:%Y-%m-%d %H:%M} UTC",
        tools=checked.tools,
        blocked=checked.blocked,
        clean=clean,
    )
    write_atomic(file, text.encode("utf-8", "replace"))
    desk.tell(f"The page is in {word}.")
