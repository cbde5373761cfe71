"""Reading a policy: typed, with every fault named by file and key path, all at once."""

import datetime as dt
import tomllib
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.core.errors import BadInput
from onward.core.policy import Level, Source
from onward.core.project import Kind
from onward.domain.policy.durations import parse_duration, say_duration
from onward.domain.policy.merge import read_policy
from onward.domain.policy.model import Policy
from onward.domain.policy.read import Document
from onward.domain.policy.rule import Profile


def project(text: str) -> Document:
    return Document(values=tomllib.loads(text), file="pyproject.toml", path="tool.onward")


def read(text: str) -> Policy:
    return read_policy(project(text))


def faults(text: str, organisation: str | None = None) -> list[str]:
    far = None
    if organisation is not None:
        far = Document(values=tomllib.loads(organisation), file="onward-policy.toml")
    with pytest.raises(BadInput) as caught:
        read_policy(project(text), far)
    assert caught.value.reference == "bad-policy"
    return list(caught.value.context)


def test_nothing_written_gives_the_defaults() -> None:
    policy = read_policy()
    assert policy.profile is Profile.standard
    assert policy.cooldown == dt.timedelta(days=3)
    assert policy.allow_only is None
    assert {row.source for row in policy.rows} == {Source.builtin}
    assert set(policy.origins.values()) == {"onward's default"}


def test_every_key_is_read_and_knows_where_it_was_said() -> None:
    policy = read(
        """
        profile = "strict"
        kind = "library"
        python = "3.12.1"
        platforms = ["linux-x86_64", "macos"]
        [guard]
        cooldown = "36 hours"
        private = ["Acme_*"]
        allow_only = ["requests", "Flask.Login"]
        indexes = ["https://pypi.org/simple/"]
        [tasks]
        docs = "mkdocs build"
        lint = ["ruff", "check"]
        [[policy]]
        match = "guard/yanked"
        only = ["a", "b==1.0"]
        level = "off"
        until = 2026-12-31
        why = "it was a mistake in the tag"
        """
    )
    assert policy.profile is Profile.strict
    assert policy.kind is Kind.library
    assert policy.python == "3.12.1"
    assert policy.platforms == ("linux-x86_64", "macos")
    assert policy.cooldown == dt.timedelta(hours=36)
    assert policy.private == ("acme-*",)
    assert policy.allow_only == ("requests", "flask-login")
    assert policy.indexes == ("https://pypi.org/simple",)
    assert policy.tasks == {"docs": "mkdocs build", "lint": ("ruff", "check")}
    assert policy.origins["guard.cooldown"] == "pyproject.toml: tool.onward.guard.cooldown"
    row = policy.rows[0]
    assert (row.match, row.only, row.level) == ("guard/yanked", ("a", "b==1.0"), Level.off)
    assert row.until == dt.date(2026, 12, 31)
    assert row.where == "pyproject.toml: tool.onward.policy[0]"


def test_one_table_may_name_several_rules() -> None:
    policy = read(
        '[[policy]]\nmatch = ["guard/yanked", "guard/too-new"]\nlevel = "off"\nwhy = "x"\nonly = "a"'
    )
    assert [row.match for row in policy.rows[:2]] == ["guard/yanked", "guard/too-new"]
    assert policy.rows[0].where == policy.rows[1].where


def test_all_faults_are_reported_at_once_with_their_key_path_and_the_nearest_key() -> None:
    found = faults(
        """
        profle = "strict"
        kind = "libary"
        [guard]
        cooldown = "soon"
        private = ["[x"]
        [[policy]]
        match = "gaurd/too-new"
        level = "of"
        until = "tomorrow"
        [[policy]]
        match = "guard/**"
        levle = "off"
        """
    )
    assert found == [
        'pyproject.toml: tool.onward.policy[0].match: "gaurd/too-new" is not a rule; did you mean `guard/too-new`?',
        'pyproject.toml: tool.onward.policy[0].level: "of" is not one of off, advise, ratchet, enforce; did you mean `off`?',
        'pyproject.toml: tool.onward.policy[0].until: "tomorrow" is not a day; write it like 2026-12-31',
        'pyproject.toml: tool.onward.policy[1].match: "guard/**" holds `**`; one `*` already crosses `/`',
        "pyproject.toml: tool.onward.policy[1].level: is missing; it is one of off, advise, ratchet, enforce",
        "pyproject.toml: tool.onward.policy[1].levle: no such key; did you mean `level`?",
        'pyproject.toml: tool.onward.guard.cooldown: "soon" is not a span of time; write it like "3 days", "36 hours" or "2 weeks"',
        'pyproject.toml: tool.onward.guard.private[0]: "[x" has a `[` or `]` without its partner',
        'pyproject.toml: tool.onward.kind: "libary" is not one of application, library; did you mean `library`?',
        "pyproject.toml: tool.onward.profle: no such key; did you mean `profile`?",
    ]


