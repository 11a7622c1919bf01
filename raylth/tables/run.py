"""The folder of one run: its spec, the parts that trials write, and the tables that people read.

runs/NAME/spec.yaml, plan.json, driver.json
runs/NAME/trials/TRIAL.json             how far each trial has come
runs/NAME/parts/TABLE/PART.parquet      one file per trial and table, replaced atomically
runs/NAME/tables/TABLE.parquet          all parts of a table, refreshed while the sweep runs and at its end
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from raylth.errors import BadInput, ObjectMissing
from raylth.store import Storage, open_storage, split_address
from raylth.tables.schema import arrow_schema

Row = Mapping[str, Any]


@dataclass(frozen=True)
class RunFolder:
    """Where one run keeps what is its own; states and masks are in the store, shared by all runs."""

    storage: Storage
    name: str

    @property
    def path(self) -> str:
        """The folder, relative to the storage root."""
        return f"runs/{self.name}"

    @property
    def address(self) -> str:
        """The folder as a person would type it."""
        root, options = split_address(self.storage.uri)
        return f"{root.rstrip('/')}/{self.path}{options}"

    def write_part(self, table: str, part: str, rows: Iterable[Row]) -> None:
        """Replace one part of a table; columns that a row lacks are null."""
        content = pa.Table.from_pylist([dict(row) for row in rows], schema=arrow_schema(table))
        self.storage.write(f"{self.path}/parts/{table}/{part}.parquet", _to_parquet(content))

    def has_part(self, table: str, part: str) -> bool:
        """Whether a part has been written."""
        return self.storage.exists(f"{self.path}/parts/{table}/{part}.parquet")

    def write_status(self, trial: str, status: Mapping[str, Any]) -> None:
        """Record how far a trial has come."""
        self.storage.write_json(f"{self.path}/trials/{trial}.json", status)

    def read_status(self, trial: str) -> dict[str, Any] | None:
        """What `write_status` recorded, or None."""
        try:
            status: dict[str, Any] = self.storage.read_json(f"{self.path}/trials/{trial}.json")
        except ObjectMissing:
            return None
        return status

    def statuses(self) -> dict[str, dict[str, Any]]:
        """The last status of every trial that has written one, by trial."""
        paths = (path for path in self.storage.list(f"{self.path}/trials") if path.endswith(".json"))
        return {path.rsplit("/", 1)[1].removesuffix(".json"): self.storage.read_json(path) for path in paths}

    def compact(self, table: str, parts: Sequence[str]) -> None:
        """Write a table from those of the named parts that exist, in that order."""
        present = set(self.storage.list(f"{self.path}/parts/{table}"))
        paths = (f"{self.path}/parts/{table}/{part}.parquet" for part in parts)
        pieces = [_from_parquet(self.storage.read(path)) for path in paths if path in present]
        content = pa.concat_tables([arrow_schema(table).empty_table(), *pieces])
        self.storage.write(f"{self.path}/tables/{table}.parquet", _to_parquet(content))

    def read_table(self, table: str) -> pa.Table:
        """A table as last compacted. Raises ObjectMissing if there is none yet."""
        return _from_parquet(self.storage.read(f"{self.path}/tables/{table}.parquet"))


def open_run(address: str) -> RunFolder:
    """The run in a folder such as `results/runs/quickstart`, local or in a bucket.

    Raises:
        BadInput: the address does not end as a run's folder does.
    """
    path, options = split_address(address)
    root, _, name = path.rstrip("/").rpartition("/")
    root, _, runs = root.rpartition("/")
    if runs != "runs" or not name:
        raise BadInput(f"{address!r} is no run's folder; it should end in runs/NAME, such as results/runs/quickstart.")
    return RunFolder(open_storage(f"{root}{options}" or "."), name)


def _to_parquet(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    return bytes(sink.getvalue())


def _from_parquet(content: bytes) -> pa.Table:
    return pq.read_table(pa.BufferReader(content))
