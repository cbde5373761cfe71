"""Adding libraries: what is refused and why, what is stepped over, what is taken at once; nothing on disk after a refusal."""

import datetime as dt
from pathlib import Path

import pytest

from tests.conftest import FakeClock, MakeProject
from tests.dumps import document
from tests.journeys.conftest import MakeStage
from tests.journeys.stage import Stage, as_json
from tests.registry import Registry

FRESH = dt.datetime(2026, 5, 31, tzinfo=dt.UTC)  # a day and a half before noon of the clock's day


# Refusals: exit 1, the reason, the evidence, the way out that works


def test_a_slip_of_the_keyboard_names_what_was_meant_and_asks_nobody(
    stage: Stage, registry: Registry
) -> None:
    said = stage.refused("add", "reqeusts")

    assert "requests" in said.err
    assert "guard/lookalike" in said.err
    assert registry.requests == []


@pytest.mark.parametrize(
    ("word", "meant"), [("sklearn", "scikit-learn"), ("bs4", "beautifulsoup4"), ("PIL", "pillow")]
)
def test_an_import_name_is_told_its_project(stage: Stage, word: str, meant: str) -> None:
    said = stage.refused("add", word)

    assert f"`{meant}`" in said.err
    assert f"onward add {meant}" in said.err


def test_a_pinned_vulnerable_version_is_refused_with_the_advisory_and_the_fix(
    stage: Stage, registry: Registry
) -> None:
    registry.add("tidewater", "2.10")
    registry.add("tidewater", "2.11")
    stage.advise(document("TEST-2026-1", "tidewater", fixed="2.11", severity=[]))

    said = stage.refused("add", "tidewater==2.10")

    assert "TEST-2026-1" in said.err
    assert "fixed in 2.11" in said.err
    assert "onward allow tidewater==2.10" in said.err
    assert registry.paths("/files") == []


def test_a_range_that_only_holds_vulnerable_versions_is_refused_likewise(
    stage: Stage, registry: Registry
) -> None:
    for version in ("2.9", "2.10", "2.11"):
        registry.add("tidewater", version)
    stage.advise(document("TEST-2026-1", "tidewater", fixed="2.11"))

    said = stage.refused("add", "tidewater<2.11")

    assert "TEST-2026-1" in said.err
    assert "fixed in 2.11" in said.err


def test_without_a_pin_the_fixed_version_is_taken(stage: Stage, registry: Registry) -> None:
    registry.add("tidewater", "2.10")
    registry.add("tidewater", "2.11")
    stage.advise(document("TEST-2026-1", "tidewater", fixed="2.11"))

    stage.fine("add", "tidewater")

    assert stage.locked == stage.installed == {"tidewater": "2.11"}
    stage.way_out_is_open()


def test_a_way_out_that_is_offered_works(stage: Stage, registry: Registry) -> None:
    registry.add("tidewater", "2.10")
    stage.advise(document("TEST-2026-1", "tidewater", fixed="2.11"))
    refused = stage.refused("add", "tidewater==2.10")
    (offer,) = [line for line in refused.err.splitlines() if "onward allow" in line]

    words = offer.partition("onward ")[2].replace('"..."', "until-we-move").split()
    stage.fine(*words)
    stage.fine("add", "tidewater==2.10")

    assert stage.locked == {"tidewater": "2.10"}


def test_malware_is_refused_by_name_version_and_range(stage: Stage, registry: Registry) -> None:
    registry.add("tidewater", "1.0")
    stage.advise(
        document("MAL-2026-1", "tidewater", fixed=None),
    )

    for word in ("tidewater", "tidewater==1.0", "tidewater>=1"):
        said = stage.refused("add", word)
        assert "MAL-2026-1" in said.err
        assert "onward allow" not in said.err
    assert registry.paths("/files") == []


def test_an_indirect_one_is_judged_like_a_direct_one(stage: Stage, registry: Registry) -> None:
    registry.add("lanternfish", "1.0", requires=["mossgrove==1.0"])
    registry.add("mossgrove", "1.0")
    stage.advise(document("MAL-2026-1", "mossgrove", fixed=None))

    said = stage.refused("add", "lanternfish")

    assert "mossgrove" in said.err
    assert "MAL-2026-1" in said.err


