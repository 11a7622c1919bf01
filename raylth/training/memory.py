"""How this process gives memory back to the system: not at all, because the next update needs it again."""

import ctypes
import sys

# The numbers of glibc's malloc.h.
_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4


def keep_freed_memory() -> None:
    """Have glibc's malloc keep what this process frees; does nothing where there is no mallopt.

    Activations are large, so malloc gives them back to the system at the end of every update and gets them anew, as
    zeroed pages, in the next one. That is about a tenth of the time of training on a CPU. The process stays as large as
    it once was, which the next epoch would make it anyway.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(_M_MMAP_MAX, 0)
        mallopt(_M_TRIM_THRESHOLD, -1)
