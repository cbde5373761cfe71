"""`onward update` as a person runs it: what breaks the tests is left out, the rest stays, all of it in step."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from onward.core import journal
from tests.conftest import FakeClock, MakeProject
from tests.dumps import document, packed, write
from tests.journeys.updating import TASK, Place, checks, major_is
from tests.registry import Registry

Locked = Callable[..., Place]


@pytest.fixture
def locked(
    registry: Registry, project: MakeProject, env: dict[str, str], clock: FakeClock
) -> Locked:
    """A maker of locked projects: ``locked(["numbat==1.0"], extra="...", files={...})``."""

    def make(dependencies: list[str], *, extra: str = TASK, **more: object) -> Place:
        root = project(dependencies=dependencies, index=registry.url, extra=extra, **more)
        place = Place(root, env, clock)
        assert place.onward("lock").code == 0
        return place

    return make


def offer(registry: Registry, **versions: str) -> None:
    """Offer more releases: ``offer(registry, numbat="1.0 2.0")``."""
    for name, found in versions.items():
        for version in found.split():
            registry.add(name, version)


def known(place: Place, tmp_path: Path, *documents: object) -> None:
    """Let onward know these advisories."""
    dump = write(tmp_path / "all.zip", packed(documents))
    said = place.onward("guard", "update", "--from", dump.as_uri(), "--force")
    assert said.code == 0, said


PYPROJECT = """\
[project]
name = "demo"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = [
    # marsupials
    "numbat==1.0",  # eats termites
    'wombat>=1.0,<1.1',
    "quokka <2",
]

