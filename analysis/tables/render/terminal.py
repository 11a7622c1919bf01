"""A table on a terminal."""

from collections.abc import Iterator

from rich.console import Group
from rich.table import Table as RichTable
from rich.text import Text

from analysis.tables.table import Column, Entry, Row, Table

STYLES = {"cell": "", "baseline": "italic", "paper": "cyan"}


def render_terminal(table: Table) -> Group:
    """Title, table and caption; without rules, so that a few columns fit into 80. The best values are bold."""
    # Rich's own titles and captions are no wider than their table, which may be a narrow one.
    return Group(Text(_title(table), style="bold"), _drawn(table), Text(table.caption, style="dim"))


def _drawn(table: Table) -> RichTable:
    drawn = RichTable(box=None, padding=(0, 1, 0, 0))
    for column, title in zip(table.columns, _heads(table), strict=True):
        # Numbers may wrap at their ± where it is narrow, words must not be cut.
        words = column.style is None
        drawn.add_column(Text(title), justify="left" if words else "right", overflow="fold", no_wrap=_is_short(column))
    for row in table.rows:
        drawn.add_row(*_entries(row, table.heads), style=STYLES[row.kind])
    return drawn


def _groups(table: Table) -> list[str]:
    return list(dict.fromkeys(column.group for column in table.columns if column.group))


def _title(table: Table) -> str:
    """The title, with the group that all columns with numbers share."""
    groups = _groups(table)
    if len(groups) == 1 and groups[0].lower() not in table.title.lower():
        return f"{table.title} ({groups[0]})"
    return table.title


def _heads(table: Table) -> Iterator[str]:
    """Two lines where there are several groups: the group above its first column, and the title."""
    several, before = len(_groups(table)) > 1, ""
    for column in table.columns:
        yield f"{column.group if column.group != before else ''}\n{column.title}" if several else column.title
        before = column.group


def _is_short(column: Column) -> bool:
    """Whether the entries of a column are single words, by which a row is told or judged."""
    return column.key == "verdict"


def _entries(row: Row, heads: int) -> list[Text]:
    entries = [_entry(entry) for entry in row.entries]
    if row.kind != "baseline" or any(entry.text for entry in row.entries[1:heads]):
        return entries
    # No entry can span columns here, so the label takes one of them per word.
    words = row.entries[0].text.split(" ", heads - 1)
    return [*(Text(word) for word in words), *(Text() for _ in range(heads - len(words))), *entries[heads:]]


def _entry(entry: Entry) -> Text:
    return Text(entry.text, style="bold" if entry.best else "dim" if entry.missing else "")
