"""Plans of small grids, counted by hand."""

from itertools import combinations, product
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tiny import RESNET, TRAINING, data_spec, digits, make_spec, plan_of

from raylth.data import DataFacts
from raylth.errors import SpecError
from raylth.planning import Plan, make_plan
from raylth.spec import Cell, SweepSpec, cells
from raylth.trials.names import cell_name, trial_id
from raylth.trials.trial import TICKET_COPY, LineageTrial

T = TRAINING.epochs
ALL_KINDS = ("dense", "ticket", "cross", "within")


def lmc(**changes: Any) -> dict[str, Any]:
    return {"kinds": ALL_KINDS, "levels": (1, 2), "alphas": 3, "bootstrap": 100, **changes}


def planned(**changes: Any) -> Plan:
    base = {"lineage": {"levels": 2, "rewind": 0}, "grid": {"rewind": (0, 2)}, "lmc": lmc()}
    return plan_of(make_spec(**{**base, **changes}))


def find(plan: Plan, rewind: int, sibling: int, init: int = 0) -> LineageTrial:
    chosen = [
        trial
        for trial in plan.trials
        if (trial.lineage.rewind, trial.lineage.sibling, trial.lineage.init) == (rewind, sibling, init)
    ]
    assert len(chosen) == 1
    return chosen[0]


def test_there_is_a_trial_for_each_cell_initialisation_and_sibling() -> None:
    plan = planned(inits=3, siblings=2, grid={"rewind": (0, 2), "momentum": (0.0, 0.9)})
    assert len(plan.trials) == 2 * 2 * 3 * 2
    assert sorted(trial.place for trial in plan.trials) == list(range(24))
    order = [
        (trial.cell.values["rewind"], trial.cell.values["momentum"], trial.lineage.init, trial.lineage.sibling)
        for trial in plan.in_grid_order
    ]
    assert order == list(product((0, 2), (0.0, 0.9), range(3), range(2)))


def test_only_sibling_0_prunes_unless_all_lineages_are_asked_for() -> None:
    assert [trial.levels for trial in planned().in_grid_order] == [2, 0, 2, 0]
    assert [trial.levels for trial in planned(lineages="all").in_grid_order] == [2, 2, 2, 2]


def test_epochs_are_counted_once_for_what_is_shared() -> None:
    """Two rewind points (0 and 2 of 4), two siblings, two levels, ticket copies of both levels.

    Shared: the trunk (4). Rewind 0: a sibling (4), two levels (8), two copies (8). Rewind 2: a sibling (2), two levels
    (4), two copies (4).
    """
    plan = planned()
    assert len(plan.trajectories) == 1 + (1 + 2 + 2) * 2
    assert plan.epochs == 4 + (4 + 8 + 8) + (2 + 4 + 4)
    # Alone, every trial trains its own trunk: 4 of rewind 0 and of rewind 2 each, and the same levels and copies.
    assert plan.epochs_without_sharing == (4 + 16) + 4 + (4 + 8) + 4


def test_each_trial_is_charged_what_it_trains_itself() -> None:
    plan = planned()
    assert find(plan, 0, 0).own_epochs == 4 + 8 + 8
    assert find(plan, 2, 0).own_epochs == 4 + 4
    assert find(plan, 0, 1).own_epochs == 4 and find(plan, 2, 1).own_epochs == 2
    assert sum(trial.own_epochs for trial in plan.trials) == plan.epochs


def test_initialisations_share_nothing() -> None:
    assert planned(inits=3).epochs == 3 * planned().epochs


def test_the_first_owner_of_a_trunk_produces_it_and_keeps_every_rewind_point() -> None:
    plan = planned(grid={"rewind": (0, 1, 3)})
    producer = find(plan, 0, 0)
    assert producer.requires == () and producer.snapshots == (1, 3)
    assert all(trial.snapshots == () for trial in plan.trials if trial is not producer)


def test_the_others_require_what_they_build_on_and_no_more() -> None:
    plan = planned(grid={"rewind": (0, 2)})
    trunk = find(plan, 0, 0).lineage.trunk
    assert find(plan, 2, 0).requires == (trunk.end,)
    assert find(plan, 2, 1).requires == (trunk.at(2),)
    assert find(plan, 0, 1).requires == ()


@pytest.mark.parametrize(
    "changes",
    [{}, {"inits": 2}, {"lineages": "all"}, {"grid": {"rewind": (3, 0, 2), "momentum": (0.0, 0.9)}}, {"siblings": 4}],
)
def test_no_trial_waits_for_ever(changes: dict[str, Any]) -> None:
    plan = planned(**changes)
    there = {trial.lineage.trunk.at(epoch) for trial in plan.trials if not trial.requires for epoch in trial.snapshots}
    there |= {trial.lineage.level(0).end for trial in plan.trials if not trial.requires}
    assert all(ref in there for trial in plan.trials for ref in trial.requires)


