"""Who listens to a trial."""

from collections.abc import Callable

from raylth.training.workbench import OnEpoch

OnEpochOf = Callable[[int], OnEpoch]
"""Gives the listener for the epochs of a step, which for a lineage is a level."""
