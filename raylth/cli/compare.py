"""`raylth compare`: two runs against each other."""

from typing import Annotated

import typer

from raylth.cli.console import make_console


def compare(
    first: Annotated[str, typer.Argument(metavar="RUN", help="A run's folder, such as results/runs/quickstart.")],
    second: Annotated[str, typer.Argument(metavar="RUN", help="The folder of the run to hold against it.")],
    quantity: Annotated[
        list[str] | None, typer.Option("--quantity", help="Only this one, such as accuracy. Repeatable. Default: all.")
    ] = None,
) -> None:
    """Compare two runs: every quantity and cell that both have, with the difference and its interval."""
    from analysis.compare import comparison_table
    from analysis.evidence import RunEvidence
    from analysis.run import load_run
    from analysis.tables.render import render_terminal

    sides = [RunEvidence(load_run(address)) for address in (first, second)]
    make_console().print(render_terminal(comparison_table(sides[0], sides[1], quantity or [])))
