"""Tables of runs against frames made by hand: rows, columns, baselines, what is best and what is missing."""

from typing import Any

import pytest
from evidence_frames import HandMade, frame, row

from analysis.paper import PublishedEvidence
from analysis.spread import Spread
from analysis.tables import Table, paper_tables
from analysis.tables.accuracy import accuracy_tables
from analysis.tables.beside import NONE_IN_COMMON, beside_paper
from analysis.tables.fewshot import fewshot_table
from analysis.tables.levels import shown_levels
from analysis.tables.numbers import EPOCHS, PERCENT, sparsity_text
from analysis.tables.probes import probes_table
from analysis.tables.rewind import rewind_table
from analysis.tables.stability import stability_table
from analysis.tables.subsets import subsets_table
from analysis.tables.transfer import transfer_table


def accuracy(values: Spread | list[float], level: int, **changes: Any) -> dict[str, Any]:
    return row(values, level=level, sparsity_label=1 - 0.8**level, **changes)


def evidence(quantity: str, *rows: dict[str, Any]) -> HandMade:
    return HandMade({quantity: frame(*rows)})


def texts(table: Table | None) -> list[list[str]]:
    assert table is not None
    return [[entry.text for entry in row.entries] for row in table.rows]


def marks(table: Table | None) -> list[list[bool]]:
    assert table is not None
    return [[entry.best for entry in row.entries[table.heads :]] for row in table.rows]


def test_what_is_missing_is_said_and_never_zero() -> None:
    made = evidence(
        "accuracy", accuracy([0.5, 0.75], 0), accuracy([0.25, 0.5], 1), accuracy([0.5, 0.5], 0, momentum=0.9)
    )
    (table,) = accuracy_tables(made)
    assert texts(table) == [
        ["digits", "0.0", "X", "32", "62.50 ± 17.68%", "37.50 ± 17.68%"],
        ["digits", "0.9", "X", "32", "50.00 ± 0.00%", "-"],
    ]
    missing = table.rows[1].entries[5]
    assert (missing.missing, missing.sort, missing.spread) == (True, None, None)


def test_a_level_that_was_asked_for_is_a_column_even_if_nobody_has_it() -> None:
    (table,) = accuracy_tables(evidence("accuracy", accuracy([0.5], 0)), levels=[0, 10])
    assert [column.title for column in table.columns[4:]] == ["0.00%", "89.26%"]
    assert texts(table) == [["digits", "0.0", "X", "32", "50.00%", "-"]]


def test_the_best_of_a_column_is_marked_and_ties_share_it() -> None:
    rows = [accuracy([value], 0, batch_size=size) for size, value in ((32, 0.5), (64, 0.75), (128, 0.75))]
    (table,) = accuracy_tables(evidence("accuracy", *rows, accuracy([0.9], 1)))
    assert marks(table) == [[False, False], [True, False], [True, False]]


def test_fewer_forgetting_events_are_better() -> None:
    events = [row(Spread(mean, 1.0, 1, 0, "examples"), momentum=mu) for mu, mean in ((0.0, 2.0), (0.9, 3.0))]
    table = stability_table(evidence("forgetting_per_example", *events))
    assert texts(table) == [["0.0", "32", "2.00 ± 1.00", "-", "-", "-"], ["0.9", "32", "3.00 ± 1.00", "-", "-", "-"]]
    assert [row[0] for row in marks(table)] == [True, False]


def test_how_many_is_said_where_it_differs() -> None:
    rows = [accuracy([0.5, 0.5], 0), accuracy([0.5], 1), accuracy([0.5, 0.5], 2)]
    (table,) = accuracy_tables(evidence("accuracy", *rows))
    assert texts(table)[0][4:] == ["50.00 ± 0.00%", "50.00% (n=1)", "50.00 ± 0.00%"]
    assert "over two initialisations, except where n says otherwise" in table.caption
    (single,) = accuracy_tables(evidence("accuracy", accuracy([0.5], 0)))
    assert "One initialisation per cell" in single.caption


def test_rows_are_in_the_papers_order_and_other_axes_follow_the_papers() -> None:
    cells = [(0.9, 2, 64), (0.0, 2, 32), (0.9, 0, 32), (0.0, 0, 64), (0.0, 0, 32)]
    rows = [accuracy([0.5], 0, momentum=mu, rewind=p, batch_size=size, width=8) for mu, p, size in cells]
    (table,) = accuracy_tables(evidence("accuracy", *rows, accuracy([0.5], 0, momentum=0.9, batch_size=64, width=16)))
    assert [column.title for column in table.columns[:5]] == ["Dataset", "μ", "Pretrain", "Batch", "width"]
    assert [row[1:5] for row in texts(table)] == [
        ["0.0", "X", "32", "8"],
        ["0.0", "X", "64", "8"],
        ["0.9", "X", "32", "8"],
        ["0.0", "✓", "32", "8"],
        ["0.9", "✓", "64", "8"],
        ["0.9", "X", "64", "16"],
    ]


