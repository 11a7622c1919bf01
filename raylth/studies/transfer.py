"""Transfer: tickets of one data set taken to another, frozen or not, and their baselines (section 5.3, Table 5)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from raylth.data import DataFacts
from raylth.evaluation import Measured
from raylth.frozen import Frozen
from raylth.lineage import Lineage
from raylth.probe import LAST, Probe, blocks_of
from raylth.spec import SweepSpec
from raylth.spec.data import DataSpec
from raylth.spec.schema import TrainingSpec
from raylth.spec.studies import TransferSpec
from raylth.studies.branching import branch_trials, deep_enough, ticket_of
from raylth.studies.evaluation import Rows
from raylth.studies.probes import OnFrozen, frozen
from raylth.tables.rows import Row, listed, trial_columns
from raylth.trajectory import DataInputs, Trajectory
from raylth.trials.trial import Branch, BranchTrial, LineageTrial

STUDY = "transfer"
CURVES = "transfer_epochs"

Facts = Mapping[DataSpec, DataFacts]
FrozenMethod = Literal["frozen ticket", "finetuned dense"]


def data_inputs(spec: DataSpec, facts: DataFacts) -> DataInputs:
    """The data of a spec as named inputs: their content, and what the spec makes of it."""
    return DataInputs(
        fingerprint=facts.fingerprint, subset=spec.subset, classes=spec.classes, pool=spec.pool, image=spec.image
    )


def fitted(target: DataSpec, source: DataFacts) -> DataSpec:
    """A target whose images have the shape that the source's networks were made for."""
    shape = source.shape
    fitting: DataSpec = target.model_copy(update={"image": shape})
    return fitting


@dataclass(frozen=True)
class PlannedTransfer(OnFrozen):
    """A new linear classifier on one frozen network, for a target; the dense baseline is trained."""

    method: FrozenMethod
    target: DataSpec

    study, tables = STUDY, (STUDY, CURVES)

    @property
    def data(self) -> DataSpec:
        """The target's images."""
        return self.target

    @property
    def needs(self) -> frozenset[str]:
        """The ticket's training; the dense network is sibling 0's, whichever lineage asks."""
        return super().needs if self.level else frozenset((self.owner.lineage.trunk.key,))

    @property
    def name(self) -> str:
        """For people."""
        return f"transfer of {self.owner.id} level {self.level} to {self.target.name} ({self.method})"

    def rows(self, run: str, measured: Measured) -> Rows:
        """One `transfer` row, and one per epoch in `transfer_epochs`."""
        common = {
            **trial_columns(run, self.owner),
            "level": self.level,
            "sparsity": measured.numbers["sparsity"],
            **dict(_target_columns(self.target)),
            "method": self.method,
            "batchnorm": self.probe.network.batchnorm,
            "trajectory": self.probe.key,
        }
        (block,) = blocks_of(measured)
        names = ("test_accuracy", "train_accuracy", "test_loss")
        curves = {name: measured.tensors[f"{block}/{name}"].tolist() for name in names}
        images = int(measured.numbers["train_images"])
        end = {**common, "images": images, **{name: curve[-1] for name, curve in curves.items()}}
        return {STUDY: [end], CURVES: list(_epoch_rows(common, curves))}


def planned_transfer(spec: SweepSpec, trials: Iterable[LineageTrial], facts: Facts) -> Iterator[BranchTrial]:
    """For every lineage that prunes and every target, what is trained there: the ticket, and the dense network."""
    wanted = spec.studies.transfer
    if wanted is None or not (wanted.retrained or wanted.unfrozen):
        return
    for trial in trials:
        for place, target in enumerate(wanted.targets):
            on = fitted(target, facts[trial.data])
            branches = _branches(wanted, trial, on, facts[on])
            yield from branch_trials(STUDY, [(trial, branches)], target=on, curves=CURVES, suffix=f"_{place}")


