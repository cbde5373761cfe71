"""What `[project]` and `[tool.onward.app]` make of a program."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.core.errors import BadInput
from onward.domain.apps.model import App, FileType, Kind
from onward.domain.apps.settings import Asked, read_app, slug_of


def app_of(project: dict[str, Any], table: dict[str, Any] | None = None, **asked: Any) -> App:
    whole = {"project": {"name": "My.Demo", "version": "1.0", **project}, "build-system": {}}
    if table is not None:
        whole["tool"] = {"onward": {"app": table}}
    return read_app(whole, Asked(**asked), find_web=lambda: "demo.site:app")


def test_a_script_is_for_the_terminal_and_has_to_say_its_version_or_help() -> None:
    app = app_of({"scripts": {"demo": "demo.cli:main"}})
    assert (app.slug, app.kind, app.entry) == ("my-demo", Kind.terminal, "demo.cli:main")
    assert app.prove == (("--version",), ("--help",))


def test_gui_scripts_open_windows() -> None:
    assert app_of({"gui-scripts": {"demo": "demo:main"}}).kind is Kind.gui
    assert app_of({"scripts": {"d": "d:m"}, "dependencies": ["PySide6>=6"]}).kind is Kind.gui


def test_a_web_framework_without_a_script_is_served() -> None:
    app = app_of({"dependencies": ["fastapi[standard]>=0.1"]})
    assert (app.kind, app.entry) == (Kind.web, "demo.site:app")
    assert app_of({"dependencies": ["flask"], "scripts": {"d": "d:m"}}).kind is Kind.terminal


def test_the_command_line_wins() -> None:
    app = app_of(
        {"scripts": {"d": "d:m"}},
        {"kind": "web", "name": "A"},
        kind=Kind.gui,
        name="B",
        entry="x.py",
    )
    assert (app.kind, app.name, app.entry, app.is_script) == (Kind.gui, "B", "x.py", True)


def test_all_faults_are_told_at_once() -> None:
    table = {
        "kind": "robot", "entry": "no entry!", "icon": "a.bmp", "data": ["../up", "/etc"], "port": 70_000, "colour": 1,
        "hidden-imports": ["a-b"], "path": "x", "prove": "x", "file-types": [{"extension": "x"}], "name": "two\nlines",
    }  # fmt: skip
    with pytest.raises(BadInput) as caught:
        app_of({}, table)
    told = "\n".join(caught.value.context)
    for word in ("colour", "robot", "no entry!", "a.bmp", "../up", "/etc", "70000", "a-b", "path `x`", "prove", "file-types", "one line"):  # fmt: skip
        assert word in told, word


def test_several_scripts_want_a_choice() -> None:
    with pytest.raises(BadInput, match="cannot be made") as caught:
        app_of({"scripts": {"a": "a:m", "b": "b:m"}})
    assert "--entry" in caught.value.context[0]
    assert app_of({"scripts": {"a": "a:m", "My.Demo": "b:m"}}).entry == "b:m"


def test_file_types_and_author() -> None:
    kinds = [{"extension": ".note", "mime": "text/x-note"}]
    app = app_of(
        {"scripts": {"d": "d:m"}, "authors": [{"name": "A", "email": "a@b"}]}, {"file-types": kinds}
    )
    assert app.file_types == (FileType(extension=".note", mime="text/x-note"),)
    assert app.author == "A <a@b>"


@given(st.text())
def test_a_slug_is_always_a_plain_word(name: str) -> None:
    slug = slug_of(name)
    assert slug == "" or (
        slug.strip("-") == slug and all(c in "abcdefghijklmnopqrstuvwxyz0123456789-" for c in slug)
    )


@pytest.mark.parametrize(
    ("project", "table", "asked", "told"),
    [
        ({}, {}, {"name": "x\nDepends: evil"}, "`--name` is one line"),
        ({}, {}, {"name": "caf\udce9"}, "`--name` is one line"),
        ({}, {}, {"name": " "}, "`--name` is one line"),
        ({"version": "1/../../x"}, {}, {}, "version `1/../../x` is none"),
        ({"description": "x\x85Depends: evil"}, {}, {}, "description is one line"),
        ({}, {}, {"entry": "../x.py"}, "entry `../x.py` is no path inside"),
        ({}, {}, {"entry": "/etc/x.py"}, "entry `/etc/x.py` is no path inside"),
        ({}, {"icon": "../x.png"}, {}, "icon `../x.png` is no path inside"),
        ({}, {"icon": "C:\\x.png"}, {}, "is no path inside"),
        ({}, {}, {"icon": "/home/x.svg"}, "icon `/home/x.svg` is no path inside"),
        ({}, {"categories": ["Game;X-Evil"]}, {}, "`Game;X-Evil` is no category"),
        ({}, {"file-types": [{"extension": ".n", "mime": "a/b", "about": "\0"}]}, {}, "about is one line"),
    ],
)  # fmt: skip
def test_nothing_leads_out_of_the_project_or_into_another_field(
    project: dict[str, Any], table: dict[str, Any], asked: dict[str, str], told: str
) -> None:
    with pytest.raises(BadInput) as caught:
        app_of({"scripts": {"d": "d:m"}, **project}, table, **asked)
    assert any(told in words for words in caught.value.context)


def test_dependencies_that_are_no_list_are_for_others_to_tell() -> None:
    assert app_of({"scripts": {"d": "d:m"}, "dependencies": 7}).kind is Kind.terminal
