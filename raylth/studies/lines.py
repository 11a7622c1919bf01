"""Lines between the final states of lineages: which pairs a sweep joins, and the rows that they give (section 3.2)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from raylth.data import DataFacts
from raylth.evaluation import Measured, Passes
from raylth.spec import SweepSpec
from raylth.spec.schema import BatchNormReading, LmcKind
from raylth.stability.barrier import verdict
from raylth.stability.line import Line, LineResult, line_of, line_passes, measure_line
from raylth.studies.evaluation import Evaluation, Rows
from raylth.tables.rows import Row, cell_columns
from raylth.training.workbench import Workbench
from raylth.trajectory import Precision, StateRef
from raylth.trials.trial import TICKET_COPY, LineageTrial


@dataclass(frozen=True)
class PlannedLine(Evaluation):
    """One line with its place in the sweep; `trial_b` may be `trial_a`. The kinds are never pooled.

    `variant` tells apart what a kind of study joins several of.
    """

    kind: str
    trial_a: LineageTrial
    trial_b: LineageTrial
    level_a: int
    level_b: int
    line: Line
    stable_below: float
    variant: str | None = None

    @property
    def study(self) -> str:
        """All kinds are lines."""
        return "line"

    @property
    def tables(self) -> tuple[str, ...]:
        """The curve and its barrier."""
        return "lmc", "barriers"

    @property
    def key(self) -> str:
        """The key of the line."""
        return self.line.key

    @property
    def trial(self) -> LineageTrial:
        """The trial of the state at alpha 0."""
        return self.trial_a

    @property
    def needs(self) -> frozenset[str]:
        """Both ends."""
        return frozenset((self.line.start.trajectory, self.line.end.trajectory))

    @property
    def name(self) -> str:
        """For people."""
        ends = f"{self.trial_a.id} level {self.level_a} to {self.trial_b.id} level {self.level_b}"
        return f"{self.kind} line from {ends}"

    def passes(self, facts: DataFacts) -> Passes:
        """As `line_passes`."""
        return line_passes(self.line, facts.test_images, facts.train_images)

    def measure(self, bench: Workbench, run: str) -> Measured:
        """Evaluate the line. Raises as `measure_line` does."""
        return measure_line(bench.store, self.line, bench.network, bench.splits, run)

    def rows(self, run: str, measured: Measured) -> Rows:
        """One `lmc` row per alpha, and one in `barriers`."""
        result, common = line_of(measured), self.columns(run)
        return {"lmc": _curve_rows(common, result), "barriers": [self._barrier_row(common, result)]}

    def _barrier_row(self, common: Row, result: LineResult) -> Row:
        return {
            **common,
            "barrier": result.barrier,
            "barrier_low": result.low,
            "barrier_high": result.high,
            "verdict": verdict(result.low, result.high, self.stable_below),
            "stable_below": self.stable_below,
            "train_barrier": result.train_barrier(),
            "loss_barrier": result.loss_barrier(),
            "train_images": self.line.train_images,
            "state_a": self.line.start.trajectory,
            "state_b": self.line.end.trajectory,
        }

    def columns(self, run: str) -> Row:
        """Which line it is."""
        return {
            **cell_columns(run, self.trial_a),
            "kind": self.kind,
            "variant": self.variant,
            "trial_a": self.trial_a.id,
            "trial_b": self.trial_b.id,
            "level_a": self.level_a,
            "level_b": self.level_b,
            "batchnorm": self.line.batchnorm,
            "line": self.line.key,
        }


def planned_lines(
    spec: SweepSpec, families: Iterable[list[LineageTrial]], precision: Precision
) -> Iterator[PlannedLine]:
    """All lines that a spec asks for between the trials of each family, the siblings of a cell and initialisation."""
    for siblings in families:
        for kind in spec.lmc.kinds:
            for a, b, level_a, level_b, start, end in _pairs(kind, spec, siblings):
                for reading in spec.lmc.batchnorm:
                    line = make_line(spec, start, end, reading, precision)
                    yield PlannedLine(kind, a, b, level_a, level_b, line, spec.lmc.stable_below)


def line_levels(spec: SweepSpec, levels: int) -> tuple[int, ...]:
    """The levels of `ticket`, `cross` and `within` lines that a lineage of `levels` levels has."""
    return tuple(level for level in spec.lmc.levels if level <= levels)


Pair = tuple[LineageTrial, LineageTrial, int, int, StateRef, StateRef]


def _pairs(kind: LmcKind, spec: SweepSpec, siblings: list[LineageTrial]) -> Iterator[Pair]:
    match kind:
        case "dense":
            for a, b in combinations(siblings, 2):
                yield a, b, 0, 0, a.lineage.level(0).end, b.lineage.level(0).end
        case "cross":
            for a, b in combinations(siblings, 2):
                for level in line_levels(spec, min(a.levels, b.levels)):
                    yield a, b, level, level, a.lineage.level(level).end, b.lineage.level(level).end
        case "ticket":
            for trial in siblings:
                for level in trial.copies:
                    copy = trial.lineage.ticket_copy(level, TICKET_COPY)
                    yield trial, trial, level, level, trial.lineage.level(level).end, copy.end
        case "within":
            for trial in siblings:
                for level in line_levels(spec, trial.levels):
                    before = trial.lineage.level(level - 1)
                    yield trial, trial, level - 1, level, before.end, trial.lineage.level(level).end


def make_line(spec: SweepSpec, start: StateRef, end: StateRef, reading: BatchNormReading, precision: Precision) -> Line:
    """A line as a spec wants them read."""
    return Line(
        start=start,
        end=end,
        alphas=spec.lmc.alphas,
        batchnorm=reading,
        train_images=spec.lmc.train_images,
        bootstrap=spec.lmc.bootstrap,
        precision=precision,
    )


def _curve_rows(common: Row, result: LineResult) -> Iterator[Row]:
    names = ("test_error", "test_loss", "train_error", "train_loss")
    values = [getattr(result.curves, name).tolist() for name in names]
    for alpha, *point in zip(result.curves.alphas.tolist(), *values, strict=True):
        yield {**common, "alpha": alpha, **dict(zip(names, point, strict=True))}
