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
WIDE_LABEL = 32
"""Characters of a label from which on legends have two columns instead of three."""


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
    drawn.suptitle(plain(figure.title, "matplotlib"), fontsize=12, y=1.02)
    entries = figure.legend
    if entries:
        widest = max(len(entry.label) for entry in entries)
        columns = (2 if widest > WIDE_LABEL else 3) if len(figure.panels) > 1 else (1 if widest > WIDE_LABEL else 2)
        drawn.legend(
            handles=legend_handles(entries),
            loc="upper center",
            bbox_to_anchor=(0.5, 0.0),
            ncols=columns,
            frameon=False,
            fontsize=8,
        )
