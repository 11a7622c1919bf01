"""`raylth ticket`: the tickets of a run, as files that any PyTorch program can load."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from raylth.cli.console import make_console
from raylth.cli.options import RunFolderName

if TYPE_CHECKING:
    import pandas as pd

    from raylth.tables import RunFolder
    from raylth.ticket import Ticket

ticket_app = typer.Typer(help="List, export and show the tickets of a run.", no_args_is_help=True)

TrialName = Annotated[str | None, typer.Option("--trial", help="The trial, as `raylth ticket list` names it.")]
Level = Annotated[int | None, typer.Option("--level", help="The level; default: the trial's deepest.")]

PROVENANCE = (
    "trial",
    "level",
    "sparsity",
    "test_accuracy",
    "data",
    "model",
    "momentum",
    "batch_size",
    "rewind",
    "init",
)
"""Columns of `levels` that a ticket takes along."""


@ticket_app.command(name="list")
def list_(run: RunFolderName) -> None:
    """Show the tickets of a run: trial, level, sparsity, and the accuracy that they train to."""
    table = Table("trial", box=None, padding=(0, 2, 0, 0))
    for title in ("level", "sparsity %", "test accuracy %"):
        table.add_column(title, justify="right")
    for row in _tickets(run, _open(run)[1]).to_dict("records"):
        accuracy = "diverged" if row["diverged_epoch"] == row["diverged_epoch"] else f"{100 * row['test_accuracy']:.2f}"
        table.add_row(row["trial"], str(row["level"]), f"{100 * row['sparsity']:.2f}", accuracy)
    make_console().print(table)


@ticket_app.command()
def export(
    run: RunFolderName,
    trial: TrialName = None,
    level: Level = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; default: TRIAL_level-K.safetensors here.")
    ] = None,
) -> None:
    """Write one ticket as a safetensors file: mask, rewind weights and provenance."""
    found, row = _find(run, trial, level)
    path = output or Path(f"{row['trial']}_level-{row['level']}.safetensors")
    found.save(path)
    typer.echo(f"Wrote {path}: level {row['level']}, {100 * found.sparsity:.2f}% sparse.")


@ticket_app.command()
def show(
    ticket: Annotated[str, typer.Argument(metavar="RUN|FILE", help="A run's folder, or a file that `export` wrote.")],
    trial: TrialName = None,
    level: Level = None,
) -> None:
    """Show what is in a ticket: where it comes from, and how sparse each layer is."""
    from raylth.ticket import Ticket

    found = Ticket.load(ticket) if ticket.endswith(".safetensors") else _find(ticket, trial, level)[0]
    console = make_console()
    for name in (*PROVENANCE, "trajectory"):
        console.print(f"{name}: {found.provenance.get(name)}", markup=False, highlight=False)
    table = Table("layer", "shape", box=None, padding=(0, 2, 0, 0))
    for title in ("surviving", "sparsity %"):
        table.add_column(title, justify="right")
    for name, layer in found.mask.items():
        left = int(layer.sum())
        table.add_row(name, "x".join(map(str, layer.shape)), f"{left:,}", f"{100 * (1 - left / layer.numel()):.2f}")
    console.print(table)


def _find(run: str, trial: str | None, level: int | None) -> "tuple[Ticket, dict[str, Any]]":
    from raylth.errors import BadInput
    from raylth.store import Store
    from raylth.ticket import stored_ticket

    folder, levels = _open(run)
    tickets = _tickets(run, levels)
    trials = tickets["trial"].unique().tolist()
    if trial is None and len(trials) > 1:
        raise BadInput(
            f"{run} has tickets of {len(trials)} trials; choose one with --trial, as `ticket list` names it."
        )
    name = trial or trials[0]
    if name not in trials:
        raise BadInput(f"{run} has no tickets of a trial {name!r}; see `raylth ticket list {run}`.")
    chosen = tickets[tickets["trial"] == name]
    wanted = level if level is not None else int(chosen["level"].max())
    if wanted not in set(chosen["level"]):
        there = f"{chosen['level'].min()} to {chosen['level'].max()}"
        raise BadInput(f"trial {name} has no ticket of level {wanted}; there are levels {there}.")
    row = {str(column): value for column, value in chosen[chosen["level"] == wanted].iloc[0].items()}
    dense = levels[(levels["trial"] == name) & (levels["level"] == 0)]["trajectory"].iloc[0]
    facts = {column: _plain(row[column]) for column in PROVENANCE}
    return stored_ticket(Store(folder.storage), dense, row["trajectory"], facts), row


def _tickets(run: str, levels: "pd.DataFrame") -> "pd.DataFrame":
    from raylth.errors import BadInput

    tickets: pd.DataFrame = levels[levels["level"] > 0]
    if tickets.empty:
        raise BadInput(f"{run} has no tickets: no lineage has been pruned there yet.")
    return tickets


def _plain(value: Any) -> Any:
    """A number of a data frame as JSON has it; missing is null."""
    value = value.item() if hasattr(value, "item") else value
    return None if value != value else value


def _open(run: str) -> "tuple[RunFolder, pd.DataFrame]":
    """A run, and its `levels` table."""
    from raylth.errors import BadInput, ObjectMissing
    from raylth.tables.run import open_run

    folder = open_run(run)
    try:
        return folder, folder.read_table("levels").to_pandas()
    except ObjectMissing:
        raise BadInput(f"{run} holds no tables of a run; name a folder such as results/runs/quickstart.") from None
