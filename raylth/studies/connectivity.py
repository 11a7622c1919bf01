"""Connectivity of tickets and siblings beyond single lines (paper sections 5.4 and 6.1, Figure 2)."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from raylth.data import DataFacts
from raylth.evaluation import Measured, Passes
from raylth.spec import SweepSpec
from raylth.spec.studies import ConnectivitySpec
from raylth.stability.averaging import Average, average_passes, measure_average
from raylth.stability.barrier import error_barrier
from raylth.stability.layerwise import Layerwise, layerwise_passes, measure_layerwise
from raylth.stability.line import line_of
from raylth.stability.plane import Plane, measure_plane, plane_passes
from raylth.studies.evaluation import Evaluation, Rows
from raylth.studies.lines import PlannedLine, make_line
from raylth.tables.rows import Row, cell_columns, trial_columns
from raylth.training.workbench import Workbench
from raylth.trajectory import Precision
from raylth.trials.trial import LineageTrial

LAYERS = 20
"""Layers that a plan takes a network to have; how many there are is known once it is built."""


@dataclass(frozen=True)
class MatrixLine(PlannedLine):
    """One entry of the barrier matrix over all levels of a lineage."""

    @property
    def tables(self) -> tuple[str, ...]:
        """A table of its own: it has fewer points than other lines, and one BatchNorm reading."""
        return ("connectivity",)

    def rows(self, run: str, measured: Measured) -> Rows:
        """One `connectivity` row."""
        result = line_of(measured)
        return {
            "connectivity": [
                {
                    **self.columns(run),
                    "alphas": self.line.alphas,
                    "barrier": result.barrier,
                    "barrier_low": result.low,
                    "barrier_high": result.high,
                    "loss_barrier": result.loss_barrier(),
                    "error_a": float(result.curves.test_error[0]),
                    "error_b": float(result.curves.test_error[-1]),
                }
            ]
        }


@dataclass(frozen=True)
class PlannedPlane(Evaluation):
    """The loss plane through three levels of one lineage."""

    owner: LineageTrial
    levels: tuple[int, int, int]
    plane: Plane

    study, tables = "plane", ("planes",)

    @property
    def key(self) -> str:
        """The key of the plane."""
        return self.plane.key

    @property
    def trial(self) -> LineageTrial:
        """The trial that owns the lineage."""
        return self.owner

    @property
    def needs(self) -> frozenset[str]:
        """The three corners."""
        return frozenset(corner.trajectory for corner in self.plane.corners)

    @property
    def name(self) -> str:
        """For people."""
        return f"plane of {self.owner.id} through levels {', '.join(map(str, self.levels))}"

    def passes(self, facts: DataFacts) -> Passes:
        """As `plane_passes`."""
        return plane_passes(self.plane, facts.test_images)

    def measure(self, bench: Workbench, run: str) -> Measured:
        """Evaluate the plane. Raises as `measure_plane` does."""
        return measure_plane(bench, self.plane, run)

    def rows(self, run: str, measured: Measured) -> Rows:
        """One `planes` row per point, and one for each corner."""
        common = {**trial_columns(run, self.owner), "plane": self.key}
        points = zip(*(measured.tensors[name].tolist() for name in ("x", "y", "test_error", "test_loss")), strict=True)
        corners = zip(self.levels, measured.tensors["corners"].tolist(), strict=True)
        return {
            "planes": [
                *({**common, "corner_level": level, "x": x, "y": y} for level, (x, y) in corners),
                *({**common, **_point(*point)} for point in points),
            ]
        }


def _point(x: float, y: float, error: float, loss: float) -> Row:
    # Beyond the corners a variance of BatchNorm may come out negative: there is no network at such a point.
    exists = math.isfinite(loss)
    return {"x": x, "y": y, "test_error": error if exists else None, "test_loss": loss if exists else None}


@dataclass(frozen=True)
class PlannedAverage(Evaluation):
    """The average of the dense siblings of one cell and initialisation."""

    siblings: tuple[LineageTrial, ...]
    average: Average

    study, tables = "average", ("averages",)

    @property
    def key(self) -> str:
        """The key of the average."""
        return self.average.key

    @property
    def trial(self) -> LineageTrial:
        """The first sibling's."""
        return self.siblings[0]

    @property
    def needs(self) -> frozenset[str]:
        """All siblings."""
        return frozenset(state.trajectory for state in self.average.states)

    @property
    def name(self) -> str:
        """For people."""
        return f"average of {self.trial.id} and its siblings"

    def passes(self, facts: DataFacts) -> Passes:
        """As `average_passes`."""
        return average_passes(self.average, facts.test_images, facts.train_images)

    def measure(self, bench: Workbench, run: str) -> Measured:
        """Evaluate the average. Raises as `measure_average` does."""
        return measure_average(bench, self.average, run)

    def rows(self, run: str, measured: Measured) -> Rows:
        """One `averages` row."""
        facts = {"siblings": len(self.siblings), "batchnorm": self.average.batchnorm, "average": self.key}
        return {"averages": [{**cell_columns(run, self.trial), **facts, **measured.numbers}]}


