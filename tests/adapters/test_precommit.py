"""The configuration of pre-commit: what is ours, what is foreign, every fault, and keeping it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.adapters.precommit import read_hooks
from onward.core.errors import BadInput
from onward.core.local_hooks import Hook, Hooks, for_stage, parse, render

TEXT = """
default_stages: [commit]
exclude: ^old/
repos:
- repo: local
  hooks:
  - {id: a, entry: tool --word "two words", language: system, args: [--x]}
  - {id: b, entry: b.sh, language: script, stages: [push, manual]}
  - {id: c, entry: c, language: python}
  - {id: d, entry: d, language: system, types: [fortran]}
- repo: https://example.org/x
  rev: v1
  hooks: [{id: e}]
- repo: meta
  hooks: [{id: identity}]
"""


def test_what_needs_no_environment_is_ours() -> None:
    hooks = read_hooks(TEXT)
    a, b = hooks.ours
    assert (a.argv, a.stages, a.pass_filenames) == (
        ["tool", "--word", "two words", "--x"],
        ["pre-commit"],
        True,
    )
    assert (b.argv, b.stages) == (["./b.sh"], ["pre-push", "manual"])
    assert (hooks.foreign, hooks.exclude) == (["c", "d", "e"], "^old/")
    assert [one.id for one in for_stage(hooks, "pre-push", {}).ours] == ["b"]
    left = for_stage(hooks, "pre-commit", {"SKIP": "a, e"})
    assert (left.ours, left.foreign) == ([], ["c", "d"])


def test_where_a_hook_stands_among_all_is_its_priority_unless_it_says_one() -> None:
    hooks = read_hooks(
        TEXT.replace("{id: b,", "{id: b, priority: 7, require_serial: true,").replace(
            "{id: c, entry: c, language: python}", "{id: c, entry: c, language: system}"
        )
    )
    assert [(one.priority, one.require_serial) for one in hooks.ours] == [
        ("0", False),
        ("7", True),
        ("2", False),
    ]
    for wrong in ("-1", "high", "true"):
        with pytest.raises(BadInput):
            read_hooks(TEXT.replace("{id: b,", f"{{id: b, priority: {wrong},"))


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(BadInput) as told:
        read_hooks(
            "repos:\n- repo: local\n  hooks: [{id: a, language: system, entry: x, files: '('},"
            " {language: system}, {id: b, language: system, entry: '\"'}]\n- 3\n"
        )
    assert len(told.value.context) == 4
    for bad in ("", "[", "repos: x", "a: &b [*b"):
        with pytest.raises(BadInput):
            read_hooks(bad)


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=9)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 3000,
        "repos: [2020-13-45]",
        "repos: []\nfiles: !!binary aGVsbG8=",
        "a: &a [*a]\nrepos: *a",
        "\x00",
    ],
)
def test_what_breaks_a_reader_of_yaml_is_a_fault_of_the_file(text: str) -> None:
    with pytest.raises(BadInput):
        read_hooks(text)


@given(argv=st.lists(words, min_size=1), name=words, flag=st.booleans(), foreign=st.lists(words))
def test_what_is_kept_is_read_back_as_it_was(
    argv: list[str], name: str, flag: bool, foreign: list[str]
) -> None:
    hook = Hook(id="x", name=name, language="system", argv=argv, always_run=flag, files=name)
    text = render(Hooks([hook], foreign=[one for one in foreign if one]), "1", "config")
    if not text:
        assert set("\x1d\x1e\x1f") & set(name + "".join(argv + foreign))
        return
    back = parse(text, "1", "config")
    assert back is not None
    assert [getattr(back.ours[0], key) for key in Hook.__slots__] == [
        getattr(hook, key) for key in Hook.__slots__
    ]
    assert back.foreign == [one for one in foreign if one]
    assert parse(text, "2", "config") is parse(text, "1", "other") is parse("", "1", "") is None
