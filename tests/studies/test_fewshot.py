"""Few-shot: exact counts, the same images for every ticket, and the whole path from plan to rows."""

from pathlib import Path
from typing import Any

import pytest
from tiny import digits, make_spec, make_store, plan_of, run_serially, trial_bench

from raylth.data import DataFacts
from raylth.errors import BadInput
from raylth.planning import Plan
from raylth.studies.fewshot import few_shot, few_shot_images
from raylth.tables import RunFolder
from raylth.trials.run import run_trial
from raylth.trials.status import TrialStatus
from raylth.trials.trial import BranchTrial, Trial

FACTS = DataFacts("f" * 64, 5000, 1000, (3, 32, 32), 10, smallest_class=500, may_flip=True)


def planned(**changes: Any) -> Plan:
    studies = {"fewshot": {"levels": (1, 2), "shares": (0.1, 0.2)}}
    return plan_of(make_spec(lineage={"levels": 2, "rewind": 0}, studies=studies, **changes))


def branch_trials(plan: Plan) -> list[BranchTrial]:
    return [trial for trial in plan.trials if isinstance(trial, BranchTrial)]


@pytest.mark.parametrize(("share", "images"), [(0.01, 50), (0.02, 100), (0.1, 500), (0.29, 1450), (0.0001, 10)])
def test_shares_are_exact_with_at_least_one_image_per_class(share: float, images: int) -> None:
    assert few_shot_images(share, FACTS) == images


def test_a_share_that_the_rarest_class_cannot_give_is_refused() -> None:
    rare = DataFacts("f" * 64, 5000, 1000, (3, 32, 32), 10, smallest_class=3, may_flip=True)
    assert few_shot_images(0.006, rare) == 30
    with pytest.raises(BadInput, match="50 of every class, but the smallest class has 3"):
        few_shot_images(0.1, rare)


def test_each_lineage_that_prunes_has_a_trial_which_waits_for_its_tickets() -> None:
    plan = planned()
    trials = branch_trials(plan)
    assert [trial.lineage.rewind for trial in trials] == [0, 2] and {t.lineage.sibling for t in trials} == {0}
    for trial in trials:
        found = [(dict(b.columns)["network"], b.level, dict(b.columns)["share"]) for b in trial.branches]
        networks = [("dense", 0), ("ticket", 1), ("permuted", 1), ("ticket", 2), ("permuted", 2)]
        assert found == [(network, level, share) for network, level in networks for share in (0.1, 0.2)]
        assert {trial.lineage.level(level).end for level in (1, 2)} <= set(trial.requires)
    assert plan.trials[-2:] == tuple(trials)


def test_the_dense_baseline_is_shared_by_rewind_points_and_starts_at_the_initialisation() -> None:
    first, second = branch_trials(planned())
    dense = [branch.trajectory for branch in second.branches if branch.level == 0]
    assert all(each.start == 0 and each.key in first.own and each.key not in second.own for each in dense)


def test_a_few_shot_training_differs_from_the_ticket_by_its_images_alone() -> None:
    lineage = planned().in_grid_order[0].lineage
    whole, few = lineage.level(2), few_shot(lineage, 2, "ticket", 20)
    assert few.model_copy(update={"data": whole.data}) == whole
    permuted = few_shot(lineage, 2, "permuted", 20)
    assert permuted.mask == lineage.shuffled_mask(2) and permuted.model_copy(update={"mask": few.mask}) == few
    other = planned(seed=1).in_grid_order[0].lineage
    assert few_shot(other, 2, "ticket", 20).data.selection != few.data.selection


def test_from_plan_to_rows_and_nothing_twice(tmp_path: Path) -> None:
    plan = planned(grid={"rewind": (0, 2)}, siblings=1)
    epochs, statuses = run_serially(plan, tmp_path)
    assert set(epochs.seen.values()) == {1}
    assert {status.status for status in statuses.values()} == {"finished"}
    folder = RunFolder(make_store(tmp_path).storage, "tiny")
    folder.compact("fewshot", [trial.id for trial in branch_trials(plan)])
    rows = folder.read_table("fewshot").to_pylist()
    assert len(rows) == 2 * 2 * 5
    assert {(row["share"], row["images"]) for row in rows} == {(0.1, 10), (0.2, 20)}
    assert {row["network"] for row in rows} == {"ticket", "permuted", "dense"}
    by_level = {row["level"]: row["sparsity"] for row in rows}
    assert by_level[0] == 0 and by_level[1] == pytest.approx(0.2, abs=1e-3)
    again, _ = run_serially(plan, tmp_path)
    assert not again.seen
    folder.compact("fewshot", [trial.id for trial in branch_trials(plan)])
    assert folder.read_table("fewshot").to_pylist() == rows
    assert digits().facts.smallest_class >= 2


def test_a_lineage_that_diverged_keeps_the_branches_of_its_tickets(tmp_path: Path) -> None:
    plan = planned(grid={}, siblings=1)
    lineage, branches = plan.trials
    make_store(tmp_path).mark_diverged(lineage.lineage.level(1), 2)
    assert run_one(lineage, plan, tmp_path).status == "diverged"
    status = run_one(branches, plan, tmp_path)
    assert (status.status, status.levels_done) == ("diverged", 6)
    assert status.message == "its lineage diverged at level 1, before the ticket of level 2"


def test_a_branch_that_diverges_does_not_end_the_others(tmp_path: Path) -> None:
    plan = planned(grid={}, siblings=1)
    lineage, branches = plan.trials
    run_one(lineage, plan, tmp_path)
    make_store(tmp_path).mark_diverged(branches.trajectories[0], 2)
    assert run_one(branches, plan, tmp_path).status == "finished"
    folder = RunFolder(make_store(tmp_path).storage, "tiny")
    folder.compact("fewshot", [branches.id])
    first, *others = folder.read_table("fewshot").to_pylist()
    assert first["diverged_epoch"] == 2 and first["test_accuracy"] is None
    assert all(row["diverged_epoch"] is None and row["test_accuracy"] is not None for row in others)


def run_one(trial: Trial, plan: Plan, root: Path) -> TrialStatus:
    bench = trial_bench(trial, plan, root)
    folder = RunFolder(bench.store.storage, "tiny")
    return run_trial(trial, bench, folder, lambda step: lambda report: None, lambda step: None)
