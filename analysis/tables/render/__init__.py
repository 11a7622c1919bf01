"""How tables are drawn: for terminals, spreadsheets, Markdown, LaTeX and the browser."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from analysis.tables.render.csv import render_csv as render_csv
from analysis.tables.render.html import render_html as render_html
from analysis.tables.render.latex import render_latex as render_latex
from analysis.tables.render.markdown import render_markdown as render_markdown
from analysis.tables.render.terminal import render_terminal as render_terminal
from analysis.tables.table import Table

AS_TEXT: Mapping[str, Callable[[Table], str]] = MappingProxyType(
    {"csv": render_csv, "markdown": render_markdown, "latex": render_latex, "html": render_html}
)
"""The renderers whose result is text, by name."""
