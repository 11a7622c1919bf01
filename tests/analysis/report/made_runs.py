"""Folders of runs made by hand: every table of the schema, with few rows and smooth numbers."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from raylth.tables.schema import TABLES, arrow_schema

Row = dict[str, Any]
MOMENTA, BATCHES, REWINDS, INITS, SIBLINGS, LEVELS = (0.0, 0.9), (32, 128), (0, 2), (0, 1, 2), (0, 1), range(6)
READINGS = ("interpolated", "recomputed")
ALPHAS = [step / 10 for step in range(11)]
BASE: Row = {
    "data": "digits",
    "pool": 1,
    "model": "resnet8",
    "width": 8,
    "epochs": 10,
    "lr": 0.1,
    "weight_decay": 5e-4,
    "schedule": "cosine",
    "crop": 1,
    "flip": False,
    "fraction": 0.2,
    "precision": "fp32",
    "seed": 0,
}
SPEC: Mapping[str, Any] = {
    "description": "Made by hand.",
    "data": {"name": "digits", "pool": 1},
    "model": {"name": "resnet8", "width": 8},
    "training": {"epochs": 10, "lr": 0.1, "momentum": 0.9},
    "lineage": {"levels": 5, "fraction": 0.2},
    "grid": {"momentum": list(MOMENTA), "batch_size": list(BATCHES), "rewind": list(REWINDS)},
    "inits": 3,
    "siblings": 2,
    "lineages": "first",
    "studies": {"probes": {"levels": [5]}, "transfer": None},
}


def make_run(
    folder: Path,
    tables: Mapping[str, Sequence[Row]],
    spec: Mapping[str, Any] = SPEC,
    launches: Sequence[Row] = ({"wall_seconds": 90.0, "cores": 2, "finished_at": 1.7e9},),
    progress: Row | None = None,
) -> Path:
    """Write a run's folder as a sweep would have left it, named after the folder."""
    (folder / "tables").mkdir(parents=True)
    (folder / "launches").mkdir()
    for name, rows in tables.items():
        complete = [{"run": folder.name, **row} for row in rows]
        pq.write_table(pa.Table.from_pylist(complete, schema=arrow_schema(name)), folder / f"tables/{name}.parquet")
    if spec:
        (folder / "spec.yaml").write_text(yaml.safe_dump({"name": folder.name, **spec}, sort_keys=False))
    for number, launch in enumerate(launches):
        (folder / f"launches/{number}.json").write_text(json.dumps(launch))
    if progress is not None:
        (folder / "driver.json").write_text(json.dumps({"pid": 1, "host": "there", "progress": progress}))
    return folder


def all_tables(rows: Sequence[Row] | None = None) -> dict[str, list[Row]]:
    """Rows for every table, of these trials or of all."""
    rows = trials() if rows is None else rows
    drawn = list(lines(rows))
    return {
        "trials": [trial(row) for row in rows],
        "levels": [level(row, k) for row in rows for k in _levels(row)],
        "epochs": [epoch(row, k, e) for row in rows for k in _levels(row) for e in range(row["rewind"], 11)],
        "barriers": [*map(barrier, drawn)],
        "lmc": [point(line, alpha) for line in drawn for alpha in ALPHAS],
        "segments": [segment(row, k) for row in rows for k in _levels(row)],
        "forgetting": [forgotten(row, example) for row in rows for example in range(20)],
        "forgetting_siblings": [forgotten_by_all(row, e) for row in rows if not row["sibling"] for e in range(20)],
        **_studies(rows),
    }


def numbers(rows: Sequence[Row] | None = None) -> dict[str, list[Row]]:
    """The tables that claims and most tables for people are made from, for which few figures are drawn."""
    return {name: found for name, found in all_tables(rows).items() if name in ("trials", "levels", "segments")}


def trials() -> list[Row]:
    """Cell, initialisation and sibling of every trial; only small batches are pretrained too."""
    axes = product(MOMENTA, BATCHES, REWINDS, INITS, SIBLINGS)
    named = (_named(m, batch, rewind, init, sibling) for m, batch, rewind, init, sibling in axes)
    return [row for row in named if not (row["rewind"] and row["batch_size"] > min(BATCHES))]


def few_trials() -> list[Row]:
    """Those of two cells."""
    return [row for row in trials() if row["batch_size"] == min(BATCHES) and not row["rewind"]]


def trial(row: Row, status: str = "finished", **more: Any) -> Row:
    """A row of `trials`."""
    planned = 0 if row["sibling"] else max(LEVELS)
    known = {"status": status, "levels_planned": planned, "levels_done": planned + 1, "lineage": f"key-{row['trial']}"}
    return {**row, **known, **more}


