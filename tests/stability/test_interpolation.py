"""The line between two states: exact ends, finite middles, and what must be refused."""

import math
from itertools import pairwise

import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from torch import Tensor

from raylth.stability import alphas, interpolate

AWKWARD = torch.tensor([-0.0, 0.0, math.inf, -math.inf, 1e-45, 3.4e38, -3.4e38, 0.1])


def bits(tensor: Tensor) -> list[int]:
    return tensor.view(torch.int32).tolist()


def test_middle_of_a_line_by_hand() -> None:
    a = {"w": torch.tensor([[1.0, -2.0]]), "b": torch.tensor([0.0])}
    b = {"b": torch.tensor([8.0]), "w": torch.tensor([[3.0, 2.0]])}
    quarter = interpolate(a, b, 0.25)
    assert list(quarter) == ["w", "b"]
    assert quarter["w"].tolist() == [[1.5, -1.0]]
    assert quarter["b"].tolist() == [2.0]


@pytest.mark.parametrize("shift", range(len(AWKWARD)))
def test_ends_are_exact_bit_for_bit(shift: int) -> None:
    a, b = AWKWARD, AWKWARD.roll(shift)
    assert bits(interpolate({"w": a}, {"w": b}, 0)["w"]) == bits(a)
    assert bits(interpolate({"w": a}, {"w": b}, 1)["w"]) == bits(b)


finite = st.floats(-(2.0**127), 2.0**127, width=32)


@given(finite, finite, st.floats(0, 1))
@example(-(2.0**127), 2.0**127, 0.25)
def test_finite_ends_make_finite_middles_between_them(a: float, b: float, alpha: float) -> None:
    middle = float(interpolate({"w": torch.tensor([a])}, {"w": torch.tensor([b])}, alpha)["w"])
    slack = 1e-6 * max(abs(a), abs(b)) + 1e-44
    assert min(a, b) - slack <= middle <= max(a, b) + slack
    assert middle == pytest.approx((1 - alpha) * a + alpha * b, abs=slack)


@pytest.mark.parametrize("alpha", [0, 0.5, 1])
def test_integer_buffers_are_those_of_the_first_state(alpha: float) -> None:
    a = {"num_batches_tracked": torch.tensor(10)}
    middle = interpolate(a, {"num_batches_tracked": torch.tensor(31)}, alpha)["num_batches_tracked"]
    assert (middle.item(), middle.dtype) == (10, torch.int64)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32, torch.float64])
def test_dtype_is_kept(dtype: torch.dtype) -> None:
    middle = interpolate({"w": torch.zeros(2, dtype=dtype)}, {"w": torch.ones(2, dtype=dtype)}, 0.5)["w"]
    assert middle.dtype == dtype
    assert middle.tolist() == [0.5, 0.5]


@pytest.mark.parametrize("alpha", [0, 0.5, 1])
def test_the_ends_are_never_written_through(alpha: float) -> None:
    a = {"w": torch.nn.Parameter(torch.zeros(2)), "n": torch.tensor(1)}
    b = {"w": torch.nn.Parameter(torch.ones(2)), "n": torch.tensor(2)}
    middle = interpolate(a, b, alpha)
    assert not middle["w"].requires_grad
    for tensor in middle.values():
        tensor.fill_(7)
    assert (a["w"].tolist(), b["w"].tolist(), a["n"].item(), b["n"].item()) == ([0, 0], [1, 1], 1, 2)


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ({"w": torch.ones(2)}, {"v": torch.ones(2)}, "Only the second state has 'v'"),
        ({"w": torch.ones(2), "v": torch.ones(1)}, {"w": torch.ones(2)}, "Only the first state has 'v'"),
        ({"w": torch.ones(2)}, {"w": torch.ones(1)}, r"'w' is \(2,\)"),
        ({"w": torch.ones(2)}, {"w": torch.ones(2).double()}, "torch.float64 in the other"),
    ],
)
def test_states_that_do_not_match_are_refused(a: dict[str, Tensor], b: dict[str, Tensor], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        interpolate(a, b, 0.5)


@pytest.mark.parametrize("alpha", [-0.1, 1.1, math.nan])
def test_points_off_the_line_are_refused(alpha: float) -> None:
    with pytest.raises(ValueError, match="alpha"):
        interpolate({"w": torch.ones(1)}, {"w": torch.ones(1)}, alpha)


@pytest.mark.parametrize("count", [3, 11, 31, 101])
def test_alphas_hold_both_ends_and_the_middle(count: int) -> None:
    line = alphas(count)
    assert len(line) == count
    assert (line[0], line[count // 2], line[-1]) == (0.0, 0.5, 1.0)
    steps = [b - a for a, b in pairwise(line)]
    assert steps == pytest.approx([1 / (count - 1)] * (count - 1))


@pytest.mark.parametrize("count", [-1, 0, 1, 2, 4, 30])
def test_alphas_without_a_middle_are_refused(count: int) -> None:
    with pytest.raises(ValueError, match=r"0\.5"):
        alphas(count)