def test_an_indirect_one_without_a_pin_too(stage: Stage, registry: Registry) -> None:
    registry.add("lanternfish", "1.0", requires=["mossgrove"])
    registry.add("mossgrove", "1.0")
    stage.advise(document("MAL-2026-1", "mossgrove", fixed=None))

    assert "MAL-2026-1" in stage.refused("add", "lanternfish").err


def test_an_indirect_slip_is_told(stage: Stage, registry: Registry) -> None:
    registry.add("lanternfish", "1.0", requires=["reqeusts"])
    registry.add("reqeusts", "1.0")

    said = stage.refused("add", "lanternfish")

    assert "`requests`" in said.err
    assert registry.paths("/simple/reqeusts") == []


def test_a_young_release_that_is_asked_for_by_number_waits(
    stage: Stage, registry: Registry
) -> None:
    registry.add("tidewater", "1.0")
    registry.add("tidewater", "1.1", uploaded=FRESH)

    said = stage.refused("add", "tidewater==1.1")

    assert "guard/too-new" in said.err
    assert "2026-06-03" in said.err
    assert "cool-down of 3 days" in said.err


def test_when_everything_is_young_it_says_so(stage: Stage, registry: Registry) -> None:
    registry.add("tidewater", "1.0", uploaded=FRESH)

    assert "guard/too-new" in stage.refused("add", "tidewater").err


def test_a_young_sdist_is_not_built_to_find_out(stage: Stage, registry: Registry) -> None:
    ran = stage.root.parent / "ran"
    registry.add(
        "tidewater",
        "1.0",
        wheel=False,
        sdist=True,
        uploaded=FRESH,
        on_build=f"open({str(ran)!r}, 'w').close()\n",
    )

    for word in ("tidewater", "tidewater==1.0", "tidewater<2"):
        said = stage.refused("add", word)
        assert "guard/too-new" in said.err, said.err

    assert not ran.exists()
    assert registry.paths("/files") == []


def test_no_upload_time_is_not_old_enough(stage: Stage, registry: Registry) -> None:
    registry.add("tidewater", "1.0", uploaded=None)

    said = stage.refused("add", "tidewater")

    assert "guard/no-upload-time" in said.err
    assert "could not look" in said.err or "unknown" in said.err


def test_a_yanked_release_is_refused_with_its_reason(stage: Stage, registry: Registry) -> None:
    registry.add("tidewater", "1.0", yanked="eats files")

    for word in ("tidewater", "tidewater==1.0"):
        assert "eats files" in stage.refused("add", word).err


def test_a_quarantined_project_is_refused(stage: Stage, registry: Registry) -> None:
    registry.add("tidewater", "1.0")
    registry.status("tidewater", "quarantined")

    for word in ("tidewater", "tidewater==1.0"):
        assert "guard/quarantined" in stage.refused("add", word).err


def test_an_archived_project_is_told_and_taken(stage: Stage, registry: Registry) -> None:
    registry.add("tidewater", "1.0")
    registry.status("tidewater", "archived")

    assert "guard/archived" in stage.fine("add", "tidewater").out


def test_a_name_that_is_not_allowed_is_refused(make_stage: MakeStage, registry: Registry) -> None:
    stage = make_stage(extra='[tool.onward.guard]\nallow_only = ["lantern*"]')
    registry.add("lanternfish", "1.0", requires=["mossgrove"])
    registry.add("mossgrove", "1.0")
    registry.add("lanternlight", "1.0")

    assert "guard/not-allowed" in stage.refused("add", "mossgrove").err
    assert "mossgrove" in stage.refused("add", "lanternfish").err
    stage.fine("add", "lanternlight")


