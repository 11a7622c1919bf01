"""All figures, in the order of a report."""

from analysis.evidence import Evidence
from analysis.figures.families import (
    budget,
    connectivity,
    fewshot,
    grid,
    lmc,
    probes,
    rewinding,
    sparsity,
    subsets,
    training,
    transfer,
)
from analysis.figures.figure import Figure
from analysis.figures.palette import Palette
from analysis.run import Run

FAMILIES = (
    lmc.lmc_curves,
    grid.barrier_grid,
    lmc.forgetting_against_barrier,
    grid.forgetting_grid,
    sparsity.accuracy_by_sparsity,
    sparsity.convergence_by_sparsity,
    probes.probes_by_block,
    probes.probes_by_sparsity,
    connectivity.barrier_matrix,
    connectivity.loss_plane,
    fewshot.fewshot_curves,
    transfer.transfer_bars,
    rewinding.rewind_search,
    budget.budget,
    subsets.subset_barriers,
    training.training_dense,
    training.training_by_level,
    training.training_transfer,
)


def all_figures(run: Run, evidence: Evidence) -> list[Figure]:
    """The figures that a run has data for."""
    palette = Palette.of(run)
    return [figure for family in FAMILIES for figure in family(run, evidence, palette)]
