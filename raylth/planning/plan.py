"""The plan of a sweep: which trials, which trajectories and which lines, all named before anything is computed."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations, product

from raylth.data import DataFacts
from raylth.keys import content_key
from raylth.lineage import Lineage
from raylth.models import source_hash
from raylth.planning.names import cell_name, trial_id
from raylth.spec import Cell, SweepSpec, cells
from raylth.spec.schema import BatchNormReading, DataSpec, LmcKind
from raylth.stability.line import Line
from raylth.trajectory import DataInputs, ModelInputs, Precision, StateRef, Trajectory

TICKET_COPY = 1
"""The owner of a lineage trains one extra copy of a ticket for each `ticket` line."""


@dataclass(frozen=True)
class Trial:
    """One Tune trial: it owns one lineage, a grid cell x an initialisation x a sibling.

    `levels` is the deepest level that it trains (0: dense only), `copies` the levels whose ticket it trains once more.
    `requires` are states that other trials compute; `snapshots` are epochs of its level 0 that other trials start from.
    `place` is its place in the grid, by which tables are ordered whatever order the trials ran in.
    """

    id: str
    cell: Cell
    lineage: Lineage
    levels: int
    copies: tuple[int, ...]
    requires: tuple[StateRef, ...]
    snapshots: tuple[int, ...]
    place: int

    @cached_property
    def trajectories(self) -> tuple[Trajectory, ...]:
        """Everything this trial makes sure of: its levels in order, then the ticket copies."""
        levels = (self.lineage.level(level) for level in range(self.levels + 1))
        copies = (self.lineage.ticket_copy(level, TICKET_COPY) for level in self.copies)
        return (*levels, *copies)

    @cached_property
    def own(self) -> dict[str, Trajectory]:
        """The trajectories that it trains itself, when what it requires is there, by key."""
        required = {ref.trajectory for ref in self.requires}
        return {each.key: each for each in self.trajectories if each.key not in required}

    @property
    def own_epochs(self) -> int:
        """Epochs that it trains itself."""
        return sum(each.training.epochs - each.start for each in self.own.values())


@dataclass(frozen=True)
class PlannedLine:
    """One line with its place in the sweep; `trial_b` may be `trial_a`. The kinds are never pooled."""

    kind: LmcKind
    trial_a: Trial
    trial_b: Trial
    level_a: int
    level_b: int
    line: Line

    @property
    def levels_needed(self) -> tuple[tuple[str, int], tuple[str, int]]:
        """The (trial, level) pairs whose final states it joins."""
        return (self.trial_a.id, self.level_a), (self.trial_b.id, self.level_b)


@dataclass(frozen=True)
class SiblingGroup:
    """The siblings of one cell and initialisation, whose forgetting statistics are aggregated at one level."""

    trials: tuple[Trial, ...]
    level: int

    @property
    def levels_needed(self) -> tuple[tuple[str, int], ...]:
        """The (trial, level) pairs that it aggregates."""
        return tuple((trial.id, self.level) for trial in self.trials)

    @property
    def name(self) -> str:
        """For people."""
        first = self.trials[0]
        return f"{cell_name(first.cell)}, init {first.lineage.init}, level {self.level}"

    @cached_property
    def part(self) -> str:
        """The name of its part: another set of siblings is another part."""
        return content_key([[trial.lineage.level(self.level).key, trial.lineage.rewind] for trial in self.trials])


@dataclass(frozen=True)
class Plan:
    """A sweep as data. `trials` are in the order in which they should start: longest first."""

    spec: SweepSpec
    precision: Precision
    facts: Mapping[DataSpec, DataFacts]
    trials: tuple[Trial, ...]
    lines: tuple[PlannedLine, ...]
    groups: tuple[SiblingGroup, ...]

    @cached_property
    def in_grid_order(self) -> tuple[Trial, ...]:
        """The trials as the grid lists them: the order of every table."""
        return tuple(sorted(self.trials, key=lambda trial: trial.place))

    @cached_property
    def trajectories(self) -> dict[str, Trajectory]:
        """Every distinct trajectory by key."""
        return {trajectory.key: trajectory for trial in self.trials for trajectory in trial.trajectories}

    @property
    def epochs(self) -> int:
        """Epochs of training, everything shared being trained once."""
        return sum(trajectory.training.epochs - trajectory.start for trajectory in self.trajectories.values())

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
    # Longest first, so that the sweep does not end waiting for one late lineage; the sort is stable.
    trials = tuple(_with_dependencies(sorted(unordered, key=lambda trial: -trial.own_epochs)))
    families = _families(trials)
    groups = tuple(_groups(spec, families))
    return Plan(spec, precision, facts, trials, tuple(_lines(spec, families, precision)), groups)


def _lineage(cell: Cell, facts: DataFacts, precision: Precision, init: int, sibling: int) -> Lineage:
    spec = cell.spec
    return Lineage(
        data=DataInputs(fingerprint=facts.fingerprint, subset=spec.data.subset, pool=spec.data.pool),
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


def _trial(spec: SweepSpec, cell: Cell, lineage: Lineage, place: int) -> Trial:
    prunes = lineage.sibling == 0 or spec.lineages == "all"
    levels = cell.spec.lineage.levels if prunes else 0
    copies = _line_levels(spec, levels) if "ticket" in spec.lmc.kinds else ()
    return Trial(trial_id(cell, lineage.init, lineage.sibling), cell, lineage, levels, copies, (), (), place)


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
    for trial in trials:
        trunk, rewind = trial.lineage.trunk, trial.lineage.rewind
        owns_trunk = owners[trunk.key] == trial.id
        ends = tuple(each.end for each in trial.trajectories if owners[each.key] != trial.id)
        needs_point = rewind > 0 and trial.lineage.sibling > 0
        yield replace(
            trial,
            requires=(*((trunk.at(rewind),) if needs_point else ()), *ends),
            snapshots=tuple(sorted(rewinds[trunk.key] - {0})) if owns_trunk else (),
        )


def _epochs_alone(trial: Trial) -> int:
    total, rewind = trial.lineage.training.epochs, trial.lineage.rewind
    return total + (trial.levels + len(trial.copies)) * (total - rewind)


def _line_levels(spec: SweepSpec, levels: int) -> tuple[int, ...]:
    return tuple(level for level in spec.lmc.levels if level <= levels)


def _families(trials: Iterable[Trial]) -> tuple[list[Trial], ...]:
    """The trials of each cell and initialisation, by sibling."""
    families: dict[str, list[Trial]] = {}
    for trial in sorted(trials, key=lambda trial: trial.place):
        families.setdefault(trial_id(trial.cell, trial.lineage.init, sibling=0), []).append(trial)
    return tuple(families.values())


def _groups(spec: SweepSpec, families: Iterable[list[Trial]]) -> Iterator[SiblingGroup]:
    for family in families:
        for level in spec.forgetting.levels:
            deep_enough = tuple(trial for trial in family if trial.levels >= level)
            if deep_enough:
                yield SiblingGroup(deep_enough, level)


def _lines(spec: SweepSpec, families: Iterable[list[Trial]], precision: Precision) -> Iterator[PlannedLine]:
    for siblings in families:
        for kind in spec.lmc.kinds:
            for a, b, level_a, level_b, start, end in _pairs(kind, spec, siblings):
                for reading in spec.lmc.batchnorm:
                    line = _line(spec, start, end, reading, precision)
                    yield PlannedLine(kind, a, b, level_a, level_b, line)


Pair = tuple[Trial, Trial, int, int, StateRef, StateRef]


def _pairs(kind: LmcKind, spec: SweepSpec, siblings: list[Trial]) -> Iterator[Pair]:
    match kind:
        case "dense":
            for a, b in combinations(siblings, 2):
                yield a, b, 0, 0, a.lineage.level(0).end, b.lineage.level(0).end
        case "cross":
            for a, b in combinations(siblings, 2):
                for level in _line_levels(spec, min(a.levels, b.levels)):
                    yield a, b, level, level, a.lineage.level(level).end, b.lineage.level(level).end
        case "ticket":
            for trial in siblings:
                for level in trial.copies:
                    copy = trial.lineage.ticket_copy(level, TICKET_COPY)
                    yield trial, trial, level, level, trial.lineage.level(level).end, copy.end
        case "within":
            for trial in siblings:
                for level in _line_levels(spec, trial.levels):
                    before = trial.lineage.level(level - 1)
                    yield trial, trial, level - 1, level, before.end, trial.lineage.level(level).end


def _line(spec: SweepSpec, start: StateRef, end: StateRef, reading: BatchNormReading, precision: Precision) -> Line:
    return Line(
        start=start,
        end=end,
        alphas=spec.lmc.alphas,
        batchnorm=reading,
        train_images=spec.lmc.train_images,
        bootstrap=spec.lmc.bootstrap,
        precision=precision,
    )
