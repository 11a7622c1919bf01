"""Evidence from the paper: Tables 1 to 9 as printed, with the paper's setting filled in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, cast

import pandas as pd

from analysis.cells import AXES
from analysis.evidence import PER_EXAMPLE
from analysis.quantities import QUANTITIES
from analysis.spread import Bound, Spread

FRACTION = 0.2
POPULATION_DEVIATION = (1, 6)
"""Tables whose standard deviation has no degree of freedom taken off; those of the others have one."""

SETTING: Mapping[str, Any] = MappingProxyType(
    {
        "pool": 1,
        "epochs": 200,
        "lr": 0.1,
        "weight_decay": 5e-4,
        "schedule": "cosine",
        "crop": 4,
        "flip": True,
        "fraction": FRACTION,
    }
)
"""What all of the paper's experiments share (section 3.3); what it does not say is null."""

LEARNING_RATES: Mapping[str, float] = MappingProxyType({"tinyimagenet": 0.2})
"""Where the learning rate is another one."""

BLOCKS: Mapping[str, int] = MappingProxyType({"resnet18": 8, "resnet34": 16})


@dataclass(frozen=True)
class PublishedEvidence:
    """What the paper prints. It names no initialisations, so spreads have summaries only."""

    _known: dict[str, pd.DataFrame] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def name(self) -> str:
        """For people."""
        return "the paper"

    def of(self, quantity: str) -> pd.DataFrame:
        """As `Evidence.of`."""
        if quantity not in self._known:
            self._known[quantity] = _accuracy_drop() if quantity == "accuracy_drop" else _observe(quantity)
        return self._known[quantity]


def _accuracy_drop() -> pd.DataFrame:
    """What tickets lose against their dense network: a direction only, for how the two vary together is not printed."""
    printed = _observe("accuracy")
    rows = list(zip(_cells(printed), printed["level"], printed["spread"], strict=True))
    dense = {cell: spread.mean for cell, level, spread in rows if level == 0}
    drops = [Spread(dense[cell] - spread.mean, None, spread.n) for cell, _, spread in rows]
    return printed.assign(spread=pd.Series(drops, printed.index, dtype=object))[printed["level"] > 0]


def _cells(frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    return list(frame[["data", "model", "momentum", "rewind", "batch_size"]].itertuples(index=False, name=None))


def _observe(quantity: str) -> pd.DataFrame:
    keys = () if quantity == PER_EXAMPLE else QUANTITIES[quantity].keys
    # The paper's mean over examples is one of the mean over initialisations too, whose spread it does not print.
    source = PER_EXAMPLE if quantity == "forgetting" else quantity
    table = numbers()
    printed = table[table["quantity"] == source].itertuples(index=False, name=None)
    found = [_row(dict(zip(table.columns, row, strict=True)), quantity, keys) for row in printed]
    return pd.DataFrame(found, columns=[*AXES, *keys, "spread"])


@cache
def numbers() -> pd.DataFrame:
    """The paper's numbers as printed, one per row; every entry is text, and empty where it does not apply."""
    with resources.files("analysis.paper").joinpath("numbers.csv").open(encoding="utf-8") as source:
        return pd.read_csv(source, comment="#", dtype=str, keep_default_na=False)


def _row(printed: Mapping[str, str], quantity: str, keys: tuple[str, ...]) -> dict[str, Any]:
    cell = {
        **dict.fromkeys(AXES),
        **SETTING,
        "lr": LEARNING_RATES.get(printed["data"], SETTING["lr"]),
        "data": printed["data"],
        "model": printed["model"],
        "momentum": float(printed["momentum"]),
        "rewind": _whole(printed["rewind"]),
        "batch_size": int(printed["batch_size"]),
    }
    return {**cell, **{key: _key(key, printed) for key in keys}, "spread": _spread(printed, quantity)}


def _key(key: str, printed: Mapping[str, str]) -> Any:
    """A key of a quantity; BatchNorm readings are None, for the paper does not say."""
    level = _whole(printed["level"])
    if key in ("level", "block"):
        return _whole(printed[key])
    if key in ("sparsity_label", "sparsity"):
        return None if level is None else 1 - (1 - FRACTION) ** level
    if key == "share":
        return float(printed[key])
    if key == "blocks":
        return BLOCKS[printed["model"]]
    return printed.get(key) or None


def _spread(printed: Mapping[str, str], quantity: str) -> Spread:
    scale = 100 if quantity in QUANTITIES and QUANTITIES[quantity].unit == "%" else 1
    std = float(printed["std"]) / scale if printed["std"] else None
    ddof = 0 if int(printed["table"]) in POPULATION_DEVIATION else 1
    bound = cast(Bound, printed["bound"])
    mean, n = float(printed["mean"]) / scale, int(printed["n"])
    if quantity == "forgetting":
        return Spread(mean, None, 1)
    return Spread(mean, std, n, ddof, "examples" if quantity == PER_EXAMPLE else "inits", bound)


def _whole(text: str) -> int | None:
    return int(text) if text else None
