"""A table in LaTeX, with rules by the package booktabs."""

from collections.abc import Iterator
from types import MappingProxyType

from analysis.tables.table import Entry, Row, Table

SIGNS = MappingProxyType(
    {
        "\\": r"\textbackslash{}",
        "{": r"\{",
        "}": r"\}",
        "%": r"\%",
        "&": r"\&",
        "#": r"\#",
        "$": r"\$",
        "_": r"\_",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        '"': "''",
        # At the start of a row they would be read as options of the row before.
        "[": "{[}",
        "]": "{]}",
        "*": "{*}",
        "±": r"$\pm$",
        "≤": r"$\leq$",
        "≥": r"$\geq$",
        "μ": r"$\mu$",
        "✓": r"$\surd$",
        "×": r"$\times$",  # noqa: RUF001
        "−": "$-$",  # noqa: RUF001
        "\n": " ",
    }
)

ACCENTED = frozenset("ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝßàáâãäåæçèéêëìíîïñòóôõöøùúûüýÿ")


def render_latex(table: Table) -> str:
    """A floating table, to be put into a document that uses booktabs; best values are bold."""
    alignment = "".join("l" if column.style is None else "r" for column in table.columns)
    lines = [
        "% Needs \\usepackage{booktabs}.",
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{escaped(table.title)}. {escaped(table.caption)}}}",
        rf"\label{{tab:{table.id}}}",
        rf"\begin{{tabular}}{{{alignment}}}",
        r"\toprule",
        *_heads(table),
        r"\midrule",
        *_rows(table),
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
        "",
    ]
    return "\n".join(lines)


def escaped(text: str) -> str:
    """Text as LaTeX prints it; what its fonts may lack is named by its number."""
    return "".join(SIGNS.get(sign) or (sign if _is_plain(sign) else f"(U+{ord(sign):04X})") for sign in text)


def _is_plain(sign: str) -> bool:
    return (sign.isascii() and sign.isprintable()) or sign in ACCENTED


def _heads(table: Table) -> Iterator[str]:
    if table.has_groups:
        spans = [
            rf"\multicolumn{{{span}}}{{c}}{{{escaped(group)}}}" if group else " & ".join([""] * span)
            for group, span in table.groups()
        ]
        yield rf"{' & '.join(spans)} \\"
        yield "".join(_rules(table))
    yield rf"{' & '.join(escaped(column.title) for column in table.columns)} \\"


def _rules(table: Table) -> Iterator[str]:
    first = 1
    for group, span in table.groups():
        if group:
            yield rf"\cmidrule(lr){{{first}-{first + span - 1}}}"
        first += span


def _rows(table: Table) -> Iterator[str]:
    began = False
    for row in table.rows:
        if row.kind == "baseline" and not began:
            began = True
            yield r"\midrule"
        yield rf"{' & '.join(_entries(row, table.heads))} \\"


def _entries(row: Row, heads: int) -> list[str]:
    entries = [_entry(entry) for entry in row.entries]
    if row.kind != "baseline":
        return entries
    span = next((place for place in range(1, heads) if row.entries[place].text), heads)
    label = rf"\emph{{{entries[0]}}}"
    return [rf"\multicolumn{{{span}}}{{l}}{{{label}}}" if span > 1 else label, *entries[span:]]


def _entry(entry: Entry) -> str:
    text = "--" if entry.missing else escaped(entry.text)
    return rf"\textbf{{{text}}}" if entry.best else text
