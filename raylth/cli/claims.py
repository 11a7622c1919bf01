"""`raylth claims`: what a run, or the paper's own tables, say of the paper's claims."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from raylth.cli.console import make_console

if TYPE_CHECKING:
    from analysis.claims import Finding, Scoreboard

STYLES = {"supported": "green", "contradicted": "red", "inconclusive": "yellow", "not measured": "dim"}


def claims(
    runs: Annotated[
        list[str] | None, typer.Argument(metavar="RUN...", help="Run folders, such as results/runs/quickstart.")
    ] = None,
    paper: Annotated[
        bool, typer.Option("--paper", help="Judge the paper's own Tables 1 to 9, and check the verdicts.")
    ] = False,
) -> None:
    """Test the paper's claims on runs: effect, interval and verdict of each."""
    from analysis import AnalysisError, load_run
    from analysis.claims import judge
    from analysis.claims.expected import unexpected
    from analysis.evidence import RunEvidence
    from analysis.paper import PublishedEvidence

    if bool(runs) == paper:
        raise AnalysisError("name runs, such as results/runs/quickstart, or give --paper, and not both.")
    console = make_console()
    board = judge(PublishedEvidence()) if paper else judge(RunEvidence(load_run(*runs or ())))
    _print(console, board)
    if paper:
        surprises = unexpected(board)
        console.print("Every verdict is as expected." if not surprises else "\n".join(surprises))
        if surprises:
            raise typer.Exit(1)


def _print(console: Console, board: "Scoreboard") -> None:
    from analysis.claims.sentences import tally

    table = Table(
        title=f"Claims of the paper, judged by {board.source}", title_justify="left", box=None, padding=(0, 1)
    )
    for title in ("section", "claim", "reading", "verdict", "effect"):
        table.add_column(title, overflow="fold")
    for before, finding in zip([None, *board.findings], board.findings, strict=False):
        # A claim is named once, above its first reading.
        again = before is not None and before.claim is finding.claim
        table.add_row(*_cells(finding, again))
    console.print(table)
    console.print(
        f"\n{tally(board)}. An effect is how much higher the side is that the claim says is higher. "
        "Verdicts are at 5%, corrected for their number (Holm); an interval is not."
    )


def _cells(finding: "Finding", again: bool) -> tuple[Text, ...]:
    from analysis.claims.sentences import basis_text, effect_text

    effect = "; ".join(part for part in (effect_text(finding), basis_text(finding)) if part)
    verdict = Text(finding.verdict, style=STYLES[finding.verdict])
    claim = ("", "") if again else (finding.claim.section, finding.claim.statement)
    return (*map(Text, claim), Text(finding.reading), verdict, Text(effect))
