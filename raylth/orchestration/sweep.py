"""One sweep from its spec to its tables: plan, look up what exists, let Ray do the rest, write the tables."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import ray
import torch

from raylth.data import DataFacts, data_root
from raylth.errors import ObjectMissing
from raylth.orchestration.callback import SweepCallback
from raylth.orchestration.context import Context
from raylth.orchestration.evaluators import Backlog, EvaluatorPool
from raylth.orchestration.gpu import measured_share
from raylth.orchestration.heartbeat import Heartbeat
from raylth.orchestration.ledger import Ledger
from raylth.orchestration.precision import probe_precision
from raylth.orchestration.progress import Display, Progress, Silent
from raylth.orchestration.resources import check_fits, evaluator_needs, threads_for, trial_slots
from raylth.orchestration.run import Run
from raylth.orchestration.session import ray_session
from raylth.orchestration.tuning import tune_trials
from raylth.planning import Plan, make_plan
from raylth.planning.prepare import read_facts
from raylth.spec import SweepSpec, dump_sweep
from raylth.spec.schema import DataSpec
from raylth.store import Store, check_writable, open_storage
from raylth.tables import RunFolder
from raylth.trajectory import Precision


def run_sweep(
    spec: SweepSpec,
    *,
    address: str | None = None,
    data: Path | None = None,
    allow_import: bool = False,
    display: Display | None = None,
) -> Run:
    """Run a sweep, or go on with it: whatever its storage holds already is not computed again.

    Args:
        spec: the sweep.
        address: of a Ray cluster (`auto`, or host:port); None starts Ray on this machine.
        data: folder of downloaded data sets; None is $RAYLTH_DATA, or a folder in the user's cache.
        allow_import: whether the spec may name Python code of the user's (`module:Name`).
        display: who shows the progress; None shows nothing.

    Raises:
        BadInput: the spec, its data or its storage cannot work, or another driver is at it. Nothing has been computed.
        KeyboardInterrupt: the sweep was stopped; the tables hold what there was.
    """
    began, began_at = time.perf_counter(), time.time()
    root = data_root(data)
    facts = read_facts(spec, root, allow_import)
    if address is None:
        check_fits(spec.resources, os.cpu_count() or 1, torch.cuda.device_count())
    storage = open_storage(absolute_storage(spec.storage))
    check_writable(storage)
    folder, store = RunFolder(storage, spec.name), Store(storage)
    progress = Progress(spec.name)
    sweep = _Sweep(spec, facts, folder, store, str(root), allow_import, display or Silent(), progress)
    with Heartbeat(folder, progress.as_json):
        storage.write(f"{folder.path}/spec.yaml", dump_sweep(spec).encode())
        failures, ray_seconds, plan = sweep.run(address)
        wall = time.perf_counter() - began
        _record_launch(folder, wall, ray_seconds)
    return Run(plan, folder, began_at, wall, ray_seconds, failures)


def absolute_storage(uri: str) -> str:
    """The storage as every process means it: workers have other working directories."""
    return uri if "://" in uri else str(Path(uri).expanduser().absolute())


@dataclass
class _Sweep:
    spec: SweepSpec
    facts: Mapping[DataSpec, DataFacts]
    folder: RunFolder
    store: Store
    data_root: str
    allow_import: bool
    display: Display
    progress: Progress

    def run(self, address: str | None) -> tuple[tuple[str, ...], float, Plan]:
        precision = self._known_precision()
        if precision is not None:
            ledger = self._ledger(precision)
            if not self._work_left(ledger) and self._tables_are_whole(ledger):
                self.display.note("Everything is in the store already; nothing to compute.")
                return (), 0.0, ledger.plan
        began = time.perf_counter()
        self.display.note("Starting Ray.")
        with ray_session(address, self.spec.logging):
            ray_seconds = time.perf_counter() - began
            precision = precision or self._probe_precision()
            ledger = self._ledger(precision)
            failures = self._compute(ledger)
        return failures, ray_seconds, ledger.plan

    def _ledger(self, precision: Precision) -> Ledger:
        plan = make_plan(self.spec, self.facts, precision)
        ledger = Ledger(plan, self.folder, self.store)
        ledger.read()
        return ledger

    def _tables_are_whole(self, ledger: Ledger) -> bool:
        ledger.write_tables()
        for sentence in ledger.damaged:
            self.display.note(sentence)
        return not ledger.damaged

    def _work_left(self, ledger: Ledger) -> bool:
        return bool(ledger.trials_left() or ledger.evaluations_to_try() or ledger.groups_left())

    def _known_precision(self) -> Precision | None:
        if self.spec.precision != "auto":
            return self.spec.precision
        try:
            recorded = self.folder.storage.read_json(f"{self.folder.path}/resolved.json")
        except ObjectMissing:
            return None
        precision: Precision = recorded["precision"]
        return precision

    def _probe_precision(self) -> Precision:
        gpu = 0.0 if self.spec.resources.gpu == "auto" else self.spec.resources.gpu
        if self.spec.resources.gpu == "auto" and ray.cluster_resources().get("GPU", 0) > 0:
            gpu = 1.0
        precision = probe_precision(self.spec.precision, self.spec.resources.cpu, gpu)
        self.folder.storage.write_json(f"{self.folder.path}/resolved.json", {"precision": precision})
        return precision

    def _compute(self, ledger: Ledger) -> tuple[str, ...]:
        resources, trials = self.spec.resources, ledger.trials_left()
        context = self._context()
        available = ray.cluster_resources()
        gpu = measured_share(resources, available, context, ledger.plan.trials)
        slots = trial_slots(resources, gpu, available, len(ledger.plan.trials))
        backlog = Backlog([*ledger.evaluations_to_try(), *ledger.groups_left()])
        self._begin(ledger)
        pool = EvaluatorPool(context, evaluator_needs(resources, gpu, available))
        callback = SweepCallback(ledger, backlog, pool, self.progress, self.display)
        try:
            callback.submit_ready()
            if trials:
                tune_trials(self.spec, trials, context, callback, gpu, slots)
            self.progress.phase = "evaluating"
            callback.drain()
        finally:
            ledger.write_tables()
        return tuple([*callback.failures, *pool.failures, *ledger.damaged])

    def _begin(self, ledger: Ledger) -> None:
        plan, progress = ledger.plan, self.progress
        progress.begin(
            trials=len(plan.trials),
            trials_done=len(plan.trials) - len(ledger.trials_left()),
            epochs=plan.epochs,
            epochs_done=ledger.epochs_done(),
            evaluations=len(plan.evaluations) + len(plan.groups),
            evaluations_done=len(ledger.results) + len(ledger.groups_done),
        )

    def _context(self) -> Context:
        return Context(
            run=self.spec.name,
            storage=self.folder.storage.uri,
            data_root=self.data_root,
            line_images=self.spec.lmc.train_images,
            threads=threads_for(self.spec.resources.cpu),
            allow_import=self.allow_import,
        )


def _record_launch(folder: RunFolder, wall: float, ray_seconds: float) -> None:
    launch = {
        "finished_at": time.time(),
        "wall_seconds": wall,
        "ray_start_seconds": ray_seconds,
        "cores": os.cpu_count(),
    }
    folder.storage.write_json(f"{folder.path}/launches/{time.time():.3f}.json", launch)
