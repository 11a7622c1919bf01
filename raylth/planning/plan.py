"""The plan of a sweep: which trials, which trajectories and which lines, all named before anything is computed."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from typing import TypeVar

from raylth.data import DataFacts
from raylth.lineage import Lineage
from raylth.models import source_hash
from raylth.spec import Cell, SweepSpec, cells
from raylth.spec.schema import DataSpec
from raylth.studies.branches import planned_branches
from raylth.studies.connectivity import planned_connectivity
from raylth.studies.evaluation import Evaluation
from raylth.studies.fewshot import planned_fewshot
from raylth.studies.lines import line_levels, planned_lines
from raylth.studies.probes import planned_probes
from raylth.studies.rewind_search import planned_searches
from raylth.studies.sibling_forgetting import SiblingGroup, sibling_groups
from raylth.studies.subsets import planned_subsets, subset_lines
from raylth.studies.transfer import data_inputs, planned_transfer, transfer_probes
from raylth.tables.schema import STUDIES, TABLES
from raylth.trajectory import ModelInputs, Precision, Trajectory
from raylth.trials.names import trial_id
from raylth.trials.trial import LineageTrial, RewindSearchTrial, Trial

T = TypeVar("T", bound=Trial)


@dataclass(frozen=True)
class Plan:
    """A sweep as data. `trials` are in the order in which they should start: longest first."""

    spec: SweepSpec
    precision: Precision
    facts: Mapping[DataSpec, DataFacts]
    trials: tuple[Trial, ...]
    evaluations: tuple[Evaluation, ...]
    groups: tuple[SiblingGroup, ...]

    @cached_property
    def in_grid_order(self) -> tuple[Trial, ...]:
        """The trials as the grid lists them: the order of every table."""
        return tuple(sorted(self.trials, key=lambda trial: trial.place))

    @cached_property
    def trajectories(self) -> dict[str, Trajectory]:
        """Every distinct trajectory by key."""
        return {trajectory.key: trajectory for trial in self.trials for trajectory in trial.trajectories}

    @cached_property
    def tables(self) -> tuple[str, ...]:
        """The tables of its run, in the order of the schema: those of every run, and those of its studies."""
        of_trials = {table for trial in self.trials for table in trial.tables}
        of_evaluations = {table for planned in self.evaluations for table in planned.tables}
        return tuple(table for table in TABLES if table not in STUDIES or table in of_trials | of_evaluations)

    @property
    def epochs(self) -> int:
        """Epochs of training, everything shared being trained once; of a search, an estimate."""
        known = sum(trajectory.training.epochs - trajectory.start for trajectory in self.trajectories.values())
        return known + sum(trial.searched_epochs for trial in self.trials)

    @property
    def epochs_without_sharing(self) -> int:
        """Epochs if every trial trained alone, from its own initialisation on."""
        return sum(_epochs_alone(trial) for trial in self.trials)


def make_plan(spec: SweepSpec, facts: Mapping[DataSpec, DataFacts], precision: Precision) -> Plan:
    """Lay out a sweep.

    Args:
        spec: the sweep, checked.
        facts: what is known of every data set that a cell uses.
        precision: what `precision: auto` was resolved to.
    """
    places = product(cells(spec), range(spec.inits), range(spec.siblings))
    unordered = [
        _trial(spec, cell, _lineage(cell, facts[cell.spec.data], precision, init, sibling), place)
        for place, (cell, init, sibling) in enumerate(places)
    ]
    lineages = _longest_first(unordered)
    in_order = sorted(lineages, key=lambda trial: trial.place)
    families = _families(in_order)
    branches = (
        *planned_fewshot(spec, in_order, facts),
        *planned_branches(spec, in_order),
        *planned_subsets(spec, families, facts),
        *planned_transfer(spec, in_order, facts),
    )
    evaluations = (
        *planned_lines(spec, families, precision),
        *subset_lines(spec, families, facts, precision),
        *planned_connectivity(spec, families, precision),
        *planned_probes(spec, in_order),
        *transfer_probes(spec, in_order, facts),
    )
    # Branches come after the lineages that they leave, so that no lineage waits for the machine behind one.
    others = [*planned_searches(spec, in_order, precision), *branches]
    trials = tuple(_with_dependencies([*lineages, *_longest_first(others)]))
    return Plan(spec, precision, facts, trials, evaluations, tuple(sibling_groups(spec, families)))


def _lineage(cell: Cell, facts: DataFacts, precision: Precision, init: int, sibling: int) -> Lineage:
    spec = cell.spec
    return Lineage(
        data=data_inputs(spec.data, facts),
        model=ModelInputs(name=spec.model.name, width=spec.model.width, source=source_hash(spec.model)),
        training=spec.training,
        precision=precision,
        fraction=spec.lineage.fraction,
        exclude=spec.lineage.exclude,
        rewind=spec.lineage.rewind,
        seed=spec.seed,
        init=init,
        sibling=sibling,
    )


def _trial(spec: SweepSpec, cell: Cell, lineage: Lineage, place: int) -> LineageTrial:
    prunes = lineage.sibling == 0 or spec.lineages == "all"
    levels = cell.spec.lineage.levels if prunes else 0
    copies = line_levels(spec, levels) if "ticket" in spec.lmc.kinds else ()
    name = trial_id(cell, lineage.init, lineage.sibling)
    return LineageTrial(name, cell, lineage, place, levels=levels, copies=copies, per_example=spec.forgetting.levels)


def _longest_first(trials: Iterable[T]) -> list[T]:
    """So that a sweep does not end waiting for one late trial; the sort is stable."""
    return sorted(trials, key=lambda trial: -trial.own_epochs)


def _with_dependencies(trials: list[Trial]) -> Iterator[Trial]:
    """Let the first trial that has a trajectory own it, and the others wait for what they need of it.

    Nobody waits in a circle: an owner comes before those that need its trajectories' ends, and the trunks are sibling
    0's, who waits for no other sibling.
    """
    owners: dict[str, str] = {}
    rewinds: dict[str, set[int]] = {}
    for trial in trials:
        rewinds.setdefault(trial.lineage.trunk.key, set()).add(trial.lineage.rewind)
        for trajectory in trial.trajectories:
            owners.setdefault(trajectory.key, trial.id)
        if isinstance(trial, RewindSearchTrial):
            rewinds[trial.lineage.trunk.key].update(trial.snapshots)
    for trial in trials:
        ends = tuple(each.end for each in trial.trajectories if owners[each.key] != trial.id)
        if not isinstance(trial, LineageTrial):
            yield replace(trial, requires=tuple(dict.fromkeys((*trial.requires, *ends))))
            continue
        trunk, rewind = trial.lineage.trunk, trial.lineage.rewind
        owns_trunk = owners[trunk.key] == trial.id
        needs_point = rewind > 0 and trial.lineage.sibling > 0
        yield replace(
            trial,
            requires=(*((trunk.at(rewind),) if needs_point else ()), *ends),
            snapshots=tuple(sorted(rewinds[trunk.key] - {0})) if owns_trunk else (),
        )


def _epochs_alone(trial: Trial) -> int:
    if not isinstance(trial, LineageTrial):
        return trial.own_epochs + trial.searched_epochs
    total, rewind = trial.lineage.training.epochs, trial.lineage.rewind
    return total + (trial.levels + len(trial.copies)) * (total - rewind)


def _families(trials: Iterable[LineageTrial]) -> tuple[list[LineageTrial], ...]:
    """The trials of each cell and initialisation, by sibling."""
    families: dict[str, list[LineageTrial]] = {}
    for trial in trials:
        families.setdefault(trial_id(trial.cell, trial.lineage.init, sibling=0), []).append(trial)
    return tuple(families.values())
