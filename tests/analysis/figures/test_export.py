"""Every figure as a file that shows something, and refusals in one sentence."""

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from analysis import AnalysisError, load_run
from analysis.evidence import RunEvidence
from analysis.figures import Figure, all_figures, export
from tests.analysis.report.made_runs import all_tables, make_run


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> list[Figure]:
    run = load_run(make_run(tmp_path_factory.mktemp("made") / "made", all_tables()))
    return list(all_figures(run, RunEvidence(run)))


def test_a_run_of_every_study_has_every_figure_once(figures: list[Figure]) -> None:
    ids = [figure.id for figure in figures]
    assert len(set(ids)) == len(ids) >= 15


def test_pictures_show_something(figures: list[Figure], tmp_path: Path) -> None:
    for figure in figures[:3]:
        export(figure, tmp_path / "figure.png")
        assert np.asarray(Image.open(tmp_path / "figure.png").convert("L")).std() > 1, figure.id


def test_drawings_are_svg(figures: list[Figure], tmp_path: Path) -> None:
    export(figures[0], tmp_path / "figure.svg")
    assert ElementTree.parse(tmp_path / "figure.svg").getroot().tag.endswith("svg")


def test_another_suffix_is_refused(figures: list[Figure], tmp_path: Path) -> None:
    with pytest.raises(AnalysisError, match=r"\.png, \.svg or \.html"):
        export(figures[0], tmp_path / "figure.pdf")


def test_a_run_without_data_has_no_figures(tmp_path: Path) -> None:
    run = load_run(make_run(tmp_path / "made", {"trials": []}))
    assert list(all_figures(run, RunEvidence(run))) == []
