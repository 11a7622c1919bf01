"""All tables for which there is evidence."""

from collections.abc import Sequence

from analysis.evidence import Evidence, RunEvidence
from analysis.tables.accuracy import accuracy_tables
from analysis.tables.barriers import barriers_table
from analysis.tables.configuration import configuration_table
from analysis.tables.fewshot import fewshot_table
from analysis.tables.probes import probes_table
from analysis.tables.rewind import rewind_table
from analysis.tables.stability import stability_table
from analysis.tables.subsets import subsets_table
from analysis.tables.table import Table
from analysis.tables.transfer import transfer_table


def paper_tables(evidence: Evidence, levels: Sequence[int] | None = None) -> list[Table]:
    """The paper's tables for which there is evidence, in the paper's order.

    Args:
        evidence: of a run, or of the paper.
        levels: which to show; None for the paper's where lineages are deep, else evenly spaced ones.
    """
    # The appendix repeats Table 2 for other data sets.
    accuracy = sorted(accuracy_tables(evidence, levels), key=lambda table: table.number or 0)
    first = [table for table in accuracy if table.number == 2]
    found = [
        stability_table(evidence),
        *first,
        probes_table(evidence, levels),
        fewshot_table(evidence, levels),
        transfer_table(evidence, levels),
        rewind_table(evidence),
        subsets_table(evidence),
        *accuracy[len(first) :],
    ]
    return [table for table in found if table is not None]


def every_table(evidence: RunEvidence, levels: Sequence[int] | None = None) -> list[Table]:
    """The paper's tables, and those that it lacks: barriers and the training configuration."""
    found = [barriers_table(evidence), *paper_tables(evidence, levels), configuration_table(evidence.run)]
    return [table for table in found if table is not None]
