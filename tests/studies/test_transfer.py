"""Transfer: what is frozen stays, what is new is new, and the target looks like the source."""

from pathlib import Path
from typing import Any

import pytest
import torch
from tiny import CPU, data_spec, digits, make_spec, make_store

from raylth.data import Dataset, load_dataset
from raylth.data.classes import with_classes
from raylth.data.resize import resized
from raylth.errors import BadInput
from raylth.frozen import load_frozen, stored_mask
from raylth.planning import Plan, make_plan
from raylth.spec.data import DataSpec
from raylth.store import Checkpoints, open_storage
from raylth.studies.transfer import PlannedTransfer, fitted
from raylth.tables import RunFolder
from raylth.training.setup import make_workbench
from raylth.training.workbench import Workbench
from raylth.trials.run import run_trial
from raylth.trials.trial import BranchTrial, Trial

SOURCE = DataSpec(name="digits", classes=(0, 1, 2, 3, 4), subset=100)
TARGET = DataSpec(name="digits", classes=(5, 6, 7), subset=60)
NOWHERE = Path("nowhere")


@pytest.fixture(scope="module")
def plan() -> Plan:
    studies = {"transfer": {"targets": (TARGET,), "levels": (1,), "unfrozen": True, "linear": {"epochs": 2}}}
    spec = make_spec(data=SOURCE, studies=studies, siblings=1, lmc={"kinds": ()})
    source = load_dataset(SOURCE, NOWHERE).facts
    on = fitted(TARGET, source)
    return make_plan(spec, {SOURCE: source, on: load_dataset(on, NOWHERE).facts}, "fp32")


def bench_of(data: DataSpec, plan: Plan, root: Path) -> Workbench:
    store = make_store(root)
    checkpoints = Checkpoints(store, open_storage(str(root / "scratch")))
    return make_workbench(data, plan.spec.model, 0, store, checkpoints, NOWHERE, CPU, 50)


