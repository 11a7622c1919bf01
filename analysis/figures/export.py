"""Figures as files: PNG and SVG through matplotlib, HTML through bokeh."""

from pathlib import Path
from typing import Any

from analysis.errors import AnalysisError
from analysis.figures.backend import plain, render
from analysis.figures.embed import page
from analysis.figures.figure import Figure
from analysis.figures.legend import legend_handles

SUFFIXES = (".png", ".svg", ".html")
DPI = 150
TITLE, SMALL = 11, 8
GAP = 0.1
"""Inches between panels and what is around them."""
WIDE_LABEL = 32
"""Characters of a label from which on legends have a column less."""


def export(figure: Figure, path: str | Path) -> None:
    """Write a figure to a file whose suffix says as what.

    Raises:
        AnalysisError: the suffix is none of .png, .svg and .html, or the file cannot be written.
    """
    target = Path(path)
    if target.suffix not in SUFFIXES:
        raise AnalysisError(f"{target}: figures are written as .png, .svg or .html.")
    try:
        if target.suffix == ".html":
            target.write_text(page(figure), encoding="utf-8")
        else:
            _save(figure, target)
    except OSError as error:
        raise AnalysisError(f"{target} cannot be written: {error.strerror or error}.") from error


def _save(figure: Figure, target: Path) -> None:
    from matplotlib import pyplot, rc_context

    # Nothing of the moment or the machine goes into a file: the same run gives the same bytes.
    with rc_context({"svg.hashsalt": figure.id}):
        drawn = render(figure.draw("matplotlib", legend=False), "matplotlib")
        try:
            _finish(drawn, figure)
            metadata = {"Date": None} if target.suffix == ".svg" else {"Software": None}
            drawn.savefig(target, dpi=DPI, bbox_inches="tight", pad_inches=0.15, metadata=metadata)
        finally:
            pyplot.close(drawn)


def _finish(drawn: Any, figure: Figure) -> None:
    """A title above all panels, and a legend below, where neither covers anything."""
    inches = drawn.get_tightbbox()
    top, bottom = (edge / drawn.get_figheight() for edge in (inches.y1 + GAP, inches.y0 - GAP))
    middle = (inches.x0 + inches.x1) / 2 / drawn.get_figwidth()
    drawn.text(middle, top, plain(figure.title, "matplotlib"), ha="center", va="bottom", fontsize=TITLE)
    entries = figure.legend
    if entries:
        drawn.legend(
            handles=legend_handles(entries),
            loc="upper center",
            bbox_to_anchor=(middle, bottom),
            ncols=_columns(figure),
            frameon=False,
            fontsize=SMALL,
        )


def _columns(figure: Figure) -> int:
    wide = max(len(entry.label) for entry in figure.legend) > WIDE_LABEL
    return (1 if wide else 2) + (len(figure.panels) > 1)
