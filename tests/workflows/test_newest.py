"""One run at a time, the newest wish wins, and closing ends what is under way."""

import threading

from onward.workflows.newest import Newest

PATIENCE = 30


class Work:
    """Work that waits in each run until it is let go; ``stop`` lets it go too."""

    def __init__(self) -> None:
        self.begun: list[threading.Event] = [threading.Event() for _ in range(5)]
        self.free = [threading.Event() for _ in range(5)]
        self.runs = 0
        self.most = 0
        self.at_once = 0
        self.stops = 0
        self.told: list[int] = []
        self.heard = threading.Event()

    def __call__(self) -> int:
        number = self.runs
        self.runs += 1
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        self.begun[number].set()
        assert self.free[number].wait(PATIENCE)
        self.at_once -= 1
        return number

    def tell(self, made: int) -> None:
        self.told.append(made)
        self.heard.set()

    def stop(self, _: bool) -> None:
        self.stops += 1
        self.free[self.runs - 1].set()


def test_a_newer_wish_ends_the_run_and_its_answer_is_dropped() -> None:
    work = Work()
    newest = Newest(work, work.tell, work.stop)
    newest.want()
    assert work.begun[0].wait(PATIENCE)
    newest.want()
    newest.want()  # both are one wish by then
    assert work.begun[1].wait(PATIENCE)
    work.free[1].set()
    assert work.heard.wait(PATIENCE)
    newest.close()
    assert work.told == [1]
    assert work.most == 1
    assert work.stops


def test_closing_ends_what_runs_and_nothing_begins_after_it() -> None:
    work = Work()
    newest = Newest(work, work.tell, work.stop)
    newest.want()
    assert work.begun[0].wait(PATIENCE)
    newest.close()
    newest.want()
    assert work.runs == 1
    assert work.told == []


def test_closing_without_any_wish_is_nothing() -> None:
    work = Work()
    Newest(work, work.tell, work.stop).close()
    assert work.runs == 0
