"""Run folders made by hand: a few rows per table, written as a sweep writes them."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import evidence_frames

from raylth.store import open_storage
from raylth.tables import RunFolder

CELL: dict[str, Any] = {**evidence_frames.CELL, "seed": 0, "init": 0, "sibling": 0}


def level(level: int, accuracy: float | None, **changes: Any) -> dict[str, Any]:
    """A `levels` row."""
    cell = {**CELL, **changes}
    trial = f"mu{cell['momentum']}_init{cell['init']}_sibling{cell['sibling']}"
    return {"trial": trial, "level": level, "sparsity_label": 1 - 0.8**level, "test_accuracy": accuracy, **cell}


def line(kind: str, barrier: float, level_a: int = 0, level_b: int = 0, **changes: Any) -> dict[str, Any]:
    """A `barriers` row."""
    ends = {"kind": kind, "level_a": level_a, "level_b": level_b, "trial_a": "a", "trial_b": "b"}
    return {**CELL, "batchnorm": "interpolated", "barrier": barrier, **ends, **changes}


def write_run(root: Path, tables: Mapping[str, Iterable[Mapping[str, Any]]], name: str = "made") -> str:
    """A run with these tables; its address."""
    folder = RunFolder(open_storage(str(root)), name)
    for table, rows in tables.items():
        folder.write_part(table, "all", [{"run": name, **row} for row in rows])
        folder.compact(table, ["all"])
    return str(root / "runs" / name)