def test_faults_of_both_files_come_together() -> None:
    found = faults("profile = 3", 'profile = "hard"\nkind = "library"')
    assert found == [
        "pyproject.toml: tool.onward.profile: is a whole number, but must be text",
        'onward-policy.toml: profile: "hard" is not one of relaxed, standard, strict',
        "onward-policy.toml: kind: no such key; that is the project's to say, in [tool.onward] of its pyproject.toml",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('policy = "x"', "policy: is text, but must be an array of tables"),
        ("policy = [1]", "policy[0]: is a whole number, but must be a table"),
        ("guard = []", "guard: is an array, but must be a table"),
        ("guard.cooldown = 3", "guard.cooldown: needs a unit"),
        ("guard.cooldown = false", "guard.cooldown: needs a unit"),
        ('guard.private = "acme-*"', "guard.private: is text, but must be an array of texts"),
        ('guard.private = ["a b"]', 'guard.private[0]: "a b" is not a project name'),
        ("guard.may_loosen = true", "guard.may_loosen: no such key; only an organisation's file"),
        ('guard.indexes = ["pypi"]', 'guard.indexes[0]: "pypi" is not an http, https or file'),
        ('guard.indexes = ["https://u:pw@x/"]', "holds a login"),
        ('platforms = ["beos"]', 'platforms[0]: "beos" is not a platform'),
        ('platforms = ["linux-z80"]', 'platforms[0]: "linux-z80" is not a platform'),
        ('python = "2.7"', 'python: "2.7" is not a Python version'),
        ("tasks.x = []", "tasks.x: is empty"),
        ("tasks.x = [1]", "tasks.x[0]: is a whole number, but must be text"),
        ('profile = ""', "profile: is empty"),
        ('[[policy]]\nlevel = "off"\nwhy = "x"', "policy[0].match: is missing"),
        ('[[policy]]\nmatch = []\nlevel = "enforce"', "policy[0].match: is empty"),
        ('[[policy]]\nmatch = "*"\nlevel = "enforce"\nonly = []', "policy[0].only: is empty"),
        ('[[policy]]\nmatch = "*"\nlevel = "enforce"\nonly = "/etc"', "leaves the project"),
        ('[[policy]]\nmatch = "*"\nlevel = "enforce"\nonly = "a\\\\b"', "holds a backslash"),
        ('[[policy]]\nmatch = "bandit/*"\nlevel = "enforce"', '"bandit/*" fits no rule'),
        (
            '[[policy]]\nmatch = "*"\nlevel = "enforce"\nuntil = 2026-01-01T00:00:00',
            "a day with a time",
        ),
        ('[[policy]]\nmatch = "*"\nlevel = "enforce"\nuntil = "2026-02-30"', "is not a day"),
        ('[[policy]]\nmatch = "*"\nlevel = "enforce"\nmay_loosen = true', "only an organisation's"),
    ],
)
def test_what_is_wrong_is_said(text: str, words: str) -> None:
    found = faults(text)
    assert len(found) == 1
    assert words in found[0]


def test_a_login_in_an_address_is_not_repeated() -> None:
    assert "secret" not in faults('guard.indexes = ["https://me:secret@x/"]')[0]


def test_a_row_that_loosens_needs_a_reason() -> None:
    assert faults('[[policy]]\nmatch = "guard/too-new"\nlevel = "advise"') == [
        "pyproject.toml: tool.onward.policy[0].why: is missing; this row makes something weaker, so it needs a reason"
    ]


@pytest.mark.parametrize(
    "row",
    [
        'match = "guard/archived"\nlevel = "advise"',  # what holds anyway
        'match = "guard/archived"\nlevel = "enforce"',
        'match = "guard/too-new"\nlevel = "off"\nwhy = "we build it ourselves"',
    ],
)
def test_other_rows_need_none(row: str) -> None:
    assert read(f"[[policy]]\n{row}").rows[0].source is Source.project