def test_the_longest_trial_starts_first_and_equals_start_in_grid_order() -> None:
    plan = planned(grid={"rewind": (2, 0), "epochs": (4, 5)}, inits=2)
    keys = [(-trial.own_epochs, trial.place) for trial in plan.trials]
    assert plan.trials[0].own_epochs == max(trial.own_epochs for trial in plan.trials)
    first = [key for key in keys if key[0] == keys[0][0]]
    assert first == sorted(first)


def lines_of(plan: Plan, kind: str) -> list[tuple[str, str, int, int]]:
    return [
        (line.trial_a.id, line.trial_b.id, line.level_a, line.level_b)
        for line in plan.evaluations
        if line.kind == kind and line.line.batchnorm == "recomputed"
    ]


def test_all_four_kinds_of_lines_are_counted_by_hand() -> None:
    plan = planned(siblings=3, lineages="all", grid={}, lineage={"levels": 2, "rewind": 1})
    ids = [trial.id for trial in plan.in_grid_order]
    pairs = list(combinations(ids, 2))
    assert lines_of(plan, "dense") == [(a, b, 0, 0) for a, b in pairs]
    assert lines_of(plan, "cross") == [(a, b, level, level) for a, b in pairs for level in (1, 2)]
    assert lines_of(plan, "ticket") == [(a, a, level, level) for a in ids for level in (1, 2)]
    assert lines_of(plan, "within") == [(a, a, level - 1, level) for a in ids for level in (1, 2)]
    assert len(plan.evaluations) == 2 * (3 + 6 + 6 + 6)


def test_each_kind_of_line_joins_the_states_that_its_name_says() -> None:
    plan = planned(siblings=2, lineages="all", grid={}, lineage={"levels": 2, "rewind": 1})
    a, b = (trial.lineage for trial in plan.in_grid_order)
    ends = {
        (line.kind, line.level_b, line.trial_a.lineage.sibling): (line.line.start, line.line.end)
        for line in plan.evaluations
    }
    assert ends["dense", 0, 0] == (a.level(0).end, b.level(0).end)
    assert ends["cross", 2, 0] == (a.level(2).end, b.level(2).end)
    assert ends["ticket", 2, 1] == (b.level(2).end, b.ticket_copy(2, TICKET_COPY).end)
    assert ends["within", 2, 1] == (b.level(1).end, b.level(2).end)


def test_cross_lines_need_two_lineages() -> None:
    assert lines_of(planned(lineages="first"), "cross") == []


def test_lines_deeper_than_the_lineage_are_skipped() -> None:
    plan = planned(grid={}, lmc=lmc(levels=(1, 2, 3, 10)))
    assert {line.level_b for line in plan.evaluations} == {0, 1, 2}
    assert plan.trials[0].copies == (1, 2)


def test_ticket_copies_are_trained_only_for_ticket_lines() -> None:
    assert all(trial.copies == () for trial in planned(lmc=lmc(kinds=("dense", "within"))).trials)


def test_a_line_is_read_in_every_way_that_the_spec_asks_for() -> None:
    assert {line.line.batchnorm for line in planned(lmc=lmc(batchnorm=("recomputed",))).evaluations} == {"recomputed"}
    assert {line.line.batchnorm for line in planned().evaluations} == {"interpolated", "recomputed"}


def test_without_kinds_there_are_no_lines() -> None:
    assert planned(lmc=lmc(kinds=())).evaluations == ()


def test_every_line_joins_states_of_planned_trajectories() -> None:
    plan = planned(lineages="all")
    assert all(
        {line.line.start.trajectory, line.line.end.trajectory} <= plan.trajectories.keys() for line in plan.evaluations
    )
    assert len({line.line.key for line in plan.evaluations}) == len(plan.evaluations)


def test_siblings_are_grouped_at_each_level_that_any_of_them_reaches() -> None:
    plan = planned(forgetting={"levels": (0, 2, 9)}, grid={"rewind": (0, 2)}, siblings=3)
    found = [(group.level, [trial.lineage.sibling for trial in group.trials]) for group in plan.groups]
    assert found == [(0, [0, 1, 2]), (2, [0])] * 2
    assert len({group.part for group in plan.groups}) == len(plan.groups)


def test_more_siblings_are_another_part() -> None:
    few, many = (planned(siblings=siblings, grid={}).groups[0].part for siblings in (2, 3))
    assert few != many


