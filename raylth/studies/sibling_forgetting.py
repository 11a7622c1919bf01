"""Forgetting over siblings: per-example statistics of the trainings that differ in SGD noise alone (section 4.1)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch

from raylth.errors import ObjectMissing
from raylth.keys import content_key
from raylth.spec import SweepSpec
from raylth.stability.forgetting import Forgetting, forgetting, unpack_correct
from raylth.tables.rows import Row, cell_columns
from raylth.tables.run import RunFolder
from raylth.tables.schema import TABLES
from raylth.training.workbench import Workbench
from raylth.trials.names import cell_name
from raylth.trials.trial import LineageTrial, Trial

TABLE = "forgetting_siblings"


@dataclass(frozen=True)
class SiblingGroup:
    """The siblings of one cell and initialisation, whose forgetting statistics are aggregated at one level."""

    trials: tuple[LineageTrial, ...]
    level: int

    @property
    def trial(self) -> LineageTrial:
        """The first of them, whose cell is that of all."""
        return self.trials[0]

    @property
    def needs(self) -> frozenset[str]:
        """Keys of the trainings that it aggregates; it takes whichever there are."""
        return frozenset(trial.lineage.level(self.level).key for trial in self.trials)

    @property
    def name(self) -> str:
        """For people."""
        cell = f"{cell_name(self.trial.cell)}, init {self.trial.lineage.init}, level {self.level}"
        return f"forgetting over siblings of {cell}"

    @cached_property
    def part(self) -> str:
        """The name of its part: another set of siblings, or of columns, is another part."""
        siblings = [[trial.lineage.level(self.level).key, trial.lineage.rewind] for trial in self.trials]
        return content_key({"siblings": siblings, "columns": [column.name for column in TABLES[TABLE]]})


def sibling_groups(spec: SweepSpec, families: Iterable[list[LineageTrial]]) -> Iterator[SiblingGroup]:
    """The groups of each family, the siblings of a cell and initialisation, at the levels that a spec asks for."""
    for family in families:
        for level in spec.forgetting.levels:
            deep_enough = tuple(trial for trial in family if trial.levels >= level)
            if deep_enough:
                yield SiblingGroup(deep_enough, level)


def aggregate_forgetting(group: SiblingGroup, bench: Workbench, folder: RunFolder) -> None:
    """Write the `forgetting_siblings` rows of one cell, initialisation and level."""
    records, finished = [], []
    for trial in group.trials:
        trajectory = trial.lineage.level(group.level)
        try:
            state = bench.store.state(trajectory.end)
        except ObjectMissing:
            continue
        bits = state.telemetry.correct[trial.lineage.rewind - trajectory.start :]
        records.append(forgetting(unpack_correct(bits, bench.splits.train_images)))
        finished.append(trial)
    if finished:
        rows = sibling_forgetting_rows(folder.name, finished[0], group.level, records)
        folder.write_part(TABLE, group.part, rows)


def sibling_forgetting_rows(run: str, trial: Trial, level: int, records: Sequence[Forgetting]) -> Iterator[Row]:
    """The `forgetting_siblings` rows of one level, from the records of the siblings that finished it.

    `trial` is any of them; it names the cell and the initialisation.
    """
    events = torch.stack([record.events for record in records]).double()
    unforgettable = torch.stack([record.unforgettable for record in records]).double().mean(0)
    never = torch.stack([record.never_learned for record in records]).double().mean(0)
    spread = events.std(0, correction=1).tolist() if len(records) > 1 else [None] * events.shape[1]
    common = {**cell_columns(run, trial), "level": level, "siblings": len(records)}
    columns = (events.mean(0).tolist(), spread, unforgettable.tolist(), never.tolist())
    for example, (mean, std, unforgotten, unlearned) in enumerate(zip(*columns, strict=True)):
        yield {
            **common,
            "example": example,
            "events_mean": mean,
            "events_std": std,
            "unforgettable_share": unforgotten,
            "never_learned_share": unlearned,
        }