def test_a_row_weaker_than_a_later_one_of_its_file_needs_a_reason() -> None:
    text = '[[policy]]\nmatch = "guard/archived"\nonly = "a"\nlevel = "advise"\n'
    text += '[[policy]]\nmatch = "guard/archived"\nlevel = "enforce"\n'
    assert "policy[0].why" in faults(text)[0]


def test_two_equal_rows_do_not_hide_each_other() -> None:
    row = '[[policy]]\nmatch = "guard/too-new"\nlevel = "off"\n'
    assert len(faults(row * 2)) == 2


def test_a_list_of_what_is_allowed_enforces_itself() -> None:
    policy = read('guard.allow_only = ["requests"]')
    row = next(row for row in policy.rows if row.match == "guard/not-allowed")
    assert (row.level, row.source) == (Level.enforce, Source.project)


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("0", 0), ("3 days", 72), ("1 day", 24), ("36 hours", 36), ("2 weeks", 336), ("P3D", 72), ("PT36H", 36),
        ("P1W", 168), ("P1DT12H", 36), ("90m", None), ("90 minutes", 1.5), ("12h", 12), ("3", None), ("P", None),
        ("PT", None), ("P1DT", None), ("-1 days", None), ("99999 weeks", None), ("", None),
    ],
)  # fmt: skip
def test_spans_of_time(text: str, hours: float | None) -> None:
    assert parse_duration(text) == (None if hours is None else dt.timedelta(hours=hours))


@given(st.integers(0, 3660 * 24 * 60))
def test_a_span_in_words_means_the_same_again(minutes: int) -> None:
    span = dt.timedelta(minutes=minutes)
    again = parse_duration(say_duration(span))
    assert again == span or minutes > 99999  # five digits are read, no more


_scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.dates(), st.datetimes(),
    st.sampled_from(["guard/*", "guard/too-new", "off", "enforce", "*", "[", "**", "2026-01-01", "3 days"]),
)  # fmt: skip
_keys = st.sampled_from(
    ["policy", "match", "only", "level", "until", "why", "may_loosen", "guard", "cooldown", "private",
     "allow_only", "indexes", "licences", "kind", "python", "platforms", "profile", "tasks", "x"]
)  # fmt: skip
_values = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_keys, inner, max_size=6),
    max_leaves=25,
)


@given(st.dictionaries(_keys, _values, max_size=8), st.dictionaries(_keys, _values, max_size=8))
def test_no_table_whatsoever_crashes_the_reader(
    near: Mapping[str, Any], far: Mapping[str, Any]
) -> None:
    said: tuple[str, ...] = ()
    try:
        policy = read_policy(
            Document(values=near, file="pyproject.toml", path="tool.onward"),
            Document(values=far, file="onward-policy.toml"),
        )
    except BadInput as error:
        said = error.context
    assert said or len(policy.digest) == 64
    assert all(line.startswith(("pyproject.toml: ", "onward-policy.toml: ")) for line in said)


def _change(text: str) -> str:
    return read(text).digest


def test_the_digest_changes_with_what_changes_decisions_and_with_nothing_else() -> None:
    row = '[[policy]]\nmatch = "guard/too-new"\nlevel = "off"\nwhy = "{}"\nonly = "{}"\n'
    assert _change(row.format("one", "a")) == _change(row.format("two", "a"))
    assert _change(row.format("one", "a")) != _change(row.format("one", "b"))
    assert _change("") == _change('tasks.x = "y"')
    digests = {
        _change(text)
        for text in (
            "", 'profile = "strict"', 'guard.cooldown = "0"', 'guard.private = ["a"]', "guard.allow_only = []",
            'guard.indexes = ["https://x/"]', 'guard.licences = ["MIT"]', 'python = "3.12"', 'platforms = ["macos"]', 'kind = "library"',
        )
    }  # fmt: skip
    assert len(digests) == 10


def test_licences_are_spdx_ids_or_patterns_on_them() -> None:
    good = [
        "MIT",
        "!AGPL-*",
        "GPL-2.0-only WITH Classpath-exception-2.0",
        "LicenseRef-Own",
        "bsd-?-clause",
    ]
    assert read(f"guard.licences = {good}").licences == (tuple(good),)
    for bad in ("MITT", "MIT OR ISC", "(MIT)", "!", "", "MIT;*", "[M]IT"):
        with pytest.raises(BadInput) as caught:
            read(f'guard.licences = ["{bad}"]')
        assert "guard.licences[0]" in caught.value.context[0]
