"""Names that are easily taken for a far more popular one."""

import msgspec

from onward.core.names import Name
from onward.domain.guard.tables import PopularTable


class Likeness(msgspec.Struct, frozen=True, kw_only=True):
    """What a name looks like: the kind of likeness, the name probably meant, and its rank from 1.

    ``kind`` is ``import-name`` for an import name used as project name; its rank is 0 when
    the right project is not in the popular table.
    """

    kind: str
    meant: Name
    rank: int


def nearest_popular(
    name: Name, table: PopularTable, *, vouched: frozenset[Name] = frozenset()
) -> Likeness | None:
    """Give the popular name that ``name`` is probably taken for; None for an honest one."""
    del name, table, vouched
    return None
