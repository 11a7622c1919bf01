"""Training stability: linear mode connectivity, forgetting, convergence and the first stable epoch."""

from raylth.stability.barrier import BarrierInterval, barrier_interval, error_barrier
from raylth.stability.convergence import convergence_auc
from raylth.stability.first_stable_epoch import first_stable_epoch
from raylth.stability.forgetting import (
    Forgetting,
    ForgettingTracker,
    forgetting,
    hardness_ranking,
    pack_correct,
    unpack_correct,
)
from raylth.stability.interpolation import alphas, interpolate

__all__ = [
    "BarrierInterval",
    "Forgetting",
    "ForgettingTracker",
    "alphas",
    "barrier_interval",
    "convergence_auc",
    "error_barrier",
    "first_stable_epoch",
    "forgetting",
    "hardness_ranking",
    "interpolate",
    "pack_correct",
    "unpack_correct",
]
