"""A table in Markdown, as GitHub draws it."""

from collections.abc import Iterable

from analysis.tables.render.heading import heading
from analysis.tables.table import Entry, Table


def render_markdown(table: Table) -> str:
    """Title, table and caption; best values are bold."""
    heads = _line(_escaped(heading(column)) for column in table.columns)
    rule = _line("---" if column.style is None else "---:" for column in table.columns)
    rows = [_line(_entry(entry, row.kind != "cell") for entry in row.entries) for row in table.rows]
    return "\n".join([f"**{_escaped(table.title)}**", "", heads, rule, *rows, "", _escaped(table.caption), ""])


def _line(entries: Iterable[str]) -> str:
    return f"| {' | '.join(entries)} |"


def _entry(entry: Entry, aside: bool) -> str:
    text = _escaped(entry.text)
    if entry.best:
        return f"**{text}**"
    return f"*{text}*" if aside and text and not entry.missing else text


def _escaped(text: str) -> str:
    """Text that Markdown, and the HTML in it, cannot take for marks."""
    for mark in "\\`*_|[]#":
        text = text.replace(mark, f"\\{mark}")
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\n", " ")
