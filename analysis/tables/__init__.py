"""The paper's tables from evidence, and what draws them."""

from analysis.tables.collection import every_table as every_table
from analysis.tables.collection import paper_tables as paper_tables
from analysis.tables.table import Table as Table
