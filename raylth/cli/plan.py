"""`raylth plan`: what a sweep will cost, before it runs."""

import os
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from analysis.words import duration
from raylth.cli.console import make_console
from raylth.cli.options import AllowImport, DataRoot, Overrides, Smoke, SpecFile, StorageOption, read_spec

if TYPE_CHECKING:
    from raylth.planning.cost import Counts

START_SECONDS = 10.0
"""Ray's start, the workers' imports and the last tables."""

TRIAL_SECONDS = 0.5
"""What a trial costs besides its training: handing it out and writing its rows."""


def plan(
    spec: SpecFile,
    set_: Overrides = None,
    smoke: Smoke = False,
    storage: StorageOption = None,
    data: DataRoot = None,
    allow_import: AllowImport = False,
    measure: Annotated[bool, typer.Option(help="Measure this machine for some seconds to estimate the time.")] = True,
) -> None:
    """Show what a sweep will cost: trials, epochs, images, disk, and time on this machine."""
    checked = read_spec(spec, set_, smoke, storage)
    console = make_console()
    from raylth.data import data_root
    from raylth.planning.cost import count
    from raylth.planning.plan import make_plan
    from raylth.planning.prepare import local_precision, read_facts
    from raylth.store import Store, open_storage

    root = data_root(data)
    made = make_plan(checked, read_facts(checked, root, allow_import), local_precision(checked.precision))
    store = Store(open_storage(checked.storage))
    counts = count(made, store)
    console.print(_table(checked.name, counts))
    if not (counts.epochs_left or counts.evaluations_left or counts.searched_epochs):
        console.print("Everything is in the store already; the sweep would only write its tables.")
        return
    if not measure:
        return
    from raylth.orchestration.resources import threads_for, trial_slots
    from raylth.planning.cost import estimate_seconds
    from raylth.planning.measure import measure_speeds

    resources = checked.resources
    slots = trial_slots(resources, 0, {"CPU": os.cpu_count() or 1}, counts.trials)
    console.print(f"Measuring with {slots} processes at once ...")
    speeds = measure_speeds(made, root, slots, threads_for(resources.cpu), allow_import)
    seconds = START_SECONDS + estimate_seconds(made, store, slots, speeds, TRIAL_SECONDS)
    console.print(f"About {duration(seconds)} on this machine, {slots} trials at once.")


def _table(name: str, counts: "Counts") -> Table:
    saved = 1 - counts.epochs / counts.epochs_without_sharing
    table = Table(title=f"Plan of {name}", title_justify="left", title_style="bold", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    rows = {
        "trials": f"{counts.trials:,}",
        "trajectories": f"{counts.trajectories:,}",
        "epochs of training": f"{counts.epochs:,}",
        "without sharing": f"{counts.epochs_without_sharing:,} ({100 * saved:.0f}% saved)",
        "epochs not in the store yet": f"{counts.epochs_left:,}",
        "images trained": f"{counts.train_images:,}",
        "evaluations": f"{counts.evaluations:,} ({counts.evaluations_left:,} not in the store yet)",
        "images evaluated": f"{counts.evaluation_images:,}",
        "disk": _size(counts.disk_bytes),
    }
    if counts.searched_epochs:
        rows["epochs of searches, about"] = f"{counts.searched_epochs:,}"
    for label, value in rows.items():
        table.add_row(label, value)
    return table


def _size(size: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} TB"
