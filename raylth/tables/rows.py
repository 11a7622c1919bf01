"""Rows of the tables from what the store holds: pure functions of a trial's states."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from raylth.evaluation import Cost
from raylth.pruning import sparsity_at
from raylth.stability.convergence import convergence_auc
from raylth.stability.forgetting import Forgetting, forgetting, unpack_correct
from raylth.state import Segment, State
from raylth.store import Start
from raylth.trajectory import Trajectory
from raylth.trials.trial import LineageTrial, Trial

Row = dict[str, Any]


@dataclass(frozen=True)
class TrainedLevel:
    """One level of a trial as it came out: `state` is None where the training diverged in `diverged_epoch`.

    `images` is the number of training images, `surviving` and `prunable` count weights.
    """

    trial: LineageTrial
    level: int
    images: int
    surviving: int
    prunable: int
    start: Start
    state: State | None
    diverged_epoch: int | None = None

    @property
    def trajectory(self) -> Trajectory:
        """The training of this level."""
        return self.trial.lineage.level(self.level)

    @property
    def skipped(self) -> int:
        """Epochs of the trajectory before the rewind point: those of the trunk, which is sibling 0's level 0."""
        return self.trial.lineage.rewind - self.trajectory.start

    def forgetting(self) -> Forgetting | None:
        """Forgetting statistics since the rewind point, where the record starts empty; None if diverged."""
        if self.state is None:
            return None
        bits = self.state.telemetry.correct[self.skipped :]
        return forgetting(unpack_correct(bits, self.images))


def cell_columns(run: str, trial: Trial) -> Row:
    """The columns that say which cell and initialisation a row belongs to."""
    lineage, spec = trial.lineage, trial.cell.spec
    training = lineage.training
    return {
        "run": run,
        "data": spec.data.name,
        "path": spec.data.path,
        "classes": listed(spec.data.classes),
        "subset": spec.data.subset,
        "pool": spec.data.pool,
        "image": "x".join(map(str, spec.data.image)) if spec.data.image else None,
        "model": spec.model.name,
        "width": spec.model.width,
        "epochs": training.epochs,
        "batch_size": training.batch_size,
        "lr": training.lr,
        "momentum": training.momentum,
        "weight_decay": training.weight_decay,
        "schedule": training.schedule,
        "crop": training.augment.crop,
        "flip": training.augment.flip,
        "rewind": lineage.rewind,
        "fraction": lineage.fraction,
        "exclude": listed(lineage.exclude),
        "precision": lineage.precision,
        "seed": lineage.seed,
        "init": lineage.init,
    }


def listed(values: Iterable[object] | None) -> str | None:
    """Several values in one column: `5,6,7`; None for none."""
    return ",".join(map(str, values or ())) or None


def trial_columns(run: str, trial: Trial) -> Row:
    """`cell_columns` and which trial."""
    return {**cell_columns(run, trial), "trial": trial.id, "sibling": trial.lineage.sibling}


def level_row(run: str, trained: TrainedLevel) -> Row:
    """The `levels` row of one level."""
    mask = trained.trial.lineage.mask(trained.level)
    return {
        **_level_columns(run, trained),
        "sparsity_label": sparsity_at(trained.level, trained.trial.lineage.fraction),
        "surviving": trained.surviving,
        "prunable": trained.prunable,
        "diverged_epoch": trained.diverged_epoch,
        "start_test_accuracy": trained.start.test_accuracy,
        "start_train_accuracy": trained.start.train_accuracy,
        **_outcome(trained),
        **_forgetting_summary(trained.forgetting()),
        "trajectory": trained.trajectory.key,
        "mask": mask.lineage if mask else None,
    }


