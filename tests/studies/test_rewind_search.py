"""The search for the first stable epoch: every planted answer is found, for less than the naive procedure's epochs."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tiny import LENET, Epochs, make_spec, make_store, plan_of, trial_bench

from raylth.evaluation import Cost, Measured
from raylth.planning import Plan
from raylth.stability.line import Line
from raylth.studies.rewind_search import early_candidates
from raylth.tables import RunFolder
from raylth.trials import rewind_search
from raylth.trials.run import run_trial
from raylth.trials.status import TrialStatus
from raylth.trials.trial import LineageTrial, RewindSearchTrial

BUDGET = 16
COST = Cost("tiny", 0.0, 0.0, 0, "CPU", 1, "host", "2", 0.0)


def planned(siblings: int = 3, epochs: int = BUDGET, **changes: Any) -> Plan:
    training = {"epochs": epochs, "batch_size": 50, "lr": 0.05, "momentum": 0.9}
    base: dict[str, Any] = {"grid": {}, "lineage": {"levels": 0, "rewind": 0}, "siblings": 1, "lmc": {"kinds": ()}}
    studies = {"rewind_search": {"siblings": siblings}}
    return plan_of(make_spec(model=LENET, training=training, studies=studies, **{**base, **changes}))


def search_of(plan: Plan) -> RewindSearchTrial:
    (trial,) = (each for each in plan.trials if isinstance(each, RewindSearchTrial))
    return trial


def run(plan: Plan, root: Path) -> tuple[Epochs, TrialStatus, list[dict[str, Any]]]:
    """The dense trial, then the search; the epochs of both, and the history."""
    epochs = Epochs()
    folder = RunFolder(make_store(root).storage, "tiny")
    for trial in plan.trials:
        status = run_trial(trial, trial_bench(trial, plan, root), folder, epochs.of_level, lambda step: None)
    folder.compact("rewind_search", [search_of(plan).id])
    return epochs, status, folder.read_table("rewind_search").to_pylist()


@pytest.fixture
def plant(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give every line a barrier that depends on the epoch that its later end was rewound to."""

    def plant(barrier_at: Any) -> None:
        def planted(store: Any, line: Line, network: Any, splits: Any, run: str) -> Measured:
            start = store.inputs(line.end.trajectory)["start"]
            numbers = {"barrier": barrier_at(start), "low": 0.0, "high": 1.0}
            tensors = {name: None for name in ("alphas", "test_error", "test_loss", "train_error", "train_loss")}
            return Measured(tensors, numbers, COST)

        monkeypatch.setattr(rewind_search, "measure_line", planted)

    return plant


@pytest.mark.parametrize("answer", [*range(BUDGET), None])
def test_every_planted_answer_is_found_in_few_steps(answer: int | None, plant: Any, tmp_path: Path) -> None:
    plant(lambda epoch: 0.001 if answer is not None and epoch >= answer else 0.5)
    _, status, rows = run(planned(siblings=2), tmp_path)
    assert status.status == "finished"
    assert {row["first_stable_epoch"] for row in rows} == {answer} and {row["settled"] for row in rows} == {True}
    assert len(rows) <= math.ceil(math.log2(BUDGET)) + 1
    assert [row["step"] for row in rows] == list(range(1, len(rows) + 1))
    assert all(row["stable"] == (answer is not None and row["candidate"] >= answer) for row in rows)


def test_what_is_not_monotone_shows_in_the_history(plant: Any, tmp_path: Path) -> None:
    plant(lambda epoch: 0.001 if epoch in (4, 15) else 0.5)
    _, _, rows = run(planned(siblings=2), tmp_path)
    assert rows[0]["first_stable_epoch"] == 15
    assert [(row["candidate"], row["stable"]) for row in rows][:2] == [(8, False), (12, False)]


@pytest.mark.parametrize("answer", [0, 1, 8, 14, 15, None])
def test_it_trains_at_most_70_percent_of_the_naive_procedure(answer: int | None, plant: Any, tmp_path: Path) -> None:
    plant(lambda epoch: 0.001 if answer is not None and epoch >= answer else 0.5)
    epochs, _, rows = run(planned(), tmp_path)
    trained, naive = sum(epochs.seen.values()), sum(row["epochs_naive"] for row in rows)
    assert naive == len(rows) * 3 * BUDGET
    assert trained <= 0.70 * naive, f"{trained} epochs against {naive}"
    assert max(epochs.seen.values()) == 1
    assert trained == BUDGET + sum(row["epochs_trained"] for row in rows)


