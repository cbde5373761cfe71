"""What a plan puts in place whole: what was there comes back by undo, after a failure, and is kept no longer than that."""

import ctypes
import shutil
from pathlib import Path

import pytest

from onward.core.errors import BadInput, OutsideFailed, Refused
from onward.core.journal import last
from onward.core.perform import perform, recover, undo_last
from onward.core.plan import CopyFile, CopyFolder, Plan, WriteFile
from onward.workflows.undo import check_undo

KEPT = ".onward/kept"


class Shop:
    """A project into whose ``dist`` a folder, a file and their sums are put."""

    def __init__(self, top: Path) -> None:
        self.top = top
        self.root = top / "my prøject"
        self.out = self.root / "dist"
        self.root.mkdir()

    def steps(self, word: str, out: Path) -> tuple[CopyFolder, CopyFile, WriteFile]:
        source = self.top / f"made {word}"
        shutil.rmtree(source, ignore_errors=True)
        (source / "app/below").mkdir(parents=True)
        (source / "app/below/ä").write_text(word, encoding="utf-8")
        (source / "app/link").symlink_to("below/ä")
        (source / "app.deb").write_text(word, encoding="utf-8")
        folder, file = str(source / "app"), str(source / "app.deb")
        return (
            CopyFolder(sentence="app", path=str(out / "app"), source=folder),
            CopyFile(sentence="app.deb", path=str(out / "app.deb"), source=file, executable=True),
            WriteFile(sentence="SUMS", path=str(out / "SUMS"), content=word.encode()),
        )

    def plan(self, word: str, out: Path | None = None) -> Plan:
        return Plan(title=f"put {word}", steps=self.steps(word, out or self.out))

    def put(self, word: str, out: Path | None = None) -> None:
        perform(self.plan(word, out), self.root, started="")

    def state(self, out: Path | None = None) -> str:
        """Give which of the builds is there in full; an empty text for none, and ``mixed``."""
        out = out or self.out
        words = {
            path.read_text(encoding="utf-8") if path.exists() else ""
            for path in (out / "app/link", out / "app.deb", out / "SUMS")
        }
        return words.pop() if len(words) == 1 else "mixed"

    @property
    def kept(self) -> list[Path]:
        return list((self.root / KEPT).glob("*"))

    @property
    def names(self) -> set[str]:
        return {path.name for path in self.out.glob("*")}


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


ALL = {"app", "app.deb", "SUMS"}


def test_what_was_replaced_comes_back_and_what_was_not_there_goes(shop: Shop) -> None:
    shop.put("one")
    shop.put("two")
    assert shop.state() == "two"
    assert (shop.out / "app.deb").stat().st_mode & 0o111
    assert shop.names == ALL
    check_undo(shop.root)
    assert undo_last(shop.root) is not None
    assert shop.state() == "one"
    assert shop.names == ALL
    assert shop.kept == []
    shutil.rmtree(shop.out)
    shop.put("three")
    assert undo_last(shop.root) is not None
    assert (shop.state(), shop.names, shop.kept) == ("", set(), [])


def test_a_folder_alone_is_taken_back_too(shop: Shop) -> None:
    folder = Plan(title="", steps=shop.plan("one").steps[:1])
    perform(folder, shop.root, started="")
    assert undo_last(shop.root) is not None
    assert shop.names == set()


def test_no_more_than_one_change_is_kept(shop: Shop) -> None:
    for word in ("one", "two", "three", "four"):
        shop.put(word)
        assert len(shop.kept) == 2
    step = WriteFile(sentence="", path=str(shop.root / "other"), content=b"x")
    perform(Plan(title="another change", steps=(step,)), shop.root, started="")
    assert not (shop.root / KEPT).exists()


def test_a_failure_leaves_what_was_there(shop: Shop) -> None:
    shop.put("one")
    plan = shop.plan("two")
    (shop.top / "made two/app.deb").unlink()
    with pytest.raises(OutsideFailed):
        perform(plan, shop.root, started="")
    assert (shop.state(), shop.names) == ("one", ALL)
    assert undo_last(shop.root) is not None  # that of the first build
    assert shop.names == set()


