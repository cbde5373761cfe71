"""What can happen, drawn from a seed: the same number gives the same fault, whatever ran before."""

import random
from enum import StrEnum

import msgspec


class Action(StrEnum):
    """What onward is doing."""

    add = "add"
    first_add = "first add"
    remove = "remove"
    lock = "lock"
    sync = "sync"
    undo = "undo"


class Kind(StrEnum):
    """What happens to it."""

    kill = "kill"
    kill_alone = "kill alone"
    kill_late = "kill late"
    full_disk = "full disk"
    read_only = "read-only file"
    cut_download = "cut download"
    wrong_hash = "wrong hash"
    status = "status"
    hang = "no answer"
    garbage = "garbage"
    reset = "reset"
    together = "two at once"


_WEIGHTS = {
    Kind.kill: 10,
    Kind.kill_alone: 3,
    Kind.kill_late: 5,
    Kind.full_disk: 4,
    Kind.read_only: 3,
    Kind.cut_download: 3,
    Kind.wrong_hash: 3,
    Kind.status: 3,
    Kind.hang: 2,
    Kind.garbage: 2,
    Kind.reset: 2,
    Kind.together: 3,
}


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One fault: ``where`` (0 to 1) is how far into the action it happens, ``size`` bytes or a status."""

    number: int
    action: Action
    kind: Kind
    where: float
    size: int
    path: str

    def __str__(self) -> str:
        return f"{self.number}: {self.kind} at {self.where:.2f} of {self.action}"


def fault(seed: int, number: int) -> Fault:
    """Draw the fault with this number; kinds and actions come evenly over a long run."""
    chance = random.Random(f"{seed}/{number}")
    kinds = list(_WEIGHTS)
    kind = chance.choices(kinds, [_WEIGHTS[k] for k in kinds])[0]
    if number < len(kinds):
        kind = kinds[number]  # each kind at least once, however short the run
    return Fault(
        number=number,
        action=chance.choice(list(Action)),
        kind=kind,
        where=chance.random(),
        size=chance.choice([500, 502, 503, 404, 403])
        if kind is Kind.status
        else chance.randint(1, 4000),
        path=chance.choice(["uv.lock", "pyproject.toml"])
        if kind is Kind.read_only
        else chance.choice(["/simple/*", "/files/*", "*"]),
    )
