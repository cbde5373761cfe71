"""Pages kept on disk: fresh, revalidated, damaged, gone, offline; and what the index says on the way."""

from pathlib import Path

import pytest

from onward.core.errors import OutsideFailed
from onward.core.names import Name
from onward.core.net import Net
from onward.shelves.cached import FRESH_FOR, Cached
from onward.shelves.upstream import Upstream
from tests.registry import Registry

DEMO = Name("demo")


class Shelf:
    """A kept index on a folder of its own, with a clock that tests move."""

    def __init__(self, registry: Registry, folder: Path, login: str = "") -> None:
        self.now = 1_000_000.0
        self.registry = registry
        self.folder = folder
        self.login = login

    def open(self, *, offline: bool = False) -> Cached:
        net = Net({}, attempts=1, pause=0)
        fetch_from = self.registry.url.replace("://", f"://{self.login}@") if self.login else ""
        source = Upstream(net, self.registry.url, fetch_from=fetch_from)
        return Cached(source, self.folder, clock=lambda: self.now, offline=offline)

    def asked(self) -> list[int]:
        """The answers to all requests for the page so far."""
        return [seen.status for seen in self.registry.requests if "simple" in seen.path]

    @property
    def file(self) -> Path:
        (found,) = self.folder.glob("*/demo")
        return found


@pytest.fixture
def shelf(registry: Registry, tmp_path: Path) -> Shelf:
    registry.add("demo", "1.0")
    return Shelf(registry, tmp_path / "pages")


def test_a_fresh_page_is_not_asked_for_again(shelf: Shelf) -> None:
    first = shelf.open().page(DEMO)
    shelf.now += FRESH_FOR - 1

    again = shelf.open().page(DEMO)

    assert first == again
    assert again is not None
    assert shelf.open().mark(DEMO) == again.mark
    assert shelf.asked() == [200]


def test_an_old_page_is_confirmed_without_its_body(shelf: Shelf) -> None:
    first = shelf.open().page(DEMO)
    shelf.now += FRESH_FOR

    assert shelf.open().page(DEMO) == first
    assert shelf.open().page(DEMO) == first
    assert shelf.asked() == [200, 304]


def test_a_confirmed_page_can_be_confirmed_again(shelf: Shelf) -> None:
    for _ in range(3):
        shelf.open().page(DEMO)
        shelf.now += FRESH_FOR

    assert shelf.asked() == [200, 304, 304]


def test_a_page_that_changed_is_fetched(shelf: Shelf) -> None:
    first = shelf.open().page(DEMO)
    shelf.registry.add("demo", "1.1")
    shelf.now += FRESH_FOR

    second = shelf.open().page(DEMO)

    assert first is not None
    assert second is not None
    assert first.mark != second.mark
    assert b"demo-1.1" in second.body


def test_an_index_without_marks_is_asked_in_full(shelf: Shelf) -> None:
    shelf.registry.set(etag=False)
    shelf.open().page(DEMO)
    shelf.now += FRESH_FOR
    shelf.open().page(DEMO)

    assert shelf.asked() == [200, 200]


def test_a_clock_that_went_back_makes_a_page_old(shelf: Shelf) -> None:
    shelf.open().page(DEMO)
    shelf.now -= 5000

    shelf.open().page(DEMO)

    assert shelf.asked() == [200, 304]


def test_an_unknown_name_is_remembered_for_as_long(shelf: Shelf) -> None:
    nothing = Name("nothing")

    assert shelf.open().page(nothing) is None
    assert shelf.open().mark(nothing) is None
    assert shelf.asked() == [404]

    shelf.now += FRESH_FOR
    shelf.registry.add("nothing", "1.0")
    assert shelf.open().page(nothing) is not None


