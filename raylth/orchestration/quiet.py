"""Silence from Tune: it adds a printing callback of its own unless it finds one."""

from ray.tune.progress_reporter import TrialProgressCallback


class NoTuneOutput(TrialProgressCallback):
    """Tune's progress callback without the printing; our own display shows the sweep."""

    def _print(self, msg: str) -> None:
        return