def test_an_unstable_verdict_comes_as_soon_as_the_mean_cannot_fall_under_the_threshold(
    plant: Any, tmp_path: Path
) -> None:
    # One pair of 0.06 over three pairs is a mean of 0.02 at least, which is not under 0.02.
    plant(lambda epoch: 0.06)
    _, _, rows = run(planned(), tmp_path)
    assert {(row["pairs_measured"], row["pairs"], row["stable"]) for row in rows} == {(1, 3, False)}
    assert {row["barrier_mean"] for row in rows} == {None}
    assert all(row["epochs_trained"] == BUDGET - row["candidate"] for row in rows)


def test_a_verdict_that_is_not_settled_by_one_pair_takes_the_others(plant: Any, tmp_path: Path) -> None:
    plant(lambda epoch: 0.03)
    _, _, rows = run(planned(), tmp_path)
    # 0.03 + 0.03 reaches 0.06, so the third pair is not needed.
    assert {row["pairs_measured"] for row in rows} == {2}
    assert all(row["barrier_floor"] == pytest.approx(0.02) for row in rows)


def test_a_sibling_that_diverges_is_not_stable(plant: Any, tmp_path: Path) -> None:
    plan = planned(siblings=2)
    trial = search_of(plan)
    lost = trial.lineage.model_copy(update={"rewind": BUDGET // 2, "sibling": 1}).level(0)
    make_store(tmp_path).mark_diverged(lost, BUDGET // 2 + 1)
    plant(lambda epoch: 0.001)
    _, status, rows = run(plan, tmp_path)
    assert status.status == "finished"
    assert (rows[0]["candidate"], rows[0]["stable"], rows[0]["barrier_floor"]) == (BUDGET // 2, False, float("inf"))


def test_real_barriers_decide_and_a_second_run_trains_nothing(tmp_path: Path) -> None:
    plan = planned(epochs=6)
    first, status, rows = run(plan, tmp_path)
    assert status.status == "finished" and first.seen and rows[0]["settled"]
    for row in rows:
        if row["barrier_mean"] is not None:
            assert row["stable"] == (row["barrier_mean"] < 0.02)
    again, _, same = run(plan, tmp_path)
    assert not again.seen and same == rows


def test_a_search_that_was_cut_off_goes_on(plant: Any, tmp_path: Path) -> None:
    plant(lambda epoch: 0.001 if epoch >= 5 else 0.5)
    plan = planned()

    class Killed(Exception):
        pass

    def die(step: int) -> None:
        if step == 2:
            raise Killed

    folder = RunFolder(make_store(tmp_path).storage, "tiny")
    dense, search = plan.trials
    run_trial(dense, trial_bench(dense, plan, tmp_path), folder, Epochs().of_level, lambda step: None)
    with pytest.raises(Killed):
        run_trial(search, trial_bench(search, plan, tmp_path), folder, Epochs().of_level, die)
    epochs, status, rows = run(plan, tmp_path)
    assert status.status == "finished" and rows[0]["first_stable_epoch"] == 5
    assert sum(epochs.seen.values()) == sum(row["epochs_trained"] for row in rows[2:])


def test_cells_that_differ_in_their_rewind_point_share_a_search() -> None:
    plan = planned(grid={"rewind": (0, 2), "momentum": (0.0, 0.9)}, inits=2)
    searches = [trial for trial in plan.trials if isinstance(trial, RewindSearchTrial)]
    assert len(searches) == 2 * 2 and len({trial.lineage.trunk.key for trial in searches}) == 4


def test_the_dense_trial_publishes_what_the_search_starts_from() -> None:
    plan = planned()
    dense = next(trial for trial in plan.trials if isinstance(trial, LineageTrial))
    assert dense.snapshots == early_candidates(BUDGET)
    assert search_of(plan).requires == (dense.lineage.trunk.end,)


@pytest.mark.parametrize("total", [1, 2, 3, 7, 16, 200])
def test_early_candidates_are_those_of_the_first_steps(total: int) -> None:
    from raylth.stability import first_stable_epoch

    asked = set[int]()
    for answer in [*range(total), None]:
        path: list[int] = []

        def probe(epoch: int, answer: int | None = answer, path: list[int] = path) -> bool:
            path.append(epoch)
            return answer is not None and epoch >= answer

        first_stable_epoch(probe, total)
        asked.update(path[:4])
    assert set(early_candidates(total)) == asked - {0}


def test_the_digest_changes_with_what_decides() -> None:
    trial = search_of(planned())
    others = [replace(trial, siblings=2), replace(trial, stable_below=0.05)]
    assert len({trial.digest, *(other.digest for other in others)}) == 3
