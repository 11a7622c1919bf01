"""When lines and aggregates are handed to the evaluators."""

import pytest

from raylth.data import DataFacts
from raylth.orchestration.evaluators import Backlog
from raylth.planning import Plan, PlannedLine, SiblingGroup, make_plan
from raylth.spec import SweepSpec

SPEC = SweepSpec.model_validate_json(
    """{"name": "s", "training": {"epochs": 4}, "lineage": {"levels": 2}, "siblings": 2,
        "lmc": {"kinds": ["dense", "within"], "levels": [1, 2], "batchnorm": ["interpolated"]}}"""
)


@pytest.fixture
def plan() -> Plan:
    return make_plan(SPEC, {SPEC.data: DataFacts("f" * 64, 100, 20, (1, 8, 8), 10, may_flip=False)}, "fp32")


def kinds(jobs: list[PlannedLine | SiblingGroup]) -> list[str]:
    return sorted(job.kind if isinstance(job, PlannedLine) else "forgetting" for job in jobs)


def test_a_line_is_handed_out_once_when_both_ends_exist(plan: Plan) -> None:
    backlog = Backlog([*plan.lines, *plan.groups])
    first, second = (trial.id for trial in plan.in_grid_order)
    assert backlog.level_done(first, 0) == []
    assert kinds(backlog.level_done(first, 1)) == ["within"]
    assert kinds(backlog.level_done(second, 0)) == ["dense", "forgetting"]
    assert backlog.level_done(second, 0) == []
    assert kinds(backlog.level_done(first, 2)) == ["within"]


def test_a_trial_that_ends_early_takes_its_lines_with_it_but_not_the_aggregate(plan: Plan) -> None:
    backlog = Backlog([*plan.lines, *plan.groups])
    first, second = (trial.id for trial in plan.in_grid_order)
    backlog.level_done(first, 0)
    assert kinds(backlog.trial_over(second, 0)) == ["forgetting"]
    assert kinds(backlog.level_done(first, 1)) == ["within"]
    assert backlog.trial_over(first, 2) == []
    assert backlog.level_done(first, 2) == []
