"""Selections of training images: exact counts per class, and what forgetting ranks as easy and hard."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tiny import digits, make_bench, make_lineage, make_store, run_levels

from raylth.errors import BadInput, ObjectMissing
from raylth.selection import bench_for, selected
from raylth.stability import forgetting, hardness_ranking, unpack_correct
from raylth.state import State, Telemetry
from raylth.store import Store
from raylth.trajectory import DataInputs, RandomImages, RankedImages, StateRef

LABELS = torch.arange(60) % 3


def record(store: Store, name: str, rows: list[str]) -> StateRef:
    """Store a training of which only the record of correct presentations matters: a row of 0s and 1s per epoch."""
    from raylth.stability import pack_correct

    bits = torch.stack([pack_correct(torch.tensor([mark == "1" for mark in row])) for row in rows])
    empty = Telemetry.empty(len(rows[0]))
    trajectory = make_lineage(seed=len(name)).trunk
    store.publish(trajectory, State(len(rows), {}, {}, replace(empty, correct=bits)))
    return trajectory.at(len(rows))


def ranked(refs: tuple[StateRef, ...], removed: str, count: int, since: int = 0) -> RankedImages:
    return RankedImages.model_validate({"records": refs, "since": since, "removed": removed, "removed_images": count})


@given(st.integers(1, 20), st.integers(0, 5))
def test_random_images_are_as_many_of_every_class(per_class: int, seed: int) -> None:
    chosen = selected(RandomImages(images=3 * per_class, seed=seed), LABELS, make_store(Path("nowhere")))
    assert torch.bincount(LABELS[chosen]).tolist() == [per_class] * 3
    assert chosen.tolist() == sorted(set(chosen.tolist()))


def test_another_seed_chooses_other_images_and_more_images_hold_the_fewer() -> None:
    def choose(images: int, seed: int) -> set[int]:
        return set(selected(RandomImages(images=images, seed=seed), LABELS, make_store(Path("nowhere"))).tolist())

    assert choose(30, 0) != choose(30, 1)
    assert choose(15, 0) < choose(30, 0)


def test_a_class_with_too_few_images_is_refused() -> None:
    with pytest.raises(BadInput, match="class-balanced"):
        selected(RandomImages(images=63, seed=0), LABELS, make_store(Path("nowhere")))


def test_the_easiest_were_forgotten_least_and_the_never_learned_are_the_hardest(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    # By image: never forgotten, forgotten once, never learned, forgotten twice, never forgotten.
    ref = record(store, "a", ["11011", "10001", "11011", "10001", "11011"])
    labels = torch.zeros(5, dtype=torch.int64)
    assert selected(ranked((ref,), "easiest", 2), labels, store).tolist() == [1, 2, 3]
    assert selected(ranked((ref,), "hardest", 2), labels, store).tolist() == [0, 1, 4]
    assert selected(ranked((ref,), "hardest", 1), labels, store).tolist() == [0, 1, 3, 4]


def test_a_record_starts_empty_at_the_rewind_point(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    # Image 0 is forgotten before epoch 2 only, image 1 after it.
    ref = record(store, "a", ["11", "01", "11", "10", "11"])
    labels = torch.zeros(2, dtype=torch.int64)
    assert selected(ranked((ref,), "easiest", 1, since=2), labels, store).tolist() == [1]


def test_several_records_rank_by_their_mean() -> None:
    rows = torch.tensor([[True, True, True], [True, False, True], [True, True, False]])
    other = torch.tensor([[True, True, True], [False, True, True], [True, True, True]])
    one, two = forgetting(rows), forgetting(other)
    # Events: 0 1 1 and 1 0 0.
    assert hardness_ranking(one, two).tolist() == [0, 1, 2]
    assert hardness_ranking(one).tolist() == [0, 1, 2] and hardness_ranking(two).tolist() == [1, 2, 0]


def test_a_training_that_is_not_there_cannot_rank(tmp_path: Path) -> None:
    with pytest.raises(ObjectMissing):
        selected(ranked((StateRef(trajectory="a" * 64, epoch=3),), "easiest", 1), LABELS, make_store(tmp_path))


def test_a_bench_shows_the_chosen_images_and_their_crops(tmp_path: Path) -> None:
    bench, data = make_bench(tmp_path, crop=1), make_lineage().data
    assert bench_for(bench, data) is bench
    on_few = bench_for(bench, data.model_copy(update={"selection": RandomImages(images=20, seed=0)}))
    chosen = selected(RandomImages(images=20, seed=0), digits().train.labels, bench.store)
    assert torch.equal(on_few.splits.train.labels, digits().train.labels[chosen])
    assert torch.equal(on_few.splits.train.windows, bench.splits.train.windows[chosen])
    assert torch.equal(on_few.splits.train.centres.permute(0, 3, 1, 2), digits().train.images[chosen])
    assert on_few.splits.test is bench.splits.test and on_few.splits.clean is bench.splits.clean


def test_trainings_on_a_selection_are_named_and_observed_on_it(tmp_path: Path) -> None:
    bench, lineage = make_bench(tmp_path), make_lineage(rewind=0)
    run_levels(bench, lineage, 0)
    few: DataInputs = lineage.data.model_copy(update={"selection": RandomImages(images=20, seed=0)})
    trajectory = lineage.trunk.model_copy(update={"data": few})
    assert trajectory.key != lineage.trunk.key and few.train_images(100) == 20
    state = bench_for(bench, few).advance(trajectory, 4, {})
    assert unpack_correct(state.telemetry.correct, 20).shape == (4, 20)


def test_what_is_removed_is_counted() -> None:
    data = make_lineage().data.model_copy(update={"selection": ranked((), "easiest", 30)})
    assert data.train_images(100) == 70
