"""Tables as bytes: what is read is what was written, or a refusal."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from raylth.tables.parquet import from_parquet, to_parquet

SCHEMA = pa.schema([pa.field("accuracy", pa.float64(), metadata={"unit": "fraction"}), pa.field("trial", pa.string())])
TABLE = pa.table({"accuracy": [0.5, None, 0.25], "trial": ["a", "b", None]}, schema=SCHEMA)
CONTENT = to_parquet(TABLE)


def test_a_table_comes_back_with_its_metadata() -> None:
    found = from_parquet(CONTENT)
    assert found.equals(TABLE, check_metadata=True)
    described = TABLE.replace_schema_metadata({"about": "levels"})
    assert from_parquet(to_parquet(described)).equals(described, check_metadata=True)
    assert from_parquet(to_parquet(SCHEMA.empty_table())).equals(SCHEMA.empty_table(), check_metadata=True)


def test_other_programs_read_the_file() -> None:
    assert pq.read_table(pa.BufferReader(CONTENT)).equals(TABLE)


def test_no_flipped_bit_changes_what_is_read() -> None:
    refused = 0
    for place in range(8 * len(CONTENT)):
        flipped = bytearray(CONTENT)
        flipped[place // 8] ^= 1 << (place % 8)
        try:
            assert from_parquet(bytes(flipped)).equals(TABLE), f"bit {place}"
        except ValueError:
            refused += 1
    # What is left is the checksum's own name.
    assert refused > 0.95 * 8 * len(CONTENT)


def test_files_of_other_programs_have_no_checksum_to_verify() -> None:
    sink = pa.BufferOutputStream()
    pq.write_table(TABLE, sink)
    assert from_parquet(bytes(sink.getvalue())).equals(TABLE)


@pytest.mark.parametrize("keep", [0, 4, 100, len(CONTENT) - 1])
def test_half_a_file_is_refused(keep: int) -> None:
    with pytest.raises(ValueError):
        from_parquet(CONTENT[:keep])
