"""States as bytes."""

from pathlib import Path

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from safetensors.torch import save
from tiny import LENET, assert_identical, make_bench, make_lineage, tensors_of

from raylth.state import Segment, State, Telemetry, pack_state, unpack_state
from raylth.tensorfile import unpack_tensors

SEGMENT = Segment("run", "trial", 0, 2, 1.5, 1.25, 200, "a CPU", 1, "host", "2.0", 1.7e9)


def make_state() -> State:
    telemetry = Telemetry(
        train_loss=torch.tensor([1.5, 0.5], dtype=torch.float64),
        train_accuracy=torch.tensor([0.25, 0.75], dtype=torch.float64),
        test_loss=torch.tensor([1.0, 0.1], dtype=torch.float64),
        test_accuracy=torch.tensor([0.5, 1 / 3], dtype=torch.float64),
        correct=torch.tensor([[3, 1], [255, 1]], dtype=torch.uint8),
    )
    weights = {
        "conv.weight": torch.arange(24.0).view(2, 3, 2, 2).to(memory_format=torch.channels_last),
        "bn.num_batches_tracked": torch.tensor(8),
        "bias": torch.tensor([-0.0, 1e-40]),
    }
    return State(2, weights, {"bias": torch.tensor([0.5, -1.0])}, telemetry, (SEGMENT,))


CONTENT = pack_state(make_state())


def test_unpacking_undoes_packing() -> None:
    state, found = make_state(), unpack_state(CONTENT)
    assert_identical(tensors_of(found), tensors_of(state))
    assert {name: tensor.dtype for name, tensor in found.weights.items()} == {
        name: tensor.dtype for name, tensor in state.weights.items()
    }
    assert (found.epoch, found.segments) == (2, (SEGMENT,))
    assert found.weights["bias"].signbit().tolist() == [True, False]


def test_a_state_without_epochs_or_momentum_can_be_packed() -> None:
    empty = State(0, {"bias": torch.zeros(2)}, {}, Telemetry.empty(images=9))
    found = unpack_state(pack_state(empty))
    assert found.momentum == {} and len(found.telemetry) == 0 and found.telemetry.correct.shape == (0, 2)


def test_a_real_state_survives_packing(tmp_path: Path) -> None:
    bench = make_bench(tmp_path, LENET)
    state = bench.advance(make_lineage(model=LENET).trunk, 2, {})
    found = unpack_state(pack_state(state))
    assert_identical(tensors_of(found), tensors_of(state))
    assert found.segments == state.segments and set(found.momentum) == set(dict(bench.network.named_parameters()))


def test_extending_telemetry_appends_epochs() -> None:
    row = make_state().telemetry
    longer = Telemetry.empty(images=9).extended(row).extended(row)
    assert len(longer) == 4 and longer.train_loss.tolist() == [1.5, 0.5, 1.5, 0.5]
    assert longer.correct.tolist() == [[3, 1], [255, 1], [3, 1], [255, 1]]


def refuse(content: bytes) -> None:
    """Unpack bytes that may be bad: the only error is ValueError."""
    try:
        state = unpack_state(content)
    except ValueError:
        return
    assert isinstance(state, State)


@settings(deadline=None)
@given(st.binary(max_size=300))
@example(b"")
@example(b"\x02\0\0\0\0\0\0\0{}")
@example(b"\x02\0\0\0\0\0\0\0[]")
@example(b"\xff" * 16)
def test_bytes_that_are_no_state_are_a_value_error(content: bytes) -> None:
    with pytest.raises(ValueError):
        unpack_state(content)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(CONTENT) - 1), st.integers(0, 255)), min_size=1, max_size=8))
def test_changed_bytes_give_a_state_or_a_value_error(changes: list[tuple[int, int]]) -> None:
    content = bytearray(CONTENT)
    for place, value in changes:
        content[place] = value
    refuse(bytes(content))


@settings(deadline=None)
@given(st.integers(0, len(CONTENT) - 1))
def test_a_state_that_was_cut_short_is_a_value_error(length: int) -> None:
    with pytest.raises(ValueError):
        unpack_state(CONTENT[:length])


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        {"format": "another", "epoch": "1", "segments": "[]"},
        {"format": "raylth-state-1", "segments": "[]"},
        {"format": "raylth-state-1", "epoch": "one", "segments": "[]"},
        {"format": "raylth-state-1", "epoch": "1", "segments": "not JSON"},
        {"format": "raylth-state-1", "epoch": "1", "segments": '[{"run": "incomplete"}]'},
        {"format": "raylth-state-1", "epoch": "1", "segments": "[]"},
        {"format": "raylth-state-1", "epoch": "1", "segments": "5"},
    ],
)
def test_a_safetensors_file_that_is_no_state_is_a_value_error(metadata: dict[str, str] | None) -> None:
    with pytest.raises(ValueError):
        unpack_state(save({"weights/a": torch.zeros(2)}, metadata))


def test_tensors_come_back_in_the_order_of_their_names() -> None:
    """Sums over a state would otherwise be rounded in another order each time."""
    tensors = {f"layer{(7 * i) % 30:02}": torch.zeros(1) for i in range(30)}
    assert list(unpack_tensors(save(tensors, {}))[0]) == sorted(tensors)
