"""`raylth sweep`: run a sweep, or go on with it, and end with its summary."""

import signal
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from analysis.words import duration
from raylth.cli.console import make_console
from raylth.cli.options import AllowImport, DataRoot, Overrides, Smoke, SpecFile, StorageOption, read_spec, this_command

if TYPE_CHECKING:
    from raylth.orchestration.run import Run

INTERRUPTED = 130

Address = Annotated[
    str | None,
    typer.Option("--address", help="A running Ray cluster: `auto` or host:port. Default: Ray on this machine."),
]


def sweep(
    spec: SpecFile,
    set_: Overrides = None,
    smoke: Smoke = False,
    storage: StorageOption = None,
    data: DataRoot = None,
    address: Address = None,
    allow_import: AllowImport = False,
) -> None:
    """Run a sweep, or go on with it: what its storage holds already is not computed again."""
    checked = read_spec(spec, set_, smoke, storage)
    console = make_console()
    # The heavy imports come after the spec is known to be good: bad input should answer at once.
    from raylth.cli.display import make_display
    from raylth.orchestration.sweep import run_sweep

    signal.signal(signal.SIGTERM, _interrupt)
    with make_display(console) as display:
        try:
            run = run_sweep(checked, address=address, data=data, allow_import=allow_import, display=display)
        except KeyboardInterrupt:
            display.note("Stopped. Finished work is kept; go on with:")
            display.note(f"  {this_command()}")
            raise typer.Exit(INTERRUPTED) from None
    _report(console, run)
    if run.failures:
        raise typer.Exit(1)


def _report(console: Console, run: "Run") -> None:
    from analysis.evidence import RunEvidence
    from analysis.run import load_run
    from analysis.tables.render import render_terminal
    from analysis.tables.summary import summary_tables
    from raylth.store import split_address

    console.print()
    # A sweep of which everything failed has no tables to load.
    if len(run.table("levels")):
        for table in summary_tables(RunEvidence(load_run(run.folder.address))):
            console.print(render_terminal(table))
            console.print()
    diverged = int((run.table("trials")["status"] == "diverged").sum())
    if diverged:
        console.print(f"{diverged} trials diverged; the table `trials` says where.")
    for failure in run.failures:
        console.print(f"failed: {failure}", markup=False)
    if run.failures:
        console.print(f"{len(run.failures)} things failed; run the same command again to retry them.")
    console.print(f"{run.cost_line(duration)}", markup=False)
    folder, _ = split_address(run.folder.address)
    console.print(f"Tables: {folder}/tables/*.parquet", markup=False, soft_wrap=True)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
