"""The loss plane: it goes through its corners, and its points are where the axes say."""

from pathlib import Path

import pytest
import torch
from tiny import make_bench, make_lineage, run_levels
from torch import Tensor

from raylth.stability.plane import Plane, at, measure_plane, plane_axes
from raylth.training.evaluate import evaluate


def states() -> list[dict[str, Tensor]]:
    return [
        {"w": torch.tensor(corner), "n": torch.tensor(7)}
        for corner in ([0.0, 0.0, 1.0], [3.0, 0.0, 1.0], [1.0, 2.0, 1.0])
    ]


def test_the_axes_are_orthonormal_and_lengths_are_those_of_weight_space() -> None:
    axes = plane_axes(states())
    assert axes.corners == ((0, 0), (3, 0), (1, 2))
    assert axes.first["w"].tolist() == [1, 0, 0] and axes.second["w"].tolist() == [0, 1, 0]


def test_the_corners_lie_on_the_plane() -> None:
    axes = plane_axes(states())
    for corner, state in zip(axes.corners, states(), strict=True):
        found = at(axes, *corner)
        assert torch.allclose(found["w"], state["w"]) and found["n"] == 7 and found["w"].dtype == torch.float32


@pytest.mark.parametrize("third", [[6.0, 0.0, 1.0], [0.0, 0.0, 1.0]])
def test_three_states_on_a_line_span_no_plane(third: list[float]) -> None:
    with pytest.raises(ValueError, match="span no plane"):
        plane_axes([*states()[:2], {"w": torch.tensor(third), "n": torch.tensor(7)}])


def test_a_measured_plane_agrees_with_its_corners(tmp_path: Path) -> None:
    bench, lineage = make_bench(tmp_path), make_lineage(rewind=0)
    run_levels(bench, lineage, 2)
    corners = tuple(lineage.level(level).end for level in range(3))
    measured = measure_plane(bench, Plane(corners=corners, points=4, precision="fp32"), "run")
    assert {name: tuple(t.shape) for name, t in measured.tensors.items()} == {
        "x": (16,), "y": (16,), "test_error": (16,), "test_loss": (16,), "corners": (3, 2),
    }  # fmt: skip
    x, y = measured.tensors["x"], measured.tensors["y"]
    low, high = measured.tensors["corners"].min(0).values, measured.tensors["corners"].max(0).values
    assert float(x.min()) < float(low[0]) and float(x.max()) > float(high[0])
    assert float(y.min()) < float(low[1]) and float(y.max()) > float(high[1])
    axes = plane_axes([bench.store.state(corner).weights for corner in corners])
    bench.network.load_state_dict(at(axes, float(x[5]), float(y[5])))
    found = evaluate(bench.network, bench.splits.test, "fp32")
    assert float(measured.tensors["test_error"][5]) == pytest.approx(1 - found.accuracy)
    bench.network.load_state_dict(at(axes, *axes.corners[1]))
    corner = evaluate(bench.network, bench.splits.test, "fp32")
    bench.network.load_state_dict(bench.store.state(corners[1]).weights)
    assert corner.loss == pytest.approx(evaluate(bench.network, bench.splits.test, "fp32").loss, rel=1e-3)
