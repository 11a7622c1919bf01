"""A table for the browser; a script can sort it by `data-sort`."""

from functools import cache
from importlib import resources

from jinja2 import Environment, StrictUndefined, Template

from analysis.tables.table import Row, Table

PREFIX = "table-"


def render_html(table: Table, prefix: str = PREFIX) -> str:
    """A `<table>` with caption and scopes; best values have the class `best`, missing ones `missing`.

    Rows have the class of their kind: `cell`, `baseline` or `paper`. The table's `id` is `prefix` and its own.
    """
    return _template().render(table=table, prefix=prefix, label_span=lambda row: label_span(row, table.heads))


def label_span(row: Row, heads: int) -> int:
    """How many columns the label of a baseline spans: up to the next that has words."""
    return next((place for place in range(1, heads) if row.entries[place].text), heads)


@cache
def _template() -> Template:
    source = resources.files("analysis.tables.render").joinpath("table.html.j2").read_text(encoding="utf-8")
    # Names of runs, models and data sets are people's own: everything is escaped.
    return Environment(autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True).from_string(source)
