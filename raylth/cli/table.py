"""`raylth table`: the paper's tables from runs, or the paper's own."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from raylth.cli.console import make_console

if TYPE_CHECKING:
    from analysis.tables import Table


class Format(StrEnum):
    """How a table is printed."""

    TERMINAL = "terminal"
    CSV = "csv"
    MARKDOWN = "markdown"
    LATEX = "latex"
    HTML = "html"


Where = Annotated[
    list[str] | None,
    typer.Option("--where", metavar="AXIS=VALUE", help="Only these cells, such as momentum=0.9. Repeatable."),
]


def table(
    runs: Annotated[
        list[str] | None, typer.Argument(metavar="RUN...", help="Folders of runs, such as results/runs/quickstart.")
    ] = None,
    number: Annotated[
        int | None, typer.Option("--number", help="Only the table with the layout of the paper's table of this number.")
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Also what the paper has no table of: barriers, and the configuration.")
    ] = False,
    format_: Annotated[Format, typer.Option("--format", help="How it is printed.")] = Format.TERMINAL,
    levels: Annotated[
        str | None, typer.Option("--levels", help="Levels to show, such as 5,10. Default: the paper's, or all.")
    ] = None,
    paper: Annotated[
        bool, typer.Option("--paper", help="Under each row the paper's, where it has the same configuration.")
    ] = False,
    paper_only: Annotated[bool, typer.Option("--paper-only", help="The paper's own tables, without a run.")] = False,
    where: Where = None,
) -> None:
    """Print the paper's tables for your runs; several runs are pooled."""
    from raylth.errors import BadInput

    if paper_only == bool(runs):
        raise BadInput("name one or several runs, such as results/runs/quickstart, or give --paper-only.")
    if paper_only and (where or every or paper):
        raise BadInput("--paper-only goes with --number, --levels and --format alone.")
    wanted = _levels(levels)
    found = _published(wanted) if paper_only else _of_runs(runs or [], wanted, every, paper, where or [])
    chosen = [each for each in found if number in (None, each.number)]
    if not chosen:
        there = ", ".join(sorted({str(each.number) for each in found if each.number is not None}))
        raise BadInput(f"nothing was measured for this table; there is {f'table {there}' if there else 'none'}.")
    _print(chosen, format_)


def axis_values(words: list[str]) -> dict[str, object]:
    """`AXIS=VALUE` words as values of columns; a value is read as YAML, `[0.0, 0.9]` being one of several.

    Raises:
        BadInput: a word has no `=`, or its value cannot be read.
    """
    import yaml

    from raylth.errors import BadInput

    chosen: dict[str, object] = {}
    for word in words:
        axis, sign, value = word.partition("=")
        if not sign or not axis.strip():
            raise BadInput(f"--where {word}: write AXIS=VALUE, such as momentum=0.9.")
        try:
            chosen[axis.strip()] = yaml.safe_load(value)
        except yaml.YAMLError:
            raise BadInput(f"--where {word}: the value cannot be read.") from None
    return chosen


def _levels(text: str | None) -> list[int] | None:
    from raylth.errors import BadInput

    if text is None:
        return None
    words = [word.strip() for word in text.split(",")]
    if not all(word.isdecimal() for word in words):
        raise BadInput(f"--levels {text}: write whole numbers, such as 5,10.")
    return sorted({int(word) for word in words})


def _published(levels: list[int] | None) -> "list[Table]":
    from analysis.paper import PublishedEvidence
    from analysis.tables import paper_tables

    return paper_tables(PublishedEvidence(), levels)


def _of_runs(runs: list[str], levels: list[int] | None, every: bool, paper: bool, where: list[str]) -> "list[Table]":
    from analysis.evidence import RunEvidence
    from analysis.paper import PublishedEvidence
    from analysis.run import load_run
    from analysis.tables import every_table, paper_tables
    from analysis.tables.beside import beside_paper

    evidence = RunEvidence(load_run(*runs, **axis_values(where)))
    found = every_table(evidence, levels) if every else paper_tables(evidence, levels)
    published = PublishedEvidence()
    return [beside_paper(each, published) for each in found] if paper else found


def _print(tables: "list[Table]", format_: Format) -> None:
    from analysis.tables.render import AS_TEXT, render_terminal

    if format_ is not Format.TERMINAL:
        # Tables of values stand apart by an empty line; anything else in them would be read as a row.
        typer.echo("\n".join(AS_TEXT[format_](each) for each in tables), nl=False)
        return
    console = make_console()
    for each in tables:
        console.print(render_terminal(each))
        console.print()
