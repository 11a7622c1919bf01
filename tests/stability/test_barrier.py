"""Barriers by hand and on a double well; their intervals against lines whose barrier is known."""

import math
import statistics
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from raylth.stability import BarrierInterval, alphas, barrier_interval, error_barrier, interpolate

LINE = np.array(alphas(31))


def test_double_well_has_barrier_one_at_the_middle() -> None:
    a, b = {"w": torch.tensor(-1.0)}, {"w": torch.tensor(1.0)}
    losses = [float((interpolate(a, b, alpha)["w"] ** 2 - 1) ** 2) for alpha in alphas(31)]
    assert error_barrier(losses) == 1.0
    assert losses.index(max(losses)) == 15


@pytest.mark.parametrize(
    ("errors", "barrier"),
    [
        ([0.1, 0.5, 0.3], 0.3),
        ([0.1, 0.0, 0.3], 0.1),
        ([0.2, 0.2, 0.2], 0.0),
        ([0.25, 0.0, 0.0, 0.0, 0.25], 0.0),
        ([0.0, 0.1, 0.9, 0.2, 0.0], 0.9),
    ],
)
def test_barriers_by_hand(errors: Sequence[float], barrier: float) -> None:
    assert error_barrier(errors) == pytest.approx(barrier)
    assert error_barrier(errors[::-1]) == pytest.approx(barrier)


@given(st.lists(st.floats(0, 1), min_size=3))
def test_a_barrier_is_never_negative_nor_above_the_highest_error(errors: list[float]) -> None:
    assert 0 <= error_barrier(errors) <= max(errors)


@pytest.mark.parametrize("errors", [[], [0.1], [0.1, 0.2], [0.1, math.nan, 0.1], [0.1, 0.2, math.inf]])
def test_lines_without_a_barrier_are_refused(errors: list[float]) -> None:
    with pytest.raises(ValueError, match="barrier needs"):
        error_barrier(errors)


def line_of_images(error: NDArray[np.float64], images: int, generator: np.random.Generator) -> NDArray[np.bool_]:
    # Each image is wrong with probability `error` at each alpha, in ways that neighbouring alphas share.
    distance = np.subtract.outer(LINE, LINE) / 0.15
    smooth = np.exp(-(distance**2) / 2) + 1e-6 * np.eye(len(LINE))
    latent = np.linalg.cholesky(smooth) @ generator.standard_normal((len(LINE), images))
    thresholds = np.array([statistics.NormalDist(0, math.sqrt(1 + 1e-6)).inv_cdf(e) for e in error])
    below: NDArray[np.bool_] = latent < thresholds[:, None]
    return below


@pytest.mark.parametrize("barrier", [0.0, 0.05, 0.3])
def test_intervals_cover_the_barrier_that_made_the_images(barrier: float) -> None:
    generator = np.random.default_rng(0)
    error = 0.1 + barrier * 4 * LINE * (1 - LINE)
    covered = 0
    for _ in range(100):
        interval = barrier_interval(line_of_images(error, 400, generator), 200, generator)
        covered += interval.low - 1e-9 <= barrier <= interval.high + 1e-9
    assert 83 <= covered <= 99


def test_a_flat_line_is_not_called_unstable_for_its_noise() -> None:
    generator = np.random.default_rng(1)
    wrong = line_of_images(np.full(31, 0.1), 400, generator)
    assert error_barrier(wrong.mean(axis=1).tolist()) > 0.02
    interval = barrier_interval(wrong, 500, generator)
    assert interval.verdict == "undecided"
    assert interval.low < 0.01


def test_an_interval_is_never_negative() -> None:
    generator = np.random.default_rng(1)
    error = 0.1 + 0.04 * LINE * (1 - LINE)
    intervals = [barrier_interval(line_of_images(error, 100, generator), 100, generator) for _ in range(30)]
    assert min(interval.low for interval in intervals) == 0
    assert all(interval.low <= interval.high for interval in intervals)


@pytest.mark.parametrize(("barrier", "verdict"), [(0.0, "stable"), (0.015, "undecided"), (0.1, "unstable")])
def test_verdict_with_ten_thousand_images(barrier: float, verdict: str) -> None:
    generator = np.random.default_rng(2)
    error = 0.05 + barrier * 4 * LINE * (1 - LINE)
    wrong = line_of_images(error, 10_000, generator)
    interval = barrier_interval(wrong, 300, generator, stable_below=0.015 if verdict == "undecided" else 0.02)
    assert interval.verdict == verdict
    assert interval.low <= barrier <= interval.high or barrier == 0


def test_the_threshold_itself_is_unstable() -> None:
    wrong = np.zeros((3, 8), dtype=np.bool_)
    wrong[1] = True
    generator = np.random.default_rng(0)
    assert barrier_interval(wrong, 100, generator, stable_below=1.0) == BarrierInterval(1.0, 1.0, "unstable")
    assert barrier_interval(wrong * False, 100, generator) == BarrierInterval(0.0, 0.0, "stable")


def test_interval_follows_from_the_generator_alone() -> None:
    wrong = line_of_images(0.1 + 0.1 * LINE * (1 - LINE), 500, np.random.default_rng(3))
    ours, again, other = (barrier_interval(wrong, 100, np.random.default_rng(seed)) for seed in (0, 0, 1))
    assert ours == again != other
    assert ours == barrier_interval(torch.from_numpy(wrong), 100, np.random.default_rng(0))


def test_chunks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = line_of_images(0.1 + 0.1 * LINE * (1 - LINE), 300, np.random.default_rng(4))
    whole = barrier_interval(wrong, 101, np.random.default_rng(0))
    monkeypatch.setattr("raylth.stability.barrier.DRAWS_PER_CHUNK", 7 * 300)
    assert barrier_interval(wrong, 101, np.random.default_rng(0)) == whole


def test_basic_interval_against_a_slow_bootstrap() -> None:
    wrong = line_of_images(0.2 + 0.4 * LINE * (1 - LINE), 50, np.random.default_rng(5))
    generator = np.random.default_rng(6)
    draws = generator.integers(50, size=(40, 50))
    slow = sorted(error_barrier(wrong[:, images].mean(axis=1).tolist()) for images in draws)
    measured = error_barrier(wrong.mean(axis=1).tolist())
    interval = barrier_interval(wrong, 40, np.random.default_rng(6), confidence=0.5)
    low, high = np.quantile(slow, [0.25, 0.75])
    assert interval.low == pytest.approx(max(0, 2 * measured - high))
    assert interval.high == pytest.approx(max(0, 2 * measured - low))


@pytest.mark.parametrize("wrong", [np.zeros((3, 4)), np.zeros((2, 4), bool), np.zeros((3, 0), bool), np.zeros(4, bool)])
def test_other_arrays_are_refused(wrong: NDArray[np.bool_]) -> None:
    with pytest.raises(ValueError, match="must be bool"):
        barrier_interval(wrong, 100, np.random.default_rng(0))


@pytest.mark.parametrize(("resamples", "confidence"), [(0, 0.95), (100, 0.0), (100, 1.0)])
def test_impossible_numbers_are_refused(resamples: int, confidence: float) -> None:
    with pytest.raises(ValueError, match="confidence"):
        barrier_interval(np.zeros((3, 4), bool), resamples, np.random.default_rng(0), confidence=confidence)
