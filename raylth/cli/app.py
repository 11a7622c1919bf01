"""All commands in one Typer application; each command is in a file of its own and imports what it needs when called."""

from typing import Annotated

import typer

from raylth.cli.claims import claims
from raylth.cli.compare import compare
from raylth.cli.data import data_app
from raylth.cli.doctor import doctor
from raylth.cli.figures import figures
from raylth.cli.plan import plan
from raylth.cli.report import report
from raylth.cli.schema import schema
from raylth.cli.status import status
from raylth.cli.store import store_app
from raylth.cli.sweep import sweep
from raylth.cli.table import table
from raylth.cli.ticket import ticket_app

app = typer.Typer(
    name="raylth",
    help="How training stability shapes lottery tickets: sweeps of iterative magnitude pruning on Ray.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def _root(version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False) -> None:
    if version:
        from importlib.metadata import version as installed

        typer.echo(f"raylth {installed('raylth')}")
        raise typer.Exit


app.command()(sweep)
app.command()(plan)
app.command()(status)
app.command()(report)
app.command()(claims)
app.command()(table)
app.command()(compare)
app.command()(figures)
app.command()(schema)
app.command()(doctor)
app.add_typer(data_app, name="data")
app.add_typer(ticket_app, name="ticket")
app.add_typer(store_app, name="store")
