"""Convergence speed: the rescaled area under the accuracy curve (paper section 3.2, equation (3))."""

import math
from collections.abc import Sequence


def convergence_auc(accuracies: Sequence[float]) -> float | None:
    """Equation (3): the mean over epochs 1..t of (acc_ep - acc_0) / (acc_t - acc_0).

    `accuracies` holds acc_0, the accuracy before training, and then that after each of t epochs; their unit cancels.
    None where acc_t equals acc_0, because the equation is not defined there.

    Raises ValueError for fewer than 2 accuracies, or any that is not finite.
    """
    values = [float(accuracy) for accuracy in accuracies]
    if len(values) < 2:
        raise ValueError(f"Convergence needs acc_0 and at least one epoch; there are {len(values)} accuracies.")
    if not all(map(math.isfinite, values)):
        raise ValueError("Convergence needs finite accuracies; there is NaN or infinity among them.")
    start, end = values[0], values[-1]
    if end == start:
        return None
    return math.fsum((value - start) / (end - start) for value in values[1:]) / (len(values) - 1)
