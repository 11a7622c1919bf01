"""`raylth status`: how far a run has come, from another shell or after the fact."""

from typing import Annotated, Any

import typer
from rich.table import Table

from analysis.words import duration
from raylth.cli.console import make_console


def status(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run's folder, such as results/runs/quickstart.")],
) -> None:
    """Show how far a run has come."""
    from raylth.errors import BadInput
    from raylth.orchestration.heartbeat import driver_lives, read_heartbeat
    from raylth.tables.run import open_run

    folder = open_run(run)
    console = make_console()
    beat = read_heartbeat(folder)
    trials = folder.statuses()
    if beat is None and not trials:
        raise BadInput(f"{run} holds no run; name a folder such as results/runs/quickstart.")
    console.print(_driver_line(folder.name, beat, None if beat is None else driver_lives(beat)), markup=False)
    if beat is not None:
        _print_progress(console.print, beat["progress"])
    table = Table("trial", "status", "levels done", "message", box=None, padding=(0, 2, 0, 0))
    for name, trial in trials.items():
        table.add_row(name, trial["status"], str(trial["levels_done"]), trial["message"] or "")
    console.print(table)


def _driver_line(name: str, beat: dict[str, Any] | None, lives: bool | None) -> str:
    if beat is None:
        return f"{name}: no sweep is working on it."
    place = f"process {beat['pid']} on {beat['host']}"
    if lives is None:
        return f"{name}: {place} said it was working on it; whether it lives can only be told there."
    if lives:
        return f"{name}: {place} is working on it."
    return f"{name}: {place} died; run `raylth sweep` again to go on."


def _print_progress(say: Any, progress: dict[str, Any]) -> None:
    left = progress["eta_seconds"]
    say(
        f"{progress['phase']}: trials {progress['trials_done']}/{progress['trials']}, "
        f"epochs {progress['epochs_now']}/{progress['epochs']}, "
        f"evaluations {progress['evaluations_done']}/{progress['evaluations']}"
        + (f", about {duration(left)} of training left" if left is not None else "")
    )
    for trial in progress["running"]:
        say(
            f"  {trial['trial']}: level {trial['level']}/{trial['levels']}, epoch {trial['epoch']}/{trial['epochs']}, "
            f"{trial['images_per_second']:,.0f} images/s",
            markup=False,
        )
