"""A page written as HTML is the same page for whoever reads it, whatever its names hold."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from onward.adapters.simple_api import File, Meta, Page, ProjectStatus, read_page
from onward.adapters.simple_api.write_html import write_html
from onward.core.names import Name

WORDS = st.text(alphabet="abc<>&\"' é-", max_size=12).map(str.strip)
BASE = "https://index.test/simple/demo/"


@st.composite
def files(draw: st.DrawFn) -> File:
    number = draw(st.integers(0, 99))
    more: dict[str, Any] = {}
    if draw(st.booleans()):
        more["yanked"] = draw(WORDS) or True
    if draw(st.booleans()):
        more["core_metadata"] = draw(st.sampled_from([True, {"sha256": "0" * 64}]))
    if draw(st.booleans()):
        more["requires_python"] = draw(st.sampled_from([">=3.8", ">=3,<4", "~=3.9"]))
    filename = f"demo-{number}-py3-none-any.whl"
    return File(
        filename=filename, url=f"https://files.test/{filename}", hashes={"sha256": "a" * 64}, **more
    )


@given(st.lists(files(), max_size=4), st.sampled_from(["active", "archived", "quarantined"]), WORDS)
def test_what_is_written_is_read_again(listed: list[File], status: str, reason: str) -> None:
    page = Page(
        meta=Meta(api_version="1.4"),
        name="demo",
        files=tuple(listed),
        project_status=ProjectStatus(status=status, reason=reason),
    )
    read = read_page(write_html(page), "text/html", BASE, Name("demo"))
    assert read.files == page.files
    assert read.project_status == page.project_status
    assert read.meta.api_version == "1.4"


def test_a_page_always_says_its_version() -> None:
    from onward.adapters.simple_api import write_page

    page = Page(meta=Meta(), name="demo", files=())
    assert b'"meta":{"api-version":"1.0"}' in write_page(page)
