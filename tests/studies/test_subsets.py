"""Forgetting subsets: what is removed, who waits for whom, and the lines between siblings on the same subset."""

from pathlib import Path
from typing import Any

import pytest
import torch
from tiny import digits, make_spec, make_store, plan_of, run_serially

from raylth.planning import Plan
from raylth.selection import selected
from raylth.stability import forgetting, hardness_ranking, unpack_correct
from raylth.studies.lines import PlannedLine
from raylth.studies.subsets import subsets_of
from raylth.tables import RunFolder
from raylth.trials.trial import BranchTrial, LineageTrial


def planned(siblings: int = 2, **changes: Any) -> Plan:
    studies = {"subsets": {"shares": (0.2, 0.5)}}
    return plan_of(make_spec(lineage={"levels": 0, "rewind": 0}, studies=studies, siblings=siblings, **changes))


def subset_trials(plan: Plan) -> list[BranchTrial]:
    return [trial for trial in plan.trials if isinstance(trial, BranchTrial)]


def test_one_trial_per_cell_and_initialisation_trains_all_siblings_on_every_subset() -> None:
    trials = subset_trials(planned(siblings=3, inits=2))
    assert len(trials) == 2 * 2
    for trial in trials:
        rows = [dict(branch.columns) for branch in trial.branches]
        wanted = [(removed, share, s) for removed in ("easiest", "hardest") for share in (0.2, 0.5) for s in range(3)]
        assert [(row["removed"], row["share"], row["sibling"]) for row in rows] == wanted


def test_the_ranking_waits_for_all_dense_siblings() -> None:
    plan = planned(siblings=3, grid={"rewind": (2,)})
    (trial,) = subset_trials(plan)
    dense = {each.lineage.level(0).end for each in plan.trials if isinstance(each, LineageTrial)}
    assert set(trial.requires) == dense and len(dense) == 3


def test_the_trunk_of_a_subset_has_seen_nothing_else() -> None:
    (trial,) = subset_trials(planned(grid={"rewind": (2,)}))
    trunk, sibling = trial.branches[0], trial.branches[1]
    assert trunk.trajectory.start == 0 and trunk.snapshots == (2,)
    assert sibling.trajectory.parent == trunk.trajectory.at(2) and sibling.trajectory.optimiser == "inherited"
    assert sibling.trajectory.data == trunk.trajectory.data


def test_siblings_on_a_subset_are_joined_by_lines_of_their_own_kind() -> None:
    plan = planned(siblings=3, grid={"rewind": (2,)})
    lines = [line for line in plan.evaluations if isinstance(line, PlannedLine) and line.kind == "subset"]
    names = {line.variant for line in lines}
    assert names == {f"{removed} {share}% removed" for removed in ("easiest", "hardest") for share in (20, 50)}
    assert len(lines) == 4 * 3 * 2
    assert all(line.needs <= plan.trajectories.keys() for line in lines)


def test_from_plan_to_rows(tmp_path: Path) -> None:
    plan = planned(grid={"rewind": (2,)})
    epochs, statuses = run_serially(plan, tmp_path)
    assert set(epochs.seen.values()) == {1} and {status.status for status in statuses.values()} == {"finished"}
    (trial,) = subset_trials(plan)
    store = make_store(tmp_path)
    folder = RunFolder(store.storage, "tiny")
    folder.compact("subsets", [trial.id])
    rows = folder.read_table("subsets").to_pylist()
    assert [(row["share"], row["images"]) for row in rows] == [(0.2, 80), (0.2, 80), (0.5, 50), (0.5, 50)] * 2
    assert {row["trial"] for row in rows} == {each.id for each in plan.trials if isinstance(each, LineageTrial)}
    siblings = [each for each in plan.in_grid_order if isinstance(each, LineageTrial)]
    states = [store.state(each.lineage.level(0).end) for each in siblings]
    records = [forgetting(unpack_correct(state.telemetry.correct[-2:], 100)) for state in states]
    ranking = hardness_ranking(*records)
    easiest = subsets_of(plan.spec, siblings, digits().facts)[1].data.selection
    assert easiest is not None
    assert torch.equal(selected(easiest, digits().train.labels, store), ranking[50:].sort().values)


def test_one_sibling_is_ranked_by_itself_and_has_no_lines() -> None:
    plan = planned(siblings=1, lmc={"kinds": ()}, grid={})
    assert plan.evaluations == () and len(subset_trials(plan)[0].branches) == 4


@pytest.mark.parametrize("share", [0.29, 0.7])
def test_the_number_removed_is_rounded_down_in_decimal(share: float) -> None:
    studies = {"subsets": {"shares": (share,)}}
    plan = plan_of(make_spec(studies=studies, grid={}))
    selection = subset_trials(plan)[0].branches[0].trajectory.data.selection
    assert selection is not None and selection.kind == "ranked" and selection.removed_images == round(100 * share)
