"""The branches of OpenLTH: what else a mask can be trained with (Frankle & Carbin 2019; Renda et al. 2020)."""

from collections.abc import Iterable, Iterator, Mapping

from pydantic import ValidationError

from raylth.errors import BadInput
from raylth.lineage import Lineage
from raylth.spec import SweepSpec
from raylth.spec.part import Scalar
from raylth.spec.schema import TrainingSpec
from raylth.spec.studies import BranchesSpec, BranchKind, FineTuneSpec
from raylth.studies.branching import branch_trials, deep_enough, ticket_of
from raylth.trajectory import Trajectory
from raylth.trials.trial import Branch, BranchTrial, LineageTrial

STUDY = "branches"


def planned_branches(spec: SweepSpec, trials: Iterable[LineageTrial]) -> Iterator[BranchTrial]:
    """For every lineage that prunes, the branches of its tickets.

    Raises:
        BadInput: `retrain` names a key or a value that no training has.
    """
    wanted = spec.studies.branches
    if wanted is not None:
        yield from branch_trials(STUDY, ((trial, _branches(wanted, trial)) for trial in trials))


def branch(lineage: Lineage, level: int, kind: BranchKind, finetune: FineTuneSpec) -> Trajectory:
    """The training of one kind of branch from the mask of `level`, from 1. It differs from the ticket's in this alone:

    - reinitialised: other initial weights, for the same T - p epochs;
    - layer_shuffled, globally_shuffled: the mask permuted within layers, or over the network;
    - finetuned: the trained weights of the level before, for some epochs at a constant learning rate;
    - lr_rewound: those weights, with the schedule rewound to p.
    """
    ticket, before = lineage.level(level), lineage.level(level - 1).end
    match kind:
        case "reinitialised":
            return ticket.model_copy(update={"parent": lineage.reinitialisation})
        case "layer_shuffled":
            return ticket.model_copy(update={"mask": lineage.shuffled_mask(level, "layer")})
        case "globally_shuffled":
            return ticket.model_copy(update={"mask": lineage.shuffled_mask(level, "network")})
        case "finetuned":
            changes = {"epochs": finetune.epochs, "lr": finetune.lr, "schedule": "constant"}
            training = ticket.training.model_copy(update=changes)
            return ticket.model_copy(update={"parent": before, "start": 0, "training": training})
        case "lr_rewound":
            return ticket.model_copy(update={"parent": before})


def retrained(lineage: Lineage, level: int, name: str, changes: Mapping[str, Scalar]) -> Trajectory:
    """The ticket of `level` trained with some keys of `training` changed.

    Raises:
        BadInput: a key or a value is wrong, or leaves no epochs after the rewind point.
    """
    ticket = lineage.level(level)
    try:
        training = TrainingSpec.model_validate(ticket.training.model_dump() | dict(changes))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise BadInput(f"studies.branches.retrain.{name}.{where}: {first['msg']}.") from None
    if training.epochs <= lineage.rewind:
        limit = f"more than the rewind point, which is {lineage.rewind}"
        raise BadInput(f"studies.branches.retrain.{name}.epochs is {training.epochs}, but must be {limit}.")
    return ticket.model_copy(update={"training": training})


def _branches(wanted: BranchesSpec, trial: LineageTrial) -> list[Branch]:
    return [
        Branch(level, trajectory, columns=(("branch", name),), needs=ticket_of(trial.lineage, level))
        for level in deep_enough(trial, wanted.levels)
        for name, trajectory in _of_level(wanted, trial.lineage, level)
    ]


def _of_level(wanted: BranchesSpec, lineage: Lineage, level: int) -> Iterator[tuple[str, Trajectory]]:
    for kind in wanted.kinds:
        yield kind, branch(lineage, level, kind, wanted.finetune)
    for name, changes in wanted.retrain.items():
        yield name, retrained(lineage, level, name, changes)
