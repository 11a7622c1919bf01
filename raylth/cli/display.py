"""The live view of a sweep: redrawn in place on a terminal, plain lines elsewhere."""

import time
from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from analysis.words import duration
from raylth.orchestration.progress import Progress

REDRAW_SECONDS = 0.25
PLAIN_SECONDS = 10.0
BAR_WIDTH = 40


class LiveDisplay:
    """Redraws one block at the bottom of a terminal; notes scroll above it."""

    def __init__(self, console: Console) -> None:
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._drawn = 0.0

    def __enter__(self) -> "LiveDisplay":
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def show(self, progress: Progress) -> None:
        """Redraw, at most a few times a second."""
        if time.monotonic() - self._drawn > REDRAW_SECONDS:
            self._drawn = time.monotonic()
            self._live.update(render(progress), refresh=True)

    def note(self, text: str) -> None:
        """Print above the live block."""
        self._live.console.print(text, markup=False)


class PlainDisplay:
    """Prints a line every few seconds, for logs and pipes."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._printed = time.monotonic()

    def __enter__(self) -> "PlainDisplay":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        return

    def show(self, progress: Progress) -> None:
        """Print a line, if the last is old enough."""
        if time.monotonic() - self._printed > PLAIN_SECONDS:
            self._printed = time.monotonic()
            self._console.print(headline(progress), soft_wrap=True, markup=False)

    def note(self, text: str) -> None:
        """Print a line now."""
        self._console.print(text, soft_wrap=True, markup=False)


def make_display(console: Console) -> LiveDisplay | PlainDisplay:
    """The display that suits the console; enter it for as long as the sweep runs."""
    return LiveDisplay(console) if console.is_terminal else PlainDisplay(console)


def headline(progress: Progress) -> str:
    """One line that says it all."""
    return " · ".join([*_counts(progress), *_pace(progress)])


def _counts(progress: Progress) -> list[str]:
    parts = [
        f"{progress.run}: {progress.phase}",
        f"trials {progress.trials_done}/{progress.trials}",
        f"epochs {progress.epochs_now()}/{progress.epochs}",
        f"evaluations {progress.evaluations_done}/{progress.evaluations}",
    ]
    if progress.diverged:
        parts.append(f"{progress.diverged} diverged")
    if progress.failed:
        parts.append(f"{progress.failed} failed")
    return parts


def _pace(progress: Progress) -> list[str]:
    with progress.lock:
        rate = sum(trial.images_per_second for trial in progress.running.values())
    parts = [f"{rate:,.0f} images/s"] if rate else []
    if (left := progress.eta_seconds()) is not None and progress.phase == "training":
        parts.append(f"about {duration(left)} left")
    return parts


def render(progress: Progress) -> RenderableType:
    """The live block: what is done, a bar with the pace, and a line per running trial."""
    bar = Table.grid(padding=(0, 2, 0, 0))
    whole, done = max(1, progress.epochs), progress.epochs_now()
    bar.add_row(ProgressBar(total=whole, completed=done, width=BAR_WIDTH), " · ".join(_pace(progress)))
    trials = Table(box=None, padding=(0, 2, 0, 0), show_header=True, header_style="dim")
    for name, justify in (("running trial", "left"), ("level", "right"), ("epoch", "right"), ("images/s", "right")):
        trials.add_column(name, justify="right" if justify == "right" else "left", no_wrap=True)
    with progress.lock:
        for trial in progress.running.values():
            rate = f"{trial.images_per_second:,.0f}" if trial.images_per_second else ""
            trials.add_row(trial.trial, f"{trial.level}/{trial.levels}", f"{trial.epoch}/{trial.epochs}", rate)
    return Group(Text(" · ".join(_counts(progress)), style="bold"), bar, trials)
