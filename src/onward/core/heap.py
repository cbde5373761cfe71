"""Gives free memory back to the system, for processes that run for weeks (glibc's malloc; elsewhere nothing is done)."""

import ctypes
import sys

_ARENA_MAX = -8  # mallopt(3), M_ARENA_MAX


def share_arenas(most: int = 2) -> bool:
    """Have all threads share ``most`` heaps, before any begins; whether that can be had.

    glibc gives up to eight heaps for each processor to threads. What one of them frees no
    other uses, so a server with dozens of threads holds far more than it needs, and seems to
    grow without end.
    """
    libc = _glibc()
    return libc is not None and libc.mallopt(_ARENA_MAX, most) == 1


def give_back() -> bool:
    """Hand whole free pages back (malloc_trim(3)); whether there were any. Takes milliseconds."""
    libc = _glibc()
    return libc is not None and libc.malloc_trim(0) == 1


def _glibc() -> ctypes.CDLL | None:
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    return libc if hasattr(libc, "malloc_trim") and hasattr(libc, "mallopt") else None
