"""``onward why NAME``: every way to a library, who imports it, what it costs."""

import argparse
import json

from onward.cli.door import Desk
from onward.core.errors import FINE
from onward.domain.chains import Chain, Link
from onward.workflows.project import open_project
from onward.workflows.why import Why, why

_MOST_PLACES = 20


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("name", metavar="NAME", help="a library, direct or indirect")
    parser.add_argument("--json", action="store_true", help="print one JSON object (schema 1)")


def run(options: argparse.Namespace, desk: Desk) -> int:
    """Answer, and give 0; a name that is nowhere is bad input (2)."""
    answer = why(open_project(desk.cwd, desk.env), options.name)
    if options.json:
        desk.say(json.dumps(_value(answer), indent=2))
        return FINE
    desk.say(_head(answer))
    for chain in answer.chains:
        desk.say(f"  {_line(chain)}")
    if answer.cut:
        desk.say("  ... and more ways than are worth reading")
    if not answer.chains:
        desk.say(f"  {_no_chain(answer)}")
    elif answer.edges == "none":
        desk.say("  (there may be other ways: the lock does not say who needs whom)")
    elif answer.edges == "environment":
        desk.say("  (who needs whom was read from what is installed, as the lock does not say)")
    for line in _imports(answer):
        desk.say(line)
    return FINE


def _head(answer: Why) -> str:
    facts = [answer.licence] if answer.licence else []
    if answer.installed_size:
        facts.append(f"{_size(answer.installed_size)} installed")
    elif answer.download_size:
        facts.append(f"{_size(answer.download_size)} to download")
    title = f"{answer.name} {', '.join(answer.versions)}".strip()
    return f"{title}  ({', '.join(facts)})" if facts else title


def _line(chain: Chain) -> str:
    declared = chain.declared
    group = f" [{declared.role} {declared.group}]" if declared.group else ""
    ways = " -> ".join(_link(link) for link in chain.links)
    marker = chain.links[-1].marker
    where = f"  (where {marker})" if marker else ""
    return f"{declared.place}{group}: {ways}{where}"


def _link(link: Link) -> str:
    extra = f"[{link.extra}]" if link.extra else ""
    return f"{link.name}{extra} {link.version}".rstrip()


def _no_chain(answer: Why) -> str:
    if answer.edges == "none":
        return "No line of yours names it, and the lock does not say who needs it; install it to find out."
    return "No line of yours leads to it: nothing needs it any more."


def _imports(answer: Why) -> list[str]:
    imported = answer.imported
    places = imported.places.get(answer.name, ())
    guess = " (its modules are guessed from its name, as it is not installed)"
    note = guess if imported.guessed else ""
    lines = [f"imported in{note}:" if places else f"No file of yours imports it{note}."]
    lines += [f"  {place}  {place.source_line}" for place in places[:_MOST_PLACES]]
    if len(places) > _MOST_PLACES:
        lines.append(f"  ... and {len(places) - _MOST_PLACES} more lines")
    if imported.unread:
        shown = ", ".join(imported.unread[:5])
        lines.append(f"Could not look into {len(imported.unread)} files: {shown}")
    if imported.cut:
        lines.append("Not every file was looked at: there are too many.")
    return lines


def _size(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB" if size >= 100_000 else f"{size / 1000:.0f} kB"


def _value(answer: Why) -> dict[str, object]:
    imported = answer.imported
    return {
        "schema": 1,
        "name": answer.name,
        "versions": list(answer.versions),
        "licence": answer.licence or None,
        "installed_bytes": answer.installed_size,
        "download_bytes": answer.download_size,
        "edges_from": answer.edges,
        "cut": answer.cut,
        "paths": [
            {
                "place": str(chain.declared.place),
                "requirement": chain.declared.requirement,
                "role": str(chain.declared.role),
                "group": chain.declared.group or None,
                "packages": [
                    {
                        "name": link.name,
                        "version": link.version,
                        "extra": link.extra or None,
                        "marker": link.marker or None,
                    }
                    for link in chain.links
                ],
            }
            for chain in answer.chains
        ],
        "imported": [
            {"place": str(place), "line": place.source_line}
            for place in imported.places.get(answer.name, ())
        ],
        "modules_guessed": bool(imported.guessed),
        "unread": list(imported.unread),
    }