@pytest.fixture(scope="module")
def done(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("transfer")
    for trial in plan.trials:
        run_one(trial, plan, root)
    return root


def run_one(trial: Trial, plan: Plan, root: Path) -> None:
    bench = bench_of(trial.data, plan, root)
    folder = RunFolder(bench.store.storage, "tiny")
    assert run_trial(trial, bench, folder, lambda s: lambda r: None, lambda s: None).status == "finished"


def rows_of(plan: Plan, root: Path, table: str) -> list[dict[str, Any]]:
    folder = RunFolder(make_store(root).storage, "tiny")
    folder.compact(table, [trial.id for trial in plan.trials if table in trial.tables])
    rows: list[dict[str, Any]] = folder.read_table(table).to_pylist()
    return rows


def test_some_classes_are_kept_and_renumbered_in_their_order() -> None:
    whole = load_dataset(DataSpec(name="digits"), NOWHERE)
    kept = with_classes(whole, (7, 2))
    assert kept.classes == 2 and kept.fingerprint == whole.fingerprint
    for number, label in enumerate((7, 2)):
        assert torch.equal(
            kept.train.images[kept.train.labels == number], whole.train.images[whole.train.labels == label]
        )
    with pytest.raises(BadInput, match=r"names 10, but digits has classes 0 to 9"):
        with_classes(whole, (1, 10))


def test_images_take_the_shape_of_the_source() -> None:
    grey = torch.arange(2 * 64, dtype=torch.uint8).view(2, 1, 8, 8)
    assert resized(grey, (1, 8, 8)) is grey
    colour = resized(grey, (3, 16, 16))
    assert colour.shape == (2, 3, 16, 16) and torch.equal(colour[:, 0], colour[:, 2])
    assert torch.equal(resized(resized(grey, (3, 8, 8)), (1, 8, 8)), grey)
    flat = torch.full((1, 3, 5, 5), 77, dtype=torch.uint8)
    assert (resized(flat, (1, 9, 3)) == 77).all()


def test_a_target_is_loaded_in_the_shape_of_the_source() -> None:
    larger = digits().facts
    on = fitted(TARGET, larger)
    loaded: Dataset = load_dataset(on.model_copy(update={"image": (3, 12, 12)}), NOWHERE)
    assert loaded.train.images.shape == (60, 3, 12, 12) and loaded.classes == 3


def test_every_method_is_planned_for_every_lineage(plan: Plan) -> None:
    frozen = [each for each in plan.evaluations if isinstance(each, PlannedTransfer)]
    assert [(each.method, each.level) for each in frozen] == [("frozen ticket", 1), ("finetuned dense", 0)] * 2
    trained = [trial for trial in plan.trials if isinstance(trial, BranchTrial)]
    assert [[dict(b.columns)["method"] for b in t.branches] for t in trained] == [
        ["retrained dense", "unfrozen ticket"]
    ] * 2
    assert {trial.data for trial in trained} == {each.data for each in frozen} == {fitted(TARGET, plan.facts[SOURCE])}


def test_a_frozen_ticket_is_the_ticket_without_its_classifier(plan: Plan, done: Path) -> None:
    (ticket, _), *_ = [[e for e in plan.evaluations if isinstance(e, PlannedTransfer)][:2]]
    bench = bench_of(ticket.data, plan, done)
    load_frozen(bench, ticket.probe.network)
    lineage = ticket.owner.lineage
    source = bench_of(SOURCE, plan, done)
    initial = source.initial_weights(lineage.initialisation)
    mask = stored_mask(bench.store, lineage.mask(1))
    for name, weight in bench.network.named_parameters():
        if name.startswith("classifier"):
            assert not weight.any() and len(weight) == 3
        elif name in mask:
            assert torch.equal(weight.detach(), initial[name] * mask[name])


def test_the_finetuned_network_is_the_trained_one_with_its_statistics(plan: Plan, done: Path) -> None:
    dense = next(e for e in plan.evaluations if isinstance(e, PlannedTransfer) and e.method == "finetuned dense")
    bench = bench_of(dense.data, plan, done)
    load_frozen(bench, dense.probe.network)
    trained = bench.store.state(dense.owner.lineage.trunk.end).weights
    state = bench.network.state_dict()
    assert all(
        torch.equal(state[name], tensor) for name, tensor in trained.items() if not name.startswith("classifier")
    )


def test_an_unfrozen_ticket_starts_from_the_rewind_point_with_a_new_dense_classifier(plan: Plan, done: Path) -> None:
    trial = next(t for t in plan.trials if isinstance(t, BranchTrial) and t.lineage.rewind == 2)
    trajectory = trial.branches[1].trajectory
    bench = bench_of(trial.data, plan, done)
    parent = bench._parent(trajectory)
    rewound = bench.store.state(trial.lineage.trunk.at(2)).weights
    new = bench.initial_weights(trial.lineage.initialisation)
    assert parent.epoch == 2 and parent.weights.keys() == new.keys()
    for name, weight in parent.weights.items():
        assert torch.equal(weight, new[name] if name.startswith("classifier") else rewound[name])
    mask = stored_mask(bench.store, trajectory.mask)
    assert "classifier.weight" not in mask and len(mask) == len(stored_mask(bench.store, trial.lineage.mask(1))) - 1
    final = bench.store.state(trajectory.end).weights
    assert all(not final[name][~layer].any() for name, layer in mask.items())


def test_rows_and_curves(plan: Plan, done: Path) -> None:
    rows = rows_of(plan, done, "transfer")
    assert {(row["method"], row["images"], row["target_classes"]) for row in rows} == {
        ("retrained dense", 60, "5,6,7"),
        ("unfrozen ticket", 60, "5,6,7"),
    }
    curves = rows_of(plan, done, "transfer_epochs")
    assert len(curves) == 4 + 4 + 4 + 2
    assert {row["trajectory"] for row in curves} == {row["trajectory"] for row in rows}
    planned = next(e for e in plan.evaluations if isinstance(e, PlannedTransfer))
    measured = planned.measure(bench_of(planned.data, plan, done), "tiny")
    found = {table: list(each) for table, each in planned.rows("tiny", measured).items()}
    assert len(found["transfer"]) == 1 and [row["epoch"] for row in found["transfer_epochs"]] == [1, 2]
    assert found["transfer"][0]["test_accuracy"] == found["transfer_epochs"][-1]["test_accuracy"]
    assert measured.numbers["zero_shot"] != measured.numbers["zero_shot"]


def test_mirroring_is_left_out_where_it_changes_what_an_image_means(plan: Plan) -> None:
    lineage = plan.in_grid_order[0].lineage
    from raylth.studies.transfer import data_inputs, retrained

    flipping = lineage.model_copy(
        update={"training": lineage.training.model_copy(update={"augment": {"crop": 0, "flip": True}})}
    )
    flipping = type(lineage).model_validate(flipping.model_dump(warnings=False))
    target = data_inputs(data_spec(), digits().facts)
    assert retrained(flipping, target, may_flip=True).training.augment.flip
    assert not retrained(flipping, target, may_flip=False).training.augment.flip
