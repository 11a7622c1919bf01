"""What is common to everything that evaluators compute: what it needs, how it is measured, and which rows it gives."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping

from raylth.data import DataFacts
from raylth.evaluation import Measured, Passes
from raylth.spec.data import DataSpec
from raylth.tables.rows import Row
from raylth.training.workbench import Workbench
from raylth.trials.trial import Trial

Rows = Mapping[str, Iterable[Row]]
"""Rows by table."""


class Evaluation(ABC):
    """One planned evaluation of stored states, with its place in the sweep."""

    @property
    @abstractmethod
    def study(self) -> str:
        """What it is, in one word: the `kind` of its row in `segments`."""

    @property
    @abstractmethod
    def tables(self) -> tuple[str, ...]:
        """The tables that its rows go to."""

    @property
    @abstractmethod
    def key(self) -> str:
        """The key of its inputs."""

    @property
    @abstractmethod
    def trial(self) -> Trial:
        """The trial whose cell it belongs to."""

    @property
    def data(self) -> DataSpec:
        """The images that it takes."""
        return self.trial.data

    @property
    @abstractmethod
    def needs(self) -> frozenset[str]:
        """Keys of the trajectories whose ends must be there first."""

    @property
    @abstractmethod
    def name(self) -> str:
        """For people."""

    @abstractmethod
    def passes(self, facts: DataFacts) -> Passes:
        """What it costs on its data."""

    @abstractmethod
    def measure(self, bench: Workbench, run: str) -> Measured:
        """Find it in the store, or measure it on a bench of the trial's data and network, and store it.

        Raises:
            ObjectMissing: a state that it needs has not been published.
        """

    @abstractmethod
    def rows(self, run: str, measured: Measured) -> Rows:
        """Its rows, in the tables of the science."""