def test_a_trial_lists_each_level_and_then_its_copy() -> None:
    trial = find(planned(), 2, 0)
    lineage = trial.lineage
    expected = [
        lineage.level(0),
        lineage.level(1),
        lineage.ticket_copy(1, 1),
        lineage.level(2),
        lineage.ticket_copy(2, 1),
    ]
    assert list(trial.trajectories) == expected


def test_the_plan_takes_the_fingerprint_of_the_data_and_the_resolved_precision() -> None:
    plan = make_plan(make_spec(precision="auto"), {data_spec(): digits().facts}, "bf16")
    lineage = plan.trials[0].lineage
    assert lineage.data.fingerprint == digits().fingerprint and lineage.precision == "bf16"
    assert all(line.line.precision == "bf16" for line in plan.evaluations)


def test_names_of_trials_are_readable() -> None:
    cell = Cell({"momentum": 0.9, "training.batch_size": 32}, make_spec())
    assert trial_id(cell, 0, 1) == "momentum-0.9_batch_size-32_init-0_sibling-1"
    assert trial_id(Cell({}, make_spec()), 2, 0) == "init-2_sibling-0"
    assert cell_name(cell) == "momentum 0.9, batch_size 32"
    assert cell_name(Cell({}, make_spec())) == "the only cell"


def file_name_safe(name: str) -> bool:
    plain = all(character.isascii() and (character.isalnum() or character in "._-") for character in name)
    return plain and name[0].isalnum() and len(f"{name}.parquet.12345678.tmp") <= 255


PATHS = st.one_of(
    st.text(min_size=1, max_size=30),
    st.text(alphabet="ab_-./: \n\0é", min_size=1, max_size=6),
    st.sampled_from(["../../etc", "a/b", "a-b", "a b", "a_b", "A", "x" * 200, "x" * 201, "None"]),
)


@settings(deadline=None)
@given(st.lists(PATHS, min_size=2, max_size=5, unique=True), st.lists(st.floats(1e-9, 1e9), max_size=2, unique=True))
def test_names_of_trials_are_safe_and_unique_whatever_the_values(paths: list[str], rates: list[float]) -> None:
    grid = {"data.path": tuple(paths), **({"lr": tuple(rates)} if rates else {})}
    try:
        spec = SweepSpec.model_validate({"name": "x", "data": {"name": "folder", "path": "a"}, "grid": grid})
        found = cells(spec)
    except (SpecError, ValueError):
        assume(False)
    names = [trial_id(cell, init, sibling) for cell in found for init in range(2) for sibling in range(2)]
    assert len(set(names)) == len(names) == 4 * len(found)
    assert all(file_name_safe(name) for name in names)


def test_the_same_spec_is_the_same_plan() -> None:
    one, other = planned(inits=2), planned(inits=2)
    assert [trial.id for trial in one.trials] == [trial.id for trial in other.trials]
    assert one.trajectories.keys() == other.trajectories.keys()
    assert [line.line.key for line in one.evaluations] == [line.line.key for line in other.evaluations]


def test_a_grid_over_models_plans_each() -> None:
    plan = planned(model=RESNET, grid={"model.width": (4, 8)})
    assert {trial.lineage.model.width for trial in plan.trials} == {4, 8}
    assert sum(trial.requires == () for trial in plan.trials) == 4


@pytest.mark.parametrize(
    "grid",
    [
        '{"rewind": [0, 2]}',
        '{"fraction": [0.2, 0.5]}',
        '{"lineage.levels": [1, 3]}',
        '{"rewind": [0, 1, 2], "lineage.levels": [1, 2], "momentum": [0.0, 0.9]}',
    ],
)
def test_every_epoch_has_one_owner_and_nobody_waits_for_somebody_later(grid: str) -> None:
    spec = SweepSpec.model_validate_json(
        f"""{{"name": "s", "training": {{"epochs": 5}}, "lineage": {{"levels": 2}}, "inits": 2, "siblings": 3,
             "lineages": "all", "lmc": {{"kinds": ["dense", "ticket"], "levels": [1]}}, "grid": {grid}}}"""
    )
    plan = make_plan(
        spec, {spec.data: DataFacts("f" * 64, 100, 20, (1, 8, 8), 10, smallest_class=10, may_flip=False)}, "fp32"
    )
    assert sum(trial.own_epochs for trial in plan.trials) == plan.epochs
    settled: set[str] = set()
    waiting = list(plan.trials)
    while waiting:
        ready = [trial for trial in waiting if all(ref.trajectory in settled for ref in trial.requires)]
        assert ready, "trials wait for each other in a circle"
        settled.update(key for trial in ready for key in trial.own)
        waiting = [trial for trial in waiting if trial not in ready]
