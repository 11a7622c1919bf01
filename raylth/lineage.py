"""A lineage: one IMP run (algorithm 1) as a chain of trajectories whose keys are known before anything is trained."""

from functools import cached_property
from typing import Literal

from raylth.keys import content_key
from raylth.seeds import Noise
from raylth.spec.schema import TrainingSpec
from raylth.trajectory import (
    DataInputs,
    Initialisation,
    Inputs,
    MaskRef,
    ModelInputs,
    Precision,
    Shuffle,
    StateRef,
    Trajectory,
)

PRUNING_VERSION = 1
"""Raise by hand when the same final weights would give another mask."""


class Lineage(Inputs):
    """Everything that determines one lineage: one grid cell x one initialisation x one sibling.

    Siblings share all but `sibling`. Sibling 0's level 0 is the trunk continued: the training from initialisation that
    every sibling's rewind point is taken from, so trunks are shared over rewind points too.
    """

    kind: Literal["lineage"] = "lineage"
    version: int = PRUNING_VERSION
    data: DataInputs
    model: ModelInputs
    training: TrainingSpec
    precision: Precision
    fraction: float
    exclude: tuple[str, ...]
    rewind: int
    seed: int
    init: int
    sibling: int

    @property
    def initialisation(self) -> Initialisation:
        """theta_0 of algorithm 1, the same for every cell with this seed and initialisation."""
        return Initialisation(seed=self.seed, init=self.init)

    @cached_property
    def trunk(self) -> Trajectory:
        """The dense training from initialisation, with one SGD noise per initialisation."""
        return self._trajectory(self.initialisation, 0, "fresh", None, self._noise(sibling=0, level=0))

    @property
    def rewind_point(self) -> Initialisation | StateRef:
        """theta_p of algorithm 1: weights and BatchNorm statistics of the trunk after p epochs."""
        return self.trunk.at(self.rewind) if self.rewind else self.initialisation

    def level(self, level: int) -> Trajectory:
        """The training at `level`; 0 is dense. Pruned levels start at the rewind point with a fresh optimiser."""
        if level == 0:
            return self._dense()
        return self._ticket(level, copy_index=0)

    def ticket_copy(self, level: int, copy_index: int) -> Trajectory:
        """The same ticket as `level` (mask and rewind point) trained with other SGD noise; `copy_index` from 1."""
        return self._ticket(level, copy_index)

    def mask(self, level: int) -> MaskRef | None:
        """The mask in force at `level`; None at level 0."""
        return MaskRef(lineage=self.mask_key, level=level) if level else None

    def shuffled_mask(self, level: int, scope: Literal["layer", "network"] = "layer") -> MaskRef | None:
        """The mask of `level` permuted, a baseline of the ticket (section 5.1); None at level 0."""
        mask = self.mask(level)
        if mask is None:
            return None
        return mask.model_copy(update={"shuffle": Shuffle(scope=scope, seed=self.seed, init=self.init, level=level)})

    @property
    def reinitialisation(self) -> Initialisation:
        """Other initial weights, for tickets that are randomly re-initialised."""
        return self.initialisation.model_copy(update={"redraw": 1})

    @cached_property
    def mask_key(self) -> str:
        """The key of this lineage's masks; unlike the trajectories' keys it does not depend on a number of levels."""
        return content_key(
            {
                "kind": self.kind,
                "version": self.version,
                "level_0": self._dense().key,
                "rewind_point": self.rewind_point.key,
                "fraction": self.fraction,
                "exclude": self.exclude,
            }
        )

    def _dense(self) -> Trajectory:
        if self.sibling == 0:
            return self.trunk
        optimiser: Literal["fresh", "inherited"] = "inherited" if self.rewind else "fresh"
        noise = self._noise(self.sibling, level=0)
        return self._trajectory(self.rewind_point, self.rewind, optimiser, None, noise)

    def _ticket(self, level: int, copy_index: int) -> Trajectory:
        noise = self._noise(self.sibling, level, copy_index)
        return self._trajectory(self.rewind_point, self.rewind, "fresh", self.mask(level), noise)

    def _noise(self, sibling: int, level: int, copy_index: int = 0) -> Noise:
        return Noise(seed=self.seed, init=self.init, sibling=sibling, level=level, copy_index=copy_index)

    def _trajectory(
        self,
        parent: Initialisation | StateRef,
        start: int,
        optimiser: Literal["fresh", "inherited"],
        mask: MaskRef | None,
        noise: Noise,
    ) -> Trajectory:
        return Trajectory(
            parent=parent,
            start=start,
            optimiser=optimiser,
            mask=mask,
            data=self.data,
            model=self.model,
            training=self.training,
            noise=noise,
            precision=self.precision,
        )