def level(row: Row, k: int, **more: Any) -> Row:
    """A row of `levels`."""
    reached = _accuracy(row, k)
    return {
        **_at(row, k),
        "sparsity_label": 1 - 0.8**k,
        "surviving": round(1000 * 0.8**k),
        "prunable": 1000,
        "test_accuracy": reached,
        "test_loss": 1 - reached,
        "train_accuracy": min(1.0, reached + 0.02),
        "train_loss": 0.9 - reached,
        "start_test_accuracy": 0.1,
        "start_train_accuracy": 0.1,
        "test_convergence": 0.8 + row["momentum"] / 20 + _noise(row) / 2,
        "train_convergence": 0.75 + row["momentum"] / 20 + _noise(row) / 2,
        "forgetting_mean": 0.6 + row["momentum"] + _noise(row),
        "forgetting_std": 1.2,
        "unforgettable_share": 0.6 - row["momentum"] / 5 + _noise(row),
        "never_learned_share": 0.01,
        "trajectory": f"t-{row['trial']}-{k}",
        **more,
    }


def epoch(row: Row, k: int, number: int) -> Row:
    """A row of `epochs`."""
    reached = _accuracy(row, k) * (1 - 0.8 * 0.5**number)
    known = {"train_loss": 1 - reached, "train_accuracy": reached, "test_loss": 1 - reached, "test_accuracy": reached}
    return {**_at(row, k), "epoch": number, **known, "trajectory": f"t-{row['trial']}-{k}"}


def barrier(line: Row) -> Row:
    """A row of `barriers`."""
    height = _height(line)
    verdict = "stable" if height < 0.02 else "unstable"
    known = {"barrier": height, "barrier_low": height * 0.8, "barrier_high": height * 1.2, "verdict": verdict}
    return {**line, **known, "stable_below": 0.02, "train_barrier": height, "loss_barrier": height}


def point(line: Row, alpha: float) -> Row:
    """A row of `lmc`."""
    error = 0.05 + 4 * alpha * (1 - alpha) * _height(line)
    return {**line, "alpha": alpha, "test_error": error, "test_loss": error, "train_error": error, "train_loss": error}


def segment(row: Row, k: int, **more: Any) -> Row:
    """A row of `segments`."""
    known = {"kind": "train", "key": f"t-{row['trial']}-{k}", "computed": True, "first_epoch": 0, "last_epoch": 10}
    speed = {"seconds": 10.0, "core_seconds": 9.0, "images_per_second": 1000.0, "finished_at": 1.7e9}
    machine = {"device": "Model of CPU", "threads": 1, "host": "there", "torch": "2.13.0"}
    return {**_cell(row), "trial": row["trial"], "level": k, **known, **speed, **machine, **more}


def forgotten(row: Row, example: int) -> Row:
    """A row of `forgetting`."""
    events = example % 4
    known = {"example": example, "events": events, "ever_learned": True, "unforgettable": events == 0}
    return {**_at(row, 0), **known, "first_learned": 1}


def forgotten_by_all(row: Row, example: int) -> Row:
    """A row of `forgetting_siblings`."""
    known = {"level": 0, "example": example, "siblings": 2, "events_mean": float(example % 4), "events_std": 0.5}
    return {**_cell(row), **known, "unforgettable_share": 0.5, "never_learned_share": 0.0}


def _studies(rows: Sequence[Row]) -> dict[str, list[Row]]:
    pruning = [row for row in rows if not row["sibling"] and row["batch_size"] == 32 and not row["rewind"]]
    return {
        "probes": [_probe(row, *rest) for row in pruning for rest in product(("ticket", "permuted"), (1, 2, 3))],
        "fewshot": [_outcome(row, 5, network=n, share=s) for row in pruning for n, s in product(NETWORKS, (0.1, 0.5))],
        "branches": [_outcome(row, 5, branch=name) for row in pruning for name in ("reinitialised", "layer_shuffled")],
        "subsets": [_outcome(row, 0, removed=r, share=0.2) for row in pruning for r in ("easiest", "hardest")],
        "transfer": [_outcome(row, 5, **_target(method)) for row in pruning for method in METHODS],
        "transfer_epochs": [_transferred(*rest) for rest in product(pruning, METHODS, range(1, 6))],
        "rewind_search": [_step(row, reading) for row in pruning for reading in READINGS],
        "connectivity": [_between(row, a, b) for row in pruning for a, b in product(LEVELS, LEVELS) if a < b],
        "planes": [point for row in pruning if row["init"] == 0 for point in _plane(row)],
        "averages": [_average(row, reading) for row in pruning for reading in READINGS],
        "layerwise": [_layer(row, number) for row in pruning for number in range(4)],
    }


NETWORKS = ("ticket", "permuted", "dense")
METHODS = ("frozen ticket", "finetuned dense", "retrained dense", "unfrozen ticket")


def _target(method: str) -> Row:
    frozen = method == "frozen ticket"
    return {"target": "mnist", "method": method, "batchnorm": "recomputed" if frozen else None}


def _transferred(row: Row, method: str, number: int) -> Row:
    reached = 0.9 - 0.5 * 0.6**number
    known = {"epoch": number, "test_accuracy": reached, "train_accuracy": reached}
    return {**_at(row, 5), **_target(method), **known}


