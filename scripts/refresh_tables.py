"""Make the tables in src/onward/data/ anew from the public lists; see docs/how-to/refresh-tables.md.

    scripts/refresh-tables --popular FILE_OR_URL --date 2026-06-16
    scripts/refresh-tables --osv FILE_OR_URL --date 2026-11-20
    scripts/refresh-tables --ruff

Only facts are taken: names and their order; ids, ranges, severity and days of advisories.
"""

from __future__ import annotations

import argparse
import datetime as dt
import importlib.util
import json
import os
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onward.core.names import Name
    from onward.domain.guard.advisories import Advisory

ROOT = Path(__file__).resolve().parent.parent
POPULAR = 15_000
STARTER = 300

POPULAR_HEAD = """\
# The {count} most downloaded projects of PyPI, the most downloaded first; names only.
# source: top-pypi-packages, 30 days (https://hugovk.github.io/top-pypi-packages/)
# date: {date}
# refresh: scripts/refresh-tables --popular FILE_OR_URL --date DAY (docs/how-to/refresh-tables.md)
"""
STARTER_HEAD = """\
# Advisories on the {packages} most used projects of PyPI: name, id, aliases, versions hit, severity, published.
# source: the PyPA advisory database (https://github.com/pypa/advisory-database), in OSV form
# licence: CC-BY-4.0, Python Packaging Authority advisory database contributors; facts only, brought into this form
# date: {date}
# packages: {packages}
# refresh: scripts/refresh-tables --osv FILE_OR_URL --date DAY (docs/how-to/refresh-tables.md)
"""
RUFF_HEAD = """\
# The category of each rule of ruff {version}, as `ruff rule --all --output-format json` tells it.
# refresh: scripts/refresh-tables --ruff (docs/how-to/refresh-tables.md)
"""


def fetch(where: str, folder: Path) -> Path:
    """Give a local file for a path or an address."""
    from onward.core.errors import OutsideFailed
    from onward.core.net import Net, Request

    if "://" not in where:
        return Path(where)
    target = folder / "fetched"
    answer = Net(os.environ).download(
        Request(url=where, limit=500_000_000), target, lambda *_: None
    )
    if answer.status != 200:
        raise OutsideFailed("no-answer", f"`{where}` answered {answer.status}")
    return target


def popular_text(source: Path, date: dt.date) -> str:
    """Read top-pypi-packages' JSON (rows of ``project``, or a plain list of names) into a table."""
    from onward.core.errors import BadInput
    from onward.core.names import is_name, parse_name

    data = json.loads(source.read_text(encoding="utf-8"))
    rows = data.get("rows") or data.get("packages") or [] if isinstance(data, dict) else data
    words = [row["project"] if isinstance(row, dict) else row for row in rows]
    names = list(dict.fromkeys(parse_name(word) for word in words if is_name(word)))[:POPULAR]
    if len(names) < STARTER:
        raise BadInput("bad-list", f"`{source}` has {len(names)} names, far too few")
    head = POPULAR_HEAD.format(count=f"{len(names):,}", date=date.isoformat())
    return head + "\n".join(names) + "\n"


def starter_text(dump: Path, names: list[Name], date: dt.date) -> str:
    """Read OSV's dump into a table of the advisories on ``names``."""
    from onward.adapters.feed.dump import documents
    from onward.domain.guard.advisories import merged
    from onward.domain.guard.osv import parse_osv
    from onward.domain.guard.tables import starter_line

    wanted = set(names)
    found: dict[Name, list[Advisory]] = {}
    for _number, _total, document in documents(dump, str(dump)):
        for advisory in parse_osv(document):
            if advisory.name in wanted and not advisory.withdrawn:
                found.setdefault(advisory.name, []).append(advisory)
    lines = [
        starter_line(advisory)
        for name in sorted(found)
        for advisory in sorted(merged(found[name]), key=lambda one: one.id)
    ]
    head = STARTER_HEAD.format(packages=len(names), date=date.isoformat())
    return head + "\n".join(lines) + "\n"


def ruff_text() -> str:
    """Ask the ruff that onward brings for the category of each of its rules."""
    import ruff

    from onward.core.proc.call import Call
    from onward.core.proc.run import expect, run

    program = ruff.find_ruff_bin()
    call = partial(Call, cwd=str(ROOT), env=dict(os.environ))
    version = expect(run(call(argv=(program, "--version")))).out.decode().split()[1]
    told = expect(run(call(argv=(program, "rule", "--all", "--output-format", "json")))).out
    categories: dict[str, list[str]] = {}
    for rule in json.loads(told):
        if rule["code"] and rule.get("category"):
            categories.setdefault(rule["category"], []).append(rule["code"])
    lines = [f"{name} {' '.join(sorted(codes))}\n" for name, codes in sorted(categories.items())]
    return RUFF_HEAD.format(version=version) + "".join(lines)


def refresh(options: argparse.Namespace, folder: Path) -> None:
    """Write the tables that were asked for; a table that cannot be read back is not written."""
    from onward.core.disk import write_atomic
    from onward.domain.guard.tables import parse_popular, parse_starter

    popular, starter = options.into / "popular.txt", options.into / "advisories.tsv"
    if options.popular:
        text = popular_text(fetch(options.popular, folder), options.date)
        print(f"{len(parse_popular(text)):,} names -> {popular}")
        write_atomic(popular, text.encode())
    if options.osv:
        names = list(parse_popular(popular.read_text(encoding="utf-8")).names[:STARTER])
        text = starter_text(fetch(options.osv, folder), names, options.date)
        parse_starter(text)
        print(
            f"{sum(not line.startswith('#') for line in text.splitlines())} advisories -> {starter}"
        )
        write_atomic(starter, text.encode())
    if options.ruff:
        write_atomic(options.into / "ruff_categories.txt", ruff_text().encode())
        print(f"ruff's categories -> {options.into / 'ruff_categories.txt'}")


def main(argv: list[str]) -> int:
    """Read the arguments and do it."""
    from onward.core.errors import OnwardError

    parser = argparse.ArgumentParser(
        prog="refresh-tables", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--popular", metavar="FILE_OR_URL", help="top-pypi-packages in JSON")
    parser.add_argument("--osv", metavar="FILE_OR_URL", help="OSV's bulk dump for PyPI (all.zip)")
    parser.add_argument("--ruff", action="store_true", help="categories of the ruff we bring")
    parser.add_argument("--date", type=dt.date.fromisoformat, help="the day of the list")
    parser.add_argument("--into", type=Path, default=ROOT / "src" / "onward" / "data")
    options = parser.parse_args(argv)
    if not (options.popular or options.osv or options.ruff):
        parser.error("give --popular, --osv or --ruff")
    if (options.popular or options.osv) and options.date is None:
        parser.error("--popular and --osv need --date, the day of the list")
    try:
        with tempfile.TemporaryDirectory() as folder:
            refresh(options, Path(folder))
    except OnwardError as error:
        print(f"refresh-tables: {error.message}", *error.context, sep="\n  ", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    if importlib.util.find_spec("onward") is None:  # called by hand on a fresh checkout
        sys.path[0] = str(ROOT)
        from scripts import bootstrap

        sys.exit(bootstrap.again("refresh_tables"))
    sys.exit(main(sys.argv[1:]))
