"""The branches of OpenLTH: each differs from its ticket in one thing, and every one of them changes something."""

from pathlib import Path
from typing import Any, get_args

import pytest
import torch
from tiny import make_bench, make_lineage, make_spec, plan_of, run_levels, run_serially

from raylth.errors import BadInput
from raylth.frozen import stored_mask
from raylth.planning import Plan
from raylth.selection import bench_for
from raylth.spec.studies import BranchKind, FineTuneSpec
from raylth.studies.branches import branch, retrained
from raylth.trials.trial import BranchTrial

KINDS: tuple[BranchKind, ...] = get_args(BranchKind)
FINETUNE = FineTuneSpec(epochs=2, lr=0.003)


def planned(**wanted: Any) -> Plan:
    studies = {"branches": {"levels": (1,), **wanted}}
    return plan_of(make_spec(lineage={"levels": 1, "rewind": 0}, studies=studies, siblings=1))


@pytest.mark.parametrize(
    ("kind", "changed"),
    [
        ("reinitialised", {"parent"}),
        ("layer_shuffled", {"mask"}),
        ("globally_shuffled", {"mask"}),
        ("finetuned", {"parent", "start", "training"}),
        ("lr_rewound", {"parent"}),
    ],
)
def test_a_branch_differs_from_its_ticket_in_what_it_is_named_for(kind: BranchKind, changed: set[str]) -> None:
    lineage = make_lineage()
    ticket, other = lineage.level(2), branch(lineage, 2, kind, FINETUNE)
    assert {name for name in type(ticket).model_fields if getattr(ticket, name) != getattr(other, name)} == changed


def test_every_branch_changes_the_outcome(tmp_path: Path) -> None:
    bench, lineage = make_bench(tmp_path), make_lineage()
    run_levels(bench, lineage, 2)
    outcomes = [bench.store.state(lineage.level(2).end)]
    for kind in KINDS:
        trajectory = branch(lineage, 2, kind, FINETUNE)
        mask = stored_mask(bench.store, trajectory.mask)
        state = bench_for(bench, trajectory.data).advance(trajectory, trajectory.training.epochs, mask)
        assert all(not state.weights[name][~layer].any() for name, layer in mask.items())
        assert len(state.telemetry) == trajectory.training.epochs - trajectory.start
        outcomes.append(state)
    flat = [torch.cat([tensor.double().flatten() for tensor in state.weights.values()]) for state in outcomes]
    assert all(not torch.equal(a, b) for i, a in enumerate(flat) for b in flat[:i])


def test_trained_weights_are_those_that_found_the_mask(tmp_path: Path) -> None:
    bench, lineage = make_bench(tmp_path), make_lineage()
    run_levels(bench, lineage, 1)
    found = bench.store.state(lineage.level(0).end).weights
    for kind in ("finetuned", "lr_rewound"):
        trajectory = branch(lineage, 1, kind, FINETUNE)
        parent = bench._parent(trajectory)
        assert parent.epoch == trajectory.start and parent.momentum == {} and len(parent.telemetry) == 0
        assert all(torch.equal(parent.weights[name], tensor) for name, tensor in found.items())


def test_a_globally_shuffled_mask_keeps_the_whole_count_only(tmp_path: Path) -> None:
    bench, lineage = make_bench(tmp_path), make_lineage(fraction=0.5)
    run_levels(bench, lineage, 1)
    mask, moved = (stored_mask(bench.store, ref) for ref in (lineage.mask(1), lineage.shuffled_mask(1, "network")))
    counts, moved_counts = ([int(layer.sum()) for layer in each.values()] for each in (mask, moved))
    assert sum(counts) == sum(moved_counts) and counts != moved_counts
    shares = [int(layer.sum()) / layer.numel() for layer in moved.values() if layer.numel() > 500]
    assert all(share == pytest.approx(0.5, abs=0.1) for share in shares)


def test_retraining_changes_the_keys_that_it_names() -> None:
    lineage = make_lineage()
    other = retrained(lineage, 1, "slow", {"lr": 0.001, "epochs": 3})
    assert other.training == lineage.training.model_copy(update={"lr": 0.001, "epochs": 3})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lrr": 0.1}, r"studies\.branches\.retrain\.slow\.lrr"),
        ({"momentum": 2.0}, r"studies\.branches\.retrain\.slow\.momentum"),
        ({"epochs": 2}, r"retrain\.slow\.epochs is 2, but must be more than the rewind point, which is 2"),
    ],
)
def test_retraining_with_what_no_training_has_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        retrained(make_lineage(rewind=2), 1, "slow", changes)


def test_from_plan_to_rows(tmp_path: Path) -> None:
    plan = planned(finetune={"epochs": 1, "lr": 0.01}, retrain={"slow": {"lr": 0.001}})
    trials = [trial for trial in plan.trials if isinstance(trial, BranchTrial)]
    assert [[dict(each.columns)["branch"] for each in trial.branches] for trial in trials] == [[*KINDS, "slow"]] * 2
    epochs, statuses = run_serially(plan, tmp_path)
    assert set(epochs.seen.values()) == {1} and {status.status for status in statuses.values()} == {"finished"}
