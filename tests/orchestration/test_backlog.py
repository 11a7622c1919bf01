"""When lines and aggregates are handed to the evaluators."""

import pytest

from raylth.data import DataFacts
from raylth.orchestration.evaluators import LINES_AHEAD, Backlog, free_place
from raylth.planning import Plan, make_plan
from raylth.spec import SweepSpec
from raylth.studies.lines import PlannedLine
from raylth.studies.sibling_forgetting import SiblingGroup

SPEC = SweepSpec.model_validate_json(
    """{"name": "s", "training": {"epochs": 4}, "lineage": {"levels": 2}, "siblings": 2,
        "lmc": {"kinds": ["dense", "within"], "levels": [1, 2], "batchnorm": ["interpolated"]}}"""
)


@pytest.fixture
def plan() -> Plan:
    return make_plan(
        SPEC, {SPEC.data: DataFacts("f" * 64, 100, 20, (1, 8, 8), 10, smallest_class=10, may_flip=False)}, "fp32"
    )


def kinds(jobs: list[PlannedLine | SiblingGroup]) -> list[str]:
    return sorted(job.kind if isinstance(job, PlannedLine) else "forgetting" for job in jobs)


def keys(plan: Plan, sibling: int, level: int) -> list[str]:
    return [plan.in_grid_order[sibling].lineage.level(level).key]


def test_a_line_is_handed_out_once_when_both_ends_exist(plan: Plan) -> None:
    backlog = Backlog([*plan.evaluations, *plan.groups])
    assert backlog.done(keys(plan, 0, 0)) == []
    assert kinds(backlog.done(keys(plan, 0, 1))) == ["within"]
    assert kinds(backlog.done(keys(plan, 1, 0))) == ["dense", "forgetting"]
    assert backlog.done(keys(plan, 1, 0)) == []
    assert kinds(backlog.done(keys(plan, 0, 2))) == ["within"]


def test_a_training_that_never_comes_takes_its_lines_with_it_but_not_the_aggregate(plan: Plan) -> None:
    backlog = Backlog([*plan.evaluations, *plan.groups])
    backlog.done(keys(plan, 0, 0))
    assert kinds(backlog.lost(keys(plan, 1, 0))) == ["forgetting"]
    assert kinds(backlog.done(keys(plan, 0, 1))) == ["within"]
    assert backlog.lost(keys(plan, 0, 2)) == []
    assert backlog.done(keys(plan, 0, 2)) == []


def test_what_was_already_done_is_not_lost(plan: Plan) -> None:
    backlog = Backlog([*plan.evaluations, *plan.groups])
    backlog.done([*keys(plan, 0, 0), *keys(plan, 0, 1)])
    assert backlog.lost(keys(plan, 0, 1)) == []
    assert kinds(backlog.done(keys(plan, 1, 0))) == ["dense", "forgetting"]


def test_evaluators_are_started_one_by_one_as_jobs_pile_up() -> None:
    load, running, starts = [0, 0], set[int](), []
    for job in range(2 * LINES_AHEAD):
        place = free_place(load, running)
        assert place is not None
        if place not in running:
            starts.append(job)
            running.add(place)
        load[place] += 1
    assert starts == [0, LINES_AHEAD]
    assert free_place(load, running) is None


def test_the_less_busy_of_running_evaluators_comes_first() -> None:
    assert free_place([1, 0, 0], {0, 1}) == 1
    assert free_place([LINES_AHEAD, LINES_AHEAD, 0], {0, 1}) == 2
    assert free_place([LINES_AHEAD, LINES_AHEAD], {0, 1}) is None
