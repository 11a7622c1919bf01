"""The paper's numbers as evidence, and its tables made from them, against what it prints."""

import pandas as pd
import pytest
from printed_tables import PRINTED

from analysis.paper import PublishedEvidence
from analysis.quantities import QUANTITIES
from analysis.spread import Spread
from analysis.tables import paper_tables
from analysis.tables.table import Table

PAPERS_LEVELS = (0, 5, 10, 15, 20)
MISSING = {"": "-", "..": "-"}
NAMES = {"TImgNet": "TinyImageNet"}


def printed(number: int) -> list[list[str]]:
    """The entries of a table as the paper has them, in our words."""
    rows = [[entry.strip() for entry in line.split("|")] for line in PRINTED[number].splitlines()]
    if number == 7:
        # The paper says this in the text, and not in the table.
        rows = [["0.9", "256", *row] for row in rows]
    return [[NAMES.get(entry, entry) for entry in row] for row in rows]


def made(number: int) -> Table:
    levels = PAPERS_LEVELS if number in (2, 8, 9) else None
    (table,) = (table for table in paper_tables(PublishedEvidence(), levels) if table.number == number)
    return table


@pytest.mark.parametrize("number", range(1, 10))
def test_every_number_of_the_papers_tables_comes_out_as_printed(number: int) -> None:
    table = made(number)
    ours = [[entry.text for entry in row.entries] for row in table.rows]
    theirs = [
        [*row[: table.heads], *(MISSING.get(entry, entry) for entry in row[table.heads :])] for row in printed(number)
    ]
    assert [[entry.lower() for entry in row] for row in ours] == [[entry.lower() for entry in row] for row in theirs]


def test_the_papers_tables_come_in_its_order_and_with_its_columns() -> None:
    tables = {table.number: table for table in paper_tables(PublishedEvidence())}
    assert list(tables) == list(range(1, 10))
    heads = {number: [(column.group, column.title) for column in table.columns] for number, table in tables.items()}
    assert [title for _, title in heads[2]] == [
        *("Dataset", "μ", "Pretrain", "Batch"),
        *("0.00%", "67.23%", "89.26%", "96.48%", "98.84%"),
    ]
    assert heads[3][3:] == [
        (f"{sparsity} sparsity", f"Block {block}") for sparsity in ("89.26%", "96.48%") for block in (4, 8)
    ]
    assert [title for _, title in heads[4][3:]] == ["1%", "2%", "5%", "10%"]
    assert [title for _, title in heads[5][3:]] == ["MNIST", "CIFAR-100", "TinyImageNet", "EuroSAT"]
    assert heads[6][1] == ("μ = 0.0", "32 BS") and heads[6][8] == ("μ = 0.9", "1024 BS")
    assert [title for _, title in heads[7][2:]] == ["Original", "20%", "50%", "20%", "50%"]


def test_captions_say_what_the_deviation_is() -> None:
    captions = {table.number: table.caption for table in paper_tables(PublishedEvidence())}
    assert "over examples (ddof 0)" in captions[1]
    assert "No spread is stated" in captions[2] and "No spread is stated" in captions[7]
    assert "(ddof 0) over three initialisations" in captions[6]
    assert all("(ddof 1) over three initialisations" in captions[number] for number in (3, 4, 5, 8, 9))


def test_evidence_has_the_columns_of_a_runs() -> None:
    published = PublishedEvidence()
    for name, quantity in QUANTITIES.items():
        assert list(published.of(name).columns)[-1 - len(quantity.keys) :] == [*quantity.keys, "spread"]
    assert len(published.of("barrier")) == 0


def test_the_papers_setting_is_filled_in() -> None:
    accuracy = PublishedEvidence().of("accuracy")
    tiny = accuracy[accuracy["data"] == "tinyimagenet"]
    assert set(tiny["lr"]) == {0.2} and set(tiny["model"]) == {"resnet34"}
    rest = accuracy[accuracy["data"] != "tinyimagenet"]
    assert set(rest["lr"]) == {0.1} and set(rest["model"]) == {"resnet18"}
    assert set(accuracy["epochs"]) == {200}
    deepest = accuracy[accuracy["level"] == 20]["sparsity_label"]
    assert deepest.tolist() == pytest.approx([0.98847] * 8, abs=1e-5)


def test_spreads_are_fractions_with_the_papers_conventions() -> None:
    published = PublishedEvidence()
    forgetting = published.of("forgetting_per_example")["spread"][0]
    assert (forgetting.over, forgetting.ddof, forgetting.n, forgetting.std) == ("examples", 0, 50_000, 7.43)
    # Claims are about initialisations, over which the paper prints no spread.
    assert published.of("forgetting")["spread"][0] == Spread(5.27, None, 1)
    epochs = published.of("first_stable_epoch").set_index(["momentum", "batch_size"])["spread"]
    assert epochs[0.0, 100] == Spread(2.0, None, 3, ddof=0, bound="≤")
    assert epochs[0.0, 1024] == Spread(6.7, 1.2, 3, ddof=0)
    assert (0.9, 1024) not in epochs.index


def test_baselines_are_in_the_cells_that_the_papers_words_point_to() -> None:
    published = PublishedEvidence()
    probes = published.of("probe_accuracy")
    permuted = probes[probes["network"] == "permuted"]
    cells = permuted[["momentum", "rewind", "batch_size", "level"]].drop_duplicates()
    assert cells.to_numpy().tolist() == [[0.0, 2, 256, 10]]
    fewshot = published.of("fewshot_accuracy")
    dense = fewshot[fewshot["network"] == "dense"]
    assert dense[["momentum", "rewind", "batch_size", "level"]].drop_duplicates().to_numpy().tolist() == [
        [0.9, 0, 100, 0]
    ]


def test_nothing_is_missing_from_the_reference_data_or_in_it_twice() -> None:
    published = PublishedEvidence()
    counted = {"accuracy": 40 + 24 + 32, "probe_accuracy": 34, "fewshot_accuracy": 36, "transfer_accuracy": 37}
    for quantity, count in counted.items():
        frame = published.of(quantity).drop(columns="spread")
        assert len(frame) == count == len(pd.DataFrame(frame).drop_duplicates())
