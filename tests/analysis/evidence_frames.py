"""Evidence made by hand: frames as `Evidence.of` gives them, and synthetic experiments with planted effects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from analysis.cells import AXES
from analysis.quantities import QUANTITIES
from analysis.spread import Spread

CELL: dict[str, Any] = {
    "data": "digits",
    "pool": 1,
    "model": "resnet8",
    "width": 8,
    "epochs": 20,
    "lr": 0.1,
    "weight_decay": 5e-4,
    "schedule": "cosine",
    "crop": 1,
    "flip": False,
    "fraction": 0.2,
    "precision": "fp32",
    "momentum": 0.0,
    "rewind": 0,
    "batch_size": 32,
}


def row(spread: Spread | Sequence[float], **changes: Any) -> dict[str, Any]:
    """One row of evidence: a cell, what it differs in, and its spread, or the values of initialisations 0, 1, ..."""
    found = spread if isinstance(spread, Spread) else Spread.of({(0, init): v for init, v in enumerate(spread)})
    return {**dict.fromkeys(AXES), **CELL, **changes, "spread": found}


def frame(*rows: Mapping[str, Any]) -> pd.DataFrame:
    """Rows of evidence as a frame."""
    return pd.DataFrame(list(rows))


@dataclass(frozen=True)
class HandMade:
    """Evidence from frames by quantity; what is not named was not measured."""

    frames: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    name: str = "by hand"

    def of(self, quantity: str) -> pd.DataFrame:
        """As `Evidence.of`."""
        keys = QUANTITIES[quantity].keys if quantity in QUANTITIES else ()
        return self.frames.get(quantity, pd.DataFrame(columns=[*AXES, *keys, "spread"]))


def noisy(rng: np.random.Generator, mean: float, inits: int = 5, std: float = 0.01) -> Spread:
    """A spread of normal values."""
    return Spread.of({(0, init): float(value) for init, value in enumerate(rng.normal(mean, std, inits))})
