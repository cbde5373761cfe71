"""Answers about a new project: which fit together, and which names are good ones."""

import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from onward.core.errors import BadInput
from onward.core.names import is_name, parse_name
from onward.domain.scaffold import (
    FRAMEWORKS,
    LICENCES,
    LONGEST_NAME,
    STARTERS,
    TAKEN,
    Answers,
    Starter,
    answer,
    fault_of_name,
    module_name,
    name_from_folder,
    variables,
)


def answers(**more: str) -> Answers:
    given = {"name": "demo", "kind": "library"} | more
    return answer(
        name=parse_name(given["name"]),
        kind=given["kind"],
        framework=given.get("framework", ""),
        python=given.get("python", "3.11"),
        licence=given.get("licence", "MIT"),
        year=2026,
    )


def test_the_words_and_the_starters_are_the_same() -> None:
    assert tuple(STARTERS) == tuple(Starter)


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("hello", "hello"),
        ("My Café", "my-cafe"),
        ("  two   words ", "two-words"),
        ("snake_case.and.dots", "snake-case-and-dots"),
        ("-x-", "x"),
        ("ÅNGSTRÖM 2", "angstrom-2"),
    ],
)
def test_a_folder_name_becomes_a_project_name(folder: str, name: str) -> None:
    assert name_from_folder(folder) == name


@pytest.mark.parametrize("folder", ["Привет", "hello==1", "a/b", "100%", "", "..", "日本 x"])
def test_a_folder_name_that_would_lose_letters_is_refused(folder: str) -> None:
    with pytest.raises(BadInput) as refused:
        name_from_folder(folder)
    assert "--name" in (refused.value.hint or "")


@given(st.text(max_size=40))
@example("ﬁ²")
def test_a_name_from_a_folder_is_always_a_name(folder: str) -> None:
    try:
        name = name_from_folder(folder)
    except BadInput:
        return
    assert is_name(name)
    assert parse_name(name) == name


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("json", "standard library"),
        ("Typing", "standard library"),
        ("class", "word of Python"),
        ("none", "word of Python"),
        ("flask", "library or tool"),
        ("typing-extensions", "library or tool"),
        ("python", "`my-python`"),
        ("tests", "something else"),
        ("3d-print", "`x3d-print`"),
        ("n" * (LONGEST_NAME + 1), "at most 64"),
    ],
)
def test_names_that_would_hide_something_are_refused(name: str, word: str) -> None:
    assert word in fault_of_name(parse_name(name))


@given(st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,20}[A-Za-z0-9])?", fullmatch=True))
def test_a_good_name_can_be_imported_and_hides_nothing(text: str) -> None:
    name = parse_name(text)
    if fault_of_name(name):
        return
    module = module_name(name)
    compile(f"import {module}", "name", "exec")
    assert module not in sys.stdlib_module_names
    assert module not in TAKEN


@pytest.mark.parametrize("name", sorted(TAKEN | {"class", "json", "src", "data", "python3"}))
def test_the_suggested_name_is_a_good_one(name: str) -> None:
    fault = fault_of_name(parse_name(name))
    if fault:
        assert not fault_of_name(parse_name(fault.split("`")[-2]))


def test_all_faults_are_said_at_once() -> None:
    with pytest.raises(BadInput) as refused:
        answers(name="json", kind="cli", framework="flask", python="2.7", licence="WTF")
    said = "\n".join(refused.value.context)
    assert len(refused.value.context) == 4
    assert all(word in said for word in ("json", "framework", "2.7", "WTF"))


@pytest.mark.parametrize("python", ["3", "3.10", "4.0", "3.12.1", ">=3.12", "٣.١٢", ""])
def test_a_python_that_is_no_supported_version_is_refused(python: str) -> None:
    with pytest.raises(BadInput):
        answers(python=python)


def test_web_needs_a_framework_that_we_know() -> None:
    with pytest.raises(BadInput):
        answers(kind="web", framework="bottle")


def test_each_project_gets_exactly_its_own_folders() -> None:
    for kind in STARTERS:
        for framework in FRAMEWORKS if kind == "web" else ("",):
            for licence in LICENCES:
                made = variables(answers(kind=kind, framework=framework, licence=licence), "1.0")
                on = {key for key, value in made.items() if key.startswith("only_") and value}
                expected = {f"only_{framework or kind}"}
                if kind == "application" or framework not in ("", "django"):
                    expected.add("only_settings")
                if licence != "none":
                    expected.add(f"only_{licence.split('-')[0].lower()}")
                assert on == expected
