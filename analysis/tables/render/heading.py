"""What a column is called where there is one line for it."""

from analysis.tables.table import Column


def heading(column: Column) -> str:
    """`89.26% sparsity, Block 4`; a column without a title has its key's name."""
    title = column.title or str(column.key)
    return f"{column.group}, {title}" if column.group else title
