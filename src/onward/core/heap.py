"""Keeps the memory of processes that run for weeks in order: few heaps, free memory given back, short collections."""

import ctypes
import gc
import sys

_ARENA_MAX = -8  # mallopt(3), M_ARENA_MAX


def share_arenas(most: int = 2) -> bool:
    """Have all threads share ``most`` heaps, before any begins; whether that can be had (glibc only).

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


def leave_out_of_collections() -> None:
    """Have the collector pass over all that lives now: modules, classes, tables.

    A full collection walks every object, and in a server most of them came with the imports and
    stay to the end: that was 40 ms, in the middle of whatever answer was being made.
    """
    gc.freeze()


def _glibc() -> ctypes.CDLL | None:
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    return libc if hasattr(libc, "malloc_trim") and hasattr(libc, "mallopt") else None
