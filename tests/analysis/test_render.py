"""Renderers: what each makes of a table, of hostile names, and of what is missing."""

import io
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from analysis.paper import PublishedEvidence
from analysis.spread import Spread
from analysis.tables import paper_tables
from analysis.tables.numbers import PERCENT
from analysis.tables.render import AS_TEXT, render_csv, render_html, render_latex, render_markdown, render_terminal
from analysis.tables.table import Column, Entry, Row, Table

HOSTILE = r"""<script>alert("1")</script> | *a* _b_ [c] {d} 50% $x^2$ ~ & # \input{/etc} ‱"""


def table(name: str = "digits") -> Table:
    columns = (Column("Dataset", heads=True), Column("μ", heads=True), Column("10%", "Sparsity", 10, PERCENT))
    columns += (Column("20%", "Sparsity", 20, PERCENT), Column("Verdict"))
    best = Entry("90.00 ± 1.00%", Spread(0.9, 0.01, 3), 90.0, best=True)
    bound = Entry("≤ 50.00%", Spread(0.5, None, 2, bound="≤"), 50.0)
    rows = (
        Row((Entry(name), Entry("0.9", sort=0.9), best, Entry("-", missing=True), Entry("stable"))),
        Row(
            (Entry("Baseline of two"), Entry(""), bound, Entry("-", missing=True), Entry("-", missing=True)), "baseline"
        ),
    )
    return Table("made", f"Title {name}", f"Caption {name}.", columns, rows, 2)


def on_terminal(drawn: Table, width: int = 80) -> str:
    console = Console(file=io.StringIO(), width=width, highlight=False)
    console.print(render_terminal(drawn))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_csv_parses_back_to_the_numbers_in_full() -> None:
    frame = pd.read_csv(io.StringIO(render_csv(table(HOSTILE))))
    assert frame["Dataset"].tolist() == [HOSTILE, "Baseline of two"]
    assert frame["Sparsity, 10% [%]"].tolist() == [90.0, 50.0]
    assert frame["Sparsity, 10% std [%]"][0] == pytest.approx(1.0)
    assert frame["Sparsity, 10% n"].tolist() == [3, 2]
    assert frame["Sparsity, 10% bound"].fillna("").tolist() == ["", "≤"]
    assert frame[["Sparsity, 20% [%]", "Sparsity, 20% n"]].isna().all(axis=None)


def test_markdown_has_as_many_entries_in_every_line() -> None:
    lines = [line for line in render_markdown(table(HOSTILE)).splitlines() if line.startswith("|")]
    assert [len(re.findall(r"(?<!\\)\|", line)) for line in lines] == [6, 6, 6, 6]
    assert lines[1] == "| --- | --- | ---: | ---: | --- |"
    assert "**90.00 ± 1.00%**" in lines[2] and "<script>" not in lines[2]


def test_html_escapes_names_and_names_what_its_entries_are() -> None:
    text = render_html(table(HOSTILE))
    assert "<script>" not in text
    root = ET.fromstring(text)
    assert root.attrib["id"] == "table-made"
    assert [cell.attrib.get("class") for cell in root.iterfind("tbody/tr/td")] == [
        *("best", "missing", None),
        *(None, "missing", "missing"),
    ]
    assert [cell.attrib.get("data-sort") for cell in root.iterfind("tbody/tr[1]/*")] == [
        None,
        "0.9",
        "90.0",
        None,
        None,
    ]
    assert {cell.attrib["scope"] for cell in root.iter("th")} == {"col", "colgroup", "row"}
    assert root.find("tbody/tr[1]/th").text == HOSTILE  # type: ignore[union-attr]
    widths = [sum(int(cell.attrib.get("colspan", 1)) for cell in line) for line in root.iter("tr")]
    assert widths == [5, 5, 5, 5]


def test_a_terminal_of_80_columns_shows_every_word() -> None:
    shown = on_terminal(table())
    assert max(map(len, shown.splitlines())) <= 80
    for words in ("Title digits (Sparsity)", "90.00 ± 1.00%", "≤ 50.00%", "Caption digits.", "stable"):
        assert words in shown
    # Square brackets are no marks here.
    assert "[c]" in on_terminal(table("[c] [bold]x"))


@pytest.mark.parametrize("form", sorted(AS_TEXT))
def test_every_table_of_the_paper_can_be_drawn(form: str) -> None:
    for each in paper_tables(PublishedEvidence()):
        assert AS_TEXT[form](each).endswith("\n")


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_latex_compiles(tmp_path: Path) -> None:
    tables = [*paper_tables(PublishedEvidence()), table(HOSTILE), table("[c] *"), table("* ünï \n ¬")]
    preamble = r"\documentclass{article}\usepackage{booktabs}\begin{document}"
    body = "\n".join(render_latex(each) for each in tables)
    (tmp_path / "all.tex").write_text(f"{preamble}\n{body}\\end{{document}}\n")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "all.tex"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stdout.decode(errors="replace")[-2000:]
    assert (tmp_path / "all.pdf").stat().st_size > 0
