"""What a plan costs: counts by hand, and the schedule played through."""

from pathlib import Path

import pytest

from raylth.data import DataFacts
from raylth.planning import Plan, make_plan
from raylth.planning.cost import Speed, count, estimate_seconds, kind_of
from raylth.spec import SweepSpec
from raylth.state import State, Telemetry
from raylth.store import Store, open_storage

FACTS = DataFacts("f" * 64, 100, 20, (1, 8, 8), 10, smallest_class=10, may_flip=False)
SPEED = Speed(train=0.008, present=0.003, evaluate=0.01, recompute=0.02)
"""An epoch of 100 training and 20 test images takes 1 second."""

START = 100 * 0.003 + 20 * 0.01 + 100 * 0.02
"""Seconds of acc_0: 100 presentations, the test set, and BatchNorm from all 100 images."""

LINES = 2 * 5 * 70 * 0.01 + 2 * 5 * (70 * 0.01 + 50 * 0.02)
"""Seconds of two lines with interpolated BatchNorm and two with recomputed."""


def plan_of(text: str) -> Plan:
    spec = SweepSpec.model_validate_json(text)
    return make_plan(spec, {spec.data: FACTS}, "fp32")


@pytest.fixture
def plan() -> Plan:
    return plan_of(
        """{"name": "s", "training": {"epochs": 10}, "lineage": {"levels": 2}, "grid": {"rewind": [0, 4]},
            "model": {"name": "lenet300100"}, "lmc": {"alphas": 5, "train_images": 50}}"""
    )


@pytest.fixture
def store(storage_root: Path) -> Store:
    return Store(open_storage(str(storage_root)))


def test_counts_by_hand(plan: Plan, store: Store) -> None:
    counts = count(plan, store)
    # Trunk 10; sibling 1: 10 and 6; two levels of 10 and of 6.
    assert (counts.trials, counts.trajectories, counts.epochs) == (4, 7, 10 + 10 + 6 + 2 * 10 + 2 * 6)
    assert counts.epochs_without_sharing == (10 + 20) + (10 + 12) + 10 + 10
    assert counts.train_images == counts.epochs * 100
    assert counts.evaluations == 2 * 2
    # 5 alphas over 20 test and 50 clean images; a recomputed line passes the clean ones once more.
    assert counts.evaluation_images == 2 * 5 * (20 + 50) + 2 * 5 * (20 + 50 + 50)


def test_what_the_store_holds_is_not_counted_as_left(plan: Plan, store: Store) -> None:
    trunk = plan.trials[0].lineage.trunk
    store.publish(trunk, State(10, {}, {}, Telemetry.empty(100)))
    assert count(plan, store).epochs_left == plan.epochs - 10


def test_disk_is_weights_of_every_final_state_at_least(plan: Plan, store: Store) -> None:
    weights = 64 * 300 + 300 + 300 * 100 + 100 + 100 * 10 + 10
    disk = count(plan, store).disk_bytes
    assert 7 * 4 * weights < disk < 12 * 4 * weights


def estimate(plan: Plan, store: Store, slots: int) -> float:
    speeds = {kind_of(trial): SPEED for trial in plan.trials}
    return estimate_seconds(plan, store, slots, speeds, per_trial=0.0)


def test_with_one_slot_the_time_is_the_sum(plan: Plan, store: Store) -> None:
    lines = LINES
    assert estimate(plan, store, slots=1) == pytest.approx(plan.epochs + 7 * START + lines)


def test_with_endless_slots_the_time_is_the_longest_chain(plan: Plan, store: Store) -> None:
    # The trunk takes 10 of its trial's 30 epochs; the rewound lineage then trains its own 12, within the other's 30.
    lines = LINES / 8
    assert estimate(plan, store, slots=8) == pytest.approx(30 + 3 * START + lines)


def test_two_slots_are_filled_longest_first(plan: Plan, store: Store) -> None:
    # Slot 1: the lineage without rewinding, 30. Slot 2: dense sibling 10, then the rewound ones 12 and 6, which with
    # four times acc_0 takes longer.
    lines = LINES / 2
    assert estimate(plan, store, slots=2) == pytest.approx(28 + 4 * START + lines)


def test_a_finished_plan_takes_no_time(plan: Plan, store: Store) -> None:
    for trajectory in plan.trajectories.values():
        store.publish(trajectory, State(10, {}, {}, Telemetry.empty(100)))
    for planned in plan.evaluations:
        store.put_evaluation(planned.line.key, {}, {"numbers": "{}", "cost": "{}"})
    assert estimate(plan, store, slots=2) == 0.0
