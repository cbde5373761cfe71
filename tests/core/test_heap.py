"""Free memory goes back to the system where glibc is, and nothing breaks elsewhere."""

import gc
import platform
import subprocess
import sys

import pytest

from onward.core import heap


def test_it_never_fails() -> None:
    assert heap.give_back() in (True, False)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="no malloc of glibc here")
def test_threads_share_heaps_and_free_memory_is_given_back() -> None:
    program = """
import ctypes, threading
from onward.core import heap

def resident():
    with open("/proc/self/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))

libc = ctypes.CDLL(None)
assert heap.share_arenas()

def work():
    kept = [bytes(4_000) for _ in range(5_000)]
    del kept[1::2]
    last = bytes(4_000)  # above what is free: without a look at the heap it stays
    held.append((kept[:1], last))

# How the threads share the heaps differs: sometimes what they free is at the end of one, and goes by itself.
given = []
for _ in range(10):
    held = []
    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    full = resident()
    heap.give_back()
    given.append(full - resident())
assert max(given) > 8_000, given
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_what_lives_already_is_left_out_of_collections() -> None:
    kept = [[number] for number in range(1_000)]
    gc.unfreeze()
    try:
        heap.leave_out_of_collections()
        known = {id(one) for one in gc.get_objects()}
        assert gc.get_freeze_count() > len(kept)
        assert not known.intersection(map(id, kept))
    finally:
        gc.unfreeze()
