"""The tables' columns: documented, typed, and what they say is what Parquet says."""

import pyarrow as pa
import pytest

from raylth.tables import SCIENCE, TABLES
from raylth.tables.schema import arrow_schema


@pytest.mark.parametrize("table", TABLES)
def test_every_column_is_documented_in_the_file_itself(table: str) -> None:
    schema = arrow_schema(table)
    assert schema.names == [column.name for column in TABLES[table]]
    assert len(set(schema.names)) == len(schema.names)
    for field in schema:
        assert len(field.metadata[b"description"]) > 3
    assert schema.metadata == {b"raylth.table": table.encode()}


@pytest.mark.parametrize("table", TABLES)
def test_a_column_means_the_same_in_every_table(table: str) -> None:
    types = {column.name: column.type for columns in TABLES.values() for column in columns}
    assert all(column.type == types[column.name] for column in TABLES[table])


def test_only_segments_hold_the_wall_clock() -> None:
    assert set(TABLES) - set(SCIENCE) == {"segments"}
    clocks = {"seconds", "core_seconds", "finished_at", "host", "images_per_second"}
    assert not any(column.name in clocks for table in SCIENCE for column in TABLES[table])


def test_everything_is_nullable_because_null_is_not_measured() -> None:
    assert all(field.nullable for table in TABLES for field in arrow_schema(table))


def test_accuracies_are_reals_and_counts_are_integers() -> None:
    for columns in TABLES.values():
        for column in columns:
            if column.name.endswith(("accuracy", "share", "loss", "barrier", "error")):
                assert column.type == pa.float64()
            if column.unit == "weights" or column.name in ("level", "example", "siblings"):
                assert column.type == pa.int64()
