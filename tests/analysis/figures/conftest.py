"""One run of every study for all tests of figures, and its figures."""

import pytest

from analysis.evidence import RunEvidence
from analysis.figures import Figure, all_figures
from analysis.run import Run
from tests.analysis.figures.run_in_memory import whole_run


@pytest.fixture(scope="session")
def whole() -> Run:
    return whole_run()


@pytest.fixture(scope="session")
def drawn(whole: Run) -> dict[str, Figure]:
    return {figure.id: figure for figure in all_figures(whole, RunEvidence(whole))}