def test_several_at_once_are_refused_together(stage: Stage, registry: Registry) -> None:
    registry.add("tidewater", "1.0")
    registry.add("mossgrove", "1.0")
    stage.advise(
        document("TEST-2026-1", "mossgrove", fixed="2"),
        document("TEST-2026-2", "tidewater", fixed="2"),
    )

    said = stage.refused("add", "tidewater", "mossgrove")

    assert "TEST-2026-1" in said.err
    assert "TEST-2026-2" in said.err


def test_a_refusal_in_json_has_the_evidence(stage: Stage, registry: Registry) -> None:
    registry.add("tidewater", "2.10")
    stage.advise(document("TEST-2026-1", "tidewater", fixed="2.11"))

    answer = as_json(stage.refused("add", "tidewater==2.10", "--json"))

    assert answer["done"] is False
    (verdict,) = [f for f in answer["decision"]["findings"] if f["level"] == "enforce"]
    assert verdict["rule"] == "guard/vulnerable"
    assert verdict["facts"]["fixed_in"] == {"TEST-2026-1": "2.11"}


def test_a_name_that_is_nowhere(stage: Stage) -> None:
    said = stage.refused("add", "tidewater")

    assert "no project `tidewater`" in said.err


def test_a_name_that_was_published_just_now_is_found(stage: Stage, registry: Registry) -> None:
    stage.refused("add", "tidewater")
    registry.add("tidewater", "1.0")

    stage.fine("add", "tidewater")


@pytest.mark.parametrize("word", ["two words", "a==", "==1", "[x]", "a@b@c", "-r x", "x;y"])
def test_what_is_no_requirement_is_bad_input(stage: Stage, word: str) -> None:
    stage.refused("add", "--", word, code=2)


def test_a_refusal_leaves_an_environment_as_it_was(stage: Stage, registry: Registry) -> None:
    registry.add("mossgrove", "1.0")
    registry.add("tidewater", "1.0")
    stage.fine("add", "mossgrove")
    stage.advise(document("MAL-2026-1", "tidewater", fixed=None))

    stage.refused("add", "tidewater")
    stage.refused("add", "reqeusts")
    stage.refused("remove", "tidewater", code=2)

    assert stage.installed == {"mossgrove": "1.0"}


def test_a_dry_run_changes_nothing_and_shows_what_would_be(
    stage: Stage, registry: Registry
) -> None:
    registry.add("lanternfish", "1.0", requires=["mossgrove"])
    registry.add("mossgrove", "1.0")

    said = stage.refused("add", "lanternfish", "--dry-run", code=0)

    assert "lanternfish==1.0" in said.out
    assert "mossgrove" in said.out
    assert "Nothing was changed" in said.out


# Stepping over, and the one exception


def test_a_young_release_is_stepped_over_with_a_reason(stage: Stage, registry: Registry) -> None:
    registry.add("tidewater", "1.0")
    registry.add("tidewater", "1.1", uploaded=FRESH)

    said = stage.fine("add", "tidewater")

    assert stage.installed == {"tidewater": "1.0"}
    assert "Held back" in said.out
    assert "tidewater 1.1 (you get 1.0)" in said.out
    assert "cool-down" in said.out
    stage.way_out_is_open()


def test_an_indirect_young_release_is_stepped_over_too(stage: Stage, registry: Registry) -> None:
    registry.add("lanternfish", "1.0", requires=["mossgrove"])
    registry.add("mossgrove", "1.0")
    registry.add("mossgrove", "1.1", uploaded=FRESH)

    said = stage.fine("add", "lanternfish")

    assert stage.locked == {"lanternfish": "1.0", "mossgrove": "1.0"}
    assert "mossgrove 1.1" in said.out


def test_after_the_cool_down_it_is_taken(
    stage: Stage, registry: Registry, clock: FakeClock
) -> None:
    registry.add("tidewater", "1.0")
    registry.add("tidewater", "1.1", uploaded=FRESH)
    stage.fine("add", "tidewater")
    clock.advance(days=3)

    stage.fine("add", "tidewater>1.0")

    assert stage.installed == {"tidewater": "1.1"}