def _probe(row: Row, network: str, block: int) -> Row:
    reached = 0.5 + 0.1 * block + (0.05 if network == "ticket" else 0) + _noise(row)
    known = {"network": network, "batchnorm": "recomputed", "block": block, "blocks": 3, "test_accuracy": reached}
    return {**_at(row, 5), **known, "test_loss": 1 - reached, "train_accuracy": reached, "zero_shot_accuracy": 0.1}


def _outcome(row: Row, k: int, **more: Any) -> Row:
    reached = _accuracy(row, k) - 0.1
    known = {"images": 100, "test_accuracy": reached, "test_loss": 0.5, "train_accuracy": reached, "train_loss": 0.4}
    return {**_at(row, k), **known, **more}


def _step(row: Row, reading: str) -> Row:
    known = {"step": 1, "candidate": 4, "barrier_mean": 0.01, "barrier_floor": 0.01, "pairs_measured": 3, "pairs": 3}
    end = {"settled": True, "first_stable_epoch": 2 + row["init"], "epochs_trained": 20, "epochs_naive": 40}
    return {**_cell(row), "trial": row["trial"], "rewind": None, **known, "batchnorm": reading, "stable": True, **end}


def _between(row: Row, a: int, b: int) -> Row:
    line = _line(row, "matrix", "interpolated", a, b)
    return {**line, "alphas": 11, "barrier": 0.01 * (b - a), "loss_barrier": 0.01, "error_a": 0.05, "error_b": 0.05}


def _plane(row: Row) -> Iterator[Row]:
    for corner, (x, y) in {0: (0.0, 0.0), 2: (5.0, 0.0), 5: (5.5, 7.0)}.items():
        yield {**_placed(row), "corner_level": corner, "x": x, "y": y}
    for x, y in product(range(-1, 8), range(-2, 9)):
        yield {**_placed(row), "x": float(x), "y": float(y), "test_error": 0.05 + (x - 3) ** 2 / 50, "test_loss": 0.1}


def _average(row: Row, reading: str) -> Row:
    known = {"siblings": 2, "batchnorm": reading, "test_accuracy": 0.96, "test_loss": 0.1}
    return {**_cell(row), **known, "members_test_accuracy": 0.95}


def _layer(row: Row, number: int) -> Row:
    names = {"trial_a": row["trial"], "trial_b": _partner(row), "layer": f"blocks.{number}.conv1.weight"}
    return {**_cell(row), **names, "alphas": 11, "barrier": 0.02 * number, "error_a": 0.05, "error_b": 0.05}


def lines(rows: Sequence[Row]) -> Iterator[Row]:
    """What rows of `barriers` and `lmc` are about."""
    for row, reading in product([row for row in rows if not row["sibling"]], READINGS):
        yield _line(row, "dense", reading, 0, 0)
        for k in range(1, 6, 2):
            yield _line(row, "ticket", reading, k, k)
            yield _line(row, "within", reading, k - 1, k)
    for row in rows:
        if row["sibling"] == 0 and row["batch_size"] == 32:
            for removed, reading in product(("easiest", "hardest"), READINGS):
                yield {**_line(row, "subset", reading, 0, 0), "variant": f"{removed} 20% removed"}
            yield _line(row, "aligned", "interpolated", 0, 0)


def _line(row: Row, kind: str, reading: str, a: int, b: int) -> Row:
    names = {"trial_a": row["trial"], "trial_b": _partner(row)}
    known = {"kind": kind, "level_a": a, "level_b": b, "batchnorm": reading}
    return {**_cell(row), **names, **known, "line": f"{kind}-{row['trial']}-{reading}-{a}-{b}"}


def _named(momentum: float, batch: int, rewind: int, init: int, sibling: int) -> Row:
    name = f"momentum-{momentum}_batch_size-{batch}_rewind-{rewind}_init-{init}_sibling-{sibling}"
    axes = {"momentum": momentum, "batch_size": batch, "rewind": rewind, "init": init}
    return {**BASE, **axes, "trial": name, "sibling": sibling}


def _partner(row: Row) -> str:
    return str(row["trial"]).replace("sibling-0", "sibling-1")


def _cell(row: Row) -> Row:
    return {key: value for key, value in row.items() if key not in ("trial", "sibling")}


def _placed(row: Row) -> Row:
    return {**row, "plane": f"plane-{row['trial']}"}


def _at(row: Row, k: int) -> Row:
    return {**row, "level": k, "sparsity": 1 - 0.8**k}


def _levels(row: Row) -> range:
    return range(1) if row["sibling"] else LEVELS


def _accuracy(row: Row, k: int) -> float:
    return float(0.97 - 0.01 * k + row["momentum"] / 100 + _noise(row))


def _height(line: Row) -> float:
    """Momentum, small batches and no pretraining make lines higher; recomputed statistics make them flat."""
    high = 0.3 * line["momentum"] * (32 / line["batch_size"]) / (1 + 4 * (line["rewind"] or 0))
    return float((0.01 + high + _noise(line)) * (1.0 if line["batchnorm"] == "interpolated" else 0.2))


def _noise(row: Row) -> float:
    return float((row["init"] - 1) * 0.004)


assert set(all_tables()) == set(TABLES), "a table of the schema has no rows here"
