"""The scoreboard on synthetic worlds: one where all that the paper says is so, its mirror image, and one of noise."""

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from evidence_frames import HandMade, frame, noisy, row

from analysis.claims import known_claims
from analysis.claims.judge import judge
from analysis.claims.sentences import headlines

NULL_RUNS = 200
LEVELS = (0, 3, 18)

Cell = dict[str, Any]


def grid(
    momenta: tuple[float, ...] = (0.0, 0.9),
    lrs: tuple[float, ...] = (0.1, 1.0),
    batches: tuple[int, ...] = (32, 128, 1024),
    epochs: tuple[int, ...] = (20, 80),
    rewinds: tuple[int, ...] = (0, 2),
) -> list[Cell]:
    names = ("momentum", "lr", "batch_size", "epochs", "rewind")
    return [dict(zip(names, values, strict=True)) for values in product(momenta, lrs, batches, epochs, rewinds)]


def momentum(cell: Cell) -> float:
    return float(cell["momentum"] > 0)


def small(cell: Cell) -> float:
    return 32.0 / float(cell["batch_size"])


def extreme(cell: Cell) -> float:
    return float(cell["batch_size"] >= 1000)


def pretrained(cell: Cell) -> float:
    return float(cell["rewind"] > 0)


def short(cell: Cell) -> float:
    return float(cell["epochs"] == 20)


# What the paper says, one formula per quantity: how far a cell lies above a value that tells nothing.


def barrier(cell: Cell) -> float:
    return 0.1 * momentum(cell) + 0.2 * small(cell) - 0.3 * pretrained(cell) - 0.14 * short(cell)


def accuracy(cell: Cell) -> float:
    if cell["rewind"]:
        return 0.1 + 0.03 * small(cell)
    low_or_extreme = 1 if cell["sparsity_label"] < 0.7 else -1
    return low_or_extreme * (0.05 * momentum(cell) + 0.03 * small(cell))


def forgetting(cell: Cell) -> float:
    return 0.5 * momentum(cell) + 0.5 * small(cell) + extreme(cell)


def accuracy_drop(cell: Cell) -> float:
    return 0.05 * momentum(cell) - 0.03 * short(cell)


def slower(cell: Cell) -> float:
    return -0.05 * momentum(cell)


def less_unforgettable(cell: Cell) -> float:
    return -0.2 * extreme(cell)


def features(cell: Cell) -> float:
    baseline = cell.get("network", cell.get("method")) in ("permuted", "dense", "finetuned dense")
    return -0.9 if baseline else -0.2 * momentum(cell) - 0.1 * small(cell)


def stable_later(cell: Cell) -> float:
    return 3 * momentum(cell) + small(cell) - 2


def same_basin(cell: Cell) -> float:
    return -0.01


def hard_is_unstable(cell: Cell) -> float:
    return {"nothing": 0.0, "easiest": 0.05, "hardest": -cell["share"]}[cell["removed"]]


def hard_is_valuable(cell: Cell) -> float:
    return -0.1 * (cell["removed"] == "hardest")


def plain(cell: Cell) -> Iterator[Cell]:
    yield cell


def read(cell: Cell) -> Iterator[Cell]:
    yield from ({**cell, "batchnorm": reading} for reading in ("interpolated", "recomputed"))


def levels(cell: Cell) -> Iterator[Cell]:
    yield from ({**cell, "level": level, "sparsity_label": 1 - 0.8**level} for level in LEVELS)


def pruned(cell: Cell) -> Iterator[Cell]:
    yield from (each for each in levels(cell) if each["level"])


def probed(cell: Cell) -> Iterator[Cell]:
    common = {**cell, "level": 3, "batchnorm": "recomputed", "blocks": 2}
    yield from ({**common, "network": n, "block": b} for n in ("ticket", "permuted", "dense") for b in (1, 2))


def few_shot(cell: Cell) -> Iterator[Cell]:
    yield from ({**cell, "level": level, "network": n, "share": 0.1} for n, level in (("ticket", 3), ("dense", 0)))


def transferred(cell: Cell) -> Iterator[Cell]:
    for method, level in (("frozen ticket", 3), ("finetuned dense", 0)):
        yield {**cell, "level": level, "method": method, "target": "mnist", "batchnorm": "recomputed"}


