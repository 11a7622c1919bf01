"""The summary at the end of a sweep, drawn as two tables."""

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from analysis.summary import AccuracyRow, Spread, StabilityRow, Summary

AXIS_TITLES = {"momentum": "mu", "batch_size": "batch", "rewind": "rewind"}
MISSING = "-"


def render_summary(summary: Summary) -> RenderableType:
    """Both tables with their captions."""
    return Group(_stability(summary), Text(), _accuracy(summary))


def print_summary(console: Console, summary: Summary) -> None:
    """Print both tables."""
    console.print(render_summary(summary))


def _stability(summary: Summary) -> Table:
    table = _table("Stability of dense training", summary)
    for title in (
        "barrier %\ninterp.",
        "\nrecomp.",
        "verdict",
        "forgetting\nevents",
        "never\nforgot %",
        "converg.\ntrain",
        "\ntest",
    ):
        # Numbers may wrap at their ± on a narrow terminal, a verdict must not be cut.
        table.add_column(title, justify="left" if title == "verdict" else "right", no_wrap=title == "verdict")
    for row in summary.stability:
        table.add_row(*_cell(row), *_stability_cells(row))
    table.caption = (
        "Barrier: error on the line between siblings that differ in SGD noise alone, BatchNorm interpolated or "
        "recomputed. Stable is under the spec's threshold, undecided where the 95% interval straddles it. Never "
        f"forgot: learned once and kept. {_spread_note(summary)}; that of forgetting is over examples."
    )
    return table


def _stability_cells(row: StabilityRow) -> list[str]:
    return [
        _percent(row.interpolated),
        _percent(row.recomputed),
        _verdict(row.verdicts),
        _number(row.forgetting, digits=2),
        _percent(row.unforgettable),
        _number(row.train_convergence, digits=3),
        _number(row.test_convergence, digits=3),
    ]


def _accuracy(summary: Summary) -> Table:
    table = _table("Test accuracy % of tickets by sparsity", summary)
    for level, sparsity in zip(summary.levels, summary.sparsities, strict=True):
        table.add_column(f"{100 * sparsity:.2f}%\nlevel {level}", justify="right")
    for row in summary.accuracy:
        table.add_row(*_cell(row), *(_percent(accuracy) for accuracy in row.accuracies))
    table.caption = f"{_spread_note(summary)}; {MISSING} is not measured."
    return table


def _table(title: str, summary: Summary) -> Table:
    table = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        caption_justify="left",
        caption_style="dim",
        # Without rules, so that a run of one init fits into 80 columns.
        box=None,
        padding=(0, 1, 0, 0),
    )
    for axis in summary.axes:
        table.add_column(AXIS_TITLES.get(axis, axis), justify="right")
    return table


def _spread_note(summary: Summary) -> str:
    if summary.inits == 1:
        return "One init: no spread"
    return f"Mean ± standard deviation over {summary.inits} inits"


def _cell(row: StabilityRow | AccuracyRow) -> list[str]:
    return [f"{value:g}" if isinstance(value, float) else str(value) for value in row.cell]


def _percent(spread: Spread) -> str:
    scaled = [None if value is None else 100 * value for value in (spread.mean, spread.std)]
    return _number(Spread(scaled[0], scaled[1], spread.n), digits=2)


def _number(spread: Spread, digits: int) -> str:
    if spread.mean is None:
        return MISSING
    spread_text = "" if spread.std is None else f" ± {spread.std:.{digits}f}"
    return f"{spread.mean:.{digits}f}{spread_text}"


def _verdict(verdicts: dict[str, int]) -> str:
    if not verdicts:
        return MISSING
    if len(verdicts) == 1:
        return next(iter(verdicts))
    return ", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items()))
