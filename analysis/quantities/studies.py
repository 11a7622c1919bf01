"""Quantities of what is done with tickets (paper section 5, appendices B and D)."""

import pandas as pd

from analysis.quantities.columns import dense, same_cells, values
from analysis.run import Run

NOTHING_REMOVED = "nothing"
"""What `removed` says of the original, the training on all examples."""


def probe_accuracy(run: Run) -> pd.DataFrame:
    """Test accuracy of linear probes of frozen networks (Table 3, Figure 5)."""
    return values(run["probes"], "test_accuracy", ["level", "sparsity", "network", "batchnorm", "block", "blocks"])


def fewshot_accuracy(run: Run) -> pd.DataFrame:
    """Test accuracy after training on a share of the data (Table 4)."""
    return values(run["fewshot"], "test_accuracy", ["level", "network", "share"])


def transfer_accuracy(run: Run) -> pd.DataFrame:
    """Test accuracy on another data set (Table 5)."""
    return values(run["transfer"], "test_accuracy", ["level", "method", "target", "target_classes", "batchnorm"])


def first_stable_epoch(run: Run) -> pd.DataFrame:
    """The first stable epoch of each search that has ended (Table 6).

    `bound` is `≥` where none up to T - 1 was stable: the value then is T.
    """
    steps = run["rewind_search"]
    if steps.empty:
        return values(steps, "found", ["batchnorm"])
    ended = steps[steps["settled"].astype(bool)]
    ended = ended.assign(
        found=ended["first_stable_epoch"].fillna(ended["epochs"]).astype(float),
        bound=ended["first_stable_epoch"].isna().map({True: "≥", False: ""}),
    )
    # All steps of a settled search bear its outcome, so one of them is enough.
    axes = [column for column in values(ended, "found", ["batchnorm"]).columns if column != "value"]
    return values(ended.drop_duplicates(axes), "found", ["batchnorm", "bound"])


def subset_accuracy(run: Run) -> pd.DataFrame:
    """Test accuracy of dense training without some examples; `nothing` removed is the original (Table 7)."""
    subsets, keys = run["subsets"], ["removed", "share"]
    if subsets.empty:
        return values(subsets, "test_accuracy", keys)
    whole = same_cells(dense(run), subsets).assign(removed=NOTHING_REMOVED, share=0.0)
    return values(pd.concat([whole, subsets], ignore_index=True), "test_accuracy", keys)


def branch_accuracy(run: Run) -> pd.DataFrame:
    """Test accuracy of what else is done with a mask: the branches of OpenLTH."""
    return values(run["branches"], "test_accuracy", ["level", "branch"])


def average_gain(run: Run) -> pd.DataFrame:
    """By how much the average of siblings' weights is more accurate than the siblings by themselves."""
    rows = run["averages"]
    if len(rows):
        rows = rows.assign(gain=rows["test_accuracy"] - rows["members_test_accuracy"])
    return values(rows, "gain", ["batchnorm"])