def transfer_probes(spec: SweepSpec, trials: Iterable[LineageTrial], facts: Facts) -> Iterator[PlannedTransfer]:
    """For every lineage that prunes and every target, classifiers on the frozen tickets and on the dense network."""
    wanted = spec.studies.transfer
    if wanted is None or not wanted.frozen:
        return
    for trial in trials:
        levels = deep_enough(trial, wanted.levels)
        for target in wanted.targets if levels else ():
            on = fitted(target, facts[trial.data])
            inputs = data_inputs(on, facts[on])
            for level, method, network in _frozen(wanted, spec.lmc.train_images, trial.lineage, levels):
                yield PlannedTransfer(trial, level, _probe(wanted, trial.lineage, network, inputs), method, on)


def unfrozen(lineage: Lineage, level: int, target: DataInputs, may_flip: bool) -> Trajectory:
    """The ticket of `level` trained on the target, with a new classifier, which is dense."""
    ticket, mask = lineage.level(level), lineage.mask(level)
    assert mask is not None
    return ticket.model_copy(
        update={
            "data": target,
            "mask": mask.model_copy(update={"classifier": "dense"}),
            "classifier": lineage.initialisation if lineage.rewind else None,
            "training": _augmented(ticket, may_flip),
        }
    )


def retrained(lineage: Lineage, target: DataInputs, may_flip: bool) -> Trajectory:
    """The dense network trained on the target from its initialisation, with the same settings."""
    return lineage.trunk.model_copy(update={"data": target, "training": _augmented(lineage.trunk, may_flip)})


def _augmented(trajectory: Trajectory, may_flip: bool) -> TrainingSpec:
    """The training of a trajectory, without mirroring where that changes what an image means."""
    training = trajectory.training
    augment = training.augment.model_copy(update={"flip": training.augment.flip and may_flip})
    augmented: TrainingSpec = training.model_copy(update={"augment": augment})
    return augmented


def _branches(wanted: TransferSpec, trial: LineageTrial, target: DataSpec, facts: DataFacts) -> list[Branch]:
    levels, inputs, lineage = deep_enough(trial, wanted.levels), data_inputs(target, facts), trial.lineage
    columns = _target_columns(target)
    found = []
    if wanted.retrained and levels:
        dense = retrained(lineage, inputs, facts.may_flip)
        found.append(Branch(0, dense, columns=(*columns, ("method", "retrained dense"))))
    if wanted.unfrozen:
        found += [
            Branch(
                level,
                unfrozen(lineage, level, inputs, facts.may_flip),
                columns=(*columns, ("method", "unfrozen ticket")),
                needs=ticket_of(lineage, level),
            )
            for level in levels
        ]
    return found


def _frozen(
    wanted: TransferSpec, clean_images: int, lineage: Lineage, levels: Iterable[int]
) -> Iterator[tuple[int, FrozenMethod, Frozen]]:
    for reading in wanted.batchnorm:
        for level in levels:
            yield level, "frozen ticket", _headless(frozen(lineage, level, "ticket", reading, clean_images))
    # Its statistics were trained with its weights.
    trained = frozen(lineage, 0, "dense", "rewound", clean_images).model_copy(update={"weights": lineage.trunk.end})
    yield 0, "finetuned dense", _headless(trained)


def _headless(network: Frozen) -> Frozen:
    mask = network.mask and network.mask.model_copy(update={"classifier": "dense"})
    return network.model_copy(update={"classifier": "none", "mask": mask})


def _probe(wanted: TransferSpec, lineage: Lineage, network: Frozen, target: DataInputs) -> Probe:
    return Probe(
        network=network, model=lineage.model, data=target, blocks=(LAST,), linear=wanted.linear, seed=lineage.seed
    )


def _target_columns(target: DataSpec) -> tuple[tuple[str, str | None], ...]:
    return ("target", target.name), ("target_classes", listed(target.classes))


def _epoch_rows(common: Row, curves: Mapping[str, list[float]]) -> Iterator[Row]:
    for index, (test, train) in enumerate(zip(curves["test_accuracy"], curves["train_accuracy"], strict=True)):
        yield {**common, "epoch": index + 1, "test_accuracy": test, "train_accuracy": train}
