"""Tables and figures as the page shows them."""

from dataclasses import dataclass

from markupsafe import Markup

from analysis.evidence import RunEvidence
from analysis.figures import Figure, all_figures, embed
from analysis.tables import Table, every_table
from analysis.tables.render import render_html


@dataclass(frozen=True)
class TableView:
    """A table: its anchor, its name in the contents, its heading and caption, and itself as HTML."""

    id: str
    short: str
    heading: str
    caption: str
    html: Markup


@dataclass(frozen=True)
class FigureView:
    """A figure: its anchor, its name in the contents, its heading and caption, and the place where it is drawn."""

    id: str
    short: str
    heading: str
    caption: str
    div: Markup


@dataclass(frozen=True)
class FigureViews:
    """All figures; elements for the page's head, and the script that draws them, which comes after them."""

    views: tuple[FigureView, ...]
    head: Markup
    script: Markup


def table_views(evidence: RunEvidence) -> tuple[TableView, ...]:
    """Every table that something was measured for."""
    return tuple(map(_table_view, every_table(evidence)))


def _table_view(table: Table) -> TableView:
    heading = table.title if table.number is None else f"{table.title} (the paper's Table {table.number})"
    # The renderer escapes what people named.
    html = Markup(render_html(table))
    return TableView(f"section-{table.id}", table.title, heading, table.caption, html)


def figure_views(evidence: RunEvidence) -> FigureViews:
    """Every figure that something was measured for."""
    figures = all_figures(evidence.run, evidence)
    embedded = embed(figures)
    views = tuple(_figure_view(figure, embedded.divs[figure.id]) for figure in figures)
    # Bokeh's own elements, in which it escapes what people named.
    return FigureViews(views, Markup(embedded.head), Markup(embedded.script))


def _figure_view(figure: Figure, div: str) -> FigureView:
    heading = figure.title if figure.number is None else f"{figure.title} (the paper's Figure {figure.number})"
    return FigureView(f"figure-{figure.id}", figure.title, heading, figure.caption, Markup(div))