def successive(cell: Cell) -> Iterator[Cell]:
    yield from ({**each, "batchnorm": "interpolated"} for each in pruned(cell))


def subsets(cell: Cell) -> Iterator[Cell]:
    yield {**cell, "removed": "nothing", "share": 0.0, "batchnorm": "interpolated"}
    for removed, share in product(("easiest", "hardest"), (0.2, 0.5)):
        yield {**cell, "removed": removed, "share": share, "batchnorm": "interpolated"}


WORLD: dict[str, tuple[Callable[[Cell], Iterator[Cell]], Callable[[Cell], float], float]] = {
    "barrier": (read, barrier, 0.02),
    "accuracy": (levels, accuracy, 0.8),
    "accuracy_drop": (pruned, accuracy_drop, 0.1),
    "forgetting": (plain, forgetting, 3.0),
    "unforgettable": (plain, less_unforgettable, 0.5),
    "test_convergence": (plain, slower, 0.9),
    "train_convergence": (plain, slower, 0.9),
    "ticket_convergence": (pruned, slower, 0.9),
    "probe_accuracy": (probed, features, 0.5),
    "fewshot_accuracy": (few_shot, features, 0.5),
    "transfer_accuracy": (transferred, features, 0.5),
    "first_stable_epoch": (read, stable_later, 2.5),
    "successive_barrier": (successive, same_basin, 0.02),
    "subset_barrier": (subsets, hard_is_unstable, 0.3),
    "subset_accuracy": (subsets, hard_is_valuable, 0.9),
}
"""By quantity: its rows in a cell, how the paper's effects move it, and the value that tells nothing."""


def world(cells: list[Cell], strength: float, rng: np.random.Generator, std: float = 0.002) -> HandMade:
    """A world in which the paper's effects have this strength: 1 all of them, -1 the opposite, 0 none."""

    def made(quantity: str) -> pd.DataFrame:
        rows, effect, middle = WORLD[quantity]
        places = [place for cell in cells for place in rows(cell)]
        return frame(*(row(noisy(rng, middle + strength * effect(p), 5, std), **p) for p in places))

    return HandMade({quantity: made(quantity) for quantity in WORLD})


@pytest.mark.parametrize(("strength", "verdict"), [(1.0, "supported"), (-1.0, "contradicted")])
def test_every_claim_is_recognised_in_a_world_where_it_holds_and_in_its_mirror_image(
    strength: float, verdict: str
) -> None:
    board = judge(world(grid(), strength, np.random.default_rng(1)))
    wrong = [(f.claim.id, f.reading, f.verdict) for f in board.findings if f.verdict != verdict]
    assert wrong == []


def test_worlds_without_effects_rarely_support_anything() -> None:
    cells = grid(lrs=(0.1,), batches=(32, 1024), epochs=(20,))
    rng = np.random.default_rng(2)
    boards = [judge(world(cells, 0.0, rng, 0.01)) for _ in range(NULL_RUNS)]
    assert all(board.count("inconclusive") > 15 for board in boards), "so many of them must have been tested"
    fooled = sum(board.count("supported") > 0 for board in boards)
    assert fooled <= 0.05 * NULL_RUNS


def test_what_was_not_run_is_not_measured() -> None:
    board = judge(HandMade())
    assert board.count("not measured") == len(board.findings)
    assert headlines(board) == ()


def test_two_initialisations_are_inconclusive_however_large_the_effect() -> None:
    evidence = HandMade({"forgetting": frame(row([1.0, 1.0], momentum=0.0), row([9.0, 9.1], momentum=0.9))})
    (finding,) = (f for f in judge(evidence).findings if f.effect is not None)
    assert (finding.verdict, finding.p, finding.claim.id) == ("inconclusive", None, "momentum-forgetting")


def test_claims_are_many_and_have_names_of_their_own() -> None:
    claims = known_claims()
    assert len({claim.id for claim in claims}) == len(claims) >= 17
    assert len({claim.statement for claim in claims}) == len(claims)


def test_headlines_name_the_surest_reading_of_each_claim_once() -> None:
    board = judge(world(grid(), 1.0, np.random.default_rng(3)))
    found = headlines(board, most=100)
    assert len(found) == len(known_claims())
    assert all(sentence.startswith("Supported: ") for sentence in found)
