"""Average pooling in integers, against exact fractions."""

from fractions import Fraction
from math import floor

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from raylth.data.pool import average_pool
from raylth.errors import BadInput


def square(*values: int) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.uint8).reshape(1, 1, 2, 2)


@pytest.mark.parametrize(
    # Means 0.5, 1.5, 2.5 and 254.5: rounding to even would give 0, 2, 2 and 254.
    ("values", "mean"),
    [((0, 0, 1, 1), 1), ((1, 1, 2, 2), 2), ((2, 2, 3, 3), 3), ((255, 255, 254, 254), 255), ((0, 0, 0, 1), 0)],
)
def test_half_rounds_up(values: tuple[int, ...], mean: int) -> None:
    assert average_pool(square(*values), 2).tolist() == [[[[mean]]]]


@given(st.integers(1, 5), st.integers(1, 3), st.integers(1, 3), st.integers(0, 2**32))
def test_against_fractions(factor: int, rows: int, columns: int, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    images = torch.randint(0, 256, (2, 3, rows * factor, columns * factor), dtype=torch.uint8, generator=generator)
    pooled = average_pool(images, factor)
    assert pooled.dtype == torch.uint8 and pooled.shape == (2, 3, rows, columns) and pooled.is_contiguous()
    for n, c, y, x in torch.cartesian_prod(*map(torch.arange, pooled.shape)).tolist():
        block = images[n, c, y * factor : (y + 1) * factor, x * factor : (x + 1) * factor]
        assert pooled[n, c, y, x] == floor(Fraction(int(block.sum()), factor**2) + Fraction(1, 2))


def test_white_stays_white() -> None:
    assert (average_pool(torch.full((1, 1, 64, 64), 255, dtype=torch.uint8), 64) == 255).all()


def test_factor_must_divide_both_sides() -> None:
    images = torch.zeros((1, 1, 6, 4), dtype=torch.uint8)
    with pytest.raises(BadInput, match=r"data.pool: 3 does not divide the images' 6x4 pixels"):
        average_pool(images, 3)
    with pytest.raises(BadInput):
        average_pool(images.transpose(2, 3), 3)