def test_the_named_fix_is_taken_at_once_and_the_one_above_waits(
    stage: Stage, registry: Registry
) -> None:
    registry.add("tidewater", "1.0")
    stage.fine("add", "tidewater")
    registry.add("tidewater", "1.1", uploaded=FRESH)
    registry.add("tidewater", "1.2", uploaded=FRESH)
    stage.advise(document("TEST-2026-1", "tidewater", fixed="1.1"))
    for page in (stage.root.parent / "home" / "onward-cache" / "pages").rglob("tidewater"):
        page.unlink()  # ten minutes later

    refused = stage.refused("add", "tidewater==1.2")
    stage.fine("add", "tidewater>1.0")

    assert "guard/too-new" in refused.err
    assert stage.installed == {"tidewater": "1.1"}


def test_a_new_dependency_takes_the_young_fix_only_when_nothing_older_is_free(
    stage: Stage, registry: Registry
) -> None:
    registry.add("tidewater", "1.0")
    registry.add("tidewater", "1.1", uploaded=FRESH)
    registry.add("mossgrove", "0.9")
    registry.add("mossgrove", "1.0")
    registry.add("mossgrove", "1.1", uploaded=FRESH)
    stage.advise(
        document("TEST-2026-1", "tidewater", fixed="1.1"),
        {
            **document("TEST-2026-2", "mossgrove"),
            "affected": [
                {
                    "package": {"ecosystem": "PyPI", "name": "mossgrove"},
                    "ranges": [
                        {
                            "type": "ECOSYSTEM",
                            "events": [{"introduced": "1.0"}, {"fixed": "1.1"}],
                        }
                    ],
                }
            ],
        },
    )

    stage.fine("add", "tidewater", "mossgrove")

    assert stage.locked == {"tidewater": "1.1", "mossgrove": "0.9"}


def test_a_file_slipped_under_a_locked_release_does_not_enter(
    stage: Stage, registry: Registry, clock: FakeClock
) -> None:
    registry.add("tidewater", "1.0")
    registry.add("mossgrove", "1.0")
    stage.fine("add", "tidewater")
    late = registry.add("tidewater", "1.0", tags=("py3-none-linux_x86_64",), uploaded=FRESH)
    clock.advance(minutes=11)  # the page is asked for anew

    stage.fine("add", "mossgrove")

    assert late[0].filename not in (stage.root / "uv.lock").read_text(encoding="utf-8")


def test_a_release_that_hides_behind_another_spelling_of_its_version(
    stage: Stage, registry: Registry
) -> None:
    wheel = registry.add("tidewater", "1.0rc1", uploaded=FRESH)[0]
    registry.remove("tidewater")
    registry.offer(
        "tidewater",
        "1.0rc1",
        "tidewater-1.0.0-RC.1.tar.gz",
        b"no archive",
        uploaded=FRESH,
    )
    registry.offer(
        "tidewater",
        "1.0rc1",
        "tidewater-v1.0rc1-py3-none-any.whl",
        wheel.content,
        metadata=wheel.metadata,
        uploaded=FRESH,
    )

    for word in ("tidewater==1.0rc1", "tidewater==1.0.0rc1", "tidewater>=1.0rc1"):
        assert "guard/too-new" in stage.refused("add", word).err


# The classic: an own line is in the way


def test_the_own_line_that_is_in_the_way_is_named_with_what_works(
    make_stage: MakeStage, registry: Registry
) -> None:
    registry.add("mossgrove", "1.0")
    registry.add("mossgrove", "2.0")
    registry.add("tidewater", "1.0", requires=["mossgrove>=2"])
    stage = make_stage(dependencies=["mossgrove<2"])
    stage.fine("sync")

    said = stage.refused("add", "tidewater")

    assert "`mossgrove<2` is in the way" in said.err
    assert "mossgrove>=2.0" in said.err
    (offer,) = [line for line in said.err.splitlines() if "onward add" in line]
    stage.fine(*[word.strip("'") for word in offer.partition("onward ")[2].split()])
    assert stage.locked == {"mossgrove": "2.0", "tidewater": "1.0"}


