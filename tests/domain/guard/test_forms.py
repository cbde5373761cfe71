"""The guard's address in other tools' settings: put in, found again, taken out to the last byte."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from onward.adapters import pdm_settings, pip_settings, poetry_settings
from onward.adapters.uv.guard_form import project_spot, user_spot
from onward.core.errors import BadInput, Refused
from onward.domain.guard.forms import Form, read_ini
from onward.domain.guard.marked import commented, lines_of, put_in, taken_out
from onward.domain.guard.ways import parse_guarded

URL = "http://127.0.0.1:3141/simple/"
UV_USER = user_spot(Path("uv.toml")).form
UV_PROJECT = project_spot(Path("nowhere")).form
FORMS: dict[str, Form] = {
    "uv user": UV_USER,
    "uv project": UV_PROJECT,
    "pip": pip_settings.FORM,
    "pdm user": pdm_settings.USER_FORM,
    "pdm project": pdm_settings.PROJECT_FORM,
    "poetry": poetry_settings.FORM,
}

_PIECES = st.sampled_from(
    (
        "", "# a remark", "; another", "[global]", "[install]", "timeout = 60", "index-url = https://corp.test/simple",
        "index-url =\n    https://corp.test/simple", "extra-index-url = https://more.test/simple", "[pypi]",
        'url = "https://corp.test/simple"', 'username = "somebody"', "[tool.uv]", "package = true", "[[index]]",
        "[[tool.uv.index]]", "[[tool.poetry.source]]", "[[tool.pdm.source]]", "default = true", 'name = "corp"',
        'name = "pypi"', 'index-url = "https://corp.test/simple"', "[project]", "\f", "[tool.uv.sources]",
        'x = { index = "corp" }', "lines = [\n[1],\n]", "index = []",
    )
)  # fmt: skip
_TEXTS = st.builds(
    lambda pieces, end, last: end.join(pieces) + last,
    st.lists(_PIECES, max_size=9),
    st.sampled_from(("\n", "\r\n")),
    st.sampled_from(("", "\n", "\r\n", "\r")),
)


@given(st.sampled_from(sorted(FORMS)), _TEXTS)
def test_off_gives_back_every_byte_and_on_twice_is_on_once(which: str, text: str) -> None:
    form = FORMS[which]
    try:
        on = form.switched_on(text, URL)
    except (BadInput, Refused):  # said, and nothing was written
        event("refused")
        return
    event("nothing to do" if on == text else "switched")
    assert form.switched_on(on, URL) == on
    if on != text:
        assert form.address(on) == URL
        assert form.switched_off(on, URL, text) == text


@given(_TEXTS, st.sets(st.integers(0, 12)), st.lists(st.sampled_from(("a = 1", "[x]")), max_size=3))
def test_marks_of_two_clients_do_not_meet(text: str, numbers: set[int], block: list[str]) -> None:
    one = put_in(commented(text, numbers, "one"), block, "one")
    both = put_in(one, block, "two")
    assert taken_out(both, "two") == one
    assert taken_out(one, "one") == text
    assert taken_out(taken_out(both, "one"), "two") == text


@given(_TEXTS, _TEXTS)
def test_what_others_wrote_around_the_block_stays(text: str, more: str) -> None:
    on = put_in(text if text.endswith("\n") or not text else text + "\n", ["a = 1"], "one")
    assert (
        taken_out(on + more, "one")
        == (text if text.endswith("\n") or not text else text + "\n") + more
    )
    assert "".join(lines_of(more)) == more


def test_an_index_that_was_there_becomes_a_comment_and_comes_back() -> None:
    text = '[[index]]\nname = "corp"\nurl = "https://corp.test/simple"\ndefault = true\n\n# mine\n[pip]\nno-deps = true\n'
    on = UV_USER.switched_on(text, URL)
    assert [table["url"] for table in tomllib.loads(on)["index"]] == [URL]
    assert tomllib.loads(on)["pip"] == {"no-deps": True}
    edited = on.replace("no-deps = true", "no-deps = false")
    assert UV_USER.switched_off(edited, URL, text) == text.replace(
        "true\n\n#", "true\n\n#"
    ).replace("no-deps = true", "no-deps = false")


def test_a_byte_order_mark_stays_where_it_is() -> None:
    """Editors of Windows write one, and uv reads past it."""
    for text in ("\ufeffoffline = false\n", '\ufeffindex-url = "https://corp.test/simple"\n'):
        on = UV_USER.switched_on(text, URL)
        assert tomllib.loads(on.removeprefix("\ufeff"))["index"][0]["url"] == URL
        assert UV_USER.switched_off(on, URL, text) == text
    corp = '\ufeff[[index]]\nurl = "https://corp.test/simple"\ndefault = true\n'
    assert [table["url"] for table in tomllib.loads(UV_USER.switched_on(corp, URL))["index"]] == [
        URL
    ]


def test_an_index_that_dependencies_name_is_not_taken_away() -> None:
    text = (
        '[[tool.uv.index]]\nname = "corp"\nurl = "https://corp.test/simple"\ndefault = true\n'
        '[tool.uv.sources]\ntidewater = { index = "corp" }\n'
    )
    with pytest.raises(Refused) as caught:
        UV_PROJECT.switched_on(text, URL)
    assert caught.value.reference == "index-in-use"


def test_a_form_that_cannot_be_edited_by_lines_is_refused_with_the_lines_to_write() -> None:
    with pytest.raises(Refused) as caught:
        UV_USER.switched_on('index = [{ url = "https://corp.test/simple" }]\n', URL)
    assert caught.value.reference == "cannot-edit"
    assert f'  url = "{URL}"' in caught.value.context


def test_pip_that_wrote_its_file_anew_without_comments_gets_its_old_index_back() -> None:
    text = "[global]\nindex-url =\n    https://corp.test/simple\ntimeout = 5\n"
    on = pip_settings.FORM.switched_on(text, URL)
    assert read_ini(on)["global"] == {"index-url": URL, "timeout": "5"}
    rewritten = f"[global]\nindex-url = {URL}\ntimeout = 60\n\n"
    assert (
        pip_settings.FORM.switched_off(rewritten, URL, text)
        == "[global]\nindex-url =\n    https://corp.test/simple\ntimeout = 60\n\n"
    )
    assert (
        pip_settings.FORM.switched_off(f"[global]\nindex-url = {URL}\n[list]\nx = 1\n", URL, "")
        == "[list]\nx = 1\n"
    )


def test_the_index_of_a_single_command_does_not_win() -> None:
    text = "[install]\nindex-url = https://corp.test/simple\nno-deps = yes\n"
    on = pip_settings.FORM.switched_on(text, URL)
    assert read_ini(on) == {"install": {"no-deps": "yes"}, "global": {"index-url": URL}}


def test_a_login_of_the_old_index_is_not_sent_to_the_new_one() -> None:
    text = '[pypi]\nurl = "https://corp.test/simple"\nusername = "somebody"\nverify_ssl = false\n'
    on = pdm_settings.USER_FORM.switched_on(text, URL)
    assert tomllib.loads(on) == {"pypi": {"url": URL, "verify_ssl": False}}


def test_what_somebody_wrote_into_the_block_is_not_thrown_away() -> None:
    on = UV_USER.switched_on("", URL)
    with pytest.raises(Refused) as caught:
        UV_USER.switched_off(
            on.replace("default = true", "default = true\nexplicit = true"), URL, ""
        )
    assert caught.value.reference == "lines-inside"
    with pytest.raises(Refused):
        UV_USER.switched_off(on + "offline = true\n", URL, "")


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("http://127.0.0.1:3141", URL),
        ("http://127.0.0.1:3141/", URL),
        ("http://127.0.0.1:3141/simple", URL),
        ("https://guard.corp.test/onward/simple/", "https://guard.corp.test/onward/simple/"),
    ],
)
def test_an_address_is_read_as_people_write_it(given: str, url: str) -> None:
    assert parse_guarded(given).url == url


@pytest.mark.parametrize(
    "given",
    ["ftp://x.test/simple/", "simple", "", "http://", "http://x.test/?a=1", "http://x.test/$HOME/", 'http://x.test/"/',
     "http://x.test:port/", "http://[::1/simple/", "http://x.test/a b/", "http://x.test/\n[x]"],
)  # fmt: skip
def test_what_is_no_address_is_refused(given: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_guarded(given)
    assert caught.value.reference == "bad-address"


def test_a_login_is_refused_and_not_repeated() -> None:
    word = "w" * 12
    with pytest.raises(BadInput) as caught:
        parse_guarded(f"https://somebody:{word}@x.test/simple/")
    assert caught.value.reference == "login-in-address"
    assert word not in str(caught.value) + str(caught.value.hint)


@pytest.mark.parametrize(
    ("address", "covered"),
    [
        ("http://127.0.0.1:3141/simple/", True),
        ("http://127.0.0.1:3141/simple", True),
        ("http://127.0.0.1:3141/files/pypi/tidewater/x.whl", True),
        ("http://127.0.0.1:3142/simple/", False),
        ("https://127.0.0.1:3141/simple/", False),
        ("http://localhost:3141/simple/", False),
        ("http://127.0.0.1:3141@evil.test/simple/", False),
        ("https://pypi.org/simple", False),
        ("file:///tmp/x", False),
        ("http://[", False),
        ("", False),
    ],
)
def test_what_lies_on_the_guard(address: str, covered: bool) -> None:
    assert parse_guarded("http://127.0.0.1:3141").covers(address) is covered


def test_a_guard_below_a_path_covers_only_what_is_below_it() -> None:
    guard = parse_guarded("https://corp.test/onward/simple/")
    assert guard.covers("https://corp.test/onward/files/x.whl")
    assert guard.covers("https://corp.test:443/onward/simple")
    assert not guard.covers("https://corp.test/other/simple/")
    assert not guard.covers("https://corp.test/onward/../other/simple/")
