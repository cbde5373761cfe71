"""The data folder of a server as the commands beside it find it: its database, if there is one."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from onward.adapters.database.engine import Database, open_database
from onward.core.errors import BadInput, OutsideFailed

DATABASE_FILE = "onward.sqlite"
"""The database's name in the data folder."""

STORE_FOLDER = "store"
"""The folder of all files in the data folder."""


@contextlib.contextmanager
def database_of(data: Path, *, make: bool = False) -> Iterator[Database]:
    """Give the database of a data folder, closed at the end; with ``make`` one that is not there is begun.

    Raises BadInput (``no-server-data``) where none is, OutsideFailed when it cannot be opened.
    """
    path = data / DATABASE_FILE
    if make:
        try:
            data.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutsideFailed(
                "store-failed",
                f"the data folder `{data}` cannot be made",
                context=(error.strerror or str(error),),
            ) from error
    elif not path.is_file():
        raise BadInput(
            "no-server-data",
            f"no server has its data in `{data}`",
            hint="Name the data folder that `onward guard serve` says: `--data DIR`.",
        )
    with contextlib.closing(open_database(path)) as database:
        yield database