@pytest.mark.parametrize("word", ["app", "app.deb", "SUMS"])
def test_ctrl_c_in_the_middle_leaves_what_was_there(shop: Shop, word: str) -> None:
    shop.put("one")

    def listen(event: str, sentence: str) -> None:
        if (event, sentence) == ("done", word):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        perform(shop.plan("two"), shop.root, started="", listen=listen)
    assert (shop.state(), shop.names) == ("one", ALL)
    assert not (shop.root / ".onward/journal").exists()


def test_what_was_changed_since_is_taken_back_by_force_alone(shop: Shop) -> None:
    shop.put("one")
    shop.put("two")
    (shop.out / "app/mine").write_text("x", encoding="utf-8")
    with pytest.raises(Refused, match="later changes"):
        check_undo(shop.root)
    check_undo(shop.root, force=True)
    undo_last(shop.root)
    assert shop.state() == "one"


def test_what_somebody_removed_from_the_keeping_is_said_to_be_gone(shop: Shop) -> None:
    shop.put("one")
    shop.put("two")
    shutil.rmtree(shop.root / KEPT)
    with pytest.raises(Refused) as caught:
        check_undo(shop.root)
    assert caught.value.reference == "no-longer-kept"
    check_undo(shop.root, force=True)
    undo_last(shop.root)
    assert shop.names == ALL
    assert last(shop.root) is None


def test_outside_of_the_project_a_failure_is_put_back_and_nothing_stays_beside(shop: Shop) -> None:
    out = shop.top / "elsewhere"
    shop.put("one", out)
    shop.put("two", out)
    assert shop.state(out) == "two"
    plan = shop.plan("three", out)
    (shop.top / "made three/app.deb").unlink()
    with pytest.raises(OutsideFailed):
        perform(plan, shop.root, started="")
    assert shop.state(out) == "two"
    assert {path.name for path in out.iterdir()} == ALL


def test_where_two_names_cannot_be_exchanged_it_is_done_in_two_steps(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda *_words, **_more: object())
    shop.put("one")
    shop.put("two")
    assert shop.state() == "two"
    undo_last(shop.root)
    assert (shop.state(), shop.names) == ("one", ALL)


def test_an_undo_that_fails_undoes_nothing_and_can_be_tried_again(shop: Shop) -> None:
    shop.put("one")
    shop.put("two")

    def fail() -> None:
        raise OutsideFailed("busy", "no")

    with pytest.raises(OutsideFailed, match="no"):
        undo_last(shop.root, then=fail)
    assert shop.state() == "two"
    check_undo(shop.root)
    undo_last(shop.root)
    assert shop.state() == "one"


def test_a_record_reaches_no_place_outside(shop: Shop) -> None:
    shop.put("one")
    shop.put("two")
    record = shop.root / ".onward/undo"
    whole = record.read_text(encoding="utf-8")
    other = shop.top / "mine"
    (other / "new").mkdir(parents=True)
    for was, word in (
        ('"path":"dist/app"', '"path":"../mine"'),
        ('"path":"dist/app"', f'"path":"{other.as_posix()}"'),
        ('"aside":".onward/kept/', '"aside":"../mine/'),
        ('"aside":".onward/kept/', '"aside":"src/'),
    ):
        assert was in whole
        record.write_text(whole.replace(was, word), encoding="utf-8")
        with pytest.raises(BadInput, match="cannot be used"):
            last(shop.root)
        recover(shop.root)
        assert len(shop.kept) == 2  # nobody knows what is still needed
    assert [path.name for path in other.iterdir()] == ["new"]


def test_a_link_instead_of_the_keeping_leads_nowhere(shop: Shop) -> None:
    other = shop.top / "mine"
    other.mkdir()
    (other / "precious").write_text("x", encoding="utf-8")
    shop.put("one")
    shutil.rmtree(shop.root / KEPT)
    (shop.root / KEPT).symlink_to(other)
    shop.put("two")
    recover(shop.root)
    assert [path.name for path in other.iterdir()] == ["precious"]
    assert (shop.state(), shop.names) == ("two", ALL)
