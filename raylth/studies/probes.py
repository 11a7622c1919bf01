"""Which linear probes a sweep trains, and the rows that they give (paper section 5.1, Table 3, Figure 5)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from raylth.data import DataFacts
from raylth.evaluation import Measured, Passes
from raylth.frozen import Frozen
from raylth.lineage import Lineage
from raylth.probe import Probe, blocks_of, measure_probe, probe_passes
from raylth.spec import SweepSpec
from raylth.spec.studies import FrozenBatchNorm, FrozenKind, ProbesSpec
from raylth.studies.evaluation import Evaluation, Rows
from raylth.tables.rows import Row, trial_columns
from raylth.training.workbench import Workbench
from raylth.trials.trial import LineageTrial


@dataclass(frozen=True)
class OnFrozen(Evaluation):
    """Linear layers on one frozen network of a lineage; `level` is 0 for the dense baseline."""

    owner: LineageTrial
    level: int
    probe: Probe

    @property
    def key(self) -> str:
        """The key of the probe."""
        return self.probe.key

    @property
    def trial(self) -> LineageTrial:
        """The trial whose lineage found the ticket."""
        return self.owner

    @property
    def needs(self) -> frozenset[str]:
        """The level's training, because the mask is in the store once it is there."""
        return frozenset((self.owner.lineage.level(self.level).key,))

    def passes(self, facts: DataFacts) -> Passes:
        """As `probe_passes`."""
        return probe_passes(self.probe, facts.train_images, facts.test_images)

    def measure(self, bench: Workbench, run: str) -> Measured:
        """Train the linear layers. Raises as `measure_probe` does."""
        return measure_probe(bench, self.probe, run)


@dataclass(frozen=True)
class PlannedProbe(OnFrozen):
    """The probes of one frozen network."""

    network: FrozenKind

    study, tables = "probe", ("probes",)

    @property
    def name(self) -> str:
        """For people."""
        return f"probes of {self.owner.id} level {self.level} ({self.network})"

    def rows(self, run: str, measured: Measured) -> Rows:
        """One `probes` row per block."""
        common = {
            **trial_columns(run, self.owner),
            "level": self.level,
            "sparsity": measured.numbers["sparsity"],
            "network": self.network,
            "batchnorm": self.probe.network.batchnorm,
            "blocks": int(measured.numbers["blocks"]),
            "zero_shot_accuracy": measured.numbers["zero_shot"],
            "probe": self.probe.key,
        }
        return {"probes": [self._row(common, measured, block) for block in blocks_of(measured)]}

    def _row(self, common: Row, measured: Measured, block: int) -> Row:
        names = ("test_accuracy", "test_loss", "train_accuracy")
        return {**common, "block": block, **{name: float(measured.tensors[f"{block}/{name}"][-1]) for name in names}}


def planned_probes(spec: SweepSpec, trials: Iterable[LineageTrial]) -> Iterator[PlannedProbe]:
    """The probes of every lineage that prunes: each network at each level, the dense one once."""
    wanted = spec.studies.probes
    if wanted is None:
        return
    for trial in trials:
        levels = [level for level in wanted.levels if level <= trial.levels]
        if not levels:
            continue
        for network in wanted.networks:
            for level in levels if network != "dense" else [0]:
                for reading in wanted.batchnorm:
                    probe = _probe(spec, wanted, trial.lineage, level, network, reading)
                    yield PlannedProbe(trial, level, probe, network)


def frozen(lineage: Lineage, level: int, network: FrozenKind, batchnorm: FrozenBatchNorm, clean_images: int) -> Frozen:
    """The frozen ticket of a level, or one of its baselines (section 5.1): rewind weights x mask, never trained."""
    return Frozen(
        weights=lineage.reinitialisation if network == "reinitialised" else lineage.rewind_point,
        mask=lineage.shuffled_mask(level) if network == "permuted" else lineage.mask(level),
        batchnorm=batchnorm,
        clean_images=clean_images,
        precision=lineage.precision,
    )


def _probe(
    spec: SweepSpec,
    wanted: ProbesSpec,
    lineage: Lineage,
    level: int,
    network: FrozenKind,
    reading: FrozenBatchNorm,
) -> Probe:
    return Probe(
        network=frozen(lineage, level, network, reading, spec.lmc.train_images),
        model=lineage.model,
        data=lineage.data,
        blocks=wanted.blocks,
        linear=wanted.linear,
        seed=lineage.seed,
    )
