"""Tickets taken to another data set (the paper's Table 5)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from analysis.cells import axis_value
from analysis.evidence import Evidence
from analysis.tables.captions import spread_note
from analysis.tables.heads import Heads, plain
from analysis.tables.layout import (
    all_spreads,
    baseline_row,
    best_cell,
    by_setting,
    cell_rows,
    cells_of,
    finished,
    in_columns,
    records,
)
from analysis.tables.levels import level_key, sparsity_title, studied_levels
from analysis.tables.numbers import PERCENT
from analysis.tables.table import Column, Row, Table

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
    heads = Heads.of(tickets, extra=("method", "batchnorm"))
    values = _columns(tickets, wanted)
    columns = (*heads.columns(), *values)
    baselines = _baselines(frame, heads, values, wanted)
    rows = finished([*cell_rows(cells_of(tickets, heads), heads, values), *baselines], columns)
    caption = f"{CAPTION} {spread_note(all_spreads(rows))}"
    return Table("transfer", "Transfer of tickets to other data", caption, columns, rows, 5)


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


def _baselines(frame: pd.DataFrame, heads: Heads, columns: Sequence[Column], levels: Sequence[int]) -> Iterator[Row]:
    for method, label in BASELINES.items():
        own = frame[frame["method"] == method]
        if own.empty:
            continue
        # The dense networks have no sparsity, and are compared with every level.
        rows = _keyed(pd.concat([own.assign(level=level) for level in levels], ignore_index=True), frame)
        for words, group in by_setting(cells_of(rows, heads)):
            best = best_cell(group, [column.key for column in columns])
            if best is not None:
                yield baseline_row(label, words, best, heads, columns)
