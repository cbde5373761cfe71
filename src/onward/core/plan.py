"""What a command is about to do, said before it is done, each step with its way back."""

import msgspec

from onward.core.proc.call import Call


class WriteFile(msgspec.Struct, frozen=True, kw_only=True, tag="write"):
    """Replace one file in one atomic step (``content`` None removes it); undone by the journal.

    ``executable`` lets everybody start it who may read it.
    """

    sentence: str
    path: str
    content: bytes | None
    executable: bool = False


class CopyFile(msgspec.Struct, frozen=True, kw_only=True, tag="copy"):
    """Replace one file by a copy of ``source`` in one atomic step, piece by piece: it may be larger than the memory.

    What was there is moved aside and comes back when it is undone.
    """

    sentence: str
    path: str
    source: str
    executable: bool = False


class CopyFolder(msgspec.Struct, frozen=True, kw_only=True, tag="copy-folder"):
    """Put a copy of the folder ``source`` at ``path``, links as links; nothing of half a folder ever has that name.

    One that was there is moved aside and comes back when it is undone; one that was not is removed then.
    """

    sentence: str
    path: str
    source: str


class RunTool(msgspec.Struct, frozen=True, kw_only=True, tag="run"):
    """Run an outside tool.

    ``environment`` is the folder it changes (empty: none). When a plan fails, the files are
    put back first and then ``undo`` brings that folder back in step; one that was not there
    before is removed.
    """

    sentence: str
    call: Call
    undo: tuple[Call, ...] = ()
    environment: str = ""


class Tell(msgspec.Struct, frozen=True, kw_only=True, tag="tell"):
    """A sentence for the person; nothing is done."""

    sentence: str


Step = WriteFile | CopyFile | CopyFolder | RunTool | Tell


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A title and its steps, in order. ``--dry-run`` prints it; ``core.perform`` does it."""

    title: str
    steps: tuple[Step, ...] = ()
