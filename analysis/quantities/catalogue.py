"""Every quantity by name: what people call it, its unit, what it depends on besides the cell, and how it is read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import pandas as pd

from analysis.quantities import lineages, lines, studies
from analysis.run import Run

Unit = Literal["%", "events", "epochs", ""]
"""What people read: fractions as percentages, counts as they are; scores have no unit."""

Read = Callable[[Run], pd.DataFrame]


@dataclass(frozen=True)
class Quantity:
    """One thing that the paper reports.

    `read` gives one row per observation: the cell, seed and init, `keys`, and `value`.
    """

    title: str
    unit: Unit
    read: Read
    keys: tuple[str, ...] = ()


LEVEL = ("level", "sparsity_label")

QUANTITIES: Mapping[str, Quantity] = MappingProxyType(
    {
        "accuracy": Quantity("Test accuracy", "%", lineages.accuracy, LEVEL),
        "accuracy_drop": Quantity("Test accuracy lost to pruning", "%", lineages.accuracy_drop, LEVEL),
        "ticket_convergence": Quantity("Test convergence", "", lineages.ticket_convergence, LEVEL),
        "test_convergence": Quantity("Test convergence", "", lineages.test_convergence),
        "train_convergence": Quantity("Train convergence", "", lineages.train_convergence),
        "forgetting": Quantity("Forgetting events", "events", lineages.forgetting),
        "unforgettable": Quantity("Unforgettable examples", "%", lineages.unforgettable),
        "never_learned": Quantity("Examples never learned", "%", lineages.never_learned),
        "barrier": Quantity("Error barrier", "%", lines.barrier, ("batchnorm",)),
        "ticket_barrier": Quantity("Error barrier of tickets", "%", lines.ticket_barrier, ("level", "batchnorm")),
        "successive_barrier": Quantity(
            "Error barrier to the level before", "%", lines.successive_barrier, ("level", "batchnorm")
        ),
        "to_dense_barrier": Quantity(
            "Error barrier to the dense network", "%", lines.to_dense_barrier, ("level", "batchnorm")
        ),
        "aligned_barrier": Quantity("Error barrier after weight matching", "%", lines.aligned_barrier, ("batchnorm",)),
        "subset_barrier": Quantity("Error barrier", "%", lines.subset_barrier, ("removed", "share", "batchnorm")),
        "probe_accuracy": Quantity(
            "Probe accuracy",
            "%",
            studies.probe_accuracy,
            ("level", "sparsity", "network", "batchnorm", "block", "blocks"),
        ),
        "fewshot_accuracy": Quantity("Test accuracy", "%", studies.fewshot_accuracy, ("level", "network", "share")),
        "transfer_accuracy": Quantity(
            "Test accuracy",
            "%",
            studies.transfer_accuracy,
            ("level", "method", "target", "target_classes", "batchnorm"),
        ),
        "first_stable_epoch": Quantity("First stable epoch", "epochs", studies.first_stable_epoch, ("batchnorm",)),
        "subset_accuracy": Quantity("Test accuracy", "%", studies.subset_accuracy, ("removed", "share")),
        "branch_accuracy": Quantity("Test accuracy", "%", studies.branch_accuracy, ("level", "branch")),
        "average_gain": Quantity("Accuracy gained by averaging", "%", studies.average_gain, ("batchnorm",)),
    }
)
