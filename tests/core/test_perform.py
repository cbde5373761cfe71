"""Telling how far a step is."""

from onward.core.perform import counted


def test_what_is_counted_is_told_with_how_many_there_will_be() -> None:
    told: list[tuple[str, str]] = []

    handed = list(counted("ab", 2, "pages", lambda *words: told.append(words)))

    assert handed == ["a", "b"]
    assert told == [("progress", "1 of 2 pages"), ("progress", "2 of 2 pages"), ("progress", "")]
