"""On what a run was computed, and what it cost."""

from collections.abc import Iterator

import pandas as pd

from analysis.report.setting import Facts
from analysis.run import Run
from analysis.words import count, duration, listed, moment


def machines(run: Run) -> Facts:
    """The devices, hosts and versions that the run was computed on."""
    segments = _own(run)
    names = {"device": "Device", "threads": "Threads per trial", "host": "Host", "torch": "PyTorch"}
    return {title: _distinct(segments[column]) for column, title in names.items() if column in segments.columns}


def cost(run: Run) -> Facts:
    """Wall time, processor time, and what was trained or shared."""
    return {label: text for label, text in _facts(run) if text}


def _facts(run: Run) -> Iterator[tuple[str, str]]:
    yield "Wall time", _wall(run)
    segments = run["segments"]
    if segments.empty:
        return
    own = _own(run)
    yield "Processor time", _processor(own)
    yield "Training", _epochs(segments)
    yield "Evaluations", _evaluations(segments)
    ended = own["finished_at"].max()
    yield "Last result", "" if pd.isna(ended) else moment(float(ended))


def _own(run: Run) -> pd.DataFrame:
    """The segments that were computed for the run; where all is shared, those that it shares."""
    segments = run["segments"]
    if segments.empty:
        return segments
    own = segments[segments["computed"].astype(bool)]
    return own if len(own) else segments


def _distinct(values: pd.Series) -> str:
    found = [f"{value:g}" if isinstance(value, float) else str(value) for value in values.dropna().unique()]
    return listed(sorted(found)) if len(found) < 7 else f"{listed(sorted(found)[:6])}, and {len(found) - 6} more"


def _wall(run: Run) -> str:
    launches = [launch for origin in run.origins for launch in origin.launches if "wall_seconds" in launch]
    if not launches:
        return ""
    whole = duration(sum(float(launch["wall_seconds"]) for launch in launches))
    cores = _distinct(pd.Series([launch.get("cores") for launch in launches]))
    return f"{whole} in {count(len(launches), 'launch', 'launches')}" + (f" on {cores} cores" if cores else "")


def _processor(segments: pd.DataFrame) -> str:
    seconds = float(segments["core_seconds"].sum())
    return f"{seconds / 3600:.2f} core-hours ({duration(seconds)})"


def _epochs(segments: pd.DataFrame) -> str:
    training = segments[segments["kind"] == "train"]
    epochs = (training["last_epoch"] - training["first_epoch"]).fillna(0)
    computed = training["computed"].astype(bool)
    trained, shared = float(epochs[computed].sum()), float(epochs[~computed].sum())
    text = f"{count(trained, 'epoch')} trained"
    return f"{text}, {shared:,.0f} more shared" if shared else text


def _evaluations(segments: pd.DataFrame) -> str:
    others = segments[segments["kind"] != "train"]
    if others.empty:
        return ""
    computed = int(others["computed"].astype(bool).sum())
    shared = len(others) - computed
    text = f"{count(computed, 'evaluation')} of lines and probes"
    return f"{text}, {shared:,} more shared" if shared else text
