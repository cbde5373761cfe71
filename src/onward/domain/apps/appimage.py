"""An AppImage of type 2 (AppImage specification): a runtime, which is a program, with a squashfs right behind it."""

from onward.core.errors import BadInput

ICON = "256x256"
"""The size of the icon at its top."""

_MARK_AT, _MARK = 8, b"AI\x02"  # in the ELF head ("Type 2 image format")


def check_runtime(head: bytes, name: str) -> None:
    """Raise BadInput (``bad-runtime``) for a file that is no runtime of type 2; ``head`` are its first bytes."""
    if head[:4] != b"\x7fELF" or head[_MARK_AT : _MARK_AT + len(_MARK)] != _MARK:
        raise BadInput(
            "bad-runtime",
            f"`{name}` is no runtime of an AppImage of type 2: no ELF file with the bytes A, I, 2 at offset 8",
            hint="Take the runtime for your machine from a release of AppImage/type2-runtime.",
        )
