"""What a trial is: the trajectories that one Tune trial makes sure of, in steps."""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from raylth.keys import content_key
from raylth.lineage import Lineage
from raylth.spec import Cell
from raylth.spec.part import Scalar
from raylth.spec.schema import DataSpec, ModelSpec
from raylth.stability.line import Line
from raylth.tables.schema import TABLES
from raylth.training.workbench import CLEAN_IMAGES
from raylth.trajectory import StateRef, Trajectory

TICKET_COPY = 1
"""The owner of a lineage trains one extra copy of a ticket for each `ticket` line."""


@dataclass(frozen=True)
class Trial(ABC):
    """One Tune trial: it works for one lineage, a grid cell x an initialisation x a sibling.

    `requires` are states that other trials compute. `place` is its place in the plan, by which tables are ordered
    whatever order the trials ran in.
    """

    id: str
    cell: Cell
    lineage: Lineage
    place: int
    requires: tuple[StateRef, ...] = ()

    @property
    @abstractmethod
    def steps(self) -> tuple[tuple[Trajectory, ...], ...]:
        """What it makes sure of, in order; after each step its rows are written."""

    @property
    @abstractmethod
    def tables(self) -> tuple[str, ...]:
        """The tables of which it writes a part."""

    @property
    @abstractmethod
    def asked(self) -> Mapping[str, Any]:
        """What its rows depend on besides its trajectories, as JSON."""

    @cached_property
    def digest(self) -> str:
        """What its parts are determined by: another digest means that they must be written anew."""
        columns = {table: [column.name for column in TABLES[table]] for table in self.tables}
        keys = [trajectory.key for trajectory in self.trajectories]
        return content_key({"trajectories": keys, "columns": columns, "asked": self.asked})

    @property
    def data(self) -> DataSpec:
        """The images that it trains on."""
        return self.cell.spec.data

    @property
    def model(self) -> ModelSpec:
        """The network that it trains."""
        return self.cell.spec.model

    @cached_property
    def trajectories(self) -> tuple[Trajectory, ...]:
        """Everything this trial makes sure of, in order."""
        return tuple(trajectory for step in self.steps for trajectory in step)

    @cached_property
    def own(self) -> dict[str, Trajectory]:
        """The trajectories that it trains itself, when what it requires is there, by key."""
        required = {ref.trajectory for ref in self.requires}
        return {each.key: each for each in self.trajectories if each.key not in required}

    @property
    def searched_epochs(self) -> int:
        """Epochs that it may train besides, as an estimate: what a search trains is known only afterwards."""
        return 0

    @property
    def clean_images(self) -> int:
        """Clean training images that it puts on the device."""
        return CLEAN_IMAGES

    @property
    def own_epochs(self) -> int:
        """Epochs that it trains itself."""
        return sum(each.training.epochs - each.start for each in self.own.values())


@dataclass(frozen=True)
class LineageTrial(Trial):
    """A trial that owns a lineage.

    `levels` is the deepest level that it trains (0: dense only), `copies` the levels whose ticket it trains once more,
    `snapshots` are epochs of its level 0 that other trials start from, `per_example` the levels with per-example rows.
    """

    levels: int = 0
    copies: tuple[int, ...] = ()
    snapshots: tuple[int, ...] = ()
    per_example: tuple[int, ...] = ()

    @property
    def steps(self) -> tuple[tuple[Trajectory, ...], ...]:
        """A level each, the ticket's copy with it."""
        return tuple(tuple(self._level(level)) for level in range(self.levels + 1))

    @property
    def tables(self) -> tuple[str, ...]:
        """Those of its levels."""
        return "levels", "epochs", "forgetting", "segments"

    @property
    def asked(self) -> Mapping[str, Any]:
        """The rewind point, where records of dense trainings start, and the levels with per-example rows."""
        return {"rewind": self.lineage.rewind, "forgetting": self.per_example}

    def _level(self, level: int) -> list[Trajectory]:
        copies = [self.lineage.ticket_copy(level, TICKET_COPY)] if level in self.copies else []
        return [self.lineage.level(level), *copies]


@dataclass(frozen=True)
class Branch:
    """A training that leaves a lineage at one level: its ticket, or its dense network, with something changed.

    `columns` are what its row says besides the level and the outcome, `needs` states that must be there first,
    `snapshots` epochs whose states later branches of the same trial start from.
    """

    level: int
    trajectory: Trajectory
    columns: tuple[tuple[str, Scalar], ...]
    needs: tuple[StateRef, ...] = ()
    snapshots: tuple[int, ...] = ()


@dataclass(frozen=True)
class BranchTrial(Trial):
    """A trial that trains the branches of one lineage for one study, whose name is that of its table.

    `target` is the data that they are trained on, if these are others than the lineage's, `curves` the table that their
    training curves go to, if they are kept.
    """

    study: str = ""
    owner: str = ""
    branches: tuple[Branch, ...] = ()
    target: DataSpec | None = None
    curves: str | None = None

    @property
    def data(self) -> DataSpec:
        """The images that it trains on."""
        return self.target or self.cell.spec.data

    @property
    def steps(self) -> tuple[tuple[Trajectory, ...], ...]:
        """A branch each."""
        return tuple((branch.trajectory,) for branch in self.branches)

    @property
    def tables(self) -> tuple[str, ...]:
        """The study's own, and what it cost."""
        return self.study, *([self.curves] if self.curves else []), "segments"

    @property
    def asked(self) -> Mapping[str, Any]:
        """What the rows say of each branch."""
        return {"branches": [[branch.level, dict(branch.columns)] for branch in self.branches]}


@dataclass(frozen=True)
class RewindSearchTrial(Trial):
    """A trial that searches the first stable epoch of one initialisation.

    `siblings` trainings are compared at each candidate, on lines like `line`; stable is a mean barrier under
    `stable_below`. `snapshots` are epochs of the trunk that are published on its way.
    """

    siblings: int = 2
    stable_below: float = 0.02
    line: Line = field(kw_only=True)
    snapshots: tuple[int, ...] = ()

    @property
    def clean_images(self) -> int:
        """As many as its lines take."""
        return self.line.train_images

    @property
    def total_epochs(self) -> int:
        """The budget T: candidates are 0 to T - 1."""
        return self.lineage.training.epochs

    @property
    def steps(self) -> tuple[tuple[Trajectory, ...], ...]:
        """The trunk; which candidates follow is not known before."""
        return ((self.lineage.trunk,),)

    @property
    def tables(self) -> tuple[str, ...]:
        """The history, and what it cost."""
        return "rewind_search", "segments"

    @property
    def asked(self) -> Mapping[str, Any]:
        """What decides between stable and unstable."""
        return {"siblings": self.siblings, "stable_below": self.stable_below, "line": self.line.as_json()}

    @property
    def searched_epochs(self) -> int:
        """What a search trains besides its trunk if its candidates lie in the middle: an estimate."""
        steps = math.ceil(math.log2(self.total_epochs)) + 1
        return steps * (self.siblings - 1) * self.total_epochs // 2
