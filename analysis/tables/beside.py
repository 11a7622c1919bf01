"""A run's table and the paper's side by side: under each row, what the paper prints for the same configuration."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import replace

from analysis.evidence import Evidence
from analysis.tables.collection import paper_tables
from analysis.tables.table import MISSING, Column, Entry, Row, Table

SOURCE = Column("", key="source", heads=True)
NONE_IN_COMMON = "The paper has no such configuration."
NOTE = (
    "Rows marked `paper` are the paper's numbers for the same data set, μ, batch size, and pretraining or none; "
    "model and epochs are the paper's own."
)


def beside_paper(table: Table, published: Evidence) -> Table:
    """The table with the paper's number in a row of its own under each row that the paper has too.

    A table that the paper does not have is returned as it is.
    """
    theirs = [other for other in paper_tables(published) if other.number == table.number]
    if table.number is None or not theirs:
        return table
    places = {column.key: place for place, column in enumerate(theirs[0].columns) if not column.heads}
    rows = tuple(_pairs(table, {row.key: row for row in theirs[0].rows}, places))
    if not any(row.kind == "paper" for row in rows):
        return replace(table, caption=f"{table.caption} {NONE_IN_COMMON}")
    columns = (*table.columns[: table.heads], SOURCE, *table.columns[table.heads :])
    return replace(table, caption=f"{table.caption} {NOTE}", columns=columns, rows=rows)


def _pairs(table: Table, theirs: Mapping[Hashable, Row], places: Mapping[Hashable, int]) -> Iterator[Row]:
    for row in table.rows:
        yield replace(row, entries=_with_source(row.entries, table.heads, "run"))
        other = theirs.get(row.key)
        if other is None:
            continue
        values = [_published(other, column, places) for column in table.columns[table.heads :]]
        if any(not entry.missing for entry in values):
            # The axes stand on every row, so that rows mean the same when they are sorted.
            yield Row((*row.entries[: table.heads], Entry("paper"), *values), "paper", row.key)


def _with_source(entries: tuple[Entry, ...], heads: int, source: str) -> tuple[Entry, ...]:
    return (*entries[:heads], Entry(source), *entries[heads:])


def _published(row: Row, column: Column, places: Mapping[Hashable, int]) -> Entry:
    place = places.get(column.key)
    return Entry(MISSING, missing=True) if place is None else replace(row.entries[place], best=False)