# What else add, remove, lock, sync and undo do


def test_add_says_what_each_brings(stage: Stage, registry: Registry) -> None:
    registry.add("lanternfish", "1.0", requires=["mossgrove", "tidewater"])
    registry.add("mossgrove", "1.0")
    registry.add("tidewater", "1.0")

    answer = as_json(stage.fine("add", "lanternfish", "--json"))

    (brought,) = answer["brings"]
    assert brought["packages"] == ["lanternfish", "mossgrove", "tidewater"]
    assert brought["bytes"] > 0
    assert answer["done"] is True


@pytest.mark.parametrize(
    ("words", "table"),
    [
        (("--dev",), "dependency-groups"),
        (("--group", "docs"), "dependency-groups"),
        (("--optional", "fast"), "optional-dependencies"),
    ],
)
def test_add_to_a_group_or_an_extra(
    stage: Stage, registry: Registry, words: tuple[str, ...], table: str
) -> None:
    registry.add("tidewater", "1.0")

    stage.fine("add", *words, "tidewater")

    assert table in (stage.root / "pyproject.toml").read_text(encoding="utf-8")
    assert stage.locked == {"tidewater": "1.0"}


def test_no_sync_changes_the_files_only(stage: Stage, registry: Registry) -> None:
    registry.add("tidewater", "1.0")

    stage.fine("add", "tidewater", "--no-sync")

    assert stage.locked == {"tidewater": "1.0"}
    assert not (stage.root / ".venv").exists()


def test_remove_takes_it_out_and_undo_brings_it_back(stage: Stage, registry: Registry) -> None:
    registry.add("lanternfish", "1.0", requires=["mossgrove"])
    registry.add("mossgrove", "1.0")
    stage.fine("add", "lanternfish")
    files = {name: (stage.root / name).read_bytes() for name in ("pyproject.toml", "uv.lock")}

    stage.fine("remove", "lanternfish")
    assert stage.locked == stage.installed == {}
    stage.fine("undo")

    assert {name: (stage.root / name).read_bytes() for name in files} == files
    assert stage.installed == {"lanternfish": "1.0", "mossgrove": "1.0"}


def test_undo_of_the_first_add_leaves_the_folder_as_it_was(
    stage: Stage, registry: Registry
) -> None:
    registry.add("tidewater", "1.0")
    before = (stage.root / "pyproject.toml").read_bytes()
    stage.fine("add", "tidewater")

    stage.fine("undo")

    assert (stage.root / "pyproject.toml").read_bytes() == before
    assert {path.name for path in stage.root.iterdir()} == {"pyproject.toml", ".onward"}


