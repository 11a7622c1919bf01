"""Handing trials to Ray Tune: our searcher draws them, Tune places, runs and retries them."""

import shutil
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from ray import tune
from ray.tune import FailureConfig, RunConfig, TuneConfig, Tuner

from raylth.orchestration.context import Context
from raylth.orchestration.quiet import NoTuneOutput
from raylth.orchestration.searcher import PlanSearcher
from raylth.orchestration.trainable import train_lineage
from raylth.spec import SweepSpec
from raylth.tables import RunFolder
from raylth.trials.trial import Trial


def tune_trials(
    spec: SweepSpec, trials: Sequence[Trial], context: Context, callback: tune.Callback, gpu: float, slots: int
) -> None:
    """Run trials to their end, `slots` at once, each with the spec's cores and `gpu` of a GPU.

    Returns when all are over, well or not; what became of each is in its status.
    """
    trainable = tune.with_parameters(train_lineage, context=context, trials={trial.id: trial for trial in trials})
    with _tune_folder(context.folder, spec.logging.tensorboard) as storage_path:
        Tuner(
            tune.with_resources(trainable, {"cpu": spec.resources.cpu, "gpu": gpu}),
            tune_config=TuneConfig(
                search_alg=PlanSearcher(trials, context.store),
                num_samples=len(trials),
                max_concurrent_trials=slots,
                reuse_actors=True,
            ),
            run_config=RunConfig(
                # Tune's own state is disposable: a fresh name each time, and nothing is ever restored from it.
                name=f"{spec.name}-{uuid.uuid4().hex[:8]}",
                storage_path=storage_path,
                failure_config=FailureConfig(max_failures=spec.resources.retries),
                callbacks=[callback, NoTuneOutput(), *_loggers(spec.logging.tensorboard)],
                verbose=0,
            ),
        ).fit()


def _loggers(tensorboard: bool) -> list[tune.Callback]:
    if not tensorboard:
        return []
    from ray.tune.logger import TBXLoggerCallback

    return [TBXLoggerCallback()]


@contextmanager
def _tune_folder(folder: RunFolder, keep: bool) -> Iterator[str]:
    """Where Tune writes: beside a local run if its TensorBoard logs are wanted, else a passing place."""
    local = folder.storage.local_path
    if keep and local is not None:
        yield str(local / folder.path / "tensorboard")
        return
    passing = tempfile.mkdtemp(prefix="raylth-tune-")
    try:
        yield passing
    finally:
        shutil.rmtree(passing, ignore_errors=True)