{rest}
[[tool.uv.index]]
url = "{url}"  # ours
default = true
"""


def test_what_breaks_is_left_out_and_the_rest_is_kept(
    registry: Registry, project: MakeProject, env: dict[str, str], clock: FakeClock
) -> None:
    offer(registry, numbat="1.0", wombat="1.0", quokka="1.0")
    text = PYPROJECT.format(url=registry.url, rest=TASK)
    root = project(
        pyproject=text, files=checks(numbat=major_is("numbat", "1"), wombat="import wombat")
    )
    place = Place(root, env, clock)
    assert place.onward("sync").code == 0
    before = place.files
    offer(registry, numbat="2.0", wombat="1.2", quokka="2.5")

    clock.advance(hours=1)
    said = place.onward("update")

    assert said.code == 0, said
    assert "numbat 2.0: it breaks the tests" in said.out
    assert "FAILED check_numbat.py - AssertionError('2.0')" in said.out
    assert 'constraint-dependencies = ["numbat<2.0"]' in said.out
    assert "Testing 3 of 3 updates" in said.err
    after = (root / "pyproject.toml").read_text(encoding="utf-8")
    assert after == text.replace(">=1.0,<1.1", ">=1.2,<1.3").replace("<2", "<3")
    assert place.locked == {"numbat": "1.0", "wombat": "1.2", "quokka": "2.5"}
    assert place.consistent()
    assert journal.pending(root) is None

    assert place.onward("undo").code == 0
    assert place.files == before
    assert place.consistent()


def test_the_hint_holds_the_culprit_back(registry: Registry, locked: Locked) -> None:
    offer(registry, numbat="1.0 2.0")
    held = '[tool.uv]\nconstraint-dependencies = ["numbat<2.0"]\n'
    place = locked(["numbat==1.0"], extra=TASK + held)

    said = place.onward("update")

    assert said.code == 0
    assert "Nothing to update." in said.out


def test_nothing_to_do(registry: Registry, locked: Locked) -> None:
    offer(registry, numbat="1.0")
    place = locked(["numbat"])
    before = place.files

    assert place.json("update")["updates"] == []
    assert place.files == before
    assert not (place.root / ".venv").exists()


def test_tests_that_fail_before_are_no_judge(registry: Registry, locked: Locked) -> None:
    offer(registry, numbat="1.0")
    place = locked(["numbat==1.0"], files=checks(numbat=major_is("numbat", "2")))
    offer(registry, numbat="2.0")
    before = place.files
    place.clock.advance(hours=1)

    said = place.onward("update")

    assert said.code == 1
    assert "tests-fail-already" in said.err
    assert "FAILED check_numbat.py" in said.err
    assert "--no-test" in said.err
    assert place.files == before
    assert not (place.root / ".venv").exists()


def test_when_nothing_can_be_kept_all_is_as_before(registry: Registry, locked: Locked) -> None:
    offer(registry, numbat="1.0", wombat="1.0")
    place = locked(
        ["numbat==1.0", "wombat==1.0"],
        files=checks(numbat=major_is("numbat", "1"), wombat=major_is("wombat", "1")),
    )
    assert place.onward("sync").code == 0
    offer(registry, numbat="2.0", wombat="2.0")
    before = place.files
    place.clock.advance(hours=1)

    said = place.json("update", code=1)

    assert {left["name"] for left in said["left_out"]} == {"numbat", "wombat"}
    assert said["rolled_back"]
    assert place.files == before
    assert place.consistent()
    assert place.installed == {"numbat": "1.0", "wombat": "1.0"}


def test_two_that_only_break_together(registry: Registry, locked: Locked) -> None:
    both = (
        "import numbat, wombat\nassert (numbat.__version__, wombat.__version__) != ('2.0', '2.0')\n"
    )
    offer(registry, numbat="1.0", wombat="1.0", quokka="1.0")
    place = locked(["numbat==1.0", "wombat==1.0", "quokka==1.0"], files=checks(both=both))
    offer(registry, numbat="2.0", wombat="2.0", quokka="2.0")
    place.clock.advance(hours=1)

    said = place.json("update")

    (left,) = said["left_out"]
    assert {left["name"], left["together_with"]} == {"numbat", "wombat"}
    assert left["failing"] == ["FAILED check_both.py - AssertionError()"]
    assert sorted(place.locked.values()) == ["1.0", "2.0", "2.0"]
    assert place.consistent()


def test_an_update_that_needs_the_culprit_is_left_out_with_it(
    registry: Registry, locked: Locked
) -> None:
    registry.add("numbat", "1.0")
    registry.add("wombat", "1.0", requires=["numbat>=1.0"])
    place = locked(["numbat==1.0", "wombat==1.0"], files=checks(numbat=major_is("numbat", "1")))
    registry.add("numbat", "2.0")
    registry.add("wombat", "2.0", requires=["numbat>=2.0"])
    place.clock.advance(hours=1)

    said = place.json("update", code=1)

    assert [(left["name"], left["why"]) for left in said["left_out"]] == [
        ("numbat", "it breaks the tests"),
        ("wombat", "it needs an update that is left out"),
    ]


def test_flaky_tests_prove_nothing_and_all_is_put_back(
    registry: Registry, locked: Locked, tmp_path: Path
) -> None:
    """Passes before the update and with wombat alone, but the second time fails with the same packages."""
    seen = tmp_path / "seen.txt"
    flaky = f"""