def test_several_rewind_points_are_shown_as_epochs() -> None:
    (table,) = accuracy_tables(evidence("accuracy", *(accuracy([0.5], 0, rewind=epoch) for epoch in (0, 2, 5))))
    assert table.columns[2].title == "Rewind"
    assert [row[2] for row in texts(table)] == ["0", "2", "5"]


def test_data_sets_have_tables_of_their_own_with_the_papers_numbers() -> None:
    names = ("tinyimagenet", "cifar10", "digits", "cifar100")
    tables = paper_tables(evidence("accuracy", *(accuracy([0.5], 0, data=name) for name in names)))
    assert [(table.number, table.id) for table in tables] == [
        (2, "accuracy-cifar10"),
        (2, "accuracy-digits"),
        (8, "accuracy-cifar100"),
        (9, "accuracy-tinyimagenet"),
    ]


def test_cells_that_prune_other_fractions_share_columns_by_level() -> None:
    (table,) = accuracy_tables(evidence("accuracy", accuracy([0.5], 1), accuracy([0.5], 1, fraction=0.5)))
    assert [column.title for column in table.columns[-2:]] == ["level 0", "level 1"]


def probe(value: float, block: int, network: str = "ticket", level: int = 5, **changes: Any) -> dict[str, Any]:
    keys = {"sparsity": 0.67, "batchnorm": "recomputed", "blocks": 4}
    return row([value], level=level, network=network, block=block, **{**keys, **changes})


def test_probes_show_the_block_halfway_and_the_last_with_the_baseline_of_the_best_ticket() -> None:
    made = evidence(
        "probe_accuracy",
        *(probe(0.1 * block, block) for block in (1, 2, 3, 4)),
        *(probe(0.2 * block, block, momentum=0.9) for block in (1, 2, 3, 4)),
        probe(0.11, 4, "permuted"),
        probe(0.22, 4, "permuted", momentum=0.9),
        probe(0.99, 4, "dense", level=0),
    )
    table = probes_table(made)
    assert table is not None and [column.title for column in table.columns[3:]] == ["Block 2", "Block 4"]
    assert texts(table) == [
        ["0.0", "X", "32", "20.00%", "40.00%"],
        ["0.9", "X", "32", "40.00%", "80.00%"],
        ["Permuted baseline", "", "", "-", "22.00%"],
    ]
    assert marks(table) == [[False, False], [True, True], [False, False]]


def test_readings_of_batchnorm_are_rows_of_their_own() -> None:
    rows = [probe(value, 4, batchnorm=reading) for reading, value in (("recomputed", 0.8), ("rewound", 0.2))]
    table = probes_table(evidence("probe_accuracy", *rows))
    assert table is not None and table.columns[3].title == "BatchNorm"
    assert [row[3:] for row in texts(table)] == [["recomputed", "80.00%"], ["rewound", "20.00%"]]


def fewshot(value: float, network: str, share: float, level: int = 5, **changes: Any) -> dict[str, Any]:
    return row([value], level=level, network=network, share=share, **changes)


def test_few_shot_baselines_are_the_best_dense_network_and_the_best_tickets_permuted_mask() -> None:
    made = evidence(
        "fewshot_accuracy",
        *(fewshot(value, "ticket", 0.01, momentum=mu) for mu, value in ((0.0, 0.6), (0.9, 0.4))),
        *(fewshot(value, "permuted", 0.01, momentum=mu) for mu, value in ((0.0, 0.1), (0.9, 0.3))),
        *(fewshot(value, "dense", 0.01, level=0, momentum=mu) for mu, value in ((0.0, 0.2), (0.9, 0.25))),
        fewshot(0.7, "ticket", 0.005),
    )
    table = fewshot_table(made)
    assert table is not None and [column.title for column in table.columns[3:]] == ["0.5%", "1%"]
    assert texts(table) == [
        ["0.0", "X", "32", "70.00%", "60.00%"],
        ["0.9", "X", "32", "-", "40.00%"],
        ["Permuted baseline", "", "", "-", "10.00%"],
        ["Best dense network", "", "", "-", "25.00%"],
    ]


def moved(value: float, method: str, target: str, level: int = 5, **changes: Any) -> dict[str, Any]:
    keys = {"target_classes": None, "batchnorm": None, **changes}
    return row([value], level=level, method=method, target=target, **keys)


def test_transfer_has_targets_as_columns_and_dense_networks_as_baselines() -> None:
    made = evidence(
        "transfer_accuracy",
        moved(0.6, "frozen ticket", "mnist", batchnorm="recomputed"),
        moved(0.9, "unfrozen ticket", "mnist"),
        moved(0.5, "finetuned dense", "mnist", level=0, batchnorm="rewound"),
        moved(0.95, "retrained dense", "mnist", level=0, momentum=0.9),
        moved(0.96, "retrained dense", "mnist", level=0),
        moved(0.3, "frozen ticket", "cifar100", batchnorm="recomputed"),
    )
    assert texts(transfer_table(made)) == [
        ["0.0", "X", "32", "frozen ticket", "60.00%", "30.00%"],
        ["0.0", "X", "32", "unfrozen ticket", "90.00%", "-"],
        ["Finetuned dense network", "", "", "", "50.00%", "-"],
        ["Retrained dense network", "", "", "", "96.00%", "-"],
    ]


