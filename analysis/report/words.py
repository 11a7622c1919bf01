"""Fractions as people read them."""

from typing import Any

import pandas as pd


def percent(fraction: Any, decimals: int = 1) -> str:
    """A fraction as a percentage; a dash where there is none."""
    return "-" if fraction is None or pd.isna(fraction) else f"{100 * float(fraction):.{decimals}f}%"
