"""A table for people, before anyone has chosen how it is drawn."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Literal

from analysis.spread import Spread
from analysis.tables.numbers import Style

Better = Literal["high", "low", ""]
Kind = Literal["cell", "baseline", "paper"]
MISSING = "-"


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        title: for people.
        group: what it shares with its neighbours, printed above them.
        key: what it shows, the same in all tables of a layout.
        style: how its numbers are printed; None for words.
        better: which values are marked as best.
        heads: whether its entries say which row it is.
    """

    title: str
    group: str = ""
    key: Hashable = None
    style: Style | None = None
    better: Better = ""
    heads: bool = False


@dataclass(frozen=True)
class Entry:
    """One entry: its text, and what it was made from.

    Attributes:
        text: as printed.
        spread: the numbers behind it, as fractions and counts; None for words.
        sort: what it is sorted by, in the unit that is printed; None for words.
        best: whether no other cell has a better value in this column.
        missing: whether nothing was measured.
    """

    text: str
    spread: Spread | None = None
    sort: float | None = None
    best: bool = False
    missing: bool = False


@dataclass(frozen=True)
class Row:
    """One row, with one entry per column.

    Attributes:
        entries: in the order of the columns.
        kind: what it shows: a cell, a baseline, or what the paper prints for the row above.
        key: which row it is, the same in all tables of a layout.
    """

    entries: tuple[Entry, ...]
    kind: Kind = "cell"
    key: Hashable = None


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        id: unique among the tables of a run, made of letters, digits and hyphens.
        title: what it shows.
        caption: the unit, what the spread is over, and how many.
        columns: those that head a row come first.
        rows: in the order of the paper's tables.
        number: which of the paper's tables has this layout; None where none has.
    """

    id: str
    title: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    number: int | None = None

    @property
    def heads(self) -> int:
        """How many columns say which row it is."""
        return sum(column.heads for column in self.columns)

    def groups(self) -> Iterator[tuple[str, int]]:
        """The groups of neighbouring columns with how many columns each has; "" for those in none."""
        names = [column.group for column in self.columns]
        start = 0
        for place in range(1, len(names) + 1):
            if place == len(names) or names[place] != names[start]:
                yield names[start], place - start
                start = place

    @property
    def has_groups(self) -> bool:
        """Whether any column is in a group."""
        return any(column.group for column in self.columns)