def test_pooled_runs_have_a_baseline_per_data_set() -> None:
    made = evidence(
        "transfer_accuracy",
        *(moved(0.6, "frozen ticket", "mnist", data=data) for data in ("digits", "eurosat")),
        *(moved(0.5, "finetuned dense", "mnist", level=0, data=data) for data in ("digits", "eurosat")),
    )
    labels = [row[0] for row in texts(transfer_table(made))[2:]]
    assert labels == ["Finetuned dense network (digits)", "Finetuned dense network (eurosat)"]


def test_first_stable_epochs_have_ddof_0_and_bounds_no_deviation() -> None:
    made = evidence(
        "first_stable_epoch",
        row([6.0, 6.0, 9.0], rewind=None, batchnorm="interpolated"),
        row(Spread(20.0, 1.0, 3, bound="≥"), rewind=None, batchnorm="interpolated", momentum=0.9),
    )
    table = rewind_table(made)
    assert texts(table) == [["First stable epoch", "7.0 ± 1.4", "≥ 20"]]
    assert table is not None and "ddof 0" in table.caption


def test_subsets_stand_beside_the_original() -> None:
    kinds = (("hardest", 0.2, 0.7), ("nothing", 0.0, 0.9), ("easiest", 0.2, 0.8))
    rows = [row([value], removed=removed, share=share) for removed, share, value in kinds]
    table = subsets_table(evidence("subset_accuracy", *rows))
    assert table is not None and [column.title for column in table.columns[2:]] == ["Original", "20%", "20%"]
    assert texts(table) == [["0.0", "32", "90.00%", "80.00%", "70.00%"]]


def test_without_evidence_there_is_no_table() -> None:
    assert paper_tables(HandMade({})) == []


def test_the_papers_row_stands_under_the_one_it_belongs_to() -> None:
    same = {"data": "cifar10", "batch_size": 100}
    made = evidence(
        "accuracy", accuracy([0.9], 0, **same), accuracy([0.8], 7, **same), accuracy([0.7], 0, data="cifar10")
    )
    (table,) = accuracy_tables(made, levels=[0, 7])
    both = beside_paper(table, PublishedEvidence())
    assert texts(both) == [
        ["CIFAR-10", "0.0", "X", "32", "run", "70.00%", "-"],
        ["CIFAR-10", "0.0", "X", "100", "run", "90.00%", "80.00%"],
        ["CIFAR-10", "0.0", "X", "100", "paper", "94.58%", "-"],
    ]
    assert [row.kind for row in both.rows] == ["cell", "cell", "paper"]
    assert not any(entry.best for entry in both.rows[2].entries)


def test_other_data_are_not_held_against_the_papers() -> None:
    (table,) = accuracy_tables(evidence("accuracy", accuracy([0.9], 0, batch_size=100)))
    both = beside_paper(table, PublishedEvidence())
    assert both.rows == table.rows and both.caption.endswith(NONE_IN_COMMON)


def test_the_papers_own_tables_stand_beside_themselves() -> None:
    published = PublishedEvidence()
    for table in paper_tables(published):
        rows = beside_paper(table, published).rows
        values = [[entry.text for entry in row.entries[table.heads + 1 :]] for row in rows]
        assert len(rows) == 2 * len(table.rows) and values[::2] == values[1::2]


@pytest.mark.parametrize(
    ("deepest", "levels"), [(5, (0, 1, 2, 3, 4, 5)), (20, (0, 5, 10, 15, 20)), (8, (0, 2, 4, 6, 8)), (0, (0,))]
)
def test_the_shown_levels_are_the_papers_where_lineages_are_deep(deepest: int, levels: tuple[int, ...]) -> None:
    assert shown_levels(deepest) == levels


def test_numbers_are_printed_as_in_the_paper() -> None:
    assert [sparsity_text(1 - 0.8**level) for level in (0, 1, 5, 10, 15, 20)] == [
        *("0.00%", "20.00%", "67.23%", "89.26%", "96.48%", "98.84%")
    ]
    assert PERCENT.text(Spread(0.3361, 0.016, 3)) == "33.61 ± 1.60%"
    assert PERCENT.text(Spread(0.9458, None, 1)) == "94.58%"
    assert [EPOCHS.text(Spread(mean, std, 3, ddof=0)) for mean, std in ((5.0, None), (22.0, 0.8), (10.0, None))] == [
        *("5", "22.0 ± 0.8", "10")
    ]
