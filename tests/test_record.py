"""Small JSON objects: what is read is what was written, or a refusal."""

import json

import pytest

from raylth.record import pack_record, unpack_record

VALUE = {"status": "finished", "levels_done": 3, "message": None, "accuracy": 0.1, "name": "é"}
CONTENT = pack_record(VALUE)


def test_unpacking_undoes_packing() -> None:
    assert unpack_record(CONTENT) == VALUE
    assert unpack_record(pack_record({})) == {}


def test_people_and_other_programs_read_it() -> None:
    assert json.loads(CONTENT)["status"] == "finished"


def test_no_flipped_bit_changes_what_is_read() -> None:
    for place in range(8 * len(CONTENT)):
        flipped = bytearray(CONTENT)
        flipped[place // 8] ^= 1 << (place % 8)
        try:
            assert unpack_record(bytes(flipped)) == VALUE
        except ValueError:
            continue


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"5", b"{}", b'{"sha256": 1}', b"\xff", b"[" * 100_000])
def test_what_is_no_record_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError):
        unpack_record(content)
