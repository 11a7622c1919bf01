"""Which trial is offered when: never one that would have to wait."""

from pathlib import Path

import pytest
from ray.tune.search import Searcher

from raylth.data import DataFacts
from raylth.orchestration.searcher import PlanSearcher
from raylth.planning import Plan, make_plan
from raylth.spec import SweepSpec
from raylth.state import State, Telemetry
from raylth.store import Store, open_storage
from raylth.trajectory import StateRef
from raylth.trials.trial import LineageTrial

SPEC = SweepSpec.model_validate_json(
    """{"name": "s", "training": {"epochs": 10}, "lineage": {"levels": 2}, "grid": {"rewind": [0, 3]}}"""
)
FACTS = DataFacts("f" * 64, 100, 20, (1, 8, 8), 10, smallest_class=10, may_flip=False)


class Clock:
    """Time that moves when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def plan() -> Plan:
    return make_plan(SPEC, {SPEC.data: FACTS}, "fp32")


@pytest.fixture
def store(storage_root: Path) -> Store:
    return Store(open_storage(str(storage_root)))


def publish(store: Store, plan: Plan, ref: StateRef) -> None:
    store.publish(plan.trajectories[ref.trajectory], State(ref.epoch, {}, {}, Telemetry.empty(100)))


def offered(searcher: PlanSearcher, name: str) -> str | None:
    suggestion = searcher.suggest(name)
    assert isinstance(suggestion, dict)
    return str(suggestion["trial"])


def waiting_for_trunk(plan: Plan) -> list[LineageTrial]:
    return [trial for trial in plan.trials if trial.requires]


def test_trials_that_need_nothing_are_offered_at_once_longest_first(plan: Plan, store: Store) -> None:
    searcher = PlanSearcher(plan.trials, store)
    free = [trial for trial in plan.trials if not trial.requires]
    assert [offered(searcher, str(place)) for place in range(len(free))] == [trial.id for trial in free]
    assert free[0].own_epochs == max(trial.own_epochs for trial in free)
    assert searcher.suggest("next") is None


def test_a_trial_is_offered_as_soon_as_its_rewind_point_exists(plan: Plan, store: Store) -> None:
    clock = Clock()
    searcher = PlanSearcher(plan.trials, store, clock)
    free = [trial for trial in plan.trials if not trial.requires]
    assert [offered(searcher, trial.id) for trial in free] == [trial.id for trial in free]
    assert searcher.suggest("too early") is None
    sibling = next(trial for trial in waiting_for_trunk(plan) if trial.lineage.sibling == 1)
    publish(store, plan, sibling.requires[0])
    assert searcher.suggest("y") is None, "storage is not asked again at once"
    clock.now = 1.0
    assert offered(searcher, "y") == sibling.id


def test_a_diverged_trunk_lets_its_dependents_go(plan: Plan, store: Store) -> None:
    searcher = PlanSearcher([*waiting_for_trunk(plan), plan.trials[0]], store, Clock())
    assert offered(searcher, "producer") == plan.trials[0].id
    store.mark_diverged(plan.trials[0].lineage.trunk, 2)
    searcher._clock.now = 9.0  # type: ignore[attr-defined]
    assert {offered(searcher, "a"), offered(searcher, "b")} == {trial.id for trial in waiting_for_trunk(plan)}


def test_if_the_producer_failed_its_dependents_compute_the_trunk_themselves(plan: Plan, store: Store) -> None:
    producer = plan.trials[0]
    searcher = PlanSearcher([producer, *waiting_for_trunk(plan)], store)
    assert offered(searcher, "producer") == producer.id
    assert searcher.suggest("too early") is None
    searcher.on_trial_complete("producer", error=True)
    assert searcher.suggest("now") is not None


def test_it_is_finished_when_every_trial_was_offered(plan: Plan, store: Store) -> None:
    searcher = PlanSearcher([plan.trials[0]], store)
    offered(searcher, "only")
    assert searcher.suggest("none") == Searcher.FINISHED
