"""raylth: how training stability shapes lottery tickets, as sweeps on Ray.

The names below are the public Python API; each is imported when it is first used, so that `import raylth` is quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from raylth.errors import BadInput, RaylthError
    from raylth.orchestration.run import Run
    from raylth.orchestration.sweep import run_sweep
    from raylth.pruning import magnitude_prune, permuted, sparsity
    from raylth.spec import SweepSpec, load_sweep
    from raylth.stability import (
        ForgettingTracker,
        convergence_auc,
        error_barrier,
        first_stable_epoch,
        interpolate,
    )
    from raylth.ticket import Ticket

_HOMES = {
    "BadInput": "raylth.errors",
    "ForgettingTracker": "raylth.stability",
    "RaylthError": "raylth.errors",
    "Run": "raylth.orchestration.run",
    "SweepSpec": "raylth.spec",
    "Ticket": "raylth.ticket",
    "convergence_auc": "raylth.stability",
    "error_barrier": "raylth.stability",
    "first_stable_epoch": "raylth.stability",
    "interpolate": "raylth.stability",
    "load_sweep": "raylth.spec",
    "magnitude_prune": "raylth.pruning",
    "permuted": "raylth.pruning",
    "run_sweep": "raylth.orchestration.sweep",
    "sparsity": "raylth.pruning",
}

__all__ = [
    "BadInput",
    "ForgettingTracker",
    "RaylthError",
    "Run",
    "SweepSpec",
    "Ticket",
    "convergence_auc",
    "error_barrier",
    "first_stable_epoch",
    "interpolate",
    "load_sweep",
    "magnitude_prune",
    "permuted",
    "run_sweep",
    "sparsity",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'raylth' has no attribute {name!r}")
    # import_module gives the module itself: some of these names are also names of submodules.
    return getattr(import_module(_HOMES[name]), name)