def test_undo_does_not_trample_on_later_work(stage: Stage, registry: Registry) -> None:
    registry.add("tidewater", "1.0")
    stage.fine("add", "tidewater")
    with (stage.root / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write("# mine\n")

    said = stage.refused("undo")

    assert "pyproject.toml was changed since" in said.err


def test_undo_does_not_install_what_is_blocked_by_now(stage: Stage, registry: Registry) -> None:
    registry.add("tidewater", "1.0")
    registry.add("mossgrove", "1.0")
    stage.fine("add", "tidewater")
    stage.fine("remove", "tidewater")
    stage.advise(document("MAL-2026-1", "tidewater", fixed=None))

    said = stage.onward("undo")

    assert said.code == 1
    assert "the files are back" in said.err
    assert stage.locked == {"tidewater": "1.0"}
    assert stage.installed == {}


def test_nothing_to_undo(stage: Stage) -> None:
    assert "nothing" in stage.refused("undo").err or "no change" in stage.refused("undo").err


def test_a_second_sync_has_nothing_to_do(stage: Stage, registry: Registry) -> None:
    registry.add("tidewater", "1.0")
    stage.fine("add", "tidewater")
    registry.forget()

    stage.fine("sync")

    assert registry.requests == []


def test_sync_with_options_does_not_pass_for_a_whole_one(
    make_stage: MakeStage, registry: Registry
) -> None:
    registry.add("tidewater", "1.0")
    registry.add("mossgrove", "1.0")
    stage = make_stage(dependencies=["tidewater"], extra='[dependency-groups]\ndev = ["mossgrove"]')

    stage.fine("sync", "--no-dev")
    assert stage.installed == {"tidewater": "1.0"}
    assert not (stage.root / ".onward" / "stamp").exists()
    stage.fine("sync")

    assert stage.installed == {"tidewater": "1.0", "mossgrove": "1.0"}


@pytest.mark.registry
def test_the_promise_with_real_names(
    project: MakeProject, registry_env: dict[str, str], clock: FakeClock
) -> None:
    """The index of the machine, and the advisories that onward is installed with."""
    stage = Stage(project(), registry_env, clock)

    assert "`requests`" in stage.refused("add", "reqeusts").err
    assert "scikit-learn" in stage.refused("add", "sklearn").err
    assert "beautifulsoup4" in stage.refused("add", "bs4").err
    for word in ("jinja2==2.10", "jinja2<2.11"):
        said = stage.refused("add", word)
        assert "PYSEC-" in said.err or "GHSA-" in said.err or "CVE-" in said.err
        assert "fixed in 2.1" in said.err
    stage.fine("add", "jinja2")

    assert "jinja2" in stage.installed
    stage.way_out_is_open()


# Where the environment and the person stand


def test_an_environment_elsewhere(stage: Stage, registry: Registry, tmp_path: Path) -> None:
    registry.add("tidewater", "1.0")
    elsewhere = tmp_path / "environments" / "demo"

    stage.fine("add", "tidewater", UV_PROJECT_ENVIRONMENT=str(elsewhere))

    assert not (stage.root / ".venv").exists()
    assert list(elsewhere.glob("[lL]ib/**/tidewater-1.0.dist-info"))
    stage.fine("undo", UV_PROJECT_ENVIRONMENT=str(elsewhere))
    assert stage.refused("undo").err


def test_a_failed_first_add_leaves_no_environment_elsewhere(
    stage: Stage, registry: Registry, tmp_path: Path
) -> None:
    registry.add("tidewater", "1.0")
    registry.fail("corrupt", "/files/*.whl")
    elsewhere = tmp_path / "environments" / "demo"

    said = stage.onward("add", "tidewater", UV_PROJECT_ENVIRONMENT=str(elsewhere))

    assert said.code == 4
    assert not elsewhere.exists()


def test_outside_of_a_project(stage: Stage, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    nowhere.mkdir()

    said = stage.onward("add", "tidewater", cwd=str(nowhere))

    assert said.code == 2
    assert "no Python project" in said.err
    assert list(nowhere.iterdir()) == []


def test_what_another_tool_keeps_is_not_edited(stage: Stage, registry: Registry) -> None:
    registry.add("tidewater", "1.0")
    (stage.root / "poetry.lock").write_text("", encoding="utf-8")

    said = stage.refused("add", "tidewater", code=2)

    assert "poetry.lock" in said.err


def test_in_a_workspace_the_one_environment_holds_all_members(
    make_stage: MakeStage, registry: Registry
) -> None:
    for name in ("tidewater", "mossgrove", "lanternfish"):
        registry.add(name, "1.0")
    member = '[project]\nname = "{0}"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["{1}"]\n'
    stage = make_stage(
        extra='[tool.uv.workspace]\nmembers = ["a", "b"]',
        files={
            "a/pyproject.toml": member.format("a", "tidewater"),
            "b/pyproject.toml": member.format("b", "mossgrove"),
        },
    )

    stage.fine("add", "lanternfish", cwd="b")

    assert set(stage.installed) == {"tidewater", "mossgrove", "lanternfish"}
    assert '"lanternfish>=1.0"' in (stage.root / "b" / "pyproject.toml").read_text(encoding="utf-8")
    stage.refused("remove", "lanternfish", cwd="a", code=2)
    stage.fine("remove", "lanternfish", cwd="b")
    assert set(stage.installed) == {"tidewater", "mossgrove"}
