"""The first stable epoch: the earliest rewind point from which training is stable to SGD noise (paper table 6)."""

from collections.abc import Callable


def first_stable_epoch(is_stable: Callable[[int], bool], total_epochs: int) -> int | None:
    """The first epoch of 0..total_epochs-1 at which `is_stable` holds, by binary search; None if there is none.

    It is exact if every epoch after a stable one is stable. Otherwise the epoch returned is stable, and the one before
    it is not, but there may be earlier ones. No epoch is probed twice, and at most ceil(log2(total_epochs)) + 1 are
    probed, because each probe is a set of trainings. Raises ValueError for fewer than 1 epoch.
    """
    if total_epochs < 1:
        raise ValueError(f"There are {total_epochs} epochs to search; there must be at least 1.")
    first, past = 0, total_epochs
    while first < past:
        middle = (first + past) // 2
        if is_stable(middle):
            past = middle
        else:
            first = middle + 1
    return first if first < total_epochs else None
