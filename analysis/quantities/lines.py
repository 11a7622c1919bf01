"""Quantities of lines: barriers between siblings and between levels (sections 4.1, 5.4 and 6.1, Figures 1 and 2)."""

import pandas as pd

from analysis.quantities.columns import same_cells, values
from analysis.run import Run

READING = ["batchnorm"]


def barrier(run: Run) -> pd.DataFrame:
    """Error barrier between dense siblings (Figure 1)."""
    return values(_kind(run["barriers"], "dense"), "barrier", READING)


def ticket_barrier(run: Run) -> pd.DataFrame:
    """Error barrier between two trainings of the same ticket (section 5.4)."""
    rows = _kind(run["barriers"], "ticket").rename(columns={"level_a": "level"})
    return values(rows, "barrier", ["level", *READING])


def successive_barrier(run: Run) -> pd.DataFrame:
    """Error barrier between a level and the next, from `within` lines or the barrier matrix (Figure 2)."""
    rows = pd.concat([_kind(run["barriers"], "within"), _kind(run["connectivity"], "matrix")], ignore_index=True)
    if len(rows):
        rows = rows[rows["level_b"] - rows["level_a"] == 1].rename(columns={"level_b": "level"})
        # The matrix has fewer points on a line: where both are there, `within` lines, which come first, are taken.
        rows = rows.drop_duplicates(["run", "trial_a", "level", "batchnorm"])
    return values(rows, "barrier", ["level", *READING])


def to_dense_barrier(run: Run) -> pd.DataFrame:
    """Error barrier between a level of a lineage and its dense solution."""
    rows = pd.concat([_kind(run["barriers"], "to_dense"), _kind(run["connectivity"], "matrix")], ignore_index=True)
    if len(rows):
        rows = rows[rows["level_a"] == 0].rename(columns={"level_b": "level"})
        rows = rows.drop_duplicates(["run", "trial_a", "level", "batchnorm"])
    return values(rows, "barrier", ["level", *READING])


def aligned_barrier(run: Run) -> pd.DataFrame:
    """Error barrier between dense siblings after weight matching."""
    return values(_kind(run["barriers"], "aligned"), "barrier", READING)


def subset_barrier(run: Run) -> pd.DataFrame:
    """Error barrier between dense siblings trained without some examples; `whole` is the original (appendix D)."""
    lines = run["barriers"]
    rows = _kind(lines, "subset")
    if rows.empty:
        return values(rows, "barrier", ["removed", "share", *READING])
    words = rows["variant"].str.extract(r"^(?P<removed>\w+) (?P<percent>[\d.]+)% removed$")
    rows = rows.assign(removed=words["removed"], share=words["percent"].astype(float) / 100)
    whole = same_cells(_kind(lines, "dense"), rows).assign(removed="nothing", share=0.0)
    return values(pd.concat([whole, rows], ignore_index=True), "barrier", ["removed", "share", *READING])


def _kind(lines: pd.DataFrame, kind: str) -> pd.DataFrame:
    return lines[lines["kind"] == kind] if len(lines) else lines
