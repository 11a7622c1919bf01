"""How many trials run at once, and what is refused."""

import pytest

from raylth.errors import BadInput
from raylth.orchestration.gpu import CONTEXT_BYTES, packed_share
from raylth.orchestration.resources import check_fits, evaluator_needs, threads_for, trial_slots
from raylth.spec.schema import ResourceSpec


@pytest.mark.parametrize(
    ("cpu", "gpu", "available", "slots"),
    [
        (1, 0.0, {"CPU": 2}, 2),
        (2, 0.0, {"CPU": 5}, 2),
        (0.5, 0.0, {"CPU": 2}, 4),
        (1, 0.25, {"CPU": 16, "GPU": 2}, 8),
        (1, 0.1, {"CPU": 64, "GPU": 1}, 10),
        (1, 2.0, {"CPU": 64, "GPU": 8}, 4),
        (4, 0.25, {"CPU": 4, "GPU": 1}, 1),
    ],
)
def test_as_many_trials_at_once_as_fit(cpu: float, gpu: float, available: dict[str, float], slots: int) -> None:
    assert trial_slots(ResourceSpec(cpu=cpu), gpu, available, trials=1000) == slots


def test_the_spec_and_the_number_of_trials_bound_the_slots() -> None:
    assert trial_slots(ResourceSpec(max_concurrent=3), 0, {"CPU": 64}, trials=1000) == 3
    assert trial_slots(ResourceSpec(), 0, {"CPU": 64}, trials=5) == 5


def test_evaluators_reserve_no_core_where_cores_are_few() -> None:
    assert evaluator_needs(ResourceSpec(), 0, {"CPU": 2}).cpu == 0
    assert evaluator_needs(ResourceSpec(), 0, {"CPU": 64}).cpu == 1
    assert evaluator_needs(ResourceSpec(evaluators=7), 0, {"CPU": 2}).count == 7


def test_threads_are_the_cores_of_a_trial() -> None:
    assert [threads_for(cpu) for cpu in (0.25, 1, 4)] == [1, 1, 4]


def test_a_trial_larger_than_the_machine_is_refused() -> None:
    with pytest.raises(BadInput, match=r"resources\.cpu is 8, but this machine has 2 cores"):
        check_fits(ResourceSpec(cpu=8), cores=2, gpus=0)
    with pytest.raises(BadInput, match=r"resources\.gpu is 0\.25, but this machine has 0 GPUs"):
        check_fits(ResourceSpec(gpu=0.25), cores=2, gpus=0)
    check_fits(ResourceSpec(gpu="auto"), cores=2, gpus=0)


def test_a_share_is_one_over_the_trials_that_fit_with_headroom() -> None:
    gigabyte = 2**30
    assert packed_share(2 * gigabyte, 24 * gigabyte) == pytest.approx(1 / 8)
    assert packed_share(100 * gigabyte, 24 * gigabyte) == 1
    for peak in (gigabyte // 2, gigabyte, 3 * gigabyte):
        share = packed_share(peak, 24 * gigabyte)
        assert (peak + CONTEXT_BYTES) / share <= 24 * gigabyte
