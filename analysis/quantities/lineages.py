"""Quantities of dense trainings and of the tickets of each level (paper sections 4.1 and 4.2, appendices A and C)."""

import pandas as pd

from analysis.quantities.columns import LINEAGE, dense, lineages, values
from analysis.run import Run


def accuracy(run: Run) -> pd.DataFrame:
    """Test accuracy of tickets, level 0 being the dense network (Tables 2, 8, 9)."""
    return values(lineages(run), "test_accuracy", ["level", "sparsity_label"])


def accuracy_drop(run: Run) -> pd.DataFrame:
    """By how much a ticket's test accuracy is below its own dense network's."""
    rows = lineages(run)
    if rows.empty:
        return values(rows, "drop", ["level", "sparsity_label"])
    whole = rows[rows["level"] == 0].set_index(LINEAGE)["test_accuracy"].rename("dense_accuracy")
    pruned = rows[rows["level"] > 0].join(whole, on=LINEAGE)
    pruned = pruned.assign(drop=pruned["dense_accuracy"] - pruned["test_accuracy"])
    return values(pruned, "drop", ["level", "sparsity_label"])


def ticket_convergence(run: Run) -> pd.DataFrame:
    """Equation (3) on the test accuracy of tickets (Figure 4)."""
    return values(lineages(run), "test_convergence", ["level", "sparsity_label"])


def test_convergence(run: Run) -> pd.DataFrame:
    """Equation (3) on test accuracy, dense (Table 1)."""
    return values(dense(run), "test_convergence")


def train_convergence(run: Run) -> pd.DataFrame:
    """Equation (3) on train accuracy, dense (Table 1)."""
    return values(dense(run), "train_convergence")


def forgetting(run: Run) -> pd.DataFrame:
    """Forgetting events per example, mean over examples, dense (Table 1)."""
    return values(dense(run), "forgetting_mean")


def unforgettable(run: Run) -> pd.DataFrame:
    """Share of examples learned at least once and never forgotten, dense (Table 1)."""
    return values(dense(run), "unforgettable_share")


def never_learned(run: Run) -> pd.DataFrame:
    """Share of examples never predicted correctly, dense."""
    return values(dense(run), "never_learned_share")
