"""How often ``onward check`` takes an old finding for new or hides a new one, beside the schemes of other tools."""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from bench.baseline_edits import edited
from bench.baseline_schemes import SCHEMES, WITH_GIT
from bench.baseline_sources import HELD_OUT, MEASURED, TUNED_ON, source
from bench.baseline_truth import Change, findings_in, release_pair
from bench.harness import RESULTS

_RESURFACED, _SWALLOWED = 0.1, 1.0  # percent at most
_FILES = 60  # of each release that edits are made of


class Score(msgspec.Struct, kw_only=True):
    """How many findings were old and new by truth, and how many of each a scheme got wrong.

    ``moved`` are those among the new ones whose statement stood in the older file too.
    """

    old: int = 0
    new: int = 0
    resurfaced: int = 0
    swallowed: int = 0
    moved: int = 0
    swallowed_moved: int = 0

    def add(self, change: Change, known: set[int]) -> None:
        """Count one file."""
        for at, is_old in enumerate(change.truth):
            self.old += is_old
            self.new += not is_old
            self.resurfaced += is_old and at not in known
            self.swallowed += not is_old and at in known
            self.moved += at in change.moved
            self.swallowed_moved += at in change.moved and at in known

    @property
    def parts(self) -> tuple[float, float]:
        """The percentages of old ones that resurfaced and of new ones that were swallowed."""
        return 100 * self.resurfaced / max(self.old, 1), 100 * self.swallowed / max(self.new, 1)

    @property
    def really(self) -> float:
        """The percentage of swallowed ones without statements that only moved or were laid out anew."""
        return 100 * (self.swallowed - self.swallowed_moved) / max(self.new - self.moved, 1)


def main() -> int:
    """Measure; 0 when the goals are met on the measured pairs and on the edits."""
    options = argparse.ArgumentParser()
    options.add_argument("--only", choices=("pairs", "edits"), help="one part")
    only = options.parse_args().only
    told: dict[str, dict[str, Score]] = {}
    if only != "pairs":
        told |= _edits()
    if only != "edits":
        for title, pairs in (
            ("release pairs", MEASURED),
            ("held out pairs", HELD_OUT),
            ("pairs that were tuned on", TUNED_ON),
        ):
            told[title] = _pairs(title, pairs)
    goals = [title for title in told if title in ("release pairs", "edits together")]
    met = [_goal(title, told[title][WITH_GIT]) for title in goals]
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"check-baseline-{time.strftime('%Y%m%dT%H%M%S')}.json"
    path.write_text(json.dumps(msgspec.to_builtins(told), indent=1) + "\n", encoding="utf-8")
    return 0 if all(met) else 1


def _pairs(title: str, pairs: Sequence[tuple[str, str]]) -> dict[str, Score]:
    scores = {name: Score() for name in SCHEMES}
    for before, after in pairs:
        changes = release_pair(source(before), source(after))
        one = _scored(changes)
        _show(f"baseline, {title}: {before} > {after}", _ours(one))
        for name, score in one.items():
            for field in Score.__struct_fields__:
                setattr(scores[name], field, getattr(scores[name], field) + getattr(score, field))
    _show(f"baseline, {title}, together", scores)
    return scores


def _edits() -> dict[str, dict[str, Score]]:
    together = {name: Score() for name in SCHEMES}
    by_kind: dict[str, list[Change]] = {}
    for number, release in enumerate(("poetry-2.5.0", "Django-5.2", "pip-24.0")):
        root = source(release)
        paths = sorted(
            path
            for path, found in findings_in(root).items()
            if len(found) > 5 and _parses(root / path)
        )
        with tempfile.TemporaryDirectory(prefix="onward-bench-") as scratch:
            some = paths[:: max(1, len(paths) // _FILES)][:_FILES]
            for kind, changes in edited(root, some, Path(scratch), number).items():
                by_kind.setdefault(kind, []).extend(changes)
    for kind, changes in by_kind.items():
        scores = _scored(changes)
        _show(f"baseline, edits: {kind}", _ours(scores))
        for name, score in scores.items():
            for field in Score.__struct_fields__:
                value = getattr(together[name], field) + getattr(score, field)
                setattr(together[name], field, value)
    _show("baseline, edits together", together)
    return {"edits together": together}


def _parses(path: Path) -> bool:
    import ast

    try:
        ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return False
    return True


def _scored(changes: Iterable[Change]) -> dict[str, Score]:
    scores = {name: Score() for name in SCHEMES}
    for change in changes:
        same = change.before == change.after and not change.path_after
        for name, scheme in SCHEMES.items():
            # every scheme knows all of a file that nobody touched
            scores[name].add(change, set(range(len(change.new))) if same else scheme(change))
    return scores


def _show(title: str, scores: dict[str, Score]) -> None:
    width = max(map(len, SCHEMES)) + 2
    any_score = next(iter(scores.values()))
    print(f"{title}: {any_score.old} old, {any_score.new} new")
    for name, score in scores.items():
        resurfaced, swallowed = score.parts
        share = 100 * score.swallowed_moved / max(score.moved, 1)
        moved = (
            f"   of {score.moved} moved {share:3.0f} %, of the others {score.really:5.2f} %"
            if any_score.moved
            else ""
        )
        print(
            f"  {name:<{width}}resurfaced {resurfaced:7.3f} %   swallowed {swallowed:6.2f} %{moved}"
        )
    sys.stdout.flush()


def _ours(scores: dict[str, Score]) -> dict[str, Score]:
    return {name: scores[name] for name in ("onward", WITH_GIT)}


def _goal(title: str, score: Score) -> bool:
    resurfaced, swallowed = score.parts
    met = score.old > 0 and score.new > 0 and resurfaced <= _RESURFACED and swallowed <= _SWALLOWED
    print(
        f"target: {title}, {WITH_GIT}: resurfaced <= {_RESURFACED} %, swallowed <= {_SWALLOWED} %: {'pass' if met else 'MISS'}"
    )
    return met


if __name__ == "__main__":
    sys.exit(main())
