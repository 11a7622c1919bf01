"""A lineage as a chain of trajectories: what siblings, levels and rewind points share, and what they do not."""

import pytest
from tiny import make_lineage

from raylth.lineage import Lineage
from raylth.trajectory import Initialisation, MaskRef


def test_level_0_of_sibling_0_is_the_trunk_itself() -> None:
    lineage = make_lineage(rewind=2)
    assert lineage.level(0) == lineage.trunk
    assert lineage.level(0).key == lineage.trunk.key


@pytest.mark.parametrize("rewind", [0, 2])
def test_the_trunk_is_trained_from_initialisation_with_one_noise_for_all_siblings(rewind: int) -> None:
    for sibling in (0, 1, 5):
        trunk = make_lineage(rewind=rewind, sibling=sibling).trunk
        assert trunk == make_lineage(rewind=rewind).trunk
        assert trunk.parent == Initialisation(seed=0, init=0)
        assert (trunk.start, trunk.optimiser, trunk.mask) == (0, "fresh", None)


def test_trunks_are_shared_over_rewind_points_fractions_and_exclusions() -> None:
    key = make_lineage().trunk.key
    for change in ({"rewind": 0}, {"rewind": 3}, {"fraction": 0.5}, {"exclude": ("classifier.*",)}, {"sibling": 1}):
        assert make_lineage(**change).trunk.key == key


def test_every_training_of_a_lineage_starts_at_its_rewind_point_and_keeps_the_whole_budget() -> None:
    lineage = make_lineage(rewind=2, sibling=1)
    for trajectory in (lineage.level(0), lineage.level(1), lineage.level(7), lineage.ticket_copy(1, 1)):
        assert trajectory.parent == lineage.trunk.at(2) == lineage.rewind_point
        assert trajectory.start == 2 and trajectory.training.epochs == lineage.training.epochs


def test_at_rewind_0_every_training_starts_at_initialisation() -> None:
    lineage = make_lineage(rewind=0, sibling=1)
    for trajectory in (lineage.level(0), lineage.level(1), lineage.ticket_copy(1, 1)):
        assert trajectory.parent == lineage.initialisation == lineage.rewind_point
        assert (trajectory.start, trajectory.optimiser) == (0, "fresh")


def test_pruned_levels_start_with_a_fresh_optimiser_and_dense_siblings_inherit_it() -> None:
    for sibling in (0, 1):
        lineage = make_lineage(rewind=2, sibling=sibling)
        assert lineage.level(1).optimiser == lineage.level(9).optimiser == "fresh"
        assert lineage.ticket_copy(1, 1).optimiser == "fresh"
    assert make_lineage(rewind=2, sibling=1).level(0).optimiser == "inherited"


def test_masks_count_from_level_1() -> None:
    lineage = make_lineage()
    assert lineage.mask(0) is None and lineage.level(0).mask is None
    assert lineage.level(3).mask == lineage.mask(3) == MaskRef(lineage=lineage.mask_key, level=3)


def test_noise_is_fresh_for_each_sibling_level_copy_and_initialisation() -> None:
    noises = [
        trajectory.noise
        for init in range(3)
        for sibling in range(3)
        for lineage in [make_lineage(init=init, sibling=sibling)]
        for trajectory in (*(lineage.level(level) for level in range(3)), lineage.ticket_copy(1, 1))
    ]
    assert len(set(noises)) == len(noises)


def test_a_ticket_copy_differs_from_its_level_in_noise_alone() -> None:
    lineage = make_lineage()
    level, copy = lineage.level(2).model_dump(), lineage.ticket_copy(2, 1).model_dump()
    assert [name for name in level if level[name] != copy[name]] == ["noise"]
    assert level["noise"] | {"copy_index": 1} == copy["noise"]


def test_siblings_differ_in_noise_alone_but_for_the_trunk() -> None:
    first, second = (make_lineage(sibling=sibling).level(0).model_dump() for sibling in (1, 2))
    assert [name for name in first if first[name] != second[name]] == ["noise"]


CHANGES = {
    "data": make_lineage().data.model_copy(update={"subset": 90}),
    "model": make_lineage().model.model_copy(update={"width": 8}),
    "training": make_lineage().training.model_copy(update={"lr": 0.06}),
    "precision": "bf16",
    "fraction": 0.3,
    "exclude": ("classifier.*",),
    "rewind": 1,
    "seed": 1,
    "init": 1,
    "sibling": 1,
    "version": 2,
}


@pytest.mark.parametrize("name", CHANGES)
def test_every_input_of_a_lineage_changes_the_key_of_its_masks(name: str) -> None:
    assert make_lineage(**{name: CHANGES[name]}).mask_key != make_lineage().mask_key


def test_no_input_of_a_lineage_is_forgotten_above() -> None:
    assert CHANGES.keys() == Lineage.model_fields.keys() - {"kind"}


def test_the_masks_do_not_depend_on_how_deep_a_lineage_goes() -> None:
    lineage = make_lineage()
    assert "levels" not in Lineage.model_fields
    assert {lineage.level(level).mask.lineage for level in range(1, 9)} == {lineage.mask_key}
