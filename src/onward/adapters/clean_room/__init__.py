"""A room to start a program in: another root, no network, no rights, and gone without a trace (Linux)."""

from onward.adapters.clean_room.room import Bind, Inside, Wanted, enter, read

__all__ = ["Bind", "Inside", "Wanted", "enter", "read"]
