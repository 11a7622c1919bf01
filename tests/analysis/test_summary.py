"""The summary against numbers computed by hand."""

import math

import pandas as pd
import pytest

from analysis.summary import Spread, over_inits, shown_axes, shown_levels, summarise


def level(
    momentum: float, init: int, sibling: int, level: int, accuracy: float | None, **more: object
) -> dict[str, object]:
    return {
        "data": "digits",
        "subset": None,
        "pool": 1,
        "model": "resnet8",
        "width": 4,
        "epochs": 20,
        "lr": 0.1,
        "weight_decay": 5e-4,
        "schedule": "cosine",
        "crop": 1,
        "flip": False,
        "fraction": 0.2,
        "precision": "fp32",
        "momentum": momentum,
        "batch_size": 32,
        "rewind": 0,
        "init": init,
        "sibling": sibling,
        "trial": f"{momentum}-{init}-{sibling}",
        "level": level,
        "sparsity_label": 1 - 0.8**level,
        "test_accuracy": accuracy,
        "forgetting_mean": 1.0,
        "forgetting_std": 2.0,
        "unforgettable_share": 0.5,
        "train_convergence": 0.9,
        "test_convergence": None,
        **more,
    }


def barrier(momentum: float, init: int, value: float, verdict: str, **more: object) -> dict[str, object]:
    row = level(momentum, init, 0, 0, None)
    row.update({"kind": "dense", "batchnorm": "interpolated", "barrier": value, "verdict": verdict, **more})
    return row


def test_spread_is_over_inits_with_ddof_1_and_siblings_are_averaged_first() -> None:
    frame = pd.DataFrame([level(0.9, 0, 0, 0, 0.9), level(0.9, 0, 1, 0, 0.7), level(0.9, 1, 0, 0, 0.6)])
    assert over_inits(frame, "test_accuracy") == Spread(pytest.approx(0.7), pytest.approx(math.sqrt(0.02)), 2)


def test_one_init_has_no_spread_and_nothing_measured_is_no_zero() -> None:
    frame = pd.DataFrame([level(0.9, 0, 0, 0, 0.9)])
    assert over_inits(frame, "test_accuracy") == Spread(0.9, None, 1)
    assert over_inits(frame, "test_convergence") == Spread(None, None, 0)


def test_forgetting_spreads_over_examples_of_all_siblings() -> None:
    rows = [level(0.9, 0, 0, 0, 0.9), level(0.9, 0, 1, 0, 0.9, forgetting_mean=3.0, forgetting_std=0.0)]
    summary = summarise(pd.DataFrame(rows), pd.DataFrame([barrier(0.9, 0, 0.1, "unstable")]))
    # Two groups of equal size: means 1 and 3, variances 4 and 0: mean 2, variance 2 + 1.
    assert summary.stability[0].forgetting == Spread(pytest.approx(2.0), pytest.approx(math.sqrt(3.0)), 1)


def test_kinds_and_readings_are_never_pooled() -> None:
    levels = pd.DataFrame([level(0.9, 0, 0, 0, 0.9)])
    lines = [
        barrier(0.9, 0, 0.4, "unstable"),
        barrier(0.9, 0, 0.01, "stable", batchnorm="recomputed"),
        barrier(0.9, 0, 0.9, "unstable", kind="within"),
    ]
    row = summarise(levels, pd.DataFrame(lines)).stability[0]
    assert (row.interpolated.mean, row.recomputed.mean, row.verdicts) == (0.4, 0.01, {"unstable": 1})


def test_accuracy_follows_the_lineages_that_prune_and_not_dense_siblings() -> None:
    rows = [level(0.9, 0, 0, 0, 0.9), level(0.9, 0, 0, 1, 0.8), level(0.9, 0, 1, 0, 0.1)]
    summary = summarise(pd.DataFrame(rows), pd.DataFrame([barrier(0.9, 0, 0.1, "stable")]))
    assert [spread.mean for spread in summary.accuracy[0].accuracies] == [0.9, 0.8]


def test_the_shown_axes_are_the_papers_and_whatever_else_varies() -> None:
    frame = pd.DataFrame([level(0.9, 0, 0, 0, 0.9), level(0.0, 0, 0, 0, 0.9, width=None)])
    assert shown_axes(frame) == ("width", "momentum", "batch_size", "rewind")


@pytest.mark.parametrize(
    ("deepest", "levels"), [(5, (0, 1, 2, 3, 4, 5)), (20, (0, 5, 10, 15, 20)), (8, (0, 2, 4, 6, 8)), (0, (0,))]
)
def test_the_shown_levels_are_the_papers_where_lineages_are_deep(deepest: int, levels: tuple[int, ...]) -> None:
    assert shown_levels(pd.DataFrame({"level": range(deepest + 1)})) == levels
