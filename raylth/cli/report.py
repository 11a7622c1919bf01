"""`raylth report`: tables, figures and claims of runs as one HTML file."""

from pathlib import Path
from typing import Annotated

import typer

REPORT = "report.html"


def report(
    runs: Annotated[
        list[str],
        typer.Argument(metavar="RUN...", help="Folders of runs, such as results/runs/quickstart or s3://bucket/..."),
    ],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Default: in the run's folder; of several runs, here."),
    ] = None,
) -> None:
    """Write the report of one or several runs, finished or not, as one HTML file that needs no network."""
    from analysis import load_run
    from analysis.report import write_report

    # A run that is named twice would count its trials and its cost twice.
    addresses = list(dict.fromkeys(run.rstrip("/") or run for run in runs))
    path = output or _default(addresses)
    write_report(load_run(*addresses), path)
    typer.echo(path)


def _default(addresses: list[str]) -> Path:
    """Inside the run's folder if there is one run and it is on this machine, else the current folder."""
    alone = len(addresses) == 1 and "://" not in addresses[0]
    return Path(addresses[0]).expanduser() / REPORT if alone else Path(REPORT)