@dataclass(frozen=True)
class PlannedLayerwise(Evaluation):
    """The layer-wise lines between two dense siblings."""

    trial_a: LineageTrial
    trial_b: LineageTrial
    lines: Layerwise

    study, tables = "layerwise", ("layerwise",)

    @property
    def key(self) -> str:
        """The key of the lines."""
        return self.lines.key

    @property
    def trial(self) -> LineageTrial:
        """The trial of the state at alpha 0."""
        return self.trial_a

    @property
    def needs(self) -> frozenset[str]:
        """Both ends."""
        return frozenset((self.lines.start.trajectory, self.lines.end.trajectory))

    @property
    def name(self) -> str:
        """For people."""
        return f"layer-wise lines from {self.trial_a.id} to {self.trial_b.id}"

    def passes(self, facts: DataFacts) -> Passes:
        """As `layerwise_passes`, for a guessed number of layers."""
        return layerwise_passes(self.lines, LAYERS, facts.test_images, facts.train_images)

    def measure(self, bench: Workbench, run: str) -> Measured:
        """Evaluate the lines. Raises as `measure_layerwise` does."""
        return measure_layerwise(bench, self.lines, run)

    def rows(self, run: str, measured: Measured) -> Rows:
        """One `layerwise` row per layer."""
        common = {
            **cell_columns(run, self.trial_a),
            "trial_a": self.trial_a.id,
            "trial_b": self.trial_b.id,
            "alphas": self.lines.alphas,
            "lines": self.key,
        }
        errors = {layer: measured.tensors[layer].tolist() for layer in sorted(measured.tensors)}
        return {
            "layerwise": [
                {**common, "layer": layer, "barrier": error_barrier(e), "error_a": e[0], "error_b": e[-1]}
                for layer, e in errors.items()
            ]
        }


def planned_connectivity(
    spec: SweepSpec, families: Iterable[list[LineageTrial]], precision: Precision
) -> Iterator[Evaluation]:
    """All of the above, and lines to the dense network and to permuted siblings, for the trials of each family."""
    wanted = spec.studies.connectivity
    if wanted is None:
        return
    for siblings in families:
        for trial in siblings:
            yield from _of_lineage(spec, wanted, trial, precision)
        yield from _of_siblings(spec, wanted, siblings, precision)


def _of_lineage(
    spec: SweepSpec, wanted: ConnectivitySpec, trial: LineageTrial, precision: Precision
) -> Iterator[Evaluation]:
    ends = [trial.lineage.level(level).end for level in range(trial.levels + 1)]
    for level in wanted.to_dense:
        for reading in spec.lmc.batchnorm if level <= trial.levels else ():
            line = make_line(spec, ends[0], ends[level], reading, precision)
            yield PlannedLine("to_dense", trial, trial, 0, level, line, spec.lmc.stable_below)
    for a, b in combinations(range(trial.levels + 1), 2) if wanted.matrix else ():
        line = make_line(spec, ends[a], ends[b], "interpolated", precision)
        coarse = line.model_copy(update={"alphas": wanted.alphas, "train_images": 0})
        yield MatrixLine("matrix", trial, trial, a, b, coarse, spec.lmc.stable_below)
    if wanted.plane is not None and max(wanted.plane) <= trial.levels:
        first, second, third = wanted.plane
        corners = ends[first], ends[second], ends[third]
        plane = Plane(corners=corners, points=wanted.plane_points, precision=precision)
        yield PlannedPlane(trial, wanted.plane, plane)


def _of_siblings(
    spec: SweepSpec, wanted: ConnectivitySpec, siblings: list[LineageTrial], precision: Precision
) -> Iterator[Evaluation]:
    dense = [trial.lineage.level(0).end for trial in siblings]
    for a, b in combinations(range(len(siblings)), 2):
        for reading in spec.lmc.batchnorm if wanted.aligned else ():
            line = make_line(spec, dense[a], dense[b], reading, precision)
            permuted = line.model_copy(update={"alignment": "weights"})
            yield PlannedLine("aligned", siblings[a], siblings[b], 0, 0, permuted, spec.lmc.stable_below)
        if wanted.layerwise:
            lines = Layerwise(
                start=dense[a],
                end=dense[b],
                alphas=wanted.alphas,
                train_images=spec.lmc.train_images,
                precision=precision,
            )
            yield PlannedLayerwise(siblings[a], siblings[b], lines)
    for reading in spec.lmc.batchnorm if wanted.averaged and len(siblings) > 1 else ():
        average = Average(
            states=tuple(dense), batchnorm=reading, train_images=spec.lmc.train_images, precision=precision
        )
        yield PlannedAverage(tuple(siblings), average)
