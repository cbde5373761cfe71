"""What a grant allows."""

import pytest

from onward.core.names import Name
from onward.domain.grants import NOTHING, READING, Action, Grant


@pytest.mark.parametrize(
    ("action", "name", "expected"),
    [
        (Action.upload, "acme-web", True),
        (Action.upload, "fernwood", False),
        (Action.upload, None, True),
        (Action.delete, "acme-web", False),
        (Action.delete, None, False),
    ],
)
def test_a_grant_is_for_its_actions_on_its_projects(
    action: Action, name: str | None, expected: bool
) -> None:
    grant = Grant(label="ci", actions=frozenset({Action.upload}), projects=("acme-*",))
    assert grant.may(action, Name(name) if name else None) is expected


def test_without_projects_it_is_for_all_of_them() -> None:
    assert READING.may(Action.read, Name("fernwood"))
    assert not READING.may(Action.upload, Name("fernwood"))
    assert not any(NOTHING.may(action) for action in Action)
