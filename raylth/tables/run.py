"""The folder of one run: its spec, the parts that trials write, and the tables that people read.

runs/NAME/spec.yaml, plan.json, driver.json
runs/NAME/trials/TRIAL.json             how far each trial has come
runs/NAME/parts/TABLE/PART.parquet      one file per trial and table, replaced atomically
runs/NAME/tables/TABLE.parquet          all parts of a table, refreshed while the sweep runs and at its end
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from raylth.errors import BadInput, ObjectDamaged, ObjectMissing
from raylth.record import pack_record, unpack_record
from raylth.store import Storage, open_storage, split_address
from raylth.tables.parquet import from_parquet, to_parquet
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
        self.storage.write(self._part_path(table, part), to_parquet(content))

    def read_part(self, table: str, part: str) -> pa.Table:
        """One part of a table.

        Raises:
            ObjectMissing: there is none.
            ObjectDamaged: there is none any more, and its trial has no status, so that the next sweep writes both anew.
        """
        try:
            return self.storage.read_whole(self._part_path(table, part), from_parquet)
        except ObjectDamaged:
            self.reopen(part)
            raise

    def parts(self) -> tuple[tuple[str, str], ...]:
        """All parts that have been written, as table and part."""
        places = (path.split("/")[-2:] for path in self.storage.list(f"{self.path}/parts"))
        return tuple((table, name.removesuffix(".parquet")) for table, name in places if name.endswith(".parquet"))

    def has_part(self, table: str, part: str) -> bool:
        """Whether a part has been written."""
        return self.storage.exists(self._part_path(table, part))

    def write_status(self, trial: str, status: Mapping[str, Any]) -> None:
        """Record how far a trial has come."""
        self.storage.write(self._status_path(trial), pack_record(status))

    def reopen(self, trial: str) -> None:
        """Forget how far a trial has come: the next sweep goes through it again, and computes what is missing."""
        self.storage.delete(self._status_path(trial))

    def read_status(self, trial: str) -> dict[str, Any] | None:
        """What `write_status` recorded, or None; also if it was damaged, as the trial then writes it anew."""
        try:
            return self.storage.read_whole(self._status_path(trial), unpack_record)
        except ObjectMissing:
            return None

    def statuses(self) -> dict[str, dict[str, Any]]:
        """The last status of every trial that has written one, by trial; those that are damaged are left out."""
        found = {}
        for path in self.storage.list(f"{self.path}/trials"):
            if path.endswith(".json"):
                with suppress(ValueError):
                    found[path.rsplit("/", 1)[1].removesuffix(".json")] = unpack_record(self.storage.read(path))
        return found

    def compact(self, table: str, parts: Sequence[str]) -> list[str]:
        """Write a table from those of the named parts that exist, in that order.

        Returns a sentence for every part that was damaged.
        """
        present = set(self.storage.list(f"{self.path}/parts/{table}"))
        pieces, damaged = [], []
        for part in parts:
            if self._part_path(table, part) not in present:
                continue
            try:
                pieces.append(self.read_part(table, part))
            except ObjectDamaged as error:
                damaged.append(str(error))
        content = pa.concat_tables([arrow_schema(table).empty_table(), *pieces])
        self.storage.write(f"{self.path}/tables/{table}.parquet", to_parquet(content))
        return damaged

    def read_table(self, table: str) -> pa.Table:
        """A table as last compacted. Raises ObjectMissing if there is none yet."""
        return self.storage.read_whole(f"{self.path}/tables/{table}.parquet", from_parquet)

    def _part_path(self, table: str, part: str) -> str:
        return f"{self.path}/parts/{table}/{part}.parquet"

    def _status_path(self, trial: str) -> str:
        return f"{self.path}/trials/{trial}.json"


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
