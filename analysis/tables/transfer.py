"""Tickets taken to another data set (the paper's Table 5)."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analysis.cells import axis_value, plain
from analysis.evidence import Evidence
from analysis.tables.baselines import best_of_all
from analysis.tables.heads import Heads
from analysis.tables.layout import assembled, cells_of, in_columns, records
from analysis.tables.levels import level_key, sparsity_title, studied_levels
from analysis.tables.numbers import PERCENT
from analysis.tables.table import Column, Table

BASELINES = {"finetuned dense": "Finetuned dense network", "retrained dense": "Retrained dense network"}
CAPTION = (
    "Test accuracy in percent on other data: of a new linear classifier on the frozen, untrained ticket; of one on the "
    "trained dense network (finetuned); and of the dense network trained there from scratch (retrained). "
    "Of the dense networks the best."
)


def transfer_table(evidence: Evidence, levels: Sequence[int] | None = None) -> Table | None:
    """Table 5 for every cell that was transferred; None without evidence."""
    frame = evidence.of("transfer_accuracy")
    wanted = studied_levels(frame, levels) if len(frame) else ()
    if not wanted:
        return None
    tickets = _keyed(frame[frame["level"].isin(wanted)], frame)
    heads, values = Heads.of(tickets, extra=("method", "batchnorm")), _columns(tickets, wanted)
    baselines = [
        row
        for method, label in BASELINES.items()
        for row in best_of_all(label, _of_dense(frame, method, wanted), heads, values)
    ]
    title = "Transfer of tickets to other data"
    return assembled("transfer", title, 5, CAPTION, heads, values, cells_of(tickets, heads), baselines)


def _of_dense(frame: pd.DataFrame, method: str, levels: Sequence[int]) -> pd.DataFrame:
    """The rows of dense networks, which have no sparsity, and are compared with every level."""
    own = frame[frame["method"] == method]
    return (
        own if own.empty else _keyed(pd.concat([own.assign(level=level) for level in levels], ignore_index=True), frame)
    )


def _keyed(rows: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    return in_columns(rows, ((level_key(frame, int(record["level"])), *_target(record)) for record in records(rows)))


def _target(record: Mapping[str, Any]) -> tuple[str, str | None]:
    return str(record["target"]), plain(record["target_classes"])


def _columns(frame: pd.DataFrame, levels: Sequence[int]) -> tuple[Column, ...]:
    targets = dict.fromkeys(_target(record) for record in records(frame))
    return tuple(
        Column(_title(target), sparsity_title(frame, level), (level_key(frame, level), *target), PERCENT, "high")
        for level in levels
        for target in targets
    )


def _title(target: tuple[str, str | None]) -> str:
    name, classes = target
    return axis_value("data", name) + (f" {classes}" if classes else "")
