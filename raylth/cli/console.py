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