def test_an_unknown_name_can_be_asked_for_again(shelf: Shelf) -> None:
    nothing = Name("nothing")
    shelf.open().page(nothing)
    shelf.registry.add("nothing", "1.0")
    opened = shelf.open()
    assert opened.page(nothing) is None
    assert opened.recalled == {nothing}

    opened.forget(nothing)

    assert opened.page(nothing) is not None
    assert opened.recalled == set()


def test_a_name_that_is_gone_is_gone(shelf: Shelf) -> None:
    shelf.open().page(DEMO)
    shelf.registry.remove("demo")
    shelf.now += FRESH_FOR

    assert shelf.open().page(DEMO) is None


@pytest.mark.parametrize("damage", ["body", "head", "cut", "empty", "zeros"])
def test_a_damaged_page_is_fetched_in_full_and_never_believed(shelf: Shelf, damage: str) -> None:
    right = shelf.open().page(DEMO)
    raw = shelf.file.read_bytes()
    shelf.file.write_bytes(
        {
            "body": raw.replace(b"demo-1.0", b"evil-6.6"),
            "head": b"{broken\n" + raw.partition(b"\n")[2],
            "cut": raw[:-10],
            "empty": b"",
            "zeros": b"\0" * len(raw),
        }[damage]
    )

    assert shelf.open().page(DEMO) == right
    assert shelf.asked() == [200, 200]
    assert shelf.open().page(DEMO) == right


def test_a_damaged_page_is_not_confirmed_by_the_index(shelf: Shelf) -> None:
    right = shelf.open().page(DEMO)
    shelf.file.write_bytes(shelf.file.read_bytes().replace(b"demo-1.0", b"evil-6.6"))
    shelf.now += FRESH_FOR

    assert shelf.open().page(DEMO) == right
    assert shelf.asked() == [200, 200]


@pytest.mark.parametrize("code", [400, 401, 403, 429, 500, 503])
def test_an_index_that_refuses_is_an_error_not_an_unknown_name(shelf: Shelf, code: int) -> None:
    shelf.open().page(DEMO)
    shelf.now += FRESH_FOR
    shelf.registry.fail("status", "/simple/*", code=code)

    with pytest.raises(OutsideFailed) as caught:
        shelf.open().page(DEMO)

    assert caught.value.reference == "registry-refused"
    assert str(code) in caught.value.message


def test_an_unasked_not_modified_is_an_error(shelf: Shelf) -> None:
    shelf.registry.fail("status", "/simple/*", code=304)

    with pytest.raises(OutsideFailed):
        shelf.open().page(DEMO)


def test_offline_takes_what_is_kept_and_asks_nobody(shelf: Shelf) -> None:
    right = shelf.open().page(DEMO)
    shelf.now += 100 * FRESH_FOR
    shelf.registry.forget()

    assert shelf.open(offline=True).page(DEMO) == right
    with pytest.raises(OutsideFailed) as caught:
        shelf.open(offline=True).page(Name("other"))

    assert caught.value.reference == "offline"
    assert shelf.asked() == []


def test_no_login_is_kept(registry: Registry, tmp_path: Path) -> None:
    registry.add("demo", "1.0")
    registry.set(auth=("ann", "pa55word"))
    shelf = Shelf(registry, tmp_path / "pages", login="ann:pa55word")

    sheet = shelf.open().page(DEMO)

    assert sheet is not None
    assert sheet.url == f"{registry.url}demo/"
    kept = [entry for entry in tmp_path.rglob("*") if entry.is_file()]
    assert len(kept) == 1
    assert b"pa55word" not in kept[0].read_bytes()
    assert not any("pa55word" in str(entry) for entry in kept)


def test_a_wrong_login_is_told_without_it(registry: Registry, tmp_path: Path) -> None:
    registry.add("demo", "1.0")
    registry.set(auth=("ann", "right"))

    with pytest.raises(OutsideFailed, match="401") as caught:
        Shelf(registry, tmp_path, login="ann:pa55word").open().page(DEMO)

    assert "pa55word" not in f"{caught.value.message} {caught.value.hint}"
    assert "password" in (caught.value.hint or "")