import pathlib, numbat, wombat
seen = pathlib.Path({str(seen)!r})
now = numbat.__version__ + ' ' + wombat.__version__
before = seen.read_text().splitlines() if seen.exists() else []
seen.write_text('\\n'.join([*before, now]))
assert numbat.__version__ == '1.0' and (now not in before or wombat.__version__ == '1.0')
"""
    registry.add("wombat", "1.0")
    registry.add("numbat", "1.0", requires=["wombat"])  # so wombat is tried first
    place = locked(["numbat==1.0", "wombat==1.0"], files=checks(flaky=flaky))
    registry.add("wombat", "2.0")
    registry.add("numbat", "2.0", requires=["wombat"])
    before = place.files
    place.clock.advance(hours=1)

    said = place.onward("update")

    assert said.code == 1, said
    assert "they prove nothing" in said.out
    assert place.files == before
    assert not (place.root / ".venv").exists()
    assert not (place.root / ".onward" / "stamp").exists()


def test_only_what_is_named_moves(registry: Registry, locked: Locked) -> None:
    registry.add("numbat", "1.0", requires=["wombat"])
    offer(registry, wombat="1.0", quokka="1.0")
    place = locked(["numbat==1.0", "quokka==1.0"], files=checks(numbat="import numbat"))
    offer(registry, wombat="1.1", quokka="1.1")
    place.clock.advance(hours=1)

    said = place.json("update", "Wombat")

    assert [(u["name"], u["direct"]) for u in said["kept"]] == [("wombat", False)]
    assert place.locked == {"numbat": "1.0", "wombat": "1.1", "quokka": "1.0"}


def test_a_name_that_is_not_there(registry: Registry, locked: Locked) -> None:
    offer(registry, numbat="1.0")
    place = locked(["numbat"])

    said = place.onward("update", "numbt", "zebra")

    assert said.code == 2
    assert "`numbt` is neither declared nor locked; near to it: numbat" in said.err
    assert "`zebra`" in said.err


def test_without_a_lock_it_says_what_to_do(
    project: MakeProject, env: dict[str, str], clock: FakeClock
) -> None:
    said = Place(project(), env, clock).onward("update")

    assert said.code == 2
    assert "onward lock" in said.err


def test_a_dry_run_tells_and_changes_nothing(registry: Registry, locked: Locked) -> None:
    offer(registry, numbat="1.0")
    place = locked(["numbat==1.0"], files=checks(numbat="import numbat"))
    registry.add("numbat", "1.0.1", uploaded=dt.datetime(2026, 5, 2, 12, tzinfo=dt.UTC))
    before = place.files
    place.clock.advance(hours=1)

    said = place.onward("update", "--dry-run")

    assert said.code == 0
    assert "numbat  1.0 -> 1.0.1  patch  30 days old  direct" in said.out
    assert "onward run test" in said.out
    assert place.files == before
    assert not (place.root / ".venv").exists()


@pytest.mark.parametrize("words", [["--no-test"], []])
def test_without_tests_it_says_loudly_that_nothing_was_proven(
    registry: Registry, locked: Locked, words: list[str]
) -> None:
    offer(registry, numbat="1.0")
    place = locked(["numbat==1.0"], extra=TASK if words else "")
    offer(registry, numbat="2.0")
    place.clock.advance(hours=1)

    said = place.onward("update", *words)

    assert said.code == 0, said
    assert "NOTHING WAS PROVEN" in said.out
    assert place.locked == {"numbat": "2.0"}
    assert place.consistent()


def test_tests_that_take_too_long_are_stopped(registry: Registry, locked: Locked) -> None:
    slow = "import numbat, time\nif numbat.__version__ == '2.0': time.sleep(600)\n"
    offer(registry, numbat="1.0")
    place = locked(["numbat==1.0"], files=checks(slow=slow))
    offer(registry, numbat="2.0")
    place.clock.advance(hours=1)

    said = place.json("update", "--test-timeout", "10", code=1)

    (left,) = said["left_out"]
    assert "did not finish within 10 seconds" in left["words"][0]


def test_a_given_command_is_the_judge(registry: Registry, locked: Locked) -> None:
    offer(registry, numbat="1.0")
    place = locked(["numbat==1.0"], files=checks(numbat=major_is("numbat", "1")))
    offer(registry, numbat="2.0")
    place.clock.advance(hours=1)

    said = place.json("update", "--test-command", 'python -c "import numbat"')

    assert said["tests"]["because"] == "--test-command"
    assert said["proven"]
    assert place.locked == {"numbat": "2.0"}


@pytest.mark.parametrize(
    ("kind", "line"), [("application", "numbat>=2.1,<3"), ("library", "numbat>=1.0,<3")]
)
def test_an_application_s_floor_follows_a_library_s_stays(
    registry: Registry, locked: Locked, kind: str, line: str
) -> None:
    offer(registry, numbat="1.0")
    place = locked(
        ["numbat>=1.0,<2"], extra=f'[tool.onward]\nkind = "{kind}"\n{TASK}', files=checks()
    )
    offer(registry, numbat="2.1")
    place.clock.advance(hours=1)

    assert place.onward("update").code == 0

    assert f'"{line}"' in (place.root / "pyproject.toml").read_text(encoding="utf-8")
    assert place.consistent()


def test_members_and_groups_are_raised_too(registry: Registry, locked: Locked) -> None:
    offer(registry, numbat="1.0", wombat="1.0")
    member = (
        '[project]\nname = "demo-part"\nversion = "0.1.0"\nrequires-python = ">=3.11"\n'
        'dependencies = ["numbat<2"]  # part\n[tool.uv]\npackage = false\n'
    )
    extra = (
        '[tool.uv.workspace]\nmembers = ["packages/*"]\n'
        "[tool.uv.sources]\ndemo-part = { workspace = true }\n"
        '[dependency-groups]\ndev = ["wombat==1.0"]\n'
    )
    place = locked(
        ["numbat==1.0", "demo-part"],
        extra=extra + TASK,
        files={"packages/part/pyproject.toml": member, **checks(numbat="import numbat, wombat")},
    )
    offer(registry, numbat="2.0", wombat="1.1")
    place.clock.advance(hours=1)

    said = place.onward("update")

    assert said.code == 0, said
    part = (place.root / "packages" / "part" / "pyproject.toml").read_text(encoding="utf-8")
    assert part == member.replace("numbat<2", "numbat<3")
    text = (place.root / "pyproject.toml").read_text(encoding="utf-8")
    assert '"numbat==2.0"' in text
    assert '"wombat==1.1"' in text
    assert place.locked == {"numbat": "2.0", "wombat": "1.1"}
    assert place.uv("lock", "--check").returncode == 0


def test_where_newer_pythons_get_newer_releases_a_pin_goes_to_what_fits_all(
    registry: Registry, locked: Locked
) -> None:
    offer(registry, numbat="1.0", wombat="1.0")
    place = locked(["numbat==1.0", "wombat>=1.0,<2"], files=checks(numbat="import numbat, wombat"))
    for name in ("numbat", "wombat"):
        registry.add(name, "2.1", requires_python=">=3.11")
        registry.add(name, "3.1", requires_python=">=3.13")
    place.clock.advance(hours=1)

    said = place.json("update")

    assert {u["name"]: u["to"] for u in said["updates"]} == {
        "numbat": ["2.1"],
        "wombat": ["2.1", "3.1"],
    }
    text = (place.root / "pyproject.toml").read_text(encoding="utf-8")
    assert '"numbat==2.1"' in text
    assert '"wombat>=1.0,<4"' in text
    assert place.uv("lock", "--check").returncode == 0


def test_what_cannot_be_built_is_left_out(registry: Registry, locked: Locked) -> None:
    offer(registry, numbat="1.0", wombat="1.0")
    place = locked(["numbat==1.0", "wombat==1.0"], files=checks(numbat="import numbat"))
    fails = "raise SystemExit('no compiler here')"
    registry.add("numbat", "2.0", wheel=False, sdist=True, on_build=fails)
    registry.add("wombat", "2.0")
    place.clock.advance(hours=1)

    said = place.json("update")

    (left,) = said["left_out"]
    assert (left["name"], left["why"]) == ("numbat", "it cannot be installed here")
    assert "no compiler here" in "\n".join(left["words"])
    assert place.locked == {"numbat": "1.0", "wombat": "2.0"}
    assert place.consistent()


def test_a_young_release_is_stepped_over_with_a_reason(registry: Registry, locked: Locked) -> None:
    offer(registry, numbat="1.0 1.1")
    yesterday = dt.datetime(2026, 5, 31, 12, tzinfo=dt.UTC)
    registry.add("numbat", "1.2", uploaded=yesterday)
    place = locked(["numbat"], files=checks(numbat="import numbat"))
    (place.root / "pyproject.toml").write_text(
        (place.root / "pyproject.toml")
        .read_text(encoding="utf-8")
        .replace("numbat", "numbat>=1.0"),
        encoding="utf-8",
    )
    assert place.onward("lock").code == 0
    registry.add("numbat", "1.3", uploaded=yesterday)
    place.clock.advance(hours=1)

    said = place.onward("update")

    assert said.code == 0
    assert place.locked == {"numbat": "1.1"}
    assert "numbat 1.3 (you get 1.1)" in said.out
    assert "[guard/too-new]" in said.out


def test_security_moves_only_what_an_advisory_hits_and_no_further_than_it_must(
    registry: Registry, locked: Locked, tmp_path: Path
) -> None:
    """The named fix is a day old and is taken all the same; a later one and everything else waits."""
    registry.add("numbat", "1.0", requires=["wombat<3"])
    offer(registry, wombat="1.0", quokka="1.0", bilby="1.0")
    place = locked(
        ["numbat==1.0", "quokka==1.0", "bilby==1.0"], files=checks(numbat="import numbat, bilby")
    )
    yesterday = dt.datetime(2026, 5, 31, 12, tzinfo=dt.UTC)
    registry.add("numbat", "1.1")
    registry.add("wombat", "1.0.1", uploaded=yesterday)
    registry.add("wombat", "1.0.2", uploaded=yesterday)
    offer(registry, quokka="1.1 1.2 2.0")
    known(
        place,
        tmp_path,
        document("PYSEC-2026-1", "wombat", fixed="1.0.1"),
        document("PYSEC-2026-2", "quokka", fixed="1.2"),
        document("PYSEC-2026-3", "bilby", fixed=None),
    )
    place.clock.advance(hours=1)

    said = place.json("update", "--security")

    assert place.locked == {"numbat": "1.0", "wombat": "1.0.1", "quokka": "1.2", "bilby": "1.0"}
    assert {u["name"]: u["fixes"] for u in said["kept"]} == {
        "wombat": ["PYSEC-2026-1"],
        "quokka": ["PYSEC-2026-2"],
    }
    (unfixed,) = said["unfixed"]
    assert (unfixed["name"], unfixed["ids"]) == ("bilby", ["PYSEC-2026-3"])
    assert unfixed["why"] == ["there is no release yet that is free of advisories"]
    assert '"quokka==1.2"' in (place.root / "pyproject.toml").read_text(encoding="utf-8")
    assert place.consistent()


def test_security_goes_higher_when_the_lowest_fix_does_not_fit(
    registry: Registry, locked: Locked, tmp_path: Path
) -> None:
    offer(registry, numbat="1.0", wombat="1.0")
    place = locked(["numbat==1.0", "wombat==1.0"], files=checks(numbat="import numbat"))
    registry.add("numbat", "1.1", requires=["wombat<1.0"])
    registry.add("numbat", "1.2")
    known(place, tmp_path, document("PYSEC-2026-1", "numbat", fixed="1.1"))
    place.clock.advance(hours=1)

    assert place.onward("update", "--security").code == 0

    assert place.locked == {"numbat": "1.2", "wombat": "1.0"}


def test_security_says_what_does_not_fit_and_what_waits(
    registry: Registry, locked: Locked, tmp_path: Path
) -> None:
    offer(registry, numbat="1.0", wombat="1.0")
    place = locked(["numbat==1.0", "wombat==1.0"], files=checks(numbat="import numbat"))
    registry.add("numbat", "1.1", requires=["wombat<1.0"])
    registry.add("wombat", "1.2", uploaded=dt.datetime(2026, 5, 31, 12, tzinfo=dt.UTC))
    known(
        place,
        tmp_path,
        document("PYSEC-2026-1", "numbat", fixed="1.1"),
        document("PYSEC-2026-2", "wombat", fixed=None, versions=["1.0"]),
    )
    before = place.files
    place.clock.advance(hours=1)

    said = place.onward("update", "--security")

    assert said.code == 0, said
    assert "Not mended: numbat 1.0 (PYSEC-2026-1)" in said.out
    assert "1.1 would mend it, but does not fit the rest" in said.out
    assert "Not mended: wombat 1.0 (PYSEC-2026-2)" in said.out
    assert place.files == before


def test_nothing_to_mend(registry: Registry, locked: Locked) -> None:
    offer(registry, numbat="1.0 2.0")
    place = locked(["numbat==1.0"])

    said = place.onward("update", "--security")

    assert said.code == 0
    assert "Nothing to mend" in said.out
