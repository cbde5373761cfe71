"""The pages in a real Chromium: nothing is refused by their own policy, nothing comes from elsewhere, keys and colours work."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from tests.index.serving import Serving
from tests.web.chromium import Tab, chromium, find_chromium
from tests.web.conftest import blocked_address

PROGRAM = find_chromium()
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="there is no Chromium here")

PAGES = {
    "first": ("/", 200),
    "search": ("/?q=tidewatre", 200),
    "project": ("/project/tidewater/", 200),
    "evidence": ("/project/jinja2/", 200),
    "name": ("/project/reqeusts/", 200),
    "refused": ("", 403),
    "missing": ("/project/nothing-here/", 404),
}


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    assert PROGRAM is not None
    with chromium(PROGRAM, tmp_path_factory.mktemp("chromium")) as made:
        yield made


@pytest.fixture(scope="module")
def pages(lasting: Serving) -> dict[str, tuple[str, int]]:
    """Address and status of each page."""
    base = f"http://127.0.0.1:{lasting.port}"
    blocked = blocked_address(lasting, "jinja2")
    return {name: (base + (path or blocked), status) for name, (path, status) in PAGES.items()}


Pages = dict[str, tuple[str, int]]


def test_each_page_loads_without_a_complaint_or_a_stranger(tab: Tab, pages: Pages) -> None:
    tab.looks(dark=False)
    for name, (address, status) in pages.items():
        assert tab.go(address) == status, name
        assert tab.complaints == [], name
        assert tab.asked == [address], name  # one request, and no other to anyone
        assert tab.run("document.title").endswith("onward"), name
        assert tab.run("getComputedStyle(document.body).margin") == "0px", (
            name
        )  # the style is let in


def test_a_style_or_a_script_that_is_not_ours_is_refused(tab: Tab, pages: Pages) -> None:
    tab.go(pages["first"][0])
    tab.run(
        "document.body.insertAdjacentHTML('beforeend', '<p style=\"color:red\">x</p><img src=\"http://192.0.2.1/x.png\">');"
        " let s = document.createElement('script'); s.textContent = 'window.stranger = 1'; document.body.append(s)"
    )
    assert tab.run("window.stranger") is None
    tab.wait("Log.entryAdded")
    assert any("Content Security Policy" in line for line in tab.complaints)


STRUCTURE = """(() => {
  const all = (what) => [...document.querySelectorAll(what)];
  const named = (e) => (e.labels?.[0]?.textContent || e.getAttribute('aria-label') || e.textContent).trim();
  return {
    language: document.documentElement.lang,
    mains: all('main').length, headers: all('body > header').length, footers: all('body > footer').length,
    headings: all('h1,h2,h3,h4').map(e => Number(e.tagName[1])),
    nameless: all('a,button,input,summary').filter(e => !named(e)).map(e => e.outerHTML),
    ids: all('[id]').map(e => e.id),
    wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  };
})()"""


@pytest.mark.parametrize("width", [1200, 320])
def test_headings_landmarks_and_labels_are_right_and_nothing_is_too_wide(
    tab: Tab, pages: Pages, width: int
) -> None:
    tab.looks(dark=False, width=width)
    for name, (address, _) in pages.items():
        tab.go(address)
        tab.run("document.querySelectorAll('details').forEach(e => e.open = true)")
        seen: dict[str, Any] = tab.run(STRUCTURE)
        assert seen["language"] == "en"
        assert (seen["mains"], seen["headers"], seen["footers"]) == (1, 1, 1), name
        assert seen["headings"][0] == 1, name
        assert seen["headings"].count(1) == 1, name
        assert all(b - a <= 1 for a, b in itertools.pairwise(seen["headings"])), name
        assert seen["nameless"] == [], name
        assert len(set(seen["ids"])) == len(seen["ids"]), name
        assert seen["wide"] <= 0, name


FOCUSED = """(() => {
  const e = document.activeElement, box = e.getBoundingClientRect(), look = getComputedStyle(e);
  return {
    what: e === document.body ? '' : (e.id || e.getAttribute('href') || e.textContent.trim()),
    tag: e.tagName, outline: parseFloat(look.outlineWidth), style: look.outlineStyle,
    seen: box.width > 0 && box.bottom > 0 && box.top < innerHeight,
  };
})()"""


def tabs(tab: Tab, times: int, *, shift: bool = False) -> list[dict[str, Any]]:
    """Give what has the focus after each press of Tab."""
    found = []
    for _ in range(times):
        tab.press("Tab", 9, shift=shift)
        found.append(tab.run(FOCUSED))
    return found


def test_the_keyboard_goes_through_a_page_in_its_order_and_out_again(
    tab: Tab, pages: Pages
) -> None:
    tab.looks(dark=False)
    tab.go(pages["evidence"][0])
    order = "[...document.querySelectorAll('a[href],input,button,summary')].filter(e => e.checkVisibility())"
    count = tab.run(f"{order}.length")
    found = tabs(tab, count)
    there = tab.run(f"{order}.map(e => e.id || e.getAttribute('href') || e.textContent.trim())")
    assert [step["what"] for step in found] == there
    assert there[:4] == ["#content", "/", "q", "Search"]
    for step in found:
        assert step["seen"], step
        assert step["style"] != "none", step
        assert step["outline"] >= 2, step
    back = tabs(tab, 2, shift=True)
    assert [step["what"] for step in back] == [there[-2], there[-3]]
    (after,) = tabs(tab, 1)[-1:]
    assert after["what"] == there[-2]
    assert tabs(tab, 2)[-1]["what"] in ("", "#content")  # past the end, nothing holds it


def test_the_skip_link_leads_past_the_head(tab: Tab, pages: Pages) -> None:
    tab.looks(dark=False)
    tab.go(pages["project"][0])
    assert tab.run("document.querySelector('.skip').getBoundingClientRect().bottom") < 0
    tab.press("Tab", 9)
    assert tab.run("document.querySelector('.skip').getBoundingClientRect().top") >= 0
    tab.press("Enter", 13)
    assert tab.run("document.activeElement.id") == "content"
    assert tabs(tab, 1)[0]["tag"] == "SUMMARY"
    tab.press("Enter", 13)
    assert tab.run("document.activeElement.parentElement.open") is True


def test_a_search_is_typed_and_sent_with_the_keyboard(tab: Tab, pages: Pages) -> None:
    tab.looks(dark=False)
    tab.go(pages["first"][0])
    tabs(tab, 3)
    tab.send("Input.insertText", text="tide water")
    tab.seen.clear()
    tab.press("Enter", 13)
    tab.wait("Page.loadEventFired")
    assert tab.run("location.search") == "?q=tide+water"
    assert tab.complaints == []


def test_the_link_of_a_refusal_lands_on_its_row(tab: Tab, pages: Pages, lasting: Serving) -> None:
    tab.looks(dark=False)
    link = f"{pages['project'][0]}?file=tidewater-1.3.tar.gz#tidewater-1.3.tar.gz"
    tab.go(link)
    row = "document.querySelector(':target')"
    assert tab.run(f"{row}.id") == "tidewater-1.3.tar.gz"
    assert tab.run(f"{row}.checkVisibility()")
    top, bottom = tab.run(f"(() => {{ const b = {row}.getBoundingClientRect(); return [b.top, b.bottom] }})()")  # fmt: skip
    assert top >= 0
    assert bottom <= 900


CONTRAST = """(() => {
  const canvas = new OffscreenCanvas(1, 1).getContext('2d', {willReadFrequently: true});
  const rgba = (text) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = text; canvas.fillRect(0, 0, 1, 1);
    const d = canvas.getImageData(0, 0, 1, 1).data; return [d[0], d[1], d[2], d[3] / 255]; };
  const light = (c) => { const p = c.slice(0, 3).map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return .2126 * p[0] + .7152 * p[1] + .0722 * p[2]; };
  const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((m, n) => n - m); return (x + .05) / (y + .05); };
  const ground = (e) => { for (; e; e = e.parentElement) { const c = rgba(getComputedStyle(e).backgroundColor); if (c[3] === 1) return c; }
    return rgba('white'); };
  const found = [];
  for (const e of document.querySelectorAll('body *')) {
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    const look = getComputedStyle(e);
    if (own && e.checkVisibility()) found.push({ what: e.tagName + '.' + e.className, least: 4.5, is: ratio(rgba(look.color), ground(e)) });
    if (e.matches('input,button')) found.push({ what: e.tagName + ' edge', least: 3, is: ratio(rgba(look.borderTopColor), ground(e.parentElement)) });
  }
  const focus = document.querySelector('a.home'); focus.focus();
  found.push({ what: 'focus', least: 3, is: ratio(rgba(getComputedStyle(focus).outlineColor), ground(focus)) });
  return { ground: light(ground(document.body)), found };
})()"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_everything_can_be_read_in_both_schemes(tab: Tab, pages: Pages, dark: bool) -> None:
    """WCAG 2.2 AA: text 4.5 to 1 (1.4.3), edges of fields and the mark of the focus 3 to 1 (1.4.11)."""
    tab.looks(dark=dark)
    for name, (address, _) in pages.items():
        tab.go(address)
        tab.run("document.querySelectorAll('details').forEach(e => e.open = true)")
        seen: dict[str, Any] = tab.run(CONTRAST)
        assert (seen["ground"] < 0.1) is dark, name
        assert len(seen["found"]) > 5, name
        weak = [e for e in seen["found"] if e["is"] < e["least"]]
        assert weak == [], name
