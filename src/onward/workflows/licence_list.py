"""The list of licences that goes beside a wheel: of what an installation brings, and of what the lock names beyond that.

What was installed to try the wheel is there with its own words; the rest of the bill of
materials (other platforms, extras) is named with what was once seen of it. No index is asked.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from onward.adapters.installed import licence_texts, read_environment
from onward.core.lock import LockedPackage
from onward.core.names import is_name, parse_name
from onward.domain.shipping.licences import Licensed
from onward.workflows.situation import Situation
from onward.workflows.stated_licences import remembered_licence


def licence_list(environment: Path, bill: bytes, situation: Situation) -> tuple[Licensed, ...]:
    """Give each distribution in ``environment``, then each component of the bill that is not there."""
    read = read_environment(environment, with_files=False)
    texts = licence_texts(environment)
    found = {
        one.name: Licensed(
            name=one.name,
            version=one.version,
            licence=one.licence,
            texts=texts.get(one.name, {}),
        )
        for one in (read.distributions if read is not None else ())
    }
    lock = situation.project.lock
    locked: Mapping[str, LockedPackage] = {p.name: p for p in lock.packages} if lock else {}
    for component in json.loads(bill).get("components", []):
        word, version = str(component.get("name", "")), str(component.get("version", ""))
        if not is_name(word) or (name := parse_name(word)) in found:
            continue
        package = locked.get(name)
        known = remembered_licence(situation.cache, package) if package is not None else None
        found[name] = Licensed(name=name, version=version, licence=known)
    return tuple(found.values())
