"""`raylth figures`: the figures of runs as files."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Format(StrEnum):
    """What a figure is written as."""

    PNG = "png"
    SVG = "svg"
    HTML = "html"


def figures(
    runs: Annotated[list[str], typer.Argument(metavar="RUN...", help="Run folders, such as results/runs/quickstart.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FOLDER", help="Where the files go.")],
    format_: Annotated[Format, typer.Option("--format", help="Kind of file.")] = Format.PNG,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="ID", help="This figure only. Repeatable.")
    ] = None,
) -> None:
    """Write every figure that runs have data for, or some of them, as files."""
    from analysis import AnalysisError, load_run
    from analysis.evidence import RunEvidence
    from analysis.figures import all_figures, export

    run = load_run(*runs)
    known = {figure.id: figure for figure in all_figures(run, RunEvidence(run))}
    for name in only or ():
        if name not in known:
            raise AnalysisError(f"--only {name}: {run.name} has no such figure; it has {', '.join(known)}.")
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AnalysisError(f"{output} cannot be made: {error.strerror or error}.") from error
    for name in only or known:
        path = output / f"{name}.{format_.value}"
        export(known[name], path)
        typer.echo(path)
