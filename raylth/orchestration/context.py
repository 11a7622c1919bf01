"""What a worker process needs to know of a sweep, and how it sets itself up."""

import os
import tempfile
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import torch

from raylth.errors import Unsupported
from raylth.spec.schema import DataSpec, ModelSpec
from raylth.store import Checkpoints, Store, open_storage
from raylth.tables import RunFolder
from raylth.training.precision import supports_bf16
from raylth.training.setup import make_workbench
from raylth.training.workbench import Workbench, device_name
from raylth.trials.trial import Trial


@dataclass(frozen=True)
class Context:
    """The same for every worker of a sweep. `storage` and `data_root` must mean the same on every node."""

    run: str
    storage: str
    data_root: str
    line_images: int
    threads: int
    allow_import: bool

    @property
    def store(self) -> Store:
        """The store of states, masks and evaluations."""
        return Store(open_storage(self.storage))

    @property
    def folder(self) -> RunFolder:
        """The run's own folder."""
        return RunFolder(open_storage(self.storage), self.run)


def trial_bench(context: Context, trial: Trial) -> Workbench:
    """The workbench of a trial, on the GPU if it was given a share of one.

    Raises:
        Unsupported: the sweep trains in bf16, and this device has no units for it.
    """
    bench = _bench(context, trial.data, trial.model, trial.lineage.training.augment.crop, trial.clean_images)
    if trial.lineage.precision == "bf16" and not supports_bf16(bench.splits.device):
        raise Unsupported(f"{device_name(bench.splits.device)} has no bf16 units; use precision: fp32 or auto.")
    return replace(bench, run=context.run, trial=trial.id)


def line_bench(context: Context, data: DataSpec, model: ModelSpec) -> Workbench:
    """The workbench of an evaluator: no crop, and as many clean images as the spec's lines ask for."""
    return _bench(context, data, model, 0, context.line_images)


def limit_threads(threads: int) -> None:
    """Use `threads` threads for tensor operations in the calling thread; OpenMP's number is per thread."""
    torch.set_num_threads(threads)


# A worker is reused for many trials; the data set should be read and moved to the device once.
@lru_cache(maxsize=2)
def _bench(context: Context, data: DataSpec, model: ModelSpec, crop: int, clean_images: int) -> Workbench:
    store = context.store
    checkpoints = Checkpoints(store, open_storage(str(_scratch())))
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    root = Path(context.data_root)
    return make_workbench(data, model, crop, store, checkpoints, root, device, clean_images, context.allow_import)


def _scratch() -> Path:
    """The node's own disk, for checkpoints of sweeps whose storage is remote."""
    return Path(os.environ.get("RAYLTH_SCRATCH") or Path(tempfile.gettempdir()) / f"raylth-scratch-{os.getuid()}")
