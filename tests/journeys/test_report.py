"""``onward check --report``: one page that holds all it needs, whatever the names in it are."""

import base64
import datetime as dt
import hashlib
import io
import re
import subprocess
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from onward.cli.door import run_verb
from onward.core.finding import Certainty, Finding, Place, Whole
from onward.core.policy import Level, Row, Verdict
from onward.web.report import line, page
from onward.workflows.report_page import Point, Report, Trend, count
from tests.conftest import FakeClock, MakeProject
from tests.web.chromium import chromium, find_chromium

SELECTED = (
    '[tool.onward.check]\ntools = ["ruff"]\n[tool.ruff.lint]\nselect = ["E", "F"]\n'
    '[[tool.onward.policy]]\nmatch = "ruff/*"\nlevel = "ratchet"\nwhy = "old"\n'
)
EVIL = "<img src=x onerror=alert(1)>\"'&.py"
VOID = {"meta", "br", "img", "link", "input", "hr"}


class Reader(HTMLParser):
    """Which tags there are and with what, whether they close in order, and the text between them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.style = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "style":
            self.style += data
        elif data.strip():
            self.words.append(data.strip())

    @property
    def text(self) -> str:
        return " ".join(self.words)


def holds_itself(text: str) -> Reader:
    """Read a page, and check that nothing in it acts, loads or leads elsewhere."""
    read = Reader(text)
    names = {tag for tag, _ in read.tags}
    assert not names & {"script", "img", "link", "iframe", "object", "form", "base"}
    for _, attributes in read.tags:
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        assert str(attributes.get("href", "#")).startswith("#")
        assert "src" not in attributes
    (policy,) = (
        str(one["content"])
        for tag, one in read.tags
        if one.get("http-equiv") == "content-security-policy"
    )
    digest = base64.b64encode(hashlib.sha256(read.style.encode()).digest()).decode()
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}';")
    assert "url(" not in read.style
    targets = {one["id"] for _, one in read.tags if "id" in one}
    links = {str(one["href"])[1:] for tag, one in read.tags if tag == "a"}
    assert links <= targets
    return read


class Onward:
    def __init__(self, env: dict[str, str], clock: FakeClock) -> None:
        self._env = env
        self._clock = clock
        self.words = ""

    def __call__(self, root: Path, *words: str) -> int:
        out = io.StringIO()
        code = run_verb(["check", *words], self._env, cwd=root, clock=self._clock, out=out, err=out)
        self.words = out.getvalue()
        return code


@pytest.fixture
def onward(env: dict[str, str], clock: FakeClock) -> Onward:
    return Onward(env, clock)


def commit(root: Path, *words: str) -> None:
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    subprocess.run(("git", *who, *words), cwd=root, check=True, capture_output=True)


def test_the_page_says_what_was_found_and_what_to_do_next(
    project: MakeProject, onward: Onward
) -> None:
    root = project(
        files={"a.py": "import os\nimport re\nx = y\n", "b.py": "import os\n"}, extra=SELECTED
    )
    assert onward(root, "--report", "out.html") == 1
    assert "The page is in out.html." in onward.words
    read = holds_itself((root / "out.html").read_text(encoding="utf-8"))
    assert "There is something to mend." in read.text
    assert "ruff/F401 3 onward check --fix mends 3 a.py:1:8" in read.text
    assert "ruff/F821 1 by hand a.py:3:5" in read.text
    assert "a.py 3 3 ruff/F401 b.py 1 1 ruff/F401" in read.text
    assert "Not enough is known of the past yet" in read.text


@pytest.mark.skipif("os.name == 'nt'", reason="Windows has no such names")
def test_names_and_messages_of_strangers_are_only_text(
    project: MakeProject, onward: Onward
) -> None:
    source = "def f(): return undefined_\u202ename, '<script>'\nimport os as __\n"
    root = project(files={EVIL: source}, extra=SELECTED)
    onward(root, "--report", "out.html")
    text = (root / "out.html").read_text(encoding="utf-8")
    read = holds_itself(text)
    assert EVIL in read.text
    assert "\u202e" not in text


def test_words_that_are_no_text_are_shown_as_such() -> None:
    subject = Place(path="a\udcff\x00\u202e.py", line=1, column=1)
    finding = Finding(rule="x/<b>", subject=subject, message="</code><script>1</script>")
    unknown = Finding(
        rule="tool/failed", subject=Whole(), message="<i>", certainty=Certainty.unknown
    )
    row = Row(match="*", level=Level.enforce)
    report = count(Verdict(finding=one, level=row.level, row=row) for one in (finding, unknown))
    text = shown(report)
    read = holds_itself(text)
    assert "a\ufffd\ufffd\ufffd.py" in read.text
    assert "</code><script>1</script>" in read.text
    assert "Not everything could be looked at" in read.text
    assert [one.rule for one in report.cheapest] == ["x/<b>"]
    text.encode("utf-8")


def shown(report: Report, trend: Trend | None = None) -> str:
    from onward.cli.show import clean

    return page(
        report,
        trend or Trend(made_of="nothing"),
        project="<demo>",
        when="now",
        tools=(),
        blocked=False,
        clean=clean,
    )


def test_a_great_many_findings_make_a_page_of_bounded_size() -> None:
    row = Row(match="*", level=Level.ratchet)

    def verdicts() -> Iterator[Verdict]:
        for number in range(170_000):
            place = Place(path=f"src/file{number % 3000}.py", line=number, column=1)
            finding = Finding(rule=f"ruff/X{number % 700:03}", subject=place, message="m" * 80)
            yield Verdict(finding=finding, level=row.level, row=row, known=number % 2 == 0)

    report = count(verdicts())
    text = shown(report)
    assert len(text) < 300_000
    assert (report.rules_left_out, report.files_left_out) == (400, 2950)
    assert report.known == 85_000
    read = holds_itself(text)
    assert "ratchet 85,000" in read.text
    assert "And 400 rules more." in read.text


def test_the_trend_is_that_of_the_baseline_where_there_is_one(
    project: MakeProject, onward: Onward
) -> None:
    root = project(files={"a.py": "import os\nimport re\n"}, extra=SELECTED)
    commit(root, "init", "-q")
    assert onward(root, "--adopt") == 0
    commit(root, "add", ".")
    commit(root, "commit", "-qm", "first")
    (root / "a.py").write_text("import os\n", encoding="utf-8")
    assert onward(root) == 0
    commit(root, "commit", "-qam", "second")
    assert onward(root, "--report", "out.html") == 0
    read = holds_itself((root / "out.html").read_text(encoding="utf-8"))
    assert re.search(r"From 2 on \S+ to 1 on ", read.text)
    assert "old findings in onward-baseline.txt" in read.text
    (points,) = (one["points"] for tag, one in read.tags if tag == "polyline")
    assert points == "10.0,10.0 890.0,100.0"


def test_without_a_baseline_it_is_that_of_the_checks_on_this_machine(
    project: MakeProject, onward: Onward, clock: FakeClock
) -> None:
    root = project(files={"a.py": "import os\nimport re\n"}, extra=SELECTED)
    onward(root)
    onward(root, "a.py")  # not a check of everything
    clock.now += dt.timedelta(days=1)
    (root / "a.py").write_text("x = 1\n", encoding="utf-8")
    onward(root, "--report", "out.html")
    read = holds_itself((root / "out.html").read_text(encoding="utf-8"))
    assert "on each day on this machine" in read.text
    numbers = re.findall(r"From (\d+) on (\S+) to (\d+) on", read.text)
    assert len(numbers) == 1
    first, _, last = numbers[0]
    assert int(first) - int(last) == 2


def test_only_a_page_is_written_over(project: MakeProject, onward: Onward) -> None:
    root = project(files={"a.py": "x = 1\n"}, extra=SELECTED)
    before = (root / "pyproject.toml").read_bytes()
    assert onward(root, "--report", "pyproject.toml") == 2
    assert (root / "pyproject.toml").read_bytes() == before
    assert onward(root, "--report", "no/such/folder.html") == 2
    assert "Checked" not in onward.words


def test_the_line_of_the_trend_stays_in_its_frame() -> None:
    assert line(Trend(made_of="")) == ""
    points = tuple(Point(day="2026-01-01", count=many) for many in (0, 0))
    assert line(Trend(made_of="", points=points)) == "10.0,190.0 890.0,190.0"


@pytest.mark.skipif(find_chromium() is None, reason="there is no Chromium here")
def test_a_browser_finds_nothing_to_complain_about(
    project: MakeProject, onward: Onward, tmp_path: Path
) -> None:
    root = project(files={"a.py": "import os\nx = y\n", EVIL: "import os\n"}, extra=SELECTED)
    onward(root, "--report", "out.html")
    program = find_chromium()
    assert program is not None
    address = (root / "out.html").as_uri()
    with chromium(program, tmp_path / "chromium") as tab:
        grounds = []
        for dark in (False, True):
            tab.looks(dark=dark)
            tab.send("Page.navigate", url=address)
            tab.wait("Page.loadEventFired")
            assert tab.complaints == []
            assert tab.run("getComputedStyle(document.body).margin") == "0px"
            assert tab.run("document.querySelector('main img')") is None
            grounds.append(tab.run("getComputedStyle(document.body).backgroundColor"))
            tab.seen.clear()
        assert grounds[0] != grounds[1]
        tab.press("Tab", 9)
        assert tab.run("document.activeElement.className") == "skip"
