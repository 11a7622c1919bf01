"""Names of cells and trials: readable, unique in their sweep, and safe as file names."""

import re

from raylth.keys import content_key
from raylth.spec import Cell

LONGEST = 120


def trial_id(cell: Cell, init: int, sibling: int) -> str:
    """The name of a trial, such as `momentum-0.9_batch_size-32_rewind-2_init-0_sibling-1`."""
    parts = [_slug(f"{axis.rsplit('.', 1)[-1]}-{value}") for axis, value in cell.values.items()]
    name = "_".join([*parts, f"init-{init}", f"sibling-{sibling}"])
    if len(name) <= LONGEST and name == _slug(name) and not _lossy(cell):
        return name
    # Two values may look alike once they are made safe, so the exact ones are hashed in.
    digest = content_key({"values": cell.values, "init": init, "sibling": sibling})[:8]
    return f"{name[:LONGEST]}_{digest}"


def cell_name(cell: Cell) -> str:
    """A cell's values for people, such as `momentum 0.9, batch_size 32`; `the only cell` where there is no grid."""
    values = (f"{axis.rsplit('.', 1)[-1]} {value}" for axis, value in cell.values.items())
    return ", ".join(values) or "the only cell"


def _slug(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text)


def _lossy(cell: Cell) -> bool:
    return any(str(value) != _slug(str(value)) for value in cell.values.values())
