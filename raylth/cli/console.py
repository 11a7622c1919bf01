"""Where the command line writes: standard output, in colour on a terminal, as wide as its tables where it is none."""

import sys

from rich.console import Console

PLAIN_WIDTH = 160


def make_console() -> Console:
    """A console on standard output."""
    if sys.stdout.isatty():
        return Console(highlight=False)
    # Pipes and logs have no width of their own; the default of 80 columns would cut tables.
    return Console(highlight=False, width=PLAIN_WIDTH)


def duration(seconds: float) -> str:
    """A time span for people: `42 s`, `3 min 10 s`, `5 h 20 min`, `2 d 4 h`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    if whole < 86400:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 86400} d {whole % 86400 // 3600} h"
