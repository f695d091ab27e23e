"""Gives memory back to the system (glibc)."""

import ctypes
import sys

M_MMAP_THRESHOLD = -3
LARGE = 1024 * 1024


def give_back_large_blocks() -> None:
    """Blocks of a megabyte and more go back to the system as soon as they are free.

    By itself, the allocator learns to keep blocks of up to 32 MB, for each thread: after a few large uploads
    a process would keep hundreds of megabytes for ever.
    """
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
        if mallopt is not None:
            mallopt(M_MMAP_THRESHOLD, LARGE)