def epoch_rows(run: str, trained: TrainedLevel) -> Iterator[Row]:
    """The `epochs` rows of one level, the rewind point first; only that one if it diverged."""
    common = {**_level_columns(run, trained), "trajectory": trained.trajectory.key}
    rewind, start = trained.trial.lineage.rewind, trained.start
    yield {
        **common,
        "epoch": rewind,
        "train_accuracy": start.train_accuracy,
        "test_loss": start.test_loss,
        "test_accuracy": start.test_accuracy,
    }
    if trained.state is None:
        return
    curves = {name: values.tolist() for name, values in _curves(trained, trained.state).items()}
    for index in range(len(curves["test_loss"])):
        yield {**common, "epoch": rewind + index + 1, **{name: values[index] for name, values in curves.items()}}


def forgetting_rows(run: str, trained: TrainedLevel) -> Iterator[Row]:
    """The per-example `forgetting` rows of one level."""
    record = trained.forgetting()
    if record is None:
        return
    common = {**_level_columns(run, trained), "trajectory": trained.trajectory.key}
    columns = (record.events, record.ever_learned, record.unforgettable, record.first_learned)
    for example, (events, learned, unforgettable, first) in enumerate(
        zip(*(column.tolist() for column in columns), strict=True)
    ):
        yield {
            **common,
            "example": example,
            "events": events,
            "ever_learned": learned,
            "unforgettable": unforgettable,
            "first_learned": first if learned else None,
        }


def segment_rows(run: str, trial: Trial, level: int, key: str, segments: Iterable[Segment]) -> Iterator[Row]:
    """The `segments` rows of one training."""
    for segment in segments:
        yield {
            **cell_columns(run, trial),
            "kind": "train",
            "trial": trial.id,
            "level": level,
            "key": key,
            "computed": segment.run == run and segment.trial == trial.id,
            "first_epoch": segment.first_epoch,
            "last_epoch": segment.last_epoch,
            "seconds": segment.seconds,
            "core_seconds": segment.core_seconds,
            "images_per_second": segment.images / segment.seconds if segment.seconds else None,
            "device": segment.device,
            "threads": segment.threads,
            "host": segment.host,
            "torch": segment.torch,
            "finished_at": segment.finished_at,
        }


def evaluation_segment_row(run: str, trial: Trial, study: str, key: str, cost: Cost) -> Row:
    """The `segments` row of one evaluation."""
    return {
        **cell_columns(run, trial),
        "kind": study,
        "key": key,
        "computed": cost.run == run,
        "seconds": cost.seconds,
        "core_seconds": cost.core_seconds,
        "images_per_second": cost.images / cost.seconds if cost.seconds else None,
        "device": cost.device,
        "threads": cost.threads,
        "host": cost.host,
        "torch": cost.torch,
        "finished_at": cost.finished_at,
    }


def _level_columns(run: str, trained: TrainedLevel) -> Row:
    sparsity = 1 - trained.surviving / trained.prunable
    return {**trial_columns(run, trained.trial), "level": trained.level, "sparsity": sparsity}


def _curves(trained: TrainedLevel, state: State) -> dict[str, Tensor]:
    columns = ("train_loss", "train_accuracy", "test_loss", "test_accuracy")
    return {name: getattr(state.telemetry, name)[trained.skipped :] for name in columns}


def _outcome(trained: TrainedLevel) -> Row:
    if trained.state is None:
        return {}
    curves = _curves(trained, trained.state)
    test = [trained.start.test_accuracy, *curves["test_accuracy"].tolist()]
    train = [trained.start.train_accuracy, *curves["train_accuracy"].tolist()]
    ends = {name: float(values[-1]) for name, values in curves.items()}
    return {**ends, "test_convergence": convergence_auc(test), "train_convergence": convergence_auc(train)}


def _forgetting_summary(record: Forgetting | None) -> Row:
    if record is None:
        return {}
    return {
        "forgetting_mean": record.mean_events,
        "forgetting_std": record.std_events,
        "unforgettable_share": record.unforgettable_share,
        "never_learned_share": record.never_learned_share,
    }
