"""Tables as the bytes of Parquet files that know whether they are whole, footer included."""

import hashlib

import pyarrow as pa
import pyarrow.parquet as pq

CHECKSUM = b"sha256"
PLACE = b"checksum" + b"-" * 56
"""What stands in the footer where the checksum comes to be: as long as one, and like nothing else in a table."""


def to_parquet(table: pa.Table) -> bytes:
    """A table as one file. Its checksum is in the file's metadata, and covers every other byte.

    Parquet's own checksums leave the footer out, which names the columns and says where their values are.
    """
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(sink, table.schema, compression="zstd") as writer:
        writer.write_table(table)
        writer.add_key_value_metadata({CHECKSUM: PLACE})
    content = bytes(sink.getvalue())
    assert content.count(PLACE) == 1, "a table's values hold the placeholder of its checksum"
    return content.replace(PLACE, _checksum(content))


def from_parquet(content: bytes) -> pa.Table:
    """The table that `to_parquet` was given.

    Files that were made elsewhere, or before there were checksums, have none to verify.

    Raises:
        ValueError: the bytes are no such file, or not those that were written.
    """
    try:
        file = pq.ParquetFile(pa.BufferReader(content))
        checksum = (file.metadata.metadata or {}).get(CHECKSUM)
        if checksum is not None and _checksum(content.replace(checksum, PLACE)) != checksum:
            raise ValueError("its checksum is not that of its content")
        table = file.read()
    except (OSError, pa.ArrowException) as error:
        raise ValueError(" ".join(str(error).split())) from error
    metadata = {key: value for key, value in (table.schema.metadata or {}).items() if key != CHECKSUM}
    return table.replace_schema_metadata(metadata or None)


def _checksum(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()
