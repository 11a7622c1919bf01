"""Figures in a page: bokeh's script once, nothing from the network, and names that cannot break out."""

import re
from html.parser import HTMLParser

import pytest

from analysis.evidence import RunEvidence
from analysis.figures import Embedded, Figure, all_figures, embed
from analysis.figures.embed import page
from tests.analysis.figures.run_in_memory import run_of
from tests.analysis.report.made_runs import all_tables

HOSTILE = "</script><script>alert(1)</script> {braces} $x^$ <img src=x onerror=alert(2)>"

KINDS = ("accuracy-by-sparsity", "transfer", "barrier-matrix")
"""A figure of each kind of panel."""


@pytest.fixture(scope="module")
def hostile() -> list[Figure]:
    rows = all_tables()
    kept = {
        name: [{**row, "model": HOSTILE if row["momentum"] else "resnet8", **_elsewhere(name)} for row in rows[name]]
        for name in ("levels", "transfer", "connectivity")
    }
    run = run_of(kept)
    return all_figures(run, RunEvidence(run))


def _elsewhere(table: str) -> dict[str, str]:
    return {"target": HOSTILE} if table == "transfer" else {}


class Tags(HTMLParser):
    """The elements of a page in their order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)


def test_every_figure_has_its_place(drawn: dict[str, Figure]) -> None:
    some = [drawn[name] for name in ("accuracy-by-sparsity", "forgetting-grid")]
    embedded = embed(some)
    assert list(embedded.divs) == ["accuracy-by-sparsity", "forgetting-grid"]
    roots = re.findall(r'data-root-id="([^"]+)"', "".join(embedded.divs.values()))
    assert len(roots) == len(set(roots)) == sum(len(figure.panels) for figure in some)
    assert all(root in embedded.script for root in roots)
    assert len(embedded.head) < 2_000_000


def test_no_figures_need_no_script() -> None:
    assert embed([]) == Embedded("", {}, "")


def test_pages_load_nothing(drawn: dict[str, Figure]) -> None:
    text = page(drawn["accuracy-by-sparsity"])
    assert re.findall(r'(?:src|href)="[^"]+"', re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL)) == []


def test_hostile_names_stay_text(hostile: list[Figure]) -> None:
    assert {figure.id for figure in hostile} >= set(KINDS)
    embedded = embed([figure for figure in hostile if figure.id in KINDS])
    everything = embedded.script + "".join(embedded.divs.values())
    assert "alert(1)" in everything
    assert "<script>alert" not in everything
    assert "<img" not in everything
    assert Tags(embedded.script).seen == ["script"]
    assert set(Tags("".join(embedded.divs.values())).seen) <= {"div", "p", "ul", "li", "span", "svg", "path", "rect"}


def test_hostile_names_are_drawn_as_they_are(hostile: list[Figure], tmp_path_factory: pytest.TempPathFactory) -> None:
    from analysis.figures import export

    folder = tmp_path_factory.mktemp("hostile")
    for figure in hostile:
        if figure.id in KINDS:
            export(figure, folder / f"{figure.id}.svg")
