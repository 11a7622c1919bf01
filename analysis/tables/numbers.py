"""How numbers are printed: as in the paper's tables."""

import math
from dataclasses import dataclass

from analysis.spread import Spread


@dataclass(frozen=True)
class Style:
    """How the numbers of a column are printed.

    Attributes:
        digits: decimals.
        scale: what a value is multiplied by.
        unit: printed after the value.
        bare: whether a mean without a deviation is printed with as few decimals as it has.
        ddof: of the standard deviation.
    """

    digits: int
    scale: int = 1
    unit: str = ""
    bare: bool = False
    ddof: int = 1

    def scaled(self, value: float) -> float:
        """A value in the unit that is printed."""
        # Without the noise that 0.3093 x 100 has.
        return round(value * self.scale, 10)

    def one(self, value: float) -> str:
        """A single value without its unit."""
        return f"{self.scaled(value):.{self.digits}f}"

    def text(self, spread: Spread) -> str:
        """`94.58%`, `33.61 ± 1.60%`, `≤ 2`; a bound has no deviation, for it says nothing of the values beyond."""
        assert spread.mean is not None
        sign = f"{spread.bound} " if spread.bound else ""
        std = None if spread.bound else spread.with_ddof(self.ddof).std
        if std is None:
            mean = f"{self.scaled(spread.mean):.{self.digits}f}"
            return f"{sign}{_short(mean) if self.bare else mean}{self.unit}"
        return f"{self.one(spread.mean)} ± {self.one(std)}{self.unit}"


PERCENT = Style(digits=2, scale=100, unit="%")
SCORE = Style(digits=4)
EVENTS = Style(digits=2)
EPOCHS = Style(digits=1, bare=True, ddof=0)


def sparsity_text(sparsity: float) -> str:
    """`98.84%`, cut off as the paper does, so that no network is called sparser than it is.

    >>> sparsity_text(1 - 0.8**20), sparsity_text(1 - 0.8)
    ('98.84%', '20.00%')
    """
    # 1 - 0.8 is a little less than 0.2 in binary.
    return f"{math.floor(round(sparsity * 10_000, 6)) / 100:.2f}%"


def share_text(share: float) -> str:
    """`1%`, `0.5%`."""
    return f"{100 * share:.6g}%"


def _short(number: str) -> str:
    return number.rstrip("0").rstrip(".") if "." in number else number
