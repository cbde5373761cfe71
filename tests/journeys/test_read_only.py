"""A project that may only be read: what was judged and fits still runs."""

import stat

from tests.journeys.stage import Stage


def test_a_note_that_cannot_be_written_stops_nothing(stage: Stage) -> None:
    stage.fine("sync")
    note = stage.root / ".onward" / "stamp"
    before = note.read_bytes()
    note.chmod(stat.S_IREAD)
    pyproject = stage.root / "pyproject.toml"
    pyproject.write_text(pyproject.read_text(encoding="utf-8") + "\n# later\n", encoding="utf-8")

    stage.fine("sync")

    assert note.read_bytes() == before
