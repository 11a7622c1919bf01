"""The first things to know: claims with a verdict, and what was measured at both ends of the grid."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.cells import cell_label, shown_axes
from analysis.claims import Scoreboard
from analysis.claims.sentences import headlines, tally
from analysis.evidence import Evidence
from analysis.report.words import percent
from analysis.words import count


@dataclass(frozen=True)
class Findings:
    """Sentences: `claims` from verdicts, surest first; `tally` of all; `measured` needs no verdict."""

    claims: tuple[str, ...]
    tally: str
    measured: tuple[str, ...]


def findings(scoreboard: Scoreboard, evidence: Evidence) -> Findings:
    """The headline of a report."""
    return Findings(headlines(scoreboard), _tally(scoreboard), tuple(_measured(evidence)))


def _tally(scoreboard: Scoreboard) -> str:
    readings = count(len(scoreboard.findings), "reading")
    text = f"Of {readings} of the paper's claims: {tally(scoreboard)}."
    few = any(finding.effect and finding.effect.basis == "too few inits" for finding in scoreboard.findings)
    return f"{text} A verdict needs at least three initialisations, which some cells lack." if few else text


def _measured(evidence: Evidence) -> Iterator[str]:
    barriers = _known(evidence.of("barrier"))
    if len(barriers):
        headline = barriers[barriers["batchnorm"] == "interpolated"]
        yield _range("Error barrier between dense siblings", headline if len(headline) else barriers)
    accuracies = _known(evidence.of("accuracy"))
    if accuracies.empty:
        return
    yield _range("Test accuracy of dense networks", accuracies[accuracies["level"] == 0])
    deepest = accuracies[accuracies["level"] == accuracies["level"].max()]
    if float(deepest["level"].max()) > 0:
        sparsity = percent(deepest["sparsity_label"].iloc[0])
        yield _range(f"Test accuracy of tickets at {sparsity} sparsity, the deepest level", deepest)


def _known(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows that have a mean, which becomes the column `mean`."""
    means = [spread.mean for spread in rows["spread"]]
    return rows.assign(mean=pd.Series(means, index=rows.index, dtype="float64")).dropna(subset=["mean"])


def _range(what: str, rows: pd.DataFrame) -> str:
    axes = shown_axes(rows)
    ordered = rows.sort_values("mean", kind="stable")
    ends = [_measurement(ordered, place, axes) for place in ((0,) if len(rows) == 1 else (0, -1))]
    return f"{what}: {ends[0]}." if len(ends) == 1 else f"{what}: from {ends[0]} to {ends[1]}."


def _measurement(rows: pd.DataFrame, place: int, axes: Sequence[str]) -> str:
    row = rows.iloc[place]
    return f"{percent(row['mean'])} ({cell_label({axis: row[axis] for axis in axes}, axes)})"
